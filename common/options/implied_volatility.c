#include "common/options/implied_volatility.h"

#include <math.h>

const char *iv_fault_name(enum iv_fault fault)
{
    static const char *const names[IV_FAULT_COUNT] = {"OK",
#define X(name) #name,
                                                      IV_FAULT_MAP(X)
#undef X
    };
    return (unsigned)fault < IV_FAULT_COUNT ? names[fault] : "OK";
}

static enum iv_fault price_fault(double price, double forward, double strike, double t_years,
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
    if (price >= (is_call ? forward : strike))
        return IV_ABOVE_BOUND;
    return price <= (is_call ? forward - strike : strike - forward) ? IV_BELOW_INTRINSIC : IV_OK;
}

/* Bisection on the deviation. */
double implied_volatility(double price, double forward, double strike, double t_years, bool is_call,
                          enum iv_fault *fault)
{
    *fault = price_fault(price, forward, strike, t_years, is_call);
    if (*fault != IV_OK)
        return NAN;
    struct option_terms terms = {.model = MODEL_BLACK76,
                                 .is_call = is_call,
                                 .underlying = forward,
                                 .strike = strike,
                                 .t_years = 1};
    double low = 0, high = 1;
    while (option_price(&terms, high) < price && high < 128)
        high *= 2;
    for (double middle; (middle = low + (high - low) / 2) > low && middle < high;)
        *(option_price(&terms, middle) < price ? &low : &high) = middle;
    return high / sqrt(t_years);
}

double option_implied_volatility(const struct option_terms *terms, double price,
                                 enum iv_fault *fault)
{
    return implied_volatility(price / option_discount(terms), option_forward(terms), terms->strike,
                              terms->t_years, terms->is_call, fault);
}
