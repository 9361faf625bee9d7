/* The daemon without sockets: who shares what, who is sent what, and what others never notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/says.h"
#include "tests/support/world.h"

static void subscribe(struct world *w, struct client *client, const char *timeframe,
                      const char *indicators)
{
    const char *reply =
        world_ask(w, client,
                  "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"%s\","
                  "\"indicators\":%s}",
                  timeframe, indicators);
    if (!strstr(reply, "\"type\":\"subscribed\""))
        fail_msg("%s", reply);
}

static void last_leaver_frees_the_instance(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 50, 1);
    struct client *a = world_open(w, "alice", "t1"), *b = world_open(w, "alice", "t2");
    subscribe(w, a, "5min", "[\"RSI(14)\"]");
    subscribe(w, b, "5min", "[\"RSI(length=14, scalar=100)\"]");
    assert_int_equal(world_instances(w), 1); /* one computation, two names */
    world_ask(w, a, "{\"type\":\"close\"}");
    assert_int_equal(world_instances(w), 1);
    world_ask(w, b, "{\"type\":\"unsubscribe\"}");
    assert_int_equal(world_instances(w), 0);
    world_destroy(&w);
}

static void each_session_is_sent_its_own_indicators_and_no_others(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 50, 1);
    struct client *a = world_open(w, "alice", "a"), *b = world_open(w, "alice", "b"),
                  *c = world_open(w, "bob", NULL);
    subscribe(w, a, "1min", "[\"RSI(14)\",\"MACD(12,26,9)\"]");
    subscribe(w, b, "1min", "[\"SMA(20)\",\"BBANDS(20,2)\"]");
    subscribe(w, c, "1min", "{\"mine\":{\"name\":\"RSI\"}}");
    assert_int_equal(world_instances(w), 4);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 50 * WORLD_MINUTE_MS, 20, 2);
    assert_says(a->stream.data, "\"MACD_12_26_9\":{\"MACD\":");
    assert_says(a->stream.data, "\"RSI_14_100\":");
    assert_never_says(a->stream.data, "SMA");
    assert_never_says(a->stream.data, "mine");
    assert_says(b->stream.data, "\"SMA_20\":");
    assert_never_says(b->stream.data, "RSI");
    assert_says(c->stream.data, "\"mine\":");
    assert_never_says(c->stream.data, "MACD");
    assert_never_says(w->public.data, "alice");
    assert_never_says(w->public.data, "RSI");
    world_destroy(&w);
}

static void one_id_means_in_each_session_what_that_session_said(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 50, 1);
    struct client *a = world_open(w, "alice", NULL), *b = world_open(w, "bob", NULL);
    subscribe(w, a, "1min", "{\"X\":{\"name\":\"RSI\"}}");
    subscribe(w, b, "1min", "{\"X\":{\"name\":\"SMA\",\"params\":{\"length\":3}}}");
    assert_int_equal(world_instances(w), 2);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 50 * WORLD_MINUTE_MS, 1, 2);
    assert_string_not_equal(a->closed.data, b->closed.data);
    assert_says(world_ask(w, a,
                          "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
                          "\"indicators\":{\"X\":{\"name\":\"SMA\"}}}"),
                "BAD_REQUEST");
    world_destroy(&w);
}

static void a_second_subscribe_adds_and_unsubscribe_takes_back(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 50, 1);
    struct client *a = world_open(w, "alice", NULL);
    subscribe(w, a, "1min", "[\"RSI(14)\"]");
    subscribe(w, a, "1min", "[\"SMA(5)\",\"RSI(14)\"]");
    subscribe(w, a, "5min", "[\"SMA(5)\"]");
    assert_int_equal(world_instances(w), 3);
    assert_says(world_ask(w, a,
                          "{\"type\":\"unsubscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
                          "\"indicators\":[\"RSI_14_100\"]}"),
                "SMA_5");
    assert_int_equal(world_instances(w), 2);
    assert_says(world_ask(w, a,
                          "{\"type\":\"unsubscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
                          "\"indicators\":[\"RSI_14_100\"]}"),
                "NO_SUBSCRIPTION");
    world_ask(w, a, "{\"type\":\"unsubscribe\"}");
    assert_int_equal(world_instances(w), 0);
    world_destroy(&w);
}

