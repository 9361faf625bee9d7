#include "common/options/convention.h"

#include <math.h>
#include <string.h>

#include "common/base/feedtime.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct convention convention_presets[] = {
    {.name = "black76-365",
     .model = MODEL_BLACK76,
     .day_count = DAYS_SECONDS_365,
     .side = IV_SIDE_OWN},
    {.name = "kite",
     .model = MODEL_BLACK76,
     .day_count = DAYS_TRADING_252,
     .side = IV_SIDE_OUT_OF_THE_MONEY},
    {.name = "nse",
     .model = MODEL_BLACK_SCHOLES,
     .day_count = DAYS_CALENDAR_365,
     .side = IV_SIDE_OWN,
     .rate = 0.10},
};
const size_t convention_n_presets = COUNT(convention_presets);

const struct convention *convention_preset(const char *name)
{
    for (size_t i = 0; i < convention_n_presets; i++)
        if (strcmp(convention_presets[i].name, name) == 0)
            return &convention_presets[i];
    return NULL;
}

static const char *const day_count_names[] = {"seconds-365", "calendar-365", "trading-252"};
static const char *const iv_side_names[] = {"own", "out-of-the-money"};

const char *day_count_name(enum day_count value)
{
    return day_count_names[value];
}

const char *iv_side_name(enum iv_side value)
{
    return iv_side_names[value];
}

/* Its index, n if there is none. */
static size_t find(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(names[i], name) != 0)
        i++;
    return i;
}

bool day_count_from_name(const char *name, enum day_count *value)
{
    size_t i = find(day_count_names, COUNT(day_count_names), name);
    if (i < COUNT(day_count_names))
        *value = (enum day_count)i;
    return i < COUNT(day_count_names);
}

bool iv_side_from_name(const char *name, enum iv_side *value)
{
    size_t i = find(iv_side_names, COUNT(iv_side_names), name);
    if (i < COUNT(iv_side_names))
        *value = (enum iv_side)i;
    return i < COUNT(iv_side_names);
}

bool option_model_from_name(const char *name, enum option_model *value)
{
    const char *const names[] = {option_model_name(MODEL_BLACK76),
                                 option_model_name(MODEL_BLACK_SCHOLES)};
    size_t i = find(names, COUNT(names), name);
    if (i < COUNT(names))
        *value = (enum option_model)i;
    return i < COUNT(names);
}

static int64_t date_of(int64_t feed_ms, int32_t utc_offset_s)
{
    int64_t local = feed_ms + (int64_t)utc_offset_s * 1000;
    int64_t day = local / FEEDTIME_DAY_MS;
    return local % FEEDTIME_DAY_MS < 0 ? day - 1 : day;
}

double convention_years(const struct convention *self, const struct time_left *left)
{
    if (left->expiry_ms <= left->feed_ms)
        return 0;
    if (self->day_count == DAYS_TRADING_252)
        return left->trading_days > 0 ? left->trading_days / 252 : 0;
    int64_t days =
        date_of(left->expiry_ms, left->utc_offset_s) - date_of(left->feed_ms, left->utc_offset_s);
    if (self->day_count == DAYS_CALENDAR_365 && days > 0)
        return (double)days / 365;
    return (double)(left->expiry_ms - left->feed_ms) / (365.0 * FEEDTIME_DAY_MS);
}

static struct option_terms terms_of(const struct convention *self,
                                    const struct strike_market *market, bool is_call)
{
    return (struct option_terms){.model = self->model,
                                 .is_call = is_call,
                                 .underlying =
                                     self->model == MODEL_BLACK76 ? market->forward : market->spot,
                                 .strike = market->strike,
                                 .t_years = market->t_years,
                                 .rate = self->rate,
                                 .dividend_yield = self->dividend_yield};
}

static void imply(const struct option_terms *terms, struct valuation *self)
{
    self->iv = option_implied_volatility(terms, self->price, &self->fault);
}

/* Where from has a volatility, it is that of to as well. */
static bool share(const struct valuation *from, struct valuation *to)
{
    if (from->fault != IV_OK)
        return false;
    to->fault = IV_OK;
    to->iv = from->iv;
    return true;
}

void convention_value(const struct convention *self, const struct strike_market *market,
                      struct valuation *call, struct valuation *put)
{
    struct option_terms on_call = terms_of(self, market, true),
                        on_put = terms_of(self, market, false);
    bool call_is_out = market->strike >= option_forward(&on_call);
    struct valuation *out = call_is_out ? call : put, *in = call_is_out ? put : call;
    call->price = market->call_price;
    put->price = market->put_price;
    imply(call_is_out ? &on_call : &on_put, out);
    if (self->side == IV_SIDE_OWN || !share(out, in)) {
        imply(call_is_out ? &on_put : &on_call, in);
        if (self->side == IV_SIDE_OUT_OF_THE_MONEY)
            share(in, out);
    }
    call->greeks = option_greeks(&on_call, call->iv);
    put->greeks = option_greeks(&on_put, put->iv);
}
