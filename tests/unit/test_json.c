/* JSON: refused where RFC 8259 refuses, numbers that read back to the same double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "tests/support/effort.h"

static void texts_that_are_not_json_are_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "{",
        "{\"a\":1,}",
        "[1,]",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
        "[1e999]",
        "[-]",
        "nul",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00x\"",
        "\"\x01\"",
        "\"\xff\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "{\"a\" 1}",
        "{1:2}",
        "[1] 2",
        "{\"a\":1,\"a\":2}",
        "NaN",
        "[Infinity]",
        "'a'",
        "[[{\"x\":{\"y\":1,\"y\":1}}]]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct err err = {0};
        cJSON *tree = json_parse(BAD[i], strlen(BAD[i]), &err);
        if (tree)
            fail_msg("taken: %s", BAD[i]);
        assert_int_equal(err.code, ERR_BAD_REQUEST);
        assert_true(strlen(err.message) > 0);
    }
}

static void a_members_text_is_found_as_it_was_written(void **state)
{
    static const char TEXT[] = " { \"a\" : {\"id\":1} ,\"i\":[\"id\"],\t\"\\u0069d\" : "
                               "12345678901234567890 ,\"z\":\"\\\"\" } ";
    static const char *const MEMBERS[][2] = {
        {"a", "{\"id\":1}"}, {"i", "[\"id\"]"}, {"id", "12345678901234567890"}, {"z", "\"\\\"\""}};
    struct err err;
    cJSON *object = json_parse(TEXT, strlen(TEXT), &err);
    (void)state;
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        size_t size;
        const char *text = json_text_of(object, cJSON_GetObjectItem(object, MEMBERS[i][0]), TEXT,
                                        strlen(TEXT), &size);
        assert_int_equal(size, strlen(MEMBERS[i][1]));
        assert_memory_equal(text, MEMBERS[i][1], size);
    }
    cJSON_Delete(object);
}

static void texts_that_are_json_are_taken(void **state)
{
    static const char *const GOOD[] = {
        "0",
        "-0.0",
        "1e5",
        " [ ] ",
        "{}",
        "\"\\ud83d\\ude00\"",
        "\"\xe2\x82\xb9\"",
        "[null,true,false]",
        "{\"a\":{\"a\":1},\"b\":[{\"a\":2}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        struct err err = {0};
        cJSON *tree = json_parse(GOOD[i], strlen(GOOD[i]), &err);
        if (!tree)
            fail_msg("%s: %s", GOOD[i], err.message);
        cJSON_Delete(tree);
    }
}

static void depth_is_bounded(void **state)
{
    char text[256];
    (void)state;
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    struct err err = {0};
    assert_null(json_parse(text, 200, &err));
    assert_non_null(strstr(err.message, "deep"));
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double random_double(uint64_t *state, int kind)
{
    uint64_t bits = next_random(state);
    double unit = (double)(bits >> 11) / 9007199254740992.0, any;
    memcpy(&any, &bits, sizeof any);
    switch (kind) {
    case 0:
        return any;
    case 1:
        return 25000 + unit * 1000;
    case 2:
        return round((25000 + unit * 1000) * 20) / 20; /* a price with a tick of 0.05 */
    case 3:
        return ldexp(1, (int)(bits % 120) - 60); /* the rounding interval is lopsided here */
    default:
        return exp((unit - 0.5) * 60);
    }
}

static size_t count_digits(const char *text)
{
    size_t n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (n == 0 && *text == '0'))
            continue;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

static void numbers_read_back_and_are_as_short_as_can_be(void **state)
{
    uint64_t random = 88172645463325252u;
    (void)state;
    for (size_t i = 0; i < effort(300000); i++) {
        char text[JSON_NUMBER_SIZE], shortest[40];
        double value = random_double(&random, (int)(i % 5));
        size_t size = json_format_number(value, text);
        assert_int_equal(size, strlen(text));
        if (!isfinite(value)) {
            assert_string_equal(text, "null");
            continue;
        }
        double back = strtod(text, NULL);
        if (memcmp(&back, &value, sizeof value) != 0)
            fail_msg("%.17g became %s", value, text);
        for (int precision = 1; precision <= 17; precision++) {
            snprintf(shortest, sizeof shortest, "%.*g", precision, value);
            if (strtod(shortest, NULL) == value)
                break;
        }
        if (count_digits(text) > count_digits(shortest))
            fail_msg("%s is longer than %s", text, shortest);
    }
}

static void numbers_have_one_form(void **state)
{
    static const struct {
        double value;
        const char *text;
    } CASES[] = {{0, "0"},           {-0.0, "-0.0"},
                 {1, "1"},           {-25714.3, "-25714.3"},
                 {0.1, "0.1"},       {100000000, "100000000"},
                 {0.0123, "0.0123"}, {1e15, "1000000000000000"},
                 {67.3, "67.3"},     {NAN, "null"},
                 {INFINITY, "null"}, {1.0 / 3, "0.3333333333333333"}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[JSON_NUMBER_SIZE];
        json_format_number(CASES[i].value, text);
        assert_string_equal(text, CASES[i].text);
    }
}

static void strings_are_escaped(void **state)
{
    struct buf out = {0};
    (void)state;
    json_put_string(&out, "a\"b\\c\n\x7f\xe2\x82\xb9");
    assert_string_equal(out.data, "\"a\\\"b\\\\c\\u000a\\u007f\xe2\x82\xb9\"");
    cJSON *tree = json_parse(out.data, out.size, NULL);
    assert_string_equal(tree->valuestring, "a\"b\\c\n\x7f\xe2\x82\xb9");
    cJSON_Delete(tree);
    buf_destroy(&out);
}

static void a_member_is_found_without_a_tree(void **state)
{
    static const struct {
        const char *text, *value; /* NULL: nothing is found */
    } CASES[] = {
        {"{\"id\":7}", "7"},
        {" { \"a\" : [ {\"id\":1} ] , \"id\" : \"x,}\" } ", "\"x,}\""},
        {"{\"id\":{\"id\":2},\"b\":[]}", "{\"id\":2}"},
        {"{\"idd\":1,\"i\":2}", NULL},
        {"{}", NULL},
        {"[\"id\",1]", NULL},
        {"{\"id\":1", NULL},
        {"{\"id\":1,}", NULL},
        {"{\"id\":1}x", NULL},
        {"{\"id\":tru}", NULL},
        {"{\"id\" 1}", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        size_t size = 0;
        const char *value = json_find_member(CASES[i].text, strlen(CASES[i].text), "id", &size);
        if (!CASES[i].value)
            assert_null(value);
        else
            assert_true(value && size == strlen(CASES[i].value) &&
                        memcmp(value, CASES[i].value, size) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_found_without_a_tree),
        cmocka_unit_test(texts_that_are_not_json_are_refused),
        cmocka_unit_test(texts_that_are_json_are_taken),
        cmocka_unit_test(a_members_text_is_found_as_it_was_written),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(numbers_read_back_and_are_as_short_as_can_be),
        cmocka_unit_test(numbers_have_one_form),
        cmocka_unit_test(strings_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
