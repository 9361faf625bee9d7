#include "common/options/forward.h"

#include <math.h>
#include <stdbool.h>

enum { AROUND_MAX = 7 };

const char *forward_from_name(enum forward_from from)
{
    static const char *const names[] = {"none", "future", "parity", "carry"};
    return names[from];
}

double option_quote_price(const struct option_quote *quote)
{
    if (quote->bid > 0 && quote->ask > 0 && isfinite(quote->ask))
        return quote->bid <= quote->ask ? quote->bid / 2 + quote->ask / 2 : NAN;
    return quote->last > 0 && isfinite(quote->last) ? quote->last : NAN;
}

double forward_from_carry(double spot, double t_years, double rate, double dividend_yield)
{
    double forward = spot * exp((rate - dividend_yield) * fmax(t_years, 0));
    return forward > 0 && isfinite(forward) ? forward : NAN;
}

static double fresh_price(const struct forward_inputs *in, const struct option_quote *quote)
{
    if (in->age_max_ms > 0 && in->feed_ms - quote->feed_ms > in->age_max_ms)
        return NAN;
    return option_quote_price(quote);
}

/* One strike's estimate; NAN where a side is missing. */
static double parity(const struct forward_inputs *in, const struct strike_quotes *at)
{
    double forward = at->strike + (fresh_price(in, &at->call) - fresh_price(in, &at->put)) *
                                      exp(in->rate * fmax(in->t_years, 0));
    return forward > 0 && isfinite(forward) ? forward : NAN;
}

/* Sorts a few by insertion; the middle one, or the mean of the two. */
static double median(double *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double value = values[i];
        size_t k = i;
        for (; k > 0 && values[k - 1] > value; k--)
            values[k] = values[k - 1];
        values[k] = value;
    }
    return n % 2 ? values[n / 2] : values[n / 2 - 1] / 2 + values[n / 2] / 2;
}

/* The median of the estimates of the strikes nearest to centre. */
static struct forward median_around(const struct forward_inputs *in, double centre)
{
    double estimates[AROUND_MAX];
    size_t n = 0, above = 0;
    while (above < in->n_strikes && in->strikes[above].strike < centre)
        above++;
    size_t below = above;
    while (n < AROUND_MAX && (below > 0 || above < in->n_strikes)) {
        bool down = above == in->n_strikes || (below > 0 && centre - in->strikes[below - 1].strike <
                                                                in->strikes[above].strike - centre);
        double estimate = parity(in, &in->strikes[down ? --below : above++]);
        if (!isnan(estimate))
            estimates[n++] = estimate;
    }
    if (n == 0)
        return (struct forward){NAN, FORWARD_NONE, 0};
    return (struct forward){median(estimates, n), FORWARD_PARITY, n};
}

/* The strike where call and put are nearest to each other. */
static double nearest_to_the_money(const struct forward_inputs *in)
{
    double centre = NAN, least = INFINITY;
    for (size_t i = 0; i < in->n_strikes; i++) {
        double gap = fabs(parity(in, &in->strikes[i]) - in->strikes[i].strike);
        if (gap < least) {
            least = gap;
            centre = in->strikes[i].strike;
        }
    }
    return centre;
}

struct forward forward_from_parity(const struct forward_inputs *in)
{
    double centre = in->spot > 0 && isfinite(in->spot) ? in->spot : nearest_to_the_money(in);
    if (isnan(centre))
        return (struct forward){NAN, FORWARD_NONE, 0};
    struct forward first = median_around(in, centre);
    return first.from == FORWARD_NONE ? first : median_around(in, first.value);
}

struct forward forward_choose(const struct forward_inputs *in)
{
    if (in->future > 0 && isfinite(in->future))
        return (struct forward){in->future, FORWARD_FUTURE, 0};
    struct forward chosen = forward_from_parity(in);
    if (chosen.from == FORWARD_PARITY)
        return chosen;
    double carried = forward_from_carry(in->spot, in->t_years, in->rate, in->dividend_yield);
    return (struct forward){carried, isnan(carried) ? FORWARD_NONE : FORWARD_CARRY, 0};
}
