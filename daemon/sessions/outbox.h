/* outbox - the queue of what is to be sent to one session, and what becomes of it while the reader
 * is too slow.
 *
 *      put ──► [closed][forming][reply][closed][notice] ──► next message ──► sent
 *                         ▲ while nothing can be sent, a newer one of the same
 *                           subscription takes its place and counts it as merged
 *
 * Replies go out as they are; everything else is the session's stream, whose items are numbered
 * when they leave, so merging leaves no gap in the numbers. Closed bars are never merged. Where
 * more of them wait than the limit, all of them are given up, and the session is told (LAGGING)
 * from which bar on it has to ask for history. The closed bars that left last are remembered, for a
 * session that asks to be sent them again (`resync`). Knows no sockets. */
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
    OUTBOX_COMPLETE, /* `bar_complete`: given up together with the bars it is about */
    OUTBOX_LAGGING,  /* kept while the connection is lost: what it says stays true */
    OUTBOX_REPLY
};

struct outbox_item {
    struct body *body; /* held */
    void *owner;       /* the subscription that it is of, NULL if none or once that has ended */
    int64_t bar_ms;    /* start of the bar */
    uint32_t merged;   /* older forming bars that this one has replaced */
    enum outbox_kind kind;
    bool delimited; /* a reply to a REQ socket: an empty frame goes before it */
};

struct outbox;

/* Limits and tally are borrowed. The bytes of the queue itself are part of *tally; the bodies in it
 * count on their own. */
struct outbox *outbox_new(const struct outbox_limits *limits, atomic_size_t *tally);
void outbox_destroy(struct outbox **self);

/* The number of the last stream item that left. */
uint64_t outbox_seq(const struct outbox *self);
bool outbox_is_empty(const struct outbox *self);

/* True if closed bars of that owner (NULL: of any) wait, or were given up and the session has not
 * been sent word of it yet. *bar_ms is then the start of the first of them, unless bar_ms is NULL.
 */
bool outbox_waits_closed(const struct outbox *self, const void *owner, int64_t *bar_ms);

/* Blocked: nothing can be sent at present. Until it is set to false again, forming bars merge. */
void outbox_set_blocked(struct outbox *self, bool blocked);
bool outbox_is_blocked(const struct outbox *self);

/* Each outbox_put_ function takes a hold of body of its own. */

/* False if the limit was reached: this bar and all that waited are given up, see
 * outbox_take_lagging. */
bool outbox_put_closed(struct outbox *self, void *owner, int64_t bar_ms, struct body *body);
/* For a closed bar that the session may not have now: it is told of it as of one given up. */
void outbox_give_up(struct outbox *self, void *owner, int64_t bar_ms);
/* Gives up all bars that wait, closed and forming, and the notices about them. */
void outbox_give_up_all(struct outbox *self);
/* True if forming bars were given up since it was last asked: the session does not know how they
 * stand now. */
bool outbox_take_gave_up_forming(struct outbox *self);
/* `merged`: how many older states of the bar this one stands for already. True if it took the place
 * of one that waited. */
bool outbox_put_forming(struct outbox *self, void *owner, int64_t bar_ms, struct body *body,
                        uint32_t merged);
/* A notice of the kind OUTBOX_NOTICE or OUTBOX_COMPLETE. False if too many wait already: this one
 * is dropped. */
bool outbox_put_notice(struct outbox *self, struct body *body, enum outbox_kind kind);
/* The LAGGING notice for what outbox_take_lagging has named. No limit applies: while one waits,
 * what more is given up of that owner is no news. */
void outbox_put_lagging(struct outbox *self, void *owner, int64_t bar_ms, struct body *body);
/* owner is the subscription whose bar as it stands is in the reply: no later one of it gets ahead.
 * False if too many replies wait already: this one is dropped. */
bool outbox_put_reply(struct outbox *self, struct body *body, void *owner, bool delimited);

/* The subscription has ended and its address is no longer good. Its bars that wait still go out:
 * they closed while it was there. */
void outbox_forget_owner(struct outbox *self, const void *owner);
/* Drops what a new connection has no use for: forming bars, replies and most notices. What stays
 * are closed bars and LAGGING. */
void outbox_drop_stale(struct outbox *self);

/* Bytes of what waits, bodies included, whoever else holds them. */
size_t outbox_weight(const struct outbox *self);
size_t outbox_n_replies(const struct outbox *self);
/* How many closed bars are remembered for resync. */
size_t outbox_n_remembered(const struct outbox *self);
/* Forgets them, to make room. */
void outbox_forget_given(struct outbox *self);

/* Takes out one subscription that lost bars, of which no notice waits, and the start of the first
 * bar that it lost. Called until it returns false: then all have been named. */
bool outbox_take_lagging(struct outbox *self, void **owner, int64_t *bar_ms);

/* The items of the next message: one reply, or up to `max` stream items. Borrowed until the next
 * call; 0 if nothing waits. */
size_t outbox_next(const struct outbox *self, size_t max, const struct outbox_item **items);
/* The n items of outbox_next have left. */
void outbox_sent(struct outbox *self, size_t n);

/* The closed bars that left after the stream item of that number, oldest first. Returns how many;
 * *bodies is borrowed until the next call. *complete is false if some that left since are no longer
 * remembered, or if bars were given up since. */
size_t outbox_since(const struct outbox *self, uint64_t seq, struct body *const **bodies,
                    bool *complete);

#endif
