/* keys - the token keys on disk: the state directory's secret, and public keys by kid. */
#ifndef INDSUB_EDGE_KEYS_H
#define INDSUB_EDGE_KEYS_H

#include "common/auth/token.h"

/* Reads the secret of `path` (its text without the line end), which nobody but its owner may read.
 * With `make`, a missing one is made: 64 hex digits and a newline, mode 0600. If keys_dir is not
 * "", each KID.pem in it is read too. Gives *keys for token_keys_destroy. */
enum err_code keys_load(const char *path, bool make, const char *keys_dir, struct token_keys **keys,
                        struct err *err);

#endif
