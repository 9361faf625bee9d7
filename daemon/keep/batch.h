/* batch - rows that are to be kept together: all of them or none. */
#ifndef INDSUB_KEEP_BATCH_H
#define INDSUB_KEEP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum record_kind {
    RECORD_LISTING, /* a symbol's market data besides its closed bars */
    RECORD_BARS,    /* closed bars of a symbol and timeframe, a span of time at once */
    RECORD_SOURCE,  /* how far a feed has been taken */
    RECORD_SESSION, /* a session and what it subscribed to */
    RECORD_KINDS
};

/* One row. Its key is the name, and of bars the timeframe and span too. */
struct record {
    enum record_kind kind;
    char *name;
    int64_t timeframe, span;
    struct buf value; /* empty: the row goes; of bars, all spans up to this one */
};

struct batch;

struct batch *batch_new(void);
void batch_destroy(struct batch **self);

/* Adds a row: copies name, takes value (which is empty afterwards; NULL: the row goes). */
void batch_put(struct batch *self, enum record_kind kind, const char *name, struct buf *value);
void batch_put_bars(struct batch *self, const char *symbol, int64_t timeframe, int64_t span,
                    struct buf *value);

size_t batch_count(const struct batch *self);
const struct record *batch_at(const struct batch *self, size_t i);

#endif
