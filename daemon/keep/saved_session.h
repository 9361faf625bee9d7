/* saved_session - a session as a row: who it is, what it subscribed to, and from which bar on it
 * has not had the closed bars. */
#ifndef INDSUB_KEEP_SAVED_SESSION_H
#define INDSUB_KEEP_SAVED_SESSION_H

#include "daemon/control/core.h"

/* Appends the session as JSON. Its key is not in it. */
void saved_session_put(struct buf *out, const struct session *session);

/* Begins the session again, dormant, with its subscriptions and the closed bars that it has not
 * had. digest is that of its key. False if the row means nothing. */
bool saved_session_restore(struct core *core, const char *digest, const struct buf *row,
                           struct now now);

#endif