static void good_indicators_are_taken_and_bad_ones_are_named(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    struct client *a = world_open(w, "alice", NULL);
    const char *reply =
        world_ask(w, a,
                  "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
                  "\"atomic\":true,\"indicators\":[\"RSI(14)\",\"RSX1(2)\",\"SMA(0)\"]}");
    assert_says(reply, "\"code\":\"UNKNOWN_INDICATOR\"");
    assert_says(reply, "\"SMA(0)\":{\"code\":\"BAD_PARAMETER\"");
    assert_int_equal(world_instances(w), 0);
    reply = world_ask(w, a,
                      "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
                      "\"indicators\":[\"RSI(14)\",\"RSX1(2)\",\"SMA(0)\"]}");
    assert_says(reply, "\"type\":\"subscribed\"");
    assert_says(reply, "\"RSX1(2)\":{\"code\":\"UNKNOWN_INDICATOR\"");
    assert_says(reply, "\"warm\":false");
    assert_int_equal(world_instances(w), 1);
    world_destroy(&w);
}

static void who_comes_late_gets_what_one_from_the_start_gets(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 1, 1);
    struct client *early = world_open(w, "alice", NULL), *late = world_open(w, "bob", NULL);
    static const char ALL[] = "[\"RSI(14)\",\"EMA(9)\",\"MACD()\",\"ATR(14)\",\"OBV()\",\"VWAP()\","
                              "\"SMA(length=5,source=RSI(7))\",\"ADX(14)\",\"BBANDS(20,2)\"]";
    subscribe(w, early, "3min", ALL);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + WORLD_MINUTE_MS, 200, 2);
    subscribe(w, late, "3min", ALL);
    buf_reset(&early->closed);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 201 * WORLD_MINUTE_MS, 30, 3);
    assert_true(late->closed.size > 1000);
    assert_string_equal(early->closed.data, late->closed.data);
    world_destroy(&w);
}

static void history_has_the_bytes_that_were_streamed(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 100, 1);
    struct client *a = world_open(w, "alice", NULL);
    subscribe(w, a, "1min", "[\"RSI(14)\",\"SMA(length=3,source=EMA(5))\"]");
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 100 * WORLD_MINUTE_MS, 20, 3);
    world_ask(w, a,
              "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\",\"limit\":20}");
    for (char *line = strtok(a->closed.data, "\n"); line; line = strtok(NULL, "\n"))
        assert_says(a->reply.data, line);
    world_destroy(&w);
}

static void a_longer_timeframe_is_followed_without_looking_ahead(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 61, 1);
    struct client *a = world_open(w, "alice", NULL), *b = world_open(w, "bob", NULL);
    subscribe(w, a, "5min",
              "{\"h\":{\"name\":\"SMA\",\"params\":{\"length\":2,\"timeframe\":\"15min\"}}}");
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 61 * WORLD_MINUTE_MS, 60, 2);
    subscribe(w, b, "15min", "{\"h\":{\"name\":\"SMA\",\"params\":{\"length\":2}}}");
    assert_int_equal(world_instances(w), 2); /* the 15min one, and the one that follows it */
    world_ask(w, a, "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"5min\"}");
    for (char *line = strtok(a->closed.data, "\n"); line; line = strtok(NULL, "\n"))
        assert_says(a->reply.data, line); /* live and replayed agree */
    world_ask(w, b, "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"15min\"}");
    char *copy = strdup(b->reply.data);
    const char *last = strstr(copy, "T05:15:00.000Z"); /* the bar 10:45 to 11:00 in Kolkata */
    assert_non_null(last);
    const char *value = strstr(last, "\"h\":");
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(value, "}"), value);
    world_ask(w, a,
              "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"5min\","
              "\"from\":\"2025-11-04T05:25:00Z\",\"to\":\"2025-11-04T05:25:00Z\"}");
    assert_says(a->reply.data, wanted); /* it closes together with the 5min bar 10:55 */
    world_ask(w, a,
              "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"5min\","
              "\"from\":\"2025-11-04T05:20:00Z\",\"to\":\"2025-11-04T05:20:00Z\"}");
    assert_never_says(a->reply.data, wanted);
    free(copy);
    world_destroy(&w);
}

static void a_pending_bar_and_the_next_one_form_side_by_side(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    struct client *live = world_open(w, "alice", NULL), *other = world_open(w, "bob", NULL);
    subscribe(w, live, "1min", "[\"EMA(3)\"]");
    int64_t at = WORLD_OPEN_MS + 6 * WORLD_MINUTE_MS;
    world_tick(w, "NIFTY50", at + 1000, 100);
    world_tick(w, "NIFTY50", at + WORLD_MINUTE_MS + 300, 200); /* the next bar forms */
    world_tick(w, "NIFTY50", at + WORLD_MINUTE_MS - 100, 150); /* the pending one changes */
    world_tick(w, "NIFTY50", at + WORLD_MINUTE_MS + 400, 201);
    subscribe(w, other, "1min", "[\"EMA(3)\"]");
    buf_reset(&live->stream);
    buf_reset(&other->stream);
    other->seq = live->seq = 0;
    buf_reset(&live->closed);
    world_tick(w, "NIFTY50", at + WORLD_MINUTE_MS + 500, 202);
    const char *ahead = strstr(live->stream.data, "\"EMA_3\":");
    assert_says(other->stream.data, ahead ? ahead : "?");
    world_tick(w, "NIFTY50", at + WORLD_MINUTE_MS + 1500, 202);
    assert_says(live->closed.data, "\"close\":150");
    assert_string_equal(live->closed.data, other->closed.data);
    char value[48]; /* with the pending bar closed, the forming one has the value it had ahead of it
                     */
    snprintf(value, sizeof value, "%.*s", (int)strcspn(ahead, "}"), ahead);
    assert_says(strstr(live->stream.data, ":01.500Z"), value);
    world_destroy(&w);
}

