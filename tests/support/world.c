#include "tests/support/world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/protocol/ids.h"
#include "tests/support/roomy.h"

static const char SECRET[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* ---- the outlet -------------------------------------------------------------------------------
 */

static struct client *find_client(struct world *self, const void *key, size_t size)
{
    for (size_t i = 0; i < self->n_clients; i++)
        if (size == strlen(self->clients[i].key) && memcmp(self->clients[i].key, key, size) == 0)
            return &self->clients[i];
    return NULL;
}

static void take_reply(struct client *client, const struct body *body)
{
    buf_reset(&client->reply);
    buf_put(&client->reply, body->data, body->size);
    buf_put_format(&client->all, "R %.*s\n", (int)body->size, body->data);
    client->n_replies++;
}

static enum push_result push(void *context, const struct parcel *parcel)
{
    const struct outbox_item *items = parcel->items;
    struct client *client = find_client(context, parcel->key, SESSION_KEY_SIZE);
    if (!client || !client->is_there)
        return PUSH_GONE;
    if (!client->is_reading)
        return PUSH_BLOCKED;
    client->n_messages++;
    if (items[0].kind == OUTBOX_REPLY) {
        assert(parcel->n == 1);
        take_reply(client, items[0].body);
        return PUSH_SENT;
    }
    for (size_t i = 0; i < parcel->n; i++) {
        const struct body *body = items[i].body;
        assert(client->seq == 0 || parcel->first_seq + i == client->seq + 1 ||
               parcel->first_seq + i == 1);
        client->seq = parcel->first_seq + i;
        client->n_items++;
        buf_put_format(&client->stream, "%llu %.*s\n", (unsigned long long)client->seq,
                       (int)body->size, body->data);
        buf_put_format(&client->all, "S %llu %.*s\n", (unsigned long long)client->seq,
                       (int)body->size, body->data);
        if (items[i].kind == OUTBOX_CLOSED)
            buf_put_format(&client->closed, "%.*s\n", (int)body->size, body->data);
    }
    return PUSH_SENT;
}

static void reply(void *context, const void *peer, size_t peer_size, bool delimited,
                  struct body *body)
{
    (void)delimited;
    struct client *client = find_client(context, peer, peer_size);
    if (client && client->is_there)
        take_reply(client, body);
}

static void feed_reply(void *context, const void *peer, size_t peer_size, struct body *body)
{
    (void)peer;
    (void)peer_size;
    struct world *self = context;
    buf_put_format(&self->feed, "%.*s\n", (int)body->size, body->data);
}

static void cut(void *context, bool feeds, uint64_t connection)
{
    (void)feeds;
    struct world *self = context;
    self->last_cut = connection;
    self->n_cut++;
}

static void publish(void *context, const char *topic, struct body *body)
{
    struct world *self = context;
    buf_put_format(&self->public, "%s %.*s\n", topic, (int)body->size, body->data);
}

/* Not secret, but never the same twice. */
static void fill(void *bytes, size_t size)
{
    FILE *entropy = fopen("/dev/urandom", "rb");
    if (!entropy || fread(bytes, 1, size, entropy) != size)
        abort();
    fclose(entropy);
}

static void fill_alike(void *bytes, size_t size)
{
    memset(bytes, 'i', size);
}

/* ---- life -------------------------------------------------------------------------------------
 */

static const struct calendar *calendar_of(const void *context, const char *exchange)
{
    (void)exchange;
    return ((const struct world *)context)->calendar;
}

static void keep(void *context, struct batch **batch)
{
    struct world *self = context;
    assert(!self->batch);
    self->batch = *batch;
    *batch = NULL;
}

static void begin(struct world *self, void (*random)(void *bytes, size_t size))
{
    struct outlet outlet = {.context = self,
                            .push = push,
                            .reply = reply,
                            .feed_reply = feed_reply,
                            .cut = cut,
                            .publish = publish,
                            .random = random,
                            .keep = self->rows ? keep : NULL,
                            .keep_context = self};
    struct instruments *instruments = instruments_new();
    self->engine = engine_new(&self->settings, &outlet, &instruments, self->now);
}

static struct world *make(void (*change)(struct core_settings *settings),
                          void (*random)(void *bytes, size_t size), bool kept)
{
    struct world *self = mem_alloc_zero(1, sizeof *self);
    self->calendar = calendar_new_default();
    self->keys = token_keys_new();
    token_keys_add_secret(self->keys, "", SECRET, strlen(SECRET));
    self->now = (struct now){.wall_ms = WORLD_START_MS, .mono_ms = 1000000};
    self->random = 88172645463325252u;
    self->settings = roomy_settings();
    self->settings.keys = self->keys;
    self->settings.calendar_of = calendar_of;
    self->settings.calendar_context = self;
    if (change)
        change(&self->settings);
    self->rows = kept ? rows_new() : NULL;
    begin(self, random);
    return self;
}

struct world *world_new(void)
{
    return make(NULL, fill, false);
}

struct world *world_new_with(void (*change)(struct core_settings *settings))
{
    return make(change, fill, false);
}

struct world *world_new_repeatable(void (*change)(struct core_settings *settings))
{
    return make(change, fill_alike, false);
}

struct world *world_new_kept(void (*change)(struct core_settings *settings))
{
    return make(change, fill, true);
}

void world_settle(struct world *self, bool kept)
{
    if (!self->batch)
        return;
    if (kept)
        rows_keep(self->rows, self->batch);
    batch_destroy(&self->batch);
    engine_on_kept(self->engine, kept, self->now);
}

void world_kill(struct world *self)
{
    engine_check(self->engine);
    engine_destroy(&self->engine);
    batch_destroy(&self->batch);
    for (size_t i = 0; i < self->n_clients; i++) {
        self->clients[i].connection += WORLD_CLIENTS_MAX;
        self->clients[i].seq = 0;
    }
    begin(self, fill);
    rows_restore(self->rows, self->engine, self->now);
}

void world_destroy(struct world **self)
{
    engine_check((*self)->engine);
    engine_destroy(&(*self)->engine);
    batch_destroy(&(*self)->batch);
    rows_destroy(&(*self)->rows);
    for (size_t i = 0; i < (*self)->n_clients; i++) {
        buf_destroy(&(*self)->clients[i].stream);
        buf_destroy(&(*self)->clients[i].closed);
        buf_destroy(&(*self)->clients[i].reply);
        buf_destroy(&(*self)->clients[i].all);
    }
    buf_destroy(&(*self)->public);
    buf_destroy(&(*self)->feed);
    token_keys_destroy(&(*self)->keys);
    calendar_destroy(&(*self)->calendar);
    free(*self);
    *self = NULL;
}

const char *world_secret(void)
{
    return SECRET;
}

/* ---- clients ----------------------------------------------------------------------------------
 */

struct client *world_stranger(struct world *self)
{
    assert(self->n_clients < WORLD_CLIENTS_MAX);
    struct client *client = &self->clients[self->n_clients++];
    uint8_t raw[16];
    for (size_t i = 0; i < sizeof raw; i++) {
        self->random = self->random * 6364136223846793005u + 1442695040888963407u;
        raw[i] = (uint8_t)(self->random >> 33);
    }
    session_key_encode(raw, client->key);
    client->connection = self->n_clients;
    client->is_there = client->is_reading = true;
    return client;
}

char *world_mint(const struct world *self, struct token_claims claims, const char *secret)
{
    int64_t now_s = self->now.wall_ms / 1000;
    struct err err;
    char *token = NULL;
    if (claims.expires_at_s == 0)
        claims.expires_at_s = now_s + 3600;
    if (!secret)
        secret = SECRET;
    if (token_mint(secret, strlen(secret), &claims, now_s, &token, &err) != ERR_OK)
        abort();
    return token;
}

char *world_open_request(struct world *self, const char *user, const char *name, const char *scope)
{
    struct token_claims claims = {0};
    snprintf(claims.user, sizeof claims.user, "%s", user);
    if (strstr(scope, "admin"))
        claims.scopes |= TOKEN_SCOPE_ADMIN;
    if (strstr(scope, "feed"))
        claims.scopes |= TOKEN_SCOPE_FEED;
    char *token = world_mint(self, claims, NULL);
    struct buf text = {0};
    buf_put_format(&text, "{\"type\":\"open\",\"token\":\"%s\"", token);
    if (name)
        buf_put_format(&text, ",\"session_id\":\"%s\"", name);
    buf_put_char(&text, '}');
    free(token);
    return text.data;
}

struct client *world_open(struct world *self, const char *user, const char *name)
{
    struct client *client = world_stranger(self);
    char *request = world_open_request(self, user, name, "admin");
    world_ask(self, client, "%s", request);
    free(request);
    assert(strstr(client->reply.data, "\"type\":\"opened\""));
    return client;
}

void world_work(struct world *self)
{
    while (engine_work(self->engine, self->now))
        continue;
}

static void send(struct world *self, const struct client *client, const char *text, size_t size)
{
    engine_on_request(self->engine, client->key, SESSION_KEY_SIZE, client->connection, false, text,
                      size, self->now);
}

static void answer(struct world *self)
{
    world_work(self);
    engine_end_turn(self->engine, self->now);
}

static void send_format(struct world *self, const struct client *client, const char *fmt,
                        va_list args) __attribute__((format(printf, 3, 0)));

static void send_format(struct world *self, const struct client *client, const char *fmt,
                        va_list args)
{
    char *text;
    int n = vasprintf(&text, fmt, args);
    assert(n >= 0);
    send(self, client, text, (size_t)n);
    free(text);
}

void world_send(struct world *self, struct client *client, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    send_format(self, client, fmt, args);
    va_end(args);
}

const char *world_ask(struct world *self, struct client *client, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    send_format(self, client, fmt, args);
    va_end(args);
    answer(self);
    return client->reply.data;
}

cJSON *world_ask_json(struct world *self, struct client *client, const char *text)
{
    send(self, client, text, strlen(text));
    answer(self);
    return json_parse(client->reply.data, client->reply.size, NULL);
}

/* ---- feed and time ----------------------------------------------------------------------------
 */

enum reject world_tick(struct world *self, const char *symbol, int64_t feed_ms, double price)
{
    struct tick tick = {feed_ms, price, 1, NAN, NAN, NAN, NAN};
    enum reject reject = engine_feed_tick(self->engine, engine_local_source(self->engine, "test"),
                                          symbol, &tick, self->now);
    engine_end_turn(self->engine, self->now);
    return reject;
}

enum reject world_bar(struct world *self, const char *symbol, int64_t start_ms, double price)
{
    struct bar bar = {start_ms, start_ms, price, price + 1, price - 1, price, 10, NAN, NAN};
    enum reject reject = engine_feed_bar(self->engine, engine_local_source(self->engine, "test"),
                                         symbol, TIMEFRAME_1MIN, &bar, self->now);
    engine_end_turn(self->engine, self->now);
    return reject;
}

void world_walk(struct world *self, const char *symbol, int64_t start_ms, size_t n, unsigned seed)
{
    double price = 25000;
    uint64_t random = seed;
    for (size_t i = 0; i < n; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        price += (double)((random >> 33) % 400) / 20 - 10;
        world_bar(self, symbol, start_ms + (int64_t)i * WORLD_MINUTE_MS, price);
    }
}

void world_pass(struct world *self, int64_t ms)
{
    while (ms > 0) {
        int64_t step = ms < 50 ? ms : 50;
        self->now.mono_ms += step;
        self->now.wall_ms += step;
        ms -= step;
        engine_end_turn(self->engine, self->now);
    }
}

size_t world_instances(const struct world *self)
{
    return compute_n_instances(engine_core((struct engine *)(uintptr_t)self->engine)->compute);
}
