/* returns - changes against an earlier bar, and counts and signs of them. */
#include "common/indicators/grid.h"

struct earlier {
    struct ring past;
};

static void earlier_init(struct arena *arena, const double *params)
{
    struct earlier *self = arena_struct(arena, sizeof *self);
    ring_init(&self->past, arena, (uint32_t)params[0]);
}

/* A row that compares a value with the one of `length` bars before; VALUE may use now and before.
 */
#define EARLIER_ROW(ROW_NAME, VALUE, NAME, OUTPUT, BARS, ...)                                    \
    struct ROW_NAME {                                                                            \
        struct earlier earlier;                                                                  \
    };                                                                                           \
    static void ROW_NAME##_init(struct arena *arena, const double *params)                       \
    {                                                                                            \
        earlier_init(arena, params);                                                             \
    }                                                                                            \
    INDICATOR_STEP ROW_NAME##_step(struct ROW_NAME *self, const double *in, double *out,         \
                                   bool keep)                                                    \
    {                                                                                            \
        double length = self->earlier.past.n, now = in[0],                                       \
               before = ring_push(&self->earlier.past, now, keep);                               \
        (void)length;                                                                            \
        out[0] = VALUE;                                                                          \
    }                                                                                            \
    INDICATOR_FUNCTIONS(ROW_NAME)                                                                \
    ROW(ROW_NAME, .name = NAME, .outputs = {OUTPUT}, .inputs = {ON_CLOSE}, .defined_bars = BARS, \
        .settled_bars = length_plus_1_bars, __VA_ARGS__)

KERNEL double finite_only(double x)
{
    return isfinite(x) ? x : NAN;
}

EARLIER_ROW(log_return, finite_only(log(now / before)), "LOG_RETURN", "LOGRET", length_plus_1_bars,
            .title = "Logarithmic return", .category = "performance",
            .reference = "log of the ratio; pandas-ta log_return", .params = {LENGTH(1, 1)});
EARLIER_ROW(percent_return, finite_only(now / before - 1), "PERCENT_RETURN", "PCTRET",
            length_plus_1_bars, .title = "Return as a fraction", .category = "performance",
            .reference = "ratio less 1; pandas-ta percent_return", .params = {LENGTH(1, 1)});
EARLIER_ROW(slope, (now - before) / length, "SLOPE", "SLOPE", length_plus_1_bars,
            .title = "Slope between two bars", .category = "momentum",
            .reference = "change a bar; pandas-ta slope", .params = {LENGTH(1, 1)});
EARLIER_ROW(increasing, now > before ? 1 : 0, "INCREASING", "INC", one_bar,
            .title = "Higher than before", .category = "trend",
            .reference = "1 or 0; pandas-ta increasing", .params = {LENGTH(1, 1)});
EARLIER_ROW(decreasing, now < before ? 1 : 0, "DECREASING", "DEC", one_bar,
            .title = "Lower than before", .category = "trend",
            .reference = "1 or 0; pandas-ta decreasing", .params = {LENGTH(1, 1)});

/* ---- PSL ---- */

struct psl {
    struct window_sum ups;
    double before;
};

static void psl_init(struct arena *arena, const double *params)
{
    struct psl *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->ups, arena, (uint32_t)params[0]);
    self->before = NAN;
}

INDICATOR_STEP psl_step(struct psl *self, const double *in, double *out, bool keep)
{
    out[0] = 100 * mean_step(&self->ups, in[0] > self->before ? 1 : 0, keep);
    if (keep)
        self->before = in[0];
}

