/* Instruments: the exchange's dump, its faults, and finding a symbol among many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "daemon/market/instrument.h"

#define HEADER                                                                               \
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size," \
    "lot_size,instrument_type,segment,exchange\n"

/* "2: sentence\n" for each fault. */
static void note(void *context, size_t line, const char *sentence)
{
    buf_put_format(context, "%zu: %s\n", line, sentence);
}

/* Loads a copy of text; faults must be exactly those. */
static struct instruments *load(const char *text, const char *faults)
{
    struct instruments *self = instruments_new();
    struct buf told = {0};
    char *copy = mem_strdup(text);
    buf_put_text(&told, "");
    size_t n = instruments_load(self, copy, note, &told), n_told = 0;
    assert_string_equal(told.data, faults);
    for (const char *at = told.data; *at; at++)
        n_told += *at == '\n';
    if (n != SIZE_MAX)
        assert_int_equal(n, n_told);
    free(copy);
    buf_destroy(&told);
    return self;
}

static void the_dump_is_read(void **state)
{
    struct instruments *self =
        load(HEADER "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE\n"
                    "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE\r\n"
                    "13368834,52222,NIFTY25NOVFUT,\"NIFTY\",0,2025-11-25,0,0.1,75,FUT,NFO-FUT,NFO\n"
                    "\n"
                    "11025154,43067,NIFTY25N0425700CE,NIFTY,0,2025-11-04,25700,0.05,75,CE,"
                    "NFO-OPT,NFO\n"
                    "11025410,43068,NIFTY25N0425700PE,NIFTY,0,2025-11-04,25700,0.05,75,PE,"
                    "NFO-OPT,NFO",
             "");
    (void)state;
    assert_int_equal(instruments_count(self), 5);
    const struct instrument *call = instruments_find(self, "NIFTY25N0425700CE");
    assert_non_null(call);
    assert_int_equal(call->type, INSTRUMENT_CE);
    assert_string_equal(call->underlying, "NIFTY");
    assert_string_equal(call->exchange, "NFO");
    assert_true(call->strike == 25700 && call->tick_size == 0.05 && call->lot_size == 75);
    assert_int_equal(call->expiry_day, feedtime_days_from_civil(2025, 11, 4));
    assert_int_equal(instruments_find(self, "NIFTY25N0425700PE")->type, INSTRUMENT_PE);
    assert_int_equal(instruments_find(self, "NIFTY25NOVFUT")->type, INSTRUMENT_FUT);
    assert_string_equal(instruments_find(self, "INFY")->exchange, "NSE");
    assert_int_equal(instruments_find(self, "INFY")->type, INSTRUMENT_EQ);
    assert_int_equal(instruments_find(self, "NIFTY 50")->type, INSTRUMENT_INDEX);
    assert_string_equal(instruments_find(self, "INFY")->underlying, "");
    assert_string_equal(instruments_find(self, "NIFTY 50")->underlying, "");
    assert_true(instruments_find(self, "INFY")->expiry_day == INT64_MIN);
    assert_string_equal(instruments_at(self, 1)->symbol, "INFY");
    assert_null(instruments_find(self, "infy"));
    instruments_destroy(&self);
}

static void two_columns_in_any_order_are_enough(void **state)
{
    struct instruments *self =
        load("\xEF\xBB\xBFinstrument_type,tradingsymbol\r\nINDEX,NIFTY50\r\nCE,NIFTY25N0425700CE\n"
             "\r\nEQ,M&M\r\n",
             "");
    (void)state;
    assert_int_equal(instruments_count(self), 3);
    const struct instrument *call = instruments_find(self, "NIFTY25N0425700CE");
    assert_int_equal(call->type, INSTRUMENT_CE);
    assert_true(isnan(call->strike) && isnan(call->lot_size));
    assert_string_equal(call->underlying, "");
    assert_true(call->expiry_day == INT64_MIN);
    instruments_destroy(&self);
}

