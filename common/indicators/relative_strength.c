/* relative_strength - gains against losses, and indexes made of them, as pandas-ta averages. */
#include "common/indicators/pandas_averages.h"
#include "common/indicators/window_statistics.h"

/* ---- the relative strength index --------------------------------------------------------------
 */

struct strength {
    struct fading_mean gain, loss;
    double before, index;
};

static void strength_init(struct strength *self, double length)
{
    fading_mean_init(&self->gain, (uint32_t)length);
    fading_mean_init(&self->loss, (uint32_t)length);
    self->before = self->index = NAN;
}

/* NAN until there are n changes, and while the series has not moved at all. A bar without change
 * leaves the index as it is, since both averages lose the same share. */
KERNEL double strength_step(struct strength *self, double x, bool keep)
{
    double change = x - self->before, index = self->index;
    if (!isnan(change)) {
        double gain = fading_mean_step(&self->gain, change > 0 ? change : 0, keep);
        double loss = fading_mean_step(&self->loss, change < 0 ? -change : 0, keep);
        if (change != 0 || isnan(index))
            index = loss == 0 && gain > 0 ? 100 : 100 * gain / (gain + loss);
    }
    if (keep) {
        self->before = x;
        self->index = index;
    }
    return index;
}

/* ---- STOCHRSI ---------------------------------------------------------------------------------
 */

struct stochrsi {
    struct strength strength;
    struct extreme highest, lowest;
    struct window_sum k, d;
};

static void stochrsi_init(struct arena *arena, const double *params)
{
    struct stochrsi *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    strength_init(&self->strength, params[1]);
    window_sum_init(&self->k, arena, (uint32_t)params[2]);
    window_sum_init(&self->d, arena, (uint32_t)params[3]);
}

INDICATOR_STEP stochrsi_step(struct stochrsi *self, const double *in, double *out, bool keep)
{
    double index = strength_step(&self->strength, in[0], keep);
    out[0] = out[1] = NAN;
    if (isnan(index))
        return;
    double lowest = extreme_step(&self->lowest, index, keep);
    double range = extreme_step(&self->highest, index, keep) - lowest;
    if (!isnan(range))
        out[0] = mean_step(&self->k, range > 0 ? 100 * (index - lowest) / range : 0, keep);
    if (!isnan(out[0]))
        out[1] = mean_step(&self->d, out[0], keep);
}

static size_t stochrsi_defined_bars(const double *params)
{
    return (size_t)(params[0] + params[1] + params[2] + params[3]) - 2;
}

/* Where the index hardly moves, its range magnifies what the start has left. */
static size_t stochrsi_settled_bars(const double *params)
{
    return stochrsi_defined_bars(params) + 2 * decay_bars(1 - 1 / params[1]);
}

INDICATOR_FUNCTIONS(stochrsi)
ROW(stochrsi, .name = "STOCHRSI", .title = "Stochastic of the relative strength index",
    .category = "momentum",
    .reference = "Chande and Kroll 1994, The New Technical Trader, ch. 7; pandas-ta stochrsi",
    .params = {LENGTH(14, 1), WHOLE("rsi_length", 14, 1, "bars of the index"),
               WHOLE("k", 3, 1, "bars that smooth %K"), WHOLE("d", 3, 1, "bars that smooth %D")},
    .inputs = {ON_CLOSE}, .outputs = {"STOCHRSIk", "STOCHRSId"},
    .defined_bars = stochrsi_defined_bars, .settled_bars = stochrsi_settled_bars);

/* ---- QQE --------------------------------------------------------------------------------------
 */

/* A line that trails the index on one side and moves only towards it. */
struct trail {
    double value, before; /* of the last bar, and of the one before it */
};

struct qqe {
    struct strength strength;
    struct late_ema smooth;           /* of the index */
    struct late_ema range, of_ranges; /* of its distances from bar to bar; of that average */
    double factor, index;             /* index: the smoothed one of the last bar */
    struct trail below, above;
    bool up;
};

/* Bars of an exponential average whose factor is that of Wilder's. */
static uint32_t qqe_range_bars(double length)
{
    return (uint32_t)(2 * length - 1);
}

static void qqe_init(struct arena *arena, const double *params)
{
    struct qqe *self = arena_struct(arena, sizeof *self);
    strength_init(&self->strength, params[0]);
    late_ema_init(&self->smooth, (uint32_t)params[1]);
    late_ema_init(&self->range, qqe_range_bars(params[0]));
    late_ema_init(&self->of_ranges, qqe_range_bars(params[0]));
    self->factor = params[2];
    self->index = NAN;
    self->up = true;
}

/* Does the index cross the line as it stood, upwards or not? */
KERNEL bool qqe_crosses(const struct trail *line, double before, double index)
{
    return (before < line->before && index > line->value) ||
           (before >= line->before && index <= line->value);
}

KERNEL void trail_keep(struct trail *self, double value)
{
    self->before = self->value;
    self->value = value;
}

/* Whichever way the index crosses the upper line it goes up for the convention, and down with the
 * lower one. */
