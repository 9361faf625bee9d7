#include "daemon/keep/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "common/auth/digest.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "daemon/keep/saved_session.h"

enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

/* What is known of a listing's rows: the start of the newest closed bar of each stored series that
 * is kept, and that is in the batch under way. */
struct kept_listing {
    bool has_changed;
    int64_t kept_ms[STORED_COUNT], flying_ms[STORED_COUNT];
};

/* Bars of the listing whose rows are coming in. */
struct restored {
    struct listing *listing;
    uint32_t source;
    int64_t first_ms[STORED_COUNT];
    struct saved_series series[STORED_COUNT];
    struct buf closed[STORED_COUNT], open[STORED_COUNT];
};

struct keeper {
    struct core *core;
    struct keeper_settings settings;
    struct kept_listing *listings; /* by id */
    size_t n_listings, listings_capacity;
    uint32_t *changed, *flying; /* ids of listings: changed since, and in the batch under way */
    size_t n_changed, changed_capacity, n_flying, flying_capacity;
    char (*ended)[DIGEST_SIZE + 1]; /* sessions whose rows go */
    size_t n_ended, ended_capacity, n_ended_flying;
    bool is_waiting;           /* a batch is under way */
    struct restored *restored; /* by id, while rows come in */
    size_t n_restored, restored_capacity;
};

struct keeper *keeper_new(struct core *core, const struct keeper_settings *settings)
{
    struct keeper *self = mem_alloc_zero(1, sizeof *self);
    self->core = core;
    self->settings = *settings;
    return self;
}

static void forget_restored(struct keeper *self)
{
    for (size_t i = 0; i < self->n_restored; i++)
        for (int k = 0; k < STORED_COUNT; k++) {
            buf_destroy(&self->restored[i].closed[k]);
            buf_destroy(&self->restored[i].open[k]);
        }
    free(self->restored);
    self->restored = NULL;
    self->n_restored = self->restored_capacity = 0;
}

void keeper_destroy(struct keeper **self)
{
    if (!*self)
        return;
    forget_restored(*self);
    free((*self)->listings);
    free((*self)->changed);
    free((*self)->flying);
    free((*self)->ended);
    free(*self);
    *self = NULL;
}

/* ---- what has changed -------------------------------------------------------------------------
 */

static struct kept_listing *kept_of(struct keeper *self, uint32_t id)
{
    while (self->n_listings <= id) {
        self->listings = mem_grow(self->listings, self->n_listings, &self->listings_capacity,
                                  sizeof *self->listings);
        self->listings[self->n_listings++] = (struct kept_listing){
            .kept_ms = {INT64_MIN, INT64_MIN, INT64_MIN},
        };
    }
    return &self->listings[id];
}

static void note_id(struct keeper *self, uint32_t id)
{
    struct kept_listing *kept = kept_of(self, id);
    if (kept->has_changed)
        return;
    kept->has_changed = true;
    self->changed =
        mem_grow(self->changed, self->n_changed, &self->changed_capacity, sizeof *self->changed);
    self->changed[self->n_changed++] = id;
}

void keeper_note_listing(struct keeper *self, const struct listing *listing)
{
    note_id(self, listing->id);
}

void keeper_note_session(struct keeper *self, struct session *session)
{
    (void)self;
    session->has_changed = true;
}

void keeper_note_end(struct keeper *self, const struct session *session)
{
    if (!session->has_row)
        return;
    self->ended = mem_grow(self->ended, self->n_ended, &self->ended_capacity, sizeof *self->ended);
    sessions_digest(session, self->ended[self->n_ended++]);
}

/* ---- into rows --------------------------------------------------------------------------------
 */

/* A listing's members, as they lie in its row. */
struct plain {
    double last, oi, oi_reference, day_cumulative;
    int64_t last_ms, through_ms, day_through_ms, lateness_ms, day;
    int32_t intraday, is_behind;
};

/* Of each stored series, what lies behind that; its open bars follow. */
struct plain_series {
    int64_t first_ms, through_ms;
    uint64_t n_open;
};

