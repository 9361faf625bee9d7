/* levels - prices against their own averages and ranges. */
#include "common/indicators/grid.h"

/* ---- AO ---- */

struct ao {
    struct window_sum fast, slow;
};

static void ao_init(struct arena *arena, const double *params)
{
    struct ao *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->fast, arena, (uint32_t)fmin(params[0], params[1]));
    window_sum_init(&self->slow, arena, (uint32_t)fmax(params[0], params[1]));
}

INDICATOR_STEP ao_step(struct ao *self, const double *in, double *out, bool keep)
{
    double middle = 0.5 * (in[0] + in[1]);
    double fast = mean_step(&self->fast, middle, keep);
    out[0] = fast - mean_step(&self->slow, middle, keep);
}

static size_t slower_bars(const double *params)
{
    return (size_t)fmax(params[0], params[1]);
}

INDICATOR_FUNCTIONS(ao)
ROW(ao, .name = "AO", .title = "Awesome oscillator", .category = "momentum",
    .reference = "Williams 1998, New Trading Dimensions; pandas-ta ao",
    .params = {WHOLE("fast", 5, 1, "bars of the fast average"),
               WHOLE("slow", 34, 1, "bars of the slow average")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"AO"}, .defined_bars = slower_bars,
    .settled_bars = slower_bars);

/* ---- BIAS ---- */

struct bias {
    struct window_sum sum;
};

static void bias_init(struct arena *arena, const double *params)
{
    struct bias *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->sum, arena, (uint32_t)params[0]);
}

INDICATOR_STEP bias_step(struct bias *self, const double *in, double *out, bool keep)
{
    double mean = mean_step(&self->sum, in[0], keep);
    out[0] = mean != 0 ? in[0] / mean - 1 : NAN;
}

