#include "daemon/market/listing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

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

/* ---- life -------------------------------------------------------------------------------------
 */

void listing_init(struct listing *self, const char *name, uint32_t id,
                  const struct calendar *calendar)
{
    *self = (struct listing){
        .name = mem_strdup(name),
        .id = id,
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
}

void listing_clear(struct listing *self)
{
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        series_destroy(&self->series[i]);
    free(self->name);
}

int64_t listing_through(const struct listing *self, enum timeframe timeframe)
{
    return timeframe_is_intraday(timeframe) ? self->through_ms : self->day_through_ms;
}

/* ---- which series there are -------------------------------------------------------------------
 */

/* From which timeframe's bars those of `timeframe` are made, if intraday bars are stored on
 * `stored`; TIMEFRAME_NONE if they are made of ticks or given. */
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

static enum timeframe base_of(const struct listing *self, enum timeframe timeframe)
{
    return base_on(self->intraday, timeframe);
}

/* The series of a timeframe; if it is new, it has all bars that follow from what is stored. */
static struct series *make_series(struct listing *self, enum timeframe timeframe)
{
    if (!self->series[timeframe]) {
        enum timeframe base = base_of(self, timeframe);
        self->series[timeframe] = series_new(
            self->calendar, timeframe, base == TIMEFRAME_NONE ? NULL : make_series(self, base));
        if (base != TIMEFRAME_NONE) {
            series_rebuild(self->series[timeframe]);
            series_close_through(self->series[timeframe], listing_through(self, timeframe));
            series_refresh_open(self->series[timeframe]);
        }
    }
    return self->series[timeframe];
}

static bool is_stored(const struct listing *self, enum timeframe timeframe)
{
    return timeframe == TIMEFRAME_1S || timeframe == self->intraday || timeframe == TIMEFRAME_1D;
}

/* Settles on which timeframe intraday bars are stored. Until the first data come it is taken to be
 * 1min; series that were made on that assumption have no bars yet, and are given their right base.
 */
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

struct series *listing_acquire_series(struct listing *self, enum timeframe timeframe)
{
    if (self->intraday == TIMEFRAME_NONE)
        settle_intraday(self, TIMEFRAME_1MIN);
    self->users[timeframe]++;
    return make_series(self, timeframe);
}

void listing_release_series(struct listing *self, enum timeframe timeframe)
{
    assert(self->users[timeframe] > 0);
    self->users[timeframe]--;
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (self->users[i] == 0 && !is_stored(self, (enum timeframe)i))
            series_destroy(&self->series[i]);
}

/* Daily bars are kept for ever. Of bars that are made of others there are as many as the sessions
 * have whose stored bars are kept. */
size_t listing_kept_bars(const struct listing *self, const struct market_settings *settings,
                         enum timeframe timeframe)
{
    enum timeframe intraday = self->intraday, stored = timeframe, base;
    if (!timeframe_is_intraday(timeframe))
        return SIZE_MAX;
    if (intraday == TIMEFRAME_NONE)
        intraday = TIMEFRAME_1MIN;
    while ((base = base_on(intraday, stored)) != TIMEFRAME_NONE)
        stored = base;
    size_t a_day = calendar_bars_a_day(self->calendar, timeframe);
    if (stored == TIMEFRAME_1S && intraday != TIMEFRAME_1S)
        return (size_t)(settings->history_days_1s + 1) * a_day;
    return settings->history_bars * a_day / calendar_bars_a_day(self->calendar, intraday);
}

struct series *listing_series_for_ticks(struct listing *self)
{
    if (self->intraday == TIMEFRAME_NONE)
        settle_intraday(self, TIMEFRAME_1MIN);
    return self->intraday <= TIMEFRAME_1MIN ? self->series[self->intraday] : NULL;
}

struct series *listing_series_for_bars(struct listing *self, enum timeframe timeframe)
{
    if (!timeframe_is_intraday(timeframe)) {
        if (self->intraday == TIMEFRAME_NONE)
            settle_intraday(self, TIMEFRAME_1MIN);
        return self->series[timeframe];
    }
    if (self->intraday != TIMEFRAME_NONE && self->intraday != timeframe) {
        size_t n, n_open;
        series_closed(self->series[self->intraday], &n);
        series_open(self->series[self->intraday], &n_open);
        if (n + n_open > 0)
            return NULL;
    }
    if (self->intraday != timeframe)
        settle_intraday(self, timeframe);
    return self->series[timeframe];
}

/* ---- closing ----------------------------------------------------------------------------------
 */

/* How many bars of each series had closed before a change. */
struct closed_counts {
    size_t n[TIMEFRAME_COUNT];
};

static struct closed_counts count_closed(const struct listing *self)
{
    struct closed_counts counts = {{0}};
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (self->series[i])
            series_closed(self->series[i], &counts.n[i]);
    return counts;
}

/* Carries what has closed since `before` upward into the derived series and closes what is due. */
static void carry_upward(struct listing *self, const struct closed_counts *before)
{
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        struct series *series = self->series[i], *base = series ? series_base(series) : NULL;
        if (!series)
            continue;
        if (base) {
            size_t n;
            const struct bar *bars = series_closed(base, &n);
            for (size_t k = before->n[series_timeframe(base)]; k < n; k++)
                series_fold(series, &bars[k]);
        }
        series_close_through(series, listing_through(self, (enum timeframe)i));
        if (base)
            series_refresh_open(series);
    }
}

