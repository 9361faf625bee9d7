/* average_kind - the moving averages that a row may be told to use, and the kernels they need. */
#ifndef INDSUB_INDICATORS_AVERAGE_KIND_H
#define INDSUB_INDICATORS_AVERAGE_KIND_H

#include "common/indicators/grid.h"

/* ---- averages of averages ---------------------------------------------------------------------
 */

enum { EMA_CHAIN_MAX = 6 };

/* Exponential averages, each of the one before it, each seeded when that one begins. */
struct ema_chain {
    struct ema link[EMA_CHAIN_MAX];
};

static inline void ema_chain_init(struct ema_chain *self, uint32_t n)
{
    for (int k = 0; k < EMA_CHAIN_MAX; k++)
        ema_init(&self->link[k], n);
}

/* The first `count` averages of the chain; NAN where one has not begun. */
KERNEL void ema_chain_step(struct ema_chain *self, double x, int count, double *values, bool keep)
{
    for (int k = 0; k < count; k++)
        values[k] = NAN;
#ifdef __OPTIMIZE__  /* else gcc warns that it does not heed it */
#pragma GCC unroll 6 /* EMA_CHAIN_MAX */
#endif
    for (int k = 0; k < count && !isnan(x); k++)
        values[k] = x = ema_step(&self->link[k], x, keep);
}

/* Mulloy 1994, Smoothing data with faster moving averages, TASC 12:1. */
KERNEL double double_ema(struct ema_chain *self, double x, bool keep)
{
    double e[2];
    ema_chain_step(self, x, 2, e, keep);
    return 2 * e[0] - e[1];
}

KERNEL double triple_ema(struct ema_chain *self, double x, bool keep)
{
    double e[3];
    ema_chain_step(self, x, 3, e, keep);
    return 3 * e[0] - 3 * e[1] + e[2];
}

/* Tillson 1998, Smoothing techniques for more accurate signals, TASC 16:1: three times
 * (1 + a) EMA - a EMA of EMA, multiplied out. */
KERNEL double tillson_t3(struct ema_chain *self, double x, double a, bool keep)
{
    double e[6], a2 = a * a, a3 = a2 * a;
    ema_chain_step(self, x, 6, e, keep);
    return -a3 * e[5] + 3 * (a2 + a3) * e[4] + (-6 * a2 - 3 * (a + a3)) * e[3] +
           (1 + 3 * a + a3 + 3 * a2) * e[2];
}

/* ---- triangular: a mean of means --------------------------------------------------------------
 */

struct triangular {
    struct grid first, second;
};

static inline void triangular_init(struct triangular *self, struct arena *arena, uint32_t n)
{
    grid_init(&self->first, arena, n / 2 + 1);
    grid_init(&self->second, arena, (n + 1) / 2);
}

KERNEL double triangular_step(struct triangular *self, double x, bool keep)
{
    double mean = grid_mean_step(&self->first, x, keep);
    return isnan(mean) ? NAN : grid_mean_step(&self->second, mean, keep);
}

/* ---- adaptive (Kaufman 1995, Smarter Trading, pp. 129-153) ------------------------------------
 */

struct kaufman {
    struct ring past;
    struct grid path; /* of the distances from bar to bar */
    double value;
};

static inline void kaufman_init(struct kaufman *self, struct arena *arena, uint32_t n)
{
    ring_init(&self->past, arena, n);
    grid_init(&self->path, arena, n);
    self->value = NAN;
}

/* The average after `last` at x, when the price was `start` n bars ago and went along `path` since.
 * Between averages of 2 and of 30 bars, the faster the straighter the way was. */
KERNEL double kaufman_next(double x, double start, double path, double last)
{
    const double fastest = 2.0 / 3, slowest = 2.0 / 31;
    double way = x - start;
    double straightness = path <= way || is_zero(path) ? 1 : fabs(way / path);
    double factor = straightness * (fastest - slowest) + slowest;
    return (x - last) * (factor * factor) + last;
}