INDICATOR_FUNCTIONS(bias)
ROW(bias, .name = "BIAS", .title = "Distance from the average", .category = "momentum",
    .reference = "price over its mean, less 1; pandas-ta bias", .params = {LENGTH(26, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"BIAS"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

/* ---- CG ---- */

struct cg {
    struct grid window;
};

static void cg_init(struct arena *arena, const double *params)
{
    struct cg *self = arena_struct(arena, sizeof *self);
    grid_init(&self->window, arena, (uint32_t)params[0]);
}

INDICATOR_STEP cg_step(struct cg *self, const double *in, double *out, bool keep)
{
    double n = self->window.ring.n;
    bool full = self->window.ring.filled + 1 >= self->window.ring.n;
    struct grid_sums sums = grid_slide(&self->window, in[0], true, keep);
    double sum = dd_value(sums.sum), newest_heaviest = dd_value(sums.weighted);
    /* The oldest one is the heaviest. */
    out[0] = full && sum != 0 ? newest_heaviest / sum - (n + 1) : NAN;
}

INDICATOR_FUNCTIONS(cg)
ROW(cg, .name = "CG", .title = "Centre of gravity", .category = "momentum",
    .reference = "Ehlers 2002, The CG oscillator, TASC 20:5; pandas-ta cg",
    .params = {LENGTH(10, 1)}, .inputs = {ON_CLOSE}, .outputs = {"CG"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

/* ---- BRAR ---- */

struct brar {
    struct window_sum above_open, below_open, above_close, below_close;
    double close_before;
};

static void brar_init(struct arena *arena, const double *params)
{
    struct brar *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->above_open, arena, (uint32_t)params[0]);
    window_sum_init(&self->below_open, arena, (uint32_t)params[0]);
    window_sum_init(&self->above_close, arena, (uint32_t)params[0]);
    window_sum_init(&self->below_close, arena, (uint32_t)params[0]);
    self->close_before = NAN;
}

KERNEL double ratio_or_nan(double part, double whole)
{
    return whole != 0 ? part / whole : NAN;
}

INDICATOR_STEP brar_step(struct brar *self, const double *in, double *out, bool keep)
{
    double above = window_sum_step(&self->above_open, some_range(in[1] - in[0]), keep);
    double below = window_sum_step(&self->below_open, some_range(in[0] - in[2]), keep);
    out[0] = 100 * ratio_or_nan(above, below);
    out[1] = NAN;
    if (!isnan(self->close_before)) {
        double rise = some_range(in[1] - self->close_before);
        double fall = some_range(self->close_before - in[2]);
        above = window_sum_step(&self->above_close, fmax(rise, 0), keep);
        below = window_sum_step(&self->below_close, fmax(fall, 0), keep);
        out[1] = 100 * ratio_or_nan(above, below);
    }
    if (keep)
        self->close_before = in[3];
}

INDICATOR_FUNCTIONS(brar)
ROW(brar, .name = "BRAR", .title = "Emotion and willingness", .category = "momentum",
    .reference = "pandas-ta brar", .params = {LENGTH(26, 1)},
    .inputs = {BAR(FIELD_OPEN), BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"AR", "BR"}, .defined_bars = length_plus_1_bars,
    .settled_bars = length_plus_1_bars);

/* ---- HMA ---- */

struct hma {
    struct grid half, whole, smooth;
};

static void hma_init(struct arena *arena, const double *params)
{
    struct hma *self = arena_struct(arena, sizeof *self);
    grid_init(&self->half, arena, (uint32_t)(params[0] / 2));
    grid_init(&self->whole, arena, (uint32_t)params[0]);
    grid_init(&self->smooth, arena, (uint32_t)sqrt(params[0]));
}

INDICATOR_STEP hma_step(struct hma *self, const double *in, double *out, bool keep)
{
    double half = weighted_step(&self->half, in[0], keep);
    double whole = weighted_step(&self->whole, in[0], keep);
    out[0] = isnan(whole) ? NAN : weighted_step(&self->smooth, 2 * half - whole, keep);
}

static size_t hma_bars(const double *params)
{
    return (size_t)params[0] + (size_t)sqrt(params[0]) - 1;
}

INDICATOR_FUNCTIONS(hma)
ROW(hma, .name = "HMA", .title = "Hull moving average", .category = "overlap",
    .reference = "Hull 2005; pandas-ta hma", .params = {LENGTH(10, 2)}, .inputs = {ON_CLOSE},
    .outputs = {"HMA"}, .defined_bars = hma_bars, .settled_bars = hma_bars);

/* ---- VWMA ---- */

struct vwma {
    struct window_sum money, volume;
};

static void vwma_init(struct arena *arena, const double *params)
{
    struct vwma *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->money, arena, (uint32_t)params[0]);
    window_sum_init(&self->volume, arena, (uint32_t)params[0]);
}

INDICATOR_STEP vwma_step(struct vwma *self, const double *in, double *out, bool keep)
{
    double money = window_sum_step(&self->money, in[0] * in[1], keep);
    out[0] = ratio_or_nan(money, window_sum_step(&self->volume, in[1], keep));
}

INDICATOR_FUNCTIONS(vwma)
ROW(vwma, .name = "VWMA", .title = "Volume-weighted moving average", .category = "overlap",
    .reference = "weights are the volumes; pandas-ta vwma", .params = {LENGTH(10, 1)},
    .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)}, .outputs = {"VWMA"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

/* ---- ICHIMOKU ---- */

/* The middle between the highest high and the lowest low. */
struct middle {
    struct extreme highest, lowest;
};

static void middle_init(struct middle *self, struct arena *arena, uint32_t n)
{
    extreme_init(&self->highest, arena, n, false);
    extreme_init(&self->lowest, arena, n, true);
}

KERNEL double middle_step(struct middle *self, const double *in, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep);
    return 0.5 * (highest + extreme_step(&self->lowest, in[1], keep));
}

struct ichimoku {
    struct middle tenkan, kijun, senkou;
    struct ring span_a, span_b; /* drawn that many bars ahead of where they are known */
};

static void ichimoku_init(struct arena *arena, const double *params)
{
    struct ichimoku *self = arena_struct(arena, sizeof *self);
    middle_init(&self->tenkan, arena, (uint32_t)params[0]);
    middle_init(&self->kijun, arena, (uint32_t)params[1]);
    middle_init(&self->senkou, arena, (uint32_t)params[2]);
    ring_init(&self->span_a, arena, (uint32_t)params[1]);
    ring_init(&self->span_b, arena, (uint32_t)params[1]);
}

INDICATOR_STEP ichimoku_step(struct ichimoku *self, const double *in, double *out, bool keep)
{
    double tenkan = middle_step(&self->tenkan, in, keep);
    double kijun = middle_step(&self->kijun, in, keep);
    double senkou = middle_step(&self->senkou, in, keep);
    out[0] = ring_push(&self->span_a, 0.5 * (tenkan + kijun), keep);
    out[1] = ring_push(&self->span_b, senkou, keep);
    out[2] = tenkan;
    out[3] = kijun;
}

static size_t ichimoku_bars(const double *params)
{
    return (size_t)(fmax(fmax(params[0], params[1]), params[2]) + params[1]);
}

INDICATOR_FUNCTIONS(ichimoku)
ROW(ichimoku, .name = "ICHIMOKU", .title = "Ichimoku kinko hyo", .category = "overlap",
    .reference =
        "Hosoda 1969, Ichimoku kinko hyo; pandas-ta ichimoku without the chikou span, which "
        "looks ahead",
    .params = {WHOLE("tenkan", 9, 1, "bars of the conversion line"),
               WHOLE("kijun", 26, 1, "bars of the base line, and of the shift ahead"),
               WHOLE("senkou", 52, 1, "bars of the second span")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"ISA", "ISB", "ITS", "IKS"},
    .defined_bars = ichimoku_bars, .settled_bars = ichimoku_bars);

/* ---- DONCHIAN ---- */

struct donchian {
    struct extreme lowest, highest;
};

static void donchian_init(struct arena *arena, const double *params)
{
    struct donchian *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    extreme_init(&self->highest, arena, (uint32_t)params[1], false);
}

INDICATOR_STEP donchian_step(struct donchian *self, const double *in, double *out, bool keep)
{
    out[0] = extreme_step(&self->lowest, in[1], keep);
    out[2] = extreme_step(&self->highest, in[0], keep);
    out[1] = 0.5 * (out[0] + out[2]);
}

INDICATOR_FUNCTIONS(donchian)
ROW(donchian, .name = "DONCHIAN", .title = "Donchian channels", .category = "volatility",
    .reference = "Donchian 1960, High finance in copper; pandas-ta donchian",
    .params = {WHOLE("lower_length", 20, 1, "bars of the lowest low"),
               WHOLE("upper_length", 20, 1, "bars of the highest high")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"DCL", "DCM", "DCU"},
    .defined_bars = slower_bars, .settled_bars = slower_bars);

/* ---- DPO ---- */

struct dpo {
    struct window_sum sum;
    struct ring means;
};

static void dpo_init(struct arena *arena, const double *params)
{
    struct dpo *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->sum, arena, (uint32_t)params[0]);
    ring_init(&self->means, arena, (uint32_t)(params[0] / 2) + 1);
}

INDICATOR_STEP dpo_step(struct dpo *self, const double *in, double *out, bool keep)
{
    double mean = mean_step(&self->sum, in[0], keep);
    out[0] = in[0] - ring_push(&self->means, mean, keep);
}

static size_t dpo_bars(const double *params)
{
    return (size_t)params[0] + (size_t)(params[0] / 2) + 1;
}

INDICATOR_FUNCTIONS(dpo)
ROW(dpo, .name = "DPO", .title = "Detrended price oscillator", .category = "trend",
    .reference = "the price against an earlier mean; pandas-ta dpo, not centred, which would look "
                 "ahead",
    .params = {LENGTH(20, 1)}, .inputs = {ON_CLOSE}, .outputs = {"DPO"}, .defined_bars = dpo_bars,
    .settled_bars = dpo_bars);

/* ---- QSTICK ---- */

struct qstick {
    struct window_sum bodies;
};

static void qstick_init(struct arena *arena, const double *params)
{
    struct qstick *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->bodies, arena, (uint32_t)params[0]);
}

