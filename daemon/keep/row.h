/* row - reading a row's value piece by piece.
 *
 * The rows of listings, bars and sources hold structs as they lie in memory. To change one of them
 * changes what the rows in people's stores mean: that takes a new schema version, see store.c. */
#ifndef INDSUB_KEEP_ROW_H
#define INDSUB_KEEP_ROW_H

#include <stdbool.h>
#include <stddef.h>

/* What is left to be read; borrowed. */
struct row {
    const char *at;
    size_t left;
};

/* Takes the next size bytes. False if fewer are left. */
bool row_take(struct row *self, void *into, size_t size);
/* The same without copying them: where they lie, or NULL. */
const void *row_take_bytes(struct row *self, size_t size);
/* Takes a text up to its null byte, or returns NULL if there is none. */
const char *row_take_text(struct row *self);

#endif
