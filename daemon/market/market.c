#include "daemon/market/market.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/mem.h"

struct entry {
    struct listing listing;
    UT_hash_handle hh;
};

/* The clock of a source: the newest time in what it has given. */
struct feed_clock {
    int64_t clock_ms;
    int64_t next_close_ms;     /* no bar of its listings closes before this */
    struct listing **listings; /* those it has led; another source may lead one by now */
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
    uint64_t n_missed;
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
        listing_clear(&entry->listing);
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
    listing_init(&entry->listing, name, (uint32_t)self->n_listings, calendar);
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

/* What has passed by its source's clock, INT64_MIN if nothing has. */
static int64_t clock_through(const struct market *self, const struct listing *listing)
{
    int64_t clock_ms = listing->is_behind ? INT64_MIN : market_clock(self, listing->source);
    return clock_ms == INT64_MIN ? INT64_MIN : clock_ms - listing->lateness_ms;
}

/* Notes for a listing what its source's clock has passed by now. A clock that moves on does not
 * visit each of its symbols, of which there may be thousands: so this is done when one is looked
 * at. */
static void catch_up(const struct market *self, struct listing *listing)
{
    listing_pass(listing, clock_through(self, listing));
}

/* Asks the clock too: who has looked at a listing, and when, must make no difference. */
int64_t market_through(const struct market *self, const struct listing *listing,
                       enum timeframe timeframe)
{
    int64_t through_ms = listing_through(listing, timeframe),
            clock_ms = clock_through(self, listing);
    return clock_ms > through_ms ? clock_ms : through_ms;
}

static void note_next_close(struct feed_clock *source, int64_t close_ms)
{
    if (close_ms < source->next_close_ms)
        source->next_close_ms = close_ms;
}

struct series *market_acquire_series(struct market *self, struct listing *listing,
                                     enum timeframe timeframe)
{
    catch_up(self, listing);
    struct series *series = listing_acquire_series(listing, timeframe);
    if (listing->source != NO_SOURCE && !listing->is_behind)
        note_next_close(&self->clocks[listing->source], listing_next_close(listing));
    return series;
}

void market_release_series(struct market *self, struct listing *listing, enum timeframe timeframe)
{
    (void)self;
    listing_release_series(listing, timeframe);
}

size_t market_kept_bars(const struct market *self, const struct listing *listing,
                        enum timeframe timeframe)
{
    return listing_kept_bars(listing, &self->settings, timeframe);
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

/* The source leads the listing from now on. */
static struct feed_clock *adopt(struct market *self, uint32_t source, struct listing *listing)
{
    struct feed_clock *at = clock_at(self, source);
    if (listing->source != source) {
        catch_up(self, listing); /* what the former source's clock has passed stays passed */
        listing->source = source;
        at->listings = mem_grow(at->listings, at->n, &at->capacity, sizeof(struct listing *));
        at->listings[at->n++] = listing;
    }
    return at;
}

/* Closes what is due of the listing already, and notes when its next bar closes. Something may be
 * due where the source has just begun to lead the symbol: its clock may be ahead of its
 * predecessor's. */
static void expect_close(struct feed_clock *source, struct listing *listing,
                         struct touched *touched)
{
    if (listing->is_behind)
        return;
    int64_t close_ms = listing_next_close(listing);
    if (close_ms <= source->clock_ms) {
        listing_close_through(listing, source->clock_ms - listing->lateness_ms, touched);
        close_ms = listing_next_close(listing);
    }
    note_next_close(source, close_ms);
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

uint64_t market_n_missed(const struct market *self)
{
    return self->n_missed;
}

int64_t market_next_silent_close(const struct market *self, uint32_t source)
{
    int64_t next = INT64_MAX;
    if (source >= self->n_clocks)
        return next;
    const struct feed_clock *at = &self->clocks[source];
    for (size_t i = 0; i < at->n; i++) {
        const struct listing *listing = at->listings[i];
        if (listing->source != source || listing->is_behind)
            continue;
        int64_t close_ms = listing_next_silent_close(listing, at->clock_ms);
        if (close_ms < next)
            next = close_ms;
    }
    return next;
}

/* ---- over a restart --------------------------------------------------------------------------
 */

void market_restore(struct market *self, struct listing *listing, uint32_t source,
                    const struct saved_series saved[STORED_COUNT])
{
    if (listing->intraday == TIMEFRAME_NONE)
        return;
    listing_restore(listing, saved);
    if (!isnan(listing->last))
        note_fed(self, listing);
    if (source != NO_SOURCE)
        note_next_close(adopt(self, source, listing), listing_next_close(listing));
}

/* ---- data -------------------------------------------------------------------------------------
 */

/* The tick is not taken, but its source leads the symbol from now on: its clock may close a bar. */
static enum reject refuse_tick(struct market *self, struct listing *listing, enum reject why,
                               struct touched *touched)
{
    expect_close(clock_at(self, listing->source), listing, touched);
    return why;
}

enum reject market_apply_tick(struct market *self, uint32_t source, struct listing *listing,
                              const struct tick *tick, struct touched *touched)
{
    struct series *stored = listing_series_for_ticks(listing);
    if (!stored)
        return REJECT_MIXED_TIMEFRAMES;
    adopt(self, source, listing);
    listing->lateness_ms = self->settings.tick_lateness_ms;
    listing->is_ticking = true;
    listing->is_behind = false;
    market_advance_clock(self, source, tick->feed_ms, touched);
    if (series_find_open(stored, tick->feed_ms) < 0) {
        int64_t start_ms, end_ms;
        if (!series_bounds(stored, tick->feed_ms, &start_ms, &end_ms))
            return refuse_tick(self, listing, REJECT_OUTSIDE_SESSION, touched);
        listing_close_through(listing, market_clock(self, source) - listing->lateness_ms, touched);
        if (end_ms <= listing->through_ms)
            return refuse_tick(self, listing, REJECT_LATE, touched);
        listing_enter_day(listing, &self->settings, tick->feed_ms, touched);
    }
    int64_t through_ms = market_clock(self, source) - listing->lateness_ms;
    bool is_first = isnan(listing->last);
    if (!listing_add_tick(listing, stored, tick, through_ms, touched))
        return refuse_tick(self, listing, REJECT_LATE, touched);
    if (is_first)
        note_fed(self, listing);
    expect_close(clock_at(self, source), listing, touched);
    return REJECT_NONE;
}

enum reject market_apply_bar(struct market *self, uint32_t source, struct listing *listing,
                             enum timeframe timeframe, const struct bar *bar,
                             struct touched *touched)
{
    if (timeframe == TIMEFRAME_1W)
        return REJECT_UNKNOWN_TIMEFRAME;
    struct series *stored = listing_series_for_bars(listing, timeframe);
    if (!stored)
        return REJECT_MIXED_TIMEFRAMES;
    int64_t start_ms, end_ms;
    if (!series_bounds(stored, bar->start_ms, &start_ms, &end_ms))
        return REJECT_OUTSIDE_SESSION;
    if (listing_is_late(stored, start_ms))
        return REJECT_LATE;

    catch_up(self, listing);
    self->n_missed += listing_is_missed(listing, stored, start_ms);
    adopt(self, source, listing);
    listing_unpass(listing, stored, start_ms);
    listing->lateness_ms = 0;
    listing->is_ticking = false;
    market_advance_clock(self, source, start_ms, touched);
    listing->is_behind = start_ms < market_clock(self, source);
    if (timeframe_is_intraday(timeframe))
        listing_close_through(listing, start_ms, touched);
    listing_enter_day(listing, &self->settings, start_ms, touched);
    if (isnan(listing->last))
        note_fed(self, listing);
    listing_add_bar(listing, stored, bar, end_ms, touched);
    expect_close(clock_at(self, source), listing, touched);
    return REJECT_NONE;
}
