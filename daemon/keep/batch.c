#include "daemon/keep/batch.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct batch {
    struct record *records;
    size_t n, capacity;
};

struct batch *batch_new(void)
{
    return mem_alloc_zero(1, sizeof(struct batch));
}

void batch_destroy(struct batch **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n; i++) {
        free((*self)->records[i].name);
        buf_destroy(&(*self)->records[i].value);
    }
    free((*self)->records);
    free(*self);
    *self = NULL;
}

void batch_put_bars(struct batch *self, const char *symbol, int64_t timeframe, int64_t span,
                    struct buf *value)
{
    batch_put(self, RECORD_BARS, symbol, value);
    self->records[self->n - 1].timeframe = timeframe;
    self->records[self->n - 1].span = span;
}

void batch_put(struct batch *self, enum record_kind kind, const char *name, struct buf *value)
{
    self->records = mem_grow(self->records, self->n, &self->capacity, sizeof *self->records);
    self->records[self->n++] = (struct record){
        .kind = kind, .name = mem_strdup(name), .value = value ? *value : (struct buf){0}};
    if (value)
        *value = (struct buf){0};
}

size_t batch_count(const struct batch *self)
{
    return self->n;
}

const struct record *batch_at(const struct batch *self, size_t i)
{
    return &self->records[i];
}
