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

static void assert_next_open(const struct calendar *calendar, const char *moment, const char *open)
{
    char text[FEEDTIME_TEXT_SIZE];
    feedtime_format(calendar_next_open(calendar, at(moment)), text);
    assert_string_equal(text, open);
}

static void the_next_session_is_on_a_trading_day(void **state)
{
    const int64_t holidays[] = {feedtime_days_from_civil(2025, 12, 31),
                                feedtime_days_from_civil(2026, 1, 1)};
    struct calendar *nse =
        calendar_new(9 * 60 + 15, 15 * 60 + 30, KOLKATA_OFFSET_S, NULL, 0, holidays, 2);
    struct calendar *always = calendar_new_always();
    (void)state;
    assert_next_open(nse, "2025-11-04T03:44:59.999Z", "2025-11-04T03:45:00.000Z");
    assert_next_open(nse, "2025-11-04T03:45:00Z", "2025-11-05T03:45:00.000Z");
    assert_next_open(nse, "2025-11-07T10:00:00Z", "2025-11-10T03:45:00.000Z"); /* a weekend */
    assert_next_open(nse, "2025-11-08T20:00:00Z", "2025-11-10T03:45:00.000Z");
    assert_next_open(nse, "2025-12-30T10:00:00Z", "2026-01-02T03:45:00.000Z");
    assert_next_open(always, "2025-11-08T20:00:00Z", "2025-11-09T00:00:00.000Z");
    calendar_destroy(&always);
    calendar_destroy(&nse);
}

static void an_exchange_that_is_closed_all_year_never_opens(void **state)
{
    int64_t holidays[400];
    (void)state;
    for (int i = 0; i < 400; i++)
        holidays[i] = feedtime_days_from_civil(2025, 1, 1) + i;
    struct calendar *closed = calendar_new(540, 600, 0, NULL, 0, holidays, 400);
    assert_true(calendar_next_open(closed, at("2025-01-01T00:00:00Z")) == INT64_MAX);
    assert_next_open(closed, "2026-02-04T10:00:00Z", "2026-02-05T09:00:00.000Z");
    calendar_destroy(&closed);
}

/* A clock that jumps from midnight to one on 31 March, and back to eleven as 27 October begins, as
 * Beirut's does: the first of these midnights is not there, the second comes once. */
static void a_session_may_open_while_the_clock_is_changed(void **state)
{
    const struct zone_change changes[] = {{at("2024-03-30T22:00:00Z"), 3 * 3600},
                                          {at("2024-10-26T21:00:00Z"), 2 * 3600}};
    struct calendar *night = calendar_new(0, 1440, 2 * 3600, changes, 2, NULL, 0);
    (void)state;
    assert_bar(night, TIMEFRAME_1D, "2024-03-31T10:00:00Z", "2024-03-30T22:00:00.000Z",
               "2024-03-31T21:00:00.000Z");
    assert_bar(night, TIMEFRAME_1D, "2024-10-26T10:00:00Z", "2024-10-25T21:00:00.000Z",
               "2024-10-26T22:00:00.000Z");
    assert_bar(night, TIMEFRAME_1D, "2024-10-27T10:00:00Z", "2024-10-26T22:00:00.000Z",
               "2024-10-27T22:00:00.000Z");
    calendar_destroy(&night);
}

/* Bars follow each other without gap or overlap from each open to its close. */
static void bars_tile_every_session_of_a_year(void **state)
{
    const struct zone_change changes[] = {{at("2024-03-10T07:00:00Z"), -4 * 3600},
                                          {at("2024-11-03T06:00:00Z"), -5 * 3600}};
    struct calendar *nyse = calendar_new(9 * 60 + 30, 16 * 60, -5 * 3600, changes, 2, NULL, 0);
    int n_sessions = 0;
    (void)state;
    for (int64_t open_ms = calendar_next_open(nyse, at("2024-01-01T00:00:00Z"));
         open_ms < at("2025-01-01T00:00:00Z"); open_ms = calendar_next_open(nyse, open_ms)) {
        n_sessions++;
        for (enum timeframe tf = TIMEFRAME_1MIN; timeframe_is_intraday(tf); tf++) {
            int64_t start_ms, end_ms = open_ms, day_start_ms, close_ms, again_ms, until_ms;
            assert_true(calendar_bar_start(nyse, TIMEFRAME_1D, open_ms, &day_start_ms, &close_ms));
            assert_int_equal(day_start_ms, open_ms);
            assert_int_equal(close_ms - open_ms, 390 * 60000);
            for (int64_t at_ms = open_ms; at_ms < close_ms; at_ms = end_ms) {
                assert_true(calendar_bar_start(nyse, tf, at_ms, &start_ms, &end_ms));
                assert_int_equal(start_ms, at_ms);
                assert_true(end_ms > start_ms && end_ms - start_ms <= timeframe_ms(tf));
                assert_true(calendar_bar_start(nyse, tf, end_ms - 1, &again_ms, &until_ms));
                assert_int_equal(again_ms, start_ms);
                assert_int_equal(until_ms, end_ms);
            }
            assert_int_equal(end_ms, close_ms);
            assert_false(calendar_bar_start(nyse, tf, close_ms, &start_ms, &end_ms));
            assert_false(calendar_bar_start(nyse, tf, open_ms - 1, &start_ms, &end_ms));
        }
    }
    assert_int_equal(n_sessions, 262); /* weekdays of 2024 */
    calendar_destroy(&nyse);
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
        cmocka_unit_test(the_next_session_is_on_a_trading_day),
        cmocka_unit_test(an_exchange_that_is_closed_all_year_never_opens),
        cmocka_unit_test(a_session_may_open_while_the_clock_is_changed),
        cmocka_unit_test(bars_tile_every_session_of_a_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
