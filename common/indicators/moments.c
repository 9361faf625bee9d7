/* moments - means, spreads and shapes of a window, and its order. */
#include "common/indicators/kernels.h"
#include "common/indicators/ranked.h"
#include "common/indicators/window_statistics.h"

#define DDOF WHOLE("ddof", 1, 0, "what is taken from the count before it divides: 1 for a sample")

/* ---- VARIANCE, STDEV, ZSCORE ---- */

struct sample {
    struct moments moments;
    double divisor, scale;
};

static void sample_begin(struct arena *arena, double length, double ddof, double scale)
{
    struct sample *self = arena_struct(arena, sizeof *self);
    moments_init(&self->moments, arena, (uint32_t)length);
    self->divisor = length - (ddof < length ? ddof : 1); /* as the reference takes too many */
    self->scale = scale;
}

KERNEL double sample_variance(struct sample *self, double x, bool keep)
{
    double deviations;
    moments_step(&self->moments, x, &deviations, keep);
    return deviations / self->divisor;
}

struct variance {
    struct sample sample;
};

static void variance_init(struct arena *arena, const double *params)
{
    sample_begin(arena, params[0], params[1], 1);
}

INDICATOR_STEP variance_step(struct variance *self, const double *in, double *out, bool keep)
{
    out[0] = sample_variance(&self->sample, in[0], keep);
}

INDICATOR_FUNCTIONS(variance)
ROW(variance, .name = "VARIANCE", .title = "Variance of a sample", .category = "statistics",
    .reference = "squared distances from the mean over n - ddof; pandas-ta variance",
    .params = {LENGTH(30, 2), DDOF}, .inputs = {ON_CLOSE}, .outputs = {"VAR"},
    .defined_bars = length_bars, .settled_bars = length_bars);

struct stdev {
    struct sample sample;
};

static void stdev_init(struct arena *arena, const double *params)
{
    sample_begin(arena, params[0], params[1], 1);
}

INDICATOR_STEP stdev_step(struct stdev *self, const double *in, double *out, bool keep)
{
    out[0] = sqrt(sample_variance(&self->sample, in[0], keep));
}

