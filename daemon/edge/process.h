/* process - what the daemon asks of the system for itself: signals as a descriptor, as many open
 * files as it may have, memory that nobody else can read. */
#ifndef INDSUB_EDGE_PROCESS_H
#define INDSUB_EDGE_PROCESS_H

#include <stddef.h>

/* Blocks SIGTERM, SIGINT and SIGHUP and gives a descriptor that tells of them, for the caller to
 * close; SIGPIPE is ignored. To be called before any thread is made, since threads inherit what is
 * blocked. */
int process_open_signals(void);

/* Raises the limit of open files to what the system allows, and gives it: a connection is a
 * descriptor. */
size_t process_raise_descriptors(void);

/* Keys and tokens are in memory: neither a core dump nor another process of the same user may show
 * it. */
void process_hide_memory(void);

#endif
