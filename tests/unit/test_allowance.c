/* What a token lets a session do: how long (expiry, revocation, keys that change), and what it may
 * see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/says.h"
#include "tests/support/world.h"

/* A token that is good for so long. */
static char *mint(const struct world *w, const char *user, const char *sid, const char *jti,
                  int64_t seconds)
{
    struct token_claims claims = {.expires_at_s = w->now.wall_ms / 1000 + seconds};
    strcpy(claims.user, user);
    strcpy(claims.sid, sid);
    strcpy(claims.jti, jti);
    return world_mint(w, claims, NULL);
}

static struct client *open_for(struct world *w, const char *user, const char *jti, int64_t seconds)
{
    struct client *client = world_stranger(w);
    char *token = mint(w, user, "", jti, seconds);
    assert_says(world_ask(w, client, "{\"type\":\"open\",\"token\":\"%s\"}", token), "opened");
    assert_says(world_ask(w, client,
                          "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
                          "\"indicators\":[\"SMA(3)\"]}"),
                "subscribed");
    free(token);
    return client;
}

static const char *refresh(struct world *w, struct client *client, const char *user,
                           const char *sid)
{
    char *token = mint(w, user, sid, "", 3600);
    const char *reply = world_ask(w, client, "{\"type\":\"refresh\",\"token\":\"%s\"}", token);
    free(token);
    return reply;
}

/* Time passes for a client that sends its heartbeats. */
static void live(struct world *w, struct client *client, int64_t ms)
{
    for (; ms > 0; ms -= 10000) {
        world_pass(w, ms < 10000 ? ms : 10000);
        world_ask(w, client, "{\"type\":\"heartbeat\"}");
    }
}

static struct world *open_market(void)
{
    struct world *w = world_new();
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 10, 1);
    return w;
}

static void after_expiry_nothing_is_delivered_until_a_fresh_token_comes(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_for(w, "alice", "", 100);
    live(w, a, 39000);
    assert_never_says(a->stream.data, "TOKEN_EXPIRING");
    live(w, a, 2000);
    assert_says(a->stream.data, "\"code\":\"TOKEN_EXPIRING\"");
    live(w, a, 58500);
    assert_never_says(a->stream.data, "TOKEN_EXPIRED");
    world_pass(w, 600);
    assert_says(a->stream.data, "\"code\":\"TOKEN_EXPIRED\"");

    size_t n_before = a->n_items;
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 10 * WORLD_MINUTE_MS, 5, 2);
    world_tick(w, "NIFTY50", WORLD_OPEN_MS + 15 * WORLD_MINUTE_MS + 1000, 25000);
    live(w, a, 20000);
    assert_int_equal(a->n_items, n_before);
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "TOKEN_EXPIRED");
    assert_int_equal(a->n_items, n_before);

    buf_reset(&a->stream);
    assert_says(refresh(w, a, "alice", ""), "refreshed");
    assert_int_equal(a->n_items, n_before + 2); /* how it stands, and from where to ask */
    assert_says(a->stream.data, "\"closed\":false");
    assert_says(a->stream.data, "\"code\":\"LAGGING\"");
    assert_says(a->stream.data, "\"bar\":\"2025-11-04T03:55:00.000Z\"}");
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 16 * WORLD_MINUTE_MS, 1, 2);
    assert_true(a->n_items > n_before + 2);
    world_destroy(&w);
}

static void a_refresh_in_time_is_not_noticed(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_for(w, "alice", "", 20);
    live(w, a, 10000);
    assert_says(refresh(w, a, "bob", ""), "FORBIDDEN");
    assert_says(refresh(w, a, "alice", "other-tab"), "FORBIDDEN");
    assert_says(refresh(w, a, "alice", ""), "refreshed");
    live(w, a, 30000);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 10 * WORLD_MINUTE_MS, 2, 2);
    assert_never_says(a->stream.data, "TOKEN_EXPIRED");
    assert_says(a->stream.data, "\"closed\":true");
    world_destroy(&w);
}

