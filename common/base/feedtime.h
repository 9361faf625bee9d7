/* feedtime - market time as text: RFC 3339 to and from milliseconds since 1970 UTC. Has no clock.
 */
#ifndef INDSUB_BASE_FEEDTIME_H
#define INDSUB_BASE_FEEDTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEEDTIME_TEXT_SIZE = 25 }; /* "2025-11-04T05:05:00.000Z" and its NUL */

#define FEEDTIME_NONE   INT64_MIN
#define FEEDTIME_MIN    (-2208988800000LL) /* 1900-01-01 */
#define FEEDTIME_MAX    253402300799999LL  /* 9999-12-31T23:59:59.999Z */
#define FEEDTIME_DAY_MS 86400000LL

/* Writes ms (FEEDTIME_MIN..FEEDTIME_MAX) as "2025-11-04T05:05:00.000Z". */
void feedtime_format(int64_t ms, char text[FEEDTIME_TEXT_SIZE]);

/* Reads a whole RFC 3339 date-time ("T" or a blank between date and time, any fraction, which is
 * cut to milliseconds, "Z" or an offset). False and *ms untouched if it is not one. */
bool feedtime_parse(const char *text, int64_t *ms);

/* The same, but a time without an offset is taken to be utc_offset_s ahead of UTC, and a bare date
 * is its midnight. For files, never for the wire. */
bool feedtime_parse_local(const char *text, int32_t utc_offset_s, int64_t *ms);

/* Days since 1970-01-01 of a civil date, and back (Hinnant 2021, chrono-compatible low-level date
 * algorithms, days_from_civil and civil_from_days). */
int64_t feedtime_days_from_civil(int64_t year, int month, int day);
void feedtime_civil_from_days(int64_t days, int64_t *year, int *month, int *day);

#endif
