#include "daemon/edge/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t which)
{
    struct timespec time;
    clock_gettime(which, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t clock_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

struct now clock_read(void)
{
    return (struct now){.wall_ms = read_ms(CLOCK_REALTIME), .mono_ms = read_ms(CLOCK_MONOTONIC)};
}
