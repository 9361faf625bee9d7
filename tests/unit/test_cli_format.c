/* What people and programs are shown: lines, tables, numbers, progress, which streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "cli/format.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "cli/shown.h"
#include "cli/table.h"
#include "common/client/reply.h"

static int32_t india(int64_t ms)
{
    (void)ms;
    return 19800;
}

static const struct look PLAIN = {.utc_offset_s = india};

#define BAR(closed, rest)                                                              \
    "{\"type\":\"market_update\",\"symbol\":\"NIFTY50\",\"timeframe\":\"5min\","       \
    "\"timestamp\":\"2025-11-04T05:05:03.250Z\",\"bar\":\"2025-11-04T05:05:00.000Z\"," \
    "\"closed\":" closed                                                               \
    ",\"ohlcv\":{\"open\":25710.1,\"high\":25718,\"low\":25709.55,\"close\":25714.3,"  \
    "\"volume\":0}," rest "}"
#define INDICATORS                                                                         \
    "\"indicators\":{\"RSI_14_100\":67.3,\"MACD_12_26_9\":{\"MACD\":12.5,\"MACDh\":0.032," \
    "\"MACDs\":null}}"

static void assert_update(const struct look *look, const char *body, const char *wanted)
{
    struct buf out = {0};
    indsub_update_t *update = indsub_update_parse(body, strlen(body));
    assert_non_null(update);
    format_table.update(&out, look, update);
    assert_string_equal(out.data, wanted);
    buf_destroy(&out);
    indsub_update_destroy(&update);
}

static void a_bar_is_a_line(void **state)
{
    (void)state;
    assert_update(
        &PLAIN, BAR("false", INDICATORS),
        "10:35:03 NIFTY50 5min 10:35 forming | O 25710.10 H 25718.00 L 25709.55 C 25714.30 | "
        "RSI_14_100 67.30 | MACD_12_26_9 MACD 12.50 MACDh 0.0320 MACDs -\n");
    assert_update(
        &PLAIN, BAR("true", "\"indicators\":{}"),
        "10:35:03 NIFTY50 5min 10:35 closed | O 25710.10 H 25718.00 L 25709.55 C 25714.30\n");
}

static void greeks_and_open_interest_are_shown_where_there_are_any(void **state)
{
    (void)state;
    assert_update(
        &PLAIN,
        BAR("true", "\"greeks\":{\"iv\":0.1234,\"delta\":0.51,\"gamma\":0.0011,\"theta\":"
                    "-21.4,\"vega\":11.9},\"oi\":{\"oi\":11250300,\"change\":-45000,"
                    "\"change_pct\":-0.4},\"indicators\":{}"),
        "10:35:03 NIFTY50 5min 10:35 closed | O 25710.10 H 25718.00 L 25709.55 C 25714.30 | "
        "IV 12.34% delta 0.5100 gamma 0.0011 theta -21.40 vega 11.90 | "
        "OI 11250300 -0.40%\n");
    assert_update(
        &PLAIN,
        BAR("true", "\"greeks\":{\"strike\":25700,\"iv\":0.1},\"oi\":{\"pcr\":0.92,"
                    "\"max_pain\":25700},\"indicators\":{}"),
        "10:35:03 NIFTY50 5min 10:35 closed | O 25710.10 H 25718.00 L 25709.55 C 25714.30 | "
        "ATM 25700 IV 10.00% | PCR 0.9200 max pain 25700\n");
}

/* Every column of no line is beyond the width, and no value is lost. */
static void a_narrow_terminal_gets_shorter_lines(void **state)
{
    (void)state;
    struct look look = PLAIN;
    look.width = 80;
    assert_update(&look, BAR("false", INDICATORS),
                  "10:35:03 NIFTY50 5min 10:35 forming | C 25714.30 | RSI_14_100 67.30\n"
                  "         MACD_12_26_9 MACD 12.50 MACDh 0.0320 MACDs -\n");
    look.width = 30;
    assert_update(&look, BAR("false", INDICATORS),
                  "10:35:03 NIFTY50 5min 10:35\n"
                  "         forming | C 25714.30\n"
                  "         RSI_14_100 67.30\n"
                  "         MACD_12_26_9 MACD\n"
                  "         12.50 MACDh 0.0320\n"
                  "         MACDs -\n");
    look.width = 5;
    assert_update(&look, BAR("true", "\"indicators\":{}"),
                  "10:35\n:03\nNIFTY\n50\n5min\n10:35\nclose\nd\nC\n25714\n.30\n");
}

