/* candle - the engine of the candlestick patterns: a chart's last bars, and what to say of them.
 *
 * A pattern is a pure function of its candles, and asks of them what its definition asks:
 *
 *      static int matching_low(struct candle first, struct candle second)
 *      {
 *          return found(BULLISH, is_black(first) && is_black(second) &&
 *                                    is_within(second.close, first.close, equal(first)));
 *      }
 *      PATTERN(matching_low, 2, DISTANCE_MEAN, NAMED("MATCHINGLOW", "Matching low", MORRIS));
 *
 * Then its line in indicator_list.c. The state is nothing but the last bars. What is "long", "near"
 * or "a doji" is measured against the mean of the bars before that candle, added up anew each time:
 * ten terms at most, so no running sum can drift, and a peek asks the very questions that a commit
 * does. */
#ifndef INDSUB_INDICATORS_CANDLE_H
#define INDSUB_INDICATORS_CANDLE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/indicators/kernels.h"

enum { BULLISH = 100, BEARISH = -100 };

enum {
    MEAN = 10,         /* bars that bodies, ranges and shadows are averaged over */
    DISTANCE_MEAN = 5, /* bars that near, far and equal are averaged over */
    CHART_BARS = 16    /* a power of two; the farthest look back is 14 bars */
};

/* Where the patterns are described. */
#define NISON   "Nison 1991, Japanese Candlestick Charting Techniques"
#define NISON_2 "Nison 1994, Beyond Candlesticks"
#define MORRIS  "Morris 1992, CandlePower"
#define CHESLER "Chesler 2004, Trading False Moves with the Hikkake Pattern"

struct ohlc {
    double open, high, low, close;
};

struct candles {
    uint64_t seen;                /* bars committed */
    double penetration;           /* the parameter of the patterns that have one */
    struct ohlc past[CHART_BARS]; /* bar i lies at i mod CHART_BARS */
};

/* What a pattern sees: the bars that are committed, and the one on top of them. */
struct chart {
    const struct candles *state;
    struct ohlc now;
};

/* A candle knows its place in the chart, since it is measured against those before it. */
struct candle {
    double open, high, low, close;
    const struct chart *chart;
    uint32_t ago; /* 0 is the newest */
};

KERNEL const struct ohlc *chart_past(const struct chart *chart, uint32_t ago)
{
    return &chart->state->past[(chart->state->seen - ago) % CHART_BARS];
}

KERNEL struct candle candle_at(const struct chart *chart, uint32_t ago)
{
    const struct ohlc *bar = ago == 0 ? &chart->now : chart_past(chart, ago);
    return (struct candle){bar->open, bar->high, bar->low, bar->close, chart, ago};
}

KERNEL struct candle candle_before(struct candle x, uint32_t bars)
{
    return candle_at(x.chart, x.ago + bars);
}

/* The parameter of that name, for the patterns that have it. */
KERNEL double penetration(struct candle x)
{
    return x.chart->state->penetration;
}

/* ---- one candle's parts ---------------------------------------------------------------------- */

/*       │  upper shadow
 *      ┌┴┐ top of the body
 *      │ │                       white: closes where it opened or above; else black
 *      └┬┘ bottom of the body
 *       │  lower shadow */
KERNEL bool is_white(struct candle x)
{
    return x.close >= x.open;
}

KERNEL bool is_black(struct candle x)
{
    return !is_white(x);
}

KERNEL double top(struct candle x)
{
    return is_white(x) ? x.close : x.open;
}

KERNEL double bottom(struct candle x)
{
    return is_white(x) ? x.open : x.close;
}

KERNEL double body(struct candle x)
{
    return fabs(x.close - x.open);
}

KERNEL double upper(struct candle x)
{
    return x.high - top(x);
}

KERNEL double lower(struct candle x)
{
    return bottom(x) - x.low;
}

/* ---- the measures, by the conventions of TA-Lib ---------------------------------------------- */

KERNEL double mean_body(struct candle x)
{
    double sum = 0;
    for (uint32_t k = MEAN; k > 0; k--) {
        const struct ohlc *bar = chart_past(x.chart, x.ago + k);
        sum += fabs(bar->close - bar->open);
    }
    return sum / MEAN;
}