static void a_stranger_learns_and_gets_nothing(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    struct client *a = world_open(w, "alice", "tab"), *stranger = world_stranger(w);
    subscribe(w, a, "1min", "[\"SMA(3)\"]");
    const char *refused = world_ask(w, stranger, "{\"type\":\"list\",\"id\":1}");
    assert_says(refused, "NOT_OPEN");
    assert_says(refused,
                "{\"public\":\"inproc://public\",\"feed\":\"inproc://feed\",\"curve\":[]}");
    char *request = world_open_request(w, "alice", "tab", "");
    assert_says(world_ask(w, stranger, "%s", request), "SESSION_IN_USE");
    free(request);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 5 * WORLD_MINUTE_MS, 5, 1);
    assert_int_equal(stranger->n_items, 0);
    assert_true(a->n_items > 0);
    world_destroy(&w);
}

static void a_lost_connection_keeps_the_session_warm_until_resume_ends(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 20, 1);
    struct client *a = world_open(w, "alice", "tab");
    subscribe(w, a, "1min", "[\"SMA(3)\"]");
    a->is_there = false;
    engine_on_disconnected(w->engine, a->connection, w->now);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 20 * WORLD_MINUTE_MS, 3, 2);
    assert_int_equal(world_instances(w), 1);
    a->is_there = true; /* libzmq reconnects without a word */
    a->connection = 77;
    engine_on_connected(w->engine);
    engine_end_turn(w->engine, w->now);
    size_t lines = 0;
    for (const char *at = a->closed.data; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 3); /* what closed meanwhile, once */
    a->is_there = false;
    engine_on_disconnected(w->engine, 77, w->now);
    engine_on_disconnected(w->engine, a->connection, w->now);
    world_tick(w, "NIFTY50", WORLD_OPEN_MS + 24 * WORLD_MINUTE_MS, 3);
    world_pass(w, 120000);
    assert_int_equal(world_instances(w), 0);
    world_destroy(&w);
}

static void a_reader_too_slow_loses_no_closed_bar_until_the_limit(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    struct client *slow = world_open(w, "alice", NULL), *fast = world_open(w, "bob", NULL);
    subscribe(w, slow, "1min", "[\"SMA(3)\"]");
    subscribe(w, fast, "1min", "[\"SMA(3)\"]");
    slow->is_reading = false;
    for (int i = 5; i < 45; i++)
        world_tick(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 25000 + i);
    assert_int_equal(slow->n_items, 0);
    slow->is_reading = true;
    world_pass(w, 100);
    assert_string_equal(slow->closed.data, fast->closed.data);
    assert_never_says(slow->stream.data, "LAGGING");
    slow->is_reading = false;
    for (int i = 45; i < 120; i++)
        world_tick(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 25000 + i);
    slow->is_reading = true;
    world_pass(w, 100);
    assert_says(slow->stream.data, "LAGGING");
    assert_says(slow->stream.data, "\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\",\"bar\":");
    world_destroy(&w);
}

/* Whoever has a bar has all before it, or has been told: he asks for history from his newest one
 * on, should he lose the connection, or the daemon its life, between the two. */
static void that_bars_were_left_out_is_said_before_any_newer_one(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    struct client *slow = world_open(w, "alice", NULL);
    subscribe(w, slow, "1min", "[\"SMA(3)\"]");
    slow->is_reading = false;
    for (int i = 5; i < 80; i++)
        world_tick(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 25000 + i);
    slow->is_reading = true;
    world_pass(w, 100);
    const char *told = strstr(slow->stream.data, "LAGGING");
    const char *closed = strstr(slow->stream.data, "\"closed\":true");
    assert_non_null(told);
    assert_non_null(closed);
    assert_true(told < closed);
    world_destroy(&w);
}