INDICATOR_FUNCTIONS(psl)
ROW(psl, .name = "PSL", .title = "Psychological line", .category = "momentum",
    .reference = "share of rising bars; pandas-ta psl", .params = {LENGTH(12, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"PSL"}, .defined_bars = length_bars,
    .settled_bars = length_plus_1_bars);

/* ---- ER ---- */

struct er {
    struct ring past;
    struct window_sum path;
    double before;
};

static void er_init(struct arena *arena, const double *params)
{
    struct er *self = arena_struct(arena, sizeof *self);
    ring_init(&self->past, arena, (uint32_t)params[0]);
    window_sum_init(&self->path, arena, (uint32_t)params[0]);
    self->before = NAN;
}

INDICATOR_STEP er_step(struct er *self, const double *in, double *out, bool keep)
{
    double way = fabs(in[0] - ring_push(&self->past, in[0], keep)), path = NAN;
    if (!isnan(self->before))
        path = window_sum_step(&self->path, fabs(in[0] - self->before), keep);
    out[0] = path > 0 ? way / path : NAN;
    if (keep)
        self->before = in[0];
}

INDICATOR_FUNCTIONS(er)
ROW(er, .name = "ER", .title = "Efficiency ratio", .category = "momentum",
    .reference = "Kaufman 1995, Smarter Trading; pandas-ta er", .params = {LENGTH(10, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"ER"}, .defined_bars = length_plus_1_bars,
    .settled_bars = length_plus_1_bars);

/* ---- COPPOCK ---- */

struct coppock {
    struct ring fast, slow;
    struct grid average;
};

static void coppock_init(struct arena *arena, const double *params)
{
    struct coppock *self = arena_struct(arena, sizeof *self);
    grid_init(&self->average, arena, (uint32_t)params[0]);
    ring_init(&self->fast, arena, (uint32_t)params[1]);
    ring_init(&self->slow, arena, (uint32_t)params[2]);
}

INDICATOR_STEP coppock_step(struct coppock *self, const double *in, double *out, bool keep)
{
    double fast = 100 * (in[0] / ring_push(&self->fast, in[0], keep) - 1);
    double slow = 100 * (in[0] / ring_push(&self->slow, in[0], keep) - 1);
    out[0] = isfinite(fast + slow) ? weighted_step(&self->average, fast + slow, keep) : NAN;
}

static size_t coppock_bars(const double *params)
{
    return (size_t)(params[0] + fmax(params[1], params[2]));
}

INDICATOR_FUNCTIONS(coppock)
ROW(coppock, .name = "COPPOCK", .title = "Coppock curve", .category = "momentum",
    .reference = "Coppock 1962, Practical relative strength charting; pandas-ta coppock",
    .params = {LENGTH(10, 1), WHOLE("fast", 11, 1, "bars of the faster rate of change"),
               WHOLE("slow", 14, 1, "bars of the slower one")},
    .inputs = {ON_CLOSE}, .outputs = {"COPC"}, .defined_bars = coppock_bars,
    .settled_bars = coppock_bars);

/* ---- KST ---- */

enum { RATES = 4 };

struct kst {
    struct ring past[RATES];
    struct window_sum smooth[RATES], signal;
};

static void kst_init(struct arena *arena, const double *params)
{
    struct kst *self = arena_struct(arena, sizeof *self);
    for (int i = 0; i < RATES; i++) {
        ring_init(&self->past[i], arena, (uint32_t)params[i]);
        window_sum_init(&self->smooth[i], arena, (uint32_t)params[RATES + i]);
    }
    window_sum_init(&self->signal, arena, (uint32_t)params[2 * RATES]);
}

INDICATOR_STEP kst_step(struct kst *self, const double *in, double *out, bool keep)
{
    double sum = 0;
    for (int i = 0; i < RATES; i++) {
        double rate = 100 * (in[0] / ring_push(&self->past[i], in[0], keep) - 1);
        sum += (i + 1) * (isfinite(rate) ? mean_step(&self->smooth[i], rate, keep) : NAN);
    }
    out[0] = 100 * sum;
    out[1] = isnan(sum) ? NAN : mean_step(&self->signal, 100 * sum, keep);
}

static size_t kst_bars(const double *params)
{
    double longest = 0;
    for (int i = 0; i < RATES; i++)
        longest = fmax(longest, params[i] + params[RATES + i]);
    return (size_t)(longest + params[2 * RATES]) - 1;
}

INDICATOR_FUNCTIONS(kst)
ROW(kst, .name = "KST", .title = "Know sure thing", .category = "momentum",
    .reference = "Pring 1992, Rate of change, TASC 10:9; pandas-ta kst",
    .params = {WHOLE("roc1", 10, 1, "bars of the first rate of change"),
               WHOLE("roc2", 15, 1, "of the second"), WHOLE("roc3", 20, 1, "of the third"),
               WHOLE("roc4", 30, 1, "of the fourth"),
               WHOLE("sma1", 10, 1, "bars that smooth the first"),
               WHOLE("sma2", 10, 1, "the second"), WHOLE("sma3", 10, 1, "the third"),
               WHOLE("sma4", 15, 1, "the fourth"),
               WHOLE("signal", 9, 1, "bars of the signal line")},
    .inputs = {ON_CLOSE}, .outputs = {"KST", "KSTs"}, .defined_bars = kst_bars,
    .settled_bars = kst_bars);
