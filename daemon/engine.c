#include "daemon/engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/protocol/ids.h"
#include "daemon/control/allowance.h"
#include "daemon/control/request.h"
#include "daemon/engine/gate.h"
#include "daemon/engine/publisher.h"
#include "daemon/feed/item.h"
#include "daemon/keep/keeper.h"
#include "daemon/sessions/notice.h"

enum {
    STATUS_EVERY_MS = 1000,
    EXPIRY_WARNING_S = 60,
    PROBES = 4 /* of a session whose connection has gone, a sweep apart */
};

struct engine {
    struct core core;
    struct outlet outlet;
    struct gate gate;
    struct publisher *publisher;
    struct touched touched;
    struct buf text;       /* scratch, empty between calls */
    struct keeper *keeper; /* NULL where nothing is kept */
    int64_t next_keep_ms;
    int64_t next_status_ms, next_sweep_ms;
};

/* ---- life -------------------------------------------------------------------------------------
 */

struct engine *engine_new(const struct core_settings *settings, const struct outlet *outlet,
                          struct instruments **instruments, struct now now)
{
    struct engine *self = mem_alloc_zero(1, sizeof *self);
    struct core *core = &self->core;
    uint8_t epoch[16];
    self->outlet = *outlet;
    core->settings = settings;
    core->instruments = *instruments;
    *instruments = NULL;
    core->market = market_new(&settings->market);
    core->compute = compute_new(core->market);
    core->views = views_new(core->compute);
    core->sessions = sessions_new(&settings->sessions);
    core->sources = sources_new();
    core->callers = callers_new();
    core->feed_callers = callers_new();
    core->delivery = delivery_new(outlet->push, outlet->context, core->sessions);
    core->random = outlet->random;
    self->gate = (struct gate){.core = core, .cut = outlet->cut, .context = outlet->context};
    core->started_ms = now.mono_ms;
    outlet->random(epoch, sizeof epoch);
    session_key_encode(epoch, core->epoch);
    for (size_t i = 0; i < instruments_count(core->instruments); i++) {
        const struct instrument *one = instruments_at(core->instruments, i);
        market_add(core->market, one->symbol, core_calendar(core, one->exchange));
    }
    if (outlet->keep)
        self->keeper = keeper_new(core, &(struct keeper_settings){.keep_ms = settings->keep_ms});
    core->chains = chains_new(&settings->options, core->market, core->instruments);
    self->publisher = publisher_new(outlet->publish, outlet->context, core);
    self->next_status_ms = self->next_sweep_ms = now.mono_ms;
    return self;
}

static void end_session(struct engine *self, struct session *session, struct now now)
{
    if (self->keeper)
        keeper_note_end(self->keeper, session);
    gate_note_closed(&self->gate, false, session->connection, now);
    subscriptions_remove_session(self->core.views, session);
    sessions_end(self->core.sessions, &session);
}

void engine_destroy(struct engine **self)
{
    if (!*self)
        return;
    struct core *core = &(*self)->core;
    while (sessions_count(core->sessions) > 0)
        end_session(*self, sessions_at(core->sessions, 0), (struct now){0});
    publisher_destroy(&(*self)->publisher);
    keeper_destroy(&(*self)->keeper);
    sessions_destroy(&core->sessions);
    views_destroy(&core->views);
    compute_destroy(&core->compute);
    market_destroy(&core->market);
    chains_destroy(&core->chains);
    sources_destroy(&core->sources);
    callers_destroy(&core->callers);
    callers_destroy(&core->feed_callers);
    delivery_destroy(&core->delivery);
    instruments_destroy(&core->instruments);
    touched_destroy(&(*self)->touched);
    buf_destroy(&(*self)->text);
    free(*self);
    *self = NULL;
}

struct core *engine_core(struct engine *self)
{
    return &self->core;
}

void engine_check(const struct engine *self)
{
    subscriptions_check(self->core.sessions);
}

/* ---- connections ------------------------------------------------------------------------------
 */

void engine_on_caller(struct engine *self, bool feeds, uint64_t connection, struct now now)
{
    gate_note_come(&self->gate, feeds, connection, now);
}

/* ---- words to many ----------------------------------------------------------------------------
 */

static struct body *take_text(struct engine *self)
{
    return body_of_text(sessions_tally(self->core.sessions), &self->text);
}

/* An error that is answered here, not by a handler of requests: put into self->text, and counted.
 */
static void put_own_error(struct engine *self, const cJSON *id, const struct err *err)
{
    self->core.counters.errors[err->code]++;
    put_error(&self->text, id, err, NULL);
}