INDICATOR_STEP qstick_step(struct qstick *self, const double *in, double *out, bool keep)
{
    out[0] = mean_step(&self->bodies, in[1] - in[0], keep);
}

INDICATOR_FUNCTIONS(qstick)
ROW(qstick, .name = "QSTICK", .title = "Mean body of the candles", .category = "trend",
    .reference = "Chande and Kroll 1994, The New Technical Trader; pandas-ta qstick",
    .params = {LENGTH(10, 1)}, .inputs = {BAR(FIELD_OPEN), BAR(FIELD_CLOSE)}, .outputs = {"QS"},
    .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- VHF ---- */

struct vhf {
    struct extreme highest, lowest;
    struct window_sum path;
    double before;
};

static void vhf_init(struct arena *arena, const double *params)
{
    struct vhf *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
    window_sum_init(&self->path, arena, (uint32_t)params[0]);
    self->before = NAN;
}

INDICATOR_STEP vhf_step(struct vhf *self, const double *in, double *out, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep), path = NAN;
    double range = highest - extreme_step(&self->lowest, in[0], keep);
    if (!isnan(self->before))
        path = window_sum_step(&self->path, fabs(in[0] - self->before), keep);
    out[0] = ratio_or_nan(range, path);
    if (keep)
        self->before = in[0];
}

