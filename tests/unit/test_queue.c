/* What takes long is done a bit at a time: others are answered meanwhile, and what comes of it is
 * what would have come at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/sample_keys.h"
#include "tests/support/world.h"

#define DAY_MS INT64_C(86400000)

enum { BARS = 3000, DAY_BARS = 375 };

static const char DEAR[] =
    "{\"type\":\"subscribe\",\"id\":1,\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\",\"history\":"
    "700,"
    "\"indicators\":[\"SMA(5,source=EMA(9))\",\"RSI(14)\",\"EMA(7,timeframe=5min)\","
    "\"SMA(3,source=EMA(8,timeframe=15min))\",\"MACD(12,26,9)\",\"STOCH\",\"ATR(14)\"]}";
static const char FORGED[] = /* under ES256 */
    "{\"type\":\"open\",\"token\":\"eyJhbGciOiJFUzI1NiJ9.e30.AAAA\"}";
static const char FORGED_FEED[] = "{\"type\":\"feed_open\",\"source\":\"x\",\"token\":"
                                  "\"eyJhbGciOiJFUzI1NiJ9.e30.AAAA\"}";
static const char PAST[] = "{\"type\":\"history\",\"id\":2,\"symbol\":\"NIFTY50\",\"timeframe\":"
                           "\"1min\",\"limit\":2000}";

static void assert_says(const char *text, const char *wanted)
{
    if (!text || !strstr(text, wanted))
        fail_msg("no %s in %.300s", wanted, text ? text : "(nothing)");
}

/* Minutes of several days, a random walk. */
static void walk_days(struct world *w, const char *symbol, size_t first, size_t n)
{
    for (size_t day = first; day < first + n; day++)
        world_walk(w, symbol, WORLD_OPEN_MS - (int64_t)(20 - day) * DAY_MS, DAY_BARS,
                   (unsigned)day + 1);
}

static struct world *world_with_past(void (*change)(struct core_settings *settings))
{
    struct world *w = world_new_repeatable(change);
    walk_days(w, "NIFTY50", 0, BARS / DAY_BARS);
    return w;
}

/* How many bits it takes until the client has another reply. */
static size_t work_until_reply(struct world *w, const struct client *client)
{
    size_t n = 0, before = client->n_replies;
    while (client->n_replies == before) {
        bool is_more = engine_work(w->engine, w->now);
        engine_end_turn(w->engine, w->now);
        assert_true(is_more || client->n_replies > before);
        engine_check(w->engine);
        assert_true(n++ < 100000);
    }
    return n;
}

static void others_are_answered_meanwhile(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_open(w, "alice", NULL), *tab = world_open(w, "alice", "tab"),
                  *bob = world_open(w, "bob", NULL);
    size_t n = a->n_replies, n_tab = tab->n_replies;
    world_send(w, a, "%s", DEAR);
    world_send(w, a, "{\"type\":\"list\",\"id\":3}");
    for (int i = 0; i < 20; i++)
        assert_true(engine_work(w->engine, w->now));
    engine_end_turn(w->engine, w->now);
    assert_int_equal(a->n_replies, n);

    world_send(w, bob, "{\"type\":\"list\"}");
    world_send(w, tab, "{\"type\":\"heartbeat\"}");
    engine_end_turn(w->engine, w->now);
    assert_says(bob->reply.data, "\"subscriptions\":[]");
    assert_int_equal(tab->n_replies, n_tab + 1);

    world_send(w, bob,
               "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
               "\"indicators\":[\"SMA(2)\"]}");
    assert_true(work_until_reply(w, bob) < 200); /* beside alice's, which takes more */
    assert_says(bob->reply.data, "\"type\":\"subscribed\"");
    assert_int_equal(a->n_replies, n);
    assert_true(work_until_reply(w, a) > 100);
    assert_says(a->reply.data, "\"type\":\"subscribed\",\"id\":1");
    work_until_reply(w, a); /* what it asked for behind that comes behind it */
    assert_says(a->reply.data, "\"type\":\"subscriptions\",\"id\":3");
    assert_false(engine_work(w->engine, w->now));
    world_destroy(&w);
}

