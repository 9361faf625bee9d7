/* The built-in market: the same from the same seed, inside sessions, at prices that make sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/feedtime.h"
#include "daemon/feed/simulate.h"
#include "daemon/market/calendar.h"

enum { STEP_MS = 6000, MINUTE_MS = 60000, HISTORY_BARS = 5 * 375 + 105 };

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(feedtime_parse(text, &ms));
    return ms;
}

/* ---- what comes is written down ---------------------------------------------------------------
 */

static void put_tick(void *context, const char *symbol, const struct tick *tick)
{
    buf_put_format(context, "%s %lld %.17g %g %g %g %g\n", symbol, (long long)tick->feed_ms,
                   tick->price, tick->quantity, tick->oi, tick->bid, tick->ask);
}

static void put_bar(void *context, const char *symbol, const struct bar *bar)
{
    buf_put_format(context, "%s %lld %.17g %.17g %.17g %.17g\n", symbol, (long long)bar->start_ms,
                   bar->open, bar->high, bar->low, bar->close);
}

static struct buf course_of(uint64_t seed, int n_steps)
{
    struct buf course = {0};
    struct simulation *self = simulation_new(seed, STEP_MS);
    simulation_history(self, put_bar, &course);
    for (int i = 0; i < n_steps; i++)
        simulation_step(self, put_tick, &course);
    simulation_destroy(&self);
    return course;
}

static void the_seed_decides_everything(void **state)
{
    struct buf first = course_of(7, 5000), again = course_of(7, 5000), other = course_of(8, 5000);
    (void)state;
    assert_string_equal(first.data, again.data);
    assert_string_not_equal(first.data, other.data);
    buf_destroy(&first);
    buf_destroy(&again);
    buf_destroy(&other);
}

static void every_seed_makes_a_market(void **state)
{
    static const uint64_t SEEDS[] = {0, 1, UINT64_MAX, INT64_MAX, 0xD1B54A32D192ED03u};
    (void)state;
    for (size_t i = 0; i < sizeof SEEDS / sizeof *SEEDS; i++) {
        struct buf course = course_of(SEEDS[i], 10);
        assert_null(strstr(course.data, "inf"));
        assert_non_null(strstr(course.data, "NIFTY50 1762234206000 "));
        buf_destroy(&course);
    }
}

/* ---- history ----------------------------------------------------------------------------------
 */

struct history {
    const struct calendar *calendar;
    size_t n;
    int64_t last_ms;
    double last_close;
};

static void check_bar(void *context, const char *symbol, const struct bar *bar)
{
    struct history *self = context;
    if (strcmp(symbol, "NIFTY50") != 0) {
        assert_string_equal(symbol, "BANKNIFTY");
        return;
    }
    assert_true(calendar_is_open(self->calendar, bar->start_ms));
    assert_true(bar->start_ms > self->last_ms && bar->start_ms % MINUTE_MS == 0);
    assert_true(bar->low <= bar->open && bar->open <= bar->high);
    assert_true(bar->low <= bar->close && bar->close <= bar->high);
    assert_true(isnan(bar->oi) && bar->volume == 0);
    if (self->n > 0)
        assert_true(bar->open == self->last_close);
    self->last_ms = bar->start_ms;
    self->last_close = bar->close;
    self->n++;
}

static void history_is_five_sessions_and_the_morning(void **state)
{
    struct calendar *nse = calendar_new_default();
    struct history history = {.calendar = nse};
    struct simulation *self = simulation_new(1, STEP_MS);
    (void)state;
    simulation_history(self, check_bar, &history);
    assert_int_equal(history.n, HISTORY_BARS);
    assert_int_equal(history.last_ms, at("2025-11-04T05:29:00Z"));
    simulation_destroy(&self);
    calendar_destroy(&nse);
}

/* ---- ticks ------------------------------------------------------------------------------------
 */

struct trading {
    const struct calendar *calendar;
    struct instruments *instruments;
    int64_t last_ms;
    double forward; /* the future's price */
    size_t n_ticks[INSTRUMENT_TYPE_COUNT], n_sessions;
};

static bool is_multiple(double value, double unit)
{
    return fabs(value / unit - round(value / unit)) < 1e-6;
}

static void check_time(struct trading *self, int64_t ms)
{
    assert_true(calendar_is_open(self->calendar, ms));
    assert_true(ms >= self->last_ms);
    self->n_sessions += calendar_trading_day(self->calendar, ms) !=
                        calendar_trading_day(self->calendar, self->last_ms);
    self->last_ms = ms;
}

/* Bounds that hold whatever the model: a call is worth at least what exercising it brings, less
 * than the forward, a put the other way round. The forwards of the two expiries differ a little. */
