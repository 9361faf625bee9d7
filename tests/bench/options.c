/* options - nanoseconds an implied volatility, next to a plain Newton and bisection in the same
 * run; the Greeks of an option, next to the textbook's formulas; both sides of a strike by each
 * convention; a forward from the parity of a chain. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/options/convention.h"
#include "common/options/forward.h"
#include "tests/bench/measure.h"

enum { N_OPTIONS = 4000, N_STRIKES = 200, ROUNDS = 7 };

struct option {
    struct option_terms terms;
    double volatility, price;
};

static double draw(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (double)(*random >> 11) * 0x1p-53;
}

/* Like NIFTY's: out of the money, 29 minutes to 90 days, prices in ticks of 0.05. */
static struct option draw_nifty(uint64_t *random)
{
    struct option self = {{.model = MODEL_BLACK76}, 0, 0};
    while (self.price <= 0) {
        self.terms.underlying = 25000 + 1000 * draw(random);
        self.terms.strike = 50 * floor(self.terms.underlying / 50 * (0.9 + 0.2 * draw(random)));
        self.terms.is_call = self.terms.strike > self.terms.underlying;
        self.terms.t_years = (29 + (90 * 1440 - 29) * draw(random)) / 525600;
        self.volatility = 0.08 + 0.4 * draw(random);
        self.price = round(option_price(&self.terms, self.volatility) / 0.05) * 0.05;
    }
    return self;
}

/* Anywhere from far out of the money to where only the volatility is left of the price. */
static struct option draw_any(uint64_t *random)
{
    struct option self = {{.model = MODEL_BLACK76}, 0, 0};
    while (self.price < 1e-280 || self.price >= 100 * (1 - 1e-12)) {
        double y = exp(log(1e-6) + log(1e8) * draw(random));
        self.terms = (struct option_terms){MODEL_BLACK76, true, 100, 100 * exp(y), 0.25, 0, 0};
        self.volatility = draw(random) < 0.5 ? 2 * y / (38 * draw(random) + 1e-3)
                                             : exp(log(1e-3) + log(2e4) * draw(random));
        self.price = option_price(&self.terms, self.volatility);
    }
    return self;
}

/* ---- references -------------------------------------------------------------------------------
 */

static double plain_cdf(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

static double plain_density(double x)
{
    return exp(-0.5 * x * x) / sqrt(2 * M_PI);
}

static double plain_price(const struct option_terms *terms, double volatility)
{
    double deviation = volatility * sqrt(terms->t_years), sign = terms->is_call ? 1 : -1;
    double d1 = log(terms->underlying / terms->strike) / deviation + deviation / 2;
    return sign * (terms->underlying * plain_cdf(sign * d1) -
                   terms->strike * plain_cdf(sign * (d1 - deviation)));
}

/* Newton's method from 20 %, by bisection where it leaves the bracket, to the last few places. */
static double plain_volatility(const struct option_terms *terms, double price)
{
    double low = 1e-6, high = 10, volatility = 0.2;
    for (int i = 0; i < 200; i++) {
        double miss = plain_price(terms, volatility) - price;
        *(miss > 0 ? &high : &low) = volatility;
        double deviation = volatility * sqrt(terms->t_years);
        double d1 = log(terms->underlying / terms->strike) / deviation + deviation / 2;
        double next =
            volatility - miss / (terms->underlying * plain_density(d1) * sqrt(terms->t_years));
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        if (fabs(next - volatility) < 1e-13 * volatility)
            return next;
        volatility = next;
    }
    return volatility;
}

static struct greeks plain_greeks(const struct option_terms *terms, double volatility)
{
    double t = terms->t_years, deviation = volatility * sqrt(t), sign = terms->is_call ? 1 : -1;
    double d1 = log(terms->underlying / terms->strike) / deviation + deviation / 2;
    double discount = exp(-terms->rate * t), price = discount * plain_price(terms, volatility);
    double density = discount * plain_density(d1);
    double vega = terms->underlying * density * sqrt(t);
    return (struct greeks){.price = price,
                           .delta = sign * discount * plain_cdf(sign * d1),
                           .gamma = density / (terms->underlying * deviation),
                           .theta = (terms->rate * price - vega * volatility / (2 * t)) / 365,
                           .vega = vega / 100,
                           .rho = -t * price / 100};
}

/* ---- measurements -----------------------------------------------------------------------------
 */

/* A sum of all results keeps the compiler from leaving the work out. */
static double time_volatilities(const struct option *options, double *sum)
{
    uint64_t start_ns = now_ns();
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option_terms *terms = &options[i].terms;
        enum iv_fault fault;
        *sum += implied_volatility(options[i].price, terms->underlying, terms->strike,
                                   terms->t_years, terms->is_call, &fault);
    }
    return (double)(now_ns() - start_ns) / N_OPTIONS;
}

