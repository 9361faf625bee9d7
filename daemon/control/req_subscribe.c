/* req_subscribe - subscribe, unsubscribe, list: what a session wants.
 *
 * To subscribe takes three steps: resolve looks everything up and collects every bad item without
 * changing anything; an errand makes ready what that comes to, which can take long; then it is
 * looked up again and applied, which cannot fail. */
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "daemon/compute/preparation.h"
#include "daemon/control/history.h"
#include "daemon/control/request.h"
#include "daemon/control/windows.h"

/* What a subscribe request comes to. */
struct wishes {
    struct listing *listing;
    enum timeframe timeframe;
    struct view_wish *good; /* ids and specs are owned */
    size_t n_good, capacity;
    struct buf rejected; /* members of an object: id -> {code, message} */
    const char **bad;    /* the rejected ids, borrowed from the request */
    size_t n_rejected, bad_capacity;
    struct err first; /* of the rejected */
    size_t n_known;   /* asked for again with the same meaning */
};

static void free_wish(const struct view_wish *self)
{
    struct spec *spec = (struct spec *)(uintptr_t)self->spec;
    spec_destroy(&spec);
    free((char *)(uintptr_t)self->id);
}

static void wishes_clear(struct wishes *self)
{
    for (size_t i = 0; i < self->n_good; i++)
        free_wish(&self->good[i]);
    free(self->good);
    free(self->bad);
    buf_destroy(&self->rejected);
}

static void reject(struct wishes *self, const char *id, const struct err *err)
{
    for (size_t i = 0; i < self->n_rejected; i++)
        if (strcmp(self->bad[i], id) == 0)
            return; /* the same bad item twice */
    if (self->n_rejected == 0)
        self->first = *err;
    else
        buf_put_char(&self->rejected, ',');
    self->bad = mem_grow(self->bad, self->n_rejected, &self->bad_capacity, sizeof *self->bad);
    self->bad[self->n_rejected++] = id;
    json_put_string(&self->rejected, id);
    buf_put_format(&self->rejected, ":{\"code\":\"%s\",\"message\":", err_code_name(err->code));
    json_put_string(&self->rejected, err->message);
    buf_put_char(&self->rejected, '}');
}

static bool means_the_same(const struct spec *a, const struct spec *b)
{
    struct buf key_a = {0}, key_b = {0};
    spec_put_key(a, &key_a);
    spec_put_key(b, &key_b);
    bool same = strcmp(key_a.data, key_b.data) == 0;
    buf_destroy(&key_a);
    buf_destroy(&key_b);
    return same;
}

static const struct spec *find_good(const struct wishes *self, const char *id)
{
    for (size_t i = 0; i < self->n_good; i++)
        if (strcmp(self->good[i].id, id) == 0)
            return self->good[i].spec;
    return NULL;
}

/* Files a spec (taken) under its id, unless the id means something else already; `asked` is what
 * the request has for it. */
static void take_wish(const struct call *call, struct wishes *self, const char *id,
                      const char *asked, struct spec *spec)
{
    struct err err;
    const struct subscription *has =
        subscriptions_find(call->session, self->listing, self->timeframe);
    const struct subscription_item *item = has ? subscription_find_item(has, id) : NULL;
    const struct spec *meant = item ? item->spec : find_good(self, id);
    if (id[0] == '\0' || strlen(id) > SPEC_ID_MAX) {
        err_set(&err, ERR_BAD_REQUEST, "an indicator's id must have 1 to %d bytes", SPEC_ID_MAX);
        reject(self, asked, &err);
    } else if (spec_check_timeframe(spec, self->timeframe, &err) != ERR_OK ||
               windows_check(call->core->market, self->listing, self->timeframe, spec, &err) !=
                   ERR_OK) {
        reject(self, asked, &err);
    } else if (meant && !means_the_same(meant, spec)) {
        struct buf key = {0};
        spec_put_key(meant, &key);
        err_set(&err, ERR_BAD_REQUEST, "\"%.64s\" is %.120s here; choose another id", id, key.data);
        buf_destroy(&key);
        reject(self, asked, &err);
    } else if (!meant) {
        self->good = mem_grow(self->good, self->n_good, &self->capacity, sizeof *self->good);
        self->good[self->n_good++] = (struct view_wish){mem_strdup(id), spec};
        return;
    } else {
        self->n_known++;
    }
    spec_destroy(&spec);
}

