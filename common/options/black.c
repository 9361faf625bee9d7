#include "common/options/black.h"

#include <math.h>

#define SQRT_HALF       0.70710678118654752440
#define INV_SQRT_TWO_PI 0.39894228040143267794
#define DAYS_A_YEAR     365.0

const char *option_model_name(enum option_model model)
{
    return model == MODEL_BLACK76 ? "black76" : "black_scholes";
}

double option_discount(const struct option_terms *terms)
{
    return exp(-terms->rate * fmax(terms->t_years, 0));
}

double option_forward(const struct option_terms *terms)
{
    if (terms->model == MODEL_BLACK76)
        return terms->underlying;
    return terms->underlying * exp((terms->rate - terms->dividend_yield) * fmax(terms->t_years, 0));
}

static bool terms_are_sound(const struct option_terms *terms, double volatility)
{
    return terms->underlying > 0 && terms->strike > 0 && isfinite(option_forward(terms)) &&
           isfinite(terms->strike) && isfinite(terms->t_years) && isfinite(volatility) &&
           isfinite(option_discount(terms));
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x * SQRT_HALF);
}

/* What the formulas of both models are made of. For a put all is mirrored by sign. */
struct parts {
    double sign;              /* 1: call, -1: put */
    double forward, discount; /* to expiry */
    double carry;             /* forward = underlying * carry */
    double density;           /* of d1 */
    double n1, n2;            /* N(sign d1), N(sign d2) */
    double deviation;         /* volatility * sqrt(t) */
};

static struct parts parts_of(const struct option_terms *terms, double volatility)
{
    double t = fmax(terms->t_years, 0), forward = option_forward(terms);
    struct parts p = {.sign = terms->is_call ? 1 : -1,
                      .forward = forward,
                      .discount = option_discount(terms),
                      .carry = forward / terms->underlying,
                      .deviation = fmax(volatility, 0) * sqrt(t)};
    if (p.deviation == 0) {
        double in = p.sign * (forward - terms->strike);
        p.n1 = p.n2 = in > 0 ? 1 : in < 0 ? 0 : 0.5;
        return p;
    }
    double moneyness = log1p((forward - terms->strike) / terms->strike) / p.deviation;
    double d1 = moneyness + p.deviation / 2, d2 = moneyness - p.deviation / 2;
    p.density = INV_SQRT_TWO_PI * exp(-0.5 * d1 * d1);
    p.n1 = normal_cdf(p.sign * d1);
    p.n2 = normal_cdf(p.sign * d2);
    return p;
}

static double price_of(const struct option_terms *terms, const struct parts *p)
{
    double value = p->sign * (p->forward * p->n1 - terms->strike * p->n2);
    return p->discount * fmax(value, 0);
}

double option_price(const struct option_terms *terms, double volatility)
{
    if (!terms_are_sound(terms, volatility))
        return NAN;
    struct parts p = parts_of(terms, volatility);
    return price_of(terms, &p);
}

struct greeks option_greeks(const struct option_terms *terms, double volatility)
{
    if (!terms_are_sound(terms, volatility))
        return (struct greeks){NAN, NAN, NAN, NAN, NAN, NAN};
    struct parts p = parts_of(terms, volatility);
    bool is_spot = terms->model == MODEL_BLACK_SCHOLES;
    double t = fmax(terms->t_years, 0), price = price_of(terms, &p);
    double paid = p.discount * terms->strike * p.sign * p.n2;
    double vega = t > 0 ? p.discount * p.forward * p.density * sqrt(t) : 0;
    double decay = t > 0 ? 0.5 * vega * volatility / t : 0;
    double theta = terms->rate * price - decay;
    if (is_spot)
        theta = terms->dividend_yield * p.discount * p.forward * p.sign * p.n1 -
                terms->rate * paid - decay;
    double per_forward = p.discount * p.carry;
    double gamma =
        p.deviation > 0 ? per_forward * p.carry * p.density / (p.forward * p.deviation) : 0;
    return (struct greeks){.price = price,
                           .delta = per_forward * p.sign * p.n1,
                           .gamma = gamma,
                           .theta = theta / DAYS_A_YEAR,
                           .vega = vega * 0.01,
                           .rho = (is_spot ? paid : -price) * t * 0.01};
}
