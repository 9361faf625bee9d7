/* What is kept is the state at one moment: an engine that begins from it, and is fed what was not
 * acknowledged, cannot be told from one that was never gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "tests/support/effort.h"
#include "tests/support/world.h"

enum { SOURCES = 3, BARS = 2, DAY_MS = 86400000 };
static const char *const NAMES[SOURCES] = {"one", "two", "bars"};

/* ---- a feed of messages -----------------------------------------------------------------------
 */

struct message {
    int source;
    uint64_t seq; /* of its source */
    char *body;
};

struct script {
    struct message *all;
    size_t n, capacity;
    uint64_t seq[SOURCES];
    uint64_t random;
};

static unsigned draw(uint64_t *random, unsigned below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*random >> 33) % below;
}

static void add(struct script *self, int source, struct buf *body)
{
    self->all = mem_grow(self->all, self->n, &self->capacity, sizeof *self->all);
    self->all[self->n++] = (struct message){source, ++self->seq[source], body->data};
    *body = (struct buf){0};
}

static void put_tick(struct script *self, struct buf *out, const char *symbol, int64_t ms,
                     const char *more)
{
    buf_put_format(out, "%s{\"s\":\"%s\",\"t\":%lld,\"p\":%u.%u%s}", out->size > 1 ? "," : "",
                   symbol, (long long)ms, 100 + draw(&self->random, 30), draw(&self->random, 100),
                   more);
}

static void put_bar(struct script *self, int64_t start_ms)
{
    struct buf body = {0};
    buf_put_format(&body,
                   "[{\"s\":\"C\",\"tf\":\"1min\",\"t\":%lld,\"o\":5,\"h\":%u,\"l\":1,\"c\":%u}]",
                   (long long)start_ms, 10 + draw(&self->random, 5), 2 + draw(&self->random, 5));
    add(self, BARS, &body);
}

/* Ticks of A come from two sources, in either order, late or not at all from one of them; B has
 * cumulative volume, D comes rarely; C comes as bars, from a source of its own; nights pass. */
static void write_script(struct script *self, size_t n, uint64_t seed)
{
    int64_t ms = WORLD_OPEN_MS, bar_ms = WORLD_OPEN_MS;
    unsigned volume = 0;
    struct buf prelude = {0};
    self->random = seed;
    buf_put_char(&prelude, '[');
    put_tick(self, &prelude, "D", ms - DAY_MS, "");
    buf_put_char(&prelude, ']');
    add(self, 0, &prelude);
    put_bar(self, ms - DAY_MS);
    while (self->n < n) {
        struct buf both = {0}, own = {0};
        char more[64];
        ms +=
            draw(&self->random, 60) == 0 ? draw(&self->random, 400000) : draw(&self->random, 1500);
        if (draw(&self->random, 300) == 0)
            ms = bar_ms = (ms - WORLD_OPEN_MS) / DAY_MS * DAY_MS + DAY_MS + WORLD_OPEN_MS;
        buf_put_char(&both, '[');
        for (unsigned i = draw(&self->random, 4); i > 0; i--) {
            snprintf(more, sizeof more, ",\"v\":%u,\"oi\":%u", i, 1000 + draw(&self->random, 50));
            put_tick(self, &both, "A", ms - draw(&self->random, 2500),
                     draw(&self->random, 2) ? more : "");
        }
        buf_put_char(&both, ']');
        snprintf(more, sizeof more, ",\"cv\":%u", volume += draw(&self->random, 9));
        buf_put_char(&own, '[');
        put_tick(self, &own, "B", ms, more);
        if (draw(&self->random, 50) == 0)
            put_tick(self, &own, "D", ms, "");
        buf_put_char(&own, ']');
        int first = (int)draw(&self->random, 2);
        struct buf copy = {0};
        buf_put(&copy, both.data, both.size);
        add(self, first, &both);
        add(self, 0, &own);
        if (draw(&self->random, 5) > 0)
            add(self, !first, &copy);
        buf_destroy(&copy);
        for (; bar_ms + WORLD_MINUTE_MS < ms; bar_ms += WORLD_MINUTE_MS)
            put_bar(self, bar_ms);
    }
}

static void forget_script(struct script *self)
{
    for (size_t i = 0; i < self->n; i++)
        free(self->all[i].body);
    free(self->all);
}

/* ---- feeding ----------------------------------------------------------------------------------
 */

struct stage {
    struct world *world;
    uint64_t connections;
};

static void send_feed(struct stage *self, int source, const char *seq, const char *text)
{
    char peer[8];
    snprintf(peer, sizeof peer, "peer-%d", source);
    engine_on_feed(self->world->engine, peer, strlen(peer), self->connections, seq,
                   seq ? strlen(seq) : 0, text, strlen(text), self->world->now);
    engine_end_turn(self->world->engine, self->world->now);
}

