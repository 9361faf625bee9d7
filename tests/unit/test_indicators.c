/* Every row of the registry: equal to the reference values, exact when it peeks, whole as a row.
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

#include "common/base/mem.h"
#include "common/indicators/indicator.h"
#include "tests/support/golden.h"

static const char *const SERIES[] = {"walk", "edge"};

/* Rows that also begin as the reference does: all their values count, and a value must be missing
 * exactly where the reference has none. */
static const char *const BEGIN_AS_THE_REFERENCE[] = {
    "RMA", "ZLMA", "MCGD",     "VIDYA",  "JMA",   "HWC",    "RSX",     "QQE",  "STC",
    "TSI", "SMI",  "STOCHRSI", "FISHER", "KDJ",   "TD_SEQ", "INERTIA", "RVI",  "EFI",
    "KVO", "PVO",  "AMAT",     "PGO",    "DECAY", "MASSI",  "THERMO",  "AOBV",
};
enum { N_BEGIN_AS_THE_REFERENCE = sizeof BEGIN_AS_THE_REFERENCE / sizeof *BEGIN_AS_THE_REFERENCE };

/* What a row computes on a series: outputs of each bar. */
struct run {
    const struct indicator *row;
    double params[INDICATOR_PARAMS_MAX];
    enum field fields[INDICATOR_INPUTS_MAX];
    void *state;
    size_t size;
};

static double field_of(const struct bar *bar, size_t i, enum field field)
{
    switch (field) {
    case FIELD_OPEN:
        return bar->open;
    case FIELD_HIGH:
        return bar->high;
    case FIELD_LOW:
        return bar->low;
    case FIELD_CLOSE:
        return bar->close;
    case FIELD_VOLUME:
        return bar->volume;
    case FIELD_HL2:
        return (bar->high + bar->low) / 2;
    case FIELD_HLC3:
        return (bar->high + bar->low + bar->close) / 3;
    case FIELD_OHLC4:
        return (bar->open + bar->high + bar->low + bar->close) / 4;
    case FIELD_DAY:
        return (double)((bar->start_ms + 19800000) / 86400000);
    default:
        return (double)i;
    }
}

static void gather(const struct run *run, const struct bar *bar, size_t i, double *in)
{
    for (size_t k = 0; k < indicator_n_inputs(run->row); k++)
        in[k] = field_of(bar, i, run->fields[k]);
}

/* Puts "length=14" where it belongs; false if the row has no such parameter. */
static bool set_param(struct run *run, const char *name, const char *value)
{
    for (size_t k = 0; run->row->inputs[k].field; k++)
        if (run->row->inputs[k].choose && strcmp(run->row->inputs[k].choose, name) == 0) {
            run->fields[k] = field_parse(value);
            return true;
        }
    for (size_t k = 0; run->row->params[k].name; k++) {
        const struct indicator_param *param = &run->row->params[k];
        if (strcmp(param->name, name) != 0)
            continue;
        run->params[k] = atof(value);
        for (size_t c = 0; param->type == PARAM_CHOICE && param->choices[c]; c++)
            if (strcmp(param->choices[c], value) == 0)
                run->params[k] = (double)c;
        return true;
    }
    return false;
}

/* Starts a run with parameters as the manifest writes them; false if one is unknown. */
static bool run_begin(struct run *run, const struct indicator *row, const char *params)
{
    bool known = true;
    char copy[512], *rest = copy;
    *run = (struct run){.row = row};
    snprintf(copy, sizeof copy, "%s", params);
    for (size_t k = 0; row->params[k].name; k++)
        run->params[k] = row->params[k].def;
    for (size_t k = 0; row->inputs[k].field; k++)
        run->fields[k] = row->inputs[k].field;
    for (char *one; (one = strsep(&rest, ";"));) {
        char *value = strchr(one, '=');
        if (!value)
            continue;
        *value++ = '\0';
        known &= set_param(run, one, value);
    }
    run->size = indicator_state_size(row, run->params);
    run->state = mem_alloc_zero(1, run->size);
    indicator_state_init(row, run->params, run->state);
    return known;
}

