/* keys - the token keys on disk: the state directory's secret, keys by kid, what is revoked. */
#ifndef INDSUB_EDGE_KEYS_H
#define INDSUB_EDGE_KEYS_H

#include "common/auth/token.h"

struct keys_files {
    const char *secret;  /* of tokens that name no key; NULL for none */
    bool makes_secret;   /* if it is missing: 64 hex digits and a newline, mode 0600 */
    const char *dir;     /* "" for none: public keys KID.pem and secrets KID.key */
    const char *revoked; /* "" for none: the jti of tokens that are good no longer, one a line */
};

/* Reads them all. A secret is its file's text without the line end, and nobody but its owner may
 * read that. Gives *keys for token_keys_destroy; NULL where anything is wrong. */
enum err_code keys_load(const struct keys_files *files, struct token_keys **keys, struct err *err);

#endif
