#include "daemon/config/pricing.h"

#include <math.h>
#include <stdlib.h>

static bool read_fraction(const char *text, double *value)
{
    char *rest;
    *value = strtod(text, &rest);
    return *text && !*rest && isfinite(*value) && fabs(*value) < 10;
}

const char *pricing_misses(enum setting_type type, const char *value)
{
    struct convention any;
    if (type == SETTING_CONVENTION)
        return convention_preset(value) ? NULL : "black76-365, kite or nse";
    if (*value == '\0')
        return NULL;
    if (type == SETTING_MODEL && !option_model_from_name(value, &any.model))
        return "black76 or black_scholes";
    if (type == SETTING_DAY_COUNT && !day_count_from_name(value, &any.day_count))
        return "seconds-365, calendar-365 or trading-252";
    if (type == SETTING_SIDE && !iv_side_from_name(value, &any.side))
        return "own or out-of-the-money";
    if (type == SETTING_FRACTION && !read_fraction(value, &any.rate))
        return "a fraction such as 0.065";
    return NULL;
}

struct convention pricing_convention(const struct config *config)
{
    struct convention made = *convention_preset(config->convention);
    bool is_custom = false;
    is_custom |= option_model_from_name(config->option_model, &made.model);
    is_custom |= day_count_from_name(config->day_count, &made.day_count);
    is_custom |= iv_side_from_name(config->iv_side, &made.side);
    is_custom |= *config->rate && read_fraction(config->rate, &made.rate);
    is_custom |=
        *config->dividend_yield && read_fraction(config->dividend_yield, &made.dividend_yield);
    if (is_custom)
        made.name = "custom";
    return made;
}
