/* Prices and Greeks against 57 digits and finite differences of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/options/black.h"
#include "tests/support/precise.h"

#define MINUTE_YEARS (1 / 525600.0)

static struct option_terms terms_at(enum option_model model, bool is_call, double moneyness,
                                    double t_years)
{
    return (struct option_terms){.model = model,
                                 .is_call = is_call,
                                 .underlying = 25714.3,
                                 .strike = 25714.3 * moneyness,
                                 .t_years = t_years,
                                 .rate = 0.065,
                                 .dividend_yield = 0.0125};
}

static void check_near(const char *what, double value, double truth, double relative, double floor)
{
    if (!(fabs(value - truth) <= relative * fabs(truth) + floor))
        fail_msg("%s: %.17g, not %.17g", what, value, truth);
}

/* All of one option, in the units of ISP/1. floor: what is nothing in an amount of money. */
static void check_greeks(const struct option_terms *terms, double volatility, double relative,
                         double floor)
{
    struct precise precise;
    mpfr_t price;
    mpfr_init2(price, PRECISE_BITS);
    precise_init(&precise, terms, volatility);
    precise_price(&precise, price);
    struct greeks greeks = option_greeks(terms, volatility);
    check_near("price", greeks.price, mpfr_get_d(price, MPFR_RNDN), relative, floor);
    assert_true(greeks.price == option_price(terms, volatility));
    check_near("delta", greeks.delta, precise_slope(&precise, precise.underlying, 1), relative,
               floor / terms->underlying);
    check_near("gamma", greeks.gamma, precise_slope(&precise, precise.underlying, 2), relative,
               floor / terms->underlying / terms->underlying);
    check_near("theta", greeks.theta, -precise_slope(&precise, precise.t_years, 1) / 365, relative,
               floor);
    check_near("vega", greeks.vega, precise_slope(&precise, precise.volatility, 1) / 100, relative,
               floor);
    check_near("rho", greeks.rho, precise_slope(&precise, precise.rate, 1) / 100, relative, floor);
    precise_clear(&precise);
    mpfr_clear(price);
}

static void greeks_are_the_slopes_of_the_price(void **state)
{
    (void)state;
    static const double T_YEARS[] = {MINUTE_YEARS, 29 * MINUTE_YEARS, 1 / 365.0, 0.02, 0.25, 3};
    static const double VOLATILITIES[] = {0.05, 0.13, 0.4, 1.5};
    for (int model = MODEL_BLACK76; model <= MODEL_BLACK_SCHOLES; model++)
        for (int is_call = 0; is_call <= 1; is_call++)
            for (size_t t = 0; t < sizeof T_YEARS / sizeof *T_YEARS; t++)
                for (size_t v = 0; v < sizeof VOLATILITIES / sizeof *VOLATILITIES; v++)
                    for (int d = -6; d <= 6; d++) { /* standard deviations from the money */
                        double out = d * VOLATILITIES[v] * sqrt(T_YEARS[t]);
                        struct option_terms terms =
                            terms_at((enum option_model)model, is_call, exp(out), T_YEARS[t]);
                        check_greeks(&terms, VOLATILITIES[v], 1e-11, 1e-13);
                    }
}

static void rates_may_be_zero_and_negative(void **state)
{
    (void)state;
    static const double RATES[] = {0, -0.02, -0.3, 0.5};
    for (int model = MODEL_BLACK76; model <= MODEL_BLACK_SCHOLES; model++)
        for (int is_call = 0; is_call <= 1; is_call++)
            for (size_t i = 0; i < sizeof RATES / sizeof *RATES; i++) {
                struct option_terms terms = terms_at((enum option_model)model, is_call, 1.02, 0.1);
                terms.rate = RATES[i];
                terms.dividend_yield = 0;
                check_greeks(&terms, 0.2, 1e-11, 1e-13);
            }
}

static bool are_finite(const struct greeks *greeks)
{
    return isfinite(greeks->price) && isfinite(greeks->delta) && isfinite(greeks->gamma) &&
           isfinite(greeks->theta) && isfinite(greeks->vega) && isfinite(greeks->rho);
}

static void check_bounds(const struct option_terms *terms, double volatility)
{
    struct greeks greeks = option_greeks(terms, volatility);
    if (!are_finite(&greeks) || greeks.price < 0 || greeks.gamma < 0 || greeks.vega < 0 ||
        fabs(greeks.delta) > 1.5)
        fail_msg("strike %g, t %g, volatility %g, rate %g: price %g, delta %g, gamma %g, "
                 "theta %g, vega %g, rho %g",
                 terms->strike, terms->t_years, volatility, terms->rate, greeks.price, greeks.delta,
                 greeks.gamma, greeks.theta, greeks.vega, greeks.rho);
}

