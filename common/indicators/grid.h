/* grid - sums of a window without corrections: equal weights, and weights 1, 2, ..., n.
 *
 * Each value is taken as a multiple of a power of two and what is left:
 *
 *      25024.125 = 3203088 * 2^-7  +  0        high parts are added to high parts, low ones to low
 *
 * The grid is so coarse that no sum of high parts leaves the 53 bits of a double: they are added
 * without rounding, and taken away again without a trace. Low parts are at most half a step, so
 * what their sums round off is some 2^-70 of the values (after Rump, Ogita and Oishi 2008, Accurate
 * floating-point summation I, SIAM J. Sci. Comput. 31:1, pp. 189-224). A value that is too large
 * for the grid makes a coarser one, for which the window is summed anew; so do values that have
 * become small beside it, where the ring begins again. Half the additions of window_sum, and none
 * waits for more than one other of the bar before. */
#ifndef INDSUB_INDICATORS_GRID_H
#define INDSUB_INDICATORS_GRID_H

#include "common/indicators/kernels.h"

/* Sums in two parts; as struct dd, but with a larger lo. */
struct grid_sums {
    struct dd sum, weighted; /* weighted: the newest value n times, the oldest once */
    double shift;            /* a value gets rid of its low part when this is added to it */
    double limit;            /* values beyond it are too large */
};

struct grid {
    struct ring ring;
    struct grid_sums sums;
    double n, weights; /* how many values, and how much all weights are together */
};

static inline void grid_init(struct grid *self, struct arena *arena, uint32_t n)
{
    ring_init(&self->ring, arena, n);
    self->n = n;
    self->weights = self->n * (self->n + 1) / 2;
    self->sums = (struct grid_sums){.limit = 0};
}

/* Part of x on the grid. */
KERNEL double grid_high(double x, double shift)
{
    return (x + shift) - shift;
}

/* The sums over what is in the ring, on a grid that fits these values and x. */
struct grid_sums grid_sums_afresh(struct ring ring, double x);

/* Where the ring begins again: are values like x so small that the grid is too coarse? */
KERNEL bool grid_is_coarse(const struct grid *self, double x)
{
    return self->ring.head == 0 && fabs(x) < self->sums.limit * 0x1p-20;
}

/* The sums with x in, whether the window is full or not; those with weights if `weighs`, a
 * constant. */
KERNEL struct grid_sums grid_slide(struct grid *self, double x, bool weighs, bool keep)
{
    double n = self->n, oldest = ring_oldest(&self->ring), shift = self->sums.shift;
    struct dd sum = self->sums.sum, weighted = self->sums.weighted;
    if (__builtin_expect(!(fabs(x) <= self->sums.limit), 0)) {
        struct grid_sums fresh = grid_sums_afresh(self->ring, x);
        sum = fresh.sum;
        weighted = fresh.weighted;
        shift = fresh.shift;
        if (keep) {
            self->sums.shift = shift;
            self->sums.limit = fresh.limit;
        }
    }
    struct dd in = {.hi = grid_high(x, shift)}, out = {.hi = grid_high(oldest, shift)};
    in.lo = x - in.hi;
    out.lo = oldest - out.hi;
    if (weighs) /* each loses a weight, and the new one comes in with n */
        weighted =
            (struct dd){weighted.hi + (in.hi * n - sum.hi), weighted.lo + (in.lo * n - sum.lo)};
    sum = (struct dd){sum.hi + (in.hi - out.hi), sum.lo + (in.lo - out.lo)};
    if (keep) {
        self->sums.sum = sum;
        if (weighs)
            self->sums.weighted = weighted;
        ring_store(&self->ring, x, true);
        if (__builtin_expect(grid_is_coarse(self, x), 0))
            self->sums = grid_sums_afresh(self->ring, 0);
    }
    return (struct grid_sums){.sum = sum, .weighted = weighted};
}

/* ---- mean and sum of the last n ---------------------------------------------------------------
 */

/* NAN until there are n, as all that follow. */
KERNEL double grid_sum_step(struct grid *self, double x, bool keep)
{
    bool full = self->ring.filled + 1 >= self->ring.n;
    struct grid_sums sums = grid_slide(self, x, false, keep);
    return full ? dd_value(sums.sum) : NAN;
}

KERNEL double grid_mean_step(struct grid *self, double x, bool keep)
{
    return grid_sum_step(self, x, keep) / self->n;
}

/* ---- weighted mean of the last n: weights 1, 2, ..., n ----------------------------------------
 */

KERNEL double weighted_step(struct grid *self, double x, bool keep)
{
    bool full = self->ring.filled + 1 >= self->ring.n;
    struct grid_sums sums = grid_slide(self, x, true, keep);
    return full ? dd_value(sums.weighted) / self->weights : NAN;
}

#endif
