/* Limits: each has its code and its counter, and what is beyond it costs nobody else anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bucket.h"
#include "common/base/json.h"
#include "tests/support/says.h"
#include "tests/support/world.h"

static uint64_t limited(const struct world *w, enum limit limit)
{
    return engine_core(w->engine)->counters.limited[limit];
}

/* ---- buckets ----------------------------------------------------------------------------------
 */

static void a_bucket_fills_by_time(void **state)
{
    (void)state;
    struct bucket_rate rate = {10, 3};
    struct bucket bucket = {0};
    for (int i = 0; i < 3; i++)
        assert_true(bucket_take(&bucket, rate, 1, 5000));
    assert_false(bucket_take(&bucket, rate, 1, 5000));
    assert_false(bucket_take(&bucket, rate, 1, 5099));
    assert_true(bucket_take(&bucket, rate, 1, 5100));
    assert_false(bucket_take(&bucket, rate, 1, 5100));
    assert_true(bucket_left(&bucket, rate, 60000) == 3);
}

static void a_debt_has_to_be_paid_first(void **state)
{
    (void)state;
    struct bucket_rate rate = {10, 3};
    struct bucket bucket = {0};
    assert_true(bucket_take(&bucket, rate, 13, 0)); /* ten more than there was */
    assert_false(bucket_take(&bucket, rate, 1, 1000));
    assert_false(bucket_take(&bucket, rate, 1, 1099));
    assert_true(bucket_take(&bucket, rate, 1, 1100));
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static void few(struct core_settings *settings)
{
    settings->requests = (struct bucket_rate){5, 10};
    settings->user_requests = (struct bucket_rate){5, 15};
    settings->stranger_requests = (struct bucket_rate){1, 3};
    settings->open_within_ms = 50000;
    settings->sources_max = 2;
    settings->symbols_max = 2;
    settings->sessions.sessions_max = 4;
    settings->sessions.sessions_per_user = 2;
    settings->subscriptions_per_session = 1;
    settings->indicators_per_session = 3;
    settings->indicators_per_request = 4;
    settings->history_max = 10;
    settings->frame_bytes = 4096;
    settings->feed_bytes = (struct bucket_rate){1000, 2000};
}

/* How many of n requests in a row are answered with something else than RATE_LIMITED. */
static size_t count_served(struct world *w, struct client *client, size_t n)
{
    size_t served = 0;
    for (size_t i = 0; i < n; i++)
        served += !strstr(world_ask(w, client, "{\"type\":\"list\"}"), "RATE_LIMITED");
    return served;
}

static void a_session_has_its_rate_and_a_user_too(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    struct client *a = world_open(w, "alice", NULL), *other = world_open(w, "alice", NULL),
                  *bob = world_open(w, "bob", NULL);
    assert_int_equal(count_served(w, a, 40), 10);
    assert_int_equal(limited(w, LIMIT_REQUESTS), 30);
    assert_int_equal(count_served(w, other, 40), 15 - 10 - 2); /* to open counts as well */
    assert_int_equal(limited(w, LIMIT_USER_REQUESTS), 10 - 3);
    assert_int_equal(count_served(w, bob, 5), 5);
    world_pass(w, 1000);
    assert_int_equal(count_served(w, a, 40), 5);
    world_destroy(&w);
}

/* Who closes all sessions and opens them again has what is left, and no more. */
static void a_user_gets_rid_of_no_debt_by_closing(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    struct client *a = world_open(w, "alice", NULL);
    count_served(w, a, 40);
    world_pass(w, 1000);
    assert_says(world_ask(w, a, "{\"type\":\"close\"}"), "closed");
    assert_true(count_served(w, world_open(w, "alice", NULL), 40) < 12);
    world_pass(w, 10000);
    world_destroy(&w);
}

static void what_is_large_counts_for_more(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    struct core_settings *settings = &w->settings;
    settings->frame_bytes = 1 << 20;
    settings->user_requests = (struct bucket_rate){1000, 10000};
    settings->requests = (struct bucket_rate){100, 100};
    struct client *a = world_open(w, "alice", NULL), *b = world_open(w, "bob", NULL);
    char *blanks = malloc((4 << 10) * 50 + 1);
    memset(blanks, ' ', (4 << 10) * 50);
    blanks[(4 << 10) * 50] = '\0';
    world_ask(w, a, "{\"type\":\"list\"%s}", blanks);
    free(blanks);
    assert_in_range(count_served(w, a, 200), 48, 50);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 375, 1);
    settings->history_max = 5000;
    world_ask(w, b,
              "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
              "\"indicators\":[\"SMA(3)\"],\"history\":375}"); /* 100 bytes a bar, and 750 bars */
    assert_in_range(count_served(w, b, 200), 90, 96);
    world_destroy(&w);
}

