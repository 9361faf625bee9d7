#include "tests/support/precise.h"

#include <math.h>

static void init_set(mpfr_t x, double value)
{
    mpfr_init2(x, PRECISE_BITS);
    mpfr_set_d(x, value, MPFR_RNDN);
}

void precise_init(struct precise *self, const struct option_terms *terms, double volatility)
{
    self->model = terms->model;
    self->is_call = terms->is_call;
    init_set(self->underlying, terms->underlying);
    init_set(self->strike, terms->strike);
    init_set(self->t_years, terms->t_years);
    init_set(self->rate, terms->rate);
    init_set(self->dividend_yield, terms->dividend_yield);
    init_set(self->volatility, volatility);
}

void precise_clear(struct precise *self)
{
    mpfr_clears(self->underlying, self->strike, self->t_years, self->rate, self->dividend_yield,
                self->volatility, (mpfr_ptr)0);
}

/* x becomes N(x). */
static void to_normal(mpfr_t x)
{
    mpfr_t root;
    init_set(root, 2);
    mpfr_sqrt(root, root, MPFR_RNDN);
    mpfr_div(x, x, root, MPFR_RNDN);
    mpfr_neg(x, x, MPFR_RNDN);
    mpfr_erfc(x, x, MPFR_RNDN);
    mpfr_div_2ui(x, x, 1, MPFR_RNDN);
    mpfr_clear(root);
}

/* exp(-rate t), and the forward. */
static void carry(const struct precise *self, mpfr_t discount, mpfr_t forward)
{
    mpfr_mul(discount, self->rate, self->t_years, MPFR_RNDN);
    mpfr_neg(discount, discount, MPFR_RNDN);
    mpfr_exp(discount, discount, MPFR_RNDN);
    mpfr_set(forward, self->underlying, MPFR_RNDN);
    if (self->model == MODEL_BLACK76)
        return;
    mpfr_t yielded;
    init_set(yielded, 0);
    mpfr_mul(yielded, self->dividend_yield, self->t_years, MPFR_RNDN);
    mpfr_neg(yielded, yielded, MPFR_RNDN);
    mpfr_exp(yielded, yielded, MPFR_RNDN);
    mpfr_mul(forward, forward, yielded, MPFR_RNDN);
    mpfr_div(forward, forward, discount, MPFR_RNDN);
    mpfr_clear(yielded);
}

void precise_price(const struct precise *self, mpfr_t result)
{
    mpfr_t discount, forward, deviation, d1, d2;
    mpfr_inits2(PRECISE_BITS, discount, forward, deviation, d1, d2, (mpfr_ptr)0);
    carry(self, discount, forward);
    mpfr_sqrt(deviation, self->t_years, MPFR_RNDN);
    mpfr_mul(deviation, deviation, self->volatility, MPFR_RNDN);

    mpfr_div(d1, forward, self->strike, MPFR_RNDN);
    mpfr_log(d1, d1, MPFR_RNDN);
    mpfr_div(d1, d1, deviation, MPFR_RNDN);
    mpfr_div_2ui(deviation, deviation, 1, MPFR_RNDN);
    mpfr_sub(d2, d1, deviation, MPFR_RNDN);
    mpfr_add(d1, d1, deviation, MPFR_RNDN);

    int sign = self->is_call ? 1 : -1;
    mpfr_mul_si(d1, d1, sign, MPFR_RNDN);
    mpfr_mul_si(d2, d2, sign, MPFR_RNDN);
    to_normal(d1);
    to_normal(d2);
    mpfr_mul(d1, d1, forward, MPFR_RNDN);
    mpfr_mul(d2, d2, self->strike, MPFR_RNDN);
    mpfr_sub(result, d1, d2, MPFR_RNDN);
    mpfr_mul_si(result, result, sign, MPFR_RNDN);
    mpfr_mul(result, result, discount, MPFR_RNDN);
    mpfr_clears(discount, forward, deviation, d1, d2, (mpfr_ptr)0);
}

