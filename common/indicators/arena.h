/* arena - lays out an indicator's state in one block: its struct first, its arrays behind it.
 *
 * A row's init is run on the block itself, or on a scratch one that has room for the struct alone:
 * to learn the size, or to set the pointers of a block that was copied. So it must take its struct
 * first, then its arrays, and touch an array (all memory is zero to begin with) only if the arena
 * is_real. */
#ifndef INDSUB_INDICATORS_ARENA_H
#define INDSUB_INDICATORS_ARENA_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena {
    char *base; /* where init writes the struct */
    char *home; /* the block whose pointers are set; NULL while the size is learnt */
    size_t used;
    bool is_real; /* base is home */
};

enum { ARENA_STRUCT_MAX = 4096 }; /* what a state's fixed part may take */

/* The state's struct: once, first. */
static inline void *arena_struct(struct arena *self, size_t size)
{
    assert(self->used == 0 && size <= ARENA_STRUCT_MAX);
    self->used = (size + 15) & ~(size_t)15;
    return self->base;
}

/* Room for an array. `pointer` is the address of the pointer to it, which lies in the state's
 * struct. */
static inline void arena_array(struct arena *self, void *pointer, size_t count, size_t size)
{
    if (self->home) {
        char *array = self->home + self->used;
        memcpy(self->home + ((char *)pointer - self->base), &array, sizeof array);
    }
    self->used += (count * size + 15) & ~(size_t)15;
}

#endif
