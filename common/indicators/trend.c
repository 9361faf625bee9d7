/* trend - which way prices go, and how decidedly. */
#include "common/indicators/kernels.h"

/* ---- directional movement ---------------------------------------------------------------------
 */

/* Wilder's running sums of movement up, movement down and range. The first n - 1 bars are summed;
 * from then on each sum loses an n-th of itself a bar (Wilder 1978, pp. 35-47). */
struct directional {
    double high, low, close; /* of the bar before, NAN before the first */
    double plus, minus, range;
    uint32_t n, seen; /* changes seen; counts up to n, then stands */
};

static inline void directional_init(struct directional *self, uint32_t n)
{
    *self = (struct directional){.high = NAN, .low = NAN, .close = NAN, .n = n};
}

/* The sums with this bar in; false until there are n changes. */
KERNEL bool directional_step(struct directional *self, const double *in, double sums[3], bool keep)
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
    return seen == self->n;
}

KERNEL double share(double part, double whole)
{
    return is_zero(whole) ? 0 : 100 * (part / whole);
}

/* ---- ADX --------------------------------------------------------------------------------------
 */

struct adx {
    struct directional movement;
    double average; /* while it is gathered, the sum of the first n */
    uint32_t seen;
};

static void adx_init(struct arena *arena, const double *params)
{
    struct adx *self = arena_struct(arena, sizeof *self);
    directional_init(&self->movement, (uint32_t)params[0]);
    self->average = 0;
    self->seen = 0;
}

/* The directional index; NAN where there was no movement, which leaves the average as it is. */
KERNEL double directional_index(const double sums[3])
{
    double plus = 100 * (sums[0] / sums[2]), minus = 100 * (sums[1] / sums[2]);
    if (is_zero(sums[2]) || is_zero(plus + minus))
        return NAN;
    return 100 * (fabs(minus - plus) / (minus + plus));
}

INDICATOR_STEP adx_step(struct adx *self, const double *in, double *out, bool keep)
{
    double sums[3], n = self->movement.n;
    out[0] = out[1] = out[2] = NAN;
    if (!directional_step(&self->movement, in, sums, keep))
        return;
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
    if (seen == self->movement.n)
        out[0] = average;
    out[1] = share(sums[0], sums[2]);
    out[2] = share(sums[1], sums[2]);
}

static size_t adx_defined_bars(const double *params)
{
    return 2 * (size_t)params[0];
}

static size_t adx_settled_bars(const double *params)
{
    return 2 * ((size_t)params[0] + decay_bars(1 - 1 / params[0]));
}

INDICATOR_FUNCTIONS(adx)
ROW(adx, .name = "ADX", .title = "Average directional movement index", .category = "trend",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 35-47; TA-Lib ADX",
    .params = {LENGTH(14, 2)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"ADX", "DMP", "DMN"}, .defined_bars = adx_defined_bars,
    .settled_bars = adx_settled_bars);
