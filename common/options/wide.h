/* wide - a double and what it lacks: sums, products and quotients whose rounding error is kept, not
 * lost (Dekker 1971, A floating-point technique for extending the available precision, Numerische
 * Mathematik 18, pp. 224-242). */
#ifndef INDSUB_OPTIONS_WIDE_H
#define INDSUB_OPTIONS_WIDE_H

#include <math.h>

struct wide {
    double value, lack; /* value + lack is meant; lack is within the last place of value */
};

/* a + b (Moller 1965, Quasi double-precision in floating point addition, BIT 5, pp. 37-50). */
static inline struct wide wide_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (struct wide){sum, (a - (sum - part)) + (b - part)};
}

static inline struct wide wide_product(double a, double b)
{
    double product = a * b;
    return (struct wide){product, fma(a, b, -product)};
}

static inline struct wide wide_quotient(struct wide a, struct wide b)
{
    double quotient = a.value / b.value;
    double rest = fma(-quotient, b.value, a.value) + a.lack - quotient * b.lack;
    return (struct wide){quotient, rest / b.value};
}

static inline struct wide wide_root(double x)
{
    double root = sqrt(x);
    return (struct wide){root, fma(-root, root, x) / (2 * root)};
}

#endif
