/* stochastics - where a series stands in its range, smoothed or sharpened. */
#include <float.h>

#include "common/indicators/pandas_averages.h"

/* ---- KDJ --------------------------------------------------------------------------------------
 */

struct kdj {
    struct extreme highest, lowest;
    struct fading_mean k, d;
};

static void kdj_init(struct arena *arena, const double *params)
{
    struct kdj *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    fading_mean_init(&self->k, (uint32_t)params[1]);
    fading_mean_init(&self->d, (uint32_t)params[1]);
}

/* A range of nothing counts as its lower end. */
INDICATOR_STEP kdj_step(struct kdj *self, const double *in, double *out, bool keep)
{
    double lowest = extreme_step(&self->lowest, in[1], keep);
    double range = extreme_step(&self->highest, in[0], keep) - lowest;
    out[0] = out[1] = NAN;
    if (!isnan(range))
        out[0] = fading_mean_step(&self->k, range > 0 ? 100 * (in[2] - lowest) / range : 0, keep);
    if (!isnan(out[0]))
        out[1] = fading_mean_step(&self->d, out[0], keep);
    out[2] = 3 * out[0] - 2 * out[1];
}

static size_t kdj_defined_bars(const double *params)
{
    return (size_t)(params[0] + 2 * params[1]) - 2;
}

static size_t kdj_settled_bars(const double *params)
{
    return kdj_defined_bars(params) + 2 * decay_bars(1 - 1 / params[1]);
}

INDICATOR_FUNCTIONS(kdj)
ROW(kdj, .name = "KDJ", .title = "Stochastic with its lead", .category = "momentum",
    .reference = "after Lane 1984, Lane's stochastics, TASC 2:3, with J = 3K - 2D; pandas-ta kdj",
    .params = {LENGTH(9, 1), WHOLE("signal", 3, 1, "bars that smooth K, and D after it")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"K", "D", "J"},
    .defined_bars = kdj_defined_bars, .settled_bars = kdj_settled_bars);

/* ---- FISHER -----------------------------------------------------------------------------------
 */

struct fisher {
    struct extreme highest, lowest;
    double place, value; /* value: NAN before the first */
    struct ring past;
};

static void fisher_init(struct arena *arena, const double *params)
{
    struct fisher *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    ring_init(&self->past, arena, (uint32_t)params[1]);
    self->value = NAN;
}

/* From -0.5 to 0.5 where the middle stands in its range, smoothed; kept from where the transform
 * has no value. */
KERNEL double fisher_place(double place, double before)
{
    place = 0.66 * (place - 0.5) + 0.67 * before;
    return place > 0.99 ? 0.999 : place < -0.99 ? -0.999 : place;
}

/* The first window only says that the value is 0. */
INDICATOR_STEP fisher_step(struct fisher *self, const double *in, double *out, bool keep)
{
    double middle = (in[0] + in[1]) / 2;
    double lowest = extreme_step(&self->lowest, middle, keep);
    double range = extreme_step(&self->highest, middle, keep) - lowest;
    out[0] = out[1] = NAN;
    if (isnan(range))
        return;
    bool first = isnan(self->value);
    double place = first ? 0 : fisher_place((middle - lowest) / fmax(range, 0.001), self->place);
    out[0] = first ? 0 : 0.5 * (log((1 + place) / (1 - place)) + self->value);
    out[1] = ring_push(&self->past, out[0], keep);
    if (keep) {
        self->place = place;
        self->value = out[0];
    }
}

static size_t fisher_defined_bars(const double *params)
{
    return (size_t)(params[0] + params[1]);
}

static size_t fisher_settled_bars(const double *params)
{
    return fisher_defined_bars(params) + 2 * decay_bars(0.67);
}

INDICATOR_FUNCTIONS(fisher)
ROW(fisher, .name = "FISHER", .title = "Fisher transform", .category = "momentum",
    .reference = "Ehlers 2002, Using the Fisher transform, TASC 20:11; pandas-ta fisher",
    .params = {LENGTH(9, 1), WHOLE("signal", 1, 1, "bars that the signal line is late")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"FISHERT", "FISHERTs"},
    .defined_bars = fisher_defined_bars, .settled_bars = fisher_settled_bars);

/* ---- STC --------------------------------------------------------------------------------------
 */

/* Where a series stands in its range, smoothed; it stays where the convention has no answer. */
struct schaff {
    struct extreme highest, lowest;
    double place, value;
    double above; /* there is an answer if the lowest is above this */
    double extra; /* what a range is given, lest it be nothing */
};

struct stc {
    struct late_ema fast, slow;
    struct schaff of_macd, of_place;
    double factor;
};

static void schaff_init(struct schaff *self, struct arena *arena, double length)
{
    extreme_init(&self->highest, arena, (uint32_t)length, false);
    extreme_init(&self->lowest, arena, (uint32_t)length, true);
}

/* Only the first of the two wants its series above zero; only the second has ranges of nothing from
 * its beginning. */
static void stc_init(struct arena *arena, const double *params)
{
    struct stc *self = arena_struct(arena, sizeof *self);
    schaff_init(&self->of_macd, arena, params[0]);
    schaff_init(&self->of_place, arena, params[0]);
    self->of_place.above = -INFINITY;
    self->of_place.extra = DBL_EPSILON;
    late_ema_init(&self->fast, (uint32_t)fmin(params[1], params[2]));
    late_ema_init(&self->slow, (uint32_t)fmax(params[1], params[2]));
    self->factor = params[3];
}

/* To eight digits after the point, as the convention has it. */
KERNEL double schaff_round(double x)
{
    return rint(x * 1e8) / 1e8;
}

KERNEL double schaff_step(struct schaff *self, double x, double factor, bool keep)
{
    double place = self->place;
    if (!isnan(x)) {
        double lowest = extreme_step(&self->lowest, x, keep);
        double range = extreme_step(&self->highest, x, keep) - lowest;
        if (lowest > self->above)
            place = range > 0 ? 100 * ((x - lowest) / (range + self->extra)) : 0;
    }
    double value = schaff_round(self->value + factor * (place - self->value));
    if (keep) {
        self->place = place;
        self->value = value;
    }
    return value;
}

INDICATOR_STEP stc_step(struct stc *self, const double *in, double *out, bool keep)
{
    out[1] = late_ema_step(&self->fast, in[0], keep) - late_ema_step(&self->slow, in[0], keep);
    out[2] = schaff_step(&self->of_macd, out[1], self->factor, keep);
    out[0] = schaff_step(&self->of_place, out[2], self->factor, keep);
}

static size_t stc_defined_bars(const double *params)
{
    return (size_t)fmax(params[1], params[2]);
}

INDICATOR_FUNCTIONS(stc)
ROW(stc, .name = "STC", .title = "Schaff trend cycle", .category = "momentum",
    .reference = "Schaff 2008, The Schaff trend cycle; pandas-ta stc",
    .params = {WHOLE("tclength", 10, 1, "bars of the ranges"),
               WHOLE("fast", 12, 1, "bars of the fast average"),
               WHOLE("slow", 26, 1, "bars of the slow average"),
               REAL("factor", 0.5, 0.01, 1, "share of a new place in the smoothed one")},
    .inputs = {ON_CLOSE}, .outputs = {"STC", "STCmacd", "STCstoch"},
    .defined_bars = stc_defined_bars, .settled_bars = forever_bars);
