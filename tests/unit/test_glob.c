/* Patterns of names: what they are for, as fnmatch(3) has it, and that none takes long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/glob.h"

static bool matches(const char *pattern, const char *text)
{
    return glob_matches(pattern, strlen(pattern), text);
}

static void patterns_are_for_what_they_say(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } ROWS[] = {
        {"NIFTY50", "NIFTY50", true},
        {"NIFTY50", "NIFTY500", false},
        {"NIFTY500", "NIFTY50", false},
        {"NIFTY*", "NIFTY50", true},
        {"NIFTY*", "NIFTY", true},
        {"NIFTY*", "BANKNIFTY", false},
        {"*NIFTY*", "BANKNIFTY", true},
        {"*", "", true},
        {"**", "x", true},
        {"", "", true},
        {"", "x", false},
        {"?", "", false},
        {"NIFTY??", "NIFTY50", true},
        {"NIFTY?", "NIFTY50", false},
        {"*[CP]E", "NIFTY25N1125150CE", true},
        {"*[CP]E", "NIFTY25N1125150FE", false},
        {"NIFTY[0-9]*", "NIFTY25NOVFUT", true},
        {"NIFTY[!0-9]*", "NIFTY25NOVFUT", false},
        {"*1*0*CE", "NIFTY25N1125150CE", true},
        {"M&M", "M&M", true},
        {"a[", "a[", true},
        {"a[b", "ab", false},
        {"[]]", "]", true},
        {"a\\*", "a\\b", true},
        {"nifty*", "NIFTY50", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (matches(ROWS[i].pattern, ROWS[i].text) != ROWS[i].matches)
            fail_msg("%s and %s", ROWS[i].pattern, ROWS[i].text);
}

/* Short random patterns over few characters, so that about as many match as not. */
static void the_c_library_agrees(void **state)
{
    static const char *const PARTS[] = {"*", "?", "a", "b", "ab", "[ab]", "[!a]", "[a-b]"};
    uint64_t random = 1;
    size_t n_matches = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char pattern[64] = "", text[16] = "";
        random = random * 6364136223846793005u + 1442695040888963407u;
        for (unsigned n = (unsigned)(random >> 60) % 7, k = 0; k < n; k++)
            strcat(pattern, PARTS[random >> (20 + 3 * k) & 7]);
        for (unsigned n = (unsigned)(random >> 56) % 8, k = 0; k < n; k++)
            text[k] = (char)('a' + (random >> (40 + k) & 1));
        bool wanted = fnmatch(pattern, text, FNM_NOESCAPE) == 0;
        n_matches += wanted;
        if (matches(pattern, text) != wanted)
            fail_msg("%s and %s", pattern, text);
    }
    assert_in_range(n_matches, 20000, 180000);
}

/* Trying every way to share the text out between the stars would take years. */
static void no_pattern_takes_long(void **state)
{
    char pattern[128] = "", text[65];
    (void)state;
    for (int i = 0; i < 20; i++)
        strcat(pattern, "*[A-Z]");
    strcat(pattern, "*#");
    memset(text, 'A', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 10000; i++)
        assert_false(matches(pattern, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_for_what_they_say),
        cmocka_unit_test(the_c_library_agrees),
        cmocka_unit_test(no_pattern_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
