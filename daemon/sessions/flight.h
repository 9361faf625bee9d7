/* flight - how many bytes were handed to libzmq for one reader and have not left it yet.
 *
 *      depart ──► [message][message][message ▪]...[message ▪] ──► the reader
 *                                            ▪ a mark: once it has left, all before it have, too
 *
 * libzmq does not say how long its queue is, but it frees the data of a message that has left, and
 * may be told to call a function for that. So now and then a message carries a mark, and when the
 * mark is let go of, the flight takes off what departed up to there. */
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

/* Held by the caller. What libzmq needs for frames counts in *tally, once it is marked; the bodies
 * in them count on their own. The tally is borrowed, also by marks that have not left. */
struct flight *flight_new(atomic_size_t *tally);
/* Lets go of the caller's hold. Marks that have not left hold the flight still. */
void flight_release(struct flight **self);

/* Bytes that may not have left: all that departed after the last mark known to have left. */
size_t flight_bytes(const struct flight *self);

/* n items, with bodies of `bytes` in all, depart as one message. Where a mark is due, returns one
 * to go with the message's last body, which it holds; else NULL. The caller owns it. */
struct mark *flight_depart(struct flight *self, size_t n, size_t bytes, struct body *last);
/* The marked message has left, or will never be sent. May be called from any thread. */
void mark_let_go(struct mark **self);

#endif
