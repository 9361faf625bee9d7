/* notify - tells systemd how things stand, where it started the daemon. */
#ifndef INDSUB_EDGE_NOTIFY_H
#define INDSUB_EDGE_NOTIFY_H

#include <stdint.h>

void notify_ready(void);
void notify_stopping(void);

/* How often systemd wants to hear notify_alive, in milliseconds (half of its WatchdogSec); 0 if it
 * does not watch. */
int64_t notify_alive_every_ms(void);
void notify_alive(void);

#endif
