/* Names: what a symbol, a session and a key may look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/protocol/ids.h"
#include "tests/support/effort.h"

static void symbols_of_the_exchanges_pass(void **state)
{
    static const char *const GOOD[] = {"NIFTY50", "NIFTY 50",          "M&M",     "BAJAJ-AUTO", "A",
                                       "^NSEI",   "NIFTY25N0425700CE", "L&TFH.NS"};
    char longest[SYMBOL_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++)
        assert_true(symbol_is_valid(GOOD[i]));
    memset(longest, 'X', SYMBOL_MAX);
    longest[SYMBOL_MAX] = '\0';
    assert_true(symbol_is_valid(longest));
}

static void what_could_be_mistaken_is_no_symbol(void **state)
{
    static const char *const BAD[] = {"",     " A",    "A ",   " ",        "A\tB",
                                      "A\nB", "A\"B",  "A'B",  "A\\B",     "BTC/USD",
                                      "A`B",  "A\x7f", "\x01", "\xc3\xa9", "A\xff"};
    char longer[SYMBOL_MAX + 2];
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(symbol_is_valid(BAD[i]));
    memset(longer, 'X', SYMBOL_MAX + 1);
    longer[SYMBOL_MAX + 1] = '\0';
    assert_false(symbol_is_valid(longer));
}

static void session_ids_are_short_and_plain(void **state)
{
    char name[SESSION_ID_MAX + 2];
    (void)state;
    assert_true(session_id_is_valid("tab-1"));
    assert_true(session_id_is_valid("A.b_c-9"));
    assert_false(session_id_is_valid(""));
    assert_false(session_id_is_valid("tab 1"));
    assert_false(session_id_is_valid("tab/1"));
    assert_false(session_id_is_valid("t\xc3\xa4"
                                     "b"));
    memset(name, 'a', sizeof name);
    name[SESSION_ID_MAX + 1] = '\0';
    assert_false(session_id_is_valid(name));
    name[SESSION_ID_MAX] = '\0';
    assert_true(session_id_is_valid(name));
}

static void keys_are_base64url(void **state)
{
    uint8_t raw[16] = {0};
    char key[KEY_SIZE + 1];
    (void)state;
    session_key_encode(raw, key);
    assert_string_equal(key, "AAAAAAAAAAAAAAAAAAAAAA");
    memset(raw, 0xFF, sizeof raw);
    session_key_encode(raw, key);
    assert_string_equal(key, "_____________________w");
    for (uint8_t i = 0; i < 16; i++)
        raw[i] = i;
    session_key_encode(raw, key);
    assert_string_equal(key, "AAECAwQFBgcICQoLDA0ODw"); /* as Python's base64 has it */
    raw[0] = 0xFB;
    session_key_encode(raw, key);
    assert_string_equal(key, "-wECAwQFBgcICQoLDA0ODw");
}

/* 128 bits leave two for the last character, so that four of 64 can stand there. */
static void only_16_bytes_make_a_key(void **state)
{
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char key[] = "n4bQgYhMfWWaL-qgxVrQFQ";
    size_t n_valid = 0;
    (void)state;
    assert_true(session_key_is_valid(key, KEY_SIZE));
    assert_false(session_key_is_valid(key, KEY_SIZE - 1));
    assert_false(session_key_is_valid("n4bQgYhMfWWaL-qgxVrQFQA", KEY_SIZE + 1));
    assert_false(session_key_is_valid("", 0));
    for (size_t i = 0; i < 64; i++) {
        key[KEY_SIZE - 1] = ALPHABET[i];
        n_valid += session_key_is_valid(key, KEY_SIZE);
    }
    assert_int_equal(n_valid, 4);
}

static void a_key_has_no_other_byte(void **state)
{
    size_t n_valid = 0;
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char key[] = "n4bQgYhMfWWaL-qgxVrQFQ";
        key[5] = (char)byte;
        n_valid += session_key_is_valid(key, KEY_SIZE);
    }
    assert_int_equal(n_valid, 64);
}

static void what_could_be_guessed_is_no_key(void **state)
{
    static const char *const BAD[] = {
        "AAAAAAAAAAAAAAAAAAAAAA", "_____________________w", "AAAAAAAAAAAAAAAAAAAAAQ",
        "ABCDEFGHIJKLMNOPQRSTUQ", "abcdefghijklmnopqrstug", "0123456789abcdefghijkg",
        "AAECAwQFBgcICQoLDA0ODw", /* the bytes 0 to 15 */
        "EA8ODQwLCgkIBwYFBAMCAQ", /* 16 to 1 */
        "AAIEBggKDA4QEhQWGBocHg", /* 0, 2, 4 to 30 */
        "alice-alice-alice-alig", "n4bQgYhn4bQgYhn4bQgYhw", "n4bQgYhMfWgn4bQgYhMfWg",
        "111111112222222233333Q",
    };
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(session_key_is_valid(BAD[i], strlen(BAD[i])));
}

/* Of a million drawn keys none is refused. */
static void what_was_drawn_is_a_key(void **state)
{
    uint64_t random = 1;
    uint8_t raw[16];
    char key[KEY_SIZE + 1];
    (void)state;
    for (size_t i = 0; i < effort(1000000); i++) {
        for (size_t k = 0; k < sizeof raw; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            raw[k] = (uint8_t)(random >> 56);
        }
        session_key_encode(raw, key);
        if (!session_key_is_valid(key, KEY_SIZE))
            fail_msg("%s", key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_of_the_exchanges_pass),
        cmocka_unit_test(what_could_be_mistaken_is_no_symbol),
        cmocka_unit_test(session_ids_are_short_and_plain),
        cmocka_unit_test(keys_are_base64url),
        cmocka_unit_test(only_16_bytes_make_a_key),
        cmocka_unit_test(a_key_has_no_other_byte),
        cmocka_unit_test(what_could_be_guessed_is_no_key),
        cmocka_unit_test(what_was_drawn_is_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
