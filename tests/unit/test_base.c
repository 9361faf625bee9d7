/* Errors, market time, names of timeframes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/base/err.h"
#include "common/base/feedtime.h"
#include "common/base/utf8.h"
#include "common/protocol/timeframe.h"

static void every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_CODE_COUNT; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(err_code_name((enum err_code)i),
                                    err_code_name((enum err_code)k));
    assert_string_equal(err_code_name(ERR_NO_SUBSCRIPTION), "NO_SUBSCRIPTION");
    assert_true(err_code_is_temporary(ERR_BUSY));
    assert_false(err_code_is_temporary(ERR_UNKNOWN_INDICATOR));
}

static void a_long_message_is_cut_between_characters(void **state)
{
    struct err err;
    char text[400] = "";
    (void)state;
    for (int i = 0; i < 120; i++)
        strcat(text, "\xe2\x82\xb9");
    assert_int_equal(err_set(&err, ERR_BUSY, "%s", text), ERR_BUSY);
    size_t size = strlen(err.message);
    assert_string_equal(err.message + size - 3, "...");
    assert_int_equal((size - 3) % 3, 0);
}

static void half_a_character_is_left_out(void **state)
{
    struct err err;
    (void)state;
    err_set(&err, ERR_BUSY, "no \"%.4s\"; %s", "\xe2\x82\xb9\xe2\x82\xb9", "\xff\xc3\xa9\xc3");
    assert_string_equal(err.message, "no \"\xe2\x82\xb9\"; \xc3\xa9");
}

static void a_character_is_of_one_form_only(void **state)
{
    static const struct {
        const char *text;
        size_t size;
    } CASES[] = {
        {"a", 1},
        {"\xc2\x80", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"", 0},
        {"\x80", 0},
        {"\xc1\xbf", 0},         /* two bytes for "DEL" */
        {"\xe0\x9f\xbf", 0},     /* three for what fits into two */
        {"\xed\xa0\x80", 0},     /* half a surrogate pair */
        {"\xf0\x8f\xbf\xbf", 0}, /* four for what fits into three */
        {"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xe2\x82", 0},
        {"\xe2\x82z", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_int_equal(utf8_first(CASES[i].text, strlen(CASES[i].text)), CASES[i].size);
}

static void the_nearest_name_is_offered_if_it_is_near(void **state)
{
    (void)state;
    struct nearest near = nearest_begin("RSX1");
    nearest_offer(&near, "RSI");
    nearest_offer(&near, "RSX");
    nearest_offer(&near, "MACD");
    assert_string_equal(near.best, "RSX");
    struct nearest none = nearest_begin("FOO");
    nearest_offer(&none, "BARBAZ");
    assert_null(none.best);
}

/* All of the table, and no limit to it. */
static size_t whole_distance(const char *a, const char *b)
{
    size_t table[16][16], n_a = strlen(a), n_b = strlen(b);
    for (size_t i = 0; i <= n_a; i++)
        for (size_t j = 0; j <= n_b; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            size_t best = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = table[i - 1][j] + 1 < best ? table[i - 1][j] + 1 : best;
            table[i][j] = table[i][j - 1] + 1 < best ? table[i][j - 1] + 1 : best;
        }
    return table[n_a][n_b];
}

static void the_distance_of_two_names_is_that_of_the_whole_table(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int n = 0; n < 200000; n++) {
        char names[2][12] = {"", ""};
        for (int k = 0; k < 2; k++) {
            size_t size = (random = random * 1664525 + 1013904223) >> 16;
            for (size_t i = 0; i < size % 11; i++)
                names[k][i] = (char)('a' + ((random = random * 1664525 + 1013904223) >> 24) % 3);
        }
        size_t true_distance = whole_distance(names[0], names[1]), limit = (size_t)n % 5;
        size_t wanted = true_distance <= limit ? true_distance : limit + 1;
        if (err_distance(names[0], names[1], limit) != wanted)
            fail_msg("\"%s\" and \"%s\" are %zu apart, limit %zu", names[0], names[1],
                     true_distance, limit);
    }
    assert_int_equal(err_distance("NIFTY50", "nifty50", 3), 0);
    char long_name[200] = "";
    memset(long_name, 'x', 199);
    assert_int_equal(err_distance(long_name, long_name + 1, 3), 4);
    assert_int_equal(err_distance(long_name, long_name, 3), 0);
}

