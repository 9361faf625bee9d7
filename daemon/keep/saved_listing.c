#include "daemon/keep/saved_listing.h"

#include <string.h>

#include "daemon/keep/row.h"

enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

/* What a listing's row begins with. The name of its source follows, then a plain_series for each
 * stored series. */
struct plain {
    double last, oi, oi_reference, day_cumulative;
    int64_t last_ms, through_ms, day_through_ms, lateness_ms, day;
    int32_t intraday, is_behind;
};

/* Followed by its n_open open bars. */
struct plain_series {
    int64_t first_ms, through_ms;
    uint64_t n_open;
};

/* ---- into rows --------------------------------------------------------------------------------
 */

/* How much time the bars of one row cover. */
static int64_t span_ms_of(enum timeframe timeframe)
{
    return timeframe == TIMEFRAME_1S          ? MINUTE_MS
           : timeframe < TIMEFRAME_1MIN       ? 60 * MINUTE_MS
           : timeframe_is_intraday(timeframe) ? DAY_MS
                                              : 366 * (int64_t)DAY_MS;
}

int64_t saved_bars_put(struct batch *batch, const struct listing *listing, enum timeframe timeframe,
                       int64_t kept_ms, int64_t keep_ms)
{
    size_t n;
    const struct bar *bars = series_closed(listing->series[timeframe], &n);
    if (n == 0 || bars[n - 1].start_ms <= kept_ms)
        return kept_ms;
    int64_t length_ms = span_ms_of(timeframe);
    int64_t span = kept_ms < bars[0].start_ms ? bars[0].start_ms / length_ms : kept_ms / length_ms;
    for (size_t i = bars_find(bars, n, span * length_ms); i < n;) {
        size_t next = bars_find(bars, n, (bars[i].start_ms / length_ms + 1) * length_ms);
        struct buf value = {0};
        buf_put(&value, &bars[i], (next - i) * sizeof *bars);
        batch_put_bars(batch, listing->name, timeframe, bars[i].start_ms / length_ms, &value);
        i = next;
    }
    int64_t newest = bars[n - 1].start_ms;
    if (timeframe < TIMEFRAME_1MIN) /* of seconds only what the market keeps itself */
        keep_ms = newest - bars[0].start_ms;
    bool is_new_span = newest / length_ms != kept_ms / length_ms;
    if (keep_ms > 0 && kept_ms != INT64_MIN && is_new_span)
        batch_put_bars(batch, listing->name, timeframe, (newest - keep_ms) / length_ms - 1, NULL);
    return newest;
}

static void put_series(struct buf *out, const struct listing *listing, enum timeframe timeframe)
{
    size_t n, n_open;
    const struct series *series = listing->series[timeframe];
    const struct bar *closed = series_closed(series, &n);
    const struct open_bar *open = series_open(series, &n_open);
    struct plain_series plain = {.first_ms = n > 0 ? closed[0].start_ms : INT64_MAX,
                                 .through_ms = series_through(series),
                                 .n_open = series_base(series) ? 0 : n_open};
    buf_put(out, &plain, sizeof plain);
    buf_put(out, open, plain.n_open * sizeof *open);
}

static void put_stored(struct buf *out, const struct listing *listing)
{
    const struct plain_series none = {INT64_MAX, INT64_MIN, 0};
    for (int i = 0; i < STORED_COUNT; i++) {
        enum timeframe timeframe = listing_stored(listing, i);
        if (timeframe == TIMEFRAME_NONE)
            buf_put(out, &none, sizeof none);
        else
            put_series(out, listing, timeframe);
    }
}

void saved_listing_put(struct buf *out, const struct listing *listing, const char *source)
{
    const struct plain plain = {
        .last = listing->last,
        .oi = listing->oi,
        .oi_reference = listing->oi_reference,
        .day_cumulative = listing->day_cumulative,
        .last_ms = listing->last_ms,
        .through_ms = listing->through_ms,
        .day_through_ms = listing->day_through_ms,
        .lateness_ms = listing->lateness_ms,
        .day = listing->day,
        .intraday = (int32_t)listing->intraday,
        .is_behind = listing->is_behind,
    };
    buf_put(out, &plain, sizeof plain);
    buf_put(out, source, strlen(source) + 1);
    put_stored(out, listing);
}

