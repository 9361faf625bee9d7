#include "common/base/err.h"

#include <ctype.h>
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

size_t err_distance(const char *a, const char *b, size_t limit)
{
    size_t n_a = strlen(a), n_b = strlen(b);
    if (n_a > DISTANCE_MAX_LENGTH || n_b > DISTANCE_MAX_LENGTH)
        return strcasecmp(a, b) == 0 ? 0 : limit + 1;
    size_t row[DISTANCE_MAX_LENGTH + 1];
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t best = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n_b] <= limit ? row[n_b] : limit + 1;
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