static void colours_take_no_columns(void **state)
{
    (void)state;
    struct look look = {.width = 51, .coloured = true, .unicode = true, .utc_offset_s = india};
    assert_update(&look, BAR("true", "\"indicators\":{\"A\":1}"),
                  "\x1b[1m10:35:03 NIFTY50 5min 10:35 ●\x1b[0m\x1b[2m │ \x1b[0m"
                  "\x1b[32mC 25714.30\x1b[0m\x1b[2m │ \x1b[0mA 1.00\n");
}

static void numbers_are_short_but_not_wrong(void **state)
{
    static const struct {
        double value;
        const char *exact, *price, *shown;
    } CASES[] = {{25714.3, "25714.3", "25714.30", "25714.30"},
                 {0, "0", "0.00", "0.00"},
                 {-0.5, "-0.5", "-0.50", "-0.5000"},
                 {0.00001234, "0.00001234", "0.00001234", "1.234e-05"},
                 {1e-20, "1e-20", "1e-20", "1e-20"},
                 {1e13, "10000000000000", "10000000000000.00", "1e+13"},
                 {67.345, "67.345", "67.345", "67.34"},
                 {NAN, "-", "-", "-"}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buf out = {0};
        show_exact(&out, CASES[i].value);
        assert_string_equal(out.data, CASES[i].exact);
        buf_reset(&out);
        show_price(&out, CASES[i].value);
        assert_string_equal(out.data, CASES[i].price);
        buf_reset(&out);
        show_value(&out, CASES[i].value);
        assert_string_equal(out.data, CASES[i].shown);
        buf_destroy(&out);
    }
}

static void times_are_local_and_as_long_as_need_be(void **state)
{
    static const struct {
        const char *timeframe;
        bool dated;
        const char *wanted;
    } CASES[] = {{"5min", false, "10:35"},
                 {"5min", true, "2025-11-04 10:35"},
                 {"10s", false, "10:35:03"},
                 {"1d", false, "2025-11-04"},
                 {"1w", true, "2025-11-04"}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buf out = {0};
        show_bar_start(&out, &PLAIN, CASES[i].timeframe, 1762232703250, CASES[i].dated);
        assert_string_equal(out.data, CASES[i].wanted);
        buf_destroy(&out);
    }
}

static void durations_have_two_places_at_most(void **state)
{
    static const struct {
        int64_t ms;
        const char *wanted;
    } CASES[] = {{0, "0 ms"},
                 {999, "999 ms"},
                 {2500, "2.5 s"},
                 {12 * 60000, "12 min"},
                 {8 * 3600000, "8 h 0 min"},
                 {270000000, "3 d 3 h"}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buf out = {0};
        show_duration(&out, CASES[i].ms);
        assert_string_equal(out.data, CASES[i].wanted);
        buf_destroy(&out);
    }
}

static void a_table_has_aligned_columns_and_no_empty_ones(void **state)
{
    static const char *const HEADINGS[] = {"NAME", ">SIZE", "NOTHING", "ABOUT", NULL};
    struct buf out = {0};
    (void)state;
    struct table *table = table_new(HEADINGS);
    const char *cells[] = {"Ä", "5", "", "first", "longer", "12345", "", "second"};
    for (size_t i = 0; i < 8; i++)
        table_put(table, "%s", cells[i]);
    assert_int_equal(table_n_rows(table), 2);
    table_write(table, &out, 0);
    assert_string_equal(out.data, "NAME     SIZE  ABOUT\n"
                                  "Ä           5  first\n"
                                  "longer  12345  second\n");
    buf_reset(&out);
    table_write(table, &out, 9);
    assert_string_equal(out.data, "NAME     \nÄ        \nlonger  1\n");
    table_destroy(&table);
    buf_destroy(&out);
}