static void of_a_user_one_thing_is_done_at_a_time(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_open(w, "alice", NULL), *b = world_open(w, "alice", "b");
    world_send(w, a, "%s", DEAR);
    world_send(w, b, "%s", DEAR);
    size_t n = b->n_replies;
    size_t first = work_until_reply(w, a);
    assert_int_equal(b->n_replies, n);
    size_t second = work_until_reply(w, b); /* only its past: the rest is there by now */
    assert_true(second < first);
    assert_string_equal(a->reply.data, b->reply.data);
    world_destroy(&w);
}

/* Bars that close while it is under way are in it, and none is in it twice or comes behind it. */
static void what_closes_meanwhile_is_in_it(void **state)
{
    (void)state;
    struct world *slow = world_with_past(NULL), *fast = world_with_past(NULL);
    struct world *worlds[] = {slow, fast};
    struct client *clients[2];
    for (int i = 0; i < 2; i++)
        clients[i] = world_open(worlds[i], "alice", NULL);
    world_send(slow, clients[0], "%s", DEAR);
    for (size_t k = 0; k < 40; k++) {
        for (int i = 0; i < 7; i++)
            engine_work(slow->engine, slow->now);
        for (int i = 0; i < 2; i++)
            world_bar(worlds[i], "NIFTY50", WORLD_OPEN_MS + (int64_t)k * WORLD_MINUTE_MS,
                      25000 + (double)(k * 7 % 11));
    }
    assert_int_equal(clients[0]->n_replies, 1);
    world_work(slow);
    engine_end_turn(slow->engine, slow->now);
    world_ask(fast, clients[1], "%s", DEAR);
    assert_says(clients[0]->reply.data, "\"type\":\"subscribed\",\"id\":1");
    assert_string_equal(clients[0]->reply.data, clients[1]->reply.data);
    for (int i = 0; i < 2; i++) {
        world_bar(worlds[i], "NIFTY50", WORLD_OPEN_MS + 40 * WORLD_MINUTE_MS, 25003);
        world_bar(worlds[i], "NIFTY50", WORLD_OPEN_MS + 41 * WORLD_MINUTE_MS, 25001);
        world_ask(worlds[i], clients[i], "%s", PAST);
    }
    assert_string_equal(clients[0]->closed.data, clients[1]->closed.data);
    assert_string_equal(clients[0]->reply.data, clients[1]->reply.data);
    world_destroy(&slow);
    world_destroy(&fast);
}

/* Whatever others have under way of the same things, to her it all comes to the same. */
static void what_others_wait_for_changes_nothing(void **state)
{
    (void)state;
    struct world *alone = world_with_past(NULL), *crowded = world_with_past(NULL);
    struct world *worlds[] = {alone, crowded};
    struct client *a[2], *crowd[4];
    for (int i = 0; i < 2; i++)
        a[i] = world_open(worlds[i], "alice", NULL);
    for (int i = 0; i < 4; i++)
        crowd[i] = world_open(crowded, i < 2 ? "bob" : "carol", i % 2 ? "tab" : NULL);
    for (size_t k = 0; k < 60; k++) {
        world_send(crowded, crowd[k % 4], "%s", k % 8 < 4 ? DEAR : PAST);
        world_send(crowded, crowd[k % 4],
                   k % 3 ? "{\"type\":\"symbols\"}" : "{\"type\":\"unsubscribe\"}");
        for (int i = 0; i < 25; i++)
            engine_work(crowded->engine, crowded->now);
        if (k % 10 == 5)
            for (int i = 0; i < 2; i++)
                world_send(worlds[i], a[i], "%s", k == 5 ? DEAR : PAST);
        if (k % 10 == 5)
            for (int i = 0; i < 2; i++)
                work_until_reply(worlds[i], a[i]);
        for (int i = 0; i < 2; i++) {
            int64_t bar_ms = WORLD_OPEN_MS + (int64_t)k * WORLD_MINUTE_MS;
            world_tick(worlds[i], "NIFTY50", bar_ms + 5000, 25000 + (double)(k * 7 % 11));
            world_tick(worlds[i], "NIFTY50", bar_ms + 50000, 25000 + (double)(k * 3 % 11));
        }
    }
    assert_true(a[0]->closed.size > 0);
    assert_string_equal(a[0]->all.data, a[1]->all.data);
    world_work(crowded);
    world_destroy(&alone);
    world_destroy(&crowded);
}

static void short_past(struct core_settings *settings)
{
    settings->market.history_bars = 2000;
}

