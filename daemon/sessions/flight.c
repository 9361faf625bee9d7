#include "daemon/sessions/flight.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct flight {
    atomic_uint holders; /* its session, and each mark */
    atomic_size_t bytes; /* of all that has departed and is not known to have left */
    atomic_size_t *tally;
    size_t n_unmarked, unmarked_bytes; /* departed since the last mark; only the sender's thread */
};

struct mark {
    struct flight *flight;
    struct body *body;
    size_t n, bytes; /* of the items since the mark before */
};

struct flight *flight_new(atomic_size_t *tally)
{
    struct flight *self = mem_alloc_zero(1, sizeof *self);
    atomic_init(&self->holders, 1);
    self->tally = tally;
    return self;
}

void flight_release(struct flight **self)
{
    struct flight *flight = *self;
    *self = NULL;
    if (flight && atomic_fetch_sub_explicit(&flight->holders, 1, memory_order_acq_rel) == 1)
        free(flight);
}

size_t flight_bytes(const struct flight *self)
{
    return atomic_load_explicit(&self->bytes, memory_order_relaxed);
}

struct mark *flight_depart(struct flight *self, size_t n, size_t bytes, struct body *last)
{
    self->n_unmarked += n;
    self->unmarked_bytes += n * FLIGHT_ITEM_BYTES + bytes;
    atomic_fetch_add_explicit(&self->bytes, n * FLIGHT_ITEM_BYTES + bytes, memory_order_relaxed);
    if (self->unmarked_bytes < FLIGHT_MARK_EVERY)
        return NULL;
    struct mark *mark = mem_alloc(sizeof *mark);
    *mark = (struct mark){.flight = self,
                          .body = body_acquire(last),
                          .n = self->n_unmarked,
                          .bytes = self->unmarked_bytes};
    atomic_fetch_add_explicit(&self->holders, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(self->tally, mark->n * FLIGHT_ITEM_BYTES, memory_order_relaxed);
    self->n_unmarked = self->unmarked_bytes = 0;
    return mark;
}

void mark_let_go(struct mark **self)
{
    struct mark *mark = *self;
    struct flight *flight = mark->flight;
    *self = NULL;
    atomic_fetch_sub_explicit(&flight->bytes, mark->bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(flight->tally, mark->n * FLIGHT_ITEM_BYTES, memory_order_relaxed);
    body_release(&mark->body);
    flight_release(&flight);
    free(mark);
}
