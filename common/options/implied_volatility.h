/* implied_volatility - the volatility that explains an option's price, or why none does. */
#ifndef INDSUB_OPTIONS_IMPLIED_VOLATILITY_H
#define INDSUB_OPTIONS_IMPLIED_VOLATILITY_H

#include <stdbool.h>

#include "common/options/black.h"

/* X(name): also the reason on the wire. */
#define IV_FAULT_MAP(X)                                                                \
    X(NO_UNDERLYING)   /* forward, spot or strike missing, not above 0, or infinite */ \
    X(EXPIRED)         /* no time left, or not a number of years */                    \
    X(NO_PRICE)        /* missing, or not a finite number */                           \
    X(ZERO_PRICE)      /* zero or negative */                                          \
    X(BELOW_INTRINSIC) /* at or below what exercise is worth: no time value */         \
    X(ABOVE_BOUND)     /* a call at or above the forward, a put at or above the strike */

enum iv_fault {
    IV_OK = 0,
#define X(name) IV_##name,
    IV_FAULT_MAP(X)
#undef X
        IV_FAULT_COUNT
};

/* "BELOW_INTRINSIC"; "OK" for IV_OK. */
const char *iv_fault_name(enum iv_fault fault);

/* The Black-76 volatility, a fraction a year, of an undiscounted price on a forward. NAN and *fault
 * told where there is none; otherwise *fault is IV_OK and the result is positive and finite, and
 * within 3 units in the last place of what explains the price exactly. */
double implied_volatility(double price, double forward, double strike, double t_years, bool is_call,
                          enum iv_fault *fault);

/* The same for a price paid today, under either model: on the forward option_forward(terms), the
 * price carried to expiry at the rate. */
double option_implied_volatility(const struct option_terms *terms, double price,
                                 enum iv_fault *fault);

#endif
