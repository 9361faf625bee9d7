/* What rows give on bars that leave a formula without an answer: no range, no volume, no loss; and
 * where a tie must be decided. All as pandas-ta does, whose values over such bars are no part of
 * the golden series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/support/row_run.h"

enum { LONG_ENOUGH = 60 };

/* After bars of one kind, the outputs of the last. */
static void expect(const char *name, const char *params, const struct bar *bars, size_t n,
                   const double *wanted)
{
    struct row_run run;
    double out[INDICATOR_OUTPUTS_MAX];
    assert_true(row_run_begin(&run, indicator_find(name), params));
    for (size_t i = 0; i < n; i++)
        row_run_commit(&run, &bars[i], i, out);
    for (size_t k = 0; run.row->outputs[k]; k++)
        if (!is_close(out[k], wanted[k], 1))
            fail_msg("%s(%s).%s is %.17g, not %.17g", name, params, run.row->outputs[k], out[k],
                     wanted[k]);
    row_run_end(&run);
}

static struct bar bar_of(double open, double high, double low, double close, double volume)
{
    return (struct bar){.open = open, .high = high, .low = low, .close = close, .volume = volume};
}

/* Bars at 100 that each open where the last one closed and rise by `step`. */
static void fill(struct bar *bars, size_t n, double step, double volume)
{
    double price = 100;
    for (size_t i = 0; i < n; i++) {
        bars[i] = bar_of(price, price + step, price, price + step, volume);
        price += step;
    }
}

static void nothing_against_nothing_is_one(void **state)
{
    struct bar bars[LONG_ENOUGH];
    (void)state;
    fill(bars, LONG_ENOUGH, 0, 100);
    expect("BRAR", "", bars, LONG_ENOUGH, (const double[]){100, 100});
    expect("RVGI", "", bars, LONG_ENOUGH, (const double[]){1, 1});
    expect("VORTEX", "", bars, LONG_ENOUGH, (const double[]){0, 0});
}

static void without_volume_there_is_no_ease_and_no_share(void **state)
{
    struct bar bars[LONG_ENOUGH];
    (void)state;
    fill(bars, LONG_ENOUGH, 0.5, 0);
    expect("PVO", "", bars, LONG_ENOUGH, (const double[]){NAN, NAN, NAN});
    expect("EOM", "", bars, LONG_ENOUGH, (const double[]){NAN});
}

/* One bar without volume, and the window until it has left. */
static void a_bar_without_volume_has_no_ease_while_it_is_in_the_window(void **state)
{
    enum { WINDOW = 3, DEAD = 20 };
    struct bar bars[LONG_ENOUGH];
    const double ease = 0.5 * 0.5 * 1e8 / 100;
    (void)state;
    fill(bars, LONG_ENOUGH, 0.5, 100);
    bars[DEAD].volume = 0;
    for (size_t n = DEAD - 1; n < DEAD + 10; n++)
        expect("EOM", "length=3", bars, n + 1,
               (const double[]){n >= DEAD && n < DEAD + WINDOW ? NAN : ease});
}

/* All gain and no loss is 100, to the last digit: the index has no range of its own. */
static void an_index_that_only_rises_has_no_place_in_its_range(void **state)
{
    struct bar bars[LONG_ENOUGH];
    (void)state;
    fill(bars, LONG_ENOUGH, 0.05, 100);
    for (size_t i = 0; i < LONG_ENOUGH; i++) /* steps that differ, so that digits are rounded */
        bars[i].close += 0.013 * (double)(i % 7) / 7;
    for (size_t n = 32; n < LONG_ENOUGH; n++)
        expect("STOCHRSI", "", bars, n, (const double[]){0, 0});
}

/* A close above the upper band sets the bands anew though the trend was up before. */
static void a_stop_does_not_hold_on_a_bar_that_breaks_out(void **state)
{
    const struct bar bars[] = {
        bar_of(10, 10, 10, 10, 1), bar_of(10, 11, 9, 10, 1),  /* between 8 and 12 */
        bar_of(12, 20, 10, 13, 1),                            /* between 5 and 25 */
        bar_of(14, 15, 13, 14, 1), bar_of(14, 30, 10, 14, 1), /* 12, and then 0: held at 12 */
    };
    (void)state;
    expect("SUPERTREND", "length=1;multiplier=1", bars, 2, (const double[]){8, 1, 8, NAN});
    expect("SUPERTREND", "length=1;multiplier=1", bars, 3, (const double[]){5, 1, 5, NAN});
    expect("SUPERTREND", "length=1;multiplier=1", bars, 4, (const double[]){12, 1, 12, NAN});
    expect("SUPERTREND", "length=1;multiplier=1", bars, 5, (const double[]){12, 1, 12, NAN});
}

/* The mean of these middles is the close, but for what their sum is rounded by. */
static void a_tie_is_decided_as_the_sum_is_rounded(void **state)
{
    const struct bar bars[] = {
        bar_of(137.5, 137.75, 137.45, 137.5, 1), bar_of(137.5, 137.7, 137.4, 137.5, 1),
        bar_of(137.5, 137.8, 137.5, 137.5, 1),   bar_of(138, 138.2, 137.55, 138, 1),
        bar_of(138, 138.2, 138, 138, 1),         bar_of(138, 138.25, 137.8, 137.8, 1),
    };
    (void)state;
    expect("TTM_TREND", "", bars, 6, (const double[]){-1});
}

static void a_curve_begins_with_nothing_and_a_missing_value(void **state)
{
    struct bar bars[LONG_ENOUGH];
    (void)state;
    fill(bars, LONG_ENOUGH, 0, 100);
    expect("ALMA", "length=10", bars, 9, (const double[]){NAN});
    expect("ALMA", "length=10", bars, 10, (const double[]){0});
    expect("ALMA", "length=10", bars, 11, (const double[]){NAN});
    expect("ALMA", "length=10", bars, 12, (const double[]){100});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_against_nothing_is_one),
        cmocka_unit_test(without_volume_there_is_no_ease_and_no_share),
        cmocka_unit_test(a_bar_without_volume_has_no_ease_while_it_is_in_the_window),
        cmocka_unit_test(an_index_that_only_rises_has_no_place_in_its_range),
        cmocka_unit_test(a_stop_does_not_hold_on_a_bar_that_breaks_out),
        cmocka_unit_test(a_tie_is_decided_as_the_sum_is_rounded),
        cmocka_unit_test(a_curve_begins_with_nothing_and_a_missing_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
