/* Where the references themselves lose digits, ours are those of a two-pass computation over the
 * window in long double: to 1e-12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/support/golden.h"
#include "tests/support/row_run.h"

#define TOLERANCE 1e-12L
#define DEGREES   57.29577951308232087679815481410517L

enum { BARS = 1500, DRAWS = 10, LONGEST = 300 };

/* Inputs of a row, bar by bar, up to the newest. */
struct past {
    double (*inputs)[INDICATOR_INPUTS_MAX];
    size_t newest;
};

static long double ago(const struct past *past, size_t input, size_t bars)
{
    return past->inputs[past->newest - bars][input];
}

/* ---- two passes over a window -----------------------------------------------------------------
 */

/* The mean as its distance from the newest value: between prices that is exact, so that a flat
 * window is flat. */
struct window {
    size_t n;
    long double newest, offset;          /* the mean is newest + offset */
    long double squares, cubes, fourths; /* of the distances from the mean, summed */
};

static struct window window_of(const struct past *past, size_t input, size_t n)
{
    struct window window = {.n = n, .newest = ago(past, input, 0)};
    for (size_t i = 0; i < n; i++)
        window.offset += ago(past, input, i) - window.newest;
    window.offset /= n;
    for (size_t i = 0; i < n; i++) {
        long double d = ago(past, input, i) - window.newest - window.offset;
        window.squares += d * d;
        window.cubes += d * d * d;
        window.fourths += d * d * d * d;
    }
    return window;
}

/* What is taken off n before it divides, as the reference does where that is too much. */
static long double divisor(double n, double ddof)
{
    return n - (ddof < n ? ddof : 1);
}

static void bbands_truth(const struct past *past, const double *params, long double *out)
{
    struct window w = window_of(past, 0, (size_t)params[0]);
    long double half = params[1] * sqrtl(w.squares / w.n);
    out[1] = w.newest + w.offset;
    out[0] = out[1] - half;
    out[2] = out[1] + half;
    out[3] = 200 * half / out[1];
    out[4] = half > 0 ? (half - w.offset) / (2 * half) : NAN;
}

static void var_truth(const struct past *past, const double *params, long double *out)
{
    struct window w = window_of(past, 0, (size_t)params[0]);
    out[0] = w.squares / w.n;
}

static void stddev_truth(const struct past *past, const double *params, long double *out)
{
    var_truth(past, params, out);
    out[0] = sqrtl(out[0]) * params[1];
}

static void variance_truth(const struct past *past, const double *params, long double *out)
{
    out[0] = window_of(past, 0, (size_t)params[0]).squares / divisor(params[0], params[1]);
}

static void stdev_truth(const struct past *past, const double *params, long double *out)
{
    variance_truth(past, params, out);
    out[0] = sqrtl(out[0]);
}

static long double score(const struct past *past, size_t input, double n, double ddof)
{
    struct window w = window_of(past, input, (size_t)n);
    return -w.offset / sqrtl(w.squares / divisor(n, ddof));
}

static void zscore_truth(const struct past *past, const double *params, long double *out)
{
    out[0] = score(past, 0, params[0], 1) / fmax(params[1], 1);
}

static void candle_z_truth(const struct past *past, const double *params, long double *out)
{
    for (size_t k = 0; k < 4; k++)
        out[k] = score(past, k, params[0], params[1]);
}

static void skew_truth(const struct past *past, const double *params, long double *out)
{
    struct window w = window_of(past, 0, (size_t)params[0]);
    long double n = w.n, second = w.squares / n;
    out[0] = sqrtl(n * (n - 1)) / (n - 2) * (w.cubes / n) / (second * sqrtl(second));
}

static void kurtosis_truth(const struct past *past, const double *params, long double *out)
{
    struct window w = window_of(past, 0, (size_t)params[0]);
    long double n = w.n, ratio = w.fourths / (w.squares * w.squares);
    out[0] = (n * (n + 1) * (n - 1) * ratio - 3 * (n - 1) * (n - 1)) / ((n - 2) * (n - 3));
}

static void entropy_truth(const struct past *past, const double *params, long double *out)
{
    size_t n = (size_t)params[0];
    out[0] = 0;
    for (size_t i = 0; i < n; i++) {
        long double sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += ago(past, 0, i + k);
        long double share = ago(past, 0, i) / sum;
        out[0] -= share * logl(share) / logl(params[1]);
    }
}

/* ---- differences of means ---------------------------------------------------------------------
 */

enum { WEIGHTED = 2 }; /* the place of "wma" among the kinds of averages */

