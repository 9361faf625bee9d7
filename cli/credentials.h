/* credentials - where the token comes from, and the state directory. */
#ifndef INDSUB_CLI_CREDENTIALS_H
#define INDSUB_CLI_CREDENTIALS_H

#include <stdint.h>

#include "cli/options.h"
#include "common/auth/token.h"
#include "common/client/curve.h"

/* The path of a file in the state directory, for free: that of --state or INDSUB_STATE, else
 * $XDG_STATE_HOME/indsub, ~/.local/state/indsub, or /var/lib/indsub for users without a home. */
char *credentials_state_path(const struct options *options, const char *name);

/* Mints a token with the secret in that file (NULL: the local jwt.key); *token is for free. Errors:
 * FORBIDDEN if the key cannot be read, BAD_REQUEST if a claim is not possible. */
enum err_code credentials_mint(const struct options *options, const char *file,
                               const struct token_claims *claims, char **token, struct err *err);

/* Loads what --server-key and --certificate name; nothing (err untouched) where there is no server
 * key. The caller wipes it. Errors: BAD_REQUEST. */
enum err_code credentials_curve(const struct options *options, struct curve_keys *keys,
                                struct err *err);

/* The token that the options name or allow to mint; *token is for free. Errors: UNAUTHENTICATED if
 * there is none, and those of credentials_mint. */
enum err_code credentials_token(const struct options *options, char **token, struct err *err);

#endif
