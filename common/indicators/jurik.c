/* jurik - Jurik's average and his relative strength, as they were found out from outside. */
#include "common/indicators/kernels.h"

/* ---- JMA --------------------------------------------------------------------------------------
 */

enum { JMA_VOLATILITY_BARS = 10, JMA_TYPICAL_BARS = 66 };

struct jma {
    struct window_sum volatility; /* distances from the bands, of the last 10 bars */
    struct window_sum typical;    /* a tenth of those sums, of the last 66 bars */
    double upper, lower;          /* the bands: they jump to the price, and fall back to it */
    double average, lead, step;   /* the three stages: of the price, of its lead, of the value */
    double value;                 /* NAN before the first bar */
    double ratio_max, power;      /* of a bar's volatility to the typical one */
    double band_factor, factor, phase;
    uint32_t length, seen; /* seen counts up to length, then stands */
};

static double jma_length_term(double length)
{
    return fmax(log2(sqrt((length - 1) / 2)) + 2, 0);
}

static double jma_factor(double length)
{
    return 0.45 * (length - 1) / (0.45 * (length - 1) + 2);
}

static double jma_band_factor(double length)
{
    double term = jma_length_term(length) * sqrt((length - 1) / 2);
    return term / (term + 1);
}

static void jma_init(struct arena *arena, const double *params)
{
    struct jma *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->volatility, arena, JMA_VOLATILITY_BARS);
    window_sum_init(&self->typical, arena, JMA_TYPICAL_BARS);
    self->value = NAN;
    self->power = fmax(jma_length_term(params[0]) - 2, 0.5);
    self->ratio_max = pow(jma_length_term(params[0]), 1 / self->power);
    self->band_factor = jma_band_factor(params[0]);
    self->factor = jma_factor(params[0]);
    self->phase = params[1] < -100 ? 0.5 : params[1] > 100 ? 2.5 : 1.5 + params[1] / 100;
    self->length = (uint32_t)params[0];
}

/* How far x is from the bands, relative to what is typical: from 1 to ratio_max; to the power. */
KERNEL double jma_volatility(struct jma *self, double x, bool keep)
{
    double up = fabs(x - self->upper), down = fabs(x - self->lower);
    double distance = up == down ? 0 : up > down ? up : down;
    bool full;
    double sum = dd_value(window_sum_slide(&self->volatility, distance, &full, keep));
    double count = self->typical.ring.filled;
    count += count < JMA_TYPICAL_BARS;
    double total =
        dd_value(window_sum_slide(&self->typical, sum / JMA_VOLATILITY_BARS, &full, keep));
    double ratio = total > 0 ? distance / (total / count) : 0;
    return pow(fmax(fmin(ratio, self->ratio_max), 1), self->power);
}

/* The three stages at x. */
KERNEL double jma_stages(struct jma *self, double x, double factor, bool keep)
{
    double rest = 1 - factor;
    double average = rest * x + factor * self->average;
    double lead = (x - average) * (1 - self->factor) + self->factor * self->lead;
    double ahead = average + self->phase * lead - self->value;
    double step = ahead * rest * rest + factor * factor * self->step;
    double value = self->value + step;
    if (keep) {
        self->average = average;
        self->lead = lead;
        self->step = step;
        self->value = value;
    }
    return value;
}

/* The first bar: all is where the price is. */
KERNEL void jma_begin(struct jma *self, double x)
{
    bool full;
    window_sum_slide(&self->volatility, 0, &full, true);
    window_sum_slide(&self->typical, 0, &full, true);
    self->upper = self->lower = self->average = self->value = x;
}

INDICATOR_STEP jma_step(struct jma *self, const double *in, double *out, bool keep)
{
    double x = in[0], value = x;
    uint32_t seen = self->seen + (self->seen < self->length);
    if (__builtin_expect(!isnan(self->value), 1)) {
        double volatility = jma_volatility(self, x, keep);
        double band_factor = pow(self->band_factor, sqrt(volatility));
        value = jma_stages(self, x, pow(self->factor, volatility), keep);
        if (keep) {
            self->upper = x > self->upper ? x : x - band_factor * (x - self->upper);
            self->lower = x < self->lower ? x : x - band_factor * (x - self->lower);
        }
    } else if (keep) {
        jma_begin(self, x);
    }
    if (keep)
        self->seen = seen;
    out[0] = seen == self->length ? value : NAN;
}