static void run_end(struct run *run)
{
    free(run->state);
}

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
        bool fine = isnan(got) || !column->exact || bar >= column->first;
        if (!fine)
            printf("%s(%s).%s bar %zu: %.17g before it is defined\n", column->name, column->params,
                   column->output, bar, got);
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
    struct run run;
    bool right = run_begin(&run, row, column->params);
    size_t output = find_output(row, column->output);
    if (!right || !row->outputs[output]) {
        printf("%s(%s): no such parameter, or no output %s\n", column->name, column->params,
               column->output);
        right = false;
    }
    for (size_t i = 0; i < golden->n_bars && right; i++) {
        double in[INDICATOR_INPUTS_MAX], out[INDICATOR_OUTPUTS_MAX];
        gather(&run, &golden->bars[i], i, in);
        if (strcmp(row->name, "MAVP") == 0)
            in[1] = mavp_period(i);
        row->commit(run.state, in, out);
        right = is_right(column, i, out[output], worst);
    }
    run_end(&run);
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

/* ---- properties of the whole registry ---------------------------------------------------------
 */

static double uniform(void)
{
    return (double)rand() / RAND_MAX;
}

/* A walk with flat stretches, bars without range, and bars without volume. */
static struct bar random_bar(double *price)
{
    struct bar bar = {.oi = NAN, .oi_reference = NAN};
    bool flat = rand() % 5 == 0;
    bar.open = *price;
    if (!flat)
        *price = round((*price + (uniform() - 0.5) * 20) * 20) / 20;
    bar.close = *price;
    bar.high = fmax(bar.open, bar.close) + (flat ? 0 : round(uniform() * 100) / 20);
    bar.low = fmin(bar.open, bar.close) - (flat ? 0 : round(uniform() * 100) / 20);
    bar.volume = rand() % 7 == 0 ? 0 : rand() % 5000;
    return bar;
}

static void peek_gives_to_the_bit_what_commit_gives(void **state)
{
    (void)state;
    srand(4);
    for (size_t r = 0; r < indicator_count(); r++) {
        const struct indicator *row = INDICATORS[r];
        struct run run;
        double price = 25000;
        if (row->unavailable)
            continue;
        run_begin(&run, row, "");
        unsigned char *before = mem_alloc(run.size);
        for (size_t i = 0; i < 700; i++) {
            struct bar bar = random_bar(&price);
            bar.start_ms = 1762227900000 + (int64_t)i * 300000;
            double in[INDICATOR_INPUTS_MAX], peeked[INDICATOR_OUTPUTS_MAX] = {0},
                                             committed[INDICATOR_OUTPUTS_MAX] = {0};
            gather(&run, &bar, i, in);
            memcpy(before, run.state, run.size);
            row->peek(run.state, in, peeked);
            if (memcmp(before, run.state, run.size) != 0)
                fail_msg("%s: peek changes the state at bar %zu", row->name, i);
            row->commit(run.state, in, committed);
            for (size_t k = 0; k < indicator_n_outputs(row); k++)
                if (memcmp(&peeked[k], &committed[k], sizeof *peeked) != 0 &&
                    !(isnan(peeked[k]) && isnan(committed[k])))
                    fail_msg("%s.%s: peek %.17g, commit %.17g at bar %zu", row->name,
                             row->outputs[k], peeked[k], committed[k], i);
            if (i == 400) { /* a state may be copied elsewhere */
                void *copy = mem_alloc(run.size);
                memcpy(copy, run.state, run.size);
                memset(run.state, 0xA5, run.size);
                free(run.state);
                run.state = copy;
            }
        }
        free(before);
        run_end(&run);
    }
}