static void tell_session(struct engine *self, struct session *session, enum notice notice,
                         const char *message)
{
    notice_begin(&self->text, notice, message);
    buf_put_char(&self->text, '}');
    struct body *body = take_text(self);
    delivery_put_notice(self->core.delivery, session, body);
    body_release(&body);
}

static bool has_symbol(const struct session *session, const struct listing *listing)
{
    for (size_t i = 0; i < session->n_subscriptions; i++)
        if (session->subscriptions[i]->listing == listing)
            return true;
    return false;
}

/* A symbol's feed has fallen silent or come back: told to those who watch it, and in public. */
static void tell_feed_state(struct engine *self, const struct listing *listing, bool stale)
{
    notice_begin(&self->text, stale ? NOTICE_FEED_STALE : NOTICE_FEED_LIVE,
                 stale ? "nothing comes from this symbol's feed" : "the symbol's feed is back");
    buf_put_text(&self->text, ",\"symbol\":");
    json_put_string(&self->text, listing->name);
    buf_put_char(&self->text, '}');
    struct body *body = take_text(self);
    publisher_put_notice(self->publisher, body);
    for (size_t i = 0; i < sessions_count(self->core.sessions); i++) {
        struct session *session = sessions_at(self->core.sessions, i);
        if (has_symbol(session, listing))
            delivery_put_notice(self->core.delivery, session, body);
    }
    body_release(&body);
}

static void set_stale(struct engine *self, struct source *source, bool stale)
{
    if (source->is_stale == stale)
        return;
    source->is_stale = stale;
    for (size_t i = 0; i < market_count(self->core.market); i++) {
        const struct listing *listing = market_listing(self->core.market, i);
        if (listing->source == source->id)
            tell_feed_state(self, listing, stale);
    }
}

/* ---- sessions ---------------------------------------------------------------------------------
 */

/* The connection is another one than before, and nobody said `open`: libzmq has reconnected. */
static void notice_reconnection(struct engine *self, struct session *session, uint64_t connection,
                                struct now now)
{
    bool is_new = session->connection != connection || !session->is_attached;
    session->connection = connection;
    session->last_request_ms = now.mono_ms;
    session->probes_left = 0;
    session->fell_silent = false;
    if (!is_new)
        return;
    session->is_attached = true;
    delivery_put_snapshots(self->core.delivery, session);
}

static void refuse_stranger(struct engine *self, const void *peer, size_t peer_size, bool delimited)
{
    struct err err = {0};
    err_set(&err, ERR_RATE_LIMITED, "too many requests; \"open\" a session, or wait");
    self->core.counters.requests++;
    put_own_error(self, NULL, &err);
    struct body *body = take_text(self);
    self->outlet.reply(self->outlet.context, peer, peer_size, delimited, body);
    body_release(&body);
}

void engine_on_request(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                       bool delimited, const char *text, size_t size, struct now now)
{
    struct session *before =
        peer_size == SESSION_KEY_SIZE ? sessions_find(self->core.sessions, peer) : NULL;
    bool has_key = before || session_key_is_valid(peer, peer_size);
    if (gate_is_shut(&self->gate, false, connection, before, now))
        return;
    if (!before && !gate_lets_speak(&self->gate, false, connection, size, now)) {
        refuse_stranger(self, peer, peer_size, delimited);
        return;
    }
    struct call call = {.core = &self->core,
                        .now = now,
                        .key = has_key ? peer : NULL,
                        .connection = connection,
                        .session = before};
    struct body *body = request_answer(&call, text, size);
    if (call.session) {
        gate_note_opened(&self->gate, false, connection, now);
        if (call.has_changed && self->keeper)
            keeper_note_session(self->keeper, call.session);
        delivery_put_reply(self->core.delivery, call.session, body, delimited);
        if (call.snapshots_due)
            delivery_put_snapshots(self->core.delivery, call.session);
        if (before)
            notice_reconnection(self, before, connection, now);
        if (call.ends_session) {
            delivery_flush(self->core.delivery, now.mono_ms);
            end_session(self, call.session, now);
        }
        if (call.is_flood)
            gate_cut_flood(&self->gate, false, connection, call.session, now);
    } else {
        self->outlet.reply(self->outlet.context, peer, peer_size, delimited, body);
    }
    body_release(&body);
}

static void put_heartbeat(struct engine *self, struct session *session, struct now now);

