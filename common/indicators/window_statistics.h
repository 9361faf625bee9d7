/* window_statistics - the line through a window, how two series move together, higher moments.
 *
 * All of them are exact sums (see kernels.h), so they equal a computation over the window alone,
 * whatever came before. Where a window is flat its deviations are zero, not what rounding left. */
#ifndef INDSUB_INDICATORS_WINDOW_STATISTICS_H
#define INDSUB_INDICATORS_WINDOW_STATISTICS_H

#include "common/indicators/grid.h"

/* ---- how many equal values came last ----------------------------------------------------------
 */

struct streak {
    double last;
    uint32_t n, same; /* same counts up to n, then stands */
};

static inline void streak_init(struct streak *self, uint32_t n)
{
    *self = (struct streak){.last = NAN, .n = n};
}

/* Are the last n values with x in all equal? */
KERNEL bool streak_step(struct streak *self, double x, bool keep)
{
    uint32_t same = x == self->last ? self->same + (self->same < self->n) : 1;
    if (keep) {
        self->last = x;
        self->same = same;
    }
    return same >= self->n;
}

/* ---- the straight line through a window by least squares --------------------------------------
 */

/* Time is 0 at the oldest of the n values, n - 1 at the newest. */
struct line {
    struct grid window;
    struct streak streak;
};

struct line_fit {
    double slope;  /* a bar */
    double middle; /* its height in the middle of the window: the mean */
    double n;
};

static inline void line_init(struct line *self, struct arena *arena, uint32_t n)
{
    grid_init(&self->window, arena, n);
    streak_init(&self->streak, n);
}

/* NAN until there are n values; n is 2 or more. */
KERNEL struct line_fit line_step(struct line *self, double x, bool keep)
{
    double n = self->window.ring.n;
    bool full = self->window.ring.filled + 1 >= self->window.ring.n;
    bool flat = streak_step(&self->streak, x, keep);
    struct grid_sums sums = grid_slide(&self->window, x, true, keep);
    if (!full)
        return (struct line_fit){NAN, NAN, n};
    struct dd tilt = dd_subtract(sums.weighted, dd_scale(sums.sum, (n + 1) / 2));
    double slope = flat ? 0 : dd_value(tilt) / (n * (n * n - 1) / 12);
    return (struct line_fit){slope, dd_divide(sums.sum, n), n};
}

/* Its height at a time; the newest value's is n - 1, the next one's n. */
KERNEL double line_at(struct line_fit fit, double time)
{
    return fit.middle + fit.slope * (time - (fit.n - 1) / 2);
}

/* ---- two series -------------------------------------------------------------------------------
 */

struct pair {
    struct window_sum a, b;
    struct dd aa, bb, ab;
    struct streak flat_a, flat_b;
};

/* Means, and sums of products of distances from them: aa / n is the population variance of a. */
struct pair_moments {
    double mean_a, mean_b, aa, bb, ab;
};

static inline void pair_init(struct pair *self, struct arena *arena, uint32_t n)
{
    window_sum_init(&self->a, arena, n);
    window_sum_init(&self->b, arena, n);
    self->aa = self->bb = self->ab = (struct dd){0, 0};
    streak_init(&self->flat_a, n);
    streak_init(&self->flat_b, n);
}

/* n times the sum of products, less the product of the sums: n² times the covariance. */
KERNEL double centred(struct dd products, struct dd a, struct dd b, double n)
{
    return dd_value(dd_subtract(dd_scale(products, n), dd_multiply(a, b))) / n;
}

/* NAN until there are n values of each. */
KERNEL struct pair_moments pair_step(struct pair *self, double a, double b, bool keep)
{
    double n = self->a.ring.n, old_a = ring_oldest(&self->a.ring),
           old_b = ring_oldest(&self->b.ring);
    struct dd aa = dd_add(self->aa, dd_subtract(two_product(a, a), two_product(old_a, old_a)));
    struct dd bb = dd_add(self->bb, dd_subtract(two_product(b, b), two_product(old_b, old_b)));
    struct dd ab = dd_add(self->ab, dd_subtract(two_product(a, b), two_product(old_a, old_b)));
    bool full, flat_a = streak_step(&self->flat_a, a, keep),
               flat_b = streak_step(&self->flat_b, b, keep);
    struct dd sum_a = window_sum_slide(&self->a, a, &full, keep);
    struct dd sum_b = window_sum_slide(&self->b, b, &full, keep);
    if (keep) {
        self->aa = aa;
        self->bb = bb;
        self->ab = ab;
    }
    if (!full)
        return (struct pair_moments){NAN, NAN, NAN, NAN, NAN};
    return (struct pair_moments){
        .mean_a = dd_divide(sum_a, n),
        .mean_b = dd_divide(sum_b, n),
        .aa = flat_a ? 0 : fmax(centred(aa, sum_a, sum_a, n), 0),
        .bb = flat_b ? 0 : fmax(centred(bb, sum_b, sum_b, n), 0),
        .ab = flat_a || flat_b ? 0 : centred(ab, sum_a, sum_b, n),
    };
}

/* ---- powers of the distances from the mean, up to the fourth ----------------------------------
 */

/* Powers are taken of distances from an anchor, which stays near the values: while one set of sums
 * serves, the next is gathered about the newest anchor, and takes its place when it has n values.
 */
struct power_sums {
    double anchor;
    struct dd of[4];
};

struct powers {
    struct ring ring;
    struct power_sums now, next;
    uint32_t gathered; /* values in next */
    struct streak streak;
};

/* The mean, and the sums of squares, cubes and fourth powers of the distances from it. */
struct power_moments {
    double mean, squares, cubes, fourths;
};

static inline void powers_init(struct powers *self, struct arena *arena, uint32_t n)
{
    ring_init(&self->ring, arena, n);
    streak_init(&self->streak, n);
}

/* NAN until there are n values. */
struct power_moments powers_step(struct powers *self, double x, bool keep);

#endif