static void times_go_to_text_and_back(void **state)
{
    static const struct {
        const char *in, *out;
    } CASES[] = {
        {"2025-11-04T05:05:00.000Z", "2025-11-04T05:05:00.000Z"},
        {"2025-11-04T10:35:00+05:30", "2025-11-04T05:05:00.000Z"},
        {"2024-02-29 23:59:59.9999z", "2024-02-29T23:59:59.999Z"},
        {"1969-12-31T23:59:59.001Z", "1969-12-31T23:59:59.001Z"},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
        {"2025-01-01T00:00:00-00:30", "2025-01-01T00:30:00.000Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t ms;
        char text[FEEDTIME_TEXT_SIZE];
        assert_true(feedtime_parse(CASES[i].in, &ms));
        feedtime_format(ms, text);
        assert_string_equal(text, CASES[i].out);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const BAD[] = {"",
                                      "2025-11-04",
                                      "2025-11-04T05:05:00",
                                      "2025-02-29T00:00:00Z",
                                      "2025-13-01T00:00:00Z",
                                      "2025-11-04T24:00:00Z",
                                      "2025-11-04T05:60:00Z",
                                      "2025-11-04T05:05:00.Z",
                                      "2025-11-04T05:05:00Zx",
                                      "1762232700000"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        int64_t ms = 7;
        assert_false(feedtime_parse(BAD[i], &ms));
        assert_int_equal(ms, 7);
    }
}

static void days_and_dates_agree_over_a_thousand_years(void **state)
{
    (void)state;
    for (int64_t day = -200000; day < 200000; day += 13) {
        int64_t year;
        int month, date;
        feedtime_civil_from_days(day, &year, &month, &date);
        assert_int_equal(feedtime_days_from_civil(year, month, date), day);
    }
    assert_int_equal(feedtime_days_from_civil(2000, 3, 1), 11017);
}

static void a_file_may_leave_the_offset_out(void **state)
{
    int64_t ms;
    (void)state;
    assert_true(feedtime_parse_local("2025-11-04 10:35:00", 19800, &ms));
    assert_int_equal(ms, 1762232700000);
    assert_true(feedtime_parse_local("2025-11-04", 19800, &ms));
    assert_int_equal(ms, 1762194600000);
}

static void timeframes_have_names_and_other_spellings(void **state)
{
    (void)state;
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        assert_int_equal(timeframe_parse(timeframe_name((enum timeframe)i)), i);
    assert_int_equal(timeframe_parse("5m"), TIMEFRAME_5MIN);
    assert_int_equal(timeframe_parse("60min"), TIMEFRAME_1H);
    assert_int_equal(timeframe_parse("7min"), TIMEFRAME_NONE);
    assert_int_equal(timeframe_parse(""), TIMEFRAME_NONE);
    assert_int_equal(timeframe_parse("05min"), TIMEFRAME_NONE);
    assert_int_equal(timeframe_parse("99999min"), TIMEFRAME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_of_its_own),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(half_a_character_is_left_out),
        cmocka_unit_test(a_character_is_of_one_form_only),
        cmocka_unit_test(the_nearest_name_is_offered_if_it_is_near),
        cmocka_unit_test(the_distance_of_two_names_is_that_of_the_whole_table),
        cmocka_unit_test(times_go_to_text_and_back),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(days_and_dates_agree_over_a_thousand_years),
        cmocka_unit_test(a_file_may_leave_the_offset_out),
        cmocka_unit_test(timeframes_have_names_and_other_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
