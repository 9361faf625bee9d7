#include "daemon/feed/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"

enum {
    MINUTE_MS = 60000,
    SESSION_MINUTES = 375,
    HISTORY_DAYS = 5,
    STRIKES = 21,
    STRIKE_STEP = 50,
    OPTIONS = 2 * STRIKES,
    OPTIONS_PER_STEP = 3,
    SYMBOL_SIZE = 32,
    INDEXES = 2
};

#define FIRST_OPEN_MS   INT64_C(1762227900000)                    /* 2025-11-04, 09:15 in Kolkata */
#define EXPIRY_DAY      INT64_C(20403)                            /* 2025-11-11 */
#define EXPIRY_MS       (EXPIRY_DAY * FEEDTIME_DAY_MS + 36000000) /* 15:30 in Kolkata */
#define FUTURE_DAY      INT64_C(20417)                            /* 2025-11-25 */
#define YEAR_MS         (365.0 * 86400000.0)
#define TRADING_YEAR_MS (252.0 * SESSION_MINUTES * MINUTE_MS)

struct walker {
    const char *symbol;
    double price, home; /* it is drawn back to home */
    double volatility;  /* a year */
};

struct simulation {
    uint64_t random[2];
    int64_t step_ms, now_ms, open_ms;
    struct walker indexes[INDEXES];
    double future_oi, option_oi[OPTIONS];
    size_t next_option;
    double first_strike;
};

/* ---- chance -----------------------------------------------------------------------------------
 */