static void take_named(const struct call *call, struct wishes *self, const cJSON *item)
{
    struct err err = {0};
    struct spec *spec = NULL;
    if (spec_parse_json(item, &spec, &err) == ERR_OK)
        take_wish(call, self, item->string, item->string, spec);
    else
        reject(self, item->string, &err);
}

static void take_short(const struct call *call, struct wishes *self, const cJSON *item)
{
    struct err err = {0};
    struct spec *spec = NULL;
    if (!cJSON_IsString(item)) {
        err_set(&err, ERR_BAD_REQUEST, "a short form is a string such as \"RSI(14)\"");
        reject(self, "?", &err);
    } else if (spec_parse(item->valuestring, &spec, &err) != ERR_OK) {
        reject(self, item->valuestring, &err);
    } else {
        struct buf id = {0};
        spec_put_id(spec, &id);
        take_wish(call, self, id.data, item->valuestring, spec);
        buf_destroy(&id);
    }
}

static struct spec_size size_of(const struct wishes *self)
{
    struct spec_size all = {0};
    for (size_t i = 0; i < self->n_good; i++) {
        struct spec_size one = spec_size(self->good[i].spec);
        all.n_indicators += one.n_indicators;
        all.bytes += one.bytes;
    }
    return all;
}

static enum err_code check_quota(const struct call *call, const struct wishes *self)
{
    const struct core_settings *settings = call->core->settings;
    const struct session *session = call->session;
    uint64_t *limited = call->core->counters.limited;
    struct spec_size size = size_of(self);
    bool is_new = !subscriptions_find(session, self->listing, self->timeframe);
    if (is_new && session->n_subscriptions >= settings->subscriptions_per_session) {
        limited[LIMIT_SUBSCRIPTIONS]++;
        return err_set(call->err, ERR_QUOTA_EXCEEDED,
                       "%zu subscriptions are the most a session may have",
                       settings->subscriptions_per_session);
    }
    if (session->n_indicators + size.n_indicators > settings->indicators_per_session) {
        limited[LIMIT_INDICATORS]++;
        return err_set(call->err, ERR_QUOTA_EXCEEDED,
                       "%zu indicators, with their sources, are the most a session may have",
                       settings->indicators_per_session);
    }
    if (session->share->n_indicators + size.n_indicators > settings->indicators_per_user) {
        limited[LIMIT_USER_INDICATORS]++;
        return err_set(call->err, ERR_QUOTA_EXCEEDED,
                       "%zu indicators, with their sources, are the most all sessions of a user "
                       "may have",
                       settings->indicators_per_user);
    }
    if (session->share->state_bytes + size.bytes > settings->state_bytes_per_user) {
        limited[LIMIT_USER_STATE_BYTES]++;
        return err_set(call->err, ERR_QUOTA_EXCEEDED,
                       "with these, what indicators remember of the past would have %zu bytes; %zu "
                       "are the most for all sessions of a user",
                       session->share->state_bytes + size.bytes, settings->state_bytes_per_user);
    }
    return ERR_OK;
}

static enum err_code check_number(const struct call *call, size_t n)
{
    size_t most = call->core->settings->indicators_per_request;
    if (n <= most)
        return ERR_OK;
    call->core->counters.limited[LIMIT_INDICATORS_PER_REQUEST]++;
    return err_set(call->err, ERR_QUOTA_EXCEEDED, "%zu indicators in one request; %zu are the most",
                   n, most);
}

static enum err_code resolve(struct call *call, struct wishes *self)
{
    const cJSON *indicators = call_member(call, "indicators");
    enum err_code code = call_series(call, &self->listing, &self->timeframe);
    if (code != ERR_OK)
        return code;
    if (!cJSON_IsObject(indicators) && !cJSON_IsArray(indicators))
        return err_set(call->err, ERR_BAD_REQUEST,
                       "\"indicators\" must be an object by id or an array of short forms");
    code = check_number(call, (size_t)cJSON_GetArraySize(indicators));
    if (code != ERR_OK)
        return code;
    for (const cJSON *item = indicators->child; item; item = item->next) {
        if (cJSON_IsObject(indicators))
            take_named(call, self, item);
        else
            take_short(call, self, item);
    }
    if (self->n_rejected > 0 &&
        (call_flag(call, "atomic", false) || self->n_good + self->n_known == 0)) {
        buf_put_char(call->details, '{');
        buf_put(call->details, self->rejected.data, self->rejected.size);
        buf_put_char(call->details, '}');
        return err_set(call->err, self->first.code, "%s", self->first.message);
    }
    return check_quota(call, self);
}

