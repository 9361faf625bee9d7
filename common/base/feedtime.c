#include "common/base/feedtime.h"

#include <ctype.h>

int64_t feedtime_days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void feedtime_civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153; /* months since March */
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static void put_digits(char *at, int64_t value, int width)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
}

void feedtime_format(int64_t ms, char text[FEEDTIME_TEXT_SIZE])
{
    int64_t days = ms / FEEDTIME_DAY_MS, rest = ms % FEEDTIME_DAY_MS;
    if (rest < 0) {
        rest += FEEDTIME_DAY_MS;
        days--;
    }
    int64_t year;
    int month, day;
    feedtime_civil_from_days(days, &year, &month, &day);
    put_digits(text, year, 4);
    text[4] = '-';
    put_digits(text + 5, month, 2);
    text[7] = '-';
    put_digits(text + 8, day, 2);
    text[10] = 'T';
    put_digits(text + 11, rest / 3600000, 2);
    text[13] = ':';
    put_digits(text + 14, rest / 60000 % 60, 2);
    text[16] = ':';
    put_digits(text + 17, rest / 1000 % 60, 2);
    text[19] = '.';
    put_digits(text + 20, rest % 1000, 3);
    text[23] = 'Z';
    text[24] = '\0';
}

/* Reads exactly `width` digits within lo..hi and moves on. */
static bool take_number(const char **at, int width, int lo, int hi, int *value)
{
    int n = 0;
    for (int i = 0; i < width; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        n = n * 10 + (**at - '0');
    }
    *value = n;
    return n >= lo && n <= hi;
}

static bool take_char(const char **at, const char *allowed)
{
    for (; *allowed; allowed++)
        if (**at == *allowed) {
            (*at)++;
            return true;
        }
    return false;
}

static bool take_date(const char **at, int64_t *days)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_number(at, 4, 1900, 9999, &year) || !take_char(at, "-") ||
        !take_number(at, 2, 1, 12, &month) || !take_char(at, "-") ||
        !take_number(at, 2, 1, 31, &day))
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > LENGTHS[month - 1] + (month == 2 && leap))
        return false;
    *days = feedtime_days_from_civil(year, month, day);
    return true;
}

static bool take_time(const char **at, int64_t *ms)
{
    int hour, minute, second, fraction_ms = 0;
    if (!take_number(at, 2, 0, 23, &hour) || !take_char(at, ":") ||
        !take_number(at, 2, 0, 59, &minute) || !take_char(at, ":") ||
        !take_number(at, 2, 0, 60, &second)) /* 60: a leap second, the next minute's first */
        return false;
    if (take_char(at, ".")) {
        if (!isdigit((unsigned char)**at))
            return false;
        for (int weight = 100; isdigit((unsigned char)**at); (*at)++, weight /= 10)
            fraction_ms += weight * (**at - '0');
    }
    *ms = ((hour * 60LL + minute) * 60 + second) * 1000 + fraction_ms;
    return true;
}

static bool take_offset(const char **at, int64_t *offset_ms)
{
    if (take_char(at, "Zz")) {
        *offset_ms = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1, hours, minutes;
    if (!take_char(at, "+-") || !take_number(at, 2, 0, 23, &hours) || !take_char(at, ":") ||
        !take_number(at, 2, 0, 59, &minutes))
        return false;
    *offset_ms = sign * (hours * 60LL + minutes) * 60000;
    return true;
}

bool feedtime_parse(const char *text, int64_t *ms)
{
    int64_t days, time_ms, offset_ms;
    if (!take_date(&text, &days) || !take_char(&text, "Tt ") || !take_time(&text, &time_ms) ||
        !take_offset(&text, &offset_ms) || *text)
        return false;
    *ms = days * FEEDTIME_DAY_MS + time_ms - offset_ms;
    return true;
}

bool feedtime_parse_local(const char *text, int32_t utc_offset_s, int64_t *ms)
{
    if (feedtime_parse(text, ms))
        return true;
    int64_t days, time_ms = 0;
    if (!take_date(&text, &days))
        return false;
    if (*text && (!take_char(&text, "Tt ") || !take_time(&text, &time_ms) || *text))
        return false;
    *ms = days * FEEDTIME_DAY_MS + time_ms - utc_offset_s * 1000LL;
    return true;
}