/* Notes what has closed since `before`, from the longest timeframe down: whoever follows a longer
 * timeframe beside a shorter one has its value when both end together. */
static void tell_closed(struct listing *self, const struct closed_counts *before,
                        struct touched *touched)
{
    for (int i = TIMEFRAME_COUNT - 1; i >= 0; i--) {
        if (!self->series[i])
            continue;
        size_t n;
        const struct bar *bars = series_closed(self->series[i], &n);
        for (size_t k = before->n[i]; k < n; k++) {
            touch(touched, TOUCHED_CLOSED, self, (enum timeframe)i, k, &bars[k]);
            if (is_stored(self, (enum timeframe)i))
                note_closed(touched, self, (enum timeframe)i, &bars[k]);
        }
    }
}

void listing_pass(struct listing *self, int64_t through_ms)
{
    raise_to(&self->through_ms, through_ms);
    raise_to(&self->day_through_ms, through_ms);
}

void listing_close_through(struct listing *self, int64_t through_ms, struct touched *touched)
{
    struct closed_counts before = count_closed(self);
    listing_pass(self, through_ms);
    carry_upward(self, &before);
    tell_closed(self, &before, touched);
}

int64_t listing_next_close(const struct listing *self)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (self->series[i]) {
            int64_t end = series_next_end(self->series[i]);
            if (end < next)
                next = end;
        }
    return next == INT64_MAX ? next : next + self->lateness_ms;
}

int64_t listing_next_silent_close(const struct listing *self, int64_t clock_ms)
{
    int64_t next = INT64_MAX, start_ms, end_ms;
    for (int i = 0; self->is_ticking && i < TIMEFRAME_COUNT; i++)
        if (calendar_bar_start(self->calendar, (enum timeframe)i, self->last_ms, &start_ms,
                               &end_ms) &&
            end_ms + self->lateness_ms > clock_ms && end_ms + self->lateness_ms < next)
            next = end_ms + self->lateness_ms;
    return next;
}

/* ---- days -------------------------------------------------------------------------------------
 */

/* Cuts the oldest bars off a stored series, makes the series that are derived from it anew, and
 * tells whoever uses any of them. To be done between two trading days, when none of their bars is
 * open. */
static void trim_history(struct listing *self, enum timeframe stored, size_t count,
                         struct touched *touched)
{
    struct series *base = self->series[stored];
    series_trim(base, count);
    for (int i = TIMEFRAME_COUNT - 1; i >= 0; i--) {
        struct series *series = self->series[i];
        if (!series || i == TIMEFRAME_1D || (series != base && series_base(series) != base))
            continue;
        if (series != base)
            series_rebuild(series);
        size_t n;
        series_closed(series, &n);
        touch(touched, TOUCHED_REBASED, self, (enum timeframe)i, n, &(struct bar){0});
    }
}

