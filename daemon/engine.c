#include "daemon/engine.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/protocol/ids.h"
#include "daemon/control/allowance.h"
#include "daemon/control/request.h"
#include "daemon/engine/feed_socket.h"
#include "daemon/engine/gate.h"
#include "daemon/engine/intake.h"
#include "daemon/engine/presence.h"
#include "daemon/keep/keeper.h"
#include "daemon/sessions/notice.h"

enum { SWEEP_EVERY_MS = 100, STATUS_EVERY_MS = 1000, KEEP_RETRY_MS = 1000 };

struct engine {
    struct core core;
    struct outlet outlet;
    struct gate gate;
    struct publisher *publisher;
    struct intake *intake;
    struct feed_socket feed_socket;
    struct presence presence;
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
    core->delivery = delivery_new(outlet->push, outlet->context, core->sessions, core->market);
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
    self->intake = intake_new(core, self->keeper, self->publisher);
    self->feed_socket = (struct feed_socket){.core = core,
                                             .gate = &self->gate,
                                             .intake = self->intake,
                                             .reply = outlet->feed_reply,
                                             .context = outlet->context,
                                             .is_kept = self->keeper != NULL};
    self->presence = (struct presence){.core = core};
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
    presence_clear(&(*self)->presence);
    feed_socket_clear(&(*self)->feed_socket);
    intake_destroy(&(*self)->intake);
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

void engine_on_cut(struct engine *self, enum limit why, size_t n)
{
    self->core.counters.limited[why] += n;
}

void engine_on_disconnected(struct engine *self, uint64_t connection, struct now now)
{
    gate_note_gone(&self->gate, false, connection);
    presence_on_disconnected(&self->presence, connection, now);
}

void engine_on_connected(struct engine *self, struct now now)
{
    presence_on_connected(&self->presence, now);
}

void engine_on_feed_disconnected(struct engine *self, uint64_t connection)
{
    gate_note_gone(&self->gate, true, connection);
    sources_note_gone(self->core.sources, connection);
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static struct body *take_text(struct engine *self)
{
    return body_of_text(sessions_tally(self->core.sessions), &self->text);
}

static void refuse_stranger(struct engine *self, const void *peer, size_t peer_size, bool delimited)
{
    struct err err = {0};
    err_set(&err, ERR_RATE_LIMITED, "too many requests; \"open\" a session, or wait");
    self->core.counters.requests++;
    self->core.counters.errors[err.code]++;
    put_error(&self->text, (struct request_id){0}, &err, NULL);
    struct body *body = take_text(self);
    self->outlet.reply(self->outlet.context, peer, peer_size, delimited, body);
    body_release(&body);
}

/* Sends a session the answer to its request, then does what the request brings about. Clients see
 * that order: the reply comes before fresh snapshots, and before the session ends. */
static void give_answer(struct engine *self, const struct call *call, bool was_open,
                        struct body *body, bool delimited)
{
    struct session *session = call->session;
    gate_note_opened(&self->gate, false, call->connection, call->now);
    if (call->has_changed && self->keeper)
        keeper_note_session(self->keeper, session);
    delivery_put_reply(self->core.delivery, session, &(struct reply){body, call->shows, delimited},
                       call->now.mono_ms);
    if (call->snapshots_due)
        delivery_put_snapshots(self->core.delivery, session);
    if (was_open)
        presence_on_request(&self->presence, session, call->connection, call->now);
    if (call->is_flood)
        gate_cut_flood(&self->gate, false, call->connection, session, call->now);
    if (call->ends_session) {
        delivery_flush(self->core.delivery, call->now.mono_ms);
        end_session(self, session, call->now);
    }
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
    if (call.session)
        give_answer(self, &call, before != NULL, body, delimited);
    else
        self->outlet.reply(self->outlet.context, peer, peer_size, delimited, body);
    body_release(&body);
}

/* ---- feed -------------------------------------------------------------------------------------
 */

void engine_on_feed(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                    const char *seq, size_t seq_size, const char *text, size_t size, struct now now)
{
    const struct feed_message message = {peer, peer_size, connection, seq, seq_size, text, size};
    feed_socket_take(&self->feed_socket, &message, now);
}

struct source *engine_local_source(struct engine *self, const char *name)
{
    struct source *source = sources_open(self->core.sources, name, name, strlen(name), 0);
    source->peer_size = 0;
    return source;
}

enum reject engine_feed_tick(struct engine *self, struct source *source, const char *symbol,
                             const struct tick *tick, struct now now)
{
    return intake_take_tick(self->intake, source, symbol, tick, now);
}

enum reject engine_feed_bar(struct engine *self, struct source *source, const char *symbol,
                            enum timeframe timeframe, const struct bar *bar, struct now now)
{
    enum reject reject = intake_take_bar(self->intake, source, symbol, timeframe, bar, now);
    intake_end_moment(self->intake, now);
    return reject;
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

void engine_on_new_keys(struct engine *self, const struct token_keys *before, struct now now)
{
    const struct token_keys *keys = self->core.settings->keys;
    for (size_t i = 0; i < sessions_count(self->core.sessions); i++) {
        struct session *session = sessions_at(self->core.sessions, i);
        if (!session->is_expired &&
            allowance_is_withdrawn(keys, before, session->kid, session->jti))
            presence_expire(&self->presence, session,
                            "the token is good no longer; \"refresh\" with a new one", now);
    }
    for (size_t i = 0; i < sources_count(self->core.sources); i++) {
        struct source *source = sources_at(self->core.sources, i);
        if (source->peer_size > 0 && allowance_is_withdrawn(keys, before, source->kid, source->jti))
            source->expires_at_s = INT64_MIN;
    }
}

/* ---- over a restart ---------------------------------------------------------------------------
 */

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
    return intake_find_listing(context, symbol);
}

bool engine_restore(struct engine *self, const struct record *record, struct now now)
{
    return keeper_restore(self->keeper, record, find_restored, self->intake, now);
}

/* ---- the turn ---------------------------------------------------------------------------------
 */

static void sweep_sessions(struct engine *self, struct now now)
{
    for (size_t i = sessions_count(self->core.sessions); i-- > 0;) {
        struct session *session = sessions_at(self->core.sessions, i);
        if (!presence_look_after(&self->presence, session, now))
            end_session(self, session, now);
    }
}

int64_t engine_end_turn(struct engine *self, struct now now)
{
    if (now.mono_ms >= self->next_sweep_ms) {
        self->next_sweep_ms = now.mono_ms + SWEEP_EVERY_MS;
        intake_look_after_silent(self->intake, now);
        /* Before anybody is detached for silence: what came until now still goes to them. */
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
    feed_socket_put_acks(&self->feed_socket, now);
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
    feed_socket_put_acks(&self->feed_socket, now);
}
