/* saved_session - a session as a row: who it is, what it subscribed to, what it is still owed. */
#ifndef INDSUB_KEEP_SAVED_SESSION_H
#define INDSUB_KEEP_SAVED_SESSION_H

#include "daemon/control/core.h"

/* Appends the session as JSON. Its key is not in it. */
void saved_session_put(struct buf *out, const struct session *session);

/* Begins the session again, dormant under the key of that digest, with its subscriptions and the
 * closed bars that it is owed. False where the row means nothing. */
bool saved_session_restore(struct core *core, const char *digest, const struct buf *row,
                           struct now now);

#endif
