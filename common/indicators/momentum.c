/* momentum - how fast prices move, and how far within their range. */
#include "common/indicators/kernels.h"
#include "common/indicators/ranked.h"

/* ---- RSI --------------------------------------------------------------------------------------
 */

struct rsi {
    struct wilder gain, loss;
    double before, scalar;
};

static void rsi_init(struct arena *arena, const double *params)
{
    struct rsi *self = arena_struct(arena, sizeof *self);
    wilder_init(&self->gain, (uint32_t)params[0]);
    wilder_init(&self->loss, (uint32_t)params[0]);
    self->before = NAN;
    self->scalar = params[1];
}

INDICATOR_STEP rsi_step(struct rsi *self, const double *in, double *out, bool keep)
{
    double change = in[0] - self->before;
    out[0] = NAN;
    if (__builtin_expect(!isnan(self->before), 1)) {
        double gain = wilder_step(&self->gain, change > 0 ? change : 0, keep);
        double loss = wilder_step(&self->loss, change < 0 ? -change : 0, keep);
        double both = gain + loss;
        if (!isnan(both))
            out[0] = is_zero(both) ? 0 : self->scalar * (gain / both);
    }
    if (keep)
        self->before = in[0];
}

static size_t rsi_settled_bars(const double *params)
{
    return (size_t)params[0] + 1 + decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(rsi)
ROW(rsi, .name = "RSI", .title = "Relative strength index", .category = "momentum",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 63-70; TA-Lib RSI",
    .params = {LENGTH(14, 1), REAL("scalar", 100, -1e9, 1e9, "what the strongest index is")},
    .inputs = {ON_CLOSE}, .outputs = {"RSI"}, .defined_bars = length_plus_1_bars,
    .settled_bars = rsi_settled_bars);

/* ---- MACD -------------------------------------------------------------------------------------
 */

struct macd {
    struct ema fast, slow, signal;
    uint32_t
        wait; /* bars that the fast one leaves out, so that both start at the slow one's first */
};

static void macd_init(struct arena *arena, const double *params)
{
    struct macd *self = arena_struct(arena, sizeof *self);
    double fast = fmin(params[0], params[1]), slow = fmax(params[0], params[1]);
    ema_init(&self->fast, (uint32_t)fast);
    ema_init(&self->slow, (uint32_t)slow);
    ema_init(&self->signal, (uint32_t)params[2]);
    self->wait = (uint32_t)(slow - fast);
}

INDICATOR_STEP macd_step(struct macd *self, const double *in, double *out, bool keep)
{
    double fast = NAN, slow = ema_step(&self->slow, in[0], keep), signal = NAN;
    if (__builtin_expect(self->wait == 0, 1))
        fast = ema_step(&self->fast, in[0], keep);
    else if (keep)
        self->wait--;
    if (!isnan(slow))
        signal = ema_step(&self->signal, fast - slow, keep);
    out[0] = isnan(signal) ? NAN : fast - slow;
    out[1] = fast - slow - signal;
    out[2] = signal;
}

static size_t macd_defined_bars(const double *params)
{
    return (size_t)(fmax(params[0], params[1]) + params[2]) - 1;
}

static size_t macd_settled_bars(const double *params)
{
    double slow = fmax(params[0], params[1]);
    return macd_defined_bars(params) + decay_bars(1 - 2 / (slow + 1)) +
           decay_bars(1 - 2 / (params[2] + 1));
}

INDICATOR_FUNCTIONS(macd)
ROW(macd, .name = "MACD", .title = "Moving average convergence divergence", .category = "momentum",
    .reference =
        "Appel 1979, The Moving Average Convergence-Divergence Trading Method; TA-Lib MACD",
    .params = {WHOLE("fast", 12, 1, "bars of the fast average"),
               WHOLE("slow", 26, 1, "bars of the slow average"),
               WHOLE("signal", 9, 1, "bars of the signal line")},
    .inputs = {ON_CLOSE}, .outputs = {"MACD", "MACDh", "MACDs"}, .defined_bars = macd_defined_bars,
    .settled_bars = macd_settled_bars);

/* ---- STOCH ------------------------------------------------------------------------------------
 */

struct stoch {
    struct extreme highest, lowest;
    struct window_sum smooth_k, d;
};

static void stoch_init(struct arena *arena, const double *params)
{
    struct stoch *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    window_sum_init(&self->d, arena, (uint32_t)params[1]);
    window_sum_init(&self->smooth_k, arena, (uint32_t)params[2]);
}

/* Where x stands between the extremes, 0 to 100. */
KERNEL double place_in_range(double x, double lowest, double highest)
{
    double hundredth = (highest - lowest) / 100;
    return hundredth != 0 ? (x - lowest) / hundredth : 0;
}

INDICATOR_STEP stoch_step(struct stoch *self, const double *in, double *out, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep);
    double lowest = extreme_step(&self->lowest, in[1], keep);
    double k = NAN, d = NAN;
    if (!isnan(highest))
        k = mean_step(&self->smooth_k, place_in_range(in[2], lowest, highest), keep);
    if (!isnan(k))
        d = mean_step(&self->d, k, keep);
    out[0] = isnan(d) ? NAN : k;
    out[1] = d;
}

static size_t stoch_bars(const double *params)
{
    return (size_t)(params[0] + params[1] + params[2]) - 2;
}

INDICATOR_FUNCTIONS(stoch)
ROW(stoch, .name = "STOCH", .title = "Stochastic oscillator", .category = "momentum",
    .reference = "Lane 1984, Lane's stochastics, TASC 2:3; TA-Lib STOCH with simple averages",
    .params = {WHOLE("k", 14, 1, "bars of the range"), WHOLE("d", 3, 1, "bars that smooth %D"),
               WHOLE("smooth_k", 3, 1, "bars that smooth %K")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"STOCHk", "STOCHd"},
    .defined_bars = stoch_bars, .settled_bars = stoch_bars);

/* ---- CCI --------------------------------------------------------------------------------------
 */

struct cci {
    struct ranked typical;
};

static void cci_init(struct arena *arena, const double *params)
{
    struct cci *self = arena_struct(arena, sizeof *self);
    ranked_init_mean(&self->typical, arena, (uint32_t)params[0]);
}

INDICATOR_STEP cci_step(struct cci *self, const double *in, double *out, bool keep)
{
    double typical = (in[0] + in[1] + in[2]) / 3, distances;
    out[0] = NAN;
    if (ranked_is_full(&self->typical)) {
        double away = typical - ranked_mean(&self->typical, typical, &distances);
        double mean_distance = distances / self->typical.ring.n;
        out[0] = away != 0 && distances != 0 ? away / (0.015 * mean_distance) : 0;
    }
    if (keep)
        ranked_keep(&self->typical, typical);
}

INDICATOR_FUNCTIONS(cci)
ROW(cci, .name = "CCI", .title = "Commodity channel index", .category = "momentum",
    .reference = "Lambert 1980, Commodity channel index, Commodities 9:10; TA-Lib CCI",
    .params = {LENGTH(14, 2)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"CCI"}, .defined_bars = length_bars, .settled_bars = length_bars);
