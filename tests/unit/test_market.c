/* From ticks and bars to bars: against a plain recomputation, whenever somebody began to look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "daemon/market/market.h"

#define OPEN_MS INT64_C(1762227900000) /* 2025-11-04, 09:15 in Kolkata, a Tuesday */
enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

static const struct market_settings SETTINGS = {
    .tick_lateness_ms = 1000, .history_bars = 100000, .history_days_1s = 1};

struct fixture {
    struct calendar *calendar;
    struct market *market;
    struct listing *listing;
    struct touched touched;
};

static struct fixture begin_with(const struct market_settings *settings)
{
    struct fixture self = {.calendar = calendar_new_default(), .market = market_new(settings)};
    self.listing = market_add(self.market, "NIFTY50", self.calendar);
    return self;
}

static struct fixture begin(void)
{
    return begin_with(&SETTINGS);
}

static void end(struct fixture *self)
{
    market_destroy(&self->market);
    touched_destroy(&self->touched);
    calendar_destroy(&self->calendar);
}

static enum reject tick(struct fixture *self, int64_t ms, double price, double quantity)
{
    struct tick one = {ms, price, quantity, NAN, NAN, NAN, NAN};
    return market_apply_tick(self->market, 0, self->listing, &one, &self->touched);
}

static enum reject bar(struct fixture *self, enum timeframe timeframe, int64_t ms, double price)
{
    struct bar one = {ms, ms, price, price + 1, price - 1, price, 10, NAN, NAN};
    return market_apply_bar(self->market, 0, self->listing, timeframe, &one, &self->touched);
}

static const struct bar *closed(struct fixture *self, enum timeframe timeframe, size_t *n)
{
    return series_closed(self->listing->series[timeframe], n);
}

/* How often an item of that kind and timeframe was touched; the list is emptied. */
static size_t count(struct fixture *self, enum touched_kind kind, enum timeframe timeframe)
{
    size_t n = 0;
    for (size_t i = 0; i < self->touched.n; i++)
        n += self->touched.items[i].kind == kind &&
             series_timeframe(self->touched.items[i].series) == timeframe;
    touched_reset(&self->touched);
    return n;
}

/* The price that a bar closes with is the last one before its end, whatever it is made of. */
static void a_given_bar_is_as_new_as_its_end(void **state)
{
    (void)state;
    struct fixture f = begin();
    size_t n;
    market_acquire_series(f.market, f.listing, TIMEFRAME_5MIN);
    for (int i = 0; i < 5; i++)
        bar(&f, TIMEFRAME_1MIN, OPEN_MS + i * MINUTE_MS, 100);
    assert_int_equal(closed(&f, TIMEFRAME_1MIN, &n)[0].last_ms, OPEN_MS + MINUTE_MS - 1);
    assert_int_equal(closed(&f, TIMEFRAME_5MIN, &n)[0].last_ms, OPEN_MS + 5 * MINUTE_MS - 1);
    end(&f);
}

static void a_bar_closes_when_the_feed_has_passed_its_end_and_the_lateness(void **state)
{
    (void)state;
    struct fixture f = begin();
    market_acquire_series(f.market, f.listing, TIMEFRAME_1MIN);
    tick(&f, OPEN_MS + 1000, 100, 5);
    assert_int_equal(count(&f, TOUCHED_FORMING, TIMEFRAME_1MIN), 1);
    tick(&f, OPEN_MS + MINUTE_MS + 999, 101, 5);
    assert_int_equal(count(&f, TOUCHED_CLOSED, TIMEFRAME_1MIN), 0);
    tick(&f, OPEN_MS + MINUTE_MS + 1000, 102, 5);
    assert_int_equal(count(&f, TOUCHED_CLOSED, TIMEFRAME_1MIN), 1);
    size_t n;
    const struct bar *bars = closed(&f, TIMEFRAME_1MIN, &n);
    assert_int_equal(n, 1);
    assert_int_equal(bars[0].start_ms, OPEN_MS);
    assert_int_equal(bars[0].last_ms, OPEN_MS + 1000);
    end(&f);
}

