/* preparation - instances that are made ready for whoever is about to want them, a bit at a time.
 *
 * What somebody asks for may take seconds to warm; nobody else is to wait for that. Once it is
 * prepared, to acquire it takes no time. It is held for as long as the preparation is there. */
#ifndef INDSUB_COMPUTE_PREPARATION_H
#define INDSUB_COMPUTE_PREPARATION_H

#include "daemon/compute/compute.h"

struct preparation;

/* For bars of that symbol and timeframe. */
struct preparation *preparation_new(struct compute *compute, struct listing *listing,
                                    enum timeframe timeframe);
void preparation_destroy(struct preparation **self);

/* That is to be ready, and all that it takes as a source. The spec is copied. */
void preparation_want(struct preparation *self, const struct spec *spec);

/* Goes on for a bit. True when all is ready. */
bool preparation_step(struct preparation *self);

#endif
