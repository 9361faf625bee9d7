/* trailing_stops - prices at which a trend is taken to be over. */
#include "common/indicators/pandas_averages.h"

/* ---- SUPERTREND ---- */

struct supertrend {
    struct fading_range range;
    double multiplier;
    double lower, upper; /* of the last bar */
    double way;          /* 1 up, -1 down */
};

static void supertrend_init(struct arena *arena, const double *params)
{
    struct supertrend *self = arena_struct(arena, sizeof *self);
    fading_range_init(&self->range, (uint32_t)params[0]);
    self->multiplier = params[1];
    self->lower = self->upper = NAN;
    self->way = 1;
}

/* A band may only follow the price while the trend goes its way; a close beyond the other one sets
 * both anew, even where the trend went there already. */
INDICATOR_STEP supertrend_step(struct supertrend *self, const double *in, double *out, bool keep)
{
    double half = self->multiplier * fading_range_step(&self->range, in[0], in[1], in[2], keep);
    double middle = (in[0] + in[1]) / 2, lower = middle - half, upper = middle + half;
    bool breaks = in[2] > self->upper || in[2] < self->lower;
    double way = !breaks ? self->way : in[2] > self->upper ? 1 : -1;
    if (!breaks && way > 0 && lower < self->lower)
        lower = self->lower;
    if (!breaks && way < 0 && upper > self->upper)
        upper = self->upper;
    out[0] = way > 0 ? lower : upper;
    out[1] = way;
    out[2] = way > 0 ? lower : NAN;
    out[3] = way > 0 ? NAN : upper;
    if (keep) {
        self->lower = lower;
        self->upper = upper;
        self->way = way;
    }
}

INDICATOR_FUNCTIONS(supertrend)
ROW(supertrend, .name = "SUPERTREND", .title = "Supertrend", .category = "overlap",
    .reference = "Seban; pandas-ta supertrend",
    .params = {LENGTH(7, 1), REAL("multiplier", 3, 0, 1e9, "average ranges to each side")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"SUPERT", "SUPERTd", "SUPERTl", "SUPERTs"}, .defined_bars = length_plus_1_bars,
    .settled_bars = forever_bars);

/* ---- HILO ---- */

struct hilo {
    struct window_sum high, low;
    double high_mean, low_mean, stop; /* of the last bar */
};

static void hilo_init(struct arena *arena, const double *params)
{
    struct hilo *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->high, arena, (uint32_t)params[0]);
    window_sum_init(&self->low, arena, (uint32_t)params[1]);
    self->high_mean = self->low_mean = self->stop = NAN;
}

/* A close between the two means leaves the stop where it was, for both sides. */
INDICATOR_STEP hilo_step(struct hilo *self, const double *in, double *out, bool keep)
{
    double high_mean = mean_step(&self->high, in[0], keep);
    double low_mean = mean_step(&self->low, in[1], keep);
    bool above = in[2] > self->high_mean, below = !above && in[2] < self->low_mean;
    out[0] = above ? low_mean : below ? high_mean : self->stop;
    out[1] = below ? NAN : out[0];
    out[2] = above ? NAN : out[0];
    if (keep) {
        self->high_mean = high_mean;
        self->low_mean = low_mean;
        self->stop = out[0];
    }
}

static size_t hilo_defined_bars(const double *params)
{
    return (size_t)fmax(params[0], params[1]) + 1;
}

INDICATOR_FUNCTIONS(hilo)
ROW(hilo, .name = "HILO", .title = "Gann high-low activator", .category = "overlap",
    .reference = "Krausz 1998, The new Gann swing chartist, TASC 16:2; pandas-ta hilo",
    .params = {WHOLE("high_length", 13, 1, "bars of the mean of highs"),
               WHOLE("low_length", 21, 1, "bars of the mean of lows")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"HILO", "HILOl", "HILOs"}, .defined_bars = hilo_defined_bars,
    .settled_bars = forever_bars);

/* ---- CKSP ---- */

struct cksp {
    struct fading_range range;
    struct extreme highest, lowest, long_stop, short_stop;
    double multiplier;
};

static void cksp_init(struct arena *arena, const double *params)
{
    struct cksp *self = arena_struct(arena, sizeof *self);
    uint32_t first = (uint32_t)params[0], second = (uint32_t)params[2];
    fading_range_init(&self->range, first);
    extreme_init(&self->highest, arena, first, false);
    extreme_init(&self->lowest, arena, first, true);
    extreme_init(&self->long_stop, arena, second, false);
    extreme_init(&self->short_stop, arena, second, true);
    self->multiplier = params[1];
}

