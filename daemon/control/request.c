#include "daemon/control/request.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "daemon/control/allowance.h"
#include "daemon/sessions/backlog.h"

extern const struct request request_open, request_refresh, request_close, request_heartbeat,
    request_subscribe, request_unsubscribe, request_list, request_data, request_history,
    request_resync, request_catalog, request_symbols, request_stats;

const struct request *const REQUESTS[] = {
    &request_open,    &request_subscribe, &request_unsubscribe, &request_list,
    &request_data,    &request_history,   &request_resync,      &request_catalog,
    &request_symbols, &request_heartbeat, &request_refresh,     &request_close,
    &request_stats,
};

size_t request_count(void)
{
    return sizeof REQUESTS / sizeof *REQUESTS;
}

/* ---- members ----------------------------------------------------------------------------------
 */

const cJSON *call_member(const struct call *call, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(call->message, name);
    return cJSON_IsNull(member) ? NULL : member;
}

const char *call_text(const struct call *call, const char *name)
{
    const cJSON *member = call_member(call, name);
    return member ? member->valuestring : NULL;
}

int64_t call_count(const struct call *call, const char *name, int64_t otherwise)
{
    const cJSON *member = call_member(call, name);
    return member ? (int64_t)member->valuedouble : otherwise;
}

bool call_flag(const struct call *call, const char *name, bool otherwise)
{
    const cJSON *member = call_member(call, name);
    return member ? cJSON_IsTrue(member) : otherwise;
}

bool call_time(const struct call *call, const char *name, int64_t *ms)
{
    const cJSON *member = call_member(call, name);
    if (!member)
        return true;
    if (cJSON_IsString(member) && feedtime_parse(member->valuestring, ms))
        return true;
    if (cJSON_IsNumber(member) && member->valuedouble == floor(member->valuedouble) &&
        fabs(member->valuedouble) <= (double)FEEDTIME_MAX) {
        *ms = (int64_t)member->valuedouble;
        return true;
    }
    err_set(call->err, ERR_BAD_REQUEST,
            "\"%s\" must be a time as \"2025-11-04T05:05:00.000Z\" or whole milliseconds since "
            "1970",
            name);
    return false;
}

/* A symbol that the session may not see is refused as if it did not exist, and is not proposed
 * either. */
static enum err_code refuse_symbol(struct call *call, const char *symbol)
{
    struct nearest nearest = nearest_begin(symbol);
    for (size_t i = 0; i < market_count(call->core->market); i++) {
        struct nearest before = nearest;
        nearest_offer(&nearest, market_listing(call->core->market, i)->name);
        if (nearest.best != before.best && !allowance_covers(call->session->symbols, nearest.best))
            nearest = before;
    }
    call_note_names(call, market_count(call->core->market), 0);
    return nearest.best ? err_set(call->err, ERR_UNKNOWN_SYMBOL,
                                  "no symbol \"%.64s\"; did you mean %s?", symbol, nearest.best)
                        : err_set(call->err, ERR_UNKNOWN_SYMBOL,
                                  "no symbol \"%.64s\"; \"symbols\" lists what there is", symbol);
}

void call_note_names(struct call *call, size_t n, size_t size)
{
    enum { STEPS_A_NAME = 2, BYTES_A_STEP = 4 }; /* a step is a bar of a plain indicator */
    call->steps += n * (STEPS_A_NAME + size / BYTES_A_STEP);
}

enum err_code call_series(struct call *call, struct listing **listing, enum timeframe *timeframe)
{
    const char *symbol = call_text(call, "symbol"), *name = call_text(call, "timeframe");
    *listing = market_find(call->core->market, symbol);
    bool is_allowed = allowance_covers(call->session->symbols, symbol);
    call->core->counters.limited[LIMIT_ENTITLEMENT] += *listing && !is_allowed;
    if (!*listing || !is_allowed)
        return refuse_symbol(call, symbol);
    *timeframe = timeframe_parse(name);
    if (*timeframe == TIMEFRAME_NONE)
        return err_set(call->err, ERR_UNKNOWN_TIMEFRAME,
                       "no timeframe \"%.32s\"; there are" TIMEFRAME_NAMES, name);
    return ERR_OK;
}

enum err_code refuse_history(const struct call *call)
{
    call->core->counters.limited[LIMIT_HISTORY_VALUES]++;
    return err_set(call->err, ERR_TOO_LARGE,
                   "a reply may have %zu values of indicators; ask for fewer bars at once",
                   call->core->settings->history_values_max);
}

static const char *kind_sentence(enum member_kind kind)
{
    switch (kind) {
    case MEMBER_TEXT:
        return "a string";
    case MEMBER_COUNT:
        return "a whole number, not negative";
    case MEMBER_FLAG:
        return "true or false";
    case MEMBER_TIME:
        return "a time";
    case MEMBER_LIST:
        return "an array";
    default:
        return "there";
    }
}

