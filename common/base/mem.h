/* mem - allocation that cannot fail: without memory the program says so and stops.
 *
 * Every size a peer can choose is bounded before it comes here. */
#ifndef INDSUB_BASE_MEM_H
#define INDSUB_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);
void *mem_alloc_zero(size_t count, size_t size);
void *mem_realloc(void *block, size_t count, size_t size);
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t size);

/* Makes room for one more element in a growing array: doubles capacity when n == *capacity.
 *     self->items = mem_grow(self->items, self->n, &self->capacity, sizeof *self->items); */
void *mem_grow(void *array, size_t n, size_t *capacity, size_t size);

#endif