static void a_row_is_defined_when_it_says_so(void **state)
{
    (void)state;
    for (size_t r = 0; r < indicator_count(); r++) {
        const struct indicator *row = INDICATORS[r];
        struct run run;
        double price = 25000, out[INDICATOR_OUTPUTS_MAX], in[INDICATOR_INPUTS_MAX];
        if (row->unavailable)
            continue;
        srand(7);
        run_begin(&run, row, "");
        size_t needed = row->defined_bars(run.params);
        bool all = false;
        for (size_t i = 0; i < needed; i++) {
            struct bar bar = random_bar(&price);
            bar.volume += 1;
            bar.high += 0.05;
            gather(&run, &bar, i, in);
            row->commit(run.state, in, out);
            all = true;
            for (size_t k = 0; k < indicator_n_outputs(row); k++)
                all &= !isnan(out[k]);
            if (all && i + 1 < needed)
                fail_msg("%s: defined after %zu bars, not %zu", row->name, i + 1, needed);
        }
        if (!all)
            print_message("%s: some output is NAN after %zu bars\n", row->name, needed);
        run_end(&run);
    }
}

/* Runs a row over a walk from its first bar and from bar `start`; the last bar after `start` on
 * which they differ by more than 1e-9. */
static size_t last_difference(const struct indicator *row, size_t start, size_t bars)
{
    struct run early, late;
    double price = 25000;
    size_t last = 0;
    run_begin(&early, row, "");
    run_begin(&late, row, "");
    for (size_t i = 0; i < start + bars; i++) {
        struct bar bar = random_bar(&price);
        double in[INDICATOR_INPUTS_MAX], a[INDICATOR_OUTPUTS_MAX], b[INDICATOR_OUTPUTS_MAX];
        gather(&early, &bar, i, in);
        row->commit(early.state, in, a);
        if (i < start)
            continue;
        row->commit(late.state, in, b);
        for (size_t k = 0; k < indicator_n_outputs(row); k++)
            if (isnan(a[k]) ? !isnan(b[k]) : !(fabs(a[k] - b[k]) <= 1e-9 * fmax(fabs(a[k]), 1e-3)))
                last = i - start + 1;
    }
    run_end(&early);
    run_end(&late);
    return last;
}

static void a_late_start_settles_when_the_row_says_so(void **state)
{
    (void)state;
    for (size_t r = 0; r < N_BEGIN_AS_THE_REFERENCE; r++) {
        const struct indicator *row = indicator_find(BEGIN_AS_THE_REFERENCE[r]);
        struct run run;
        run_begin(&run, row, "");
        size_t settled = row->settled_bars(run.params);
        run_end(&run);
        if (settled == 0)
            continue; /* it never does, and says so */
        srand(11);
        for (size_t start = 50; start < 1000; start += 50) {
            size_t last = last_difference(row, start, settled + 300);
            if (last >= settled)
                fail_msg("%s: differs on bar %zu, settled after %zu", row->name, last, settled);
        }
    }
}

static void rows_are_whole(void **state)
{
    (void)state;
    for (size_t r = 0; r < indicator_count(); r++) {
        const struct indicator *row = INDICATORS[r];
        if (!row->name || !row->title || !row->category || !row->reference || !row->outputs[0])
            fail_msg("row %zu (%s) lacks something", r, row->name ? row->name : "?");
        if (!row->unavailable &&
            (!row->init || !row->commit || !row->peek || !row->defined_bars || !row->settled_bars))
            fail_msg("%s lacks a function", row->name);
        for (const struct indicator_param *param = row->params; param->name; param++) {
            assert_non_null(param->about);
            if (param->type == PARAM_CHOICE)
                assert_non_null(param->choices[(size_t)param->def]);
            else if (param->def < param->min || param->def > param->max)
                fail_msg("%s: the default of %s is out of range", row->name, param->name);
        }
        assert_ptr_equal(indicator_find(row->name), row);
        for (size_t k = 0; k < INDICATOR_ALIASES_MAX && row->aliases[k]; k++)
            assert_ptr_equal(indicator_find(row->aliases[k]), row);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_equals_the_reference),
        cmocka_unit_test(peek_gives_to_the_bit_what_commit_gives),
        cmocka_unit_test(a_row_is_defined_when_it_says_so),
        cmocka_unit_test(a_late_start_settles_when_the_row_says_so),
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
