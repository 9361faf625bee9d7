#include "tests/support/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct rows {
    struct record *all; /* in the order in which a store gives them */
    size_t n, capacity;
};

struct rows *rows_new(void)
{
    return mem_alloc_zero(1, sizeof(struct rows));
}

static void clear(struct record *record)
{
    free(record->name);
    buf_destroy(&record->value);
}

void rows_destroy(struct rows **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n; i++)
        clear(&(*self)->all[i]);
    free((*self)->all);
    free(*self);
    *self = NULL;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const struct record *a, const struct record *b)
{
    int order = compare_numbers(a->kind, b->kind);
    if (order == 0)
        order = strcmp(a->name, b->name);
    if (order == 0)
        order = compare_numbers(a->timeframe, b->timeframe);
    return order ? order : compare_numbers(a->span, b->span);
}

static size_t lower_bound(const struct rows *self, const struct record *record)
{
    size_t low = 0, high = self->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&self->all[middle], record) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put(struct rows *self, const struct record *record)
{
    size_t at = lower_bound(self, record);
    if (at == self->n || compare(&self->all[at], record) != 0) {
        self->all = mem_grow(self->all, self->n, &self->capacity, sizeof *self->all);
        memmove(&self->all[at + 1], &self->all[at], (self->n++ - at) * sizeof *self->all);
        self->all[at] = *record;
        self->all[at].name = mem_strdup(record->name);
        self->all[at].value = (struct buf){0};
    }
    buf_reset(&self->all[at].value);
    buf_put(&self->all[at].value, record->value.data, record->value.size);
}

static bool is_doomed(const struct record *row, const struct record *by)
{
    if (row->kind != by->kind || strcmp(row->name, by->name) != 0)
        return false;
    return row->kind != RECORD_BARS || (row->timeframe == by->timeframe && row->span <= by->span);
}

static void drop(struct rows *self, const struct record *record)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->n; i++) {
        if (is_doomed(&self->all[i], record))
            clear(&self->all[i]);
        else
            self->all[kept++] = self->all[i];
    }
    self->n = kept;
}

void rows_keep(struct rows *self, const struct batch *batch)
{
    for (size_t i = 0; i < batch_count(batch); i++) {
        const struct record *record = batch_at(batch, i);
        if (record->value.size > 0)
            put(self, record);
        else
            drop(self, record);
    }
}

static void give(const struct rows *self, enum record_kind kind, struct engine *engine,
                 struct now now)
{
    for (size_t i = 0; i < self->n; i++)
        if (self->all[i].kind == kind && !engine_restore(engine, &self->all[i], now))
            abort();
}

void rows_restore(const struct rows *self, struct engine *engine, struct now now)
{
    give(self, RECORD_SOURCE, engine, now);
    give(self, RECORD_LISTING, engine, now);
    give(self, RECORD_BARS, engine, now);
    engine_restore(engine, NULL, now);
    give(self, RECORD_SESSION, engine, now);
}

size_t rows_count(const struct rows *self, enum record_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < self->n; i++)
        n += self->all[i].kind == kind;
    return n;
}
