#include "daemon/market/market.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"

struct entry {
    struct listing listing;
    UT_hash_handle hh;
};

struct feed_clock { /* of a source */
    int64_t clock_ms;
    int64_t next_close_ms;     /* no bar of its listings closes before this */
    struct listing **listings; /* those it has fed; one may have gone over to another source */
    size_t n, capacity;
};

struct market {
    struct market_settings settings;
    struct entry *by_name;
    struct listing **listings; /* borrowed from by_name, by id */
    size_t n_listings, listings_capacity;
    struct listing **fed; /* those that have data, in the order in which it came */
    size_t n_fed, fed_capacity;
    struct feed_clock *clocks;
    size_t n_clocks, clocks_capacity;
};

static const char *const REJECTS[REJECT_COUNT][2] = {[REJECT_NONE] = {"NONE", "taken"},
#define X(name, sentence) [REJECT_##name] = {#name, sentence},
                                                     REJECT_MAP(X)
#undef X
};

const char *reject_name(enum reject reject)
{
    return REJECTS[reject][0];
}

const char *reject_sentence(enum reject reject)
{
    return REJECTS[reject][1];
}

static void raise_to(int64_t *value, int64_t at_least)
{
    if (*value < at_least)
        *value = at_least;
}

/* ---- touched ----------------------------------------------------------------------------------
 */

void touched_reset(struct touched *self)
{
    self->n = self->n_closed = 0;
}

void touched_destroy(struct touched *self)
{
    free(self->items);
    free(self->closed);
    *self = (struct touched){0};
}

static void touch(struct touched *self, enum touched_kind kind, struct listing *listing,
                  enum timeframe timeframe, size_t index, const struct bar *bar)
{
    if (listing->users[timeframe] == 0)
        return;
    self->items = mem_grow(self->items, self->n, &self->capacity, sizeof *self->items);
    self->items[self->n++] =
        (struct touched_item){kind, listing, listing->series[timeframe], index, *bar};
}

static void note_closed(struct touched *self, struct listing *listing, enum timeframe timeframe,
                        const struct bar *bar)
{
    self->closed =
        mem_grow(self->closed, self->n_closed, &self->closed_capacity, sizeof *self->closed);
    self->closed[self->n_closed++] = (struct market_closed){listing, timeframe, *bar};
}

/* ---- listings ---------------------------------------------------------------------------------
 */

struct market *market_new(const struct market_settings *settings)
{
    struct market *self = mem_alloc_zero(1, sizeof *self);
    self->settings = *settings;
    return self;
}

void market_destroy(struct market **self)
{
    if (!*self)
        return;
    struct entry *entry, *next;
    HASH_ITER(hh, (*self)->by_name, entry, next)
    {
        HASH_DEL((*self)->by_name, entry);
        for (int i = 0; i < TIMEFRAME_COUNT; i++)
            series_destroy(&entry->listing.series[i]);
        free(entry->listing.name);
        free(entry);
    }
    for (size_t i = 0; i < (*self)->n_clocks; i++)
        free((*self)->clocks[i].listings);
    free((*self)->clocks);
    free((*self)->listings);
    free((*self)->fed);
    free(*self);
    *self = NULL;
}

struct listing *market_add(struct market *self, const char *name, const struct calendar *calendar)
{
    assert(!market_find(self, name));
    struct entry *entry = mem_alloc_zero(1, sizeof *entry);
    entry->listing = (struct listing){
        .name = mem_strdup(name),
        .id = (uint32_t)self->n_listings,
        .calendar = calendar,
        .last = NAN,
        .bid = NAN,
        .ask = NAN,
        .oi = NAN,
        .oi_reference = NAN,
        .intraday = TIMEFRAME_NONE,
        .source = NO_SOURCE,
        .through_ms = INT64_MIN,
        .day_through_ms = INT64_MIN,
        .day = INT64_MIN,
        .day_cumulative = NAN,
    };
    HASH_ADD_KEYPTR(hh, self->by_name, entry->listing.name, strlen(name), entry);
    self->listings = mem_grow(self->listings, self->n_listings, &self->listings_capacity,
                              sizeof(struct listing *));
    self->listings[self->n_listings++] = &entry->listing;
    return &entry->listing;
}

