/* token - who somebody is: JSON Web Tokens (RFC 7519), minted and verified.
 *
 * A key says which algorithms it may be used with, so that no token can choose: a secret is for
 * HS*, a public key for RS* and ES*, and "none" is for nobody. Clock and keys are given. */
#ifndef INDSUB_AUTH_TOKEN_H
#define INDSUB_AUTH_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum {
    TOKEN_SIZE_MAX = 8192,
    TOKEN_USER_MAX = 128,
    TOKEN_SID_MAX = 64,
    TOKEN_JTI_MAX = 128,
    TOKEN_KID_MAX = 64,
    TOKEN_SYMBOLS_MAX = 1024
};

enum token_scope { TOKEN_SCOPE_FEED = 1, TOKEN_SCOPE_ADMIN = 2 };

struct token_claims {
    char user[TOKEN_USER_MAX + 1];       /* sub */
    char sid[TOKEN_SID_MAX + 1];         /* "" if there is none */
    char jti[TOKEN_JTI_MAX + 1];         /* the token's own id, "" if there is none */
    char kid[TOKEN_KID_MAX + 1];         /* of the key that signed it, "" if it names none */
    unsigned scopes;                     /* of enum token_scope; others are ignored */
    int64_t expires_at_s;                /* since 1970 */
    bool has_symbols;                    /* false: the token says nothing of symbols */
    char symbols[TOKEN_SYMBOLS_MAX + 1]; /* globs of those it is for, a newline behind each */
};

/* What a token must meet beside its signature. */
struct token_rules {
    int64_t skew_s;       /* how far the issuer's clock may be off */
    const char *audience; /* NULL or "": any */
    const char *issuer;
};

struct token_keys;

struct token_keys *token_keys_new(void);
/* Wipes what it held. */
void token_keys_destroy(struct token_keys **self);

/* Adds a copy of a secret for HS256, HS384 and HS512. kid "" is for tokens that name none. */
void token_keys_add_secret(struct token_keys *self, const char *kid, const void *secret,
                           size_t size);
/* Adds a copy of a public key in PEM for RS* and ES*; its tokens must name this kid. */
void token_keys_add_public(struct token_keys *self, const char *kid, const char *pem, size_t size);

/* True for a public key in PEM that is fit to be trusted: RSA of at least 2048 bits, or EC on
 * P-256, P-384 or P-521. */
bool token_public_key_is_sound(const char *pem, size_t size);

/* Tokens with this jti are good no longer. */
void token_keys_revoke(struct token_keys *self, const char *jti);
bool token_keys_have_revoked(const struct token_keys *self, const char *jti);

/* True if all keys that `before` had of that kid are there still, and the same. */
bool token_keys_keep(const struct token_keys *self, const struct token_keys *before,
                     const char *kid);

/* 1 to 64 characters of A-Z a-z 0-9 . _ - */
bool token_kid_is_valid(const char *kid);

/* True if its header asks for a signature by a public key: up to 2 ms, and a stranger may send it.
 */
bool token_takes_long(const char *token);

/* Verifies a token and fills *claims. Errors: UNAUTHENTICATED, TOKEN_EXPIRED; the sentence tells a
 * rightful owner what to do and a guesser nothing about keys. */
enum err_code token_verify(const struct token_keys *keys, const char *token, int64_t now_s,
                           const struct token_rules *rules, struct token_claims *claims,
                           struct err *err);

/* Mints a token under HS256; its header names claims->kid if that is not "". *token is the
 * caller's to free. Errors: BAD_PARAMETER for a user, sid, jti or kid that no verification would
 * take. */
enum err_code token_mint(const void *secret, size_t size, const struct token_claims *claims,
                         int64_t now_s, char **token, struct err *err);

/* "feed,admin", or with blanks, to flags. UNKNOWN names are BAD_PARAMETER. */
enum err_code token_parse_scopes(const char *text, unsigned *scopes, struct err *err);

#endif
