/* allowance - what its token allows a session, and how long. */
#ifndef INDSUB_CONTROL_ALLOWANCE_H
#define INDSUB_CONTROL_ALLOWANCE_H

#include "daemon/control/core.h"

/* The session goes by this token from now on; what that does not allow has to end, see
 * allowance_prune. */
void allowance_take(struct session *session, const struct token_claims *claims);

/* True if one of the globs (a newline behind each; NULL: any symbol) is for it. */
bool allowance_covers(const char *globs, const char *symbol);

/* Ends the session's subscriptions of symbols that it may not see. */
void allowance_prune(struct core *core, struct session *session);

/* The globs of a token, as sessions and sources keep them: in place of *globs. */
void allowance_take_symbols(char **globs, const struct token_claims *claims);

/* True while the session's token is good, as far as the clock says. */
bool allowance_lasts(const struct session *session, struct now now);

/* True if the token is revoked, or the key that signed it is not what it was `before`. */
bool allowance_is_withdrawn(const struct token_keys *keys, const struct token_keys *before,
                            const char *kid, const char *jti);

#endif
