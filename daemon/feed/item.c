#include "daemon/feed/item.h"

#include <string.h>

#include "common/base/feedtime.h"

#define OLDEST_MS \
    INT64_C(946684800000) /* 2000-01-01: earlier times come from clocks that were never set */

struct member {
    const char *name;
    double *number;     /* where its number goes; or */
    const cJSON **json; /* where the member itself goes, whatever it is */
};

/* Puts each member where its row says. False if there is a member without a row, or one that should
 * be a number and is none. */
static bool read_members(const cJSON *json, const struct member *members, size_t n)
{
    for (const cJSON *one = json->child; one; one = one->next) {
        size_t i = 0;
        while (i < n && strcmp(members[i].name, one->string) != 0)
            i++;
        if (i == n)
            return false;
        if (members[i].json)
            *members[i].json = one;
        else if (cJSON_IsNumber(one))
            *members[i].number = one->valuedouble;
        else if (!cJSON_IsNull(one))
            return false;
    }
    return true;
}

static bool read_time(const cJSON *json, int64_t wall_ms, int64_t *ms)
{
    if (cJSON_IsNumber(json) && json->valuedouble == floor(json->valuedouble) &&
        fabs(json->valuedouble) < 9e15)
        *ms = (int64_t)json->valuedouble;
    else if (!cJSON_IsString(json) || !feedtime_parse(json->valuestring, ms))
        return false;
    return *ms >= OLDEST_MS && *ms <= wall_ms + FEEDTIME_DAY_MS;
}

static bool is_negative(double value)
{
    return !isnan(value) && value < 0;
}

static enum reject check_tick(const struct tick *tick)
{
    if (!(tick->price > 0))
        return REJECT_BAD_PRICE;
    if (is_negative(tick->quantity) || is_negative(tick->cumulative) || is_negative(tick->oi))
        return REJECT_BAD_VOLUME;
    return is_negative(tick->bid) || is_negative(tick->ask) ? REJECT_BAD_PRICE : REJECT_NONE;
}

static enum reject check_bar(const struct bar *bar)
{
    if (!(bar->open > 0) || !(bar->high > 0) || !(bar->low > 0) || !(bar->close > 0))
        return REJECT_BAD_PRICE;
    if (is_negative(bar->volume) || is_negative(bar->oi))
        return REJECT_BAD_VOLUME;
    return bar->low <= bar->open && bar->low <= bar->close && bar->open <= bar->high &&
                   bar->close <= bar->high
               ? REJECT_NONE
               : REJECT_BAD_BAR;
}

static enum reject parse_tick(const cJSON *json, int64_t wall_ms, struct item *item)
{
    const cJSON *symbol = NULL, *time = NULL;
    struct tick *tick = &item->tick;
    *tick = (struct tick){0, NAN, NAN, NAN, NAN, NAN, NAN};
    const struct member members[] = {{"s", NULL, &symbol},      {"t", NULL, &time},
                                     {"p", &tick->price, NULL}, {"v", &tick->quantity, NULL},
                                     {"oi", &tick->oi, NULL},   {"cv", &tick->cumulative, NULL},
                                     {"b", &tick->bid, NULL},   {"a", &tick->ask, NULL}};
    if (!read_members(json, members, sizeof members / sizeof *members))
        return REJECT_MALFORMED;
    if (!cJSON_IsString(symbol))
        return REJECT_BAD_SYMBOL;
    item->symbol = symbol->valuestring;
    if (!read_time(time, wall_ms, &tick->feed_ms))
        return REJECT_BAD_TIME;
    return check_tick(tick);
}

static enum reject parse_bar(const cJSON *json, int64_t wall_ms, struct item *item)
{
    const cJSON *symbol = NULL, *time = NULL, *timeframe = NULL;
    struct bar *bar = &item->bar;
    *bar = (struct bar){0, 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    const struct member members[] = {
        {"s", NULL, &symbol},     {"t", NULL, &time},        {"tf", NULL, &timeframe},
        {"o", &bar->open, NULL},  {"h", &bar->high, NULL},   {"l", &bar->low, NULL},
        {"c", &bar->close, NULL}, {"v", &bar->volume, NULL}, {"oi", &bar->oi, NULL}};
    if (!read_members(json, members, sizeof members / sizeof *members))
        return REJECT_MALFORMED;
    if (!cJSON_IsString(symbol))
        return REJECT_BAD_SYMBOL;
    item->symbol = symbol->valuestring;
    item->timeframe =
        cJSON_IsString(timeframe) ? timeframe_parse(timeframe->valuestring) : TIMEFRAME_NONE;
    if (item->timeframe == TIMEFRAME_NONE)
        return REJECT_UNKNOWN_TIMEFRAME;
    if (!read_time(time, wall_ms, &bar->start_ms))
        return REJECT_BAD_TIME;
    bar->last_ms = bar->start_ms;
    if (isnan(bar->volume))
        bar->volume = 0;
    return check_bar(bar);
}

enum reject item_parse(const cJSON *json, int64_t wall_ms, struct item *item)
{
    if (!cJSON_IsObject(json) || !json->child)
        return REJECT_MALFORMED;
    if (cJSON_HasObjectItem(json, "clock")) {
        item->kind = ITEM_CLOCK;
        if (json->child->next)
            return REJECT_MALFORMED;
        return read_time(json->child, wall_ms, &item->clock_ms) ? REJECT_NONE : REJECT_BAD_TIME;
    }
    item->kind = cJSON_HasObjectItem(json, "tf") ? ITEM_BAR : ITEM_TICK;
    return item->kind == ITEM_BAR ? parse_bar(json, wall_ms, item)
                                  : parse_tick(json, wall_ms, item);
}