static enum err_code read_mode(const struct call *call, const struct subscription *has,
                               bool *on_ticks, int64_t *throttle_ms)
{
    enum { THROTTLE_MAX_MS = 3600000 };
    const char *updates = call_text(call, "updates");
    *on_ticks = has ? has->on_ticks : true;
    *throttle_ms = call_count(call, "throttle_ms", has ? has->throttle_ms : 0);
    if (updates && strcmp(updates, "tick") != 0 && strcmp(updates, "close") != 0)
        return err_set(call->err, ERR_BAD_REQUEST, "\"updates\" must be \"tick\" or \"close\"");
    if (updates)
        *on_ticks = strcmp(updates, "tick") == 0;
    if (*throttle_ms > THROTTLE_MAX_MS)
        return err_set(call->err, ERR_BAD_REQUEST, "\"throttle_ms\" must be 0 to %d",
                       THROTTLE_MAX_MS);
    return ERR_OK;
}

static struct instance *instance_of(const struct view *view, const char *id)
{
    for (size_t i = 0; i < view->n_items; i++)
        if (strcmp(view->items[i].id, id) == 0)
            return view->items[i].instance;
    return NULL;
}

static void put_indicator(struct buf *out, const struct subscription *self, size_t i)
{
    const struct spec *spec = self->items[i].spec;
    size_t missing = instance_bars_missing(instance_of(self->view, self->items[i].id));
    if (i > 0)
        buf_put_char(out, ',');
    json_put_string(out, self->items[i].id);
    buf_put_format(out, ":{\"name\":\"%s\",\"params\":", spec->row->name);
    spec_put_params(spec, out);
    buf_put_text(out, ",\"outputs\":[");
    for (size_t k = 0; k < indicator_n_outputs(spec->row); k++)
        buf_put_format(out, k > 0 ? ",\"%s\"" : "\"%s\"", spec->row->outputs[k]);
    buf_put_format(out, "],\"warm\":%s,\"bars\":%zu}", missing == 0 ? "true" : "false", missing);
}

static void put_series(struct buf *out, const struct listing *listing, enum timeframe timeframe)
{
    buf_put_text(out, "\"symbol\":");
    json_put_string(out, listing->name);
    buf_put_format(out, ",\"timeframe\":\"%s\"", timeframe_name(timeframe));
}

static void put_snapshot(struct buf *out, struct subscription *self)
{
    bool is_closed;
    struct bar bar;
    buf_put_text(out, ",\"snapshot\":");
    if (!view_put_snapshot(self->view, out, &is_closed, &bar))
        buf_put_text(out, "null");
    else if (is_closed)
        self->given_ms = bar.start_ms;
}

/* ---- what it takes ----------------------------------------------------------------------------
 */

/* The session's view as it will be, held so that all of it is there when it is wanted; and its
 * past.
 */
struct subscribing {
    struct errand errand; /* first */
    struct core *core;
    struct listing *listing;
    enum timeframe timeframe;
    struct view_wish *wishes; /* ids and specs are owned */
    size_t n;
    struct history_range range;
    struct preparation *preparation; /* NULL when all is ready */
    struct view *view;               /* acquired then */
    struct history *history;         /* of it; NULL where none is asked for, or too much */
    bool asks_too_much;
};

static bool make_ready(struct errand *errand)
{
    struct subscribing *self = (struct subscribing *)errand;
    if (!self->preparation)
        return history_step(self->history);
    if (!preparation_step(self->preparation))
        return false;
    self->view =
        views_acquire(self->core->views, self->listing, self->timeframe, self->wishes, self->n);
    preparation_destroy(&self->preparation);
    self->asks_too_much = history_has_too_much(self->view, &self->range, self->core->settings);
    if (self->range.n == 0 || self->asks_too_much)
        return true;
    self->history = history_new(self->view, &self->range);
    return false;
}

static void end_subscribing(struct errand *errand)
{
    struct subscribing *self = (struct subscribing *)errand;
    preparation_destroy(&self->preparation);
    history_destroy(&self->history);
    views_release(self->core->views, &self->view);
    for (size_t i = 0; i < self->n; i++)
        free_wish(&self->wishes[i]);
    free(self->wishes);
    free(self);
}

static struct subscribing *subscribing_of(const struct call *call)
{
    return (struct subscribing *)call->errand;
}