static void assert_reply_as(const struct formatter *formatter, const struct look *look,
                            const char *body, const char *wanted)
{
    struct indsub_reply reply;
    struct buf out = {0};
    assert_int_equal(reply_read(&reply, body, strlen(body)), INDSUB_OK);
    buf_put(&out, "", 0);
    formatter->reply(&out, look, &reply);
    assert_string_equal(out.data, wanted);
    buf_destroy(&out);
    reply_clear(&reply);
}

static void assert_reply(const struct formatter *formatter, const char *body, const char *wanted)
{
    assert_reply_as(formatter, &PLAIN, body, wanted);
}

#define LIST                                                                                      \
    "{\"type\":\"subscriptions\",\"subscriptions\":[{\"symbol\":\"A\",\"timeframe\":\"1min\","    \
    "\"updates\":\"close\",\"indicators\":{\"mine\":{\"name\":\"RSI\",\"params\":{\"length\":14," \
    "\"source\":\"hl2\"},\"outputs\":[\"RSI\"],\"warm\":false,\"bars\":3}}}]}"

static void answers_are_readable(void **state)
{
    (void)state;
    assert_reply(&format_table, LIST,
                 "A 1min (closed bars only) | mine = RSI(length=14,source=hl2), warm in 3 bars\n");
    assert_reply(&format_table, "{\"type\":\"unsubscribed\",\"subscriptions\":[]}",
                 "no subscriptions\n");
    assert_reply(&format_table,
                 "{\"type\":\"symbols\",\"symbols\":[{\"symbol\":\"A\",\"instrument_type\":"
                 "\"INDEX\",\"strike\":null,\"last\":1.5,\"last_time\":"
                 "\"2025-11-04T05:05:00.000Z\"}]}",
                 "SYMBOL  TYPE   LAST  TIME\nA       INDEX  1.50  2025-11-04 10:35:00\n");
    assert_reply(&format_table, "{\"type\":\"refreshed\",\"id\":4,\"expires_at\":\"later\"}",
                 "expires_at later\n");
    assert_reply(&format_table, "{\"type\":\"history\",\"updates\":[]}", "no bars\n");
}

#define HISTORY                                                                             \
    "{\"type\":\"history\",\"updates\":[" BAR("true", INDICATORS) "," BAR(                  \
        "true", "\"oi\":{\"oi\":700},\"indicators\":{\"RSI_14_100\":null,\"MACD_12_26_9\":" \
                "{\"MACD\":12.5,\"MACDh\":1.5,\"MACDs\":0.25}}") "]}"

static void bars_of_the_past_are_a_table_where_there_is_room(void **state)
{
    struct look look = PLAIN;
    (void)state;
    assert_reply_as(&format_table, &look, HISTORY,
                    "NIFTY50 5min\n"
                    "TIME                  OPEN      HIGH       LOW     CLOSE   OI  RSI_14_100  "
                    " MACD  MACDh   MACDs\n"
                    "2025-11-04 10:35  25710.10  25718.00  25709.55  25714.30            67.30  "
                    "12.50   0.03       -\n"
                    "2025-11-04 10:35  25710.10  25718.00  25709.55  25714.30  700           -  "
                    "12.50   1.50  0.2500\n");
    look.width = 75;
    assert_reply_as(&format_table, &look, HISTORY,
                    "NIFTY50 5min\n"
                    "TIME                 CLOSE   OI  RSI_14_100   MACD  MACDh   MACDs\n"
                    "2025-11-04 10:35  25714.30            67.30  12.50   0.03       -\n"
                    "2025-11-04 10:35  25714.30  700           -  12.50   1.50  0.2500\n");
    look.width = 59;
    assert_reply_as(&format_table, &look,
                    "{\"type\":\"history\",\"updates\":[" BAR("true", INDICATORS) "]}",
                    "NIFTY50 5min 2025-11-04 10:35 closed | C 25714.30\n"
                    "         RSI_14_100 67.30\n"
                    "         MACD_12_26_9 MACD 12.50 MACDh 0.0320 MACDs -\n");
}

