/* Tokens: what is taken, and every way of being refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auth/token.h"
#include "common/base/buf.h"

static const char SECRET[] = "a secret of thirty-two bytes or so";
static const struct token_rules RULES = {.skew_s = 5};
enum { NOW_S = 1762232700 };

static struct token_keys *keys(void)
{
    struct token_keys *self = token_keys_new();
    token_keys_add_secret(self, "", SECRET, strlen(SECRET));
    return self;
}

static void encode(struct buf *out, const char *text)
{
    static const char BASE64URL[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned waiting = 0, bits = 0;
    for (; *text; text++) {
        waiting = (waiting << 8 | (unsigned char)*text) & 0xFFFF;
        for (bits += 8; bits >= 6; bits -= 6)
            buf_put_char(out, BASE64URL[waiting >> (bits - 6) & 63]);
    }
    if (bits > 0)
        buf_put_char(out, BASE64URL[waiting << (6 - bits) & 63]);
}

/* header.claims.signature, where the signature is taken from somewhere. */
static enum err_code verify_parts(const char *header, const char *claims, const char *signature)
{
    struct buf token = {0};
    struct token_claims read;
    struct err err = {0};
    struct token_keys *ring = keys();
    encode(&token, header);
    buf_put_char(&token, '.');
    encode(&token, claims);
    buf_put_char(&token, '.');
    buf_put_text(&token, signature);
    enum err_code code = token_verify(ring, token.data, NOW_S, &RULES, &read, &err);
    token_keys_destroy(&ring);
    buf_destroy(&token);
    return code;
}

static char *mint(int64_t expires_at_s, unsigned scopes, const char *sid)
{
    struct token_claims claims = {.scopes = scopes, .expires_at_s = expires_at_s};
    char *token = NULL;
    strcpy(claims.user, "alice@example.com");
    strcpy(claims.sid, sid);
    assert_int_equal(token_mint(SECRET, strlen(SECRET), &claims, NOW_S, &token, NULL), ERR_OK);
    return token;
}

static enum err_code verify(const char *token, int64_t now_s, struct token_claims *claims)
{
    struct token_keys *ring = keys();
    struct err err = {0};
    enum err_code code = token_verify(ring, token, now_s, &RULES, claims, &err);
    token_keys_destroy(&ring);
    return code;
}

static void what_is_minted_is_read(void **state)
{
    struct token_claims claims;
    char *token = mint(NOW_S + 60, TOKEN_SCOPE_FEED | TOKEN_SCOPE_ADMIN, "tab-1");
    (void)state;
    assert_int_equal(verify(token, NOW_S, &claims), ERR_OK);
    assert_string_equal(claims.user, "alice@example.com");
    assert_string_equal(claims.sid, "tab-1");
    assert_int_equal(claims.scopes, TOKEN_SCOPE_FEED | TOKEN_SCOPE_ADMIN);
    assert_int_equal(claims.expires_at_s, NOW_S + 60);
    free(token);
}

static void expiry_has_an_allowance_for_clocks(void **state)
{
    struct token_claims claims;
    char *token = mint(NOW_S + 60, 0, "");
    (void)state;
    assert_int_equal(verify(token, NOW_S + 64, &claims), ERR_OK);
    assert_int_equal(verify(token, NOW_S + 65, &claims), ERR_TOKEN_EXPIRED);
    free(token);
}

static void any_changed_byte_is_noticed(void **state)
{
    struct token_claims claims;
    char *token = mint(NOW_S + 60, 0, "");
    size_t size = strlen(token);
    (void)state;
    for (size_t i = 0; i + 1 < size; i++) { /* the last character has unused bits */
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        assert_int_not_equal(verify(token, NOW_S, &claims), ERR_OK);
        token[i] = kept;
    }
    free(token);
}

