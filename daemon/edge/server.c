#include "daemon/edge/server.h"

#include <czmq.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/mem.h"
#include "daemon/edge/connections.h"
#include "daemon/edge/curve.h"
#include "daemon/edge/public_socket.h"
#include "daemon/edge/random.h"

enum {
    SHARED_MESSAGES = 512,  /* bodies that have a libzmq message ready */
    SESSION_BUDGET = 2000,  /* requests taken in a turn */
    FEED_BUDGET = 64,       /* feed messages taken in a turn */
    MESSAGES_WAITING = 128, /* of one peer, in libzmq; more wait in the system, and with the peer */
    SUBSCRIPTION_MAX = 512, /* bytes of a frame to the public socket */
    RELIEVE_EVERY_MS = 250,
    ENDPOINT_SIZE = 256,
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_EVERY_S = 15,
    KEEPALIVES = 4,
    SHUTDOWN_LINGER_MS = 1000
};

struct server {
    void *context;       /* czmq's, which zauth works in */
    struct curve *curve; /* NULL: nothing is encrypted */
    void *session, *public, *feed;
    struct public_socket *public_socket; /* has the public one */
    struct connections *session_connections, *feed_connections, *public_connections;
    size_t unread_bytes, subscription_bytes, subscribers_max;
    int64_t next_relief_ms;
    bool was_idle;
    char session_endpoint[ENDPOINT_SIZE], public_endpoint[ENDPOINT_SIZE],
        feed_endpoint[ENDPOINT_SIZE];
    struct shared {
        const struct body *body; /* whose message this is; the message holds it */
        zmq_msg_t message;
    } shared[SHARED_MESSAGES];
    struct engine *engine; /* during a turn */
    struct now now;
};

/* ---- sockets ----------------------------------------------------------------------------------
 */

static int set_option(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

/* Only the daemon's own user may connect to a socket that is a file. */
static bool bind_private(void *socket, const char *endpoint)
{
    mode_t before = umask(S_IRWXG | S_IRWXO | S_IXUSR);
    bool bound = zmq_bind(socket, endpoint) == 0;
    umask(before);
    return bound;
}

/* A socket and where it is to be. */
struct place {
    const char *name, *endpoint;
    char *resolved;                   /* ENDPOINT_SIZE bytes */
    struct connections **connections; /* where those to it are told apart */
    bool is_encrypted, is_for_sessions, is_public;
};

static void set_options(void *socket, const struct server_settings *settings,
                        const struct place *place)
{
    /* Beyond it no answer: cut off. */
    int64_t frame_max = place->is_public ? SUBSCRIPTION_MAX : (int64_t)settings->frame_bytes * 4;
    set_option(socket, ZMQ_LINGER, 0);
    set_option(socket, ZMQ_IPV6, strchr(place->endpoint, '[') != NULL);
    set_option(socket, ZMQ_BACKLOG, 1024);
    set_option(socket, ZMQ_TCP_KEEPALIVE, 1); /* or who vanished without a word would stay */
    set_option(socket, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S);
    set_option(socket, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_EVERY_S);
    set_option(socket, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVES);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max);
    if (!place->is_public)
        set_option(socket, ZMQ_RCVHWM, MESSAGES_WAITING);
    if (place->is_for_sessions) {
        set_option(socket, ZMQ_ROUTER_MANDATORY, 1);
        set_option(socket, ZMQ_ROUTER_HANDOVER, 1);
        set_option(socket, ZMQ_SNDHWM, settings->send_hwm);
    }
}

