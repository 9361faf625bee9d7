/* keeper - writes the engine's state as rows, so that it outlives the daemon, and makes the state
 * again from the rows.
 *
 *      what has changed ──► [batch under way] ──► kept: feeds are acknowledged
 *              ▲                   └────────────► failed: all of it counts as changed again
 *
 * It knows what has changed since the last batch; what the rows look like is in saved_listing,
 * saved_source and saved_session. A batch is the state at one moment, so a daemon that starts from
 * the last batch goes on as the one that wrote it would have, byte for byte. Knows no disk. */
#ifndef INDSUB_KEEP_KEEPER_H
#define INDSUB_KEEP_KEEPER_H

#include "daemon/control/core.h"
#include "daemon/keep/batch.h"

struct keeper;

/* core is borrowed. */
struct keeper *keeper_new(struct core *core);
void keeper_destroy(struct keeper **self);

/* What is in their rows has changed. */
void keeper_note_listing(struct keeper *self, const struct listing *listing);
void keeper_note_session(struct keeper *self, struct session *session);
/* The session is about to end. */
void keeper_note_end(struct keeper *self, const struct session *session);

/* The rows of all that has changed since the last batch; the caller owns it. NULL if nothing has
 * changed, or if the last batch is still under way. */
struct batch *keeper_collect(struct keeper *self);
/* The batch under way was kept: what sources had given by then is due to be acknowledged. Or it
 * could not be: then what was in it comes again with the next one. */
void keeper_settle(struct keeper *self, bool kept);

/* ---- at the start ---- */

/* Returns the listing of a symbol, made if it is new; NULL if that is no symbol. */
typedef struct listing *keeper_find_fn(void *context, const char *symbol);
/* Takes a row. To be called for those of sources, then of listings, then of bars (ordered by name,
 * timeframe and span), then once with NULL, then for those of sessions. False if the row means
 * nothing: it is passed over. */
bool keeper_restore(struct keeper *self, const struct record *record, keeper_find_fn *find,
                    void *context, struct now now);

#endif
