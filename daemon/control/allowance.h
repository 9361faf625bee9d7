/* allowance - what its token allows a session, and how long. */
#ifndef INDSUB_CONTROL_ALLOWANCE_H
#define INDSUB_CONTROL_ALLOWANCE_H

#include "daemon/control/core.h"

/* The session goes by this token from now on. */
void allowance_take(struct session *session, const struct token_claims *claims);

/* True while the session's token is good, as far as the clock says. */
bool allowance_lasts(const struct session *session, struct now now);

/* True if the token is revoked, or the key that signed it is not what it was `before`. */
bool allowance_is_withdrawn(const struct token_keys *keys, const struct token_keys *before,
                            const char *kid, const char *jti);

#endif
