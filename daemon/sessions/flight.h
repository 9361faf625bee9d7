/* flight - what has been handed over to be sent to one reader and has not left yet.
 *
 *      depart ──► [message][message][message ▪]...[message ▪] ──► the reader
 *                                            ▪ a mark: it and all before it have left
 *
 * Whoever sends (libzmq) says nothing of its queue, but lets go of a message that has left. So now
 * and then a message carries a mark, and the flight counts down when the mark is let go of. */
#ifndef INDSUB_SESSIONS_FLIGHT_H
#define INDSUB_SESSIONS_FLIGHT_H

#include <stdatomic.h>
#include <stddef.h>

#include "common/base/buf.h"

enum {
    FLIGHT_ITEM_BYTES = 128,    /* what libzmq takes for an item: two frames of 64 bytes */
    FLIGHT_MARK_EVERY = 1 << 14 /* bytes: a mark costs two allocations */
};

struct flight;
struct mark;

/* Held once. The frames, not the bodies in them, are part of *tally, which must outlive marks. */
struct flight *flight_new(atomic_size_t *tally);
/* Lets go; marks that have not left hold it still. */
void flight_release(struct flight **self);

/* Bytes that have not left, as far as is known: what is behind the last mark counts. */
size_t flight_bytes(const struct flight *self);

/* n items with bodies of `bytes` in all depart in one message. Where a mark is due gives one for
 * the message's last body, which it holds; else NULL. */
struct mark *flight_depart(struct flight *self, size_t n, size_t bytes, struct body *last);
/* The marked message has left, or never will. From any thread, once. */
void mark_let_go(struct mark **self);

#endif
