#include "daemon/keep/saved_session.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "daemon/control/history.h"
#include "daemon/control/request.h"

/* ---- into a row -------------------------------------------------------------------------------
 */

/* A subscription is kept as the request that makes it, and restored by asking that again. */
static void put_request(struct buf *out, const struct subscription *one)
{
    buf_put_text(out, "{\"type\":\"subscribe\",\"symbol\":");
    json_put_string(out, one->listing->name);
    buf_put_format(out, ",\"timeframe\":\"%s\",\"updates\":\"%s\",\"throttle_ms\":%lld",
                   timeframe_name(one->timeframe), one->on_ticks ? "tick" : "close",
                   (long long)one->throttle_ms);
    buf_put_text(out, ",\"indicators\":{");
    for (size_t i = 0; i < one->n_items; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        json_put_string(out, one->items[i].id);
        buf_put_format(out, ":{\"name\":\"%s\",\"params\":", one->items[i].spec->row->name);
        spec_put_params(one->items[i].spec, out);
        buf_put_char(out, '}');
    }
    buf_put_text(out, "}}");
}

static void put_subscription(struct buf *out, const struct subscription *one)
{
    int64_t owed_ms;
    buf_put_text(out, "{\"request\":");
    put_request(out, one);
    if (outbox_waits_closed(one->session->outbox, one, &owed_ms))
        buf_put_format(out, ",\"owed_ms\":%lld", (long long)owed_ms);
    buf_put_char(out, '}');
}

void saved_session_put(struct buf *out, const struct session *session)
{
    buf_put_text(out, "{\"user\":");
    json_put_string(out, session->user);
    buf_put_text(out, ",\"name\":");
    json_put_string(out, session->name);
    buf_put_format(out, ",\"stream\":%s,\"expires_at_s\":%lld,\"subscriptions\":[",
                   session->wants_stream ? "true" : "false", (long long)session->expires_at_s);
    for (size_t i = 0; i < session->n_subscriptions; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        put_subscription(out, session->subscriptions[i]);
    }
    buf_put_text(out, "]}");
}

/* ---- out of a row -----------------------------------------------------------------------------
 */

/* Puts the closed bars from `owed` on into the outbox again; NULL if the session has had all. */
static void owe(const struct core *core, struct subscription *one, const cJSON *owed)
{
    size_t n;
    const struct bar *bars = series_closed(plan_series(one->view->plan), &n);
    if (n > 0)
        one->given_ms = bars[n - 1].start_ms;
    if (!cJSON_IsNumber(owed))
        return;
    const struct history_range range = {(int64_t)owed->valuedouble, FEEDTIME_MAX, SIZE_MAX};
    size_t n_owed = history_length(one->view, &range);
    struct history *history = history_new(one->view, &range);
    while (!history_step(history))
        continue;
    for (size_t i = 0; i < n_owed; i++) {
        size_t size;
        const char *text = history_text(history, i, &size);
        struct body *body = body_new(sessions_tally(core->sessions), text, size);
        delivery_put_closed(core->delivery, one, bars[n - n_owed + i].start_ms, body);
        body_release(&body);
    }
    history_destroy(&history);
}

static void restore_subscription(struct core *core, struct session *session, const cJSON *saved,
                                 struct now now)
{
    const cJSON *request = cJSON_GetObjectItemCaseSensitive(saved, "request");
    struct buf text = {0};
    json_put_tree(&text, request);
    struct call call = {.core = core, .now = now, .session = session, .is_restoring = true};
    struct body *reply = request_answer(&call, text.data ? text.data : "", text.size);
    body_release(&reply);
    buf_destroy(&text);
    const char *symbol = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "symbol"));
    const char *timeframe =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "timeframe"));
    struct listing *listing = symbol ? market_find(core->market, symbol) : NULL;
    struct subscription *one =
        listing && timeframe ? subscriptions_find(session, listing, timeframe_parse(timeframe))
                             : NULL;
    if (one)
        owe(core, one, cJSON_GetObjectItemCaseSensitive(saved, "owed_ms"));
}

static bool begin(struct core *core, const char *digest, const cJSON *row, struct now now,
                  struct session **session)
{
    const char *user = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "user"));
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "name"));
    const cJSON *expires = cJSON_GetObjectItemCaseSensitive(row, "expires_at_s");
    if (!user || !name || strlen(user) > SESSION_USER_MAX || strlen(name) > SESSION_NAME_MAX ||
        !cJSON_IsNumber(expires) ||
        sessions_begin_dormant(core->sessions, digest, user, name, session, NULL) != ERR_OK)
        return false;
    (*session)->wants_stream = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "stream"));
    (*session)->expires_at_s = (int64_t)expires->valuedouble;
    (*session)->detached_ms = now.mono_ms;
    (*session)->has_row = true;
    return true;
}

bool saved_session_restore(struct core *core, const char *digest, const struct buf *row,
                           struct now now)
{
    struct session *session;
    const cJSON *saved;
    cJSON *tree = json_parse(row->data, row->size, NULL);
    bool begun = begin(core, digest, tree, now, &session);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "subscriptions");
    for (saved = begun && list ? list->child : NULL; saved; saved = saved->next)
        restore_subscription(core, session, saved, now);
    cJSON_Delete(tree);
    return begun;
}
