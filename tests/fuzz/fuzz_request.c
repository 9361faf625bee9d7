/* Requests, through the engine: an input is a script, a line each.
 *
 *      0{"type":...}     client 0 (of 0 to 4) asks; @0 to @4 within it are tokens
 *      0(...             the same behind an empty frame; 0!... the rest as it is
 *      0-  0+  0/        its connection is gone, is back, is taken over by a new one
 *      0z  0a            it stops reading, and reads again
 *      k3abc{...}        whoever has the routing id "abc" asks
 *      tA 101.5          a tick of A (a second after the one before), bA 101 a minute bar
 *      w1500             1500 ms pass
 *      h                 from now on what takes long is done a bit at a time, a bit a line, until
 *                        client 0 does something
 *
 * Each request is answered once, everything that is sent is JSON, nobody is sent what he has not
 * subscribed to; and client 0 alone, of a user of its own, is sent to the byte the same when the
 * lines of all the others are left out. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/world.h"

enum { CLIENTS = 5, LINES_MAX = 200, TOKENS = 5, STEP_MS = 10, PASS_MAX_MS = 100000 };

#define START_S (WORLD_START_MS / 1000)

struct actor {
    struct client *client;
    size_t n_replies; /* when last looked at */
    size_t seen;      /* bytes of client->all that have been checked */
    size_t owed;      /* replies that are due once it reads */
    size_t asked;     /* in all */
    bool is_new;      /* its connection: replies that waited on the one before may be lost */
    cJSON *series;    /* "A 1min": what it ever subscribed to */
};

struct stage {
    struct world *world;
    struct actor actors[CLIENTS];
    char *tokens[2][TOKENS]; /* of client 0's user, and of everybody else's */
    uint64_t connections;
    int64_t feed_ms;
    bool is_held;
};

/* ---- setting up -------------------------------------------------------------------------------
 */

static void tighten(struct core_settings *settings)
{
    settings->sessions.sessions_per_user = 3;
    settings->sessions.outbox.closed_max = 4;
    settings->sessions.outbox.remembered_max = 3;
    settings->subscriptions_per_session = 3;
    settings->indicators_per_session = 8;
    settings->indicators_per_request = 6;
    settings->history_max = 30;
    settings->frame_bytes = 2048;
    settings->requests = settings->stranger_requests = (struct bucket_rate){10, 60};
    settings->user_requests = (struct bucket_rate){15, 90};
    settings->open_within_ms = 20000;
    settings->heartbeat_ms = 5000;
    settings->tape = true;
}

static char *mint(const char *user, int kind)
{
    static const char *const SIDS[TOKENS] = {"", "", "", "s1", ""};
    struct token_claims claims = {.expires_at_s = START_S + (kind == 1 ? 70 : 3600)};
    struct err err;
    char *token;
    strcpy(claims.user, user);
    strcpy(claims.sid, SIDS[kind]);
    if (kind == 2 && strcmp(user, "alice") != 0) /* an admin is told of others */
        claims.scopes = TOKEN_SCOPE_ADMIN | TOKEN_SCOPE_FEED;
    if (kind == 4) {
        claims.has_symbols = true;
        strcpy(claims.symbols, "A*\n");
    }
    enum err_code code =
        token_mint(world_secret(), strlen(world_secret()), &claims, START_S, &token, &err);
    assert(code == ERR_OK);
    return token;
}

static void begin(struct stage *self)
{
    *self = (struct stage){.world = world_new_repeatable(tighten), .feed_ms = WORLD_OPEN_MS};
    for (size_t i = 0; i < CLIENTS; i++) {
        self->actors[i].client = world_stranger(self->world);
        self->actors[i].series = cJSON_CreateObject();
    }
    self->connections = CLIENTS;
    world_walk(self->world, "A", self->feed_ms, 8, 1);
    world_walk(self->world, "NIFTY 50", self->feed_ms, 8, 2);
    self->feed_ms += 8 * WORLD_MINUTE_MS;
}

static void end(struct stage *self)
{
    engine_shutdown(self->world->engine, self->world->now);
    for (size_t i = 0; i < CLIENTS; i++)
        cJSON_Delete(self->actors[i].series);
    for (int kind = 0; kind < TOKENS; kind++) {
        free(self->tokens[0][kind]);
        free(self->tokens[1][kind]);
    }
    world_destroy(&self->world);
}

/* ---- what must hold ---------------------------------------------------------------------------
 */

