/* batch - rows that are to be kept together: all of them or none. A row is kept under its key, and
 * one of the same key takes its place. */
#ifndef INDSUB_KEEP_BATCH_H
#define INDSUB_KEEP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum record_kind {
    RECORD_LISTING, /* of a symbol: its market data without its closed bars */
    RECORD_BARS,    /* of a symbol, a timeframe and a span of time: its closed bars */
    RECORD_SOURCE,  /* of a source: how far it was taken */
    RECORD_SESSION, /* of the digest of a session's key: who it is, and what it subscribed to */
    RECORD_KINDS
};

/* One row. Its key is the kind and the name, and for bars the timeframe and the span, too. */
struct record {
    enum record_kind kind;
    char *name;
    int64_t timeframe, span; /* the span's number, counted from 1970 */
    struct buf value;        /* empty: removes the row, and for bars those of all spans before */
};

struct batch;

struct batch *batch_new(void);
void batch_destroy(struct batch **self);

/* Adds a row. The name is copied; value is taken, and empty afterwards. NULL removes the row. */
void batch_put(struct batch *self, enum record_kind kind, const char *name, struct buf *value);
/* The same of a row of bars. NULL removes those of all spans up to this one. */
void batch_put_bars(struct batch *self, const char *symbol, int64_t timeframe, int64_t span,
                    struct buf *value);

size_t batch_count(const struct batch *self);
const struct record *batch_at(const struct batch *self, size_t i);

#endif
