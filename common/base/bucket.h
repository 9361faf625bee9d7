/* bucket - a token bucket: so much at once, and so much a second. The clock is the caller's. */
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

/* Takes the cost, which may be more than is left; false if there is less than 1. */
bool bucket_take(struct bucket *self, struct bucket_rate rate, double cost, int64_t now_ms);

/* Takes what turns out to be due afterwards. */
void bucket_charge(struct bucket *self, double cost);

#endif