INDICATOR_FUNCTIONS(vhf)
ROW(vhf, .name = "VHF", .title = "Vertical horizontal filter", .category = "trend",
    .reference = "White 1991, The vertical horizontal filter, Futures 20:10; pandas-ta vhf",
    .params = {LENGTH(28, 1)}, .inputs = {ON_CLOSE}, .outputs = {"VHF"},
    .defined_bars = length_plus_1_bars, .settled_bars = length_plus_1_bars);

/* ---- VORTEX ---- */

struct vortex {
    struct window_sum ranges, ups, downs;
    double high, low, close; /* of the bar before */
};

static void vortex_init(struct arena *arena, const double *params)
{
    struct vortex *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->ranges, arena, (uint32_t)params[0]);
    window_sum_init(&self->ups, arena, (uint32_t)params[0]);
    window_sum_init(&self->downs, arena, (uint32_t)params[0]);
    self->high = self->low = self->close = NAN;
}

INDICATOR_STEP vortex_step(struct vortex *self, const double *in, double *out, bool keep)
{
    double range = true_range(in[0], in[1], self->close);
    out[0] = out[1] = NAN;
    if (!isnan(range)) {
        double ranges = window_sum_step(&self->ranges, some_range(range), keep);
        double ups = window_sum_step(&self->ups, fabs(in[0] - self->low), keep);
        double downs = window_sum_step(&self->downs, fabs(in[1] - self->high), keep);
        out[0] = ratio_or_nan(ups, ranges);
        out[1] = ratio_or_nan(downs, ranges);
    }
    if (keep) {
        self->high = in[0];
        self->low = in[1];
        self->close = in[2];
    }
}

INDICATOR_FUNCTIONS(vortex)
ROW(vortex, .name = "VORTEX", .title = "Vortex indicator", .category = "trend",
    .reference = "Botes and Siepman 2010, The vortex indicator, TASC 28:1; pandas-ta vortex",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"VTXP", "VTXM"}, .defined_bars = length_plus_1_bars,
    .settled_bars = length_plus_1_bars);

/* ---- PDIST ---- */

struct pdist {
    double close_before;
};

static void pdist_init(struct arena *arena, const double *params)
{
    (void)params;
    struct pdist *self = arena_struct(arena, sizeof *self);
    self->close_before = NAN;
}

INDICATOR_STEP pdist_step(struct pdist *self, const double *in, double *out, bool keep)
{
    out[0] = 2 * (in[1] - in[2]) + fabs(in[0] - self->close_before) - fabs(in[3] - in[0]);
    if (keep)
        self->close_before = in[3];
}

static size_t two_bars(const double *params)
{
    (void)params;
    return 2;
}

INDICATOR_FUNCTIONS(pdist)
ROW(pdist, .name = "PDIST", .title = "Distance that the price went", .category = "volatility",
    .reference = "pandas-ta pdist",
    .inputs = {BAR(FIELD_OPEN), BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"PDIST"}, .defined_bars = two_bars, .settled_bars = two_bars);