/* A bound socket, or NULL with *err filled. Its options hold from the bind on. */
static void *bind_socket(struct server *self, int type, const struct server_settings *settings,
                         const struct place *place, struct err *err)
{
    void *socket = zmq_socket(self->context, type);
    size_t size = ENDPOINT_SIZE;
    if (!socket) {
        err_set(err, ERR_INTERNAL, "no socket: %s", zmq_strerror(errno));
        return NULL;
    }
    set_options(socket, settings, place);
    bool ready = !place->is_encrypted || curve_secure(self->curve, socket);
    if (ready)
        ready = (*place->connections = connections_new(self->context, socket, place->name));
    if (!ready || !bind_private(socket, place->endpoint)) {
        err_set(err, ERR_INTERNAL, "cannot bind the %s socket to %s: %s", place->name,
                place->endpoint, zmq_strerror(errno));
        connections_destroy(place->connections);
        zmq_close(socket);
        return NULL;
    }
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, place->resolved, &size);
    return socket;
}

static bool bind_sockets(struct server *self, const struct server_settings *settings,
                         struct err *err)
{
    bool encrypts = self->curve != NULL;
    const struct place session = {.name = "session",
                                  .endpoint = settings->session_endpoint,
                                  .resolved = self->session_endpoint,
                                  .connections = &self->session_connections,
                                  .is_encrypted = encrypts && settings->curve_session,
                                  .is_for_sessions = true};
    const struct place public = {.name = "public",
                                 .endpoint = settings->public_endpoint,
                                 .resolved = self->public_endpoint,
                                 .connections = &self->public_connections,
                                 .is_encrypted = encrypts && settings->curve_public,
                                 .is_public = true};
    const struct place feed = {.name = "feed",
                               .endpoint = settings->feed_endpoint,
                               .resolved = self->feed_endpoint,
                               .connections = &self->feed_connections,
                               .is_encrypted = encrypts && settings->curve_feed};
    return (self->session = bind_socket(self, ZMQ_ROUTER, settings, &session, err)) &&
           (self->public = bind_socket(self, ZMQ_PUB, settings, &public, err)) &&
           (self->feed = bind_socket(self, ZMQ_ROUTER, settings, &feed, err));
}

struct server *server_new(const struct server_settings *settings, struct err *err)
{
    struct server *self = mem_alloc_zero(1, sizeof *self);
    zsys_set_logstream(stderr);
    zsys_set_io_threads((size_t)settings->io_threads);
    self->unread_bytes = settings->unread_bytes;
    self->subscription_bytes = settings->subscription_bytes;
    self->subscribers_max = settings->subscribers_max;
    self->context = zsys_init();
    bool ready = true;
    if (settings->certificate[0]) {
        self->curve = curve_new(settings->certificate, settings->clients, settings->scratch, err);
        ready = self->curve != NULL;
    }
    ready = ready && bind_sockets(self, settings, err);
    if (ready && !(self->public_socket = public_socket_new(self->context, self->public))) {
        err_set(err, ERR_INTERNAL, "the public socket does not run: %s", zmq_strerror(errno));
        ready = false;
    }
    if (!ready)
        server_destroy(&self);
    return self;
}

enum err_code server_reload(struct server *self, struct err *err)
{
    return self->curve ? curve_reload(self->curve, err) : ERR_OK;
}

static void drop_shared(struct shared *self)
{
    if (self->body)
        zmq_msg_close(&self->message);
    self->body = NULL;
}

void server_destroy(struct server **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < SHARED_MESSAGES; i++)
        drop_shared(&(*self)->shared[i]);
    public_socket_destroy(&(*self)->public_socket);
    connections_destroy(&(*self)->session_connections);
    connections_destroy(&(*self)->feed_connections);
    connections_destroy(&(*self)->public_connections);
    void *sockets[] = {(*self)->session, (*self)->public, (*self)->feed};
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        if (sockets[i]) {
            set_option(sockets[i], ZMQ_LINGER, SHUTDOWN_LINGER_MS);
            zmq_close(sockets[i]);
        }
    curve_destroy(&(*self)->curve);
    zsys_shutdown();
    free(*self);
    *self = NULL;
}

const char *server_session_endpoint(const struct server *self)
{
    return self->session_endpoint;
}

const char *server_public_endpoint(const struct server *self)
{
    return self->public_endpoint;
}

