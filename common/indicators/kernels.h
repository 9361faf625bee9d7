/* kernels - what indicators are made of: windows, sums, averages, extremes.
 *
 * How to write an indicator:
 *
 *      struct mom {                         // its state: kernels and plain numbers
 *          struct ring past;
 *      };
 *      static void mom_init(struct arena *arena, const double *params)
 *      {
 *          struct mom *self = arena_struct(arena, sizeof *self);
 *          ring_init(&self->past, arena, (uint32_t)params[0]);
 *      }
 *      INDICATOR_STEP mom_step(struct mom *self, const double *in, double *out, bool keep)
 *      {
 *          double before = ring_push(&self->past, in[0], keep);   // NAN while the ring fills
 *          out[0] = in[0] - before;
 *      }
 *      INDICATOR_FUNCTIONS(mom)             // mom_commit, mom_commit_many and mom_peek
 *      ROW(mom, .name = "MOM", ...)         // the table row; then its line in indicator_list.c
 *
 * Each kernel is a struct with an init, which takes its arrays from the arena, and a step that
 * takes one value and gives what follows from it; with keep false nothing changes. A kernel's
 * answer is NAN until its window is full. Sums carry their rounding errors along (Dekker 1971, A
 * floating-point technique for extending the available precision, pp. 224-242), so a window that
 * slides over ten million bars, or over a price that was a million for a moment, holds what a fresh
 * one would. */
#ifndef INDSUB_INDICATORS_KERNELS_H
#define INDSUB_INDICATORS_KERNELS_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/indicators/arena.h"
#include "common/indicators/indicator.h"

#define KERNEL static inline __attribute__((always_inline))

/* Where the convention of the references is to call a quantity zero. */
#define KERNEL_ZERO 1e-14
KERNEL bool is_zero(double x)
{
    return x < KERNEL_ZERO && x > -KERNEL_ZERO;
}

/* ---- double-double ----------------------------------------------------------------------------
 */

/* An unevaluated sum: hi is the value, lo what it lacks. */
struct dd {
    double hi, lo;
};

/* a + b exactly (Knuth 1969, The Art of Computer Programming 2, section 4.2.2). */
KERNEL struct dd two_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (struct dd){sum, (a - (sum - part)) + (b - part)};
}

/* a b exactly (Veltkamp's splitting and Dekker's product, 1971, p. 234). */
KERNEL struct dd two_product(double a, double b)
{
    const double splitter = 134217729; /* 2^27 + 1 */
    double product = a * b;
    double a_big = a * splitter, b_big = b * splitter;
    double a_high = a_big - (a_big - a), b_high = b_big - (b_big - b);
    double a_low = a - a_high, b_low = b - b_high;
    double error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return (struct dd){product, error};
}

KERNEL struct dd dd_add(struct dd a, struct dd b)
{
    struct dd sum = two_sum(a.hi, b.hi);
    sum.lo += a.lo + b.lo;
    return sum;
}

KERNEL struct dd dd_subtract(struct dd a, struct dd b)
{
    return dd_add(a, (struct dd){-b.hi, -b.lo});
}

KERNEL struct dd dd_add_number(struct dd a, double x)
{
    struct dd sum = two_sum(a.hi, x);
    sum.lo += a.lo;
    return sum;
}

KERNEL struct dd dd_multiply(struct dd a, struct dd b)
{
    struct dd product = two_product(a.hi, b.hi);
    product.lo += a.hi * b.lo + a.lo * b.hi;
    return product;
}

KERNEL struct dd dd_scale(struct dd a, double x)
{
    struct dd product = two_product(a.hi, x);
    product.lo += a.lo * x;
    return product;
}

KERNEL double dd_value(struct dd a)
{
    return a.hi + a.lo;
}

/* a / x, rounded once: the mean of equal values is that value. */
KERNEL double dd_divide(struct dd a, double x)
{
    double quotient = a.hi / x;
    struct dd rest = dd_subtract(a, two_product(quotient, x));
    return quotient + dd_value(rest) / x;
}

/* ---- ring: the last n values ------------------------------------------------------------------
 */

struct ring {
    uint32_t n, head, filled;
    double *data;
};

static inline void ring_init(struct ring *self, struct arena *arena, uint32_t n)
{
    *self = (struct ring){.n = n};
    arena_array(arena, &self->data, n, sizeof(double));
}

