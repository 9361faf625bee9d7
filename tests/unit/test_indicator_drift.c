/* However long a row has run, it gives what one gives that has only just started: after a long
 * walk, after a price that was a million off for a moment, and where the price stands still.
 *
 *      test_indicator_drift [BARS]      how long the walk is */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/row_run.h"

enum { WALK_BARS = 200000, DRAWS = 3, LONGEST = 150, COMPARED = 1000 };

/* Where no number of bars is said to be enough, a market such as this one still brings it about:
 * prices cross their stops, days begin, cycles are found again. */
enum { USUALLY_ENOUGH = 20000 };

#define JUMP 1e6
enum { JUMP_BARS = 3, STRETCH_BARS = 200 };

/* ---- a long run and a fresh one ---------------------------------------------------------------
 */

/* Outputs of some bars, bar by bar. */
struct outputs {
    double at[COMPARED][INDICATOR_OUTPUTS_MAX];
};

static bool agree(const struct row_run *run, const struct outputs *got,
                  const struct outputs *wanted)
{
    for (size_t k = 0; run->row->outputs[k]; k++) {
        double size = usual_size(&wanted->at[0][k], COMPARED, INDICATOR_OUTPUTS_MAX);
        for (size_t i = 0; i < COMPARED; i++)
            if (!is_close(got->at[i][k], wanted->at[i][k], size))
                return row_complain(run->row, run->params, "%s is %.17g, not %.17g",
                                    run->row->outputs[k], got->at[i][k], wanted->at[i][k]);
    }
    return true;
}

/* Commits the i-th of n bars; what it gives is kept if it is one of the last. */
static void commit(struct row_run *run, const struct bar *bar, size_t i, size_t n,
                   struct outputs *outputs)
{
    double unused[INDICATOR_OUTPUTS_MAX];
    row_run_commit(run, bar, i, n - i <= COMPARED ? outputs->at[COMPARED - (n - i)] : unused);
}

/* The bars on which a fresh row is warmed. */
static size_t warm_up_bars(const struct indicator *row, const double *params)
{
    size_t settled = row->settled_bars(params);
    return settled > 0 ? settled : USUALLY_ENOUGH;
}

/* A walk of n bars, of which some from `from` on are changed. */
struct course {
    size_t n, from, changed;
    void (*change)(struct bar *bar);
};

static void jump_up(struct bar *bar)
{
    bar->open += JUMP;
    bar->high += JUMP;
    bar->low += JUMP;
    bar->close += JUMP;
}

static struct bar course_next(const struct course *self, struct walk *walk, size_t i)
{
    struct bar bar = walk_next(walk);
    if (i >= self->from && i - self->from < self->changed)
        self->change(&bar);
    return bar;
}

/* Does a row that has run over the whole course end as one that saw only the end of it? */
static bool ends_as_a_fresh_one(const struct indicator *row, const double *params, uint64_t seed,
                                const struct course *course)
{
    size_t n = course->n, start = n - COMPARED - warm_up_bars(row, params);
    struct row_run whole, fresh;
    struct outputs got, wanted;
    struct walk walk;
    walk_begin(&walk, MARKET_WALK, seed);
    row_run_begin_with(&whole, row, params);
    row_run_begin_with(&fresh, row, params);
    for (size_t i = 0; i < n; i++) {
        struct bar bar = course_next(course, &walk, i);
        commit(&whole, &bar, i, n, &got);
        if (i >= start)
            commit(&fresh, &bar, i, n, &wanted);
    }
    bool same = agree(&whole, &got, &wanted);
    row_run_end(&whole);
    row_run_end(&fresh);
    return same;
}

/* ---- rows that add up from their first bar on -------------------------------------------------
 */

/* What a bar adds to the same sum in long double; before is NULL on the first. */
typedef long double addend_fn(const struct bar *before, const struct bar *bar);

static long double signed_volume(const struct bar *before, const struct bar *bar)
{
    double way = before ? bar->close - before->close : 1;
    return way > 0 ? bar->volume : way < 0 ? -bar->volume : 0;
}

static long double money_flow(const struct bar *before, const struct bar *bar)
{
    long double range = (long double)bar->high - bar->low;
    (void)before;
    return range > 0 ? (2 * (long double)bar->close - bar->high - bar->low) / range * bar->volume
                     : 0;
}

static long double percent(const struct bar *before, const struct bar *bar)
{
    return before ? 100 * ((long double)bar->close - before->close) / before->close : 0;
}

static long double percent_of_volume(const struct bar *before, const struct bar *bar)
{
    return percent(before, bar) * bar->volume;
}

static long double percent_on_more(const struct bar *before, const struct bar *bar)
{
    return before && bar->volume > before->volume ? percent(before, bar) : 0;
}

static long double percent_on_less(const struct bar *before, const struct bar *bar)
{
    return before && bar->volume < before->volume ? percent(before, bar) : 0;
}