static void what_waited_for_a_slow_reader_expires_with_the_token(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_for(w, "alice", "", 20);
    a->is_reading = false;
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 10 * WORLD_MINUTE_MS, 3, 2);
    world_pass(w, 21000);
    a->is_reading = true;
    world_pass(w, 1000);
    assert_never_says(a->stream.data, "market_update");
    assert_says(a->stream.data, "TOKEN_EXPIRED");
    buf_reset(&a->stream);
    assert_says(refresh(w, a, "alice", ""), "refreshed");
    assert_says(a->stream.data, "\"code\":\"LAGGING\"");
    assert_says(a->stream.data, "\"bar\":\"2025-11-04T03:55:00.000Z\"}");
    world_destroy(&w);
}

static void a_connection_alone_revives_nothing(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_for(w, "alice", "", 20);
    a->is_there = false;
    engine_on_disconnected(w->engine, a->connection, w->now);
    world_pass(w, 10000);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 10 * WORLD_MINUTE_MS, 3, 2);
    world_pass(w, 11000);
    a->is_there = true;
    buf_reset(&a->stream);
    engine_on_connected(w->engine);
    world_pass(w, 1000);
    assert_null(strstr(a->stream.data ? a->stream.data : "", "market_update"));
    a->connection += 1000;
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "TOKEN_EXPIRED");
    assert_null(strstr(a->stream.data ? a->stream.data : "", "market_update"));
    world_destroy(&w);
}

static void without_a_good_token_a_session_ends_like_a_detached_one(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_for(w, "alice", "", 20);
    live(w, a, 79000);
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "TOKEN_EXPIRED");
    assert_int_equal(world_instances(w), 1);
    live(w, a, 2000);
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "NOT_OPEN");
    assert_int_equal(world_instances(w), 0);
    world_destroy(&w);
}

/* Takes other keys into force, as SIGHUP does. */
static void set_keys(struct world *w, struct token_keys *keys)
{
    struct token_keys *before = w->keys;
    w->keys = keys;
    w->settings.keys = keys;
    engine_on_new_keys(w->engine, before, w->now);
    token_keys_destroy(&before);
}

static void revoking_a_token_ends_delivery_to_its_session_alone(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_for(w, "alice", "a-1", 3600), *b = open_for(w, "alice", "a-2", 3600);
    struct token_keys *keys = token_keys_new();
    token_keys_add_secret(keys, "", world_secret(), strlen(world_secret()));
    token_keys_revoke(keys, "a-1");
    set_keys(w, keys);
    assert_says(a->stream.data, "\"code\":\"TOKEN_EXPIRED\"");
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "TOKEN_EXPIRED");
    size_t n_before = a->n_items;
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 10 * WORLD_MINUTE_MS, 3, 2);
    assert_int_equal(a->n_items, n_before);
    assert_never_says(b->stream.data, "TOKEN_EXPIRED");
    assert_says(b->stream.data, "\"closed\":true");
    assert_says(refresh(w, a, "alice", ""), "refreshed");
    world_destroy(&w);
}

static void a_key_that_is_gone_takes_its_sessions_with_it(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_for(w, "alice", "", 3600);
    struct token_keys *same = token_keys_new(), *other = token_keys_new();
    token_keys_add_secret(same, "", world_secret(), strlen(world_secret()));
    token_keys_add_secret(same, "more", "another secret of thirty-two bytes", 34);
    set_keys(w, same);
    assert_says(world_ask(w, a, "{\"type\":\"list\"}"), "subscriptions");
    token_keys_add_secret(other, "", "another secret of thirty-two bytes", 34);
    set_keys(w, other);
    assert_says(a->stream.data, "\"code\":\"TOKEN_EXPIRED\"");
    assert_says(refresh(w, a, "alice", ""), "UNAUTHENTICATED");
    world_destroy(&w);
}

static const char *feed(struct world *w, const char *seq, const char *text)
{
    buf_reset(&w->feed);
    engine_on_feed(w->engine, "feeder", 6, 7, seq, seq ? strlen(seq) : 0, text, strlen(text),
                   w->now);
    engine_end_turn(w->engine, w->now);
    return w->feed.data;
}

