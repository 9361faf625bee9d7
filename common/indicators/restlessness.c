/* restlessness - ranges that widen, moves that are out of the common, falls from the top. */
#include <float.h>

#include "common/indicators/pandas_averages.h"

/* ---- MASSI ---- */

struct massi {
    struct ema range;
    struct late_ema smoothed;
    struct window_sum ratio;
};

static void massi_init(struct arena *arena, const double *params)
{
    struct massi *self = arena_struct(arena, sizeof *self);
    ema_init(&self->range, (uint32_t)params[0]);
    late_ema_init(&self->smoothed, (uint32_t)params[0]);
    window_sum_init(&self->ratio, arena, (uint32_t)params[1]);
}

/* Bars without any range have the ratio 1. */
INDICATOR_STEP massi_step(struct massi *self, const double *in, double *out, bool keep)
{
    double range = ema_step(&self->range, in[0] - in[1] + DBL_EPSILON, keep);
    double smoothed = late_ema_step(&self->smoothed, range, keep);
    out[0] = isnan(smoothed) ? NAN : window_sum_step(&self->ratio, range / smoothed, keep);
}

static size_t massi_defined_bars(const double *params)
{
    return (size_t)(params[0] + params[1]) - 1;
}

static size_t massi_settled_bars(const double *params)
{
    return massi_defined_bars(params) + 2 * decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(massi)
ROW(massi, .name = "MASSI", .title = "Mass index", .category = "volatility",
    .reference = "Dorsey 1992, The mass index, TASC 10:6; pandas-ta massi",
    .params = {WHOLE("fast", 9, 1, "bars of the averages of the range"),
               WHOLE("slow", 25, 1, "bars that are summed")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"MASSI"},
    .defined_bars = massi_defined_bars, .settled_bars = massi_settled_bars);

/* ---- THERMO ---- */

struct thermo {
    struct late_ema average;
    double high, low, quiet, loud;
};

static void thermo_init(struct arena *arena, const double *params)
{
    struct thermo *self = arena_struct(arena, sizeof *self);
    late_ema_init(&self->average, (uint32_t)params[0]);
    self->quiet = params[1];
    self->loud = params[2];
    self->high = self->low = NAN;
}

INDICATOR_STEP thermo_step(struct thermo *self, const double *in, double *out, bool keep)
{
    double up = fabs(in[0] - self->high), down = fabs(self->low - in[1]);
    out[0] = isnan(up) ? NAN : fmax(up, down);
    out[1] = late_ema_step(&self->average, out[0], keep);
    out[2] = out[0] < out[1] * self->quiet;
    out[3] = out[0] > out[1] * self->loud;
    if (keep) {
        self->high = in[0];
        self->low = in[1];
    }
}

static size_t thermo_defined_bars(const double *params)
{
    return late_ema_bars(params[0], 2);
}

static size_t thermo_settled_bars(const double *params)
{
    return thermo_defined_bars(params) + decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(thermo)
ROW(thermo, .name = "THERMO", .title = "Elder's thermometer", .category = "volatility",
    .reference = "Elder 2002, Come into My Trading Room, pp. 162-166; pandas-ta thermo",
    .params = {LENGTH(20, 1), REAL("long", 2, 0, 1e9, "averages below which a move is quiet"),
               REAL("short", 0.5, 0, 1e9, "averages above which a move is not")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)},
    .outputs = {"THERMO", "THERMOma", "THERMOl", "THERMOs"}, .defined_bars = thermo_defined_bars,
    .settled_bars = thermo_settled_bars);

/* ---- UI ---- */

struct ui {
    struct extreme highest;
    struct window_sum squares;
};

static void ui_init(struct arena *arena, const double *params)
{
    struct ui *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    window_sum_init(&self->squares, arena, (uint32_t)params[0]);
}

INDICATOR_STEP ui_step(struct ui *self, const double *in, double *out, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep);
    double fall = highest != 0 ? 100 * (in[0] - highest) / highest : 0;
    double mean = isnan(fall) ? NAN : mean_step(&self->squares, fall * fall, keep);
    out[0] = mean < 0 ? 0 : sqrt(mean);
}

static size_t ui_bars(const double *params)
{
    return 2 * (size_t)params[0] - 1;
}

INDICATOR_FUNCTIONS(ui)
ROW(ui, .name = "UI", .title = "Ulcer index", .category = "volatility",
    .reference = "Martin and McCann 1989, The Investor's Guide to Fidelity Funds; pandas-ta ui",
    .params = {LENGTH(14, 1)}, .inputs = {ON_CLOSE}, .outputs = {"UI"}, .defined_bars = ui_bars,
    .settled_bars = ui_bars);