/* The bands follow from the typical volatility and it from them, so both windows pass thrice; then
 * come the stages, of which each repeats the error of the one before. */
static size_t jma_settled_bars(const double *params)
{
    return (size_t)params[0] + 3 * (JMA_TYPICAL_BARS + JMA_VOLATILITY_BARS) +
           decay_bars(jma_band_factor(params[0])) + 2 * decay_bars(jma_factor(params[0]));
}

INDICATOR_FUNCTIONS(jma)
ROW(jma, .name = "JMA", .title = "Jurik moving average", .category = "overlap",
    .reference = "Jurik Research 1998, whose formula is not published; pandas-ta jma",
    .params = {LENGTH(7, 1), REAL("phase", 0, -1e6, 1e6, "-100 (late) to 100 (early)")},
    .inputs = {ON_CLOSE}, .outputs = {"JMA"}, .defined_bars = length_bars,
    .settled_bars = jma_settled_bars);

/* ---- RSX --------------------------------------------------------------------------------------
 */

enum { RSX_STAGES = 3, RSX_BARS_MIN = 5 };

/* Averages, each with half of its lag taken back, one after another. */
struct rsx_chain {
    double average[RSX_STAGES], of_average[RSX_STAGES];
};

struct rsx {
    struct rsx_chain change, distance; /* of the price's changes; of these without their sign */
    double factor, before;
    uint32_t length, seen; /* seen counts up to length, then stands */
    uint32_t wait, moving; /* bars since the first change is looked for: up to wait + 1 */
    bool moved;
};

static double rsx_factor(double length)
{
    return 3 / (length + 2);
}

static void rsx_init(struct arena *arena, const double *params)
{
    struct rsx *self = arena_struct(arena, sizeof *self);
    self->factor = rsx_factor(params[0]);
    self->length = (uint32_t)params[0];
    self->wait = self->length > RSX_BARS_MIN ? self->length - 1 : RSX_BARS_MIN;
}

KERNEL double rsx_chain_step(struct rsx_chain *self, double x, double factor, bool keep)
{
    for (int i = 0; i < RSX_STAGES; i++) {
        double average = (1 - factor) * self->average[i] + factor * x;
        double of_average = factor * average + (1 - factor) * self->of_average[i];
        x = 1.5 * average - 0.5 * of_average;
        if (keep) {
            self->average[i] = average;
            self->of_average[i] = of_average;
        }
    }
    return x;
}

/* A bar after the first `length`, which count for nothing. Where the price has not moved for `wait`
 * bars it begins again. */
KERNEL double rsx_index(struct rsx *self, double x, bool keep)
{
    double index = 50, change = x - self->before;
    bool moved = self->moved;
    uint32_t moving = self->moving + (self->moving <= self->wait);
    if (self->moving == 0) {
        moved = false;
    } else {
        double up = rsx_chain_step(&self->change, change, self->factor, keep);
        double all = rsx_chain_step(&self->distance, fabs(change), self->factor, keep);
        if (moving > self->wait && all > 1e-12)
            index = fmin(fmax((up / all + 1) * 50, 0), 100);
        moved |= moving <= self->wait && change != 0;
        if (moving == self->wait && !moved)
            moving = 0;
    }
    if (keep) {
        self->moving = moving;
        self->moved = moved;
    }
    return index;
}

INDICATOR_STEP rsx_step(struct rsx *self, const double *in, double *out, bool keep)
{
    if (__builtin_expect(self->seen < self->length, 0)) {
        out[0] = self->seen + 1 == self->length ? 0 : NAN;
        self->seen += keep;
    } else {
        out[0] = rsx_index(self, in[0], keep);
    }
    if (keep)
        self->before = in[0];
}

/* Six averages of one factor in a row: an error falls only after it has risen with the fifth power
 * of time. */
static size_t rsx_settled_bars(const double *params)
{
    return 2 * (size_t)params[0] + RSX_BARS_MIN + 2 * decay_bars(1 - rsx_factor(params[0]));
}

INDICATOR_FUNCTIONS(rsx)
ROW(rsx, .name = "RSX", .title = "Relative strength xtra", .category = "momentum",
    .reference = "Jurik Research, whose formula is not published; pandas-ta rsx, 0 on its first "
                 "bar and 50 until it has enough",
    .params = {LENGTH(14, 1)}, .inputs = {ON_CLOSE}, .outputs = {"RSX"},
    .defined_bars = length_bars, .settled_bars = rsx_settled_bars);