struct listing *market_find(const struct market *self, const char *name)
{
    struct entry *entry;
    HASH_FIND_STR(self->by_name, name, entry);
    return entry ? &entry->listing : NULL;
}

struct listing *market_listing(const struct market *self, size_t i)
{
    return self->listings[i];
}

size_t market_count(const struct market *self)
{
    return self->n_listings;
}

struct listing *const *market_fed(const struct market *self, size_t *n)
{
    *n = self->n_fed;
    return self->fed;
}

static void note_fed(struct market *self, struct listing *listing)
{
    self->fed = mem_grow(self->fed, self->n_fed, &self->fed_capacity, sizeof(struct listing *));
    self->fed[self->n_fed++] = listing;
}

bool listing_has_passed(const struct listing *listing, enum timeframe timeframe, int64_t end_ms)
{
    return (timeframe_is_intraday(timeframe) ? listing->through_ms : listing->day_through_ms) >=
           end_ms;
}

/* ---- which series there are -------------------------------------------------------------------
 */

/* The timeframe whose bars make those of `timeframe` where intraday bars are stored on `stored`;
 * TIMEFRAME_NONE where ticks or given bars do. */
static enum timeframe base_on(enum timeframe stored, enum timeframe timeframe)
{
    if (timeframe == TIMEFRAME_1W)
        return TIMEFRAME_1D;
    if (timeframe == TIMEFRAME_1D)
        return stored;
    if (timeframe == stored || timeframe == TIMEFRAME_1S)
        return TIMEFRAME_NONE;
    if (stored <= timeframe && timeframe_ms(timeframe) % timeframe_ms(stored) == 0)
        return stored;
    return TIMEFRAME_1S;
}

static enum timeframe base_of(const struct listing *listing, enum timeframe timeframe)
{
    return base_on(listing->intraday, timeframe);
}

static struct series *make_series(struct listing *self, enum timeframe timeframe)
{
    if (!self->series[timeframe]) {
        enum timeframe base = base_of(self, timeframe);
        self->series[timeframe] = series_new(
            self->calendar, timeframe, base == TIMEFRAME_NONE ? NULL : make_series(self, base));
        if (base != TIMEFRAME_NONE) {
            series_rebuild(self->series[timeframe]);
            series_close_through(self->series[timeframe], timeframe < TIMEFRAME_1D
                                                              ? self->through_ms
                                                              : self->day_through_ms);
            series_refresh_open(self->series[timeframe]);
        }
    }
    return self->series[timeframe];
}

static bool is_stored(const struct listing *self, enum timeframe timeframe)
{
    return timeframe == TIMEFRAME_1S || timeframe == self->intraday || timeframe == TIMEFRAME_1D;
}

/* Fixes the timeframe that intraday bars are stored on. Until the first ones come it is 1min;
 * series made on that belief are empty, and are tied to the right base. */
static void settle_intraday(struct listing *self, enum timeframe timeframe)
{
    self->intraday = timeframe;
    make_series(self, timeframe);
    make_series(self, TIMEFRAME_1D);
    for (int i = 0; i < TIMEFRAME_1D; i++) {
        enum timeframe base = base_of(self, (enum timeframe)i);
        if (self->series[i])
            series_set_base(self->series[i],
                            base == TIMEFRAME_NONE ? NULL : make_series(self, base));
    }
}

