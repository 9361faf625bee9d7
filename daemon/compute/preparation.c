#include "daemon/compute/preparation.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct wanted {
    struct plan *plan; /* acquired */
    struct spec *spec;
    struct instance *instance; /* acquired; NULL until it is begun */
};

struct preparation {
    struct compute *compute;
    struct listing *listing;
    enum timeframe timeframe;
    struct wanted *all; /* sources first */
    size_t n, capacity;
    size_t n_ready;
};

struct preparation *preparation_new(struct compute *compute, struct listing *listing,
                                    enum timeframe timeframe)
{
    struct preparation *self = mem_alloc_zero(1, sizeof *self);
    self->compute = compute;
    self->listing = listing;
    self->timeframe = timeframe;
    return self;
}

void preparation_destroy(struct preparation **preparation)
{
    struct preparation *self = *preparation;
    *preparation = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->n; i++) {
        plan_release_instance(self->all[i].plan, &self->all[i].instance);
        compute_release_plan(&self->all[i].plan);
        spec_destroy(&self->all[i].spec);
    }
    free(self->all);
    free(self);
}

static void want(struct preparation *self, enum timeframe timeframe, const struct spec *spec)
{
    struct spec *copy = spec_copy(spec);
    if (spec->timeframe != TIMEFRAME_NONE) { /* it follows what is computed there */
        copy->timeframe = TIMEFRAME_NONE;
        want(self, spec->timeframe, copy);
        copy->timeframe = spec->timeframe;
    }
    for (size_t i = 0; i < INDICATOR_INPUTS_MAX && spec->timeframe == TIMEFRAME_NONE; i++)
        if (spec->sources[i].nested)
            want(self, timeframe, spec->sources[i].nested);
    self->all = mem_grow(self->all, self->n, &self->capacity, sizeof *self->all);
    self->all[self->n++] =
        (struct wanted){compute_acquire_plan(self->compute, self->listing, timeframe), copy, NULL};
}

void preparation_want(struct preparation *self, const struct spec *spec)
{
    want(self, self->timeframe, spec);
}

bool preparation_step(struct preparation *self)
{
    if (self->n_ready == self->n)
        return true;
    struct wanted *one = &self->all[self->n_ready];
    if (!one->instance)
        one->instance = plan_begin_instance(one->plan, one->spec);
    self->n_ready += instance_warm_up(one->instance);
    return self->n_ready == self->n;
}
