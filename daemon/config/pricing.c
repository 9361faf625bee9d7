#include "daemon/config/pricing.h"

#include <math.h>
#include <stdlib.h>

static bool read_fraction(const char *text, double *value)
{
    char *rest;
    *value = strtod(text, &rest);
    return *text && !*rest && isfinite(*value) && fabs(*value) < 10;
}

enum err_code pricing_read(const struct config *config, struct convention *convention,
                           struct err *err)
{
    const struct convention *preset = convention_preset(config->convention);
    if (!preset)
        return err_set(err, ERR_BAD_REQUEST,
                       "options/convention = %.60s: it is one of black76-365, kite, nse",
                       config->convention);
    struct convention made = *preset;
    if (*config->option_model && !option_model_from_name(config->option_model, &made.model))
        return err_set(err, ERR_BAD_REQUEST,
                       "options/model = %.60s: it is black76 or black_scholes",
                       config->option_model);
    if (*config->day_count && !day_count_from_name(config->day_count, &made.day_count))
        return err_set(err, ERR_BAD_REQUEST,
                       "options/day_count = %.60s: it is seconds-365, calendar-365 or trading-252",
                       config->day_count);
    if (*config->iv_side && !iv_side_from_name(config->iv_side, &made.side))
        return err_set(err, ERR_BAD_REQUEST, "options/side = %.60s: it is own or out-of-the-money",
                       config->iv_side);
    if (*config->rate && !read_fraction(config->rate, &made.rate))
        return err_set(err, ERR_BAD_REQUEST, "options/rate = %.60s: a fraction such as 0.065",
                       config->rate);
    if (*config->dividend_yield && !read_fraction(config->dividend_yield, &made.dividend_yield))
        return err_set(err, ERR_BAD_REQUEST,
                       "options/dividend_yield = %.60s: a fraction such as 0.01",
                       config->dividend_yield);
    if (*config->option_model || *config->day_count || *config->iv_side || *config->rate ||
        *config->dividend_yield)
        made.name = "custom";
    *convention = made;
    return ERR_OK;
}