/* A quiet symbol is not told each time its source's clock moves on. */
static void catch_up(const struct market *self, struct listing *listing)
{
    int64_t clock_ms = listing->is_behind ? INT64_MIN : market_clock(self, listing->source);
    if (clock_ms == INT64_MIN)
        return;
    raise_to(&listing->through_ms, clock_ms - listing->lateness_ms);
    raise_to(&listing->day_through_ms, clock_ms - listing->lateness_ms);
}

static int64_t next_close_of(const struct listing *listing)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (listing->series[i]) {
            int64_t end = series_next_end(listing->series[i]);
            if (end < next)
                next = end;
        }
    return next == INT64_MAX ? next : next + listing->lateness_ms;
}

static void note_next_close(struct feed_clock *source, const struct listing *listing)
{
    int64_t next = next_close_of(listing);
    if (next < source->next_close_ms)
        source->next_close_ms = next;
}

struct series *market_acquire_series(struct market *self, struct listing *listing,
                                     enum timeframe timeframe)
{
    catch_up(self, listing);
    if (listing->intraday == TIMEFRAME_NONE)
        settle_intraday(listing, TIMEFRAME_1MIN);
    listing->users[timeframe]++;
    struct series *series = make_series(listing, timeframe);
    if (listing->source != NO_SOURCE && !listing->is_behind)
        note_next_close(&self->clocks[listing->source], listing);
    return series;
}

static void drop_unused(struct listing *listing)
{
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (listing->users[i] == 0 && !is_stored(listing, (enum timeframe)i))
            series_destroy(&listing->series[i]);
}

void market_release_series(struct market *self, struct listing *listing, enum timeframe timeframe)
{
    (void)self;
    assert(listing->users[timeframe] > 0);
    listing->users[timeframe]--;
    drop_unused(listing);
}

/* ---- closing ----------------------------------------------------------------------------------
 */

/* Cuts a stored series at the start of a trading day, and tells those who use it or what is derived
 * from it. Only while nothing is in the making: at the first close of a new day. */
static void trim_history(struct listing *listing, enum timeframe stored, size_t count,
                         struct touched *touched)
{
    struct series *base = listing->series[stored];
    series_trim(base, count);
    for (int i = TIMEFRAME_COUNT - 1; i >= 0; i--) {
        struct series *series = listing->series[i];
        if (!series || i == TIMEFRAME_1D || (series != base && series_base(series) != base))
            continue;
        if (series != base)
            series_rebuild(series);
        size_t n;
        series_closed(series, &n);
        touch(touched, TOUCHED_REBASED, listing, (enum timeframe)i, n, &(struct bar){0});
    }
}

/* How many of the oldest bars go, so that at most `keep` stay and whole days only. */
static size_t bars_to_trim(const struct listing *listing, const struct bar *bars, size_t n,
                           size_t keep)
{
    if (n <= keep)
        return 0;
    size_t cut = n - keep;
    int64_t day = calendar_trading_day(listing->calendar, bars[cut - 1].start_ms);
    while (cut < n && calendar_trading_day(listing->calendar, bars[cut].start_ms) == day)
        cut++;
    return cut;
}

static void trim_at_new_day(struct market *self, struct listing *listing, int64_t day,
                            struct touched *touched)
{
    size_t n;
    const struct bar *bars;
    if (listing->series[listing->intraday]) {
        bars = series_closed(listing->series[listing->intraday], &n);
        size_t cut = bars_to_trim(listing, bars, n, self->settings.history_bars);
        if (cut > 0)
            trim_history(listing, listing->intraday, cut, touched);
    }
    if (listing->intraday != TIMEFRAME_1S && listing->series[TIMEFRAME_1S]) {
        bars = series_closed(listing->series[TIMEFRAME_1S], &n);
        size_t cut = 0;
        int64_t oldest = day - self->settings.history_days_1s;
        while (cut < n && calendar_trading_day(listing->calendar, bars[cut].start_ms) < oldest)
            cut++;
        if (cut > 0)
            trim_history(listing, TIMEFRAME_1S, cut, touched);
    }
}