KERNEL double mean_range(struct candle x, uint32_t n)
{
    double sum = 0;
    for (uint32_t k = n; k > 0; k--) {
        const struct ohlc *bar = chart_past(x.chart, x.ago + k);
        sum += bar->high - bar->low;
    }
    return sum / n;
}

KERNEL double mean_shadows(struct candle x)
{
    double sum = 0;
    for (uint32_t k = MEAN; k > 0; k--) {
        struct candle bar = candle_at(x.chart, x.ago + k);
        sum += upper(bar) + lower(bar);
    }
    return sum / MEAN;
}

/* A body longer than the mean of those before it. */
KERNEL bool is_long(struct candle x)
{
    return body(x) > mean_body(x);
}

KERNEL bool is_short(struct candle x)
{
    return body(x) < mean_body(x);
}

/* A body as long as the mean is neither long nor short. */
KERNEL bool is_not_long(struct candle x)
{
    return !is_long(x);
}

/* Up to this, a body counts as none. */
KERNEL double doji_body(struct candle x)
{
    return 0.1 * mean_range(x, MEAN);
}

KERNEL bool is_doji(struct candle x)
{
    return body(x) <= doji_body(x);
}

/* Below this, a shadow counts as none. */
KERNEL double trace(struct candle x)
{
    return 0.1 * mean_range(x, MEAN);
}

/* Below this, a shadow is short: the mean length of one shadow. */
KERNEL double short_shadow(struct candle x)
{
    return mean_shadows(x) / 2;
}

KERNEL bool has_no_upper(struct candle x)
{
    return upper(x) < trace(x);
}

KERNEL bool has_no_lower(struct candle x)
{
    return lower(x) < trace(x);
}

KERNEL bool has_upper(struct candle x)
{
    return upper(x) > trace(x);
}

KERNEL bool has_lower(struct candle x)
{
    return lower(x) > trace(x);
}

KERNEL bool has_no_shadows(struct candle x)
{
    double limit = trace(x);
    return upper(x) < limit && lower(x) < limit;
}

KERNEL bool has_short_shadows(struct candle x)
{
    double limit = short_shadow(x);
    return upper(x) < limit && lower(x) < limit;
}

/* A long shadow is longer than the candle's own body, a very long one than twice that. */
KERNEL bool has_long_upper(struct candle x)
{
    return upper(x) > body(x);
}

KERNEL bool has_long_lower(struct candle x)
{
    return lower(x) > body(x);
}

KERNEL bool has_very_long_upper(struct candle x)
{
    return upper(x) > 2 * body(x);
}

KERNEL bool has_very_long_lower(struct candle x)
{
    return lower(x) > 2 * body(x);
}

/* Distances as seen from a candle: what is near it, far from it, as good as equal. */
KERNEL double near(struct candle x)
{
    return 0.2 * mean_range(x, DISTANCE_MEAN);
}

KERNEL double far(struct candle x)
{
    return 0.6 * mean_range(x, DISTANCE_MEAN);
}

KERNEL double equal(struct candle x)
{
    return 0.05 * mean_range(x, DISTANCE_MEAN);
}

/* ---- two candles, the later one first -------------------------------------------------------- */

KERNEL bool is_within(double value, double middle, double distance)
{
    return value <= middle + distance && value >= middle - distance;
}

KERNEL bool is_same_colour(struct candle x, struct candle y)
{
    return is_white(x) == is_white(y);
}

/* Between the bodies. */
KERNEL bool gaps_up(struct candle x, struct candle before)
{
    return bottom(x) > top(before);
}

KERNEL bool gaps_down(struct candle x, struct candle before)
{
    return top(x) < bottom(before);
}

/* Between the shadows. */
KERNEL bool leaps_up(struct candle x, struct candle before)
{
    return x.low > before.high;
}

KERNEL bool leaps_down(struct candle x, struct candle before)
{
    return x.high < before.low;
}

/* The body lies inside the other's, touching neither end. */
KERNEL bool is_inside(struct candle x, struct candle before)
{
    return top(x) < top(before) && bottom(x) > bottom(before);
}

KERNEL bool opens_in_body(struct candle x, struct candle before)
{
    return x.open < top(before) && x.open > bottom(before);
}

KERNEL bool closes_in_body(struct candle x, struct candle before)
{
    return x.close < top(before) && x.close > bottom(before);
}

/* ---- answers --------------------------------------------------------------------------------- */

