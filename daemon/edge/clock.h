/* clock - the machine's clocks, read once a turn. */
#ifndef INDSUB_EDGE_CLOCK_H
#define INDSUB_EDGE_CLOCK_H

#include "daemon/control/core.h"

struct now clock_read(void);

/* Of the clock that never jumps, to measure how long something takes. */
int64_t clock_us(void);

#endif
