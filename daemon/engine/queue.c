#include "daemon/engine/queue.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/mem.h"

enum { TURN_STEPS = 256, LINE_MAX = 256, ANSWERED_MAX = 1024, STRANGERS_BYTES_MAX = 32 << 20 };

struct entry {
    struct waiting waiting; /* first */
    struct line *line;
    TAILQ_ENTRY(entry) next;
};

TAILQ_HEAD(entries, entry);

/* What waits of one session, or of one stranger's connection. */
struct line {
    struct session *session; /* NULL: of a stranger */
    uint64_t connection;     /* of that */
    struct turn *turn;
    struct entries entries;
    size_t n, n_answered;
    TAILQ_ENTRY(line) next;
    UT_hash_handle hh;
};

/* A user's lines. */
struct turn {
    struct session_user *user; /* NULL: strangers */
    uint64_t debt;             /* steps that it has had more than its turns are for */
    TAILQ_HEAD(, line) lines;  /* the first is at work */
    TAILQ_ENTRY(turn) next;
};

struct queue {
    TAILQ_HEAD(, turn) turns;
    struct turn *strangers;  /* NULL: none waits */
    uint64_t strangers_debt; /* of that; stays, or each time it would begin anew */
    struct line *by_connection;
    size_t strangers_bytes;
    atomic_size_t *tally;
};

struct queue *queue_new(atomic_size_t *tally)
{
    struct queue *self = mem_alloc_zero(1, sizeof *self);
    TAILQ_INIT(&self->turns);
    self->tally = tally;
    return self;
}

bool queue_is_empty(const struct queue *self)
{
    return TAILQ_EMPTY(&self->turns);
}

bool queue_holds(const struct session *session)
{
    return session->line != NULL;
}

bool queue_holds_user(const struct session *session)
{
    return session->share->turn != NULL;
}

/* ---- lines ------------------------------------------------------------------------------------
 */

static struct turn *find_turn(struct queue *self, struct session_user *user)
{
    struct turn **known = user ? &user->turn : &self->strangers;
    if (*known)
        return *known;
    struct turn *turn = *known = mem_alloc_zero(1, sizeof *turn);
    turn->user = user;
    TAILQ_INIT(&turn->lines);
    TAILQ_INSERT_TAIL(&self->turns, turn, next);
    return turn;
}

static struct line *line_of(const struct queue *self, const struct session *session,
                            uint64_t connection)
{
    struct line *line;
    if (session)
        return session->line;
    HASH_FIND(hh, self->by_connection, &connection, sizeof connection, line);
    return line;
}

static struct line *find_line(struct queue *self, struct session *session, uint64_t connection)
{
    struct line *line = line_of(self, session, connection);
    if (line)
        return line;
    line = mem_alloc_zero(1, sizeof *line);
    line->session = session;
    line->connection = connection;
    line->turn = find_turn(self, session ? session->share : NULL);
    TAILQ_INIT(&line->entries);
    TAILQ_INSERT_TAIL(&line->turn->lines, line, next);
    if (session)
        session->line = line;
    else
        HASH_ADD(hh, self->by_connection, connection, sizeof line->connection, line);
    return line;
}

static void end_line(struct queue *self, struct line *line)
{
    struct turn *turn = line->turn;
    if (line->session)
        line->session->line = NULL;
    else
        HASH_DEL(self->by_connection, line);
    TAILQ_REMOVE(&turn->lines, line, next);
    free(line);
    if (!TAILQ_EMPTY(&turn->lines))
        return;
    if (turn->user)
        turn->user->turn = NULL;
    else
        self->strangers = NULL;
    TAILQ_REMOVE(&self->turns, turn, next);
    free(turn);
}

static size_t weight(size_t request_bytes)
{
    enum { ENTRY_BYTES = 512 };
    return request_bytes + ENTRY_BYTES;
}

static void enter(struct queue *self, struct line *line, struct entry *entry, bool first)
{
    entry->line = line;
    entry->waiting.session = line->session;
    if (first)
        TAILQ_INSERT_HEAD(&line->entries, entry, next);
    else
        TAILQ_INSERT_TAIL(&line->entries, entry, next);
    line->n++;
    line->n_answered += entry->waiting.reply != NULL;
    self->strangers_bytes += line->session ? 0 : weight(entry->waiting.asked.size);
}

static void leave(struct queue *self, struct entry *entry)
{
    TAILQ_REMOVE(&entry->line->entries, entry, next);
    entry->line->n--;
    entry->line->n_answered -= entry->waiting.reply != NULL;
    self->strangers_bytes -= entry->line->session ? 0 : weight(entry->waiting.asked.size);
}

/* ---- requests ---------------------------------------------------------------------------------
 */

void waiting_destroy(struct waiting **self)
{
    struct waiting *gone = *self;
    *self = NULL;
    if (!gone)
        return;
    if (gone->errand)
        gone->errand->destroy(gone->errand);
    body_release(&gone->text);
    body_release(&gone->reply);
    free((char *)(uintptr_t)gone->asked.peer);
    free(gone); /* its entry */
}

