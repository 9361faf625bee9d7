#include "daemon/engine/feed_socket.h"

#include <string.h>

#include "common/base/json.h"
#include "common/protocol/ids.h"
#include "daemon/control/allowance.h"
#include "daemon/control/request.h"
#include "daemon/feed/item.h"

void feed_socket_clear(struct feed_socket *self)
{
    buf_destroy(&self->text);
    queue_destroy(&self->queue);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

/* Sends what has been put into self->text. */
static void reply_text(struct feed_socket *self, const void *peer, size_t peer_size)
{
    struct body *body = body_of_text(sessions_tally(self->core->sessions), &self->text);
    self->reply(self->context, peer, peer_size, body);
    body_release(&body);
}

static void reply_reject(struct feed_socket *self, const struct source *source, uint64_t seq,
                         size_t index, enum reject reject)
{
    buf_put_format(&self->text,
                   "{\"type\":\"reject\",\"seq\":%llu,\"index\":%zu,\"code\":\"%s\",\"message\":",
                   (unsigned long long)seq, index, reject_name(reject));
    json_put_string(&self->text, reject_sentence(reject));
    buf_put_char(&self->text, '}');
    reply_text(self, source->peer, source->peer_size);
}

static void reply_error(struct feed_socket *self, const struct feed_message *message,
                        struct request_id id, const struct err *err)
{
    self->core->counters.errors[err->code]++;
    put_error(&self->text, id, err, NULL);
    reply_text(self, message->peer, message->peer_size);
}

/* How far a source has been taken for good: what comes before is not asked for again. */
static uint64_t safe_seq(const struct feed_socket *self, const struct source *source)
{
    return self->is_kept ? source->kept_seq : source->last_seq;
}

void feed_socket_put_acks(struct feed_socket *self, struct now now)
{
    for (size_t i = 0; i < sources_count(self->core->sources); i++) {
        struct source *source = sources_at(self->core->sources, i);
        if (!source->ack_due || source->peer_size == 0 ||
            (self->is_kept && source->kept_seq == 0) ||
            bucket_left(&source->bytes, self->core->settings->feed_bytes, now.mono_ms) < 0)
            continue;
        source->ack_due = false;
        buf_put_format(&self->text, "{\"type\":\"ack\",\"seq\":%llu}",
                       (unsigned long long)safe_seq(self, source));
        reply_text(self, source->peer, source->peer_size);
    }
}

/* ---- feed_open --------------------------------------------------------------------------------
 */

/* The members of a feed_open request. */
struct opening {
    const char *token, *source;
};

static enum err_code read_opening(const cJSON *request, struct opening *opening, struct err *err)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(request, "type"),
                *token = cJSON_GetObjectItemCaseSensitive(request, "token"),
                *source = cJSON_GetObjectItemCaseSensitive(request, "source"),
                *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    if (!cJSON_IsString(type) || strcmp(type->valuestring, "feed_open") != 0)
        return err_set(err, ERR_BAD_REQUEST,
                       "the feed socket takes \"feed_open\", and then "
                       "messages of two frames: seq and body");
    if (!cJSON_IsString(token) || !cJSON_IsString(source) ||
        !session_id_is_valid(source->valuestring))
        return err_set(
            err, ERR_BAD_REQUEST,
            "\"feed_open\" needs \"token\", and \"source\": 1 to 64 characters of A-Z a-z "
            "0-9 . _ -");
    for (const cJSON *one = request->child; one; one = one->next)
        if (one != type && one != token && one != source && one != id)
            return err_set(err, ERR_BAD_REQUEST, "\"feed_open\" has no member \"%.64s\"",
                           one->string);
    *opening = (struct opening){token->valuestring, source->valuestring};
    return request_check_id(request, err);
}

static enum err_code check_sources(const struct feed_socket *self, const char *name,
                                   struct err *err)
{
    struct core *core = self->core;
    size_t n = sources_count(core->sources);
    if (sources_find(core->sources, name) || n < core->settings->sources_max)
        return ERR_OK;
    core->counters.limited[LIMIT_SOURCES]++;
    return err_set(err, ERR_QUOTA_EXCEEDED, "there are %zu sources, the most there may be", n);
}

