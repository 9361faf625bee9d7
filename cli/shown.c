#include "cli/shown.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static struct shown_stream *find(const struct shown *self, const char *symbol,
                                 const char *timeframe)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcmp(self->items[i].symbol, symbol) == 0 &&
            strcmp(self->items[i].timeframe, timeframe) == 0)
            return &self->items[i];
    return NULL;
}

static void drop(struct shown *self, struct shown_stream *stream)
{
    free(stream->symbol);
    free(stream->timeframe);
    *stream = self->items[--self->n];
}

void shown_add(struct shown *self, const char *symbol, const char *timeframe,
               struct shown_manner manner)
{
    struct shown_stream *stream = find(self, symbol, timeframe);
    if (!stream) {
        self->items = mem_grow(self->items, self->n, &self->capacity, sizeof *self->items);
        stream = &self->items[self->n++];
        *stream =
            (struct shown_stream){.symbol = mem_strdup(symbol), .timeframe = mem_strdup(timeframe)};
    }
    stream->manner = manner;
}

bool shown_is_awaited(const struct shown *self)
{
    for (size_t i = 0; i < self->n; i++)
        if (self->items[i].manner.is_awaited)
            return true;
    return false;
}

bool shown_take(struct shown *self, const char *symbol, const char *timeframe, bool closed,
                bool is_snapshot)
{
    struct shown_stream *stream = find(self, symbol, timeframe);
    if (!stream || (stream->manner.closed_only && (!closed || is_snapshot)))
        return false;
    if (stream->manner.left != UINT64_MAX && --stream->manner.left == 0)
        drop(self, stream);
    return true;
}

void shown_stop(struct shown *self, const char *symbol, const char *timeframe)
{
    for (size_t i = self->n; i-- > 0;)
        if ((!symbol || strcmp(self->items[i].symbol, symbol) == 0) &&
            (!timeframe || strcmp(self->items[i].timeframe, timeframe) == 0))
            drop(self, &self->items[i]);
}

void shown_destroy(struct shown *self)
{
    shown_stop(self, NULL, NULL);
    free(self->items);
    *self = (struct shown){0};
}