static uint64_t number_of(const struct buf *text, const char *member)
{
    const char *at = text->data ? strstr(text->data, member) : NULL;
    return at ? strtoull(at + strlen(member), NULL, 10) : UINT64_MAX;
}

/* Opens a source; returns how far the engine says that it has been taken. */
static uint64_t open_source(struct stage *self, int source)
{
    char *open = world_open_request(self->world, "feeder", NULL, "feed");
    struct buf text = {0};
    buf_put_format(&text, "{\"type\":\"feed_open\",\"source\":\"%s\",%s", NAMES[source],
                   strstr(open, "\"token\""));
    buf_reset(&self->world->feed);
    send_feed(self, source, NULL, text.data);
    buf_destroy(&text);
    free(open);
    uint64_t last = number_of(&self->world->feed, "\"last_seq\":");
    assert_true(last != UINT64_MAX);
    return last;
}

static void send_body(struct stage *self, int source, uint64_t seq, const char *body)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seq);
    self->world->now.mono_ms += 20;
    self->world->now.wall_ms += 20;
    send_feed(self, source, text, body);
}

static void send_message(struct stage *self, const struct message *message)
{
    send_body(self, message->source, message->seq, message->body);
}

/* ---- clients ----------------------------------------------------------------------------------
 */

enum { READERS = 3 };

static const struct {
    int reader;
    const char *symbol, *timeframe;
} WANTED[] = {{0, "A", "1min"}, {0, "B", "5s"}, {1, "A", "5min"}, {1, "C", "3min"},
              {2, "B", "1d"},   {2, "A", "1s"}, {2, "D", "1min"}};
enum { N_WANTED = sizeof WANTED / sizeof *WANTED };

static const char *subscribe(struct world *world, struct client *client, const char *symbol,
                             const char *timeframe, const char *more)
{
    return world_ask(world, client,
                     "{\"type\":\"subscribe\",\"symbol\":\"%s\",\"timeframe\":\"%s\","
                     "\"indicators\":[\"RSI(3)\",\"EMA(4)\",\"VWAP\"]%s}",
                     symbol, timeframe, more);
}

static void subscribe_all(struct world *world, struct client **readers)
{
    for (size_t i = 0; i < N_WANTED; i++)
        assert_non_null(
            strstr(subscribe(world, readers[WANTED[i].reader], WANTED[i].symbol,
                             WANTED[i].timeframe, i % 2 ? "" : ",\"updates\":\"close\""),
                   "\"type\":\"subscribed\""));
}

static void open_again(struct world *world, struct client *client, int i)
{
    char user[8];
    snprintf(user, sizeof user, "u%d", i);
    char *request = world_open_request(world, user, NULL, "");
    assert_non_null(strstr(world_ask(world, client, "%s", request), "\"resumed\":true"));
    free(request);
}

/* What is told of everything to one who comes now. */
static void put_everything(struct world *world, struct buf *out)
{
    static const char *const TIMEFRAMES[] = {"1s", "5s", "1min", "2min", "1h", "1d", "1w"};
    static const char *const SYMBOLS[] = {"A", "B", "C", "D"};
    struct client *auditor = world_open(world, "auditor", NULL);
    for (size_t s = 0; s < sizeof SYMBOLS / sizeof *SYMBOLS; s++)
        for (size_t t = 0; t < sizeof TIMEFRAMES / sizeof *TIMEFRAMES; t++)
            buf_put_format(
                out, "%s\n",
                subscribe(world, auditor, SYMBOLS[s], TIMEFRAMES[t], ",\"history\":5000"));
    world_ask(world, auditor, "{\"type\":\"close\"}");
}

static char *bar_of(const char *line)
{
    const char *symbol = strstr(line, "\"symbol\""), *end = strstr(line, ",\"timestamp\""),
               *bar = strstr(line, "\"bar\":");
    struct buf text = {0};
    buf_put_format(&text, "%.*s %.26s", (int)(end - symbol), symbol, bar + 6);
    return text.data;
}

struct seen {
    char *bar;
    const char *line;
};

/* A client's closed bars as one that goes by their names has them: what comes again after a restart
 * must be what came before, to the byte. One line for each series, in the order they came. */