static void a_feed_goes_with_its_token_too(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct token_claims claims = {.user = "feeder",
                                  .jti = "f-1",
                                  .scopes = TOKEN_SCOPE_FEED,
                                  .expires_at_s = w->now.wall_ms / 1000 + 3600};
    struct buf open = {0};
    char *token;
    token_mint(world_secret(), strlen(world_secret()), &claims, 0, &token, NULL);
    buf_put_format(&open, "{\"type\":\"feed_open\",\"source\":\"s\",\"token\":\"%s\"}", token);
    assert_says(feed(w, NULL, open.data), "feed_opened");
    assert_says(feed(w, "1", "[]"), "ack");
    struct token_keys *keys = token_keys_new();
    token_keys_add_secret(keys, "", world_secret(), strlen(world_secret()));
    token_keys_revoke(keys, "f-1");
    set_keys(w, keys);
    assert_says(feed(w, "2", "[]"), "TOKEN_EXPIRED");
    assert_says(feed(w, NULL, open.data), "UNAUTHENTICATED");
    buf_destroy(&open);
    free(token);
    world_destroy(&w);
}

/* ---- symbols ----------------------------------------------------------------------------------
 */

/* A token for these symbols (globs, a newline behind each). */
static char *mint_for(const struct world *w, const char *user, const char *symbols, unsigned scopes)
{
    struct token_claims claims = {
        .expires_at_s = w->now.wall_ms / 1000 + 3600, .has_symbols = true, .scopes = scopes};
    char *token = NULL;
    strcpy(claims.user, user);
    strcpy(claims.symbols, symbols);
    assert_int_equal(token_mint(world_secret(), strlen(world_secret()), &claims,
                                w->now.wall_ms / 1000, &token, NULL),
                     ERR_OK);
    return token;
}

static struct client *open_on(struct world *w, const char *user, const char *symbols)
{
    struct client *client = world_stranger(w);
    char *token = mint_for(w, user, symbols, 0);
    assert_says(world_ask(w, client, "{\"type\":\"open\",\"token\":\"%s\"}", token), "opened");
    free(token);
    return client;
}

static const char *subscribe(struct world *w, struct client *client, const char *symbol)
{
    return world_ask(w, client,
                     "{\"type\":\"subscribe\",\"symbol\":\"%s\",\"timeframe\":\"1min\","
                     "\"indicators\":[\"SMA(3)\"]}",
                     symbol);
}

static void what_one_may_not_see_is_not_there(void **state)
{
    static const char *const TYPES[] = {"data", "history", "unsubscribe"};
    (void)state;
    struct world *with = world_new(), *without = world_new();
    for (int i = 0; i < 2; i++) {
        struct world *w = i == 0 ? with : without;
        world_walk(w, "NIFTY50", WORLD_OPEN_MS, 3, 1);
        world_walk(w, "NIFTY500", WORLD_OPEN_MS, 3, 1);
    }
    world_walk(with, "BANKNIFTY", WORLD_OPEN_MS, 3, 1);
    struct client *a = open_on(with, "alice", "NIFTY*\n"),
                  *b = open_on(without, "alice", "NIFTY*\n");
    assert_says(subscribe(with, a, "NIFTY50"), "subscribed");
    assert_says(subscribe(with, a, "BANKNIFTY"), "UNKNOWN_SYMBOL");
    subscribe(without, b, "BANKNIFTY");
    assert_string_equal(a->reply.data, b->reply.data);
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        static const char FORM[] = "{\"type\":\"%s\",\"symbol\":\"%s\",\"timeframe\":\"1min\"}";
        world_ask(with, a, FORM, TYPES[i], "BANKNIFTY");
        world_ask(without, b, FORM, TYPES[i], "BANKNIFTY");
        assert_says(a->reply.data, "UNKNOWN_SYMBOL");
        assert_string_equal(a->reply.data, b->reply.data);
    }
    world_ask(with, a, "{\"type\":\"symbols\"}");
    world_ask(without, b, "{\"type\":\"symbols\"}");
    assert_says(a->reply.data, "NIFTY500");
    assert_string_equal(a->reply.data, b->reply.data);
    world_destroy(&with);
    world_destroy(&without);
}

static void no_symbols_are_none_and_no_claim_is_all(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct client *a = open_on(w, "alice", ""), *b = world_open(w, "bob", NULL);
    assert_says(subscribe(w, a, "NIFTY50"), "UNKNOWN_SYMBOL");
    assert_says(world_ask(w, a, "{\"type\":\"symbols\"}"), "\"symbols\":[]");
    assert_says(subscribe(w, b, "NIFTY50"), "subscribed");
    world_destroy(&w);
}