/* The first value follows from the price before it. */
KERNEL double kaufman_step(struct kaufman *self, double x, bool keep)
{
    bool first = self->past.filled == 0;
    double before = first ? NAN : ring_ago(&self->past, 1);
    double start = ring_push(&self->past, x, keep);
    if (first)
        return NAN;
    double path = grid_sum_step(&self->path, fabs(x - before), keep);
    if (isnan(path))
        return NAN;
    double value = kaufman_next(x, start, path, isnan(self->value) ? before : self->value);
    if (keep)
        self->value = value;
    return value;
}

/* ---- one of them ------------------------------------------------------------------------------
 */

#define AVERAGE_T3_A 0.7 /* T3's factor where it cannot be chosen */

enum average_kind {
    AVERAGE_SMA,
    AVERAGE_EMA,
    AVERAGE_WMA,
    AVERAGE_DEMA,
    AVERAGE_TEMA,
    AVERAGE_TRIMA,
    AVERAGE_KAMA,
    AVERAGE_T3
};

/* Their names in that order, for a PARAM_CHOICE. */
extern const char *const AVERAGE_KINDS[];

#define MAMODE                                                                                \
    {                                                                                         \
        .name = "mamode", .type = PARAM_CHOICE, .def = AVERAGE_SMA, .choices = AVERAGE_KINDS, \
        .about = "kind of moving average"                                                     \
    }

struct average {
    enum average_kind kind;
    uint32_t wait; /* values that it leaves out before it begins */
    union {
        struct grid window;
        struct ema ema;
        struct ema_chain chain;
        struct triangular triangular;
        struct kaufman kaufman;
    } of;
};

/* An average of one bar is that bar, of whatever kind. */
void average_init(struct average *self, struct arena *arena, enum average_kind kind, uint32_t n);

/* Values until there is an average. */
size_t average_bars(enum average_kind kind, double n);
/* Values until it forgets how it began (see settled_bars of a row). */
size_t average_settled_bars(enum average_kind kind, double n);

KERNEL double average_step(struct average *self, double x, bool keep)
{
    if (__builtin_expect(self->wait > 0, 0)) {
        self->wait -= keep;
        return NAN;
    }
    switch (self->kind) {
    case AVERAGE_EMA:
        return ema_step(&self->of.ema, x, keep);
    case AVERAGE_WMA:
        return weighted_step(&self->of.window, x, keep);
    case AVERAGE_DEMA:
        return double_ema(&self->of.chain, x, keep);
    case AVERAGE_TEMA:
        return triple_ema(&self->of.chain, x, keep);
    case AVERAGE_TRIMA:
        return triangular_step(&self->of.triangular, x, keep);
    case AVERAGE_KAMA:
        return kaufman_step(&self->of.kaufman, x, keep);
    case AVERAGE_T3:
        return tillson_t3(&self->of.chain, x, AVERAGE_T3_A, keep);
    default:
        return grid_mean_step(&self->of.window, x, keep);
    }
}

/* Is it a mean of a window, with or without weights? */
KERNEL bool average_is_mean(const struct average *self)
{
    return self->kind == AVERAGE_SMA || self->kind == AVERAGE_WMA;
}

/* The sum that such a mean divides; *n is by what, NAN until there is one. */
KERNEL struct dd average_sum(struct average *self, double x, double *n, bool keep)
{
    struct grid *window = &self->of.window;
    bool weighs = self->kind == AVERAGE_WMA, full = window->ring.filled + 1 >= window->ring.n;
    struct grid_sums sums;
    *n = NAN;
    if (__builtin_expect(self->wait > 0, 0)) {
        self->wait -= keep;
        return (struct dd){0, 0};
    }
    sums = weighs ? grid_slide(window, x, true, keep) : grid_slide(window, x, false, keep);
    if (full)
        *n = weighs ? window->weights : window->n;
    return weighs ? sums.weighted : sums.sum;
}

/* fast - slow, both of x; means are not rounded before. NAN until there are both. */
KERNEL double average_difference(struct average *fast, struct average *slow, double x, bool keep)
{
    double n, m;
    if (!average_is_mean(fast) || !average_is_mean(slow)) {
        double above = average_step(fast, x, keep);
        return above - average_step(slow, x, keep);
    }
    struct dd a = average_sum(fast, x, &n, keep), b = average_sum(slow, x, &m, keep);
    return difference_of_means(a, n, b, m);
}

#endif
