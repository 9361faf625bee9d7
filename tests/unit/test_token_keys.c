/* The keys of tokens: every algorithm, which keys are fit for it, what is revoked, what changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "common/auth/token.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

enum { NOW_S = 1762232700 };
#define CLAIMS "{\"sub\":\"alice\",\"exp\":1762236300,\"jti\":\"t-1\"}"
static const char SECRET[] = "a secret of thirty-two bytes or so";
static const struct token_rules RULES = {.skew_s = 5};

/* ---- pairs ------------------------------------------------------------------------------------
 */

struct pair {
    char *private, *public; /* PEM */
};

static char *take_pem(BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)size);
    BIO_free(bio);
    return text;
}

static struct pair pair_of(EVP_PKEY *key)
{
    BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
    assert_non_null(key);
    assert_int_equal(PEM_write_bio_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_bio_PUBKEY(public, key), 1);
    EVP_PKEY_free(key);
    return (struct pair){take_pem(private), take_pem(public)};
}

static void pair_clear(struct pair *self)
{
    free(self->private);
    free(self->public);
}

/* An RSA pair for all tests: it takes long to find one. */
static int find_pair(void **state)
{
    struct pair *pair = mem_alloc(sizeof *pair);
    *pair = pair_of(EVP_RSA_gen(2048));
    *state = pair;
    return 0;
}

static int forget_pair(void **state)
{
    pair_clear(*state);
    free(*state);
    return 0;
}

