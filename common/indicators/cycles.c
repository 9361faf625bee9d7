/* cycles - what the dominant cycle of a price tells: its period and phase, cycle or trend, and
 * averages that adapt to it. */
#include "common/indicators/cycle.h"

#define EHLERS "Ehlers 2001, Rocket Science for Traders"

static size_t period_bars(const double *params)
{
    (void)params;
    return PERIOD_DEFINED + 1;
}

static size_t phase_bars(const double *params)
{
    (void)params;
    return PHASE_DEFINED + 1;
}

/* What the period was at the start fades, but by no law, since it is fed back through bounds: seen
 * in random walks is 300. Values that rounding can reach (see STRAYED) never settle to 1e-9. */
static size_t cycle_settled_bars(const double *params)
{
    (void)params;
    return CYCLE_SETTLED;
}

/* ---- period and phasor ----------------------------------------------------------------------- */

struct ht_dcperiod {
    struct discriminator discriminator;
};

static void ht_dcperiod_init(struct arena *arena, const double *params)
{
    (void)params;
    struct ht_dcperiod *self = arena_struct(arena, sizeof *self);
    self->discriminator.start = PERIOD_START;
}

INDICATOR_STEP ht_dcperiod_step(struct ht_dcperiod *self, const double *in, double *out, bool keep)
{
    struct cycle cycle = cycle_with(&self->discriminator, in[0]);
    out[0] = self->discriminator.seen >= PERIOD_DEFINED ? cycle.period : NAN;
    if (keep)
        cycle_keep(&self->discriminator, &cycle);
}

INDICATOR_FUNCTIONS(ht_dcperiod)
ROW(ht_dcperiod, .name = "HT_DCPERIOD", .title = "Period of the dominant cycle",
    .category = "cycles", .reference = EHLERS ", chapter 7; TA-Lib HT_DCPERIOD",
    .inputs = {ON_CLOSE}, .outputs = {"HT_DCPERIOD"}, .defined_bars = period_bars,
    .settled_bars = forever_bars);

struct ht_phasor {
    struct discriminator discriminator;
};

static void ht_phasor_init(struct arena *arena, const double *params)
{
    ht_dcperiod_init(arena, params);
}

INDICATOR_STEP ht_phasor_step(struct ht_phasor *self, const double *in, double *out, bool keep)
{
    struct cycle cycle = cycle_with(&self->discriminator, in[0]);
    bool is_defined = self->discriminator.seen >= PERIOD_DEFINED;
    out[0] = is_defined ? cycle.in_phase : NAN;
    out[1] = is_defined ? cycle.quadrature : NAN;
    if (keep)
        cycle_keep(&self->discriminator, &cycle);
}

INDICATOR_FUNCTIONS(ht_phasor)
ROW(ht_phasor, .name = "HT_PHASOR", .title = "Phasor of the dominant cycle", .category = "cycles",
    .reference = EHLERS ", chapter 6; TA-Lib HT_PHASOR", .inputs = {ON_CLOSE},
    .outputs = {"INPHASE", "QUADRATURE"}, .defined_bars = period_bars,
    .settled_bars = forever_bars);

/* ---- phase ----------------------------------------------------------------------------------- */

/* One turn in n steps. */
struct turn {
    uint32_t n;
    double sine[PERIOD_MAX], cosine[PERIOD_MAX];
};

static void turn_set(struct turn *self, uint32_t n)
{
    self->n = n;
    for (uint32_t i = 0; i < n; i++) {
        double angle = i * (8 * EIGHTH_TURN) / n;
        self->sine[i] = sin(angle);
        self->cosine[i] = cos(angle);
    }
}

struct phaser {
    struct discriminator discriminator;
    struct turn turn; /* of the last bar's period, which seldom changes */
    double phase;     /* of the last bar, in degrees */
};

/* The phase, in degrees from -45 to 315, at which a sine of the cycle's period fits the smoothed
 * prices best (chapter 9). */
KERNEL double phase_with(const struct phaser *self, const struct cycle *cycle,
                         const struct turn *turn)
{
    double re = 0, im = 0, phase = self->phase;
    for (uint32_t i = 0; i < turn->n; i++) {
        double x =
            i == 0 ? cycle->smooth : history(&self->discriminator, self->discriminator.smooth, i);
        re += turn->sine[i] * x;
        im += turn->cosine[i] * x;
    }
    if (im != 0)
        phase = atan(re / im) * DEGREES;
    else if (re != 0)
        phase += re < 0 ? -90 : 90;
    phase += 90;
    phase += 360 / cycle->period; /* the smoothed price is one bar late */
    if (im < 0)
        phase += 180;
    return phase > 315 ? phase - 360 : phase;
}

/* The phase with this cycle on top; 0 while there is none. */
KERNEL double phaser_step(struct phaser *self, const struct cycle *cycle, bool keep)
{
    struct turn other, *turn = &self->turn;
    uint32_t n = whole_period(cycle);
    if (!is_running(&self->discriminator))
        return 0;
    if (turn->n != n) {
        turn = keep ? turn : &other;
        turn_set(turn, n);
    }
    double phase = phase_with(self, cycle, turn);
    if (keep)
        self->phase = phase;
    return phase;
}