const char *server_feed_endpoint(const struct server *self)
{
    return self->feed_endpoint;
}

const char *server_public_key(const struct server *self)
{
    return self->curve ? curve_public_key(self->curve) : NULL;
}

/* ---- out --------------------------------------------------------------------------------------
 */

static void let_go(void *data, void *hint)
{
    (void)data;
    struct body *body = hint;
    body_release(&body);
}

/* The libzmq message of a body, which is made when the body is first sent. The place for it follows
 * from the body's address: another body that falls into the same place drives it out. */
static zmq_msg_t *message_of(struct server *self, struct body *body)
{
    struct shared *place = &self->shared[((uintptr_t)body >> 5) % SHARED_MESSAGES];
    if (place->body != body) {
        drop_shared(place);
        body_acquire(body);
        zmq_msg_init_data(&place->message, body->data, body->size, let_go, body);
        place->body = body;
    }
    return &place->message;
}

static bool send_bytes(void *socket, const void *bytes, size_t size, bool more)
{
    return zmq_send(socket, bytes, size, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0;
}

static void send_message(void *socket, zmq_msg_t *message, bool more)
{
    if (zmq_msg_send(message, socket, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0)
        zmq_msg_close(message);
}

static void send_body(struct server *self, struct body *body, bool more)
{
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, message_of(self, body));
    send_message(self->session, &copy, more);
}

static void let_mark_go(void *data, void *hint)
{
    (void)data;
    struct mark *mark = hint;
    mark_let_go(&mark);
}

/* Sends a message's last body, with which the message has departed; it carries the mark if the
 * flight wants one. */
static void send_last(struct server *self, const struct parcel *parcel)
{
    size_t bytes = 0;
    struct body *last = parcel->items[parcel->n - 1].body;
    for (size_t i = 0; i < parcel->n; i++)
        bytes += parcel->items[i].body->size;
    struct mark *mark = flight_depart(parcel->flight, parcel->n, bytes, last);
    if (!mark) {
        send_body(self, last, false);
        return;
    }
    zmq_msg_t marked;
    zmq_msg_init_data(&marked, last->data, last->size, let_mark_go, mark);
    send_message(self->session, &marked, false);
}

/* "1042", or "1042 3" where three were merged into it. */
static size_t format_seq(uint64_t seq, uint32_t merged, char text[32])
{
    char reversed[20];
    size_t n = 0, size = 0;
    do
        reversed[n++] = (char)('0' + seq % 10);
    while ((seq /= 10) != 0);
    while (n > 0)
        text[size++] = reversed[--n];
    if (merged > 0)
        size += (size_t)snprintf(text + size, 12, " %u", (unsigned)merged);
    return size;
}

static enum push_result push(void *context, const struct parcel *parcel)
{
    struct server *self = context;
    const struct outbox_item *items = parcel->items;
    if (!send_bytes(self->session, parcel->key, SESSION_KEY_SIZE, true)) {
        if (errno != EHOSTUNREACH)
            return PUSH_BLOCKED;
        connections_cut(self->session_connections, parcel->connection);
        connections_cut(self->session_connections, parcel->earlier);
        return PUSH_GONE;
    }
    if (items[0].kind == OUTBOX_REPLY && items[0].delimited)
        send_bytes(self->session, "", 0, true);
    for (size_t i = 0; items[0].kind != OUTBOX_REPLY && i < parcel->n; i++) {
        char seq[32];
        size_t size = format_seq(parcel->first_seq + i, items[i].merged, seq);
        send_bytes(self->session, seq, size, true);
        if (i + 1 < parcel->n)
            send_body(self, items[i].body, true);
    }
    send_last(self, parcel);
    return PUSH_SENT;
}

static void reply(void *context, const void *peer, size_t peer_size, bool delimited,
                  struct body *body)
{
    struct server *self = context;
    if (!send_bytes(self->session, peer, peer_size, true))
        return; /* gone, or it does not read: a stranger is owed no more */
    if (delimited)
        send_bytes(self->session, "", 0, true);
    send_bytes(self->session, body->data, body->size, false);
}

static void feed_reply(void *context, const void *peer, size_t peer_size, struct body *body)
{
    struct server *self = context;
    if (send_bytes(self->feed, peer, peer_size, true))
        send_bytes(self->feed, body->data, body->size, false);
}

static void cut(void *context, bool feeds, uint64_t connection)
{
    struct server *self = context;
    connections_cut(feeds ? self->feed_connections : self->session_connections, connection);
}

static void publish(void *context, const char *topic, struct body *body)
{
    struct server *self = context;
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, message_of(self, body));
    public_socket_send(self->public_socket, topic, &copy);
}

