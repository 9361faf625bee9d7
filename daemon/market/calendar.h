/* calendar - when an exchange trades, and which bar a moment belongs to.
 *
 *      09:15                     14:15      15:15  15:30        Asia/Kolkata
 *        ├─ 1h ─┼─ 1h ─┼─ ... ─┼── 1h ──┤─ 15 min ─┤           the close cuts a bar off
 *
 * Intraday bars are aligned to the session's open in local time; the session is [open, close). A
 * calendar without hours trades around the clock in UTC. Times are the feed's. */
#ifndef INDSUB_MARKET_CALENDAR_H
#define INDSUB_MARKET_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/protocol/timeframe.h"

struct calendar;

/* The exchanges whose hours the operator sets, by the names that instruments have for them. */
enum { EXCHANGES = 4 };
extern const char *const EXCHANGE_NAMES[EXCHANGES];
/* True for one of those, and for "", which stands for "not said". Any other one trades around the
 * clock. */
bool exchange_has_hours(const char *exchange);

/* From at_ms on, local time is offset_s ahead of UTC. */
struct zone_change {
    int64_t at_ms;
    int32_t offset_s;
};

enum { KOLKATA_OFFSET_S = 19800 };

/* Hours in minutes of the local day, open < close <= 1440. offset_s holds before the first change;
 * changes are by time and copied; holidays are days since 1970 and copied. */
struct calendar *calendar_new(int open_minute, int close_minute, int32_t offset_s,
                              const struct zone_change *changes, size_t n_changes,
                              const int64_t *holidays, size_t n_holidays);
/* 09:15 to 15:30 in Asia/Kolkata. */
struct calendar *calendar_new_default(void);
/* Around the clock in UTC. */
struct calendar *calendar_new_always(void);
void calendar_destroy(struct calendar **self);

/* The bar [start_ms, end_ms) that feed_ms belongs to. False outside the session, for an intraday
 * timeframe; a moment outside it belongs to the daily bar of its local date. A daily bar starts at
 * the session's open and ends at its close; a weekly one starts at Monday's open and ends as the
 * next Monday begins. */
bool calendar_bar_start(const struct calendar *self, enum timeframe timeframe, int64_t feed_ms,
                        int64_t *start_ms, int64_t *end_ms);

/* How many bars of an intraday timeframe a session has. */
size_t calendar_bars_a_day(const struct calendar *self, enum timeframe timeframe);

/* The local date as days since 1970. */
int64_t calendar_trading_day(const struct calendar *self, int64_t feed_ms);

/* How far local time is ahead of UTC at a moment. */
int32_t calendar_utc_offset_s(const struct calendar *self, int64_t feed_ms);

/* True if that date, as days since 1970, is no weekend or holiday. */
bool calendar_is_trading_day(const struct calendar *self, int64_t day);

/* True during a session that is no weekend or holiday. */
bool calendar_is_open(const struct calendar *self, int64_t ms);

/* When the first session after ms opens, skipping weekends and holidays; INT64_MAX if there is none
 * within a year. Around the clock, sessions open at midnight UTC. */
int64_t calendar_next_open(const struct calendar *self, int64_t ms);

#endif
