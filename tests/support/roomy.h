/* roomy - an engine's settings in which no limit is in the way of what is tested or measured. */
#ifndef INDSUB_TESTS_ROOMY_H
#define INDSUB_TESTS_ROOMY_H

#include "daemon/control/core.h"

/* Keys and calendars are left to the caller. Heartbeats and graces are those of a test; texts live
 * as long as the program. */
struct core_settings roomy_settings(void);

#endif
