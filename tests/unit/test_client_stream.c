/* What the client keeps track of: numbers, positions, what is held back, bytes within JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/client/held.h"
#include "common/client/span.h"
#include "common/client/stream.h"

static void numbers_are_read_with_and_without_a_count(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t seq, merged;
    } CASES[] = {
        {"1", true, 1, 0},
        {"1042 3", true, 1042, 3},
        {"18446744073709551615", true, UINT64_MAX, 0},
        {"18446744073709551616", false, 0, 0},
        {"", false, 0, 0},
        {" 1", false, 0, 0},
        {"1 ", false, 0, 0},
        {"1  2", false, 0, 0},
        {"1 2 3", false, 0, 0},
        {"-1", false, 0, 0},
        {"1x", false, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        uint64_t seq = 0, merged = 0;
        bool good = stream_parse_seq(CASES[i].text, strlen(CASES[i].text), &seq, &merged);
        assert_int_equal(good, CASES[i].good);
        if (good) {
            assert_true(seq == CASES[i].seq);
            assert_true(merged == CASES[i].merged);
        }
    }
}

static void a_jump_is_a_gap_until_it_is_mended(void **state)
{
    struct stream stream = {0};
    (void)state;
    assert_int_equal(stream_take_seq(&stream, 1), STREAM_NEXT);
    assert_int_equal(stream_take_seq(&stream, 2), STREAM_NEXT);
    assert_int_equal(stream_take_seq(&stream, 2), STREAM_REPEATED);
    assert_int_equal(stream_take_seq(&stream, 5), STREAM_GAP);
    assert_int_equal(stream_take_seq(&stream, 6), STREAM_NEXT);
    assert_int_equal(stream.good_seq, 2);
    assert_int_equal(stream_take_seq(&stream, 9), STREAM_GAP);
    assert_int_equal(stream.good_seq, 2);
    stream_mended(&stream, 7);
    assert_int_equal(stream.good_seq, 9);
    assert_int_equal(stream_take_seq(&stream, 10), STREAM_NEXT);
    assert_int_equal(stream.good_seq, 10);
    stream_mended(&stream, 13); /* 11 to 13 came in the answer, and nothing since */
    assert_int_equal(stream_take_seq(&stream, 14), STREAM_NEXT);
    assert_int_equal(stream.good_seq, 14);
    stream_restart(&stream, 0);
    assert_int_equal(stream_take_seq(&stream, 1), STREAM_NEXT);
    stream_destroy(&stream);
}

static struct series *remember(struct stream *stream, const char *symbol, const char *wanted)
{
    char *text = wanted ? strdup(wanted) : NULL, *mode = NULL;
    return stream_remember(stream, symbol, "5min", &text, &mode);
}

static bool take(struct stream *stream, int64_t bar_ms, bool closed)
{
    return stream_take_bar(stream, "NIFTY50", "5min", bar_ms, closed);
}

static void a_closed_bar_is_taken_once_and_in_order(void **state)
{
    struct stream stream = {0};
    (void)state;
    remember(&stream, "NIFTY50", "x");
    assert_true(take(&stream, 100, true));
    assert_false(take(&stream, 100, true));
    assert_false(take(&stream, 99, true));
    assert_true(stream_has_passed(&stream, "NIFTY50", "5min", 100));
    assert_false(stream_has_passed(&stream, "NIFTY50", "5min", 101));
    assert_false(stream_has_passed(&stream, "NIFTY50", "1min", 100));
    assert_true(take(&stream, 200, false));
    assert_true(take(&stream, 200, false));
    assert_true(take(&stream, 200, true));
    assert_true(stream_take_bar(&stream, "NIFTY50", "1min", 100, true)); /* another series */
    stream_destroy(&stream);
}

/* A daemon that has started anew may stand earlier than the old one did. */
static void a_forming_bar_is_always_news(void **state)
{
    struct stream stream = {0};
    (void)state;
    remember(&stream, "NIFTY50", "x");
    assert_true(take(&stream, 200, true));
    assert_true(take(&stream, 100, false));
    assert_false(take(&stream, 100, true));
    stream_destroy(&stream);
}

/* While the end of one bar is awaited the next one forms already: it must not hide the first. */
static void a_bar_that_closes_late_is_taken(void **state)
{
    struct stream stream = {0};
    (void)state;
    struct series *series = remember(&stream, "NIFTY50", "x");
    assert_true(series_fill_from(series) == STREAM_UNKNOWN);
    assert_true(take(&stream, 200, false));
    assert_true(series_fill_from(series) == 200);
    assert_true(take(&stream, 100, true));
    assert_true(series_fill_from(series) == 101);
    assert_true(take(&stream, 200, false));
    stream_destroy(&stream);
}

static void series_are_found_whatever_their_order(void **state)
{
    static const char *const SYMBOLS[] = {"M", "A", "Z", "B_5min", "B", "AA", "N", "C"};
    enum { N = sizeof SYMBOLS / sizeof *SYMBOLS };
    struct stream stream = {0};
    (void)state;
    for (size_t round = 0; round < 2; round++) /* the second time nothing is new */
        for (size_t i = 0; i < N; i++)
            assert_non_null(remember(&stream, SYMBOLS[i], SYMBOLS[i]));
    assert_int_equal(stream.n_series, N);
    for (size_t i = 0; i < N; i++)
        assert_string_equal(stream_find(&stream, SYMBOLS[i], "5min")->wanted, SYMBOLS[i]);
    assert_null(stream_find(&stream, "B", "5min_5min"));
    stream_forget(&stream, 0);
    assert_null(stream_find(&stream, "A", "5min"));
    assert_int_equal(stream.n_series, N - 1);
    stream_destroy(&stream);
}