/* Closed bars are kept a span at once: short enough to be written anew when it grows. */
static int64_t span_ms_of(enum timeframe timeframe)
{
    return timeframe == TIMEFRAME_1S          ? MINUTE_MS
           : timeframe < TIMEFRAME_1MIN       ? 60 * MINUTE_MS
           : timeframe_is_intraday(timeframe) ? DAY_MS
                                              : 366 * (int64_t)DAY_MS;
}

/* The spans that have grown, whole; old ones go. */
static int64_t put_bars(const struct keeper *self, struct batch *batch,
                        const struct listing *listing, enum timeframe timeframe, int64_t kept_ms)
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
    int64_t keep_ms =
        timeframe < TIMEFRAME_1MIN ? newest - bars[0].start_ms : self->settings.keep_ms;
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

static void put_listing(struct keeper *self, struct batch *batch, uint32_t id)
{
    const struct listing *one = market_listing(self->core->market, id);
    struct kept_listing *kept = kept_of(self, id);
    struct buf value = {0};
    struct plain plain = {
        .last = one->last,
        .oi = one->oi,
        .oi_reference = one->oi_reference,
        .day_cumulative = one->day_cumulative,
        .last_ms = one->last_ms,
        .through_ms = one->through_ms,
        .day_through_ms = one->day_through_ms,
        .lateness_ms = one->lateness_ms,
        .day = one->day,
        .intraday = (int32_t)one->intraday,
        .is_behind = one->is_behind,
    };
    const char *source =
        one->source == NO_SOURCE ? "" : sources_at(self->core->sources, one->source)->name;
    buf_put(&value, &plain, sizeof plain);
    buf_put(&value, source, strlen(source) + 1);
    for (int i = 0; i < STORED_COUNT; i++) {
        enum timeframe timeframe = listing_stored(one, i);
        struct plain_series none = {INT64_MAX, INT64_MIN, 0};
        kept->flying_ms[i] = kept->kept_ms[i];
        if (timeframe == TIMEFRAME_NONE) {
            buf_put(&value, &none, sizeof none);
            continue;
        }
        put_series(&value, one, timeframe);
        kept->flying_ms[i] = put_bars(self, batch, one, timeframe, kept->kept_ms[i]);
    }
    batch_put(batch, RECORD_LISTING, one->name, &value);
    kept->has_changed = false;
}

/* What is held of a source follows, each with its symbol's name behind it. */
struct plain_source {
    uint64_t last_seq;
    int64_t clock_ms, heard_ms;
};

struct plain_held {
    int64_t timeframe;
    union {
        struct tick tick;
        struct bar bar;
    };
};

static void put_held(struct buf *out, const struct standby *standby)
{
    for (size_t i = 0; i < standby_count(standby); i++) {
        const struct held *held = standby_at(standby, i);
        struct plain_held plain = {.timeframe = (int64_t)held->timeframe};
        if (held->timeframe == TIMEFRAME_NONE)
            plain.tick = held->tick;
        else
            plain.bar = held->bar;
        buf_put(out, &plain, sizeof plain);
        buf_put(out, held->listing->name, strlen(held->listing->name) + 1);
    }
}

static void put_sources(const struct keeper *self, struct batch *batch)
{
    for (size_t i = 0; i < sources_count(self->core->sources); i++) {
        struct source *source = sources_at(self->core->sources, i);
        struct plain_source plain = {source->last_seq, market_clock(self->core->market, source->id),
                                     source->heard_ms};
        source->flying_seq = source->last_seq;
        if (source->last_seq == source->kept_seq && plain.clock_ms == source->kept_clock_ms)
            continue;
        source->kept_clock_ms = plain.clock_ms;
        struct buf value = {0};
        buf_put(&value, &plain, sizeof plain);
        put_held(&value, source->standby);
        batch_put(batch, RECORD_SOURCE, source->name, &value);
    }
}

static void put_sessions(struct batch *batch, const struct core *core)
{
    char digest[DIGEST_SIZE + 1];
    for (size_t i = 0; i < sessions_count(core->sessions); i++) {
        struct session *session = sessions_at(core->sessions, i);
        bool owes = outbox_waits_closed(session->outbox, NULL, NULL);
        if (!session->has_changed && !owes && !session->row_owes)
            continue;
        struct buf value = {0};
        saved_session_put(&value, session);
        sessions_digest(session, digest);
        batch_put(batch, RECORD_SESSION, digest, &value);
        session->has_changed = false;
        session->has_row = true;
        session->row_owes = owes;
    }
}