static void a_late_tick_changes_the_pending_bar_and_one_too_late_is_refused(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct series *series = market_acquire_series(f.market, f.listing, TIMEFRAME_1MIN);
    size_t n;
    tick(&f, OPEN_MS + 1000, 100, 1);
    tick(&f, OPEN_MS + MINUTE_MS + 500, 103, 1);
    assert_int_equal(tick(&f, OPEN_MS + MINUTE_MS - 1, 99, 1), REJECT_NONE);
    const struct open_bar *open = series_open(series, &n);
    assert_int_equal(n, 2);
    assert_float_equal(open[0].bar.close, 99, 0);
    assert_float_equal(open[0].bar.volume, 2, 0);
    tick(&f, OPEN_MS + MINUTE_MS + 1000, 104, 1);
    assert_int_equal(tick(&f, OPEN_MS + MINUTE_MS - 1, 1, 1), REJECT_LATE);
    assert_float_equal(closed(&f, TIMEFRAME_1MIN, &n)[0].low, 99, 0);
    end(&f);
}

static void out_of_order_ticks_give_open_and_close_by_time(void **state)
{
    (void)state;
    struct fixture f = begin();
    size_t n;
    tick(&f, OPEN_MS + 30000, 110, 1);
    tick(&f, OPEN_MS + 40000, 112, 1);
    tick(&f, OPEN_MS + 20000, 108, 1); /* earlier than the first: the open */
    tick(&f, OPEN_MS + 35000, 105, 1); /* between: only the low */
    tick(&f, OPEN_MS + 40000, 111, 1); /* the same time as the last, after it: the close */
    const struct open_bar *open = series_open(f.listing->series[TIMEFRAME_1MIN], &n);
    assert_float_equal(open[0].bar.open, 108, 0);
    assert_float_equal(open[0].bar.low, 105, 0);
    assert_float_equal(open[0].bar.high, 112, 0);
    assert_float_equal(open[0].bar.close, 111, 0);
    end(&f);
}

static void ticks_outside_the_session_make_no_bar(void **state)
{
    (void)state;
    struct fixture f = begin();
    assert_int_equal(tick(&f, OPEN_MS - 1, 100, 1), REJECT_OUTSIDE_SESSION);
    assert_int_equal(tick(&f, OPEN_MS, 100, 1), REJECT_NONE);
    int64_t close_ms = OPEN_MS + 375 * MINUTE_MS;
    assert_int_equal(tick(&f, close_ms - 1, 100, 1), REJECT_NONE);
    assert_int_equal(tick(&f, close_ms, 100, 1), REJECT_OUTSIDE_SESSION);
    end(&f);
}

static void the_sessions_close_cuts_a_bar_off(void **state)
{
    (void)state;
    struct fixture f = begin();
    market_acquire_series(f.market, f.listing, TIMEFRAME_2H);
    size_t n;
    for (int minute = 0; minute < 375; minute++)
        assert_int_equal(tick(&f, OPEN_MS + minute * MINUTE_MS, 100, 1), REJECT_NONE);
    tick(&f, OPEN_MS + 375 * MINUTE_MS + 1000, 100, 1); /* outside, but the clock moves on */
    const struct bar *bars = closed(&f, TIMEFRAME_2H, &n);
    assert_int_equal(n, 4);
    assert_float_equal(bars[3].volume, 15, 0);
    assert_int_equal(bars[3].start_ms, OPEN_MS + 360 * MINUTE_MS);
    end(&f);
}

static void cumulative_volume_counts_once_whatever_its_order(void **state)
{
    (void)state;
    struct fixture f = begin();
    static const double CUMULATIVE[] = {100, 150, 140, 150, 160};
    size_t n;
    for (int i = 0; i < 5; i++) {
        struct tick one = {OPEN_MS + i * 1000, 100, NAN, CUMULATIVE[i], NAN, NAN, NAN};
        market_apply_tick(f.market, 0, f.listing, &one, &f.touched);
    }
    assert_float_equal(series_open(f.listing->series[TIMEFRAME_1MIN], &n)[0].bar.volume, 160, 0);
    struct tick next_day = {OPEN_MS + DAY_MS, 100, NAN, 30, NAN, NAN, NAN};
    market_apply_tick(f.market, 0, f.listing, &next_day, &f.touched);
    assert_float_equal(series_open(f.listing->series[TIMEFRAME_1MIN], &n)[0].bar.volume, 30, 0);
    end(&f);
}

