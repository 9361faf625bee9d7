/* oscillators - gains against losses, and where a price stands in its range. */
#include "common/indicators/kernels.h"
#include "common/indicators/stateless.h"

/* ---- CMO --------------------------------------------------------------------------------------
 */

/* Wilder's averages of a series' gains and losses. */
struct gains {
    struct wilder gain, loss;
    double before;
};

static inline void gains_init(struct gains *self, uint32_t n)
{
    wilder_init(&self->gain, n);
    wilder_init(&self->loss, n);
    self->before = NAN;
}

/* NAN until there are n changes. */
KERNEL void gains_step(struct gains *self, double x, double *gain, double *loss, bool keep)
{
    double change = x - self->before;
    *gain = *loss = NAN;
    if (!isnan(change)) {
        *gain = wilder_step(&self->gain, change > 0 ? change : 0, keep);
        *loss = wilder_step(&self->loss, change < 0 ? -change : 0, keep);
    }
    if (keep)
        self->before = x;
}

struct cmo {
    struct gains gains;
};

static void cmo_init(struct arena *arena, const double *params)
{
    struct cmo *self = arena_struct(arena, sizeof *self);
    gains_init(&self->gains, (uint32_t)params[0]);
}

INDICATOR_STEP cmo_step(struct cmo *self, const double *in, double *out, bool keep)
{
    double gain, loss;
    gains_step(&self->gains, in[0], &gain, &loss, keep);
    out[0] = is_zero(gain + loss) ? 0 : 100 * ((gain - loss) / (gain + loss));
}

static size_t wilder_settled_bars(const double *params)
{
    return (size_t)params[0] + 1 + decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(cmo)
ROW(cmo, .name = "CMO", .title = "Chande momentum oscillator", .category = "momentum",
    .reference = "Chande and Kroll 1994, The New Technical Trader, ch. 5; TA-Lib CMO, which "
                 "averages as Wilder does",
    .params = {LENGTH(14, 1)}, .inputs = {ON_CLOSE}, .outputs = {"CMO"},
    .defined_bars = length_plus_1_bars, .settled_bars = wilder_settled_bars);

/* ---- STOCHF, STOCHRSIF, WILLR -----------------------------------------------------------------
 */

/* %K, where the close stands in the range of n bars, 0 to 100, and its mean %D. */
struct stochf {
    struct extreme highest, lowest;
    struct window_sum d;
};

static void stochf_begin(struct stochf *self, struct arena *arena, const double *params)
{
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    window_sum_init(&self->d, arena, (uint32_t)params[1]);
}

static void stochf_init(struct arena *arena, const double *params)
{
    struct stochf *self = arena_struct(arena, sizeof *self);
    stochf_begin(self, arena, params);
}

INDICATOR_STEP stochf_step(struct stochf *self, const double *in, double *out, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep);
    double lowest = extreme_step(&self->lowest, in[1], keep);
    double hundredth = (highest - lowest) / 100;
    double k = hundredth != 0 ? (in[2] - lowest) / hundredth : 0;
    out[1] = isnan(k) ? NAN : mean_step(&self->d, k, keep);
    out[0] = isnan(out[1]) ? NAN : k;
}

static size_t stochf_bars(const double *params)
{
    return (size_t)(params[0] + params[1]) - 1;
}

INDICATOR_FUNCTIONS(stochf)
ROW(stochf, .name = "STOCHF", .title = "Fast stochastic oscillator", .category = "momentum",
    .reference = "Lane 1984, Lane's stochastics, TASC 2:3; TA-Lib STOCHF with simple averages",
    .params = {WHOLE("k", 14, 1, "bars of the range"), WHOLE("d", 3, 1, "bars that smooth %D")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"STOCHFk", "STOCHFd"}, .defined_bars = stochf_bars, .settled_bars = stochf_bars);

struct stochrsif {
    struct gains gains;
    struct stochf stochastic;
};

static void stochrsif_init(struct arena *arena, const double *params)
{
    struct stochrsif *self = arena_struct(arena, sizeof *self);
    gains_init(&self->gains, (uint32_t)params[0]);
    stochf_begin(&self->stochastic, arena, params + 1);
}

INDICATOR_STEP stochrsif_step(struct stochrsif *self, const double *in, double *out, bool keep)
{
    double gain, loss;
    gains_step(&self->gains, in[0], &gain, &loss, keep);
    double rsi = is_zero(gain + loss) ? 0 : 100 * (gain / (gain + loss));
    out[0] = out[1] = NAN;
    if (!isnan(rsi))
        stochf_step(&self->stochastic, (const double[]){rsi, rsi, rsi}, out, keep);
}

static size_t stochrsif_defined_bars(const double *params)
{
    return (size_t)params[0] + stochf_bars(params + 1);
}

