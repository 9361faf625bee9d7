#include "daemon/sessions/backlog.h"

#include <stdlib.h>

#include "common/base/mem.h"

enum { WINDOW_MAX = 1 << 20 }; /* bytes; a longer queue makes nothing faster */

static size_t waiting_bytes(struct sessions *self)
{
    return atomic_load_explicit(sessions_tally(self), memory_order_relaxed);
}

static bool is_tight(struct sessions *self)
{
    return waiting_bytes(self) > sessions_limits(self)->backlog_bytes / 4;
}

static bool is_full(struct sessions *self)
{
    return waiting_bytes(self) > sessions_limits(self)->backlog_bytes;
}

/* A quarter of the limit, divided among all. */
static size_t share(const struct sessions *self)
{
    size_t n = sessions_count(self);
    return sessions_limits(self)->backlog_bytes / 4 / (n > 0 ? n : 1);
}

size_t backlog_window(const struct sessions *self)
{
    size_t own = share(self);
    return own < WINDOW_MAX ? own : WINDOW_MAX;
}

bool backlog_is_too_much(struct backlog *self)
{
    size_t bytes = waiting_bytes(self->sessions);
    size_t limit = sessions_limits(self->sessions)->backlog_bytes;
    if (bytes <= limit / 2)
        self->left_bytes = 0;
    return bytes > limit / 2 && bytes > self->left_bytes + limit / 64;
}

bool backlog_has_no_room(struct sessions *self, const struct session *session)
{
    size_t unread = outbox_weight(session->outbox) + flight_bytes(session->flight);
    return is_full(self) || (is_tight(self) && unread > share(self));
}

/* ---- relief ----------------------------------------------------------------------------------
 */

typedef size_t weigh_fn(const struct outbox *outbox);
typedef void give_fn(struct session *session, struct relief *relief);

/* A session that has something to give up. */
struct slow {
    struct session *session;
    int64_t since_ms; /* since when it takes nothing; INT64_MAX if it does */
    size_t weight;
};

static int64_t slow_since(const struct session *session)
{
    if (!session->is_attached)
        return session->detached_ms;
    return outbox_is_blocked(session->outbox) ? session->blocked_ms : INT64_MAX;
}

/* By how long it takes nothing, and not by how much waits: much waits for a good reader, too, in
 * the midst of a burst, but not for long. */
static int by_slowness(const void *a, const void *b)
{
    const struct slow *one = a, *other = b;
    if (one->since_ms != other->since_ms)
        return one->since_ms < other->since_ms ? -1 : 1;
    return (one->weight < other->weight) - (one->weight > other->weight);
}

/* Lets those sessions give that weigh more than `least`, the slowest first, until a quarter of the
 * limit is left. */
static void relieve_by(struct sessions *self, weigh_fn *weigh, size_t least, give_fn *give,
                       struct relief *relief)
{
    size_t n = 0;
    struct slow *all = mem_alloc_zero(sessions_count(self) + 1, sizeof *all);
    for (size_t i = 0; i < sessions_count(self); i++) {
        struct session *session = sessions_at(self, i);
        size_t weight = weigh(session->outbox);
        if (weight > least)
            all[n++] = (struct slow){session, slow_since(session), weight};
    }
    qsort(all, n, sizeof *all, by_slowness);
    for (size_t i = 0; i < n && is_tight(self); i++)
        give(all[i].session, relief);
    free(all);
}

static void give_up_bars(struct session *session, struct relief *relief)
{
    relief->n_sessions += outbox_waits_closed(session->outbox, NULL, NULL);
    outbox_give_up_all(session->outbox);
}

static void forget_given(struct session *session, struct relief *relief)
{
    (void)relief;
    outbox_forget_given(session->outbox);
}

static void drop_replies(struct session *session, struct relief *relief)
{
    relief->n_replies += outbox_n_replies(session->outbox);
    outbox_drop_stale(session->outbox);
}

void backlog_relieve(struct backlog *self, struct relief *relief)
{
    if (!backlog_is_too_much(self))
        return;
    relieve_by(self->sessions, outbox_weight, share(self->sessions), give_up_bars, relief);
    relieve_by(self->sessions, outbox_n_remembered, 0, forget_given, relief);
    if (is_full(self->sessions))
        relieve_by(self->sessions, outbox_n_replies, 0, drop_replies, relief);
    self->left_bytes = waiting_bytes(self->sessions);
}
