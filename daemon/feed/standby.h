/* standby - what a source gives of symbols that another source leads.
 *
 * It is held until the leader has given that moment too, and then forgotten: nothing counts twice.
 * Should the leader not give it, or go, it is there: nothing is missing. */
#ifndef INDSUB_FEED_STANDBY_H
#define INDSUB_FEED_STANDBY_H

#include "daemon/market/market.h"

enum { STANDBY_MAX = 65536 }; /* held at most; then the oldest goes */

/* A tick, or with a timeframe a bar. */
struct held {
    struct listing *listing;
    enum timeframe timeframe; /* TIMEFRAME_NONE of a tick */
    union {
        struct tick tick;
        struct bar bar;
    };
};

struct standby; /* first in, first out */

struct standby *standby_new(void);
void standby_destroy(struct standby **self);

/* Forgets what the leaders have given meanwhile, and takes one more (a copy). */
void standby_hold(struct standby *self, const struct held *held);
/* The oldest that its leader has not given, valid until the next call; NULL if there is none. */
const struct held *standby_oldest(struct standby *self);
/* Takes out what is held of that listing, oldest first; an array for free(), *n long. */
struct held *standby_take(struct standby *self, const struct listing *listing, size_t *n);

/* What is held, oldest first; item i is borrowed until the next change. */
size_t standby_count(const struct standby *self);
const struct held *standby_at(const struct standby *self, size_t i);

/* When it was. */
int64_t held_time_ms(const struct held *self);

#endif
