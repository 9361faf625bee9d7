/* The client against a daemon that is played here, step by step, in the same thread: each test says
 * what the client must ask, and what it is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/client/indsub.h"
#include "common/protocol/ids.h"

enum { PATIENCE_MS = 10000 };

/* Minute n after 2025-11-04T05:00Z. */
#define MINUTE(n) (1762232400000 + (n)*60000LL)

struct stage {
    void *zmq, *router;
    char endpoint[64];
    indsub_t *client;
    char peer[64]; /* who asked last */
    size_t peer_size;
    cJSON *asked;
    char heard[4096]; /* what the callbacks were told: "c:5 f:6 LOST ..." */
    int n_replies;
    indsub_err_t reply_err;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the client's side ---------------------------------------------------------------- */

static void hear(struct stage *stage, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void hear(struct stage *stage, const char *fmt, ...)
{
    size_t used = strlen(stage->heard);
    va_list args;
    va_start(args, fmt);
    vsnprintf(stage->heard + used, sizeof stage->heard - used, fmt, args);
    va_end(args);
}

/* "c5 " a closed bar of minute 5, "f6 " a forming one; the origin's letter before it. */
static void on_update(indsub_t *client, const indsub_update_t *update, void *context)
{
    static const char ORIGINS[] = {[INDSUB_LIVE] = 'l',
                                   [INDSUB_SNAPSHOT] = 's',
                                   [INDSUB_HISTORY] = 'h',
                                   [INDSUB_RECOVERED] = 'r'};
    const indsub_bar_t *bar = indsub_update_bar(update);
    (void)client;
    hear(context, "%c%c%lld ", ORIGINS[indsub_update_origin(update)], bar->closed ? 'c' : 'f',
         (long long)((bar->start_ms - MINUTE(0)) / 60000));
}

static void on_event(indsub_t *client, const indsub_event_t *event, void *context)
{
    static const char *const NAMES[] = {"OPENED", "LOST", "RESUMED", "GAP_FILLED", "ENDED"};
    (void)client;
    hear(context, "%s%s%s%s ", NAMES[event->kind], event->restarted ? "-anew" : "",
         event->err ? "-" : "", event->err ? indsub_err_name(event->err) : "");
    if (event->n_recovered > 0)
        hear(context, "(%zu) ", event->n_recovered);
}

static void on_notice(indsub_t *client, const indsub_notice_t *notice, void *context)
{
    (void)client;
    hear(context, "%s ", notice->code);
}

static void on_bar_complete(indsub_t *client, const char *timeframe, int64_t bar_ms, void *context)
{
    (void)client;
    hear(context, "complete-%s-%lld ", timeframe, (long long)((bar_ms - MINUTE(0)) / 60000));
}

static void on_public(indsub_t *client, const char *topic, const char *body, size_t size,
                      void *context)
{
    (void)client;
    hear(context, "%s=%.*s ", topic, (int)size, body);
}

static void on_reply(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    struct stage *stage = context;
    (void)client;
    stage->n_replies++;
    stage->reply_err = indsub_reply_error(reply);
}

static void assert_heard(struct stage *stage, const char *wanted)
{
    assert_string_equal(stage->heard, wanted);
    stage->heard[0] = '\0';
}

/* ---- the daemon's side ---------------------------------------------------------------- */

static void bind_router(struct stage *stage)
{
    int one = 1, zero = 0;
    size_t size = sizeof stage->endpoint;
    stage->router = zmq_socket(stage->zmq, ZMQ_ROUTER);
    zmq_setsockopt(stage->router, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(stage->router, ZMQ_ROUTER_HANDOVER, &one, sizeof one);
    int64_t end_ms = now_ms() + PATIENCE_MS;
    const char *where = stage->endpoint[0] ? stage->endpoint : "tcp://127.0.0.1:*";
    while (zmq_bind(stage->router, where) != 0) /* the old socket takes a moment to go */
        assert_true(now_ms() < end_ms);
    assert_int_equal(zmq_getsockopt(stage->router, ZMQ_LAST_ENDPOINT, stage->endpoint, &size), 0);
}

static bool take_request(struct stage *stage)
{
    char text[4096];
    int size = zmq_recv(stage->router, stage->peer, sizeof stage->peer, ZMQ_DONTWAIT);
    if (size < 0)
        return false;
    stage->peer_size = (size_t)size;
    size = zmq_recv(stage->router, text, sizeof text, 0);
    assert_in_range(size, 1, sizeof text);
    cJSON_Delete(stage->asked);
    stage->asked = json_parse(text, (size_t)size, NULL);
    assert_non_null(stage->asked);
    return true;
}

static const char *asked_text(const struct stage *stage, const char *member)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(stage->asked, member));
    return text ? text : "";
}

static double asked_number(const struct stage *stage, const char *member)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(stage->asked, member);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static void reply(struct stage *stage, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The client's next request but heartbeats, which are answered; it must be of that type. */
static void expect(struct stage *stage, const char *type)
{
    int64_t end_ms = now_ms() + PATIENCE_MS;
    for (;;) {
        if (take_request(stage)) {
            if (strcmp(asked_text(stage, "type"), "heartbeat") != 0)
                break;
            reply(stage, "\"type\":\"heartbeat_ack\"");
        }
        indsub_poll(stage->client, 1);
        if (now_ms() > end_ms)
            fail_msg("waited in vain for %s; heard: %s", type, stage->heard);
    }
    assert_string_equal(asked_text(stage, "type"), type);
}

static void reply(struct stage *stage, const char *fmt, ...)
{
    char text[8192];
    int n = snprintf(text, sizeof text, "{\"id\":%lld,", (long long)asked_number(stage, "id"));
    va_list args;
    va_start(args, fmt);
    n += vsnprintf(text + n, sizeof text - (size_t)n, fmt, args);
    va_end(args);
    n += snprintf(text + n, sizeof text - (size_t)n, "}");
    zmq_send(stage->router, stage->peer, stage->peer_size, ZMQ_SNDMORE);
    assert_int_equal(zmq_send(stage->router, text, (size_t)n, 0), n);
}

static void refuse(struct stage *stage, const char *code)
{
    reply(stage, "\"type\":\"error\",\"code\":\"%s\",\"temporary\":false,\"message\":\"no\"", code);
}

/* Several bars, as "c5 f6": closed of minute 5, forming of minute 6, with commas between them. */
static const char *bars(char *out, size_t size, const char *list)
{
    size_t used = 0;
    out[0] = '\0';
    for (; *list; list += strcspn(list, " "), list += strspn(list, " ")) {
        char start[FEEDTIME_TEXT_SIZE];
        feedtime_format(MINUTE(atoi(list + 1)), start);
        used += (size_t)snprintf(
            out + used, size - used,
            "%s{\"type\":\"market_update\",\"symbol\":\"A\",\"timeframe\":\"1min\","
            "\"timestamp\":\"%s\",\"bar\":\"%s\",\"closed\":%s,\"ohlcv\":{\"open\":1,\"high\":1,"
            "\"low\":1,\"close\":1,\"volume\":0},\"greeks\":null,\"oi\":null,"
            "\"indicators\":{\"mine\":1}}",
            used ? "," : "", start, start, list[0] == 'c' ? "true" : "false");
    }
    return out;
}

static void push_body(struct stage *stage, const char *seq, const char *body)
{
    zmq_send(stage->router, stage->peer, stage->peer_size, ZMQ_SNDMORE);
    zmq_send(stage->router, seq, strlen(seq), ZMQ_SNDMORE);
    zmq_send(stage->router, body, strlen(body), 0);
}

static void push(struct stage *stage, const char *seq, const char *bar)
{
    char body[1024];
    push_body(stage, seq, bars(body, sizeof body, bar));
}

/* Lets the client work until it has heard that. */
static void until_heard(struct stage *stage, const char *wanted)
{
    int64_t end_ms = now_ms() + PATIENCE_MS;
    while (!strstr(stage->heard, wanted)) {
        indsub_poll(stage->client, 1);
        if (now_ms() > end_ms)
            fail_msg("waited in vain for %s; heard: %s", wanted, stage->heard);
    }
}

static void until_replied(struct stage *stage, int n)
{
    int64_t end_ms = now_ms() + PATIENCE_MS;
    while (stage->n_replies < n) {
        indsub_poll(stage->client, 1);
        assert_true(now_ms() < end_ms);
    }
}

/* ---- scenes --------------------------------------------------------------------------- */

static void reply_opened(struct stage *stage, const char *epoch, int seq, bool resumed)
{
    reply(stage,
          "\"type\":\"opened\",\"protocol\":1,\"user_id\":\"u\",\"session_id\":\"s1\","
          "\"epoch\":\"%s\",\"seq\":%d,\"public\":\"tcp://127.0.0.1:5571\",\"heartbeat_ms\":200,"
          "\"resume_ms\":60000,\"resumed\":%s,\"subscriptions\":[],\"limits\":{\"history\":3}",
          epoch, seq, resumed ? "true" : "false");
}

static void reply_subscribed(struct stage *stage, const char *snapshot, const char *history)
{
    char a[1024], b[4096];
    reply(stage,
          "\"type\":\"subscribed\",\"symbol\":\"A\",\"timeframe\":\"1min\",\"indicators\":"
          "{\"mine\":{\"name\":\"RSI\",\"params\":{\"length\":14,\"scalar\":0.1},\"outputs\":"
          "[\"RSI\"],\"warm\":true,\"bars\":0}},\"rejected\":{},\"snapshot\":%s,\"history\":[%s]",
          snapshot ? bars(a, sizeof a, snapshot) : "null", bars(b, sizeof b, history));
}

static void reply_history(struct stage *stage, const char *updates)
{
    char text[4096];
    reply(stage, "\"type\":\"history\",\"updates\":[%s]", bars(text, sizeof text, updates));
}

static void reply_resynced(struct stage *stage, const char *updates, int seq, bool complete)
{
    char text[4096];
    reply(stage, "\"type\":\"resynced\",\"updates\":[%s],\"seq\":%d,\"complete\":%s",
          bars(text, sizeof text, updates), seq, complete ? "true" : "false");
}

static void subscribe(struct stage *stage, unsigned history)
{
    indsub_subscription_t what = {.symbol = "A",
                                  .timeframe = "1min",
                                  .indicators = "{\"mine\":{\"name\":\"RSI\"}}",
                                  .updates = INDSUB_UPDATES_TICK,
                                  .history = history};
    assert_int_equal(indsub_subscribe(stage->client, &what, on_reply, stage), INDSUB_OK);
}

/* An open session with a subscription whose bar 5 is forming. */
static void begin_stream(struct stage *stage)
{
    indsub_open(stage->client, "token", NULL, on_reply, stage);
    expect(stage, "open");
    assert_string_equal(asked_text(stage, "token"), "token");
    reply_opened(stage, "e1", 0, false);
    subscribe(stage, 0);
    expect(stage, "subscribe");
    reply_subscribed(stage, "f5", "");
    until_replied(stage, 2);
    assert_heard(stage, "OPENED sf5 ");
}

static void lose_connection(struct stage *stage)
{
    int64_t end_ms = now_ms() + PATIENCE_MS;
    zmq_close(stage->router);
    while (indsub_is_connected(stage->client)) {
        indsub_poll(stage->client, 1);
        assert_true(now_ms() < end_ms);
    }
    bind_router(stage);
}

/* What a client that has lost the connection asks of a daemon that has been started anew. */
static void reopen_anew(struct stage *stage, const char *epoch)
{
    expect(stage, "resync");
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    reply_opened(stage, epoch, 0, true);
    expect(stage, "subscribe");
    reply_subscribed(stage, NULL, "");
}

static int begin(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    stage->zmq = zmq_ctx_new();
    bind_router(stage);
    stage->client = indsub_new(stage->endpoint);
    assert_non_null(stage->client);
    indsub_on_update(stage->client, on_update, stage);
    indsub_on_event(stage->client, on_event, stage);
    indsub_on_notice(stage->client, on_notice, stage);
    indsub_on_bar_complete(stage->client, on_bar_complete, stage);
    indsub_on_public(stage->client, on_public, stage);
    *state = stage;
    return 0;
}

static int end(void **state)
{
    struct stage *stage = *state;
    indsub_destroy(&stage->client);
    assert_null(stage->client);
    cJSON_Delete(stage->asked);
    zmq_close(stage->router);
    zmq_ctx_term(stage->zmq);
    free(stage);
    return 0;
}

/* ---- tests ---------------------------------------------------------------------------- */

static void the_key_is_drawn_anew_for_each_client(void **state)
{
    struct stage *stage = *state;
    char first[KEY_SIZE];
    indsub_t *other = indsub_new(stage->endpoint);
    indsub_open(stage->client, "t", NULL, on_reply, stage);
    expect(stage, "open");
    assert_true(session_key_is_valid(stage->peer, stage->peer_size));
    memcpy(first, stage->peer, KEY_SIZE);
    indsub_open(other, "t", NULL, on_reply, stage);
    int64_t end_ms = now_ms() + PATIENCE_MS;
    while (!take_request(stage) && now_ms() < end_ms)
        indsub_poll(other, 1);
    assert_true(session_key_is_valid(stage->peer, stage->peer_size));
    assert_memory_not_equal(first, stage->peer, KEY_SIZE);
    indsub_destroy(&other);
}

static void bars_come_as_they_are_pushed(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "f5");
    push(stage, "2 7", "f5");
    push(stage, "3", "c5");
    push(stage, "4", "f6");
    push_body(stage, "5",
              "{\"type\":\"bar_complete\",\"timeframe\":\"1min\","
              "\"bar\":\"2025-11-04T05:05:00.000Z\"}");
    push_body(stage, "6", "{\"type\":\"notice\",\"code\":\"FEED_STALE\",\"message\":\"?\"}");
    push_body(stage, "7", "{\"type\":\"heartbeat\",\"feed_age_ms\":120}");
    push_body(stage, "8", "{\"type\":\"something new\"}");
    push(stage, "9", "c6");
    until_heard(stage, "c6");
    assert_heard(stage, "lf5 lf5 lc5 lf6 complete-1min-5 FEED_STALE lc6 ");
    assert_int_equal(indsub_feed_age_ms(stage->client), 120);
}

static void pairs_in_one_message_are_all_taken(void **state)
{
    struct stage *stage = *state;
    char five[1024], six[1024];
    begin_stream(stage);
    bars(five, sizeof five, "c5");
    bars(six, sizeof six, "c6");
    zmq_send(stage->router, stage->peer, stage->peer_size, ZMQ_SNDMORE);
    zmq_send(stage->router, "1", 1, ZMQ_SNDMORE);
    zmq_send(stage->router, five, strlen(five), ZMQ_SNDMORE);
    zmq_send(stage->router, "2", 1, ZMQ_SNDMORE);
    zmq_send(stage->router, six, strlen(six), 0);
    until_heard(stage, "c6");
    assert_heard(stage, "lc5 lc6 ");
}

static void history_comes_before_the_snapshot(void **state)
{
    struct stage *stage = *state;
    indsub_open(stage->client, "token", "tab", on_reply, stage);
    expect(stage, "open");
    assert_string_equal(asked_text(stage, "session_id"), "tab");
    reply_opened(stage, "e1", 0, false);
    subscribe(stage, 2);
    expect(stage, "subscribe");
    assert_int_equal(asked_number(stage, "history"), 2);
    reply_subscribed(stage, "f5", "c3 c4");
    until_heard(stage, "f5");
    assert_heard(stage, "OPENED hc3 hc4 sf5 ");
    assert_string_equal(indsub_session_id(stage->client), "s1");
    assert_string_equal(indsub_public_endpoint(stage->client), "tcp://127.0.0.1:5571");
}

static void a_gap_is_filled_once_and_in_order(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "c5");
    push(stage, "4", "c8"); /* 2 and 3 were c6 and c7 */
    push(stage, "5", "f9");
    push(stage, "6", "f9");
    expect(stage, "resync");
    assert_int_equal(asked_number(stage, "last_seq"), 1);
    push(stage, "7", "c9"); /* after the daemon has answered, before it arrives */
    reply_resynced(stage, "c6 c7 c8 c9", 7, true);
    push(stage, "8", "f10");
    until_heard(stage, "f10");
    assert_heard(stage, "lc5 rc6 rc7 rc8 rc9 GAP_FILLED (4) lf10 ");
}

