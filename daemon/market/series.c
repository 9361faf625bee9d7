#include "daemon/market/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct series {
    const struct calendar *calendar;
    enum timeframe timeframe;
    struct series *base;

    struct bar *closed; /* by start */
    size_t n_closed, closed_capacity;
    struct open_bar *open; /* by start, all after the last closed */
    size_t n_open, open_capacity;
    struct open_bar partial; /* of a derived series: the base's closed bars of an open period */
    bool has_partial;
    int64_t through_ms; /* what ends by then has closed */
};

struct series *series_new(const struct calendar *calendar, enum timeframe timeframe,
                          struct series *base)
{
    struct series *self = mem_alloc_zero(1, sizeof *self);
    self->calendar = calendar;
    self->timeframe = timeframe;
    self->base = base;
    self->through_ms = INT64_MIN;
    return self;
}

void series_destroy(struct series **self)
{
    if (!*self)
        return;
    free((*self)->closed);
    free((*self)->open);
    free(*self);
    *self = NULL;
}

enum timeframe series_timeframe(const struct series *self)
{
    return self->timeframe;
}

struct series *series_base(const struct series *self)
{
    return self->base;
}

bool series_bounds(const struct series *self, int64_t feed_ms, int64_t *start_ms, int64_t *end_ms)
{
    return calendar_bar_start(self->calendar, self->timeframe, feed_ms, start_ms, end_ms);
}

static void push_closed(struct series *self, const struct bar *bar)
{
    assert(self->n_closed == 0 || self->closed[self->n_closed - 1].start_ms < bar->start_ms);
    self->closed =
        mem_grow(self->closed, self->n_closed, &self->closed_capacity, sizeof *self->closed);
    self->closed[self->n_closed++] = *bar;
}

static void remove_open(struct series *self, size_t count)
{
    if (count == 0)
        return;
    memmove(self->open, self->open + count, (self->n_open - count) * sizeof *self->open);
    self->n_open -= count;
}

/* A place for a bar of that start among the open ones. */
static struct open_bar *insert_open(struct series *self, int64_t start_ms)
{
    self->open = mem_grow(self->open, self->n_open, &self->open_capacity, sizeof *self->open);
    size_t at = self->n_open;
    while (at > 0 && self->open[at - 1].bar.start_ms > start_ms)
        at--;
    memmove(self->open + at + 1, self->open + at, (self->n_open - at) * sizeof *self->open);
    self->n_open++;
    return &self->open[at];
}

ptrdiff_t series_find_open(const struct series *self, int64_t feed_ms)
{
    for (size_t i = self->n_open; i-- > 0;)
        if (self->open[i].bar.start_ms <= feed_ms && feed_ms < self->open[i].end_ms)
            return (ptrdiff_t)i;
    return -1;
}

enum series_outcome series_apply_tick(struct series *self, const struct tick *tick,
                                      double oi_reference, int64_t through_ms, size_t *index)
{
    assert(!self->base);
    double price = tick->price, quantity = isnan(tick->quantity) ? 0 : tick->quantity;
    ptrdiff_t found = series_find_open(self, tick->feed_ms);
    if (found < 0) {
        int64_t start_ms, end_ms;
        if (!series_bounds(self, tick->feed_ms, &start_ms, &end_ms))
            return SERIES_OUTSIDE_SESSION;
        if (end_ms <= through_ms || end_ms <= self->through_ms ||
            (self->n_closed > 0 && start_ms <= self->closed[self->n_closed - 1].start_ms))
            return SERIES_LATE;
        struct open_bar *fresh = insert_open(self, start_ms);
        *fresh = (struct open_bar){.bar = {start_ms, tick->feed_ms, price, price, price, price,
                                           quantity, tick->oi, oi_reference},
                                   .first_ms = tick->feed_ms,
                                   .end_ms = end_ms};
        *index = (size_t)(fresh - self->open);
        return SERIES_APPLIED;
    }
    struct open_bar *open = &self->open[found];
    struct bar *bar = &open->bar;
    if (tick->feed_ms < open->first_ms) {
        open->first_ms = tick->feed_ms;
        bar->open = price;
    }
    if (price > bar->high)
        bar->high = price;
    if (price < bar->low)
        bar->low = price;
    bar->volume += quantity;
    if (tick->feed_ms >= bar->last_ms) {
        bar->last_ms = tick->feed_ms;
        bar->close = price;
        if (!isnan(tick->oi)) {
            bar->oi = tick->oi;
            bar->oi_reference = oi_reference;
        }
    }
    *index = (size_t)found;
    return SERIES_APPLIED;
}

enum series_outcome series_apply_bar(struct series *self, const struct bar *bar)
{
    struct bar given = *bar;
    int64_t end_ms;
    if (!series_bounds(self, bar->start_ms, &given.start_ms, &end_ms))
        return SERIES_OUTSIDE_SESSION;
    if (self->n_closed > 0 && given.start_ms <= self->closed[self->n_closed - 1].start_ms)
        return SERIES_LATE;
    size_t before = 0;
    while (before < self->n_open && self->open[before].bar.start_ms < given.start_ms)
        push_closed(self, &self->open[before++].bar);
    if (before < self->n_open && self->open[before].bar.start_ms == given.start_ms)
        before++;
    remove_open(self, before);
    if (self->has_partial && self->partial.bar.start_ms <= given.start_ms)
        self->has_partial = false;
    push_closed(self, &given);
    return SERIES_APPLIED;
}

