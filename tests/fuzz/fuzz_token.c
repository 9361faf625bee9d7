/* Tokens. An input is one of
 *
 *      r TOKEN                         as it comes from a stranger
 *      s KEY HEADER newline PAYLOAD    signed here with that key: 0 and 1 are the daemon's own
 *      a KEY HEADER newline PAYLOAD    the same where audience and issuer are asked for
 *
 * Nobody who has no key is let in, whatever the header says; who is let in is who the payload says,
 * and a token minted from that says the same. */
#include <assert.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "common/auth/token.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sample_keys.h"

enum { NOW_S = 1762232700 };

/* With what an input may be signed. The last three are no keys for HS*. */
static const struct {
    const char *kid, *secret;
    bool is_good;
} KEYS[] = {
    {"", "0123456789abcdef0123456789abcdef", true},
    {"k1", "fedcba9876543210fedcba9876543210", true},
    {"rsa-1", SAMPLE_RSA_PUBLIC, false},
    {"ec-1", SAMPLE_EC_PUBLIC, false},
    {"", "", false},
};

static struct token_keys *make_keys(void)
{
    struct token_keys *keys = token_keys_new();
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (KEYS[i].is_good)
            token_keys_add_secret(keys, KEYS[i].kid, KEYS[i].secret, strlen(KEYS[i].secret));
    token_keys_add_public(keys, "rsa-1", SAMPLE_RSA_PUBLIC, strlen(SAMPLE_RSA_PUBLIC));
    token_keys_add_public(keys, "ec-1", SAMPLE_EC_PUBLIC, strlen(SAMPLE_EC_PUBLIC));
    return keys;
}

/* ---- signing ----------------------------------------------------------------------------------
 */

static void put_base64url(struct buf *out, const void *bytes, size_t size)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *at = bytes;
    unsigned waiting = 0, bits = 0;
    for (size_t i = 0; i < size; i++) {
        waiting = (waiting << 8 | at[i]) & 0xFFFF;
        for (bits += 8; bits >= 6; bits -= 6)
            buf_put_char(out, DIGITS[waiting >> (bits - 6) & 63]);
    }
    if (bits > 0)
        buf_put_char(out, DIGITS[waiting << (6 - bits) & 63]);
}

/* What the header asks to be signed with. */
static const EVP_MD *digest_of(const char *header, size_t size)
{
    if (memmem(header, size, "HS384", 5))
        return EVP_sha384();
    return memmem(header, size, "HS512", 5) ? EVP_sha512() : EVP_sha256();
}

/* HEADER newline PAYLOAD as a token; empty without a newline. */
static struct buf sign(const char *text, size_t size, const char *secret)
{
    struct buf token = {0};
    unsigned char signature[EVP_MAX_MD_SIZE];
    unsigned signature_size;
    const char *newline = memchr(text, '\n', size);
    buf_put_text(&token, "");
    if (!newline)
        return token;
    size_t header_size = (size_t)(newline - text);
    put_base64url(&token, text, header_size);
    buf_put_char(&token, '.');
    put_base64url(&token, newline + 1, size - header_size - 1);
    HMAC(digest_of(text, header_size), secret, (int)strlen(secret),
         (const unsigned char *)token.data, token.size, signature, &signature_size);
    buf_put_char(&token, '.');
    put_base64url(&token, signature, signature_size);
    return token;
}

/* ---- what must hold ---------------------------------------------------------------------------
 */

static void check_refusal(const struct err *err)
{
    assert(err->code == ERR_UNAUTHENTICATED || err->code == ERR_TOKEN_EXPIRED);
    assert(err->message[0] != '\0');
}

static void check_utf8(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t n = utf8_first(text, left);
        assert(n > 0 && (unsigned char)*text >= 0x20);
        text += n;
        left -= n;
    }
}

static void check_claims(const struct token_claims *claims, const struct token_rules *rules)
{
    assert(claims->user[0] != '\0');
    check_utf8(claims->user);
    check_utf8(claims->jti);
    assert(claims->sid[0] == '\0' || token_kid_is_valid(claims->sid));
    assert(claims->expires_at_s > NOW_S - rules->skew_s);
    assert(claims->has_symbols || claims->symbols[0] == '\0');
}

static const char *secret_of(const char *kid)
{
    size_t i = 0;
    while (strcmp(KEYS[i].kid, kid) != 0)
        i++;
    return KEYS[i].secret;
}

