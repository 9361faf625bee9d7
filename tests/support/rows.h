/* rows - what a store keeps, in memory: takes batches, and gives the rows back to an engine. */
#ifndef INDSUB_TESTS_ROWS_H
#define INDSUB_TESTS_ROWS_H

#include "daemon/engine.h"

struct rows;

struct rows *rows_new(void);
void rows_destroy(struct rows **self);

/* All of a batch, as a store keeps it. */
void rows_keep(struct rows *self, const struct batch *batch);
/* Gives an engine that has just begun everything that has been kept. */
void rows_restore(const struct rows *self, struct engine *engine, struct now now);
size_t rows_count(const struct rows *self, enum record_kind kind);

#endif