INDICATOR_STEP qqe_step(struct qqe *self, const double *in, double *out, bool keep)
{
    double before = self->index, strength = strength_step(&self->strength, in[0], keep);
    double index = late_ema_step(&self->smooth, strength, keep);
    double range = late_ema_step(&self->range, fabs(index - before), keep);
    double width = self->factor * late_ema_step(&self->of_ranges, range, keep);
    double below = index - width, above = index + width;
    if (before > self->below.value && index > self->below.value && below < self->below.value)
        below = self->below.value;
    if (before < self->above.value && index < self->above.value && above > self->above.value)
        above = self->above.value;
    bool up = qqe_crosses(&self->above, before, index) ||
              (self->up && !qqe_crosses(&self->below, before, index));
    out[0] = up ? below : above;
    out[1] = index;
    out[2] = up ? below : NAN;
    out[3] = up ? NAN : above;
    if (keep) {
        self->index = index;
        trail_keep(&self->below, below);
        trail_keep(&self->above, above);
        self->up = up;
    }
}

/* Until there is a line; it is the lower or the upper one, never both. */
static size_t qqe_defined_bars(const double *params)
{
    size_t index = late_ema_bars(params[1], (size_t)params[0] + 1);
    return late_ema_bars(qqe_range_bars(params[0]), index + 1);
}

INDICATOR_FUNCTIONS(qqe)
ROW(qqe, .name = "QQE", .title = "Quantitative qualitative estimation", .category = "momentum",
    .reference = "Ignatov 2006, after Wilder's index and average range; pandas-ta qqe",
    .params = {LENGTH(14, 1), WHOLE("smooth", 5, 1, "bars that smooth the index"),
               REAL("factor", 4.236, 0, 1e6, "ranges between the index and its lines")},
    .inputs = {ON_CLOSE}, .outputs = {"QQE", "QQE_RSIMA", "QQEl", "QQEs"},
    .defined_bars = qqe_defined_bars, .settled_bars = forever_bars);

/* ---- RVI, INERTIA -----------------------------------------------------------------------------
 */

struct rvi {
    struct moments spread;
    struct late_ema up, down; /* of the deviations on bars that rise; that fall */
    double before;
};

static void rvi_begin(struct rvi *self, struct arena *arena, double length)
{
    moments_init(&self->spread, arena, (uint32_t)length);
    late_ema_init(&self->up, (uint32_t)length);
    late_ema_init(&self->down, (uint32_t)length);
    self->before = NAN;
}

static void rvi_init(struct arena *arena, const double *params)
{
    struct rvi *self = arena_struct(arena, sizeof *self);
    rvi_begin(self, arena, params[0]);
}

/* NAN while all bars with a deviation have been without change. */
INDICATOR_STEP rvi_step(struct rvi *self, const double *in, double *out, bool keep)
{
    double x = in[0], squares;
    moments_step(&self->spread, x, &squares, keep);
    double deviation = sqrt(squares / (self->spread.sum.ring.n - 1.0));
    double up = late_ema_step(&self->up, deviation * (x > self->before), keep);
    double down = late_ema_step(&self->down, deviation * (x < self->before), keep);
    out[0] = 100 * up / (up + down);
    if (keep)
        self->before = x;
}

/* Half as long again: where nearly all goes one way, the index is what is left of the other. */
static size_t rvi_settled_bars(const double *params)
{
    return (size_t)params[0] + 3 * decay_bars(1 - 2 / (params[0] + 1)) / 2;
}

INDICATOR_FUNCTIONS(rvi)
ROW(rvi, .name = "RVI", .title = "Relative volatility index", .category = "volatility",
    .reference = "Dorsey 1993, The relative volatility index, TASC 11:6; pandas-ta rvi",
    .params = {LENGTH(14, 2)}, .inputs = {ON_CLOSE}, .outputs = {"RVI"},
    .defined_bars = length_bars, .settled_bars = rvi_settled_bars);

struct inertia {
    struct rvi volatility;
    struct line line;
};

static void inertia_init(struct arena *arena, const double *params)
{
    struct inertia *self = arena_struct(arena, sizeof *self);
    line_init(&self->line, arena, (uint32_t)params[0]);
    rvi_begin(&self->volatility, arena, params[1]);
}

/* The convention takes the line's height on the bar before the last. */
INDICATOR_STEP inertia_step(struct inertia *self, const double *in, double *out, bool keep)
{
    rvi_step(&self->volatility, in, out, keep);
    if (isnan(out[0]))
        return;
    struct line_fit fit = line_step(&self->line, out[0], keep);
    out[0] = line_at(fit, fit.n - 2);
}

static size_t inertia_defined_bars(const double *params)
{
    return (size_t)(params[0] + params[1]) - 1;
}

static size_t inertia_settled_bars(const double *params)
{
    return (size_t)params[0] + rvi_settled_bars(params + 1);
}

INDICATOR_FUNCTIONS(inertia)
ROW(inertia, .name = "INERTIA", .title = "Inertia", .category = "momentum",
    .reference = "Dorsey 1995, Refining the relative volatility index, TASC 13:9; pandas-ta "
                 "inertia",
    .params = {LENGTH(20, 2), WHOLE("rvi_length", 14, 2, "bars of the volatility index")},
    .inputs = {ON_CLOSE}, .outputs = {"INERTIA"}, .defined_bars = inertia_defined_bars,
    .settled_bars = inertia_settled_bars);
