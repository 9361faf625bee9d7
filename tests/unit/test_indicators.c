/* Every row of the registry: equal to the reference values, whole as a row.
 *
 *      test_indicators [NAME...]     only these rows against the reference values, with what
 * differs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/indicators/indicator.h"
#include "tests/support/golden.h"
#include "tests/support/row_run.h"

static const char *const SERIES[] = {"walk", "edge"};

/* Rows that also begin as the reference does: all their values count, and a value must be missing
 * exactly where the reference has none. */
static const char *const BEGIN_AS_THE_REFERENCE[] = {
    "RMA", "ZLMA", "MCGD",     "VIDYA",  "JMA",   "HWC",    "RSX",     "QQE",  "STC",
    "TSI", "SMI",  "STOCHRSI", "FISHER", "KDJ",   "TD_SEQ", "INERTIA", "RVI",  "EFI",
    "KVO", "PVO",  "AMAT",     "PGO",    "DECAY", "MASSI",  "THERMO",  "AOBV",
};
enum { N_BEGIN_AS_THE_REFERENCE = sizeof BEGIN_AS_THE_REFERENCE / sizeof *BEGIN_AS_THE_REFERENCE };

static size_t find_output(const struct indicator *row, const char *name)
{
    size_t k = 0;
    while (row->outputs[k] && strcmp(row->outputs[k], name) != 0)
        k++;
    return k;
}

/* The reference gives these as indexes from the series' start; a row says how many bars ago. */
static bool is_absolute_index(const char *name)
{
    return strcmp(name, "MAXINDEX") == 0 || strcmp(name, "MININDEX") == 0 ||
           strcmp(name, "MINMAXINDEX") == 0;
}

/* Sums that run on, as the reference's do, lose some 1e-15 of the price's level, which is much of a
 * small difference of averages. */
static double noise_of_reference(const char *name)
{
    return strcmp(name, "MACDEXT") == 0 ? 3e-11 : 0;
}

/* Compares one value; prints and returns false if it is wrong. */
static bool is_right(const struct golden_column *column, size_t bar, double got, double *worst)
{
    double wanted = column->values[bar];
    if (!golden_is_kept(column, bar))
        return true;
    if (is_absolute_index(column->name) && !isnan(got))
        got = (double)bar - got;
    if (isnan(wanted)) {
        bool fine = !isfinite(got) || !column->exact;
        if (!fine)
            printf("%s(%s).%s bar %zu: %.17g where there is no value\n", column->name,
                   column->params, column->output, bar, got);
        return fine;
    }
    if (bar < column->compare_from)
        return true;
    double error = fabs(got - wanted) / fmax(fabs(wanted), 1e-3);
    if (error > *worst)
        *worst = error;
    /* Where the reference itself loses digits it may lose more than the manifest says: when a
     * window is tight, and when it is flat, where it gives noise for zero. Ours are checked against
     * long double elsewhere. */
    if (column->tolerance > 1e-7 && column->exact)
        error = fmin(error / 50, fabs(got - wanted) / 50);
    if (error <= column->tolerance || fabs(got - wanted) <= noise_of_reference(column->name))
        return true;
    printf("%s(%s).%s bar %zu: %.17g, not %.17g\n", column->name, column->params, column->output,
           bar, got, wanted);
    return false;
}

/* MAVP's period is a series of its own in the reference. */
static double mavp_period(size_t bar)
{
    return 2 + (double)(bar % 29);
}

static bool check_column(const struct golden *golden, const struct golden_column *column,
                         const struct indicator *row, double *worst)
{
    struct row_run run;
    bool right = row_run_begin(&run, row, column->params);
    size_t output = find_output(row, column->output);
    if (!right || !row->outputs[output]) {
        printf("%s(%s): no such parameter, or no output %s\n", column->name, column->params,
               column->output);
        right = false;
    }
    for (size_t i = 0; i < golden->n_bars && right; i++) {
        double in[INDICATOR_INPUTS_MAX], out[INDICATOR_OUTPUTS_MAX];
        row_run_gather(&run, &golden->bars[i], i, in);
        if (strcmp(row->name, "MAVP") == 0)
            in[1] = mavp_period(i);
        row->commit(run.state, in, out);
        right = is_right(column, i, out[output], worst);
    }
    row_run_end(&run);
    return right;
}

/* The column as it is to be compared. */
static struct golden_column comparable(const struct golden_column *column)
{
    struct golden_column result = *column;
    for (size_t i = 0; i < N_BEGIN_AS_THE_REFERENCE; i++)
        if (strcmp(BEGIN_AS_THE_REFERENCE[i], column->name) == 0) {
            result.exact = true;
            result.tolerance = 1e-9;
            result.compare_from = column->first;
            result.first = SIZE_MAX;
        }
    return result;
}

struct tally {
    size_t right, wrong, missing;
};

static struct tally check_series(const char *folder, const char *series, int n_only, char **only)
{
    struct golden *golden = golden_load(folder, series);
    struct tally tally = {0};
    assert_non_null(golden);
    for (size_t i = 0; i < golden->n_columns; i++) {
        const struct golden_column compared = comparable(&golden->columns[i]), *column = &compared;
        const struct indicator *row = indicator_find(column->name);
        bool wanted = n_only == 0;
        double worst = 0;
        for (int k = 0; k < n_only; k++)
            wanted |= strcmp(only[k], column->name) == 0;
        if (!wanted)
            continue;
        if (!row || row->unavailable) {
            tally.missing++;
            continue;
        }
        bool right = check_column(golden, column, row, &worst);
        tally.right += right;
        tally.wrong += !right;
        if (n_only > 0)
            printf("%s %s(%s).%s: worst %.3g of %g\n", series, column->name, column->params,
                   column->output, worst, column->tolerance);
    }
    golden_destroy(&golden);
    return tally;
}

static void every_row_equals_the_reference(void **state)
{
    (void)state;
    char *folder = golden_folder();
    for (size_t s = 0; s < sizeof SERIES / sizeof *SERIES; s++) {
        struct tally tally = check_series(folder, SERIES[s], 0, NULL);
        print_message("%s: %zu columns right, %zu wrong, %zu of rows that are not there\n",
                      SERIES[s], tally.right, tally.wrong, tally.missing);
        assert_int_equal(tally.wrong, 0);
        assert_true(tally.right > 0);
        assert_int_equal(tally.missing, 0);
    }
    free(folder);
}

static void rows_are_whole(void **state)
{
    (void)state;
    for (size_t r = 0; r < indicator_count(); r++) {
        const struct indicator *row = INDICATORS[r];
        if (!row->name || !row->title || !row->category || !row->reference)
            fail_msg("row %zu (%s) lacks something", r, row->name ? row->name : "?");
        if (!row->unavailable && (!row->init || !row->commit || !row->peek || !row->defined_bars ||
                                  !row->settled_bars || !row->outputs[0]))
            fail_msg("%s lacks a function, or its outputs", row->name);
        for (const struct indicator_param *param = row->params; param->name; param++) {
            assert_non_null(param->about);
            if (param->type == PARAM_CHOICE)
                assert_non_null(param->choices[(size_t)param->def]);
            else if (param->def < param->min || param->def > param->max)
                fail_msg("%s: the default of %s is out of range", row->name, param->name);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_equals_the_reference),
        cmocka_unit_test(rows_are_whole),
    };
    if (argc > 1) {
        char *folder = golden_folder();
        size_t wrong = 0;
        for (size_t s = 0; s < sizeof SERIES / sizeof *SERIES; s++)
            wrong += check_series(folder, SERIES[s], argc - 1, argv + 1).wrong;
        free(folder);
        return wrong > 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
