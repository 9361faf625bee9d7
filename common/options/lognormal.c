/* With Mills' ratio R, since exp(y) n(b) = n(a),
 *
 *      c(s) = n(a) (R(a) - R(b)),     1 - c(s) = n(a) (R(-a) + R(b)).
 *
 * The logarithm of the smaller of the two is solved for s, as Jaeckel 2015 (Let's Be Rational,
 * Wilmott 75, pp. 40-53) solves its reciprocal and others: a first guess good to a few percent or
 * better, then Householder's method of order four (Householder 1970, The Numerical Treatment of a
 * Single Nonlinear Equation, p. 169), which leaves the fourth power of the error. What would lose
 * digits near the money, the ratio of prices and the difference of R, is kept wide. */
#include "common/options/lognormal.h"

#include <math.h>

#include "common/options/normal.h"

enum { STEPS_MAX = 4 };

/* Where the fourth power of a step is nothing to the result any more. */
#define STEP_ENOUGH 3e-5

/* Below that a ratio of prices is known by its logarithm alone. */
#define TINY 1e-290

/* From there on n(x) is 0. */
#define N_ENDS 39

/* ---- value ------------------------------------------------------------------------------------
 */

double lognormal_log_ratio(double a, double b)
{
    if (b < a)
        return -lognormal_log_ratio(b, a);
    double excess = (b - a) / a;
    return isfinite(excess) ? log1p(excess) : log(b) - log(a);
}

struct lognormal lognormal_at(double y, double s)
{
    double h = y / s, t = s / 2;
    struct wide a = wide_sum(h, -t), square = wide_product(a.value, a.value);
    if (fabs(a.value) > N_ENDS)
        return a.value > 0 ? (struct lognormal){0, 0, 0, 0} : (struct lognormal){1, 0, 1, 0};
    double density =
        INV_SQRT_TWO_PI * exp(-0.5 * square.value) * (1 - 0.5 * square.lack - a.value * a.lack);
    double over_a = density * mills_ratio(fabs(a.value));
    double beyond_a = a.value < 0 ? 1 - over_a : over_a;
    if (a.value >= 0 || s < 2) {
        double value = density * mills_difference(h, t).value;
        return (struct lognormal){value, density, beyond_a, fmax(beyond_a - value, 0)};
    }
    double beyond_b = density * mills_ratio(h + t);
    return (struct lognormal){1 - (over_a + beyond_b), density, beyond_a, beyond_b};
}

/* ---- what is asked ----------------------------------------------------------------------------
 */

struct lognormal_target lognormal_target(double lo, double hi, double value, double rest)
{
    double least = fmin(value, rest);
    struct lognormal_target self = {.y = lognormal_log_ratio(lo, hi),
                                    .is_complement = rest < value};
    struct wide ratio = wide_quotient((struct wide){least, 0}, (struct wide){lo, 0});
    self.value = ratio.value;
    self.area = wide_product(ratio.value, SQRT_TWO_PI);
    self.area.lack += ratio.lack * SQRT_TWO_PI + ratio.value * SQRT_TWO_PI_LACK;
    if (ratio.value < TINY)
        self.log_tiny = log(least) - log(lo);
    return self;
}

/* ---- first guess ------------------------------------------------------------------------------
 */

/* y/s from v = sqrt(log(y / beta)) for the normal model beta = s n(y/s) M(y/s), M = -R' (Bachelier
 * 1900, Theorie de la speculation, Annales scientifiques de l'ENS 17, pp. 21-86), v^2 >= log(10):
 * within 1.2e-5. */
static double bachelier_far(double v)
{
    double p = -0.43821872836826594 +
               v * (1.6545387898756864 + v * (-1.2950404863079806 +
                                              v * (0.44387100771958492 + v * 0.11298456292769511)));
    double q =
        1 + v * (-0.45262954718022624 + v * (0.31749321772346662 + v * 0.079872242012904236));
    return p / q;
}

/* The same model near the money: s / (sqrt(2 pi) beta) from w = y / beta <= 10, within 1e-7. */
static double bachelier_near(double w)
{
    double p =
        1.0000000893391636 +
        w * (1.5971282242705766 +
             w * (0.76184873339483064 + w * (0.11532324803507736 + w * 0.0039444866262024948)));
    double q =
        1 + w * (1.0971327638055538 + w * (0.29280645642791537 +
                                           w * (0.016635224946356431 + w * 3.6592035804463289e-5)));
    return p / q;
}

