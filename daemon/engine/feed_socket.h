/* feed_socket - what is spoken on the feed socket: feed_open, then numbered messages of items, each
 * acknowledged when it is safe and each bad item refused by itself.
 *
 *      feed_open ──► feed_opened, with the number to go on from
 *      1042 | [tick, bar, ...] ──► a reject for each bad item ──► (kept) ──► ack 1042
 *
 * Knows of no socket: messages are given, answers go to a function. */
#ifndef INDSUB_ENGINE_FEED_SOCKET_H
#define INDSUB_ENGINE_FEED_SOCKET_H

#include "daemon/engine/gate.h"
#include "daemon/engine/intake.h"
#include "daemon/engine/queue.h"

/* Sends a peer of the feed socket one message. */
typedef void feed_reply_fn(void *context, const void *peer, size_t peer_size, struct body *body);

struct feed_socket {
    struct core *core; /* the first three are kept */
    struct gate *gate;
    struct intake *intake;
    struct queue *queue; /* of feed_open whose token takes long; owned */
    feed_reply_fn *reply;
    void *context;
    bool is_kept;    /* what is taken is kept over a restart: until it is, it is not acknowledged */
    struct buf text; /* owned; scratch, empty between calls */
};

/* One message from a peer, borrowed. */
struct feed_message {
    const void *peer; /* the routing id */
    size_t peer_size;
    uint64_t connection;
    const char *seq; /* NULL: it has one frame alone, and is a request */
    size_t seq_size;
    const char *text; /* NULL: it has another number of frames */
    size_t size;
};

void feed_socket_clear(struct feed_socket *self);

/* Takes one message, and answers what is to be answered at once. */
void feed_socket_take(struct feed_socket *self, const struct feed_message *message, struct now now);
/* Answers one of those that wait for it to take its time. True if more wait. */
bool feed_socket_work(struct feed_socket *self, struct now now);

/* Acknowledges what has become safe. Whoever sends more than it may is acknowledged only when its
 * allowance has filled up again, which slows it down. */
void feed_socket_put_acks(struct feed_socket *self, struct now now);

#endif
