#include "daemon/edge/connections.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/mem.h"

struct connections {
    void *socket, *monitor;
    struct seen {
        uint32_t times_gone; /* how many connections on this descriptor have gone */
        bool is_there;
        uint64_t cookie; /* the kernel's number for the socket that is there */
    } * seen;            /* by descriptor */
    size_t n;
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
    seen->cookie = cookie_of(fd);
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

void connections_cut(const struct connections *self, uint64_t connection)
{
    uint32_t fd = (uint32_t)connection - 1;
    if (connection == 0 || fd >= self->n || name_connection(self, fd) != connection ||
        self->seen[fd].cookie == 0 || self->seen[fd].cookie != cookie_of(fd))
        return;
    shutdown((int)fd, SHUT_RDWR); /* libzmq takes it for the peer's hanging up, and closes it */
}

uint64_t connections_of(const struct connections *self, zmq_msg_t *message)
{
    int fd = zmq_msg_get(message, ZMQ_SRCFD);
    return fd < 0 ? 0 : name_connection(self, (uint32_t)fd);
}
