#include "daemon/edge/zone_rule.h"

#include <stddef.h>
#include <string.h>

#include "common/base/feedtime.h"

enum { HOUR_S = 3600, MINUTE_S = 60, HOURS_MAX = 167, WEEKDAY_OF_1970 = 4 /* Sunday is 0 */ };

/* ---- reading ----------------------------------------------------------------------------------
 */

static bool take_char(const char **at, char c)
{
    bool is_there = **at == c;
    *at += is_there;
    return is_there;
}

static bool take_number(const char **at, int min, int max, int *value)
{
    size_t size = strspn(*at, "0123456789");
    *value = 0;
    for (size_t i = 0; i < size && i < 4; i++)
        *value = *value * 10 + ((*at)[i] - '0');
    *at += size;
    return size > 0 && size < 4 && *value >= min && *value <= max;
}

/* "EST", or "<-03>". */
static bool take_name(const char **at)
{
    if (take_char(at, '<')) {
        *at += strcspn(*at, ">\n");
        return take_char(at, '>');
    }
    size_t size = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    *at += size;
    return size >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_span(const char **at, int32_t *seconds)
{
    bool is_negative = take_char(at, '-');
    int hours, minutes = 0, rest = 0;
    if (!is_negative)
        take_char(at, '+');
    if (!take_number(at, 0, HOURS_MAX, &hours) ||
        (take_char(at, ':') && (!take_number(at, 0, 59, &minutes) ||
                                (take_char(at, ':') && !take_number(at, 0, 59, &rest)))))
        return false;
    *seconds = hours * HOUR_S + minutes * MINUTE_S + rest;
    *seconds = is_negative ? -*seconds : *seconds;
    return true;
}

/* The text counts west of UTC. */
static bool take_offset(const char **at, int32_t *offset_s)
{
    bool good = take_span(at, offset_s);
    *offset_s = -*offset_s;
    return good;
}

static bool take_date(const char **at, struct zone_rule_date *date)
{
    bool good;
    *date = (struct zone_rule_date){.kind = '0', .time_s = 2 * HOUR_S};
    if (take_char(at, 'M')) {
        date->kind = 'M';
        good = take_number(at, 1, 12, &date->month) && take_char(at, '.') &&
               take_number(at, 1, 5, &date->week) && take_char(at, '.') &&
               take_number(at, 0, 6, &date->day);
    } else if (take_char(at, 'J')) {
        date->kind = 'J';
        good = take_number(at, 1, 365, &date->day);
    } else {
        good = take_number(at, 0, 365, &date->day);
    }
    return good && (!take_char(at, '/') || take_span(at, &date->time_s));
}

bool zone_rule_parse(const char *text, struct zone_rule *self)
{
    const char *at = text;
    *self = (struct zone_rule){0};
    if (!take_name(&at) || !take_offset(&at, &self->offset_s))
        return false;
    if (*at == '\n' || *at == '\0')
        return true;
    self->has_saving = true;
    self->saving_offset_s = self->offset_s + HOUR_S;
    return take_name(&at) && (*at == ',' || take_offset(&at, &self->saving_offset_s)) &&
           take_char(&at, ',') && take_date(&at, &self->begin) && take_char(&at, ',') &&
           take_date(&at, &self->end) && (*at == '\n' || *at == '\0');
}

/* ---- reckoning --------------------------------------------------------------------------------
 */

static int64_t day_of(const struct zone_rule_date *date, int64_t year)
{
    int64_t january = feedtime_days_from_civil(year, 1, 1);
    if (date->kind == '0')
        return january + date->day;
    int64_t march = feedtime_days_from_civil(year, 3, 1);
    if (date->kind == 'J') /* 29 February is not counted */
        return date->day < 60 ? january + date->day - 1 : march + date->day - 60;
    int64_t first = feedtime_days_from_civil(year, date->month, 1);
    int64_t next = date->month < 12 ? feedtime_days_from_civil(year, date->month + 1, 1)
                                    : feedtime_days_from_civil(year + 1, 1, 1);
    int64_t weekday = ((first + WEEKDAY_OF_1970) % 7 + 7) % 7;
    int64_t day = first + (date->day - weekday + 7) % 7 + (date->week - 1) * 7;
    return day < next ? day : day - 7;
}

static int64_t moment_of(const struct zone_rule_date *date, int64_t year, int32_t offset_s)
{
    return day_of(date, year) * FEEDTIME_DAY_MS + (int64_t)(date->time_s - offset_s) * 1000;
}

int64_t zone_rule_begin(const struct zone_rule *self, int64_t year)
{
    return moment_of(&self->begin, year, self->offset_s);
}

int64_t zone_rule_end(const struct zone_rule *self, int64_t year)
{
    return moment_of(&self->end, year, self->saving_offset_s);
}