static const char *text_of(const cJSON *json, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsString(member) ? member->valuestring : "";
}

static struct buf series_of(const cJSON *json)
{
    struct buf name = {0};
    buf_put_format(&name, "%s %s", text_of(json, "symbol"), text_of(json, "timeframe"));
    return name;
}

static void check_line(struct actor *self, bool is_reply, const cJSON *json)
{
    const char *type = text_of(json, "type");
    struct buf series = series_of(json);
    assert(type[0] != '\0');
    if (!is_reply && strcmp(type, "market_update") == 0)
        assert(cJSON_GetObjectItemCaseSensitive(self->series, series.data));
    assert(!is_reply || strcmp(type, "market_update") != 0);
    buf_destroy(&series);
}

/* Reads what the client has been sent since the last time. */
static void check_sent(struct actor *self)
{
    const struct buf *all = &self->client->all;
    while (self->seen < all->size) {
        const char *line = all->data + self->seen, *newline = strchr(line, '\n');
        const char *body = strchr(line, '{');
        cJSON *json = json_parse(body, (size_t)(newline - body), NULL);
        assert(json);
        check_line(self, line[0] == 'R', json);
        cJSON_Delete(json);
        self->seen += (size_t)(newline - line) + 1;
    }
}

/* From the daemon's own state, since the reply to a `subscribe` is lost with the connection. */
static void note_series(struct actor *self, const struct session *session)
{
    for (size_t i = 0; session && i < session->n_subscriptions; i++) {
        const struct subscription *one = session->subscriptions[i];
        struct buf name = {0};
        buf_put_format(&name, "%s %s", one->listing->name, timeframe_name(one->timeframe));
        if (!cJSON_HasObjectItem(self->series, name.data))
            cJSON_AddTrueToObject(self->series, name.data);
        buf_destroy(&name);
    }
}

static void check_actor(struct stage *self, struct actor *actor)
{
    const struct session *session =
        sessions_find(engine_core(self->world->engine)->sessions, actor->client->key);
    size_t n = actor->client->n_replies - actor->n_replies;
    note_series(actor, session);
    check_sent(actor);
    assert(actor->client->n_replies <= actor->asked);
    if (self->is_held) {
        actor->owed = 0; /* they come when they come */
    } else if (actor->client->is_there && actor->client->is_reading) {
        assert(n == actor->owed || (actor->is_new && n < actor->owed));
        actor->owed = 0;
        assert(!session || !session->is_attached || outbox_is_empty(session->outbox));
    } else {
        assert(n <= actor->owed);
        actor->owed = session && session->is_attached ? actor->owed - n : 0;
    }
    actor->n_replies = actor->client->n_replies;
    actor->is_new = false;
}

static void check(struct stage *self)
{
    engine_check(self->world->engine);
    for (size_t i = 0; i < CLIENTS; i++)
        check_actor(self, &self->actors[i]);
}

/* ---- the script -------------------------------------------------------------------------------
 */

/* Made at its first use, but as if at the beginning. */
static const char *token_of(struct stage *self, bool is_first, int kind)
{
    char **token = &self->tokens[is_first ? 0 : 1][kind];
    if (!*token)
        *token = mint(is_first ? "alice" : "mallory", kind);
    return *token;
}

/* The text with tokens in the places of @0 to @4. */
static struct buf fill_in(struct stage *self, size_t who, const char *text, size_t size)
{
    struct buf out = {0};
    buf_put_text(&out, "");
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '@' && i + 1 < size && text[i + 1] >= '0' && text[i + 1] < '0' + TOKENS)
            buf_put_text(&out, token_of(self, who == 0, text[++i] - '0'));
        else
            buf_put_char(&out, text[i]);
    }
    return out;
}

static void ask(struct stage *self, size_t who, bool delimited, const char *text, size_t size)
{
    struct actor *actor = &self->actors[who];
    struct world *world = self->world;
    if (!actor->client->is_there)
        return; /* nobody is there to ask */
    struct buf request = fill_in(self, who, text, size);
    actor->owed++;
    actor->asked++;
    engine_on_request(world->engine, actor->client->key, SESSION_KEY_SIZE,
                      actor->client->connection, delimited, request.data, request.size, world->now);
    buf_destroy(&request);
}

/* The new connection is there before the end of the old one is told. */
static void reconnect(struct stage *self, struct client *client, bool was_there)
{
    uint64_t before = client->connection;
    client->is_there = client->is_reading = true;
    client->connection = ++self->connections;
    engine_on_connected(self->world->engine);
    if (was_there)
        engine_on_disconnected(self->world->engine, before, self->world->now);
}

