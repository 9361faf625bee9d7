/* peek gives to the bit what commit would give, and changes nothing: every row, parameters at
 * random, and bars at random that may still become of the one that forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/support/row_run.h"

enum { DRAWS = 10, LONGEST = 250, BARS = 700, COPIED_EVERY = 150 };

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* What the bar at hand could also have become. */
static struct bar other_bar(struct dice *dice, struct bar bar)
{
    bar.close += (double)dice_below(dice, 400) / 20 - 10;
    bar.high = fmax(bar.close, bar.open) + (double)dice_below(dice, 3);
    bar.low = fmin(bar.close, bar.open) - (double)dice_below(dice, 3);
    bar.volume = dice_below(dice, 3) * 700;
    return bar;
}

/* Peeks at a bar, and compares with what a copy of the state gives for it; to_copy gets that copy's
 * state after the bar. */
static bool peeks_right(const struct row_run *run, const struct bar *bar, size_t i, void *copy,
                        void *to_copy)
{
    double in[INDICATOR_INPUTS_MAX], peeked[INDICATOR_OUTPUTS_MAX], given[INDICATOR_OUTPUTS_MAX];
    row_run_gather(run, bar, i, in);
    memcpy(copy, run->state, run->size);
    memcpy(to_copy, run->state, run->size);
    run->row->peek(run->state, in, peeked);
    if (memcmp(copy, run->state, run->size) != 0)
        return row_complain(run->row, run->params, "peek changes the state at bar %zu", i);
    run->row->commit(to_copy, in, given);
    for (size_t k = 0; run->row->outputs[k]; k++)
        if (!same_bits(peeked[k], given[k]))
            return row_complain(run->row, run->params,
                                "%s: peek gives %.17g, commit %.17g at bar %zu",
                                run->row->outputs[k], peeked[k], given[k], i);
    return true;
}

static bool peeks_as_it_commits(const struct indicator *row, const double *params, uint64_t seed,
                                const void *context)
{
    (void)context;
    struct row_run run;
    struct walk walk;
    struct dice dice = {seed};
    bool all = true;
    row_run_begin_with(&run, row, params);
    walk_begin(&walk, MARKET_ROUGH, seed);
    void *copy = mem_alloc(run.size), *next = mem_alloc(run.size);
    for (size_t i = 0; i < BARS && all; i++) {
        struct bar bar = walk_next(&walk);
        for (uint32_t n = dice_below(&dice, 3); n > 0 && all; n--) {
            struct bar other = other_bar(&dice, bar);
            all = peeks_right(&run, &other, i, copy, next);
        }
        all = all && peeks_right(&run, &bar, i, copy, next);
        void *before = run.state;
        run.state = next;
        next = before;
        if (i % COPIED_EVERY == 0) /* nothing may point to where it was */
            memset(before, 0xA5, run.size);
    }
    free(copy);
    free(next);
    row_run_end(&run);
    return all;
}

static void a_peek_is_a_commit_that_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(rows_failing(peeks_as_it_commits, DRAWS, LONGEST, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peek_is_a_commit_that_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
