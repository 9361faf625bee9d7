#include "common/indicators/grid.h"

/* How far values may grow before the window is summed anew. */
#define ROOM 256.0

static double largest_of(const struct ring *ring, double x)
{
    double largest = fabs(x);
    for (uint32_t i = 0; i < ring->filled; i++)
        largest = fmax(largest, fabs(ring->data[i]));
    return largest;
}

/* A grid on which the heaviest sum of the largest values there may be needs no more than 52 bits:
 * 1.5 2^52 steps are where a double's last bit is one step. */
struct grid_sums grid_sums_afresh(struct ring ring, double x)
{
    struct grid_sums sums = {.limit = largest_of(&ring, x) * ROOM};
    double n = ring.n;
    int exponent;
    frexp(sums.limit * (n * (n + 1) / 2), &exponent);
    sums.shift = ldexp(1.5, exponent);
    for (uint32_t ago = 1; ago <= ring.filled; ago++) {
        double value = ring_ago(&ring, ago), high = grid_high(value, sums.shift),
               low = value - high, weight = n + 1 - ago;
        sums.sum = (struct dd){sums.sum.hi + high, sums.sum.lo + low};
        sums.weighted =
            (struct dd){sums.weighted.hi + high * weight, sums.weighted.lo + low * weight};
    }
    return sums;
}
