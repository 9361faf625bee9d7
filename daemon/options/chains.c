#include "daemon/options/chains.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"

struct entry { /* an underlying by its name */
    struct underlying underlying;
    UT_hash_handle hh;
};

struct missing {      /* an underlying that is not listed, and who waits for it */
    const char *name; /* borrowed from the first of them */
    struct waiter {
        struct contract *contract;
        const struct instrument *instrument;
    } * waiting;
    size_t n, capacity;
    UT_hash_handle hh;
};

struct chains {
    const struct option_settings *settings;
    struct entry *by_name;
    struct missing *missing;
    size_t n_left_out;
    struct contract **contracts; /* of futures and options */
    size_t n_contracts, capacity;
};

/* Indexes whose name in derivatives is not their symbol. */
static const char *const ALIASES[][2] = {
    {"NIFTY", "NIFTY 50"},           {"NIFTY", "NIFTY50"},
    {"BANKNIFTY", "NIFTY BANK"},     {"FINNIFTY", "NIFTY FIN SERVICE"},
    {"NIFTYNXT50", "NIFTY NEXT 50"}, {"MIDCPNIFTY", "NIFTY MID SELECT"},
};

static struct listing *find_underlying(const struct market *market, const char *name)
{
    struct listing *listing = market_find(market, name);
    for (size_t i = 0; !listing && i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (strcmp(ALIASES[i][0], name) == 0)
            listing = market_find(market, ALIASES[i][1]);
    return listing;
}

static struct underlying *underlying_of(struct chains *self, struct listing *listing)
{
    struct entry *entry;
    HASH_FIND_STR(self->by_name, listing->name, entry);
    if (entry)
        return &entry->underlying;
    entry = mem_alloc_zero(1, sizeof *entry);
    struct underlying *fresh = &entry->underlying;
    fresh->contract = (struct contract){.listing = listing,
                                        .settings = self->settings,
                                        .underlying = fresh,
                                        .type = INSTRUMENT_INDEX,
                                        .strike = NAN,
                                        .expiry_day = INT64_MIN};
    listing->contract = &fresh->contract;
    HASH_ADD_KEYPTR(hh, self->by_name, listing->name, strlen(listing->name), entry);
    return fresh;
}

/* The close of that day's session where the underlying's derivatives trade. */
static int64_t expiry_moment(const struct calendar *calendar, int64_t day)
{
    int64_t start_ms, end_ms, morning_ms = day * FEEDTIME_DAY_MS + FEEDTIME_DAY_MS / 4;
    calendar_bar_start(calendar, TIMEFRAME_1D, morning_ms, &start_ms, &end_ms);
    return end_ms;
}

static struct expiry *expiry_of(struct underlying *self, int64_t day,
                                const struct calendar *calendar)
{
    size_t at = self->n_expiries;
    while (at > 0 && self->expiries[at - 1]->day >= day)
        at--;
    if (at < self->n_expiries && self->expiries[at]->day == day)
        return self->expiries[at];
    self->expiries =
        mem_grow(self->expiries, self->n_expiries, &self->capacity, sizeof(struct expiry *));
    memmove(self->expiries + at + 1, self->expiries + at,
            (self->n_expiries - at) * sizeof(struct expiry *));
    self->n_expiries++;
    self->expiries[at] = mem_alloc_zero(1, sizeof(struct expiry));
    *self->expiries[at] = (struct expiry){.underlying = self,
                                          .day = day,
                                          .at_ms = expiry_moment(calendar, day),
                                          .counted_day = INT64_MIN};
    return self->expiries[at];
}

static struct strike *strike_of(struct expiry *self, double strike)
{
    size_t at = self->n_strikes;
    while (at > 0 && self->strikes[at - 1].strike >= strike)
        at--;
    if (at < self->n_strikes && self->strikes[at].strike == strike)
        return &self->strikes[at];
    self->strikes =
        mem_grow(self->strikes, self->n_strikes, &self->capacity, sizeof *self->strikes);
    memmove(self->strikes + at + 1, self->strikes + at,
            (self->n_strikes - at) * sizeof *self->strikes);
    self->n_strikes++;
    self->strikes[at] = (struct strike){.strike = strike};
    return &self->strikes[at];
}

/* Where a contract of that kind belongs; NULL if the place is taken. */
static struct contract **place_of(struct expiry *expiry, const struct instrument *one)
{
    struct contract **place = &expiry->future;
    if (one->type != INSTRUMENT_FUT) {
        struct strike *strike = strike_of(expiry, one->strike);
        place = one->type == INSTRUMENT_CE ? &strike->call : &strike->put;
    }
    return *place ? NULL : place;
}

/* Notes who waits for an underlying that is not listed. */
static void wait_for_underlying(struct chains *self, struct contract *contract,
                                const struct instrument *one)
{
    struct missing *missing;
    HASH_FIND_STR(self->missing, one->underlying, missing);
    if (!missing) {
        missing = mem_alloc_zero(1, sizeof *missing);
        missing->name = one->underlying;
        HASH_ADD_KEYPTR(hh, self->missing, missing->name, strlen(missing->name), missing);
    }
    missing->waiting =
        mem_grow(missing->waiting, missing->n, &missing->capacity, sizeof(struct waiter));
    missing->waiting[missing->n++] = (struct waiter){contract, one};
}

/* Gives a contract its part; why it can have none, or NULL. */
static const char *take_part(struct chains *self, struct market *market, struct contract *contract,
                             const struct instrument *one)
{
    struct listing *spot = find_underlying(market, one->underlying);
    if (!spot) {
        wait_for_underlying(self, contract, one);
        return "NO_UNDERLYING";
    }
    if (spot == contract->listing || one->expiry_day == INT64_MIN ||
        (one->type != INSTRUMENT_FUT && !(one->strike > 0)))
        return "NO_TERMS";
    struct underlying *underlying = underlying_of(self, spot);
    struct expiry *expiry = expiry_of(underlying, one->expiry_day, contract->listing->calendar);
    struct contract **place = place_of(expiry, one);
    if (!place)
        return "DUPLICATE";
    contract->underlying = underlying;
    contract->expiry = expiry;
    *place = contract;
    return NULL;
}

static void add_contract(struct chains *self, struct market *market, const struct instrument *one)
{
    struct listing *listing = market_find(market, one->symbol);
    struct contract *contract = mem_alloc_zero(1, sizeof *contract);
    *contract = (struct contract){.listing = listing,
                                  .settings = self->settings,
                                  .type = one->type,
                                  .strike = one->strike,
                                  .expiry_day = one->expiry_day};
    self->contracts =
        mem_grow(self->contracts, self->n_contracts, &self->capacity, sizeof(struct contract *));
    self->contracts[self->n_contracts++] = contract;
    listing->contract = contract;
    contract->why_not = take_part(self, market, contract, one);
    self->n_left_out += contract->why_not != NULL;
}

size_t chains_n_left_out(const struct chains *self)
{
    return self->n_left_out;
}

static void end_waiting(struct chains *self, struct market *market, const char *name)
{
    struct missing *missing;
    HASH_FIND_STR(self->missing, name, missing);
    if (!missing)
        return;
    HASH_DEL(self->missing, missing);
    for (size_t i = 0; i < missing->n; i++) {
        struct contract *contract = missing->waiting[i].contract;
        contract->why_not = take_part(self, market, contract, missing->waiting[i].instrument);
        self->n_left_out -= contract->why_not == NULL;
    }
    free(missing->waiting);
    free(missing);
}

void chains_tie(struct chains *self, struct market *market, const char *symbol)
{
    end_waiting(self, market, symbol);
    for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (strcmp(ALIASES[i][1], symbol) == 0)
            end_waiting(self, market, ALIASES[i][0]);
}

struct chains *chains_new(const struct option_settings *settings, struct market *market,
                          const struct instruments *instruments)
{
    struct chains *self = mem_alloc_zero(1, sizeof *self);
    self->settings = settings;
    for (size_t i = 0; i < instruments_count(instruments); i++) {
        const struct instrument *one = instruments_at(instruments, i);
        if (one->type == INSTRUMENT_FUT || one->type == INSTRUMENT_CE || one->type == INSTRUMENT_PE)
            add_contract(self, market, one);
    }
    return self;
}

void chains_destroy(struct chains **self)
{
    if (!*self)
        return;
    struct entry *entry, *next;
    HASH_ITER(hh, (*self)->by_name, entry, next)
    {
        HASH_DEL((*self)->by_name, entry);
        for (size_t i = 0; i < entry->underlying.n_expiries; i++) {
            free(entry->underlying.expiries[i]->strikes);
            free(entry->underlying.expiries[i]);
        }
        free(entry->underlying.expiries);
        free(entry);
    }
    struct missing *missing, *after;
    HASH_ITER(hh, (*self)->missing, missing, after)
    {
        HASH_DEL((*self)->missing, missing);
        free(missing->waiting);
        free(missing);
    }
    for (size_t i = 0; i < (*self)->n_contracts; i++)
        free((*self)->contracts[i]);
    free((*self)->contracts);
    free(*self);
    *self = NULL;
}

struct expiry *underlying_nearest(const struct underlying *self, int64_t feed_ms)
{
    for (size_t i = 0; i < self->n_expiries; i++)
        if (self->expiries[i]->at_ms > feed_ms && self->expiries[i]->n_strikes > 0)
            return self->expiries[i];
    return NULL;
}

const struct strike *expiry_strike_near(const struct expiry *self, double price)
{
    size_t low = 0, high = self->n_strikes;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (self->strikes[middle].strike < price)
            low = middle + 1;
        else
            high = middle;
    }
    if (self->n_strikes == 0 || isnan(price))
        return NULL;
    if (low == self->n_strikes ||
        (low > 0 && price - self->strikes[low - 1].strike <= self->strikes[low].strike - price))
        low--;
    return &self->strikes[low];
}