static void what_resync_does_not_have_history_has(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "c5");
    push(stage, "9", "f10");
    expect(stage, "resync");
    reply_resynced(stage, "c9", 9, false);
    expect(stage, "history"); /* in pages of three, as `limits` say */
    assert_string_equal(asked_text(stage, "from"), "2025-11-04T05:05:00.001Z");
    assert_int_equal(asked_number(stage, "limit"), 3);
    reply_history(stage, "c6 c7 c8");
    expect(stage, "history");
    assert_string_equal(asked_text(stage, "from"), "2025-11-04T05:08:00.001Z");
    reply_history(stage, "c9");
    until_heard(stage, "f10");
    assert_heard(stage, "lc5 rc6 rc7 rc8 rc9 GAP_FILLED (4) lf10 ");
}

static void a_lost_connection_is_resumed(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "c5");
    until_heard(stage, "c5");
    lose_connection(stage);
    assert_heard(stage, "lc5 LOST ");
    assert_false(indsub_is_open(stage->client));
    expect(stage, "resync");
    assert_int_equal(asked_number(stage, "last_seq"), 1);
    push(stage, "3", "f7");
    reply_resynced(stage, "c6", 3, true);
    until_heard(stage, "f7");
    assert_heard(stage, "rc6 RESUMED (1) lf7 ");
    assert_true(indsub_is_open(stage->client));
}