/* Where the index hardly moves, its range magnifies what the start has left. */
static size_t stochrsif_settled_bars(const double *params)
{
    return stochrsif_defined_bars(params) + 2 * decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(stochrsif)
ROW(stochrsif, .name = "STOCHRSIF", .title = "Fast stochastic of the relative strength index",
    .category = "momentum",
    .reference = "Chande and Kroll 1994, The New Technical Trader, ch. 7; TA-Lib STOCHRSI",
    .params = {WHOLE("length", 14, 1, "bars of the index"), WHOLE("k", 5, 1, "bars of the range"),
               WHOLE("d", 3, 1, "bars that smooth %D")},
    .inputs = {ON_CLOSE}, .outputs = {"STOCHRSIFk", "STOCHRSIFd"},
    .defined_bars = stochrsif_defined_bars, .settled_bars = stochrsif_settled_bars);

struct willr {
    struct extreme highest, lowest;
};

static void willr_init(struct arena *arena, const double *params)
{
    struct willr *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
}

INDICATOR_STEP willr_step(struct willr *self, const double *in, double *out, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep);
    double lowest = extreme_step(&self->lowest, in[1], keep);
    double hundredth = (highest - lowest) / -100;
    out[0] = hundredth != 0 ? (highest - in[2]) / hundredth : 0;
}

INDICATOR_FUNCTIONS(willr)
ROW(willr, .name = "WILLR", .title = "Williams' %R", .category = "momentum",
    .reference = "Williams 1973, How I Made One Million Dollars; TA-Lib WILLR",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"WILLR"}, .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- BOP, IMI ---------------------------------------------------------------------------------
 */

STATELESS_ROW(bop, in[1] - in[2] < KERNEL_ZERO ? 0 : (in[3] - in[0]) / (in[1] - in[2]),
              .name = "BOP", .title = "Balance of power", .category = "momentum",
              .reference = "Livshin 2001, Balance of power, TASC 19:8; TA-Lib BOP",
              .inputs = {BAR(FIELD_OPEN), BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
              .outputs = {"BOP"});

struct imi {
    struct window_sum up, down;
};

static void imi_init(struct arena *arena, const double *params)
{
    struct imi *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->up, arena, (uint32_t)params[0]);
    window_sum_init(&self->down, arena, (uint32_t)params[0]);
}

INDICATOR_STEP imi_step(struct imi *self, const double *in, double *out, bool keep)
{
    double body = in[1] - in[0];
    double up = window_sum_step(&self->up, body > 0 ? body : 0, keep);
    double down = window_sum_step(&self->down, body < 0 ? -body : 0, keep);
    out[0] = up + down > 0 ? 100 * (up / (up + down)) : NAN;
}

INDICATOR_FUNCTIONS(imi)
ROW(imi, .name = "IMI", .title = "Intraday momentum index", .category = "momentum",
    .reference = "Chande and Kroll 1994, The New Technical Trader; TA-Lib IMI",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_OPEN), BAR(FIELD_CLOSE)}, .outputs = {"IMI"},
    .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- UO ---------------------------------------------------------------------------------------
 */

struct uo {
    struct window_sum pressure[3], range[3]; /* the shortest window first */
    double close_before;
};

static void uo_init(struct arena *arena, const double *params)
{
    struct uo *self = arena_struct(arena, sizeof *self);
    double a = params[0], b = params[1], c = params[2];
    double shortest = fmin(a, fmin(b, c)), longest = fmax(a, fmax(b, c));
    double lengths[] = {shortest, a + b + c - shortest - longest, longest};
    for (int k = 0; k < 3; k++) {
        window_sum_init(&self->pressure[k], arena, (uint32_t)lengths[k]);
        window_sum_init(&self->range[k], arena, (uint32_t)lengths[k]);
    }
    self->close_before = NAN;
}

INDICATOR_STEP uo_step(struct uo *self, const double *in, double *out, bool keep)
{
    static const double weights[] = {4, 2, 1};
    double range = true_range(in[0], in[1], self->close_before), sum = 0;
    double pressure = in[2] - (in[1] < self->close_before ? in[1] : self->close_before);
    for (int k = 0; k < 3 && !isnan(range); k++) {
        double part = window_sum_step(&self->pressure[k], pressure, keep);
        double whole = window_sum_step(&self->range[k], range, keep);
        sum += is_zero(whole) ? 0 : weights[k] * (part / whole);
    }
    out[0] = isnan(range) ? NAN : 100 * (sum / 7);
    if (keep)
        self->close_before = in[2];
}

static size_t uo_bars(const double *params)
{
    return (size_t)fmax(params[0], fmax(params[1], params[2])) + 1;
}

INDICATOR_FUNCTIONS(uo)
ROW(uo, .name = "UO", .title = "Ultimate oscillator", .category = "momentum",
    .reference = "Williams 1985, The ultimate oscillator, TASC 3:4; TA-Lib ULTOSC",
    .aliases = {"ULTOSC"},
    .params = {WHOLE("fast", 7, 1, "bars of the window that counts four times"),
               WHOLE("medium", 14, 1, "bars of the one that counts twice"),
               WHOLE("slow", 28, 1, "bars of the one that counts once")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"UO"},
    .defined_bars = uo_bars, .settled_bars = uo_bars);
