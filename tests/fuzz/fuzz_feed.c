/* The feed, through the engine: an input is a script, a line each.
 *
 *      0+[{"s":"A",...}]    source 0 (of 0 to 2; 0 is open already) sends what is next
 *      0#7 [...]            the same with that number
 *      0{"type":...}        a request of it; @ within it is a token, $ a second one of no use here
 *      0/                   it has another connection
 *      w1500                1500 ms pass
 *
 * Whatever comes is answered in JSON. What is sent twice counts once; a session that subscribes at
 * the very end is told to the byte what one is told that was there from the beginning; and what was
 * streamed bar by bar is what history has: unless, as is counted, a longer bar has closed before
 * one of its own came. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/world.h"

enum { SOURCES = 3, LINES_MAX = 100, STEP_MS = 10, PASS_MAX_MS = 100000, DAY_MS = 86400000 };

static const char *const SERIES[] = {
    "\"symbol\":\"A\",\"timeframe\":\"1min\"", "\"symbol\":\"A\",\"timeframe\":\"5s\"",
    "\"symbol\":\"A\",\"timeframe\":\"5min\"", "\"symbol\":\"A\",\"timeframe\":\"1d\"",
    "\"symbol\":\"B\",\"timeframe\":\"1min\"", "\"symbol\":\"B\",\"timeframe\":\"2h\""};
enum { N_SERIES = sizeof SERIES / sizeof *SERIES };

struct feeder {
    char peer[8];
    uint64_t connection;
};

struct stage {
    struct world *world;
    bool twice; /* every numbered message is sent again */
    struct feeder feeders[SOURCES];
    uint64_t connections;
    char *token, *useless;
    struct client *watcher;
    size_t seen; /* bytes of world->feed that have been checked */
};

/* ---- setting up -------------------------------------------------------------------------------
 */

static void widen(struct core_settings *settings)
{
    settings->sessions.outbox.closed_max = 100000;
    settings->frame_bytes = 4096;
    settings->heartbeat_ms = DAY_MS; /* nobody is called silent */
    settings->tape = true;
}

static void subscribe(struct stage *self)
{
    self->watcher = world_open(self->world, "watcher", "w");
    for (size_t i = 0; i < N_SERIES; i++) {
        const char *reply = world_ask(self->world, self->watcher,
                                      "{\"type\":\"subscribe\",%s,\"indicators\":[\"SMA(3)\","
                                      "\"RSI(2)\",\"VWAP\",\"EMA(2,timeframe=1h)\"]}",
                                      SERIES[i]);
        assert(strstr(reply, "\"type\":\"subscribed\""));
    }
}

static void send(struct stage *self, size_t who, const char *seq, size_t seq_size, const char *text,
                 size_t size)
{
    struct feeder *from = &self->feeders[who];
    engine_on_feed(self->world->engine, from->peer, strlen(from->peer), from->connection, seq,
                   seq_size, text, size, self->world->now);
}

static void open_source(struct stage *self)
{
    struct buf request = {0};
    buf_put_format(&request, "{\"type\":\"feed_open\",\"token\":\"%s\",\"source\":\"zero\"}",
                   self->token);
    send(self, 0, NULL, 0, request.data, request.size);
    buf_destroy(&request);
}

/* The same symbols with a bar of the day before, and it is nine in the morning. */
static void begin(struct stage *self, bool is_first)
{
    *self = (struct stage){.world = world_new_repeatable(widen), .twice = !is_first};
    self->world->now.wall_ms = WORLD_OPEN_MS;
    world_bar(self->world, "A", WORLD_OPEN_MS - DAY_MS, 100);
    world_bar(self->world, "B", WORLD_OPEN_MS - DAY_MS, 200);
    for (size_t i = 0; i < SOURCES; i++) {
        strcpy(self->feeders[i].peer, "peer-0");
        self->feeders[i].peer[5] = (char)('0' + i);
        self->feeders[i].connection = ++self->connections;
    }
    self->token = world_mint(
        self->world, (struct token_claims){.user = "feeder", .scopes = TOKEN_SCOPE_FEED}, NULL);
    self->useless = world_mint(self->world, (struct token_claims){.user = "feeder"}, NULL);
    open_source(self);
    if (is_first)
        subscribe(self);
}

static void end(struct stage *self)
{
    free(self->token);
    free(self->useless);
    world_destroy(&self->world);
}

/* ---- what must hold ---------------------------------------------------------------------------
 */

/* Reads what the feeders have been sent since the last time. */
static void check_answers(struct stage *self)
{
    const struct buf *feed = &self->world->feed;
    while (self->seen < feed->size) {
        const char *line = feed->data + self->seen, *newline = strchr(line, '\n');
        cJSON *json = json_parse(line, (size_t)(newline - line), NULL);
        assert(cJSON_IsObject(json));
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(json, "type");
        assert(cJSON_IsString(type) && strstr("ack reject error feed_opened", type->valuestring));
        cJSON_Delete(json);
        self->seen += (size_t)(newline - line) + 1;
    }
}

/* The bodies of closed bars that the watcher was streamed of a series, as history has them. */
static struct buf streamed(const struct stage *self, const char *series)
{
    struct buf bodies = {0};
    const char *line = self->watcher->closed.data;
    buf_put_text(&bodies, "");
    while (line && *line) {
        const char *newline = strchr(line, '\n');
        size_t head = strlen("{\"type\":\"market_update\",");
        if (strncmp(line + head, series, strlen(series)) == 0) {
            buf_put_text(&bodies, bodies.size > 0 ? "," : "");
            buf_put(&bodies, line, (size_t)(newline - line));
        }
        line = newline + 1;
    }
    buf_put_text(&bodies, "]}");
    return bodies;
}

