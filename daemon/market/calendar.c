#include "daemon/market/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"

enum {
    MINUTE_MS = 60000,
    DAY_MINUTES = 1440,
    WEEKDAY_OF_1970 = 3, /* Monday is 0 */
    SATURDAY = 5,
    YEAR_DAYS = 366
};

struct calendar {
    int open_minute, close_minute;
    int32_t offset_s;
    struct zone_change *changes;
    size_t n_changes;
    int64_t *holidays;
    size_t n_holidays;
    bool always;
};

const char *const EXCHANGE_NAMES[EXCHANGES] = {"NSE", "BSE", "NFO", "BFO"};

bool exchange_has_hours(const char *exchange)
{
    for (size_t i = 0; i < EXCHANGES; i++)
        if (strcmp(EXCHANGE_NAMES[i], exchange) == 0)
            return true;
    return exchange[0] == '\0';
}

static void *copy(const void *from, size_t count, size_t size)
{
    void *block = mem_alloc_zero(count, size);
    if (count > 0)
        memcpy(block, from, count * size);
    return block;
}

struct calendar *calendar_new(int open_minute, int close_minute, int32_t offset_s,
                              const struct zone_change *changes, size_t n_changes,
                              const int64_t *holidays, size_t n_holidays)
{
    struct calendar *self = mem_alloc_zero(1, sizeof *self);
    self->open_minute = open_minute;
    self->close_minute = close_minute;
    self->offset_s = offset_s;
    self->changes = copy(changes, n_changes, sizeof *changes);
    self->n_changes = n_changes;
    self->holidays = copy(holidays, n_holidays, sizeof *holidays);
    self->n_holidays = n_holidays;
    return self;
}

struct calendar *calendar_new_default(void)
{
    return calendar_new(9 * 60 + 15, 15 * 60 + 30, KOLKATA_OFFSET_S, NULL, 0, NULL, 0);
}

struct calendar *calendar_new_always(void)
{
    struct calendar *self = calendar_new(0, DAY_MINUTES, 0, NULL, 0, NULL, 0);
    self->always = true;
    return self;
}

void calendar_destroy(struct calendar **self)
{
    if (!*self)
        return;
    free((*self)->changes);
    free((*self)->holidays);
    free(*self);
    *self = NULL;
}

/* How far local time is ahead of UTC at a moment. */
static int64_t offset_ms_at(const struct calendar *self, int64_t utc_ms)
{
    size_t low = 0, high = self->n_changes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->changes[middle].at_ms <= utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return (low > 0 ? self->changes[low - 1].offset_s : self->offset_s) * INT64_C(1000);
}

int32_t calendar_utc_offset_s(const struct calendar *self, int64_t feed_ms)
{
    return (int32_t)(offset_ms_at(self, feed_ms) / 1000);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t calendar_trading_day(const struct calendar *self, int64_t feed_ms)
{
    return floor_div(feed_ms + offset_ms_at(self, feed_ms), FEEDTIME_DAY_MS);
}

/* The moment of a minute of a local day. Of two such moments it is the first, and where there is
 * none (the clock is put forward over it) the one that the offset before the change gives. */
static int64_t moment_of(const struct calendar *self, int64_t day, int minute)
{
    int64_t local_ms = day * FEEDTIME_DAY_MS + (int64_t)minute * MINUTE_MS;
    int64_t guess = local_ms - offset_ms_at(self, local_ms - FEEDTIME_DAY_MS);
    int64_t again = local_ms - offset_ms_at(self, guess);
    return offset_ms_at(self, again) == local_ms - again ? again : guess;
}

static int weekday_of(int64_t day)
{
    return (int)(((day + WEEKDAY_OF_1970) % 7 + 7) % 7);
}

bool calendar_bar_start(const struct calendar *self, enum timeframe timeframe, int64_t feed_ms,
                        int64_t *start_ms, int64_t *end_ms)
{
    int64_t day = calendar_trading_day(self, feed_ms);
    if (timeframe == TIMEFRAME_1W) {
        int64_t monday = day - weekday_of(day);
        *start_ms = moment_of(self, monday, self->open_minute);
        *end_ms = moment_of(self, monday + 7, 0);
        return true;
    }
    int64_t open_ms = moment_of(self, day, self->open_minute),
            close_ms = moment_of(self, day, self->close_minute);
    if (timeframe == TIMEFRAME_1D) {
        *start_ms = open_ms;
        *end_ms = close_ms;
        return true;
    }
    if (feed_ms < open_ms || feed_ms >= close_ms)
        return false;
    int64_t length_ms = timeframe_ms(timeframe);
    *start_ms = open_ms + (feed_ms - open_ms) / length_ms * length_ms;
    *end_ms = *start_ms + length_ms < close_ms ? *start_ms + length_ms : close_ms;
    return true;
}

size_t calendar_bars_a_day(const struct calendar *self, enum timeframe timeframe)
{
    int64_t session_ms = (self->close_minute - self->open_minute) * (int64_t)MINUTE_MS,
            length_ms = timeframe_ms(timeframe);
    return (size_t)((session_ms + length_ms - 1) / length_ms);
}

bool calendar_is_trading_day(const struct calendar *self, int64_t day)
{
    if (self->always)
        return true;
    for (size_t i = 0; i < self->n_holidays; i++)
        if (self->holidays[i] == day)
            return false;
    return weekday_of(day) < SATURDAY;
}

bool calendar_is_open(const struct calendar *self, int64_t ms)
{
    int64_t start_ms, end_ms;
    return calendar_is_trading_day(self, calendar_trading_day(self, ms)) &&
           calendar_bar_start(self, TIMEFRAME_1MIN, ms, &start_ms, &end_ms);
}

int64_t calendar_next_open(const struct calendar *self, int64_t ms)
{
    int64_t today = calendar_trading_day(self, ms);
    for (int64_t day = today; day <= today + YEAR_DAYS; day++) {
        int64_t open_ms = moment_of(self, day, self->open_minute);
        if (open_ms > ms && calendar_is_trading_day(self, day))
            return open_ms;
    }
    return INT64_MAX;
}
