/* normal - the normal distribution where options need it: its tails without loss, and the small
 * differences of two of them.
 *
 * Mills' ratio R(z) = N(-z) / n(z) (Mills 1926, Table of the ratio: area to bounding ordinate,
 * Biometrika 18, pp. 395-400) is the normal's tail without the exponential that makes it small;
 * R(z) = sqrt(pi / 2) erfcx(z / sqrt(2)). */
#ifndef INDSUB_OPTIONS_NORMAL_H
#define INDSUB_OPTIONS_NORMAL_H

#include "common/options/wide.h"

#define SQRT_TWO_PI      2.50662827463100050242
#define SQRT_TWO_PI_LACK (-1.8328579980459168e-16) /* sqrt(2 pi) less the double above */
#define INV_SQRT_TWO_PI  0.39894228040143267794

/* N(x), in the tail below 0 within x^2 + 4 units in the last place. */
double normal_cdf(double x);

/* z with N(-z) = exp(log_tail), log_tail < 0: rough, to 0.0005 (Hastings 1955, Approximations for
 * Digital Computers, p. 192). */
double normal_tail_quantile(double log_tail);

/* R(z), falling from infinity to 0: within 6 units in the last place for z >= 0, within 30 from -1.
 */
double mills_ratio(double z);

/* R(z) to two percent, z >= 0 (Boyd 1959, Inequalities for Mills' ratio, Reports of Statistical
 * Application Research JUSE 6, pp. 44-46). */
double mills_ratio_rough(double z);

/* R(h - t) - R(h + t), t > 0, h >= 0: about 2 t (1 - h R(h)). Where h and t are both small nothing
 * cancels, and the error is less than that of a double. */
struct wide mills_difference(double h, double t);

#endif
