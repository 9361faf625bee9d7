/* What a source gives of symbols that another one leads: held, forgotten, handed out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "daemon/feed/standby.h"

static struct held tick_of(struct listing *listing, int64_t feed_ms)
{
    return (struct held){
        .listing = listing, .timeframe = TIMEFRAME_NONE, .tick = {.feed_ms = feed_ms}};
}

static void hold(struct standby *standby, struct listing *listing, int64_t feed_ms)
{
    struct held held = tick_of(listing, feed_ms);
    standby_hold(standby, &held);
}

static void what_the_leader_has_given_is_forgotten(void **state)
{
    (void)state;
    struct standby *standby = standby_new();
    struct listing listing = {.last_ms = 10};
    assert_null(standby_oldest(standby));
    hold(standby, &listing, 10);
    assert_null(standby_oldest(standby));
    for (int64_t ms = 11; ms <= 400; ms++)
        hold(standby, &listing, ms);
    assert_int_equal(held_time_ms(standby_oldest(standby)), 11);
    listing.last_ms = 399;
    assert_int_equal(held_time_ms(standby_oldest(standby)), 400);
    listing.last_ms = 400;
    assert_null(standby_oldest(standby));
    standby_destroy(&standby);
    standby_destroy(&standby);
}

static void one_listings_share_is_taken_out_in_order(void **state)
{
    (void)state;
    struct standby *standby = standby_new();
    struct listing one = {.last_ms = 0}, other = {.last_ms = 0};
    for (int64_t ms = 1; ms <= 100; ms++)
        hold(standby, ms % 3 == 0 ? &one : &other, ms);
    one.last_ms = 50;
    size_t n;
    struct held *taken = standby_take(standby, &one, &n);
    assert_int_equal(n, 17); /* 51, 54 ... 99 */
    for (size_t i = 0; i < n; i++)
        assert_int_equal(held_time_ms(&taken[i]), 51 + 3 * (int64_t)i);
    free(taken);
    taken = standby_take(standby, &other, &n);
    assert_int_equal(n, 67);
    free(taken);
    assert_null(standby_oldest(standby));
    standby_destroy(&standby);
}

static void no_more_is_held_than_the_limit(void **state)
{
    (void)state;
    struct standby *standby = standby_new();
    struct listing listing = {.last_ms = 0};
    for (int64_t ms = 1; ms <= STANDBY_MAX + 10; ms++)
        hold(standby, &listing, ms);
    assert_int_equal(held_time_ms(standby_oldest(standby)), 11);
    standby_destroy(&standby);
}

static void a_bar_counts_from_its_start(void **state)
{
    (void)state;
    struct standby *standby = standby_new();
    struct listing listing = {.last_ms = 59999};
    struct held held = {
        .listing = &listing, .timeframe = TIMEFRAME_1MIN, .bar = {.start_ms = 60000}};
    standby_hold(standby, &held);
    assert_int_equal(held_time_ms(standby_oldest(standby)), 60000);
    listing.last_ms = 60000;
    assert_null(standby_oldest(standby));
    standby_destroy(&standby);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_leader_has_given_is_forgotten),
        cmocka_unit_test(one_listings_share_is_taken_out_in_order),
        cmocka_unit_test(no_more_is_held_than_the_limit),
        cmocka_unit_test(a_bar_counts_from_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