static enum err_code open_source(struct feed_socket *self, const struct feed_message *message,
                                 const cJSON *request, struct now now, struct err *err)
{
    const struct core_settings *settings = self->core->settings;
    struct opening opening = {0};
    struct token_claims claims;
    enum err_code code = read_opening(request, &opening, err);
    if (code != ERR_OK || (code = token_verify(settings->keys, opening.token, now.wall_ms / 1000,
                                               &settings->rules, &claims, err)) != ERR_OK)
        return code;
    if (!(claims.scopes & TOKEN_SCOPE_FEED))
        return err_set(err, ERR_FORBIDDEN, "feeding needs a token with scope \"feed\"");
    if ((code = check_sources(self, opening.source, err)) != ERR_OK)
        return code;
    struct source *source = sources_open(self->core->sources, opening.source, message->peer,
                                         message->peer_size, message->connection);
    source->expires_at_s = claims.expires_at_s;
    strcpy(source->kid, claims.kid);
    strcpy(source->jti, claims.jti);
    allowance_take_symbols(&source->symbols, &claims);
    buf_put_text(&self->text, "{\"type\":\"feed_opened\"");
    put_id(&self->text, request_id_of(request, message->text, message->size));
    buf_put_format(&self->text, ",\"last_seq\":%llu}", (unsigned long long)safe_seq(self, source));
    reply_text(self, message->peer, message->peer_size);
    gate_note_opened(self->gate, true, message->connection, now);
    return ERR_OK;
}

/* ---- numbered messages ------------------------------------------------------------------------
 */

/* Whether the source may feed the symbol, and there is room for it if it is new. */
static enum reject check_symbol(struct feed_socket *self, const struct source *source,
                                const char *symbol)
{
    struct core *core = self->core;
    bool is_allowed = allowance_covers(source->symbols, symbol);
    bool has_room = market_count(core->market) < core->settings->symbols_max ||
                    market_find(core->market, symbol);
    core->counters.limited[LIMIT_ENTITLEMENT] += !is_allowed;
    core->counters.limited[LIMIT_SYMBOLS] += is_allowed && !has_room;
    return is_allowed && has_room ? REJECT_NONE : REJECT_BAD_SYMBOL;
}

static enum reject take_item(struct feed_socket *self, struct source *source, const cJSON *json,
                             struct now now)
{
    struct item item;
    enum reject reject = item_parse(json, now.wall_ms, &item);
    if (reject == REJECT_NONE && item.kind != ITEM_CLOCK)
        reject = check_symbol(self, source, item.symbol);
    if (reject != REJECT_NONE) {
        self->core->counters.rejects[reject]++;
        return reject;
    }
    switch (item.kind) {
    case ITEM_TICK:
        return intake_take_tick(self->intake, source, item.symbol, &item.tick, now);
    case ITEM_BAR:
        return intake_take_bar(self->intake, source, item.symbol, item.timeframe, &item.bar, now);
    default:
        intake_take_clock(self->intake, source, item.clock_ms, now);
        return REJECT_NONE;
    }
}

/* The items of a message that is the next one of its source. */
static void take_items(struct feed_socket *self, struct source *source, uint64_t seq,
                       const cJSON *items, struct now now)
{
    size_t index = 0;
    if (!cJSON_IsArray(items)) {
        self->core->counters.rejects[REJECT_MALFORMED]++;
        reply_reject(self, source, seq, 0, REJECT_MALFORMED);
    } else {
        for (const cJSON *item = items->child; item; item = item->next, index++) {
            enum reject reject = take_item(self, source, item, now);
            if (reject != REJECT_NONE)
                reply_reject(self, source, seq, index, reject);
        }
    }
    source->last_seq = seq;
    source->ack_due = !self->is_kept; /* else when it is kept */
    self->core->counters.feed_messages++;
    intake_note_message(self->intake, source, now);
}

/* A source may be up to a burst in debt: until it has made up for that it is not acknowledged.
 * Beyond that it is refused, and in the end cut off. */
static enum err_code check_rate(struct feed_socket *self, struct source *source, size_t size,
                                struct now now, struct err *err)
{
    enum { MESSAGE_COST = 64 }; /* bytes: what a message costs whatever is in it */
    const struct core_settings *settings = self->core->settings;
    struct bucket_rate rate = settings->feed_bytes;
    if (bucket_left(&source->bytes, rate, now.mono_ms) > -rate.burst) {
        bucket_charge(&source->bytes, (double)size + MESSAGE_COST);
        return ERR_OK;
    }
    self->core->counters.limited[LIMIT_FEED_BYTES]++;
    if (limits_is_flood(&source->patience, settings->stranger_requests, limits_cost(size),
                        now.mono_ms))
        gate_cut_flood(self->gate, true, source->connection, NULL, now);
    return err_set(err, ERR_RATE_LIMITED, "more than %g bytes a second; wait for the ack",
                   rate.per_s);
}

static bool read_seq(const char *text, size_t size, uint64_t *seq)
{
    *seq = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || size > 18)
            return false;
        *seq = *seq * 10 + (uint64_t)(text[i] - '0');
    }
    return *seq > 0;
}

