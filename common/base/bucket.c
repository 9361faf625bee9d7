#include "common/base/bucket.h"

double bucket_left(struct bucket *self, struct bucket_rate rate, int64_t now_ms)
{
    double left = self->left + (double)(now_ms - self->at_ms) * rate.per_s / 1000;
    self->left = self->is_begun && left < rate.burst ? left : rate.burst;
    self->at_ms = now_ms;
    self->is_begun = true;
    return self->left;
}

bool bucket_take(struct bucket *self, struct bucket_rate rate, double cost, int64_t now_ms)
{
    if (bucket_left(self, rate, now_ms) < 1)
        return false;
    self->left -= cost;
    return true;
}

void bucket_charge(struct bucket *self, double cost)
{
    self->left -= cost;
}