/* Asks libzmq whether anybody has the key, by sending a heartbeat. */
static bool probe(struct engine *self, struct session *session, struct now now)
{
    bool was_attached = session->is_attached;
    int64_t detached_ms = session->detached_ms;
    session->is_attached = true;
    put_heartbeat(self, session, now);
    delivery_flush(self->core.delivery, now.mono_ms);
    if (!session->is_attached && !was_attached)
        session->detached_ms = detached_ms;
    return session->is_attached;
}

/* libzmq tells of the end of a connection a little before it lets go of it, so it is asked more
 * than once; who is still there after that has come back on another connection. */
static void probe_again(struct engine *self, struct session *session, struct now now)
{
    session->probes_left--;
    if (probe(self, session, now) && session->probes_left == 0)
        delivery_put_snapshots(self->core.delivery, session);
}

/* A session whose connection is gone may be back on another one without a word. One that is only
 * silent is left alone: it has to speak, whoever else comes or goes. */
static void look_for(struct engine *self, struct session *session, struct now now)
{
    if (session->connection == 0 && !session->fell_silent && session->wants_stream &&
        !session->is_expired && !session_is_dormant(session) && probe(self, session, now))
        delivery_put_snapshots(self->core.delivery, session);
}

void engine_on_disconnected(struct engine *self, uint64_t connection, struct now now)
{
    gate_note_gone(&self->gate, false, connection);
    for (size_t i = 0; i < sessions_count(self->core.sessions); i++) {
        struct session *session = sessions_at(self->core.sessions, i);
        if (session->connection != connection)
            continue;
        session->connection = 0;
        session->fell_silent = false;
        if (!session->is_attached) {
            look_for(self, session, now);
        } else if (session->wants_stream && !session->is_expired) {
            session->probes_left = PROBES;
            probe_again(self, session, now);
        } else {
            delivery_detach(session, now.mono_ms);
        }
    }
}

void engine_on_connected(struct engine *self, struct now now)
{
    for (size_t i = 0; i < sessions_count(self->core.sessions); i++) {
        struct session *session = sessions_at(self->core.sessions, i);
        if (!session->is_attached)
            look_for(self, session, now);
    }
}

/* ---- feed -------------------------------------------------------------------------------------
 */

static struct listing *find_listing(struct engine *self, const char *symbol)
{
    struct listing *listing = market_find(self->core.market, symbol);
    if (listing || !symbol_is_valid(symbol))
        return listing;
    struct core *core = &self->core;
    const struct instrument *added = instruments_add_index(core->instruments, symbol);
    listing = market_add(core->market, added->symbol, core_calendar(core, added->exchange));
    if (chains_wait_for(core->chains, symbol)) {
        chains_destroy(&core->chains);
        core->chains = chains_new(&core->settings->options, core->market, core->instruments);
    }
    return listing;
}

/* What is kept of it is out of date. */
static void note_changed(struct engine *self, const struct listing *listing)
{
    if (self->keeper)
        keeper_note_listing(self->keeper, listing);
}

static void work_off(struct engine *self, struct now now)
{
    delivery_run(self->core.delivery, self->core.compute, &self->touched, now.mono_ms);
    for (size_t i = 0; i < self->touched.n_closed; i++) {
        note_changed(self, self->touched.closed[i].listing);
        publisher_take_closed(self->publisher, &self->touched.closed[i]);
    }
    touched_reset(&self->touched);
}

static void note_arrival(struct engine *self, struct source *source, struct now now)
{
    source->has_arrived = true;
    source->arrived_ms = now.mono_ms;
    source->arrived_wall_ms = now.wall_ms;
    set_stale(self, source, false);
}

/* Whether it keeps up with the wall clock, once its message has been worked off. */
static void note_step(struct engine *self, struct source *source, struct now now)
{
    int64_t clock_ms = market_clock(self->core.market, source->id);
    source->behind_ms = clock_ms == INT64_MIN ? INT64_MAX : now.wall_ms - clock_ms;
}

/* Applies what has been held of a listing: from now on this source leads it. */
static void take_over(struct engine *self, const struct source *source, struct listing *listing,
                      struct now now)
{
    size_t n;
    struct held *held = standby_take(source->standby, listing, &n);
    for (size_t i = 0; i < n; i++) {
        enum reject reject =
            held[i].timeframe == TIMEFRAME_NONE
                ? market_apply_tick(self->core.market, source->id, listing, &held[i].tick,
                                    &self->touched)
                : market_apply_bar(self->core.market, source->id, listing, held[i].timeframe,
                                   &held[i].bar, &self->touched);
        self->core.counters.rejects[reject]++;
        work_off(self, now);
    }
    note_changed(self, listing);
    free(held);
}

