/* value - what a bar's message says of options: Greeks and open interest, as the protocol has them.
 *
 * All of it follows from the bar's own close and from the stored bars of the rest of its chain as
 * they stood at the bar's end. */
#ifndef INDSUB_OPTIONS_VALUE_H
#define INDSUB_OPTIONS_VALUE_H

#include "common/base/buf.h"
#include "daemon/options/chains.h"

/* Which moment a message is of. */
struct moment {
    int64_t feed_ms; /* of the bar's newest data */
    int64_t end_ms;  /* bars that end by then count; INT64_MAX of a forming bar: all do */
};

/* Appends `,"greeks":...,"oi":...`; listing may have no part in any chain. */
void value_put(struct buf *out, const struct listing *listing, const struct bar *bar,
               struct moment moment);

/* What an option or a chain's underlying offers as a source of indicators; NAN where undefined. */
enum value_source {
    VALUE_IV,
    VALUE_DELTA,
    VALUE_GAMMA,
    VALUE_THETA,
    VALUE_VEGA,
    VALUE_RHO,
    VALUE_PCR,
    VALUE_ATM_IV,
    VALUE_SOURCES
};
/* Only those of `wanted`, a set of bits 1 << VALUE_...: a whole chain is looked at for some. */
void value_sources(const struct listing *listing, const struct bar *bar, struct moment moment,
                   unsigned wanted, double values[VALUE_SOURCES]);

/* Of a bar that ended by then none of these is defined: nothing of the chain was known yet. */
int64_t value_since(const struct listing *listing, unsigned wanted);

/* How much work that is, in steps of an indicator. */
size_t value_steps(const struct listing *listing, unsigned wanted);

#endif
