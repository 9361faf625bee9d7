/* squeeze - Bollinger's bands inside of Keltner's: the quiet before a move, and where it may go. */
#include "common/indicators/kernels.h"

/* Both bands and the smoothed momentum; flat means of the ranges. */
struct squeeze {
    struct moments moments;
    struct window_sum middle, range;
    struct ring past;
    struct window_sum momentum;
    double before, width;
    double scalars[3]; /* Keltner's widths, the widest first */
};

static inline void squeeze_begin(struct squeeze *self, struct arena *arena, const double *params,
                                 int n_scalars)
{
    moments_init(&self->moments, arena, (uint32_t)params[0]);
    self->width = params[1];
    window_sum_init(&self->middle, arena, (uint32_t)params[2]);
    window_sum_init(&self->range, arena, (uint32_t)params[2]);
    for (int i = 0; i < n_scalars; i++)
        self->scalars[i] = params[3 + i];
    ring_init(&self->past, arena, (uint32_t)params[3 + n_scalars]);
    window_sum_init(&self->momentum, arena, (uint32_t)params[4 + n_scalars]);
    self->before = NAN;
}

/* Where the bands of a bar are; all NAN while windows fill. */
struct bands {
    double lower, upper, middle, range;
};

static inline bool is_inside(const struct bands *bands, double scalar)
{
    return bands->lower > bands->middle - scalar * bands->range &&
           bands->upper < bands->middle + scalar * bands->range;
}

static inline bool is_outside(const struct bands *bands, double scalar)
{
    return bands->lower < bands->middle - scalar * bands->range &&
           bands->upper > bands->middle + scalar * bands->range;
}

/* Takes high, low and close; gives the bands, returns the momentum. */
KERNEL double squeeze_bar(struct squeeze *self, const double *in, struct bands *bands, bool keep)
{
    double deviations, mean = moments_step(&self->moments, in[2], &deviations, keep);
    double half = self->width * sqrt(deviations * self->moments.share);
    double range = true_range(in[0], in[1], self->before);
    double move = in[2] - ring_push(&self->past, in[2], keep);
    *bands = (struct bands){
        .lower = mean - half,
        .upper = mean + half,
        .middle = mean_step(&self->middle, in[2], keep),
        .range = isnan(range) ? NAN : mean_step(&self->range, range, keep),
    };
    if (keep)
        self->before = in[2];
    return isnan(move) ? NAN : mean_step(&self->momentum, move, keep);
}

/* As the convention has it, there is no squeeze while the bands are not there yet. */
static size_t squeeze_defined_of(const double *params, int n_scalars)
{
    return (size_t)(params[3 + n_scalars] + params[4 + n_scalars]);
}

static size_t squeeze_settled_of(const double *params, int n_scalars)
{
    double bands = fmax(params[0], params[2] + 1);
    return (size_t)fmax(bands, (double)squeeze_defined_of(params, n_scalars));
}

/* The two functions of a row with so many channels. */
#define SQUEEZE_BARS(NAME, N_SCALARS)                       \
    static size_t NAME##_defined_bars(const double *params) \
    {                                                       \
        return squeeze_defined_of(params, N_SCALARS);       \
    }                                                       \
    static size_t NAME##_settled_bars(const double *params) \
    {                                                       \
        return squeeze_settled_of(params, N_SCALARS);       \
    }

#define BOLLINGER                                                      \
    WHOLE("bb_length", 20, 1, "bars of Bollinger's bands"),            \
        REAL("bb_std", 2, 0, 1e9, "standard deviations to each side"), \
        WHOLE("kc_length", 20, 1, "bars of Keltner's channel")
#define MOMENTUM                                        \
    WHOLE("mom_length", 12, 1, "bars of the momentum"), \
        WHOLE("mom_smooth", 6, 1, "bars that smooth the momentum")

/* ---- SQUEEZE ---- */

static void squeeze_init(struct arena *arena, const double *params)
{
    squeeze_begin(arena_struct(arena, sizeof(struct squeeze)), arena, params, 1);
}

INDICATOR_STEP squeeze_step(struct squeeze *self, const double *in, double *out, bool keep)
{
    struct bands bands;
    out[0] = squeeze_bar(self, in, &bands, keep);
    out[1] = is_inside(&bands, self->scalars[0]);
    out[2] = is_outside(&bands, self->scalars[0]);
    out[3] = out[1] == 0 && out[2] == 0;
}

SQUEEZE_BARS(squeeze, 1)
INDICATOR_FUNCTIONS(squeeze)
ROW(squeeze, .name = "SQUEEZE", .title = "Squeeze", .category = "momentum",
    .reference = "Carter 2005, Mastering the Trade, ch. 11; pandas-ta squeeze",
    .params = {BOLLINGER, REAL("kc_scalar", 1.5, 0, 1e9, "mean ranges to each side"), MOMENTUM},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"SQZ", "SQZ_ON", "SQZ_OFF", "SQZ_NO"}, .defined_bars = squeeze_defined_bars,
    .settled_bars = squeeze_settled_bars);

/* ---- SQUEEZE_PRO ---- */

struct squeeze_pro {
    struct squeeze squeeze;
};

static void squeeze_pro_init(struct arena *arena, const double *params)
{
    struct squeeze_pro *self = arena_struct(arena, sizeof *self);
    squeeze_begin(&self->squeeze, arena, params, 3);
}

INDICATOR_STEP squeeze_pro_step(struct squeeze_pro *self, const double *in, double *out, bool keep)
{
    struct bands bands;
    out[0] = squeeze_bar(&self->squeeze, in, &bands, keep);
    for (int i = 0; i < 3; i++)
        out[1 + i] = is_inside(&bands, self->squeeze.scalars[i]);
    out[4] = is_outside(&bands, self->squeeze.scalars[0]);
    out[5] = out[1] == 0 && out[4] == 0;
}

SQUEEZE_BARS(squeeze_pro, 3)
INDICATOR_FUNCTIONS(squeeze_pro)
ROW(squeeze_pro, .name = "SQUEEZE_PRO", .title = "Squeeze against three channels",
    .category = "momentum",
    .reference = "after Carter 2005, Mastering the Trade, ch. 11; pandas-ta squeeze_pro",
    .params = {BOLLINGER, REAL("kc_scalar_wide", 2, 0, 1e9, "mean ranges of the wide channel"),
               REAL("kc_scalar_normal", 1.5, 0, 1e9, "mean ranges of the normal channel"),
               REAL("kc_scalar_narrow", 1, 0, 1e9, "mean ranges of the narrow channel"), MOMENTUM},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"SQZPRO", "SQZPRO_ON_WIDE", "SQZPRO_ON_NORMAL", "SQZPRO_ON_NARROW", "SQZPRO_OFF",
                "SQZPRO_NO"},
    .defined_bars = squeeze_pro_defined_bars, .settled_bars = squeeze_pro_settled_bars);