/* What its leader has not given in takeover_ms of this source's time, it will not give. */
static void take_over_missed(struct engine *self, struct source *source, struct now now)
{
    const struct held *oldest;
    while ((oldest = standby_oldest(source->standby))) {
        const struct source *leader = sources_at(self->core.sources, oldest->listing->source);
        int64_t waited_ms = source->heard_ms - held_time_ms(oldest);
        if (leader->is_connected && waited_ms <= self->core.settings->takeover_ms)
            return;
        take_over(self, source, oldest->listing, now);
    }
}

/* True if another source leads the listing, and what came is held until that one has given it too.
 * False if it is to be applied now: nobody leads it, or the leader has gone, or has given nothing
 * for so long that it is the first to give something new. */
static bool stands_by(struct engine *self, struct source *source, const struct held *held,
                      struct now now)
{
    struct listing *listing = held->listing;
    if (listing->source == source->id || listing->source == NO_SOURCE)
        return false;
    if (!sources_at(self->core.sources, listing->source)->is_connected ||
        held_time_ms(held) - listing->last_ms > self->core.settings->takeover_ms) {
        take_over(self, source, listing, now);
        return false;
    }
    standby_hold(source->standby, held);
    self->core.counters.standby++;
    /* Not its clock: by that, what is held would be too late when it is applied. */
    if (held_time_ms(held) > source->heard_ms)
        source->heard_ms = held_time_ms(held);
    take_over_missed(self, source, now);
    return true;
}

/* Another source, gone by now, has given that moment: it would count twice. */
static bool is_given(const struct source *source, const struct listing *listing, int64_t feed_ms)
{
    return listing->source != source->id && listing->source != NO_SOURCE &&
           feed_ms <= listing->last_ms;
}

enum reject engine_feed_tick(struct engine *self, struct source *source, const char *symbol,
                             const struct tick *tick, struct now now)
{
    struct listing *listing = find_listing(self, symbol);
    enum reject reject = REJECT_BAD_SYMBOL;
    self->core.counters.ticks++;
    note_arrival(self, source, now);
    if (listing) {
        struct held held = {.listing = listing, .timeframe = TIMEFRAME_NONE, .tick = *tick};
        if (stands_by(self, source, &held, now))
            return REJECT_NONE;
        reject =
            is_given(source, listing, tick->feed_ms)
                ? REJECT_LATE
                : market_apply_tick(self->core.market, source->id, listing, tick, &self->touched);
        note_changed(self, listing);
    }
    self->core.counters.rejects[reject]++;
    note_step(self, source, now);
    work_off(self, now);
    return reject;
}

enum reject engine_feed_bar(struct engine *self, struct source *source, const char *symbol,
                            enum timeframe timeframe, const struct bar *bar, struct now now)
{
    struct listing *listing = find_listing(self, symbol);
    enum reject reject = REJECT_BAD_SYMBOL;
    self->core.counters.bars++;
    note_arrival(self, source, now);
    if (listing) {
        struct held held = {.listing = listing, .timeframe = timeframe, .bar = *bar};
        if (timeframe_is_intraday(timeframe) && stands_by(self, source, &held, now))
            return REJECT_NONE;
        reject = market_apply_bar(self->core.market, source->id, listing, timeframe, bar,
                                  &self->touched);
        note_changed(self, listing);
    }
    self->core.counters.rejects[reject]++;
    note_step(self, source, now);
    work_off(self, now);
    return reject;
}

/* Whether the source may feed it, and there is room if it is new. */
static enum reject check_symbol(struct engine *self, const struct source *source,
                                const char *symbol)
{
    struct core *core = &self->core;
    bool is_allowed = allowance_covers(source->symbols, symbol);
    bool has_room = market_count(core->market) < core->settings->symbols_max ||
                    market_find(core->market, symbol);
    core->counters.limited[LIMIT_ENTITLEMENT] += !is_allowed;
    core->counters.limited[LIMIT_SYMBOLS] += is_allowed && !has_room;
    return is_allowed && has_room ? REJECT_NONE : REJECT_BAD_SYMBOL;
}

static enum reject feed_item(struct engine *self, struct source *source, const cJSON *json,
                             struct now now)
{
    struct item item;
    enum reject reject = item_parse(json, now.wall_ms, &item);
    if (reject == REJECT_NONE && item.kind != ITEM_CLOCK)
        reject = check_symbol(self, source, item.symbol);
    if (reject != REJECT_NONE) {
        self->core.counters.rejects[reject]++;
        return reject;
    }
    switch (item.kind) {
    case ITEM_TICK:
        return engine_feed_tick(self, source, item.symbol, &item.tick, now);
    case ITEM_BAR:
        return engine_feed_bar(self, source, item.symbol, item.timeframe, &item.bar, now);
    default:
        market_advance_clock(self->core.market, source->id, item.clock_ms, &self->touched);
        work_off(self, now);
        return REJECT_NONE;
    }
}

