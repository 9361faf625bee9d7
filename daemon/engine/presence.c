#include "daemon/engine/presence.h"

#include "common/base/json.h"
#include "daemon/sessions/notice.h"

enum {
    EXPIRY_WARNING_S = 60,
    PROBES = 4 /* how often a session whose connection has gone is asked for, a sweep apart */
};

void presence_clear(struct presence *self)
{
    buf_destroy(&self->text);
}

/* Sends the session what has been put into self->text. */
static void tell_text(struct presence *self, struct session *session)
{
    struct body *body = body_of_text(sessions_tally(self->core->sessions), &self->text);
    delivery_put_notice(self->core->delivery, session, body);
    body_release(&body);
}

static void tell(struct presence *self, struct session *session, enum notice notice,
                 const char *message)
{
    notice_begin(&self->text, notice, message);
    buf_put_char(&self->text, '}');
    tell_text(self, session);
}

static void put_heartbeat(struct presence *self, struct session *session, struct now now)
{
    buf_put_text(&self->text, "{\"type\":\"heartbeat\",\"feed_age_ms\":");
    json_put_number(&self->text, sources_age_ms(self->core->sources, now.mono_ms));
    buf_put_char(&self->text, '}');
    session->last_heartbeat_ms = now.mono_ms;
    tell_text(self, session);
}

/* ---- connections ------------------------------------------------------------------------------
 */

void presence_on_request(struct presence *self, struct session *session, uint64_t connection,
                         struct now now)
{
    bool is_new = session->connection != connection || !session->is_attached;
    session_speaks_on(session, connection);
    session->last_request_ms = now.mono_ms;
    session->probes_left = 0;
    session->fell_silent = false;
    if (!is_new)
        return;
    session->is_attached = true;
    delivery_put_snapshots(self->core->delivery, session);
}

/* Asks whether anybody presents the session's key, by sending a heartbeat there; true if somebody
 * does. Where nobody does, a session that was detached already stays so since when it was. */
static bool probe(struct presence *self, struct session *session, struct now now)
{
    bool was_attached = session->is_attached;
    int64_t detached_ms = session->detached_ms;
    session->is_attached = true;
    put_heartbeat(self, session, now);
    delivery_flush(self->core->delivery, now.mono_ms);
    if (!session->is_attached && !was_attached)
        session->detached_ms = detached_ms;
    return session->is_attached;
}

/* libzmq tells of a connection's end a little before it lets go of it, so a single question could
 * still reach the old connection. Whoever answers the last one has come back on another. */
static void probe_again(struct presence *self, struct session *session, struct now now)
{
    session->probes_left--;
    if (probe(self, session, now) && session->probes_left == 0)
        delivery_put_snapshots(self->core->delivery, session);
}

/* Asks for a detached session whose connection is gone: it may be back on another one. One that was
 * detached for its silence is left alone: it has to speak first, whoever else comes or goes. */
static void look_for(struct presence *self, struct session *session, struct now now)
{
    if (session->connection == 0 && !session->fell_silent && session->wants_stream &&
        !session->is_expired && !session_is_dormant(session) && probe(self, session, now))
        delivery_put_snapshots(self->core->delivery, session);
}

void presence_on_disconnected(struct presence *self, uint64_t connection, struct now now)
{
    for (size_t i = 0; i < sessions_count(self->core->sessions); i++) {
        struct session *session = sessions_at(self->core->sessions, i);
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

void presence_on_connected(struct presence *self, struct now now)
{
    for (size_t i = 0; i < sessions_count(self->core->sessions); i++) {
        struct session *session = sessions_at(self->core->sessions, i);
        if (!session->is_attached)
            look_for(self, session, now);
    }
}

/* ---- time -------------------------------------------------------------------------------------
 */

void presence_expire(struct presence *self, struct session *session, const char *why,
                     struct now now)
{
    tell(self, session, NOTICE_TOKEN_EXPIRED, why);
    delivery_flush(self->core->delivery, now.mono_ms);
    session->is_expired = true;
    session->expired_ms = now.mono_ms;
    outbox_give_up_all(session->outbox);
    if (session->probes_left > 0) /* its connection has gone, and is not asked for any more */
        delivery_detach(session, now.mono_ms);
    session->probes_left = 0;
}

static void check_expiry(struct presence *self, struct session *session, struct now now)
{
    int64_t left_s = session->expires_at_s - now.wall_ms / 1000;
    if (session->is_expired)
        return;
    if (left_s <= 0) {
        presence_expire(self, session, "delivery has ended; \"refresh\" with a new token", now);
    } else if (left_s <= EXPIRY_WARNING_S && !session->expiry_announced && session->is_attached) {
        session->expiry_announced = true;
        tell(self, session, NOTICE_TOKEN_EXPIRING,
             "the token expires soon; \"refresh\" with a new one");
    }
}

/* Detached, or without a token that is good, for too long. */
static bool has_had_its_time(const struct session *session, int64_t resume_ms, int64_t now_ms)
{
    return (!session->is_attached && now_ms - session->detached_ms >= resume_ms) ||
           (session->is_expired && now_ms - session->expired_ms >= resume_ms);
}

bool presence_look_after(struct presence *self, struct session *session, struct now now)
{
    const struct core_settings *settings = self->core->settings;
    check_expiry(self, session, now);
    if (has_had_its_time(session, settings->resume_ms, now.mono_ms))
        return false;
    if (!session->is_attached)
        return true;
    if (session->probes_left > 0)
        probe_again(self, session, now);
    session->fell_silent =
        now.mono_ms - session->last_request_ms >= SILENT_HEARTBEATS * settings->heartbeat_ms;
    if (session->fell_silent)
        delivery_detach(session, now.mono_ms);
    else if (now.mono_ms - session->last_heartbeat_ms >= settings->heartbeat_ms)
        put_heartbeat(self, session, now);
    return true;
}
