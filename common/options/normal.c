#include "common/options/normal.h"

#include <math.h>
#include <stddef.h>

#define SQRT_HALF 0.70710678118654752440

/* Rational functions nearest to R and -R' in the largest relative error (Remez' exchange, at 60
 * digits): of z below 6, of 1/z^2 above. No coefficient is negative, so nothing cancels. */
enum { TAIL = 6 };

/* R on [-1, 6]: 1.4e-18 */
static const double mills_p[] = {
    1.2533141373155003,    1.6476602277668537,    1.094622965810796,    0.4617717080125035,
    0.1341931201405161,    0.027613511991450356,  0.004005831785586471, 0.0003943140962293795,
    2.390077132270036e-05, 6.808359316806815e-07,
};
static const double mills_q[] = {
    1.0,
    2.1125272179869707,
    2.05893561582831,
    1.2209313672694297,
    0.48861604905868167,
    0.13814996128122956,
    0.02800655535740004,
    0.004029727110719577,
    0.00039499517181964996,
    2.3900764437263308e-05,
    6.808360284041668e-07,
};

/* z R: 3.8e-18 */
static const double mills_tail_p[] = {
    1.0,
    44.12864930627319,
    621.2878352869858,
    3231.1411874482433,
    5273.239313140284,
    1216.9790707360353,
};
static const double mills_tail_q[] = {
    1.0,
    45.128649306273154,
    663.4164845933316,
    3774.171724072085,
    7629.091341377653,
    3681.2903489922032,
};

/* -R' on [0, 6]: 3.6e-19 */
static const double slope_p[] = {
    1.0,
    1.0205779730045736,
    0.547713692908928,
    0.1894201678516212,
    0.04530402271093353,
    0.0075909138358949135,
    0.0008668062582097133,
    6.172339377453554e-05,
    2.1113584068417944e-06,
};
static const double slope_q[] = {
    1.0,
    2.2738921103200735,
    2.3976148215032573,
    1.547149677816447,
    0.6783709959225319,
    0.21183570175563582,
    0.04789080592702027,
    0.007776139012240762,
    0.0008731380646225606,
    6.172345425367781e-05,
    2.1113576250462007e-06,
};

/* -z^2 R': 3.5e-17 */
static const double slope_tail_p[] = {
    1.0,
    50.61505851098268,
    822.7660312655854,
    4918.781053110805,
    8753.361804016442,
    1008.4174819812881,
};
static const double slope_tail_q[] = {
    1.0,
    53.61505851098229,
    968.6112067992518,
    7125.388795326575,
    20284.94142496591,
    16415.312811889013,
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Of at least two coefficients. Even and odd powers apart: they need not wait for each other. */
static inline double polynomial(const double *coefficients, size_t n, double x)
{
    double xx = x * x, high = coefficients[n - 1], low = coefficients[n - 2];
    size_t left = n - 2;
    for (; left >= 2; left -= 2) {
        high = high * xx + coefficients[left - 1];
        low = low * xx + coefficients[left - 2];
    }
    double value = high * x + low;
    return left ? value * x + coefficients[0] : value;
}

double normal_cdf(double x)
{
    return 0.5 * erfc(-x * SQRT_HALF);
}

double normal_tail_quantile(double log_tail)
{
    if (log_tail > -M_LN2)
        return -normal_tail_quantile(log1p(-exp(log_tail)));
    double v = sqrt(-2 * log_tail);
    return v - (2.515517 + v * (0.802853 + v * 0.010328)) /
                   (1 + v * (1.432788 + v * (0.189269 + v * 0.001308)));
}

double mills_ratio(double z)
{
    if (z < -1)
        return SQRT_TWO_PI * exp(0.5 * z * z) - mills_ratio(-z);
    if (z < TAIL)
        return polynomial(mills_p, COUNT(mills_p), z) / polynomial(mills_q, COUNT(mills_q), z);
    double v = 1 / (z * z);
    return polynomial(mills_tail_p, COUNT(mills_tail_p), v) /
           (z * polynomial(mills_tail_q, COUNT(mills_tail_q), v));
}

double mills_ratio_rough(double z)
{
    return M_PI / ((M_PI - 1) * z + sqrt(z * z + 2 * M_PI));
}

/* -R'(z). Of the two polynomials below 6, whose first coefficients are 1, the last sum is kept
 * wide: the rounding errors before it are small beside 1 where they matter, near the money. */
static struct wide slope_wide(double z)
{
    if (z < TAIL) {
        struct wide p = wide_product(z, polynomial(slope_p + 1, COUNT(slope_p) - 1, z));
        struct wide q = wide_product(z, polynomial(slope_q + 1, COUNT(slope_q) - 1, z));
        struct wide p1 = wide_sum(1, p.value), q1 = wide_sum(1, q.value);
        p1.lack += p.lack;
        q1.lack += q.lack;
        return wide_quotient(p1, q1);
    }
    double v = 1 / (z * z);
    return (struct wide){v * polynomial(slope_tail_p, COUNT(slope_tail_p), v) /
                             polynomial(slope_tail_q, COUNT(slope_tail_q), v),
                         0};
}

/* 1 / ((n + 1) (n + 2)) for n = 3, 5, 7 and so on. */
#define NEXT(n) (1.0 / (((n) + 1) * ((n) + 2)))
static const double next_terms[] = {
    NEXT(3),  NEXT(5),  NEXT(7),  NEXT(9),  NEXT(11), NEXT(13), NEXT(15), NEXT(17), NEXT(19),
    NEXT(21), NEXT(23), NEXT(25), NEXT(27), NEXT(29), NEXT(31), NEXT(33), NEXT(35), NEXT(37),
};

/* The odd terms of Taylor's series about h, all positive. With M_n = (-1)^n d^n R(h) / dh^n, the
 * moments of exp(-h u - u^2 / 2), u > 0, there is M_1 = 1 - h R, M_3 = (3 + h^2) M_1 - 1 and
 * M_(n+2) = (2 n + 1 + h^2) M_n - n (n - 1) M_(n-2), by parts. */
static struct wide difference_by_series(double h, double t)
{
    struct wide slope = slope_wide(h);
    double tt = t * t, factor = 7 + h * h, before = slope.value, least = 1e-17 * before;
    double term = tt * (1.0 / 6) * ((factor - 4) * before - 1), rest = term;
    for (size_t i = 0; term > least && i < COUNT(next_terms); i++) {
        double next = tt * next_terms[i] * (factor * term - tt * before);
        before = term;
        term = next;
        rest += next;
        factor += 4;
    }
    struct wide sum = wide_sum(slope.value, rest), all = wide_product(2 * t, sum.value);
    all.lack += 2 * t * (sum.lack + slope.lack);
    return all;
}

struct wide mills_difference(double h, double t)
{
    if (t < 1.25 && h * t < 1)
        return difference_by_series(h, t);
    return wide_sum(mills_ratio(h - t), -mills_ratio(h + t));
}