/* 1 - h^2 M(h), within 1.2e-4: how the normal model's s falls short, in s^2 / 24. */
static double shortfall(double h)
{
    double p = 1.0001132098375754 + h * (1.5389488175003463 + h * 0.52962312154647375);
    double q =
        1 + h * (1.5454164215893512 +
                 h * (1.4729789448945061 + h * (0.4846139488185317 + h * 0.17766847317672383)));
    return p / q;
}

/* From the normal model, whose s is right to the order of s^2, and the next two orders of s^2. */
static double guess_small(const struct lognormal_target *target)
{
    double y = target->y, beta = target->value * exp(-y / 2), s;
    if (y <= 10 * beta)
        s = SQRT_TWO_PI * beta * bachelier_near(y / beta);
    else if (target->value < TINY)
        s = y / bachelier_far(sqrt(log(y) - target->log_tiny + y / 2));
    else
        s = y / bachelier_far(sqrt(log(y / target->value) + y / 2));
    double more = s * s / 24 * shortfall(y / s);
    return s * (1 + more * (1 + 2.1 * more));
}

/* a from c or 1 - c, each the tail beyond |a| times a factor near 1: found in turns. Since
 * b^2 = a^2 + 2 y, s = b - a is known with a. */
static double guess_large(const struct lognormal_target *target)
{
    double sign = target->is_complement ? 1 : -1;
    double log_value = target->value < TINY ? target->log_tiny : log(target->value);
    double d = normal_tail_quantile(log_value), b = sqrt(d * d + 2 * target->y);
    for (int turn = 0; turn < 3; turn++) {
        double factor = 1 + sign * mills_ratio_rough(b) / mills_ratio_rough(d);
        d = normal_tail_quantile(fmin(log_value - log(factor), -0.1));
        b = sqrt(d * d + 2 * target->y);
    }
    return target->is_complement ? b + d : 2 * target->y / (b + d);
}

/* ---- solution ---------------------------------------------------------------------------------
 */

/* log of n(a) |d| over what it should be. */
static double log_miss(const struct lognormal_target *target, struct wide a, struct wide d)
{
    struct wide square = wide_product(a.value, a.value);
    if (target->value < TINY)
        return log(fabs(d.value) * INV_SQRT_TWO_PI) - target->log_tiny - 0.5 * square.value;
    struct wide ratio = wide_quotient(d, target->area);
    return log(fabs(ratio.value)) - 0.5 * square.value +
           (ratio.lack / ratio.value - 0.5 * square.lack - a.value * a.lack);
}

/* The relative change of s that Householder's method of order four takes. With f the logarithm of c
 * or 1 - c, and D = R(a) - R(b) or -R(-a) - R(b), h = y/s, t = s/2:
 *
 *      f1 = s df/ds = s / D =: e
 *      f2 = s^2 d2f/ds2 = e m,   m = a b - e
 *      f3 = s^3 d3f/ds3 = e (m^2 - m - 2 (h^2 + t^2) - e (m + 1)) */
static double householder_step(const struct lognormal_target *target, double s)
{
    double h = target->y / s, t = s / 2, b = h + t;
    struct wide a = wide_sum(h, -t);
    struct wide d = target->is_complement ? wide_sum(-mills_ratio(-a.value), -mills_ratio(b))
                                          : mills_difference(h, t);
    double e = s / d.value, m = a.value * b - e;
    double third = m * m - m - 2 * (h * h + t * t) - e * (m + 1);
    double newton = -log_miss(target, a, d) / e;
    return newton * (1 + 0.5 * m * newton) / (1 + newton * (m + third * newton / 6));
}

struct wide lognormal_deviation(const struct lognormal_target *target, int *n_steps)
{
    bool is_small = !target->is_complement && target->y < 4;
    double s = is_small ? guess_small(target) : guess_large(target);
    for (*n_steps = 1;; ++*n_steps) {
        double step = householder_step(target, s);
        if (fabs(step) < STEP_ENOUGH || *n_steps == STEPS_MAX)
            return (struct wide){s, s * step};
        s += s * step;
    }
}
