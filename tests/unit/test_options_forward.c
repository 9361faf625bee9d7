/* Where a forward comes from, and that no single bad quote moves it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/options/black.h"
#include "common/options/forward.h"

enum { N_STRIKES = 41, NOW_MS = 1000000 };

#define FORWARD 25731.2
#define RATE    0.065
#define T_YEARS 0.02

/* A chain that a smile prices, with markets 0.4 wide. */
static void fill(struct strike_quotes strikes[N_STRIKES])
{
    for (int i = 0; i < N_STRIKES; i++) {
        struct option_terms terms = {MODEL_BLACK76, true, FORWARD, 24700 + 50 * i,
                                     T_YEARS,       RATE, 0};
        double volatility = 0.12 + 3e-9 * pow(terms.strike - FORWARD, 2);
        double call = option_price(&terms, volatility);
        terms.is_call = false;
        double put = option_price(&terms, volatility);
        strikes[i] = (struct strike_quotes){terms.strike,
                                            {call - 0.2, call + 0.2, call, NOW_MS},
                                            {put - 0.2, put + 0.2, put, NOW_MS}};
    }
}

static struct forward_inputs inputs_of(const struct strike_quotes *strikes, size_t n)
{
    return (struct forward_inputs){.future = NAN,
                                   .spot = 25700,
                                   .t_years = T_YEARS,
                                   .rate = RATE,
                                   .strikes = strikes,
                                   .n_strikes = n,
                                   .feed_ms = NOW_MS,
                                   .age_max_ms = 60000};
}

static void the_best_of_three_is_taken(void **state)
{
    (void)state;
    struct strike_quotes strikes[N_STRIKES];
    fill(strikes);
    struct forward_inputs in = inputs_of(strikes, N_STRIKES);
    in.future = 25735;
    struct forward forward = forward_choose(&in);
    assert_true(forward.from == FORWARD_FUTURE && forward.value == 25735);
    in.future = 0;
    forward = forward_choose(&in);
    assert_true(forward.from == FORWARD_PARITY && fabs(forward.value - FORWARD) < 1e-6);
    assert_int_equal(forward.n_strikes, 7);
    in.n_strikes = 0;
    in.dividend_yield = 0.01;
    forward = forward_choose(&in);
    assert_true(forward.from == FORWARD_CARRY && forward.value == 25700 * exp(0.055 * T_YEARS));
    in.spot = NAN;
    forward = forward_choose(&in);
    assert_true(forward.from == FORWARD_NONE && isnan(forward.value));
    assert_string_equal(forward_from_name(FORWARD_PARITY), "parity");
    assert_string_equal(forward_from_name(FORWARD_NONE), "none");
}

static void parity_needs_no_spot(void **state)
{
    (void)state;
    struct strike_quotes strikes[N_STRIKES];
    fill(strikes);
    struct forward_inputs in = inputs_of(strikes, N_STRIKES);
    static const double SPOTS[] = {NAN, 0, 1, 20000, 25731, 1e6};
    for (size_t i = 0; i < sizeof SPOTS / sizeof *SPOTS; i++) {
        in.spot = SPOTS[i];
        assert_true(fabs(forward_from_parity(&in).value - FORWARD) < 1e-6);
    }
}

static void bad_quotes_do_not_move_it(void **state)
{
    (void)state;
    struct strike_quotes strikes[N_STRIKES];
    fill(strikes);
    struct forward_inputs in = inputs_of(strikes, N_STRIKES);
    strikes[20].call.bid = strikes[20].call.ask + 500; /* crossed */
    strikes[21].put.feed_ms = NOW_MS - 60001;          /* stale */
    strikes[22].put = (struct option_quote){NAN, NAN, NAN, NOW_MS};
    strikes[19].put = (struct option_quote){0, 9999, 9999, NOW_MS}; /* far off, but not crossed */
    strikes[23].call.ask = strikes[23].call.bid = 1;                /* so is this */
    struct forward forward = forward_from_parity(&in);
    assert_true(forward.from == FORWARD_PARITY && fabs(forward.value - FORWARD) < 1e-6);
    assert_int_equal(forward.n_strikes, 7);
    in.spot = NAN;
    assert_true(fabs(forward_from_parity(&in).value - FORWARD) < 1e-6);
}

static void one_strike_is_enough_and_none_is_not(void **state)
{
    (void)state;
    struct strike_quotes strikes[N_STRIKES];
    fill(strikes);
    struct forward_inputs in = inputs_of(strikes + 20, 1);
    struct forward forward = forward_from_parity(&in);
    assert_true(forward.n_strikes == 1 && fabs(forward.value - FORWARD) < 1e-6);
    in.feed_ms += 60001;
    assert_int_equal(forward_from_parity(&in).from, FORWARD_NONE);
    assert_int_equal(forward_choose(&in).from, FORWARD_CARRY);
    in.age_max_ms = 0;
    assert_int_equal(forward_from_parity(&in).from, FORWARD_PARITY);
}

static void a_quote_is_its_middle_or_else_its_last_price(void **state)
{
    (void)state;
    static const struct {
        double bid, ask, last, price;
    } CASES[] = {
        {10, 10.5, 99, 10.25}, {10, 10, 99, 10},          {10.5, 10, 99, NAN}, {NAN, 10, 9, 9},
        {0, 10, 9, 9},         {NAN, NAN, NAN, NAN},      {NAN, NAN, 0, NAN},  {NAN, NAN, -1, NAN},
        {10, INFINITY, 9, 9},  {NAN, NAN, INFINITY, NAN},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct option_quote quote = {CASES[i].bid, CASES[i].ask, CASES[i].last, 0};
        double price = option_quote_price(&quote);
        assert_true(isnan(CASES[i].price) ? isnan(price) : price == CASES[i].price);
    }
}

static void what_cannot_be_carried_is_not_a_number(void **state)
{
    (void)state;
    assert_true(isnan(forward_from_carry(0, 1, 0.1, 0)));
    assert_true(isnan(forward_from_carry(NAN, 1, 0.1, 0)));
    assert_true(isnan(forward_from_carry(100, 1, 1e6, 0)));
    assert_true(forward_from_carry(100, -1, 0.1, 0) == 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_three_is_taken),
        cmocka_unit_test(parity_needs_no_spot),
        cmocka_unit_test(bad_quotes_do_not_move_it),
        cmocka_unit_test(one_strike_is_enough_and_none_is_not),
        cmocka_unit_test(a_quote_is_its_middle_or_else_its_last_price),
        cmocka_unit_test(what_cannot_be_carried_is_not_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
