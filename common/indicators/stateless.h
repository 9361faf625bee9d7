/* stateless - rows that need nothing but the bar they are given. */
#ifndef INDSUB_INDICATORS_STATELESS_H
#define INDSUB_INDICATORS_STATELESS_H

#include "common/indicators/kernels.h"

/* What no bar changes; a state needs some size. */
struct stateless {
    char unused;
};

static void stateless_init(struct arena *arena, const double *params)
{
    (void)params;
    arena_struct(arena, sizeof(struct stateless));
}

KERNEL double finite_or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

/* A row that needs this bar's inputs `in` and nothing else. */
#define STATELESS_ROW(NAME, EXPRESSION, ...)                                      \
    static void NAME##_commit(void *state, const double *in, double *out)         \
    {                                                                             \
        (void)state;                                                              \
        out[0] = finite_or_nan(EXPRESSION);                                       \
    }                                                                             \
    static void NAME##_peek(const void *state, const double *in, double *out)     \
    {                                                                             \
        NAME##_commit((void *)(uintptr_t)state, in, out);                         \
    }                                                                             \
    INDICATOR_COMMIT_MANY(NAME)                                                   \
    const struct indicator indicator_##NAME = {.init = stateless_init,            \
                                               .commit = NAME##_commit,           \
                                               .commit_many = NAME##_commit_many, \
                                               .peek = NAME##_peek,               \
                                               .defined_bars = one_bar,           \
                                               .settled_bars = one_bar,           \
                                               __VA_ARGS__}

#endif