INDICATOR_STEP cksp_step(struct cksp *self, const double *in, double *out, bool keep)
{
    double range = fading_range_step(&self->range, in[0], in[1], in[2], keep);
    double below = extreme_step(&self->highest, in[0], keep) - self->multiplier * range;
    double above = extreme_step(&self->lowest, in[1], keep) + self->multiplier * range;
    out[0] = isnan(below) ? NAN : extreme_step(&self->long_stop, below, keep);
    out[1] = isnan(above) ? NAN : extreme_step(&self->short_stop, above, keep);
}

static size_t cksp_defined_bars(const double *params)
{
    return (size_t)(params[0] + params[2]);
}

static size_t cksp_settled_bars(const double *params)
{
    return cksp_defined_bars(params) + decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(cksp)
ROW(cksp, .name = "CKSP", .title = "Chande Kroll stop", .category = "trend",
    .reference = "Chande and Kroll 1994, The New Technical Trader, ch. 8; pandas-ta cksp",
    .params = {WHOLE("p", 10, 1, "bars of the extremes and of the average range"),
               REAL("x", 1, 0, 1e9, "average ranges from the extreme to the stop"),
               WHOLE("q", 9, 1, "bars over which a stop holds")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"CKSPl", "CKSPs"},
    .defined_bars = cksp_defined_bars, .settled_bars = cksp_settled_bars);

/* ---- PSAR ---- */

struct psar {
    double pace_begins, pace_grows, pace_max;
    bool begun, falling;
    double stop, extreme, pace;
    double high, low, high_before, low_before; /* of the last two bars; NAN: none */
};

static void psar_init(struct arena *arena, const double *params)
{
    struct psar *self = arena_struct(arena, sizeof *self);
    *self = (struct psar){
        .pace_begins = params[0],
        .pace_grows = params[1],
        .pace_max = params[2],
        .pace = params[0],
        .high = NAN,
        .low = NAN,
        .high_before = NAN,
        .low_before = NAN,
    };
}

/* The second bar tells which way it goes; the stop begins at the first close. */
static inline void psar_begin(struct psar *self, const double *in)
{
    double up = in[0] - self->high, down = self->low - in[1];
    self->falling = down > up && down > 0;
    self->extreme = self->falling ? self->low : self->high;
    self->begun = true;
}

/* One bar; 1 if the side has changed. */
static inline double psar_move(struct psar *self, const double *in)
{
    double side = self->falling ? -1 : 1, reach = self->falling ? in[1] : in[0];
    double stop = self->stop + self->pace * (self->extreme - self->stop);
    bool reverses = self->falling ? in[0] > stop : in[1] < stop;
    if (side * reach > side * self->extreme) {
        self->extreme = reach;
        self->pace = fmin(self->pace + self->pace_grows, self->pace_max);
    }
    self->stop = self->falling ? fmax(stop, fmax(self->high, self->high_before))
                               : fmin(stop, fmin(self->low, self->low_before));
    if (reverses) {
        self->stop = self->extreme;
        self->pace = self->pace_begins;
        self->falling = !self->falling;
        self->extreme = self->falling ? in[1] : in[0];
    }
    return reverses;
}

INDICATOR_STEP psar_step(struct psar *self, const double *in, double *out, bool keep)
{
    struct psar next = *self;
    bool first = isnan(self->high);
    if (first)
        next.stop = in[2];
    else if (!self->begun)
        psar_begin(&next, in);
    out[3] = first ? 0 : psar_move(&next, in);
    out[0] = first || next.falling ? NAN : next.stop;
    out[1] = first || !next.falling ? NAN : next.stop;
    out[2] = next.pace;
    next.high_before = self->high;
    next.low_before = self->low;
    next.high = in[0];
    next.low = in[1];
    if (keep)
        *self = next;
}

static size_t psar_defined_bars(const double *params)
{
    (void)params;
    return 2;
}

INDICATOR_FUNCTIONS(psar)
ROW(psar, .name = "PSAR", .title = "Parabolic stop and reverse, by side", .category = "trend",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 8-22; pandas-ta psar",
    .params = {REAL("af0", 0.02, 0, 10, "acceleration that it begins with"),
               REAL("af", 0.02, 0, 10, "what each new extreme adds"),
               REAL("max_af", 0.2, 0, 10, "acceleration that it has at most")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"PSARl", "PSARs", "PSARaf", "PSARr"}, .defined_bars = psar_defined_bars,
    .settled_bars = forever_bars);