static void check_option(const struct trading *self, const struct instrument *one, double price)
{
    enum { SLACK = 150 };
    double gain =
        one->type == INSTRUMENT_CE ? self->forward - one->strike : one->strike - self->forward;
    assert_true(price >= gain - SLACK);
    assert_true(price <= fmax(gain, 0) + 1500);
}

static void check_tick(void *context, const char *symbol, const struct tick *tick)
{
    struct trading *self = context;
    const struct instrument *one = instruments_find(self->instruments, symbol);
    assert_non_null(one);
    check_time(self, tick->feed_ms);
    assert_true(tick->price >= 0.05 && is_multiple(tick->price, 0.05));
    assert_true(isnan(tick->bid) || (tick->bid < tick->price && is_multiple(tick->bid, 0.05)));
    assert_true(tick->ask > tick->price && isnan(tick->cumulative));
    self->n_ticks[one->type]++;
    if (one->type == INSTRUMENT_INDEX) {
        assert_true(isnan(tick->quantity) && isnan(tick->oi));
        return;
    }
    assert_string_equal(one->underlying, "NIFTY50");
    assert_true(calendar_trading_day(self->calendar, tick->feed_ms) <= one->expiry_day);
    assert_true(tick->quantity >= 75 && is_multiple(tick->quantity, 75));
    assert_true(tick->oi >= 75 && is_multiple(tick->oi, 75));
    if (one->type == INSTRUMENT_FUT)
        self->forward = tick->price;
    else
        check_option(self, one, tick->price);
}

static struct trading begin_trading(struct simulation *simulation, const struct calendar *calendar)
{
    struct trading self = {.calendar = calendar, .instruments = instruments_new()};
    self.last_ms = at("2025-11-04T05:30:00Z");
    simulation_add_instruments(simulation, self.instruments);
    return self;
}

static void a_day_of_ticks_makes_sense(void **state)
{
    enum { STEPS = 375 * MINUTE_MS / STEP_MS };
    struct calendar *nse = calendar_new_default();
    struct simulation *self = simulation_new(3, STEP_MS);
    struct trading trading = begin_trading(self, nse);
    (void)state;
    for (int i = 0; i < STEPS; i++)
        simulation_step(self, check_tick, &trading);
    assert_int_equal(trading.n_ticks[INSTRUMENT_INDEX], 2 * STEPS);
    assert_int_equal(trading.n_ticks[INSTRUMENT_FUT], STEPS);
    assert_int_equal(trading.n_ticks[INSTRUMENT_CE] + trading.n_ticks[INSTRUMENT_PE], 3 * STEPS);
    assert_int_equal(trading.n_ticks[INSTRUMENT_CE], trading.n_ticks[INSTRUMENT_PE]);
    assert_int_equal(trading.n_sessions, 1); /* the rest of one day, the beginning of the next */
    assert_int_equal(trading.last_ms, at("2025-11-05T05:30:00Z"));
    instruments_destroy(&trading.instruments);
    simulation_destroy(&self);
    calendar_destroy(&nse);
}

/* Twelve weeks in steps of ten minutes: chains and futures follow each other over weekends, the
 * year's end and their expiries. */
static void contracts_are_rolled_over(void **state)
{
    struct calendar *nse = calendar_new_default();
    struct simulation *self = simulation_new(4, 10 * MINUTE_MS);
    struct trading trading = begin_trading(self, nse);
    (void)state;
    while (trading.last_ms < at("2026-01-27T05:00:00Z")) {
        size_t n_options = trading.n_ticks[INSTRUMENT_CE] + trading.n_ticks[INSTRUMENT_PE];
        simulation_step(self, check_tick, &trading);
        assert_int_equal(trading.n_ticks[INSTRUMENT_CE] + trading.n_ticks[INSTRUMENT_PE],
                         n_options + 3);
    }
    assert_int_equal(trading.n_sessions, 60); /* weekdays from 5 November to 27 January */
    instruments_destroy(&trading.instruments);
    simulation_destroy(&self);
    calendar_destroy(&nse);
}

static void behind_the_last_expiry_indexes_trade_alone(void **state)
{
    struct calendar *nse = calendar_new_default();
    struct simulation *self = simulation_new(5, 375 * MINUTE_MS);
    struct trading trading = begin_trading(self, nse);
    (void)state;
    while (trading.last_ms < at("2026-03-02T00:00:00Z"))
        simulation_step(self, check_tick, &trading);
    struct trading before = trading;
    simulation_step(self, check_tick, &trading);
    assert_int_equal(trading.n_ticks[INSTRUMENT_INDEX], before.n_ticks[INSTRUMENT_INDEX] + 2);
    assert_int_equal(trading.n_ticks[INSTRUMENT_FUT], before.n_ticks[INSTRUMENT_FUT]);
    assert_int_equal(trading.n_ticks[INSTRUMENT_CE], before.n_ticks[INSTRUMENT_CE]);
    instruments_destroy(&trading.instruments);
    simulation_destroy(&self);
    calendar_destroy(&nse);
}

