/* connections - tells one connection of a socket from the next, and what they take.
 *
 * libzmq shows a message's file descriptor and tells of each connection's coming and going, both
 * from the same I/O thread: a descriptor that is used again has been told of as gone before
 * anything arrives on it anew. So (descriptor, how often it has gone) names a connection, if the
 * monitor is drained after a message was taken and before it is acted upon. */
#ifndef INDSUB_EDGE_CONNECTIONS_H
#define INDSUB_EDGE_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

struct connections;

/* Watches a socket that is not bound yet; name is unique in the context. NULL on failure (errno).
 */
struct connections *connections_new(void *context, void *socket, const char *name);
void connections_destroy(struct connections **self);

/* The socket to poll for connections_drain. */
void *connections_monitor(const struct connections *self);

typedef void connections_fn(void *context, uint64_t connection);

/* Works off what has been told. True if anybody has come and may speak. */
bool connections_drain(struct connections *self, connections_fn *connected,
                       connections_fn *disconnected, void *context);

/* How many have come and have not gone; those that have been cut do not count. */
size_t connections_count(const struct connections *self);

/* Ends those that have been there for longest, until there are at most `most`. Returns how many. */
size_t connections_make_room(struct connections *self, size_t most);

/* So many bytes of a message that came on it have been taken. */
void connections_note_taken(struct connections *self, uint64_t connection, size_t bytes);

/* libzmq keeps what it is sent until it is a whole message and is taken, be it a message without an
 * end: of that it sets no limit. If peers have sent more than `most` bytes that have not been
 * taken, ends whoever has sent most of them, until it is less. Returns how many. What a peer sends
 * so slowly that it can only be heartbeats is forgiven. */
size_t connections_relieve(struct connections *self, uint64_t most, int64_t now_ms);

/* Ends it, if it is still there. */
void connections_cut(struct connections *self, uint64_t connection);

/* The connection that a message came on; 0 where libzmq does not say (inproc). */
uint64_t connections_of(const struct connections *self, zmq_msg_t *message);

#endif