/* How many of the bars start before a moment. They are asked for in the order of time, mostly:
 * where the last answer ended, or a little further on, is the next. */
static size_t count_before(const struct bar *bars, size_t n, size_t *hint, int64_t end_ms)
{
    size_t low = *hint, high = n;
    if (n == 0 || bars[0].start_ms >= end_ms)
        return 0;
    if (low == 0 || low > n || bars[low - 1].start_ms >= end_ms)
        low = 1;
    for (int step = 0; step < 4 && low < n && bars[low].start_ms < end_ms; step++)
        low++;
    if (low < n && bars[low].start_ms < end_ms)
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (bars[middle].start_ms < end_ms)
                low = middle + 1;
            else
                high = middle;
        }
    *hint = low;
    return low;
}

static bool has_ended(const struct series *series, const struct bar *bar, int64_t end_ms)
{
    int64_t start_ms, bar_end_ms;
    return end_ms - bar->start_ms >= timeframe_ms(series_timeframe(series)) ||
           (series_bounds(series, bar->start_ms, &start_ms, &bar_end_ms) && bar_end_ms <= end_ms);
}

/* The newest bar of a series that has ended by a moment (INT64_MAX: the newest), or NULL.
 * *is_under_way becomes true if there is one that had begun by then and not ended. */