/* Daily bars are kept for ever. Of those that are made of others, there are as many as whole
 * sessions have of both. */
size_t market_kept_bars(const struct market *self, const struct listing *listing,
                        enum timeframe timeframe)
{
    enum timeframe intraday = listing->intraday, stored = timeframe, base;
    if (!timeframe_is_intraday(timeframe))
        return SIZE_MAX;
    if (intraday == TIMEFRAME_NONE)
        intraday = TIMEFRAME_1MIN;
    while ((base = base_on(intraday, stored)) != TIMEFRAME_NONE)
        stored = base;
    size_t a_day = calendar_bars_a_day(listing->calendar, timeframe);
    if (stored == TIMEFRAME_1S && intraday != TIMEFRAME_1S)
        return (size_t)(self->settings.history_days_1s + 1) * a_day;
    return self->settings.history_bars * a_day / calendar_bars_a_day(listing->calendar, intraday);
}

/* How many bars of each series had closed before a change. */
struct closed_counts {
    size_t n[TIMEFRAME_COUNT];
};

static struct closed_counts count_closed(const struct listing *listing)
{
    struct closed_counts counts = {{0}};
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (listing->series[i])
            series_closed(listing->series[i], &counts.n[i]);
    return counts;
}

/* Carries what has closed since `before` upward into the derived series and closes what is due. */
static void carry_upward(struct listing *listing, const struct closed_counts *before)
{
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        struct series *series = listing->series[i], *base = series ? series_base(series) : NULL;
        if (!series)
            continue;
        if (base) {
            size_t n;
            const struct bar *bars = series_closed(base, &n);
            for (size_t k = before->n[series_timeframe(base)]; k < n; k++)
                series_fold(series, &bars[k]);
        }
        series_close_through(series,
                             i < TIMEFRAME_1D ? listing->through_ms : listing->day_through_ms);
        if (base)
            series_refresh_open(series);
    }
}

/* Told from the longest timeframe down, so that a longer bar is known where it ends together with a
 * shorter one. */
static void tell_closed(struct listing *listing, const struct closed_counts *before,
                        struct touched *touched)
{
    for (int i = TIMEFRAME_COUNT - 1; i >= 0; i--) {
        if (!listing->series[i])
            continue;
        size_t n;
        const struct bar *bars = series_closed(listing->series[i], &n);
        for (size_t k = before->n[i]; k < n; k++) {
            touch(touched, TOUCHED_CLOSED, listing, (enum timeframe)i, k, &bars[k]);
            if (is_stored(listing, (enum timeframe)i))
                note_closed(touched, listing, (enum timeframe)i, &bars[k]);
        }
    }
}

static void close_through(struct listing *listing, int64_t through_ms, struct touched *touched)
{
    struct closed_counts before = count_closed(listing);
    raise_to(&listing->through_ms, through_ms);
    raise_to(&listing->day_through_ms, through_ms);
    carry_upward(listing, &before);
    tell_closed(listing, &before, touched);
}

/* ---- sources ----------------------------------------------------------------------------------
 */

static struct feed_clock *clock_at(struct market *self, uint32_t source)
{
    while (self->n_clocks <= source) {
        self->clocks =
            mem_grow(self->clocks, self->n_clocks, &self->clocks_capacity, sizeof *self->clocks);
        self->clocks[self->n_clocks++] =
            (struct feed_clock){.clock_ms = INT64_MIN, .next_close_ms = INT64_MAX};
    }
    return &self->clocks[source];
}

static struct feed_clock *adopt(struct market *self, uint32_t source, struct listing *listing)
{
    struct feed_clock *at = clock_at(self, source);
    if (listing->source != source) {
        catch_up(self, listing); /* what has passed by the old one's clock stays passed */
        listing->source = source;
        at->listings = mem_grow(at->listings, at->n, &at->capacity, sizeof(struct listing *));
        at->listings[at->n++] = listing;
    }
    return at;
}

