#include "common/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

char *buf_reserve(struct buf *self, size_t more)
{
    size_t needed = self->size + more + 1;
    if (needed > self->capacity) {
        size_t capacity = self->capacity ? self->capacity : 256;
        while (capacity < needed)
            capacity *= 2;
        self->data = mem_realloc(self->data, capacity, 1);
        self->capacity = capacity;
    }
    return self->data + self->size;
}

void buf_put(struct buf *self, const void *bytes, size_t size)
{
    char *at = buf_reserve(self, size);
    if (size > 0)
        memcpy(at, bytes, size);
    at[size] = '\0';
    self->size += size;
}

void buf_put_text(struct buf *self, const char *text)
{
    buf_put(self, text, strlen(text));
}

void buf_put_char(struct buf *self, char c)
{
    buf_put(self, &c, 1);
}

void buf_put_args(struct buf *self, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    assert(n >= 0);
    char *at = buf_reserve(self, (size_t)n);
    vsnprintf(at, (size_t)n + 1, fmt, again);
    va_end(again);
    self->size += (size_t)n;
}

void buf_put_format(struct buf *self, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_put_args(self, fmt, args);
    va_end(args);
}

void buf_reset(struct buf *self)
{
    self->size = 0;
    if (self->data)
        self->data[0] = '\0';
}

void buf_destroy(struct buf *self)
{
    free(self->data);
    *self = (struct buf){0};
}

struct body *body_new(atomic_size_t *tally, const void *bytes, size_t size)
{
    assert(size <= UINT32_MAX);
    struct body *self = mem_alloc(sizeof *self + size);
    atomic_init(&self->references, 1);
    self->size = (uint32_t)size;
    self->tally = tally;
    if (tally)
        atomic_fetch_add_explicit(tally, sizeof *self + size, memory_order_relaxed);
    memcpy(self->data, bytes, size);
    return self;
}

struct body *body_of_text(atomic_size_t *tally, struct buf *text)
{
    struct body *self = body_new(tally, text->data, text->size);
    buf_reset(text);
    return self;
}

struct body *body_acquire(struct body *self)
{
    atomic_fetch_add_explicit(&self->references, 1, memory_order_relaxed);
    return self;
}

void body_release(struct body **self)
{
    struct body *body = *self;
    *self = NULL;
    if (!body || atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) != 1)
        return;
    if (body->tally)
        atomic_fetch_sub_explicit(body->tally, sizeof *body + body->size, memory_order_relaxed);
    free(body);
}
