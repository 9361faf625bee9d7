#include "daemon/control/callers.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <uthash.h>

#include "common/base/mem.h"

struct entry {
    struct caller caller; /* first: a caller's address is its entry's */
    TAILQ_ENTRY(entry) strangers;
    UT_hash_handle hh;
};

struct callers {
    struct entry *all;
    TAILQ_HEAD(, entry) strangers; /* who has been one for longest is the first */
    size_t n_strangers;
};

struct callers *callers_new(void)
{
    struct callers *self = mem_alloc_zero(1, sizeof *self);
    TAILQ_INIT(&self->strangers);
    return self;
}

void callers_destroy(struct callers **self)
{
    struct entry *one, *next;
    if (!*self)
        return;
    HASH_ITER(hh, (*self)->all, one, next)
    {
        HASH_DEL((*self)->all, one);
        free(one);
    }
    free(*self);
    *self = NULL;
}

size_t callers_count(const struct callers *self)
{
    return HASH_COUNT(self->all);
}

size_t callers_n_strangers(const struct callers *self)
{
    return self->n_strangers;
}

struct caller *callers_get(struct callers *self, uint64_t connection, int64_t now_ms)
{
    struct entry *entry;
    HASH_FIND(hh, self->all, &connection, sizeof connection, entry);
    if (entry)
        return &entry->caller;
    entry = mem_alloc_zero(1, sizeof *entry);
    entry->caller.connection = connection;
    HASH_ADD(hh, self->all, caller.connection, sizeof entry->caller.connection, entry);
    callers_note(self, &entry->caller, true, now_ms);
    return &entry->caller;
}

bool callers_have_stranger(const struct callers *self, uint64_t connection)
{
    struct entry *entry;
    HASH_FIND(hh, self->all, &connection, sizeof connection, entry);
    return entry && entry->caller.is_stranger;
}

bool callers_have(const struct callers *self, uint64_t connection)
{
    struct entry *entry;
    HASH_FIND(hh, self->all, &connection, sizeof connection, entry);
    return entry != NULL;
}

void callers_forget(struct callers *self, uint64_t connection)
{
    struct entry *entry;
    HASH_FIND(hh, self->all, &connection, sizeof connection, entry);
    if (!entry)
        return;
    callers_note(self, &entry->caller, false, 0);
    HASH_DEL(self->all, entry);
    free(entry);
}

void callers_note(struct callers *self, struct caller *caller, bool is_stranger, int64_t now_ms)
{
    struct entry *entry = (struct entry *)caller;
    if (caller->is_stranger == is_stranger)
        return;
    caller->is_stranger = is_stranger;
    caller->since_ms = now_ms;
    if (is_stranger) {
        TAILQ_INSERT_TAIL(&self->strangers, entry, strangers);
        self->n_strangers++;
    } else {
        TAILQ_REMOVE(&self->strangers, entry, strangers);
        self->n_strangers--;
    }
}

struct caller *callers_overdue(const struct callers *self, int64_t patience_ms, int64_t now_ms)
{
    struct entry *first = TAILQ_FIRST(&self->strangers);
    return first && now_ms - first->caller.since_ms >= patience_ms ? &first->caller : NULL;
}
