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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_does_not_hold_on_a_bar_that_breaks_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
