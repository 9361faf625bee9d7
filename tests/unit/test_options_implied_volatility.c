/* Implied volatilities against 57 digits, over all prices there are, and of prices that are none.
 *
 *   test_options_implied_volatility [POINTS]     how many the random sweep takes */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/options/implied_volatility.h"
#include "common/options/lognormal.h"
#include "tests/support/effort.h"
#include "tests/support/precise.h"

enum { SWEEP_POINTS = 200000, NIFTY_POINTS = 4000, WIDE_POINTS = 1500, STEPS_MAX = 4 };

/* Marsaglia 2003, Xorshift RNGs, J. Statistical Software 8 (14), p. 4. */
static double draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (double)(*random >> 11) * 0x1p-53;
}

static double draw_between(uint64_t *random, double low, double high)
{
    return low + draw(random) * (high - low);
}

/* Evenly on a logarithmic scale. */
static double draw_scale(uint64_t *random, double low, double high)
{
    return exp(draw_between(random, log(low), log(high)));
}

/* A price and what it was made with. */
struct sample {
    struct option_terms terms;
    double volatility, price;
};

static double implied(const struct sample *sample, enum iv_fault *fault)
{
    const struct option_terms *terms = &sample->terms;
    return implied_volatility(sample->price, terms->underlying, terms->strike, terms->t_years,
                              terms->is_call, fault);
}

/* How far the implied volatility is from what explains the price exactly. */
static double ulps_of(const struct sample *sample)
{
    enum iv_fault fault;
    double iv = implied(sample, &fault);
    assert_int_equal(fault, IV_OK);
    struct precise precise;
    precise_init(&precise, &sample->terms, iv);
    precise_imply(&precise, sample->price);
    double ulps = precise_ulps(iv, precise.volatility);
    precise_clear(&precise);
    return ulps;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void check_ulps(double *ulps, size_t n, double median, double maximum)
{
    qsort(ulps, n, sizeof *ulps, compare_doubles);
    print_message("units in the last place: median %.3f, 99 %% %.3f, maximum %.3f\n", ulps[n / 2],
                  ulps[n * 99 / 100], ulps[n - 1]);
    assert_true(ulps[n / 2] <= median && ulps[n - 1] <= maximum);
}

/* Like NIFTY's: out of the money, 29 minutes to 90 days, prices in ticks of 0.05. */
static struct sample draw_nifty(uint64_t *random)
{
    struct sample sample = {{.model = MODEL_BLACK76}, 0, 0};
    while (sample.price <= 0) {
        sample.terms.underlying = draw_between(random, 24000, 27000);
        sample.terms.strike =
            50 * floor(sample.terms.underlying / 50 * draw_between(random, 0.85, 1.15));
        sample.terms.is_call = sample.terms.strike > sample.terms.underlying;
        sample.terms.t_years = draw_scale(random, 29, 90 * 1440) / 525600;
        sample.volatility = draw_scale(random, 0.06, 0.9);
        sample.price = round(option_price(&sample.terms, sample.volatility) / 0.05) * 0.05;
    }
    return sample;
}

static void nifty_options_are_right_to_the_last_places(void **state)
{
    (void)state;
    static double ulps[NIFTY_POINTS];
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < NIFTY_POINTS; i++) {
        struct sample sample = draw_nifty(&random);
        ulps[i] = ulps_of(&sample);
    }
    check_ulps(ulps, NIFTY_POINTS, 0.5, 4);
}

/* Any moneyness, maturity and volatility; half of them far from the money. */
static struct sample draw_any(uint64_t *random)
{
    struct sample sample = {{.model = MODEL_BLACK76}, 0, 0};
    double t = draw_scale(random, 1 / 31536000.0, 50), s, y = draw_scale(random, 1e-13, 700);
    if (draw(random) < 0.5)
        s = y / draw_between(random, 0, 38);
    else
        s = draw_scale(random, 1e-7, 60);
    sample.terms.is_call = draw(random) < 0.5;
    sample.terms.underlying = draw_scale(random, 0.01, 1e6);
    sample.terms.strike = draw(random) < 0.02
                              ? sample.terms.underlying
                              : sample.terms.underlying * exp(draw(random) < 0.5 ? y : -y);
    sample.terms.t_years = t;
    sample.volatility = s / sqrt(t);
    sample.price = option_price(&sample.terms, sample.volatility);
    return sample;
}

