#include "daemon/engine/gate.h"

static struct callers *callers_of(const struct gate *self, bool feeds)
{
    return feeds ? self->core->feed_callers : self->core->callers;
}

void gate_note_gone(struct gate *self, bool feeds, uint64_t connection)
{
    callers_forget(callers_of(self, feeds), connection);
}

bool gate_is_stranger(const struct gate *self, bool feeds, uint64_t connection)
{
    return callers_have_stranger(callers_of(self, feeds), connection);
}

bool gate_knows(const struct gate *self, bool feeds, uint64_t connection)
{
    return connection == 0 || callers_have(callers_of(self, feeds), connection);
}

static void note(struct gate *self, bool feeds, uint64_t connection, bool is_stranger,
                 struct now now)
{
    struct callers *callers = callers_of(self, feeds);
    if (connection != 0)
        callers_note(callers, callers_get(callers, connection, now.mono_ms), is_stranger,
                     now.mono_ms);
}

void gate_note_opened(struct gate *self, bool feeds, uint64_t connection, struct now now)
{
    note(self, feeds, connection, false, now);
}

void gate_note_closed(struct gate *self, bool feeds, uint64_t connection, struct now now)
{
    note(self, feeds, connection, true, now);
}

bool gate_is_shut(struct gate *self, bool feeds, uint64_t connection, const struct session *session,
                  struct now now)
{
    if (session)
        return now.mono_ms < session->share->deaf_until_ms;
    return connection != 0 && callers_get(callers_of(self, feeds), connection, now.mono_ms)->is_cut;
}

static void cut(struct gate *self, bool feeds, uint64_t connection, enum limit why)
{
    self->core->counters.limited[why]++;
    if (self->cut)
        self->cut(self->context, feeds, connection);
}

void gate_cut_flood(struct gate *self, bool feeds, uint64_t connection, struct session *session,
                    struct now now)
{
    if (session)
        session->share->deaf_until_ms = now.mono_ms + LIMITS_DEAF_MS;
    else
        callers_get(callers_of(self, feeds), connection, now.mono_ms)->is_cut = true;
    cut(self, feeds, connection, LIMIT_FLOOD);
}

bool gate_lets_speak(struct gate *self, bool feeds, uint64_t connection, size_t size,
                     struct now now)
{
    struct bucket_rate rate = self->core->settings->stranger_requests;
    double cost = limits_cost(size);
    if (connection == 0)
        return true;
    struct caller *caller = callers_get(callers_of(self, feeds), connection, now.mono_ms);
    if (bucket_take(&caller->requests, rate, cost, now.mono_ms))
        return true;
    self->core->counters.limited[LIMIT_STRANGER_REQUESTS]++;
    if (limits_is_flood(&caller->patience, rate, cost, now.mono_ms))
        gate_cut_flood(self, feeds, connection, NULL, now);
    return false;
}

static void cut_stranger(struct gate *self, bool feeds, const struct caller *caller, enum limit why)
{
    uint64_t connection = caller->connection;
    callers_forget(callers_of(self, feeds), connection);
    cut(self, feeds, connection, why);
}

void gate_note_come(struct gate *self, bool feeds, uint64_t connection, struct now now)
{
    const struct core_settings *settings = self->core->settings;
    size_t most = feeds ? settings->feed_strangers_max : settings->strangers_max;
    struct callers *callers = callers_of(self, feeds);
    callers_forget(callers, connection);
    callers_get(callers, connection, now.mono_ms);
    while (callers_n_strangers(callers) > most)
        cut_stranger(self, feeds, callers_overdue(callers, INT64_MIN, now.mono_ms),
                     LIMIT_STRANGERS);
}

static void cut_overdue(struct gate *self, bool feeds, int64_t patience_ms, struct now now)
{
    struct caller *caller;
    while ((caller = callers_overdue(callers_of(self, feeds), patience_ms, now.mono_ms)))
        cut_stranger(self, feeds, caller, LIMIT_OPEN_WITHIN);
}

/* A session that came back without a word may stay silent for its heartbeats before it speaks, so
 * its connection is given at least that long. */
void gate_cut_overdue(struct gate *self, struct now now)
{
    const struct core_settings *settings = self->core->settings;
    int64_t patience_ms = SILENT_HEARTBEATS * settings->heartbeat_ms;
    if (patience_ms < settings->open_within_ms)
        patience_ms = settings->open_within_ms;
    cut_overdue(self, false, patience_ms, now);
    cut_overdue(self, true, patience_ms, now);
}