static void a_daemon_that_forgot_is_told_everything_anew(void **state)
{
    struct stage *stage = *state;
    char text[2048];
    begin_stream(stage);
    push(stage, "1", "c5");
    until_heard(stage, "c5");
    memcpy(text, stage->peer, stage->peer_size);
    lose_connection(stage);
    expect(stage, "resync");
    assert_memory_equal(text, stage->peer, stage->peer_size); /* the same key */
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    assert_string_equal(asked_text(stage, "token"), "token");
    reply_opened(stage, "e2", 0, false);
    expect(stage, "subscribe");
    cJSON *wanted = cJSON_GetObjectItem(stage->asked, "indicators");
    char *indicators = cJSON_PrintUnformatted(wanted);
    assert_string_equal(indicators,
                        "{\"mine\":{\"name\":\"RSI\",\"params\":{\"length\":14,\"scalar\":0.1}}}");
    free(indicators);
    assert_string_equal(asked_text(stage, "updates"), "tick");
    reply_subscribed(stage, "f8", "");
    push(stage, "1", "f8");
    expect(stage, "history");
    assert_string_equal(asked_text(stage, "from"), "2025-11-04T05:05:00.001Z");
    reply_history(stage, "c6 c7");
    until_heard(stage, "f8");
    assert_heard(stage, "lc5 LOST rc6 rc7 RESUMED-anew (2) lf8 ");
}