struct outlet server_outlet(struct server *self)
{
    return (struct outlet){.context = self,
                           .push = push,
                           .reply = reply,
                           .feed_reply = feed_reply,
                           .cut = cut,
                           .publish = publish,
                           .random = random_fill};
}

/* ---- in ---------------------------------------------------------------------------------------
 */

enum { FRAMES_MAX = 5 }; /* one more than any message may have */

/* A message's frames; what is beyond FRAMES_MAX is dropped. */
struct frames {
    zmq_msg_t at[FRAMES_MAX];
    size_t n;
    size_t bytes; /* of all but the first */
};

static bool frames_recv(struct frames *self, void *socket)
{
    enum { HEADER = 9 };
    *self = (struct frames){0};
    int more = 1;
    for (size_t n = 0; more; n++) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, n == 0 ? ZMQ_DONTWAIT : 0) < 0) {
            zmq_msg_close(&frame);
            return false;
        }
        more = zmq_msg_more(&frame);
        self->bytes += n > 0 ? zmq_msg_size(&frame) + HEADER : 0;
        if (n < FRAMES_MAX)
            self->at[self->n++] = frame; /* libzmq's own bindings move messages so */
        else
            zmq_msg_close(&frame);
    }
    return true;
}

static void frames_close(struct frames *self)
{
    for (size_t i = 0; i < self->n; i++)
        zmq_msg_close(&self->at[i]);
    self->n = 0;
}

static void on_connected(void *context, uint64_t connection)
{
    struct server *self = context;
    engine_on_caller(self->engine, false, connection, self->now);
}

static void on_feed_connected(void *context, uint64_t connection)
{
    struct server *self = context;
    engine_on_caller(self->engine, true, connection, self->now);
}

static void on_disconnected(void *context, uint64_t connection)
{
    struct server *self = context;
    engine_on_disconnected(self->engine, connection, self->now);
}

static void on_feed_disconnected(void *context, uint64_t connection)
{
    struct server *self = context;
    engine_on_feed_disconnected(self->engine, connection);
}

static void ignore(void *context, uint64_t connection)
{
    (void)context;
    (void)connection;
}

static void drain_public(struct server *self)
{
    connections_drain(self->public_connections, ignore, ignore, self);
    engine_on_cut(self->engine, LIMIT_SUBSCRIBERS,
                  connections_make_room(self->public_connections, self->subscribers_max));
}

/* Nobody fills the memory with what is never a whole message, or with subscriptions. */
static void relieve(struct server *self)
{
    int64_t now_ms = self->now.mono_ms;
    if (now_ms < self->next_relief_ms)
        return;
    self->next_relief_ms = now_ms + RELIEVE_EVERY_MS;
    engine_on_cut(self->engine, LIMIT_UNREAD,
                  connections_relieve(self->session_connections, self->unread_bytes, now_ms) +
                      connections_relieve(self->feed_connections, self->unread_bytes, now_ms));
    engine_on_cut(self->engine, LIMIT_SUBSCRIPTION_BYTES,
                  connections_relieve(self->public_connections, self->subscription_bytes, now_ms));
}

static void drain_session(struct server *self)
{
    if (connections_drain(self->session_connections, on_connected, on_disconnected, self))
        engine_on_connected(self->engine);
}