static double time_plain_volatilities(const struct option *options, double *sum)
{
    uint64_t start_ns = now_ns();
    for (size_t i = 0; i < N_OPTIONS; i++)
        *sum += plain_volatility(&options[i].terms, options[i].price);
    return (double)(now_ns() - start_ns) / N_OPTIONS;
}

static double time_greeks(const struct option *options, double *sum,
                          struct greeks (*greeks_of)(const struct option_terms *terms,
                                                     double volatility))
{
    uint64_t start_ns = now_ns();
    for (size_t i = 0; i < N_OPTIONS; i++) {
        struct greeks greeks = greeks_of(&options[i].terms, options[i].volatility);
        *sum += greeks.delta + greeks.gamma + greeks.theta + greeks.vega + greeks.rho;
    }
    return (double)(now_ns() - start_ns) / N_OPTIONS;
}

static struct strike_market market_of(const struct convention *convention,
                                      const struct option *option)
{
    struct option_terms terms = option->terms;
    terms.model = convention->model;
    terms.rate = convention->rate;
    terms.is_call = true;
    struct strike_market market = {terms.underlying,
                                   terms.underlying,
                                   terms.strike,
                                   terms.t_years,
                                   option_price(&terms, option->volatility),
                                   0};
    terms.is_call = false;
    market.put_price = option_price(&terms, option->volatility);
    return market;
}

static double time_strikes(const struct convention *convention, const struct strike_market *markets,
                           double *sum)
{
    uint64_t start_ns = now_ns();
    for (size_t i = 0; i < N_OPTIONS; i++) {
        struct valuation call, put;
        convention_value(convention, &markets[i], &call, &put);
        if (call.fault == IV_OK && put.fault == IV_OK)
            *sum += call.iv + put.greeks.delta;
    }
    return (double)(now_ns() - start_ns) / N_OPTIONS;
}

static double time_forwards(const struct forward_inputs *inputs, double *sum)
{
    enum { TIMES = 1000 };
    uint64_t start_ns = now_ns();
    for (size_t i = 0; i < TIMES; i++)
        *sum += forward_choose(inputs).value;
    return (double)(now_ns() - start_ns) / TIMES;
}

/* ---- reports ----------------------------------------------------------------------------------
 */

/* A ratio says something only if both compute the same. */
static void compare(const struct option *options)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option_terms *terms = &options[i].terms;
        enum iv_fault fault;
        double one = implied_volatility(options[i].price, terms->underlying, terms->strike,
                                        terms->t_years, terms->is_call, &fault);
        double other = plain_volatility(terms, options[i].price);
        if (!(fabs(one / other - 1) < 1e-6))
            die("volatility of option %zu: %.17g here, %.17g by the plain solver", i, one, other);
        struct greeks ours = option_greeks(terms, one), plain = plain_greeks(terms, one);
        if (!(fabs(ours.delta - plain.delta) < 1e-9 && fabs(ours.theta - plain.theta) < 1e-6))
            die("Greeks of option %zu differ from the plain formulas'", i);
    }
}