/* The oldest days are dropped while it is under way: it begins anew. */
static void a_history_that_is_cut_meanwhile_is_begun_anew(void **state)
{
    static const char *const REQUESTS[] = {DEAR, PAST};
    (void)state;
    for (size_t request = 0; request < 2; request++) {
        struct world *slow = world_with_past(short_past), *fast = world_with_past(short_past);
        struct client *a = world_open(slow, "alice", NULL), *b = world_open(fast, "alice", NULL);
        if (request == 1) {
            world_ask(slow, a, "%s", DEAR);
            world_ask(fast, b, "%s", DEAR);
        }
        world_send(slow, a, "%s", REQUESTS[request]);
        for (int i = 0; i < 25; i++)
            assert_true(engine_work(slow->engine, slow->now));
        size_t before = a->n_replies;
        walk_days(slow, "NIFTY50", 8, 1);
        walk_days(fast, "NIFTY50", 8, 1);
        assert_int_equal(a->n_replies, before);
        world_work(slow);
        engine_end_turn(slow->engine, slow->now);
        world_ask(fast, b, "%s", REQUESTS[request]);
        assert_string_equal(a->reply.data, b->reply.data);
        world_destroy(&slow);
        world_destroy(&fast);
    }
}

/* A new day of another symbol cuts that one's past, and nobody who asks for this one begins anew.
 */
static void a_history_that_is_cut_elsewhere_delays_nobody(void **state)
{
    enum { AT_ONCE = 20, MOST = 4000 };
    (void)state;
    struct world *w = world_with_past(short_past);
    struct client *a = world_open(w, "alice", NULL), *bob = world_open(w, "bob", NULL);
    size_t day = 0, n = 0, before = a->n_replies;
    walk_days(w, "BANKNIFTY", day, 8);
    day = 8;
    world_ask(w, bob,
              "{\"type\":\"subscribe\",\"symbol\":\"BANKNIFTY\",\"timeframe\":\"1min\","
              "\"updates\":\"close\",\"indicators\":[\"SMA(2)\"]}");
    world_send(w, a, "%s", DEAR);
    while (a->n_replies == before) {
        assert_true(n < MOST);
        for (int i = 0; i < AT_ONCE; i++)
            engine_work(w->engine, w->now);
        n += AT_ONCE;
        walk_days(w, "BANKNIFTY", day++, 1);
    }
    assert_true(n > 2 * AT_ONCE); /* it was cut in the midst of it */
    assert_says(a->reply.data, "\"type\":\"subscribed\"");
    world_destroy(&w);
}

static void whoever_goes_meanwhile_leaves_nothing_behind(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    for (int way = 0; way < 4; way++) {
        struct client *a = world_open(w, "alice", NULL);
        world_send(w, a, "%s", DEAR);
        for (int i = 0; i < 30 * way + 1; i++)
            engine_work(w->engine, w->now);
        world_send(w, a, "%s", PAST);
        world_send(w, a, "{\"type\":\"close\"}");
        world_send(w, a, "{\"type\":\"list\",\"id\":9}");
        if (way % 2) {
            a->is_there = false;
            engine_on_disconnected(w->engine, a->connection, w->now);
            world_pass(w, w->settings.resume_ms + 1000);
        }
        world_work(w);
        engine_end_turn(w->engine, w->now);
        if (way % 2 == 0)
            assert_says(a->reply.data, "\"id\":9,\"code\":\"NOT_OPEN\"");
        assert_int_equal(sessions_count(engine_core(w->engine)->sessions), 0);
        assert_int_equal(world_instances(w), 0);
        engine_check(w->engine);
    }
    world_send(w, world_open(w, "bob", NULL), "%s", DEAR); /* the engine ends in the midst of it */
    for (int i = 0; i < 20; i++)
        engine_work(w->engine, w->now);
    world_destroy(&w);
}

/* A session that fell silent is asked for something just before it would end. */
static void who_comes_in_time_is_not_too_late(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_open(w, "alice", NULL);
    const struct session *session = sessions_at(engine_core(w->engine)->sessions, 0);
    while (session->is_attached)
        world_pass(w, 50);
    world_pass(w, w->settings.resume_ms - 200);
    world_send(w, a, "%s", DEAR);
    engine_work(w->engine, w->now);
    world_pass(w, 1000);
    assert_int_equal(sessions_count(engine_core(w->engine)->sessions), 1);
    work_until_reply(w, a);
    assert_says(a->reply.data, "\"type\":\"subscribed\",\"id\":1");
    world_destroy(&w);
}

