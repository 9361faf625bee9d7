/* history - closed bars of the past, with a view's indicators. The values are computed anew from
 * the bars that are kept, as only bars are. */
#ifndef INDSUB_CONTROL_HISTORY_H
#define INDSUB_CONTROL_HISTORY_H

#include "daemon/views/view.h"

/* Appends a JSON array of market_update bodies: closed bars first..last-1 of the view's series. */
void history_put(struct buf *out, const struct view *view, size_t first, size_t last);

/* The same of the newest n, or of as many as there are. */
void history_put_newest(struct buf *out, const struct view *view, size_t n);

/* Index of the first closed bar that starts at or after start_ms; their number if none does. */
size_t history_find(const struct view *view, int64_t start_ms);

#endif
