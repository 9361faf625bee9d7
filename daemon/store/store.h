/* store - what is kept over a restart: an SQLite file, written by a thread of its own.
 *
 *      engine ──batch──► writer thread ──one transaction──► indsub.db (WAL)
 *             ◄──kept, or what went wrong── (a descriptor to wait on)
 *
 * One batch is under way at a time. What changes meanwhile comes into the next one: a slow disk
 * makes batches larger, but the engine never waits for it. */
#ifndef INDSUB_STORE_STORE_H
#define INDSUB_STORE_STORE_H

#include "common/base/err.h"
#include "daemon/keep/batch.h"

struct store;

struct store_settings {
    const char *path;
    bool sync; /* a batch counts as kept once it is on the disk, and not before; else once the
                * operating system has it */
};

/* Is told where a damaged file was put aside, or why it could not be. */
typedef void store_tell_fn(void *context, const char *sentence);

/* Opens the file, which is made if there is none. One of an older schema is brought up to date. A
 * damaged one is put aside under another name, and a new one made. NULL, and err is filled, if
 * there can be no file there, or if it is of a newer schema. */
struct store *store_open(const struct store_settings *settings, store_tell_fn *tell, void *context,
                         struct err *err);
/* Waits for the batch under way. */
void store_close(struct store **self);

/* Calls take for all rows of a kind, those of bars ordered by name, timeframe and span; the record
 * is borrowed during the call. To be called before the first batch is written. False if the file
 * cannot be read. */
bool store_load(struct store *self, enum record_kind kind,
                void (*take)(void *context, const struct record *record), void *context,
                struct err *err);

/* Gives a batch to the writer, which must have none; *batch is NULL afterwards. */
void store_write(struct store *self, struct batch **batch);

/* A descriptor that becomes readable when the writer is done with a batch. */
int store_fd(const struct store *self);
enum store_outcome { STORE_BUSY, STORE_KEPT, STORE_FAILED };
/* What became of the batch; err says why it failed. STORE_BUSY: the writer is not done yet, or
 * there was no batch. */
enum store_outcome store_take_outcome(struct store *self, struct err *err);
/* Waits until the writer is done, and says the same. */
enum store_outcome store_wait(struct store *self, struct err *err);

#endif