static const struct total {
    const char *name; /* of the row whose first output it is */
    addend_fn *addend;
    double initial;
} TOTALS[] = {
    {"OBV", signed_volume, 0},     {"AOBV", signed_volume, 0},     {"AD", money_flow, 0},
    {"PVT", percent_of_volume, 0}, {"PVI", percent_on_more, 1000}, {"NVI", percent_on_less, 1000},
};
enum { N_TOTALS = sizeof TOTALS / sizeof *TOTALS };

static bool is_total(const struct indicator *row)
{
    for (size_t i = 0; i < N_TOTALS; i++)
        if (strcmp(TOTALS[i].name, row->name) == 0)
            return true;
    return false;
}

static bool adds_up(const struct total *total, size_t n)
{
    struct row_run run;
    struct walk walk;
    struct bar before = {0};
    struct course course = {n, n / 2, JUMP_BARS, jump_up};
    long double sum = total->initial;
    double size = 0, worst = 0;
    row_run_begin(&run, indicator_find(total->name), "");
    walk_begin(&walk, MARKET_ROUGH, 1);
    for (size_t i = 0; i < n; i++) {
        struct bar bar = course_next(&course, &walk, i);
        double out[INDICATOR_OUTPUTS_MAX];
        row_run_commit(&run, &bar, i, out);
        sum += total->addend(i > 0 ? &before : NULL, &bar);
        size += (fabs((double)sum) - size) / (double)(i + 1);
        if (i >= run.row->defined_bars(run.params))
            worst = fmax(worst, fabs((double)(out[0] - sum)));
        before = bar;
    }
    bool right = worst <= 1e-12 * size;
    if (!right)
        row_complain(run.row, run.params, "is up to %g off, of some %g", worst, size);
    row_run_end(&run);
    return right;
}

static void totals_are_those_of_long_double(void **state)
{
    size_t wrong = 0;
    for (size_t i = 0; i < N_TOTALS; i++)
        wrong += !adds_up(&TOTALS[i], *(const size_t *)*state);
    assert_int_equal(wrong, 0);
}

/* Sums that never end; and where no number of bars is enough, factors drawn at random that may keep
 * a stop from ever being crossed. */
static bool is_beyond_this(const struct indicator *row, const double *params)
{
    bool as_usual = true;
    for (size_t k = 0; row->params[k].name; k++)
        as_usual &= params[k] == row->params[k].def;
    return is_total(row) || (row->settled_bars(params) == 0 && !as_usual);
}

/* ---- the claims -------------------------------------------------------------------------------
 */

static bool does_not_drift(const struct indicator *row, const double *params, uint64_t seed,
                           const void *n_bars)
{
    size_t least = warm_up_bars(row, params) + 2 * COMPARED, n = *(const size_t *)n_bars;
    struct course course = {.n = n > least ? n : least};
    return is_beyond_this(row, params) || ends_as_a_fresh_one(row, params, seed, &course);
}

static void a_long_walk_leaves_no_trace(void **state)
{
    assert_int_equal(rows_failing(does_not_drift, DRAWS, LONGEST, *state), 0);
}

/* What a recursion remembers of bars that are far from all others has shrunk to nothing only after
 * two times as many bars as usual. */
static bool forgets(const struct indicator *row, const double *params, uint64_t seed,
                    size_t n_changed, void (*change)(struct bar *bar))
{
    size_t warm_up = warm_up_bars(row, params);
    bool is_recursive = row->settled_bars(params) != row->defined_bars(params);
    struct course course = {.from = warm_up / 2, .changed = n_changed, .change = change};
    course.n = course.from + n_changed + (is_recursive ? 3 : 1) * warm_up + COMPARED;
    return is_beyond_this(row, params) || ends_as_a_fresh_one(row, params, seed, &course);
}

static bool forgets_a_jump(const struct indicator *row, const double *params, uint64_t seed,
                           const void *unused)
{
    (void)unused;
    return forgets(row, params, seed, JUMP_BARS, jump_up);
}

static void a_jump_leaves_no_trace_once_it_is_out_of_the_window(void **state)
{
    (void)state;
    assert_int_equal(rows_failing(forgets_a_jump, DRAWS, LONGEST, NULL), 0);
}

/* ---- bars that are none -----------------------------------------------------------------------
 */

#define STILL 25000.1

static void take_range(struct bar *bar)
{
    bar->open = bar->high = bar->low = bar->close;
}

static void take_volume(struct bar *bar)
{
    bar->volume = 0;
}

static void level_highs(struct bar *bar)
{
    bar->high = 31000;
}

static void stand_still(struct bar *bar)
{
    bar->open = bar->high = bar->low = bar->close = STILL;
}

static void take_all(struct bar *bar)
{
    stand_still(bar);
    bar->volume = 0;
}