static void open_interest_counts_from_the_day_before(void **state)
{
    (void)state;
    struct fixture f = begin();
    size_t n;
    struct tick one = {OPEN_MS, 100, 1, NAN, 5000, NAN, NAN};
    market_apply_tick(f.market, 0, f.listing, &one, &f.touched);
    one = (struct tick){OPEN_MS + 1000, 100, 1, NAN, 5100, NAN, NAN};
    market_apply_tick(f.market, 0, f.listing, &one, &f.touched);
    const struct open_bar *open = series_open(f.listing->series[TIMEFRAME_1MIN], &n);
    assert_float_equal(open[0].bar.oi - open[0].bar.oi_reference, 100, 0);
    tick(&f, OPEN_MS + DAY_MS, 100, 1); /* without one: the last known holds */
    open = series_open(f.listing->series[TIMEFRAME_1MIN], &n);
    assert_float_equal(open[0].bar.oi, 5100, 0);
    assert_float_equal(open[0].bar.oi_reference, 5100, 0);
    end(&f);
}

static void a_bar_sent_as_a_bar_closes_at_once_and_once(void **state)
{
    (void)state;
    struct fixture f = begin();
    market_acquire_series(f.market, f.listing, TIMEFRAME_1MIN);
    market_acquire_series(f.market, f.listing, TIMEFRAME_5MIN);
    size_t n;
    for (int i = 0; i < 5; i++)
        assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + i * MINUTE_MS, 100 + i), REJECT_NONE);
    const struct bar *five = closed(&f, TIMEFRAME_5MIN, &n);
    assert_int_equal(n, 1);
    assert_float_equal(five[0].high, 105, 0);
    assert_float_equal(five[0].close, 104, 0);
    assert_float_equal(five[0].volume, 50, 0);
    assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + 4 * MINUTE_MS, 1), REJECT_LATE);
    assert_int_equal(bar(&f, TIMEFRAME_5MIN, OPEN_MS + 5 * MINUTE_MS, 1), REJECT_MIXED_TIMEFRAMES);
    end(&f);
}

static void two_symbols_of_one_source_may_send_the_same_past_one_after_the_other(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct listing *first = f.listing;
    size_t n;
    for (int i = 0; i < 30; i++)
        assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + i * MINUTE_MS, 100), REJECT_NONE);
    f.listing = market_add(f.market, "BANKNIFTY", f.calendar);
    market_acquire_series(f.market, f.listing, TIMEFRAME_5MIN);
    for (int i = 0; i < 30; i++)
        assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + i * MINUTE_MS, 200), REJECT_NONE);
    closed(&f, TIMEFRAME_1MIN, &n);
    assert_int_equal(n, 30);
    const struct bar *five = closed(&f, TIMEFRAME_5MIN, &n);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++)
        assert_float_equal(five[i].volume, 50, 0);
    f.listing = first;
    end(&f);
}

/* Two symbols of one source, each ahead of the other in turn: the longer bars of both are whole,
 * whenever somebody begins to look, but those that have closed by the other's time alone. */
static void symbols_of_one_source_may_send_their_days_in_turn(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct listing *both[] = {f.listing, market_add(f.market, "BANKNIFTY", f.calendar)};
    for (int i = 0; i < 2; i++)
        market_acquire_series(f.market, both[i], TIMEFRAME_5MIN);
    for (int day = 0; day < 3; day++)
        for (int i = 0; i < 2; i++)
            for (int minute = 0; minute < 375; minute++) {
                f.listing = both[i];
                assert_int_equal(bar(&f, TIMEFRAME_1MIN,
                                     OPEN_MS + day * (int64_t)DAY_MS + minute * MINUTE_MS, minute),
                                 REJECT_NONE);
            }
    assert_int_equal(market_n_missed(f.market), 0);
    for (int i = 0; i < 2; i++) {
        size_t n;
        const struct bar *bars = series_closed(both[i]->series[TIMEFRAME_5MIN], &n);
        assert_int_equal(n, 3 * 75);
        for (size_t k = 0; k < n; k++)
            assert_float_equal(bars[k].volume, 50, 0);
    }
    end(&f);
}

static void a_bar_that_a_longer_one_has_closed_without_is_counted(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct listing *quick = f.listing, *slow = market_add(f.market, "BANKNIFTY", f.calendar);
    f.listing = slow;
    market_acquire_series(f.market, slow, TIMEFRAME_5MIN);
    bar(&f, TIMEFRAME_1MIN, OPEN_MS, 100);
    f.listing = quick;
    bar(&f, TIMEFRAME_1MIN, OPEN_MS, 100);
    bar(&f, TIMEFRAME_1MIN, OPEN_MS + 5 * MINUTE_MS, 100);
    f.listing = slow;
    size_t n;
    assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + 4 * MINUTE_MS, 100), REJECT_NONE);
    assert_int_equal(market_n_missed(f.market), 1);
    assert_float_equal(closed(&f, TIMEFRAME_5MIN, &n)[0].volume, 10, 0);
    assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + 5 * MINUTE_MS, 100), REJECT_NONE);
    assert_int_equal(market_n_missed(f.market), 1);
    end(&f);
}

