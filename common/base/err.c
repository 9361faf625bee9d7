#include "common/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/utf8.h"

static const struct {
    const char *name;
    bool temporary;
} CODES[ERR_CODE_COUNT] = {[ERR_OK] = {"OK", false},
#define X(name, temporary) [ERR_##name] = {#name, temporary},
                           ERR_MAP(X)
#undef X
};

enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (!err)
        return code;
    err->code = code;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    if (n >= (int)sizeof err->message) {
        size_t end = sizeof err->message - 4;
        while (end > 0 && ((unsigned char)err->message[end] & 0xC0) == 0x80)
            end--;
        memcpy(err->message + end, "...", 4);
    }
    utf8_mend(err->message); /* a "%.40s" may have cut a character in two */
    return code;
}

const char *err_code_name(enum err_code code)
{
    return (unsigned)code < ERR_CODE_COUNT ? CODES[code].name : "INTERNAL";
}

bool err_code_is_temporary(enum err_code code)
{
    return (unsigned)code < ERR_CODE_COUNT && CODES[code].temporary;
}

enum { DISTANCE_MAX_LENGTH = 64 };

static unsigned char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Wagner & Fischer 1974, The string-to-string correction problem; only the diagonals on which the
 * distance can be within the limit (Ukkonen 1985, Algorithms for approximate string matching), as
 * long as it is. */
static size_t edits(const char *a, size_t n_a, const char *b, size_t n_b, size_t limit)
{
    size_t row[DISTANCE_MAX_LENGTH + 2];
    for (size_t j = 0; j <= n_b; j++)
        row[j] = least(j, limit + 1);
    for (size_t i = 1; i <= n_a; i++) {
        size_t from = i > limit ? i - limit : 1, to = least(i + limit, n_b), nearest = limit + 1;
        size_t diagonal = row[from - 1];
        row[from - 1] = from == 1 ? least(i, limit + 1) : limit + 1;
        for (size_t j = from; j <= to; j++) {
            size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));
            diagonal = row[j];
            best = least(best, least(diagonal, row[j - 1]) + 1);
            row[j] = least(best, limit + 1);
            nearest = least(nearest, row[j]);
        }
        row[to + 1] = limit + 1;
        if (nearest > limit && row[0] > limit)
            return limit + 1;
    }
    return row[n_b];
}

size_t err_distance(const char *a, const char *b, size_t limit)
{
    size_t n_a = strlen(a), n_b = strlen(b);
    if (n_a > n_b + limit || n_b > n_a + limit)
        return limit + 1;
    if (n_a > DISTANCE_MAX_LENGTH || n_b > DISTANCE_MAX_LENGTH)
        return strcasecmp(a, b) == 0 ? 0 : limit + 1;
    for (; n_a > 0 && n_b > 0 && fold(*a) == fold(*b); n_a--, n_b--)
        a++, b++;
    for (; n_a > 0 && n_b > 0 && fold(a[n_a - 1]) == fold(b[n_b - 1]); n_a--)
        n_b--;
    return edits(a, n_a, b, n_b, limit);
}

struct nearest nearest_begin(const char *wanted)
{
    size_t length = strlen(wanted);
    size_t allowed = length <= 4 ? 1 : length <= 8 ? 2 : 3;
    return (struct nearest){.wanted = wanted, .distance = allowed + 1};
}

void nearest_offer(struct nearest *self, const char *candidate)
{
    if (self->distance == 0)
        return;
    size_t distance = err_distance(self->wanted, candidate, self->distance - 1);
    if (distance < self->distance) {
        self->distance = distance;
        self->best = candidate;
    }
}
