#include "daemon/control/limits.h"

#include <math.h>

/* Reading so much, writing so much or so many steps of computing take about as long as a plain
 * request. */
enum { REQUEST_BYTES = 4 << 10, REPLY_BYTES = 16 << 10, STEPS = 4000 };

const char *limit_name(enum limit limit)
{
    static const char *const NAMES[] = {
#define NAME(name, text) text,
        LIMITS(NAME)
#undef NAME
    };
    return NAMES[limit];
}

double limits_cost(size_t request_bytes)
{
    return 1 + (double)(request_bytes / REQUEST_BYTES);
}

double limits_cost_after(size_t reply_bytes, uint64_t steps)
{
    return (double)(reply_bytes / REPLY_BYTES) + (double)(steps / STEPS);
}

bool limits_is_flood(struct bucket *patience, struct bucket_rate rate, double cost, int64_t now_ms)
{
    enum { BURSTS = 4, LEAST = 200 };
    rate.burst = fmax(rate.burst * BURSTS, LEAST);
    return !bucket_take(patience, rate, cost, now_ms);
}
