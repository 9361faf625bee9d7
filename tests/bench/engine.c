/* engine - the daemon in a process without sockets: what a tick and a closed bar cost with 1, 10
 * and 100 shared indicators, from the tick to the body handed out; next to the indicators' own
 * functions called in a plain loop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/mem.h"
#include "common/indicators/spec.h"
#include "daemon/engine.h"
#include "tests/bench/dealer.h"
#include "tests/bench/measure.h"
#include "tests/support/roomy.h"

#define SECRET      "0123456789abcdef0123456789abcdef"
#define DAY_OPEN_MS INT64_C(1762227900000) /* 2025-11-04, 09:15 in Kolkata */
#define SYMBOL      "NIFTY50"

enum {
    MANY = 100,
    MINUTE_MS = 60000,
    DAY_MS = 86400000,
    MINUTES_A_DAY = 375,
    WARM_BARS = 20 * MINUTES_A_DAY,
    NOW_S = 1762500000
};

struct scene {
    struct core_settings settings;
    struct calendar *calendar;
    struct token_keys *keys;
    struct engine *engine;
    struct source *source;
    struct now now;
    char key[KEY_SIZE + 1];
    struct buf reply;
    size_t n_pushed, n_bytes;
    double price;
    uint64_t random;
    int64_t n_bars;
};

/* ---- the outlet -------------------------------------------------------------------------------
 */

static enum push_result push(void *context, const struct parcel *parcel)
{
    struct scene *self = context;
    const struct outbox_item *items = parcel->items;
    self->n_pushed += parcel->n;
    for (size_t i = 0; i < parcel->n; i++)
        self->n_bytes += items[i].body->size;
    if (items[0].kind == OUTBOX_REPLY) {
        buf_reset(&self->reply);
        buf_put(&self->reply, items[0].body->data, items[0].body->size);
    }
    return PUSH_SENT;
}

static void reply(void *context, const void *peer, size_t peer_size, bool delimited,
                  struct body *body)
{
    (void)context;
    (void)peer;
    (void)peer_size;
    (void)delimited;
    die("a session is refused: %.*s", (int)body->size, body->data);
}

static void feed_reply(void *context, const void *peer, size_t peer_size, struct body *body)
{
    (void)context;
    (void)peer;
    (void)peer_size;
    (void)body;
}

static void publish(void *context, const char *topic, struct body *body)
{
    (void)context;
    (void)topic;
    (void)body;
}

static void fill(void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size)
        die("no randomness");
}

static const struct calendar *calendar_of(const void *context, const char *exchange)
{
    (void)exchange;
    return ((const struct scene *)context)->calendar;
}

/* ---- setting up -------------------------------------------------------------------------------
 */

static struct scene *scene_new(void)
{
    struct scene *self = mem_alloc_zero(1, sizeof *self);
    self->calendar = calendar_new_default();
    self->keys = token_keys_new();
    token_keys_add_secret(self->keys, "", SECRET, strlen(SECRET));
    self->settings = roomy_settings();
    self->settings.heartbeat_ms = self->settings.resume_ms = 1 << 30; /* nothing comes by itself */
    self->settings.feed_stale_ms = self->settings.bar_grace_ms = 1 << 30;
    self->settings.keys = self->keys;
    self->settings.calendar_of = calendar_of;
    self->settings.calendar_context = self;
    self->now = (struct now){.wall_ms = (int64_t)NOW_S * 1000, .mono_ms = 1000};
    self->price = 25000;
    self->random = 88172645463325252u;
    dealer_make_key(self->key);
    struct outlet outlet = {.context = self,
                            .push = push,
                            .reply = reply,
                            .feed_reply = feed_reply,
                            .publish = publish,
                            .random = fill};
    struct instruments *instruments = instruments_new();
    self->engine = engine_new(&self->settings, &outlet, &instruments, self->now);
    self->source = engine_local_source(self->engine, "bench");
    return self;
}

static void scene_destroy(struct scene **self)
{
    engine_destroy(&(*self)->engine);
    token_keys_destroy(&(*self)->keys);
    calendar_destroy(&(*self)->calendar);
    buf_destroy(&(*self)->reply);
    free(*self);
    *self = NULL;
}

