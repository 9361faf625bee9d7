/* publisher - what is the same for everybody, on the public socket: the daemon's status, each
 * exchange's bar_complete, notices, and bars without indicators where the operator wants that.
 *
 * Nothing of a user, a session or an indicator is ever in it: anybody may listen. */
#ifndef INDSUB_ENGINE_PUBLISHER_H
#define INDSUB_ENGINE_PUBLISHER_H

#include "daemon/control/core.h"

/* Sends a body to all who listen to its topic. */
typedef void publish_fn(void *context, const char *topic, struct body *body);

struct publisher;

/* Keeps core, and publish's context. */
struct publisher *publisher_new(publish_fn *publish, void *context, struct core *core);
void publisher_destroy(struct publisher **self);

/* A stored bar has closed. The timeframes that it is a part of have a bar to complete now; with
 * `tape` it is published itself. */
void publisher_take_closed(struct publisher *self, const struct market_closed *closed);
/* Publishes each exchange's bars that all its symbols have closed by now. */
void publisher_put_complete(struct publisher *self);

void publisher_put_status(struct publisher *self, struct now now);
void publisher_put_notice(struct publisher *self, struct body *body);

#endif