/* ---- out of rows ------------------------------------------------------------------------------
 */

void saved_listing_clear(struct saved_listing *self)
{
    for (int i = 0; i < STORED_COUNT; i++) {
        buf_destroy(&self->closed[i]);
        buf_destroy(&self->open[i]);
    }
    *self = (struct saved_listing){0};
}

static bool take_stored(struct saved_listing *self, struct row *row)
{
    for (int i = 0; i < STORED_COUNT; i++) {
        struct plain_series plain;
        if (!row_take(row, &plain, sizeof plain) ||
            plain.n_open > row->left / sizeof(struct open_bar))
            return false;
        self->first_ms[i] = plain.first_ms;
        self->series[i].through_ms = plain.through_ms;
        self->series[i].n_open = plain.n_open;
        size_t size = plain.n_open * sizeof(struct open_bar);
        buf_put(&self->open[i], row_take_bytes(row, size), size);
    }
    return row->left == 0;
}

bool saved_listing_take(struct saved_listing *self, const struct record *record,
                        const struct sources *sources, keeper_find_fn *find, void *context)
{
    struct row row = {record->value.data, record->value.size};
    struct plain plain;
    const char *name = row_take(&row, &plain, sizeof plain) ? row_take_text(&row) : NULL;
    if (!name || plain.intraday < 0 || plain.intraday > TIMEFRAME_COUNT)
        return false;
    struct listing *one = find(context, record->name);
    if (!one)
        return false;
    const struct source *source = sources_find(sources, name);
    self->listing = one;
    self->source = source ? source->id : NO_SOURCE;
    one->last = plain.last;
    one->oi = plain.oi;
    one->oi_reference = plain.oi_reference;
    one->day_cumulative = plain.day_cumulative;
    one->last_ms = plain.last_ms;
    one->through_ms = plain.through_ms;
    one->day_through_ms = plain.day_through_ms;
    one->lateness_ms = plain.lateness_ms;
    one->day = plain.day;
    one->intraday = (enum timeframe)plain.intraday;
    one->is_behind = plain.is_behind != 0;
    return take_stored(self, &row);
}

/* Which stored series a timeframe is, -1 if none. */
static int stored_index(const struct listing *listing, int64_t timeframe)
{
    return timeframe == (int64_t)listing->intraday ? STORED_INTRADAY
           : timeframe == TIMEFRAME_1S             ? STORED_1S
           : timeframe == TIMEFRAME_1D             ? STORED_1D
                                                   : -1;
}

bool saved_listing_take_bars(struct saved_listing *self, const struct record *record)
{
    if (record->value.size % sizeof(struct bar) != 0)
        return false;
    int i = self->listing ? stored_index(self->listing, record->timeframe) : -1;
    if (i < 0)
        return true; /* from when bars of another timeframe were fed */
    const struct bar *bars = (const struct bar *)(const void *)record->value.data;
    size_t n = record->value.size / sizeof *bars;
    size_t first = bars_find(bars, n, self->first_ms[i]);
    buf_put(&self->closed[i], bars + first, (n - first) * sizeof *bars);
    return true;
}

void saved_listing_restore(struct saved_listing *self, struct market *market,
                           int64_t newest_ms[STORED_COUNT])
{
    for (int i = 0; i < STORED_COUNT; i++) {
        struct saved_series *series = &self->series[i];
        series->closed = (const struct bar *)(const void *)self->closed[i].data;
        series->n_closed = self->closed[i].size / sizeof(struct bar);
        series->open = (const struct open_bar *)(const void *)self->open[i].data;
        if (series->n_closed > 0)
            newest_ms[i] = series->closed[series->n_closed - 1].start_ms;
    }
    market_restore(market, self->listing, self->source, self->series);
}