/* Something that is no request at all is read as well, and so it counts. */
static void what_is_no_request_counts_as_one(void **state)
{
    static const char *const NONE[] = {"",
                                       "{",
                                       "[1,2",
                                       "7",
                                       "{}",
                                       "{\"type\":\"lisst\"}",
                                       "{\"type\":7}",
                                       "{\"type\":\"list\",\"id\":{}}"};
    (void)state;
    struct world *w = world_new_with(few);
    struct client *a = world_open(w, "alice", NULL);
    for (size_t i = 0; i < 10; i++)
        assert_says(world_ask(w, a, "%s", NONE[i % 8]), "BAD_REQUEST");
    for (size_t i = 0; i < 8; i++)
        assert_says(world_ask(w, a, "%s", NONE[i % 8]), "RATE_LIMITED");
    assert_says(world_ask(w, a, "{\"type\":\"list\",\"id\":\"x\"}"), "\"id\":\"x\"");
    assert_int_equal(limited(w, LIMIT_REQUESTS), 9);
    for (int i = 0; i < 300 && w->n_cut == 0; i++)
        world_ask(w, a, "{");
    assert_int_equal(w->last_cut, a->connection);
    world_destroy(&w);
}

static void to_look_for_a_name_among_many_counts_for_more(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    w->settings.symbols_max = 2100;
    w->settings.feed_bytes = (struct bucket_rate){1e12, 1e12};
    for (int i = 0; i < 2100; i++) {
        char symbol[16];
        snprintf(symbol, sizeof symbol, "SYMBOL%04d", i);
        world_tick(w, symbol, WORLD_OPEN_MS, 100);
    }
    struct client *a = world_open(w, "alice", NULL);
    size_t n = 0;
    while (
        !strstr(world_ask(w, a, "{\"type\":\"data\",\"symbol\":\"NONE\",\"timeframe\":\"1min\"}"),
                "RATE_LIMITED"))
        n++;
    assert_int_equal(n, 10 / 2);
    world_destroy(&w);
}

static void strangers_may_say_little(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    struct client *a = world_stranger(w), *b = world_stranger(w);
    for (int i = 0; i < 3; i++)
        assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "NOT_OPEN");
    char *request = world_open_request(w, "alice", NULL, "");
    assert_says(world_ask(w, a, "%s", request), "RATE_LIMITED");
    assert_int_equal(limited(w, LIMIT_STRANGER_REQUESTS), 1);
    assert_says(world_ask(w, b, "{\"type\":\"list\"}"), "NOT_OPEN"); /* another's is its own */
    world_pass(w, 1000);
    assert_says(world_ask(w, a, "%s", request), "opened");
    assert_int_equal(count_served(w, a, 9), 9);
    free(request);
    world_destroy(&w);
}

/* They need not say more, and to read it takes its time. */
static void strangers_may_say_nothing_with_many_values(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct client *a = world_stranger(w);
    struct buf text = {0};
    buf_put_text(&text, "{\"type\":\"feed_open\",\"x\":[");
    for (int i = 0; i < 30; i++)
        buf_put_text(&text, "0,");
    buf_put_text(&text, "0],\"id\":17 }");
    assert_says(world_ask(w, a, "%s", text.data), "\"id\":17,\"code\":\"NOT_OPEN\"");
    engine_on_feed(w->engine, "peer", 4, 900, NULL, 0, text.data, text.size, w->now);
    assert_says(w->feed.data, "TOO_LARGE");
    buf_destroy(&text);
    world_destroy(&w);
}

