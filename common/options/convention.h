/* convention - what an implied volatility is said to mean: model, day count, rate, and whose price
 * it is taken from. There is no one convention in India; each message names its own. */
#ifndef INDSUB_OPTIONS_CONVENTION_H
#define INDSUB_OPTIONS_CONVENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options/black.h"
#include "common/options/implied_volatility.h"

enum day_count {
    DAYS_SECONDS_365,  /* the time that is left over 365 days of 24 hours */
    DAYS_CALENDAR_365, /* whole days from date to date over 365; on the last day, of which none is
                          left, as DAYS_SECONDS_365 */
    DAYS_TRADING_252,  /* trading days that are left, as the calendar counts them, over 252 */
};

enum iv_side {
    IV_SIDE_OWN,              /* call and put each from their own price */
    IV_SIDE_OUT_OF_THE_MONEY, /* one volatility a strike, from the side that is out of the money */
};

struct convention {
    const char *name; /* on the wire; keeps */
    enum option_model model;
    enum day_count day_count;
    enum iv_side side;
    double rate;           /* continuous, a fraction */
    double dividend_yield; /* the same */
};

/* The presets "black76-365" (the default: [0]), "kite" and "nse". */
extern const struct convention convention_presets[];
extern const size_t convention_n_presets;

/* A preset by name, NULL if there is none. */
const struct convention *convention_preset(const char *name);

/* Names as in configuration: "seconds-365", "calendar-365", "trading-252"; "own",
 * "out-of-the-money"; the models' as on the wire. False, *value untouched, if it is none. */
bool day_count_from_name(const char *name, enum day_count *value);
bool iv_side_from_name(const char *name, enum iv_side *value);
bool option_model_from_name(const char *name, enum option_model *value);
const char *day_count_name(enum day_count value);
const char *iv_side_name(enum iv_side value);

/* The time to an expiry as the market's calendar gives it. */
struct time_left {
    int64_t feed_ms, expiry_ms;
    int32_t utc_offset_s; /* of the exchange, for whole days */
    double trading_days;  /* left, a part of a day counts as such; only DAYS_TRADING_252 reads it */
};

/* Years to expiry; 0 where the expiry is not ahead. */
double convention_years(const struct convention *self, const struct time_left *left);

/* The market of one strike. */
struct strike_market {
    double spot, forward; /* NAN if not known: of the two only the model's is read */
    double strike, t_years;
    double call_price, put_price; /* NAN where missing */
};

struct valuation {
    enum iv_fault fault;  /* IV_OK: iv and Greeks are finite */
    double price;         /* the market's own, NAN where missing */
    double iv;            /* a fraction; NAN on a fault, and so the Greeks */
    struct greeks greeks; /* at that volatility; greeks.price is the model's */
};

/* Call and put of a strike by the convention. With one volatility a strike, where the side out of
 * the money has none the other side's is taken; where neither has one, each says why. At the
 * money, where strike and forward are equal, the call counts as out of it. */
void convention_value(const struct convention *self, const struct strike_market *market,
                      struct valuation *call, struct valuation *put);

#endif
