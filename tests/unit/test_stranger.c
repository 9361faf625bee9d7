/* What somebody can learn of others by asking: nothing. Two daemons are asked the same; in one of
 * them there is somebody else, with sessions, symbols, indicators and a feed. The answers are the
 * same to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/world.h"

enum { WITH, WITHOUT, WORLDS };

struct pair {
    struct world *worlds[WORLDS];
    struct client *asks[WORLDS];
};

static void open_with(struct world *w, struct client *client, const char *token, const char *more)
{
    world_ask(w, client, "{\"type\":\"open\",\"token\":\"%s\"%s}", token, more);
}

/* Somebody with a session by name, symbols of their own, indicators, a feed. */
static void move_in(struct world *w)
{
    struct client *victim = world_stranger(w);
    char *token = world_mint(w, (struct token_claims){.user = "victim"}, NULL);
    open_with(w, victim, token, ",\"session_id\":\"tab\"");
    assert_non_null(strstr(victim->reply.data, "opened"));
    world_walk(w, "VICTIMS", WORLD_OPEN_MS, 5, 1);
    assert_non_null(strstr(world_ask(w, victim,
                                     "{\"type\":\"subscribe\",\"symbol\":\"VICTIMS\","
                                     "\"timeframe\":\"1min\",\"indicators\":[\"RSI(3)\"]}"),
                           "subscribed"));
    assert_non_null(strstr(world_ask(w, victim,
                                     "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\","
                                     "\"timeframe\":\"1min\",\"indicators\":[\"EMA(3)\"]}"),
                           "subscribed"));
    free(token);
}

static void alike(struct core_settings *settings)
{
    settings->sessions.sessions_per_user = 2;
}

static void begin(struct pair *self)
{
    for (int i = 0; i < WORLDS; i++) {
        struct world *w = self->worlds[i] = world_new_repeatable(alike);
        world_walk(w, "NIFTY50", WORLD_OPEN_MS, 5, 1);
        self->asks[i] = world_stranger(w); /* the same key in both */
        if (i == WITH)
            move_in(w);
    }
    assert_string_equal(self->asks[WITH]->key, self->asks[WITHOUT]->key);
}

static void end(struct pair *self)
{
    for (int i = 0; i < WORLDS; i++)
        world_destroy(&self->worlds[i]);
}

/* Asks both the same, and gives the answer. */
static const char *ask(struct pair *self, const char *text)
{
    for (int i = 0; i < WORLDS; i++)
        world_ask(self->worlds[i], self->asks[i], "%s", text);
    if (strcmp(self->asks[WITH]->reply.data, self->asks[WITHOUT]->reply.data) != 0)
        fail_msg("%s\n%s\n%s", text, self->asks[WITH]->reply.data, self->asks[WITHOUT]->reply.data);
    return self->asks[WITH]->reply.data;
}

static const char *ask_with_token(struct pair *self, const char *type, struct token_claims claims,
                                  const char *secret, const char *more)
{
    char *token = world_mint(self->worlds[0], claims, secret);
    struct buf text = {0};
    buf_put_format(&text, "{\"type\":\"%s\",\"token\":\"%s\"%s}", type, token, more);
    const char *reply = ask(self, text.data);
    buf_destroy(&text);
    free(token);
    return reply;
}

static const char *const REQUESTS_OF_ALL_KINDS[] = {
    "{\"type\":\"list\"}",
    "{\"type\":\"data\",\"symbol\":\"VICTIMS\",\"timeframe\":\"1min\"}",
    "{\"type\":\"data\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\"}",
    "{\"type\":\"history\",\"symbol\":\"VICTIMS\",\"timeframe\":\"1min\"}",
    "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\"}",
    "{\"type\":\"unsubscribe\",\"symbol\":\"VICTIMS\",\"timeframe\":\"1min\"}",
    "{\"type\":\"unsubscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\"}",
    "{\"type\":\"unsubscribe\"}",
    "{\"type\":\"subscribe\",\"symbol\":\"VICTIMS\",\"timeframe\":\"1min\","
    "\"indicators\":[\"RSI(3)\"]}",
    "{\"type\":\"subscribe\",\"symbol\":\"VICTIM\",\"timeframe\":\"1min\","
    "\"indicators\":[\"RSI(3)\"]}",
    "{\"type\":\"resync\",\"last_seq\":0}",
    "{\"type\":\"symbols\"}",
    "{\"type\":\"symbols\",\"match\":\"VICTIMS\"}",
    "{\"type\":\"symbols\",\"match\":\"V*\"}",
    "{\"type\":\"stats\"}",
    "{\"type\":\"heartbeat\"}",
    "{\"type\":\"close\"}",
};
enum { N_REQUESTS = sizeof REQUESTS_OF_ALL_KINDS / sizeof *REQUESTS_OF_ALL_KINDS };

static void without_a_session(void **state)
{
    (void)state;
    struct pair pair;
    begin(&pair);
    for (int i = 0; i < N_REQUESTS; i++)
        assert_non_null(strstr(ask(&pair, REQUESTS_OF_ALL_KINDS[i]), "NOT_OPEN"));
    end(&pair);
}

