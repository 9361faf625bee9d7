/* chain - what a tick of an underlying costs: its own message with the money and the chain's open
 * interest, and the Greeks of every option of the chain, as the strikes grow. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "daemon/options/value.h"
#include "tests/bench/measure.h"

#define OPEN_MS INT64_C(1762227900000) /* 2025-11-04, 09:15 in Kolkata */
enum { STRIKES_MAX = 400, EXPIRY_DAY = 20410, HISTORY = 3750 };

struct market_of {
    struct calendar *calendar;
    struct instruments *instruments;
    struct market *market;
    struct chains *chains;
    struct option_settings settings;
    struct listing *spot, *options[2 * STRIKES_MAX];
    size_t n_options;
};

static struct listing *add(struct market_of *self, const char *symbol, enum instrument_type type,
                           double strike)
{
    instruments_add(self->instruments,
                    &(struct instrument){.symbol = symbol,
                                         .underlying = type == INSTRUMENT_INDEX ? "" : "NIFTY50",
                                         .exchange = "NFO",
                                         .type = type,
                                         .strike = strike,
                                         .tick_size = NAN,
                                         .lot_size = NAN,
                                         .expiry_day = EXPIRY_DAY});
    return market_add(self->market, symbol, self->calendar);
}

static void feed(struct market_of *self, struct listing *listing, int64_t feed_ms, double price,
                 double oi)
{
    struct touched touched = {0};
    struct tick tick = {feed_ms, price, NAN, NAN, oi, NAN, NAN};
    if (market_apply_tick(self->market, 0, listing, &tick, &touched) != REJECT_NONE)
        die("a tick was refused");
    touched_destroy(&touched);
}

static void feed_all(struct market_of *self, int64_t feed_ms)
{
    feed(self, self->spot, feed_ms, 25000, NAN);
    for (size_t i = 0; i < self->n_options; i++) {
        double strike = 25000 + 50.0 * ((double)(i / 2) - (double)self->n_options / 4);
        double worth = fmax(i % 2 ? strike - 25000 : 25000 - strike, 0);
        feed(self, self->options[i], feed_ms, worth + 200 * exp(-fabs(strike - 25000) / 800) + 0.05,
             1000 + (double)(i % 37));
    }
}

static void market_of_new(struct market_of *self, size_t n_strikes, size_t n_minutes)
{
    char symbol[32];
    *self = (struct market_of){.calendar = calendar_new_default(),
                               .settings = {.convention = &convention_presets[0]}};
    self->instruments = instruments_new();
    self->market = market_new(&(struct market_settings){1000, 100000, 0});
    self->spot = add(self, "NIFTY50", INSTRUMENT_INDEX, NAN);
    for (size_t i = 0; i < 2 * n_strikes; i++) {
        double strike = 25000 + 50.0 * ((double)(i / 2) - (double)n_strikes / 2);
        snprintf(symbol, sizeof symbol, "N%.0f%s", strike, i % 2 ? "PE" : "CE");
        self->options[self->n_options++] =
            add(self, symbol, i % 2 ? INSTRUMENT_PE : INSTRUMENT_CE, strike);
    }
    self->chains = chains_new(&self->settings, self->market, self->instruments);
    for (size_t i = 0; i < n_minutes; i++)
        feed_all(self, OPEN_MS + (int64_t)(i % 375) * 60000 + (int64_t)(i / 375) * 86400000);
}

static void market_of_clear(struct market_of *self)
{
    market_destroy(&self->market);
    chains_destroy(&self->chains);
    instruments_destroy(&self->instruments);
    calendar_destroy(&self->calendar);
}

/* Microseconds of one call, at best. */
static double time_underlying(struct market_of *self, int64_t end_ms, bool is_short)
{
    struct best best = {0};
    struct buf out = {0};
    for (int round = 0; round < (is_short ? 20 : 200); round++) {
        const struct bar *bar = contract_bar_by(self->spot->contract, end_ms);
        uint64_t started_ns = now_ns();
        buf_reset(&out);
        value_put(&out, self->spot, bar, (struct moment){bar->last_ms, end_ms});
        best_of_least(&best, (double)(now_ns() - started_ns) / 1000);
    }
    buf_destroy(&out);
    return best.value;
}

static double time_options(struct market_of *self, bool is_short)
{
    struct best best = {0};
    double values[VALUE_SOURCES], sum = 0;
    for (int round = 0; round < (is_short ? 5 : 50); round++) {
        uint64_t started_ns = now_ns();
        for (size_t i = 0; i < self->n_options; i++) {
            const struct bar *bar = contract_bar_by(self->options[i]->contract, INT64_MAX);
            value_sources(self->options[i], bar, (struct moment){bar->last_ms, INT64_MAX},
                          1 << VALUE_IV, values);
            sum += isnan(values[VALUE_IV]) ? 0 : values[VALUE_IV];
        }
        best_of_least(&best, (double)(now_ns() - started_ns) / 1000);
    }
    if (!(sum > 0))
        die("no option has a volatility");
    return best.value;
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    static const size_t STRIKES[] = {50, 100, 200, 400};
    char what[64];
    for (size_t i = 0; i < sizeof STRIKES / sizeof *STRIKES; i++) {
        struct market_of market;
        market_of_new(&market, STRIKES[i], options.is_short ? 400 : HISTORY);
        snprintf(what, sizeof what, "chain: underlying's tick, %zu strikes x 2", STRIKES[i]);
        report(what, "us", time_underlying(&market, INT64_MAX, options.is_short), 0,
               STRIKES[i] == 200 ? "<= 150" : "");
        snprintf(what, sizeof what, "chain: a bar of its past, %zu strikes x 2", STRIKES[i]);
        report(what, "us", time_underlying(&market, OPEN_MS + 200 * 60000, options.is_short), 0,
               "");
        snprintf(what, sizeof what, "chain: Greeks of all, %zu strikes x 2", STRIKES[i]);
        report(what, "us", time_options(&market, options.is_short), 0, "");
        market_of_clear(&market);
    }
    return 0;
}