/* Who sent a feed message. */
struct feeder {
    const void *id;
    size_t size;
    uint64_t connection;
};

static void feed_text(struct engine *self, const void *peer, size_t peer_size)
{
    struct body *body = take_text(self);
    self->outlet.feed_reply(self->outlet.context, peer, peer_size, body);
    body_release(&body);
}

static void feed_reject(struct engine *self, const struct source *source, uint64_t seq,
                        size_t index, enum reject reject)
{
    buf_put_format(&self->text,
                   "{\"type\":\"reject\",\"seq\":%llu,\"index\":%zu,\"code\":\"%s\",\"message\":",
                   (unsigned long long)seq, index, reject_name(reject));
    json_put_string(&self->text, reject_sentence(reject));
    buf_put_char(&self->text, '}');
    feed_text(self, source->peer, source->peer_size);
}

static void feed_error(struct engine *self, const struct feeder *peer, const cJSON *id,
                       const struct err *err)
{
    put_own_error(self, id, err);
    feed_text(self, peer->id, peer->size);
}

/* How far a source has been taken, for good. */
static uint64_t safe_seq(const struct engine *self, const struct source *source)
{
    return self->keeper ? source->kept_seq : source->last_seq;
}

static enum err_code feed_open(struct engine *self, const struct feeder *peer, const cJSON *request,
                               struct now now, struct err *err)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(request, "type"),
                *token = cJSON_GetObjectItemCaseSensitive(request, "token"),
                *name = cJSON_GetObjectItemCaseSensitive(request, "source"),
                *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    const struct core_settings *settings = self->core.settings;
    struct token_claims claims;
    if (!cJSON_IsString(type) || strcmp(type->valuestring, "feed_open") != 0)
        return err_set(err, ERR_BAD_REQUEST,
                       "the feed socket takes \"feed_open\", and then "
                       "messages of two frames: seq and body");
    if (!cJSON_IsString(token) || !cJSON_IsString(name) || !session_id_is_valid(name->valuestring))
        return err_set(
            err, ERR_BAD_REQUEST,
            "\"feed_open\" needs \"token\", and \"source\": 1 to 64 characters of A-Z a-z "
            "0-9 . _ -");
    for (const cJSON *one = request->child; one; one = one->next)
        if (one != type && one != token && one != name && one != id)
            return err_set(err, ERR_BAD_REQUEST, "\"feed_open\" has no member \"%.64s\"",
                           one->string);
    enum err_code code = token_verify(settings->keys, token->valuestring, now.wall_ms / 1000,
                                      &settings->rules, &claims, err);
    if (code != ERR_OK)
        return code;
    if (!(claims.scopes & TOKEN_SCOPE_FEED))
        return err_set(err, ERR_FORBIDDEN, "feeding needs a token with scope \"feed\"");
    if (!sources_find(self->core.sources, name->valuestring) &&
        sources_count(self->core.sources) >= settings->sources_max) {
        self->core.counters.limited[LIMIT_SOURCES]++;
        return err_set(err, ERR_QUOTA_EXCEEDED, "there are %zu sources, the most there may be",
                       sources_count(self->core.sources));
    }
    struct source *source =
        sources_open(self->core.sources, name->valuestring, peer->id, peer->size, peer->connection);
    source->expires_at_s = claims.expires_at_s;
    strcpy(source->kid, claims.kid);
    strcpy(source->jti, claims.jti);
    allowance_take_symbols(&source->symbols, &claims);
    buf_put_text(&self->text, "{\"type\":\"feed_opened\"");
    put_id(&self->text, id);
    buf_put_format(&self->text, ",\"last_seq\":%llu}", (unsigned long long)safe_seq(self, source));
    feed_text(self, peer->id, peer->size);
    gate_note_opened(&self->gate, true, peer->connection, now);
    return ERR_OK;
}

static bool read_seq(const char *text, size_t size, uint64_t *seq)
{
    *seq = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || size > 18)
            return false;
        *seq = *seq * 10 + (uint64_t)(text[i] - '0');
    }
    return size > 0;
}