KERNEL double sine_of(double phase)
{
    return sin(phase * RADIANS);
}

KERNEL double lead_sine_of(double phase)
{
    return sin((phase + 45) * RADIANS);
}

struct ht_dcphase {
    struct phaser phaser;
};

static void ht_dcphase_init(struct arena *arena, const double *params)
{
    (void)params;
    struct ht_dcphase *self = arena_struct(arena, sizeof *self);
    self->phaser.discriminator.start = PHASE_START;
}

INDICATOR_STEP ht_dcphase_step(struct ht_dcphase *self, const double *in, double *out, bool keep)
{
    struct discriminator *discriminator = &self->phaser.discriminator;
    struct cycle cycle = cycle_with(discriminator, in[0]);
    double phase = phaser_step(&self->phaser, &cycle, keep);
    out[0] = discriminator->seen >= PHASE_DEFINED ? phase : NAN;
    if (keep)
        cycle_keep(discriminator, &cycle);
}

INDICATOR_FUNCTIONS(ht_dcphase)
ROW(ht_dcphase, .name = "HT_DCPHASE", .title = "Phase of the dominant cycle", .category = "cycles",
    .reference = EHLERS ", chapter 9; TA-Lib HT_DCPHASE", .inputs = {ON_CLOSE},
    .outputs = {"HT_DCPHASE"}, .defined_bars = phase_bars, .settled_bars = forever_bars);

struct ht_sine {
    struct phaser phaser;
};

static void ht_sine_init(struct arena *arena, const double *params)
{
    ht_dcphase_init(arena, params);
}

INDICATOR_STEP ht_sine_step(struct ht_sine *self, const double *in, double *out, bool keep)
{
    struct discriminator *discriminator = &self->phaser.discriminator;
    struct cycle cycle = cycle_with(discriminator, in[0]);
    double phase = phaser_step(&self->phaser, &cycle, keep);
    bool is_defined = discriminator->seen >= PHASE_DEFINED;
    out[0] = is_defined ? sine_of(phase) : NAN;
    out[1] = is_defined ? lead_sine_of(phase) : NAN;
    if (keep)
        cycle_keep(discriminator, &cycle);
}

INDICATOR_FUNCTIONS(ht_sine)
ROW(ht_sine, .name = "HT_SINE", .title = "Sine of the dominant cycle, and its lead",
    .category = "cycles", .reference = EHLERS ", chapter 9; TA-Lib HT_SINE", .inputs = {ON_CLOSE},
    .outputs = {"SINE", "LEADSINE"}, .defined_bars = phase_bars, .settled_bars = forever_bars);

/* ---- trend ----------------------------------------------------------------------------------- */

/* The last means over one period, of which the weighted mean is the trend (chapter 10). */
struct trendline {
    double past[3]; /* the newest first */
};

KERNEL double trendline_step(struct trendline *self, const struct discriminator *discriminator,
                             const struct cycle *cycle, bool keep)
{
    uint32_t n = whole_period(cycle);
    double mean = n > 0 ? cycle->price : 0;
    if (!is_running(discriminator))
        return 0;
    for (uint32_t i = 1; i < n; i++)
        mean += history(discriminator, discriminator->price, i);
    mean = n > 0 ? mean / n : mean;
    const double *past = self->past;
    double trend = (4 * mean + 3 * past[0] + 2 * past[1] + past[2]) / 10;
    if (keep)
        *self = (struct trendline){{mean, past[0], past[1]}};
    return trend;
}

struct ht_trendline {
    struct discriminator discriminator;
    struct trendline trendline;
};

static void ht_trendline_init(struct arena *arena, const double *params)
{
    (void)params;
    struct ht_trendline *self = arena_struct(arena, sizeof *self);
    self->discriminator.start = PHASE_START;
}

INDICATOR_STEP ht_trendline_step(struct ht_trendline *self, const double *in, double *out,
                                 bool keep)
{
    struct cycle cycle = cycle_with(&self->discriminator, in[0]);
    double trend = trendline_step(&self->trendline, &self->discriminator, &cycle, keep);
    out[0] = self->discriminator.seen >= PHASE_DEFINED ? trend : NAN;
    if (keep)
        cycle_keep(&self->discriminator, &cycle);
}

INDICATOR_FUNCTIONS(ht_trendline)
ROW(ht_trendline, .name = "HT_TRENDLINE", .title = "Instantaneous trendline", .category = "overlap",
    .reference = EHLERS ", chapter 10; TA-Lib HT_TRENDLINE", .inputs = {ON_CLOSE},
    .outputs = {"HT_TRENDLINE"}, .defined_bars = phase_bars, .settled_bars = cycle_settled_bars);

