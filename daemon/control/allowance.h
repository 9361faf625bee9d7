/* allowance - what a session or a source may do by its token: which symbols, and how long. */
#ifndef INDSUB_CONTROL_ALLOWANCE_H
#define INDSUB_CONTROL_ALLOWANCE_H

#include "daemon/control/core.h"

/* The session goes by this token from now on. Subscriptions that the token does not allow are still
 * there; see allowance_prune. */
void allowance_take(struct session *session, const struct token_claims *claims);

/* True if one of the globs covers the symbol. There is a newline behind each; NULL covers all. */
bool allowance_covers(const char *globs, const char *symbol);

/* Ends the session's subscriptions of symbols that its token does not cover. */
void allowance_prune(struct core *core, struct session *session);

/* Puts the globs of a token in place of *globs, which is owned by a session or a source. */
void allowance_take_symbols(char **globs, const struct token_claims *claims);

/* True until the session's token expires. */
bool allowance_lasts(const struct session *session, struct now now);

/* After the keys were read again: true if the token of that id is revoked now, or if the key of
 * that id, which signed it, is gone or another than among those `before`. */
bool allowance_is_withdrawn(const struct token_keys *keys, const struct token_keys *before,
                            const char *kid, const char *jti);

#endif