static struct buf ask(struct stage *self, const char *type, const char *series)
{
    struct buf reply = {0};
    const char *more = strcmp(type, "history") == 0 ? ",\"limit\":5000" : "";
    buf_put_text(&reply, world_ask(self->world, self->watcher, "{\"type\":\"%s\",%s%s}", type,
                                   series, more));
    return reply;
}

/* Shows both before it gives up. */
static void check_alike(const char *what, const char *series, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    fprintf(stderr, "%s of %s:\n%s\n%s\n", what, series, a, b);
    abort();
}

static void check_series(struct stage *early, struct stage *late, const char *series)
{
    struct buf history = ask(early, "history", series), again = ask(late, "history", series);
    struct buf data = ask(early, "data", series), same = ask(late, "data", series);
    struct buf bodies = streamed(early, series);
    assert(strstr(history.data, "\"updates\":["));
    check_alike("history", series, history.data, again.data);
    check_alike("data", series, data.data, same.data);
    /* Seconds are cut at the start of a day, and begin anew with what is left. */
    if (!strstr(series, "5s") && bodies.size > 2 && history.size >= bodies.size)
        check_alike("stream", series, history.data + history.size - bodies.size, bodies.data);
    buf_destroy(&history);
    buf_destroy(&again);
    buf_destroy(&data);
    buf_destroy(&same);
    buf_destroy(&bodies);
}

/* ---- the script -------------------------------------------------------------------------------
 */

static void send_numbered(struct stage *self, size_t who, const char *seq, size_t seq_size,
                          const char *text, size_t size)
{
    send(self, who, seq, seq_size, text, size);
    if (self->twice)
        send(self, who, seq, seq_size, text, size);
}

static void send_next(struct stage *self, size_t who, const char *text, size_t size)
{
    const struct feeder *from = &self->feeders[who];
    const struct source *source =
        sources_find_peer(engine_core(self->world->engine)->sources, from->peer, strlen(from->peer),
                          from->connection);
    struct buf seq = {0};
    buf_put_format(&seq, "%llu", source ? (unsigned long long)source->last_seq + 1 : 1);
    send_numbered(self, who, seq.data, seq.size, text, size);
    buf_destroy(&seq);
}

static void request(struct stage *self, size_t who, const char *text, size_t size)
{
    struct buf out = {0};
    size_t before = self->world->feed.size;
    buf_put_text(&out, "");
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '@' || text[i] == '$')
            buf_put_text(&out, text[i] == '@' ? self->token : self->useless);
        else
            buf_put_char(&out, text[i]);
    }
    send(self, who, NULL, 0, out.data, out.size);
    const char *answer = self->world->feed.data + before;
    assert(self->world->feed.size > before && strchr(answer, '\n')[1] == '\0'); /* just one */
    buf_destroy(&out);
}

static void act(struct stage *self, size_t who, const char *line, size_t size)
{
    switch (size > 0 ? line[0] : '\0') {
    case '{':
        request(self, who, line, size);
        break;
    case '+':
        send_next(self, who, line + 1, size - 1);
        break;
    case '#': {
        const char *blank = memchr(line, ' ', size);
        size_t seq_size = blank ? (size_t)(blank - line) - 1 : size - 1;
        size_t head = 1 + seq_size + (blank != NULL);
        send_numbered(self, who, line + 1, seq_size, line + head, size - head);
        break;
    }
    case '/':
        self->feeders[who].connection = ++self->connections;
        break;
    default:
        break;
    }
}

static void pass(struct stage *self, int64_t ms)
{
    if (ms > PASS_MAX_MS)
        ms = PASS_MAX_MS;
    self->world->now.mono_ms += ms;
    self->world->now.wall_ms += ms;
}

static void play_line(struct stage *self, const char *line, size_t size)
{
    char first = size > 0 ? line[0] : '\0';
    if (first == 'w') {
        char *text = mem_strndup(line + 1, size - 1);
        pass(self, strtoll(text, NULL, 10) & INT32_MAX);
        free(text);
    } else if (first >= '0' && first < '0' + SOURCES) {
        act(self, (size_t)(first - '0'), line + 1, size - 1);
    }
    pass(self, STEP_MS);
    engine_end_turn(self->world->engine, self->world->now);
    engine_check(self->world->engine);
    check_answers(self);
}

static void play(struct stage *self, const char *script, size_t size)
{
    for (int i = 0; i < LINES_MAX && size > 0; i++) {
        const char *newline = memchr(script, '\n', size);
        size_t line_size = newline ? (size_t)(newline - script) : size;
        play_line(self, script, line_size);
        size -= line_size + (newline != NULL);
        script += line_size + (newline != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stage early, late;
    begin(&early, true);
    begin(&late, false);
    play(&early, (const char *)data, size);
    play(&late, (const char *)data, size);
    subscribe(&late);
    bool is_whole = market_n_missed(engine_core(late.world->engine)->market) == 0;
    for (size_t i = 0; is_whole && i < N_SERIES; i++)
        check_series(&early, &late, SERIES[i]);
    end(&early);
    end(&late);
    return 0;
}
