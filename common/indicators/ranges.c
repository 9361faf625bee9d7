/* ranges - true range, its normalised average, and Headley's acceleration bands. */
#include "common/indicators/kernels.h"

/* ---- TRUE_RANGE -------------------------------------------------------------------------------
 */

struct true_range_row {
    double close_before;
};

static void true_range_row_init(struct arena *arena, const double *params)
{
    (void)params;
    struct true_range_row *self = arena_struct(arena, sizeof *self);
    self->close_before = NAN;
}

INDICATOR_STEP true_range_row_step(struct true_range_row *self, const double *in, double *out,
                                   bool keep)
{
    out[0] = true_range(in[0], in[1], self->close_before);
    if (keep)
        self->close_before = in[2];
}

static size_t two_bars(const double *params)
{
    (void)params;
    return 2;
}

INDICATOR_FUNCTIONS(true_range_row)
ROW(true_range_row, .name = "TRUE_RANGE", .title = "True range", .category = "volatility",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, p. 21; TA-Lib TRANGE",
    .aliases = {"TRANGE"}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"TRUERANGE"}, .defined_bars = two_bars, .settled_bars = two_bars);

/* ---- NATR -------------------------------------------------------------------------------------
 */

struct natr {
    struct wilder average;
    double close_before;
};

static void natr_init(struct arena *arena, const double *params)
{
    struct natr *self = arena_struct(arena, sizeof *self);
    wilder_init(&self->average, (uint32_t)params[0]);
    self->close_before = NAN;
}

INDICATOR_STEP natr_step(struct natr *self, const double *in, double *out, bool keep)
{
    double range = true_range(in[0], in[1], self->close_before);
    double average = isnan(range) ? NAN : wilder_step(&self->average, range, keep);
    out[0] = isnan(average) || !is_zero(in[2]) ? 100 * (average / in[2]) : 0;
    if (keep)
        self->close_before = in[2];
}

static size_t natr_settled_bars(const double *params)
{
    return (size_t)params[0] + 1 + decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(natr)
ROW(natr, .name = "NATR", .title = "Average true range in percent of the close",
    .category = "volatility",
    .reference = "Forman 2006, Cross-market evaluations with normalized average true range, "
                 "TASC 24:5; TA-Lib NATR",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"NATR"}, .defined_bars = length_plus_1_bars, .settled_bars = natr_settled_bars);

/* ---- ACCBANDS ---------------------------------------------------------------------------------
 */

struct accbands {
    struct window_sum lower, middle, upper;
};

static void accbands_init(struct arena *arena, const double *params)
{
    struct accbands *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->lower, arena, (uint32_t)params[0]);
    window_sum_init(&self->middle, arena, (uint32_t)params[0]);
    window_sum_init(&self->upper, arena, (uint32_t)params[0]);
}

INDICATOR_STEP accbands_step(struct accbands *self, const double *in, double *out, bool keep)
{
    double twice = in[0] + in[1], width = is_zero(twice) ? 0 : 4 * (in[0] - in[1]) / twice;
    out[0] = mean_step(&self->lower, in[1] * (1 - width), keep);
    out[1] = mean_step(&self->middle, in[2], keep);
    out[2] = mean_step(&self->upper, in[0] * (1 + width), keep);
}

INDICATOR_FUNCTIONS(accbands)
ROW(accbands, .name = "ACCBANDS", .title = "Acceleration bands", .category = "volatility",
    .reference = "Headley 2002, Big Trends in Trading; TA-Lib ACCBANDS", .params = {LENGTH(20, 1)},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"ACCBL", "ACCBM", "ACCBU"}, .defined_bars = length_bars,
    .settled_bars = length_bars);