static void drain_feed(struct server *self)
{
    connections_drain(self->feed_connections, on_feed_connected, on_feed_disconnected, self);
}

static bool take_request(struct server *self)
{
    struct frames frames;
    if (!frames_recv(&frames, self->session))
        return false;
    drain_session(self);
    if (frames.n >= 2) {
        uint64_t connection = connections_of(self->session_connections, &frames.at[1]);
        connections_note_taken(self->session_connections, connection, frames.bytes);
        bool delimited = frames.n == 3 && zmq_msg_size(&frames.at[1]) == 0;
        zmq_msg_t *peer = &frames.at[0], *text = &frames.at[frames.n - 1];
        bool whole = frames.n == 2 || delimited;
        engine_on_request(self->engine, zmq_msg_data(peer), zmq_msg_size(peer), connection,
                          delimited, whole ? zmq_msg_data(text) : NULL,
                          whole ? zmq_msg_size(text) : 0, self->now);
    }
    frames_close(&frames);
    return true;
}

static bool take_feed(struct server *self)
{
    struct frames frames;
    if (!frames_recv(&frames, self->feed))
        return false;
    drain_feed(self);
    uint64_t connection = connections_of(self->feed_connections, &frames.at[frames.n - 1]);
    connections_note_taken(self->feed_connections, connection, frames.bytes);
    size_t first = frames.n > 2 && zmq_msg_size(&frames.at[1]) == 0 ? 2 : 1;
    size_t n = frames.n - first; /* behind the routing id and a delimiter */
    zmq_msg_t *peer = &frames.at[0], *seq = &frames.at[first], *text = &frames.at[frames.n - 1];
    bool whole = n == 1 || n == 2;
    if (frames.n >= 2)
        engine_on_feed(self->engine, zmq_msg_data(peer), zmq_msg_size(peer), connection,
                       n == 2 ? zmq_msg_data(seq) : NULL, zmq_msg_size(seq),
                       whole ? zmq_msg_data(text) : NULL, whole ? zmq_msg_size(text) : 0,
                       self->now);
    frames_close(&frames);
    return true;
}

bool server_was_idle(const struct server *self)
{
    return self->was_idle;
}

bool server_turn(struct server *self, struct engine *engine, const int *fds, size_t n_fds,
                 long timeout_ms, struct now (*read_now)(void))
{
    enum { SOCKETS = 5 };
    zmq_pollitem_t items[SOCKETS + SERVER_FDS_MAX] = {
        {self->session, 0, ZMQ_POLLIN, 0},
        {self->feed, 0, ZMQ_POLLIN, 0},
        {connections_monitor(self->session_connections), 0, ZMQ_POLLIN, 0},
        {connections_monitor(self->feed_connections), 0, ZMQ_POLLIN, 0},
        {connections_monitor(self->public_connections), 0, ZMQ_POLLIN, 0},
    };
    for (size_t i = 0; i < n_fds; i++)
        items[SOCKETS + i] = (zmq_pollitem_t){NULL, fds[i], ZMQ_POLLIN, 0};
    self->was_idle = true;
    if (zmq_poll(items, SOCKETS + (int)n_fds, timeout_ms) < 0)
        return false;
    for (size_t i = 0; i < SOCKETS; i++)
        self->was_idle &= items[i].revents == 0;
    self->engine = engine;
    self->now = read_now();
    if (items[2].revents)
        drain_session(self);
    if (items[3].revents)
        drain_feed(self);
    if (items[4].revents)
        drain_public(self);
    for (int i = 0; i < SESSION_BUDGET && items[0].revents && take_request(self); i++)
        continue;
    for (int i = 0; i < FEED_BUDGET && items[1].revents && take_feed(self); i++)
        continue;
    relieve(self);
    self->engine = NULL;
    bool any = false;
    for (size_t i = 0; i < n_fds; i++)
        any |= items[SOCKETS + i].revents != 0;
    return any;
}
