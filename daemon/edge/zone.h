/* zone - a named time zone from the system's database (TZif, RFC 8536). */
#ifndef INDSUB_EDGE_ZONE_H
#define INDSUB_EDGE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "daemon/market/calendar.h"

/* The changes of a zone such as "Asia/Kolkata" up to 2037, for free, and the offset before the
 * first. */
enum err_code zone_load(const char *name, int32_t *offset_s, struct zone_change **changes,
                        size_t *n, struct err *err);

#endif
