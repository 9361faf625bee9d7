/* pandas_averages - exponential averages that begin as pandas begins them, which is where they
 * differ from those of kernels.h. */
#ifndef INDSUB_INDICATORS_PANDAS_AVERAGES_H
#define INDSUB_INDICATORS_PANDAS_AVERAGES_H

#include "common/indicators/kernels.h"

/* ---- mean of all values so far, each weighing less than the next ------------------------------
 */

struct fading_mean {
    double value, weight; /* of all values so far; the last one weighs 1 */
    double fade;          /* what a value's weight is multiplied with a bar */
    uint32_t n, seen;     /* seen counts up to n, then stands */
};

/* Weights fade by 1 - 1/n a bar, so that this becomes Wilder's average of n. */
static inline void fading_mean_init(struct fading_mean *self, uint32_t n)
{
    *self = (struct fading_mean){.fade = 1 - 1.0 / n, .n = n};
}

/* NAN until there are n values. */
KERNEL double fading_mean_step(struct fading_mean *self, double x, bool keep)
{
    double weight = self->weight * self->fade + 1, share = 1 / weight;
    double value = self->value + (x - self->value) * share;
    uint32_t seen = self->seen + (self->seen < self->n);
    if (keep) {
        self->value = value;
        self->weight = weight;
        self->seen = seen;
    }
    return seen == self->n ? value : NAN;
}

/* ---- true range, averaged so ------------------------------------------------------------------
 */

struct fading_range {
    struct fading_mean mean;
    double before; /* the last close */
};

static inline void fading_range_init(struct fading_range *self, uint32_t n)
{
    fading_mean_init(&self->mean, n);
    self->before = NAN;
}

/* NAN on the first n bars: the first has no close before it. */
KERNEL double fading_range_step(struct fading_range *self, double high, double low, double close,
                                bool keep)
{
    double range = true_range(high, low, self->before);
    if (keep)
        self->before = close;
    return isnan(range) ? NAN : fading_mean_step(&self->mean, range, keep);
}

/* ---- exponential average of a series that begins late -----------------------------------------
 */

/* Seeded on bar n, with the mean of those of the n values that are there; if there are none, by the
 * series' first value. */
struct late_ema {
    struct dd value; /* while the seed is gathered, its sum */
    double factor;
    uint32_t n, seen, present; /* present: values in the seed */
};

static inline void late_ema_init(struct late_ema *self, uint32_t n)
{
    *self = (struct late_ema){.factor = 2.0 / (n + 1), .n = n};
}

KERNEL double late_ema_next(const struct late_ema *self, double x)
{
    double last = self->value.hi;
    if (isnan(last))
        return x;
    /* To the bit what pandas gives: a row that rounds (STC) would show a difference. */
    return isnan(x) || x == last ? last : last * (1 - self->factor) + x * self->factor;
}

/* The average with x in, which is NAN while the series has not begun. */
KERNEL double late_ema_step(struct late_ema *self, double x, bool keep)
{
    struct dd value = self->value;
    uint32_t seen = self->seen, present = self->present;
    if (__builtin_expect(seen == self->n, 1)) {
        value.hi = late_ema_next(self, x);
    } else {
        seen++;
        present += !isnan(x);
        value = isnan(x) ? value : dd_add_number(value, x);
        if (seen == self->n)
            value = (struct dd){present > 0 ? dd_divide(value, present) : NAN, 0};
    }
    if (keep) {
        self->value = value;
        self->seen = seen;
        self->present = present;
    }
    return seen == self->n ? value.hi : NAN;
}

/* Bars until the average of n bars of a series that begins on bar `begins` is defined. */
static inline size_t late_ema_bars(double n, size_t begins)
{
    return (size_t)n > begins ? (size_t)n : begins;
}

#endif
