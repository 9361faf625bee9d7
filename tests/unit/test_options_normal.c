/* The normal's tails and the lognormal value, against 57 digits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/options/lognormal.h"
#include "common/options/normal.h"
#include "tests/support/precise.h"

static void check_ulps(double value, const mpfr_t truth, double limit, double at)
{
    double ulps = precise_ulps(value, truth);
    if (!(ulps <= limit))
        fail_msg("%.17g at %.17g: %g units in the last place off, %g allowed", value, at, ulps,
                 limit);
}

static void mills_ratio_is_right(void **state)
{
    (void)state;
    mpfr_t ratio, slope;
    mpfr_inits2(PRECISE_BITS, ratio, slope, (mpfr_ptr)0);
    for (double z = -8; z < 60; z = z < 9 ? z + 1.0 / 32 : z * 1.05) {
        precise_mills(z, ratio, slope);
        check_ulps(mills_ratio(z), ratio, z < -1 ? 40 : z < 0 ? 30 : 6, z);
        if (z >= 0)
            assert_true(fabs(mills_ratio_rough(z) / mpfr_get_d(ratio, MPFR_RNDN) - 1) < 0.02);
    }
    mpfr_clears(ratio, slope, (mpfr_ptr)0);
}

/* gap becomes R(h - t) - R(h + t) less what the code says; returns R(h - t) - R(h + t). */
static double difference_gap(double h, double t, mpfr_t gap)
{
    mpfr_t above, slope;
    mpfr_inits2(PRECISE_BITS, above, slope, (mpfr_ptr)0);
    precise_mills(h - t, gap, slope);
    precise_mills(h + t, above, slope);
    mpfr_sub(gap, gap, above, MPFR_RNDN);
    double difference = mpfr_get_d(gap, MPFR_RNDN);
    struct wide found = mills_difference(h, t);
    mpfr_sub_d(gap, gap, found.value, MPFR_RNDN);
    mpfr_sub_d(gap, gap, found.lack, MPFR_RNDN);
    mpfr_clears(above, slope, (mpfr_ptr)0);
    return difference;
}

/* What an error of the difference does to a volatility is that error over 2 t. */
static void an_error_of_the_difference_is_no_error_of_a_volatility(void **state)
{
    (void)state;
    mpfr_t gap;
    mpfr_init2(gap, PRECISE_BITS);
    double limit = 3 * 0x1p-53;
    for (double h = 0; h < 40; h += h < 6 ? 0.25 : 4) {
        for (double t = 0x1p-30; t < 40 && h - t > -0.4; t = t < 0.25 ? 32 * t : t + 0.25) {
            difference_gap(h, t, gap);
            double error = fabs(mpfr_get_d(gap, MPFR_RNDN)) / (2 * t);
            if (!(error <= limit))
                fail_msg("h %g, t %g: %g, %g allowed", h, t, error, limit);
        }
    }
    mpfr_clear(gap);
}

static void near_the_money_the_difference_is_wider_than_a_double(void **state)
{
    (void)state;
    mpfr_t gap;
    mpfr_init2(gap, PRECISE_BITS);
    for (double h = 0; h < 1.0 / 16; h += 1.0 / 256)
        for (double t = 0x1p-30; t < 0.1; t *= 2) {
            double difference = difference_gap(h, t, gap);
            assert_true(fabs(mpfr_get_d(gap, MPFR_RNDN)) < 0.5 * 0x1p-53 * difference);
        }
    mpfr_clear(gap);
}

static void both_tails_of_the_normal_are_right(void **state)
{
    (void)state;
    mpfr_t ratio, slope;
    mpfr_inits2(PRECISE_BITS, ratio, slope, (mpfr_ptr)0);
    for (double z = 0; z < 37; z += 0.25) { /* whose square is exact */
        precise_mills(z, ratio, slope);
        double tail = mpfr_get_d(ratio, MPFR_RNDN) * INV_SQRT_TWO_PI * exp(-0.5 * z * z);
        assert_true(fabs(normal_cdf(-z) / tail - 1) < 2.3e-16 * (z * z + 4));
        assert_true(fabs(normal_cdf(z) - (1 - tail)) < 2.3e-16);
        assert_true(fabs(normal_tail_quantile(log(tail)) - z) < 6e-4);
        if (z > 0 && z < 5)
            assert_true(fabs(normal_tail_quantile(log1p(-tail)) + z) < 6e-4);
    }
    mpfr_clears(ratio, slope, (mpfr_ptr)0);
}

static void log_ratio_sees_the_least_difference(void **state)
{
    (void)state;
    assert_true(lognormal_log_ratio(1, 1) == 0);
    assert_true(lognormal_log_ratio(25000, nextafter(25000, 3e4)) == 0x1p-38 / 25000);
    assert_true(fabs(lognormal_log_ratio(1, 0.5) + M_LN2) < 1e-16);
    assert_true(fabs(lognormal_log_ratio(5e-324, 1e308) - 1453.63) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mills_ratio_is_right),
        cmocka_unit_test(an_error_of_the_difference_is_no_error_of_a_volatility),
        cmocka_unit_test(near_the_money_the_difference_is_wider_than_a_double),
        cmocka_unit_test(both_tails_of_the_normal_are_right),
        cmocka_unit_test(log_ratio_sees_the_least_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
