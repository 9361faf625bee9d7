/* curve - the keys with which a client encrypts its connections: the daemon's public one, and a
 * pair of its own. */
#ifndef INDSUB_CLIENT_CURVE_H
#define INDSUB_CLIENT_CURVE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/protocol/certificate.h"

struct curve_keys {
    char server[CURVE_KEY_SIZE + 1]; /* "": nothing is encrypted */
    struct certificate own;
};

/* Fills in the keys. server: the daemon's public key, or a file with its certificate. certificate:
 * a file with a secret certificate that nobody but its owner may read; NULL: a fresh pair. Errors:
 * BAD_REQUEST with a sentence; then *self is empty. */
enum err_code curve_keys_load(struct curve_keys *self, const char *server, const char *certificate,
                              struct err *err);
void curve_keys_wipe(struct curve_keys *self);

/* Sets them on a socket that is not connected yet; nothing where there are none. */
bool curve_keys_apply(const struct curve_keys *self, void *socket);

#endif
