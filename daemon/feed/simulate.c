#include "daemon/feed/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "daemon/market/calendar.h"

enum {
    MINUTE_MS = 60000,
    HISTORY_DAYS = 5,
    STRIKES = 21,
    STRIKE_STEP = 50,
    OPTIONS = 2 * STRIKES,
    OPTIONS_PER_STEP = 3,
    CHAINS = 13, /* weekly */
    FUTURES = 4, /* monthly */
    LOT = 75,
    SYMBOL_SIZE = 32,
    INDEXES = 2
};

#define FIRST_OPEN_MS   INT64_C(1762227900000) /* 2025-11-04, 09:15 in Kolkata */
#define FIRST_EXPIRY    INT64_C(20403)         /* 2025-11-11, a Tuesday, as all of them */
#define FIRST_STRIKE    (25650 - STRIKES / 2 * STRIKE_STEP)
#define TICK_SIZE       0.05
#define RATE            0.065 /* a year, continuous */
#define YEAR_MS         (365.0 * 86400000.0)
#define TRADING_YEAR_MS (252.0 * 375 * MINUTE_MS)

struct walker {
    const char *symbol;
    double price, home; /* it is drawn back to home */
    double volatility;  /* a year */
};

/* All that expires on one day: an option chain, or a future. */
struct contract {
    int64_t expiry_day;
    char name[SYMBOL_SIZE / 2]; /* what its symbols begin with */
    double oi[OPTIONS];         /* of a future the first */
};

struct simulation {
    uint64_t random[2];
    struct calendar *calendar;
    int64_t step_ms, now_ms;
    struct walker indexes[INDEXES];
    struct contract chains[CHAINS], futures[FUTURES];
    size_t next_option;
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
    double rounded = round(price / TICK_SIZE) / 20; /* a twentieth is no binary fraction */
    return rounded < TICK_SIZE ? TICK_SIZE : rounded;
}

static double move(struct simulation *self, struct walker *walker, double span_ms)
{
    double deviation = walker->volatility * sqrt(span_ms / TRADING_YEAR_MS);
    double back = (walker->home / walker->price - 1) * (1 - exp(-0.02 * span_ms / MINUTE_MS));
    walker->price *= 1 + deviation * normal(self) + back;
    return to_tick(walker->price);
}

/* ---- contracts --------------------------------------------------------------------------------
 */

static bool is_last_of_month(int64_t day)
{
    int64_t year;
    int month, next, of_month;
    feedtime_civil_from_days(day, &year, &month, &of_month);
    feedtime_civil_from_days(day + 7, &year, &next, &of_month);
    return month != next;
}

