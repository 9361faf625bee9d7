/* statistics - how a window's values spread, and how two series go together. */
#include "common/indicators/ranked.h"
#include "common/indicators/window_statistics.h"

/* ---- AVGDEV -----------------------------------------------------------------------------------
 */

struct avgdev {
    struct ranked window;
};

static void avgdev_init(struct arena *arena, const double *params)
{
    struct avgdev *self = arena_struct(arena, sizeof *self);
    ranked_init_mean(&self->window, arena, (uint32_t)params[0]);
}

INDICATOR_STEP avgdev_step(struct avgdev *self, const double *in, double *out, bool keep)
{
    double distances = NAN;
    if (ranked_is_full(&self->window))
        ranked_mean(&self->window, in[0], &distances);
    out[0] = distances / self->window.ring.n;
    if (keep)
        ranked_keep(&self->window, in[0]);
}

INDICATOR_FUNCTIONS(avgdev)
ROW(avgdev, .name = "AVGDEV", .title = "Average deviation", .category = "statistics",
    .reference = "mean distance from the mean; TA-Lib AVGDEV", .params = {LENGTH(14, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"AVGDEV"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

/* ---- VAR, STDDEV ------------------------------------------------------------------------------
 */

struct var {
    struct moments moments;
};

static void var_init(struct arena *arena, const double *params)
{
    struct var *self = arena_struct(arena, sizeof *self);
    moments_init(&self->moments, arena, (uint32_t)params[0]);
}

INDICATOR_STEP var_step(struct var *self, const double *in, double *out, bool keep)
{
    double deviations;
    moments_step(&self->moments, in[0], &deviations, keep);
    out[0] = deviations / self->moments.sum.ring.n;
}

INDICATOR_FUNCTIONS(var)
ROW(var, .name = "VAR", .title = "Variance of the population", .category = "statistics",
    .reference = "mean squared distance from the mean; TA-Lib VAR", .params = {LENGTH(5, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"VAR"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

struct stddev {
    struct moments moments;
    double factor;
};

static void stddev_init(struct arena *arena, const double *params)
{
    struct stddev *self = arena_struct(arena, sizeof *self);
    moments_init(&self->moments, arena, (uint32_t)params[0]);
    self->factor = params[1];
}

INDICATOR_STEP stddev_step(struct stddev *self, const double *in, double *out, bool keep)
{
    double deviations;
    moments_step(&self->moments, in[0], &deviations, keep);
    out[0] = sqrt(deviations / self->moments.sum.ring.n) * self->factor;
}

INDICATOR_FUNCTIONS(stddev)
ROW(stddev, .name = "STDDEV", .title = "Standard deviation of the population",
    .category = "statistics", .reference = "root of the variance; TA-Lib STDDEV",
    .params = {LENGTH(5, 1), REAL("nbdev", 1, -1e6, 1e6, "how many of them")}, .inputs = {ON_CLOSE},
    .outputs = {"STDDEV"}, .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- CORREL, BETA -----------------------------------------------------------------------------
 */

struct correl {
    struct pair pair;
};

static void correl_init(struct arena *arena, const double *params)
{
    struct correl *self = arena_struct(arena, sizeof *self);
    pair_init(&self->pair, arena, (uint32_t)params[0]);
}

INDICATOR_STEP correl_step(struct correl *self, const double *in, double *out, bool keep)
{
    struct pair_moments moments = pair_step(&self->pair, in[0], in[1], keep);
    double both = moments.aa * moments.bb;
    out[0] = both < KERNEL_ZERO ? 0 : moments.ab / sqrt(both);
}

INDICATOR_FUNCTIONS(correl)
ROW(correl, .name = "CORREL", .title = "Correlation", .category = "statistics",
    .reference = "Pearson 1895, Proceedings of the Royal Society 58, p. 240; TA-Lib CORREL",
    .params = {LENGTH(30, 1)}, .inputs = {{FIELD_HIGH, "source"}, {FIELD_LOW, "source2"}},
    .outputs = {"CORREL"}, .defined_bars = length_bars, .settled_bars = length_bars);

struct beta {
    struct pair returns;
    double x_before, y_before;
};

static void beta_init(struct arena *arena, const double *params)
{
    struct beta *self = arena_struct(arena, sizeof *self);
    pair_init(&self->returns, arena, (uint32_t)params[0]);
    self->x_before = self->y_before = NAN;
}

KERNEL double return_since(double x, double before)
{
    return is_zero(before) ? 0 : (x - before) / before;
}

INDICATOR_STEP beta_step(struct beta *self, const double *in, double *out, bool keep)
{
    out[0] = NAN;
    if (!isnan(self->x_before)) {
        struct pair_moments moments = pair_step(&self->returns, return_since(in[0], self->x_before),
                                                return_since(in[1], self->y_before), keep);
        out[0] = is_zero(self->returns.a.ring.n * moments.aa) ? 0 : moments.ab / moments.aa;
    }
    if (keep) {
        self->x_before = in[0];
        self->y_before = in[1];
    }
}

INDICATOR_FUNCTIONS(beta)
ROW(beta, .name = "BETA", .title = "Beta: how the second series' returns follow the first's",
    .category = "statistics",
    .reference = "Sharpe 1964, Journal of Finance 19:3, p. 438; TA-Lib BETA",
    .params = {LENGTH(5, 1)}, .inputs = {{FIELD_HIGH, "source"}, {FIELD_LOW, "source2"}},
    .outputs = {"BETA"}, .defined_bars = length_plus_1_bars, .settled_bars = length_plus_1_bars);