static void all_is_finite_to_the_last_second_and_far_from_the_money(void **state)
{
    (void)state;
    static const double T_YEARS[] = {
        -1, 0, 5e-324, 1e-300, 1e-3 / 31536000, 1.0 / 31536000, 1e-4, 0.002, 1, 30, 100};
    static const double VOLATILITIES[] = {0, 5e-324, 1e-300, 1e-8, 0.1, 3, 50, 1e5, 1e150, -0.2};
    static const double MONEYNESS[] = {1e-200, 1e-9, 0.5, 0.99, 1, 1 + 1e-15, 1.01, 2, 1e9, 1e200};
    static const double RATES[] = {0, 0.1, -0.1};
    for (int kind = 0; kind < 4; kind++)
        for (size_t t = 0; t < sizeof T_YEARS / sizeof *T_YEARS; t++)
            for (size_t v = 0; v < sizeof VOLATILITIES / sizeof *VOLATILITIES; v++)
                for (size_t m = 0; m < sizeof MONEYNESS / sizeof *MONEYNESS; m++)
                    for (size_t r = 0; r < sizeof RATES / sizeof *RATES; r++) {
                        struct option_terms terms = terms_at((enum option_model)(kind / 2),
                                                             kind % 2, MONEYNESS[m], T_YEARS[t]);
                        terms.rate = RATES[r];
                        terms.dividend_yield = 0;
                        terms.underlying = fmin(terms.underlying, 1e100);
                        if (RATES[r] < 0 && T_YEARS[t] > 2)
                            continue; /* a delta above 1.5 is right there */
                        check_bounds(&terms, VOLATILITIES[v]);
                    }
}

static void at_expiry_only_exercise_counts(void **state)
{
    (void)state;
    struct option_terms call = terms_at(MODEL_BLACK76, true, 0.99, 0);
    struct greeks greeks = option_greeks(&call, 0.2);
    assert_true(greeks.price == call.underlying - call.strike);
    assert_true(greeks.delta == 1 && greeks.gamma == 0 && greeks.vega == 0 && greeks.rho == 0);
    call.strike = call.underlying;
    assert_true(option_greeks(&call, 0.2).delta == 0.5);
    call.is_call = false;
    assert_true(option_greeks(&call, 0.2).delta == -0.5);
    call.strike = call.underlying * 0.99;
    assert_true(option_greeks(&call, 0.2).delta == 0 && option_price(&call, 0.2) == 0);
}

static void call_less_put_is_forward_less_strike(void **state)
{
    (void)state;
    for (double moneyness = 0.5; moneyness < 2; moneyness += 0.01) {
        struct option_terms call = terms_at(MODEL_BLACK_SCHOLES, true, moneyness, 0.4), put = call;
        put.is_call = false;
        double parity = option_discount(&call) * (option_forward(&call) - call.strike);
        check_near("parity", option_price(&call, 0.3) - option_price(&put, 0.3), parity, 1e-12,
                   1e-10);
    }
}

static void what_has_no_price_has_no_greeks(void **state)
{
    (void)state;
    struct option_terms good = terms_at(MODEL_BLACK76, true, 1, 0.1);
    struct option_terms bad[] = {good, good, good, good, good, good, good};
    bad[0].underlying = 0;
    bad[1].underlying = NAN;
    bad[2].strike = -1;
    bad[3].strike = INFINITY;
    bad[4].t_years = NAN;
    bad[5].rate = NAN;
    bad[6].rate = -1e5;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct greeks greeks = option_greeks(&bad[i], 0.2);
        assert_true(isnan(option_price(&bad[i], 0.2)));
        assert_true(isnan(greeks.price) && isnan(greeks.delta) && isnan(greeks.gamma) &&
                    isnan(greeks.theta) && isnan(greeks.vega) && isnan(greeks.rho));
    }
    assert_true(isnan(option_price(&good, NAN)) && isnan(option_price(&good, INFINITY)));
}

/* Hull 2018, Options, Futures, and Other Derivatives, 10th ed., example 15.6 (p. 339) and chapter
 * 19's examples of a call on a stock at 49 with a strike of 50 (pp. 419-436). */
static void textbook_values_come_out(void **state)
{
    (void)state;
    struct option_terms stock = {MODEL_BLACK_SCHOLES, true, 42, 40, 0.5, 0.10, 0};
    assert_true(fabs(option_price(&stock, 0.2) - 4.76) < 0.005);
    stock.is_call = false;
    assert_true(fabs(option_price(&stock, 0.2) - 0.81) < 0.005);
    struct option_terms call = {MODEL_BLACK_SCHOLES, true, 49, 50, 0.3846, 0.05, 0};
    struct greeks greeks = option_greeks(&call, 0.2);
    assert_true(fabs(greeks.delta - 0.522) < 0.0005);
    assert_true(fabs(greeks.gamma - 0.066) < 0.0005);
    assert_true(fabs(greeks.theta * 365 + 4.31) < 0.005);
    assert_true(fabs(greeks.vega * 100 - 12.1) < 0.05);
    assert_true(fabs(greeks.rho * 100 - 8.91) < 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeks_are_the_slopes_of_the_price),
        cmocka_unit_test(rates_may_be_zero_and_negative),
        cmocka_unit_test(all_is_finite_to_the_last_second_and_far_from_the_money),
        cmocka_unit_test(at_expiry_only_exercise_counts),
        cmocka_unit_test(call_less_put_is_forward_less_strike),
        cmocka_unit_test(what_has_no_price_has_no_greeks),
        cmocka_unit_test(textbook_values_come_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