KERNEL bool ring_is_full(const struct ring *self)
{
    return self->filled == self->n;
}

/* The value that the next push drives out: that of n pushes ago. Zero while the ring fills, since
 * its memory is; see ring_is_full. */
KERNEL double ring_oldest(const struct ring *self)
{
    return self->data[self->head];
}

/* The value of `ago` pushes back; 1 is the last one pushed. */
KERNEL double ring_ago(const struct ring *self, uint32_t ago)
{
    uint32_t at = self->head >= ago ? self->head - ago : self->head + self->n - ago;
    return self->data[at];
}

KERNEL void ring_store(struct ring *self, double x, bool keep)
{
    if (!keep)
        return;
    self->data[self->head] = x;
    self->head = self->head + 1 == self->n ? 0 : self->head + 1;
    if (__builtin_expect(self->filled < self->n, 0))
        self->filled++;
}

/* Pushes x and gives the value of n pushes before it, NAN if there is none. */
KERNEL double ring_push(struct ring *self, double x, bool keep)
{
    double before = ring_is_full(self) ? ring_oldest(self) : NAN;
    ring_store(self, x, keep);
    return before;
}

/* ---- sum and mean of the last n ---------------------------------------------------------------
 */

struct window_sum {
    struct ring ring;
    struct dd sum;
};

static inline void window_sum_init(struct window_sum *self, struct arena *arena, uint32_t n)
{
    ring_init(&self->ring, arena, n);
    self->sum = (struct dd){0, 0};
}

/* The sum with x in, whether the window is full or not; *full tells. */
KERNEL struct dd window_sum_slide(struct window_sum *self, double x, bool *full, bool keep)
{
    struct dd change = two_sum(x, -ring_oldest(&self->ring));
    struct dd sum = dd_add(self->sum, change);
    *full = self->ring.filled + 1 >= self->ring.n;
    if (keep)
        self->sum = sum;
    ring_store(&self->ring, x, keep);
    return sum;
}

KERNEL double window_sum_step(struct window_sum *self, double x, bool keep)
{
    bool full;
    struct dd sum = window_sum_slide(self, x, &full, keep);
    return full ? dd_value(sum) : NAN;
}

KERNEL double mean_step(struct window_sum *self, double x, bool keep)
{
    return window_sum_step(self, x, keep) / self->ring.n;
}

/* a / n - b / m, rounded once. At the level of an index a mean alone is rounded by some 2e-12,
 * which is much of a small difference of two. */
KERNEL double difference_of_means(struct dd a, double n, struct dd b, double m)
{
    return dd_value(dd_subtract(dd_scale(a, m), dd_scale(b, n))) / (n * m);
}

/* ---- variance of the last n -------------------------------------------------------------------
 */

/* Squares are taken of distances from an anchor, which is moved to the mean when it lies so far off
 * that a square's rounding would show: more than 16 standard deviations. */
struct moments {
    struct window_sum sum;
    struct dd squares;
    double anchor;
    struct dd anchors; /* n times the anchor */
    double n, share;   /* 1 / n, for what need not be right to the last bit */
    double last;
    uint32_t same; /* how many equal values came last: a flat window has variance zero exactly */
};

static inline void moments_init(struct moments *self, struct arena *arena, uint32_t n)
{
    window_sum_init(&self->sum, arena, n);
    self->last = NAN;
    self->n = n;
    self->share = 1.0 / n;
}

KERNEL void moments_move_anchor(struct moments *self, double anchor)
{
    self->anchor = anchor;
    self->anchors = two_product(anchor, self->sum.ring.n);
}

/* The squared distances from `anchor` of the window with x in, summed from its values. */
struct dd moments_afresh(struct ring ring, double x, double anchor);

/* n times how far x lies from the mean of n values with that sum, to the last digits. */
KERNEL double far_from_mean(double x, struct dd sum, double n)
{
    return dd_value(dd_subtract(two_product(x, n), sum));
}

/* Takes x; gives the mean, n times the population variance (the squared deviations' sum), and how
 * far x lies from the mean, right to some 1e-15 of the standard deviation. All NAN until the window
 * is full. */
