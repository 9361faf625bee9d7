/* zone_rule - daylight saving as a rule for every year: the TZ text of POSIX (RFC 8536, 3.3), such
 * as "EST5EDT,M3.2.0,M11.1.0". */
#ifndef INDSUB_EDGE_ZONE_RULE_H
#define INDSUB_EDGE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

/* When in a year the clock is changed. */
struct zone_rule_date {
    char kind;            /* M: month, week, weekday; J: day 1 to 365; 0: day 0 to 365 */
    int month, week, day; /* of M: week 5 is the last, day 0 is Sunday */
    int32_t time_s;       /* by the clock as it stands before, may be negative or beyond the day */
};

struct zone_rule {
    int32_t offset_s; /* ahead of UTC */
    bool has_saving;  /* else the rest means nothing */
    int32_t saving_offset_s;
    struct zone_rule_date begin, end;
};

/* Reads the text up to the end of its line. False if it is none. */
bool zone_rule_parse(const char *text, struct zone_rule *self);

/* When the clock is changed in a year, milliseconds since 1970. */
int64_t zone_rule_begin(const struct zone_rule *self, int64_t year);
int64_t zone_rule_end(const struct zone_rule *self, int64_t year);

#endif
