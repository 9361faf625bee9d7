/* session - what answers and the stream mean: what is remembered, what is delivered. */
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/client/client.h"
#include "common/protocol/endpoints.h"

enum { HISTORY_DEFAULT = 500, HEARTBEAT_DEFAULT_MS = 5000 };

/* ---- what is remembered -------------------------------------------------------------- */

/* {id: {name, params, ...}} as it is asked for again: with name and params alone. */
static void put_indicators(struct text *out, const cJSON *indicators)
{
    const cJSON *item;
    text_put_string(out, "\"indicators\":{");
    cJSON_ArrayForEach(item, indicators)
    {
        if (item != indicators->child)
            text_put_string(out, ",");
        text_put_quoted(out, item->string);
        text_put_string(out, ":{\"name\":");
        text_put_json(out, cJSON_GetObjectItemCaseSensitive(item, "name"));
        text_put_string(out, ",\"params\":");
        text_put_json(out, cJSON_GetObjectItemCaseSensitive(item, "params"));
        text_put_string(out, "}");
    }
    text_put_string(out, "}");
}

/* Remembers one subscription as the daemon tells of it, in `subscribed` or in a list. */
static struct series *remember(indsub_t *self, const cJSON *told, const char *mode)
{
    const char *symbol = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(told, "symbol"));
    const char *timeframe =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(told, "timeframe"));
    if (!symbol || !timeframe)
        return NULL;
    struct text text = {0};
    text_put_string(&text, "\"symbol\":");
    text_put_quoted(&text, symbol);
    text_put_string(&text, ",\"timeframe\":");
    text_put_quoted(&text, timeframe);
    text_put_string(&text, ",");
    put_indicators(&text, cJSON_GetObjectItemCaseSensitive(told, "indicators"));
    char *wanted = text_take(&text), *own_mode = mode ? strdup(mode) : NULL;
    struct series *series = stream_remember(&self->stream, symbol, timeframe, &wanted, &own_mode);
    if (!series || !series->wanted)
        client_note_no_memory(self);
    return series;
}

static bool list_has(const cJSON *list, const struct series *series)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *symbol = cJSON_GetObjectItemCaseSensitive(item, "symbol");
        const cJSON *timeframe = cJSON_GetObjectItemCaseSensitive(item, "timeframe");
        if (cJSON_IsString(symbol) && cJSON_IsString(timeframe) &&
            strcmp(symbol->valuestring, series->symbol) == 0 &&
            strcmp(timeframe->valuestring, series->timeframe) == 0)
            return true;
    }
    return false;
}

/* What is left after `unsubscribe`. What waits to be subscribed to again is not in the list. */
static void keep_only(indsub_t *self, const cJSON *list)
{
    const cJSON *item;
    for (size_t i = self->stream.n_series; i-- > 0;)
        if (!self->stream.series[i].is_refused && !list_has(list, &self->stream.series[i]))
            stream_forget(&self->stream, i);
    cJSON_ArrayForEach(item, list) remember(self, item, NULL);
}

/* ---- answers ------------------------------------------------------------------------- */

/* Notes whether the public socket is encrypted: it is where the daemon does not say. */
static void note_sockets(indsub_t *self, const cJSON *told)
{
    const cJSON *sockets = cJSON_GetObjectItemCaseSensitive(told, "curve"), *one;
    self->link.sub_is_plain = cJSON_IsArray(sockets);
    cJSON_ArrayForEach(one,
                       sockets) if (cJSON_IsString(one) && strcmp(one->valuestring, "public") == 0)
        self->link.sub_is_plain = false;
}