/* The items of a message that is the next one of its source. */
static void feed_batch(struct engine *self, struct source *source, uint64_t seq, const cJSON *items,
                       struct now now)
{
    size_t index = 0;
    if (!cJSON_IsArray(items)) {
        self->core.counters.rejects[REJECT_MALFORMED]++;
        feed_reject(self, source, seq, 0, REJECT_MALFORMED);
    } else {
        for (const cJSON *item = items->child; item; item = item->next, index++) {
            enum reject reject = feed_item(self, source, item, now);
            if (reject != REJECT_NONE)
                feed_reject(self, source, seq, index, reject);
        }
    }
    source->last_seq = seq;
    source->ack_due = !self->keeper;
    self->core.counters.feed_messages++;
    note_arrival(self, source, now);
    note_step(self, source, now);
}

/* Who sends more than it may is not acknowledged for a while, see put_acks; who does not mind is
 * refused, and cut off in the end. */
static enum err_code check_feed_rate(struct engine *self, struct source *source, size_t size,
                                     struct now now, struct err *err)
{
    enum { MESSAGE_COST = 64 };
    struct bucket_rate rate = self->core.settings->feed_bytes;
    double left = bucket_left(&source->bytes, rate, now.mono_ms);
    if (left > -rate.burst) {
        bucket_charge(&source->bytes, (double)size + MESSAGE_COST);
        return ERR_OK;
    }
    self->core.counters.limited[LIMIT_FEED_BYTES]++;
    if (limits_is_flood(&source->patience, self->core.settings->stranger_requests,
                        limits_cost(size), now.mono_ms))
        gate_cut_flood(&self->gate, true, source->connection, NULL, now);
    return err_set(err, ERR_RATE_LIMITED, "more than %g bytes a second; wait for the ack",
                   rate.per_s);
}

static enum err_code feed_numbered(struct engine *self, const struct feeder *peer, uint64_t seq,
                                   const char *text, size_t size, struct now now, struct err *err)
{
    struct source *source =
        sources_find_peer(self->core.sources, peer->id, peer->size, peer->connection);
    if (!source)
        return err_set(err, ERR_NOT_OPEN, "send \"feed_open\" first");
    if (now.wall_ms / 1000 >= source->expires_at_s)
        return err_set(err, ERR_TOKEN_EXPIRED, "the feed's token has expired; \"feed_open\" anew");
    enum err_code code = check_feed_rate(self, source, size, now, err);
    if (code != ERR_OK)
        return code;
    switch (source_judge_seq(source, seq)) {
    case SOURCE_SEQ_REPEATED:
        self->core.counters.feed_repeats++;
        source->ack_due = true;
        return ERR_OK;
    case SOURCE_SEQ_GAP:
        return err_set(err, ERR_BAD_REQUEST, "seq %llu is due, this is %llu",
                       (unsigned long long)source->last_seq + 1, (unsigned long long)seq);
    default:
        break;
    }
    cJSON *items = json_parse(text, size, NULL);
    feed_batch(self, source, seq, items, now);
    cJSON_Delete(items);
    return ERR_OK;
}

void engine_on_feed(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                    const char *seq, size_t seq_size, const char *text, size_t size, struct now now)
{
    struct feeder from = {peer, peer_size, connection};
    struct err err = {0};
    enum err_code code;
    uint64_t number = 0;
    cJSON *request = NULL;
    bool is_known = sources_find_peer(self->core.sources, peer, peer_size, connection);
    if (gate_is_shut(&self->gate, true, connection, NULL, now))
        return;
    if ((!is_known || !seq) && !gate_lets_speak(&self->gate, true, connection, size, now))
        code = err_set(&err, ERR_RATE_LIMITED, "too many requests; wait");
    else if (size > self->core.settings->frame_bytes)
        code = err_set(&err, ERR_TOO_LARGE, "a message may have %zu bytes, this one has %zu",
                       self->core.settings->frame_bytes, size);
    else if (!seq)
        code = (request = json_parse(text, size, &err)) ? feed_open(self, &from, request, now, &err)
                                                        : err.code;
    else if (!read_seq(seq, seq_size, &number))
        code = err_set(&err, ERR_BAD_REQUEST, "the first frame must be a decimal number");
    else
        code = feed_numbered(self, &from, number, text, size, now, &err);
    if (code != ERR_OK) {
        const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
        feed_error(self, &from, id, &err);
    }
    cJSON_Delete(request);
}

void engine_on_feed_disconnected(struct engine *self, uint64_t connection)
{
    gate_note_gone(&self->gate, true, connection);
    sources_note_gone(self->core.sources, connection);
}

struct source *engine_local_source(struct engine *self, const char *name)
{
    struct source *source = sources_open(self->core.sources, name, name, strlen(name), 0);
    source->peer_size = 0;
    return source;
}

