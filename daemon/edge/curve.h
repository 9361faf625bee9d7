/* curve - the encryption of sockets, and which clients' certificates are let in.
 *
 * czmq's zauth decides, in a thread of its own. It reads a directory, but stops the whole program
 * where two files there hold one key, and would read a file that is half written; so it is given
 * directories of our own making, into which only sound certificates are copied, each once. A list
 * is replaced as a whole, and at no moment is there none: without one, libzmq lets everybody in.
 * There is one zauth in a process, and all sockets must be of its context. */
#ifndef INDSUB_EDGE_CURVE_H
#define INDSUB_EDGE_CURVE_H

#include "common/base/err.h"
#include "common/protocol/certificate.h"

struct curve;

/* Reads the secret certificate in `file`, which nobody but its owner may read, and begins to judge
 * clients: any with clients "", else those with a public certificate in that directory. Lists are
 * kept in `scratch`, a directory that is made. NULL with *err filled. */
struct curve *curve_new(const char *file, const char *clients, const char *scratch,
                        struct err *err);
/* Whether curve_new would take that file, and that directory. Nothing is made. */
enum err_code curve_check_own(const char *file, struct err *err);
enum err_code curve_check_clients(const char *clients, struct err *err);

/* After the sockets: from then on everybody would be let in. */
void curve_destroy(struct curve **self);

/* Reads the clients' certificates again. On failure the list stays as it was. Who is connected
 * stays connected. */
enum err_code curve_reload(struct curve *self, struct err *err);

/* Encrypts a socket that is not bound yet. */
bool curve_secure(const struct curve *self, void *socket);

const char *curve_public_key(const struct curve *self);

#endif
