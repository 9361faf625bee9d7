/* rates - a price against the one of some bars before, and crossings of two averages. */
#include "common/indicators/average_kind.h"

/* ---- MOM, ROC, ROCP, ROCR, ROCR100 ------------------------------------------------------------
 */

/* A row that makes EXPRESSION of x and `before`, the value of length bars before. */
#define RATE_ROW(NAME, CAPITALS, TITLE, REFERENCE, EXPRESSION)                                   \
    struct NAME {                                                                                \
        struct ring past;                                                                        \
    };                                                                                           \
    static void NAME##_init(struct arena *arena, const double *params)                           \
    {                                                                                            \
        struct NAME *self = arena_struct(arena, sizeof *self);                                   \
        ring_init(&self->past, arena, (uint32_t)params[0]);                                      \
    }                                                                                            \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep)      \
    {                                                                                            \
        double x = in[0], before = ring_push(&self->past, x, keep);                              \
        out[0] = EXPRESSION;                                                                     \
    }                                                                                            \
    INDICATOR_FUNCTIONS(NAME)                                                                    \
    ROW(NAME, .name = CAPITALS, .title = TITLE, .category = "momentum", .reference = REFERENCE,  \
        .params = {WHOLE("length", 10, 1, "bars between the two prices")}, .inputs = {ON_CLOSE}, \
        .outputs = {CAPITALS}, .defined_bars = length_plus_1_bars,                               \
        .settled_bars = length_plus_1_bars)

RATE_ROW(mom, "MOM", "Momentum", "price - price before; TA-Lib MOM", x - before);
RATE_ROW(roc, "ROC", "Rate of change", "100 (price / price before - 1); TA-Lib ROC",
         before != 0 ? (x / before - 1) * 100 : 0);
RATE_ROW(rocp, "ROCP", "Rate of change as a fraction",
         "(price - price before) / price before; TA-Lib ROCP",
         before != 0 ? (x - before) / before : 0);
RATE_ROW(rocr, "ROCR", "Rate of change as a ratio", "price / price before; TA-Lib ROCR",
         before != 0 ? x / before : 0);
RATE_ROW(rocr100, "ROCR100", "Rate of change as a ratio, times 100",
         "100 price / price before; TA-Lib ROCR100", before != 0 ? x / before * 100 : 0);

/* ---- TRIX -------------------------------------------------------------------------------------
 */

struct trix {
    struct ema_chain chain;
    double before;
};

static void trix_init(struct arena *arena, const double *params)
{
    struct trix *self = arena_struct(arena, sizeof *self);
    ema_chain_init(&self->chain, (uint32_t)params[0]);
    self->before = NAN;
}

INDICATOR_STEP trix_step(struct trix *self, const double *in, double *out, bool keep)
{
    double e[3];
    ema_chain_step(&self->chain, in[0], 3, e, keep);
    out[0] = self->before != 0 ? (e[2] / self->before - 1) * 100 : 0;
    if (keep)
        self->before = e[2];
}

static size_t trix_defined_bars(const double *params)
{
    return average_bars(AVERAGE_TEMA, params[0]) + 1;
}