struct batch *keeper_collect(struct keeper *self)
{
    if (self->is_waiting)
        return NULL;
    struct batch *batch = batch_new();
    for (size_t i = 0; i < self->n_ended; i++)
        batch_put(batch, RECORD_SESSION, self->ended[i], NULL);
    self->n_ended_flying = self->n_ended;
    self->n_flying = 0;
    for (size_t i = 0; i < self->n_changed; i++) {
        self->flying =
            mem_grow(self->flying, self->n_flying, &self->flying_capacity, sizeof *self->flying);
        self->flying[self->n_flying++] = self->changed[i];
        put_listing(self, batch, self->changed[i]);
    }
    self->n_changed = 0;
    put_sources(self, batch);
    put_sessions(batch, self->core);
    if (batch_count(batch) == 0)
        batch_destroy(&batch);
    self->is_waiting = batch != NULL;
    return batch;
}

static void settle_sources(const struct core *core, bool kept)
{
    for (size_t i = 0; i < sources_count(core->sources); i++) {
        struct source *source = sources_at(core->sources, i);
        if (!kept) {
            source->kept_clock_ms = INT64_MIN;
        } else if (source->kept_seq != source->flying_seq) {
            source->kept_seq = source->flying_seq;
            source->ack_due = true;
        }
    }
}

void keeper_settle(struct keeper *self, bool kept)
{
    self->is_waiting = false;
    for (size_t i = 0; i < self->n_flying; i++) {
        struct kept_listing *one = kept_of(self, self->flying[i]);
        if (kept)
            memcpy(one->kept_ms, one->flying_ms, sizeof one->kept_ms);
        else
            note_id(self, self->flying[i]);
    }
    settle_sources(self->core, kept);
    if (kept) {
        self->n_ended -= self->n_ended_flying;
        if (self->n_ended > 0)
            memmove(self->ended, self->ended + self->n_ended_flying,
                    self->n_ended * sizeof *self->ended);
        return;
    }
    for (size_t i = 0; i < sessions_count(self->core->sessions); i++)
        sessions_at(self->core->sessions, i)->has_changed = true;
}

/* ---- out of rows ------------------------------------------------------------------------------
 */

static bool take(const char **at, size_t *left, void *into, size_t size)
{
    if (*left < size)
        return false;
    memcpy(into, *at, size);
    *at += size;
    *left -= size;
    return true;
}

static bool restore_held(struct source *source, const char *at, size_t left, keeper_find_fn *find,
                         void *context)
{
    struct plain_held plain;
    while (left > 0) {
        if (!take(&at, &left, &plain, sizeof plain) || !memchr(at, '\0', left) ||
            plain.timeframe < 0 || plain.timeframe > TIMEFRAME_NONE)
            return false;
        struct held held = {.listing = find(context, at),
                            .timeframe = (enum timeframe)plain.timeframe};
        if (!held.listing)
            return false;
        if (held.timeframe == TIMEFRAME_NONE)
            held.tick = plain.tick;
        else
            held.bar = plain.bar;
        standby_hold(source->standby, &held);
        left -= strlen(at) + 1;
        at += strlen(at) + 1;
    }
    return true;
}

static bool restore_source(struct keeper *self, const struct record *record, keeper_find_fn *find,
                           void *context)
{
    const char *at = record->value.data;
    size_t left = record->value.size;
    struct plain_source plain;
    struct touched touched = {0};
    if (!take(&at, &left, &plain, sizeof plain) || strlen(record->name) > SOURCE_NAME_MAX)
        return false;
    struct source *source = sources_open(self->core->sources, record->name, "", 0, 0);
    source->is_connected = false;
    source->last_seq = source->kept_seq = plain.last_seq;
    source->kept_clock_ms = plain.clock_ms;
    market_advance_clock(self->core->market, source->id, plain.clock_ms, &touched);
    touched_destroy(&touched);
    source->heard_ms = plain.heard_ms;
    return restore_held(source, at, left, find, context);
}

