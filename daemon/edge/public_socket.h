/* public_socket - the public socket at work, in a thread of its own.
 *
 * libzmq works off what peers subscribe to in the thread that publishes, and anybody may ask for
 * anything as often as he likes: whoever waits for that thread waits for them all. So only this one
 * does. */
#ifndef INDSUB_EDGE_PUBLIC_SOCKET_H
#define INDSUB_EDGE_PUBLIC_SOCKET_H

#include <stddef.h>
#include <zmq.h>

struct public_socket;

/* Borrows a PUB that is bound, until it is destroyed: nobody else may use it meanwhile. NULL on
 * failure (errno). */
struct public_socket *public_socket_new(void *context, void *socket);
/* What has been given to it goes out first. */
void public_socket_destroy(struct public_socket **self);

/* Takes the body. A message is dropped where too many wait. */
void public_socket_send(struct public_socket *self, const char *topic, zmq_msg_t *body);

#endif