/* The rate is small beside the averages, whose errors it magnifies. */
static size_t trix_settled_bars(const double *params)
{
    return average_settled_bars(AVERAGE_TEMA, params[0]) + decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(trix)
ROW(trix, .name = "TRIX", .title = "Rate of change of a triple smoothed average",
    .category = "momentum", .reference = "Hutson 1983, Good TRIX, TASC 1:5; TA-Lib TRIX",
    .params = {LENGTH(30, 1)}, .inputs = {ON_CLOSE}, .outputs = {"TRIX"},
    .defined_bars = trix_defined_bars, .settled_bars = trix_settled_bars);

/* ---- APO, PPO ---------------------------------------------------------------------------------
 */

struct apo {
    struct average fast, slow;
};

static void apo_init(struct arena *arena, const double *params)
{
    struct apo *self = arena_struct(arena, sizeof *self);
    enum average_kind kind = (enum average_kind)params[2];
    average_init(&self->fast, arena, kind, (uint32_t)fmin(params[0], params[1]));
    average_init(&self->slow, arena, kind, (uint32_t)fmax(params[0], params[1]));
}

INDICATOR_STEP apo_step(struct apo *self, const double *in, double *out, bool keep)
{
    double fast = average_step(&self->fast, in[0], keep);
    out[0] = fast - average_step(&self->slow, in[0], keep);
}

struct ppo {
    struct apo averages;
};

static void ppo_init(struct arena *arena, const double *params)
{
    apo_init(arena, params);
}

INDICATOR_STEP ppo_step(struct ppo *self, const double *in, double *out, bool keep)
{
    double fast = average_step(&self->averages.fast, in[0], keep);
    double slow = average_step(&self->averages.slow, in[0], keep);
    out[0] = is_zero(slow) ? 0 : (fast - slow) / slow * 100;
}

static size_t apo_defined_bars(const double *params)
{
    return average_bars((enum average_kind)params[2], fmax(params[0], params[1]));
}

static size_t apo_settled_bars(const double *params)
{
    return average_settled_bars((enum average_kind)params[2], fmax(params[0], params[1]));
}

#define FAST_AND_SLOW                                 \
    WHOLE("fast", 12, 1, "bars of the fast average"), \
        WHOLE("slow", 26, 1, "bars of the slow average")

INDICATOR_FUNCTIONS(apo)
ROW(apo, .name = "APO", .title = "Absolute price oscillator", .category = "momentum",
    .reference = "fast average - slow average; TA-Lib APO", .params = {FAST_AND_SLOW, MAMODE},
    .inputs = {ON_CLOSE}, .outputs = {"APO"}, .defined_bars = apo_defined_bars,
    .settled_bars = apo_settled_bars);

INDICATOR_FUNCTIONS(ppo)
ROW(ppo, .name = "PPO", .title = "Percentage price oscillator", .category = "momentum",
    .reference = "100 (fast average / slow average - 1); TA-Lib PPO",
    .params = {FAST_AND_SLOW, MAMODE}, .inputs = {ON_CLOSE}, .outputs = {"PPO"},
    .defined_bars = apo_defined_bars, .settled_bars = apo_settled_bars);

/* ---- MACDEXT, MACDFIX -------------------------------------------------------------------------
 */

struct macdext {
    struct average fast, slow, signal;
};

/* The average that needs less waits, so that both have their first value on the same bar. */
static void macdext_begin(struct macdext *self, struct arena *arena, enum average_kind kind,
                          const double lengths[3])
{
    double fast = fmin(lengths[0], lengths[1]), slow = fmax(lengths[0], lengths[1]);
    average_init(&self->fast, arena, kind, (uint32_t)fast);
    average_init(&self->slow, arena, kind, (uint32_t)slow);
    average_init(&self->signal, arena, kind, (uint32_t)lengths[2]);
    self->fast.wait = (uint32_t)(average_bars(kind, slow) - average_bars(kind, fast));
}

static void macdext_init(struct arena *arena, const double *params)
{
    struct macdext *self = arena_struct(arena, sizeof *self);
    macdext_begin(self, arena, (enum average_kind)params[3], params);
}

INDICATOR_STEP macdext_step(struct macdext *self, const double *in, double *out, bool keep)
{
    double macd = average_difference(&self->fast, &self->slow, in[0], keep), signal = NAN;
    if (!isnan(macd))
        signal = average_step(&self->signal, macd, keep);
    out[0] = isnan(signal) ? NAN : macd;
    out[1] = macd - signal;
    out[2] = signal;
}

static size_t macdext_defined_bars(const double *params)
{
    enum average_kind kind = (enum average_kind)params[3];
    return average_bars(kind, fmax(params[0], params[1])) + average_bars(kind, params[2]) - 1;
}

static size_t macdext_settled_bars(const double *params)
{
    enum average_kind kind = (enum average_kind)params[3];
    return average_settled_bars(kind, fmax(params[0], params[1])) +
           average_settled_bars(kind, params[2]) - 1;
}

INDICATOR_FUNCTIONS(macdext)
ROW(macdext, .name = "MACDEXT", .title = "MACD with averages of a chosen kind",
    .category = "momentum", .reference = "TA-Lib MACDEXT, the three averages of one kind",
    .params = {FAST_AND_SLOW, WHOLE("signal", 9, 1, "bars of the signal line"), MAMODE},
    .inputs = {ON_CLOSE}, .outputs = {"MACD", "MACDh", "MACDs"},
    .defined_bars = macdext_defined_bars, .settled_bars = macdext_settled_bars);

struct macdfix {
    struct macdext averages;
};

static void macdfix_init(struct arena *arena, const double *params)
{
    struct macdfix *self = arena_struct(arena, sizeof *self);
    const double lengths[] = {12, 26, params[0]};
    macdext_begin(&self->averages, arena, AVERAGE_EMA, lengths);
    self->averages.fast.of.ema.factor = 0.15;
    self->averages.slow.of.ema.factor = 0.075;
}

INDICATOR_STEP macdfix_step(struct macdfix *self, const double *in, double *out, bool keep)
{
    macdext_step(&self->averages, in, out, keep);
}

static size_t macdfix_defined_bars(const double *params)
{
    return macdext_defined_bars((const double[]){12, 26, params[0], AVERAGE_EMA});
}

static size_t macdfix_settled_bars(const double *params)
{
    return macdext_settled_bars((const double[]){12, 26, params[0], AVERAGE_EMA});
}

INDICATOR_FUNCTIONS(macdfix)
ROW(macdfix, .name = "MACDFIX", .title = "MACD with Appel's factors 0.15 and 0.075",
    .category = "momentum",
    .reference =
        "Appel 1979, The Moving Average Convergence-Divergence Trading Method; TA-Lib MACDFIX",
    .params = {WHOLE("signal", 9, 1, "bars of the signal line")}, .inputs = {ON_CLOSE},
    .outputs = {"MACD", "MACDh", "MACDs"}, .defined_bars = macdfix_defined_bars,
    .settled_bars = macdfix_settled_bars);