static void add_wish(struct subscribing *self, const char *id, const struct spec *spec)
{
    self->wishes[self->n++] = (struct view_wish){mem_strdup(id), spec_copy(spec)};
    preparation_want(self->preparation, spec);
}

static struct errand *begin_subscribing(const struct call *call, const struct wishes *wishes)
{
    struct subscribing *self = mem_alloc_zero(1, sizeof *self);
    const struct subscription *has =
        subscriptions_find(call->session, wishes->listing, wishes->timeframe);
    size_t n_has = has ? has->n_items : 0;
    self->errand = (struct errand){make_ready, end_subscribing};
    self->core = call->core;
    self->listing = wishes->listing;
    self->timeframe = wishes->timeframe;
    self->wishes = mem_alloc_zero(n_has + wishes->n_good, sizeof *self->wishes);
    self->range =
        (struct history_range){FEEDTIME_NONE, FEEDTIME_MAX, (size_t)call_count(call, "history", 0)};
    self->preparation = preparation_new(call->core->compute, wishes->listing, wishes->timeframe);
    for (size_t i = 0; i < n_has; i++)
        add_wish(self, has->items[i].id, has->items[i].spec);
    for (size_t i = 0; i < wishes->n_good; i++)
        add_wish(self, wishes->good[i].id, wishes->good[i].spec);
    return &self->errand;
}

/* ---- subscribe --------------------------------------------------------------------------------
 */

static void put_subscribed(const struct call *call, struct subscription *self,
                           const struct wishes *wishes)
{
    struct buf *out = call->reply;
    const struct history *history = subscribing_of(call)->history;
    buf_put_char(out, ',');
    put_series(out, self->listing, self->timeframe);
    buf_put_text(out, ",\"indicators\":{");
    for (size_t i = 0; i < self->n_items; i++)
        put_indicator(out, self, i);
    buf_put_text(out, "},\"rejected\":{");
    buf_put(out, wishes->rejected.data ? wishes->rejected.data : "", wishes->rejected.size);
    buf_put_char(out, '}');
    put_snapshot(out, self);
    buf_put_text(out, ",\"history\":");
    if (history)
        history_put(history, out);
    else
        buf_put_text(out, "[]");
}

/* How the subscription is to be, beside its indicators. */
struct mode {
    bool on_ticks;
    int64_t throttle_ms;
};

static enum err_code read_all(struct call *call, struct wishes *wishes, struct mode *mode)
{
    const struct core_settings *settings = call->core->settings;
    enum err_code code = resolve(call, wishes);
    if (code == ERR_OK)
        code =
            read_mode(call, subscriptions_find(call->session, wishes->listing, wishes->timeframe),
                      &mode->on_ticks, &mode->throttle_ms);
    if (code == ERR_OK && call_count(call, "history", 0) > (int64_t)settings->history_max) {
        call->core->counters.limited[LIMIT_HISTORY]++;
        code = err_set(call->err, ERR_BAD_REQUEST, "\"history\" must be 0 to %zu bars",
                       settings->history_max);
    }
    return code;
}

static enum err_code begin_subscribe(struct call *call)
{
    struct wishes wishes = {0};
    struct mode mode;
    enum err_code code = read_all(call, &wishes, &mode);
    if (code == ERR_OK)
        call->errand = begin_subscribing(call, &wishes);
    wishes_clear(&wishes);
    return code;
}

static enum err_code handle_subscribe(struct call *call)
{
    struct wishes wishes = {0};
    struct mode mode;
    enum err_code code = read_all(call, &wishes, &mode);
    if (code == ERR_OK && subscribing_of(call)->asks_too_much)
        code = refuse_history(call);
    if (code == ERR_OK) {
        struct subscription *self =
            subscriptions_add(call->core->views, call->session, wishes.listing, wishes.timeframe,
                              wishes.good, wishes.n_good);
        subscription_set_mode(self, mode.on_ticks, mode.throttle_ms);
        subscription_drop_held(self); /* the snapshot has it */
        put_subscribed(call, self, &wishes);
        call->shows = self;
    }
    wishes_clear(&wishes);
    return code;
}