static void merge(struct bar *into, const struct bar *bar)
{
    into->last_ms = bar->last_ms;
    into->high = fmax(into->high, bar->high);
    into->low = fmin(into->low, bar->low);
    into->close = bar->close;
    into->volume += bar->volume;
    if (!isnan(bar->oi)) {
        into->oi = bar->oi;
        into->oi_reference = bar->oi_reference;
    }
}

void series_fold(struct series *self, const struct bar *bar)
{
    int64_t start_ms, end_ms;
    if (!series_bounds(self, bar->start_ms, &start_ms, &end_ms))
        return;
    if (self->n_closed > 0 && start_ms <= self->closed[self->n_closed - 1].start_ms)
        return; /* it was given as a bar already */
    if (self->has_partial && self->partial.bar.start_ms == start_ms) {
        merge(&self->partial.bar, bar);
        return;
    }
    if (self->has_partial)
        push_closed(self, &self->partial.bar);
    self->partial = (struct open_bar){.bar = *bar, .first_ms = bar->start_ms, .end_ms = end_ms};
    self->partial.bar.start_ms = start_ms;
    self->has_partial = true;
}

void series_unpass(struct series *self, int64_t feed_ms)
{
    if (self->through_ms > feed_ms)
        self->through_ms = feed_ms;
}

void series_close_through(struct series *self, int64_t through_ms)
{
    if (through_ms > self->through_ms)
        self->through_ms = through_ms;
    if (self->base) {
        if (self->has_partial && self->partial.end_ms <= self->through_ms) {
            push_closed(self, &self->partial.bar);
            self->has_partial = false;
        }
        return;
    }
    size_t count = 0;
    while (count < self->n_open && self->open[count].end_ms <= self->through_ms)
        push_closed(self, &self->open[count++].bar);
    remove_open(self, count);
}

void series_refresh_open(struct series *self)
{
    self->n_open = 0;
    if (self->has_partial)
        *insert_open(self, self->partial.bar.start_ms) = self->partial;
    for (size_t i = 0; i < self->base->n_open; i++) {
        const struct open_bar *part = &self->base->open[i];
        struct open_bar *last = self->n_open > 0 ? &self->open[self->n_open - 1] : NULL;
        if (last && part->bar.start_ms < last->end_ms) {
            merge(&last->bar, &part->bar);
            continue;
        }
        int64_t start_ms, end_ms;
        if (!series_bounds(self, part->bar.start_ms, &start_ms, &end_ms))
            continue;
        if (self->n_closed > 0 && start_ms <= self->closed[self->n_closed - 1].start_ms)
            continue; /* it was given as a bar already */
        struct open_bar *fresh = insert_open(self, start_ms);
        *fresh = *part;
        fresh->bar.start_ms = start_ms;
        fresh->end_ms = end_ms;
    }
}

void series_set_base(struct series *self, struct series *base)
{
    assert(self->n_closed == 0 && !self->has_partial);
    self->base = base;
    self->n_open = 0;
}

void series_rebuild(struct series *self)
{
    self->n_closed = 0;
    self->has_partial = false;
    for (size_t i = 0; i < self->base->n_closed; i++)
        series_fold(self, &self->base->closed[i]);
    series_close_through(self, self->base->through_ms);
    series_refresh_open(self);
}

void series_restore(struct series *self, const struct bar *closed, size_t n_closed,
                    const struct open_bar *open, size_t n_open, int64_t through_ms)
{
    self->n_closed = self->n_open = 0;
    self->has_partial = false;
    for (size_t i = 0; i < n_closed; i++)
        push_closed(self, &closed[i]);
    self->through_ms = through_ms;
    for (size_t i = 0; i < n_open && !self->base; i++)
        *insert_open(self, open[i].bar.start_ms) = open[i];
    for (size_t i = 0; self->base && i < self->base->n_closed; i++)
        series_fold(self, &self->base->closed[i]);
    if (self->base)
        series_refresh_open(self);
}

void series_trim(struct series *self, size_t count)
{
    assert(count <= self->n_closed);
    memmove(self->closed, self->closed + count, (self->n_closed - count) * sizeof *self->closed);
    self->n_closed -= count;
}

size_t bars_find(const struct bar *bars, size_t n, int64_t start_ms)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (bars[middle].start_ms < start_ms)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

const struct bar *series_closed(const struct series *self, size_t *n)
{
    *n = self->n_closed;
    return self->closed;
}

const struct open_bar *series_open(const struct series *self, size_t *n)
{
    *n = self->n_open;
    return self->open;
}

int64_t series_next_end(const struct series *self)
{
    if (self->base)
        return self->has_partial ? self->partial.end_ms : INT64_MAX;
    return self->n_open > 0 ? self->open[0].end_ms : INT64_MAX;
}

int64_t series_through(const struct series *self)
{
    return self->through_ms;
}
