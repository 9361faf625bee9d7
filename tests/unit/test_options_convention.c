/* Day counts, whose price a volatility comes from, and what stands in where there is none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/feedtime.h"
#include "common/options/convention.h"

enum { KOLKATA_S = 19800 };

static struct time_left time_left(const char *now, const char *expiry)
{
    struct time_left left = {.utc_offset_s = KOLKATA_S};
    assert_true(feedtime_parse(now, &left.feed_ms));
    assert_true(feedtime_parse(expiry, &left.expiry_ms));
    return left;
}

static const struct convention *preset(const char *name)
{
    const struct convention *found = convention_preset(name);
    assert_non_null(found);
    return found;
}

static void each_convention_counts_its_own_days(void **state)
{
    (void)state;
    struct time_left left = time_left("2025-11-03T09:15:00+05:30", "2025-11-04T15:30:00+05:30");
    left.trading_days = 2;
    assert_true(convention_years(preset("black76-365"), &left) == 30.25 / (24 * 365));
    assert_true(convention_years(preset("nse"), &left) == 1 / 365.0);
    assert_true(convention_years(preset("kite"), &left) == 2 / 252.0);
    left.trading_days = 0.5;
    assert_true(convention_years(preset("kite"), &left) == 0.5 / 252);
}

static void whole_days_change_at_the_exchanges_midnight(void **state)
{
    (void)state;
    const struct convention *nse = preset("nse");
    struct time_left late = time_left("2025-11-03T18:29:59Z", "2025-11-06T10:00:00Z");
    struct time_left early = time_left("2025-11-03T18:30:00Z", "2025-11-06T10:00:00Z");
    struct time_left last = time_left("2025-11-06T09:59:59Z", "2025-11-06T10:00:00Z");
    assert_true(convention_years(nse, &late) == 3 / 365.0);
    assert_true(convention_years(nse, &early) == 2 / 365.0);
    assert_true(convention_years(nse, &last) == 1 / (365 * 86400.0));
}

static void an_expiry_behind_leaves_no_time(void **state)
{
    (void)state;
    struct time_left past = time_left("2025-11-04T10:00:00Z", "2025-11-04T10:00:00Z");
    past.trading_days = 1;
    for (size_t i = 0; i < convention_n_presets; i++)
        assert_true(convention_years(&convention_presets[i], &past) == 0);
    struct time_left unknown = time_left("2025-11-03T10:00:00Z", "2025-11-04T10:00:00Z");
    unknown.trading_days = NAN;
    assert_true(convention_years(preset("kite"), &unknown) == 0);
}

static void names_are_read_back(void **state)
{
    (void)state;
    for (enum day_count one = DAYS_SECONDS_365; one <= DAYS_TRADING_252; one++) {
        enum day_count read = DAYS_SECONDS_365;
        assert_true(day_count_from_name(day_count_name(one), &read) && read == one);
    }
    for (enum iv_side one = IV_SIDE_OWN; one <= IV_SIDE_OUT_OF_THE_MONEY; one++) {
        enum iv_side read = IV_SIDE_OWN;
        assert_true(iv_side_from_name(iv_side_name(one), &read) && read == one);
    }
    for (enum option_model one = MODEL_BLACK76; one <= MODEL_BLACK_SCHOLES; one++) {
        enum option_model read = MODEL_BLACK76;
        assert_true(option_model_from_name(option_model_name(one), &read) && read == one);
    }
    enum day_count untouched = DAYS_TRADING_252;
    assert_false(day_count_from_name("actual-360", &untouched));
    assert_true(untouched == DAYS_TRADING_252);
    assert_null(convention_preset("NSE"));
    assert_string_equal(convention_presets[0].name, "black76-365");
}

/* A strike in whose calls another volatility is priced than in its puts. */
static struct strike_market market_at(const struct convention *convention, double strike)
{
    struct strike_market market = {
        .spot = 25650, .forward = 25731.2, .strike = strike, .t_years = 0.02};
    struct option_terms terms = {.model = convention->model,
                                 .is_call = true,
                                 .underlying = convention->model == MODEL_BLACK76 ? market.forward
                                                                                  : market.spot,
                                 .strike = strike,
                                 .t_years = market.t_years,
                                 .rate = convention->rate};
    market.call_price = option_price(&terms, 0.12);
    terms.is_call = false;
    market.put_price = option_price(&terms, 0.15);
    return market;
}

