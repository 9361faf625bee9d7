/* distance - how far a price is from where it has been. */
#include "common/indicators/pandas_averages.h"

static size_t ema_settled_bars(const double *params)
{
    return (size_t)params[0] + decay_bars(1 - 2 / (params[0] + 1));
}

/* ---- ERI ---- */

struct eri {
    struct ema average;
};

static void eri_init(struct arena *arena, const double *params)
{
    struct eri *self = arena_struct(arena, sizeof *self);
    ema_init(&self->average, (uint32_t)params[0]);
}

INDICATOR_STEP eri_step(struct eri *self, const double *in, double *out, bool keep)
{
    double average = ema_step(&self->average, in[2], keep);
    out[0] = in[0] - average;
    out[1] = in[1] - average;
}

INDICATOR_FUNCTIONS(eri)
ROW(eri, .name = "ERI", .title = "Elder-ray index", .category = "momentum",
    .reference = "Elder 1993, Trading for a Living, ch. 41; pandas-ta eri",
    .params = {LENGTH(13, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"BULLP", "BEARP"}, .defined_bars = length_bars, .settled_bars = ema_settled_bars);

/* ---- PGO ---- */

struct pgo {
    struct window_sum mean;
    struct fading_range range;
    struct late_ema average_range;
};

static void pgo_init(struct arena *arena, const double *params)
{
    struct pgo *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->mean, arena, (uint32_t)params[0]);
    fading_range_init(&self->range, (uint32_t)params[0]);
    late_ema_init(&self->average_range, (uint32_t)params[0]);
}

INDICATOR_STEP pgo_step(struct pgo *self, const double *in, double *out, bool keep)
{
    double mean = mean_step(&self->mean, in[2], keep);
    double range = fading_range_step(&self->range, in[0], in[1], in[2], keep);
    double average = late_ema_step(&self->average_range, range, keep);
    out[0] = average == 0 ? 0 : (in[2] - mean) / average;
}

static size_t pgo_settled_bars(const double *params)
{
    return length_plus_1_bars(params) + decay_bars(1 - 1 / params[0]) +
           decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(pgo)
ROW(pgo, .name = "PGO", .title = "Pretty good oscillator", .category = "momentum",
    .reference = "Johnson; distance from the mean in averages of the true range; pandas-ta pgo",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"PGO"}, .defined_bars = length_plus_1_bars, .settled_bars = pgo_settled_bars);

/* ---- TTM_TREND ---- */

struct ttm_trend {
    struct window_sum middle;
};

static void ttm_trend_init(struct arena *arena, const double *params)
{
    struct ttm_trend *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->middle, arena, (uint32_t)params[0]);
}

/* Up to this length the middles are added up anew, the newest first, as the reference adds them: on
 * a grid of ticks the close often equals the mean, and then their rounding decides. */
enum { TTM_ANEW = 16 };

KERNEL double ttm_mean(const struct ring *past, double newest)
{
    double sum = newest;
    for (uint32_t ago = 1; ago < past->n; ago++)
        sum += ring_ago(past, ago);
    return sum / past->n;
}

/* -1 while the window fills, as the convention has it. */
INDICATOR_STEP ttm_trend_step(struct ttm_trend *self, const double *in, double *out, bool keep)
{
    double middle = (in[0] + in[1]) / 2, anew = NAN;
    bool is_short = self->middle.ring.n <= TTM_ANEW;
    if (is_short)
        anew = ttm_mean(&self->middle.ring, middle);
    double mean = mean_step(&self->middle, middle, keep);
    out[0] = in[2] > (is_short && !isnan(mean) ? anew : mean) ? 1 : -1;
}

INDICATOR_FUNCTIONS(ttm_trend)
ROW(ttm_trend, .name = "TTM_TREND", .title = "Trade the markets trend", .category = "trend",
    .reference = "Carter 2005, Mastering the Trade, ch. 11; pandas-ta ttm_trend",
    .params = {LENGTH(6, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"TTM_TRND"}, .defined_bars = one_bar, .settled_bars = length_bars);

/* ---- DECAY ---- */

struct decay {
    double step, before;
};

static void decay_init(struct arena *arena, const double *params)
{
    struct decay *self = arena_struct(arena, sizeof *self);
    *self = (struct decay){.step = 1 / params[0], .before = NAN};
}

INDICATOR_STEP decay_step(struct decay *self, const double *in, double *out, bool keep)
{
    double floor = isnan(self->before) ? in[0] : self->before - self->step;
    out[0] = fmax(fmax(in[0], floor), 0);
    if (keep)
        self->before = in[0];
}

static size_t decay_settled_bars(const double *params)
{
    (void)params;
    return 2;
}

INDICATOR_FUNCTIONS(decay)
ROW(decay, .name = "DECAY", .title = "Linear decay", .category = "trend",
    .reference = "the price, or what was before less 1 / n; Tulip indicators; pandas-ta decay",
    .params = {LENGTH(5, 1)}, .inputs = {ON_CLOSE}, .outputs = {"LDECAY"}, .defined_bars = one_bar,
    .settled_bars = decay_settled_bars);