/* xorshift128+ (Vigna 2017, Further scramblings of Marsaglia's xorshift generators, p. 179). */
static uint64_t next_random(struct simulation *self)
{
    uint64_t a = self->random[0], b = self->random[1];
    self->random[0] = b;
    a ^= a << 23;
    self->random[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
    return self->random[1] + b;
}

static double uniform(struct simulation *self)
{
    return ((double)(next_random(self) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller 1958, A note on the generation of random normal deviates, p. 610. */
static double normal(struct simulation *self)
{
    double radius = sqrt(-2 * log(uniform(self)));
    return radius * cos(6.283185307179586 * uniform(self));
}

static double to_tick(double price)
{
    double rounded = round(price * 20) / 20;
    return rounded < 0.05 ? 0.05 : rounded;
}

static double move(struct simulation *self, struct walker *walker, double span_ms)
{
    double deviation = walker->volatility * sqrt(span_ms / TRADING_YEAR_MS);
    double back = 0.02 * (walker->home / walker->price - 1) * span_ms / MINUTE_MS;
    walker->price *= 1 + deviation * normal(self) + back;
    return to_tick(walker->price);
}

/* ---- life -------------------------------------------------------------------------------------
 */

struct simulation *simulation_new(uint64_t seed, int64_t step_ms)
{
    struct simulation *self = mem_alloc_zero(1, sizeof *self);
    self->random[0] = seed * 0x9E3779B97F4A7C15u + 1;
    self->random[1] = seed ^ 0xD1B54A32D192ED03u;
    for (int i = 0; i < 20; i++)
        next_random(self);
    self->step_ms = step_ms;
    self->open_ms = FIRST_OPEN_MS;
    self->now_ms = FIRST_OPEN_MS + 105 * MINUTE_MS;
    self->indexes[0] = (struct walker){"NIFTY50", 25650, 25650, 0.13};
    self->indexes[1] = (struct walker){"BANKNIFTY", 57900, 57900, 0.16};
    self->future_oi = 11250000;
    self->first_strike = 25650 - STRIKES / 2 * STRIKE_STEP;
    for (size_t i = 0; i < OPTIONS; i++)
        self->option_oi[i] = 75 * floor(2000 + 40000 * uniform(self));
    return self;
}

void simulation_destroy(struct simulation **self)
{
    if (!*self)
        return;
    free(*self);
    *self = NULL;
}

static const char FUTURE[] = "NIFTY25NOVFUT";

static double strike_of(const struct simulation *self, size_t option)
{
    return self->first_strike + (double)(option / 2) * STRIKE_STEP;
}

static void name_option(const struct simulation *self, size_t option, char symbol[SYMBOL_SIZE])
{
    snprintf(symbol, SYMBOL_SIZE, "NIFTY25N11%d%s", (int)strike_of(self, option),
             option % 2 ? "PE" : "CE");
}

static void add(struct instruments *instruments, const char *symbol, enum instrument_type type,
                double strike, int64_t expiry_day)
{
    struct instrument model = {.symbol = symbol,
                               .underlying = type == INSTRUMENT_INDEX ? "" : "NIFTY50",
                               .exchange = type == INSTRUMENT_INDEX ? "NSE" : "NFO",
                               .type = type,
                               .strike = strike,
                               .tick_size = 0.05,
                               .lot_size = 75,
                               .expiry_day = expiry_day};
    instruments_add(instruments, &model);
}

void simulation_add_instruments(const struct simulation *self, struct instruments *instruments)
{
    for (int i = 0; i < INDEXES; i++)
        add(instruments, self->indexes[i].symbol, INSTRUMENT_INDEX, NAN, INT64_MIN);
    add(instruments, FUTURE, INSTRUMENT_FUT, NAN, FUTURE_DAY);
    for (size_t i = 0; i < OPTIONS; i++) {
        char symbol[SYMBOL_SIZE];
        name_option(self, i, symbol);
        add(instruments, symbol, i % 2 ? INSTRUMENT_PE : INSTRUMENT_CE, strike_of(self, i),
            EXPIRY_DAY);
    }
}

/* ---- history ----------------------------------------------------------------------------------
 */

static void give_minute(struct simulation *self, struct walker *walker, int64_t start_ms,
                        simulation_bar_fn *fn, void *context)
{
    struct bar bar = {.start_ms = start_ms, .last_ms = start_ms + MINUTE_MS - 1, .oi = NAN};
    bar.open = bar.high = bar.low = bar.close = to_tick(walker->price);
    for (int i = 0; i < 4; i++) {
        bar.close = move(self, walker, MINUTE_MS / 4.0);
        bar.high = fmax(bar.high, bar.close);
        bar.low = fmin(bar.low, bar.close);
    }
    bar.oi_reference = NAN;
    fn(context, walker->symbol, &bar);
}

static bool is_weekend(int64_t open_ms)
{
    return (open_ms / FEEDTIME_DAY_MS + 3) % 7 >= 5;
}

void simulation_history(struct simulation *self, simulation_bar_fn *fn, void *context)
{
    int64_t open_ms = self->open_ms;
    for (int days = 0; days < HISTORY_DAYS;) {
        open_ms -= FEEDTIME_DAY_MS;
        days += !is_weekend(open_ms);
    }
    for (; open_ms <= self->open_ms; open_ms += FEEDTIME_DAY_MS) {
        if (is_weekend(open_ms))
            continue;
        for (int minute = 0; minute < SESSION_MINUTES; minute++) {
            int64_t start_ms = open_ms + minute * (int64_t)MINUTE_MS;
            for (int i = 0; i < INDEXES && start_ms + MINUTE_MS <= self->now_ms; i++)
                give_minute(self, &self->indexes[i], start_ms, fn, context);
        }
    }
}

/* ---- the chain --------------------------------------------------------------------------------
 */

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x / 1.4142135623730951);
}

/* Black 1976, The pricing of commodity contracts, p. 177, undiscounted. */
static double price_option(double forward, double strike, double t_years, bool is_put)
{
    double moneyness = log(strike / forward);
    double volatility = 0.115 - 0.25 * moneyness + 3.5 * moneyness * moneyness; /* the smile */
    double deviation = volatility * sqrt(t_years);
    double d1 = -moneyness / deviation + deviation / 2, d2 = d1 - deviation;
    double call = forward * normal_cdf(d1) - strike * normal_cdf(d2);
    return is_put ? call - forward + strike : call;
}

static double lots(struct simulation *self)
{
    return 75 * floor(1 + 20 * uniform(self) * uniform(self));
}

static double drift_oi(struct simulation *self, double oi)
{
    double moved = oi + 75 * round(12 * normal(self));
    return moved < 75 ? 75 : moved;
}

static struct tick make_tick(const struct simulation *self, double price, double quantity,
                             double oi)
{
    return (struct tick){.feed_ms = self->now_ms,
                         .price = price,
                         .quantity = quantity,
                         .cumulative = NAN,
                         .oi = oi,
                         .bid = price > 0.05 ? price - 0.05 : NAN,
                         .ask = price + 0.05};
}

static void give_option(struct simulation *self, double forward, simulation_tick_fn *fn,
                        void *context)
{
    size_t i = self->next_option++ % OPTIONS;
    double t_years = (double)(EXPIRY_MS - self->now_ms) / YEAR_MS;
    if (t_years <= 0)
        return;
    char symbol[SYMBOL_SIZE];
    name_option(self, i, symbol);
    self->option_oi[i] = drift_oi(self, self->option_oi[i]);
    double price = to_tick(price_option(forward, strike_of(self, i), t_years, i % 2));
    struct tick tick = make_tick(self, price, lots(self), self->option_oi[i]);
    fn(context, symbol, &tick);
}

static void go_on(struct simulation *self)
{
    self->now_ms += self->step_ms;
    if (self->now_ms < self->open_ms + SESSION_MINUTES * (int64_t)MINUTE_MS)
        return;
    do
        self->open_ms += FEEDTIME_DAY_MS;
    while (is_weekend(self->open_ms));
    self->now_ms = self->open_ms;
}

void simulation_step(struct simulation *self, simulation_tick_fn *fn, void *context)
{
    go_on(self);
    for (int i = 0; i < INDEXES; i++) {
        double price = move(self, &self->indexes[i], (double)self->step_ms);
        struct tick tick = make_tick(self, price, NAN, NAN);
        fn(context, self->indexes[i].symbol, &tick);
    }
    double forward = self->indexes[0].price * 1.0035;
    self->future_oi = drift_oi(self, self->future_oi);
    struct tick tick = make_tick(self, to_tick(forward), lots(self), self->future_oi);
    fn(context, FUTURE, &tick);
    for (int i = 0; i < OPTIONS_PER_STEP; i++)
        give_option(self, forward, fn, context);
}
