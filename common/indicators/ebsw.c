/* ebsw - the even better sine wave. */
#include "common/indicators/kernels.h"

#define PI 3.14159265358979323846

/* The convention takes the angles of both filters, meant in degrees, in radians. The high-pass
 * filter then is stable for lengths of 39 to 57; shorter ones are taken as 40, and with many longer
 * ones it swings ever wider, until no number holds it and there is no value any more. */
enum { EBSW_LENGTH_MIN = 39, EBSW_LENGTH_INSTEAD = 40 };

struct ebsw {
    uint32_t length, seen; /* seen counts up to length, then stands */
    double high_pass_factor;
    double input_share, before, before_that; /* weights of the smoothing filter */
    double close, high_pass;                 /* of the last bar */
    double filtered[2];                      /* of the last two, the newest first */
};

static uint32_t ebsw_length(const double *params)
{
    return params[0] < EBSW_LENGTH_MIN ? EBSW_LENGTH_INSTEAD : (uint32_t)params[0];
}

static double ebsw_high_pass_factor(uint32_t length)
{
    return (1 - sin(360.0 / length)) / cos(360.0 / length);
}

static double ebsw_damping(double bars)
{
    return exp(-sqrt(2) * PI / bars);
}

static void ebsw_init(struct arena *arena, const double *params)
{
    struct ebsw *self = arena_struct(arena, sizeof *self);
    double damping = ebsw_damping(params[1]);
    self->length = ebsw_length(params);
    self->high_pass_factor = ebsw_high_pass_factor(self->length);
    self->before = 2 * damping * cos(sqrt(2) * 180 / params[1]);
    self->before_that = -damping * damping;
    self->input_share = 1 - self->before - self->before_that;
}

/* Below this power there is no wave. */
#define EBSW_STILL 1e-30

INDICATOR_STEP ebsw_step(struct ebsw *self, const double *in, double *out, bool keep)
{
    uint32_t seen = self->seen + (self->seen < self->length);
    double move = self->seen > 0 ? in[0] - self->close : 0, *past = self->filtered;
    double high_pass =
        0.5 * (1 + self->high_pass_factor) * move + self->high_pass_factor * self->high_pass;
    double filtered = self->input_share * (high_pass + self->high_pass) / 2 +
                      self->before * past[0] + self->before_that * past[1];
    double wave = (filtered + past[0] + past[1]) / 3;
    double power = (filtered * filtered + past[0] * past[0] + past[1] * past[1]) / 3;
    out[0] = power <= EBSW_STILL ? 0 : wave / sqrt(power);
    if (seen < self->length)
        out[0] = NAN;
    if (keep) {
        self->seen = seen;
        self->close = in[0];
        self->high_pass = high_pass;
        self->filtered[1] = past[0];
        self->filtered[0] = filtered;
    }
}

static size_t ebsw_defined_bars(const double *params)
{
    return ebsw_length(params);
}

/* The filters follow one another: as if the slower came twice. */
static size_t ebsw_settled_bars(const double *params)
{
    double slowest =
        fmax(fabs(ebsw_high_pass_factor(ebsw_length(params))), ebsw_damping(params[1]));
    if (slowest >= 1)
        return 0;
    return ebsw_length(params) + 2 * decay_bars(slowest);
}

INDICATOR_FUNCTIONS(ebsw)
ROW(ebsw, .name = "EBSW", .title = "Even better sine wave", .category = "cycles",
    .reference = "Ehlers 2013, Cycle Analytics for Traders, chapter 12; pandas-ta ebsw",
    .params = {WHOLE("length", 40, 2, "bars of the high-pass filter: 39 to 57, shorter as 40"),
               WHOLE("bars", 10, 1, "bars of the smoothing filter")},
    .inputs = {ON_CLOSE}, .outputs = {"EBSW"}, .defined_bars = ebsw_defined_bars,
    .settled_bars = ebsw_settled_bars);
