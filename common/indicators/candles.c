/* candles - the chart redrawn: Heikin-Ashi candles, candles in standard deviations. */
#include "common/indicators/candle.h"

/* Half of a bar's first deviation is left after one bar, and so on. */
struct heikin_ashi {
    double open, close; /* of the candle before; NAN to begin with */
};

static void heikin_ashi_init(struct arena *arena, const double *params)
{
    (void)params;
    struct heikin_ashi *self = arena_struct(arena, sizeof *self);
    self->open = self->close = NAN;
}

INDICATOR_STEP heikin_ashi_step(struct heikin_ashi *self, const double *in, double *out, bool keep)
{
    double open = isnan(self->open) ? (in[0] + in[3]) / 2 : (self->open + self->close) / 2;
    double close = (in[0] + in[1] + in[2] + in[3]) / 4;
    out[0] = open;
    out[1] = fmax(in[1], fmax(open, close));
    out[2] = fmin(in[2], fmin(open, close));
    out[3] = close;
    if (keep) {
        self->open = open;
        self->close = close;
    }
}

static size_t heikin_ashi_settled_bars(const double *params)
{
    (void)params;
    return decay_bars(0.5);
}

INDICATOR_FUNCTIONS(heikin_ashi)
ROW(heikin_ashi, .name = "HA", .title = "Heikin-Ashi candles", .category = "candles",
    .reference = "Valcu 2004, Using the Heikin-Ashi Technique; pandas-ta ha", .inputs = ON_BARS,
    .outputs = {"HA_open", "HA_high", "HA_low", "HA_close"}, .defined_bars = one_bar,
    .settled_bars = heikin_ashi_settled_bars);

struct candle_z {
    double ddof;
    struct moments prices[4];
};

static void candle_z_init(struct arena *arena, const double *params)
{
    struct candle_z *self = arena_struct(arena, sizeof *self);
    self->ddof = params[1];
    for (int i = 0; i < 4; i++)
        moments_init(&self->prices[i], arena, (uint32_t)params[0]);
}

/* A price that has not moved has no deviation to be measured in: NAN. */
INDICATOR_STEP candle_z_step(struct candle_z *self, const double *in, double *out, bool keep)
{
    double degrees = self->prices[0].sum.ring.n - self->ddof, deviations;
    for (int i = 0; i < 4; i++) {
        double distance = moments_distance(&self->prices[i], in[i]);
        moments_step(&self->prices[i], in[i], &deviations, keep);
        out[i] = deviations > 0 ? distance / sqrt(deviations / degrees) : NAN;
    }
}

INDICATOR_FUNCTIONS(candle_z)
ROW(candle_z, .name = "CDL_Z", .title = "Candle in standard deviations", .category = "candles",
    .reference = "each price less its mean, by its deviation; pandas-ta cdl_z",
    .params = {LENGTH(30, 2),
               {.name = "ddof",
                .type = PARAM_INT,
                .def = 1,
                .min = 0,
                .max = 1,
                .about = "taken off the length in the variance"}},
    .inputs = ON_BARS, .outputs = {"open_Z", "high_Z", "low_Z", "close_Z"},
    .defined_bars = length_bars, .settled_bars = length_bars);
