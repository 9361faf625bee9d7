/* Time zones: the system's files, the rule behind them, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/feedtime.h"
#include "daemon/edge/zone.h"
#include "daemon/edge/zone_rule.h"
#include "tests/support/effort.h"

enum { HOUR_S = 3600 };

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(feedtime_parse(text, &ms));
    return ms;
}

struct zone {
    int32_t offset_s;
    struct zone_change *changes;
    size_t n;
};

static int32_t offset_at(const struct zone *zone, int64_t ms)
{
    int32_t offset_s = zone->offset_s;
    for (size_t i = 0; i < zone->n && zone->changes[i].at_ms <= ms; i++)
        offset_s = zone->changes[i].offset_s;
    return offset_s;
}

static void put_big_endian(struct buf *out, uint64_t value, int bytes)
{
    while (bytes-- > 0)
        buf_put_char(out, (char)(value >> 8 * bytes & 0xFF));
}

static void put_header(struct buf *out, char version, size_t n_times, size_t n_types)
{
    buf_put(out, "TZif", 4);
    buf_put_char(out, version);
    buf_put(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    for (int i = 0; i < 3; i++)
        put_big_endian(out, 0, 4);
    put_big_endian(out, n_times, 4);
    put_big_endian(out, n_types, 4);
    put_big_endian(out, 4, 4);
}

/* A file as some systems have it: one type, no change, the rule alone. */
static struct buf slim_file(int32_t offset_s, const char *rule)
{
    struct buf file = {0};
    for (int part = 0; part < 2; part++) {
        put_header(&file, '2', 0, 1);
        put_big_endian(&file, (uint32_t)offset_s, 4);
        put_big_endian(&file, 0, 2);
        buf_put(&file, "LMT", 4);
    }
    buf_put_format(&file, "\n%s\n", rule);
    return file;
}

static bool is_there(const char *name)
{
    struct buf path = {0};
    buf_put_format(&path, "/usr/share/zoneinfo/%s", name);
    bool found = access(path.data, R_OK) == 0;
    buf_destroy(&path);
    return found;
}

static void kolkata_has_been_steady_since_1945(void **state)
{
    struct zone zone;
    struct err err;
    (void)state;
    if (!is_there("Asia/Kolkata"))
        skip();
    assert_int_equal(zone_load("Asia/Kolkata", &zone.offset_s, &zone.changes, &zone.n, &err),
                     ERR_OK);
    assert_int_equal(offset_at(&zone, at("1946-01-01T00:00:00Z")), KOLKATA_OFFSET_S);
    assert_int_equal(offset_at(&zone, at("2025-11-04T00:00:00Z")), KOLKATA_OFFSET_S);
    assert_int_equal(offset_at(&zone, at("2099-11-04T00:00:00Z")), KOLKATA_OFFSET_S);
    assert_int_equal(offset_at(&zone, at("1943-01-01T00:00:00Z")), KOLKATA_OFFSET_S + HOUR_S);
    free(zone.changes);
}

static void daylight_saving_goes_on_behind_the_file(void **state)
{
    struct zone zone;
    struct err err;
    (void)state;
    if (!is_there("America/New_York"))
        skip();
    assert_int_equal(zone_load("America/New_York", &zone.offset_s, &zone.changes, &zone.n, &err),
                     ERR_OK);
    assert_int_equal(offset_at(&zone, at("2024-03-10T06:59:59Z")), -5 * HOUR_S);
    assert_int_equal(offset_at(&zone, at("2024-03-10T07:00:00Z")), -4 * HOUR_S);
    assert_int_equal(offset_at(&zone, at("2024-11-03T05:59:59Z")), -4 * HOUR_S);
    assert_int_equal(offset_at(&zone, at("2024-11-03T06:00:00Z")), -5 * HOUR_S);
    assert_int_equal(offset_at(&zone, at("2098-07-01T00:00:00Z")), -4 * HOUR_S);
    assert_int_equal(offset_at(&zone, at("2098-12-01T00:00:00Z")), -5 * HOUR_S);
    for (size_t i = 1; i < zone.n; i++)
        assert_true(zone.changes[i].at_ms > zone.changes[i - 1].at_ms);
    free(zone.changes);
}

