/* From CSV files to items of the feed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/feedfile.h"
#include "cli/feedrow.h"

static enum err_code parse_header(struct feedrow_form *form, const char *text)
{
    char line[256];
    struct err err;
    snprintf(line, sizeof line, "%s", text);
    return feedrow_parse_header(form, line, &err);
}

static void assert_row(const char *header, const char *text, const char *wanted)
{
    struct feedrow_form form;
    struct buf item = {0};
    struct err err = {0};
    char line[256];
    int64_t ms;
    assert_int_equal(parse_header(&form, header), ERR_OK);
    snprintf(line, sizeof line, "%s", text);
    enum err_code code = feedrow_parse(&form, line, "S", TIMEFRAME_5MIN, &item, &ms, &err);
    if (wanted && code == ERR_OK) {
        assert_string_equal(item.data, wanted);
    } else if (wanted || code == ERR_OK) {
        fail_msg("%s: %s", text, wanted ? err.message : item.data);
    }
    buf_destroy(&item);
}

static void the_header_says_what_a_row_is(void **state)
{
    static const char BARS[] = "timestamp,open,high,low,close,volume";
    (void)state;
    assert_row(BARS, "2025-11-04T05:05:00Z,1,2.50,0.5,1.5,10\n",
               "{\"s\":\"S\",\"tf\":\"5min\",\"t\":1762232700000,\"o\":1,\"h\":2.5,\"l\":0.5,"
               "\"c\":1.5,\"v\":10}");
    assert_row("close,low,high,open,oi,ts\r\n", "1.5,0.5,2,1,7,1762232700000\r\n",
               "{\"s\":\"S\",\"tf\":\"5min\",\"t\":1762232700000,\"o\":1,\"h\":2,\"l\":0.5,"
               "\"c\":1.5,\"oi\":7}");
    assert_row("Timestamp , Price", "1762232700000 , 5",
               "{\"s\":\"S\",\"t\":1762232700000,\"p\":5}");
    assert_row("ts_ms,price,size,exchange", "1762232700000,5,20,P",
               "{\"s\":\"S\",\"t\":1762232700000,\"p\":5,\"v\":20}");
    assert_row("timestamp,ltp,volume", "2025-11-04 10:35:00,5,900",
               "{\"s\":\"S\",\"t\":1762232700000,\"p\":5,\"cv\":900}");
    assert_row("timestamp,symbol,price,bid,ask,oi", "1762232700000,\"M&M\",5,,4.5,",
               "{\"s\":\"M&M\",\"t\":1762232700000,\"p\":5,\"a\":4.5}");
    assert_row("\xEF\xBB\xBFts,price", "1762232700000,5",
               "{\"s\":\"S\",\"t\":1762232700000,\"p\":5}");
}

static void a_time_without_an_offset_is_indias(void **state)
{
    (void)state;
    static const char *const SAME[] = {"2025-11-04T10:35:00", "2025-11-04 10:35:00",
                                       "2025-11-04T10:35:00+05:30", "2025-11-04T05:05:00.000Z",
                                       "1762232700000"};
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s,5", SAME[i]);
        assert_row("ts,price", line, "{\"s\":\"S\",\"t\":1762232700000,\"p\":5}");
    }
}

static void headers_that_say_nothing_are_refused(void **state)
{
    static const char *const BAD[] = {"",
                                      "a,b,c",
                                      "timestamp",
                                      "price,quantity",
                                      "timestamp,open,high,low",
                                      "2022-08-12 09:00:01,17659",
                                      "timestamp,\"price"};
    struct feedrow_form form;
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(parse_header(&form, BAD[i]), ERR_BAD_REQUEST);
}

static void lines_that_are_no_rows_are_refused(void **state)
{
    static const char *const BAD[] = {"",
                                      "5",
                                      "noon,5",
                                      "1762232700000,",
                                      "1762232700000,high",
                                      "1762232700000,nan",
                                      "1762232700000,inf",
                                      "1762232700000,5x",
                                      ",5",
                                      "123,5"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_row("timestamp,price", BAD[i], NULL);
    /* In a message with others, a symbol that is no UTF-8 would spoil them all. */
    assert_row("timestamp,price,symbol", "1762232700000,5,Z\xfcrich", NULL);
    assert_row("timestamp,price,symbol", "1762232700000,5,", NULL);
}

static void a_file_suggests_its_symbol(void **state)
{
    static const char *const CASES[][2] = {{"nifty50_1min_2024.csv.gz", "NIFTY50"},
                                           {"a/b.d/infy-ticks.csv", "INFY"},
                                           {"spy", "SPY"},
                                           {"a_very_long_name", "A"},
                                           {"abcdefghijklmnop.csv", "ABCDEFG"}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char symbol[8];
        feedrow_symbol_of_path(CASES[i][0], symbol, sizeof symbol);
        assert_string_equal(symbol, CASES[i][1]);
    }
}

