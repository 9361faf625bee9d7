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
    VALUE_PCR,
    VALUE_ATM_IV,
    VALUE_SOURCES
};
void value_sources(const struct listing *listing, const struct bar *bar, struct moment moment,
                   double values[VALUE_SOURCES]);

#endif