static void who_does_not_stop_is_cut_off(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    struct client *a = world_open(w, "alice", NULL), *b = world_stranger(w);
    count_served(w, a, 10 + 200);
    assert_int_equal(w->n_cut, 0);
    count_served(w, a, 1);
    assert_int_equal(w->n_cut, 1);
    assert_int_equal(w->last_cut, a->connection);
    count_served(w, b, 3 + 200);
    assert_int_equal(w->n_cut, 1);
    count_served(w, b, 1);
    assert_int_equal(w->n_cut, 2);
    assert_int_equal(w->last_cut, b->connection);
    assert_int_equal(limited(w, LIMIT_FLOOD), 2);
    size_t n_answers = a->n_replies + b->n_replies;
    count_served(w, a, 100); /* what was under way is not answered */
    count_served(w, b, 100);
    assert_int_equal(a->n_replies + b->n_replies, n_answers);
    world_pass(w, 150);
    world_ask(w, a, "{\"type\":\"list\"}");
    assert_int_equal(a->n_replies + b->n_replies, n_answers + 1);
    world_destroy(&w);
}

/* ---- who never opens anything -----------------------------------------------------------------
 */

static void who_opens_nothing_has_to_go(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    struct client *a = world_open(w, "alice", NULL), *b = world_stranger(w);
    engine_on_caller(w->engine, false, a->connection, w->now);
    count_served(w, a, 1); /* is who it was, on whatever connection */
    engine_on_caller(w->engine, false, b->connection, w->now);
    engine_on_caller(w->engine, true, 77, w->now);
    for (int i = 0; i < 49; i++) {
        world_pass(w, 1000);
        count_served(w, a, 1);
    }
    assert_int_equal(w->n_cut, 0);
    world_pass(w, 2000);
    assert_int_equal(w->n_cut, 2);
    assert_int_equal(limited(w, LIMIT_OPEN_WITHIN), 2);
    assert_int_not_equal(w->last_cut, a->connection);
    world_ask(w, a, "{\"type\":\"close\"}"); /* and is a stranger from now on */
    world_pass(w, 51000);
    assert_int_equal(w->n_cut, 3);
    assert_int_equal(w->last_cut, a->connection);
    world_destroy(&w);
}

static void crowd(struct core_settings *settings)
{
    settings->strangers_max = 3;
    settings->feed_strangers_max = 2;
}

static void among_strangers_the_oldest_makes_room(void **state)
{
    (void)state;
    struct world *w = world_new_with(crowd);
    struct client *a = world_open(w, "alice", NULL);
    for (uint64_t i = 900; i < 903; i++)
        engine_on_caller(w->engine, false, i, w->now);
    for (uint64_t i = 800; i < 802; i++)
        engine_on_caller(w->engine, true, i, w->now);
    assert_int_equal(w->n_cut, 0);
    engine_on_caller(w->engine, false, 903, w->now);
    assert_int_equal(w->last_cut, 900);
    engine_on_caller(w->engine, true, 802, w->now);
    assert_int_equal(w->last_cut, 800);
    engine_on_disconnected(w->engine, 901, w->now);
    engine_on_caller(w->engine, false, 904, w->now);
    assert_int_equal(w->n_cut, 2);
    assert_int_equal(limited(w, LIMIT_STRANGERS), 2);
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "subscriptions");
    world_destroy(&w);
}

static void nothing_is_kept_of_who_has_gone(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    for (uint64_t i = 100; i < 1100; i++) {
        engine_on_caller(w->engine, i % 2, i, w->now);
        if (i % 2)
            engine_on_feed_disconnected(w->engine, i);
        else
            engine_on_disconnected(w->engine, i, w->now);
    }
    assert_int_equal(callers_count(engine_core(w->engine)->callers), 0);
    assert_int_equal(callers_count(engine_core(w->engine)->feed_callers), 0);
    world_destroy(&w);
}

/* ---- what a session may have ------------------------------------------------------------------
 */