/* The limit is met by one subscription; what another one stood at last is not lost with it. */
static void a_reader_too_slow_has_the_last_value_in_the_end(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    world_walk(w, "BANKNIFTY", WORLD_OPEN_MS, 5, 1);
    struct client *slow = world_open(w, "alice", NULL);
    subscribe(w, slow, "1min", "[]");
    world_ask(w, slow,
              "{\"type\":\"subscribe\",\"symbol\":\"BANKNIFTY\",\"timeframe\":\"1h\","
              "\"indicators\":[]}");
    slow->is_reading = false;
    world_bar(w, "BANKNIFTY", WORLD_OPEN_MS + 5 * WORLD_MINUTE_MS, 47000.25);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 5 * WORLD_MINUTE_MS, 54, 2); /* the hour is not over */
    slow->is_reading = true;
    world_pass(w, 100);
    assert_says(slow->stream.data, "LAGGING");
    assert_says(slow->stream.data, "\"close\":47000.25");
    world_destroy(&w);
}

static void few_replies(struct core_settings *settings)
{
    settings->sessions.outbox.replies_max = 3;
}

/* A turn may bring more requests than replies may wait: who reads is owed every one. */
static void each_of_many_requests_in_one_turn_is_answered(void **state)
{
    (void)state;
    enum { N = 100 };
    static const char LIST[] = "{\"type\":\"list\"}";
    struct world *w = world_new_with(few_replies);
    struct client *a = world_open(w, "alice", NULL), *slow = world_open(w, "bob", NULL);
    slow->is_reading = false;
    size_t before = a->n_replies, slow_before = slow->n_replies;
    for (int i = 0; i < N; i++) {
        engine_on_request(w->engine, a->key, SESSION_KEY_SIZE, a->connection, false, LIST,
                          strlen(LIST), w->now);
        engine_on_request(w->engine, slow->key, SESSION_KEY_SIZE, slow->connection, false, LIST,
                          strlen(LIST), w->now);
    }
    engine_end_turn(w->engine, w->now);
    assert_int_equal(a->n_replies - before, N);
    slow->is_reading = true;
    world_pass(w, 100);
    assert_int_equal(slow->n_replies - slow_before, 3);
    assert_says(world_ask(w, a, "{\"type\":\"stats\"}"), "\"replies_dropped\":97");
    world_destroy(&w);
}

static void soon_silent(struct core_settings *settings)
{
    settings->bar_grace_ms = 1500;
    settings->feed_stale_ms = 10000;
}

/* The closed bars of a feed in step with the wall clock, with pauses longer than the grace time and
 * shorter ones, while somebody sets that clock by jump_ms now and then. */
static char *closed_bars_under(const int64_t *jumps_ms, size_t n_jumps)
{
    enum { N_TICKS = 400, DAYS_MS = 2 * 86400000 };
    struct world *w = world_new_repeatable(soon_silent);
    struct client *alice = NULL;
    int64_t feed_ms = WORLD_OPEN_MS, spare_ms = 0;
    w->now.wall_ms = feed_ms;
    for (int i = 0; i < N_TICKS; i++) {
        assert_int_equal(world_tick(w, "NIFTY50", feed_ms, 25000 + i % 37), REJECT_NONE);
        if (!alice) {
            w->now.wall_ms += DAYS_MS; /* tokens do go by that clock: hers is good for long */
            alice = world_open(w, "alice", NULL);
            w->now.wall_ms -= DAYS_MS;
            subscribe(w, alice, "1min", "[\"SMA(3)\",\"EMA(5)\"]");
        }
        int64_t pause_ms = 300 + (int64_t)i * 7919 % 4000;
        if (n_jumps > 0 && i % 40 == 20) {
            int64_t jump_ms = jumps_ms[i / 40 % (int)n_jumps];
            world_pass(w, pause_ms / 3); /* in the midst of a pause */
            w->now.wall_ms += jump_ms;
            spare_ms += jump_ms;
            world_pass(w, pause_ms - pause_ms / 3);
        } else {
            world_pass(w, pause_ms);
        }
        if (i % 40 == 39) { /* and sets it right again */
            w->now.wall_ms -= spare_ms;
            spare_ms = 0;
        }
        feed_ms += pause_ms;
        world_ask(w, alice, "{\"type\":\"heartbeat\"}");
    }
    char *closed = alice->closed.data;
    alice->closed = (struct buf){0};
    world_destroy(&w);
    return closed;
}

static void bars_stay_right_when_the_machines_clock_is_set(void **state)
{
    (void)state;
    static const int64_t HOUR_MS = 3600000;
    char *wanted = closed_bars_under(NULL, 0);
    const int64_t forward[] = {HOUR_MS}, back[] = {-HOUR_MS},
                  both[] = {HOUR_MS, -HOUR_MS, 24 * HOUR_MS};
    char *got[] = {closed_bars_under(forward, 1), closed_bars_under(back, 1),
                   closed_bars_under(both, 3)};
    assert_true(strlen(wanted) > 1000);
    for (size_t i = 0; i < sizeof got / sizeof *got; i++) {
        assert_string_equal(got[i], wanted);
        free(got[i]);
    }
    free(wanted);
}

