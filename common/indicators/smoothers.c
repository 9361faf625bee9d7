/* smoothers - filters that follow a series with less lag, or faster when it moves. */
#include "common/indicators/pandas_averages.h"

#define PI 3.14159265358979323846

/* ---- RMA --------------------------------------------------------------------------------------
 */

struct rma {
    struct fading_mean mean;
};

static void rma_init(struct arena *arena, const double *params)
{
    struct rma *self = arena_struct(arena, sizeof *self);
    fading_mean_init(&self->mean, (uint32_t)params[0]);
}

INDICATOR_STEP rma_step(struct rma *self, const double *in, double *out, bool keep)
{
    out[0] = fading_mean_step(&self->mean, in[0], keep);
}

static size_t rma_settled_bars(const double *params)
{
    return (size_t)params[0] + decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(rma)
ROW(rma, .name = "RMA", .title = "Wilder's moving average", .category = "overlap",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, p. 21; begins with the "
                 "weights there are, as pandas-ta rma",
    .params = {LENGTH(10, 1)}, .inputs = {ON_CLOSE}, .outputs = {"RMA"},
    .defined_bars = length_bars, .settled_bars = rma_settled_bars);

/* ---- ZLMA -------------------------------------------------------------------------------------
 */

struct zlma {
    struct ring past;
    struct late_ema average;
};

static uint32_t zlma_lag(double length)
{
    return (uint32_t)((length - 1) / 2);
}

/* A ring has at least one place: without a lag it is not asked. */
static void zlma_init(struct arena *arena, const double *params)
{
    struct zlma *self = arena_struct(arena, sizeof *self);
    uint32_t lag = zlma_lag(params[0]);
    ring_init(&self->past, arena, lag > 0 ? lag : 1);
    late_ema_init(&self->average, (uint32_t)params[0]);
}

INDICATOR_STEP zlma_step(struct zlma *self, const double *in, double *out, bool keep)
{
    double before = ring_push(&self->past, in[0], keep);
    double ahead = self->average.n > 2 ? 2 * in[0] - before : in[0];
    out[0] = late_ema_step(&self->average, ahead, keep);
}

static size_t zlma_settled_bars(const double *params)
{
    return (size_t)params[0] + zlma_lag(params[0]) + decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(zlma)
ROW(zlma, .name = "ZLMA", .title = "Zero lag moving average", .category = "overlap",
    .reference = "Ehlers and Way 2010, Zero lag (well, almost), TASC 28:12; pandas-ta zlma",
    .params = {LENGTH(10, 1)}, .inputs = {ON_CLOSE}, .outputs = {"ZLMA"},
    .defined_bars = length_bars, .settled_bars = zlma_settled_bars);

/* ---- MCGD -------------------------------------------------------------------------------------
 */

struct mcgd {
    double n, value;
};

static void mcgd_init(struct arena *arena, const double *params)
{
    struct mcgd *self = arena_struct(arena, sizeof *self);
    *self = (struct mcgd){.n = params[0], .value = NAN};
}

/* Begins anew where the source is zero: there the formula has no value. */
INDICATOR_STEP mcgd_step(struct mcgd *self, const double *in, double *out, bool keep)
{
    double ratio = in[0] / self->value, square = ratio * ratio;
    double value = self->value + (in[0] - self->value) / (self->n * (square * square));
    out[0] = isfinite(value) ? value : in[0];
    if (keep)
        self->value = out[0];
}

/* Slower than an average of n while the price is above it; one of 1 needs some bars, too. */
static size_t mcgd_settled_bars(const double *params)
{
    return 5 + 3 * decay_bars(1 - 1 / params[0]) / 2;
}

INDICATOR_FUNCTIONS(mcgd)
ROW(mcgd, .name = "MCGD", .title = "McGinley dynamic", .category = "overlap",
    .reference = "McGinley 1997, McGinley dynamics, MTA Journal 48; pandas-ta mcgd",
    .params = {LENGTH(10, 1)}, .inputs = {ON_CLOSE}, .outputs = {"MCGD"}, .defined_bars = one_bar,
    .settled_bars = mcgd_settled_bars);

/* ---- VIDYA ------------------------------------------------------------------------------------
 */

struct vidya {
    struct ring past;
    struct window_sum path; /* of the distances from bar to bar */
    double factor, value;
};

static void vidya_init(struct arena *arena, const double *params)
{
    struct vidya *self = arena_struct(arena, sizeof *self);
    ring_init(&self->past, arena, (uint32_t)params[0]);
    window_sum_init(&self->path, arena, (uint32_t)params[0]);
    self->factor = 2 / (params[0] + 1);
}

/* Chande's momentum oscillator without its sign, which is the way made as a part of the path gone,
 * times the factor of an exponential average. The convention begins at zero. */
INDICATOR_STEP vidya_step(struct vidya *self, const double *in, double *out, bool keep)
{
    double x = in[0], value = 0;
    bool first = self->past.filled == 0;
    double before = first ? NAN : ring_ago(&self->past, 1);
    double start = ring_push(&self->past, x, keep);
    double path = first ? NAN : window_sum_step(&self->path, fabs(x - before), keep);
    if (!isnan(path)) {
        double share = path > 0 ? self->factor * fabs((x - start) / path) : 0;
        value = share * x + self->value * (1 - share);
    }
    out[0] = value != 0 ? value : NAN;
    if (keep)
        self->value = value;
}

/* In a random walk the oscillator is some 0.8 / sqrt(n) on average; it may be less for long. */
static size_t vidya_settled_bars(const double *params)
{
    double n = params[0];
    return (size_t)n + 1 + 2 * decay_bars(1 - 2 / (n + 1) * 0.8 / sqrt(n));
}

INDICATOR_FUNCTIONS(vidya)
ROW(vidya, .name = "VIDYA", .title = "Variable index dynamic average", .category = "overlap",
    .reference = "Chande 1992, Adapting moving averages to market volatility, TASC 10:3; "
                 "pandas-ta vidya",
    .params = {LENGTH(14, 1)}, .inputs = {ON_CLOSE}, .outputs = {"VIDYA"},
    .defined_bars = length_plus_1_bars, .settled_bars = vidya_settled_bars);

/* ---- SSF --------------------------------------------------------------------------------------
 */

enum { SSF_POLES_MAX = 3 };

struct ssf {
    double of_price, of_past[SSF_POLES_MAX]; /* what the price and the values before it weigh */
    double past[SSF_POLES_MAX];              /* the latest first; NAN before the first bar */
};

static void ssf_init(struct arena *arena, const double *params)
{
    struct ssf *self = arena_struct(arena, sizeof *self);
    bool two = params[1] == 2;
    double angle = PI / params[0], decay = exp(-(two ? sqrt(2) : 1) * angle),
           square = decay * decay;
    double turn = 2 * decay * cos(sqrt(two ? 2 : 3) * angle);
    self->of_past[0] = two ? turn : square + turn;
    self->of_past[1] = two ? -square : -square * (1 + turn);
    self->of_past[2] = two ? 0 : square * square;
    self->of_price = 1 - self->of_past[0] - self->of_past[1] - self->of_past[2];
    self->past[0] = NAN;
}

/* As if the first price had been there for ever. */
INDICATOR_STEP ssf_step(struct ssf *self, const double *in, double *out, bool keep)
{
    bool first = isnan(self->past[0]);
    double past[SSF_POLES_MAX];
    for (int i = 0; i < SSF_POLES_MAX; i++)
        past[i] = first ? in[0] : self->past[i];
    out[0] = self->of_price * in[0] + self->of_past[0] * past[0] + self->of_past[1] * past[1] +
             self->of_past[2] * past[2];
    if (keep) {
        self->past[2] = past[1];
        self->past[1] = past[0];
        self->past[0] = out[0];
    }
}

static size_t ssf_settled_bars(const double *params)
{
    double angle = PI / params[0];
    return 1 + 3 * decay_bars(exp(-(params[1] == 2 ? sqrt(2) : 1) * angle)) / 2;
}

INDICATOR_FUNCTIONS(ssf)
ROW(ssf, .name = "SSF", .title = "Super smoother filter", .category = "overlap",
    .reference = "Ehlers 2004, Cybernetic Analysis for Stocks and Futures, ch. 13; pandas-ta ssf, "
                 "but for its beginning, which there uses the series' end",
    .params = {LENGTH(10, 1),
               {.name = "poles",
                .type = PARAM_INT,
                .def = 2,
                .min = 2,
                .max = SSF_POLES_MAX,
                .about = "values before it that a value follows from"}},
    .inputs = {ON_CLOSE}, .outputs = {"SSF"}, .defined_bars = one_bar,
    .settled_bars = ssf_settled_bars);

/* ---- HWC --------------------------------------------------------------------------------------
 */

/* Level, trend and how the trend changes, each smoothed by a factor of its own. */
struct trend_state {
    double level, trend, bend;
};

/* One bar on; factors: those of level, trend and bend. */
KERNEL struct trend_state trend_next(struct trend_state last, double x, const double *factors)
{
    struct trend_state next;
    double foreseen = last.level + last.trend + 0.5 * last.bend;
    next.level = (1 - factors[0]) * foreseen + factors[0] * x;
    next.trend =
        (1 - factors[1]) * (last.trend + last.bend) + factors[1] * (next.level - last.level);
    next.bend = (1 - factors[2]) * last.bend + factors[2] * (next.trend - last.trend);
    return next;
}

struct hwc {
    double factors[4];
    struct trend_state state;
    double variance, miss; /* miss: of the last price and the value of that bar */
    bool begun;
};

static void hwc_init(struct arena *arena, const double *params)
{
    struct hwc *self = arena_struct(arena, sizeof *self);
    for (int i = 0; i < 4; i++)
        self->factors[i] = params[i];
}

/* The channel's width is that of the misses before this bar. */
INDICATOR_STEP hwc_step(struct hwc *self, const double *in, double *out, bool keep)
{
    struct trend_state last = self->state;
    if (!self->begun)
        last.level = in[0];
    struct trend_state next = trend_next(last, in[0], self->factors);
    double width = sqrt(self->variance), miss = self->miss;
    out[0] = next.level + next.trend + 0.5 * next.bend;
    out[1] = out[0] + width;
    out[2] = out[0] - width;
    if (keep) {
        self->state = next;
        self->variance = (1 - self->factors[3]) * self->variance + self->factors[3] * (miss * miss);
        self->miss = in[0] - out[0];
        self->begun = true;
    }
}

/* Bars until nothing is left of a level of 1; 0 where the factors make it swing for ever. */
static size_t hwc_settled_bars(const double *params)
{
    const size_t patience = 20 * INDICATOR_LENGTH_MAX;
    struct trend_state state = {.level = 1};
    size_t bars = 1;
    while (fabs(state.level) + fabs(state.trend) + fabs(state.bend) > 1e-11 && bars < patience) {
        state = trend_next(state, 0, params);
        bars++;
    }
    return bars < patience ? bars + decay_bars(1 - params[3]) : 0;
}

INDICATOR_FUNCTIONS(hwc)
ROW(hwc, .name = "HWC", .title = "Holt-Winter channel", .category = "volatility",
    .reference = "Winters 1960, Forecasting sales by exponentially weighted moving averages, "
                 "Management Science 6:3, pp. 324-342; pandas-ta hwc",
    .params = {REAL("na", 0.2, 0.001, 1, "share of a new price in the level"),
               REAL("nb", 0.1, 0.001, 1, "share of a new level in the trend"),
               REAL("nc", 0.1, 0.001, 1, "share of a new trend in how it changes"),
               REAL("nd", 0.1, 0.001, 1, "share of a new miss in the channel's width")},
    .inputs = {ON_CLOSE}, .outputs = {"HWM", "HWU", "HWL"}, .defined_bars = one_bar,
    .settled_bars = hwc_settled_bars);