/* ---- the chain --------------------------------------------------------------------------------
 */

struct prices {
    struct instruments *instruments;
    double of[200]; /* by instrument, NAN where none has come */
};

static void keep_price(void *context, const char *symbol, const struct tick *tick)
{
    struct prices *self = context;
    for (size_t i = 0; i < 60; i++)
        if (strcmp(instruments_at(self->instruments, i)->symbol, symbol) == 0)
            self->of[i] = tick->price;
}

/* Steps of a millisecond hold the index still, so that a whole chain is of one moment. */
static void a_chain_has_no_arbitrage(void **state)
{
    enum { FIRST_OPTION = 6, OPTIONS = 42 };
    struct simulation *self = simulation_new(6, 1);
    struct prices prices = {.instruments = instruments_new()};
    double parity = NAN;
    (void)state;
    simulation_add_instruments(self, prices.instruments);
    for (int i = 0; i < OPTIONS / 3; i++)
        simulation_step(self, keep_price, &prices);
    for (size_t i = FIRST_OPTION; i < FIRST_OPTION + OPTIONS; i += 2) {
        const struct instrument *call = instruments_at(prices.instruments, i),
                                *put = instruments_at(prices.instruments, i + 1);
        assert_int_equal(call->type, INSTRUMENT_CE);
        assert_int_equal(put->type, INSTRUMENT_PE);
        assert_int_equal(call->expiry_day, feedtime_days_from_civil(2025, 11, 11));
        assert_true(call->strike == put->strike);
        /* call - put + strike * discount is the same for all strikes */
        double t_years = 7.1875 / 365;
        double sum = prices.of[i] - prices.of[i + 1] + call->strike * exp(-0.065 * t_years);
        assert_true(isnan(parity) || fabs(sum - parity) < 1);
        parity = sum;
        if (i > FIRST_OPTION) {
            assert_true(prices.of[i] <= prices.of[i - 2]);
            assert_true(prices.of[i + 1] >= prices.of[i - 1]);
        }
    }
    assert_true(fabs(parity - prices.of[0]) < 1); /* it is the index itself */
    instruments_destroy(&prices.instruments);
    simulation_destroy(&self);
}

static void symbols_are_named_as_the_exchange_names_them(void **state)
{
    static const struct {
        const char *symbol;
        enum instrument_type type;
        int year, month, day;
    } LISTED[] = {
        {"NIFTY25N1125650CE", INSTRUMENT_CE, 2025, 11, 11},
        {"NIFTY25N1825650PE", INSTRUMENT_PE, 2025, 11, 18},
        {"NIFTY25NOV25150CE", INSTRUMENT_CE, 2025, 11, 25},
        {"NIFTY25D0226150CE", INSTRUMENT_CE, 2025, 12, 2},
        {"NIFTY2610625650CE", INSTRUMENT_CE, 2026, 1, 6},
        {"NIFTY25NOVFUT", INSTRUMENT_FUT, 2025, 11, 25},
        {"NIFTY25DECFUT", INSTRUMENT_FUT, 2025, 12, 30},
        {"NIFTY26JANFUT", INSTRUMENT_FUT, 2026, 1, 27},
    };
    struct instruments *instruments = instruments_new();
    struct simulation *self = simulation_new(1, STEP_MS);
    (void)state;
    instruments_add_index(instruments, "NIFTY50"); /* listed before: stays */
    simulation_add_instruments(self, instruments);
    assert_int_equal(instruments_count(instruments), 2 + 4 + 13 * 42);
    for (size_t i = 0; i < sizeof LISTED / sizeof *LISTED; i++) {
        const struct instrument *one = instruments_find(instruments, LISTED[i].symbol);
        if (!one)
            fail_msg("not listed: %s", LISTED[i].symbol);
        assert_int_equal(one->type, LISTED[i].type);
        assert_int_equal(one->expiry_day,
                         feedtime_days_from_civil(LISTED[i].year, LISTED[i].month, LISTED[i].day));
    }
    instruments_destroy(&instruments);
    simulation_destroy(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seed_decides_everything),
        cmocka_unit_test(every_seed_makes_a_market),
        cmocka_unit_test(history_is_five_sessions_and_the_morning),
        cmocka_unit_test(a_day_of_ticks_makes_sense),
        cmocka_unit_test(contracts_are_rolled_over),
        cmocka_unit_test(behind_the_last_expiry_indexes_trade_alone),
        cmocka_unit_test(a_chain_has_no_arbitrage),
        cmocka_unit_test(symbols_are_named_as_the_exchange_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