static void throttling_merges_and_the_last_value_comes(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    struct client *a = world_open(w, "alice", NULL);
    world_ask(w, a,
              "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
              "\"indicators\":[\"SMA(3)\"],\"throttle_ms\":500}");
    for (int i = 0; i < 100; i++)
        world_tick(w, "NIFTY50", WORLD_OPEN_MS + 6 * WORLD_MINUTE_MS + i * 10, 20000 + i);
    assert_int_equal(a->n_items, 1);
    world_pass(w, 600);
    assert_int_equal(a->n_items, 2);
    assert_says(a->stream.data, "\"close\":20099");
    world_destroy(&w);
}

/* What is held back is of the set that it was computed for; the session has another one by then. */
static void what_is_held_back_is_of_the_set_that_the_session_has(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    struct client *a = world_open(w, "alice", NULL);
    world_ask(w, a,
              "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
              "\"indicators\":[\"SMA(3)\"],\"throttle_ms\":500}");
    int64_t at = WORLD_OPEN_MS + 6 * WORLD_MINUTE_MS;
    world_tick(w, "NIFTY50", at, 1);
    world_tick(w, "NIFTY50", at + 1, 2);
    subscribe(w, a, "1min", "[\"EMA(3)\"]");
    assert_says(a->reply.data, "\"close\":2");
    assert_int_equal(a->n_items, 1);
    world_pass(w, 600);
    assert_int_equal(a->n_items, 1); /* the snapshot had it */
    world_tick(w, "NIFTY50", at + 2, 3);
    world_tick(w, "NIFTY50", at + 3, 4);
    world_ask(w, a,
              "{\"type\":\"unsubscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
              "\"indicators\":[\"SMA_3\"]}");
    assert_int_equal(a->n_items, 2);
    buf_reset(&a->stream);
    world_pass(w, 600);
    assert_says(a->stream.data, "\"close\":4");
    assert_says(a->stream.data, "EMA_3");
    assert_never_says(a->stream.data, "SMA_3");
    world_destroy(&w);
}

static void every_symbol_must_close_before_a_bar_is_complete(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 2, 1);
    world_walk(w, "BANKNIFTY", WORLD_OPEN_MS, 2, 1);
    struct client *a = world_open(w, "alice", NULL);
    subscribe(w, a, "1min", "[]");
    world_ask(w, a,
              "{\"type\":\"subscribe\",\"symbol\":\"BANKNIFTY\",\"timeframe\":\"1min\","
              "\"indicators\":[]}");
    world_bar(w, "NIFTY50", WORLD_OPEN_MS + 2 * WORLD_MINUTE_MS, 3);
    assert_never_says(a->stream.data, "bar_complete");
    world_bar(w, "BANKNIFTY", WORLD_OPEN_MS + 2 * WORLD_MINUTE_MS, 3);
    assert_says(a->stream.data,
                "{\"type\":\"bar_complete\",\"timeframe\":\"1min\",\"bar\":\"2025-11-04T03:47");
    world_destroy(&w);
}

static void subscribe_to(struct world *w, struct client *client, const char *symbol)
{
    world_ask(w, client,
              "{\"type\":\"subscribe\",\"symbol\":\"%s\",\"timeframe\":\"1min\",\"indicators\":[]}",
              symbol);
}

static size_t count_in(const struct buf *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text->data; at && (at = strstr(at, what)); at++)
        n++;
    return n;
}

/* What alice is told complete of a symbol with a bar a minute beside one without trades, while bob
 * comes and looks at that one. */
static char *completed_beside_a_quiet_symbol(bool bob_comes)
{
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 1, 1);
    world_walk(w, "QUIET", WORLD_OPEN_MS, 1, 1);
    struct client *alice = world_open(w, "alice", NULL), *bob = world_open(w, "bob", NULL);
    subscribe_to(w, alice, "NIFTY50");
    subscribe_to(w, alice, "QUIET");
    for (int i = 1; i < 10; i++) {
        world_bar(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 3);
        if (bob_comes && i == 5)
            subscribe_to(w, bob, "QUIET");
    }
    assert_int_equal(count_in(&alice->stream, "bar_complete"), 8); /* the last minute is not over */
    assert_int_equal(count_in(&w->public, "bar/1min"), 9);         /* the first one too */
    char *text = strdup(alice->stream.data);
    world_bar(w, "QUIET", WORLD_OPEN_MS + 3 * WORLD_MINUTE_MS, 3); /* what nobody waited for */
    assert_int_equal(count_in(&alice->closed, "QUIET"), 1);
    assert_int_equal(count_in(&alice->stream, "bar_complete"), 8);
    world_destroy(&w);
    return text;
}

