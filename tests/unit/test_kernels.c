/* The kernels against a computation over the window alone in long double, on series that hurt: flat
 * stretches, a price that is a million for a moment, ten million bars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/indicators/ranked.h"
#include "common/indicators/window_statistics.h"
#include "tests/support/effort.h"

enum { BLOCK_SIZE = 1 << 19, HISTORY = 5000 };

static const uint32_t WINDOWS[] = {2, 3, 20, 129, 5000};

/* ---- series -----------------------------------------------------------------------------------
 */

static double draw(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (double)(*random >> 11) / 9007199254740992.0;
}

/* A walk in ticks of 0.05 that sometimes stands still, and sometimes jumps to 1e6 and back. */
struct series {
    uint64_t random;
    double price;
    size_t n, flat_until, jump_until;
};

static struct series series_begin(uint64_t seed)
{
    return (struct series){.random = seed, .price = 25000};
}

static double series_next(struct series *self)
{
    double kind = draw(&self->random), step = draw(&self->random);
    self->n++;
    if (self->n > self->flat_until && kind < 0.01)
        self->flat_until = self->n + (size_t)(step * 60);
    if (kind > 0.998)
        self->jump_until = self->n + (size_t)(step * 5);
    if (self->n > self->flat_until)
        self->price = fmax(100, round((self->price + (step - 0.5) * 20) * 20) / 20);
    return self->n < self->jump_until ? 1e6 : self->price;
}

static double series_walk(struct series *self)
{
    self->price = fmax(100, round((self->price + (draw(&self->random) - 0.5) * 20) * 20) / 20);
    return self->price;
}

/* The last values of a series; value i of them is the one of i pushes ago. */
struct past {
    double values[HISTORY];
    size_t n;
};

static void past_push(struct past *self, double x)
{
    self->values[self->n++ % HISTORY] = x;
}

static long double past_at(const struct past *self, size_t ago)
{
    return self->values[(self->n - 1 - ago) % HISTORY];
}

/* ---- what it should be ------------------------------------------------------------------------
 */

struct truth {
    long double mean, squares, cubes, fourths, weighted, slope, distances, lowest;
};

/* Two passes, over distances from the newest value, so that a flat window is flat. */
static struct truth truth_of(const struct past *past, size_t n)
{
    long double newest = past_at(past, 0), offset = 0;
    struct truth truth = {.lowest = newest};
    for (size_t i = 0; i < n; i++) {
        offset += (past_at(past, i) - newest) / n;
        truth.lowest = fminl(truth.lowest, past_at(past, i));
    }
    truth.mean = newest + offset;
    for (size_t i = 0; i < n; i++) {
        long double d = past_at(past, i) - newest - offset, time = (n - 1) / 2.0L - i;
        truth.squares += d * d;
        truth.cubes += d * d * d;
        truth.fourths += d * d * d * d;
        truth.distances += fabsl(d);
        truth.weighted += past_at(past, i) * (n - i) / (n * (n + 1) / 2.0L);
        truth.slope += d * time / (n * ((long double)n * n - 1) / 12);
    }
    return truth;
}

static void assert_near(const char *what, size_t bar, size_t n, double got, long double wanted,
                        long double scale)
{
    long double error = fabsl(got - wanted);
    if (!(error <= 1e-12L * fmaxl(fabsl(wanted), scale)))
        fail_msg("%s of %zu, bar %zu: %.17g, not %.17Lg", what, n, bar, got, wanted);
}

/* ---- all kernels side by side -----------------------------------------------------------------
 */

struct kernels {
    struct window_sum mean;
    struct moments moments;
    struct grid weighted, steady;
    struct line line;
    struct pair pair;
    struct powers powers;
    struct extreme lowest;
    struct ranked ranked;
};

struct answers {
    double mean, steady, variance, weighted, distances, quantile, lowest;
    struct line_fit fit;
    struct pair_moments pair;
    struct power_moments powers;
};