/* How far the mean, of weights 1 to n if `weighs`, lies from `origin`, `bars` ago. */
static long double mean_from(const struct past *past, size_t bars, double n, bool weighs,
                             long double origin)
{
    long double sum = 0, weights = 0;
    for (size_t i = 0; i < (size_t)n; i++) {
        long double weight = weighs ? n - i : 1;
        sum += weight * (ago(past, 0, bars + i) - origin);
        weights += weight;
    }
    return sum / weights;
}

static long double crossing(const struct past *past, size_t bars, const double *params, double kind)
{
    double fast = fmin(params[0], params[1]), slow = fmax(params[0], params[1]);
    long double origin = ago(past, 0, bars);
    return mean_from(past, bars, fast, kind == WEIGHTED, origin) -
           mean_from(past, bars, slow, kind == WEIGHTED, origin);
}

/* Only for means of windows: the other averages go back to the beginning. */
static bool is_of_means(double kind)
{
    return kind == 0 || kind == WEIGHTED;
}

static void macdext_truth(const struct past *past, const double *params, long double *out)
{
    size_t n = (size_t)params[2];
    out[0] = out[1] = out[2] = NAN;
    if (!is_of_means(params[3]))
        return;
    long double sum = 0, weights = 0;
    for (size_t i = 0; i < n; i++) {
        long double weight = params[3] == WEIGHTED ? n - i : 1;
        sum += weight * crossing(past, i, params, params[3]);
        weights += weight;
    }
    out[0] = crossing(past, 0, params, params[3]);
    out[2] = sum / weights;
    out[1] = out[0] - out[2];
}

/* ---- lines and pairs --------------------------------------------------------------------------
 */

static long double slope_of(const struct past *past, size_t n)
{
    struct window w = window_of(past, 0, n);
    long double sum = 0, middle = (n - 1) / 2.0L;
    for (size_t i = 0; i < n; i++)
        sum += (middle - i) * (ago(past, 0, i) - w.newest);
    return sum / (n * ((long double)n * n - 1) / 12);
}

static void slope_truth(const struct past *past, const double *params, long double *out)
{
    out[0] = slope_of(past, (size_t)params[0]);
}

static void angle_truth(const struct past *past, const double *params, long double *out)
{
    out[0] = atanl(slope_of(past, (size_t)params[0])) * DEGREES;
}

static void cti_truth(const struct past *past, const double *params, long double *out)
{
    long double n = params[0], squares = window_of(past, 0, (size_t)n).squares;
    out[0] = slope_of(past, (size_t)n) * sqrtl(n * (n * n - 1) / 12 / squares);
}

static void correl_truth(const struct past *past, const double *params, long double *out)
{
    size_t n = (size_t)params[0];
    struct window a = window_of(past, 0, n), b = window_of(past, 1, n);
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (ago(past, 0, i) - a.newest - a.offset) * (ago(past, 1, i) - b.newest - b.offset);
    out[0] = a.squares * b.squares < 1e-14L ? 0 : sum / sqrtl(a.squares * b.squares);
}

static long double return_of(const struct past *past, size_t input, size_t bars)
{
    return ago(past, input, bars) / ago(past, input, bars + 1) - 1;
}

static void beta_truth(const struct past *past, const double *params, long double *out)
{
    size_t n = (size_t)params[0];
    long double mean_a = 0, mean_b = 0, ab = 0, aa = 0;
    for (size_t i = 0; i < n; i++) {
        mean_a += return_of(past, 0, i) / n;
        mean_b += return_of(past, 1, i) / n;
    }
    for (size_t i = 0; i < n; i++) {
        long double d = return_of(past, 0, i) - mean_a;
        ab += d * (return_of(past, 1, i) - mean_b);
        aa += d * d;
    }
    out[0] = n * aa < 1e-14L ? 0 : ab / aa;
}

/* ---- the rows ---------------------------------------------------------------------------------
 */

#define FLOOR 1e-3L /* what the reference values are measured against at least, too */

