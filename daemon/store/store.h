/* store - what is kept over a restart: an SQLite file, written by a thread of its own.
 *
 *      engine ──batch──► writer thread ──one transaction──► indsub.db (WAL)
 *             ◄──kept, or what went wrong── (a descriptor to wait on)
 *
 * One batch is under way at a time: what changes meanwhile comes together into the next one, so a
 * slow disk makes batches larger, and never anybody wait. */
#ifndef INDSUB_STORE_STORE_H
#define INDSUB_STORE_STORE_H

#include "common/base/err.h"
#include "daemon/keep/batch.h"

struct store;

struct store_settings {
    const char *path;
    bool sync; /* a batch is kept when it is on the disk, not only with the system */
};

/* Where a damaged file was set aside, or why it could not be used. */
typedef void store_tell_fn(void *context, const char *sentence);

/* Opens or makes the file. One that is damaged is set aside under another name, one of an older
 * schema is brought up to date; tell is told. Fails where there can be no file at all, or with one
 * of a newer schema. */
struct store *store_open(const struct store_settings *settings, store_tell_fn *tell, void *context,
                         struct err *err);
/* Waits for the batch under way. */
void store_close(struct store **self);

/* All rows of a kind, bars by time; before the first batch. record is valid during the call. False
 * if the file cannot be read. */
bool store_load(struct store *self, enum record_kind kind,
                void (*take)(void *context, const struct record *record), void *context,
                struct err *err);

/* Gives a batch to the writer, which has none; *batch is NULL afterwards. */
void store_write(struct store *self, struct batch **batch);

/* Readable when a batch has been dealt with. */
int store_fd(const struct store *self);
enum store_outcome { STORE_BUSY, STORE_KEPT, STORE_FAILED };
/* What became of the batch; err says why it failed. BUSY: nothing yet, or there is none. */
enum store_outcome store_take_outcome(struct store *self, struct err *err);
/* The same, waiting for it. */
enum store_outcome store_wait(struct store *self, struct err *err);

#endif