static struct kernels *kernels_new(uint32_t n)
{
    char *block = mem_alloc_zero(1, BLOCK_SIZE);
    struct arena arena = {.base = block, .home = block};
    struct kernels *self = arena_struct(&arena, sizeof *self);
    window_sum_init(&self->mean, &arena, n);
    moments_init(&self->moments, &arena, n);
    grid_init(&self->weighted, &arena, n);
    grid_init(&self->steady, &arena, n);
    line_init(&self->line, &arena, n);
    pair_init(&self->pair, &arena, n);
    powers_init(&self->powers, &arena, n);
    extreme_init(&self->lowest, &arena, n, true);
    ranked_init(&self->ranked, &arena, n);
    assert_true(arena.used <= BLOCK_SIZE);
    return self;
}

/* The sums alone, which could drift. */
static struct answers kernels_sums(struct kernels *self, double x, bool keep)
{
    struct answers answers = {0};
    double deviations;
    answers.mean = mean_step(&self->mean, x, keep);
    moments_step(&self->moments, x, &deviations, keep);
    answers.variance = deviations;
    answers.steady = grid_mean_step(&self->steady, x, keep);
    answers.weighted = weighted_step(&self->weighted, x, keep);
    answers.fit = line_step(&self->line, x, keep);
    answers.pair = pair_step(&self->pair, x, -2 * x, keep);
    answers.powers = powers_step(&self->powers, x, keep);
    return answers;
}

static struct answers kernels_step(struct kernels *self, double x, bool keep)
{
    struct answers answers = kernels_sums(self, x, keep);
    answers.lowest = extreme_step(&self->lowest, x, keep);
    answers.distances = answers.quantile = NAN;
    if (ranked_is_full(&self->ranked)) {
        ranked_mean(&self->ranked, x, &answers.distances);
        answers.quantile = ranked_quantile(&self->ranked, x, 0.25);
    }
    if (keep)
        ranked_keep(&self->ranked, x);
    return answers;
}

