/* average_runs - two averages that run the same way, or away from each other. */
#include "common/indicators/kernels.h"

/* A fast and a slow average, and what they were some bars ago. */
struct runs {
    struct ema fast, slow;
    struct ring fast_past, slow_past;
};

static inline void runs_init(struct runs *self, struct arena *arena, double fast, double slow,
                             double lookback)
{
    ema_init(&self->fast, (uint32_t)fast);
    ema_init(&self->slow, (uint32_t)slow);
    ring_init(&self->fast_past, arena, (uint32_t)lookback);
    ring_init(&self->slow_past, arena, (uint32_t)lookback);
}

/* Takes x and gives both averages; *up and *down are 1 where the fast one has risen or fallen, and
 * the slow one has moved. */
KERNEL void runs_step(struct runs *self, double x, double averages[2], double *up, double *down,
                      bool keep)
{
    double fast = averages[0] = ema_step(&self->fast, x, keep);
    double slow = averages[1] = ema_step(&self->slow, x, keep);
    double fast_before = ring_push(&self->fast_past, fast, keep);
    double slow_before = ring_push(&self->slow_past, slow, keep);
    bool moved = slow > slow_before || slow < slow_before;
    *up = moved && fast > fast_before;
    *down = moved && fast < fast_before;
}

/* Bars until averages of `longest` and what they were `lookback` bars before are there. */
static size_t runs_defined_bars(double longest, double lookback)
{
    return (size_t)(longest + lookback);
}

static size_t runs_settled_bars(double longest, double lookback)
{
    return runs_defined_bars(longest, lookback) + decay_bars(1 - 2 / (longest + 1));
}

/* ---- AMAT ---- */

struct amat {
    struct runs runs;
};

static void amat_init(struct arena *arena, const double *params)
{
    struct amat *self = arena_struct(arena, sizeof *self);
    runs_init(&self->runs, arena, params[0], params[1], params[2]);
}

INDICATOR_STEP amat_step(struct amat *self, const double *in, double *out, bool keep)
{
    double averages[2];
    runs_step(&self->runs, in[0], averages, &out[0], &out[1], keep);
}

static size_t amat_settled_bars(const double *params)
{
    return runs_settled_bars(fmax(params[0], params[1]), params[2]);
}

INDICATOR_FUNCTIONS(amat)
ROW(amat, .name = "AMAT", .title = "Archer moving averages trends", .category = "trend",
    .reference = "Archer; pandas-ta amat, exponential averages",
    .params = {WHOLE("fast", 8, 1, "bars of the fast average"),
               WHOLE("slow", 21, 1, "bars of the slow average"),
               WHOLE("lookback", 2, 1, "bars over which an average has moved")},
    .inputs = {ON_CLOSE}, .outputs = {"AMATe_LR", "AMATe_SR"}, .defined_bars = one_bar,
    .settled_bars = amat_settled_bars);

/* ---- AOBV ---- */

enum { AOBV_LOOKBACK = 2 }; /* bars over which its averages have moved */

struct aobv {
    struct runs runs;
    struct extreme highest, lowest;
    struct dd volume; /* on balance */
    double before;
};

static void aobv_init(struct arena *arena, const double *params)
{
    struct aobv *self = arena_struct(arena, sizeof *self);
    runs_init(&self->runs, arena, params[0], params[1], AOBV_LOOKBACK);
    extreme_init(&self->highest, arena, (uint32_t)params[2], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[3], true);
    self->before = NAN;
}

INDICATOR_STEP aobv_step(struct aobv *self, const double *in, double *out, bool keep)
{
    double volume = isnan(self->before) || in[0] > self->before ? in[1]
                    : in[0] < self->before                      ? -in[1]
                                                                : 0;
    struct dd total = dd_add_number(self->volume, volume);
    out[0] = dd_value(total);
    out[1] = extreme_step(&self->lowest, out[0], keep);
    out[2] = extreme_step(&self->highest, out[0], keep);
    runs_step(&self->runs, out[0], &out[3], &out[5], &out[6], keep);
    if (keep) {
        self->volume = total;
        self->before = in[0];
    }
}

static size_t aobv_defined_bars(const double *params)
{
    return (size_t)fmax(fmax(params[0], params[1]), fmax(params[2], params[3]));
}

INDICATOR_FUNCTIONS(aobv)
ROW(aobv, .name = "AOBV", .title = "Archer on-balance volume", .category = "volume",
    .reference = "Archer; Granville's volume and its exponential averages; pandas-ta aobv",
    .params = {WHOLE("fast", 4, 1, "bars of the fast average"),
               WHOLE("slow", 12, 1, "bars of the slow average"),
               WHOLE("max_lookback", 2, 1, "bars of the highest volume"),
               WHOLE("min_lookback", 2, 1, "bars of the lowest volume")},
    .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)},
    .outputs = {"OBV", "OBV_min", "OBV_max", "OBVe_fast", "OBVe_slow", "AOBV_LR", "AOBV_SR"},
    .defined_bars = aobv_defined_bars, .settled_bars = forever_bars);
