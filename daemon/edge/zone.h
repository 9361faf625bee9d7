/* zone - a named time zone from the system's database (TZif, RFC 8536). */
#ifndef INDSUB_EDGE_ZONE_H
#define INDSUB_EDGE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "daemon/market/calendar.h"

/* The changes of a zone such as "Asia/Kolkata" up to 2100, for free, and the offset before the
 * first. */
enum err_code zone_load(const char *name, int32_t *offset_s, struct zone_change **changes,
                        size_t *n, struct err *err);

/* The same from a file's bytes: its own changes, and those that its rule for the years after them
 * brings. False if they are no time zone of version 2 or later. */
bool zone_read(const void *bytes, size_t size, int32_t *offset_s, struct zone_change **changes,
               size_t *n);

#endif
