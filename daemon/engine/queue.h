/* queue - requests that are answered later: those that take long, and those that came behind them.
 *
 *      alice ────┬─ session 7: subscribe (under way), list, data
 *                └─ session 9: history
 *      bob ──────── session 12: subscribe (under way)
 *      strangers ┬─ connection 4: open, open, open
 *                └─ connection 6: open
 *
 * A bit of the one, then a bit of the next: users take turns, and all strangers together are as one
 * of them; whoever's bit was a large one waits for as many turns as it was worth. So nobody waits
 * for what another has asked for. Of each user one request is under way at a time; his sessions
 * take turns from one to the next, as do the connections of strangers, and each has its answers in
 * order. The feed socket has a queue of its own, of strangers alone. */
#ifndef INDSUB_ENGINE_QUEUE_H
#define INDSUB_ENGINE_QUEUE_H

#include "daemon/control/errand.h"
#include "daemon/control/core.h"

/* A request as it came. */
struct asked {
    const void *peer;
    size_t peer_size;
    uint64_t connection;
    bool delimited;
    const char *text;
    size_t size;
};

/* The same, waiting. */
struct waiting {
    struct asked asked;      /* its own */
    struct session *session; /* NULL: of a stranger */
    struct body *text;
    struct body *reply;    /* NULL: it is to be looked at; else the answer, which waits its turn */
    struct errand *errand; /* owned; NULL before it is under way */
    uint64_t steps;        /* what that has taken */
};

struct queue;

struct queue *queue_new(atomic_size_t *tally);
void queue_destroy(struct queue **self);
bool queue_is_empty(const struct queue *self);

/* Whether some of the session's requests wait, and of its user's. */
bool queue_holds(const struct session *session);
bool queue_holds_user(const struct session *session);

/* The same of a stranger's connection. */
bool queue_holds_connection(const struct queue *self, uint64_t connection);

/* False where too many wait of that session (NULL: of that connection, or of strangers). */
bool queue_has_room(const struct queue *self, const struct session *session,
                    const struct asked *asked);
/* Puts a copy behind what waits there; takes the errand. */
void queue_put(struct queue *self, struct session *session, const struct asked *asked,
               struct errand *errand);

/* The same for a request that is answered already, and has its answer behind what waits there.
 * False where nothing does, or too many such answers do: then it need not wait. */
bool queue_has_room_behind(const struct queue *self, const struct session *session,
                           const struct asked *asked);
void queue_put_behind(struct queue *self, struct session *session, const struct asked *asked,
                      struct body *reply);

/* The request whose turn it is, borrowed; the next time it is another's. NULL if none waits. */
struct waiting *queue_next(struct queue *self);
/* So many steps have been done in its turn, or for strangers: where that is more than others have
 * had, they come first. */
void queue_charge(struct queue *self, const struct waiting *one, uint64_t steps);
void queue_charge_strangers(struct queue *self, uint64_t steps);
/* It is answered: takes it out, for waiting_destroy. */
void queue_take(struct queue *self, struct waiting *one);
/* It is to go on, after all: before what waits of that session. */
void queue_put_back(struct queue *self, struct session *session, struct waiting *one);
void waiting_destroy(struct waiting **self);

/* The session has been opened on that connection: what waits there is its own from now on. */
void queue_adopt(struct queue *self, struct session *session, uint64_t connection);
/* The session ends: what waits of it is a stranger's. */
void queue_end_session(struct queue *self, struct session *session);

#endif
