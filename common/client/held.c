#include "common/client/held.h"

#include <stdlib.h>
#include <string.h>

#include "common/client/span.h"

static bool span_is(struct span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.at, text, span.size) == 0;
}

static bool spans_are_equal(struct span a, struct span b)
{
    return a.size == b.size && a.size > 0 && memcmp(a.at, b.at, a.size) == 0;
}

static bool is_same_series(struct span a, struct span b)
{
    return spans_are_equal(span_member(a, "symbol"), span_member(b, "symbol")) &&
           spans_are_equal(span_member(a, "timeframe"), span_member(b, "timeframe"));
}

static void remove_older_forming(struct held *self, struct span body)
{
    for (size_t i = self->first; i < self->first + self->n; i++) {
        struct held_item *item = &self->items[i];
        if (!item->is_forming || !is_same_series((struct span){item->body, item->size}, body))
            continue;
        free(item->body);
        self->n--;
        memmove(item, item + 1, (self->first + self->n - i) * sizeof *item);
        return;
    }
}

static bool make_room(struct held *self)
{
    if (self->first + self->n < self->capacity)
        return true;
    if (self->first > 0) {
        memmove(self->items, self->items + self->first, self->n * sizeof *self->items);
        self->first = 0;
        return true;
    }
    size_t capacity = self->capacity ? self->capacity * 2 : 16;
    struct held_item *grown = realloc(self->items, capacity * sizeof *grown);
    if (!grown)
        return false;
    self->items = grown;
    self->capacity = capacity;
    return true;
}

bool held_put(struct held *self, const char *body, size_t size)
{
    struct span span = {body, size};
    struct held_item item = {.size = size,
                             .is_forming = span_is(span_member(span, "closed"), "false")};
    if (item.is_forming)
        remove_older_forming(self, span);
    item.body = malloc(size + 1);
    if (!item.body || !make_room(self)) {
        free(item.body);
        return false;
    }
    memcpy(item.body, body, size);
    item.body[size] = '\0';
    self->items[self->first + self->n++] = item;
    return true;
}

bool held_take(struct held *self, struct held_item *item)
{
    if (self->n == 0)
        return false;
    *item = self->items[self->first++];
    self->n--;
    return true;
}

void held_destroy(struct held *self)
{
    struct held_item item;
    while (held_take(self, &item))
        free(item.body);
    free(self->items);
    *self = (struct held){0};
}
