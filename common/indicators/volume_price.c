/* volume_price - volume against how prices move within it. */
#include "common/indicators/kernels.h"

/* ---- CMF ---- */

struct cmf {
    struct window_sum flow, volume;
};

static void cmf_init(struct arena *arena, const double *params)
{
    struct cmf *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->flow, arena, (uint32_t)params[0]);
    window_sum_init(&self->volume, arena, (uint32_t)params[0]);
}

INDICATOR_STEP cmf_step(struct cmf *self, const double *in, double *out, bool keep)
{
    double range = in[0] - in[1];
    double flow = range > 0 ? (2 * in[2] - (in[0] + in[1])) * in[3] / range : 0;
    double flows = window_sum_step(&self->flow, flow, keep);
    double volume = window_sum_step(&self->volume, in[3], keep);
    out[0] = volume > 0 ? flows / volume : NAN;
}

INDICATOR_FUNCTIONS(cmf)
ROW(cmf, .name = "CMF", .title = "Chaikin money flow", .category = "volume",
    .reference = "Chaikin 1994; pandas-ta cmf", .params = {LENGTH(20, 1)},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE), BAR(FIELD_VOLUME)},
    .outputs = {"CMF"}, .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- EOM ---- */

struct eom {
    struct window_sum ease;
    double divisor, middle_before;
    uint32_t traded; /* bars with volume that came last, up to the window */
};

static void eom_init(struct arena *arena, const double *params)
{
    struct eom *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->ease, arena, (uint32_t)params[0]);
    self->divisor = params[1];
    self->middle_before = NAN;
}

/* No value while a bar without volume is in the window: it moves with infinite ease. */
INDICATOR_STEP eom_step(struct eom *self, const double *in, double *out, bool keep)
{
    double middle = 0.5 * (in[0] + in[1]), range = in[0] - in[1];
    double distance = middle - self->middle_before;
    uint32_t traded = in[2] > 0 ? self->traded + (self->traded < self->ease.ring.n) : 0;
    out[0] = NAN;
    if (!isnan(distance)) {
        double ease = in[2] > 0 ? distance * self->divisor * range / in[2] : 0;
        double mean = mean_step(&self->ease, ease, keep);
        out[0] = traded == self->ease.ring.n ? mean : NAN;
    }
    if (keep) {
        self->middle_before = middle;
        self->traded = traded;
    }
}

INDICATOR_FUNCTIONS(eom)
ROW(eom, .name = "EOM", .title = "Ease of movement", .category = "volume",
    .reference = "Arms 1989, The Arms Index; pandas-ta eom",
    .params = {LENGTH(14, 1), REAL("divisor", 1e8, 1e-3, 1e15, "unit of volume")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_VOLUME)}, .outputs = {"EOM"},
    .defined_bars = length_plus_1_bars, .settled_bars = length_plus_1_bars);

/* ---- PVOL, PVR ---- */

struct pvol {
    char none;
};

static void pvol_init(struct arena *arena, const double *params)
{
    (void)params;
    arena_struct(arena, sizeof(struct pvol));
}

INDICATOR_STEP pvol_step(struct pvol *self, const double *in, double *out, bool keep)
{
    (void)self;
    (void)keep;
    out[0] = in[0] * in[1];
}

INDICATOR_FUNCTIONS(pvol)
ROW(pvol, .name = "PVOL", .title = "Price times volume", .category = "volume",
    .reference = "pandas-ta pvol", .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)}, .outputs = {"PVOL"},
    .defined_bars = one_bar, .settled_bars = one_bar);

struct pvr {
    double price, volume; /* of the bar before */
};

static void pvr_init(struct arena *arena, const double *params)
{
    (void)params;
    struct pvr *self = arena_struct(arena, sizeof *self);
    self->price = self->volume = NAN;
}

INDICATOR_STEP pvr_step(struct pvr *self, const double *in, double *out, bool keep)
{
    bool price_fell = in[0] < self->price, volume_fell = in[1] < self->volume;
    out[0] = 1 + 2 * price_fell + volume_fell;
    if (keep) {
        self->price = in[0];
        self->volume = in[1];
    }
}

static size_t pvr_settled_bars(const double *params)
{
    (void)params;
    return 2;
}

INDICATOR_FUNCTIONS(pvr)
ROW(pvr, .name = "PVR", .title = "Price volume rank", .category = "volume",
    .reference = "Macek 1994, Price volume rank, TASC 12:6; pandas-ta pvr",
    .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)}, .outputs = {"PVR"}, .defined_bars = one_bar,
    .settled_bars = pvr_settled_bars);