static void a_bar_older_than_what_ticks_have_begun_is_late(void **state)
{
    (void)state;
    struct fixture f = begin();
    tick(&f, OPEN_MS, 100, 1);
    assert_int_equal(bar(&f, TIMEFRAME_1D, OPEN_MS - DAY_MS, 100), REJECT_NONE);
    tick(&f, OPEN_MS + 7 * MINUTE_MS, 100, 1);
    assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + MINUTE_MS, 100), REJECT_LATE);
    assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS + 7 * MINUTE_MS, 100), REJECT_NONE);
    end(&f);
}

static void a_bar_that_is_sent_is_told_of_the_longer_ones_that_it_is_in(void **state)
{
    (void)state;
    struct fixture f = begin();
    market_acquire_series(f.market, f.listing, TIMEFRAME_1MIN);
    market_acquire_series(f.market, f.listing, TIMEFRAME_5MIN);
    for (int i = 0; i < 5; i++) {
        bar(&f, TIMEFRAME_1MIN, OPEN_MS + i * MINUTE_MS, 100);
        assert_int_equal(count(&f, TOUCHED_FORMING, TIMEFRAME_5MIN), i < 4);
    }
    bar(&f, TIMEFRAME_1MIN, OPEN_MS + 5 * MINUTE_MS, 100);
    assert_int_equal(count(&f, TOUCHED_FORMING, TIMEFRAME_1MIN), 0);
    end(&f);
}

static void another_symbols_clock_closes_a_quiet_symbols_bar(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct listing *quiet = f.listing;
    size_t n;
    tick(&f, OPEN_MS + 1000, 100, 1);
    f.listing = market_add(f.market, "BANKNIFTY", f.calendar);
    tick(&f, OPEN_MS + MINUTE_MS + 1000, 200, 1);
    series_closed(quiet->series[TIMEFRAME_1MIN], &n);
    assert_int_equal(n, 1);
    assert_true(market_through(f.market, quiet, TIMEFRAME_1MIN) >= OPEN_MS + MINUTE_MS);
    f.listing = quiet;
    end(&f);
}

static void a_symbol_that_comes_to_a_source_ahead_of_it_closes_what_is_due(void **state)
{
    (void)state;
    struct fixture f = begin();
    market_acquire_series(f.market, f.listing, TIMEFRAME_5MIN);
    tick(&f, OPEN_MS + 1000, 100, 5);
    market_advance_clock(f.market, 1, OPEN_MS + 6 * MINUTE_MS, &f.touched);
    struct tick early = {OPEN_MS - MINUTE_MS, 100, 1, NAN, NAN, NAN, NAN};
    count(&f, TOUCHED_CLOSED, TIMEFRAME_5MIN);
    assert_int_equal(market_apply_tick(f.market, 1, f.listing, &early, &f.touched),
                     REJECT_OUTSIDE_SESSION);
    assert_int_equal(count(&f, TOUCHED_CLOSED, TIMEFRAME_5MIN), 1);
    end(&f);
}

static void a_series_made_in_a_silence_closes_when_it_is_due(void **state)
{
    (void)state;
    struct fixture f = begin();
    tick(&f, OPEN_MS + 1000, 100, 5);
    market_advance_clock(f.market, 0, OPEN_MS + 2 * MINUTE_MS, &f.touched);
    market_acquire_series(f.market, f.listing, TIMEFRAME_5MIN);
    market_advance_clock(f.market, 0, OPEN_MS + 6 * MINUTE_MS, &f.touched);
    assert_int_equal(count(&f, TOUCHED_CLOSED, TIMEFRAME_5MIN), 1);
    end(&f);
}

