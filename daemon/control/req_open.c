/* req_open - open, refresh, heartbeat, close: a session's life. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/protocol/ids.h"
#include "daemon/control/allowance.h"
#include "daemon/control/request.h"

enum { PROTOCOL = 1, CLIENT_MAX = 64 };

static void put_epoch_seconds(struct buf *out, const char *name, int64_t s)
{
    buf_put_format(out, ",\"%s\":", name);
    json_put_time(out, s * 1000);
}

static void put_limits(struct buf *out, const struct core_settings *settings)
{
    buf_put_format(out,
                   ",\"limits\":{\"subscriptions\":%zu,\"indicators\":%zu,"
                   "\"indicators_per_request\":%zu,\"history\":%zu,\"frame_bytes\":%zu,"
                   "\"sessions_per_user\":%zu,\"requests_per_s\":",
                   settings->subscriptions_per_session, settings->indicators_per_session,
                   settings->indicators_per_request, settings->history_max, settings->frame_bytes,
                   settings->sessions.sessions_per_user);
    json_put_number(out, settings->requests.per_s);
    buf_put_char(out, '}');
}

static void put_opened(struct call *call, bool resumed)
{
    const struct core_settings *settings = call->core->settings;
    const struct session *session = call->session;
    buf_put_format(call->reply, ",\"protocol\":%d,\"user_id\":", PROTOCOL);
    json_put_string(call->reply, session->user);
    buf_put_text(call->reply, ",\"session_id\":");
    json_put_string(call->reply, session->name);
    buf_put_format(call->reply, ",\"epoch\":\"%s\",\"seq\":%llu,\"public\":", call->core->epoch,
                   (unsigned long long)outbox_seq(session->outbox));
    json_put_string(call->reply, settings->public_endpoint);
    buf_put_text(call->reply, ",\"feed\":");
    json_put_string(call->reply, settings->feed_endpoint);
    buf_put_format(call->reply, ",\"heartbeat_ms\":%lld,\"resume_ms\":%lld",
                   (long long)settings->heartbeat_ms, (long long)settings->resume_ms);
    buf_put_char(call->reply, ',');
    put_curve(call->reply, settings);
    put_epoch_seconds(call->reply, "expires_at", session->expires_at_s);
    buf_put_format(call->reply, ",\"resumed\":%s,\"subscriptions\":", resumed ? "true" : "false");
    put_subscriptions(call->reply, session);
    put_limits(call->reply, settings);
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

/* A token whose signature takes long to check waits for its turn: what holds then is what counts,
 * be it the time or the keys. */
static bool is_its_turn(struct errand *errand)
{
    (void)errand;
    return true;
}

static void end_wait(struct errand *errand)
{
    free(errand);
}

static enum err_code begin_verifying(struct call *call)
{
    if (!call->key || !token_takes_long(call_text(call, "token")))
        return ERR_OK;
    call->errand = mem_alloc_zero(1, sizeof *call->errand);
    *call->errand = (struct errand){is_its_turn, end_wait};
    return ERR_OK;
}

static enum err_code verify(struct call *call, struct token_claims *claims)
{
    const struct core_settings *settings = call->core->settings;
    call->steps += call->errand ? REQUEST_TOKEN_STEPS : 0;
    return token_verify(settings->keys, call_text(call, "token"), call->now.wall_ms / 1000,
                        &settings->rules, claims, call->err);
}

