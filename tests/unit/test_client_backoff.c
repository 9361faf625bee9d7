/* The waits between attempts: ever longer, never too long, never all alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <zmq.h>

#include "common/client/backoff.h"
#include "common/client/link.h"

enum { FIRST_MS = 500, MOST_MS = 5000 };

static void it_doubles_up_to_the_most(void **state)
{
    (void)state;
    struct backoff backoff = {FIRST_MS, MOST_MS, 0};
    static const int64_t WHOLE_MS[] = {500, 1000, 2000, 4000, 5000, 5000, 5000};
    for (size_t i = 0; i < sizeof WHOLE_MS / sizeof *WHOLE_MS; i++) {
        struct backoff alike = backoff;
        assert_int_equal(backoff_next_ms(&alike, 0), WHOLE_MS[i] / 2);
        alike = backoff;
        uint32_t last = (uint32_t)(WHOLE_MS[i] - WHOLE_MS[i] / 2);
        assert_int_equal(backoff_next_ms(&alike, last), WHOLE_MS[i]);
        assert_int_equal(backoff_next_ms(&backoff, last + 1), WHOLE_MS[i] / 2);
    }
}

static void it_is_bounded_however_often(void **state)
{
    (void)state;
    struct backoff backoff = {FIRST_MS, MOST_MS, 0};
    for (uint32_t i = 0; i < 1000000; i++)
        assert_in_range(backoff_next_ms(&backoff, i * 2654435761u), FIRST_MS / 2, MOST_MS);
    assert_in_range(backoff_next_ms(&backoff, UINT32_MAX), MOST_MS / 2, MOST_MS);
}

static void success_begins_it_anew(void **state)
{
    (void)state;
    struct backoff backoff = {FIRST_MS, MOST_MS, 0};
    for (int i = 0; i < 10; i++)
        backoff_next_ms(&backoff, 0);
    backoff_reset(&backoff);
    assert_int_equal(backoff_next_ms(&backoff, 0), FIRST_MS / 2);
}

static void it_is_spread_over_half_of_the_wait(void **state)
{
    (void)state;
    enum { PARTS = 10, N = 10000 };
    size_t counts[PARTS] = {0};
    for (int i = 0; i < N; i++) {
        int64_t ms = backoff_jitter_ms(10000, backoff_random());
        assert_in_range(ms, 5000, 10000);
        counts[ms == 10000 ? PARTS - 1 : (ms - 5000) * PARTS / 5000]++;
    }
    for (int i = 0; i < PARTS; i++) /* 1000 each, give or take ten standard deviations */
        assert_in_range(counts[i], 700, 1300);
}

static int option(void *socket, int name)
{
    int value;
    size_t size = sizeof value;
    assert_int_equal(zmq_getsockopt(socket, name, &value, &size), 0);
    return value;
}

/* libzmq itself doubles its waits, but adds hardly anything random to the longest. */
static void connections_are_not_tried_in_step(void **state)
{
    (void)state;
    enum { N = 16 };
    int least = 1 << 30, most = 0;
    for (int i = 0; i < N; i++) {
        struct link link;
        assert_true(link_new(&link));
        assert_true(link_connect(&link, "tcp://127.0.0.1:1", true));
        int first_ms = option(link.dealer, ZMQ_RECONNECT_IVL),
            last_ms = option(link.dealer, ZMQ_RECONNECT_IVL_MAX);
        assert_in_range(first_ms, 50, 200);
        assert_in_range(last_ms, 2500, 5000);
        least = last_ms < least ? last_ms : least;
        most = last_ms > most ? last_ms : most;
        link_destroy(&link);
    }
    assert_true(most > least);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_doubles_up_to_the_most),
        cmocka_unit_test(it_is_bounded_however_often),
        cmocka_unit_test(success_begins_it_anew),
        cmocka_unit_test(it_is_spread_over_half_of_the_wait),
        cmocka_unit_test(connections_are_not_tried_in_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
