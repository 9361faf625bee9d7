/* precise - what options are worth, at 57 digits: the truth that the unit tests compare with.
 * Shares nothing with common/options but the struct of terms. */
#ifndef INDSUB_TESTS_PRECISE_H
#define INDSUB_TESTS_PRECISE_H

#include <mpfr.h>
#include <stdbool.h>

#include "common/options/black.h"

enum { PRECISE_BITS = 192 };

/* An option's terms and volatility, where each can be moved by less than a double could be. */
struct precise {
    enum option_model model;
    bool is_call;
    mpfr_t underlying, strike, t_years, rate, dividend_yield, volatility;
};

void precise_init(struct precise *self, const struct option_terms *terms, double volatility);
void precise_clear(struct precise *self);

/* The discounted value, into result (which the caller has initialised). */
void precise_price(const struct precise *self, mpfr_t result);

/* First (order 1) and second (order 2) derivatives of the value by one of the members, by central
 * differences with steps of 1e-16. */
double precise_slope(struct precise *self, mpfr_t member, int order);

/* The volatility of self (near the truth already) becomes the one that explains price exactly. */
void precise_imply(struct precise *self, double price);

/* How far value is from truth, in units in the last place of a double near the truth. */
double precise_ulps(double value, const mpfr_t truth);

/* Mills' ratio N(-z) / n(z) and 1 - z times it. */
void precise_mills(double z, mpfr_t ratio, mpfr_t slope);

#endif