static bool is_of_kind(const cJSON *value, enum member_kind kind)
{
    switch (kind) {
    case MEMBER_TEXT:
        return cJSON_IsString(value);
    case MEMBER_COUNT:
        return cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble <= 1e15 &&
               value->valuedouble == floor(value->valuedouble);
    case MEMBER_FLAG:
        return cJSON_IsBool(value);
    case MEMBER_TIME:
        return cJSON_IsString(value) || cJSON_IsNumber(value);
    case MEMBER_LIST:
        return cJSON_IsArray(value);
    default:
        return true;
    }
}

static const struct request_member *find_member(const struct request *row, const char *name)
{
    for (const struct request_member *one = row->members; one->name; one++)
        if (strcmp(one->name, name) == 0)
            return one;
    return NULL;
}

static enum err_code refuse_unknown(const struct request *row, const char *name, struct err *err)
{
    struct nearest nearest = nearest_begin(name);
    for (const struct request_member *one = row->members; one->name; one++)
        nearest_offer(&nearest, one->name);
    return nearest.best
               ? err_set(err, ERR_BAD_REQUEST,
                         "\"%s\" has no member \"%.64s\"; did you mean \"%s\"?", row->type, name,
                         nearest.best)
               : err_set(err, ERR_BAD_REQUEST, "\"%s\" has no member \"%.64s\"", row->type, name);
}

static enum err_code check_members(const struct request *row, const struct call *call)
{
    for (const cJSON *one = call->message->child; one; one = one->next) {
        if (strcmp(one->string, "type") == 0 || strcmp(one->string, "id") == 0)
            continue;
        const struct request_member *member = find_member(row, one->string);
        if (!member)
            return refuse_unknown(row, one->string, call->err);
        if (!cJSON_IsNull(one) && !is_of_kind(one, member->kind))
            return err_set(call->err, ERR_BAD_REQUEST, "\"%s\" must be %s", member->name,
                           kind_sentence(member->kind));
    }
    for (const struct request_member *one = row->members; one->name; one++)
        if (one->required && !call_member(call, one->name))
            return err_set(call->err, ERR_BAD_REQUEST, "\"%s\" needs \"%s\"", row->type, one->name);
    return ERR_OK;
}

/* ---- dispatch ---------------------------------------------------------------------------------
 */

static const struct request *find_request(const char *type, struct err *err)
{
    struct nearest nearest = nearest_begin(type);
    for (size_t i = 0; i < request_count(); i++) {
        if (strcmp(REQUESTS[i]->type, type) == 0)
            return REQUESTS[i];
        nearest_offer(&nearest, REQUESTS[i]->type);
    }
    if (nearest.best)
        err_set(err, ERR_BAD_REQUEST, "no request type \"%.64s\"; did you mean \"%s\"?", type,
                nearest.best);
    else
        err_set(err, ERR_BAD_REQUEST, "no request type \"%.64s\"", type);
    return NULL;
}

void put_curve(struct buf *out, const struct core_settings *settings)
{
    const struct {
        const char *name;
        bool is_encrypted;
    } sockets[] = {{"session", settings->curve_session},
                   {"public", settings->curve_public},
                   {"feed", settings->curve_feed}};
    const char *comma = "";
    buf_put_text(out, "\"curve\":[");
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        if (!sockets[i].is_encrypted)
            continue;
        buf_put_format(out, "%s\"%s\"", comma, sockets[i].name);
        comma = ",";
    }
    buf_put_char(out, ']');
}

/* Whoever has no session is told where the other sockets are: `status` needs no token. */
static enum err_code tell_where(const struct call *call)
{
    const struct core_settings *settings = call->core->settings;
    buf_put_text(call->details, "{\"public\":");
    json_put_string(call->details, settings->public_endpoint);
    buf_put_text(call->details, ",\"feed\":");
    json_put_string(call->details, settings->feed_endpoint);
    buf_put_char(call->details, ',');
    put_curve(call->details, settings);
    buf_put_char(call->details, '}');
    return err_set(call->err, ERR_NOT_OPEN,
                   "no session is open on this connection; send \"open\" first");
}

static enum err_code check_session(const struct request *row, const struct call *call)
{
    const struct session *session = call->session;
    if (row->needs == NEEDS_NOTHING)
        return ERR_OK;
    if (!session)
        return tell_where(call);
    if (!allowance_lasts(session, call->now) && !row->outlives_token)
        return err_set(call->err, ERR_TOKEN_EXPIRED,
                       "the session's token has expired; send \"refresh\" with a new one");
    if (row->needs == NEEDS_ADMIN && !session->is_admin)
        return err_set(call->err, ERR_FORBIDDEN, "\"%s\" needs a token with scope \"admin\"",
                       row->type);
    return ERR_OK;
}

