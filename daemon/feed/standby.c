#include "daemon/feed/standby.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct standby {
    struct held *ring;
    size_t first, n, capacity;
};

struct standby *standby_new(void)
{
    return mem_alloc_zero(1, sizeof(struct standby));
}

void standby_destroy(struct standby **self)
{
    if (!*self)
        return;
    free((*self)->ring);
    free(*self);
    *self = NULL;
}

int64_t held_time_ms(const struct held *self)
{
    return self->timeframe == TIMEFRAME_NONE ? self->tick.feed_ms : self->bar.start_ms;
}

static bool is_given(const struct held *held)
{
    return held_time_ms(held) <= held->listing->last_ms;
}

static void drop_oldest(struct standby *self)
{
    self->first = (self->first + 1) % self->capacity;
    self->n--;
}

static void drop_given(struct standby *self)
{
    while (self->n > 0 && is_given(&self->ring[self->first]))
        drop_oldest(self);
}

/* Makes the ring longer if it is full. The oldest comes to lie first in it. */
static void make_room(struct standby *self)
{
    if (self->n < self->capacity)
        return;
    size_t capacity = self->capacity > 0 ? 2 * self->capacity : 64;
    struct held *ring = mem_alloc(capacity * sizeof *ring);
    for (size_t i = 0; i < self->n; i++)
        ring[i] = self->ring[(self->first + i) % self->capacity];
    free(self->ring);
    self->ring = ring;
    self->first = 0;
    self->capacity = capacity;
}

void standby_hold(struct standby *self, const struct held *held)
{
    drop_given(self);
    if (is_given(held))
        return;
    if (self->n == STANDBY_MAX)
        drop_oldest(self);
    make_room(self);
    self->ring[(self->first + self->n) % self->capacity] = *held;
    self->n++;
}

const struct held *standby_oldest(struct standby *self)
{
    drop_given(self);
    return self->n > 0 ? &self->ring[self->first] : NULL;
}

size_t standby_count(const struct standby *self)
{
    return self->n;
}

const struct held *standby_at(const struct standby *self, size_t i)
{
    return &self->ring[(self->first + i) % self->capacity];
}

struct held *standby_take(struct standby *self, const struct listing *listing, size_t *n)
{
    struct held *taken = mem_alloc((self->n + 1) * sizeof *taken);
    size_t n_left = 0;
    *n = 0;
    for (size_t i = 0; i < self->n; i++) {
        const struct held *held = &self->ring[(self->first + i) % self->capacity];
        if (held->listing != listing)
            self->ring[(self->first + n_left++) % self->capacity] = *held;
        else if (!is_given(held))
            taken[(*n)++] = *held;
    }
    self->n = n_left;
    return taken;
}
