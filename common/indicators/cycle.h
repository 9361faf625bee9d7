/* cycle - the homodyne discriminator: how long the dominant cycle of a price is, bar by bar.
 *
 *      price ─► smoothed ─► detrended ─► in phase, quadrature ─► angle between bars ─► period
 *                               └───────────── how far the filters reach ◄────────────────┘
 *
 * After Ehlers 2001, Rocket Science for Traders, chapters 6 and 7. The order of operations is that
 * of TA-Lib, and it counts: where a price stands still, its phase is what rounding leaves. */
#ifndef INDSUB_INDICATORS_CYCLE_H
#define INDSUB_INDICATORS_CYCLE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/indicators/kernels.h"

#define EIGHTH_TURN 0.78539816339744830962
#define DEGREES     (45 / EIGHTH_TURN) /* in one radian */
#define RADIANS     (1 / DEGREES)      /* in one degree */

enum {
    PERIOD_MIN = 6,
    PERIOD_MAX = 50,
    HISTORY = 64, /* a power of two above PERIOD_MAX */

    /* The discriminator starts from nothing when there are that many bars, and its values count
     * when there are that many. What asks for phase or trend gives it longer. */
    PERIOD_START = 12,
    PERIOD_DEFINED = 32,
    PHASE_START = 37,
    PHASE_DEFINED = 63,
    CYCLE_SETTLED = 400
};

/* What there is to say of a bar. */
struct cycle {
    double price;
    double plain, weighted; /* sums of the last four prices; for the weights, see smoothed */
    /* The rest is zero before the start. */
    double smooth;               /* the smoothed price */
    double detrended;            /* its oscillation about the trend */
    double in_phase, quadrature; /* the same of three bars ago, and a quarter cycle off */
    double i2, q2;               /* the phasor, smoothed */
    double re, im;               /* its product with the one before, smoothed */
    double raw_period;           /* in bars, as it is fed back */
    double period;               /* the same smoothed */
};

struct discriminator {
    uint64_t seen;  /* bars committed */
    uint64_t start; /* bars seen when it starts */
    struct cycle last;
    /* Bar i lies at i mod HISTORY; zero where there is none. */
    double price[HISTORY], smooth[HISTORY], detrended[HISTORY], quadrature[HISTORY];
};

/* The value of `ago` bars before the one that is looked at: 1 to HISTORY - 1. */
KERNEL double history(const struct discriminator *self, const double *values, uint64_t ago)
{
    return values[(self->seen - ago) % HISTORY];
}

KERNEL bool is_running(const struct discriminator *self)
{
    return self->seen >= self->start;
}

/* At first the sums run on as those of the reference do, since detrending amplifies their last
 * digits, and where the price stands still there is nothing else; they start anew from the prices
 * once they have strayed from them by this share. After so many bars they are made anew on each,
 * and forget how they began: a series agrees with any other that is as long. */
#define STRAYED 3e-12
enum { AS_THE_REFERENCE = 5000 };

/* Smooths by the weights 4, 3, 2, 1 over ten. `weighted` is kept as the next bar needs it, with one
 * weight less for each. */
KERNEL double smoothed(const struct discriminator *self, struct cycle *cycle)
{
    double x = cycle->price, x1 = history(self, self->price, 1), x2 = history(self, self->price, 2);
    double x3 = history(self, self->price, 3), x4 = history(self, self->price, 4);
    bool is_full = self->seen >= 3;
    double plain = self->last.plain + x - x4;
    double weighted = self->last.weighted + x * (is_full ? 4 : (double)self->seen + 1);
    double anew = 4 * x + 3 * x1 + 2 * x2 + x3;
    if (self->seen >= AS_THE_REFERENCE ||
        (is_full && fabs(weighted - anew) > STRAYED * fabs(anew))) {
        weighted = anew;
        plain = x + x1 + x2 + x3;
    }
    cycle->plain = plain;
    cycle->weighted = is_full ? weighted - plain : weighted;
    return weighted * 0.1;
}

/* Hilbert's transform, cut to seven terms of which four are not zero (chapter 6), at `late` bars
 * ago, when the value was x. */
KERNEL double hilbert(const struct discriminator *self, double x, const double *values,
                      uint64_t late, double gain)
{
    const double outer = 0.0962, inner = 0.5769;
    double sum = outer * x - outer * history(self, values, late + 6);
    sum -= inner * history(self, values, late + 4);
    sum += inner * history(self, values, late + 2);
    return sum * gain;
}

/* The period that the angle from one phasor to the next amounts to (chapter 7). */
KERNEL double period_of(const struct cycle *cycle, double before)
{
    double period = before;
    if (cycle->im != 0 && cycle->re != 0)
        period = 360 / (atan(cycle->im / cycle->re) * DEGREES);
    if (period > 1.5 * before)
        period = 1.5 * before;
    if (period < 0.67 * before)
        period = 0.67 * before;
    if (period < PERIOD_MIN)
        period = PERIOD_MIN;
    if (period > PERIOD_MAX)
        period = PERIOD_MAX;
    return 0.2 * period + 0.8 * before;
}

/* The cycle as it is with this price on top; changes nothing. */
KERNEL struct cycle cycle_with(const struct discriminator *self, double price)
{
    const struct cycle *last = &self->last;
    struct cycle cycle = {.price = price};
    double smooth = smoothed(self, &cycle);
    if (!is_running(self))
        return cycle;
    cycle.smooth = smooth;
    double gain = 0.075 * last->raw_period + 0.54;
    cycle.detrended = hilbert(self, cycle.smooth, self->smooth, 0, gain);
    cycle.in_phase = history(self, self->detrended, 3);
    cycle.quadrature = hilbert(self, cycle.detrended, self->detrended, 0, gain);
    double in_phase_ahead = hilbert(self, cycle.in_phase, self->detrended, 3, gain);
    double quadrature_ahead = hilbert(self, cycle.quadrature, self->quadrature, 0, gain);
    cycle.q2 = 0.2 * (cycle.quadrature + in_phase_ahead) + 0.8 * last->q2;
    cycle.i2 = 0.2 * (cycle.in_phase - quadrature_ahead) + 0.8 * last->i2;
    cycle.re = 0.2 * (cycle.i2 * last->i2 + cycle.q2 * last->q2) + 0.8 * last->re;
    cycle.im = 0.2 * (cycle.i2 * last->q2 - cycle.q2 * last->i2) + 0.8 * last->im;
    cycle.raw_period = period_of(&cycle, last->raw_period);
    cycle.period = 0.33 * cycle.raw_period + 0.67 * last->period;
    return cycle;
}

KERNEL void cycle_keep(struct discriminator *self, const struct cycle *cycle)
{
    uint64_t at = self->seen % HISTORY;
    self->price[at] = cycle->price;
    self->smooth[at] = cycle->smooth;
    self->detrended[at] = cycle->detrended;
    self->quadrature[at] = cycle->quadrature;
    self->last = *cycle;
    self->seen++;
}

/* The period as a count of bars. */
KERNEL uint32_t whole_period(const struct cycle *cycle)
{
    double n = cycle->period + 0.5;
    return n < PERIOD_MAX ? (uint32_t)n : PERIOD_MAX;
}

#endif