static void act(struct stage *self, size_t who, const char *line, size_t size)
{
    struct client *client = self->actors[who].client;
    switch (size > 0 ? line[0] : '\0') {
    case '{':
        ask(self, who, false, line, size);
        break;
    case '(':
    case '!':
        ask(self, who, line[0] == '(', line + 1, size - 1);
        break;
    case '-':
        if (client->is_there) {
            client->is_there = false;
            engine_on_disconnected(self->world->engine, client->connection, self->world->now);
        }
        break;
    case '+':
        if (!client->is_there)
            reconnect(self, client, false);
        break;
    case '/':
        if (client->is_there)
            reconnect(self, client, true);
        self->actors[who].is_new = true;
        break;
    case 'z':
    case 'a':
        client->is_reading = line[0] == 'a';
        break;
    default:
        break;
    }
}

/* "3abc{...}": from the routing id "abc". */
static void ask_as_stranger(struct stage *self, const char *line, size_t size)
{
    size_t n = size > 0 ? (size_t)(unsigned char)line[0] - '0' : SIZE_MAX;
    if (n > size - 1 || size == 0)
        return;
    struct buf request = fill_in(self, 1, line + 1 + n, size - 1 - n);
    engine_on_request(self->world->engine, line + 1, n, 1000, false, request.data, request.size,
                      self->world->now);
    buf_destroy(&request);
}

static void pass(struct stage *self, int64_t ms)
{
    if (ms > PASS_MAX_MS)
        ms = PASS_MAX_MS;
    self->world->now.mono_ms += ms;
    self->world->now.wall_ms += ms;
}

static void feed(struct stage *self, const char *line)
{
    static const char *const SYMBOLS[] = {"A", "NIFTY 50", "C"};
    const char *symbol = SYMBOLS[line[1] ? (unsigned char)line[1] % 3 : 0];
    double price = line[1] ? strtod(line + 2, NULL) : 0;
    if (!(price > 0 && price < 1e9))
        price = 100;
    if (line[0] == 'b') {
        world_bar(self->world, symbol, self->feed_ms - self->feed_ms % WORLD_MINUTE_MS, price);
        self->feed_ms += WORLD_MINUTE_MS;
    } else {
        world_tick(self->world, symbol, self->feed_ms += 1000, price);
    }
}

static void play_line(struct stage *self, const char *line, size_t size, bool alone)
{
    char first = size > 0 ? line[0] : '\0';
    if (first == 't' || first == 'b') {
        char *text = mem_strndup(line, size);
        feed(self, text);
        free(text);
    } else if (first == 'w') {
        char *text = mem_strndup(line + 1, size - 1);
        pass(self, strtoll(text, NULL, 10) & INT32_MAX);
        free(text);
    } else if (first == '0') {
        act(self, 0, line + 1, size - 1);
    } else if (first > '0' && first < '0' + CLIENTS && !alone) {
        act(self, (size_t)(first - '0'), line + 1, size - 1);
    } else if (first == 'k' && !alone) {
        ask_as_stranger(self, line + 1, size - 1);
    } else if (first == 'h') {
        self->is_held = true;
    }
    if (!self->is_held || first == '0')
        world_work(self->world);
    else
        engine_work(self->world->engine, self->world->now);
    pass(self, STEP_MS);
    engine_end_turn(self->world->engine, self->world->now);
    check(self);
}

/* Everything that client 0 was sent. */
static struct buf play(const char *script, size_t size, bool alone)
{
    struct stage stage;
    struct buf sent = {0};
    begin(&stage);
    for (int i = 0; i < LINES_MAX && size > 0; i++) {
        const char *newline = memchr(script, '\n', size);
        size_t line_size = newline ? (size_t)(newline - script) : size;
        play_line(&stage, script, line_size, alone);
        size -= line_size + (newline != NULL);
        script += line_size + (newline != NULL);
    }
    const struct buf *all = &stage.actors[0].client->all;
    buf_put(&sent, all->data ? all->data : "", all->size);
    end(&stage);
    return sent;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf among = play((const char *)data, size, false),
               alone = play((const char *)data, size, true);
    if (strcmp(among.data, alone.data) != 0) {
        fprintf(stderr, "among others:\n%s\nalone:\n%s\n", among.data, alone.data);
        abort();
    }
    buf_destroy(&among);
    buf_destroy(&alone);
    return 0;
}
