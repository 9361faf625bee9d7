/* Endpoints: their form, and which of them stay on this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/endpoints.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const LOCAL[] = {"tcp://127.0.0.1:5570", "tcp://127.0.0.1:*",
                                    "tcp://127.255.3.4:1",  "tcp://localhost:5570",
                                    "tcp://[::1]:5570",     "ipc:///run/indsub/session",
                                    "ipc://relative"};

static const char *const BEYOND[] = {
    "tcp://*:5570",          "tcp://0.0.0.0:5570",          "tcp://192.168.1.2:5570",
    "tcp://[::]:5570",       "tcp://[::ffff:1.2.3.4]:1",    "tcp://eth0:5570",
    "tcp://127.evil.org:80", "tcp://localhost.evil.org:80", "tcp://1270.0.0.1:80",
    "tcp://[::1].org:80"};

static const char *const NONE[] = {"",
                                   "tcp://",
                                   "tcp://:5570",
                                   "tcp://127.0.0.1",
                                   "tcp://h:",
                                   "tcp://h:65536",
                                   "tcp://h:123456",
                                   "tcp://h:-1",
                                   "tcp://h:5x",
                                   "tcp://h: 5",
                                   "tcp://my host:5570",
                                   "udp://127.0.0.1:5570",
                                   "ipc://",
                                   "ipc://@indsub",
                                   "127.0.0.1:5570",
                                   "TCP://127.0.0.1:5570",
                                   "inproc://here"};

static void what_stays_here_is_local(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(LOCAL); i++) {
        assert_true(endpoint_is_valid(LOCAL[i]));
        assert_true(endpoint_is_local(LOCAL[i]));
    }
}

static void what_others_can_reach_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(BEYOND); i++) {
        assert_true(endpoint_is_valid(BEYOND[i]));
        assert_false(endpoint_is_local(BEYOND[i]));
    }
}

static void what_is_no_endpoint_is_neither(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(NONE); i++) {
        assert_false(endpoint_is_valid(NONE[i]));
        assert_false(endpoint_is_local(NONE[i]));
    }
}

static void a_path_must_fit_a_unix_socket(void **state)
{
    char endpoint[256] = "ipc:///";
    (void)state;
    memset(endpoint + 7, 'x', 98);
    assert_true(endpoint_is_valid(endpoint));
    memset(endpoint + 7, 'x', 108);
    assert_false(endpoint_is_valid(endpoint));
}

static void all_addresses_are_the_one_it_was_reached_at(void **state)
{
    static const char *const CASES[][3] = {
        {"tcp://0.0.0.0:5571", "tcp://10.1.2.3:5570", "tcp://10.1.2.3:5571"},
        {"tcp://[::]:5571", "tcp://[fe80::1]:5570", "tcp://[fe80::1]:5571"},
        {"tcp://0.0.0.0:5571", "tcp://feeds.example:5570", "tcp://feeds.example:5571"},
        {"tcp://127.0.0.1:5571", "tcp://10.1.2.3:5570", "tcp://127.0.0.1:5571"},
        {"tcp://0.0.0.0:5571", "ipc:///run/indsub", "tcp://0.0.0.0:5571"},
        {"ipc:///run/public", "tcp://10.1.2.3:5570", "ipc:///run/public"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char *there = endpoint_as_reached(CASES[i][0], CASES[i][1]);
        assert_string_equal(there, CASES[i][2]);
        free(there);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_here_is_local),
        cmocka_unit_test(what_others_can_reach_is_not),
        cmocka_unit_test(what_is_no_endpoint_is_neither),
        cmocka_unit_test(a_path_must_fit_a_unix_socket),
        cmocka_unit_test(all_addresses_are_the_one_it_was_reached_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