/* What the old source's clock has passed stays passed, whether anybody looked meanwhile or not. */
static void a_source_that_takes_over_reopens_nothing(void **state)
{
    (void)state;
    for (int looks = 0; looks < 2; looks++) {
        struct fixture f = begin();
        struct tick of_other = {OPEN_MS + 110000, 101, 5, NAN, NAN, NAN, NAN};
        tick(&f, OPEN_MS + 1000, 100, 5);
        market_advance_clock(f.market, 0, OPEN_MS + 62000, &f.touched);
        market_advance_clock(f.market, 0, OPEN_MS + 125000, &f.touched);
        if (looks)
            market_acquire_series(f.market, f.listing, TIMEFRAME_5S);
        assert_int_equal(market_apply_tick(f.market, 1, f.listing, &of_other, &f.touched),
                         REJECT_LATE);
        end(&f);
    }
}

static void daily_bars_come_from_minutes_or_are_given(void **state)
{
    (void)state;
    struct fixture f = begin();
    market_acquire_series(f.market, f.listing, TIMEFRAME_1W);
    size_t n;
    for (int day = -8; day < -3; day++) /* Monday 27 to Friday 31 October */
        assert_int_equal(bar(&f, TIMEFRAME_1D, OPEN_MS + (int64_t)day * DAY_MS, 50 + day),
                         REJECT_NONE);
    assert_int_equal(bar(&f, TIMEFRAME_1MIN, OPEN_MS, 100), REJECT_NONE);
    const struct bar *days = closed(&f, TIMEFRAME_1D, &n);
    assert_int_equal(n, 5);
    assert_int_equal(days[0].start_ms, OPEN_MS - INT64_C(8) * DAY_MS);
    const struct bar *weeks = closed(&f, TIMEFRAME_1W, &n);
    assert_int_equal(n, 1);
    assert_float_equal(weeks[0].open, 42, 0);
    assert_float_equal(weeks[0].close, 46, 0);
    assert_int_equal(series_open(f.listing->series[TIMEFRAME_1D], &n)->bar.start_ms, OPEN_MS);
    end(&f);
}

/* Ticks around a midnight that ends a day, and perhaps more, of a symbol that never closes. */
static void assert_ends_at(int64_t midnight_ms, int64_t monday_ms)
{
    static const enum timeframe ALL[] = {TIMEFRAME_1MIN, TIMEFRAME_4H, TIMEFRAME_1D, TIMEFRAME_1W};
    struct fixture f = {.calendar = calendar_new_always(), .market = market_new(&SETTINGS)};
    f.listing = market_add(f.market, "NIFTY50", f.calendar);
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
        market_acquire_series(f.market, f.listing, ALL[i]);
    const int64_t moments_ms[] = {midnight_ms - MINUTE_MS, midnight_ms - 1, midnight_ms,
                                  midnight_ms + 1, midnight_ms + INT64_C(8) * DAY_MS};
    for (size_t i = 0; i < sizeof moments_ms / sizeof *moments_ms; i++)
        assert_int_equal(tick(&f, moments_ms[i], (double)(i + 1), 1), REJECT_NONE);
    const int64_t first_ms[] = {midnight_ms - MINUTE_MS, midnight_ms - INT64_C(4) * 3600000,
                                midnight_ms - DAY_MS, monday_ms};
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) {
        size_t n;
        bool week_goes_on = ALL[i] == TIMEFRAME_1W && monday_ms + INT64_C(7) * DAY_MS > midnight_ms;
        const struct bar *bars = closed(&f, ALL[i], &n);
        assert_int_equal(n, week_goes_on ? 1 : 2);
        assert_int_equal(bars[0].start_ms, first_ms[i]);
        assert_float_equal(bars[0].close, week_goes_on ? 4 : 2, 0);
        if (n == 2) {
            assert_int_equal(bars[1].start_ms, midnight_ms);
            assert_float_equal(bars[1].open, 3, 0);
            assert_float_equal(bars[1].close, 4, 0);
        }
    }
    end(&f);
}

static void bars_end_at_midnight_with_the_week_the_year_and_a_leap_day(void **state)
{
    (void)state;
    assert_ends_at(INT64_C(1709164800000), INT64_C(1708905600000)); /* before 29 February 2024 */
    assert_ends_at(INT64_C(1709251200000), INT64_C(1708905600000)); /* and after it */
    assert_ends_at(INT64_C(1740787200000), INT64_C(1740355200000)); /* 1 March 2025, no leap year */
    assert_ends_at(INT64_C(1735689600000), INT64_C(1735516800000)); /* 1 January 2025 */
    assert_ends_at(INT64_C(1704067200000), INT64_C(1703462400000)); /* 1 January 2024, a Monday */
    assert_ends_at(INT64_C(951868800000), INT64_C(951696000000));   /* 1 March 2000 */
}

