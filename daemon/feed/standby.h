/* standby - a queue of what a source gives of symbols that another source leads at present.
 *
 * Each tick or bar is held until the leader's feed has passed its time, and then forgotten, so that
 * nothing counts twice. If the leader does not get there, or is gone, what is held is taken in its
 * place, so that nothing is missing. */
#ifndef INDSUB_FEED_STANDBY_H
#define INDSUB_FEED_STANDBY_H

#include "daemon/market/market.h"

enum { STANDBY_MAX = 65536 }; /* held at most; then the oldest goes */

/* A tick, or a bar. */
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

/* Puts a copy of *held in, and forgets what the leaders have passed meanwhile. */
void standby_hold(struct standby *self, const struct held *held);
/* The oldest whose leader has not passed it, NULL if there is none. Borrowed until the next call.
 */
const struct held *standby_oldest(struct standby *self);
/* Takes out all that is held of that listing, oldest first. An array of *n, which the caller frees.
 */
struct held *standby_take(struct standby *self, const struct listing *listing, size_t *n);

/* How many are held, and item i of them, oldest first; borrowed until the next change. */
size_t standby_count(const struct standby *self);
const struct held *standby_at(const struct standby *self, size_t i);

/* The tick's time, or the bar's start. */
int64_t held_time_ms(const struct held *self);

#endif