static void a_symbol_without_trades_is_not_waited_for(void **state)
{
    (void)state;
    char *alone = completed_beside_a_quiet_symbol(false);
    char *watched = completed_beside_a_quiet_symbol(true);
    assert_string_equal(alone, watched);
    free(alone);
    free(watched);
}

static void long_queues(struct core_settings *settings)
{
    settings->sessions.outbox.closed_max = 20000;
}

/* Beside a symbol that has a bar in the first minute alone. */
static void much_history_in_a_turn_is_told_complete_bar_by_bar(void **state)
{
    (void)state;
    enum { DAYS = 16, A_DAY = 375 };
    struct world *w = world_new_with(long_queues);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 1, 1);
    world_walk(w, "QUIET", WORLD_OPEN_MS, 1, 1);
    struct client *alice = world_open(w, "alice", NULL);
    subscribe_to(w, alice, "NIFTY50");
    subscribe_to(w, alice, "QUIET");
    buf_reset(&w->public);
    for (int i = 1; i < DAYS * A_DAY; i++) {
        int64_t at = WORLD_OPEN_MS + (i / A_DAY) * 86400000LL + (i % A_DAY) * WORLD_MINUTE_MS;
        struct bar bar = {at, at, 5, 5, 5, 5, 1, NAN, NAN};
        engine_feed_bar(w->engine, engine_local_source(w->engine, "test"), "NIFTY50",
                        TIMEFRAME_1MIN, &bar, w->now);
    }
    engine_end_turn(w->engine, w->now);
    assert_int_equal(count_in(&alice->stream, "bar_complete"), DAYS * A_DAY - 2);
    assert_int_equal(count_in(&w->public, "bar/1min"), DAYS * A_DAY - 2);
    world_destroy(&w);
}

static void nothing_is_complete_for_who_has_left(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 1, 1);
    world_walk(w, "BANKNIFTY", WORLD_OPEN_MS, 1, 1);
    struct client *a = world_open(w, "alice", NULL);
    subscribe_to(w, a, "NIFTY50");
    subscribe_to(w, a, "BANKNIFTY");
    world_bar(w, "NIFTY50", WORLD_OPEN_MS + WORLD_MINUTE_MS, 3);
    world_ask(w, a, "{\"type\":\"unsubscribe\"}");
    world_pass(w, 100);
    assert_never_says(a->stream.data, "bar_complete");
    world_destroy(&w);
}

static void a_silent_feed_is_told_and_its_return_too(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct client *a = world_open(w, "alice", NULL);
    world_tick(w, "NIFTY50", WORLD_OPEN_MS, 100);
    subscribe(w, a, "1min", "[]");
    world_pass(w, 11000);
    assert_says(a->stream.data, "FEED_STALE");
    assert_says(w->public.data, "notice {\"type\":\"notice\",\"code\":\"FEED_STALE\"");
    assert_says(w->public.data, "\"state\":\"stale\"");
    assert_never_says(a->stream.data, "FEED_LIVE");
    world_tick(w, "NIFTY50", w->now.wall_ms, 100);
    assert_says(a->stream.data, "FEED_LIVE");
    assert_says(w->public.data, "notice {\"type\":\"notice\",\"code\":\"FEED_LIVE\"");
    world_destroy(&w);
}

/* What alice has of a minute in which the feed falls silent, while bob has bars of `other`. */
static char *silent_minute(const char *other)
{
    struct world *w = world_new();
    w->now.wall_ms = WORLD_OPEN_MS + 5000;
    world_tick(w, "NIFTY50", WORLD_OPEN_MS + 5000, 100);
    struct client *alice = world_open(w, "alice", NULL), *bob = world_open(w, "bob", NULL);
    subscribe(w, alice, "1min", "[]");
    if (other)
        subscribe(w, bob, other, "[]");
    world_pass(w, 30000);
    world_ask(w, alice, "{\"type\":\"heartbeat\"}");
    world_pass(w, 27000);
    assert_int_equal(alice->closed.size, 0);
    world_pass(w, 3000);
    char *closed = strdup(alice->closed.data ? alice->closed.data : "");
    world_destroy(&w);
    return closed;
}

static void a_bar_closes_in_silence_whatever_others_look_at(void **state)
{
    (void)state;
    char *alone = silent_minute(NULL), *beside = silent_minute("30s"),
         *longer = silent_minute("5min");
    assert_says(alone, "\"bar\":\"2025-11-04T03:45:00.000Z\",\"closed\":true");
    assert_string_equal(alone, beside);
    assert_string_equal(alone, longer);
    free(alone);
    free(beside);
    free(longer);
}

static void pass_with_heartbeats(struct world *w, struct client *client, int64_t ms)
{
    enum { STEP_MS = 20000 };
    for (; ms > 0; ms -= STEP_MS) {
        world_ask(w, client, "{\"type\":\"heartbeat\"}");
        world_pass(w, ms < STEP_MS ? ms : STEP_MS);
    }
}