/* Does a double tell the price from what exercise is worth, and from what any volatility gives? */
static bool is_distinguishable(const struct sample *sample)
{
    double forward = sample->terms.underlying, strike = sample->terms.strike;
    double intrinsic = sample->terms.is_call ? forward - strike : strike - forward;
    return sample->price >= 1e-300 && sample->price > intrinsic && isfinite(strike) &&
           sample->price < (sample->terms.is_call ? forward : strike);
}

static void any_option_is_right_to_the_last_places(void **state)
{
    (void)state;
    static double ulps[WIDE_POINTS];
    uint64_t random = 1234567890123u;
    for (size_t n = 0; n < WIDE_POINTS;) {
        struct sample sample = draw_any(&random);
        if (is_distinguishable(&sample))
            ulps[n++] = ulps_of(&sample);
    }
    check_ulps(ulps, WIDE_POINTS, 0.5, 5);
}

static int steps_of(const struct sample *sample)
{
    const struct option_terms *terms = &sample->terms;
    double lo = fmin(terms->underlying, terms->strike), hi = fmax(terms->underlying, terms->strike);
    bool is_in = terms->is_call == (terms->strike < terms->underlying) && hi > lo;
    double value = is_in ? sample->price - (hi - lo) : sample->price;
    struct lognormal_target target =
        lognormal_target(lo, hi, value, (is_in ? hi : lo) - sample->price);
    int n_steps;
    lognormal_deviation(&target, &n_steps);
    return n_steps;
}

/* The price again, within the rounding of it and of the volatility; and the volatility, where the
 * price's own rounding leaves it known. */
static void check_round_trip(const struct sample *sample)
{
    enum iv_fault fault;
    double iv = implied(sample, &fault), price = sample->price;
    double ulp = nextafter(price, INFINITY) - price;
    double vega = 100 * option_greeks(&sample->terms, sample->volatility).vega;
    double again = option_price(&sample->terms, iv);
    double allowed = 8 * ulp + 8 * 0x1p-53 * vega * sample->volatility;
    double doubt = 2 * ulp / (vega * sample->volatility);
    if (fault == IV_OK && fabs(again - price) <= allowed &&
        (doubt > 1e-3 || fabs(iv / sample->volatility - 1) <= 2e-15 + 1.1 * doubt))
        return;
    fail_msg("%s: forward %.17g strike %.17g %s, %.17g years at %.17g: %.17g, implies %.17g, "
             "which gives %.17g",
             iv_fault_name(fault), sample->terms.underlying, sample->terms.strike,
             sample->terms.is_call ? "call" : "put", sample->terms.t_years, sample->volatility,
             price, iv, again);
}

static void no_price_is_without_its_volatility(void **state)
{
    size_t n_points = *(const size_t *)*state, n_steps[STEPS_MAX + 1] = {0};
    uint64_t random = 6364136223846793005u;
    for (size_t n = 0; n < n_points;) {
        struct sample sample = draw_any(&random);
        if (!is_distinguishable(&sample))
            continue;
        n++;
        check_round_trip(&sample);
        int steps = steps_of(&sample);
        assert_in_range(steps, 1, STEPS_MAX);
        n_steps[steps]++;
    }
    print_message("steps: 1: %zu, 2: %zu, 3: %zu, 4: %zu\n", n_steps[1], n_steps[2], n_steps[3],
                  n_steps[4]);
    assert_int_equal(n_steps[STEPS_MAX], 0); /* so that none was cut short */
}