static void a_token_that_expires_meanwhile_gets_nothing(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_open(w, "alice", NULL);
    world_send(w, a, "%s", DEAR);
    for (int i = 0; i < 20; i++)
        engine_work(w->engine, w->now);
    world_send(w, a, "{\"type\":\"heartbeat\"}");
    w->now.wall_ms += 100 * DAY_MS;
    world_pass(w, 200);
    world_work(w);
    engine_end_turn(w->engine, w->now);
    assert_says(a->all.data, "\"id\":1,\"code\":\"TOKEN_EXPIRED\"");
    assert_null(strstr(a->all.data, "\"type\":\"subscribed\""));
    assert_int_equal(world_instances(w), 0);
    world_destroy(&w);
}

/* It waits as long as others do, and may be good no longer by then. */
static void a_token_is_judged_when_its_turn_comes(void **state)
{
    static const char *const OUTCOMES[] = {"\"opened\"", "TOKEN_EXPIRED", "UNAUTHENTICATED"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world *w = world_new();
        struct client *a = world_stranger(w);
        token_keys_add_public(w->keys, "ec-1", SAMPLE_EC_PUBLIC, strlen(SAMPLE_EC_PUBLIC));
        w->now.wall_ms = (SAMPLE_EC_TOKEN_TO_S - 1) * INT64_C(1000);
        world_send(w, a, "{\"type\":\"open\",\"token\":\"%s\"}", SAMPLE_EC_TOKEN);
        assert_int_equal(a->n_replies, 0);
        if (i == 1)
            w->now.wall_ms += 1000;
        if (i == 2)
            token_keys_revoke(w->keys, "7f");
        world_work(w);
        engine_end_turn(w->engine, w->now);
        assert_int_equal(a->n_replies, 1);
        assert_says(a->reply.data, OUTCOMES[i]);
        assert_int_equal(sessions_count(engine_core(w->engine)->sessions), i == 0);
        world_destroy(&w);
    }
}

/* The ids in all that the client has been sent are these, one after the other. */
static void assert_in_order(const struct client *client, int first, int n)
{
    const char *at = client->all.data;
    for (int id = first; id < first + n; id++) {
        char member[32];
        size_t size = (size_t)snprintf(member, sizeof member, "\"id\":%d", id);
        at = strstr(at, "\"id\":");
        if (!at || strncmp(at, member, size) != 0 || isdigit((unsigned char)at[size]))
            fail_msg("no %s where it is due: %.60s", member, at ? at : "(nothing)");
        at += size;
    }
}

/* Whoever is refused learns of it when what was asked before has been answered. */
static void so_many_may_wait_and_no_more(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_open(w, "alice", NULL), *b = world_stranger(w);
    size_t n = a->n_replies;
    world_send(w, a, "%s", DEAR);
    for (int i = 0; i < 300; i++)
        world_send(w, a, "{\"type\":\"list\",\"id\":%d}", 2 + i);
    for (int i = 0; i < 300; i++)
        world_send(w, b, "%s", FORGED);
    engine_end_turn(w->engine, w->now);
    assert_int_equal(a->n_replies - n, 0);
    assert_int_equal(b->n_replies, 0);
    assert_int_equal(engine_core(w->engine)->counters.errors[ERR_BUSY], 300 - 255 + 300 - 256);
    world_work(w);
    engine_end_turn(w->engine, w->now);
    assert_int_equal(a->n_replies - n, 301);
    assert_in_order(a, 1, 301);
    assert_says(strstr(a->all.data, "\"id\":256"), "\"id\":257,\"code\":\"BUSY\"");
    assert_int_equal(b->n_replies, 300);
    assert_says(b->reply.data, "BUSY");
    const char *first_busy = strstr(b->all.data, "BUSY");
    assert_null(strstr(first_busy, "UNAUTHENTICATED"));
    world_destroy(&w);
}

static void impatient(struct core_settings *settings)
{
    settings->requests = (struct bucket_rate){1, 10};
}