/* The name that the session gets: the token's, else the request's, else a random one. */
static enum err_code choose_name(const struct call *call, const struct token_claims *claims,
                                 char name[SESSION_NAME_MAX + 1])
{
    const char *wanted = call_text(call, "session_id");
    if (wanted && !session_id_is_valid(wanted))
        return err_set(call->err, ERR_BAD_REQUEST,
                       "\"session_id\" must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
    if (claims->sid[0])
        wanted = claims->sid;
    if (wanted) {
        snprintf(name, SESSION_NAME_MAX + 1, "%s", wanted);
        return ERR_OK;
    }
    uint8_t raw[16];
    call->core->random(raw, sizeof raw);
    session_key_encode(raw, name);
    return ERR_OK;
}

static void attach(const struct call *call, const struct token_claims *claims)
{
    struct session *session = call->session;
    session_speaks_on(session, call->connection);
    session->is_attached = true;
    session->probes_left = 0;
    session->fell_silent = false;
    allowance_take(session, claims);
    allowance_prune(call->core, session);
    session->wants_stream = call_flag(call, "stream", true);
    session->last_request_ms = session->last_heartbeat_ms = call->now.mono_ms;
}

/* The key has a session already, which goes on on this connection. An error if it is open there. */
static enum err_code resume(struct call *call, const struct token_claims *claims)
{
    const struct session *session = call->session;
    const char *wanted = claims->sid[0] ? claims->sid : call_text(call, "session_id");
    if (session->is_attached && !session->is_expired && session->connection == call->connection)
        return err_set(call->err, ERR_ALREADY_OPEN, "session \"%s\" is open on this connection",
                       session->name);
    if (strcmp(session->user, claims->user) != 0 || (wanted && strcmp(session->name, wanted) != 0))
        return err_set(call->err, ERR_SESSION_IN_USE,
                       "this key has another session; draw a new key for a new session");
    attach(call, claims);
    put_opened(call, true);
    call->snapshots_due = true;
    return ERR_OK;
}

/* The same of a dormant session, which is woken. */
static enum err_code resume_dormant(struct call *call, struct session *session,
                                    const struct token_claims *claims)
{
    call->session = session;
    enum err_code code = resume(call, claims);
    if (code == ERR_OK)
        sessions_wake(call->core->sessions, session, call->key);
    else
        call->session = NULL;
    return code;
}

static enum err_code begin(struct call *call, const char *user, const char *name)
{
    uint64_t *limited = call->core->counters.limited;
    enum err_code code =
        sessions_begin(call->core->sessions, call->key, user, name, &call->session, call->err);
    limited[LIMIT_SESSIONS] += code == ERR_BUSY;
    limited[LIMIT_SESSIONS_PER_USER] += code == ERR_QUOTA_EXCEEDED;
    return code;
}

static enum err_code handle_open(struct call *call)
{
    const char *client = call_text(call, "client");
    if (call_count(call, "protocol", PROTOCOL) != PROTOCOL)
        return err_set(call->err, ERR_UNSUPPORTED_PROTOCOL, "this daemon speaks protocol %d",
                       PROTOCOL);
    if (!call->key)
        return err_set(
            call->err, ERR_KEY_REQUIRED,
            "set the socket's routing id to 128 random bits as 22 characters of URL-safe "
            "base64 before connecting");
    if (client && strlen(client) > CLIENT_MAX)
        return err_set(call->err, ERR_BAD_REQUEST, "\"client\" may have %d bytes", CLIENT_MAX);
    struct token_claims claims;
    struct session *dormant;
    char name[SESSION_NAME_MAX + 1];
    enum err_code code;
    if ((code = verify(call, &claims)) != ERR_OK)
        return code;
    if (call->session)
        return resume(call, &claims);
    if ((dormant = sessions_find_dormant(call->core->sessions, call->key)))
        return resume_dormant(call, dormant, &claims);
    if ((code = choose_name(call, &claims, name)) != ERR_OK ||
        (code = begin(call, claims.user, name)) != ERR_OK)
        return code;
    bucket_take(&call->session->share->requests, call->core->settings->user_requests, 1,
                call->now.mono_ms);
    attach(call, &claims);
    put_opened(call, false);
    return ERR_OK;
}

static enum err_code handle_refresh(struct call *call)
{
    struct token_claims claims;
    enum err_code code = verify(call, &claims);
    if (code != ERR_OK)
        return code;
    if (strcmp(claims.user, call->session->user) != 0)
        return err_set(call->err, ERR_FORBIDDEN, "the token is another user's");
    if (claims.sid[0] && strcmp(claims.sid, call->session->name) != 0)
        return err_set(call->err, ERR_FORBIDDEN, "the token is for another session");
    call->snapshots_due = call->session->is_expired;
    allowance_take(call->session, &claims);
    allowance_prune(call->core, call->session);
    put_epoch_seconds(call->reply, "expires_at", claims.expires_at_s);
    return ERR_OK;
}

static enum err_code handle_heartbeat(struct call *call)
{
    (void)call;
    return ERR_OK;
}

static enum err_code handle_close(struct call *call)
{
    call->ends_session = true;
    return ERR_OK;
}

const struct request request_open = {
    .type = "open",
    .reply = "opened",
    .needs = NEEDS_NOTHING,
    .members = {{"token", MEMBER_TEXT, true},
                {"session_id", MEMBER_TEXT, false},
                {"stream", MEMBER_FLAG, false},
                {"client", MEMBER_TEXT, false},
                {"protocol", MEMBER_COUNT, false}},
    .changes_session = true,
    .begin = begin_verifying,
    .handle = handle_open,
};

const struct request request_refresh = {
    .type = "refresh",
    .reply = "refreshed",
    .needs = NEEDS_SESSION,
    .outlives_token = true,
    .members = {{"token", MEMBER_TEXT, true}},
    .changes_session = true,
    .begin = begin_verifying,
    .handle = handle_refresh,
};

const struct request request_heartbeat = {
    .type = "heartbeat",
    .reply = "heartbeat_ack",
    .needs = NEEDS_SESSION,
    .handle = handle_heartbeat,
};

const struct request request_close = {
    .type = "close",
    .reply = "closed",
    .needs = NEEDS_SESSION,
    .outlives_token = true,
    .handle = handle_close,
};
