/* saved_listing - a symbol as rows: one for the listing with its open bars, and for each stored
 * series one for each span of time in which bars have closed.
 *
 *      NIFTY50            last price, day, open bars ...
 *      NIFTY50 1min day   the bars of 3 November
 *      NIFTY50 1min day   the bars of 4 November: written anew while the day goes on
 *
 * A span is short enough to be written anew whenever a bar is added to it. */
#ifndef INDSUB_KEEP_SAVED_LISTING_H
#define INDSUB_KEEP_SAVED_LISTING_H

#include "daemon/keep/batch.h"
#include "daemon/keep/keeper.h"

/* Appends the listing without its closed bars. source is the name of the one that leads it, "" if
 * none does. */
void saved_listing_put(struct buf *out, const struct listing *listing, const char *source);

/* Puts a row into the batch for each span of that stored series with closed bars that start after
 * kept_ms, INT64_MIN if none is kept yet. Removes rows whose bars are more than keep_ms older than
 * the newest (0: none). Returns the start of the newest bar that is kept with the batch. */
int64_t saved_bars_put(struct batch *batch, const struct listing *listing, enum timeframe timeframe,
                       int64_t kept_ms, int64_t keep_ms);

/* ---- at the start ---- */

/* A listing while its rows come in. Start with {0}. */
struct saved_listing {
    struct listing *listing;        /* borrowed; NULL until its own row has come */
    uint32_t source;                /* id of the one that leads it, NO_SOURCE */
    int64_t first_ms[STORED_COUNT]; /* start of the first closed bar that there was */
    struct saved_series series[STORED_COUNT];
    struct buf closed[STORED_COUNT], open[STORED_COUNT]; /* bars, as they lie in memory */
};

void saved_listing_clear(struct saved_listing *self);

/* Takes the listing's own row; sources are restored already. False if the row means nothing. */
bool saved_listing_take(struct saved_listing *self, const struct record *record,
                        const struct sources *sources, keeper_find_fn *find, void *context);
/* Takes a row of its bars, by ascending span. False if the row means nothing. */
bool saved_listing_take_bars(struct saved_listing *self, const struct record *record);
/* All rows have come: puts the bars into the market. newest_ms[i] becomes the start of the newest
 * closed bar of stored series i, and stays as it is if there is none. */
void saved_listing_restore(struct saved_listing *self, struct market *market,
                           int64_t newest_ms[STORED_COUNT]);

#endif
