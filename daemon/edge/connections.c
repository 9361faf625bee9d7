#include "daemon/edge/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/mem.h"

enum {
    NOBODY = 0, /* a descriptor that no connection has: it is in use before the first comes */
    MESSAGE_OVERHEAD = 128, /* what a message is longer by on its way, at most */
    HANDSHAKE_MAX = 4096,
    FORGIVEN_BYTES_PER_S = 64, /* more than heartbeats take */
    FORGIVEN_MAX = 4096        /* until a message comes */
};

struct connections {
    void *socket, *monitor;
    struct seen {
        uint32_t times_gone; /* how many connections on this descriptor have gone */
        bool is_there, is_cut;
        uint64_t cookie;       /* the kernel's number for the socket that is there */
        uint32_t older, newer; /* on the list of those who are there and are not cut */
        uint64_t taken;        /* bytes of it, those that are forgiven too */
        uint64_t forgiven;     /* since the last message */
        uint64_t unread;
    } * seen; /* by descriptor; that of nobody is the list's head */
    size_t n, n_there;
    int64_t relieved_ms;
};

struct connections *connections_new(void *context, void *socket, const char *name)
{
    struct connections *self = mem_alloc_zero(1, sizeof *self);
    char endpoint[64];
    int linger = 0, unlimited = 0;
    snprintf(endpoint, sizeof endpoint, "inproc://monitor-%s", name);
    self->socket = socket;
    self->monitor = zmq_socket(context, ZMQ_PAIR);
    if (!self->monitor ||
        zmq_socket_monitor(socket, endpoint,
                           ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                               ZMQ_EVENT_DISCONNECTED) != 0 ||
        zmq_setsockopt(self->monitor, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_setsockopt(self->monitor, ZMQ_RCVHWM, &unlimited, sizeof unlimited) != 0 ||
        zmq_connect(self->monitor, endpoint) != 0)
        connections_destroy(&self);
    return self;
}

void connections_destroy(struct connections **self)
{
    if (!*self)
        return;
    zmq_socket_monitor((*self)->socket, NULL, 0);
    if ((*self)->monitor)
        zmq_close((*self)->monitor);
    free((*self)->seen);
    free(*self);
    *self = NULL;
}

void *connections_monitor(const struct connections *self)
{
    return self->monitor;
}

static uint64_t name_connection(const struct connections *self, uint32_t fd)
{
    uint32_t gone = fd < self->n ? self->seen[fd].times_gone : 0;
    return ((uint64_t)gone << 32) | (fd + 1);
}

/* The list goes round: nobody's `newer` is the oldest. */
static void list(struct connections *self, uint32_t fd)
{
    struct seen *all = self->seen;
    uint32_t newest = all[NOBODY].older;
    all[fd].older = newest;
    all[fd].newer = NOBODY;
    all[newest].newer = all[NOBODY].older = fd;
    self->n_there++;
}

static void unlist(struct connections *self, uint32_t fd)
{
    const struct seen *one = &self->seen[fd];
    if (!one->is_there || one->is_cut)
        return;
    self->seen[one->older].newer = one->newer;
    self->seen[one->newer].older = one->older;
    self->n_there--;
}

static struct seen *seen_at(struct connections *self, uint32_t fd)
{
    if (fd >= self->n) {
        size_t n = (size_t)fd + 64;
        self->seen = mem_realloc(self->seen, n, sizeof *self->seen);
        memset(self->seen + self->n, 0, (n - self->n) * sizeof *self->seen);
        self->n = n;
    }
    return &self->seen[fd];
}

/* 0 if it is no socket. */
static uint64_t cookie_of(uint32_t fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    return getsockopt((int)fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

static void note_gone(struct connections *self, uint32_t fd, connections_fn *disconnected,
                      void *context)
{
    uint64_t gone = name_connection(self, fd);
    struct seen *seen = seen_at(self, fd);
    unlist(self, fd);
    seen->times_gone++;
    seen->is_there = false;
    disconnected(context, gone);
}

/* libzmq does not tell of the end of a connection that it ends by itself, such as one whose routing
 * id somebody else has taken over. It is found out when another connection comes on its descriptor.
 */
static void note_come(struct connections *self, uint32_t fd, connections_fn *connected,
                      connections_fn *disconnected, void *context)
{
    if (seen_at(self, fd)->is_there)
        note_gone(self, fd, disconnected, context);
    struct seen *seen = seen_at(self, fd);
    seen->is_there = true;
    seen->is_cut = false;
    seen->cookie = cookie_of(fd);
    seen->taken = HANDSHAKE_MAX;
    seen->forgiven = 0;
    list(self, fd);
    connected(context, name_connection(self, fd));
}

/* One event: a frame of event (16 bits) and value (32 bits), and a frame with the endpoint. */
static bool take_event(struct connections *self, uint16_t *event, uint32_t *value)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool taken = zmq_msg_recv(&frame, self->monitor, ZMQ_DONTWAIT) == 6;
    if (taken) {
        const char *data = zmq_msg_data(&frame);
        memcpy(event, data, sizeof *event);
        memcpy(value, data + sizeof *event, sizeof *value);
        zmq_msg_recv(&frame, self->monitor, ZMQ_DONTWAIT);
    }
    zmq_msg_close(&frame);
    return taken;
}

bool connections_drain(struct connections *self, connections_fn *connected,
                       connections_fn *disconnected, void *context)
{
    uint16_t event;
    uint32_t value;
    bool someone_came = false;
    while (take_event(self, &event, &value)) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            someone_came = true;
        else if (event == ZMQ_EVENT_ACCEPTED)
            note_come(self, value, connected, disconnected, context);
        else
            note_gone(self, value, disconnected, context);
    }
    return someone_came;
}

static bool is_still_there(const struct seen *seen, uint32_t fd)
{
    return seen->is_there && seen->cookie != 0 && seen->cookie == cookie_of(fd);
}

/* libzmq sees its end, and closes it. True if it was there. */
static bool cut(struct connections *self, uint32_t fd)
{
    struct seen *seen = &self->seen[fd];
    bool was_there = is_still_there(seen, fd);
    unlist(self, fd);
    seen->is_cut = true;
    if (was_there)
        shutdown((int)fd, SHUT_RDWR); /* libzmq takes it for the peer's hanging up, and closes it */
    return was_there;
}

void connections_cut(struct connections *self, uint64_t connection)
{
    uint32_t fd = (uint32_t)connection - 1;
    if (connection != 0 && fd < self->n && name_connection(self, fd) == connection)
        cut(self, fd);
}

size_t connections_make_room(struct connections *self, size_t most)
{
    size_t n_cut = 0;
    while (self->n_there > most)
        n_cut += cut(self, self->seen[NOBODY].newer);
    return n_cut;
}

/* ---- what has been sent and not been taken ----------------------------------------------------
 */

void connections_note_taken(struct connections *self, uint64_t connection, size_t bytes)
{
    uint32_t fd = (uint32_t)connection - 1;
    if (connection == 0 || fd >= self->n)
        return;
    self->seen[fd].taken += bytes + MESSAGE_OVERHEAD;
    self->seen[fd].forgiven = 0;
}

/* 0 where the system does not say, as of sockets that are files. */
static uint64_t received_on(uint32_t fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt((int)fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received
                                                                         : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t count_unread(struct connections *self, int64_t passed_ms)
{
    uint64_t unread = 0, forgiven = (uint64_t)passed_ms * FORGIVEN_BYTES_PER_S / 1000;
    for (size_t fd = 0; fd < self->n; fd++) {
        struct seen *one = &self->seen[fd];
        one->unread = 0;
        if (!one->is_there || one->is_cut)
            continue;
        uint64_t received = received_on((uint32_t)fd);
        if (one->taken > received)
            one->taken = received;
        uint64_t few = least(received - one->taken, least(forgiven, FORGIVEN_MAX - one->forgiven));
        one->taken += few;
        one->forgiven += few;
        one->unread = received - one->taken;
        unread += one->unread;
    }
    return unread;
}

size_t connections_relieve(struct connections *self, uint64_t most, int64_t now_ms)
{
    size_t n_cut = 0;
    uint64_t unread = count_unread(self, self->relieved_ms ? now_ms - self->relieved_ms : 0);
    self->relieved_ms = now_ms;
    while (unread > most) {
        size_t worst = 0;
        for (size_t fd = 1; fd < self->n; fd++)
            if (self->seen[fd].unread > self->seen[worst].unread)
                worst = fd;
        unread -= self->seen[worst].unread;
        self->seen[worst].unread = 0;
        n_cut += cut(self, (uint32_t)worst);
    }
    return n_cut;
}

uint64_t connections_of(const struct connections *self, zmq_msg_t *message)
{
    int fd = zmq_msg_get(message, ZMQ_SRCFD);
    return fd < 0 ? 0 : name_connection(self, (uint32_t)fd);
}