/* With a session, and a token for other symbols: the other's are as if there were none. */
static void with_a_session(void **state)
{
    (void)state;
    struct pair pair;
    struct token_claims claims = {.user = "mallory", .has_symbols = true, .symbols = "NIFTY*\n"};
    begin(&pair);
    assert_non_null(strstr(ask_with_token(&pair, "open", claims, world_secret(), ""), "opened"));
    for (int i = 0; i < N_REQUESTS; i++)
        ask(&pair, REQUESTS_OF_ALL_KINDS[i]);
    end(&pair);
}

/* The name of another user's session is free. */
static void names_of_others(void **state)
{
    (void)state;
    struct pair pair;
    struct token_claims claims = {.user = "mallory"};
    begin(&pair);
    assert_non_null(
        strstr(ask_with_token(&pair, "open", claims, world_secret(), ",\"session_id\":\"tab\""),
               "opened"));
    ask(&pair, "{\"type\":\"close\"}");
    strcpy(claims.sid, "tab");
    assert_non_null(strstr(ask_with_token(&pair, "open", claims, world_secret(), ""), "opened"));
    strcpy(claims.user, "victim"); /* a token of the other's, for one's own session */
    assert_non_null(
        strstr(ask_with_token(&pair, "refresh", claims, world_secret(), ""), "FORBIDDEN"));
    end(&pair);
}

/* Who cannot show a token learns nothing of whom it would have been for. */
static void forged_tokens(void **state)
{
    static const char *const USERS[] = {"victim", "mallory", "nobody"};
    static const char FORGED[] = "ffffffffffffffffffffffffffffffffffffffffffffffff";
    (void)state;
    struct pair pair;
    begin(&pair);
    char *first = NULL;
    for (size_t i = 0; i < sizeof USERS / sizeof *USERS; i++) {
        struct token_claims claims = {.sid = "tab", .jti = "7"};
        strcpy(claims.user, USERS[i]);
        const char *reply = ask_with_token(&pair, "open", claims, FORGED, "");
        assert_non_null(strstr(reply, "UNAUTHENTICATED"));
        if (first)
            assert_string_equal(reply, first);
        else
            first = strdup(reply);
        claims.expires_at_s = 1; /* long past: that is not said before the signature is right */
        assert_string_equal(ask_with_token(&pair, "open", claims, FORGED, ""), first);
        strcpy(claims.kid, "nosuchkey");
        claims.expires_at_s = 0;
        assert_string_equal(ask_with_token(&pair, "open", claims, FORGED, ""), first);
        assert_string_equal(ask_with_token(&pair, "open", claims, world_secret(), ""), first);
    }
    free(first);
    end(&pair);
}

/* The keys that there are, by name, and those that there are not. */
static void names_of_keys(void **state)
{
    static const char FORGED[] = "ffffffffffffffffffffffffffffffffffffffffffffffff";
    (void)state;
    struct pair pair;
    begin(&pair);
    token_keys_add_secret(pair.worlds[WITH]->keys, "desk", world_secret(), strlen(world_secret()));
    struct token_claims claims = {.user = "mallory", .kid = "desk"};
    assert_non_null(strstr(ask_with_token(&pair, "open", claims, FORGED, ""), "UNAUTHENTICATED"));
    end(&pair);
}

/* ---- feeds ------------------------------------------------------------------------------------
 */

static void ask_feed(struct pair *self, uint64_t connection, const char *seq, const char *text)
{
    for (int i = 0; i < WORLDS; i++) {
        struct world *w = self->worlds[i];
        buf_reset(&w->feed);
        engine_on_feed(w->engine, "peer", 4, connection, seq, seq ? strlen(seq) : 0, text,
                       strlen(text), w->now);
        engine_end_turn(w->engine, w->now);
    }
    assert_non_null(strstr(self->worlds[WITH]->feed.data, "error"));
    assert_string_equal(self->worlds[WITH]->feed.data, self->worlds[WITHOUT]->feed.data);
}

/* A source that there is, and whose turn it would be. */
static void sources_of_others(void **state)
{
    static const unsigned SCOPES[] = {0, TOKEN_SCOPE_ADMIN};
    (void)state;
    struct pair pair;
    begin(&pair);
    engine_local_source(pair.worlds[WITHOUT]->engine, "test"); /* world_walk's own */
    engine_local_source(pair.worlds[WITH]->engine, "nse")->last_seq = 41;
    ask_feed(&pair, 7, "42", "[]");
    ask_feed(&pair, 7, "1", "[]");
    for (size_t i = 0; i < sizeof SCOPES / sizeof *SCOPES; i++) {
        struct token_claims claims = {.user = "mallory", .scopes = SCOPES[i]};
        char *token = world_mint(pair.worlds[0], claims, world_secret());
        struct buf text = {0};
        buf_put_format(&text, "{\"type\":\"feed_open\",\"source\":\"nse\",\"token\":\"%s\"}",
                       token);
        ask_feed(&pair, 7, NULL, text.data);
        buf_destroy(&text);
        free(token);
    }
    end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_session), cmocka_unit_test(with_a_session),
        cmocka_unit_test(names_of_others),   cmocka_unit_test(forged_tokens),
        cmocka_unit_test(names_of_keys),     cmocka_unit_test(sources_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
