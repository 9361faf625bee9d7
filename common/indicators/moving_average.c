/* moving_average - averages of averages, adaptive ones, any of them by name, midpoints. */
#include "common/indicators/average_kind.h"

/* ---- DEMA, TEMA, TRIMA, KAMA ------------------------------------------------------------------
 */

/* A row that is one kind of average. */
#define AVERAGE_ROW(NAME, STATE, INIT, STEP, KIND, ...)                                         \
    struct NAME {                                                                               \
        STATE average;                                                                          \
    };                                                                                          \
    static void NAME##_init(struct arena *arena, const double *params)                          \
    {                                                                                           \
        struct NAME *self = arena_struct(arena, sizeof *self);                                  \
        INIT;                                                                                   \
    }                                                                                           \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep)     \
    {                                                                                           \
        out[0] = STEP(&self->average, in[0], keep);                                             \
    }                                                                                           \
    static size_t NAME##_defined_bars(const double *params)                                     \
    {                                                                                           \
        return average_bars(KIND, params[0]);                                                   \
    }                                                                                           \
    static size_t NAME##_settled_bars(const double *params)                                     \
    {                                                                                           \
        return average_settled_bars(KIND, params[0]);                                           \
    }                                                                                           \
    INDICATOR_FUNCTIONS(NAME)                                                                   \
    ROW(NAME, .category = "overlap", .inputs = {ON_CLOSE}, .defined_bars = NAME##_defined_bars, \
        .settled_bars = NAME##_settled_bars, __VA_ARGS__)

AVERAGE_ROW(dema, struct ema_chain, ema_chain_init(&self->average, (uint32_t)params[0]), double_ema,
            AVERAGE_DEMA, .name = "DEMA", .title = "Double exponential moving average",
            .params = {LENGTH(10, 1)}, .outputs = {"DEMA"},
            .reference = "Mulloy 1994, Smoothing data with faster moving averages, TASC 12:1; "
                         "TA-Lib DEMA");

AVERAGE_ROW(tema, struct ema_chain, ema_chain_init(&self->average, (uint32_t)params[0]), triple_ema,
            AVERAGE_TEMA, .name = "TEMA", .title = "Triple exponential moving average",
            .params = {LENGTH(10, 1)}, .outputs = {"TEMA"},
            .reference = "Mulloy 1994, Smoothing data with faster moving averages, TASC 12:1; "
                         "TA-Lib TEMA");

AVERAGE_ROW(trima, struct triangular, triangular_init(&self->average, arena, (uint32_t)params[0]),
            triangular_step, AVERAGE_TRIMA, .name = "TRIMA", .title = "Triangular moving average",
            .params = {LENGTH(10, 1)}, .outputs = {"TRIMA"},
            .reference = "weights that rise to the middle and fall; TA-Lib TRIMA");

AVERAGE_ROW(kama, struct kaufman, kaufman_init(&self->average, arena, (uint32_t)params[0]),
            kaufman_step, AVERAGE_KAMA, .name = "KAMA",
            .title = "Kaufman's adaptive moving average", .params = {LENGTH(10, 2)},
            .outputs = {"KAMA"},
            .reference = "Kaufman 1995, Smarter Trading, pp. 129-153; TA-Lib KAMA");

/* ---- T3 ---------------------------------------------------------------------------------------
 */

struct t3_row {
    struct ema_chain chain;
    double a;
};

static void t3_row_init(struct arena *arena, const double *params)
{
    struct t3_row *self = arena_struct(arena, sizeof *self);
    ema_chain_init(&self->chain, (uint32_t)params[0]);
    self->a = params[1];
}

INDICATOR_STEP t3_row_step(struct t3_row *self, const double *in, double *out, bool keep)
{
    out[0] = tillson_t3(&self->chain, in[0], self->a, keep);
}

static size_t t3_defined_bars(const double *params)
{
    return average_bars(AVERAGE_T3, params[0]);
}

static size_t t3_settled_bars(const double *params)
{
    return average_settled_bars(AVERAGE_T3, params[0]);
}

INDICATOR_FUNCTIONS(t3_row)
ROW(t3_row, .name = "T3", .title = "Tillson's T3", .category = "overlap",
    .reference = "Tillson 1998, Smoothing techniques for more accurate signals, TASC 16:1; "
                 "TA-Lib T3",
    .params = {LENGTH(10, 1), REAL("a", 0.7, 0, 1, "how much of the lag is taken back")},
    .inputs = {ON_CLOSE}, .outputs = {"T3"}, .defined_bars = t3_defined_bars,
    .settled_bars = t3_settled_bars);

/* ---- MA ---------------------------------------------------------------------------------------
 */

struct ma {
    struct average average;
};

static void ma_init(struct arena *arena, const double *params)
{
    struct ma *self = arena_struct(arena, sizeof *self);
    average_init(&self->average, arena, (enum average_kind)params[1], (uint32_t)params[0]);
}

INDICATOR_STEP ma_step(struct ma *self, const double *in, double *out, bool keep)
{
    out[0] = average_step(&self->average, in[0], keep);
}

static size_t ma_defined_bars(const double *params)
{
    return average_bars((enum average_kind)params[1], params[0]);
}

static size_t ma_settled_bars(const double *params)
{
    return average_settled_bars((enum average_kind)params[1], params[0]);
}

INDICATOR_FUNCTIONS(ma)
ROW(ma, .name = "MA", .title = "Moving average of a chosen kind", .category = "overlap",
    .reference = "TA-Lib MA", .params = {LENGTH(30, 1), MAMODE}, .inputs = {ON_CLOSE},
    .outputs = {"MA"}, .defined_bars = ma_defined_bars, .settled_bars = ma_settled_bars);

/* ---- MIDPOINT, MIDPRICE -----------------------------------------------------------------------
 */

struct midprice {
    struct extreme highest, lowest;
};

static void midprice_init(struct arena *arena, const double *params)
{
    struct midprice *self = arena_struct(arena, sizeof *self);
    extreme_init(&self->highest, arena, (uint32_t)params[0], false);
    extreme_init(&self->lowest, arena, (uint32_t)params[0], true);
}

/* in: the series whose highest counts, the one whose lowest does. */
INDICATOR_STEP midprice_step(struct midprice *self, const double *in, double *out, bool keep)
{
    double highest = extreme_step(&self->highest, in[0], keep);
    double lowest = extreme_step(&self->lowest, in[1], keep);
    out[0] = (highest + lowest) / 2;
}

struct midpoint {
    struct midprice range;
};

static void midpoint_init(struct arena *arena, const double *params)
{
    midprice_init(arena, params);
}

INDICATOR_STEP midpoint_step(struct midpoint *self, const double *in, double *out, bool keep)
{
    double both[] = {in[0], in[0]};
    midprice_step(&self->range, both, out, keep);
}

INDICATOR_FUNCTIONS(midpoint)
ROW(midpoint, .name = "MIDPOINT", .title = "Middle of a series' range", .category = "overlap",
    .reference = "(highest + lowest) / 2; TA-Lib MIDPOINT", .params = {LENGTH(14, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"MIDPOINT"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

INDICATOR_FUNCTIONS(midprice)
ROW(midprice, .name = "MIDPRICE", .title = "Middle of the bars' range", .category = "overlap",
    .reference = "(highest high + lowest low) / 2; TA-Lib MIDPRICE", .params = {LENGTH(14, 1)},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"MIDPRICE"},
    .defined_bars = length_bars, .settled_bars = length_bars);