/* Only what would survive a crash is acknowledged, and to who sends too much not until it may send
 * again. */
static void put_acks(struct engine *self, struct now now)
{
    for (size_t i = 0; i < sources_count(self->core.sources); i++) {
        struct source *source = sources_at(self->core.sources, i);
        if (!source->ack_due || source->peer_size == 0 || (self->keeper && source->kept_seq == 0) ||
            bucket_left(&source->bytes, self->core.settings->feed_bytes, now.mono_ms) < 0)
            continue;
        source->ack_due = false;
        buf_put_format(&self->text, "{\"type\":\"ack\",\"seq\":%llu}",
                       (unsigned long long)safe_seq(self, source));
        feed_text(self, source->peer, source->peer_size);
    }
}

/* ---- what is due ------------------------------------------------------------------------------
 */

static void put_heartbeat(struct engine *self, struct session *session, struct now now)
{
    buf_put_text(&self->text, "{\"type\":\"heartbeat\",\"feed_age_ms\":");
    json_put_number(&self->text, sources_age_ms(self->core.sources, now.mono_ms));
    buf_put_char(&self->text, '}');
    struct body *body = take_text(self);
    session->last_heartbeat_ms = now.mono_ms;
    delivery_put_notice(self->core.delivery, session, body);
    body_release(&body);
}

/* Nothing more is delivered until a fresh token comes; what has not left by now is given up. */
static void expire(struct engine *self, struct session *session, const char *why, struct now now)
{
    tell_session(self, session, NOTICE_TOKEN_EXPIRED, why);
    delivery_flush(self->core.delivery, now.mono_ms);
    session->is_expired = true;
    session->expired_ms = now.mono_ms;
    outbox_give_up_all(session->outbox);
    if (session->probes_left > 0) /* its connection has gone, and is not asked for any more */
        delivery_detach(session, now.mono_ms);
    session->probes_left = 0;
}

void engine_on_new_keys(struct engine *self, const struct token_keys *before, struct now now)
{
    const struct token_keys *keys = self->core.settings->keys;
    for (size_t i = 0; i < sessions_count(self->core.sessions); i++) {
        struct session *session = sessions_at(self->core.sessions, i);
        if (!session->is_expired &&
            allowance_is_withdrawn(keys, before, session->kid, session->jti))
            expire(self, session, "the token is good no longer; \"refresh\" with a new one", now);
    }
    for (size_t i = 0; i < sources_count(self->core.sources); i++) {
        struct source *source = sources_at(self->core.sources, i);
        if (source->peer_size > 0 && allowance_is_withdrawn(keys, before, source->kid, source->jti))
            source->expires_at_s = INT64_MIN;
    }
}

static void check_expiry(struct engine *self, struct session *session, struct now now)
{
    int64_t left_s = session->expires_at_s - now.wall_ms / 1000;
    if (session->is_expired)
        return;
    if (left_s <= 0) {
        expire(self, session, "delivery has ended; \"refresh\" with a new token", now);
    } else if (left_s <= EXPIRY_WARNING_S && !session->expiry_announced && session->is_attached) {
        session->expiry_announced = true;
        tell_session(self, session, NOTICE_TOKEN_EXPIRING,
                     "the token expires soon; \"refresh\" with a new one");
    }
}

/* Detached, or without a token that is good, for too long. */
static bool has_had_its_time(const struct session *session, int64_t resume_ms, int64_t now_ms)
{
    return (!session->is_attached && now_ms - session->detached_ms >= resume_ms) ||
           (session->is_expired && now_ms - session->expired_ms >= resume_ms);
}

/* Heartbeats, silence, tokens and ends of all sessions. */
static void sweep_sessions(struct engine *self, struct now now)
{
    const struct core_settings *settings = self->core.settings;
    for (size_t i = sessions_count(self->core.sessions); i-- > 0;) {
        struct session *session = sessions_at(self->core.sessions, i);
        check_expiry(self, session, now);
        if (has_had_its_time(session, settings->resume_ms, now.mono_ms)) {
            end_session(self, session, now);
            continue;
        }
        if (!session->is_attached)
            continue;
        if (session->probes_left > 0)
            probe_again(self, session, now);
        session->fell_silent =
            now.mono_ms - session->last_request_ms >= SILENT_HEARTBEATS * settings->heartbeat_ms;
        if (session->fell_silent)
            delivery_detach(session, now.mono_ms);
        else if (now.mono_ms - session->last_heartbeat_ms >= settings->heartbeat_ms)
            put_heartbeat(self, session, now);
    }
}