static void put_closed(const struct client *client, struct buf *out)
{
    struct seen *seen = NULL;
    size_t n = 0, capacity = 0;
    char *copy = mem_strdup(client->closed.data ? client->closed.data : ""), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char *bar = bar_of(line);
        size_t i = 0;
        while (i < n && strcmp(seen[i].bar, bar) != 0)
            i++;
        if (i < n) {
            assert_string_equal(seen[i].line, line);
            free(bar);
            continue;
        }
        seen = mem_grow(seen, n, &capacity, sizeof *seen);
        seen[n++] = (struct seen){bar, line};
    }
    for (size_t w = 0; w < N_WANTED; w++) {
        char head[64];
        snprintf(head, sizeof head, "\"symbol\":\"%s\",\"timeframe\":\"%s\"", WANTED[w].symbol,
                 WANTED[w].timeframe);
        for (size_t i = 0; i < n; i++)
            if (strstr(seen[i].line, head))
                buf_put_format(out, "%s\n", seen[i].line);
    }
    for (size_t i = 0; i < n; i++)
        free(seen[i].bar);
    free(seen);
    free(copy);
}

/* ---- a life, disturbed or not -----------------------------------------------------------------
 */

static void widen(struct core_settings *settings)
{
    settings->sessions.outbox.closed_max = 1000000;
    settings->heartbeat_ms = DAY_MS;
    settings->resume_ms = DAY_MS;
    settings->market.history_days_1s = 30;
}

static void widen_and_cut(struct core_settings *settings)
{
    widen(settings);
    settings->market.history_bars = 200;
    settings->market.history_days_1s = 0;
}

static void begin_life(struct stage *self, struct client **readers, const struct script *script,
                       bool is_cut)
{
    *self =
        (struct stage){.world = world_new_kept(is_cut ? widen_and_cut : widen), .connections = 1};
    for (int i = 0; i < SOURCES; i++)
        open_source(self, i);
    for (size_t i = 0; i < 40; i++)
        send_message(self, &script->all[i]);
    for (int i = 0; i < READERS; i++) {
        char user[8];
        snprintf(user, sizeof user, "u%d", i);
        readers[i] = world_open(self->world, user, NULL);
    }
    send_feed(self, 0, "9999999", "[]"); /* refused as a gap */
    subscribe_all(self->world, readers);
    world_settle(self->world, true);
    engine_end_turn(self->world->engine, self->world->now);
    world_settle(self->world, true);
}

static void disturb_readers(struct stage *self, struct client **readers, uint64_t *random)
{
    struct client *one = readers[draw(random, READERS)];
    switch (draw(random, 30)) {
    case 0:
        one->is_reading = !one->is_reading;
        break;
    case 1:
        one->is_there = !one->is_there;
        if (one->is_there)
            engine_on_connected(self->world->engine);
        else
            engine_on_disconnected(self->world->engine, one->connection, self->world->now);
        break;
    default:
        break;
    }
}

/* Kills it; returns the number of messages that are not to be sent again. */
static size_t kill_it(struct stage *self, struct client **readers)
{
    size_t n = 0;
    world_kill(self->world);
    self->connections++;
    for (int i = 0; i < SOURCES; i++)
        n += open_source(self, i);
    for (int i = 0; i < READERS; i++) {
        readers[i]->is_there = readers[i]->is_reading = true;
        open_again(self->world, readers[i], i);
    }
    return n;
}

static void live_on(struct stage *self, struct client **readers, const struct script *script,
                    uint64_t seed, bool disturbs_readers)
{
    uint64_t random = seed;
    size_t n_kills = 0;
    for (size_t i = 40; i < script->n; i++) {
        send_message(self, &script->all[i]);
        if (draw(&random, 3) == 0)
            world_settle(self->world, draw(&random, 4) > 0);
        if (disturbs_readers)
            disturb_readers(self, readers, &random);
        if (draw(&random, 60) == 0) {
            size_t next = kill_it(self, readers);
            assert_in_range(next, 40, i + 1);
            i = next - 1;
            n_kills++;
        }
    }
    assert_true(n_kills > 5);
    for (int i = 0; i < READERS; i++) {
        readers[i]->is_reading = true;
        if (!readers[i]->is_there)
            readers[i]->is_there = true;
        engine_on_connected(self->world->engine);
    }
    world_pass(self->world, 100);
}

/* Long texts: the first line that differs is what one wants to see. */
static void assert_same_lines(const struct buf *got, const struct buf *wanted)
{
    const char *one = got->data ? got->data : "", *other = wanted->data ? wanted->data : "";
    size_t i = 0, line = 0;
    for (; one[i] == other[i] && one[i]; i++)
        if (one[i] == '\n')
            line = i + 1;
    if (one[i] != other[i])
        fail_msg("not\n%.*s\nbut\n%.*s", (int)strcspn(other + line, "\n"), other + line,
                 (int)strcspn(one + line, "\n"), one + line);
}

/* Either history is cut, or readers are slow and come and go: a bar that is owed from before a cut
 * is made again from what is left. */
