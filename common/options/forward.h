/* forward - where the underlying is expected at expiry: from a future of that expiry, else from
 * put-call parity around the money, else the spot carried at rate and dividend yield. */
#ifndef INDSUB_OPTIONS_FORWARD_H
#define INDSUB_OPTIONS_FORWARD_H

#include <stddef.h>
#include <stdint.h>

enum forward_from { FORWARD_NONE, FORWARD_FUTURE, FORWARD_PARITY, FORWARD_CARRY };

/* On the wire: "none", "future", "parity", "carry". */
const char *forward_from_name(enum forward_from from);

/* One side's market: what is missing is NAN. */
struct option_quote {
    double bid, ask, last;
    int64_t feed_ms; /* of the newest of them */
};

/* The middle of bid and ask where both are there and not crossed (a locked market is not crossed),
 * else the last price; NAN where neither is above 0, or bid and ask are crossed. */
double option_quote_price(const struct option_quote *quote);

/* A strike's two sides. */
struct strike_quotes {
    double strike;
    struct option_quote call, put;
};

struct forward_inputs {
    double future; /* price of the future of the same expiry; NAN if it does not trade */
    double spot;   /* NAN if none */
    double t_years, rate, dividend_yield;
    const struct strike_quotes *strikes; /* ascending, each once; borrowed */
    size_t n_strikes;
    int64_t feed_ms;    /* now */
    int64_t age_max_ms; /* quotes older than that take no part; 0: of any age */
};

struct forward {
    double value; /* NAN with FORWARD_NONE */
    enum forward_from from;
    size_t n_strikes; /* that parity rests on, else 0 */
};

/* The best of the three that there is. */
struct forward forward_choose(const struct forward_inputs *in);

/* From put-call parity alone (Stoll 1969, The relationship between put and call option prices, J.
 * Finance 24, pp. 801-824): F = K + (C - P) exp(rate t_years), the median of the strikes nearest to
 * the money that have both sides. FORWARD_NONE if there is none. */
struct forward forward_from_parity(const struct forward_inputs *in);

/* spot exp((rate - dividend_yield) t_years); NAN where spot is not above 0. */
double forward_from_carry(double spot, double t_years, double rate, double dividend_yield);

#endif