/* How many of the oldest bars go, so that at most `keep` stay and whole days only. */
static size_t bars_to_trim(const struct listing *self, const struct bar *bars, size_t n,
                           size_t keep)
{
    if (n <= keep)
        return 0;
    size_t cut = n - keep;
    int64_t day = calendar_trading_day(self->calendar, bars[cut - 1].start_ms);
    while (cut < n && calendar_trading_day(self->calendar, bars[cut].start_ms) == day)
        cut++;
    return cut;
}

static void trim_at_new_day(struct listing *self, const struct market_settings *settings,
                            int64_t day, struct touched *touched)
{
    size_t n;
    const struct bar *bars;
    if (self->series[self->intraday]) {
        bars = series_closed(self->series[self->intraday], &n);
        size_t cut = bars_to_trim(self, bars, n, settings->history_bars);
        if (cut > 0)
            trim_history(self, self->intraday, cut, touched);
    }
    if (self->intraday != TIMEFRAME_1S && self->series[TIMEFRAME_1S]) {
        bars = series_closed(self->series[TIMEFRAME_1S], &n);
        size_t cut = 0;
        int64_t oldest = day - settings->history_days_1s;
        while (cut < n && calendar_trading_day(self->calendar, bars[cut].start_ms) < oldest)
            cut++;
        if (cut > 0)
            trim_history(self, TIMEFRAME_1S, cut, touched);
    }
}

void listing_enter_day(struct listing *self, const struct market_settings *settings,
                       int64_t feed_ms, struct touched *touched)
{
    int64_t day = calendar_trading_day(self->calendar, feed_ms);
    if (day <= self->day)
        return;
    if (self->day != INT64_MIN)
        trim_at_new_day(self, settings, day, touched);
    self->day = day;
    self->day_cumulative = NAN;
    self->oi_reference = self->oi;
}

/* ---- data -------------------------------------------------------------------------------------
 */

static void note_oi(struct listing *self, double oi)
{
    if (isnan(oi))
        return;
    if (isnan(self->oi_reference))
        self->oi_reference = oi;
    self->oi = oi;
}

/* How much was traded: as the tick says, or by how much the day's cumulative volume has grown.
 * Where that has become smaller the message is out of order; it adds nothing, and nothing counts
 * twice when the volume has grown beyond where it was. */
static double quantity_of(struct listing *self, const struct tick *tick)
{
    if (isnan(tick->cumulative))
        return isnan(tick->quantity) ? 0 : tick->quantity;
    double before = isnan(self->day_cumulative) ? 0 : self->day_cumulative;
    if (tick->cumulative <= before)
        return 0;
    self->day_cumulative = tick->cumulative;
    return tick->cumulative - before;
}

static void note_last(struct listing *self, double price, int64_t feed_ms)
{
    if (isnan(self->last) || feed_ms >= self->last_ms) {
        self->last = price;
        self->last_ms = feed_ms;
    }
}

/* Notes that the open bars have changed which a tick or a bar of that time is in, the longest
 * first, as with closed bars. Before that they are made anew of their bases, the shortest first. */
static void touch_forming(struct listing *self, int64_t feed_ms, struct touched *touched)
{
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (self->series[i] && series_base(self->series[i]))
            series_refresh_open(self->series[i]);
    for (int i = TIMEFRAME_COUNT - 1; i >= 0; i--) {
        if (self->users[i] == 0)
            continue;
        ptrdiff_t open = series_find_open(self->series[i], feed_ms);
        if (open >= 0)
            touch(touched, TOUCHED_FORMING, self, (enum timeframe)i, (size_t)open,
                  &(struct bar){0});
    }
}

bool listing_add_tick(struct listing *self, struct series *stored, const struct tick *tick,
                      int64_t through_ms, struct touched *touched)
{
    struct tick own = *tick;
    size_t index;
    own.quantity = quantity_of(self, tick);
    note_oi(self, tick->oi);
    own.oi = self->oi;
    if (series_apply_tick(stored, &own, self->oi_reference, through_ms, &index) != SERIES_APPLIED)
        return false;
    if (self->intraday != TIMEFRAME_1S) /* a second may have closed where the minute has not */
        series_apply_tick(make_series(self, TIMEFRAME_1S), &own, self->oi_reference, through_ms,
                          &index);
    note_last(self, tick->price, tick->feed_ms);
    self->bid = tick->bid;
    self->ask = tick->ask;
    touch_forming(self, tick->feed_ms, touched);
    return true;
}

