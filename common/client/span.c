#include "common/client/span.h"

#include <string.h>

static size_t skip_blanks(struct span text, size_t at)
{
    while (at < text.size && memchr(" \t\r\n", text.at[at], 4))
        at++;
    return at;
}

static size_t skip_string(struct span text, size_t at)
{
    for (at++; at < text.size && text.at[at] != '"'; at++)
        if (text.at[at] == '\\')
            at++;
    return at + 1 < text.size ? at + 1 : text.size;
}

/* Where the value that starts at `at` ends. */
static size_t skip_value(struct span text, size_t at)
{
    size_t depth = 0;
    while (at < text.size) {
        char c = text.at[at];
        if (c == '"') {
            at = skip_string(text, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return at;
            depth--;
            at++;
        } else if (depth == 0 && memchr(", \t\r\n:", c, 6)) {
            return at;
        } else {
            at++;
            continue; /* within a number or a word */
        }
        if (depth == 0)
            return at;
    }
    return at;
}

struct span span_member(struct span object, const char *name)
{
    const struct span none = {0};
    size_t length = strlen(name), at = skip_blanks(object, 0) + 1;
    while (at < object.size) {
        at = skip_blanks(object, at);
        if (at >= object.size || object.at[at] != '"')
            return none;
        size_t key = at + 1, key_end = skip_string(object, at);
        at = skip_blanks(object, key_end);
        at = skip_blanks(object, at + 1); /* the colon */
        size_t end = skip_value(object, at);
        if (end <= at)
            return none;
        if (key_end - 1 - key == length && memcmp(object.at + key, name, length) == 0)
            return (struct span){object.at + at, end - at};
        at = skip_blanks(object, end) + 1; /* the comma */
    }
    return none;
}

bool span_next_item(struct span *rest, struct span *item)
{
    size_t at = skip_blanks(*rest, 0) + 1; /* the bracket, or the comma */
    at = skip_blanks(*rest, at);
    size_t end = skip_value(*rest, at);
    if (at >= rest->size || end <= at)
        return false;
    *item = (struct span){rest->at + at, end - at};
    *rest = (struct span){rest->at + end, rest->size - end};
    return true;
}
