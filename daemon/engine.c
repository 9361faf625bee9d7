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
#include "daemon/engine/queue.h"
#include "daemon/keep/keeper.h"
#include "daemon/sessions/notice.h"

enum { LOOK_EVERY_MS = 20, SWEEP_EVERY_MS = 100, STATUS_EVERY_MS = 1000, KEEP_RETRY_MS = 1000 };

struct engine {
    struct core core;
    struct outlet outlet;
    struct gate gate;
    struct queue *queue;
    struct publisher *publisher;
    struct intake *intake;
    struct feed_socket feed_socket;
    struct presence presence;
    struct buf text;       /* scratch, empty between calls */
    struct keeper *keeper; /* NULL where nothing is kept */
    int64_t next_keep_ms;
    int64_t next_status_ms, next_sweep_ms, next_look_ms;
    unsigned bits_due; /* before a source's token is checked again */
    bool someone_came; /* since detached sessions were looked for last */
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
    self->queue = queue_new(sessions_tally(core->sessions));
    self->gate = (struct gate){.core = core, .cut = outlet->cut, .context = outlet->context};
    core->started_ms = now.mono_ms;
    outlet->random(epoch, sizeof epoch);
    session_key_encode(epoch, core->epoch);
    for (size_t i = 0; i < instruments_count(core->instruments); i++) {
        const struct instrument *one = instruments_at(core->instruments, i);
        market_add(core->market, one->symbol, core_calendar(core, one->exchange));
    }
    if (outlet->keep)
        self->keeper = keeper_new(core);
    core->chains = chains_new(&settings->options, core->market, core->instruments);
    self->publisher = publisher_new(outlet->publish, outlet->context, core);
    self->intake = intake_new(core, self->keeper, self->publisher);
    self->feed_socket = (struct feed_socket){.core = core,
                                             .gate = &self->gate,
                                             .intake = self->intake,
                                             .queue = queue_new(sessions_tally(core->sessions)),
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
    queue_end_session(self->queue, session);
    subscriptions_remove_session(self->core.views, session);
    sessions_end(self->core.sessions, &session);
}

void engine_destroy(struct engine **self)
{
    if (!*self)
        return;
    struct core *core = &(*self)->core;
    queue_destroy(&(*self)->queue);
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
    bool was_stranger = gate_is_stranger(&self->gate, false, connection);
    gate_note_gone(&self->gate, false, connection);
    if (!was_stranger) /* else no session has spoken there, and not all are to be looked through */
        presence_on_disconnected(&self->presence, connection, now);
}

void engine_on_connected(struct engine *self)
{
    self->someone_came = true;
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

static void reply_to_stranger(struct engine *self, const struct asked *asked, struct body *body)
{
    self->outlet.reply(self->outlet.context, asked->peer, asked->peer_size, asked->delimited, body);
}

static void refuse_stranger(struct engine *self, const struct asked *asked, enum err_code code,
                            const char *sentence)
{
    struct err err = {0};
    err_set(&err, code, "%s", sentence);
    self->core.counters.requests++;
    self->core.counters.errors[err.code]++;
    put_error(&self->text, (struct request_id){0}, &err, NULL);
    struct body *body = take_text(self);
    if (queue_has_room_behind(self->queue, NULL, asked))
        queue_put_behind(self->queue, NULL, asked, body);
    else
        reply_to_stranger(self, asked, body);
    body_release(&body);
}

/* What is known of who asked, beside his session. */
struct circumstances {
    bool delimited;
    bool was_open; /* the session, when he asked */
    bool is_there; /* his connection, still */
};

/* Sends a session the answer to its request, then does what the request brings about. Clients see
 * that order: the reply comes before fresh snapshots, and before the session ends. */
static void give_answer(struct engine *self, const struct call *call, struct body *body,
                        struct circumstances how)
{
    struct session *session = call->session;
    if (call->has_changed && self->keeper)
        keeper_note_session(self->keeper, session);
    delivery_put_reply(self->core.delivery, session,
                       &(struct reply){body, call->shows, how.delimited}, call->now.mono_ms);
    if (call->snapshots_due)
        delivery_put_snapshots(self->core.delivery, session);
    if (how.is_there)
        gate_note_opened(&self->gate, false, call->connection, call->now);
    if (how.is_there && how.was_open)
        presence_on_request(&self->presence, session, call->connection, call->now);
    if (call->is_flood)
        gate_cut_flood(&self->gate, false, call->connection, session, call->now);
    if (call->ends_session) {
        delivery_flush(self->core.delivery, call->now.mono_ms);
        end_session(self, session, call->now);
    }
}

static struct session *find_session(const struct engine *self, const struct asked *asked)
{
    return asked->peer_size == SESSION_KEY_SIZE ? sessions_find(self->core.sessions, asked->peer)
                                                : NULL;
}

/* The answers to a session come in the order of its requests, be they refusals. */
static struct body *refuse_session(struct engine *self, struct call *call,
                                   const struct asked *asked, const struct err *why)
{
    struct body *body = request_refuse(call, asked->text, asked->size, why);
    if (queue_has_room_behind(self->queue, call->session, asked)) {
        queue_put_behind(self->queue, call->session, asked, body);
        body_release(&body);
    }
    return body;
}

/* A session's request is answered at once, unless it takes long or comes behind one that does.
 * Gives the reply, or NULL if it waits. */
static struct body *answer_session(struct engine *self, struct call *call,
                                   const struct asked *asked)
{
    struct session *session = call->session;
    struct err refusal = {0};
    if (!request_admit(call, asked->size, &refusal))
        return refuse_session(self, call, asked, &refusal);
    if (!queue_has_room(self->queue, session, asked)) {
        self->core.counters.limited[LIMIT_BACKLOG]++;
        err_set(&refusal, ERR_BUSY, "too many requests wait behind one that takes long");
        return refuse_session(self, call, asked, &refusal);
    }
    if (!queue_holds(session)) {
        call->must_wait = queue_holds_user(session);
        struct body *body = request_answer(call, asked->text, asked->size);
        if (body)
            return body;
    }
    queue_put(self->queue, session, asked, call->errand);
    return NULL;
}

static void let_stranger_wait(struct engine *self, const struct asked *asked, struct errand *errand)
{
    if (queue_has_room(self->queue, NULL, asked)) {
        queue_put(self->queue, NULL, asked, errand);
        return;
    }
    if (errand)
        errand->destroy(errand);
    self->core.counters.limited[LIMIT_BACKLOG]++;
    refuse_stranger(self, asked, ERR_BUSY, "too many wait to be answered; try again");
}

/* The rest is done when it is answered. */
static void let_session_wait(struct engine *self, const struct call *call)
{
    struct session *session = call->session;
    session->last_request_ms = call->now.mono_ms;
    if (!session->is_attached) /* who comes in time is not too late by the time of his turn */
        session->detached_ms = call->now.mono_ms;
    if (call->is_flood)
        gate_cut_flood(&self->gate, false, call->connection, session, call->now);
}

/* A stranger may open a session with it. */
static void answer_stranger(struct engine *self, const struct asked *asked, struct now now)
{
    struct call call = {.core = &self->core, .now = now, .connection = asked->connection};
    if (session_key_is_valid(asked->peer, asked->peer_size))
        call.key = asked->peer;
    struct body *body = request_answer(&call, asked->text, asked->size);
    if (!body)
        let_stranger_wait(self, asked, call.errand);
    else if (call.session)
        give_answer(self, &call, body, (struct circumstances){asked->delimited, false, true});
    else
        reply_to_stranger(self, asked, body);
    body_release(&body);
}

/* What comes behind something that takes long waits with it. */
static void take_stranger(struct engine *self, const struct asked *asked, struct now now)
{
    if (!gate_lets_speak(&self->gate, false, asked->connection, asked->size, now))
        refuse_stranger(self, asked, ERR_RATE_LIMITED,
                        "too many requests; \"open\" a session, or wait");
    else if (queue_holds_connection(self->queue, asked->connection))
        let_stranger_wait(self, asked, NULL);
    else
        answer_stranger(self, asked, now);
}

void engine_on_request(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                       bool delimited, const char *text, size_t size, struct now now)
{
    const struct asked asked = {peer, peer_size, connection, delimited, text, size};
    struct session *session = find_session(self, &asked);
    if (gate_is_shut(&self->gate, false, connection, session, now))
        return;
    if (!session) {
        take_stranger(self, &asked, now);
        return;
    }
    struct call call = {
        .core = &self->core, .now = now, .key = peer, .connection = connection, .session = session};
    gate_note_opened(&self->gate, false, connection, now);
    struct body *body = answer_session(self, &call, &asked);
    if (body)
        give_answer(self, &call, body, (struct circumstances){delimited, true, true});
    else
        let_session_wait(self, &call);
    body_release(&body);
}

/* ---- requests that wait -----------------------------------------------------------------------
 */

/* Answers a request that has waited, unless it turns out to take long: then it goes on waiting. */
static void answer_waiting(struct engine *self, struct waiting *one, struct now now)
{
    const struct asked *asked = &one->asked;
    struct session *session = one->session ? one->session : find_session(self, asked);
    struct call call = {.core = &self->core,
                        .now = now,
                        .connection = asked->connection,
                        .session = session,
                        .is_admitted = true,
                        .errand = one->errand,
                        .steps = one->steps};
    if (session || session_key_is_valid(asked->peer, asked->peer_size))
        call.key = asked->peer;
    queue_take(self->queue, one);
    one->errand = NULL;
    bool is_there = gate_knows(&self->gate, false, asked->connection);
    struct body *body =
        one->reply ? body_acquire(one->reply) : request_answer(&call, asked->text, asked->size);
    if (!session)
        queue_charge_strangers(self->queue, call.steps - one->steps);
    if (!body) {
        one->errand = call.errand;
        queue_put_back(self->queue, session, one);
        return;
    }
    if (call.session && !session)
        queue_adopt(self->queue, call.session, asked->connection);
    if (call.session)
        give_answer(self, &call, body,
                    (struct circumstances){asked->delimited, session != NULL, is_there});
    else
        reply_to_stranger(self, asked, body);
    body_release(&body);
    if (!is_there) /* the answer went to the key, on whatever connection that is by now */
        presence_on_disconnected(&self->presence, asked->connection, now);
    waiting_destroy(&one);
}

static bool work_on_requests(struct engine *self, struct now now)
{
    struct waiting *one = queue_next(self->queue);
    if (!one)
        return false;
    if (!one->session && !gate_knows(&self->gate, false, one->asked.connection)) {
        queue_take(self->queue, one); /* a stranger who has gone, and gets no work done by that */
        waiting_destroy(&one);
        return !queue_is_empty(self->queue);
    }
    uint64_t n_replayed = compute_n_replayed(self->core.compute);
    bool is_ready = !one->errand || one->errand->step(one->errand);
    n_replayed = compute_n_replayed(self->core.compute) - n_replayed;
    one->steps += n_replayed;
    queue_charge(self->queue, one, n_replayed);
    if (is_ready)
        answer_waiting(self, one, now);
    return !queue_is_empty(self->queue);
}

/* A source's token takes as long as many bits of what sessions wait for: those come first then. */
static bool work_on_feeds(struct engine *self, struct now now)
{
    enum { BITS_A_TOKEN = 64 };
    if (queue_is_empty(self->feed_socket.queue))
        return false;
    if (self->bits_due > 0 && !queue_is_empty(self->queue)) {
        self->bits_due--;
        return true;
    }
    self->bits_due = BITS_A_TOKEN;
    return feed_socket_work(&self->feed_socket, now);
}

bool engine_work(struct engine *self, struct now now)
{
    bool feeds = work_on_feeds(self, now);
    return work_on_requests(self, now) || feeds;
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

/* Whoever comes ever again is not to have all detached sessions asked for each time. */
static void look_for_detached(struct engine *self, struct now now)
{
    if (!self->someone_came || now.mono_ms < self->next_look_ms)
        return;
    self->someone_came = false;
    self->next_look_ms = now.mono_ms + LOOK_EVERY_MS;
    presence_on_connected(&self->presence, now);
}

int64_t engine_end_turn(struct engine *self, struct now now)
{
    look_for_detached(self, now);
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
    bool waits = !queue_is_empty(self->queue) || !queue_is_empty(self->feed_socket.queue);
    int64_t due = waits ? now.mono_ms : delivery_next_due(self->core.delivery, now.mono_ms);
    if (self->someone_came && self->next_look_ms < due)
        due = self->next_look_ms;
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