/* Closes what is due already, as for a symbol that comes from a source behind this one, and notes
 * when more is. */
static void expect_close(struct feed_clock *source, struct listing *listing,
                         struct touched *touched)
{
    if (listing->is_behind)
        return;
    if (next_close_of(listing) <= source->clock_ms)
        close_through(listing, source->clock_ms - listing->lateness_ms, touched);
    note_next_close(source, listing);
}

void market_advance_clock(struct market *self, uint32_t source, int64_t clock_ms,
                          struct touched *touched)
{
    struct feed_clock *at = clock_at(self, source);
    if (clock_ms <= at->clock_ms)
        return;
    at->clock_ms = clock_ms;
    if (clock_ms < at->next_close_ms)
        return;
    at->next_close_ms = INT64_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < at->n; i++) {
        struct listing *listing = at->listings[i];
        if (listing->source != source)
            continue;
        at->listings[kept++] = listing;
        catch_up(self, listing);
        expect_close(at, listing, touched);
    }
    at->n = kept;
}

int64_t market_clock(const struct market *self, uint32_t source)
{
    return source < self->n_clocks ? self->clocks[source].clock_ms : INT64_MIN;
}

/* When the running minute of a symbol closes, or what is shorter, whether anybody looks or not:
 * INT64_MAX if its newest data is in no open bar. */
static int64_t next_short_close(const struct listing *listing, int64_t clock_ms)
{
    size_t n;
    const struct series *stored = listing->series[listing->intraday];
    const struct open_bar *open = stored ? series_open(stored, &n) : NULL;
    if (!stored || n == 0)
        return INT64_MAX;
    int64_t next = open[0].end_ms + listing->lateness_ms, start_ms, end_ms;
    for (int i = TIMEFRAME_1S; i < (int)listing->intraday; i++)
        if (calendar_bar_start(listing->calendar, (enum timeframe)i, listing->last_ms, &start_ms,
                               &end_ms) &&
            end_ms + listing->lateness_ms > clock_ms && end_ms + listing->lateness_ms < next)
            next = end_ms + listing->lateness_ms;
    return next;
}

int64_t market_next_close(const struct market *self, uint32_t source)
{
    int64_t next = INT64_MAX;
    if (source >= self->n_clocks)
        return next;
    const struct feed_clock *at = &self->clocks[source];
    for (size_t i = 0; i < at->n; i++) {
        const struct listing *listing = at->listings[i];
        if (listing->source != source || listing->is_behind)
            continue;
        int64_t close_ms = next_short_close(listing, at->clock_ms);
        if (close_ms < next)
            next = close_ms;
    }
    return next;
}

/* ---- over a restart --------------------------------------------------------------------------
 */

enum timeframe listing_stored(const struct listing *listing, int which)
{
    enum timeframe timeframe = which == STORED_INTRADAY ? listing->intraday
                               : which == STORED_1S     ? TIMEFRAME_1S
                                                        : TIMEFRAME_1D;
    bool twice = which == STORED_1S && listing->intraday == TIMEFRAME_1S;
    return timeframe == TIMEFRAME_NONE || twice || !listing->series[timeframe] ? TIMEFRAME_NONE
                                                                               : timeframe;
}

void market_restore(struct market *self, struct listing *listing, uint32_t source,
                    const struct saved_series saved[STORED_COUNT])
{
    if (listing->intraday == TIMEFRAME_NONE)
        return;
    settle_intraday(listing, listing->intraday);
    make_series(listing, TIMEFRAME_1S);
    for (int i = 0; i < STORED_COUNT; i++) {
        enum timeframe timeframe = listing_stored(listing, i);
        if (timeframe != TIMEFRAME_NONE)
            series_restore(listing->series[timeframe], saved[i].closed, saved[i].n_closed,
                           saved[i].open, saved[i].n_open, saved[i].through_ms);
    }
    if (!isnan(listing->last))
        note_fed(self, listing);
    if (source != NO_SOURCE)
        note_next_close(adopt(self, source, listing), listing);
}