void put_subscriptions(struct buf *out, const struct session *session)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < session->n_subscriptions; i++) {
        const struct subscription *one = session->subscriptions[i];
        buf_put_text(out, i > 0 ? ",{" : "{");
        put_series(out, one->listing, one->timeframe);
        buf_put_format(out, ",\"updates\":\"%s\",\"throttle_ms\":%lld,\"indicators\":{",
                       one->on_ticks ? "tick" : "close", (long long)one->throttle_ms);
        for (size_t k = 0; k < one->n_items; k++)
            put_indicator(out, one, k);
        buf_put_text(out, "}}");
    }
    buf_put_char(out, ']');
}

/* The ids to take away: every one must be there. Gives an array to free, NULL for all. */
static enum err_code resolve_ids(const struct call *call, const struct subscription *self,
                                 const char ***ids, size_t *n)
{
    const cJSON *list = call_member(call, "indicators");
    *ids = NULL;
    *n = 0;
    if (!list)
        return ERR_OK;
    size_t n_asked = (size_t)cJSON_GetArraySize(list);
    enum err_code code = check_number(call, n_asked);
    if (code != ERR_OK)
        return code;
    *ids = mem_alloc_zero(n_asked, sizeof **ids);
    for (const cJSON *item = list->child; item; item = item->next) {
        if (!cJSON_IsString(item))
            return err_set(call->err, ERR_BAD_REQUEST, "\"indicators\" must be an array of ids");
        if (!subscription_find_item(self, item->valuestring))
            return err_set(call->err, ERR_NO_SUBSCRIPTION, "no indicator \"%.64s\" on %s %s",
                           item->valuestring, self->listing->name, timeframe_name(self->timeframe));
        (*ids)[(*n)++] = item->valuestring;
    }
    return ERR_OK;
}

static enum err_code unsubscribe_one(struct call *call)
{
    struct listing *listing;
    enum timeframe timeframe;
    enum err_code code = call_series(call, &listing, &timeframe);
    if (code != ERR_OK)
        return code;
    struct subscription *self = subscriptions_find(call->session, listing, timeframe);
    if (!self)
        return err_set(call->err, ERR_NO_SUBSCRIPTION, "this session has nothing on %s %s",
                       listing->name, timeframe_name(timeframe));
    const char **ids;
    size_t n;
    code = resolve_ids(call, self, &ids, &n);
    if (code == ERR_OK && (!ids || n > 0)) {
        subscriptions_remove(call->core->views, &self, ids, n);
        if (self)
            delivery_renew_held(call->core->delivery, self);
    }
    free(ids);
    return code;
}

static enum err_code handle_unsubscribe(struct call *call)
{
    bool symbol = call_member(call, "symbol"), timeframe = call_member(call, "timeframe");
    enum err_code code = ERR_OK;
    if (symbol != timeframe || (!symbol && call_member(call, "indicators")))
        return err_set(call->err, ERR_BAD_REQUEST,
                       "\"symbol\" and \"timeframe\" go together; without them all ends");
    if (symbol)
        code = unsubscribe_one(call);
    else
        subscriptions_remove_session(call->core->views, call->session);
    if (code != ERR_OK)
        return code;
    buf_put_text(call->reply, ",\"subscriptions\":");
    put_subscriptions(call->reply, call->session);
    return ERR_OK;
}

static enum err_code handle_list(struct call *call)
{
    buf_put_text(call->reply, ",\"subscriptions\":");
    put_subscriptions(call->reply, call->session);
    return ERR_OK;
}

const struct request request_subscribe = {
    .type = "subscribe",
    .reply = "subscribed",
    .needs = NEEDS_SESSION,
    .members = {{"symbol", MEMBER_TEXT, true},
                {"timeframe", MEMBER_TEXT, true},
                {"indicators", MEMBER_ANY, true},
                {"updates", MEMBER_TEXT, false},
                {"throttle_ms", MEMBER_COUNT, false},
                {"history", MEMBER_COUNT, false},
                {"atomic", MEMBER_FLAG, false}},
    .changes_session = true,
    .is_long = true,
    .begin = begin_subscribe,
    .handle = handle_subscribe,
};

const struct request request_unsubscribe = {
    .type = "unsubscribe",
    .reply = "unsubscribed",
    .needs = NEEDS_SESSION,
    .members = {{"symbol", MEMBER_TEXT, false},
                {"timeframe", MEMBER_TEXT, false},
                {"indicators", MEMBER_LIST, false}},
    .changes_session = true,
    .handle = handle_unsubscribe,
};

const struct request request_list = {
    .type = "list",
    .reply = "subscriptions",
    .needs = NEEDS_SESSION,
    .is_long = true,
    .handle = handle_list,
};
