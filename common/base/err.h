/* err - what can go wrong: a code for programs, a sentence for people.
 *
 * One list gives the enum, the name on the wire and whether trying again may help, so the three
 * cannot drift. The sentence is made where the failure is understood. */
#ifndef INDSUB_BASE_ERR_H
#define INDSUB_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* X(name, temporary): temporary means that the same request may succeed later. */
#define ERR_MAP(X)                 \
    X(BAD_REQUEST, false)          \
    X(UNSUPPORTED_PROTOCOL, false) \
    X(KEY_REQUIRED, false)         \
    X(UNAUTHENTICATED, false)      \
    X(TOKEN_EXPIRED, false)        \
    X(FORBIDDEN, false)            \
    X(NOT_OPEN, false)             \
    X(ALREADY_OPEN, false)         \
    X(SESSION_IN_USE, true)        \
    X(UNKNOWN_SYMBOL, false)       \
    X(UNKNOWN_TIMEFRAME, false)    \
    X(UNKNOWN_INDICATOR, false)    \
    X(BAD_PARAMETER, false)        \
    X(NO_SUBSCRIPTION, false)      \
    X(QUOTA_EXCEEDED, false)       \
    X(TOO_LARGE, false)            \
    X(RATE_LIMITED, true)          \
    X(BUSY, true)                  \
    X(INTERNAL, true)

enum err_code {
    ERR_OK = 0,
#define X(name, temporary) ERR_##name,
    ERR_MAP(X)
#undef X
        ERR_CODE_COUNT
};

/* Filled only on failure. */
struct err {
    enum err_code code;
    char message[240];
};

/* Fills *err (which may be NULL) and returns code, so that a failure is one line:
 *     return err_set(err, ERR_BAD_PARAMETER, "%s=%g: %g to %g", ...);
 * A message that does not fit is cut at a UTF-8 boundary and ends in "..."; what is
 * no UTF-8, as a "%.40s" may leave behind, is left out: a message can always be sent. */
enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The name on the wire ("BAD_REQUEST"); "OK" for ERR_OK. */
const char *err_code_name(enum err_code code);

/* True if the same request may succeed later. */
bool err_code_is_temporary(enum err_code code);

/* How unlike two names are: Levenshtein's distance without regard to ASCII case, at most limit + 1
 * (Levenshtein 1966, Binary codes capable of correcting deletions, insertions, and reversals). */
size_t err_distance(const char *a, const char *b, size_t limit);

/* Remembers the nearest of many names for a "did you mean": feed it each candidate. */
struct nearest {
    const char *wanted; /* borrowed */
    const char *best;   /* borrowed from the candidates, NULL while none is near enough */
    size_t distance;
};
struct nearest nearest_begin(const char *wanted);
void nearest_offer(struct nearest *self, const char *candidate);

#endif