/* The first daemon had told of bar 9 when it was killed; the second has not got that far. */
static void bars_of_a_daemon_that_is_gone_do_not_hide_those_of_the_next(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "c5");
    until_heard(stage, "c5");
    lose_connection(stage);
    reopen_anew(stage, "e2");
    push(stage, "1", "c9");
    expect(stage, "history");
    lose_connection(stage);
    reopen_anew(stage, "e3");
    expect(stage, "history");
    assert_string_equal(asked_text(stage, "from"), "2025-11-04T05:05:00.001Z");
    reply_history(stage, "c6 c7");
    push(stage, "1", "c8");
    push(stage, "2", "c9");
    until_heard(stage, "c9");
    assert_heard(stage, "lc5 LOST rc6 rc7 RESUMED-anew (2) lc8 lc9 ");
}

/* The numbers that a resync asks by are those of another daemon then. */
static void an_open_that_is_answered_on_the_next_connection_counts(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "c5");
    until_heard(stage, "c5");
    lose_connection(stage);
    expect(stage, "resync");
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    cJSON *open = stage->asked;
    stage->asked = NULL;
    lose_connection(stage);
    expect(stage, "resync"); /* on the next connection: what is sent before might go to the last */
    cJSON *resync = stage->asked;
    stage->asked = open;
    reply_opened(stage, "e2", 0, true);
    cJSON_Delete(open);
    stage->asked = resync;
    push(stage, "1", "c6");
    push(stage, "2", "c7");
    reply_resynced(stage, "c7", 2, true);
    expect(stage, "subscribe");
    reply_subscribed(stage, "f8", "");
    expect(stage, "history");
    assert_string_equal(asked_text(stage, "from"), "2025-11-04T05:05:00.001Z");
    reply_history(stage, "c6 c7");
    until_heard(stage, "f8");
    assert_heard(stage, "lc5 LOST rc6 rc7 RESUMED-anew (2) lf8 ");
}