static void prices_that_nothing_explains_say_why(void **state)
{
    (void)state;
    static const struct {
        double price, forward, strike, t_years;
        bool is_call;
        enum iv_fault fault;
    } CASES[] = {
        {100, 0, 25000, 0.1, true, IV_NO_UNDERLYING},
        {100, NAN, 25000, 0.1, true, IV_NO_UNDERLYING},
        {100, -5, 25000, 0.1, true, IV_NO_UNDERLYING},
        {100, INFINITY, 25000, 0.1, true, IV_NO_UNDERLYING},
        {100, 25000, 0, 0.1, false, IV_NO_UNDERLYING},
        {100, 25000, NAN, 0.1, false, IV_NO_UNDERLYING},
        {100, 25000, 25000, 0, true, IV_EXPIRED},
        {100, 25000, 25000, -0.1, true, IV_EXPIRED},
        {100, 25000, 25000, NAN, true, IV_EXPIRED},
        {100, 25000, 25000, INFINITY, true, IV_EXPIRED},
        {NAN, 25000, 25000, 0.1, true, IV_NO_PRICE},
        {INFINITY, 25000, 25000, 0.1, true, IV_NO_PRICE},
        {0, 25000, 25000, 0.1, true, IV_ZERO_PRICE},
        {-0.05, 25000, 25000, 0.1, true, IV_ZERO_PRICE},
        {99.95, 25100, 25000, 0.1, true, IV_BELOW_INTRINSIC},
        {100, 25100, 25000, 0.1, true, IV_BELOW_INTRINSIC},
        {100, 25000, 25100, 0.1, false, IV_BELOW_INTRINSIC},
        {25100, 25100, 25000, 0.1, true, IV_ABOVE_BOUND},
        {25000, 25100, 25000, 0.1, false, IV_ABOVE_BOUND},
        {100.05, 25100, 25000, 0.1, true, IV_OK},
        {100.05, 25000, 25100, 0.1, false, IV_OK},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        enum iv_fault fault = IV_FAULT_COUNT;
        double iv = implied_volatility(CASES[i].price, CASES[i].forward, CASES[i].strike,
                                       CASES[i].t_years, CASES[i].is_call, &fault);
        assert_int_equal(fault, CASES[i].fault);
        assert_true(fault == IV_OK ? iv > 0 && isfinite(iv) : isnan(iv));
    }
    assert_string_equal(iv_fault_name(IV_BELOW_INTRINSIC), "BELOW_INTRINSIC");
    assert_string_equal(iv_fault_name(IV_OK), "OK");
}

/* Numbers no market has, in all combinations: a positive finite volatility or a fault. */
static void no_input_gives_nan_without_a_fault(void **state)
{
    (void)state;
    static const double NUMBERS[] = {-INFINITY, -1e308,      -1,      -5e-324,  -0.0,     0,
                                     5e-324,    2.3e-308,    1e-300,  1e-200,   1e-20,    0.05,
                                     1,         1 + 0x1p-52, 2,       25000,    25000.05, 1e20,
                                     1e200,     8e307,       1.7e308, INFINITY, NAN};
    enum { N = sizeof NUMBERS / sizeof *NUMBERS };
    for (size_t i = 0; i < 2 * N * N * N * N; i++) {
        enum iv_fault fault;
        double iv =
            implied_volatility(NUMBERS[i % N], NUMBERS[i / N % N], NUMBERS[i / N / N % N],
                               NUMBERS[i / N / N / N % N], i >= (size_t)N * N * N * N, &fault);
        if (fault == IV_OK ? !(iv > 0 && isfinite(iv)) : !isnan(iv))
            fail_msg("price %g, forward %g, strike %g, %g years: %g, %s", NUMBERS[i % N],
                     NUMBERS[i / N % N], NUMBERS[i / N / N % N], NUMBERS[i / N / N / N % N], iv,
                     iv_fault_name(fault));
    }
}

static void both_models_give_back_their_volatility(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (double moneyness = 0.8; moneyness < 1.25; moneyness += 0.01) {
            struct option_terms terms = {(enum option_model)(kind / 2),
                                         kind % 2,
                                         25714.3,
                                         25714.3 * moneyness,
                                         0.2,
                                         0.10,
                                         0.012};
            enum iv_fault fault;
            double iv = option_implied_volatility(&terms, option_price(&terms, 0.17), &fault);
            assert_int_equal(fault, IV_OK);
            assert_true(fabs(iv - 0.17) < 1e-10);
        }
}

int main(int argc, char **argv)
{
    size_t n_points = argc > 1 ? strtoul(argv[1], NULL, 10) : effort(SWEEP_POINTS);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nifty_options_are_right_to_the_last_places),
        cmocka_unit_test(any_option_is_right_to_the_last_places),
        cmocka_unit_test_prestate(no_price_is_without_its_volatility, &n_points),
        cmocka_unit_test(prices_that_nothing_explains_say_why),
        cmocka_unit_test(no_input_gives_nan_without_a_fault),
        cmocka_unit_test(both_models_give_back_their_volatility),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
