/* held - messages of the stream that must wait until a gap before them is filled.
 *
 * They keep their order; of the forming bars of one symbol and timeframe only the newest is kept.
 */
#ifndef INDSUB_CLIENT_HELD_H
#define INDSUB_CLIENT_HELD_H

#include <stdbool.h>
#include <stddef.h>

struct held_item {
    char *body;
    size_t size;
    bool is_forming;
};

/* Start with {0}. */
struct held {
    struct held_item *items;
    size_t first, n, capacity; /* items[first..first + n) */
};

/* Keeps a copy. False without memory. */
bool held_put(struct held *self, const char *body, size_t size);
/* Takes out the oldest; the caller frees its body. False if there is none. */
bool held_take(struct held *self, struct held_item *item);
void held_destroy(struct held *self);

#endif