KERNEL double moments_place(struct moments *self, double x, double *deviations, double *distance,
                            bool keep)
{
    struct ring *ring = &self->sum.ring;
    double oldest = ring_oldest(ring), before = 0;
    bool full = ring->filled + 1 >= ring->n;
    if (__builtin_expect(ring_is_full(ring), 1))
        before = (oldest - self->anchor) * (oldest - self->anchor);
    else if (ring->filled == 0 && keep)
        moments_move_anchor(self, x);
    double from_anchor = ring->filled == 0 ? 0 : x - self->anchor;
    struct dd squares = dd_add(self->squares, two_sum(from_anchor * from_anchor, -before));
    struct dd sum = dd_add(self->sum.sum, two_sum(x, -oldest));
    uint32_t same = x == self->last ? self->same + (self->same < ring->n) : 1;
    double mean = dd_value(sum) / self->n, offset = dd_value(dd_subtract(sum, self->anchors));
    double aside = offset * offset * self->share, spread = dd_value(squares) - aside;
    bool flat = same >= ring->n;
    double away = (x - self->anchor) - offset * self->share;
    if (__builtin_expect(full && !flat && !(aside < 256 * spread), 0)) {
        away = far_from_mean(x, sum, self->n) * self->share;
        squares = moments_afresh(*ring, x, mean);
        spread = dd_value(squares);
        if (keep)
            moments_move_anchor(self, mean);
    }
    if (keep) {
        self->squares = squares;
        self->sum.sum = sum;
        self->last = x;
        self->same = same;
    }
    ring_store(ring, x, keep);
    *deviations = !full ? NAN : flat ? 0 : spread;
    *distance = !full ? NAN : flat ? 0 : away;
    return full ? mean : NAN;
}

KERNEL double moments_step(struct moments *self, double x, double *deviations, bool keep)
{
    double unused;
    return moments_place(self, x, deviations, &unused, keep);
}

/* How far x lies from the mean of the window with x in, to the last digits also where that is near.
 * To be asked before the step that takes x. */
KERNEL double moments_distance(const struct moments *self, double x)
{
    const struct ring *ring = &self->sum.ring;
    struct dd sum = dd_add(self->sum.sum, two_sum(x, -ring_oldest(ring)));
    return far_from_mean(x, sum, ring->n) / ring->n;
}

/* ---- exponential average, seeded with the mean of the first n ---------------------------------
 */

struct ema {
    double value, factor;
    uint32_t n, seen;
};

static inline void ema_init_factor(struct ema *self, uint32_t n, double factor)
{
    *self = (struct ema){.factor = factor, .n = n};
}

static inline void ema_init(struct ema *self, uint32_t n)
{
    ema_init_factor(self, n, 2.0 / (n + 1));
}

/* While the seed is gathered, value is its sum. */
KERNEL double ema_step(struct ema *self, double x, bool keep)
{
    uint32_t seen = self->seen + 1;
    double value;
    if (__builtin_expect(seen > self->n, 1)) {
        value = (x - self->value) * self->factor + self->value;
        seen = self->seen;
    } else {
        value = self->value + x;
        if (seen == self->n)
            value /= self->n;
    }
    if (keep) {
        self->value = value;
        self->seen = seen;
    }
    return seen >= self->n ? value : NAN;
}

/* ---- Wilder's average, seeded with the mean of the first n (Wilder 1978, p. 21) ----------------
 */

struct wilder {
    double value;
    uint32_t n, seen;
};

static inline void wilder_init(struct wilder *self, uint32_t n)
{
    *self = (struct wilder){.n = n};
}

KERNEL double wilder_step(struct wilder *self, double x, bool keep)
{
    uint32_t seen = self->seen + 1;
    double value;
    if (__builtin_expect(seen > self->n, 1)) {
        value = (self->value * (self->n - 1) + x) / self->n;
        seen = self->seen;
    } else {
        value = self->value + x;
        if (seen == self->n)
            value /= self->n;
    }
    if (keep) {
        self->value = value;
        self->seen = seen;
    }
    return seen >= self->n ? value : NAN;
}

/* ---- extremes of the last n -------------------------------------------------------------------
 */

/* The last n values are the end of one block of n and the beginning of the next, so their extreme
 * is that of two numbers (van Herk 1992, Pattern Recognition Letters 13:7, pp. 517-521):
 *
 *      block before:  each place holds the extreme from it to the block's end
 *      block of now:  [x x x x x . . . .]     running: the extreme of what is in
 *
 * A new value overwrites the place that leaves the window. A comparison or two a value, and as many
 * again for each where a block ends. */