void queue_destroy(struct queue **queue)
{
    struct queue *self = *queue;
    *queue = NULL;
    if (!self)
        return;
    struct waiting *one;
    while ((one = queue_next(self))) {
        queue_take(self, one);
        waiting_destroy(&one);
    }
    free(self);
}

bool queue_holds_connection(const struct queue *self, uint64_t connection)
{
    return line_of(self, NULL, connection) != NULL;
}

static bool has_room(const struct queue *self, const struct session *session, size_t size)
{
    return session || self->strangers_bytes + weight(size) <= STRANGERS_BYTES_MAX;
}

bool queue_has_room(const struct queue *self, const struct session *session,
                    const struct asked *asked)
{
    const struct line *line = line_of(self, session, asked->connection);
    return (!line || line->n - line->n_answered < LINE_MAX) && has_room(self, session, asked->size);
}

bool queue_has_room_behind(const struct queue *self, const struct session *session,
                           const struct asked *asked)
{
    const struct line *line = line_of(self, session, asked->connection);
    return line && line->n_answered < ANSWERED_MAX && has_room(self, session, 0);
}

/* What is needed to answer it. */
static struct entry *make_entry(const struct asked *asked)
{
    struct entry *entry = mem_alloc_zero(1, sizeof *entry);
    entry->waiting.asked = *asked;
    entry->waiting.asked.text = NULL;
    entry->waiting.asked.peer = mem_strndup(asked->peer, asked->peer_size);
    return entry;
}

void queue_put(struct queue *self, struct session *session, const struct asked *asked,
               struct errand *errand)
{
    struct entry *entry = make_entry(asked);
    struct waiting *one = &entry->waiting;
    one->text = body_new(self->tally, asked->text ? asked->text : "", asked->size);
    one->asked.text = asked->text ? one->text->data : NULL;
    one->errand = errand;
    enter(self, find_line(self, session, asked->connection), entry, false);
}

void queue_put_behind(struct queue *self, struct session *session, const struct asked *asked,
                      struct body *reply)
{
    struct entry *entry = make_entry(asked);
    entry->waiting.asked.size = 0;
    entry->waiting.reply = body_acquire(reply);
    enter(self, find_line(self, session, asked->connection), entry, false);
}

static uint64_t *debt_of(struct queue *self, struct turn *turn)
{
    return turn->user ? &turn->debt : &self->strangers_debt;
}

static void pass_on(struct queue *self, struct turn *turn)
{
    TAILQ_REMOVE(&self->turns, turn, next);
    TAILQ_INSERT_TAIL(&self->turns, turn, next);
}

void queue_charge(struct queue *self, const struct waiting *one, uint64_t steps)
{
    *debt_of(self, ((const struct entry *)one)->line->turn) += steps;
}

void queue_charge_strangers(struct queue *self, uint64_t steps)
{
    self->strangers_debt += steps;
}

struct waiting *queue_next(struct queue *self)
{
    struct turn *turn = TAILQ_FIRST(&self->turns);
    if (!turn)
        return NULL;
    while (*debt_of(self, turn) >= TURN_STEPS) {
        *debt_of(self, turn) -= TURN_STEPS;
        pass_on(self, turn);
        turn = TAILQ_FIRST(&self->turns);
    }
    pass_on(self, turn);
    return &TAILQ_FIRST(&TAILQ_FIRST(&turn->lines)->entries)->waiting;
}

void queue_take(struct queue *self, struct waiting *one)
{
    struct entry *entry = (struct entry *)one;
    struct line *line = entry->line;
    leave(self, entry);
    if (line->n == 0) {
        end_line(self, line);
        return;
    }
    TAILQ_REMOVE(&line->turn->lines, line, next);
    TAILQ_INSERT_TAIL(&line->turn->lines, line, next);
}

/* Of the user nothing else is under way, so that it is the first of its lines, too. */
void queue_put_back(struct queue *self, struct session *session, struct waiting *one)
{
    struct line *line = find_line(self, session, one->asked.connection);
    enter(self, line, (struct entry *)one, true);
    TAILQ_REMOVE(&line->turn->lines, line, next);
    TAILQ_INSERT_HEAD(&line->turn->lines, line, next);
}

/* What is under way is given up. */
static void move(struct queue *self, struct line *from, struct session *session)
{
    struct entry *entry;
    while ((entry = TAILQ_FIRST(&from->entries))) {
        struct waiting *one = &entry->waiting;
        leave(self, entry);
        if (one->errand)
            one->errand->destroy(one->errand);
        one->errand = NULL;
        one->steps = 0;
        enter(self, find_line(self, session, one->asked.connection), entry, false);
    }
    end_line(self, from);
}

void queue_adopt(struct queue *self, struct session *session, uint64_t connection)
{
    struct line *line = line_of(self, NULL, connection);
    if (line)
        move(self, line, session);
}

void queue_end_session(struct queue *self, struct session *session)
{
    if (session->line)
        move(self, session->line, NULL);
}