static void a_request_waits_until_the_session_is_whole(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    indsub_list(stage->client, on_reply, stage);
    expect(stage, "list"); /* the daemon has it, and dies */
    lose_connection(stage);
    indsub_catalog(stage->client, "RSI", on_reply, stage);
    expect(stage, "resync");
    reply(stage, "\"type\":\"resynced\",\"updates\":[],\"seq\":0,\"complete\":true");
    expect(stage, "list");
    reply(stage, "\"type\":\"subscriptions\",\"subscriptions\":[]");
    expect(stage, "catalog");
    assert_string_equal(asked_text(stage, "name"), "RSI");
    reply(stage, "\"type\":\"catalog\",\"indicators\":[]");
    until_replied(stage, 4);
    assert_int_equal(stage->reply_err, INDSUB_OK);
}

static void not_open_reopens_and_asks_again(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    indsub_list(stage->client, on_reply, stage);
    expect(stage, "list");
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    reply_opened(stage, "e1", 0, false);
    expect(stage, "subscribe");
    reply_subscribed(stage, "f5", "");
    expect(stage, "history"); /* it was forming when last seen: it may have closed */
    assert_string_equal(asked_text(stage, "from"), "2025-11-04T05:05:00.000Z");
    reply(stage, "\"type\":\"history\",\"updates\":[]");
    expect(stage, "list");
    reply(stage, "\"type\":\"subscriptions\",\"subscriptions\":[]");
    until_replied(stage, 3);
    assert_int_equal(stage->reply_err, INDSUB_OK);
}

