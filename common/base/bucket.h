/* bucket - a token bucket. It holds `burst` when it is full, and fills again by `per_s` a second.
 * Clock and rate are the caller's. */
#ifndef INDSUB_BASE_BUCKET_H
#define INDSUB_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket_rate {
    double per_s, burst;
};

/* Start with {0}: it is full when it is first looked into. */
struct bucket {
    double left; /* below 0: a debt, which has to fill up first */
    int64_t at_ms;
    bool is_begun;
};

/* What is left by now. */
double bucket_left(struct bucket *self, struct bucket_rate rate, int64_t now_ms);

/* Takes the cost if at least 1 is left, and may leave a debt then. False if less is left: nothing
 * is taken. */
bool bucket_take(struct bucket *self, struct bucket_rate rate, double cost, int64_t now_ms);

/* Takes a cost that is known only afterwards, whatever is left. */
void bucket_charge(struct bucket *self, double cost);

#endif
