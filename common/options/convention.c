#include "common/options/convention.h"

#include <math.h>
#include <string.h>

#include "common/base/feedtime.h"

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
const size_t convention_n_presets = sizeof convention_presets / sizeof *convention_presets;

const struct convention *convention_preset(const char *name)
{
    for (size_t i = 0; i < convention_n_presets; i++)
        if (strcmp(convention_presets[i].name, name) == 0)
            return &convention_presets[i];
    return NULL;
}

const char *day_count_name(enum day_count value)
{
    static const char *const names[] = {"seconds-365", "calendar-365", "trading-252"};
    return names[value];
}

const char *iv_side_name(enum iv_side value)
{
    return value == IV_SIDE_OWN ? "own" : "out-of-the-money";
}

bool day_count_from_name(const char *name, enum day_count *value)
{
    for (enum day_count one = DAYS_SECONDS_365; one <= DAYS_TRADING_252; one++)
        if (strcmp(day_count_name(one), name) == 0) {
            *value = one;
            return true;
        }
    return false;
}

bool iv_side_from_name(const char *name, enum iv_side *value)
{
    for (enum iv_side one = IV_SIDE_OWN; one <= IV_SIDE_OUT_OF_THE_MONEY; one++)
        if (strcmp(iv_side_name(one), name) == 0) {
            *value = one;
            return true;
        }
    return false;
}

bool option_model_from_name(const char *name, enum option_model *value)
{
    for (enum option_model one = MODEL_BLACK76; one <= MODEL_BLACK_SCHOLES; one++)
        if (strcmp(option_model_name(one), name) == 0) {
            *value = one;
            return true;
        }
    return false;
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
    switch (self->day_count) {
    case DAYS_TRADING_252:
        return left->trading_days > 0 ? left->trading_days / 252 : 0;
    case DAYS_CALENDAR_365:
        return (double)(date_of(left->expiry_ms, left->utc_offset_s) -
                        date_of(left->feed_ms, left->utc_offset_s)) /
               365;
    default:
        return (double)(left->expiry_ms - left->feed_ms) / (365.0 * FEEDTIME_DAY_MS);
    }
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

static struct valuation volatility_of(const struct option_terms *terms, double price)
{
    struct valuation own = {.price = price};
    own.iv = option_implied_volatility(terms, price, &own.fault);
    return own;
}

/* Gives the one volatility of a strike to the side that does not make it. */
static void share_volatility(struct valuation *from, struct valuation *to)
{
    to->fault = from->fault;
    to->iv = from->iv;
}

void convention_value(const struct convention *self, const struct strike_market *market,
                      struct valuation *call, struct valuation *put)
{
    struct option_terms on_call = terms_of(self, market, true),
                        on_put = terms_of(self, market, false);
    *call = volatility_of(&on_call, market->call_price);
    *put = volatility_of(&on_put, market->put_price);
    if (self->side == IV_SIDE_OUT_OF_THE_MONEY) {
        bool call_is_out = market->strike >= option_forward(&on_call);
        struct valuation *out = call_is_out ? call : put, *in = call_is_out ? put : call;
        if (out->fault == IV_OK || in->fault != IV_OK)
            share_volatility(out, in);
        else
            share_volatility(in, out);
    }
    call->greeks = option_greeks(&on_call, call->iv);
    put->greeks = option_greeks(&on_put, put->iv);
}
