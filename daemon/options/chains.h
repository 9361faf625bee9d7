/* chains - which options and futures hang on which underlying, by expiry and strike.
 *
 *      NIFTY50 ──┬── 2025-11-04 ──┬── future NIFTY25NOVFUT
 *                │                ├── 25500  call, put
 *                │                └── 25550  call, put
 *                └── 2025-11-11 ── ...
 *
 * Made of the instruments once. Every listing that has part in a chain points to its contract here.
 * What a contract was worth at a moment is read from its stored bars, so a bar of the past has the
 * same Greeks whenever it is asked for, and whoever watched. */
#ifndef INDSUB_OPTIONS_CHAINS_H
#define INDSUB_OPTIONS_CHAINS_H

#include "common/options/convention.h"
#include "daemon/market/instrument.h"
#include "daemon/market/market.h"

struct option_settings {
    const struct convention *convention;
    int64_t age_max_ms; /* a price older than that explains nothing; 0: of any age */
};

/* A listing's part in a chain, or the underlying itself. A future or an option that has no part
 * says why, and has no more than its own terms. */
struct contract {
    struct listing *listing;
    const struct option_settings *settings;
    struct expiry *expiry;         /* NULL of an underlying */
    struct underlying *underlying; /* NULL where it has no part */
    enum instrument_type type;
    double strike;       /* of an option, NAN where nobody says */
    int64_t expiry_day;  /* of a future or an option, INT64_MIN where nobody says */
    const char *why_not; /* it has no part, as a reason on the wire: "NO_UNDERLYING" (it is not
                            listed), "NO_TERMS" (no strike or expiry), "DUPLICATE" (another one has
                            its place); NULL of the others */
    /* Where its bar was found last, among the intraday ones, the seconds and the days. */
    size_t hint, seconds_hint, days_hint;
};

struct strike {
    double strike;
    struct contract *call, *put; /* NULL where it is not listed */
};

struct expiry {
    struct underlying *underlying;
    int64_t day, at_ms;      /* its date, as days since 1970, and moment */
    struct contract *future; /* NULL if none */
    struct strike *strikes;  /* ascending */
    size_t n_strikes, capacity;
    int64_t counted_day; /* trading days left, as counted on that day */
    double counted;
};

struct underlying {
    struct contract contract;
    struct expiry **expiries; /* by date */
    size_t n_expiries, capacity;
};

struct chains;

/* Ties the market's listings together; keeps settings and both others. */
struct chains *chains_new(const struct option_settings *settings, struct market *market,
                          const struct instruments *instruments);
void chains_destroy(struct chains **self);

/* Futures and options that have no part. */
size_t chains_n_left_out(const struct chains *self);
/* A listing of that name is there now: those that wait for it as their underlying get their part.
 */
void chains_tie(struct chains *self, struct market *market, const char *symbol);

/* The nearest expiry that is ahead at that moment, of those with options; NULL if there is none. */
struct expiry *underlying_nearest(const struct underlying *self, int64_t feed_ms);

/* The strike nearest to a price; NULL without any. */
const struct strike *expiry_strike_near(const struct expiry *self, double price);

/* The newest bar of a contract that had ended by a moment (INT64_MAX: the newest there is, forming
 * or not), or NULL. Within a minute it is one of a second; where there is nothing shorter, one of a
 * day. Borrowed until the next change. */
const struct bar *contract_bar_by(struct contract *self, int64_t end_ms);

/* When the first bar of a contract begins; INT64_MAX without any. */
int64_t contract_first_ms(const struct contract *self);

/* Trading days from a moment to the expiry; the running one counts for what is left of it. */
double expiry_trading_days(struct expiry *self, int64_t feed_ms);

#endif
