/* strength - how much of a series' movement goes one way, and for how many bars. */
#include "common/indicators/pandas_averages.h"

/* ---- TSI, SMI ---------------------------------------------------------------------------------
 */

/* An average of an average. */
struct twice_smoothed {
    struct late_ema first, second;
};

struct tsi {
    struct twice_smoothed change, distance; /* of the changes; of these without their sign */
    struct late_ema signal;
    double before, scale;
};

static void tsi_begin(struct tsi *self, const double *params, double scale)
{
    double fast = fmin(params[0], params[1]), slow = fmax(params[0], params[1]);
    late_ema_init(&self->change.first, (uint32_t)slow);
    late_ema_init(&self->change.second, (uint32_t)fast);
    self->distance = self->change;
    late_ema_init(&self->signal, (uint32_t)params[2]);
    self->before = NAN;
    self->scale = scale;
}

static void tsi_init(struct arena *arena, const double *params)
{
    struct tsi *self = arena_struct(arena, sizeof *self);
    tsi_begin(self, params, 100);
}

KERNEL double twice_smoothed_step(struct twice_smoothed *self, double x, bool keep)
{
    return late_ema_step(&self->second, late_ema_step(&self->first, x, keep), keep);
}

/* NAN while the series has not moved at all. */
INDICATOR_STEP tsi_step(struct tsi *self, const double *in, double *out, bool keep)
{
    double change = in[0] - self->before;
    double way = twice_smoothed_step(&self->change, change, keep);
    double path = twice_smoothed_step(&self->distance, fabs(change), keep);
    out[0] = self->scale * way / path;
    out[1] = late_ema_step(&self->signal, out[0], keep);
    if (keep)
        self->before = in[0];
}

static size_t tsi_defined_bars(const double *params)
{
    double slow = fmax(params[0], params[1]);
    return late_ema_bars(params[2], late_ema_bars(slow, 2));
}

static size_t tsi_settled_bars(const double *params)
{
    size_t bars = tsi_defined_bars(params);
    for (int i = 0; i < 3; i++)
        bars += decay_bars(1 - 2 / (params[i] + 1));
    return bars;
}

#define TSI_PARAMS(FAST, SLOW, SIGNAL)                            \
    {                                                             \
        WHOLE("fast", FAST, 1, "bars of the fast average"),       \
            WHOLE("slow", SLOW, 1, "bars of the slow average"),   \
            WHOLE("signal", SIGNAL, 1, "bars of the signal line") \
    }

INDICATOR_FUNCTIONS(tsi)
ROW(tsi, .name = "TSI", .title = "True strength index", .category = "momentum",
    .reference = "Blau 1991, True strength index, TASC 9:11; pandas-ta tsi",
    .params = TSI_PARAMS(13, 25, 13), .inputs = {ON_CLOSE}, .outputs = {"TSI", "TSIs"},
    .defined_bars = tsi_defined_bars, .settled_bars = tsi_settled_bars);

struct smi {
    struct tsi strength;
};

static void smi_init(struct arena *arena, const double *params)
{
    struct smi *self = arena_struct(arena, sizeof *self);
    tsi_begin(&self->strength, params, 1);
}

INDICATOR_STEP smi_step(struct smi *self, const double *in, double *out, bool keep)
{
    tsi_step(&self->strength, in, out, keep);
    out[2] = out[0] - out[1];
}

INDICATOR_FUNCTIONS(smi)
ROW(smi, .name = "SMI", .title = "Ergodic true strength", .category = "momentum",
    .reference = "Blau 1995, Momentum, Direction, and Divergence, ch. 4; pandas-ta smi",
    .params = TSI_PARAMS(5, 20, 5), .inputs = {ON_CLOSE}, .outputs = {"SMI", "SMIs", "SMIo"},
    .defined_bars = tsi_defined_bars, .settled_bars = tsi_settled_bars);

/* ---- TD_SEQ -----------------------------------------------------------------------------------
 */

enum { TD_SEQ_AGO = 4, TD_SEQ_FIRST = 6, TD_SEQ_LAST = 9 };

struct td_seq {
    struct ring past;
    uint32_t rising, falling; /* bars in a row; count up to one past the last that is shown */
};

static void td_seq_init(struct arena *arena, const double *params)
{
    (void)params;
    struct td_seq *self = arena_struct(arena, sizeof *self);
    ring_init(&self->past, arena, TD_SEQ_AGO);
}

KERNEL double td_seq_shown(uint32_t count)
{
    return count >= TD_SEQ_FIRST && count <= TD_SEQ_LAST ? count : NAN;
}

/* Bars in a row whose price is above (below) that of four bars before it, if they are 6 to 9. */
INDICATOR_STEP td_seq_step(struct td_seq *self, const double *in, double *out, bool keep)
{
    double before = ring_push(&self->past, in[0], keep);
    uint32_t rising = self->rising + (self->rising <= TD_SEQ_LAST);
    uint32_t falling = self->falling + (self->falling <= TD_SEQ_LAST);
    rising = in[0] > before ? rising : 0;
    falling = in[0] < before ? falling : 0;
    out[0] = td_seq_shown(rising);
    out[1] = td_seq_shown(falling);
    if (keep) {
        self->rising = rising;
        self->falling = falling;
    }
}

/* Until the longest count could be shown; up and down are never both. */
static size_t td_seq_bars(const double *params)
{
    (void)params;
    return TD_SEQ_AGO + TD_SEQ_LAST + 1;
}

INDICATOR_FUNCTIONS(td_seq)
ROW(td_seq, .name = "TD_SEQ", .title = "Sequential's setup count", .category = "momentum",
    .reference = "DeMark 1994, The New Science of Technical Analysis, ch. 7; pandas-ta td_seq, "
                 "6 to 9 only",
    .inputs = {ON_CLOSE}, .outputs = {"TD_SEQ_UP", "TD_SEQ_DN"}, .defined_bars = td_seq_bars,
    .settled_bars = td_seq_bars);