static void what_is_refused_is_tried_again(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    lose_connection(stage);
    expect(stage, "resync");
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    reply_opened(stage, "e2", 0, false);
    expect(stage, "subscribe");
    refuse(stage, "UNKNOWN_SYMBOL");
    until_heard(stage, "RESUMED");
    assert_heard(stage, "LOST RESUMED-anew ");
    expect(stage, "subscribe");
    reply_subscribed(stage, "f6", "");
    expect(stage, "history");
    reply(stage, "\"type\":\"history\",\"updates\":[]");
    until_heard(stage, "f6");
    assert_heard(stage, "lf6 "); /* it has been told once */
}

static void lagging_leads_to_history(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "c5");
    push_body(stage, "2",
              "{\"type\":\"notice\",\"code\":\"LAGGING\",\"message\":\"slow\","
              "\"symbol\":\"A\",\"timeframe\":\"1min\","
              "\"bar\":\"2025-11-04T05:06:00.000Z\"}");
    push(stage, "3", "c8");
    expect(stage, "history");
    assert_string_equal(asked_text(stage, "from"), "2025-11-04T05:05:00.001Z");
    reply_history(stage, "c6 c7");
    until_heard(stage, "c8");
    assert_heard(stage, "lc5 LAGGING rc6 rc7 GAP_FILLED (2) lc8 ");
}

static void a_token_that_is_good_no_more_ends_it(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    lose_connection(stage);
    indsub_list(stage->client, on_reply, stage);
    expect(stage, "resync");
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    refuse(stage, "TOKEN_EXPIRED");
    until_heard(stage, "ENDED");
    assert_heard(stage, "LOST ENDED-TOKEN_EXPIRED ");
    assert_int_equal(stage->reply_err, INDSUB_ERR_TOKEN_EXPIRED);
    /* With another token all comes back. */
    indsub_open(stage->client, "newer", NULL, on_reply, stage);
    expect(stage, "open");
    assert_string_equal(asked_text(stage, "token"), "newer");
    reply_opened(stage, "e2", 0, false);
    expect(stage, "subscribe");
    reply_subscribed(stage, "f9", "");
    expect(stage, "history");
    reply(stage, "\"type\":\"history\",\"updates\":[]");
    until_heard(stage, "f9");
    assert_heard(stage, "OPENED RESUMED-anew lf9 ");
}

static void a_refreshed_token_is_the_one_to_reopen_with(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    indsub_refresh(stage->client, "refused", on_reply, stage);
    expect(stage, "refresh");
    refuse(stage, "FORBIDDEN");
    until_replied(stage, 3);
    indsub_refresh(stage->client, "newer", on_reply, stage);
    expect(stage, "refresh");
    assert_string_equal(asked_text(stage, "token"), "newer");
    reply(stage, "\"type\":\"refreshed\"");
    until_replied(stage, 4);
    lose_connection(stage);
    expect(stage, "resync");
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    assert_string_equal(asked_text(stage, "token"), "newer");
}

static void what_is_unsubscribed_is_not_asked_for_again(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    indsub_unsubscribe(stage->client, "A", "1min", NULL, on_reply, stage);
    expect(stage, "unsubscribe");
    reply(stage, "\"type\":\"unsubscribed\",\"subscriptions\":[]");
    until_replied(stage, 3);
    lose_connection(stage);
    expect(stage, "resync");
    refuse(stage, "NOT_OPEN");
    expect(stage, "open");
    reply_opened(stage, "e2", 0, false);
    until_heard(stage, "RESUMED-anew");
}