/* ---- limits -----------------------------------------------------------------------------------
 */

static enum err_code refuse_rate(struct call *call, enum limit limit, struct bucket_rate rate,
                                 double cost)
{
    call->core->counters.limited[limit]++;
    call->is_flood = limits_is_flood(&call->session->share->patience,
                                     call->core->settings->requests, cost, call->now.mono_ms);
    return err_set(call->err, ERR_RATE_LIMITED, "more than %g requests a second%s; try again soon",
                   rate.per_s, limit == LIMIT_USER_REQUESTS ? " of one user" : "");
}

/* Who has no session is a stranger, for whom engine/gate.c has a limit of its own. */
static enum err_code check_rate(struct call *call)
{
    struct session *session = call->session;
    const struct core_settings *settings = call->core->settings;
    double cost = limits_cost(call->size);
    if (!session || call->is_restoring)
        return ERR_OK;
    if (!bucket_take(&session->requests, settings->requests, cost, call->now.mono_ms))
        return refuse_rate(call, LIMIT_REQUESTS, settings->requests, cost);
    if (!bucket_take(&session->share->requests, settings->user_requests, cost, call->now.mono_ms))
        return refuse_rate(call, LIMIT_USER_REQUESTS, settings->user_requests, cost);
    return ERR_OK;
}

static enum err_code refuse_size(const struct call *call)
{
    call->core->counters.limited[LIMIT_FRAME_BYTES]++;
    return err_set(call->err, ERR_TOO_LARGE, "a request may have %zu bytes, this one has %zu",
                   call->core->settings->frame_bytes, call->size);
}

/* Takes what the request turned out to cost beyond what check_rate has taken. Nothing is refused
 * for it; it delays the next request. */
static void pay(const struct call *call, const struct session *before, double cost)
{
    if (!before || call->session != before || call->is_restoring)
        return;
    bucket_charge(&call->session->requests, cost);
    bucket_charge(&call->session->share->requests, cost);
}

/* Who asks and does not read would fill the memory with replies. */
static enum err_code check_room(const struct request *row, const struct call *call)
{
    if (!row->is_long || call->is_restoring ||
        !backlog_has_no_room(call->core->sessions, call->session))
        return ERR_OK;
    call->core->counters.limited[LIMIT_BACKLOG]++;
    return err_set(call->err, ERR_BUSY,
                   "too much waits for readers that are slow; read, and try again soon");
}

/* A number may have more digits than a double: it is echoed as it was written. */
enum err_code request_check_id(const cJSON *message, struct err *err)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id");
    if (!id || cJSON_IsNull(id) ||
        (cJSON_IsString(id) && strlen(id->valuestring) <= REQUEST_ID_MAX) ||
        (cJSON_IsNumber(id) && id->valuedouble == floor(id->valuedouble)))
        return ERR_OK;
    return err_set(err, ERR_BAD_REQUEST,
                   "\"id\" must be an integer or a string of at most %d bytes", REQUEST_ID_MAX);
}

struct request_id request_id_of(const cJSON *message, const char *text, size_t size)
{
    struct request_id id = {0};
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(message, "id");
    if (member && !cJSON_IsNull(member) && request_check_id(message, NULL) == ERR_OK)
        id.text = json_text_of(message, member, text, size, &id.size);
    return id;
}

void put_id(struct buf *out, struct request_id id)
{
    if (!id.text)
        return;
    buf_put_text(out, ",\"id\":");
    buf_put(out, id.text, id.size);
}

/* What takes long is only begun, and waits then for its errand to be carried out. */
static enum err_code serve(const struct request *row, struct call *call)
{
    if (row->begin && !call->errand) {
        call->waits = row->is_long && call->must_wait;
        enum err_code code = call->waits ? ERR_OK : row->begin(call);
        call->waits |= call->errand && !call->is_restoring;
        if (code != ERR_OK || call->waits)
            return code;
        while (call->errand && !call->errand->step(call->errand))
            continue;
    }
    buf_put_format(call->reply, "{\"type\":\"%s\"", row->reply);
    put_id(call->reply, call->id);
    return row->handle(call);
}

static enum err_code dispatch(struct call *call)
{
    if (!cJSON_IsObject(call->message))
        return err_set(call->err, ERR_BAD_REQUEST, "a request is a JSON object");
    const cJSON *type = call_member(call, "type");
    if (!cJSON_IsString(type))
        return err_set(call->err, ERR_BAD_REQUEST, "a request needs a \"type\"");
    enum err_code code = request_check_id(call->message, call->err);
    if (code != ERR_OK)
        return code;
    const struct request *row = find_request(type->valuestring, call->err);
    if (!row)
        return ERR_BAD_REQUEST;
    if ((code = check_session(row, call)) != ERR_OK || (code = check_room(row, call)) != ERR_OK ||
        (code = check_members(row, call)) != ERR_OK)
        return code;
    code = serve(row, call);
    call->has_changed = code == ERR_OK && row->changes_session;
    return code;
}