static void what_is_wanted_stays_unless_it_is_said_anew(void **state)
{
    struct stream stream = {0};
    char *wanted = strdup("old"), *mode = strdup(",\"updates\":\"close\"");
    (void)state;
    struct series *series = stream_remember(&stream, "A", "1min", &wanted, &mode);
    assert_null(wanted);
    assert_null(mode);
    wanted = strdup("new");
    assert_ptr_equal(stream_remember(&stream, "A", "1min", &wanted, &mode), series);
    assert_string_equal(series->wanted, "new");
    assert_string_equal(series->mode, ",\"updates\":\"close\"");
    stream_destroy(&stream);
}

static void put(struct held *held, const char *body)
{
    assert_true(held_put(held, body, strlen(body)));
}

static void only_the_newest_forming_bar_of_a_series_is_held(void **state)
{
#define BODY(symbol, closed, n) \
    "{\"symbol\":\"" symbol "\",\"timeframe\":\"1min\",\"closed\":" closed ",\"n\":" n "}"
    static const char *const LEFT[] = {BODY("B", "false", "2"), BODY("A", "true", "3"),
                                       BODY("A", "true", "5"), BODY("A", "false", "6"),
                                       "{\"type\":\"notice\"}"};
    struct held held = {0};
    struct held_item item;
    (void)state;
    put(&held, BODY("A", "false", "1"));
    put(&held, LEFT[0]);
    put(&held, LEFT[1]);
    put(&held, BODY("A", "false", "4"));
    put(&held, LEFT[2]);
    put(&held, LEFT[3]);
    put(&held, LEFT[4]);
    for (size_t i = 0; i < sizeof LEFT / sizeof *LEFT; i++) {
        assert_true(held_take(&held, &item));
        assert_string_equal(item.body, LEFT[i]);
        free(item.body);
    }
    assert_false(held_take(&held, &item));
    for (int i = 0; i < 100; i++)
        put(&held, BODY("A", "true", "7"));
    held_destroy(&held);
}

static void assert_span(struct span span, const char *wanted)
{
    assert_int_equal(span.size, strlen(wanted));
    assert_memory_equal(span.at, wanted, span.size);
}

static void bytes_of_a_member_are_found(void **state)
{
    static const char TEXT[] =
        "{ \"a\" : -1.50e3 ,\"b\":[ {\"a\":\"]}\\\"\"}, [ ] ,null,\"\\\\\"] ,"
        "\"c\\\"\":{},\"d\":{\"a\":[1,2]}, \"e\":true}";
    const struct span whole = {TEXT, sizeof TEXT - 1};
    (void)state;
    assert_span(span_member(whole, "a"), "-1.50e3");
    assert_span(span_member(whole, "d"), "{\"a\":[1,2]}");
    assert_span(span_member(whole, "e"), "true");
    assert_null(span_member(whole, "c").at);
    assert_null(span_member(whole, "f").at);
    struct span rest = span_member(whole, "b"), item;
    static const char *const ITEMS[] = {"{\"a\":\"]}\\\"\"}", "[ ]", "null", "\"\\\\\""};
    for (size_t i = 0; i < 4; i++) {
        assert_true(span_next_item(&rest, &item));
        assert_span(item, ITEMS[i]);
    }
    assert_false(span_next_item(&rest, &item));
    rest = (struct span){"[]", 2};
    assert_false(span_next_item(&rest, &item));
}

/* Whatever is cut off, nothing beyond the end is read (the sanitizer watches). */
static void text_that_ends_anywhere_is_survived(void **state)
{
    static const char TEXT[] = "{\"a\":[1,{\"b\":\"\\\"c\"}],\"d\":\"e\\\\\",\"f\":[[],[0]]}";
    (void)state;
    for (size_t size = 0; size < sizeof TEXT; size++) {
        char *copy = malloc(size ? size : 1);
        memcpy(copy, TEXT, size);
        struct span whole = {copy, size}, item;
        struct span rest = span_member(whole, "f");
        span_member(whole, "missing");
        while (rest.at && span_next_item(&rest, &item))
            assert_true(item.at >= copy && item.at + item.size <= copy + size);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_with_and_without_a_count),
        cmocka_unit_test(a_jump_is_a_gap_until_it_is_mended),
        cmocka_unit_test(a_closed_bar_is_taken_once_and_in_order),
        cmocka_unit_test(a_forming_bar_is_always_news),
        cmocka_unit_test(a_bar_that_closes_late_is_taken),
        cmocka_unit_test(series_are_found_whatever_their_order),
        cmocka_unit_test(what_is_wanted_stays_unless_it_is_said_anew),
        cmocka_unit_test(only_the_newest_forming_bar_of_a_series_is_held),
        cmocka_unit_test(bytes_of_a_member_are_found),
        cmocka_unit_test(text_that_ends_anywhere_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