static enum err_code take_numbered(struct feed_socket *self, const struct feed_message *message,
                                   struct source *source, struct now now, struct err *err)
{
    uint64_t seq;
    if (!read_seq(message->seq, message->seq_size, &seq))
        return err_set(err, ERR_BAD_REQUEST, "the first frame must be a decimal number, from 1 on");
    if (!source)
        return err_set(err, ERR_NOT_OPEN, "send \"feed_open\" first");
    if (now.wall_ms / 1000 >= source->expires_at_s)
        return err_set(err, ERR_TOKEN_EXPIRED, "the feed's token has expired; \"feed_open\" anew");
    enum err_code code = check_rate(self, source, message->size, now, err);
    if (code != ERR_OK)
        return code;
    switch (source_judge_seq(source, seq)) {
    case SOURCE_SEQ_REPEATED:
        self->core->counters.feed_repeats++;
        source->ack_due = true;
        return ERR_OK;
    case SOURCE_SEQ_GAP:
        return err_set(err, ERR_BAD_REQUEST, "seq %llu is due, this is %llu",
                       (unsigned long long)source->last_seq + 1, (unsigned long long)seq);
    default:
        break;
    }
    cJSON *items = json_parse(message->text, message->size, NULL);
    take_items(self, source, seq, items, now);
    cJSON_Delete(items);
    return ERR_OK;
}

/* ---- either -----------------------------------------------------------------------------------
 */

/* A token that takes long to check is checked when nobody else waits, each connection's in turn. */
static enum err_code take_request(struct feed_socket *self, const struct feed_message *message,
                                  const cJSON *request, bool waited, struct now now,
                                  struct err *err)
{
    const cJSON *token = cJSON_GetObjectItemCaseSensitive(request, "token");
    const struct asked asked = {.peer = message->peer,
                                .peer_size = message->peer_size,
                                .connection = message->connection,
                                .text = message->text,
                                .size = message->size};
    if (waited || !cJSON_IsString(token) || !token_takes_long(token->valuestring))
        return open_source(self, message, request, now, err);
    if (!queue_has_room(self->queue, NULL, &asked)) {
        self->core->counters.limited[LIMIT_BACKLOG]++;
        return err_set(err, ERR_BUSY, "too many wait to be answered; try again");
    }
    queue_put(self->queue, NULL, &asked, NULL);
    return ERR_OK;
}

static void take(struct feed_socket *self, const struct feed_message *message, bool waited,
                 struct now now)
{
    size_t most = self->core->settings->frame_bytes;
    struct err err = {0};
    enum err_code code;
    cJSON *request = NULL;
    struct source *source = sources_find_peer(self->core->sources, message->peer,
                                              message->peer_size, message->connection);
    bool is_numbered = message->seq != NULL;
    if (gate_is_shut(self->gate, true, message->connection, NULL, now))
        return;
    if (!(source && is_numbered) && !waited &&
        !gate_lets_speak(self->gate, true, message->connection, message->size, now))
        code = err_set(&err, ERR_RATE_LIMITED, "too many requests; wait");
    else if (message->size > most)
        code = err_set(&err, ERR_TOO_LARGE, "a message may have %zu bytes, this one has %zu", most,
                       message->size);
    else if (!message->text)
        code = err_set(&err, ERR_BAD_REQUEST,
                       "a message of a feed has two frames: seq and body; \"feed_open\" has one");
    else if (is_numbered)
        code = take_numbered(self, message, source, now, &err);
    else if ((request = json_parse_few(message->text, message->size, LIMITS_STRANGER_VALUES, &err)))
        code = take_request(self, message, request, waited, now, &err);
    else
        code = err.code;
    if (code != ERR_OK)
        reply_error(self, message, request_id_of(request, message->text, message->size), &err);
    cJSON_Delete(request);
}

void feed_socket_take(struct feed_socket *self, const struct feed_message *message, struct now now)
{
    take(self, message, false, now);
}

bool feed_socket_work(struct feed_socket *self, struct now now)
{
    struct waiting *one = queue_next(self->queue);
    if (!one)
        return false;
    const struct asked *asked = &one->asked;
    const struct feed_message message = {.peer = asked->peer,
                                         .peer_size = asked->peer_size,
                                         .connection = asked->connection,
                                         .text = asked->text,
                                         .size = asked->size};
    queue_take(self->queue, one);
    if (gate_knows(self->gate, true, asked->connection))
        take(self, &message, true, now);
    waiting_destroy(&one);
    return !queue_is_empty(self->queue);
}
