/* lognormal - the one formula that Black-76 and Black-Scholes share, both ways: from the volatility
 * to the value out of the money, and back.
 *
 * Of forward and strike let lo be the lesser and hi the greater, y = log(hi / lo), and s, the
 * deviation, the volatility times the root of the time. The undiscounted value of the option that
 * is out of the money, over lo, is the same for call and put:
 *
 *      c(s) = N(-a) - exp(y) N(-b),   a = y/s - s/2,  b = y/s + s/2. */
#ifndef INDSUB_OPTIONS_LOGNORMAL_H
#define INDSUB_OPTIONS_LOGNORMAL_H

#include <stdbool.h>

#include "common/options/wide.h"

/* log(b / a) of two positive numbers, by log1p((b - a) / a): a quotient would lose what little they
 * differ by. */
double lognormal_log_ratio(double a, double b);

/* c and its parts. */
struct lognormal {
    double value;              /* c */
    double density;            /* n(a) */
    double beyond_a, beyond_b; /* N(-a) and exp(y) N(-b), whose difference is c */
};

/* For y >= 0, s > 0. Far from the money c keeps its relative precision. */
struct lognormal lognormal_at(double y, double s);

/* What a deviation is wanted for. */
struct lognormal_target {
    double y;
    double value;     /* c, or 1 - c if smaller: at most 1/2; 0 if less than a double can hold */
    double log_tiny;  /* log(value), only where value is so small that it is imprecise */
    struct wide area; /* value * sqrt(2 pi) */
    bool is_complement;
};

/* For a value out of the money of lo c, where rest is lo - value, without its rounding error if the
 * caller has it so. Both are positive. */
struct lognormal_target lognormal_target(double lo, double hi, double value, double rest);

/* The deviation, found in n_steps of at most 4. Not for y = 0 with a value below 1e-290. */
struct wide lognormal_deviation(const struct lognormal_target *target, int *n_steps);

#endif
