/* channels - bands around an average whose width is that of the bars, and how they are filled. */
#include "common/indicators/pandas_averages.h"

/* ---- KC ---- */

struct kc {
    struct ema middle;
    struct late_ema range;
    double before, scalar;
};

static void kc_init(struct arena *arena, const double *params)
{
    struct kc *self = arena_struct(arena, sizeof *self);
    ema_init(&self->middle, (uint32_t)params[0]);
    late_ema_init(&self->range, (uint32_t)params[0]);
    self->before = NAN;
    self->scalar = params[1];
}

INDICATOR_STEP kc_step(struct kc *self, const double *in, double *out, bool keep)
{
    double range = true_range(in[0], in[1], self->before);
    double half = self->scalar * late_ema_step(&self->range, range, keep);
    out[1] = ema_step(&self->middle, in[2], keep);
    out[0] = out[1] - half;
    out[2] = out[1] + half;
    if (keep)
        self->before = in[2];
}

static size_t kc_defined_bars(const double *params)
{
    return late_ema_bars(params[0], 2);
}

static size_t kc_settled_bars(const double *params)
{
    return kc_defined_bars(params) + decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(kc)
ROW(kc, .name = "KC", .title = "Keltner channels", .category = "volatility",
    .reference = "Keltner 1960, How to Make Money in Commodities; averages as Raschke's; "
                 "pandas-ta kc",
    .params = {LENGTH(20, 1), REAL("scalar", 2, 0, 1e9, "average ranges to each side")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"KCL", "KCB", "KCU"},
    .defined_bars = kc_defined_bars, .settled_bars = kc_settled_bars);

/* ---- ABERRATION ---- */

struct aberration {
    struct window_sum middle;
    struct fading_range range;
};

static void aberration_init(struct arena *arena, const double *params)
{
    struct aberration *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->middle, arena, (uint32_t)params[0]);
    fading_range_init(&self->range, (uint32_t)params[1]);
}

INDICATOR_STEP aberration_step(struct aberration *self, const double *in, double *out, bool keep)
{
    out[0] = mean_step(&self->middle, (in[0] + in[1] + in[2]) / 3, keep);
    out[3] = fading_range_step(&self->range, in[0], in[1], in[2], keep);
    out[1] = out[0] + out[3];
    out[2] = out[0] - out[3];
}

static size_t aberration_defined_bars(const double *params)
{
    return (size_t)fmax(params[0], params[1] + 1);
}

static size_t aberration_settled_bars(const double *params)
{
    return aberration_defined_bars(params) + decay_bars(1 - 1 / params[1]);
}

INDICATOR_FUNCTIONS(aberration)
ROW(aberration, .name = "ABERRATION", .title = "Aberration", .category = "volatility",
    .reference = "a mean of typical prices, and an average range to each side; pandas-ta "
                 "aberration",
    .params = {LENGTH(5, 1), WHOLE("atr_length", 15, 1, "bars of the average range")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"ABER_ZG", "ABER_SG", "ABER_XG", "ABER_ATR"},
    .defined_bars = aberration_defined_bars, .settled_bars = aberration_settled_bars);

/* ---- CHOP ---- */

struct chop {
    struct extreme highest, lowest;
    struct window_sum ranges;
    double before, scale;
};

static void chop_init(struct arena *arena, const double *params)
{
    struct chop *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    window_sum_init(&self->ranges, arena, (uint32_t)params[0]);
    self->before = NAN;
    self->scale = 100 / log10(params[0]);
}

/* All of the way along the range gives 0; none of it, no value. */
INDICATOR_STEP chop_step(struct chop *self, const double *in, double *out, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep);
    double lowest = extreme_step(&self->lowest, in[1], keep);
    double range = true_range(in[0], in[1], self->before);
    double way = isnan(range) ? NAN : window_sum_step(&self->ranges, range, keep);
    bool moved = way > 0 && highest > lowest;
    out[0] = moved ? self->scale * (log10(way) - log10(highest - lowest)) : NAN;
    if (keep)
        self->before = in[2];
}

INDICATOR_FUNCTIONS(chop)
ROW(chop, .name = "CHOP", .title = "Choppiness index", .category = "trend",
    .reference = "Dreiss 1993, FutureSource; pandas-ta chop", .params = {LENGTH(14, 2)},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"CHOP"},
    .defined_bars = length_plus_1_bars, .settled_bars = length_plus_1_bars);
