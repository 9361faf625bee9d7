#include "common/options/black.h"

#include <float.h>
#include <math.h>

#include "common/options/lognormal.h"
#include "common/options/normal.h"

#define DAYS_A_YEAR 365.0

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

/* What price and Greeks are made of. */
struct parts {
    double t, forward, discount, strike;
    double sign;      /* 1: call, -1: put */
    double deviation; /* volatility times the root of t */
};

/* False if there is no price. */
static bool make_parts(const struct option_terms *terms, double volatility, struct parts *p)
{
    p->t = fmax(terms->t_years, 0);
    p->forward = option_forward(terms);
    p->discount = option_discount(terms);
    p->strike = terms->strike;
    p->sign = terms->is_call ? 1 : -1;
    p->deviation = fmax(volatility, 0) * sqrt(p->t);
    return terms->underlying > 0 && p->forward > 0 && isfinite(p->forward) && p->strike > 0 &&
           isfinite(p->strike) && isfinite(terms->t_years) && isfinite(volatility) &&
           isfinite(p->discount) && isfinite(p->deviation);
}

/* Undiscounted, and for a volatility and a time above 0. */
struct values {
    double price, n1, n2; /* N(sign d1), N(sign d2) */
    double density;       /* n(d1) */
};

/* What the option that is out of the money is worth gives the other, and its probabilities. */
static struct values values_of(const struct parts *p)
{
    double lo = fmin(p->forward, p->strike), hi = fmax(p->forward, p->strike);
    struct lognormal at = lognormal_at(lognormal_log_ratio(lo, hi), p->deviation);
    bool call_is_out = p->forward <= p->strike;
    double nearer = at.beyond_a, farther = at.beyond_b * (lo / hi);
    struct values out = {.price = lo * at.value,
                         .n1 = call_is_out ? nearer : farther,
                         .n2 = call_is_out ? farther : nearer,
                         .density = call_is_out ? at.density : at.density * (lo / hi)};
    if (call_is_out == (p->sign > 0))
        return out;
    return (struct values){hi - lo + out.price, 1 - out.n1, 1 - out.n2, out.density};
}

/* With no time or no volatility left. */
static struct values certain_values_of(const struct parts *p)
{
    double in = p->sign * (p->forward - p->strike), n = in > 0 ? 1 : in < 0 ? 0 : 0.5;
    return (struct values){fmax(in, 0), n, n, 0};
}

double option_price(const struct option_terms *terms, double volatility)
{
    struct parts p;
    if (!make_parts(terms, volatility, &p))
        return NAN;
    return p.discount * (p.deviation > 0 ? values_of(&p) : certain_values_of(&p)).price;
}

static double held_finite(double x)
{
    return fmax(-DBL_MAX, fmin(x, DBL_MAX));
}

struct greeks option_greeks(const struct option_terms *terms, double volatility)
{
    struct parts p;
    if (!make_parts(terms, volatility, &p))
        return (struct greeks){NAN, NAN, NAN, NAN, NAN, NAN};
    struct values values = p.deviation > 0 ? values_of(&p) : certain_values_of(&p);
    bool is_spot = terms->model == MODEL_BLACK_SCHOLES;
    double price = p.discount * values.price, root = sqrt(p.t);
    double strike_part = p.sign * p.discount * p.strike * values.n2;
    double per_forward = p.discount * (p.forward / terms->underlying);
    double delta = p.sign * per_forward * values.n1;
    double vega = p.discount * p.forward * values.density, gamma = 0, theta = 0;
    if (p.deviation > 0) {
        gamma = per_forward * values.density / p.deviation / terms->underlying;
        theta = -0.5 * vega * volatility / root;
    }
    theta += is_spot ? terms->dividend_yield * terms->underlying * delta - terms->rate * strike_part
                     : terms->rate * price;
    return (struct greeks){.price = price,
                           .delta = delta,
                           .gamma = held_finite(gamma),
                           .theta = held_finite(theta / DAYS_A_YEAR),
                           .vega = held_finite(vega * root * 0.01),
                           .rho = held_finite((is_spot ? strike_part : -price) * p.t * 0.01)};
}
