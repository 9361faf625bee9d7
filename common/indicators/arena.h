/* arena - lays out an indicator's state in one block, which can be copied with memcpy.
 *
 * init is run twice: once on a scratch block to learn the size, once on the real one. It must take
 * its struct first, then its arrays, and touch an array (all memory is zero to begin with) only if
 * the arena is_real. */
#ifndef INDSUB_INDICATORS_ARENA_H
#define INDSUB_INDICATORS_ARENA_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    char *base;
    size_t used;
    bool is_real; /* false while the size is learnt: arrays are then not there */
};

enum { ARENA_STRUCT_MAX = 4096 }; /* what a state's fixed part may take */

/* The state's struct: once, first. */
static inline void *arena_struct(struct arena *self, size_t size)
{
    assert(self->used == 0 && size <= ARENA_STRUCT_MAX);
    self->used = (size + 15) & ~(size_t)15;
    return self->base;
}

/* Room for an array; gives its distance in bytes from `from`, which lies in the state's struct, so
 * that the array is found again after the block was copied (see arena_at). */
static inline int32_t arena_array(struct arena *self, const void *from, size_t count, size_t size)
{
    int32_t offset = (int32_t)(self->base + self->used - (const char *)from);
    self->used += (count * size + 15) & ~(size_t)15;
    return offset;
}

/* The array at that distance. */
static inline void *arena_at(const void *from, int32_t offset)
{
    return (char *)(uintptr_t)from + offset;
}

#endif
