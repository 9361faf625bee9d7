/* keeper - what of the engine's state is to outlive it, as rows; and the state out of the rows.
 *
 *      changed ──► [batch under way] ──► kept: feeds are acknowledged
 *         ▲               └────────────► failed: all of it has changed again
 *
 * A batch is the state at one moment: bars, how far each feed was taken, sessions. So a daemon that
 * starts from the last batch goes on as the one that wrote it would have, byte for byte. Knows no
 * disk. */
#ifndef INDSUB_KEEP_KEEPER_H
#define INDSUB_KEEP_KEEPER_H

#include "daemon/control/core.h"
#include "daemon/keep/batch.h"

struct keeper_settings {
    int64_t keep_ms; /* closed bars this much older than the symbol's newest go; 0: none do */
};

struct keeper;

struct keeper *keeper_new(struct core *core, const struct keeper_settings *settings);
void keeper_destroy(struct keeper **self);

/* Something of them has changed. */
void keeper_note_listing(struct keeper *self, const struct listing *listing);
void keeper_note_session(struct keeper *self, struct session *session);
/* The session is about to end. */
void keeper_note_end(struct keeper *self, const struct session *session);

/* What has changed since the last batch, or NULL if nothing has or that one is under way still. */
struct batch *keeper_collect(struct keeper *self);
/* The batch under way is kept, or could not be: then its content comes again with the next one.
 * What is kept of sources is due to be acknowledged. */
void keeper_settle(struct keeper *self, bool kept);

/* ---- at the start ---- */

/* Gives the listing of a symbol, made if it is new; NULL if that is no symbol. */
typedef struct listing *keeper_find_fn(void *context, const char *symbol);
/* Takes all rows of sources, of listings, of bars (by name, timeframe and span), and of sessions,
 * in this order, NULL after the bars; false where a row means nothing. */
bool keeper_restore(struct keeper *self, const struct record *record, keeper_find_fn *find,
                    void *context, struct now now);

#endif