static const struct truth {
    const char *name;
    void (*outputs)(const struct past *past, const double *params, long double *out);
    /* What each output is measured against at least: 1 where it is a difference of larger numbers
     * that each are right to some 1e-14. */
    long double sizes[INDICATOR_OUTPUTS_MAX];
} TRUTHS[] = {
    {"BBANDS", bbands_truth, {FLOOR, FLOOR, FLOOR, FLOOR, 1}},
    {"VAR", var_truth, {FLOOR}},
    {"STDDEV", stddev_truth, {FLOOR}},
    {"VARIANCE", variance_truth, {FLOOR}},
    {"STDEV", stdev_truth, {FLOOR}},
    {"ZSCORE", zscore_truth, {FLOOR}},
    {"CDL_Z", candle_z_truth, {FLOOR, FLOOR, FLOOR, FLOOR}},
    {"SKEW", skew_truth, {FLOOR}},
    {"KURTOSIS", kurtosis_truth, {1}},
    {"ENTROPY", entropy_truth, {FLOOR}},
    {"LINEARREG_SLOPE", slope_truth, {FLOOR}},
    {"LINEARREG_ANGLE", angle_truth, {FLOOR}},
    {"CTI", cti_truth, {FLOOR}},
    {"CORREL", correl_truth, {FLOOR}},
    {"BETA", beta_truth, {1}},
    {"MACDEXT", macdext_truth, {FLOOR, 1, FLOOR}},
};
enum { N_TRUTHS = sizeof TRUTHS / sizeof *TRUTHS };

static const struct truth *find_truth(const char *name)
{
    for (size_t i = 0; i < N_TRUTHS; i++)
        if (strcmp(TRUTHS[i].name, name) == 0)
            return &TRUTHS[i];
    return NULL;
}

/* Compares the outputs of a bar. Where the truth is no number (a flat window has no skewness) the
 * convention is the reference's, which is tested with its values. */
static bool is_bar_precise(const struct row_run *run, const struct truth *truth,
                           const struct past *past, const double *got)
{
    long double wanted[INDICATOR_OUTPUTS_MAX];
    truth->outputs(past, run->params, wanted);
    for (size_t k = 0; run->row->outputs[k]; k++) {
        long double most = TOLERANCE * fmaxl(fabsl(wanted[k]), truth->sizes[k]);
        if (isfinite(wanted[k]) && !(fabsl(got[k] - wanted[k]) <= most))
            return row_complain(run->row, run->params, "%s is %.17g, not %.19Lg, at bar %zu",
                                run->row->outputs[k], got[k], wanted[k], past->newest);
    }
    return true;
}

static bool is_precise(const struct indicator *row, const double *params, uint64_t seed,
                       const void *market)
{
    const struct truth *truth = find_truth(row->name);
    struct row_run run;
    struct walk walk;
    bool all = true;
    if (!truth)
        return true;
    double(*inputs)[INDICATOR_INPUTS_MAX] = mem_alloc_zero(BARS, sizeof *inputs);
    walk_begin(&walk, *(const enum market *)market, seed);
    row_run_begin_with(&run, row, params);
    for (size_t i = 0; i < BARS && all; i++) {
        struct bar bar = walk_next(&walk);
        struct past past = {inputs, i};
        double out[INDICATOR_OUTPUTS_MAX];
        row_run_gather(&run, &bar, i, inputs[i]);
        row->commit(run.state, inputs[i], out);
        if (i + 1 >= row->defined_bars(params))
            all = is_bar_precise(&run, truth, &past, out);
    }
    row_run_end(&run);
    free(inputs);
    return all;
}

static void ours_are_those_of_two_passes_in_long_double(void **state)
{
    const enum market walk = MARKET_WALK, rough = MARKET_ROUGH;
    (void)state;
    assert_int_equal(rows_failing(is_precise, DRAWS, LONGEST, &walk), 0);
    assert_int_equal(rows_failing(is_precise, DRAWS, LONGEST, &rough), 0);
}

/* Each column for which the reference's own loss is allowed for is one of those above. */
static void every_column_with_a_wider_tolerance_is_among_them(void **state)
{
    char *folder = golden_folder();
    size_t wrong = 0, wider = 0;
    (void)state;
    for (size_t i = 0; i < N_TRUTHS; i++)
        assert_non_null(indicator_find(TRUTHS[i].name));
    for (int s = 0; s < 2; s++) {
        struct golden *golden = golden_load(folder, s == 0 ? "walk" : "edge");
        assert_non_null(golden);
        for (size_t i = 0; i < golden->n_columns; i++) {
            const struct golden_column *column = &golden->columns[i];
            if (!column->exact || column->tolerance < 1e-8)
                continue; /* where the reference begins in its own way it is not loss of digits */
            wider++;
            if (!find_truth(column->name)) {
                printf("%s has a tolerance of %g\n", column->name, column->tolerance);
                wrong++;
            }
        }
        golden_destroy(&golden);
    }
    free(folder);
    assert_int_equal(wrong, 0);
    assert_true(wider > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_are_those_of_two_passes_in_long_double),
        cmocka_unit_test(every_column_with_a_wider_tolerance_is_among_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
