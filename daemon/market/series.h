/* series - the bars of one symbol on one timeframe: the closed ones, and those still open.
 *
 *      closed[0] ... closed[n-1] | open[0] ... open[m-1]
 *                                  └ pending ┘   └ forming
 *
 * Ticks may come a little late, so a bar stays open after its end until the lateness allowed has
 * passed; the next bar is formed beside it. A derived series (5min) folds the closed bars of its
 * base (1min) into `partial`, and its open bars are that and the base's open ones:
 *
 *      1min closed  | a | b | c |            1min open | d |
 *      5min partial |  abc  ...              5min open |  abcd
 *
 * So a bar is the same whether the series was there when its ticks came or was made later from what
 * is stored. Knows no clock: it is told through which time everything has been seen. */
#ifndef INDSUB_MARKET_SERIES_H
#define INDSUB_MARKET_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/protocol/tick.h"
#include "common/protocol/timeframe.h"
#include "daemon/market/calendar.h"

struct open_bar {
    struct bar bar;
    int64_t first_ms; /* of the earliest data in it, which gives the open */
    int64_t end_ms;
};

struct series;

enum series_outcome { SERIES_APPLIED, SERIES_LATE, SERIES_OUTSIDE_SESSION };

/* A series without bars. Keeps calendar, and base, which is NULL where bars are made of ticks. */
struct series *series_new(const struct calendar *calendar, enum timeframe timeframe,
                          struct series *base);
void series_destroy(struct series **self);

enum timeframe series_timeframe(const struct series *self);
struct series *series_base(const struct series *self);

/* Puts a trade into its open bar; *index says which one that is. The trade may begin a bar, unless
 * the bar ends by through_ms. oi and oi_reference may be NAN. Not for derived series. */
enum series_outcome series_apply_tick(struct series *self, const struct tick *tick,
                                      double oi_reference, int64_t through_ms, size_t *index);

/* Takes a finished bar, in place of what ticks have made of it; open bars before it close. Late
 * only if a bar that starts no earlier has closed. Its start is moved to where the calendar has it.
 */
enum series_outcome series_apply_bar(struct series *self, const struct bar *bar);

/* Takes a closed bar of the base. */
void series_fold(struct series *self, const struct bar *bar);

/* Closes what ends at or before through_ms; only series_unpass goes back. */
void series_close_through(struct series *self, int64_t through_ms);
/* Data of that time and later are still to come. None of its bars may be newer. */
void series_unpass(struct series *self, int64_t feed_ms);

/* Makes a derived series' open bars anew, from `partial` and the base's open bars. To be called
 * when the base has changed. */
void series_refresh_open(struct series *self);

/* Makes it a series of that base (NULL: of ticks and given bars). Only while it has no bar. */
void series_set_base(struct series *self, struct series *base);

/* Makes a derived series' closed bars anew, from all of the base's, as if it had always been there.
 */
void series_rebuild(struct series *self);

/* Puts back what series_closed, series_open and series_through gave, into a series without bars.
 * A derived one is given no open bars: they follow from its base, which is there already. */
void series_restore(struct series *self, const struct bar *closed, size_t n_closed,
                    const struct open_bar *open, size_t n_open, int64_t through_ms);

/* Forgets the first `count` closed bars. */
void series_trim(struct series *self, size_t count);

/* Borrowed until the next change. */
const struct bar *series_closed(const struct series *self, size_t *n);
const struct open_bar *series_open(const struct series *self, size_t *n);

/* The index of the first of n bars that starts at start_ms or later; n if none does. */
size_t bars_find(const struct bar *bars, size_t n, int64_t start_ms);

/* The open bar that covers feed_ms, or -1. */
ptrdiff_t series_find_open(const struct series *self, int64_t feed_ms);

/* The end of the open bar that closes next, INT64_MAX if none is open. */
int64_t series_next_end(const struct series *self);

/* Start and end of the bar that feed_ms belongs to; false outside the session. */
bool series_bounds(const struct series *self, int64_t feed_ms, int64_t *start_ms, int64_t *end_ms);

/* Bars that end by then have closed; see series_close_through. */
int64_t series_through(const struct series *self);

#endif