static void whoever_asks_too_much_is_told_in_its_turn(void **state)
{
    enum { MOST = 1000 };
    (void)state;
    struct world *w = world_with_past(impatient);
    struct client *a = world_open(w, "alice", NULL);
    int id = 1;
    size_t n = a->n_replies;
    world_send(w, a, "%s", DEAR);
    while (w->n_cut == 0 && id < MOST)
        world_send(w, a, "{\"type\":\"list\",\"id\":%d}", ++id);
    assert_int_equal(w->last_cut, a->connection); /* he goes on, whether he has been told or not */
    assert_int_equal(a->n_replies, n);
    world_work(w);
    engine_end_turn(w->engine, w->now);
    assert_int_equal(a->n_replies - n, id);
    assert_in_order(a, 1, id - 1); /* for the last one he was cut off, and it was not read */
    assert_says(a->reply.data, "RATE_LIMITED");
    world_destroy(&w);
}

/* Who connects and asks once does not wait for all that others ask for ever again. */
static void strangers_take_turns(void **state)
{
    enum { CROWD = 10 };
    (void)state;
    struct world *w = world_new();
    struct client *crowd[CROWD], *newcomer;
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = world_stranger(w);
        for (int k = 0; k < 50; k++)
            world_send(w, crowd[i], "%s", FORGED);
    }
    newcomer = world_stranger(w);
    world_send(w, newcomer, "%s", FORGED);
    assert_int_equal(newcomer->n_replies, 0);
    for (int i = 0; i <= CROWD; i++)
        assert_true(engine_work(w->engine, w->now));
    assert_int_equal(newcomer->n_replies, 1);
    char *request = world_open_request(w, "alice", NULL, "");
    world_send(w, newcomer, "%s", request); /* a token that takes no time does not wait at all */
    engine_end_turn(w->engine, w->now);
    assert_says(newcomer->reply.data, "opened");
    world_send(w, crowd[0], "%s", request); /* unless it comes behind one that does */
    engine_end_turn(w->engine, w->now);
    assert_null(strstr(crowd[0]->reply.data, "opened"));
    free(request);
    world_work(w);
    world_destroy(&w);
}

/* The check of a token takes as long as many bits of a user's request. */
static void strangers_do_not_slow_down_who_has_a_session(void **state)
{
    enum { BITS = 300 };
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_open(w, "alice", NULL);
    world_send(w, a, "%s", DEAR);
    uint64_t before = engine_core(w->engine)->counters.requests;
    for (int i = 0; i < BITS; i++) {
        world_send(w, world_stranger(w), "%s", FORGED); /* one at a time: there is no line */
        engine_on_feed(w->engine, "x", 1, 900, NULL, 0, FORGED_FEED, strlen(FORGED_FEED), w->now);
        engine_work(w->engine, w->now);
    }
    uint64_t n_opens = engine_core(w->engine)->counters.requests - before, n_feeds = 0;
    for (const char *at = w->feed.data; (at = strstr(at, "UNAUTHENTICATED")); at++)
        n_feeds++;
    assert_true(n_opens > 0 && n_opens <= BITS / 40); /* but they have their turn */
    assert_true(n_feeds > 0 && n_feeds <= BITS / 40);
    world_work(w);
    world_destroy(&w);
}

static void strangers_who_have_gone_get_nothing_done(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct client *gone = world_stranger(w), *stays = world_stranger(w);
    for (int i = 0; i < 50; i++)
        world_send(w, gone, "%s", FORGED);
    world_send(w, stays, "%s", FORGED);
    gone->is_there = false;
    engine_on_disconnected(w->engine, gone->connection, w->now);
    uint64_t before = engine_core(w->engine)->counters.requests;
    world_work(w);
    assert_true(engine_core(w->engine)->counters.requests - before == 1);
    assert_int_equal(stays->n_replies, 1);
    world_destroy(&w);
}

static void feeds_that_open_take_turns(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (int i = 0; i < 50; i++)
        engine_on_feed(w->engine, "crowd", 5, 900, NULL, 0, FORGED_FEED, strlen(FORGED_FEED),
                       w->now);
    engine_on_feed(w->engine, "one", 3, 901, NULL, 0, FORGED_FEED, strlen(FORGED_FEED), w->now);
    assert_int_equal(w->feed.size, 0);
    assert_true(engine_end_turn(w->engine, w->now) <= w->now.mono_ms); /* it is not to sleep */
    assert_true(engine_work(w->engine, w->now));
    size_t size = w->feed.size;
    assert_says(w->feed.data, "UNAUTHENTICATED");
    engine_on_feed_disconnected(w->engine, 900);
    assert_true(engine_work(w->engine, w->now));
    assert_true(w->feed.size > size);
    size = w->feed.size;
    world_work(w); /* of the others nobody is there any more */
    assert_int_equal(w->feed.size, size);
    world_destroy(&w);
}

