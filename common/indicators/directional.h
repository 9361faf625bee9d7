/* directional - Wilder's directional movement, which ADX and its parts are made of. */
#ifndef INDSUB_INDICATORS_DIRECTIONAL_H
#define INDSUB_INDICATORS_DIRECTIONAL_H

#include "common/indicators/kernels.h"

/* Running sums of movement up, movement down and range. The first n - 1 bars are summed; from then
 * on each sum loses an n-th of itself a bar (Wilder 1978, New Concepts in Technical Trading
 * Systems, pp. 35-47). */
struct directional {
    double high, low, close; /* of the bar before, NAN before the first */
    double plus, minus, range;
    uint32_t n, seen; /* changes seen; counts up to n, then stands */
};

static inline void directional_init(struct directional *self, uint32_t n)
{
    *self = (struct directional){.high = NAN, .low = NAN, .close = NAN, .n = n};
}

/* The sums with this bar in; gives how many changes they hold, n if it is more. */
KERNEL uint32_t directional_count(struct directional *self, const double *in, double sums[3],
                                  bool keep)
{
    double up = in[0] - self->high, down = self->low - in[1];
    double range = true_range(in[0], in[1], self->close);
    double plus = up > 0 && up > down ? up : 0, minus = down > 0 && down > up ? down : 0;
    uint32_t seen = self->seen;
    sums[0] = self->plus, sums[1] = self->minus, sums[2] = self->range;
    if (!isnan(range)) {
        seen += seen < self->n;
        double lost = seen == self->n ? 1.0 / self->n : 0;
        sums[0] = sums[0] - sums[0] * lost + plus;
        sums[1] = sums[1] - sums[1] * lost + minus;
        sums[2] = sums[2] - sums[2] * lost + range;
    }
    if (keep) {
        self->high = in[0], self->low = in[1], self->close = in[2];
        self->plus = sums[0], self->minus = sums[1], self->range = sums[2];
        self->seen = seen;
    }
    return seen;
}

/* The same; true once there are n changes. */
KERNEL bool directional_step(struct directional *self, const double *in, double sums[3], bool keep)
{
    return directional_count(self, in, sums, keep) == self->n;
}

/* 100 part / whole; 0 where there is no whole. */
KERNEL double directional_share(double part, double whole)
{
    return is_zero(whole) ? 0 : 100 * (part / whole);
}

/* The directional index; NAN where there was no movement. */
KERNEL double directional_index(const double sums[3])
{
    double plus = 100 * (sums[0] / sums[2]), minus = 100 * (sums[1] / sums[2]);
    if (is_zero(sums[2]) || is_zero(plus + minus))
        return NAN;
    return 100 * (fabs(minus - plus) / (minus + plus));
}

/* ---- the index's average ----------------------------------------------------------------------
 */

struct directional_average {
    struct directional movement;
    double average; /* while it is gathered, the sum of the first n */
    uint32_t seen;
};

static inline void directional_average_init(struct directional_average *self, uint32_t n)
{
    directional_init(&self->movement, n);
    self->average = 0;
    self->seen = 0;
}

/* NAN until there are n indexes; a bar without movement leaves it as it is. The sums are NAN until
 * there are n changes. */
KERNEL double directional_average_step(struct directional_average *self, const double *in,
                                       double sums[3], bool keep)
{
    double n = self->movement.n;
    if (!directional_step(&self->movement, in, sums, keep)) {
        sums[0] = sums[1] = sums[2] = NAN;
        return NAN;
    }
    double index = directional_index(sums), average = self->average;
    uint32_t seen = self->seen + (self->seen < self->movement.n);
    if (self->seen == self->movement.n) {
        if (!isnan(index))
            average = (average * (n - 1) + index) / n;
    } else {
        average += isnan(index) ? 0 : index;
        if (seen == self->movement.n)
            average /= n;
    }
    if (keep) {
        self->average = average;
        self->seen = seen;
    }
    return seen == self->movement.n ? average : NAN;
}

#endif