static void heartbeats_go_by_themselves(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    for (int i = 0; i < 3; i++) {
        int64_t end_ms = now_ms() + PATIENCE_MS;
        while (!take_request(stage) && now_ms() < end_ms)
            indsub_poll(stage->client, 10);
        assert_string_equal(asked_text(stage, "type"), "heartbeat");
        reply(stage, "\"type\":\"heartbeat_ack\"");
    }
}

static void silence_is_noticed(void **state)
{
    struct stage *stage = *state;
    indsub_set_timeout(stage->client, 300);
    begin_stream(stage);
    until_heard(stage, "LOST"); /* nobody answers its heartbeats */
    int64_t end_ms = now_ms() + PATIENCE_MS;
    do {
        if (take_request(stage) && strcmp(asked_text(stage, "type"), "resync") == 0)
            reply(stage, "\"type\":\"resynced\",\"updates\":[],\"seq\":0,\"complete\":true");
        indsub_poll(stage->client, 1);
    } while (!strstr(stage->heard, "RESUMED") && now_ms() < end_ms);
    assert_heard(stage, "LOST RESUMED ");
}

static void waiting_gives_the_code(void **state)
{
    struct stage *stage = *state;
    indsub_set_timeout(stage->client, 200);
    assert_int_equal(indsub_list(stage->client, NULL, NULL), INDSUB_ERR_TIMEOUT);
    assert_non_null(strstr(indsub_last_error(stage->client), stage->endpoint));
    assert_int_equal(indsub_reply_error(indsub_last_reply(stage->client)), INDSUB_ERR_TIMEOUT);
    indsub_t *lonely = indsub_new("tcp://127.0.0.1:1");
    indsub_set_timeout(lonely, 100);
    assert_int_equal(indsub_open(lonely, "t", NULL, NULL, NULL), INDSUB_ERR_NO_DAEMON);
    assert_non_null(strstr(indsub_last_error(lonely), "tcp://127.0.0.1:1"));
    indsub_destroy(&lonely);
    lonely = indsub_new("nonsense");
    assert_int_equal(indsub_open(lonely, "t", NULL, NULL, NULL), INDSUB_ERR_SYSTEM);
    indsub_destroy(&lonely);
}

