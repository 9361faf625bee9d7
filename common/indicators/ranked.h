/* ranked - a window's values in their order: quantiles, and distances from a mean.
 *
 * A tree over the places of a ring, ordered by value and then by place, balanced by size. Each node
 * knows size and sum of what hangs from it, so ranks and partial sums are found on one way down:
 * logarithmic in the window, also in the worst case. Questions are about the last n values with a
 * newest one x that is not in the tree yet; ranked_keep then takes it in. Windows of at most
 * RANKED_SCAN values have no tree where only distances are asked for: to look at each is faster. */
#ifndef INDSUB_INDICATORS_RANKED_H
#define INDSUB_INDICATORS_RANKED_H

#include "common/indicators/kernels.h"

enum { RANKED_SCAN = 128 };

/* Of a place of the ring; places are counted from 1, 0 is none. */
struct ranked_node {
    struct dd sum;
    uint16_t left, right, size;
};

struct ranked {
    struct ring ring;
    uint32_t root;
    struct ranked_node *nodes; /* NULL if there is no tree */
};

/* With a tree, whatever n: for quantiles. */
void ranked_init(struct ranked *self, struct arena *arena, uint32_t n);
/* For ranked_mean alone. */
void ranked_init_mean(struct ranked *self, struct arena *arena, uint32_t n);

/* The last n values will have been seen when x is. */
KERNEL bool ranked_is_full(const struct ranked *self)
{
    return self->ring.filled + 1 >= self->ring.n;
}

/* The value below which a share q of the window lies, x in; between two values in proportion. The
 * window must be full. */
double ranked_quantile(const struct ranked *self, double x, double q);

/* The mean of the window, x in, and the sum of the distances from it. The window must be full. */
double ranked_mean(const struct ranked *self, double x, double *distances);

/* Takes x in, and drives the oldest value out. */
void ranked_keep(struct ranked *self, double x);

#endif
