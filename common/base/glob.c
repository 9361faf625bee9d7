#include "common/base/glob.h"

/* Reads the set at `at`, just behind its bracket: whether c is in it, and in *next where the
 * pattern goes on; *next NULL where it is not closed, and so no set. */
static bool is_in_set(const char *at, const char *end, char c, const char **next)
{
    bool negated = at < end && (*at == '!' || *at == '^'), found = false;
    at += negated;
    for (const char *first = at; at < end && (*at != ']' || at == first); at++) {
        unsigned char low = (unsigned char)*at, high = low, wanted = (unsigned char)c;
        if (end - at > 2 && at[1] == '-' && at[2] != ']') {
            high = (unsigned char)at[2];
            at += 2;
        }
        found |= low <= wanted && wanted <= high;
    }
    *next = at < end ? at + 1 : NULL;
    return found != negated;
}

/* True if the pattern's next element is for c; *at moves behind it. */
static bool matches_one(const char **at, const char *end, char c)
{
    const char *next = NULL;
    if (**at == '[' && c != '\0') {
        bool found = is_in_set(*at + 1, end, c, &next);
        if (next) {
            *at = next;
            return found;
        }
    }
    bool found = **at == '?' || **at == c;
    (*at)++;
    return found;
}

/* What stands before a star has been found where it comes first; to find it later cannot help what
 * follows. So only the last star is ever gone back to. */
bool glob_matches(const char *pattern, size_t size, const char *text)
{
    const char *end = pattern + size, *at = pattern, *star = NULL, *retry = text;
    while (*text) {
        const char *before = at;
        if (at < end && *at == '*') {
            star = ++at;
            retry = text;
        } else if (before < end && matches_one(&at, end, *text)) {
            text++;
        } else if (star) {
            at = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (at < end && *at == '*')
        at++;
    return at == end;
}