static void each_limit_has_its_code_and_its_counter(void **state)
{
    static const struct {
        const char *members, *code;
        enum limit limit;
    } ROWS[] = {
        {"\"timeframe\":\"2min\",\"indicators\":[\"SMA(2)\"]", "QUOTA_EXCEEDED",
         LIMIT_SUBSCRIPTIONS},
        {"\"timeframe\":\"1min\",\"indicators\":[\"SMA(3)\",\"SMA(4)\",\"SMA(5)\"]",
         "QUOTA_EXCEEDED", LIMIT_INDICATORS},
        {"\"timeframe\":\"1min\",\"indicators\":[\"SMA(3)\",\"SMA(4)\",\"SMA(5)\",\"SMA(6)\","
         "\"SMA(7)\"]",
         "QUOTA_EXCEEDED", LIMIT_INDICATORS_PER_REQUEST},
        {"\"timeframe\":\"1min\",\"indicators\":[\"SMA(3)\"],\"history\":11", "BAD_REQUEST",
         LIMIT_HISTORY},
        {"\"timeframe\":\"1min\",\"indicators\":[\"MEDIAN(300)\"]", "QUOTA_EXCEEDED",
         LIMIT_USER_STATE_BYTES},
    };
    (void)state;
    struct world *w = world_new_with(few);
    w->settings.requests = w->settings.user_requests = (struct bucket_rate){1000, 1000};
    w->settings.state_bytes_per_user = 4096;
    struct client *a = world_open(w, "alice", NULL);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 3, 1);
    static const char FORM[] = "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",%s}";
    world_ask(w, a, FORM, "\"timeframe\":\"1min\",\"indicators\":[\"SMA(2)\"]");
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assert_says(world_ask(w, a, FORM, ROWS[i].members), ROWS[i].code);
        assert_int_equal(limited(w, ROWS[i].limit), 1);
    }
    char *blanks = malloc(5000);
    snprintf(blanks, 5000, "%4999s", "");
    assert_says(world_ask(w, a, "{\"type\":\"list\"%s}", blanks), "TOO_LARGE");
    free(blanks);
    assert_int_equal(limited(w, LIMIT_FRAME_BYTES), 1);
    struct buf zeros = {0};
    for (int i = 0; i < 400; i++)
        buf_put_text(&zeros, "0,");
    assert_says(world_ask(w, a, "{\"type\":\"list\",\"x\":[%s0],\"id\":\"y\"}", zeros.data),
                "\"id\":\"y\",\"code\":\"TOO_LARGE\"");
    assert_says(world_ask(w, a, "{\"type\":\"list\",\"x\":[%s0],\"id\":[1,2]}", zeros.data),
                "{\"type\":\"error\",\"code\":\"TOO_LARGE\"");
    buf_destroy(&zeros);
    world_ask(w, a,
              "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
              "\"limit\":11}");
    assert_int_equal(limited(w, LIMIT_HISTORY), 2);
    assert_says(world_ask(w, a,
                          "{\"type\":\"unsubscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":"
                          "\"1min\",\"indicators\":[\"SMA_2\",\"SMA_2\",\"SMA_2\",\"SMA_2\","
                          "\"SMA_2\"]}"),
                "QUOTA_EXCEEDED");
    assert_says(world_ask(w, a, "{\"type\":\"stats\"}"),
                "\"limited\":{\"subscriptions\":1,\"indicators\":1,\"user_state_bytes\":1,"
                "\"indicators_per_request\":2,"
                "\"history\":2,\"frame_bytes\":1}");
    world_destroy(&w);
}

/* What it takes as its sources counts as well, and counts no longer when it is taken away. */
static void an_indicator_counts_with_its_sources(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    w->settings.indicators_per_session = 5;
    w->settings.indicators_per_user = 7;
    w->settings.requests = w->settings.user_requests = (struct bucket_rate){1000, 1000};
    struct client *a = world_open(w, "alice", NULL), *b = world_open(w, "alice", NULL);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 3, 1);
    static const char FORM[] = "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":"
                               "\"1min\",\"indicators\":[\"%s\"]}";
    static const char CHAIN[] = "SMA(2,source=EMA(3,source=RSI(4)))";
    for (unsigned i = 1; i <= 3; i++) {
        assert_says(world_ask(w, a, FORM, CHAIN), "subscribed");
        assert_says(world_ask(w, a, FORM, "SMA(3,source=EMA(3,source=RSI(4)))"), "QUOTA_EXCEEDED");
        assert_says(world_ask(w, a, FORM, "SMA(3,source=RSI(4))"), "subscribed");
        assert_says(world_ask(w, b, FORM, CHAIN), "QUOTA_EXCEEDED");
        assert_says(world_ask(w, b, FORM, "SMA(3,source=RSI(4))"), "subscribed");
        assert_int_equal(limited(w, LIMIT_INDICATORS), i);
        assert_int_equal(limited(w, LIMIT_USER_INDICATORS), i);
        assert_says(world_ask(w, a, "{\"type\":\"unsubscribe\"}"), "unsubscribed");
        assert_says(world_ask(w, b, "{\"type\":\"unsubscribe\"}"), "unsubscribed");
        engine_check(w->engine);
    }
    world_destroy(&w);
}

