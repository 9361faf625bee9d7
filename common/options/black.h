/* black - what a European option is worth and how its worth moves: Black-76 on a forward,
 * Black-Scholes-Merton on a spot.
 *
 * Black 1976, The pricing of commodity contracts, J. Financial Economics 3, pp. 167-179; Black and
 * Scholes 1973, The pricing of options and corporate liabilities, J. Political Economy 81, pp.
 * 637-654; Merton 1973, Theory of rational option pricing, Bell J. Economics 4, pp. 141-183. */
#ifndef INDSUB_OPTIONS_BLACK_H
#define INDSUB_OPTIONS_BLACK_H

#include <stdbool.h>

enum option_model {
    MODEL_BLACK76,       /* underlying is the forward to expiry */
    MODEL_BLACK_SCHOLES, /* underlying is the spot */
};

/* On the wire: "black76", "black_scholes". */
const char *option_model_name(enum option_model model);

struct option_terms {
    enum option_model model;
    bool is_call;
    double underlying;     /* forward or spot, above 0 */
    double strike;         /* above 0 */
    double t_years;        /* to expiry, as the convention counts them */
    double rate;           /* continuous, a fraction; of any sign */
    double dividend_yield; /* continuous, a fraction; only Black-Scholes reads it */
};

/* As ISP/1 gives them: scaled here and nowhere else. */
struct greeks {
    double price; /* discounted, of the model */
    double delta; /* per 1 of the underlying: of the forward with Black-76 */
    double gamma; /* of delta, per 1 of the underlying */
    double theta; /* per calendar day (a year's share over 365 in every convention), the underlying,
                     forward or spot, held still */
    double vega;  /* per 1 volatility point (0.01) */
    double rho;   /* per 1 % of rate, the underlying, forward or spot, held still */
};

/* The value today. With no time or no volatility left, what is certain: the discounted intrinsic
 * value. NAN where underlying or strike is not above 0, or anything is not finite. */
double option_price(const struct option_terms *terms, double volatility);

/* The value and the Greeks. With no time or no volatility left delta is that of the exercised or
 * the worthless option (half way at the money), gamma and vega are 0. Finite for all terms for
 * which the price is, except that a Greek may be 0 where it is too small for a double. All NAN
 * where the price is. */
struct greeks option_greeks(const struct option_terms *terms, double volatility);

/* exp(-rate t_years): what 1 at expiry is worth today. */
double option_discount(const struct option_terms *terms);

/* The forward to expiry: the underlying itself with Black-76, else carried at rate less dividend
 * yield. */
double option_forward(const struct option_terms *terms);

#endif