static void a_narrower_token_ends_what_it_does_not_allow(void **state)
{
    (void)state;
    struct world *w = open_market();
    world_walk(w, "M&M", WORLD_OPEN_MS, 10, 1);
    struct client *a = open_on(w, "alice", "NIFTY50\nM&M\n");
    char *narrow = mint_for(w, "alice", "M?M\n", 0);
    subscribe(w, a, "NIFTY50");
    subscribe(w, a, "M&M");
    assert_int_equal(world_instances(w), 2);
    assert_says(world_ask(w, a, "{\"type\":\"refresh\",\"token\":\"%s\"}", narrow), "refreshed");
    assert_int_equal(world_instances(w), 1);
    assert_never_says(world_ask(w, a, "{\"type\":\"list\"}"), "NIFTY50");
    assert_says(a->reply.data, "M&M");
    size_t n_before = a->n_items;
    world_walk(w, "NIFTY50", WORLD_OPEN_MS + 10 * WORLD_MINUTE_MS, 3, 1);
    assert_int_equal(a->n_items, n_before);
    free(narrow);
    world_destroy(&w);
}

static void a_session_that_outlived_a_restart_is_what_its_token_says(void **state)
{
    (void)state;
    struct world *w = world_new_kept(NULL);
    world_walk(w, "NIFTY50", WORLD_OPEN_MS, 3, 1);
    world_walk(w, "M&M", WORLD_OPEN_MS, 3, 1);
    struct client *a = open_on(w, "alice", "NIFTY50\nM&M\n");
    subscribe(w, a, "NIFTY50");
    subscribe(w, a, "M&M");
    for (int i = 0; i < 3; i++) {
        world_settle(w, true);
        world_pass(w, 50);
    }
    world_kill(w);
    assert_int_equal(world_instances(w), 2);
    char *narrow = mint_for(w, "alice", "M?M\n", 0);
    assert_says(world_ask(w, a, "{\"type\":\"open\",\"token\":\"%s\"}", narrow),
                "\"resumed\":true");
    assert_says(a->reply.data, "M&M");
    assert_never_says(a->reply.data, "NIFTY50");
    assert_int_equal(world_instances(w), 1);
    assert_says(subscribe(w, a, "NIFTY50"), "UNKNOWN_SYMBOL");
    assert_never_says(a->stream.data, "NIFTY50");
    free(narrow);
    world_destroy(&w);
}

static void a_feed_sends_its_own_symbols_only(void **state)
{
    (void)state;
    struct world *w = open_market();
    struct buf open = {0};
    char *token = mint_for(w, "feeder", "MINE*\n", TOKEN_SCOPE_FEED);
    buf_put_format(&open, "{\"type\":\"feed_open\",\"source\":\"s\",\"token\":\"%s\"}", token);
    assert_says(feed(w, NULL, open.data), "feed_opened");
    assert_says(feed(w, "1",
                     "[{\"s\":\"MINE1\",\"t\":1762227901000,\"p\":1},"
                     "{\"s\":\"NIFTY50\",\"t\":1762227901000,\"p\":1}]"),
                "\"index\":1,\"code\":\"BAD_SYMBOL\"");
    assert_never_says(w->feed.data, "\"index\":0");
    buf_destroy(&open);
    free(token);
    world_destroy(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_expiry_nothing_is_delivered_until_a_fresh_token_comes),
        cmocka_unit_test(a_refresh_in_time_is_not_noticed),
        cmocka_unit_test(what_waited_for_a_slow_reader_expires_with_the_token),
        cmocka_unit_test(a_connection_alone_revives_nothing),
        cmocka_unit_test(without_a_good_token_a_session_ends_like_a_detached_one),
        cmocka_unit_test(revoking_a_token_ends_delivery_to_its_session_alone),
        cmocka_unit_test(a_key_that_is_gone_takes_its_sessions_with_it),
        cmocka_unit_test(a_feed_goes_with_its_token_too),
        cmocka_unit_test(what_one_may_not_see_is_not_there),
        cmocka_unit_test(no_symbols_are_none_and_no_claim_is_all),
        cmocka_unit_test(a_narrower_token_ends_what_it_does_not_allow),
        cmocka_unit_test(a_session_that_outlived_a_restart_is_what_its_token_says),
        cmocka_unit_test(a_feed_sends_its_own_symbols_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