static void ask(struct scene *self, const struct buf *text, const char *type)
{
    engine_on_request(self->engine, self->key, KEY_SIZE, 1, false, text->data, text->size,
                      self->now);
    while (engine_work(self->engine, self->now))
        continue;
    engine_end_turn(self->engine, self->now);
    if (!strstr(self->reply.data, type) || strstr(self->reply.data, "\"rejected\":{\""))
        die("not %s but %s", type, self->reply.data);
}

static void open_session(struct scene *self)
{
    struct token_claims claims = {.user = "alice", .expires_at_s = NOW_S + 86400};
    struct err err;
    char *token;
    if (token_mint(SECRET, strlen(SECRET), &claims, NOW_S, &token, &err) != ERR_OK)
        die("no token: %s", err.message);
    struct buf text = {0};
    buf_put_format(&text, "{\"type\":\"open\",\"token\":\"%s\"}", token);
    ask(self, &text, "opened");
    free(token);
    buf_destroy(&text);
}

/* The i-th of the indicators that are asked for: ten kinds, each with longer and longer windows. */
static void put_indicator(size_t i, struct buf *out)
{
    static const char *const KINDS[] = {"RSI(%d)", "SMA(%d)",     "EMA(%d)",     "MACD(12,%d,9)",
                                        "WMA(%d)", "ATR(%d)",     "STOCH(%d,3)", "ADX(%d)",
                                        "CCI(%d)", "BBANDS(%d,2)"};
    size_t n_kinds = sizeof KINDS / sizeof *KINDS;
    const char *kind = KINDS[i % n_kinds], *place = strstr(kind, "%d");
    buf_put(out, kind, (size_t)(place - kind));
    buf_put_format(out, "%zu", 14 + i / n_kinds);
    buf_put_text(out, place + 2);
}

static void subscribe(struct scene *self, const char *timeframe, const char *updates, size_t n)
{
    struct buf text = {0};
    buf_put_format(&text,
                   "{\"type\":\"subscribe\",\"symbol\":\"" SYMBOL "\",\"timeframe\":\"%s\","
                   "\"updates\":\"%s\",\"indicators\":[",
                   timeframe, updates);
    for (size_t i = 0; i < n; i++) {
        buf_put_text(&text, i > 0 ? ",\"" : "\"");
        put_indicator(i, &text);
        buf_put_char(&text, '"');
    }
    buf_put_text(&text, "]}");
    ask(self, &text, "subscribed");
    buf_destroy(&text);
}

/* ---- what is fed ------------------------------------------------------------------------------
 */

static double next_price(struct scene *self)
{
    self->random = self->random * 6364136223846793005u + 1442695040888963407u;
    self->price += ((double)((self->random >> 33) % 41) - 20) / 20;
    return self->price;
}

static void feed_bar(struct scene *self)
{
    int64_t day = self->n_bars / MINUTES_A_DAY - WARM_BARS / MINUTES_A_DAY,
            start_ms = DAY_OPEN_MS + day * DAY_MS + self->n_bars % MINUTES_A_DAY * MINUTE_MS;
    double close = next_price(self);
    struct bar bar = {start_ms, start_ms, close, close + 1, close - 1, close, 100, NAN, NAN};
    self->n_bars++;
    if (engine_feed_bar(self->engine, self->source, SYMBOL, TIMEFRAME_1MIN, &bar, self->now) !=
        REJECT_NONE)
        die("a bar is refused");
    engine_end_turn(self->engine, self->now);
}

static void feed_tick(struct scene *self, int64_t feed_ms)
{
    struct tick tick = {feed_ms, next_price(self), 1, NAN, NAN, NAN, NAN};
    if (engine_feed_tick(self->engine, self->source, SYMBOL, &tick, self->now) != REJECT_NONE)
        die("a tick is refused");
    engine_end_turn(self->engine, self->now);
}

/* ---- the reference: the functions of the rows alone -------------------------------------------
 */

struct kernel {
    const struct indicator *row;
    void *state;
    double in[INDICATOR_INPUTS_MAX], out[INDICATOR_OUTPUTS_MAX];
    enum field fields[INDICATOR_INPUTS_MAX];
};