static void ask_and_wait(indsub_t *client, const indsub_reply_t *answer, void *context)
{
    struct stage *stage = context;
    (void)answer;
    assert_int_equal(indsub_list(client, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_poll(client, 0), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_list(client, on_reply, stage), INDSUB_OK);
}

static void a_callback_may_ask_but_not_wait(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    indsub_list(stage->client, ask_and_wait, stage);
    expect(stage, "list");
    reply(stage, "\"type\":\"subscriptions\",\"subscriptions\":[]");
    expect(stage, "list");
    reply(stage, "\"type\":\"subscriptions\",\"subscriptions\":[]");
    until_replied(stage, 3);
}

static void calls_that_make_no_sense_are_refused(void **state)
{
    struct stage *stage = *state;
    indsub_subscription_t nothing = {.symbol = "A"};
    assert_int_equal(indsub_subscribe(stage->client, &nothing, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_unsubscribe(stage->client, "A", NULL, NULL, NULL, NULL),
                     INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_open(stage->client, NULL, NULL, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_refresh(stage->client, NULL, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_listen(stage->client, NULL, "status"), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_listen(stage->client, stage->endpoint, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_subscribe(stage->client, NULL, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_data(stage->client, "A", NULL, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_history(stage->client, NULL, "1min", NULL, NULL, NULL),
                     INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_request(stage->client, NULL, NULL, NULL, NULL), INDSUB_ERR_MISUSE);
    begin_stream(stage);
    assert_int_equal(indsub_open(stage->client, "t", NULL, NULL, NULL), INDSUB_ERR_ALREADY_OPEN);
    assert_true(indsub_is_open(stage->client));
}

/* The daemon could not say to which request it answers. */
static void what_is_no_json_is_not_sent(void **state)
{
    struct stage *stage = *state;
    indsub_subscription_t what = {.symbol = "A", .timeframe = "1min", .indicators = "{broken"};
    begin_stream(stage);
    assert_int_equal(indsub_subscribe(stage->client, &what, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_non_null(strstr(indsub_last_error(stage->client), "no JSON"));
    what.indicators = "RSI(14)";
    what.symbol = "\xff";
    assert_int_equal(indsub_subscribe(stage->client, &what, NULL, NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_request(stage->client, "list", "garbage", NULL, NULL),
                     INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_request(stage->client, "list", "\"id\":1", NULL, NULL),
                     INDSUB_ERR_MISUSE);
    indsub_request(stage->client, "li\"st", NULL, ask_and_wait, stage);
    expect(stage, "li\"st");
}

static void ones_own_loop_is_woken(void **state)
{
    struct stage *stage = *state;
    begin_stream(stage);
    push(stage, "1", "c5");
    int64_t end_ms = now_ms() + PATIENCE_MS;
    while (!strstr(stage->heard, "c5") && now_ms() < end_ms) {
        struct pollfd item = {.fd = indsub_fd(stage->client), .events = POLLIN};
        int timeout_ms = indsub_timeout_ms(stage->client);
        assert_in_range(timeout_ms, 0, 200); /* a heartbeat is due by then */
        poll(&item, 1, timeout_ms);
        indsub_poll(stage->client, 0);
    }
    assert_heard(stage, "lc5 ");
}

static void what_is_public_is_heard_without_a_session(void **state)
{
    struct stage *stage = *state;
    char endpoint[64];
    size_t size = sizeof endpoint;
    void *pub = zmq_socket(stage->zmq, ZMQ_PUB);
    int zero = 0;
    zmq_setsockopt(pub, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_bind(pub, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(pub, ZMQ_LAST_ENDPOINT, endpoint, &size);
    assert_int_equal(indsub_listen(stage->client, endpoint, "status"), INDSUB_OK);
    assert_int_equal(indsub_listen(stage->client, endpoint, "status"), INDSUB_OK);
    int64_t end_ms = now_ms() + PATIENCE_MS;
    while (!strstr(stage->heard, "status={}") && now_ms() < end_ms) {
        zmq_send(pub, "notice", 6, ZMQ_SNDMORE);
        zmq_send(pub, "{}", 2, 0);
        zmq_send(pub, "status", 6, ZMQ_SNDMORE);
        zmq_send(pub, "{}", 2, 0);
        indsub_poll(stage->client, 10);
    }
    assert_non_null(strstr(stage->heard, "status={}"));
    assert_null(strstr(stage->heard, "notice"));
    stage->heard[0] = '\0';
    zmq_send(pub, "status", 6, ZMQ_SNDMORE);
    zmq_send(pub, "[1]", 3, 0);
    until_heard(stage, "status=[1] ");
    zmq_send(pub, "status", 6, ZMQ_SNDMORE);
    zmq_send(pub, "[2]", 3, 0);
    until_heard(stage, "status=[2] ");
    assert_null(strstr(strstr(stage->heard, "[1]") + 1, "[1]")); /* once, though asked for twice */
    zmq_close(pub);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_key_is_drawn_anew_for_each_client),
        TEST(bars_come_as_they_are_pushed),
        TEST(pairs_in_one_message_are_all_taken),
        TEST(history_comes_before_the_snapshot),
        TEST(a_gap_is_filled_once_and_in_order),
        TEST(what_resync_does_not_have_history_has),
        TEST(a_lost_connection_is_resumed),
        TEST(a_daemon_that_forgot_is_told_everything_anew),
        TEST(bars_of_a_daemon_that_is_gone_do_not_hide_those_of_the_next),
        TEST(an_open_that_is_answered_on_the_next_connection_counts),
        TEST(a_request_waits_until_the_session_is_whole),
        TEST(not_open_reopens_and_asks_again),
        TEST(what_is_refused_is_tried_again),
        TEST(lagging_leads_to_history),
        TEST(a_token_that_is_good_no_more_ends_it),
        TEST(a_refreshed_token_is_the_one_to_reopen_with),
        TEST(what_is_unsubscribed_is_not_asked_for_again),
        TEST(heartbeats_go_by_themselves),
        TEST(silence_is_noticed),
        TEST(waiting_gives_the_code),
        TEST(a_callback_may_ask_but_not_wait),
        TEST(calls_that_make_no_sense_are_refused),
        TEST(what_is_no_json_is_not_sent),
        TEST(ones_own_loop_is_woken),
        TEST(what_is_public_is_heard_without_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