/* Whether a timeframe's bars are those of the stored series, or made of them. */
static bool is_made_of(const struct listing *self, const struct series *stored,
                       enum timeframe timeframe)
{
    enum timeframe of = series_timeframe(stored);
    if (!timeframe_is_intraday(of))
        return timeframe >= of;
    return timeframe == of || (timeframe > of && base_of(self, timeframe) != TIMEFRAME_1S);
}

bool listing_is_late(const struct series *stored, int64_t start_ms)
{
    size_t n_closed, n_open;
    const struct bar *closed = series_closed(stored, &n_closed);
    const struct open_bar *open = series_open(stored, &n_open);
    bool is_behind_ticks =
        !series_base(stored) && n_open > 0 && start_ms < open[n_open - 1].bar.start_ms;
    return is_behind_ticks || (n_closed > 0 && start_ms <= closed[n_closed - 1].start_ms);
}

bool listing_is_missed(const struct listing *self, const struct series *stored, int64_t start_ms)
{
    size_t n;
    const struct bar *closed = series_closed(stored, &n);
    int64_t through_ms = listing_through(self, series_timeframe(stored)), bar_ms, end_ms;
    for (int i = 0; i < TIMEFRAME_COUNT && n > 0 && start_ms < through_ms; i++)
        if (is_made_of(self, stored, (enum timeframe)i) &&
            calendar_bar_start(self->calendar, (enum timeframe)i, start_ms, &bar_ms, &end_ms) &&
            bar_ms <= closed[n - 1].start_ms && end_ms <= through_ms)
            return true;
    return false;
}

static void lower_to(int64_t *ms, int64_t most_ms)
{
    if (*ms > most_ms)
        *ms = most_ms;
}

void listing_unpass(struct listing *self, const struct series *stored, int64_t start_ms)
{
    if (start_ms >= listing_through(self, series_timeframe(stored)))
        return;
    if (timeframe_is_intraday(series_timeframe(stored)))
        lower_to(&self->through_ms, start_ms);
    lower_to(&self->day_through_ms, start_ms);
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (self->series[i] && is_made_of(self, stored, (enum timeframe)i))
            series_unpass(self->series[i], start_ms);
}

void listing_add_bar(struct listing *self, struct series *stored, const struct bar *bar,
                     int64_t end_ms, struct touched *touched)
{
    struct bar own = *bar;
    own.last_ms = end_ms - 1; /* its close is the last price before its end */
    note_oi(self, bar->oi);
    own.oi = self->oi;
    own.oi_reference = self->oi_reference;
    struct closed_counts before = count_closed(self);
    series_apply_bar(stored, &own);
    if (timeframe_is_intraday(series_timeframe(stored)))
        raise_to(&self->through_ms, end_ms);
    raise_to(&self->day_through_ms, end_ms);
    carry_upward(self, &before);
    tell_closed(self, &before, touched);
    touch_forming(self, bar->start_ms, touched);
    note_last(self, bar->close, bar->last_ms);
}

/* ---- over a restart ---------------------------------------------------------------------------
 */

enum timeframe listing_stored(const struct listing *self, int which)
{
    enum timeframe timeframe = which == STORED_INTRADAY ? self->intraday
                               : which == STORED_1S     ? TIMEFRAME_1S
                                                        : TIMEFRAME_1D;
    bool twice = which == STORED_1S && self->intraday == TIMEFRAME_1S;
    return timeframe == TIMEFRAME_NONE || twice || !self->series[timeframe] ? TIMEFRAME_NONE
                                                                            : timeframe;
}

void listing_restore(struct listing *self, const struct saved_series saved[STORED_COUNT])
{
    settle_intraday(self, self->intraday);
    make_series(self, TIMEFRAME_1S);
    for (int i = 0; i < STORED_COUNT; i++) {
        enum timeframe timeframe = listing_stored(self, i);
        if (timeframe != TIMEFRAME_NONE)
            series_restore(self->series[timeframe], saved[i].closed, saved[i].n_closed,
                           saved[i].open, saved[i].n_open, saved[i].through_ms);
    }
}
