/* history - closed bars of the past as a view has them, computed again from what is kept. */
#ifndef INDSUB_CONTROL_HISTORY_H
#define INDSUB_CONTROL_HISTORY_H

#include "daemon/views/view.h"

/* Appends an array of market_update bodies: closed bars first..last-1. */
void history_put(struct buf *out, const struct view *view, size_t first, size_t last);

/* The newest n there are. */
void history_put_newest(struct buf *out, const struct view *view, size_t n);

/* Index of the first closed bar that starts at or after feed_ms. */
size_t history_find(const struct view *view, int64_t feed_ms);

#endif