/* The rule alone must give the hours that the system's list of changes gives. */
static void a_rule_says_what_the_list_says(void **state)
{
    static const struct {
        const char *name, *rule;
        int32_t offset_s;
    } ZONES[] = {
        {"America/New_York", "EST5EDT,M3.2.0,M11.1.0", -5 * HOUR_S},
        {"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", HOUR_S},
        {"Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1", HOUR_S},
        {"Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3", 10 * HOUR_S},
        {"Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800},
        {"America/Santiago", "<-04>4<-03>,M9.1.6/24,M4.1.6/24", -4 * HOUR_S},
        {"Asia/Jerusalem", "IST-2IDT,M3.4.4/26,M10.5.0", 2 * HOUR_S},
        {"Asia/Tokyo", "JST-9", 9 * HOUR_S},
    };
    const int64_t step_ms = 1800000 * (int64_t)(100 / effort(100));
    (void)state;
    for (size_t i = 0; i < sizeof ZONES / sizeof *ZONES; i++) {
        struct zone list, slim;
        struct err err;
        struct buf file = slim_file(ZONES[i].offset_s, ZONES[i].rule);
        if (!is_there(ZONES[i].name))
            skip();
        assert_int_equal(zone_load(ZONES[i].name, &list.offset_s, &list.changes, &list.n, &err),
                         ERR_OK);
        assert_true(zone_read(file.data, file.size, &slim.offset_s, &slim.changes, &slim.n));
        for (int64_t ms = at("2025-12-31T00:00:00Z"); ms < at("2037-12-31T00:00:00Z");
             ms += step_ms)
            if (offset_at(&list, ms) != offset_at(&slim, ms))
                fail_msg("%s differs at %lld", ZONES[i].name, (long long)ms);
        free(list.changes);
        free(slim.changes);
        buf_destroy(&file);
    }
}

static void days_of_the_year_are_rules_too(void **state)
{
    struct zone_rule rule;
    (void)state;
    assert_true(zone_rule_parse("XXX0YYY,J60/0,J365/12:30:15\n", &rule));
    assert_int_equal(rule.saving_offset_s, HOUR_S);
    assert_int_equal(zone_rule_begin(&rule, 2024), at("2024-03-01T00:00:00Z"));
    assert_int_equal(zone_rule_begin(&rule, 2025), at("2025-03-01T00:00:00Z"));
    assert_int_equal(zone_rule_end(&rule, 2024), at("2024-12-31T11:30:15Z"));
    assert_true(zone_rule_parse("XXX0YYY,59/0,0/-1", &rule));
    assert_int_equal(zone_rule_begin(&rule, 2024), at("2024-02-29T00:00:00Z"));
    assert_int_equal(zone_rule_begin(&rule, 2025), at("2025-03-01T00:00:00Z"));
    assert_int_equal(zone_rule_end(&rule, 2025), at("2024-12-31T22:00:00Z"));
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const BAD[] = {"",
                                      "EST",
                                      "E5",
                                      "<EST5",
                                      "EST5EDT",
                                      "EST5EDT,",
                                      "EST5EDT,M3.2.0",
                                      "EST5EDT,M3.2.0,",
                                      "EST5EDT,M13.2.0,M11.1.0",
                                      "EST5EDT,M3.6.0,M11.1.0",
                                      "EST5EDT,M3.2.7,M11.1.0",
                                      "EST5EDT,J0,J365",
                                      "EST5EDT,J1,366",
                                      "EST5EDT,M3.2.0/168,M11.1.0",
                                      "EST5EDT,M3.2.0,M11.1.0,",
                                      "EST99999999999EDT,M3.2.0,M11.1.0",
                                      "EST5:60"};
    struct zone_rule rule;
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (zone_rule_parse(BAD[i], &rule))
            fail_msg("taken: %s", BAD[i]);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    struct buf file = slim_file(HOUR_S, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct zone zone;
    (void)state;
    for (size_t size = 0; size < file.size; size++) {
        char *cut =
            malloc(size > 0 ? size : 1); /* of its own, so that reading beyond it is noticed */
        memcpy(cut, file.data, size);
        assert_false(zone_read(cut, size, &zone.offset_s, &zone.changes, &zone.n));
        free(cut);
    }
    assert_true(zone_read(file.data, file.size, &zone.offset_s, &zone.changes, &zone.n));
    free(zone.changes);
    buf_destroy(&file);
}

static void counts_that_lie_are_refused(void **state)
{
    struct zone zone;
    (void)state;
    for (size_t place = 20; place < 44; place += 4)
        for (size_t part = 0; part < 2; part++) {
            struct buf file = slim_file(HOUR_S, "CET-1");
            memset(file.data + part * (44 + 10) + place, 0xFF, 4);
            assert_false(zone_read(file.data, file.size, &zone.offset_s, &zone.changes, &zone.n));
            assert_null(zone.changes);
            buf_destroy(&file);
        }
}

static void changes_must_be_in_order_and_of_a_type(void **state)
{
    static const struct {
        int64_t first, second;
        int type;
        bool good;
    } CASES[] = {
        {10, 20, 1, true}, {20, 10, 1, false}, {10, 20, 2, false}, {INT64_MIN, INT64_MAX, 1, true}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buf file = {0};
        struct zone zone;
        put_header(&file, '2', 0, 0);
        buf_put(&file, "LMT", 4);
        put_header(&file, '2', 2, 2);
        put_big_endian(&file, (uint64_t)CASES[i].first, 8);
        put_big_endian(&file, (uint64_t)CASES[i].second, 8);
        put_big_endian(&file, 0, 1);
        put_big_endian(&file, (uint64_t)CASES[i].type, 1);
        for (int type = 0; type < 2; type++) {
            put_big_endian(&file, (uint64_t)type * HOUR_S, 4);
            put_big_endian(&file, 0, 2);
        }
        buf_put(&file, "LMT\0\n\n", 6);
        assert_int_equal(zone_read(file.data, file.size, &zone.offset_s, &zone.changes, &zone.n),
                         CASES[i].good);
        if (CASES[i].good) {
            assert_int_equal(zone.n, 2);
            assert_int_equal(zone.changes[1].offset_s, HOUR_S);
        }
        free(zone.changes);
        buf_destroy(&file);
    }
}

static void names_stay_in_the_database(void **state)
{
    static const char *const BAD[] = {"",     "/etc/passwd", "../../../etc/passwd",
                                      "Asia", "No/Where",    "tzdata.zi"};
    struct zone zone;
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct err err = {0};
        assert_int_not_equal(zone_load(BAD[i], &zone.offset_s, &zone.changes, &zone.n, &err),
                             ERR_OK);
        assert_true(err.message[0] != '\0');
        assert_null(zone.changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kolkata_has_been_steady_since_1945),
        cmocka_unit_test(daylight_saving_goes_on_behind_the_file),
        cmocka_unit_test(a_rule_says_what_the_list_says),
        cmocka_unit_test(days_of_the_year_are_rules_too),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(counts_that_lie_are_refused),
        cmocka_unit_test(changes_must_be_in_order_and_of_a_type),
        cmocka_unit_test(names_stay_in_the_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