static const struct degenerate {
    const char *name;
    void (*change)(struct bar *bar);
} DEGENERATE[] = {
    {"no range", take_range},   {"no volume", take_volume},         {"equal highs", level_highs},
    {"one price", stand_still}, {"one price, no volume", take_all},
};

/* From the first bar on nothing but such bars: whatever it gives is a number or none at all. */
static bool gives_numbers_or_nothing(const struct indicator *row, const double *params,
                                     uint64_t seed, const struct degenerate *kind)
{
    size_t n = row->defined_bars(params) + STRETCH_BARS;
    struct row_run run;
    struct walk walk;
    bool all = true;
    walk_begin(&walk, MARKET_WALK, seed);
    row_run_begin_with(&run, row, params);
    for (size_t i = 0; i < n && all; i++) {
        struct bar bar = walk_next(&walk);
        double out[INDICATOR_OUTPUTS_MAX];
        kind->change(&bar);
        row_run_commit(&run, &bar, i, out);
        for (size_t k = 0; row->outputs[k] && all; k++)
            if (isinf(out[k]))
                all = row_complain(row, params, "%s is infinite at bar %zu", row->outputs[k], i);
    }
    row_run_end(&run);
    return all;
}

static bool bears_bars_that_are_none(const struct indicator *row, const double *params,
                                     uint64_t seed, const void *unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof DEGENERATE / sizeof *DEGENERATE; i++)
        if (!gives_numbers_or_nothing(row, params, seed, &DEGENERATE[i]) ||
            !forgets(row, params, seed, STRETCH_BARS, DEGENERATE[i].change))
            return row_complain(row, params, "that was %s", DEGENERATE[i].name);
    return true;
}

static void bars_that_are_none_give_no_infinity_and_leave_no_trace(void **state)
{
    (void)state;
    assert_int_equal(rows_failing(bears_bars_that_are_none, 1, LONGEST, NULL), 0);
}

/* ---- where the price stands still -------------------------------------------------------------
 */

/* Outputs that measure how far values lie apart. */
static const struct spread {
    const char *name;
    size_t output;
} SPREADS[] = {
    {"VAR", 0}, {"VARIANCE", 0}, {"STDDEV", 0}, {"STDEV", 0}, {"BBANDS", 3}, {"MAD", 0},
};
enum { N_SPREADS = sizeof SPREADS / sizeof *SPREADS };

static const struct spread *find_spread(const struct indicator *row)
{
    for (size_t i = 0; i < N_SPREADS; i++)
        if (strcmp(SPREADS[i].name, row->name) == 0)
            return &SPREADS[i];
    return NULL;
}

/* A rough market, a jump and the way back among it; and again and again a price that stands still
 * for the window and longer, at a level that is no round number. */
static bool is_zero_when_flat(const struct indicator *row, const double *params, uint64_t seed,
                              const void *unused)
{
    enum { ROUNDS = 40, ROUND = 300 };
    const struct spread *spread = find_spread(row);
    struct course course = {0, ROUNDS / 2 * ROUND, JUMP_BARS, jump_up};
    struct row_run run;
    struct walk walk;
    bool right = true;
    (void)unused;
    if (!spread)
        return true;
    size_t window = row->defined_bars(params);
    walk_begin(&walk, MARKET_ROUGH, seed);
    row_run_begin_with(&run, row, params);
    for (size_t i = 0, flat = 0; i < (size_t)ROUNDS * ROUND && right; i++) {
        struct bar bar = course_next(&course, &walk, i);
        double out[INDICATOR_OUTPUTS_MAX];
        flat = i / ROUND % 2 == 1 ? flat + 1 : 0;
        if (flat > 0)
            bar.open = bar.high = bar.low = bar.close = STILL / (double)(i / ROUND);
        row_run_commit(&run, &bar, i, out);
        double value = out[spread->output];
        if (flat >= window ? value != 0 : i >= window && !(value >= 0))
            right = row_complain(row, params, "%s is %.17g at bar %zu, %zu bars flat",
                                 row->outputs[spread->output], value, i, flat);
    }
    row_run_end(&run);
    return right;
}

static void a_flat_stretch_has_no_variance_and_nothing_has_a_negative_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SPREADS; i++)
        assert_non_null(indicator_find(SPREADS[i].name));
    assert_int_equal(rows_failing(is_zero_when_flat, 3 * DRAWS, LONGEST, NULL), 0);
}

int main(int argc, char **argv)
{
    size_t n_bars = argc > 1 ? strtoul(argv[1], NULL, 10) : effort(WALK_BARS);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_long_walk_leaves_no_trace, &n_bars),
        cmocka_unit_test_prestate(totals_are_those_of_long_double, &n_bars),
        cmocka_unit_test(a_jump_leaves_no_trace_once_it_is_out_of_the_window),
        cmocka_unit_test(bars_that_are_none_give_no_infinity_and_leave_no_trace),
        cmocka_unit_test(a_flat_stretch_has_no_variance_and_nothing_has_a_negative_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
