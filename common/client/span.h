/* span - finds a value in JSON text by its bytes, so that what is passed on is what came.
 *
 * For text that has been parsed already: on anything but valid JSON the answer means nothing, but
 * nothing beyond the span is read. */
#ifndef INDSUB_CLIENT_SPAN_H
#define INDSUB_CLIENT_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *at; /* borrowed; NULL: there is none */
    size_t size;
};

/* The value of that member of an object. The name must need no escapes. */
struct span span_member(struct span object, const char *name);

/* The next item of an array; begin with *rest as the array itself. False at the end. */
bool span_next_item(struct span *rest, struct span *item);

#endif
