/* deque - the extreme of a window, and where it is. Where it is does not matter: see extreme_step.
 */
#ifndef INDSUB_INDICATORS_DEQUE_H
#define INDSUB_INDICATORS_DEQUE_H

#include "common/indicators/kernels.h"

/* A deque of values that can still become the extreme, each better than all behind it:
 *
 *      9 ─ 7 ─ 4      push 5: 4 will never be the highest again     9 ─ 7 ─ 5
 *
 * Each value goes in once and out once, whatever n. Of equal values the newest stays. */
struct deque {
    uint32_t n, seen; /* seen counts up to n, then stands */
    uint32_t head, size;
    uint32_t now; /* number of the next value; wraps around */
    bool lowest;
    double *values;
    uint32_t *numbers;
};

static inline void deque_init(struct deque *self, struct arena *arena, uint32_t n, bool lowest)
{
    *self = (struct deque){.n = n, .lowest = lowest};
    arena_array(arena, &self->values, n, sizeof(double));
    arena_array(arena, &self->numbers, n, sizeof(uint32_t));
}

KERNEL uint32_t deque_place(const struct deque *self, uint32_t i)
{
    uint32_t at = self->head + i;
    return at >= self->n ? at - self->n : at;
}

KERNEL bool deque_beats(const struct deque *self, double x, double y)
{
    return self->lowest ? x <= y : x >= y;
}

/* The extreme of the last n with x in, NAN until there are n; *ago says how many values ago it was.
 */
KERNEL double deque_step(struct deque *self, double x, uint32_t *ago, bool keep)
{
    double *values = self->values;
    uint32_t *numbers = self->numbers;
    uint32_t head = self->head, size = self->size, seen = self->seen;
    seen += seen < self->n;
    if (size > 0 && self->now - numbers[head] >= self->n) { /* too old from now on */
        head = head + 1 == self->n ? 0 : head + 1;
        size--;
    }
    bool best = size == 0 || deque_beats(self, x, values[head]);
    double value = best ? x : values[head];
    *ago = best ? 0 : self->now - numbers[head];
    if (keep) {
        self->head = head;
        while (size > 0 && deque_beats(self, x, values[deque_place(self, size - 1)]))
            size--;
        uint32_t at = deque_place(self, size);
        values[at] = x;
        numbers[at] = self->now;
        self->size = size + 1;
        self->now++;
        self->seen = seen;
    }
    return seen >= self->n ? value : NAN;
}

#endif