static void kernels_make(struct kernel *kernels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf text = {0};
        struct spec *spec;
        struct err err;
        put_indicator(i, &text);
        if (spec_parse(text.data, &spec, &err) != ERR_OK)
            die("%s: %s", text.data, err.message);
        kernels[i] = (struct kernel){.row = spec->row};
        kernels[i].state = mem_alloc_zero(indicator_state_size(spec->row, spec->params), 1);
        indicator_state_init(spec->row, spec->params, kernels[i].state);
        for (size_t k = 0; k < indicator_n_inputs(spec->row); k++)
            kernels[i].fields[k] = spec->sources[k].field;
        spec_destroy(&spec);
        buf_destroy(&text);
    }
}

static void kernels_run(struct kernel *kernels, size_t n, double close, bool commits)
{
    for (size_t i = 0; i < n; i++) {
        struct kernel *one = &kernels[i];
        for (size_t k = 0; one->fields[k] != FIELD_NONE; k++)
            one->in[k] = one->fields[k] == FIELD_HIGH  ? close + 1
                         : one->fields[k] == FIELD_LOW ? close - 1
                                                       : close;
        if (commits)
            one->row->commit(one->state, one->in, one->out);
        else
            one->row->peek(one->state, one->in, one->out);
    }
}

/* Nanoseconds that n indicators take for a bar, by their functions alone. */
static double measure_kernels(struct scene *self, size_t n, bool commits, size_t n_rounds)
{
    enum { BARS = 1000 };
    struct kernel kernels[MANY];
    struct best best = {0};
    kernels_make(kernels, n);
    for (size_t i = 0; i < BARS; i++)
        kernels_run(kernels, n, next_price(self), true);
    for (size_t round = 0; round < n_rounds; round++) {
        uint64_t start_ns = now_ns();
        for (size_t i = 0; i < BARS; i++)
            kernels_run(kernels, n, next_price(self), commits);
        best_of_least(&best, (double)(now_ns() - start_ns) / BARS);
    }
    for (size_t i = 0; i < n; i++)
        free(kernels[i].state);
    return best.value;
}

/* ---- measurements -----------------------------------------------------------------------------
 */

static double measure_ticks(size_t n_indicators, size_t n_rounds)
{
    enum { TICKS = 2000 };
    struct scene *scene = scene_new();
    struct best best = {0};
    int64_t feed_ms = DAY_OPEN_MS;
    open_session(scene);
    while (scene->n_bars < WARM_BARS)
        feed_bar(scene);
    if (n_indicators > 0)
        subscribe(scene, "5min", "tick", n_indicators);
    for (size_t round = 0; round < n_rounds; round++) {
        size_t pushed = scene->n_pushed;
        uint64_t start_ns = now_ns();
        for (size_t i = 0; i < TICKS; i++)
            feed_tick(scene, feed_ms += 1);
        best_of_least(&best, (double)(now_ns() - start_ns) / TICKS);
        if (n_indicators > 0 && scene->n_pushed != pushed + TICKS)
            die("%zu updates for %d ticks", scene->n_pushed - pushed, TICKS);
    }
    scene_destroy(&scene);
    return best.value;
}

static double measure_bars(size_t n_indicators, size_t n_rounds)
{
    struct scene *scene = scene_new();
    struct best best = {0};
    open_session(scene);
    while (scene->n_bars < WARM_BARS)
        feed_bar(scene);
    subscribe(scene, "1min", "close", n_indicators);
    for (size_t round = 0; round < n_rounds; round++) {
        uint64_t start_ns = now_ns();
        for (size_t i = 0; i < MINUTES_A_DAY; i++)
            feed_bar(scene);
        best_of_least(&best, (double)(now_ns() - start_ns) / MINUTES_A_DAY);
    }
    scene_destroy(&scene);
    return best.value;
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    static const size_t COUNTS[] = {1, 10, MANY};
    size_t n_rounds = options.is_short ? 5 : 50;
    struct scene *prices = scene_new();
    report("engine: a tick that nobody follows", "ns", measure_ticks(0, n_rounds), 0, "");
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        char what[96];
        size_t n = COUNTS[i];
        snprintf(what, sizeof what, "engine: a tick, %zu indicators peeked", n);
        report(what, "ns", measure_ticks(n, n_rounds), measure_kernels(prices, n, false, n_rounds),
               "");
        snprintf(what, sizeof what, "engine: a closed bar, %zu committed", n);
        report(what, "ns", measure_bars(n, n_rounds), measure_kernels(prices, n, true, n_rounds),
               "");
    }
    scene_destroy(&prices);
    return EXIT_SUCCESS;
}
