#include "common/protocol/timeframe.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t ms;
} TIMEFRAMES[TIMEFRAME_COUNT] = {
#define X(identifier, name, ms) [TIMEFRAME_##identifier] = {name, ms},
    TIMEFRAME_MAP(X)
#undef X
};

enum timeframe timeframe_parse(const char *name)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } UNITS[] = {{"s", 1000},      {"sec", 1000},      {"m", 60000},    {"min", 60000},
                 {"h", 3600000},   {"hour", 3600000},  {"d", 86400000}, {"day", 86400000},
                 {"w", 604800000}, {"week", 604800000}};

    size_t digits = strspn(name, "0123456789");
    if (digits == 0 || digits > 4 || name[0] == '0')
        return TIMEFRAME_NONE;
    for (size_t u = 0; u < sizeof UNITS / sizeof *UNITS; u++) {
        if (strcmp(name + digits, UNITS[u].unit) != 0)
            continue;
        int64_t ms = atoi(name) * UNITS[u].ms;
        for (int i = 0; i < TIMEFRAME_COUNT; i++)
            if (TIMEFRAMES[i].ms == ms)
                return (enum timeframe)i;
    }
    return TIMEFRAME_NONE;
}

const char *timeframe_name(enum timeframe timeframe)
{
    return timeframe < TIMEFRAME_COUNT ? TIMEFRAMES[timeframe].name : "?";
}

int64_t timeframe_ms(enum timeframe timeframe)
{
    return timeframe < TIMEFRAME_COUNT ? TIMEFRAMES[timeframe].ms : 0;
}

bool timeframe_is_intraday(enum timeframe timeframe)
{
    return timeframe < TIMEFRAME_1D;
}