bool session_store_opened(indsub_t *self, const struct indsub_reply *reply)
{
    const char *epoch = reply_string(reply, "epoch"), *told = reply_string(reply, "public");
    const cJSON *limits = reply_member(reply, "limits");
    const cJSON *history = cJSON_GetObjectItemCaseSensitive(limits, "history");
    bool same = epoch && self->epoch && strcmp(epoch, self->epoch) == 0 &&
                cJSON_IsTrue(reply_member(reply, "resumed"));
    if (!client_set_string(&self->epoch, epoch) ||
        !client_set_string(&self->session_id, reply_string(reply, "session_id")))
        client_note_no_memory(self);
    free(self->public_endpoint);
    self->public_endpoint = told ? endpoint_as_reached(told, self->endpoint) : NULL;
    note_sockets(self, reply->tree);
    self->heartbeat_ms = (int64_t)reply_number(reply, "heartbeat_ms", HEARTBEAT_DEFAULT_MS);
    if (self->heartbeat_ms < 100)
        self->heartbeat_ms = 100;
    self->next_heartbeat_ms = client_now_ms() + self->heartbeat_ms;
    self->history_max = cJSON_IsNumber(history) && history->valuedouble >= 1
                            ? (unsigned)history->valuedouble
                            : HISTORY_DEFAULT;
    if (!same)
        stream_restart(&self->stream, (uint64_t)reply_number(reply, "seq", 0));
    return same;
}

void session_absorb(indsub_t *self, const struct call *call, const struct indsub_reply *reply)
{
    if (call->is_open && !call->is_internal && reply->err != INDSUB_OK)
        self->phase = PHASE_CLOSED;
    if (reply->err == INDSUB_ERR_NOT_OPEN)
        note_sockets(self, reply_member(reply, "details"));
    if (reply->err != INDSUB_OK)
        return;
    if (call->is_open && !call->is_internal) {
        session_store_opened(self, reply);
        self->phase = PHASE_OPEN;
    } else if (strcmp(reply->type, "subscribed") == 0) {
        remember(self, reply->tree, call->mode);
    } else if (strcmp(reply->type, "unsubscribed") == 0) {
        keep_only(self, reply_member(reply, "subscriptions"));
    } else if (strcmp(reply->type, "refreshed") == 0 && self->offered_token) {
        free(self->token);
        self->token = self->offered_token;
        self->offered_token = NULL;
    } else if (strcmp(reply->type, "closed") == 0) {
        self->phase = PHASE_CLOSED;
        stream_forget_all(&self->stream);
    }
}

void session_follow_up(indsub_t *self, const struct call *call, const struct indsub_reply *reply)
{
    if (reply->err != INDSUB_OK || call->is_internal)
        return;
    if (call->is_open) {
        session_tell_event(self, &(indsub_event_t){.kind = INDSUB_OPENED, .text = "open"});
        if (self->stream.n_series > 0)
            heal_on_new_session(self);
        calls_send(self);
    } else if (strcmp(reply->type, "subscribed") == 0) {
        for (size_t i = 0; i < reply->n_updates; i++)
            session_deliver(self, &reply->updates[i]);
    }
}

static void on_heartbeat_ack(indsub_t *self, const indsub_reply_t *reply, void *context)
{
    (void)context;
    if (reply->err == INDSUB_ERR_NOT_OPEN)
        heal_on_not_open(self);
    else if (reply->err == INDSUB_ERR_TIMEOUT)
        heal_on_silence(self);
}

void session_heartbeat(indsub_t *self, int64_t now_ms)
{
    struct text none = {0};
    if (self->phase != PHASE_OPEN || !self->link.is_up || now_ms < self->next_heartbeat_ms)
        return;
    self->next_heartbeat_ms = now_ms + self->heartbeat_ms;
    calls_begin(self, "heartbeat", &none,
                (struct call_options){.fn = on_heartbeat_ack, .is_internal = true});
}

/* ---- the stream ---------------------------------------------------------------------- */

bool session_deliver(indsub_t *self, const struct indsub_update *update)
{
    if (!stream_take_bar(&self->stream, update->symbol, update->timeframe, update->bar.start_ms,
                         update->bar.closed))
        return false;
    if (self->on_update) {
        bool before = self->in_callback;
        self->in_callback = true;
        self->on_update(self, update, self->update_context);
        self->in_callback = before;
    }
    return true;
}

