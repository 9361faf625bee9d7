/* delivery - from the bars that a tick changed to what each session is sent.
 *
 *      touched bars ──► values ──► body ──► outbox ──► push
 *                       once       once     of each
 *                                  a view   subscriber
 *
 * This is the only place that decides who gets what. Whatever one turn of the engine has for a
 * session leaves in as few messages as possible. Sockets are behind `push`; the caller reads the
 * clock, which is the monotonic one. */
#ifndef INDSUB_SESSIONS_DELIVERY_H
#define INDSUB_SESSIONS_DELIVERY_H

#include "daemon/sessions/sessions.h"
#include "daemon/sessions/subscriptions.h"

enum push_result {
    PUSH_SENT,
    PUSH_BLOCKED, /* the reader is too slow: to be tried again later */
    PUSH_GONE     /* no connection has this key */
};

/* One message: a reply, or stream items numbered from first_seq on. */
struct parcel {
    const char *key; /* SESSION_KEY_SIZE bytes: the routing id of the connection it goes to */
    const struct outbox_item *items;
    size_t n;
    uint64_t first_seq;
    struct flight *flight; /* in which it counts until it has left */
    /* Where the session spoke last, and before that. If nobody is there under its key, whoever
     * still holds one of them has lost the key to a connection that has gone since: to be cut off,
     * so that he notices, and presents the key again. */
    uint64_t connection, earlier;
};

/* Sends the parcel as one message. All in it is borrowed until it returns. */
typedef enum push_result push_fn(void *context, const struct parcel *parcel);

struct delivery_counters {
    uint64_t delivered, merged, lagging, replies_dropped, encoded;
    uint64_t late; /* how often a view was put off, as no subscriber's user had values left */
};

/* A reply, and the subscription whose bar as it stands is in it; NULL if none is. */
struct reply {
    struct body *body;
    struct subscription *shows;
    bool delimited; /* an empty frame goes before it */
};

struct delivery;

/* The sessions, the market and push's context are borrowed. */
struct delivery *delivery_new(push_fn *push, void *context, struct sessions *sessions,
                              const struct market *market);
void delivery_destroy(struct delivery **self);

/* Computes what the touched bars change, and puts it into the outboxes of those who want it. */
void delivery_run(struct delivery *self, struct compute *compute, const struct touched *touched,
                  int64_t now_ms);

/* Puts each subscription's present state into the session's outbox: the bar that is forming, or
 * where none is, the newest closed one unless the session had it already. */
void delivery_put_snapshots(struct delivery *self, struct session *session);
/* Puts a closed bar into the outbox that the session did not get before the daemon was restarted.
 */
void delivery_put_closed(struct delivery *self, struct subscription *one, int64_t bar_ms,
                         struct body *body);
void delivery_put_notice(struct delivery *self, struct session *session, struct body *body);
/* Dropped, and counted, where too many wait already and none can be sent. */
void delivery_put_reply(struct delivery *self, struct session *session, const struct reply *reply,
                        int64_t now_ms);

/* The subscription has another set of indicators than before: what is held back of it for a while
 * is made anew, of that set. */
void delivery_renew_held(struct delivery *self, struct subscription *one);

/* Sends what waits, of the sessions for which something is new and of those that were blocked.
 * Sessions whose connection turns out to be gone are detached. */
void delivery_flush(struct delivery *self, int64_t now_ms);

/* When delivery_flush has something to do again: something throttled falls due, or a blocked reader
 * is to be tried again. INT64_MAX if nothing waits. */
int64_t delivery_next_due(const struct delivery *self, int64_t now_ms);

/* Detaches a session, as its connection is gone or silent: nothing is sent to it, and of what waits
 * only closed bars are kept. */
void delivery_detach(struct session *session, int64_t now_ms);

const struct delivery_counters *delivery_counters(const struct delivery *self);

#endif
