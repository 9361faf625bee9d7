/* backoff - how long to wait before the next attempt.
 *
 * Twice as long each time, up to a most, and of that a random part between a half and all: clients
 * that lost one daemon together do not come back to it together. Knows no clock. */
#ifndef INDSUB_CLIENT_BACKOFF_H
#define INDSUB_CLIENT_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms, most_ms; /* whole waits */
    unsigned n_attempts;       /* since the last success */
};

/* How long to wait now; `random` is any number, best one of getrandom(2). */
int64_t backoff_next_ms(struct backoff *self, uint32_t random);
/* It went well: the next wait is a first one. */
void backoff_reset(struct backoff *self);

/* The random part of one wait. */
int64_t backoff_jitter_ms(int64_t whole_ms, uint32_t random);

/* For those who have none of their own. */
uint32_t backoff_random(void);

#endif
