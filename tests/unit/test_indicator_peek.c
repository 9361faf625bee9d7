/* peek gives to the bit what commit would give, and changes nothing: every row, parameters at
 * random, and bars at random that may still become of the one that forms. Many bars committed at
 * once give the same as one by one. */
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
    indicator_state_copy(run->row, run->params, run->state, to_copy);
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

/* ---- many bars --------------------------------------------------------------------------------
 */

/* Bars of a walk, gathered, and what they give one by one. */
struct given {
    double in[BARS * INDICATOR_INPUTS_MAX], out[BARS * INDICATOR_OUTPUTS_MAX];
};

static struct given *give_one_by_one(const struct indicator *row, const double *params,
                                     uint64_t seed)
{
    struct given *self = mem_alloc_zero(1, sizeof *self);
    struct row_run run;
    struct walk walk;
    row_run_begin_with(&run, row, params);
    walk_begin(&walk, MARKET_ROUGH, seed);
    for (size_t i = 0; i < BARS; i++) {
        struct bar bar = walk_next(&walk);
        double *in = self->in + i * indicator_n_inputs(row);
        row_run_gather(&run, &bar, i, in);
        row->commit(run.state, in, self->out + i * indicator_n_outputs(row));
    }
    row_run_end(&run);
    return self;
}

static bool gives_the_same_many_at_once(const struct indicator *row, const double *params,
                                        uint64_t seed, const void *unused)
{
    (void)unused;
    struct given *given = give_one_by_one(row, params, seed);
    struct row_run run;
    struct dice dice = {seed};
    double *out = mem_alloc_zero(BARS * INDICATOR_OUTPUTS_MAX, sizeof *out);
    size_t n_inputs = indicator_n_inputs(row), n_outputs = indicator_n_outputs(row);
    bool all = true;
    row_run_begin_with(&run, row, params);
    for (size_t i = 0, n; i < BARS; i += n) {
        n = 1 + dice_below(&dice, 100);
        n = i + n > BARS ? BARS - i : n;
        indicator_commit_many(row, run.state, n, given->in + i * n_inputs, out + i * n_outputs);
    }
    for (size_t i = 0; i < BARS * n_outputs && all; i++)
        if (!same_bits(out[i], given->out[i]))
            all = row_complain(row, params, "bar %zu gives %.17g, and %.17g among many",
                               i / n_outputs, given->out[i], out[i]);
    row_run_end(&run);
    free(out);
    free(given);
    return all;
}

static void many_commits_give_what_they_give_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(rows_failing(gives_the_same_many_at_once, DRAWS, LONGEST, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peek_is_a_commit_that_changes_nothing),
        cmocka_unit_test(many_commits_give_what_they_give_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
