/* link - the sockets of a client: a DEALER (with the session's key), what happens to its
 * connection, and a SUB for what is public, all behind one descriptor to wait on. */
#ifndef INDSUB_CLIENT_LINK_H
#define INDSUB_CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

#include "common/client/curve.h"

struct link {
    void *zmq;
    void *dealer, *monitor;  /* NULL until link_connect */
    void *sub;               /* NULL until link_listen */
    int fd;                  /* an epoll of their descriptors */
    bool is_up;              /* there is a connection, and both ends have greeted each other */
    struct curve_keys curve; /* set before link_connect */
    bool sub_is_plain;       /* what is public is not encrypted, whatever the keys */
    const char *refused;     /* why the other end would not greet, NULL: it has not refused */
    unsigned n_hang_ups;     /* before it had greeted, one after the other */
    unsigned n_connects;     /* each has a monitor of its own */
    const char *failed;      /* what failed, where errno says why */
};

/* Every function that gives false has set failed and errno. */
bool link_new(struct link *self);
void link_destroy(struct link *self);

/* Connects (libzmq goes on trying, ever more slowly), once: under a fresh key of 128 random bits,
 * or without one. */
bool link_connect(struct link *self, const char *endpoint, bool has_key);
/* Adds a public endpoint (unless it is NULL, or the newest one already) and a topic. */
bool link_listen(struct link *self, const char *endpoint, const char *topic);

/* Waits at most timeout_ms (negative: for ever) for something to come. */
bool link_wait(const struct link *self, int timeout_ms);
/* True if something is there to be taken now: the descriptor may not tell of it again. */
bool link_has_input(const struct link *self);

/* LINK_REFUSED: the other end will not greet, and libzmq does not ask it again. */
enum link_change { LINK_SAME, LINK_UP, LINK_DOWN, LINK_REFUSED };
/* The next thing that happened to the connection; is_up follows. */
enum link_change link_take_change(struct link *self);
/* Drops the connection: link_connect begins anew. */
void link_disconnect(struct link *self);

bool link_send(struct link *self, const char *bytes, size_t size);
/* The next frame of the session's socket or of the public one; *more: its message goes on. False if
 * none is there. The caller closes the frame. */
bool link_receive(const struct link *self, zmq_msg_t *frame, bool *more);
bool link_receive_public(const struct link *self, zmq_msg_t *frame, bool *more);

#endif