static void sessions_are_counted_in_all_and_by_user(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    world_open(w, "alice", NULL);
    world_open(w, "alice", NULL);
    char *again = world_open_request(w, "alice", NULL, ""),
         *other = world_open_request(w, "zoe", NULL, "");
    assert_says(world_ask(w, world_stranger(w), "%s", again), "QUOTA_EXCEEDED");
    assert_int_equal(limited(w, LIMIT_SESSIONS_PER_USER), 1);
    world_open(w, "bob", NULL);
    world_open(w, "carol", NULL);
    assert_says(world_ask(w, world_stranger(w), "%s", other), "BUSY");
    assert_int_equal(limited(w, LIMIT_SESSIONS), 1);
    free(again);
    free(other);
    world_destroy(&w);
}

/* ---- values -----------------------------------------------------------------------------------
 */

static void few_values(struct core_settings *settings)
{
    settings->sessions.values = (struct bucket_rate){10, 10};
    settings->indicators_per_user = 12;
}

/* What somebody watches on ticks, more than others do, comes late to that one alone; the newest
 * comes, it counts what it stands for, and closed bars are all there. */
static void who_watches_too_much_waits_for_it_alone(void **state)
{
    (void)state;
    struct world *w = world_new_with(few_values);
    struct client *a = world_open(w, "alice", NULL), *bob = world_open(w, "bob", NULL);
    static const char FORM[] = "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\","
                               "\"timeframe\":\"1min\",\"indicators\":[%s]}";
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
    world_ask(w, a, FORM,
              "\"SMA(2)\",\"SMA(3)\",\"SMA(4)\",\"SMA(5)\",\"EMA(2)\",\"EMA(3)\",\"EMA(4)\","
              "\"EMA(5)\",\"WMA(2)\",\"WMA(3)\"");
    world_ask(w, bob, FORM, "\"SMA(2)\"");
    int64_t bar_ms = WORLD_OPEN_MS + 5 * WORLD_MINUTE_MS;
    for (int i = 0; i < 9; i++)
        world_tick(w, "NIFTY50", bar_ms + i, 25000 + i);
    assert_int_equal(bob->n_items, 9);
    assert_int_equal(a->n_items, 1);
    buf_reset(&a->stream);
    world_pass(w, 900);
    assert_int_equal(a->n_items, 2); /* a second's worth is there again after that */
    assert_int_equal(delivery_counters(engine_core(w->engine)->delivery)->merged, 7);
    assert_says(a->stream.data, "\"close\":25008");
    assert_int_equal(limited(w, LIMIT_USER_VALUES), 0); /* counted when it is asked for */
    assert_says(world_ask(w, a, "{\"type\":\"stats\"}"), "\"user_values_per_second\":1");
    world_walk(w, "NIFTY50", bar_ms + WORLD_MINUTE_MS, 3, 2);
    assert_string_equal(strstr(a->closed.data, "\"bar\"") ? "closed" : "", "closed");
    size_t n_closed = 0;
    for (const char *at = a->closed.data; (at = strchr(at, '\n')); at++)
        n_closed++;
    assert_int_equal(n_closed, 4);
    assert_says(world_ask(w, a, FORM, "\"WMA(4)\",\"WMA(5)\",\"WMA(6)\""), "QUOTA_EXCEEDED");
    assert_int_equal(limited(w, LIMIT_USER_INDICATORS), 1);
    world_destroy(&w);
}

/* ---- feeds ------------------------------------------------------------------------------------
 */

static const char *feed(struct world *w, uint64_t connection, const char *seq, const char *text)
{
    buf_reset(&w->feed);
    engine_on_feed(w->engine, "peer", 4, connection, seq, seq ? strlen(seq) : 0, text, strlen(text),
                   w->now);
    engine_end_turn(w->engine, w->now);
    return w->feed.data ? w->feed.data : "";
}

static const char *open_feed(struct world *w, uint64_t connection, const char *source)
{
    char *open = world_open_request(w, "feeder", NULL, "feed");
    struct buf text = {0};
    buf_put_format(&text, "{\"type\":\"feed_open\",\"source\":\"%s\",%s", source,
                   strstr(open, "\"token\""));
    const char *said = feed(w, connection, NULL, text.data);
    buf_destroy(&text);
    free(open);
    return said;
}

