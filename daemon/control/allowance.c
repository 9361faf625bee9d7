#include "daemon/control/allowance.h"

#include <string.h>

void allowance_take(struct session *session, const struct token_claims *claims)
{
    session->expires_at_s = claims->expires_at_s;
    session->is_admin = (claims->scopes & TOKEN_SCOPE_ADMIN) != 0;
    session->is_expired = session->expiry_announced = false;
    strcpy(session->kid, claims->kid);
    strcpy(session->jti, claims->jti);
}

bool allowance_lasts(const struct session *session, struct now now)
{
    return !session->is_expired && now.wall_ms < session->expires_at_s * 1000;
}

bool allowance_is_withdrawn(const struct token_keys *keys, const struct token_keys *before,
                            const char *kid, const char *jti)
{
    return (jti[0] && token_keys_have_revoked(keys, jti)) || !token_keys_keep(keys, before, kid);
}