static void outputs_that_are_called_alike_are_told_apart(void **state)
{
    (void)state;
    assert_reply(&format_table,
                 "{\"type\":\"history\",\"updates\":[" BAR(
                     "true", "\"indicators\":{\"A\":{\"X\":1,\"Y\":2},\"B\":{\"X\":3}}") "]}",
                 "NIFTY50 5min\n"
                 "TIME                  OPEN      HIGH       LOW     CLOSE   A X     Y   B X\n"
                 "2025-11-04 10:35  25710.10  25718.00  25709.55  25714.30  1.00  2.00  3.00\n");
}

static void what_operators_see_is_aligned(void **state)
{
    (void)state;
    assert_reply(&format_table,
                 "{\"type\":\"stats\",\"sessions\":2,\"counters\":{\"errors\":{\"BUSY\":3}},"
                 "\"rates\":{\"ticks_per_s\":30.0477},\"uptime_ms\":2500,\"shared\":[],"
                 "\"feed\":[{\"source\":\"a feed\",\"last_seq\":7,\"age_ms\":5,\"stale\":false}]}",
                 "up for               2.5 s\n"
                 "sessions             2\n"
                 "counters.errors.BUSY 3\n"
                 "rates.ticks_per_s    30.05\n"
                 "\n"
                 "STATE   AGE  LAST SEQ  FEED\n"
                 "live   5 ms         7  a feed\n");
}

static void a_catalog_is_sorted_and_an_entry_is_all_there_is(void **state)
{
    (void)state;
    assert_reply(&format_table,
                 "{\"type\":\"catalog\",\"indicators\":["
                 "{\"name\":\"VOL\",\"category\":\"volume\",\"title\":\"T\",\"params\":[]},"
                 "{\"name\":\"RSI\",\"category\":\"momentum\",\"title\":\"T\",\"params\":"
                 "[{\"name\":\"length\",\"default\":14}]},"
                 "{\"name\":\"MOM\",\"category\":\"momentum\",\"title\":\"T\",\"params\":[]}]}",
                 "NAME  CATEGORY  TITLE  PARAMETERS\n"
                 "MOM   momentum  T\n"
                 "RSI   momentum  T      (length=14)\n"
                 "VOL   volume    T\n");
    assert_reply(&format_table,
                 "{\"type\":\"catalog\",\"indicators\":[{\"name\":\"RSI\",\"title\":\"Strength\","
                 "\"category\":\"momentum\",\"aliases\":[],\"params\":[{\"name\":\"length\","
                 "\"type\":\"int\",\"default\":14,\"min\":1,\"max\":50,\"about\":\"bars\"}],"
                 "\"inputs\":[\"close\"],\"outputs\":[\"RSI\"],\"warmup\":1,\"source\":\"W\"}]}",
                 "RSI: Strength (momentum)\n"
                 "  parameter  default  range    about\n"
                 "  length     14       1 to 50  bars\n"
                 "  inputs     close\n"
                 "  outputs    RSI\n"
                 "  warm       after 1 bar, with the defaults\n"
                 "  reference  W\n");
}

static void json_is_what_the_daemon_wrote(void **state)
{
    (void)state;
    assert_reply(&format_json, LIST, LIST "\n");
    assert_reply(&format_json,
                 "{\"type\":\"history\",\"updates\":[" BAR("true", INDICATORS) " , " BAR(
                     "false", INDICATORS) "]}",
                 BAR("true", INDICATORS) "\n" BAR("false", INDICATORS) "\n");
    assert_reply(&format_json, "{\"type\":\"history\",\"updates\":[]}", "");
    assert_reply(&format_json, "{\"type\":\"data\",\"update\":null}",
                 "{\"type\":\"data\",\"update\":null}\n");
}