static const struct bar *newest_by(const struct series *series, size_t *hint, int64_t end_ms,
                                   bool *is_under_way)
{
    size_t n, n_open;
    const struct open_bar *open = series_open(series, &n_open);
    for (size_t i = n_open; i-- > 0;) {
        if (open[i].end_ms <= end_ms || end_ms == INT64_MAX)
            return &open[i].bar;
        *is_under_way |= open[i].bar.start_ms < end_ms;
    }
    const struct bar *bars = series_closed(series, &n);
    n = count_before(bars, n, hint, end_ms);
    if (n > 0 && !has_ended(series, &bars[n - 1], end_ms)) {
        *is_under_way = true;
        n--;
    }
    return n > 0 ? &bars[n - 1] : NULL;
}

const struct bar *contract_bar_by(struct contract *self, int64_t end_ms)
{
    const struct listing *listing = self->listing;
    const struct bar *bar = NULL, *second = NULL;
    bool is_under_way = false;
    if (listing->intraday != TIMEFRAME_NONE)
        bar = newest_by(listing->series[listing->intraday], &self->hint, end_ms, &is_under_way);
    if (is_under_way && listing->series[TIMEFRAME_1S])
        second =
            newest_by(listing->series[TIMEFRAME_1S], &self->seconds_hint, end_ms, &is_under_way);
    if (second && (!bar || second->start_ms > bar->start_ms))
        return second;
    if (!bar && listing->series[TIMEFRAME_1D])
        return newest_by(listing->series[TIMEFRAME_1D], &self->days_hint, end_ms, &is_under_way);
    return bar;
}

int64_t contract_first_ms(const struct contract *self)
{
    const struct listing *listing = self->listing;
    size_t n, n_open;
    if (listing->intraday == TIMEFRAME_NONE)
        return INT64_MAX;
    const struct bar *bars = series_closed(listing->series[listing->intraday], &n);
    const struct open_bar *open = series_open(listing->series[listing->intraday], &n_open);
    int64_t first_ms = n > 0 ? bars[0].start_ms : n_open > 0 ? open[0].bar.start_ms : INT64_MAX;
    n = 0;
    if (listing->series[TIMEFRAME_1D])
        bars = series_closed(listing->series[TIMEFRAME_1D], &n);
    return n > 0 && bars[0].start_ms < first_ms ? bars[0].start_ms : first_ms;
}

double expiry_trading_days(struct expiry *self, int64_t feed_ms)
{
    const struct calendar *calendar = self->underlying->contract.listing->calendar;
    int64_t today = calendar_trading_day(calendar, feed_ms), start_ms, end_ms;
    if (self->counted_day != today) {
        self->counted_day = today;
        self->counted = 0;
        for (int64_t day = today + 1; day <= self->day; day++)
            self->counted += calendar_is_trading_day(calendar, day);
    }
    if (!calendar_is_trading_day(calendar, today))
        return self->counted;
    calendar_bar_start(calendar, TIMEFRAME_1D, feed_ms, &start_ms, &end_ms);
    double left = (double)(end_ms - feed_ms) / (double)(end_ms - start_ms);
    return self->counted + fmin(fmax(left, 0), 1);
}
