/* volume_flow - volume that flows in and out, by where in its range a bar closes. */
#include "common/indicators/kernels.h"

/* ---- AD ---------------------------------------------------------------------------------------
 */

/* A bar's volume times where it closed, from -1 (at the low) to 1 (at the high). */
KERNEL double accumulated(const double *in)
{
    double range = in[0] - in[1];
    return range > 0 ? ((in[2] - in[1]) - (in[0] - in[2])) / range * in[3] : 0;
}

struct ad {
    struct dd total;
};

static void ad_init(struct arena *arena, const double *params)
{
    (void)params;
    struct ad *self = arena_struct(arena, sizeof *self);
    self->total = (struct dd){0, 0};
}

INDICATOR_STEP ad_step(struct ad *self, const double *in, double *out, bool keep)
{
    struct dd total = dd_add_number(self->total, accumulated(in));
    out[0] = dd_value(total);
    if (keep)
        self->total = total;
}

INDICATOR_FUNCTIONS(ad)
ROW(ad, .name = "AD", .title = "Accumulation and distribution", .category = "volume",
    .reference = "Chaikin and Williams; Achelis 1995, Technical Analysis from A to Z; TA-Lib AD",
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE), BAR(FIELD_VOLUME)},
    .outputs = {"AD"}, .defined_bars = one_bar, .settled_bars = forever_bars);

/* ---- ADOSC ------------------------------------------------------------------------------------
 */

struct adosc {
    double total; /* a plain sum: the averages' difference forgets its rounding */
    double fast, slow, fast_factor, slow_factor;
    uint32_t bars, seen; /* bars it needs, bars seen up to that */
};

static void adosc_init(struct arena *arena, const double *params)
{
    struct adosc *self = arena_struct(arena, sizeof *self);
    *self = (struct adosc){.fast_factor = 2 / (params[0] + 1),
                           .slow_factor = 2 / (params[1] + 1),
                           .bars = (uint32_t)fmax(params[0], params[1])};
}

/* Both averages start from the first bar's total. */
INDICATOR_STEP adosc_step(struct adosc *self, const double *in, double *out, bool keep)
{
    double total = self->total + accumulated(in), fast = total, slow = total;
    uint32_t seen = self->seen + (self->seen < self->bars);
    if (self->seen > 0) {
        fast = self->fast_factor * total + (1 - self->fast_factor) * self->fast;
        slow = self->slow_factor * total + (1 - self->slow_factor) * self->slow;
    }
    out[0] = seen == self->bars ? fast - slow : NAN;
    if (keep) {
        self->total = total;
        self->fast = fast;
        self->slow = slow;
        self->seen = seen;
    }
}

static size_t adosc_defined_bars(const double *params)
{
    return (size_t)fmax(params[0], params[1]);
}

/* The totals depend on the start, their difference does not. */
static size_t adosc_settled_bars(const double *params)
{
    double slow = fmax(params[0], params[1]);
    return (size_t)slow + 2 * decay_bars(1 - 2 / (slow + 1));
}

INDICATOR_FUNCTIONS(adosc)
ROW(adosc, .name = "ADOSC", .title = "Chaikin's oscillator", .category = "volume",
    .reference = "Chaikin; Achelis 1995, Technical Analysis from A to Z; TA-Lib ADOSC",
    .params = {WHOLE("fast", 3, 1, "bars of the fast average"),
               WHOLE("slow", 10, 1, "bars of the slow average")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE), BAR(FIELD_VOLUME)},
    .outputs = {"ADOSC"}, .defined_bars = adosc_defined_bars, .settled_bars = adosc_settled_bars);

/* ---- MFI --------------------------------------------------------------------------------------
 */

struct mfi {
    struct window_sum in, out;
    double before;
};

static void mfi_init(struct arena *arena, const double *params)
{
    struct mfi *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->in, arena, (uint32_t)params[0]);
    window_sum_init(&self->out, arena, (uint32_t)params[0]);
    self->before = NAN;
}

INDICATOR_STEP mfi_step(struct mfi *self, const double *in, double *out, bool keep)
{
    double typical = (in[0] + in[1] + in[2]) / 3, money = typical * in[3];
    out[0] = NAN;
    if (!isnan(self->before)) {
        double in_flow = window_sum_step(&self->in, typical > self->before ? money : 0, keep);
        double out_flow = window_sum_step(&self->out, typical < self->before ? money : 0, keep);
        double both = in_flow + out_flow;
        out[0] = both < 1 ? 0 : 100 * (in_flow / both);
    }
    if (keep)
        self->before = typical;
}

INDICATOR_FUNCTIONS(mfi)
ROW(mfi, .name = "MFI", .title = "Money flow index", .category = "volume",
    .reference = "Quong and Soudack 1989, Volume-weighted RSI: money flow, TASC 7:3; TA-Lib MFI, "
                 "which calls less than one unit of money nothing",
    .params = {LENGTH(14, 1)},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE), BAR(FIELD_VOLUME)},
    .outputs = {"MFI"}, .defined_bars = length_plus_1_bars, .settled_bars = length_plus_1_bars);
