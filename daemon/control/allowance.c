#include "daemon/control/allowance.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/glob.h"
#include "common/base/mem.h"

#define HAS_ROOM(member, claim) \
    (sizeof((struct session *)0)->member >= sizeof((struct token_claims *)0)->claim)
_Static_assert(HAS_ROOM(user, user) && HAS_ROOM(name, sid) && HAS_ROOM(kid, kid) &&
                   HAS_ROOM(jti, jti),
               "a session has room for what any token says");

void allowance_take(struct session *session, const struct token_claims *claims)
{
    session->expires_at_s = claims->expires_at_s;
    session->is_admin = (claims->scopes & TOKEN_SCOPE_ADMIN) != 0;
    session->is_expired = session->expiry_announced = false;
    strcpy(session->kid, claims->kid);
    strcpy(session->jti, claims->jti);
    allowance_take_symbols(&session->symbols, claims);
}

void allowance_take_symbols(char **globs, const struct token_claims *claims)
{
    free(*globs);
    *globs = claims->has_symbols ? mem_strdup(claims->symbols) : NULL;
}

bool allowance_covers(const char *globs, const char *symbol)
{
    if (!globs)
        return true;
    for (const char *at = globs; *at;) {
        size_t size = strcspn(at, "\n");
        if (glob_matches(at, size, symbol))
            return true;
        at += size + 1;
    }
    return false;
}

void allowance_prune(struct core *core, struct session *session)
{
    for (size_t i = session->n_subscriptions; i-- > 0;) {
        struct subscription *one = session->subscriptions[i];
        if (!allowance_covers(session->symbols, one->listing->name))
            subscriptions_remove(core->views, &one, NULL, 0);
    }
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
