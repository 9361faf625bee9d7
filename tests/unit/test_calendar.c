/* Which bar a moment belongs to: sessions, cut-off bars, days, weeks, daylight saving, leap days.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/feedtime.h"
#include "daemon/market/calendar.h"

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(feedtime_parse(text, &ms));
    return ms;
}

static void assert_bar(const struct calendar *calendar, enum timeframe timeframe,
                       const char *moment, const char *start, const char *end)
{
    int64_t start_ms, end_ms;
    char text[FEEDTIME_TEXT_SIZE];
    assert_true(calendar_bar_start(calendar, timeframe, at(moment), &start_ms, &end_ms));
    feedtime_format(start_ms, text);
    assert_string_equal(text, start);
    feedtime_format(end_ms, text);
    assert_string_equal(text, end);
}

static void bars_start_at_the_sessions_open(void **state)
{
    struct calendar *nse = calendar_new_default();
    (void)state;
    assert_bar(nse, TIMEFRAME_5MIN, "2025-11-04T05:07:03Z", "2025-11-04T05:05:00.000Z",
               "2025-11-04T05:10:00.000Z");
    assert_bar(nse, TIMEFRAME_1H, "2025-11-04T03:45:00Z", "2025-11-04T03:45:00.000Z",
               "2025-11-04T04:45:00.000Z");
    assert_bar(nse, TIMEFRAME_2H, "2025-11-04T09:59:59.999Z", "2025-11-04T09:45:00.000Z",
               "2025-11-04T10:00:00.000Z");
    assert_bar(nse, TIMEFRAME_30S, "2025-11-04T03:45:59Z", "2025-11-04T03:45:30.000Z",
               "2025-11-04T03:46:00.000Z");
    calendar_destroy(&nse);
}

static void outside_the_session_there_is_no_intraday_bar(void **state)
{
    struct calendar *nse = calendar_new_default();
    int64_t start_ms, end_ms;
    (void)state;
    assert_false(calendar_bar_start(nse, TIMEFRAME_1MIN, at("2025-11-04T03:44:59.999Z"), &start_ms,
                                    &end_ms));
    assert_false(
        calendar_bar_start(nse, TIMEFRAME_4H, at("2025-11-04T10:00:00Z"), &start_ms, &end_ms));
    assert_bar(nse, TIMEFRAME_1D, "2025-11-03T18:30:00Z", "2025-11-04T03:45:00.000Z",
               "2025-11-04T10:00:00.000Z"); /* midnight in Kolkata */
    calendar_destroy(&nse);
}

static void weeks_start_on_monday_over_year_ends_and_leap_days(void **state)
{
    struct calendar *nse = calendar_new_default();
    (void)state;
    assert_bar(nse, TIMEFRAME_1W, "2025-01-01T05:00:00Z", "2024-12-30T03:45:00.000Z",
               "2025-01-05T18:30:00.000Z");
    assert_bar(nse, TIMEFRAME_1W, "2024-02-29T05:00:00Z", "2024-02-26T03:45:00.000Z",
               "2024-03-03T18:30:00.000Z");
    assert_bar(nse, TIMEFRAME_1D, "2024-02-29T05:00:00Z", "2024-02-29T03:45:00.000Z",
               "2024-02-29T10:00:00.000Z");
    assert_int_equal(calendar_trading_day(nse, at("2025-11-03T18:30:00Z")),
                     calendar_trading_day(nse, at("2025-11-04T18:29:59Z")));
    calendar_destroy(&nse);
}

static void around_the_clock_is_aligned_to_midnight_utc(void **state)
{
    struct calendar *always = calendar_new_always();
    (void)state;
    assert_bar(always, TIMEFRAME_4H, "2022-01-01T23:59:59Z", "2022-01-01T20:00:00.000Z",
               "2022-01-02T00:00:00.000Z");
    assert_bar(always, TIMEFRAME_1D, "2022-01-01T23:59:59Z", "2022-01-01T00:00:00.000Z",
               "2022-01-02T00:00:00.000Z");
    assert_bar(always, TIMEFRAME_1W, "1969-12-31T12:00:00Z", "1969-12-29T00:00:00.000Z",
               "1970-01-05T00:00:00.000Z");
    assert_true(calendar_is_open(always, at("2022-01-01T03:00:00Z")));
    calendar_destroy(&always);
}

/* New York: -5 h, and -4 h between the second Sunday of March and the first of November. */
static void daylight_saving_moves_the_session_in_utc(void **state)
{
    const struct zone_change changes[] = {{at("2024-03-10T07:00:00Z"), -4 * 3600},
                                          {at("2024-11-03T06:00:00Z"), -5 * 3600}};
    struct calendar *nyse = calendar_new(9 * 60 + 30, 16 * 60, -5 * 3600, changes, 2, NULL, 0);
    (void)state;
    assert_bar(nyse, TIMEFRAME_1H, "2024-03-08T14:31:00Z", "2024-03-08T14:30:00.000Z",
               "2024-03-08T15:30:00.000Z");
    assert_bar(nyse, TIMEFRAME_1H, "2024-03-11T13:31:00Z", "2024-03-11T13:30:00.000Z",
               "2024-03-11T14:30:00.000Z");
    assert_bar(nyse, TIMEFRAME_1W, "2024-03-07T15:00:00Z", "2024-03-04T14:30:00.000Z",
               "2024-03-11T04:00:00.000Z");
    assert_bar(nyse, TIMEFRAME_1D, "2024-11-04T15:00:00Z", "2024-11-04T14:30:00.000Z",
               "2024-11-04T21:00:00.000Z");
    struct calendar *night = calendar_new(0, 1440, -5 * 3600, changes, 2, NULL, 0);
    assert_bar(night, TIMEFRAME_1D, "2024-03-10T12:00:00Z", "2024-03-10T05:00:00.000Z",
               "2024-03-11T04:00:00.000Z"); /* a day of 23 hours */
    assert_bar(night, TIMEFRAME_1D, "2024-11-03T12:00:00Z", "2024-11-03T04:00:00.000Z",
               "2024-11-04T05:00:00.000Z"); /* and one of 25 */
    calendar_destroy(&night);
    calendar_destroy(&nyse);
}

static void weekends_and_holidays_are_closed(void **state)
{
    const int64_t holidays[] = {feedtime_days_from_civil(2025, 11, 5)};
    struct calendar *nse =
        calendar_new(9 * 60 + 15, 15 * 60 + 30, KOLKATA_OFFSET_S, NULL, 0, holidays, 1);
    (void)state;
    assert_true(calendar_is_open(nse, at("2025-11-04T05:00:00Z")));
    assert_false(calendar_is_open(nse, at("2025-11-05T05:00:00Z")));
    assert_false(calendar_is_open(nse, at("2025-11-08T05:00:00Z")));
    assert_false(calendar_is_open(nse, at("2025-11-04T12:00:00Z")));
    calendar_destroy(&nse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_start_at_the_sessions_open),
        cmocka_unit_test(outside_the_session_there_is_no_intraday_bar),
        cmocka_unit_test(weeks_start_on_monday_over_year_ends_and_leap_days),
        cmocka_unit_test(around_the_clock_is_aligned_to_midnight_utc),
        cmocka_unit_test(daylight_saving_moves_the_session_in_utc),
        cmocka_unit_test(weekends_and_holidays_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