/* A token signed with that key, as its issuer makes it. */
static char *sign(jwt_alg_t alg, const char *kid, const char *key, const char *claims)
{
    jwt_t *jwt = NULL;
    assert_int_equal(jwt_new(&jwt), 0);
    if (kid)
        assert_int_equal(jwt_add_header(jwt, "kid", kid), 0);
    assert_int_equal(jwt_set_alg(jwt, alg, (const unsigned char *)key, (int)strlen(key)), 0);
    assert_int_equal(jwt_add_grants_json(jwt, claims), 0);
    char *token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

static enum err_code verify(const struct token_keys *keys, const char *token)
{
    struct token_claims claims;
    return token_verify(keys, token, NOW_S, &RULES, &claims, NULL);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static void each_algorithm_takes_its_own_kind_of_key_only(void **state)
{
    static const struct {
        jwt_alg_t alg;
        const char *kid;
    } ROWS[] = {{JWT_ALG_RS256, "rsa"},   {JWT_ALG_RS384, "rsa"},   {JWT_ALG_RS512, "rsa"},
                {JWT_ALG_ES256, "p-256"}, {JWT_ALG_ES384, "p-384"}, {JWT_ALG_ES512, "p-521"}};
    static const char *const KIDS[] = {"rsa", "p-256", "p-384", "p-521"};
    struct pair pairs[] = {*(const struct pair *)*state, pair_of(EVP_EC_gen("P-256")),
                           pair_of(EVP_EC_gen("P-384")), pair_of(EVP_EC_gen("P-521"))};
    struct token_keys *keys = token_keys_new();
    for (size_t i = 0; i < 4; i++)
        token_keys_add_public(keys, KIDS[i], pairs[i].public, strlen(pairs[i].public));
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        for (size_t k = 0; k < 4; k++) {
            bool fits = strcmp(ROWS[i].kid, KIDS[k]) == 0;
            const char *key = pairs[0].private;
            for (size_t p = 0; p < 4; p++)
                if (strcmp(ROWS[i].kid, KIDS[p]) == 0)
                    key = pairs[p].private;
            char *token = sign(ROWS[i].alg, KIDS[k], key, CLAIMS);
            if (verify(keys, token) != (fits ? ERR_OK : ERR_UNAUTHENTICATED))
                fail_msg("%s with the key %s", jwt_alg_str(ROWS[i].alg), KIDS[k]);
            free(token);
        }
    for (size_t i = 1; i < 4; i++)
        pair_clear(&pairs[i]);
    token_keys_destroy(&keys);
}

/* What was public all along must not open anything, whichever way it is turned. */
static void a_public_key_is_no_secret_under_any_algorithm(void **state)
{
    static const jwt_alg_t ALGORITHMS[] = {JWT_ALG_HS256, JWT_ALG_HS384, JWT_ALG_HS512};
    const struct pair *pair = *state;
    struct token_keys *keys = token_keys_new();
    token_keys_add_public(keys, "rsa", pair->public, strlen(pair->public));
    token_keys_add_secret(keys, "", SECRET, strlen(SECRET));
    for (size_t i = 0; i < 3; i++) {
        char *token = sign(ALGORITHMS[i], "rsa", pair->public, CLAIMS);
        assert_int_equal(verify(keys, token), ERR_UNAUTHENTICATED);
        free(token);
    }
    token_keys_destroy(&keys);
}

static void weak_and_foreign_public_keys_are_not_sound(void **state)
{
    static const char *const GOOD[] = {"P-256", "P-384", "P-521"};
    static const char *const BAD[] = {"secp256k1", "P-224", "brainpoolP256r1"};
    const struct pair *sound = *state;
    assert_true(token_public_key_is_sound(sound->public, strlen(sound->public)));
    assert_false(token_public_key_is_sound(sound->public, strlen(sound->public) / 2));
    assert_false(token_public_key_is_sound(sound->private, strlen(sound->private)));
    assert_false(token_public_key_is_sound("", 0));
    struct pair pair = pair_of(EVP_RSA_gen(1024));
    assert_false(token_public_key_is_sound(pair.public, strlen(pair.public)));
    pair_clear(&pair);
    pair = pair_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    assert_false(token_public_key_is_sound(pair.public, strlen(pair.public)));
    pair_clear(&pair);
    for (size_t i = 0; i < 3; i++) {
        pair = pair_of(EVP_EC_gen(GOOD[i]));
        assert_true(token_public_key_is_sound(pair.public, strlen(pair.public)));
        pair_clear(&pair);
        pair = pair_of(EVP_EC_gen(BAD[i]));
        assert_false(token_public_key_is_sound(pair.public, strlen(pair.public)));
        pair_clear(&pair);
    }
}

static struct token_keys *two_secrets(void)
{
    struct token_keys *keys = token_keys_new();
    token_keys_add_secret(keys, "", SECRET, strlen(SECRET));
    token_keys_add_secret(keys, "next", "another secret of thirty-two bytes", 34);
    return keys;
}

static void secrets_go_by_kid(void **state)
{
    struct token_keys *keys = two_secrets();
    struct token_claims claims = {.user = "alice", .expires_at_s = NOW_S + 60}, read;
    char *token;
    (void)state;
    strcpy(claims.kid, "next");
    assert_int_equal(
        token_mint("another secret of thirty-two bytes", 34, &claims, NOW_S, &token, NULL), ERR_OK);
    assert_int_equal(token_verify(keys, token, NOW_S, &RULES, &read, NULL), ERR_OK);
    assert_string_equal(read.kid, "next");
    free(token);
    assert_int_equal(token_mint(SECRET, strlen(SECRET), &claims, NOW_S, &token, NULL), ERR_OK);
    assert_int_equal(verify(keys, token), ERR_UNAUTHENTICATED);
    free(token);
    strcpy(claims.kid, "../next");
    assert_int_equal(token_mint(SECRET, strlen(SECRET), &claims, NOW_S, &token, NULL),
                     ERR_BAD_PARAMETER);
    token_keys_destroy(&keys);
}

static void a_kid_is_a_name_and_no_path(void **state)
{
    static const char *const BAD[] = {
        "",    "../next",     "/etc/passwd", "next\n",  "next/.",
        "a b", "n\xC3\xA9xt", "' or 1=1",    "next.key" /* a name, but nobody's */};
    struct token_keys *keys = two_secrets();
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        char *token = sign(JWT_ALG_HS256, BAD[i], SECRET, CLAIMS);
        if (verify(keys, token) != ERR_UNAUTHENTICATED)
            fail_msg("taken: %s", BAD[i]);
        free(token);
    }
    token_keys_destroy(&keys);
}

static void what_is_revoked_is_refused_by_its_jti(void **state)
{
    struct token_keys *keys = two_secrets();
    char *token = sign(JWT_ALG_HS256, NULL, SECRET, CLAIMS);
    char *nameless = sign(JWT_ALG_HS256, NULL, SECRET, "{\"sub\":\"alice\",\"exp\":1762236300}");
    (void)state;
    token_keys_revoke(keys, "t-2");
    token_keys_revoke(keys, "t");
    assert_int_equal(verify(keys, token), ERR_OK);
    token_keys_revoke(keys, "t-1");
    token_keys_revoke(keys, "t-1");
    assert_int_equal(verify(keys, token), ERR_UNAUTHENTICATED);
    assert_int_equal(verify(keys, nameless), ERR_OK);
    token_keys_destroy(&keys);
    free(token);
    free(nameless);
}

static void a_key_that_changed_is_not_kept(void **state)
{
    struct token_keys *before = two_secrets(), *same = two_secrets(), *other = token_keys_new();
    (void)state;
    token_keys_add_secret(other, "", "yet another secret of some length", 33);
    assert_true(token_keys_keep(same, before, ""));
    assert_true(token_keys_keep(same, before, "next"));
    assert_false(token_keys_keep(other, before, ""));
    assert_false(token_keys_keep(other, before, "next"));
    assert_true(token_keys_keep(other, before, "unknown"));
    token_keys_destroy(&before);
    token_keys_destroy(&same);
    token_keys_destroy(&other);
}

/* Refused before the signature is looked at: its bytes are nobody's yet. */
static void size_and_depth_are_limited(void **state)
{
    struct token_keys *keys = two_secrets();
    struct buf claims = {0};
    (void)state;
    for (size_t size = 5000; size <= 9000; size += 4000) { /* in base64 a third longer */
        buf_reset(&claims);
        buf_put_format(&claims, "{\"sub\":\"alice\",\"exp\":1762236300,\"pad\":\"%0*d\"}",
                       (int)size, 0);
        char *token = sign(JWT_ALG_HS256, NULL, SECRET, claims.data);
        assert_int_equal(verify(keys, token),
                         strlen(token) > TOKEN_SIZE_MAX ? ERR_UNAUTHENTICATED : ERR_OK);
        free(token);
    }
    for (int depth = 10; depth <= 1000; depth += 990) {
        buf_reset(&claims);
        buf_put_text(&claims, "{\"sub\":\"alice\",\"exp\":1762236300,\"deep\":");
        for (int i = 0; i < depth; i++)
            buf_put_char(&claims, '[');
        for (int i = 0; i < depth; i++)
            buf_put_char(&claims, ']');
        buf_put_char(&claims, '}');
        char *token = sign(JWT_ALG_HS256, NULL, SECRET, claims.data);
        assert_int_equal(verify(keys, token), depth > 32 ? ERR_UNAUTHENTICATED : ERR_OK);
        free(token);
    }
    buf_destroy(&claims);
    token_keys_destroy(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_takes_its_own_kind_of_key_only),
        cmocka_unit_test(a_public_key_is_no_secret_under_any_algorithm),
        cmocka_unit_test(weak_and_foreign_public_keys_are_not_sound),
        cmocka_unit_test(secrets_go_by_kid),
        cmocka_unit_test(a_kid_is_a_name_and_no_path),
        cmocka_unit_test(what_is_revoked_is_refused_by_its_jti),
        cmocka_unit_test(a_key_that_changed_is_not_kept),
        cmocka_unit_test(size_and_depth_are_limited),
    };
    return cmocka_run_group_tests(tests, find_pair, forget_pair);
}