/* What comes behind `open` before that is answered keeps its place. */
static void what_was_asked_behind_open_is_the_sessions(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_stranger(w);
    char *request = world_open_request(w, "alice", NULL, "");
    world_send(w, a, "%s", FORGED);
    world_send(w, a, "%s", request);
    world_send(w, a, "%s", DEAR);
    world_send(w, a, "{\"type\":\"list\",\"id\":2}");
    while (!a->reply.data || !strstr(a->reply.data, "opened")) {
        engine_work(w->engine, w->now);
        engine_end_turn(w->engine, w->now);
    }
    world_send(w, a, "{\"type\":\"list\",\"id\":3}");
    size_t n = a->n_replies;
    work_until_reply(w, a);
    assert_says(a->reply.data, "\"type\":\"subscribed\"");
    work_until_reply(w, a);
    assert_says(a->reply.data, "\"id\":2");
    work_until_reply(w, a);
    assert_says(a->reply.data, "\"id\":3");
    assert_int_equal(a->n_replies, n + 3);
    free(request);
    world_destroy(&w);
}

/* It counts in the end, and then nothing is answered until that is paid. */
static void few(struct core_settings *settings)
{
    settings->requests = settings->user_requests = (struct bucket_rate){1, 5};
}

static void what_it_took_counts_in_the_end(void **state)
{
    (void)state;
    struct world *w = world_with_past(few);
    struct client *a = world_open(w, "alice", NULL);
    world_send(w, a, "%s", DEAR);
    engine_work(w->engine, w->now);
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "subscriptions");
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "RATE_LIMITED");
    world_destroy(&w);
}

static void more_values_than_a_reply_may_have(void **state)
{
    (void)state;
    struct world *w = world_with_past(NULL);
    struct client *a = world_open(w, "alice", NULL);
    w->settings.history_values_max = 6999; /* ten values of 700 bars are more */
    assert_says(world_ask(w, a, "%s", DEAR), "TOO_LARGE");
    assert_int_equal(engine_core(w->engine)->counters.limited[LIMIT_HISTORY_VALUES], 1);
    assert_int_equal(world_instances(w), 0);
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "\"subscriptions\":[]");
    w->settings.history_values_max = 7000;
    assert_says(world_ask(w, a, "%s", DEAR), "subscribed");
    assert_says(world_ask(w, a, "%s", PAST), "TOO_LARGE");
    world_destroy(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_answered_meanwhile),
        cmocka_unit_test(of_a_user_one_thing_is_done_at_a_time),
        cmocka_unit_test(what_closes_meanwhile_is_in_it),
        cmocka_unit_test(what_others_wait_for_changes_nothing),
        cmocka_unit_test(a_history_that_is_cut_meanwhile_is_begun_anew),
        cmocka_unit_test(a_history_that_is_cut_elsewhere_delays_nobody),
        cmocka_unit_test(whoever_goes_meanwhile_leaves_nothing_behind),
        cmocka_unit_test(who_comes_in_time_is_not_too_late),
        cmocka_unit_test(a_token_that_expires_meanwhile_gets_nothing),
        cmocka_unit_test(a_token_is_judged_when_its_turn_comes),
        cmocka_unit_test(so_many_may_wait_and_no_more),
        cmocka_unit_test(whoever_asks_too_much_is_told_in_its_turn),
        cmocka_unit_test(strangers_take_turns),
        cmocka_unit_test(strangers_do_not_slow_down_who_has_a_session),
        cmocka_unit_test(strangers_who_have_gone_get_nothing_done),
        cmocka_unit_test(feeds_that_open_take_turns),
        cmocka_unit_test(what_was_asked_behind_open_is_the_sessions),
        cmocka_unit_test(what_it_took_counts_in_the_end),
        cmocka_unit_test(more_values_than_a_reply_may_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
