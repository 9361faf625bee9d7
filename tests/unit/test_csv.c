/* Lines of comma-separated values: quotes, line ends, too many fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/csv.h"

enum { FIELDS_MAX = 4, REFUSED = 0 };

/* Splits a copy of text; the fields, each in brackets, must be `wanted`. */
static void assert_fields(const char *text, size_t n, const char *wanted)
{
    char line[128], *fields[FIELDS_MAX];
    struct buf found = {0};
    snprintf(line, sizeof line, "%s", text);
    assert_int_equal(csv_split(line, fields, FIELDS_MAX), n);
    buf_put_text(&found, "");
    for (size_t i = 0; i < n && i < FIELDS_MAX; i++)
        buf_put_format(&found, "[%s]", fields[i]);
    assert_string_equal(found.data, wanted);
    buf_destroy(&found);
}

static void a_line_has_a_field_more_than_commas(void **state)
{
    (void)state;
    assert_fields("a,b,c", 3, "[a][b][c]");
    assert_fields("", 1, "[]");
    assert_fields(",", 2, "[][]");
    assert_fields("a,,", 3, "[a][][]");
    assert_fields(" a , b ", 2, "[ a ][ b ]");
}

static void the_line_end_is_no_field(void **state)
{
    (void)state;
    assert_fields("a,b\n", 2, "[a][b]");
    assert_fields("a,b\r\n", 2, "[a][b]");
    assert_fields("a,\r\n", 2, "[a][]");
    assert_fields("a,\"b\"\r\n", 2, "[a][b]");
}

static void quotes_protect_commas_and_quotes(void **state)
{
    (void)state;
    assert_fields("\"a,b\",c", 2, "[a,b][c]");
    assert_fields("\"say \"\"hi\"\"\",x", 2, "[say \"hi\"][x]");
    assert_fields("\"\",\"\"", 2, "[][]");
    assert_fields("\"\"\"\"", 1, "[\"]");
    assert_fields("a\"b,c", 2, "[a\"b][c]");
}

static void a_quote_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_fields("a,\"b", REFUSED, "");
    assert_fields("\"", REFUSED, "");
    assert_fields("\"a\"\"", REFUSED, "");
    assert_fields("\"a\"b,c", REFUSED, "");
    assert_fields("a,\"b\" ,c", REFUSED, "");
}

static void fields_beyond_the_room_are_counted(void **state)
{
    (void)state;
    assert_fields("1,2,3,4,5,6", 6, "[1][2][3][4]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_a_field_more_than_commas),
        cmocka_unit_test(the_line_end_is_no_field),
        cmocka_unit_test(quotes_protect_commas_and_quotes),
        cmocka_unit_test(a_quote_that_does_not_fit_is_refused),
        cmocka_unit_test(fields_beyond_the_room_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