static void check_minted(const struct token_keys *keys, const struct token_claims *claims)
{
    static const struct token_rules PLAIN = {.skew_s = 5};
    const char *secret = secret_of(claims->kid);
    struct token_claims again;
    struct err err;
    char *token;
    assert(token_mint(secret, strlen(secret), claims, NOW_S, &token, &err) == ERR_OK);
    enum err_code code = token_verify(keys, token, NOW_S, &PLAIN, &again, &err);
    size_t size = strlen(token);
    free(token);
    if (size > TOKEN_SIZE_MAX)
        return;
    assert(code == ERR_OK);
    assert(strcmp(again.user, claims->user) == 0 && strcmp(again.sid, claims->sid) == 0);
    assert(strcmp(again.kid, claims->kid) == 0);
    assert(strcmp(again.jti, claims->jti) == 0 && strcmp(again.symbols, claims->symbols) == 0);
    assert(again.scopes == claims->scopes && again.expires_at_s == claims->expires_at_s);
    assert(again.has_symbols == claims->has_symbols);
}

/* A signature with one bit changed, one character less, or none. */
static void check_forgeries(const struct token_keys *keys, struct buf *token,
                            const struct token_rules *rules)
{
    struct token_claims claims;
    struct err err;
    char *signature = strrchr(token->data, '.') + 1;
    *signature = *signature == 'A' ? 'B' : 'A';
    assert(token_verify(keys, token->data, NOW_S, rules, &claims, &err) == ERR_UNAUTHENTICATED);
    token->data[token->size - 1] = '\0';
    assert(token_verify(keys, token->data, NOW_S, rules, &claims, &err) == ERR_UNAUTHENTICATED);
    *signature = '\0';
    assert(token_verify(keys, token->data, NOW_S, rules, &claims, &err) == ERR_UNAUTHENTICATED);
}

static void check_signed(const struct token_keys *keys, size_t key, const char *text, size_t size,
                         const struct token_rules *rules)
{
    struct token_claims claims;
    struct err err = {0};
    struct buf token = sign(text, size, KEYS[key].secret);
    enum err_code code = token_verify(keys, token.data, NOW_S, rules, &claims, &err);
    if (code == ERR_OK) {
        assert(KEYS[key].is_good);
        assert(memmem(text, size, "HS", 2));
        check_claims(&claims, rules);
        check_minted(keys, &claims);
        assert(token_verify(keys, token.data, claims.expires_at_s + rules->skew_s, rules, &claims,
                            &err) == ERR_TOKEN_EXPIRED);
        check_forgeries(keys, &token, rules);
    } else {
        check_refusal(&err);
    }
    buf_destroy(&token);
}

/* The only tokens that a stranger can have seen are the two in the corpus. */
static bool was_seen(const char *token)
{
    static const char *const SEEN[] = {"eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.",
                                       "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ."};
    static const char PAYLOAD[] =
        "eyJzdWIiOiJhbGljZSIsImV4cCI6MTc2MjIzNjMwMCwiYXVkIjpbIm90aGVyIiwiaW5kc3ViIl0sImlzcyI6Imh0"
        "dHBzOi8vbG9naW4uZXhhbXBsZS5jb20iLCJqdGkiOiI3ZiIsIm5iZiI6MTc2MjIzMjcwMCwic2NvcGUiOlsiZmVl"
        "ZCIsIm90aGVyIl0sInN5bWJvbHMiOlsiTklGVFkqIiwiTSZNIl19.";
    for (size_t i = 0; i < sizeof SEEN / sizeof *SEEN; i++)
        if (strncmp(token, SEEN[i], strlen(SEEN[i])) == 0)
            return strncmp(token + strlen(SEEN[i]), PAYLOAD, strlen(PAYLOAD)) == 0;
    return false;
}

static void check_raw(const struct token_keys *keys, const char *text, size_t size)
{
    static const struct token_rules PLAIN = {.skew_s = 5};
    struct token_claims claims;
    struct err err = {0};
    char *token = mem_strndup(text, size);
    if (token_verify(keys, token, NOW_S, &PLAIN, &claims, &err) == ERR_OK)
        assert(was_seen(token));
    else
        check_refusal(&err);
    free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct token_rules PLAIN = {.skew_s = 5};
    static const struct token_rules STRICT = {
        .skew_s = 0, .audience = "indsub", .issuer = "https://login.example.com"};
    const char *text = (const char *)data;
    if (size < 2)
        return 0;
    struct token_keys *keys = make_keys();
    if (text[0] == 'r') {
        check_raw(keys, text + 1, size - 1);
    } else if (text[0] == 's' || text[0] == 'a') {
        size_t key = (size_t)(data[1] - '0') % (sizeof KEYS / sizeof *KEYS);
        check_signed(keys, key, text + 2, size - 2, text[0] == 's' ? &PLAIN : &STRICT);
    }
    token_keys_destroy(&keys);
    return 0;
}
