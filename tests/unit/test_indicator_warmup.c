/* Every row says how many bars it needs until it is defined, and until it does not matter any more
 * where it was started: both are true, whatever its parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/support/row_run.h"

enum { DRAWS = 15, LONGEST = 300 };

/* ---- until it is defined ----------------------------------------------------------------------
 */

enum { AFTERWARDS = 1500 };

/* For an output, its first bar with a value, counted from 1 (0: none), and whether there was one on
 * every bar from then on. */
struct presence {
    size_t first;
    bool always;
};

static void watch(const struct indicator *row, const double *params, uint64_t seed, double scale,
                  struct presence *presence)
{
    size_t n_bars = row->defined_bars(params) + AFTERWARDS;
    struct row_run run;
    struct walk walk;
    row_run_begin_with(&run, row, params);
    walk_begin(&walk, MARKET_WALK, seed);
    memset(presence, 0, INDICATOR_OUTPUTS_MAX * sizeof *presence);
    for (size_t i = 0; i < n_bars; i++) {
        struct bar bar = walk_next(&walk);
        double in[INDICATOR_INPUTS_MAX], out[INDICATOR_OUTPUTS_MAX];
        row_run_gather(&run, &bar, i, in);
        for (size_t k = 0; row->inputs[k].field; k++)
            in[k] *= row->inputs[k].field == FIELD_DAY ? 1 : scale;
        row->commit(run.state, in, out);
        for (size_t k = 0; row->outputs[k]; k++) {
            if (presence[k].first == 0 && !isnan(out[k]))
                presence[k] = (struct presence){i + 1, true};
            presence[k].always &= !isnan(out[k]);
        }
    }
    row_run_end(&run);
}

/* A close between its two means leaves it without a value, for as many bars as it likes. */
static bool waits_for_the_price(const struct indicator *row)
{
    return strcmp(row->name, "HILO") == 0;
}

/* Where some outputs come and go (stops of either side, ratios whose whole is zero on a bar) the
 * others tell no more than that they are there in time. */
static bool is_defined_in_time(const struct indicator *row, const double *params, uint64_t seed,
                               const void *context)
{
    (void)context;
    struct presence presence[INDICATOR_OUTPUTS_MAX];
    size_t claimed = row->defined_bars(params), latest = 0;
    bool steady = true;
    watch(row, params, seed, 1, presence);
    if (presence[0].first == 0) /* a function that has no value for numbers so large */
        watch(row, params, seed, 1e-5, presence);
    for (size_t k = 0; row->outputs[k]; k++) {
        steady &= presence[k].always;
        if (presence[k].always && presence[k].first > latest)
            latest = presence[k].first;
    }
    if (presence[0].first == 0)
        return row_complain(row, params, "%s never has a value", row->outputs[0]);
    if (waits_for_the_price(row) || (steady ? latest == claimed : latest <= claimed))
        return true;
    return row_complain(row, params, "defined after %zu bars, not %zu", latest, claimed);
}

static void a_row_is_defined_when_it_says_so(void **state)
{
    (void)state;
    assert_int_equal(rows_failing(is_defined_in_time, DRAWS, LONGEST, NULL), 0);
}

/* ---- until it has settled ---------------------------------------------------------------------
 */

enum { STARTS = 8, START_EVERY = 97, COMPARED = 150 };

/* Outputs of some bars, bar by bar. */
struct outputs {
    double at[COMPARED][INDICATOR_OUTPUTS_MAX];
};

/* The outputs from bar `from` on of a run that begins on bar `start`. */
static void outputs_of(const struct indicator *row, const double *params, const struct bar *bars,
                       size_t start, size_t from, struct outputs *outputs)
{
    struct row_run run;
    double unused[INDICATOR_OUTPUTS_MAX];
    row_run_begin_with(&run, row, params);
    for (size_t i = start; i < from; i++)
        row_run_commit(&run, &bars[i], i, unused);
    for (size_t i = 0; i < COMPARED; i++)
        row_run_commit(&run, &bars[from + i], from + i, outputs->at[i]);
    row_run_end(&run);
}

static bool settles_from(const struct indicator *row, const double *params, const struct bar *bars,
                         size_t start)
{
    size_t settled = row->settled_bars(params), from = start + settled - 1;
    struct outputs early, late;
    outputs_of(row, params, bars, 0, from, &early);
    outputs_of(row, params, bars, start, from, &late);
    for (size_t k = 0; row->outputs[k]; k++) {
        double size = usual_size(&early.at[0][k], COMPARED, INDICATOR_OUTPUTS_MAX);
        for (size_t i = 0; i < COMPARED; i++)
            if (!is_close(late.at[i][k], early.at[i][k], size))
                return row_complain(row, params, "%s is %.17g, not %.17g, %zu bars after the %zu",
                                    row->outputs[k], late.at[i][k], early.at[i][k], i, settled);
    }
    return true;
}

static bool is_settled_in_time(const struct indicator *row, const double *params, uint64_t seed,
                               const void *context)
{
    (void)context;
    size_t settled = row->settled_bars(params), n = STARTS * START_EVERY + settled + COMPARED;
    if (settled == 0)
        return true; /* no number of bars is enough, and it says so */
    struct bar *bars = mem_alloc_zero(n, sizeof *bars);
    struct walk walk;
    bool all = true;
    walk_begin(&walk, MARKET_WALK, seed);
    for (size_t i = 0; i < n; i++)
        bars[i] = walk_next(&walk);
    for (size_t s = 1; s <= STARTS && all; s++)
        all = settles_from(row, params, bars, s * START_EVERY);
    free(bars);
    return all;
}

static void a_late_start_settles_when_the_row_says_so(void **state)
{
    (void)state;
    assert_int_equal(rows_failing(is_settled_in_time, DRAWS, LONGEST, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_defined_when_it_says_so),
        cmocka_unit_test(a_late_start_settles_when_the_row_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