struct extreme {
    uint32_t n, at;
    bool lowest, full; /* full: a block before is there */
    double running;
    double *data;
};

static inline void extreme_init(struct extreme *self, struct arena *arena, uint32_t n, bool lowest)
{
    *self = (struct extreme){.n = n, .lowest = lowest};
    arena_array(arena, &self->data, n, sizeof(double));
}

KERNEL double extreme_of(const struct extreme *self, double x, double y)
{
    if (self->lowest)
        return x < y ? x : y;
    return x > y ? x : y;
}

static inline void extreme_end_block(struct extreme *self)
{
    double *data = self->data;
    for (uint32_t i = self->n - 1; i > 0; i--)
        data[i - 1] = extreme_of(self, data[i - 1], data[i]);
    self->at = 0;
    self->full = true;
}

/* The extreme of the last n with x in, NAN until there are n. */
KERNEL double extreme_step(struct extreme *self, double x, bool keep)
{
    double *data = self->data;
    uint32_t next = self->at + 1;
    double running = self->at > 0 ? extreme_of(self, self->running, x) : x;
    double value = next < self->n ? extreme_of(self, running, data[next]) : running;
    bool full = self->full || next == self->n;
    if (keep) {
        data[self->at] = x;
        self->running = running;
        self->at = next;
        if (__builtin_expect(next == self->n, 0))
            extreme_end_block(self);
    }
    return full ? value : NAN;
}

/* ---- ranges of nothing ------------------------------------------------------------------------
 */

/* What pandas-ta takes for a range of nothing, so that nothing against nothing is one. */
KERNEL double some_range(double range)
{
    return range == 0 ? DBL_EPSILON : range;
}

/* ---- true range (Wilder 1978, p. 21) ----------------------------------------------------------
 */

/* NAN on the first bar, which has no close before it. */
KERNEL double true_range(double high, double low, double close_before)
{
    double range = high - low, up = fabs(high - close_before), down = fabs(low - close_before);
    if (isnan(close_before))
        return NAN;
    range = up > range ? up : range;
    return down > range ? down : range;
}

/* ---- rows -------------------------------------------------------------------------------------
 */

/* Defines row indicator_NAME with the functions that INDICATOR_FUNCTIONS has made. */
#define ROW(NAME, ...)                                                            \
    const struct indicator indicator_##NAME = {.init = NAME##_init,               \
                                               .commit = NAME##_commit,           \
                                               .commit_many = NAME##_commit_many, \
                                               .peek = NAME##_peek,               \
                                               __VA_ARGS__}

#define LENGTH(DEFAULT, MINIMUM)                                             \
    {                                                                        \
        .name = "length", .type = PARAM_INT, .def = DEFAULT, .min = MINIMUM, \
        .max = INDICATOR_LENGTH_MAX, .about = "bars in the window"           \
    }
#define WHOLE(NAME, DEFAULT, MINIMUM, ABOUT)                             \
    {                                                                    \
        .name = NAME, .type = PARAM_INT, .def = DEFAULT, .min = MINIMUM, \
        .max = INDICATOR_LENGTH_MAX, .about = ABOUT                      \
    }
#define REAL(NAME, DEFAULT, MINIMUM, MAXIMUM, ABOUT)                                      \
    {                                                                                     \
        .name = NAME, .type = PARAM_REAL, .def = DEFAULT, .min = MINIMUM, .max = MAXIMUM, \
        .about = ABOUT                                                                    \
    }

/* Inputs. */
#define SOURCE(FIELD)   \
    {                   \
        FIELD, "source" \
    }
#define ON_CLOSE SOURCE(FIELD_CLOSE)
#define BAR(FIELD)  \
    {               \
        FIELD, NULL \
    }

/* Warm-up, for rows whose first parameter is a window. */
size_t length_bars(const double *params);        /* length */
size_t length_plus_1_bars(const double *params); /* length + 1 */
size_t one_bar(const double *params);            /* 1 */
size_t forever_bars(const double *params);       /* 0: no number of bars is enough */
/* After how many bars a weight that shrinks by `factor` a bar is below 1e-11 of what it was: below
 * 1e-9 also where a value is a small difference of what has shrunk so. */
size_t decay_bars(double factor);

#endif