static void a_source_is_told_from_others(void **state)
{
    static const char *const A[] = {"NIFTY50", "1min", "row"}, *const B[] = {"NIFTY501", "min",
                                                                             "row"};
    char first[FEEDROW_SOURCE_SIZE], again[FEEDROW_SOURCE_SIZE], other[FEEDROW_SOURCE_SIZE];
    (void)state;
    feedrow_source("x/day 1.csv", A, 3, first);
    feedrow_source("y/day 1.csv", A, 3, again);
    feedrow_source("x/day 1.csv", B, 3, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_int_equal(strncmp(first, "day-1.csv-", 10), 0);
    assert_int_equal(
        strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"),
        strlen(first));
    feedrow_source("a-name-that-is-much-longer-than-a-source-may-be-called-by-any-daemon.csv", A, 3,
                   first);
    assert_true(strlen(first) <= 64);
}

/* ---- files --------------------------------------------------------------------------- */

struct place {
    char folder[64], path[96];
};

static int make_folder(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    const char *tmp = getenv("TMPDIR");
    snprintf(place->folder, sizeof place->folder, "%.40s/feed.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/sym_x.csv", place->folder);
    *state = place;
    return 0;
}

static int remove_folder(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    rmdir(place->folder);
    free(place);
    return 0;
}

static void write_file(const struct place *place, const char *text, size_t size, bool packed)
{
    if (packed) {
        gzFile file = gzopen(place->path, "wb");
        assert_int_equal(gzwrite(file, text, (unsigned)size), size);
        assert_int_equal(gzclose(file), Z_OK);
    } else {
        FILE *file = fopen(place->path, "wb");
        assert_int_equal(fwrite(text, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
    }
}

static void a_file_is_read_row_by_row_and_again(void **state)
{
    static const char TEXT[] = "ts,price\n1762232700000,5\n\nnonsense,1\n1762232700001,6";
    struct place *place = *state;
    for (int packed = 0; packed < 2; packed++) {
        struct feedfile_row *row;
        struct err err;
        write_file(place, TEXT, strlen(TEXT), packed);
        struct feedfile *file = feedfile_open(place->path, NULL, TIMEFRAME_NONE, &err);
        assert_non_null(file);
        for (int round = 0; round < 2; round++) {
            assert_int_equal(feedfile_next(file, &row, &err), FEEDFILE_ROW);
            assert_int_equal(row->number, 1);
            assert_int_equal(row->line, 2);
            assert_string_equal(row->item.data, "{\"s\":\"SYM\",\"t\":1762232700000,\"p\":5}");
            assert_int_equal(feedfile_next(file, &row, &err), FEEDFILE_BAD);
            assert_non_null(strstr(err.message, "sym_x.csv: line 4:"));
            assert_int_equal(feedfile_next(file, &row, &err), FEEDFILE_ROW);
            assert_int_equal(row->number, 2);
            assert_int_equal(row->line, 5);
            assert_int_equal(feedfile_next(file, &row, &err), FEEDFILE_END);
            assert_true(feedfile_rewind(file));
        }
        feedfile_close(&file);
    }
}

static void a_file_that_has_grown_is_the_same_source(void **state)
{
    static const char TEXT[] = "ts,price\n1762232700000,5\n1762232700001,6\n";
    struct place *place = *state;
    struct err err;
    char source[FEEDROW_SOURCE_SIZE];
    write_file(place, TEXT, strlen(TEXT) - 16, false);
    struct feedfile *file = feedfile_open(place->path, NULL, TIMEFRAME_NONE, &err);
    strcpy(source, feedfile_source(file));
    feedfile_close(&file);
    write_file(place, TEXT, strlen(TEXT), false);
    file = feedfile_open(place->path, NULL, TIMEFRAME_NONE, &err);
    assert_string_equal(source, feedfile_source(file));
    feedfile_close(&file);
    file = feedfile_open(place->path, "OTHER", TIMEFRAME_NONE, &err);
    assert_string_not_equal(source, feedfile_source(file));
    feedfile_close(&file);
}

static void files_that_are_none_are_refused_by_name(void **state)
{
    static const struct {
        const char *text, *why;
        enum timeframe timeframe;
    } CASES[] = {
        {"", "empty", TIMEFRAME_NONE},
        {"a,b\n1,2\n", "must name the columns", TIMEFRAME_NONE},
        {"ts,price\n", "no rows", TIMEFRAME_NONE},
        {"ts,price\nnoon,1\n", "no time", TIMEFRAME_NONE},
        {"ts,price\n1762232700000,1\n", "no --timeframe", TIMEFRAME_1MIN},
        {"ts,open,high,low,close\n1762232700000,1,1,1,1\n1762233000000,1,1,1,1\n",
         "--timeframe 5min", TIMEFRAME_NONE},
    };
    struct place *place = *state;
    struct err err;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        write_file(place, CASES[i].text, strlen(CASES[i].text), false);
        assert_null(feedfile_open(place->path, NULL, CASES[i].timeframe, &err));
        if (!strstr(err.message, CASES[i].why) || !strstr(err.message, "sym_x.csv"))
            fail_msg("case %zu: %s", i, err.message);
    }
    unlink(place->path);
    assert_null(feedfile_open(place->path, NULL, TIMEFRAME_NONE, &err));
    assert_non_null(strstr(err.message, "sym_x.csv"));
}

static void how_much_is_read_is_told_of_packed_files_too(void **state)
{
    struct place *place = *state;
    struct buf text = {0};
    struct feedfile_row *row;
    struct err err;
    buf_put_text(&text, "ts,price\n");
    for (int i = 0; i < 1000; i++) /* packed, it is smaller than what is read of it at a time */
        buf_put_format(&text, "%lld,5\n", 1762232700000LL + i);
    for (int packed = 0; packed < 2; packed++) {
        write_file(place, text.data, text.size, packed);
        struct feedfile *file = feedfile_open(place->path, NULL, TIMEFRAME_NONE, &err);
        assert_non_null(file);
        assert_string_equal(feedfile_symbol(file), "SYM");
        for (int i = 0; i < 250; i++)
            assert_int_equal(feedfile_next(file, &row, &err), FEEDFILE_ROW);
        assert_float_equal(feedfile_fraction(file), 0.25, 0.01);
        for (int i = 0; i < 750; i++)
            assert_int_equal(feedfile_next(file, &row, &err), FEEDFILE_ROW);
        assert_float_equal(feedfile_fraction(file), 1, 1e-9);
        feedfile_close(&file);
    }
    buf_destroy(&text);
}

static void a_file_whose_name_is_no_symbol_wants_one(void **state)
{
    static const char TEXT[] = "ts,price\n1762232700000,5\n";
    struct place *place = *state, other = *place;
    struct err err;
    snprintf(other.path, sizeof other.path, "%s/_x.csv", place->folder);
    write_file(&other, TEXT, strlen(TEXT), false);
    assert_null(feedfile_open(other.path, NULL, TIMEFRAME_NONE, &err));
    assert_non_null(strstr(err.message, "--symbol"));
    struct feedfile *file = feedfile_open(other.path, "SYM", TIMEFRAME_NONE, &err);
    assert_non_null(file);
    feedfile_close(&file);
    unlink(other.path);
}

static void a_packed_file_that_is_cut_off_is_broken(void **state)
{
    struct place *place = *state;
    struct buf text = {0};
    struct feedfile_row *row;
    struct err err;
    unsigned seed = 1;
    buf_put_text(&text, "ts,price\n");
    for (int i = 0; i < 20000; i++)
        buf_put_format(&text, "%lld,%d\n", 1762232700000LL + i, rand_r(&seed) % 1000 + 1);
    write_file(place, text.data, text.size, true);
    assert_int_equal(truncate(place->path, 40000), 0);
    struct feedfile *file = feedfile_open(place->path, NULL, TIMEFRAME_NONE, &err);
    assert_non_null(file);
    enum feedfile_result result;
    while ((result = feedfile_next(file, &row, &err)) == FEEDFILE_ROW || result == FEEDFILE_BAD)
        assert_true(row->number < 20000);
    assert_int_equal(result, FEEDFILE_BROKEN);
    const char *name = strstr(err.message, "sym_x.csv");
    assert_non_null(name);
    assert_null(strstr(name + 1, "sym_x.csv")); /* it is said once */
    feedfile_close(&file);
    buf_destroy(&text);
}

int main(void)
{
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_says_what_a_row_is),
        cmocka_unit_test(a_time_without_an_offset_is_indias),
        cmocka_unit_test(headers_that_say_nothing_are_refused),
        cmocka_unit_test(lines_that_are_no_rows_are_refused),
        cmocka_unit_test(a_file_suggests_its_symbol),
        cmocka_unit_test(a_source_is_told_from_others),
        FILE_TEST(a_file_is_read_row_by_row_and_again),
        FILE_TEST(a_file_that_has_grown_is_the_same_source),
        FILE_TEST(files_that_are_none_are_refused_by_name),
        FILE_TEST(how_much_is_read_is_told_of_packed_files_too),
        FILE_TEST(a_file_whose_name_is_no_symbol_wants_one),
        FILE_TEST(a_packed_file_that_is_cut_off_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