/* Seen from 09:17:05, when the last tick came. */
static void longer_bars_close_in_silence_each_in_its_time(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->now.wall_ms = WORLD_OPEN_MS + 2 * WORLD_MINUTE_MS + 5000;
    world_tick(w, "NIFTY50", w->now.wall_ms, 100);
    struct client *a = world_open(w, "alice", NULL);
    subscribe(w, a, "2min", "[]");
    subscribe(w, a, "5min", "[]");
    subscribe(w, a, "1h", "[]");
    pass_with_heartbeats(w, a, 117000); /* 09:19:02, a second of lateness and two of grace */
    assert_int_equal(count_in(&a->closed, "closed"), 0);
    pass_with_heartbeats(w, a, 2000);
    assert_int_equal(count_in(&a->closed, "\"timeframe\":\"2min\""), 1);
    pass_with_heartbeats(w, a, 58000);
    assert_int_equal(count_in(&a->closed, "closed"), 1);
    pass_with_heartbeats(w, a, 2000);
    assert_int_equal(count_in(&a->closed, "\"timeframe\":\"5min\""), 1);
    pass_with_heartbeats(w, a, 55 * WORLD_MINUTE_MS);
    assert_int_equal(count_in(&a->closed, "\"timeframe\":\"1h\""), 1);
    assert_int_equal(count_in(&a->closed, "closed"), 3);
    world_destroy(&w);
}

/* Between two bars there is nothing to be heard of a feed of bars. */
static void a_feed_of_bars_is_not_silent_while_its_next_one_is_to_come(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->now.wall_ms = WORLD_OPEN_MS + 5 * WORLD_MINUTE_MS - 1000;
    for (int i = 0; i < 4; i++)
        world_bar(w, "NIFTY50", WORLD_OPEN_MS + i * WORLD_MINUTE_MS, 100);
    struct client *a = world_open(w, "alice", NULL);
    subscribe(w, a, "5min", "[]");
    pass_with_heartbeats(w, a, 30000);
    assert_int_equal(a->closed.size, 0);
    world_bar(w, "NIFTY50", WORLD_OPEN_MS + 4 * WORLD_MINUTE_MS, 107);
    assert_says(a->closed.data, "\"close\":107");
    world_destroy(&w);
}

static void a_timeframe_shorter_than_the_bars_is_refused(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 3, 1);
    struct client *a = world_open(w, "alice", NULL);
    world_ask(w, a,
              "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1d\","
              "\"indicators\":[\"SMA(3,timeframe=1h)\"]}");
    assert_says(a->reply.data, "BAD_PARAMETER");
    world_destroy(&w);
}

static void who_is_silent_is_not_disturbed_by_who_comes(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 3, 1);
    struct client *alice = world_open(w, "alice", NULL);
    subscribe(w, alice, "1min", "[]");
    world_pass(w, 46000); /* three heartbeats */
    size_t before = alice->n_items;
    engine_on_connected(w->engine);
    world_pass(w, 1000);
    assert_int_equal(alice->n_items, before);
    /* Her own connection goes, and she is back without a word. */
    alice->is_there = false;
    engine_on_disconnected(w->engine, alice->connection, w->now);
    world_bar(w, "NIFTY50", WORLD_OPEN_MS + 3 * WORLD_MINUTE_MS, 7);
    alice->is_there = true;
    engine_on_connected(w->engine);
    world_pass(w, 100);
    assert_true(alice->n_items > before);
    assert_says(alice->closed.data, "\"close\":7");
    world_destroy(&w);
}

/* What a client does at a step, drawn from its own random numbers. */
static void act(struct world *w, struct client *client, unsigned draw)
{
    static const char *const TIMEFRAMES[] = {"1min", "3min", "5min", "30s"};
    static const char *const WANTED[] = {"RSI(14)",
                                         "EMA(9)",
                                         "SMA(5)",
                                         "BBANDS(20,2)",
                                         "ATR(14)",
                                         "MACD(12,26,9)",
                                         "SMA(length=4,source=RSI(5))"};
    switch (draw % 7) {
    case 0:
    case 1:
    case 2:
        world_ask(w, client,
                  "{\"type\":\"subscribe\",\"symbol\":\"%s\",\"timeframe\":\"%s\",\"history\":%u,"
                  "\"indicators\":[\"%s\"]}",
                  draw % 2 ? "NIFTY50" : "BANKNIFTY", TIMEFRAMES[draw / 7 % 4], draw % 9,
                  WANTED[draw / 28 % 7]);
        break;
    case 3:
        world_ask(w, client, "{\"type\":\"unsubscribe\"}");
        break;
    case 4:
        client->is_reading = !client->is_reading;
        break;
    case 5:
        client->is_there = draw % 3 == 0;
        if (!client->is_there)
            engine_on_disconnected(w->engine, client->connection, w->now);
        break;
    default:
        world_ask(w, client, "{\"type\":\"history\",\"rubbish\":%u}", draw);
    }
}

