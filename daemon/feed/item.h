/* item - one item of a feed message: a tick, a bar or a clock, checked as far as it can be without
 * knowing the market. */
#ifndef INDSUB_FEED_ITEM_H
#define INDSUB_FEED_ITEM_H

#include <cjson/cJSON.h>

#include "common/protocol/tick.h"
#include "common/protocol/timeframe.h"
#include "daemon/market/market.h"

enum item_kind { ITEM_TICK, ITEM_BAR, ITEM_CLOCK };

struct item {
    enum item_kind kind;
    const char *symbol; /* borrowed from the JSON */
    enum timeframe timeframe;
    union {
        struct tick tick;
        struct bar bar;
        int64_t clock_ms;
    };
};

/* Reads an item. wall_ms is the present: a time far ahead of it is rejected, since it would close
 * every bar. Returns why the item is rejected, or REJECT_NONE. */
enum reject item_parse(const cJSON *json, int64_t wall_ms, struct item *item);

#endif