INDICATOR_FUNCTIONS(stdev)
ROW(stdev, .name = "STDEV", .title = "Standard deviation of a sample", .category = "statistics",
    .reference = "root of the variance; pandas-ta stdev", .params = {LENGTH(30, 2), DDOF},
    .inputs = {ON_CLOSE}, .outputs = {"STDEV"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

struct zscore {
    struct sample sample;
};

static void zscore_init(struct arena *arena, const double *params)
{
    sample_begin(arena, params[0], 1,
                 fmax(params[1], 1)); /* the reference takes less than 1 as 1 */
}

INDICATOR_STEP zscore_step(struct zscore *self, const double *in, double *out, bool keep)
{
    double distance = moments_distance(&self->sample.moments, in[0]);
    double deviation = sqrt(sample_variance(&self->sample, in[0], keep));
    out[0] = deviation > 0 ? distance / (self->sample.scale * deviation) : NAN;
}

INDICATOR_FUNCTIONS(zscore)
ROW(zscore, .name = "ZSCORE", .title = "Standard score", .category = "statistics",
    .reference = "distance from the mean in standard deviations; pandas-ta zscore",
    .params = {LENGTH(30, 2), REAL("std", 1, 1e-6, 1e6, "standard deviations that count as 1")},
    .inputs = {ON_CLOSE}, .outputs = {"ZS"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

/* ---- SKEW, KURTOSIS ---- */

struct skew {
    struct powers powers;
};

static void skew_init(struct arena *arena, const double *params)
{
    struct skew *self = arena_struct(arena, sizeof *self);
    powers_init(&self->powers, arena, (uint32_t)params[0]);
}

/* Joanes and Gill 1998, Comparing measures of sample skewness and kurtosis, The Statistician 47,
 * p. 184: G1. */
INDICATOR_STEP skew_step(struct skew *self, const double *in, double *out, bool keep)
{
    struct power_moments moments = powers_step(&self->powers, in[0], keep);
    double n = self->powers.ring.n, second = moments.squares / n, third = moments.cubes / n;
    out[0] = isnan(second) ? NAN
             : second > 0  ? sqrt(n * (n - 1)) / (n - 2) * third / (second * sqrt(second))
                           : 0;
}

INDICATOR_FUNCTIONS(skew)
ROW(skew, .name = "SKEW", .title = "Skewness of a sample", .category = "statistics",
    .reference = "Joanes and Gill 1998, The Statistician 47, p. 184 (G1); pandas-ta skew",
    .params = {LENGTH(30, 3)}, .inputs = {ON_CLOSE}, .outputs = {"SKEW"},
    .defined_bars = length_bars, .settled_bars = length_bars);

struct kurtosis {
    struct powers powers;
};

static void kurtosis_init(struct arena *arena, const double *params)
{
    struct kurtosis *self = arena_struct(arena, sizeof *self);
    powers_init(&self->powers, arena, (uint32_t)params[0]);
}

/* As above: G2. */
INDICATOR_STEP kurtosis_step(struct kurtosis *self, const double *in, double *out, bool keep)
{
    struct power_moments moments = powers_step(&self->powers, in[0], keep);
    double n = self->powers.ring.n, squares = moments.squares;
    double excess =
        n * (n + 1) * (n - 1) * moments.fourths / (squares * squares) - 3 * (n - 1) * (n - 1);
    out[0] = isnan(squares) ? NAN : squares > 0 ? excess / ((n - 2) * (n - 3)) : -3;
}

INDICATOR_FUNCTIONS(kurtosis)
ROW(kurtosis, .name = "KURTOSIS", .title = "Excess kurtosis of a sample", .category = "statistics",
    .reference = "Joanes and Gill 1998, The Statistician 47, p. 184 (G2); pandas-ta kurtosis",
    .params = {LENGTH(30, 4)}, .inputs = {ON_CLOSE}, .outputs = {"KURT"},
    .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- MEDIAN, QUANTILE, MAD ---- */

struct quantile {
    struct ranked ranked;
    double share;
};

static void quantile_begin(struct arena *arena, double length, double share)
{
    struct quantile *self = arena_struct(arena, sizeof *self);
    ranked_init(&self->ranked, arena, (uint32_t)length);
    self->share = share;
}

static void quantile_init(struct arena *arena, const double *params)
{
    quantile_begin(arena, params[0], params[1]);
}

INDICATOR_STEP quantile_step(struct quantile *self, const double *in, double *out, bool keep)
{
    out[0] =
        ranked_is_full(&self->ranked) ? ranked_quantile(&self->ranked, in[0], self->share) : NAN;
    if (keep)
        ranked_keep(&self->ranked, in[0]);
}

INDICATOR_FUNCTIONS(quantile)
ROW(quantile, .name = "QUANTILE", .title = "Quantile", .category = "statistics",
    .reference = "Hyndman and Fan 1996, The American Statistician 50, p. 363 (type 7); pandas-ta "
                 "quantile",
    .params = {LENGTH(30, 1), REAL("q", 0.5, 0, 1, "the share that lies below")},
    .inputs = {ON_CLOSE}, .outputs = {"QTL"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

static void median_init(struct arena *arena, const double *params)
{
    quantile_begin(arena, params[0], 0.5);
}

const struct indicator indicator_median = {
    .name = "MEDIAN",
    .title = "Median",
    .category = "statistics",
    .reference = "the value in the middle; pandas-ta median",
    .params = {LENGTH(30, 1)},
    .inputs = {ON_CLOSE},
    .outputs = {"MEDIAN"},
    .init = median_init,
    .commit = quantile_commit,
    .commit_many = quantile_commit_many,
    .peek = quantile_peek,
    .defined_bars = length_bars,
    .settled_bars = length_bars,
};

struct mad {
    struct ranked ranked;
    struct streak streak;
};

static void mad_init(struct arena *arena, const double *params)
{
    struct mad *self = arena_struct(arena, sizeof *self);
    ranked_init_mean(&self->ranked, arena, (uint32_t)params[0]);
    streak_init(&self->streak, (uint32_t)params[0]);
}

INDICATOR_STEP mad_step(struct mad *self, const double *in, double *out, bool keep)
{
    double distances = NAN;
    if (ranked_is_full(&self->ranked))
        ranked_mean(&self->ranked, in[0], &distances);
    bool flat = streak_step(&self->streak, in[0], keep);
    out[0] = flat ? 0 : distances / self->ranked.ring.n;
    if (keep)
        ranked_keep(&self->ranked, in[0]);
}

INDICATOR_FUNCTIONS(mad)
ROW(mad, .name = "MAD", .title = "Mean absolute deviation", .category = "statistics",
    .reference = "mean distance from the mean; pandas-ta mad", .params = {LENGTH(30, 1)},
    .inputs = {ON_CLOSE}, .outputs = {"MAD"}, .defined_bars = length_bars,
    .settled_bars = length_bars);

/* ---- ENTROPY ---- */

struct entropy {
    struct window_sum sum, terms;
    double base;
};

static void entropy_init(struct arena *arena, const double *params)
{
    struct entropy *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->sum, arena, (uint32_t)params[0]);
    window_sum_init(&self->terms, arena, (uint32_t)params[0]);
    self->base = log(params[1]);
}

INDICATOR_STEP entropy_step(struct entropy *self, const double *in, double *out, bool keep)
{
    double share = in[0] / window_sum_step(&self->sum, in[0], keep);
    out[0] = NAN;
    if (share > 0)
        out[0] = window_sum_step(&self->terms, -share * log(share) / self->base, keep);
}

static size_t entropy_bars(const double *params)
{
    return 2 * (size_t)params[0] - 1;
}

INDICATOR_FUNCTIONS(entropy)
ROW(entropy, .name = "ENTROPY", .title = "Entropy", .category = "statistics",
    .reference = "Shannon 1948, A mathematical theory of communication, p. 389; pandas-ta entropy",
    .params = {LENGTH(10, 1), REAL("base", 2, 1.01, 1e6, "of the logarithm")}, .inputs = {ON_CLOSE},
    .outputs = {"ENTP"}, .defined_bars = entropy_bars, .settled_bars = entropy_bars);

/* ---- CTI, CFO ---- */

struct cti {
    struct pair pair;
    uint32_t time; /* grows; the correlation does not mind from where */
};

static void cti_init(struct arena *arena, const double *params)
{
    struct cti *self = arena_struct(arena, sizeof *self);
    pair_init(&self->pair, arena, (uint32_t)params[0]);
    self->time = 0;
}

INDICATOR_STEP cti_step(struct cti *self, const double *in, double *out, bool keep)
{
    struct pair_moments both = pair_step(&self->pair, in[0], self->time, keep);
    double spread = sqrt(both.aa * both.bb);
    out[0] = isnan(both.ab) ? NAN : spread > 0 ? both.ab / spread : NAN;
    if (keep)
        self->time++;
}

INDICATOR_FUNCTIONS(cti)
ROW(cti, .name = "CTI", .title = "Correlation trend indicator", .category = "momentum",
    .reference = "Ehlers 2020, Correlation as a trend indicator, TASC 38:6; pandas-ta cti",
    .params = {LENGTH(12, 2)}, .inputs = {ON_CLOSE}, .outputs = {"CTI"},
    .defined_bars = length_bars, .settled_bars = length_bars);

struct cfo {
    struct line line;
};

static void cfo_init(struct arena *arena, const double *params)
{
    struct cfo *self = arena_struct(arena, sizeof *self);
    line_init(&self->line, arena, (uint32_t)params[0]);
}

INDICATOR_STEP cfo_step(struct cfo *self, const double *in, double *out, bool keep)
{
    struct line_fit fit = line_step(&self->line, in[0], keep);
    double expected = line_at(fit, fit.n - 1);
    out[0] = in[0] != 0 ? 100 * (in[0] - expected) / in[0] : NAN;
}

INDICATOR_FUNCTIONS(cfo)
ROW(cfo, .name = "CFO", .title = "Chande forecast oscillator", .category = "momentum",
    .reference = "Chande and Kroll 1994, The New Technical Trader; pandas-ta cfo",
    .params = {LENGTH(9, 2)}, .inputs = {ON_CLOSE}, .outputs = {"CFO"}, .defined_bars = length_bars,
    .settled_bars = length_bars);