/* ---- data -------------------------------------------------------------------------------------
 */

/* Day by day: where open interest counts from, and where cumulative volume starts. */
static void enter_day(struct market *self, struct listing *listing, int64_t feed_ms,
                      struct touched *touched)
{
    int64_t day = calendar_trading_day(listing->calendar, feed_ms);
    if (day <= listing->day)
        return;
    if (listing->day != INT64_MIN)
        trim_at_new_day(self, listing, day, touched);
    listing->day = day;
    listing->day_cumulative = NAN;
    listing->oi_reference = listing->oi;
}

static void note_oi(struct listing *listing, double oi)
{
    if (isnan(oi))
        return;
    if (isnan(listing->oi_reference))
        listing->oi_reference = oi;
    listing->oi = oi;
}

/* The day's cumulative volume as a trade's own. A step back is a message out of order: it adds
 * nothing, and nothing is counted twice when the count has caught up. */
static double quantity_of(struct listing *listing, const struct tick *tick)
{
    if (isnan(tick->cumulative))
        return isnan(tick->quantity) ? 0 : tick->quantity;
    double before = isnan(listing->day_cumulative) ? 0 : listing->day_cumulative;
    if (tick->cumulative <= before)
        return 0;
    listing->day_cumulative = tick->cumulative;
    return tick->cumulative - before;
}

static void note_last(struct market *self, struct listing *listing, double price, int64_t feed_ms)
{
    if (isnan(listing->last))
        note_fed(self, listing);
    if (isnan(listing->last) || feed_ms >= listing->last_ms) {
        listing->last = price;
        listing->last_ms = feed_ms;
    }
}

/* Tells the open bars that a tick of that time is in: bases before what is derived from them, then
 * the longest first, as closed bars are told. */
static void touch_forming(struct listing *listing, int64_t feed_ms, struct touched *touched)
{
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (listing->series[i] && series_base(listing->series[i]))
            series_refresh_open(listing->series[i]);
    for (int i = TIMEFRAME_COUNT - 1; i >= 0; i--) {
        if (listing->users[i] == 0)
            continue;
        ptrdiff_t open = series_find_open(listing->series[i], feed_ms);
        if (open >= 0)
            touch(touched, TOUCHED_FORMING, listing, (enum timeframe)i, (size_t)open,
                  &(struct bar){0});
    }
}

/* The stored intraday series, for a tick: settled if this is the first data, NULL if bars of
 * another timeframe are there already. */
static struct series *series_for_ticks(struct listing *listing)
{
    if (listing->intraday == TIMEFRAME_NONE)
        settle_intraday(listing, TIMEFRAME_1MIN);
    return listing->intraday <= TIMEFRAME_1MIN ? listing->series[listing->intraday] : NULL;
}

/* The tick is not taken, but its source has the symbol from now on. */
static enum reject refuse_tick(struct market *self, struct listing *listing, enum reject why,
                               struct touched *touched)
{
    expect_close(clock_at(self, listing->source), listing, touched);
    return why;
}

