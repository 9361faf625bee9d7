/* Averages of a chosen kind: MAVP gives what an average of that period gives, MACDEXT what MACD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/indicators/average_kind.h"

enum { N_BARS = 3000, LONGEST = 30 };

extern const struct indicator indicator_mavp, indicator_macd, indicator_macdext;

/* A walk in ticks of 0.05 that stands still on one bar of five. */
static double next_price(double price)
{
    if (rand() % 5 == 0)
        return price;
    return round((price + (rand() % 2001 - 1000) / 100.0) * 20) / 20;
}

static void *state_new(const struct indicator *row, const double *params)
{
    void *state = mem_alloc_zero(1, indicator_state_size(row, params));
    indicator_state_init(row, params, state);
    return state;
}

static bool are_near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fabs(b);
}

/* An average alone, in memory that must be freed. */
static struct average *average_new(enum average_kind kind, uint32_t n, uint32_t wait)
{
    enum { ARRAYS = 2 * (LONGEST + 1) * 16 };
    char *block = mem_alloc_zero(1, sizeof(struct average) + 16 + ARRAYS);
    struct arena arena = {.base = block, .home = block};
    struct average *self = arena_struct(&arena, sizeof *self);
    average_init(self, &arena, kind, n);
    self->wait = wait;
    return self;
}

static void check_mavp(enum average_kind kind, uint32_t least)
{
    const double params[] = {least, LONGEST, kind};
    void *state = state_new(&indicator_mavp, params);
    size_t size = indicator_state_size(&indicator_mavp, params);
    void *before = mem_alloc_zero(1, size);
    struct average *averages[LONGEST + 1] = {NULL};
    size_t bars = average_bars(kind, LONGEST);
    double price = 25000;
    for (uint32_t n = least; n <= LONGEST; n++)
        averages[n] = average_new(kind, n, (uint32_t)(bars - average_bars(kind, n)));
    for (size_t i = 0; i < N_BARS; i++) {
        price = next_price(price);
        double period = least - 1.5 + rand() % (LONGEST - least + 4), wanted = NAN;
        double in[] = {price, period}, peeked, out;
        uint32_t chosen = (uint32_t)fmin(fmax(period, least), LONGEST);
        memcpy(before, state, size);
        indicator_mavp.peek(state, in, &peeked);
        assert_memory_equal(before, state, size);
        indicator_mavp.commit(state, in, &out);
        assert_true(memcmp(&peeked, &out, sizeof out) == 0 || (isnan(peeked) && isnan(out)));
        for (uint32_t n = least; n <= LONGEST; n++) {
            double value = average_step(averages[n], price, true);
            wanted = n == chosen ? value : wanted;
        }
        if (!are_near(out, i + 1 < bars ? NAN : wanted))
            fail_msg("%s of %u, bar %zu: %.17g, not %.17g", AVERAGE_KINDS[kind], chosen, i, out,
                     wanted);
    }
    for (uint32_t n = least; n <= LONGEST; n++)
        free(averages[n]);
    free(before);
    free(state);
}

static void a_varying_period_gives_the_average_of_each(void **state)
{
    (void)state;
    srand(5);
    for (int kind = 0; AVERAGE_KINDS[kind]; kind++) {
        check_mavp((enum average_kind)kind, 1);
        check_mavp((enum average_kind)kind, 17);
        check_mavp((enum average_kind)kind, LONGEST);
    }
}

static void macdext_of_exponential_averages_is_macd(void **state)
{
    (void)state;
    const double params[] = {12, 26, 9, AVERAGE_EMA};
    void *macd = state_new(&indicator_macd, params);
    void *macdext = state_new(&indicator_macdext, params);
    double price = 25000, a[3], b[3];
    srand(6);
    for (size_t i = 0; i < N_BARS; i++) {
        price = next_price(price);
        indicator_macd.commit(macd, &price, a);
        indicator_macdext.commit(macdext, &price, b);
        for (int k = 0; k < 3; k++)
            assert_true(a[k] == b[k] || (isnan(a[k]) && isnan(b[k])));
        assert_int_equal(!isnan(b[2]), i + 1 >= indicator_macdext.defined_bars(params));
    }
    free(macd);
    free(macdext);
}

/* A level series has a level average, from the bar on that average_bars tells. */
static void an_average_begins_when_it_says_so(void **state)
{
    (void)state;
    for (int kind = 0; AVERAGE_KINDS[kind]; kind++)
        for (uint32_t n = 1; n <= LONGEST; n++) {
            struct average *average = average_new((enum average_kind)kind, n, 0);
            size_t bars = average_bars((enum average_kind)kind, n);
            for (size_t i = 1; i <= bars + 5; i++) {
                double value = average_step(average, 135.05, true);
                if (!are_near(value, i < bars ? NAN : 135.05))
                    fail_msg("%s of %u after %zu bars: %.17g", AVERAGE_KINDS[kind], n, i, value);
            }
            free(average);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_varying_period_gives_the_average_of_each),
        cmocka_unit_test(macdext_of_exponential_averages_is_macd),
        cmocka_unit_test(an_average_begins_when_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