static struct restored *restored_of(struct keeper *self, uint32_t id)
{
    while (self->n_restored <= id) {
        self->restored = mem_grow(self->restored, self->n_restored, &self->restored_capacity,
                                  sizeof *self->restored);
        self->restored[self->n_restored++] = (struct restored){0};
    }
    return &self->restored[id];
}

static uint32_t source_named(const struct core *core, const char *name)
{
    const struct source *source = sources_find(core->sources, name);
    return source ? source->id : NO_SOURCE;
}

static bool restore_series(struct restored *into, const char **at, size_t *left)
{
    for (int i = 0; i < STORED_COUNT; i++) {
        struct plain_series plain;
        if (!take(at, left, &plain, sizeof plain) || plain.n_open > *left / sizeof(struct open_bar))
            return false;
        into->first_ms[i] = plain.first_ms;
        into->series[i].through_ms = plain.through_ms;
        into->series[i].n_open = plain.n_open;
        size_t size = plain.n_open * sizeof(struct open_bar);
        buf_put(&into->open[i], *at, size);
        *at += size;
        *left -= size;
    }
    return *left == 0;
}

static bool restore_listing(struct keeper *self, const struct record *record, keeper_find_fn *find,
                            void *context)
{
    const char *at = record->value.data;
    size_t left = record->value.size;
    struct plain plain;
    struct listing *one;
    if (!take(&at, &left, &plain, sizeof plain) || !memchr(at, '\0', left) || plain.intraday < 0 ||
        plain.intraday > TIMEFRAME_COUNT || !(one = find(context, record->name)))
        return false;
    struct restored *into = restored_of(self, one->id);
    into->listing = one;
    into->source = source_named(self->core, at);
    left -= strlen(at) + 1;
    at += strlen(at) + 1;
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
    return restore_series(into, &at, &left);
}

/* Which stored series a timeframe is. */
static int stored_index(const struct listing *listing, int64_t timeframe)
{
    return timeframe == (int64_t)listing->intraday ? STORED_INTRADAY
           : timeframe == TIMEFRAME_1S             ? STORED_1S
           : timeframe == TIMEFRAME_1D             ? STORED_1D
                                                   : -1;
}

static bool restore_bars(struct keeper *self, const struct record *record)
{
    const struct listing *listing = market_find(self->core->market, record->name);
    if (!listing || listing->id >= self->n_restored || record->value.size % sizeof(struct bar) != 0)
        return false;
    struct restored *into = &self->restored[listing->id];
    int i = into->listing ? stored_index(listing, record->timeframe) : -1;
    const struct bar *bars = (const struct bar *)(const void *)record->value.data;
    size_t n = record->value.size / sizeof *bars;
    if (i < 0)
        return true; /* of another time's feed */
    size_t first = bars_find(bars, n, into->first_ms[i]);
    buf_put(&into->closed[i], bars + first, (n - first) * sizeof *bars);
    return true;
}

static void restore_market(struct keeper *self)
{
    for (size_t id = 0; id < self->n_restored; id++) {
        struct restored *one = &self->restored[id];
        if (!one->listing)
            continue;
        struct kept_listing *kept = kept_of(self, (uint32_t)id);
        for (int i = 0; i < STORED_COUNT; i++) {
            struct saved_series *series = &one->series[i];
            series->closed = (const struct bar *)(const void *)one->closed[i].data;
            series->n_closed = one->closed[i].size / sizeof(struct bar);
            series->open = (const struct open_bar *)(const void *)one->open[i].data;
            if (series->n_closed > 0)
                kept->kept_ms[i] = series->closed[series->n_closed - 1].start_ms;
        }
        market_restore(self->core->market, one->listing, one->source, one->series);
    }
    forget_restored(self);
}

bool keeper_restore(struct keeper *self, const struct record *record, keeper_find_fn *find,
                    void *context, struct now now)
{
    if (!record) {
        restore_market(self);
        return true;
    }
    switch (record->kind) {
    case RECORD_SOURCE:
        return restore_source(self, record, find, context);
    case RECORD_LISTING:
        return restore_listing(self, record, find, context);
    case RECORD_BARS:
        return restore_bars(self, record);
    default:
        return saved_session_restore(self->core, record->name, &record->value, now);
    }
}
