/* delivery - from what the market touched to what each session is sent.
 *
 *      touched ──► values (once) ──► body (once a view) ──► outbox of each subscriber ──► push
 *
 * The only place that decides who gets what. Everything that one turn has for a session leaves in
 * as few messages as can be. Sockets are behind `push`; times are monotonic and given. */
#ifndef INDSUB_SESSIONS_DELIVERY_H
#define INDSUB_SESSIONS_DELIVERY_H

#include "daemon/sessions/sessions.h"
#include "daemon/sessions/subscriptions.h"

enum push_result {
    PUSH_SENT,
    PUSH_BLOCKED, /* the reader is too slow: try again later */
    PUSH_GONE     /* nobody is there under this key */
};

/* One message: a reply, or stream items numbered from first_seq on. */
struct parcel {
    const char *key; /* SESSION_KEY_SIZE bytes: whoever has it gets the message */
    const struct outbox_item *items;
    size_t n;
    uint64_t first_seq;
    struct flight *flight; /* is told where the message is not sent at once */
};

/* Sends it, as one message. */
typedef enum push_result push_fn(void *context, const struct parcel *parcel);

struct delivery_counters {
    uint64_t delivered, merged, lagging, replies_dropped, encoded;
    uint64_t late; /* views that were not computed at once, since nobody could pay */
};

/* A reply, and the subscription whose bar as it stands is in it; NULL if none is. */
struct reply {
    struct body *body;
    struct subscription *shows;
    bool delimited; /* an empty frame goes before it */
};

struct delivery;

/* Keeps push's context, the sessions and the market. */
struct delivery *delivery_new(push_fn *push, void *context, struct sessions *sessions,
                              const struct market *market);
void delivery_destroy(struct delivery **self);

/* Works off what was touched: values, bodies, outboxes. */
void delivery_run(struct delivery *self, struct compute *compute, const struct touched *touched,
                  int64_t now_ms);

/* Puts a fresh snapshot of each subscription into the outbox: the bar that is forming, or the
 * newest closed one if the session has not been given it. */
void delivery_put_snapshots(struct delivery *self, struct session *session);
/* Puts a closed bar into the outbox that the session is owed from before. */
void delivery_put_closed(struct delivery *self, struct subscription *one, int64_t bar_ms,
                         struct body *body);
void delivery_put_notice(struct delivery *self, struct session *session, struct body *body);
/* Dropped, and counted, where too many wait already and none can be sent. */
void delivery_put_reply(struct delivery *self, struct session *session, const struct reply *reply,
                        int64_t now_ms);

/* The subscription has another set of indicators than before: what is held back of it for a while
 * is made anew, of that set. */
void delivery_renew_held(struct delivery *self, struct subscription *one);

/* Sends what waits: of all sessions with something new, and of those that were blocked. Sessions
 * whose peer is gone become detached; their forming bars are dropped. */
void delivery_flush(struct delivery *self, int64_t now_ms);

/* When something throttled or blocked is due, monotonic; INT64_MAX if nothing is. */
int64_t delivery_next_due(const struct delivery *self, int64_t now_ms);

/* Detaches a session now: its connection is gone or silent. */
void delivery_detach(struct session *session, int64_t now_ms);

const struct delivery_counters *delivery_counters(const struct delivery *self);

#endif