static void no_token_chooses_its_own_algorithm(void **state)
{
    static const char CLAIMS[] = "{\"sub\":\"alice\",\"exp\":1762236300}";
    (void)state;
    assert_int_equal(verify_parts("{\"alg\":\"none\"}", CLAIMS, ""), ERR_UNAUTHENTICATED);
    assert_int_equal(verify_parts("{\"alg\":\"None\"}", CLAIMS, "AA"), ERR_UNAUTHENTICATED);
    assert_int_equal(verify_parts("{\"alg\":\"RS256\"}", CLAIMS, "AA"), ERR_UNAUTHENTICATED);
    assert_int_equal(verify_parts("{\"typ\":\"JWT\"}", CLAIMS, "AA"), ERR_UNAUTHENTICATED);
    assert_int_equal(verify_parts("{\"alg\":\"HS256\",\"alg\":\"none\"}", CLAIMS, ""),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(verify_parts("{\"alg\":\"HS256\",\"kid\":\"../../etc/passwd\"}", CLAIMS, "AA"),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(verify_parts("{\"alg\":\"HS256\",\"crit\":[\"x\"]}", CLAIMS, "AA"),
                     ERR_UNAUTHENTICATED);
}

/* A public key must never serve as an HMAC secret. */
static void a_public_key_is_no_secret(void **state)
{
    static const char PEM[] = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    struct token_claims claims = {.user = "mallory", .expires_at_s = NOW_S + 60};
    struct token_keys *ring = token_keys_new();
    char *token = NULL;
    (void)state;
    token_keys_add_public(ring, "", PEM, strlen(PEM));
    assert_int_equal(token_mint(PEM, strlen(PEM), &claims, NOW_S, &token, NULL), ERR_OK);
    assert_int_equal(token_verify(ring, token, NOW_S, &RULES, &claims, NULL), ERR_UNAUTHENTICATED);
    free(token);
    token_keys_destroy(&ring);
}

static void what_is_no_token_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",    ".",    "..",          "a.b.c",
        "a.b", "....", "e30.e30.e30", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0="};
    struct token_claims claims;
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(verify(BAD[i], NOW_S, &claims), ERR_UNAUTHENTICATED);
    char *huge = malloc(100002);
    memset(huge, 'a', 100001);
    huge[10] = huge[50000] = '.';
    huge[100001] = '\0';
    assert_int_equal(verify(huge, NOW_S, &claims), ERR_UNAUTHENTICATED);
    free(huge);
}

static void audience_and_issuer_are_checked_where_configured(void **state)
{
    struct token_claims claims;
    struct token_keys *ring = keys();
    struct token_rules rules = {.audience = "indsub"};
    char *token = mint(NOW_S + 60, 0, "");
    (void)state;
    assert_int_equal(token_verify(ring, token, NOW_S, &rules, &claims, NULL), ERR_UNAUTHENTICATED);
    rules = (struct token_rules){.issuer = "somebody"};
    assert_int_equal(token_verify(ring, token, NOW_S, &rules, &claims, NULL), ERR_UNAUTHENTICATED);
    free(token);
    token_keys_destroy(&ring);
}

static void scopes_are_read_from_a_command_line(void **state)
{
    unsigned scopes;
    (void)state;
    assert_int_equal(token_parse_scopes("feed,admin", &scopes, NULL), ERR_OK);
    assert_int_equal(scopes, TOKEN_SCOPE_FEED | TOKEN_SCOPE_ADMIN);
    assert_int_equal(token_parse_scopes("", &scopes, NULL), ERR_OK);
    assert_int_equal(scopes, 0);
    assert_int_equal(token_parse_scopes("root", &scopes, NULL), ERR_BAD_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_minted_is_read),
        cmocka_unit_test(expiry_has_an_allowance_for_clocks),
        cmocka_unit_test(any_changed_byte_is_noticed),
        cmocka_unit_test(no_token_chooses_its_own_algorithm),
        cmocka_unit_test(a_public_key_is_no_secret),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(audience_and_issuer_are_checked_where_configured),
        cmocka_unit_test(scopes_are_read_from_a_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
