/* tick - what every stage speaks: a trade or quote as the feed gives it, and a bar. */
#ifndef INDSUB_PROTOCOL_TICK_H
#define INDSUB_PROTOCOL_TICK_H

#include <math.h>
#include <stdint.h>

/* Fields that a feed left out are NAN. */
struct tick {
    int64_t feed_ms;
    double price;
    double quantity;   /* of this trade */
    double cumulative; /* the day's volume so far, instead of quantity */
    double oi;         /* open interest, contracts or units as the feed has them */
    double bid, ask;
};

struct bar {
    int64_t start_ms; /* by which a bar is named */
    int64_t last_ms;  /* of the newest data in it */
    double open, high, low, close;
    double volume;
    double oi;           /* the last one known, NAN if none */
    double oi_reference; /* what its change is counted from: the previous day's last, or the day's
                            first; NAN if none */
};

#endif
