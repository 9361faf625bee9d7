#include "daemon/feed/source.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct sources {
    struct source **all; /* few: a source is a process that feeds */
    size_t n, capacity;
};

struct sources *sources_new(void)
{
    return mem_alloc_zero(1, sizeof(struct sources));
}

void sources_destroy(struct sources **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n; i++) {
        standby_destroy(&(*self)->all[i]->standby);
        free((*self)->all[i]->symbols);
        free((*self)->all[i]);
    }
    free((*self)->all);
    free(*self);
    *self = NULL;
}

size_t sources_count(const struct sources *self)
{
    return self->n;
}

struct source *sources_at(const struct sources *self, size_t id)
{
    return self->all[id];
}

struct source *sources_find_peer(const struct sources *self, const void *peer, size_t peer_size,
                                 uint64_t connection)
{
    for (size_t i = 0; i < self->n; i++)
        if (self->all[i]->peer_size == peer_size && peer_size > 0 &&
            self->all[i]->connection == connection &&
            memcmp(self->all[i]->peer, peer, peer_size) == 0)
            return self->all[i];
    return NULL;
}

struct source *sources_find(const struct sources *self, const char *name)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcmp(self->all[i]->name, name) == 0)
            return self->all[i];
    return NULL;
}

struct source *sources_open(struct sources *self, const char *name, const void *peer,
                            size_t peer_size, uint64_t connection)
{
    assert(peer_size <= SOURCE_PEER_MAX && strlen(name) <= SOURCE_NAME_MAX);
    struct source *before = sources_find_peer(self, peer, peer_size, connection);
    if (before)
        before->peer_size = 0;
    struct source *source = sources_find(self, name);
    if (!source) {
        source = mem_alloc_zero(1, sizeof *source);
        snprintf(source->name, sizeof source->name, "%s", name);
        source->id = (uint32_t)self->n;
        source->standby = standby_new();
        self->all = mem_grow(self->all, self->n, &self->capacity, sizeof(struct source *));
        self->all[self->n++] = source;
    }
    memcpy(source->peer, peer, peer_size);
    source->peer_size = peer_size;
    source->connection = connection;
    source->is_connected = true;
    return source;
}

void sources_note_gone(struct sources *self, uint64_t connection)
{
    for (size_t i = 0; i < self->n; i++)
        if (self->all[i]->connection == connection && self->all[i]->peer_size > 0)
            self->all[i]->is_connected = false;
}

double sources_age_ms(const struct sources *self, int64_t now_ms)
{
    double age_ms = NAN;
    for (size_t i = 0; i < self->n; i++)
        if (self->all[i]->has_arrived)
            age_ms = fmin(age_ms, (double)(now_ms - self->all[i]->arrived_ms));
    return age_ms;
}

const char *sources_state(const struct sources *self)
{
    const char *state = "none";
    for (size_t i = 0; i < self->n; i++) {
        if (self->all[i]->has_arrived && !self->all[i]->is_stale)
            return "live";
        if (self->all[i]->has_arrived)
            state = "stale";
    }
    return state;
}

enum source_seq source_judge_seq(const struct source *self, uint64_t seq)
{
    if (seq <= self->last_seq)
        return SOURCE_SEQ_REPEATED;
    return seq == self->last_seq + 1 ? SOURCE_SEQ_NEXT : SOURCE_SEQ_GAP;
}
