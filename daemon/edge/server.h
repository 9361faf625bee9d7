/* server - the three sockets: the only part that knows ZeroMQ.
 *
 * Translates and nothing else: frames in become calls of the engine, the engine's outlet becomes
 * frames out. A body that many sessions get is one libzmq message, of which each sends a copy that
 * only counts references. */
#ifndef INDSUB_EDGE_SERVER_H
#define INDSUB_EDGE_SERVER_H

#include <stdbool.h>

#include "common/base/err.h"
#include "daemon/engine.h"

struct server;

struct server_settings {
    const char *session_endpoint, *public_endpoint, *feed_endpoint;
    int io_threads;
    int send_hwm; /* messages that libzmq queues for one session */
    size_t frame_bytes;
    size_t unread_bytes;       /* that peers of one socket have sent, and that are not taken yet */
    size_t subscription_bytes; /* that peers of the public socket have sent */
    size_t subscribers_max;    /* connections to the public socket */
    const char *certificate;   /* "": nothing is encrypted; else see curve_new */
    const char *clients, *scratch;
    bool curve_session, curve_public, curve_feed; /* which sockets are encrypted */
};

/* Binds all three. NULL with *err filled where one cannot be bound. */
struct server *server_new(const struct server_settings *settings, struct err *err);
/* Reads the clients' certificates again. */
enum err_code server_reload(struct server *self, struct err *err);
/* Waits up to a second for what has been sent to leave. */
void server_destroy(struct server **self);

/* The endpoints as they are bound, with wildcards resolved. Borrowed. */
const char *server_session_endpoint(const struct server *self);
const char *server_public_endpoint(const struct server *self);
const char *server_feed_endpoint(const struct server *self);
/* The key with which clients know the daemon; NULL where nothing is encrypted. */
const char *server_public_key(const struct server *self);

/* The outlet of an engine on these sockets; random is filled in too. */
struct outlet server_outlet(struct server *self);

/* True if nothing had come in the turn that was the last. */
bool server_was_idle(const struct server *self);

enum { SERVER_FDS_MAX = 2 };
/* Waits until something comes, one of the descriptors is readable or timeout_ms have passed; then
 * gives the engine what has come. Returns true if one of them is readable. */
bool server_turn(struct server *self, struct engine *engine, const int *fds, size_t n_fds,
                 long timeout_ms, struct now (*read_now)(void));

#endif
