#include "common/client/link.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/client/backoff.h"
#include "common/protocol/ids.h"

enum {
    FAILURES = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
               ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
    EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | FAILURES
};

enum { RECONNECT_MS = 200, RECONNECT_MOST_MS = 5000 };

static bool fail(struct link *self, const char *what)
{
    self->failed = what;
    return false;
}

bool link_new(struct link *self)
{
    *self = (struct link){.fd = -1};
    self->zmq = zmq_ctx_new();
    self->fd = epoll_create1(EPOLL_CLOEXEC);
    if (!self->zmq || self->fd < 0)
        return fail(self, "cannot begin");
    return true;
}

static void close_socket(void **socket)
{
    int saved = errno;
    if (*socket)
        zmq_close(*socket);
    *socket = NULL;
    errno = saved;
}

/* The monitor ends first, and its reader last: libzmq's thread would wait for ever for somebody to
 * take the next event. */
static void close_session_sockets(struct link *self)
{
    int saved = errno;
    if (self->dealer)
        zmq_socket_monitor(self->dealer, NULL, 0);
    errno = saved;
    close_socket(&self->dealer);
    close_socket(&self->monitor);
}

void link_destroy(struct link *self)
{
    close_session_sockets(self);
    close_socket(&self->sub);
    if (self->zmq)
        zmq_ctx_term(self->zmq);
    if (self->fd >= 0)
        close(self->fd);
    curve_keys_wipe(&self->curve);
    *self = (struct link){.fd = -1};
}

static bool watch(const struct link *self, void *socket)
{
    int fd;
    size_t size = sizeof fd;
    struct epoll_event event = {.events = EPOLLIN};
    return zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 &&
           epoll_ctl(self->fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void *open_socket(const struct link *self, int type)
{
    /* What a peer that has died silently is noticed by. The daemon counts what it is sent to what
     * is public, and lets go of whoever has sent most. */
    int heartbeat_ms = type == ZMQ_SUB ? 15000 : 2000;
    const struct {
        int option, value;
    } options[] = {{ZMQ_LINGER, 0},
                   {ZMQ_SNDHWM, 0}, /* requests are few; a blocked send would block the program */
                   {ZMQ_RECONNECT_IVL, (int)backoff_jitter_ms(RECONNECT_MS, backoff_random())},
                   {ZMQ_RECONNECT_IVL_MAX, /* doubles up to there */
                    (int)backoff_jitter_ms(RECONNECT_MOST_MS, backoff_random())},
                   {ZMQ_HEARTBEAT_IVL, heartbeat_ms},
                   {ZMQ_HEARTBEAT_TIMEOUT, 3 * heartbeat_ms}};
    void *socket = zmq_socket(self->zmq, type);
    for (size_t i = 0; socket && i < sizeof options / sizeof *options; i++)
        zmq_setsockopt(socket, options[i].option, &options[i].value, sizeof options[i].value);
    return socket;
}

/* The key of a session: 128 random bits. */
static bool set_fresh_key(void *dealer)
{
    uint8_t raw[16];
    char key[KEY_SIZE + 1] = "";
    bool set = getrandom(raw, sizeof raw, 0) == (ssize_t)sizeof raw;
    if (set) {
        session_key_encode(raw, key);
        set = zmq_setsockopt(dealer, ZMQ_ROUTING_ID, key, KEY_SIZE) == 0;
    }
    explicit_bzero(raw, sizeof raw);
    explicit_bzero(key, sizeof key);
    return set;
}

static bool prepare_session_sockets(struct link *self, bool has_key)
{
    char told_at[40]; /* each client has a context of its own */
    snprintf(told_at, sizeof told_at, "inproc://connection-%u", self->n_connects++);
    self->dealer = open_socket(self, ZMQ_DEALER);
    self->monitor = zmq_socket(self->zmq, ZMQ_PAIR);
    return self->dealer && self->monitor && (!has_key || set_fresh_key(self->dealer)) &&
           curve_keys_apply(&self->curve, self->dealer) &&
           zmq_socket_monitor(self->dealer, told_at, EVENTS) == 0 &&
           zmq_connect(self->monitor, told_at) == 0 && watch(self, self->dealer) &&
           watch(self, self->monitor);
}

/* Only with this option does libzmq take an address in brackets; and with it a name would be taken
 * for an IPv6 address first, where the daemon may have none. */
static bool connect_to(void *socket, const char *endpoint)
{
    int is_ipv6 = strchr(endpoint, '[') != NULL;
    return zmq_setsockopt(socket, ZMQ_IPV6, &is_ipv6, sizeof is_ipv6) == 0 &&
           zmq_connect(socket, endpoint) == 0;
}

bool link_connect(struct link *self, const char *endpoint, bool has_key)
{
    if (self->dealer)
        return true;
    const char *failed = NULL;
    if (!prepare_session_sockets(self, has_key))
        failed = "cannot make a socket";
    else if (!connect_to(self->dealer, endpoint))
        failed = "cannot connect";
    if (!failed)
        return true;
    link_disconnect(self);
    return fail(self, failed);
}

static void forget_refusal(struct link *self)
{
    self->refused = NULL;
    self->n_hang_ups = 0;
}

void link_disconnect(struct link *self)
{
    close_session_sockets(self);
    self->is_up = false;
    forget_refusal(self);
}

/* To connect a second time would bring everything twice. */
static bool is_connected_to(void *socket, const char *endpoint)
{
    char newest[256];
    size_t size = sizeof newest;
    return zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, newest, &size) == 0 &&
           strcmp(newest, endpoint) == 0;
}

bool link_listen(struct link *self, const char *endpoint, const char *topic)
{
    if (!self->sub) {
        self->sub = open_socket(self, ZMQ_SUB);
        if (!self->sub || !watch(self, self->sub) ||
            (!self->sub_is_plain && !curve_keys_apply(&self->curve, self->sub)))
            return fail(self, "cannot make a socket");
    }
    if (zmq_setsockopt(self->sub, ZMQ_SUBSCRIBE, topic, strlen(topic)) != 0)
        return fail(self, "cannot listen");
    if (endpoint && !is_connected_to(self->sub, endpoint) && !connect_to(self->sub, endpoint))
        return fail(self, "cannot connect");
    return true;
}

bool link_wait(const struct link *self, int timeout_ms)
{
    struct pollfd item = {.fd = self->fd, .events = POLLIN};
    return poll(&item, 1, timeout_ms) >= 0;
}

static bool is_readable(void *socket)
{
    int events = 0;
    size_t size = sizeof events;
    return socket && zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN);
}