/* Ticks over three days, a little out of order, with gaps. */
static void random_ticks(struct fixture *self, unsigned seed, int n)
{
    double price = 25000;
    int64_t ms = OPEN_MS;
    srand(seed);
    for (int i = 0; i < n; i++) {
        ms += rand() % 9000;
        if (ms >= OPEN_MS + 375 * MINUTE_MS + DAY_MS * ((ms - OPEN_MS) / DAY_MS))
            ms = OPEN_MS + DAY_MS * ((ms - OPEN_MS) / DAY_MS + 1);
        price += (rand() % 200 - 100) / 20.0;
        tick(self, ms - rand() % 1500, price, 0.1 * (rand() % 30));
    }
}

static void assert_same_bars(struct series *a, struct series *b)
{
    size_t n_a, n_b;
    const struct bar *bars_a = series_closed(a, &n_a), *bars_b = series_closed(b, &n_b);
    assert_int_equal(n_a, n_b);
    if (n_a > 0)
        assert_memory_equal(bars_a, bars_b, n_a * sizeof *bars_a);
    const struct open_bar *open_a = series_open(a, &n_a), *open_b = series_open(b, &n_b);
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++)
        assert_memory_equal(&open_a[i].bar, &open_b[i].bar, sizeof open_a[i].bar);
}

static void a_series_is_the_same_to_the_bit_whenever_it_was_made(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 5; seed++) {
        struct fixture early = begin(), late = begin();
        for (int i = 0; i < TIMEFRAME_COUNT; i++)
            market_acquire_series(early.market, early.listing, (enum timeframe)i);
        random_ticks(&early, seed, 9000);
        random_ticks(&late, seed, 9000);
        for (int i = 0; i < TIMEFRAME_COUNT; i++)
            assert_same_bars(early.listing->series[i],
                             market_acquire_series(late.market, late.listing, (enum timeframe)i));
        end(&early);
        end(&late);
    }
}

static void minutes_equal_a_plain_recomputation(void **state)
{
    (void)state;
    struct fixture f = begin();
    double sums[1200] = {0}, highs[1200] = {0};
    int64_t newest = 0;
    srand(9);
    for (int i = 0; i < 5000; i++) {
        int64_t at = OPEN_MS + i * INT64_C(4000) - rand() % 4000;
        double price = 100 + rand() % 50;
        if (at > newest)
            newest = at;
        int64_t minute = (at - OPEN_MS) / MINUTE_MS;
        bool is_late = at >= OPEN_MS && OPEN_MS + (minute + 1) * MINUTE_MS + 1000 <= newest;
        enum reject expected = at < OPEN_MS    ? REJECT_OUTSIDE_SESSION
                               : minute >= 375 ? REJECT_OUTSIDE_SESSION
                               : is_late       ? REJECT_LATE
                                               : REJECT_NONE;
        assert_int_equal(tick(&f, at, price, 2), expected);
        if (expected != REJECT_NONE)
            continue;
        sums[minute] += 2;
        highs[minute] = fmax(highs[minute], price);
    }
    market_advance_clock(f.market, 0, OPEN_MS + DAY_MS, &f.touched);
    size_t n, seen = 0;
    const struct bar *bars = closed(&f, TIMEFRAME_1MIN, &n);
    for (int minute = 0; minute < 375; minute++) {
        if (sums[minute] == 0)
            continue;
        assert_true(seen < n);
        assert_int_equal(bars[seen].start_ms, OPEN_MS + minute * (int64_t)MINUTE_MS);
        assert_float_equal(bars[seen].volume, sums[minute], 0);
        assert_float_equal(bars[seen++].high, highs[minute], 0);
    }
    assert_int_equal(seen, n);
    assert_true(n >= 300);
    end(&f);
}