void put_error(struct buf *out, struct request_id id, const struct err *err,
               const struct buf *details)
{
    buf_put_text(out, "{\"type\":\"error\"");
    put_id(out, id);
    buf_put_format(out, ",\"code\":\"%s\",\"temporary\":%s,\"message\":", err_code_name(err->code),
                   err_code_is_temporary(err->code) ? "true" : "false");
    json_put_string(out, err->message);
    if (details && details->size > 0) {
        buf_put_text(out, ",\"details\":");
        buf_put(out, details->data, details->size);
    }
    buf_put_char(out, '}');
}

/* As many as that many indicators can have, with all their parameters. */
static size_t most_values(const struct call *call)
{
    enum { VALUES_AN_INDICATOR = 64, OTHERS = 64 };
    if (!call->session)
        return LIMITS_STRANGER_VALUES;
    return OTHERS + call->core->settings->indicators_per_request * VALUES_AN_INDICATOR;
}

bool request_admit(struct call *call, size_t size, struct err *err)
{
    call->err = err;
    call->size = size;
    call->is_admitted = check_rate(call) == ERR_OK;
    return call->is_admitted;
}

static void drop_errand(struct call *call)
{
    if (call->errand)
        call->errand->destroy(call->errand);
    call->errand = NULL;
}

/* Whoever asks too much at once is to know at least which request that was. */
static struct request_id read_id_alone(const char *text, size_t size)
{
    enum { VALUES = 2 };
    struct request_id id = {0};
    cJSON *message = cJSON_CreateObject(), *value = NULL;
    id.text = json_find_member(text, size, "id", &id.size);
    if (id.text && message)
        cJSON_AddItemToObject(message, "id",
                              value = json_parse_few(id.text, id.size, VALUES, NULL));
    if (!value || cJSON_IsNull(value) || request_check_id(message, NULL) != ERR_OK)
        id.text = NULL;
    cJSON_Delete(message);
    return id;
}

/* Reads it, and its id; false with *err filled if it cannot be served. What is refused already
 * (*err is filled) is read for its id alone. */
static bool read_message(struct call *call, const char *text, size_t size, struct err *err)
{
    struct err fault = {0};
    if (size > call->core->settings->frame_bytes) {
        if (err->code == ERR_OK)
            refuse_size(call);
        return false;
    }
    if (!text)
        err_set(&fault, ERR_BAD_REQUEST,
                "a request is one frame; only an empty one may be before it");
    else if (!call->is_flood)
        call->message = json_parse_few(text, size, most_values(call), &fault);
    call->id = fault.code == ERR_TOO_LARGE ? read_id_alone(text, size)
                                           : request_id_of(call->message, text, size);
    if (err->code == ERR_OK)
        *err = fault;
    if (fault.code == ERR_TOO_LARGE && err->code == ERR_TOO_LARGE && !call->session)
        tell_where(call);
    return err->code == ERR_OK;
}

static struct body *answer(struct call *call, const char *text, size_t size, struct err *err)
{
    struct buf reply = {0}, details = {0};
    struct body *body = NULL;
    call->err = err;
    call->reply = &reply;
    call->details = &details;
    call->size = size;
    call->message = NULL;
    call->id = (struct request_id){0};
    if (read_message(call, text, size, err))
        err->code = dispatch(call);
    if (err->code == ERR_OK) {
        buf_put_char(&reply, '}');
    } else {
        call->core->counters.errors[err->code]++;
        buf_reset(&reply);
        put_error(&reply, call->id, err, &details);
    }
    if (!call->waits) {
        body = body_new(sessions_tally(call->core->sessions), reply.data, reply.size);
        drop_errand(call);
    }
    cJSON_Delete((cJSON *)(uintptr_t)call->message);
    call->message = NULL;
    buf_destroy(&reply);
    buf_destroy(&details);
    return body;
}

struct body *request_answer(struct call *call, const char *text, size_t size)
{
    struct err err = {0};
    const struct session *before = call->session;
    uint64_t n_replayed = compute_n_replayed(call->core->compute);
    call->err = &err;
    call->size = size;
    if (!call->is_admitted)
        check_rate(call); /* whatever it is, it counts */
    struct body *body = answer(call, text, size, &err);
    if (!body)
        return NULL;
    call->core->counters.requests++;
    pay(call, before,
        limits_cost_after(body->size,
                          compute_n_replayed(call->core->compute) - n_replayed + call->steps));
    return body;
}

struct body *request_refuse(struct call *call, const char *text, size_t size, const struct err *why)
{
    struct err err = *why;
    call->core->counters.requests++;
    return answer(call, text, size, &err);
}