static void compare_lives(uint64_t seed, bool is_cut)
{
    struct script script = {0};
    struct stage calm, disturbed;
    struct client *calm_readers[READERS], *disturbed_readers[READERS];
    struct buf wanted = {0}, got = {0};
    write_script(&script, 1500, seed);
    begin_life(&calm, calm_readers, &script, is_cut);
    begin_life(&disturbed, disturbed_readers, &script, is_cut);
    for (size_t i = 40; i < script.n; i++)
        send_message(&calm, &script.all[i]);
    live_on(&disturbed, disturbed_readers, &script, seed + 1, !is_cut);
    put_everything(calm.world, &wanted);
    put_everything(disturbed.world, &got);
    assert_same_lines(&got, &wanted);
    for (int i = 0; i < READERS; i++) {
        buf_reset(&wanted);
        buf_reset(&got);
        put_closed(calm_readers[i], &wanted);
        put_closed(disturbed_readers[i], &got);
        assert_same_lines(&got, &wanted);
    }
    buf_destroy(&wanted);
    buf_destroy(&got);
    world_destroy(&calm.world);
    world_destroy(&disturbed.world);
    forget_script(&script);
}

static void nobody_can_tell_that_it_was_gone(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1 + effort(11); seed++)
        compare_lives(seed, seed % 2);
}

/* ---- acknowledgement --------------------------------------------------------------------------
 */

static void only_what_is_kept_is_acknowledged(void **state)
{
    (void)state;
    struct stage stage = {.world = world_new_kept(widen), .connections = 1};
    open_source(&stage, 0);
    world_settle(stage.world, true);
    buf_reset(&stage.world->feed);
    send_body(&stage, 0, 1, "[{\"s\":\"A\",\"t\":1762227900000,\"p\":1}]");
    send_body(&stage, 0, 2, "[{\"s\":\"A\",\"t\":1762227900001,\"p\":2}]");
    assert_int_equal(stage.world->feed.size, 0);
    world_settle(stage.world, false);
    world_pass(stage.world, 100);
    assert_int_equal(stage.world->feed.size, 0);
    assert_int_equal(open_source(&stage, 0), 0); /* so that whoever goes by it loses nothing */
    world_pass(stage.world, 2000);
    world_settle(stage.world, true);
    world_pass(stage.world, 50);
    assert_non_null(strstr(stage.world->feed.data, "{\"type\":\"ack\",\"seq\":2}"));
    assert_int_equal(open_source(&stage, 0), 2);
    world_destroy(&stage.world);
}

/* A tick that closes no bar is as safe as one that does. */
static void every_tick_is_kept(void **state)
{
    (void)state;
    struct stage stage = {.world = world_new_kept(widen), .connections = 1};
    open_source(&stage, 0);
    send_body(&stage, 0, 1, "[{\"s\":\"A\",\"t\":1762227900000,\"p\":1}]");
    world_settle(stage.world, true);
    send_body(&stage, 0, 2, "[{\"s\":\"A\",\"t\":1762227900001,\"p\":2}]");
    world_settle(stage.world, true);
    world_pass(stage.world, 50);
    world_settle(stage.world, true);
    world_kill(stage.world);
    stage.connections++;
    assert_int_equal(open_source(&stage, 0), 2);
    struct client *client = world_open(stage.world, "alice", NULL);
    assert_non_null(
        strstr(subscribe(stage.world, client, "A", "1min", ""), "\"high\":2,\"low\":1"));
    world_destroy(&stage.world);
}

/* What a standby has been acknowledged for is not lost with the leader and the daemon. */
static void what_is_held_of_a_standby_is_kept(void **state)
{
    (void)state;
    struct stage stage = {.world = world_new_kept(widen), .connections = 1};
    open_source(&stage, 0);
    open_source(&stage, 1);
    send_body(&stage, 0, 1, "[{\"s\":\"A\",\"t\":1762227900000,\"p\":1}]");
    world_settle(stage.world, true);
    send_body(&stage, 1, 1, "[{\"s\":\"A\",\"t\":1762227900500,\"p\":9}]");
    world_settle(stage.world, true);
    world_kill(stage.world);
    stage.connections++;
    assert_int_equal(open_source(&stage, 1), 1);
    send_body(&stage, 1, 2, "[{\"s\":\"A\",\"t\":1762227901000,\"p\":3}]");
    struct client *client = world_open(stage.world, "alice", NULL);
    assert_non_null(
        strstr(subscribe(stage.world, client, "A", "1min", ""), "\"high\":9,\"low\":1"));
    world_destroy(&stage.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_kept_is_acknowledged),
        cmocka_unit_test(every_tick_is_kept),
        cmocka_unit_test(what_is_held_of_a_standby_is_kept),
        cmocka_unit_test(nobody_can_tell_that_it_was_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