static void history_is_cut_at_a_days_start_and_its_users_are_told(void **state)
{
    (void)state;
    struct market_settings small = SETTINGS;
    small.history_bars = 700;
    struct fixture f = begin_with(&small);
    market_acquire_series(f.market, f.listing, TIMEFRAME_5MIN);
    size_t n, told = 0;
    for (int day = 0; day < 4; day++) {
        touched_reset(&f.touched);
        for (int minute = 0; minute < 375; minute++)
            bar(&f, TIMEFRAME_1MIN, OPEN_MS + day * (int64_t)DAY_MS + minute * MINUTE_MS, 100);
        for (size_t i = 0; i < f.touched.n; i++)
            if (f.touched.items[i].kind == TOUCHED_REBASED) {
                told++;
                assert_int_equal(f.touched.items[i].index, 75);
            }
    }
    assert_int_equal(told, 2);
    const struct bar *bars = closed(&f, TIMEFRAME_1MIN, &n);
    assert_int_equal(n, 750);
    assert_int_equal(bars[0].start_ms, OPEN_MS + INT64_C(2) * DAY_MS);
    closed(&f, TIMEFRAME_5MIN, &n);
    assert_int_equal(n, 150);
    end(&f);
}

static void what_is_kept_is_known_beforehand(void **state)
{
    static const struct {
        enum timeframe timeframe;
        size_t kept;
    } CASES[] = {
        {TIMEFRAME_1S, 45000},    {TIMEFRAME_5S, 9000},     {TIMEFRAME_30S, 1500},
        {TIMEFRAME_1MIN, 700},    {TIMEFRAME_2MIN, 350},    {TIMEFRAME_5MIN, 140},
        {TIMEFRAME_30MIN, 24},    {TIMEFRAME_1H, 13},       {TIMEFRAME_4H, 3},
        {TIMEFRAME_1D, SIZE_MAX}, {TIMEFRAME_1W, SIZE_MAX},
    };
    (void)state;
    struct market_settings small = SETTINGS;
    small.history_bars = 700;
    struct fixture f = begin_with(&small);
    for (int settled = 0; settled < 2; settled++) {
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
            assert_int_equal(market_kept_bars(f.market, f.listing, CASES[i].timeframe),
                             CASES[i].kept);
        bar(&f, TIMEFRAME_1MIN, OPEN_MS, 100); /* nothing changes */
    }
    end(&f);
    f = begin_with(&small); /* bars of five minutes are what is kept now */
    bar(&f, TIMEFRAME_5MIN, OPEN_MS, 100);
    assert_int_equal(market_kept_bars(f.market, f.listing, TIMEFRAME_5MIN), 700);
    assert_int_equal(market_kept_bars(f.market, f.listing, TIMEFRAME_1H), 65);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_given_bar_is_as_new_as_its_end),
        cmocka_unit_test(a_bar_closes_when_the_feed_has_passed_its_end_and_the_lateness),
        cmocka_unit_test(a_late_tick_changes_the_pending_bar_and_one_too_late_is_refused),
        cmocka_unit_test(out_of_order_ticks_give_open_and_close_by_time),
        cmocka_unit_test(ticks_outside_the_session_make_no_bar),
        cmocka_unit_test(the_sessions_close_cuts_a_bar_off),
        cmocka_unit_test(cumulative_volume_counts_once_whatever_its_order),
        cmocka_unit_test(open_interest_counts_from_the_day_before),
        cmocka_unit_test(a_bar_sent_as_a_bar_closes_at_once_and_once),
        cmocka_unit_test(two_symbols_of_one_source_may_send_the_same_past_one_after_the_other),
        cmocka_unit_test(symbols_of_one_source_may_send_their_days_in_turn),
        cmocka_unit_test(a_bar_that_a_longer_one_has_closed_without_is_counted),
        cmocka_unit_test(a_bar_older_than_what_ticks_have_begun_is_late),
        cmocka_unit_test(a_bar_that_is_sent_is_told_of_the_longer_ones_that_it_is_in),
        cmocka_unit_test(another_symbols_clock_closes_a_quiet_symbols_bar),
        cmocka_unit_test(a_symbol_that_comes_to_a_source_ahead_of_it_closes_what_is_due),
        cmocka_unit_test(a_series_made_in_a_silence_closes_when_it_is_due),
        cmocka_unit_test(a_source_that_takes_over_reopens_nothing),
        cmocka_unit_test(daily_bars_come_from_minutes_or_are_given),
        cmocka_unit_test(bars_end_at_midnight_with_the_week_the_year_and_a_leap_day),
        cmocka_unit_test(a_series_is_the_same_to_the_bit_whenever_it_was_made),
        cmocka_unit_test(minutes_equal_a_plain_recomputation),
        cmocka_unit_test(history_is_cut_at_a_days_start_and_its_users_are_told),
        cmocka_unit_test(what_is_kept_is_known_beforehand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
