/* average - moving averages. */
#include "common/indicators/grid.h"

struct sma {
    struct grid window;
};

static void sma_init(struct arena *arena, const double *params)
{
    struct sma *self = arena_struct(arena, sizeof *self);
    grid_init(&self->window, arena, (uint32_t)params[0]);
}

INDICATOR_STEP sma_step(struct sma *self, const double *in, double *out, bool keep)
{
    out[0] = grid_mean_step(&self->window, in[0], keep);
}

INDICATOR_FUNCTIONS(sma)
ROW(sma, .name = "SMA", .title = "Simple moving average", .category = "overlap",
    .reference = "the arithmetic mean; TA-Lib SMA", .params = {LENGTH(10, 1)}, .inputs = {ON_CLOSE},
    .outputs = {"SMA"}, .defined_bars = length_bars, .settled_bars = length_bars);

struct ema_row {
    struct ema average;
};

static void ema_row_init(struct arena *arena, const double *params)
{
    struct ema_row *self = arena_struct(arena, sizeof *self);
    ema_init(&self->average, (uint32_t)params[0]);
}

INDICATOR_STEP ema_row_step(struct ema_row *self, const double *in, double *out, bool keep)
{
    out[0] = ema_step(&self->average, in[0], keep);
}

static size_t ema_settled_bars(const double *params)
{
    return (size_t)params[0] + decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(ema_row)
ROW(ema_row, .name = "EMA", .title = "Exponential moving average", .category = "overlap",
    .reference = "factor 2/(n+1), seeded with the mean of the first n; TA-Lib EMA",
    .params = {LENGTH(10, 1)}, .inputs = {ON_CLOSE}, .outputs = {"EMA"},
    .defined_bars = length_bars, .settled_bars = ema_settled_bars);

struct wma {
    struct grid window;
};

static void wma_init(struct arena *arena, const double *params)
{
    struct wma *self = arena_struct(arena, sizeof *self);
    grid_init(&self->window, arena, (uint32_t)params[0]);
}

INDICATOR_STEP wma_step(struct wma *self, const double *in, double *out, bool keep)
{
    out[0] = weighted_step(&self->window, in[0], keep);
}

INDICATOR_FUNCTIONS(wma)
ROW(wma, .name = "WMA", .title = "Weighted moving average", .category = "overlap",
    .reference = "weights 1 to n, the newest the heaviest; TA-Lib WMA", .params = {LENGTH(10, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"WMA"}, .defined_bars = length_bars,
    .settled_bars = length_bars);
