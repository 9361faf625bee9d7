/* However many read slowly: what waits for them stays within the limit, and who reads loses
 * nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/sessions/backlog.h"
#include "tests/support/world.h"

enum { LIMIT = 800000, N_SLOW = 30, N_BARS = 300, N_FEW = 30 };

/* ---- what is under way ------------------------------------------------------------------------
 */

static void marks_tell_what_has_left(void **state)
{
    (void)state;
    atomic_size_t tally = 0;
    struct flight *flight = flight_new(&tally);
    struct body *body = body_new(NULL, "0123456789", 10);
    size_t n = 0, each = FLIGHT_ITEM_BYTES + 10;
    struct mark *mark, *second;
    do
        n++;
    while (!(mark = flight_depart(flight, 1, 10, body)));
    assert_in_range(n * each, FLIGHT_MARK_EVERY, FLIGHT_MARK_EVERY + each);
    assert_int_equal(flight_bytes(flight), n * each);
    assert_int_equal(atomic_load(&tally), n * FLIGHT_ITEM_BYTES);
    assert_null(flight_depart(flight, 1, 10, body));
    mark_let_go(&mark);
    assert_null(mark);
    assert_int_equal(flight_bytes(flight), each); /* behind the mark */
    assert_int_equal(atomic_load(&tally), 0);
    second = flight_depart(flight, 3, FLIGHT_MARK_EVERY, body);
    assert_non_null(second);
    flight_release(&flight); /* its session ends before the message has left */
    assert_null(flight);
    mark_let_go(&second);
    assert_int_equal(atomic_load(&tally), 0);
    assert_int_equal(atomic_load(&body->references), 1);
    body_release(&body);
}

/* ---- what waits -------------------------------------------------------------------------------
 */

static void set_limit(struct core_settings *settings)
{
    settings->sessions.backlog_bytes = LIMIT;
    settings->sessions.outbox.closed_max = 100000; /* no limit of its own is in the way */
    settings->sessions.outbox.remembered_max = 10;
}

static void subscribe(struct world *w, struct client *client, const char *indicators)
{
    world_ask(w, client,
              "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
              "\"updates\":\"close\",\"indicators\":[%s]}",
              indicators);
    assert_non_null(strstr(client->reply.data, "\"subscribed\""));
}

static size_t waiting(struct world *w)
{
    return atomic_load(sessions_tally(engine_core(w->engine)->sessions));
}

/* Slow ones with a body each, and one that reads. */
static struct client *begin(struct world *w, struct client *slow[N_SLOW])
{
    world_bar(w, "NIFTY50", WORLD_OPEN_MS, 100);
    struct client *reader = world_open(w, "reader", NULL);
    subscribe(w, reader, "\"SMA(3)\"");
    for (int i = 0; i < N_SLOW; i++) {
        char indicators[64], user[16];
        snprintf(user, sizeof user, "slow%d", i);
        snprintf(indicators, sizeof indicators, "\"SMA(%d)\",\"EMA(%d)\"", i + 2, i + 2);
        slow[i] = world_open(w, user, NULL);
        subscribe(w, slow[i], indicators);
        slow[i]->is_reading = false;
    }
    return reader;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; at && (at = strstr(at, word)); at += strlen(word))
        n++;
    return n;
}

static void it_stays_within_the_limit_and_readers_lose_nothing(void **state)
{
    (void)state;
    struct world *w = world_new_with(set_limit);
    struct client *slow[N_SLOW], *reader = begin(w, slow);
    size_t most = 0;
    for (int i = 1; i <= N_BARS; i++) {
        world_bar(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 100 + i);
        assert_in_range(waiting(w), 0, LIMIT / 2);
        if (waiting(w) > most)
            most = waiting(w);
    }
    assert_true(most > LIMIT / 3); /* it came near: the limit was at work */
    assert_int_equal(count(reader->closed.data, "\n"), N_BARS);
    assert_int_equal(count(reader->stream.data, "LAGGING"), 0);
    for (int i = 0; i < N_SLOW; i++)
        slow[i]->is_reading = true;
    world_pass(w, 20000); /* a heartbeat comes at the latest: then they are told */
    for (int i = 0; i < N_SLOW; i++) {
        assert_true(count(slow[i]->closed.data, "\n") < N_BARS);
        assert_int_equal(count(slow[i]->stream.data, "LAGGING"), 1);
    }
    engine_check(w->engine);
    world_destroy(&w);
}

static void of_those_as_slow_the_heaviest_give_up_first(void **state)
{
    (void)state;
    struct world *w = world_new_with(set_limit);
    struct client *slow[N_SLOW], *reader = begin(w, slow);
    struct client *heavy = world_open(w, "heavy", NULL);
    struct buf indicators = {0};
    for (int n = 2; n < 900; n++)
        buf_put_format(&indicators, "%s\"SMA(%d)\"", n > 2 ? "," : "", n);
    subscribe(w, heavy, indicators.data);
    buf_destroy(&indicators);
    heavy->is_reading = false;
    for (int i = 10; i < N_SLOW; i++)
        slow[i]->is_reading = true; /* the heavy one has more than half of what waits */
    for (int i = 1; i <= N_FEW; i++)
        world_bar(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 100 + i);
    for (int i = 0; i < N_SLOW; i++)
        slow[i]->is_reading = true;
    heavy->is_reading = true;
    world_pass(w, 20000);
    assert_true(count(heavy->stream.data, "LAGGING") >= 1);
    for (int i = 0; i < N_SLOW; i++) {
        assert_int_equal(count(slow[i]->stream.data, "LAGGING"), 0);
        assert_int_equal(count(slow[i]->closed.data, "\n"), N_FEW);
    }
    assert_int_equal(count(reader->closed.data, "\n"), N_FEW);
    world_destroy(&w);
}

static void who_asks_and_does_not_read_cannot_fill_the_memory(void **state)
{
    (void)state;
    struct world *w = world_new_with(set_limit);
    struct client *slow[N_SLOW], *reader = begin(w, slow);
    for (int i = 1; i <= N_BARS; i++)
        world_bar(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 100 + i);
    static const char HISTORY[] = "{\"type\":\"history\",\"symbol\":\"NIFTY50\","
                                  "\"timeframe\":\"1min\",\"limit\":100}";
    for (int i = 0; i < 10 * N_SLOW; i++) {
        world_ask(w, slow[i % N_SLOW], HISTORY);
        assert_in_range(waiting(w), 0, LIMIT);
        world_ask(w, reader, HISTORY);
        assert_non_null(strstr(reader->reply.data, "\"type\":\"history\""));
    }
    assert_true(engine_core(w->engine)->counters.errors[ERR_BUSY] > 0);
    world_destroy(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_tell_what_has_left),
        cmocka_unit_test(it_stays_within_the_limit_and_readers_lose_nothing),
        cmocka_unit_test(of_those_as_slow_the_heaviest_give_up_first),
        cmocka_unit_test(who_asks_and_does_not_read_cannot_fill_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