enum reject market_apply_tick(struct market *self, uint32_t source, struct listing *listing,
                              const struct tick *tick, struct touched *touched)
{
    struct series *stored = series_for_ticks(listing);
    if (!stored)
        return REJECT_MIXED_TIMEFRAMES;
    adopt(self, source, listing);
    listing->lateness_ms = self->settings.tick_lateness_ms;
    listing->is_behind = false;
    market_advance_clock(self, source, tick->feed_ms, touched);
    if (series_find_open(stored, tick->feed_ms) < 0) {
        int64_t start_ms, end_ms;
        if (!series_bounds(stored, tick->feed_ms, &start_ms, &end_ms))
            return refuse_tick(self, listing, REJECT_OUTSIDE_SESSION, touched);
        close_through(listing, market_clock(self, source) - listing->lateness_ms, touched);
        if (end_ms <= listing->through_ms)
            return refuse_tick(self, listing, REJECT_LATE, touched);
        enter_day(self, listing, tick->feed_ms, touched);
    }
    struct tick own = *tick;
    own.quantity = quantity_of(listing, tick);
    note_oi(listing, tick->oi);
    own.oi = listing->oi;
    int64_t through_ms = market_clock(self, source) - listing->lateness_ms;
    size_t index;
    if (series_apply_tick(stored, &own, listing->oi_reference, through_ms, &index) !=
        SERIES_APPLIED)
        return refuse_tick(self, listing, REJECT_LATE, touched);
    if (listing->intraday != TIMEFRAME_1S) /* a second may have closed where the minute has not */
        series_apply_tick(make_series(listing, TIMEFRAME_1S), &own, listing->oi_reference,
                          through_ms, &index);
    note_last(self, listing, tick->price, tick->feed_ms);
    listing->bid = tick->bid;
    listing->ask = tick->ask;
    touch_forming(listing, tick->feed_ms, touched);
    expect_close(clock_at(self, source), listing, touched);
    return REJECT_NONE;
}

/* The stored series that takes bars of this timeframe; NULL if there can be none beside what is
 * there already. */
static struct series *series_for_bars(struct listing *listing, enum timeframe timeframe)
{
    if (!timeframe_is_intraday(timeframe)) {
        if (listing->intraday == TIMEFRAME_NONE)
            settle_intraday(listing, TIMEFRAME_1MIN);
        return listing->series[timeframe];
    }
    if (listing->intraday != TIMEFRAME_NONE && listing->intraday != timeframe) {
        size_t n, n_open;
        series_closed(listing->series[listing->intraday], &n);
        series_open(listing->series[listing->intraday], &n_open);
        if (n + n_open > 0)
            return NULL;
    }
    if (listing->intraday != timeframe)
        settle_intraday(listing, timeframe);
    return listing->series[timeframe];
}

enum reject market_apply_bar(struct market *self, uint32_t source, struct listing *listing,
                             enum timeframe timeframe, const struct bar *bar,
                             struct touched *touched)
{
    if (timeframe == TIMEFRAME_1W)
        return REJECT_UNKNOWN_TIMEFRAME;
    struct series *stored = series_for_bars(listing, timeframe);
    if (!stored)
        return REJECT_MIXED_TIMEFRAMES;
    int64_t start_ms, end_ms;
    if (!series_bounds(stored, bar->start_ms, &start_ms, &end_ms))
        return REJECT_OUTSIDE_SESSION;
    size_t n;
    const struct bar *closed = series_closed(stored, &n);
    if (n > 0 && start_ms <= closed[n - 1].start_ms)
        return REJECT_LATE;

    bool is_intraday = timeframe_is_intraday(timeframe);
    adopt(self, source, listing);
    listing->lateness_ms = 0;
    market_advance_clock(self, source, start_ms, touched);
    listing->is_behind = start_ms < market_clock(self, source);
    if (is_intraday)
        close_through(listing, start_ms, touched);
    enter_day(self, listing, start_ms, touched);
    struct bar own = *bar;
    note_oi(listing, bar->oi);
    own.oi = listing->oi;
    own.oi_reference = listing->oi_reference;

    struct closed_counts before = count_closed(listing);
    series_apply_bar(stored, &own);
    if (is_intraday)
        raise_to(&listing->through_ms, end_ms);
    raise_to(&listing->day_through_ms, end_ms);
    carry_upward(listing, &before);
    tell_closed(listing, &before, touched);
    note_last(self, listing, bar->close, bar->last_ms);
    expect_close(clock_at(self, source), listing, touched);
    return REJECT_NONE;
}
