/* parabolic - Wilder's parabolic stop and reverse (Wilder 1978, New Concepts in Technical Trading
 * Systems, pp. 9-22). */
#include "common/indicators/kernels.h"

/* How fast the stop closes in on the extreme: at first, faster by so much at each new extreme, at
 * most. */
struct pace {
    double first, step, most;
};

/* A short position is a long one of prices with their signs changed, so stop and extreme are kept
 * times `side`, and only one way has to be told. */
struct parabolic {
    struct pace paces[2]; /* long, short */
    double start;         /* the first stop, negative for a short one; 0: choose */
    double offset;        /* share of itself by which the stop steps back on a reversal */
    double side;          /* 1 long, -1 short, 0 before the second bar */
    double stop, extreme, factor;
    double high, low; /* of the bar before, NAN before the first */
};

static inline struct pace pace_of(double first, double step, double most)
{
    return (struct pace){fmin(first, most), fmin(step, most), most};
}

/* A bar as a position of that side sees it. */
struct seen {
    double top, bottom;
};

KERNEL struct seen see(double side, double high, double low)
{
    return side > 0 ? (struct seen){high, low} : (struct seen){-low, -high};
}

/* The second bar decides: down if its low fell, and by more than its high rose. */
KERNEL void parabolic_begin(struct parabolic *self, const double *in)
{
    double up = in[0] - self->high, down = self->low - in[1];
    bool is_short = self->start != 0 ? self->start < 0 : down > 0 && up < down;
    self->side = is_short ? -1 : 1;
    self->stop = self->start != 0 ? self->start : see(self->side, self->high, self->low).bottom;
    self->extreme = see(self->side, in[0], in[1]).top;
    self->factor = self->paces[is_short].first;
    self->high = in[0];
    self->low = in[1];
}

/* The stop must not lie within this bar or the one before. */
KERNEL double keep_below(double stop, struct seen before, struct seen now)
{
    stop = stop > before.bottom ? before.bottom : stop;
    return stop > now.bottom ? now.bottom : stop;
}

/* Moves on by a bar; gives the stop that held for it, times the side. */
KERNEL double parabolic_move(struct parabolic *self, const double *in)
{
    struct seen before = see(self->side, self->high, self->low);
    struct seen now = see(self->side, in[0], in[1]);
    double held = self->stop;
    if (now.bottom <= self->stop) {
        self->side = -self->side;
        before = see(self->side, self->high, self->low);
        now = see(self->side, in[0], in[1]);
        held = keep_below(-self->extreme, before, now);
        held -= self->side * held * self->offset;
        self->factor = self->paces[self->side < 0].first;
        self->extreme = now.top;
    } else if (now.top > self->extreme) {
        struct pace pace = self->paces[self->side < 0];
        self->extreme = now.top;
        self->factor = fmin(self->factor + pace.step, pace.most);
    }
    self->stop = keep_below(held + self->factor * (self->extreme - held), before, now);
    self->high = in[0];
    self->low = in[1];
    return held;
}

/* Gives the stop for this bar times its side, NAN on the first; *side its side. */
KERNEL double parabolic_step(struct parabolic *self, const double *in, double *side, bool keep)
{
    struct parabolic next = *self;
    double held = NAN;
    if (isnan(next.high)) {
        next.high = in[0];
        next.low = in[1];
    } else {
        if (next.side == 0)
            parabolic_begin(&next, in);
        held = parabolic_move(&next, in);
    }
    *side = next.side;
    if (keep)
        *self = next;
    return held;
}

static size_t parabolic_bars(const double *params)
{
    (void)params;
    return 2;
}

/* ---- SAR --------------------------------------------------------------------------------------
 */

struct sar {
    struct parabolic parabolic;
};

static void sar_init(struct arena *arena, const double *params)
{
    struct sar *self = arena_struct(arena, sizeof *self);
    struct pace pace = pace_of(params[0], params[0], params[1]);
    self->parabolic = (struct parabolic){.paces = {pace, pace}, .high = NAN, .low = NAN};
}

INDICATOR_STEP sar_step(struct sar *self, const double *in, double *out, bool keep)
{
    double side, stop = parabolic_step(&self->parabolic, in, &side, keep);
    out[0] = side * stop;
}

INDICATOR_FUNCTIONS(sar)
ROW(sar, .name = "SAR", .title = "Parabolic stop and reverse", .category = "overlap",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 9-22; TA-Lib SAR",
    .params = {REAL("acceleration", 0.02, 0, 10, "first factor, and what a new extreme adds"),
               REAL("maximum", 0.2, 0, 10, "largest factor")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"SAR"}, .defined_bars = parabolic_bars,
    .settled_bars = forever_bars);

/* ---- SAREXT -----------------------------------------------------------------------------------
 */

struct sarext {
    struct parabolic parabolic;
};

static void sarext_init(struct arena *arena, const double *params)
{
    struct sarext *self = arena_struct(arena, sizeof *self);
    self->parabolic = (struct parabolic){.start = params[0],
                                         .offset = params[1],
                                         .paces = {pace_of(params[2], params[3], params[4]),
                                                   pace_of(params[5], params[6], params[7])},
                                         .high = NAN,
                                         .low = NAN};
}

INDICATOR_STEP sarext_step(struct sarext *self, const double *in, double *out, bool keep)
{
    double side;
    out[0] = parabolic_step(&self->parabolic, in, &side, keep);
}

INDICATOR_FUNCTIONS(sarext)
ROW(sarext, .name = "SAREXT", .title = "Parabolic stop and reverse, each side with its own pace",
    .category = "overlap",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 9-22; TA-Lib "
                 "SAREXT, negative while short",
    .params = {REAL("start", 0, -1e9, 1e9, "first stop, negative for a short one; 0: by the bars"),
               REAL("offset_on_reverse", 0, 0, 10, "share by which a reversal sets the stop back"),
               REAL("init_long", 0.02, 0, 10, "first factor while long"),
               REAL("long", 0.02, 0, 10, "what a new high adds to it"),
               REAL("max_long", 0.2, 0, 10, "largest factor while long"),
               REAL("init_short", 0.02, 0, 10, "first factor while short"),
               REAL("short", 0.02, 0, 10, "what a new low adds to it"),
               REAL("max_short", 0.2, 0, 10, "largest factor while short")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"SAREXT"},
    .defined_bars = parabolic_bars, .settled_bars = forever_bars);