/* As the exchange does: NIFTY25NOV where a month's last contracts expire, else NIFTY25N11. */
static struct contract make_contract(int64_t expiry_day)
{
    static const char *const MONTHS[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                         "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    struct contract contract = {.expiry_day = expiry_day};
    int64_t year;
    int month, day;
    feedtime_civil_from_days(expiry_day, &year, &month, &day);
    if (is_last_of_month(expiry_day))
        snprintf(contract.name, sizeof contract.name, "NIFTY%02d%s", (int)(year % 100),
                 MONTHS[month - 1]);
    else
        snprintf(contract.name, sizeof contract.name, "NIFTY%02d%c%02d", (int)(year % 100),
                 "123456789OND"[month - 1], day);
    return contract;
}

static void make_contracts(struct simulation *self)
{
    int64_t day = FIRST_EXPIRY;
    for (size_t i = 0; i < CHAINS; i++, day += 7) {
        self->chains[i] = make_contract(day);
        for (size_t k = 0; k < OPTIONS; k++)
            self->chains[i].oi[k] = LOT * floor(2000 + 40000 * uniform(self));
    }
    day = FIRST_EXPIRY;
    for (size_t i = 0; i < FUTURES; day += 7)
        if (is_last_of_month(day)) {
            self->futures[i] = make_contract(day);
            self->futures[i++].oi[0] = LOT * floor(140000 + 20000 * uniform(self));
        }
}

static double strike_of(size_t option)
{
    return FIRST_STRIKE + (double)(option / 2) * STRIKE_STEP;
}

static void name_option(const struct contract *chain, size_t option, char symbol[SYMBOL_SIZE])
{
    snprintf(symbol, SYMBOL_SIZE, "%s%d%s", chain->name, (int)strike_of(option),
             option % 2 ? "PE" : "CE");
}

static void name_future(const struct contract *future, char symbol[SYMBOL_SIZE])
{
    snprintf(symbol, SYMBOL_SIZE, "%sFUT", future->name);
}

/* The first of n contracts that has not expired, NULL if all have. */
static struct contract *next_of(const struct simulation *self, struct contract *contracts, size_t n)
{
    int64_t today = calendar_trading_day(self->calendar, self->now_ms);
    for (size_t i = 0; i < n; i++)
        if (contracts[i].expiry_day >= today)
            return &contracts[i];
    return NULL;
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
    self->calendar = calendar_new_default();
    self->step_ms = step_ms;
    self->now_ms = FIRST_OPEN_MS + 105 * MINUTE_MS;
    self->indexes[0] = (struct walker){"NIFTY50", 25650, 25650, 0.13};
    self->indexes[1] = (struct walker){"BANKNIFTY", 57900, 57900, 0.16};
    make_contracts(self);
    return self;
}

void simulation_destroy(struct simulation **self)
{
    if (!*self)
        return;
    calendar_destroy(&(*self)->calendar);
    free(*self);
    *self = NULL;
}

static void add_index(struct instruments *instruments, const char *symbol)
{
    instruments_add(instruments, &(struct instrument){.symbol = symbol,
                                                      .exchange = "NSE",
                                                      .type = INSTRUMENT_INDEX,
                                                      .strike = NAN,
                                                      .tick_size = TICK_SIZE,
                                                      .lot_size = NAN,
                                                      .expiry_day = INT64_MIN});
}

static void add_derivative(struct instruments *instruments, const char *symbol,
                           enum instrument_type type, double strike, int64_t expiry_day)
{
    instruments_add(instruments, &(struct instrument){.symbol = symbol,
                                                      .underlying = "NIFTY50",
                                                      .exchange = "NFO",
                                                      .type = type,
                                                      .strike = strike,
                                                      .tick_size = TICK_SIZE,
                                                      .lot_size = LOT,
                                                      .expiry_day = expiry_day});
}

void simulation_add_instruments(const struct simulation *self, struct instruments *instruments)
{
    char symbol[SYMBOL_SIZE];
    for (size_t i = 0; i < INDEXES; i++)
        add_index(instruments, self->indexes[i].symbol);
    for (size_t i = 0; i < FUTURES; i++) {
        name_future(&self->futures[i], symbol);
        add_derivative(instruments, symbol, INSTRUMENT_FUT, NAN, self->futures[i].expiry_day);
    }
    for (size_t i = 0; i < CHAINS * OPTIONS; i++) {
        const struct contract *chain = &self->chains[i / OPTIONS];
        size_t option = i % OPTIONS;
        name_option(chain, option, symbol);
        add_derivative(instruments, symbol, option % 2 ? INSTRUMENT_PE : INSTRUMENT_CE,
                       strike_of(option), chain->expiry_day);
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

/* The open of that many sessions before the one that opens at open_ms. */
static int64_t sessions_before(const struct simulation *self, int64_t open_ms, int n)
{
    while (n > 0) {
        open_ms -= FEEDTIME_DAY_MS;
        n -= calendar_is_open(self->calendar, open_ms);
    }
    return open_ms;
}

void simulation_history(struct simulation *self, simulation_bar_fn *fn, void *context)
{
    for (int64_t open_ms = sessions_before(self, FIRST_OPEN_MS, HISTORY_DAYS);
         open_ms <= FIRST_OPEN_MS; open_ms = calendar_next_open(self->calendar, open_ms)) {
        int64_t start_ms, close_ms;
        calendar_bar_start(self->calendar, TIMEFRAME_1D, open_ms, &start_ms, &close_ms);
        for (; start_ms < close_ms && start_ms < self->now_ms; start_ms += MINUTE_MS)
            for (size_t i = 0; i < INDEXES; i++)
                give_minute(self, &self->indexes[i], start_ms, fn, context);
    }
}

/* ---- the course -------------------------------------------------------------------------------
 */

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x / 1.4142135623730951);
}

/* Black 1976, The pricing of commodity contracts, p. 177. */
static double price_option(double forward, double strike, double t_years, bool is_put)
{
    double moneyness = log(strike / forward);
    double volatility = 0.115 - 0.25 * moneyness + 3.5 * moneyness * moneyness; /* the smile */
    double deviation = volatility * sqrt(t_years);
    double d1 = -moneyness / deviation + deviation / 2, d2 = d1 - deviation;
    double call = forward * normal_cdf(d1) - strike * normal_cdf(d2);
    return exp(-RATE * t_years) * (is_put ? call - forward + strike : call);
}

static double years_left(const struct simulation *self, const struct contract *contract)
{
    int64_t noon_ms = contract->expiry_day * FEEDTIME_DAY_MS, open_ms, close_ms;
    calendar_bar_start(self->calendar, TIMEFRAME_1D, noon_ms, &open_ms, &close_ms);
    return (double)(close_ms - self->now_ms) / YEAR_MS;
}

static double forward_of(const struct simulation *self, double t_years)
{
    return self->indexes[0].price * exp(RATE * t_years);
}

static double lots(struct simulation *self)
{
    return LOT * floor(1 + 20 * uniform(self) * uniform(self));
}

static double drift_oi(struct simulation *self, double oi)
{
    double moved = oi + LOT * round(12 * normal(self));
    return moved < LOT ? LOT : moved;
}

static struct tick make_tick(const struct simulation *self, double price, double quantity,
                             double oi)
{
    return (struct tick){.feed_ms = self->now_ms,
                         .price = price,
                         .quantity = quantity,
                         .cumulative = NAN,
                         .oi = oi,
                         .bid = price > TICK_SIZE ? to_tick(price - TICK_SIZE) : NAN,
                         .ask = to_tick(price + TICK_SIZE)};
}

static void give_index(struct simulation *self, struct walker *walker, simulation_tick_fn *fn,
                       void *context)
{
    double price = move(self, walker, (double)self->step_ms);
    struct tick tick = make_tick(self, price, NAN, NAN);
    fn(context, walker->symbol, &tick);
}

static void give_future(struct simulation *self, struct contract *future, simulation_tick_fn *fn,
                        void *context)
{
    char symbol[SYMBOL_SIZE];
    double price = to_tick(forward_of(self, years_left(self, future)));
    future->oi[0] = drift_oi(self, future->oi[0]);
    struct tick tick = make_tick(self, price, lots(self), future->oi[0]);
    name_future(future, symbol);
    fn(context, symbol, &tick);
}

static void give_option(struct simulation *self, struct contract *chain, simulation_tick_fn *fn,
                        void *context)
{
    size_t option = self->next_option++ % OPTIONS;
    double t_years = years_left(self, chain), forward = forward_of(self, t_years);
    char symbol[SYMBOL_SIZE];
    double price = to_tick(price_option(forward, strike_of(option), t_years, option % 2));
    chain->oi[option] = drift_oi(self, chain->oi[option]);
    struct tick tick = make_tick(self, price, lots(self), chain->oi[option]);
    name_option(chain, option, symbol);
    fn(context, symbol, &tick);
}

static void go_on(struct simulation *self)
{
    int64_t open_ms, close_ms;
    calendar_bar_start(self->calendar, TIMEFRAME_1D, self->now_ms, &open_ms, &close_ms);
    self->now_ms += self->step_ms;
    if (self->now_ms >= close_ms)
        self->now_ms = calendar_next_open(self->calendar, open_ms);
}

void simulation_step(struct simulation *self, simulation_tick_fn *fn, void *context)
{
    go_on(self);
    for (size_t i = 0; i < INDEXES; i++)
        give_index(self, &self->indexes[i], fn, context);
    struct contract *future = next_of(self, self->futures, FUTURES);
    struct contract *chain = next_of(self, self->chains, CHAINS);
    if (future)
        give_future(self, future, fn, context);
    for (int i = 0; chain && i < OPTIONS_PER_STEP; i++)
        give_option(self, chain, fn, context);
}
