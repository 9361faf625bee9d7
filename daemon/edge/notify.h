/* notify - tells systemd how things stand, where it started the daemon. */
#ifndef INDSUB_EDGE_NOTIFY_H
#define INDSUB_EDGE_NOTIFY_H

void notify_ready(void);
void notify_stopping(void);

#endif