static void status_is_a_line(void **state)
{
    static const char BODY[] = "{\"type\":\"status\",\"epoch\":\"e\",\"feed\":{\"state\":\"live\","
                               "\"age_ms\":120},\"markets\":{\"NSE\":\"open\",\"BSE\":\"closed\"}}";
    struct buf out = {0};
    (void)state;
    format_table.published(&out, &PLAIN, BODY, strlen(BODY));
    assert_string_equal(out.data, "feed live, newest tick 120 ms ago | NSE open | BSE closed\n");
    buf_destroy(&out);
}

static void progress_fits(void **state)
{
    struct buf out = {0};
    (void)state;
    progress_put(&out, 0, 0.5, 1000, 2000.4, 0);
    assert_string_equal(out.data,
                        "[====================>                   ]  50 %  1000 rows  2000/s");
    buf_reset(&out);
    progress_put(&out, 40, 1, 1000, 2000, 7);
    assert_true(text_columns(out.data, out.size) <= 40);
    buf_reset(&out);
    progress_put(&out, 10, 2, 1000, 2000, 7);
    assert_int_equal(out.size, 10);
    buf_reset(&out);
    progress_put(&out, 0, NAN, 5, 1, 7);
    assert_string_equal(out.data, " 5 rows  1/s  7 rejected");
    buf_destroy(&out);
}

static void only_what_is_shown_is_printed(void **state)
{
    struct shown shown = {0};
    (void)state;
    shown_add(&shown, "A", "1min", (struct shown_manner){.left = 2, .is_awaited = true});
    shown_add(&shown, "A", "5min", (struct shown_manner){.closed_only = true, .left = UINT64_MAX});
    assert_false(shown_take(&shown, "B", "1min", true, false));
    assert_true(shown_take(&shown, "A", "1min", false, true));
    assert_true(shown_is_awaited(&shown));
    assert_true(shown_take(&shown, "A", "1min", false, false));
    assert_false(shown_take(&shown, "A", "1min", false, false)); /* two were asked for */
    assert_false(shown_is_awaited(&shown));                      /* nobody waits for the other */
    assert_false(shown_take(&shown, "A", "5min", false, false));
    assert_false(shown_take(&shown, "A", "5min", true, true)); /* it had closed before */
    assert_true(shown_take(&shown, "A", "5min", true, false));
    shown_add(&shown, "A", "5min", (struct shown_manner){.left = 1}); /* said anew */
    assert_int_equal(shown.n, 1);
    shown_stop(&shown, NULL, NULL);
    assert_int_equal(shown.n, 0);
    shown_destroy(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_is_a_line),
        cmocka_unit_test(greeks_and_open_interest_are_shown_where_there_are_any),
        cmocka_unit_test(a_narrow_terminal_gets_shorter_lines),
        cmocka_unit_test(colours_take_no_columns),
        cmocka_unit_test(numbers_are_short_but_not_wrong),
        cmocka_unit_test(times_are_local_and_as_long_as_need_be),
        cmocka_unit_test(durations_have_two_places_at_most),
        cmocka_unit_test(a_table_has_aligned_columns_and_no_empty_ones),
        cmocka_unit_test(answers_are_readable),
        cmocka_unit_test(bars_of_the_past_are_a_table_where_there_is_room),
        cmocka_unit_test(outputs_that_are_called_alike_are_told_apart),
        cmocka_unit_test(what_operators_see_is_aligned),
        cmocka_unit_test(a_catalog_is_sorted_and_an_entry_is_all_there_is),
        cmocka_unit_test(json_is_what_the_daemon_wrote),
        cmocka_unit_test(status_is_a_line),
        cmocka_unit_test(progress_fits),
        cmocka_unit_test(only_what_is_shown_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