static void check_sums(const struct answers *got, const struct truth *truth, size_t bar, size_t n)
{
    long double deviation = sqrtl(truth->squares / n);
    bool flat = truth->squares == 0;
    assert_near("mean", bar, n, got->mean, truth->mean, 0);
    assert_near("steady mean", bar, n, got->steady, truth->mean, 0);
    assert_near("variance", bar, n, got->variance, truth->squares, 0);
    assert_near("weighted", bar, n, got->weighted, truth->weighted, 0);
    assert_near("slope", bar, n, got->fit.slope, truth->slope, flat ? 0 : deviation / n);
    assert_near("line", bar, n, line_at(got->fit, n), truth->mean + truth->slope * (n + 1) / 2.0L,
                0);
    assert_near("aa", bar, n, got->pair.aa, truth->squares, 0);
    assert_near("bb", bar, n, got->pair.bb, 4 * truth->squares, 0);
    assert_near("ab", bar, n, got->pair.ab, -2 * truth->squares, 0);
    assert_near("squares", bar, n, got->powers.squares, truth->squares, 0);
    assert_near("cubes", bar, n, got->powers.cubes, truth->cubes,
                truth->squares * deviation * (flat ? 0 : 1));
    assert_near("fourths", bar, n, got->powers.fourths, truth->fourths, 0);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quarter_of(const struct past *past, size_t n)
{
    double *sorted = mem_alloc_zero(n + 1, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (double)past_at(past, i);
    qsort(sorted, n, sizeof *sorted, compare_numbers);
    double place = 0.25 * (double)(n - 1);
    size_t lower = (size_t)place;
    double value = sorted[lower];
    if (lower + 1 < n)
        value += (sorted[lower + 1] - value) * (place - (double)lower);
    free(sorted);
    return value;
}

static void every_answer_is_that_of_the_window_alone(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof WINDOWS / sizeof *WINDOWS; w++) {
        size_t n = WINDOWS[w], n_bars = n + effort(n < 1000 ? 6000 : 2 * n);
        size_t every = n < 1000 ? 1 : 397;
        struct series series = series_begin(n);
        struct past past = {.n = 0};
        struct kernels *kernels = kernels_new((uint32_t)n);
        for (size_t i = 0; i < n_bars; i++) {
            double x = series_next(&series);
            past_push(&past, x);
            struct answers got = kernels_step(kernels, x, true);
            if (i + 1 < n) {
                assert_true(isnan(got.mean) && isnan(got.variance) && isnan(got.weighted));
                assert_true(isnan(got.fit.slope) && isnan(got.pair.ab) && isnan(got.powers.cubes));
                assert_true(isnan(got.lowest) && isnan(got.distances));
            } else if (i % every == 0) {
                struct truth truth = truth_of(&past, n);
                check_sums(&got, &truth, i, n);
                /* A short window is summed as the reference does, and rounds with it. */
                assert_near("distances", i, n, got.distances, truth.distances,
                            n * 1e-3L * truth.mean);
                assert_true(got.lowest == (double)truth.lowest);
                assert_true(got.quantile == quarter_of(&past, n));
            }
        }
        free(kernels);
    }
}

static void a_flat_window_has_no_deviation_and_no_slope(void **state)
{
    (void)state;
    struct kernels *kernels = kernels_new(20);
    struct series series = series_begin(5);
    for (int i = 0; i < 500; i++)
        kernels_step(kernels, series_next(&series) / 3, true);
    for (int i = 0; i < 60; i++) {
        struct answers got = kernels_step(kernels, 0.1, true);
        if (i < 19)
            continue;
        assert_true(got.variance == 0 && got.fit.slope == 0 && got.pair.aa == 0);
        assert_true(got.powers.squares == 0 && got.powers.cubes == 0 && got.powers.fourths == 0);
        assert_true(got.fit.middle == 0.1 && got.pair.mean_a == 0.1 && got.powers.mean == 0.1);
    }
    free(kernels);
}

static void looking_ahead_changes_nothing_and_sees_what_comes(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof WINDOWS / sizeof *WINDOWS; w++) {
        uint32_t n = WINDOWS[w] < 1000 ? WINDOWS[w] : 700;
        struct kernels *kernels = kernels_new(n), *before = kernels_new(n);
        struct series series = series_begin(11 + n), other = series_begin(99);
        for (size_t i = 0; i < n + effort(2000); i++) {
            double x = series_next(&series);
            memcpy(before, kernels, BLOCK_SIZE / 4);
            kernels_step(kernels, series_next(&other), false);
            struct answers ahead = kernels_step(kernels, x, false);
            assert_memory_equal(before, kernels, BLOCK_SIZE / 4);
            struct answers then = kernels_step(kernels, x, true);
            assert_memory_equal(&ahead, &then, sizeof then);
        }
        free(kernels);
        free(before);
    }
}

static void ten_million_bars_leave_no_trace(void **state)
{
    (void)state;
    enum { N = 30 };
    struct kernels *kernels = kernels_new(N);
    struct series series = series_begin(3);
    struct past past = {.n = 0};
    struct answers got = {0};
    size_t n_bars = effort(10000000);
    for (size_t i = 0; i < n_bars; i++) {
        double x = i + 1000 < n_bars ? series_walk(&series) : 25000 + (double)(i % 7) * 0.05;
        got = kernels_sums(kernels, x, true);
        past_push(&past, x);
    }
    struct truth truth = truth_of(&past, N);
    check_sums(&got, &truth, past.n, N);
    free(kernels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_that_of_the_window_alone),
        cmocka_unit_test(a_flat_window_has_no_deviation_and_no_slope),
        cmocka_unit_test(looking_ahead_changes_nothing_and_sees_what_comes),
        cmocka_unit_test(ten_million_bars_leave_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
