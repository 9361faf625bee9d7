/* volatility - how much prices move. */
#include "common/indicators/kernels.h"

/* ---- BBANDS -----------------------------------------------------------------------------------
 */

struct bbands {
    struct moments moments;
    double width; /* in standard deviations */
};

static void bbands_init(struct arena *arena, const double *params)
{
    struct bbands *self = arena_struct(arena, sizeof *self);
    moments_init(&self->moments, arena, (uint32_t)params[0]);
    self->width = params[1];
}

INDICATOR_STEP bbands_step(struct bbands *self, const double *in, double *out, bool keep)
{
    double deviations, distance,
        mean = moments_place(&self->moments, in[0], &deviations, &distance, keep);
    double half = self->width * sqrt(deviations * self->moments.share);
    out[0] = mean - half;
    out[1] = mean;
    out[2] = mean + half;
    out[3] = 200 * half / mean;
    out[4] = half > 0 ? (distance + half) / (2 * half) : NAN;
}

INDICATOR_FUNCTIONS(bbands)
ROW(bbands, .name = "BBANDS", .title = "Bollinger bands", .category = "volatility",
    .reference = "Bollinger 2001, Bollinger on Bollinger Bands; TA-Lib BBANDS (population)",
    .params = {LENGTH(5, 1), REAL("std", 2, 0, 1e6, "half the width, in standard deviations")},
    .inputs = {ON_CLOSE}, .outputs = {"BBL", "BBM", "BBU", "BBB", "BBP"},
    .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- ATR --------------------------------------------------------------------------------------
 */

struct atr {
    struct wilder average;
    double close_before;
};

static void atr_init(struct arena *arena, const double *params)
{
    struct atr *self = arena_struct(arena, sizeof *self);
    wilder_init(&self->average, (uint32_t)params[0]);
    self->close_before = NAN;
}

INDICATOR_STEP atr_step(struct atr *self, const double *in, double *out, bool keep)
{
    double range = true_range(in[0], in[1], self->close_before);
    out[0] = isnan(range) ? NAN : wilder_step(&self->average, range, keep);
    if (keep)
        self->close_before = in[2];
}

static size_t atr_settled_bars(const double *params)
{
    return (size_t)params[0] + 1 + decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(atr)
ROW(atr, .name = "ATR", .title = "Average true range", .category = "volatility",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 21-23; TA-Lib ATR",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"ATR"}, .defined_bars = length_plus_1_bars, .settled_bars = atr_settled_bars);
