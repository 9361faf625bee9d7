/* timeframe - the lengths of bars and their names. Where a bar starts is the calendar's business.
 */
#ifndef INDSUB_PROTOCOL_TIMEFRAME_H
#define INDSUB_PROTOCOL_TIMEFRAME_H

#include <stdbool.h>
#include <stdint.h>

/* X(identifier, name, milliseconds), shortest first */
#define TIMEFRAME_MAP(X)       \
    X(1S, "1s", 1000)          \
    X(5S, "5s", 5000)          \
    X(10S, "10s", 10000)       \
    X(15S, "15s", 15000)       \
    X(30S, "30s", 30000)       \
    X(1MIN, "1min", 60000)     \
    X(2MIN, "2min", 120000)    \
    X(3MIN, "3min", 180000)    \
    X(5MIN, "5min", 300000)    \
    X(10MIN, "10min", 600000)  \
    X(15MIN, "15min", 900000)  \
    X(30MIN, "30min", 1800000) \
    X(1H, "1h", 3600000)       \
    X(2H, "2h", 7200000)       \
    X(4H, "4h", 14400000)      \
    X(1D, "1d", 86400000)      \
    X(1W, "1w", 604800000)

/* All names, each behind a blank: " 1s 5s ..." */
#define TIMEFRAME_NAME_BEHIND_BLANK(identifier, name, ms) " " name
#define TIMEFRAME_NAMES                                   TIMEFRAME_MAP(TIMEFRAME_NAME_BEHIND_BLANK)

enum timeframe {
#define X(identifier, name, ms) TIMEFRAME_##identifier,
    TIMEFRAME_MAP(X)
#undef X
        TIMEFRAME_COUNT,
    TIMEFRAME_NONE = TIMEFRAME_COUNT
};

/* TIMEFRAME_NONE where the name means nothing. Reads every name of the list, and the usual other
 * spellings of a length on it ("5m", "60min", "300s", "1hour"). */
enum timeframe timeframe_parse(const char *name);
const char *timeframe_name(enum timeframe timeframe);
int64_t timeframe_ms(enum timeframe timeframe);
/* Shorter than a day: aligned to the session, and cut off by its close. */
bool timeframe_is_intraday(enum timeframe timeframe);

#endif
