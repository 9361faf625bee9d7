/* history - closed bars of the past, with a view's indicators, as a JSON array. The values are
 * computed anew from the first bar on, as only bars are kept; a bit at a time, as that can take
 * long. */
#ifndef INDSUB_CONTROL_HISTORY_H
#define INDSUB_CONTROL_HISTORY_H

#include "common/base/buf.h"
#include "daemon/control/core.h"
#include "daemon/views/view.h"

/* Which bars: at most n of those that start from from_ms to to_ms. */
struct history_range {
    int64_t from_ms; /* FEEDTIME_NONE: the newest n, else the first */
    int64_t to_ms;   /* FEEDTIME_MAX: to the newest there is in the end */
    size_t n;
};

struct history;

/* Keeps the view. */
struct history *history_new(struct view *view, const struct history_range *range);
void history_destroy(struct history **self);

/* Goes on for a bit. True when it is done. */
bool history_step(struct history *self);
/* Appends it, when it is done. */
void history_put(const struct history *self, struct buf *out);

/* The text of its bar i, when it is done. */
const char *history_text(const struct history *self, size_t i, size_t *size);

/* How many bars that range has now. */
size_t history_length(const struct view *view, const struct history_range *range);
/* True if that is more values than a reply may have. */
bool history_has_too_much(const struct view *view, const struct history_range *range,
                          const struct core_settings *settings);

#endif
