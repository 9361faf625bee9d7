/* connections - gives each connection of a socket a number that no other one ever has, and counts
 * what it takes.
 *
 * libzmq says of a message only on which file descriptor it came, and the system uses descriptors
 * again. But libzmq's monitor tells when a connection comes and goes. So a connection is named by
 * its descriptor and by how often a connection on that descriptor has gone before it.
 *
 * Messages and the monitor's events come from the same I/O thread of libzmq: before anything
 * arrives on a descriptor that is used again, the monitor has told that the former connection is
 * gone. Who takes a message has to drain the monitor before it asks connections_of. */
#ifndef INDSUB_EDGE_CONNECTIONS_H
#define INDSUB_EDGE_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

struct connections;

/* Watches a socket, which must not be bound yet; name is one that no other has in this context.
 * NULL if that cannot be done; errno says why. */
struct connections *connections_new(void *context, void *socket, const char *name);
void connections_destroy(struct connections **self);

/* The socket that is readable when connections_drain has something to do. */
void *connections_monitor(const struct connections *self);

typedef void connections_fn(void *context, uint64_t connection);

/* Calls back for each connection that has come or gone. True if one of them has shaken hands and
 * can receive now. */
bool connections_drain(struct connections *self, connections_fn *connected,
                       connections_fn *disconnected, void *context);

/* Ends those that have been there for longest, until there are at most `most`, without those that
 * have been cut. Returns how many. */
size_t connections_make_room(struct connections *self, size_t most);

/* So many bytes of a message that came on it have been taken. */
void connections_note_taken(struct connections *self, uint64_t connection, size_t bytes);

/* libzmq keeps what it is sent until it is a whole message and is taken, be it a message without an
 * end: of that it sets no limit. If peers have sent more than `most` bytes that have not been
 * taken, ends whoever has sent most of them, until it is less. Returns how many. What a peer sends
 * so slowly that it can only be heartbeats is forgiven. */
size_t connections_relieve(struct connections *self, uint64_t most, int64_t now_ms);

/* Ends the connection, if it is still there. */
void connections_cut(struct connections *self, uint64_t connection);

/* The number of the connection that a message came on; 0 if it has no descriptor (inproc). */
uint64_t connections_of(const struct connections *self, zmq_msg_t *message);

#endif