static void report_options(const struct option *nifty, const struct option *any, int rounds)
{
    struct best iv = {0}, plain_iv = {0}, any_iv = {0}, greeks = {0}, simple_greeks = {0};
    double sum = 0;
    for (int round = 0; round < rounds; round++) {
        best_of_least(&iv, time_volatilities(nifty, &sum));
        best_of_least(&plain_iv, time_plain_volatilities(nifty, &sum));
        best_of_least(&any_iv, time_volatilities(any, &sum));
        best_of_least(&greeks, time_greeks(nifty, &sum, option_greeks));
        best_of_least(&simple_greeks, time_greeks(nifty, &sum, plain_greeks));
    }
    if (!isfinite(sum))
        die("an option without a value");
    report("implied volatility, to Newton and bisection", "ns", iv.value, plain_iv.value,
           "< 350 ns");
    report("implied volatility, any option", "ns", any_iv.value, 0, "< 350 ns");
    report("Greeks, to the plain formulas", "ns", greeks.value, simple_greeks.value, "< 150 ns");
}

static void report_conventions(const struct option *nifty, int rounds)
{
    struct strike_market *markets = mem_alloc_zero(N_OPTIONS, sizeof *markets);
    for (size_t k = 0; k < convention_n_presets; k++) {
        const struct convention *convention = &convention_presets[k];
        struct best strike = {0};
        double sum = 0;
        char what[64];
        for (size_t i = 0; i < N_OPTIONS; i++)
            markets[i] = market_of(convention, &nifty[i]);
        for (int round = 0; round < rounds; round++)
            best_of_least(&strike, time_strikes(convention, markets, &sum));
        if (!(sum != 0))
            die("%s: no strike has a value", convention->name);
        snprintf(what, sizeof what, "a strike's two sides by %s", convention->name);
        report(what, "ns", strike.value, 0, "< 750 ns");
    }
    free(markets);
}

static void report_forward(int rounds)
{
    struct strike_quotes *strikes = mem_alloc_zero(N_STRIKES, sizeof *strikes);
    for (size_t i = 0; i < N_STRIKES; i++) {
        struct option_terms terms = {MODEL_BLACK76, true, 25731.2, 20700 + 50 * (double)i,
                                     0.02,          0,    0};
        double call = option_price(&terms, 0.13);
        terms.is_call = false;
        double put = option_price(&terms, 0.13);
        strikes[i] = (struct strike_quotes){
            terms.strike, {call - 0.05, call + 0.05, call, 0}, {put - 0.05, put + 0.05, put, 0}};
    }
    struct forward_inputs inputs = {
        .future = NAN, .spot = 25700, .t_years = 0.02, .strikes = strikes, .n_strikes = N_STRIKES};
    struct best with_spot = {0}, without = {0};
    double sum = 0;
    for (int round = 0; round < rounds; round++) {
        inputs.spot = 25700;
        best_of_least(&with_spot, time_forwards(&inputs, &sum));
        inputs.spot = NAN;
        best_of_least(&without, time_forwards(&inputs, &sum));
    }
    if (!isfinite(sum))
        die("no forward");
    report("forward by parity, 200 strikes", "ns", with_spot.value, 0, "");
    report("forward by parity, 200 strikes, no spot", "ns", without.value, 0, "");
    free(strikes);
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    int rounds = options.is_short ? ROUNDS : 10 * ROUNDS;
    struct option *nifty = mem_alloc_zero(N_OPTIONS, sizeof *nifty),
                  *any = mem_alloc_zero(N_OPTIONS, sizeof *any);
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < N_OPTIONS; i++) {
        nifty[i] = draw_nifty(&random);
        any[i] = draw_any(&random);
    }
    compare(nifty);
    report_options(nifty, any, rounds);
    report_conventions(nifty, rounds);
    report_forward(rounds);
    free(nifty);
    free(any);
    return EXIT_SUCCESS;
}
