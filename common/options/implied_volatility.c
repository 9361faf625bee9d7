#include "common/options/implied_volatility.h"

#include <math.h>

#include "common/options/lognormal.h"
#include "common/options/normal.h"

const char *iv_fault_name(enum iv_fault fault)
{
    static const char *const names[] = {
#define X(name) [IV_##name] = #name,
        [IV_OK] = "OK", IV_FAULT_MAP(X)
#undef X
    };
    return names[fault];
}

static enum iv_fault input_fault(double price, double forward, double strike, double t_years,
                                 bool is_call)
{
    if (!(forward > 0 && strike > 0 && isfinite(forward) && isfinite(strike)))
        return IV_NO_UNDERLYING;
    if (!(t_years > 0 && isfinite(t_years)))
        return IV_EXPIRED;
    if (!isfinite(price))
        return IV_NO_PRICE;
    if (price <= 0)
        return IV_ZERO_PRICE;
    return price >= (is_call ? forward : strike) ? IV_ABOVE_BOUND : IV_OK;
}

/* price - (hi - lo) with the rounding error of hi - lo (Dekker 1971, A floating-point technique for
 * extending the available precision, pp. 224-242). */
static double time_value(double price, double lo, double hi)
{
    double intrinsic = hi - lo, error = (hi - intrinsic) - lo;
    return (price - intrinsic) - error;
}

/* The volatility that makes the value out of the money, of which rest is left to lo. */
static double solve(double value, double rest, double lo, double hi, double t_years)
{
    /* At the money c = s / sqrt(2 pi), and s may be less than a double holds well. */
    if (hi == lo && value / lo < 1e-290)
        return SQRT_TWO_PI * (value / sqrt(t_years)) / lo;
    struct lognormal_target target = lognormal_target(lo, hi, value, rest);
    int n_steps;
    struct wide volatility =
        wide_quotient(lognormal_deviation(&target, &n_steps), wide_root(t_years));
    return volatility.value + volatility.lack;
}

double implied_volatility(double price, double forward, double strike, double t_years, bool is_call,
                          enum iv_fault *fault)
{
    *fault = input_fault(price, forward, strike, t_years, is_call);
    if (*fault != IV_OK)
        return NAN;
    double lo = fmin(forward, strike), hi = fmax(forward, strike);
    bool is_in = is_call ? forward > strike : strike > forward;
    double value = is_in ? time_value(price, lo, hi) : price;
    if (value <= 0) {
        *fault = IV_BELOW_INTRINSIC;
        return NAN;
    }
    double volatility = solve(value, (is_in ? hi : lo) - price, lo, hi, t_years);
    if (volatility > 0)
        return volatility;
    *fault = IV_ZERO_PRICE; /* a volatility too small for a double */
    return NAN;
}

double option_implied_volatility(const struct option_terms *terms, double price,
                                 enum iv_fault *fault)
{
    return implied_volatility(price / option_discount(terms), option_forward(terms), terms->strike,
                              terms->t_years, terms->is_call, fault);
}