static void check_sides(const char *name, double strike, double call_iv, double put_iv)
{
    const struct convention *convention = preset(name);
    struct strike_market market = market_at(convention, strike);
    struct valuation call, put;
    convention_value(convention, &market, &call, &put);
    assert_int_equal(call.fault, IV_OK);
    assert_int_equal(put.fault, IV_OK);
    assert_true(fabs(call.iv - call_iv) < 1e-10 && fabs(put.iv - put_iv) < 1e-10);
    assert_true(call.price == market.call_price && put.price == market.put_price);
    assert_true(call.greeks.delta > 0 && put.greeks.delta < 0);
    bool is_own = convention->side == IV_SIDE_OWN;
    assert_true(fabs(call.greeks.vega - put.greeks.vega) < 1e-9 || is_own);
    assert_true(fabs(call.greeks.price - call.price) < 1e-8 || !is_own);
}

static void a_volatility_comes_from_the_side_that_the_convention_says(void **state)
{
    (void)state;
    check_sides("black76-365", 25500, 0.12, 0.15);
    check_sides("nse", 25500, 0.12, 0.15);
    check_sides("kite", 25500, 0.15, 0.15);
    check_sides("kite", 26000, 0.12, 0.12);
}

static void one_volatility_takes_the_other_side_where_there_is_but_one(void **state)
{
    (void)state;
    const struct convention *kite = preset("kite");
    struct strike_market market = market_at(kite, 26000);
    struct valuation call, put;
    market.call_price = NAN;
    convention_value(kite, &market, &call, &put);
    assert_true(call.fault == IV_OK && put.fault == IV_OK && call.iv == put.iv);
    assert_true(fabs(call.iv - 0.15) < 1e-10 && isnan(call.price));
    market.put_price = 0;
    convention_value(kite, &market, &call, &put);
    assert_int_equal(call.fault, IV_NO_PRICE);
    assert_int_equal(put.fault, IV_ZERO_PRICE);
    assert_true(isnan(call.iv) && isnan(call.greeks.delta) && isnan(put.greeks.theta));
}

static void each_side_says_why_it_has_none(void **state)
{
    (void)state;
    const struct convention *convention = preset("black76-365");
    struct strike_market market = market_at(convention, 25500);
    struct valuation call, put;
    market.call_price = 231;
    convention_value(convention, &market, &call, &put);
    assert_int_equal(call.fault, IV_BELOW_INTRINSIC);
    assert_int_equal(put.fault, IV_OK);
    market.forward = NAN;
    convention_value(convention, &market, &call, &put);
    assert_int_equal(call.fault, IV_NO_UNDERLYING);
    assert_int_equal(put.fault, IV_NO_UNDERLYING);
    market = market_at(preset("nse"), 25500);
    market.forward = NAN; /* which it does not read */
    convention_value(preset("nse"), &market, &call, &put);
    assert_int_equal(call.fault, IV_OK);
    market.t_years = 0;
    convention_value(preset("nse"), &market, &call, &put);
    assert_int_equal(put.fault, IV_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_convention_counts_its_own_days),
        cmocka_unit_test(whole_days_change_at_the_exchanges_midnight),
        cmocka_unit_test(an_expiry_behind_leaves_no_time),
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(a_volatility_comes_from_the_side_that_the_convention_says),
        cmocka_unit_test(one_volatility_takes_the_other_side_where_there_is_but_one),
        cmocka_unit_test(each_side_says_why_it_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