static void sources_and_symbols_are_counted(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    assert_says(open_feed(w, 900, "one"), "feed_opened");
    assert_says(open_feed(w, 901, "two"), "feed_opened");
    assert_says(open_feed(w, 902, "three"), "QUOTA_EXCEEDED");
    assert_int_equal(limited(w, LIMIT_SOURCES), 1);
    assert_says(open_feed(w, 902, "two"), "feed_opened");
    assert_says(feed(w, 902, "1",
                     "[{\"s\":\"A\",\"t\":1762227901000,\"p\":1},"
                     "{\"s\":\"B\",\"t\":1762227901000,\"p\":1},"
                     "{\"s\":\"C\",\"t\":1762227901000,\"p\":1},"
                     "{\"s\":\"A\",\"t\":1762227901000,\"p\":1}]"),
                "{\"type\":\"reject\",\"seq\":1,\"index\":2,\"code\":\"BAD_SYMBOL\"");
    assert_null(strstr(w->feed.data, "\"index\":3"));
    assert_int_equal(limited(w, LIMIT_SYMBOLS), 1);
    world_destroy(&w);
}

/* 2000 bytes at once, 1000 a second: who waits for the ack never sends too much. */
static void a_feed_that_sends_too_much_has_to_wait(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    char text[937], seq[8];
    snprintf(text, sizeof text, "[%934s]", "");
    open_feed(w, 900, "one");
    assert_says(feed(w, 900, "1", text), "\"ack\",\"seq\":1");
    assert_says(feed(w, 900, "2", text), "\"ack\",\"seq\":2");
    assert_null(strstr(feed(w, 900, "3", text), "ack"));
    assert_null(strstr(feed(w, 900, "4", text), "error"));
    world_pass(w, 1900);
    assert_null(strstr(w->feed.data ? w->feed.data : "", "ack"));
    world_pass(w, 200);
    assert_says(w->feed.data, "\"ack\",\"seq\":4");
    for (int i = 5; i < 8; i++) {
        snprintf(seq, sizeof seq, "%d", i);
        assert_null(strstr(feed(w, 900, seq, text), "error"));
    }
    assert_says(feed(w, 900, "8", text), "RATE_LIMITED");
    assert_int_equal(limited(w, LIMIT_FEED_BYTES), 1);
    world_pass(w, 5100);
    assert_says(feed(w, 900, "8", text), "\"ack\",\"seq\":8");
    for (int i = 0; w->n_cut == 0 && i < 300; i++)
        feed(w, 900, "9", text);
    assert_int_equal(w->n_cut, 1);
    feed(w, 900, "9", text);
    assert_int_equal(w->feed.size, 0);
    assert_int_equal(w->last_cut, 900);
    world_destroy(&w);
}

static void a_stranger_to_the_feed_may_say_little(void **state)
{
    (void)state;
    struct world *w = world_new_with(few);
    for (int i = 0; i < 3; i++)
        assert_says(feed(w, 900, "1", "[]"), "NOT_OPEN");
    assert_says(feed(w, 900, "1", "[]"), "RATE_LIMITED");
    assert_says(feed(w, 901, "1", "[]"), "NOT_OPEN");
    assert_int_equal(limited(w, LIMIT_STRANGER_REQUESTS), 1);
    world_destroy(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_fills_by_time),
        cmocka_unit_test(a_debt_has_to_be_paid_first),
        cmocka_unit_test(a_session_has_its_rate_and_a_user_too),
        cmocka_unit_test(a_user_gets_rid_of_no_debt_by_closing),
        cmocka_unit_test(what_is_large_counts_for_more),
        cmocka_unit_test(what_is_no_request_counts_as_one),
        cmocka_unit_test(to_look_for_a_name_among_many_counts_for_more),
        cmocka_unit_test(strangers_may_say_little),
        cmocka_unit_test(strangers_may_say_nothing_with_many_values),
        cmocka_unit_test(who_does_not_stop_is_cut_off),
        cmocka_unit_test(who_opens_nothing_has_to_go),
        cmocka_unit_test(among_strangers_the_oldest_makes_room),
        cmocka_unit_test(nothing_is_kept_of_who_has_gone),
        cmocka_unit_test(each_limit_has_its_code_and_its_counter),
        cmocka_unit_test(an_indicator_counts_with_its_sources),
        cmocka_unit_test(sessions_are_counted_in_all_and_by_user),
        cmocka_unit_test(who_watches_too_much_waits_for_it_alone),
        cmocka_unit_test(sources_and_symbols_are_counted),
        cmocka_unit_test(a_feed_that_sends_too_much_has_to_wait),
        cmocka_unit_test(a_stranger_to_the_feed_may_say_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
