/* saved_source - a source as a row: how far it was taken, and what it gave of symbols that others
 * lead. */
#ifndef INDSUB_KEEP_SAVED_SOURCE_H
#define INDSUB_KEEP_SAVED_SOURCE_H

#include "daemon/keep/batch.h"
#include "daemon/keep/keeper.h"

/* Appends the source. clock_ms is its feed time in the market. */
void saved_source_put(struct buf *out, const struct source *source, int64_t clock_ms);

/* Makes the source of that name again, for which nobody speaks. False if the row means nothing. */
bool saved_source_restore(struct core *core, const struct record *record, keeper_find_fn *find,
                          void *context);

#endif