KERNEL int found(int what, bool is_there)
{
    return is_there ? what : 0;
}

/* What a candle of that colour stands for. */
KERNEL int as_colour_of(struct candle x)
{
    return is_white(x) ? BULLISH : BEARISH;
}

KERNEL int against_colour_of(struct candle x)
{
    return -as_colour_of(x);
}

KERNEL int either(bool bullish, bool bearish)
{
    return bullish ? BULLISH : bearish ? BEARISH : 0;
}

/* ---- the engine ------------------------------------------------------------------------------ */

static inline void candles_init(struct arena *arena, const double *params)
{
    (void)params;
    arena_struct(arena, sizeof(struct candles));
}

static inline void candles_init_penetration(struct arena *arena, const double *params)
{
    struct candles *self = arena_struct(arena, sizeof *self);
    self->penetration = params[0];
}

INDICATOR_STEP candles_step(struct candles *self, const double *in, double *out, bool keep,
                            int (*pattern)(const struct chart *chart), uint64_t bars_before)
{
    struct chart chart = {self, {in[0], in[1], in[2], in[3]}};
    out[0] = self->seen >= bars_before ? pattern(&chart) : NAN;
    if (keep) {
        self->past[self->seen % CHART_BARS] = chart.now;
        self->seen++;
    }
}

/* What a pattern of so many candles is given: the oldest first. */
#define CANDLES_1(CHART) candle_at(CHART, 0)
#define CANDLES_2(CHART) candle_at(CHART, 1), CANDLES_1(CHART)
#define CANDLES_3(CHART) candle_at(CHART, 2), CANDLES_2(CHART)
#define CANDLES_4(CHART) candle_at(CHART, 3), CANDLES_3(CHART)
#define CANDLES_5(CHART) candle_at(CHART, 4), CANDLES_4(CHART)

/* Defines the row indicator_cdl_FUNCTION: a pattern of N candles, which is defined once there are
 * BARS before the first of them. */
#define PATTERN(FUNCTION, N, BARS, ...)                                                       \
    static int FUNCTION##_on(const struct chart *chart)                                       \
    {                                                                                         \
        return FUNCTION(CANDLES_##N(chart));                                                  \
    }                                                                                         \
    static size_t FUNCTION##_bars(const double *params)                                       \
    {                                                                                         \
        (void)params;                                                                         \
        return (N) + (BARS);                                                                  \
    }                                                                                         \
    static void FUNCTION##_commit(void *state, const double *in, double *out)                 \
    {                                                                                         \
        candles_step(state, in, out, true, FUNCTION##_on, (N)-1 + (BARS));                    \
    }                                                                                         \
    static void FUNCTION##_peek(const void *state, const double *in, double *out)             \
    {                                                                                         \
        candles_step((struct candles *)(uintptr_t)state, in, out, false, FUNCTION##_on,       \
                     (N)-1 + (BARS));                                                         \
    }                                                                                         \
    INDICATOR_COMMIT_MANY(FUNCTION)                                                           \
    const struct indicator indicator_cdl_##FUNCTION = {.category = "candles",                 \
                                                       .inputs = ON_BARS,                     \
                                                       .commit = FUNCTION##_commit,           \
                                                       .commit_many = FUNCTION##_commit_many, \
                                                       .peek = FUNCTION##_peek,               \
                                                       .defined_bars = FUNCTION##_bars,       \
                                                       .settled_bars = FUNCTION##_bars,       \
                                                       __VA_ARGS__}

#define ON_BARS                                                            \
    {                                                                      \
        BAR(FIELD_OPEN), BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE) \
    }

#define TITLED(CODE, TITLE, SOURCE)                                                         \
    .name = "CDL_" CODE, .aliases = {"CDL" CODE}, .outputs = {"CDL_" CODE}, .title = TITLE, \
    .reference = SOURCE "; TA-Lib CDL" CODE

#define NAMED(CODE, TITLE, SOURCE) TITLED(CODE, TITLE, SOURCE), .init = candles_init

#define NAMED_PENETRATION(CODE, TITLE, SOURCE, DEFAULT) \
    TITLED(CODE, TITLE, SOURCE),                        \
        .init = candles_init_penetration,               \
        .params = {REAL("penetration", DEFAULT, 0, 100, "share of the first body to be reached")}

#endif
