/* dealer - what a client connects with: a DEALER socket under a session key of its own. */
#ifndef INDSUB_BENCH_DEALER_H
#define INDSUB_BENCH_DEALER_H

#include "common/protocol/ids.h"

/* A key that no other client has. */
void dealer_make_key(char key[KEY_SIZE + 1]);
/* A socket of a zmq context, connected under such a key. It waits ten seconds for an answer and
 * drops, when it is closed, what is not sent yet. To be closed by the caller. */
void *dealer_connect(void *context, const char *endpoint);

#endif