/* A source that was in step with the wall clock and has fallen silent: its bars close after a grace
 * time, by the wall clock as it was then and what has passed since. Somebody may have set it. */
static void close_silent(struct engine *self, const struct source *source, struct now now)
{
    const struct core_settings *settings = self->core.settings;
    int64_t silent_ms = now.mono_ms - source->arrived_ms;
    int64_t passed_ms = source->arrived_wall_ms + silent_ms - settings->bar_grace_ms;
    if (silent_ms < settings->bar_grace_ms || source->behind_ms > settings->feed_stale_ms ||
        source->behind_ms < -settings->feed_stale_ms ||
        passed_ms < market_next_close(self->core.market, source->id))
        return;
    market_advance_clock(self->core.market, source->id, passed_ms, &self->touched);
    work_off(self, now);
}

/* Silent for too long while the market that it feeds is open, by its own time. */
static void check_stale(struct engine *self, struct source *source, struct now now)
{
    int64_t clock_ms = market_clock(self->core.market, source->id);
    int64_t silent_ms = now.mono_ms - source->arrived_ms;
    if (source->is_stale || clock_ms == INT64_MIN || silent_ms < self->core.settings->feed_stale_ms)
        return;
    for (size_t i = 0; i < market_count(self->core.market); i++) {
        const struct listing *listing = market_listing(self->core.market, i);
        int64_t start_ms, end_ms;
        if (listing->source == source->id &&
            calendar_bar_start(listing->calendar, TIMEFRAME_1MIN, clock_ms + silent_ms, &start_ms,
                               &end_ms)) {
            set_stale(self, source, true);
            return;
        }
    }
}

static void sweep_sources(struct engine *self, struct now now)
{
    for (size_t i = 0; i < sources_count(self->core.sources); i++) {
        struct source *source = sources_at(self->core.sources, i);
        if (!source->has_arrived)
            continue;
        close_silent(self, source, now);
        check_stale(self, source, now);
    }
}

/* ---- over a restart ---------------------------------------------------------------------------
 */

enum { KEEP_RETRY_MS = 1000 };

static void keep_changes(struct engine *self, struct now now)
{
    if (!self->keeper || now.mono_ms < self->next_keep_ms)
        return;
    struct batch *batch = keeper_collect(self->keeper);
    if (batch)
        self->outlet.keep(self->outlet.keep_context, &batch);
}

void engine_on_kept(struct engine *self, bool kept, struct now now)
{
    keeper_settle(self->keeper, kept);
    self->next_keep_ms = kept ? now.mono_ms : now.mono_ms + KEEP_RETRY_MS;
}

static struct listing *find_restored(void *context, const char *symbol)
{
    return find_listing(context, symbol);
}

bool engine_restore(struct engine *self, const struct record *record, struct now now)
{
    return keeper_restore(self->keeper, record, find_restored, self, now);
}

int64_t engine_end_turn(struct engine *self, struct now now)
{
    enum { SWEEP_EVERY_MS = 100 };
    if (now.mono_ms >= self->next_sweep_ms) {
        self->next_sweep_ms = now.mono_ms + SWEEP_EVERY_MS;
        sweep_sources(self, now);
        /* Whoever is detached now is still sent what came before, whatever becomes of others. */
        delivery_flush(self->core.delivery, now.mono_ms);
        sweep_sessions(self, now);
        sessions_forget_users(self->core.sessions, self->core.settings->user_requests, now.mono_ms);
        gate_cut_overdue(&self->gate, now);
    }
    if (now.mono_ms >= self->next_status_ms) {
        self->next_status_ms = now.mono_ms + STATUS_EVERY_MS;
        publisher_put_status(self->publisher, now);
    }
    publisher_put_complete(self->publisher);
    delivery_flush(self->core.delivery, now.mono_ms);
    keep_changes(self, now);
    put_acks(self, now);
    int64_t due = delivery_next_due(self->core.delivery, now.mono_ms);
    if (self->next_sweep_ms < due)
        due = self->next_sweep_ms;
    return self->next_status_ms < due ? self->next_status_ms : due;
}

void engine_shutdown(struct engine *self, struct now now)
{
    notice_begin(&self->text, NOTICE_SHUTDOWN, "the daemon is ending");
    buf_put_char(&self->text, '}');
    struct body *body = take_text(self);
    publisher_put_notice(self->publisher, body);
    for (size_t i = 0; i < sessions_count(self->core.sessions); i++)
        delivery_put_notice(self->core.delivery, sessions_at(self->core.sessions, i), body);
    body_release(&body);
    delivery_flush(self->core.delivery, now.mono_ms);
    put_acks(self, now);
}