bool link_has_input(const struct link *self)
{
    return is_readable(self->monitor) || is_readable(self->dealer) || is_readable(self->sub);
}

/* An event of the monitor: its number in the first two bytes of the first frame. */
static bool take_event(void *monitor, uint16_t *event)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool taken = monitor && zmq_msg_recv(&frame, monitor, ZMQ_DONTWAIT) >= (int)sizeof *event;
    if (taken)
        memcpy(event, zmq_msg_data(&frame), sizeof *event);
    while (zmq_msg_more(&frame) && zmq_msg_recv(&frame, monitor, ZMQ_DONTWAIT) >= 0)
        ;
    zmq_msg_close(&frame);
    return taken;
}

/* What the failure of a handshake means for people. Who sees first that the two do not agree hangs
 * up, and the other may have read no reason by then: so both ways say the same. */
static const char *refusal(const struct link *self, uint16_t event)
{
    bool encrypts = self->curve.server[0] != '\0';
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        return "does not let this certificate in";
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        return encrypts ? "is not encrypted, or no indsubd"
                        : "is encrypted (its server key is needed), or no indsubd";
    return encrypts ? "hangs up: it has another server key, or is not encrypted"
                    : "hangs up: it is encrypted (its server key is needed), or no indsubd";
}

enum link_change link_take_change(struct link *self)
{
    uint16_t event;
    while (take_event(self->monitor, &event)) {
        bool up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        if (up)
            forget_refusal(self);
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
            if (self->n_hang_ups++ > 0) /* the first time the connection may just have broken */
                self->refused = refusal(self, event);
            continue; /* libzmq tries again */
        }
        if (event & FAILURES) {
            self->refused = refusal(self, event);
            return LINK_REFUSED;
        }
        if (up == self->is_up)
            continue;
        self->is_up = up;
        return up ? LINK_UP : LINK_DOWN;
    }
    return LINK_SAME;
}

bool link_send(struct link *self, const char *bytes, size_t size)
{
    if (zmq_send(self->dealer, bytes, size, ZMQ_DONTWAIT) < 0)
        return fail(self, "cannot send");
    return true;
}

static bool receive(void *socket, zmq_msg_t *frame, bool *more)
{
    if (!socket)
        return false;
    zmq_msg_init(frame);
    if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(frame);
        return false;
    }
    *more = zmq_msg_more(frame);
    return true;
}

bool link_receive(const struct link *self, zmq_msg_t *frame, bool *more)
{
    return receive(self->dealer, frame, more);
}

bool link_receive_public(const struct link *self, zmq_msg_t *frame, bool *more)
{
    return receive(self->sub, frame, more);
}
