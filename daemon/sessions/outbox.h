/* outbox - what is to go to one session, in order, and what a reader that is too slow does to it.
 *
 *      put ──► [closed][forming][reply][closed][notice] ──► next message ──► sent
 *                         ▲ while nothing can be sent, a newer one of the same
 *                           subscription takes its place and counts it as merged
 *
 * A stream item gets its number when it leaves, so merging leaves no hole. Closed bars are never
 * merged; when more of them wait than the limit, all of them are given up and the session is told
 * from which bar to ask for history. The closed bars given out last are remembered for resync.
 * Knows no sockets. */
#ifndef INDSUB_SESSIONS_OUTBOX_H
#define INDSUB_SESSIONS_OUTBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

struct outbox_limits {
    size_t closed_max;     /* closed bars that may wait, and notices */
    size_t replies_max;    /* replies that may wait */
    size_t remembered_max; /* closed bars kept for resync */
};

enum outbox_kind {
    OUTBOX_CLOSED,
    OUTBOX_FORMING,
    OUTBOX_NOTICE,
    OUTBOX_COMPLETE, /* a notice that is given up with the bars it is about */
    OUTBOX_LAGGING,  /* a notice that is still true when the connection is back */
    OUTBOX_REPLY
};

struct outbox_item {
    struct body *body; /* held */
    void *owner;       /* the subscription of a bar, or NULL; NULL once that has ended */
    int64_t bar_ms;    /* start of the bar */
    uint32_t merged;   /* older forming bars that this one has replaced */
    enum outbox_kind kind;
    bool delimited; /* a reply to a REQ socket: an empty frame goes before it */
};

struct outbox;

/* Keeps limits and tally: the room that the outbox takes is part of *tally. */
struct outbox *outbox_new(const struct outbox_limits *limits, atomic_size_t *tally);
void outbox_destroy(struct outbox **self);

/* The number of the last stream item that left. */
uint64_t outbox_seq(const struct outbox *self);
bool outbox_is_empty(const struct outbox *self);

/* True if closed bars wait, of that owner (NULL: of any); *bar_ms is then the first one's start, if
 * bar_ms is not NULL. */
bool outbox_waits_closed(const struct outbox *self, const void *owner, int64_t *bar_ms);

/* Nothing could be sent: until the next outbox_sent, forming bars merge. */
void outbox_set_blocked(struct outbox *self, bool blocked);
bool outbox_is_blocked(const struct outbox *self);

/* Each put acquires body. */
/* False if the limit was passed: the waiting closed bars are given up, see outbox_take_lagging. */
bool outbox_put_closed(struct outbox *self, void *owner, int64_t bar_ms, struct body *body);
/* A closed bar that is not given at all: told as if it had been given up. */
void outbox_give_up(struct outbox *self, void *owner, int64_t bar_ms);
/* Gives up all bars that wait, and the notices about them. */
void outbox_give_up_all(struct outbox *self);
/* True if forming bars were given up since it was last asked: their newest state is still owed. */
bool outbox_take_gave_up_forming(struct outbox *self);
/* True if it took the place of an older one. */
bool outbox_put_forming(struct outbox *self, void *owner, int64_t bar_ms, struct body *body,
                        uint32_t merged);
/* A notice of the kind OUTBOX_NOTICE or OUTBOX_COMPLETE. False if too many wait already: this one
 * is dropped. */
bool outbox_put_notice(struct outbox *self, struct body *body, enum outbox_kind kind);
void outbox_put_lagging(struct outbox *self, struct body *body);
/* owner is the subscription whose bar as it stands is in the reply: no later one of it gets ahead.
 * False if too many replies wait already: this one is dropped. */
bool outbox_put_reply(struct outbox *self, struct body *body, void *owner, bool delimited);

/* The subscription has ended: what waits of it still goes out, as it was earned before. */
void outbox_forget_owner(struct outbox *self, const void *owner);
/* Drops what is stale after a lost connection: forming bars, replies and notices. */
void outbox_drop_stale(struct outbox *self);

/* Bytes of what waits, bodies included, whoever else holds them. */
size_t outbox_weight(const struct outbox *self);
size_t outbox_n_replies(const struct outbox *self);
/* Closed bars that are remembered for resync; to forget them makes room. */
size_t outbox_n_remembered(const struct outbox *self);
void outbox_forget_given(struct outbox *self);

/* Says for this subscription the first bar that was given up since it was last asked; false if none
 * was. */
bool outbox_take_lagging(struct outbox *self, void **owner, int64_t *bar_ms);

/* The items of the next message: one reply, or up to `max` stream items. Borrowed until the next
 * call; 0 if nothing waits. */
size_t outbox_next(const struct outbox *self, size_t max, const struct outbox_item **items);
/* The n items of outbox_next have left. */
void outbox_sent(struct outbox *self, size_t n);

/* The closed bars given out after that number, oldest first: returns how many and fills *bodies,
 * borrowed; *complete is false where older ones are no longer remembered, or where
 * bars were given up after that number. */
size_t outbox_since(const struct outbox *self, uint64_t seq, struct body *const **bodies,
                    bool *complete);

#endif
