#include "common/client/backoff.h"

#include <sys/random.h>

int64_t backoff_jitter_ms(int64_t whole_ms, uint32_t random)
{
    int64_t half_ms = whole_ms / 2;
    return half_ms + (int64_t)(random % (uint64_t)(whole_ms - half_ms + 1));
}

int64_t backoff_next_ms(struct backoff *self, uint32_t random)
{
    int64_t whole_ms = self->first_ms;
    for (unsigned i = 0; i < self->n_attempts && whole_ms < self->most_ms; i++)
        whole_ms *= 2;
    if (whole_ms >= self->most_ms)
        whole_ms = self->most_ms;
    else
        self->n_attempts++;
    return backoff_jitter_ms(whole_ms, random);
}

void backoff_reset(struct backoff *self)
{
    self->n_attempts = 0;
}

uint32_t backoff_random(void)
{
    uint32_t random;
    return getrandom(&random, sizeof random, 0) == (ssize_t)sizeof random ? random : 0;
}