double precise_slope(struct precise *self, mpfr_t member, int order)
{
    mpfr_t step, here, below, above;
    mpfr_inits2(PRECISE_BITS, step, here, below, above, (mpfr_ptr)0);
    mpfr_set(here, member, MPFR_RNDN);
    mpfr_set_d(step, 1e-16, MPFR_RNDN);
    if (!mpfr_zero_p(here))
        mpfr_mul(step, step, here, MPFR_RNDN);

    mpfr_sub(member, here, step, MPFR_RNDN);
    precise_price(self, below);
    mpfr_add(member, here, step, MPFR_RNDN);
    precise_price(self, above);
    mpfr_set(member, here, MPFR_RNDN);
    if (order == 1) {
        mpfr_sub(above, above, below, MPFR_RNDN);
        mpfr_div_2ui(above, above, 1, MPFR_RNDN);
    } else {
        precise_price(self, here);
        mpfr_sub(above, above, here, MPFR_RNDN);
        mpfr_sub(below, here, below, MPFR_RNDN);
        mpfr_sub(above, above, below, MPFR_RNDN);
        mpfr_div(above, above, step, MPFR_RNDN);
    }
    mpfr_div(above, above, step, MPFR_RNDN);
    double slope = mpfr_get_d(above, MPFR_RNDN);
    mpfr_clears(step, here, below, above, (mpfr_ptr)0);
    return slope;
}

/* Newton's method on the logarithm of the value out of the money: where forward and strike are far
 * apart, the value itself bends too much. */
void precise_imply(struct precise *self, double price)
{
    mpfr_t wanted, discount, forward, value, moved, step;
    mpfr_inits2(PRECISE_BITS, wanted, discount, forward, value, moved, step, (mpfr_ptr)0);
    carry(self, discount, forward);
    mpfr_sub(forward, forward, self->strike, MPFR_RNDN);
    mpfr_mul(forward, forward, discount, MPFR_RNDN);
    mpfr_set_d(wanted, price, MPFR_RNDN);
    bool is_call = self->is_call;
    self->is_call = mpfr_sgn(forward) <= 0;
    if (is_call && !self->is_call)
        mpfr_sub(wanted, wanted, forward, MPFR_RNDN);
    if (!is_call && self->is_call)
        mpfr_add(wanted, wanted, forward, MPFR_RNDN);

    for (int i = 0; i < 60; i++) {
        precise_price(self, value);
        mpfr_mul_d(step, self->volatility, 1e-30, MPFR_RNDN);
        mpfr_add(self->volatility, self->volatility, step, MPFR_RNDN);
        precise_price(self, moved);
        mpfr_sub(self->volatility, self->volatility, step, MPFR_RNDN);
        mpfr_div(moved, moved, value, MPFR_RNDN);
        mpfr_log(moved, moved, MPFR_RNDN);
        mpfr_div(value, wanted, value, MPFR_RNDN);
        mpfr_log(value, value, MPFR_RNDN);
        mpfr_mul(step, step, value, MPFR_RNDN);
        mpfr_div(step, step, moved, MPFR_RNDN);
        mpfr_add(self->volatility, self->volatility, step, MPFR_RNDN);
        mpfr_div(step, step, self->volatility, MPFR_RNDN);
        if (fabs(mpfr_get_d(step, MPFR_RNDN)) < 1e-30)
            break;
    }
    self->is_call = is_call;
    mpfr_clears(wanted, discount, forward, value, moved, step, (mpfr_ptr)0);
}

double precise_ulps(double value, const mpfr_t truth)
{
    double near = fabs(mpfr_get_d(truth, MPFR_RNDN));
    mpfr_t gap;
    init_set(gap, value);
    mpfr_sub(gap, gap, truth, MPFR_RNDN);
    mpfr_div_d(gap, gap, nextafter(near, INFINITY) - near, MPFR_RNDN);
    double ulps = fabs(mpfr_get_d(gap, MPFR_RNDN));
    mpfr_clear(gap);
    return ulps;
}

void precise_mills(double z, mpfr_t ratio, mpfr_t slope)
{
    mpfr_t density;
    init_set(density, z);
    mpfr_sqr(density, density, MPFR_RNDN);
    mpfr_div_2ui(density, density, 1, MPFR_RNDN);
    mpfr_exp(density, density, MPFR_RNDN);
    mpfr_set_d(ratio, -z, MPFR_RNDN);
    to_normal(ratio);
    mpfr_mul(ratio, ratio, density, MPFR_RNDN);
    mpfr_const_pi(density, MPFR_RNDN);
    mpfr_mul_2ui(density, density, 1, MPFR_RNDN);
    mpfr_sqrt(density, density, MPFR_RNDN);
    mpfr_mul(ratio, ratio, density, MPFR_RNDN);
    mpfr_mul_d(slope, ratio, -z, MPFR_RNDN);
    mpfr_add_ui(slope, slope, 1, MPFR_RNDN);
    mpfr_clear(density);
}