static void each_bad_row_is_told_and_left_out(void **state)
{
    struct instruments *self = load("tradingsymbol,name,expiry,strike,instrument_type,exchange\n"
                                    "GOOD,,,,EQ,NSE\n"
                                    ",,,,EQ,NSE\n"
                                    "A/B,,,,EQ,NSE\n"
                                    "SHORT\n"
                                    "BOND,,,,DEBT,NSE\n"
                                    "GOOD,,,,EQ,NSE\n"
                                    "C1,N,2025-11-04,0,CE,NFO\n"
                                    "C2,N,2025-11-04,,PE,NFO\n"
                                    "C3,N,,100,CE,NFO\n"
                                    "C4,N,2025-02-30,100,CE,NFO\n"
                                    "C5,N,2025-11-04,1x,CE,NFO\n"
                                    "C6,N,2025-11-04,-5,CE,NFO\n"
                                    "C7,N,2025-11-04,nan,CE,NFO\n"
                                    "F1,N,,,FUT,NFO\n"
                                    "\"Q1,N,,,EQ,NSE\n"
                                    "N1,caf\xe9,,,EQ,NSE\n"
                                    "ALSO GOOD,,,,INDEX,\n",
                                    "3: tradingsymbol is no symbol\n"
                                    "4: tradingsymbol is no symbol\n"
                                    "5: instrument_type is none of INDEX EQ FUT CE PE\n"
                                    "6: instrument_type is none of INDEX EQ FUT CE PE\n"
                                    "7: the symbol is there already\n"
                                    "8: an option needs a strike\n"
                                    "9: an option needs a strike\n"
                                    "10: a derivative needs an expiry\n"
                                    "11: expiry is no date\n"
                                    "12: strike, tick_size or lot_size is no number\n"
                                    "13: strike, tick_size or lot_size is no number\n"
                                    "14: strike, tick_size or lot_size is no number\n"
                                    "15: a derivative needs an expiry\n"
                                    "16: a quote is not closed where its field ends\n"
                                    "17: name or exchange is not plain printable ASCII\n");
    (void)state;
    assert_int_equal(instruments_count(self), 2);
    assert_string_equal(instruments_find(self, "GOOD")->exchange, "NSE");
    assert_non_null(instruments_find(self, "ALSO GOOD"));
    instruments_destroy(&self);
}

static void of_two_exchanges_rows_with_a_symbol_the_first_counts(void **state)
{
    struct instruments *self = load("tradingsymbol,name,instrument_type,lot_size,exchange\n"
                                    "INFY,INFOSYS,EQ,1,NSE\n"
                                    "INFY,INFOSYS,EQ,2,BSE\n"
                                    "INFY,INFOSYS,EQ,3,NSE\n",
                                    "4: the symbol is there already\n");
    (void)state;
    assert_int_equal(instruments_count(self), 1);
    assert_true(instruments_find(self, "INFY")->lot_size == 1);
    instruments_destroy(&self);
}

static void a_file_without_its_columns_is_none(void **state)
{
    static const char *const BAD[] = {"", "\n", "tradingsymbol,name\nA,B\n",
                                      "instrument_type\nEQ\n",
                                      "\"tradingsymbol,instrument_type\nA,EQ\n"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct instruments *self =
            load(BAD[i], "1: the header lacks tradingsymbol or instrument_type\n");
        assert_int_equal(instruments_count(self), 0);
        instruments_destroy(&self);
    }
}

static void what_a_feed_brings_is_an_index(void **state)
{
    struct instruments *self = instruments_new();
    char symbol[] = "SENSEX";
    (void)state;
    const struct instrument *one = instruments_add_index(self, symbol);
    symbol[0] = 'X';
    assert_ptr_equal(instruments_find(self, "SENSEX"), one);
    assert_int_equal(one->type, INSTRUMENT_INDEX);
    assert_string_equal(one->underlying, "");
    assert_null(instruments_add(self, one));
    assert_string_equal(instrument_type_name(one->type), "INDEX");
    instruments_destroy(&self);
}

static void a_hundred_thousand_rows_are_no_matter(void **state)
{
    enum { ROWS = 100000 };
    struct instruments *self = instruments_new();
    struct buf text = {0}, told = {0};
    (void)state;
    buf_put_text(&text, HEADER);
    for (int i = 0; i < ROWS; i++)
        buf_put_format(&text, "%d,%d,STOCK25N04%dCE,STOCK,0,2025-11-04,%d,0.05,75,CE,NFO-OPT,NFO\n",
                       i, i, i + 1, i + 1);
    clock_t before = clock();
    assert_int_equal(instruments_load(self, text.data, note, &told), 0);
    for (int i = 0; i < ROWS; i++) {
        char symbol[32];
        snprintf(symbol, sizeof symbol, "STOCK25N04%dCE", i + 1);
        const struct instrument *one = instruments_find(self, symbol);
        assert_ptr_equal(one, instruments_at(self, (size_t)i));
        assert_true(one->strike == i + 1);
    }
    print_message("%d rows loaded and found: %.0f ms\n", ROWS,
                  1000.0 * (double)(clock() - before) / CLOCKS_PER_SEC);
    buf_destroy(&text);
    instruments_destroy(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dump_is_read),
        cmocka_unit_test(two_columns_in_any_order_are_enough),
        cmocka_unit_test(each_bad_row_is_told_and_left_out),
        cmocka_unit_test(of_two_exchanges_rows_with_a_symbol_the_first_counts),
        cmocka_unit_test(a_file_without_its_columns_is_none),
        cmocka_unit_test(what_a_feed_brings_is_an_index),
        cmocka_unit_test(a_hundred_thousand_rows_are_no_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