void session_tell_event(indsub_t *self, const indsub_event_t *event)
{
    if (!self->on_event)
        return;
    bool before = self->in_callback;
    self->in_callback = true;
    self->on_event(self, event, self->event_context);
    self->in_callback = before;
}

static const char *string_of(const cJSON *tree, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));
}

static int64_t time_of(const cJSON *tree, const char *name)
{
    const char *text = string_of(tree, name);
    int64_t ms = INDSUB_NO_TIME;
    if (text)
        feedtime_parse(text, &ms);
    return ms;
}

static void take_update(indsub_t *self, const cJSON *tree, struct span body, bool was_held)
{
    struct indsub_update update;
    enum update_result result = update_read(&update, tree, body, INDSUB_LIVE);
    if (result == UPDATE_NO_MEMORY)
        client_note_no_memory(self);
    if (result != UPDATE_OK)
        return;
    bool is_old =
        was_held && !update.bar.closed &&
        stream_has_passed(&self->stream, update.symbol, update.timeframe, update.bar.start_ms);
    if (!is_old)
        session_deliver(self, &update);
    update_clear(&update);
}

static void take_notice(indsub_t *self, const cJSON *tree)
{
    indsub_notice_t notice = {.code = string_of(tree, "code"),
                              .message = string_of(tree, "message"),
                              .symbol = string_of(tree, "symbol"),
                              .timeframe = string_of(tree, "timeframe"),
                              .bar_ms = time_of(tree, "bar")};
    if (!notice.code)
        return;
    if (!notice.message)
        notice.message = notice.code;
    if (self->on_notice) {
        self->in_callback = true;
        self->on_notice(self, &notice, self->notice_context);
        self->in_callback = false;
    }
    if (strcmp(notice.code, "LAGGING") == 0)
        heal_on_lagging(self, notice.symbol, notice.timeframe);
}

static void take_bar_complete(indsub_t *self, const cJSON *tree)
{
    const char *timeframe = string_of(tree, "timeframe");
    if (!self->on_bar_complete || !timeframe)
        return;
    self->in_callback = true;
    self->on_bar_complete(self, timeframe, time_of(tree, "bar"), self->bar_complete_context);
    self->in_callback = false;
}

void session_take_body(indsub_t *self, const char *body, size_t size, bool was_held)
{
    cJSON *tree = json_parse(body, size, NULL);
    const char *type = tree ? string_of(tree, "type") : NULL;
    if (!type)
        client_fail(self, INDSUB_ERR_PROTOCOL, "the daemon sent what is no message");
    else if (strcmp(type, "market_update") == 0)
        take_update(self, tree, (struct span){body, size}, was_held);
    else if (strcmp(type, "notice") == 0)
        take_notice(self, tree);
    else if (strcmp(type, "bar_complete") == 0)
        take_bar_complete(self, tree);
    else if (strcmp(type, "heartbeat") == 0) {
        const cJSON *age = cJSON_GetObjectItemCaseSensitive(tree, "feed_age_ms");
        self->feed_age_ms = cJSON_IsNumber(age) ? (int64_t)age->valuedouble : -1;
    }
    cJSON_Delete(tree);
}

void session_take_item(indsub_t *self, struct span seq, struct span body)
{
    uint64_t number, merged;
    if (!stream_parse_seq(seq.at, seq.size, &number, &merged)) {
        client_fail(self, INDSUB_ERR_PROTOCOL, "the daemon sent a number that is none");
        return;
    }
    enum stream_seq what = stream_take_seq(&self->stream, number);
    if (what == STREAM_REPEATED)
        return;
    if (what == STREAM_GAP)
        heal_on_gap(self);
    if (self->phase != PHASE_HEALING)
        session_take_body(self, body.at, body.size, false);
    else if (!held_put(&self->heal.held, body.at, body.size))
        client_note_no_memory(self);
}
