/* What a program reads of an update and of a reply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "common/base/err.h"
#include "common/client/error.h"
#include "common/client/reply.h"

static const char UPDATE[] =
    "{\"type\":\"market_update\",\"symbol\":\"NIFTY50\",\"timeframe\":\"5min\","
    "\"timestamp\":\"2025-11-04T05:05:03.250Z\",\"bar\":\"2025-11-04T05:05:00.000Z\","
    "\"closed\":false,\"ohlcv\":{\"open\":25710.1,\"high\":25718,\"low\":25709.55,"
    "\"close\":25714.3,\"volume\":0},\"greeks\":{\"iv\":0.1234,\"call\":{\"delta\":0.51}},"
    "\"oi\":null,\"indicators\":{\"RSI_14_100\":67.3,\"SMA_20\":null,"
    "\"MACD_12_26_9\":{\"MACD\":12.5,\"MACDh\":3.2,\"MACDs\":null}}}";

static void an_update_is_read(void **state)
{
    (void)state;
    indsub_update_t *update = indsub_update_parse(UPDATE, strlen(UPDATE));
    assert_non_null(update);
    assert_string_equal(indsub_update_symbol(update), "NIFTY50");
    assert_string_equal(indsub_update_timeframe(update), "5min");
    assert_true(indsub_update_time_ms(update) == 1762232703250);
    const indsub_bar_t *bar = indsub_update_bar(update);
    assert_true(bar->start_ms == 1762232700000 && !bar->closed);
    assert_true(bar->open == 25710.1 && bar->high == 25718 && bar->low == 25709.55);
    assert_true(bar->close == 25714.3 && bar->volume == 0);
    assert_int_equal(indsub_update_origin(update), INDSUB_LIVE);
    indsub_update_destroy(&update);
    assert_null(update);
    indsub_update_destroy(&update);
}

static void values_are_found_by_id_and_output(void **state)
{
    (void)state;
    indsub_update_t *update = indsub_update_parse(UPDATE, strlen(UPDATE));
    assert_true(indsub_update_value(update, "RSI_14_100", NULL) == 67.3);
    assert_true(isnan(indsub_update_value(update, "SMA_20", NULL)));
    assert_true(indsub_update_value(update, "MACD_12_26_9", NULL) == 12.5);
    assert_true(indsub_update_value(update, "MACD_12_26_9", "MACDh") == 3.2);
    assert_true(isnan(indsub_update_value(update, "MACD_12_26_9", "MACDs")));
    assert_true(isnan(indsub_update_value(update, "MACD_12_26_9", "MACDx")));
    assert_true(isnan(indsub_update_value(update, "X", NULL)));
    assert_true(isnan(indsub_update_value(update, "RSI_14_100", "RSI")));
    assert_int_equal(indsub_update_n_values(update), 5);
    assert_null(indsub_update_value_at(update, 0)->output);
    assert_string_equal(indsub_update_value_at(update, 3)->id, "MACD_12_26_9");
    assert_string_equal(indsub_update_value_at(update, 3)->output, "MACDh");
    assert_null(indsub_update_value_at(update, 5));
    indsub_update_destroy(&update);
}

static void numbers_are_found_by_path(void **state)
{
    (void)state;
    indsub_update_t *update = indsub_update_parse(UPDATE, strlen(UPDATE));
    assert_true(indsub_update_number(update, "greeks.iv") == 0.1234);
    assert_true(indsub_update_number(update, "greeks.call.delta") == 0.51);
    assert_true(isnan(indsub_update_number(update, "greeks.put.delta")));
    assert_true(isnan(indsub_update_number(update, "greeks")));
    assert_true(isnan(indsub_update_number(update, "oi.pcr")));
    assert_true(isnan(indsub_update_number(update, "")));
    assert_true(isnan(indsub_update_number(update, "symbol.x")));
    indsub_update_destroy(&update);
}

static void the_body_is_given_as_it_came(void **state)
{
    size_t size;
    (void)state;
    indsub_update_t *update = indsub_update_parse(UPDATE, strlen(UPDATE));
    const char *body = indsub_update_body(update, &size);
    assert_int_equal(size, strlen(UPDATE));
    assert_memory_equal(body, UPDATE, size);
    indsub_update_destroy(&update);
}

static void what_is_no_update_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",         "{}",
        "[]",       "{\"type\":\"market_update\"}",
        "nonsense", "{\"type\":\"notice\",\"code\":\"X\",\"message\":\"\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_null(indsub_update_parse(BAD[i], strlen(BAD[i])));
    for (size_t size = 0; size < strlen(UPDATE); size++)
        assert_null(indsub_update_parse(UPDATE, size));
}

static void bars_of_a_reply_come_oldest_first_with_their_bytes(void **state)
{
    static const char BODY[] =
        "{\"type\":\"subscribed\",\"id\":7,\"snapshot\":"
        "{\"type\":\"market_update\",\"symbol\":\"A\",\"timeframe\":\"1min\","
        "\"timestamp\":\"2025-11-04T05:07:03.000Z\",\"bar\":\"2025-11-04T05:07:00.000Z\","
        "\"closed\":false,\"ohlcv\":{},\"indicators\":{}} , \"history\": [ "
        "{\"type\":\"market_update\",\"symbol\":\"A\",\"timeframe\":\"1min\","
        "\"timestamp\":\"2025-11-04T05:05:03.000Z\",\"bar\":\"2025-11-04T05:05:00.000Z\","
        "\"closed\":true,\"ohlcv\":{\"open\":1.50},\"indicators\":{}}]}";
    struct indsub_reply reply;
    size_t size;
    (void)state;
    assert_int_equal(reply_read(&reply, BODY, strlen(BODY)), INDSUB_OK);
    assert_int_equal(reply.id, 7);
    assert_int_equal(indsub_reply_n_updates(&reply), 2);
    const indsub_update_t *old = indsub_reply_update(&reply, 0);
    const indsub_update_t *now = indsub_reply_update(&reply, 1);
    assert_int_equal(indsub_update_origin(old), INDSUB_HISTORY);
    assert_int_equal(indsub_update_origin(now), INDSUB_SNAPSHOT);
    assert_true(indsub_update_bar(old)->closed && !indsub_update_bar(now)->closed);
    const char *body = indsub_update_body(old, &size);
    static const char END[] = "{\"open\":1.50},\"indicators\":{}}";
    assert_memory_equal(body + size - strlen(END), END, strlen(END));
    assert_null(indsub_reply_update(&reply, 2));
    assert_string_equal(indsub_reply_body(&reply, &size), BODY);
    reply_clear(&reply);
}

static void an_error_has_code_and_sentence(void **state)
{
    static const char KNOWN[] = "{\"type\":\"error\",\"id\":1,\"code\":\"UNKNOWN_SYMBOL\","
                                "\"temporary\":false,\"message\":\"no symbol \\\"X\\\"\"}";
    static const char NEW[] = "{\"type\":\"error\",\"id\":2,\"code\":\"MARKET_ON_FIRE\"}";
    struct indsub_reply reply;
    (void)state;
    assert_int_equal(reply_read(&reply, KNOWN, strlen(KNOWN)), INDSUB_OK);
    assert_int_equal(indsub_reply_error(&reply), INDSUB_ERR_UNKNOWN_SYMBOL);
    assert_string_equal(indsub_reply_message(&reply), "no symbol \"X\"");
    reply_clear(&reply);
    assert_int_equal(reply_read(&reply, NEW, strlen(NEW)), INDSUB_OK);
    assert_int_equal(indsub_reply_error(&reply), INDSUB_ERR_OTHER);
    assert_string_equal(indsub_reply_code(&reply), "MARKET_ON_FIRE");
    reply_clear(&reply);
    assert_int_equal(reply_read(&reply, "{}", 2), INDSUB_ERR_PROTOCOL);
    assert_int_equal(reply_read(&reply, "", 0), INDSUB_ERR_PROTOCOL);
}

static void every_code_of_the_daemon_is_known(void **state)
{
    (void)state;
#define X(name, temporary)                                       \
    assert_int_equal(error_from_name(#name), INDSUB_ERR_##name); \
    assert_string_equal(indsub_err_name(INDSUB_ERR_##name), #name);
    ERR_MAP(X)
#undef X
    assert_int_equal(error_from_name("OK"), INDSUB_ERR_OTHER);
    assert_int_equal(error_from_name("NO_DAEMON"), INDSUB_ERR_OTHER); /* ours, not the daemon's */
    for (int i = INDSUB_OK; i <= INDSUB_ERR_SYSTEM; i++)
        assert_non_null(indsub_err_name((indsub_err_t)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_is_read),
        cmocka_unit_test(values_are_found_by_id_and_output),
        cmocka_unit_test(numbers_are_found_by_path),
        cmocka_unit_test(the_body_is_given_as_it_came),
        cmocka_unit_test(what_is_no_update_is_refused),
        cmocka_unit_test(bars_of_a_reply_come_oldest_first_with_their_bytes),
        cmocka_unit_test(an_error_has_code_and_sentence),
        cmocka_unit_test(every_code_of_the_daemon_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