/* S's stream of a fixed feed, with `crowd` others doing what they like. Give it to free. */
static char *stream_of_s(size_t crowd, unsigned seed)
{
    struct world *w = world_new();
    uint64_t random = seed;
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 30, 1);
    world_walk(w, "BANKNIFTY", WORLD_OPEN_MS, 30, 2);
    struct client *s = world_open(w, "alice", "s");
    subscribe(w, s, "1min", "[\"RSI(14)\",\"EMA(9)\"]");
    world_ask(w, s,
              "{\"type\":\"subscribe\",\"symbol\":\"BANKNIFTY\",\"timeframe\":\"30s\","
              "\"indicators\":[\"SMA(5)\",\"OBV()\"]}");
    struct client *others[200];
    for (size_t i = 0; i < crowd; i++)
        others[i] = world_open(w, i % 3 ? "bob" : i % 2 ? "alice" : "carol", NULL);
    for (int i = 0; i < 1500; i++) {
        for (size_t k = 0; k < crowd / 20; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            act(w, others[(random >> 40) % crowd], (unsigned)(random >> 20) % 100000);
        }
        world_tick(w, i % 3 ? "NIFTY50" : "BANKNIFTY",
                   WORLD_OPEN_MS + 30 * WORLD_MINUTE_MS + i * 1700, 25000 + i % 37);
        if (i % 100 == 0)
            engine_check(w->engine);
    }
    world_ask(w, s, "{\"type\":\"data\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\"}");
    buf_put(&s->stream, s->reply.data, s->reply.size);
    char *text = strdup(s->stream.data);
    world_destroy(&w);
    return text;
}

static void nobody_notices_what_others_do(void **state)
{
    (void)state;
    char *alone = stream_of_s(0, 0);
    assert_true(strlen(alone) > 100000);
    for (unsigned seed = 1; seed <= effort(3); seed++) {
        char *crowded = stream_of_s(60, seed);
        assert_string_equal(alone, crowded);
        free(crowded);
    }
    free(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_leaver_frees_the_instance),
        cmocka_unit_test(each_session_is_sent_its_own_indicators_and_no_others),
        cmocka_unit_test(one_id_means_in_each_session_what_that_session_said),
        cmocka_unit_test(a_second_subscribe_adds_and_unsubscribe_takes_back),
        cmocka_unit_test(good_indicators_are_taken_and_bad_ones_are_named),
        cmocka_unit_test(who_comes_late_gets_what_one_from_the_start_gets),
        cmocka_unit_test(history_has_the_bytes_that_were_streamed),
        cmocka_unit_test(a_longer_timeframe_is_followed_without_looking_ahead),
        cmocka_unit_test(a_pending_bar_and_the_next_one_form_side_by_side),
        cmocka_unit_test(a_stranger_learns_and_gets_nothing),
        cmocka_unit_test(a_lost_connection_keeps_the_session_warm_until_resume_ends),
        cmocka_unit_test(a_reader_too_slow_loses_no_closed_bar_until_the_limit),
        cmocka_unit_test(that_bars_were_left_out_is_said_before_any_newer_one),
        cmocka_unit_test(a_reader_too_slow_has_the_last_value_in_the_end),
        cmocka_unit_test(each_of_many_requests_in_one_turn_is_answered),
        cmocka_unit_test(bars_stay_right_when_the_machines_clock_is_set),
        cmocka_unit_test(throttling_merges_and_the_last_value_comes),
        cmocka_unit_test(what_is_held_back_is_of_the_set_that_the_session_has),
        cmocka_unit_test(every_symbol_must_close_before_a_bar_is_complete),
        cmocka_unit_test(a_symbol_without_trades_is_not_waited_for),
        cmocka_unit_test(much_history_in_a_turn_is_told_complete_bar_by_bar),
        cmocka_unit_test(nothing_is_complete_for_who_has_left),
        cmocka_unit_test(a_silent_feed_is_told_and_its_return_too),
        cmocka_unit_test(a_bar_closes_in_silence_whatever_others_look_at),
        cmocka_unit_test(longer_bars_close_in_silence_each_in_its_time),
        cmocka_unit_test(a_feed_of_bars_is_not_silent_while_its_next_one_is_to_come),
        cmocka_unit_test(a_timeframe_shorter_than_the_bars_is_refused),
        cmocka_unit_test(who_is_silent_is_not_disturbed_by_who_comes),
        cmocka_unit_test(nobody_notices_what_others_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
