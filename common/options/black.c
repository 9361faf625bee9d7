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

/* Undiscounted: the value out of the money, and for the side in the money what exercise is worth.
 */
static double value_of(const struct parts *p)
{
    double intrinsic = fmax(p->sign * (p->forward - p->strike), 0);
    if (p->deviation == 0)
        return intrinsic;
    return intrinsic +
           lognormal_value(fmin(p->forward, p->strike), fmax(p->forward, p->strike), p->deviation);
}

double option_price(const struct option_terms *terms, double volatility)
{
    struct parts p;
    return make_parts(terms, volatility, &p) ? p.discount * value_of(&p) : NAN;
}

/* N(sign d1), N(sign d2) and n(d1). */
struct normals {
    double n1, n2, density;
};

static struct normals normals_of(const struct parts *p)
{
    if (p->deviation == 0) {
        double in = p->sign * (p->forward - p->strike), n = in > 0 ? 1 : in < 0 ? 0 : 0.5;
        return (struct normals){n, n, 0};
    }
    double middle = lognormal_log_ratio(p->strike, p->forward) / p->deviation;
    double d1 = middle + p->deviation / 2, d2 = middle - p->deviation / 2;
    return (struct normals){normal_cdf(p->sign * d1), normal_cdf(p->sign * d2),
                            INV_SQRT_TWO_PI * exp(-0.5 * d1 * d1)};
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
    struct normals normals = normals_of(&p);
    bool is_spot = terms->model == MODEL_BLACK_SCHOLES;
    double price = p.discount * value_of(&p);
    double strike_part = p.sign * p.discount * p.strike * normals.n2;
    double delta = p.sign * p.discount * (p.forward / terms->underlying) * normals.n1;
    double vega = p.discount * p.forward * normals.density * sqrt(p.t);
    double gamma = 0, theta = 0;
    if (p.deviation > 0) {
        gamma = vega / p.deviation / sqrt(p.t) / terms->underlying / terms->underlying;
        theta = -0.5 * vega * volatility / p.t;
    }
    theta += is_spot ? terms->dividend_yield * terms->underlying * delta - terms->rate * strike_part
                     : terms->rate * price;
    return (struct greeks){.price = price,
                           .delta = delta,
                           .gamma = held_finite(gamma),
                           .theta = held_finite(theta / DAYS_A_YEAR),
                           .vega = held_finite(vega * 0.01),
                           .rho = held_finite((is_spot ? strike_part : -price) * p.t * 0.01)};
}