struct ht_trendmode {
    struct phaser phaser;
    struct trendline trendline;
    double sine, lead_sine;
    uint32_t since_crossing; /* bars */
};

static void ht_trendmode_init(struct arena *arena, const double *params)
{
    (void)params;
    struct ht_trendmode *self = arena_struct(arena, sizeof *self);
    self->phaser.discriminator.start = PHASE_START;
}

KERNEL bool is_crossing(double x, double y, double x_before, double y_before)
{
    return (x > y && x_before <= y_before) || (x < y && x_before >= y_before);
}

/* Whether the phase advances at the rate of the cycle, as it does not in a trend (chapter 11). */
KERNEL bool is_cycling(double advance, double period)
{
    return advance > 0.67 * 360 / period && advance < 1.5 * 360 / period;
}

INDICATOR_STEP ht_trendmode_step(struct ht_trendmode *self, const double *in, double *out,
                                 bool keep)
{
    struct discriminator *discriminator = &self->phaser.discriminator;
    struct cycle cycle = cycle_with(discriminator, in[0]);
    double before = self->phaser.phase, phase = phaser_step(&self->phaser, &cycle, keep);
    double trend = trendline_step(&self->trendline, discriminator, &cycle, keep);
    double sine = sine_of(phase), lead = lead_sine_of(phase);
    bool crosses = is_crossing(sine, lead, self->sine, self->lead_sine);
    uint32_t since_crossing = crosses ? 1 : self->since_crossing + 1;
    bool is_far = trend != 0 && fabs((cycle.smooth - trend) / trend) >= 0.015;
    bool is_trend = is_far || (!crosses && since_crossing >= 0.5 * cycle.period &&
                               !is_cycling(phase - before, cycle.period));
    out[0] = discriminator->seen >= PHASE_DEFINED ? is_trend : NAN;
    if (!keep)
        return;
    if (is_running(discriminator)) {
        self->sine = sine;
        self->lead_sine = lead;
        self->since_crossing = since_crossing;
    }
    cycle_keep(discriminator, &cycle);
}

INDICATOR_FUNCTIONS(ht_trendmode)
ROW(ht_trendmode, .name = "HT_TRENDMODE", .title = "Trend (1) or cycle (0)", .category = "cycles",
    .reference = EHLERS ", chapter 11; TA-Lib HT_TRENDMODE", .inputs = {ON_CLOSE},
    .outputs = {"HT_TRENDMODE"}, .defined_bars = phase_bars, .settled_bars = cycle_settled_bars);

/* ---- averages that adapt --------------------------------------------------------------------- */

struct mama {
    struct discriminator discriminator;
    double fast, slow; /* the factor's bounds */
    double mama, fama; /* from zero, as the reference has it */
    double phase;      /* in degrees */
};

static void mama_init(struct arena *arena, const double *params)
{
    struct mama *self = arena_struct(arena, sizeof *self);
    self->discriminator.start = PERIOD_START;
    self->fast = params[0];
    self->slow = params[1];
}

/* The faster the phase falls, the slower the average. */
KERNEL double mama_factor(const struct mama *self, double phase)
{
    double fall = self->phase - phase;
    if (!(fall > 1))
        return self->fast;
    double factor = self->fast / fall;
    return factor < self->slow ? self->slow : factor;
}

INDICATOR_STEP mama_step(struct mama *self, const double *in, double *out, bool keep)
{
    struct cycle cycle = cycle_with(&self->discriminator, in[0]);
    bool is_defined = self->discriminator.seen >= PERIOD_DEFINED;
    double phase = 0, factor = 0;
    if (is_running(&self->discriminator)) {
        phase = cycle.in_phase != 0 ? atan(cycle.quadrature / cycle.in_phase) * DEGREES : 0;
        factor = mama_factor(self, phase);
    }
    double mama = factor * in[0] + (1 - factor) * self->mama;
    double fama = factor * 0.5 * mama + (1 - factor * 0.5) * self->fama;
    out[0] = is_defined ? mama : NAN;
    out[1] = is_defined ? fama : NAN;
    if (keep) {
        self->mama = mama;
        self->fama = fama;
        self->phase = phase;
        cycle_keep(&self->discriminator, &cycle);
    }
}

static size_t mama_settled_bars(const double *params)
{
    double slowest = params[1] < params[0] ? params[1] : params[0];
    return cycle_settled_bars(params) + decay_bars(1 - slowest / 2);
}

INDICATOR_FUNCTIONS(mama)
ROW(mama, .name = "MAMA", .title = "MESA adaptive moving average", .category = "overlap",
    .reference = "Ehlers 2001, MESA Adaptive Moving Averages; TA-Lib MAMA",
    .params = {REAL("fast", 0.5, 0.01, 0.99, "the factor when the phase turns"),
               REAL("slow", 0.05, 0.01, 0.99, "the factor is never less")},
    .inputs = {ON_CLOSE}, .outputs = {"MAMA", "FAMA"}, .defined_bars = period_bars,
    .settled_bars = mama_settled_bars);
