/* Tokens: what is taken, and every way of being refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>

#include "common/auth/token.h"
#include "common/base/buf.h"
#include "tests/support/sample_keys.h"

static const char SECRET[] = "a secret of thirty-two bytes or so";
static const struct token_rules RULES = {.skew_s = 5};
enum { NOW_S = 1762232700 };

/* Signed with the sample key; says the same as SAMPLE_EC_TOKEN. */
static const char RS256[] =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6MTc2"
    "MjIzNjMwMCwiYXVkIjpbIm90aGVyIiwiaW5kc3ViIl0sImlzcyI6Imh0dHBzOi8vbG9naW4uZXhhbXBsZS5jb20i"
    "LCJqdGkiOiI3ZiIsIm5iZiI6MTc2MjIzMjcwMCwic2NvcGUiOlsiZmVlZCIsIm90aGVyIl0sInN5bWJvbHMiOlsi"
    "TklGVFkqIiwiTSZNIl19.RvzlZ_IHqYV9F-NtVWL34yaNINmiHxtEmKcfIGlrOuYsRN0p-FJA4WqzNUdgRFqX2eJ"
    "MF2cygU3FmYbQUl7RBrLTYnFVyOuBGr56t5kKoWz3J4D8gcEf0b41DUr0098lD4TrIWsphdQbXB5jnDOg80U_WP4"
    "rV4Z1LDr0QbGjkKPAYCu6bMb7zVurrJEiEAQSKz692pJvFOItKiEY-lQQBNWBrXfjlzl8N41-Tagw0RlUib66Szg"
    "7DIoY2kMDsbYVjWj5sAI4STG20kts8_bCiZrhVsApa3E8Wzvfdh5hla7yoiTT3AiGHi4hF3iEsUHJ5T3-exbw2K1"
    "Aj4QT3pkcyw";

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
    for (size_t i = 0; i < size; i++) {
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

/* Signs claims as they stand, so that a signature can be right and its claims wrong. */
static enum err_code verify_claims(const char *json, struct token_claims *claims)
{
    jwt_t *jwt = NULL;
    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)SECRET, (int)strlen(SECRET)), 0);
    assert_int_equal(jwt_add_grants_json(jwt, json), 0);
    char *token = jwt_encode_str(jwt);
    enum err_code code = verify(token, NOW_S, claims);
    jwt_free(jwt);
    free(token);
    return code;
}

#define GOOD "\"sub\":\"alice\",\"exp\":1762236300"

static void each_claim_must_be_what_it_should(void **state)
{
    static const char *const BAD[] = {
        "{\"exp\":1762236300}",
        "{\"sub\":\"\",\"exp\":1762236300}",
        "{\"sub\":7,\"exp\":1762236300}",
        "{\"sub\":\"a\\nb\",\"exp\":1762236300}",
        "{\"sub\":\"a\\u001b[2J\",\"exp\":1762236300}",
        "{\"sub\":\"a\\u009b2J\",\"exp\":1762236300}",
        "{\"sub\":\"alice\"}",
        "{\"sub\":\"alice\",\"exp\":\"1762236300\"}",
        "{\"sub\":\"alice\",\"exp\":null}",
        "{\"sub\":\"alice\",\"exp\":1e300}",
        "{" GOOD ",\"nbf\":1762232706}",
        "{" GOOD ",\"nbf\":\"now\"}",
        "{" GOOD ",\"sid\":\"\"}",
        "{" GOOD ",\"sid\":\"tab 1\"}",
        "{" GOOD ",\"sid\":\"../x\"}",
        "{" GOOD ",\"sid\":5}",
        "{" GOOD ",\"jti\":5}",
        "{" GOOD ",\"jti\":\"\"}",
        "{" GOOD ",\"symbols\":\"NIFTY50\"}",
        "{" GOOD ",\"symbols\":null}",
        "{" GOOD ",\"symbols\":[\"NIFTY50\",5]}",
        "{" GOOD ",\"symbols\":[\"NIFTY50\\nM&M\"]}",
        "{" GOOD ",\"symbols\":[\"\"]}",
    };
    struct token_claims claims;
    (void)state;
    assert_int_equal(verify_claims("{" GOOD "}", &claims), ERR_OK);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (verify_claims(BAD[i], &claims) != ERR_UNAUTHENTICATED)
            fail_msg("taken: %s", BAD[i]);
}

static void names_have_limits(void **state)
{
    struct token_claims claims;
    struct buf json = {0};
    (void)state;
    for (int size = TOKEN_USER_MAX; size <= TOKEN_USER_MAX + 1; size++) {
        buf_reset(&json);
        buf_put_format(&json, "{\"exp\":1762236300,\"sub\":\"%0*d\"}", size, 0);
        assert_int_equal(verify_claims(json.data, &claims),
                         size > TOKEN_USER_MAX ? ERR_UNAUTHENTICATED : ERR_OK);
    }
    for (int size = TOKEN_SID_MAX; size <= TOKEN_SID_MAX + 1; size++) {
        buf_reset(&json);
        buf_put_format(&json, "{" GOOD ",\"sid\":\"%0*d\"}", size, 0);
        assert_int_equal(verify_claims(json.data, &claims),
                         size > TOKEN_SID_MAX ? ERR_UNAUTHENTICATED : ERR_OK);
    }
    for (int size = TOKEN_SYMBOLS_MAX - 1; size <= TOKEN_SYMBOLS_MAX; size++) {
        buf_reset(&json);
        buf_put_format(&json, "{" GOOD ",\"symbols\":[\"%0*d\"]}", size, 0);
        assert_int_equal(verify_claims(json.data, &claims),
                         size == TOKEN_SYMBOLS_MAX ? ERR_UNAUTHENTICATED : ERR_OK);
    }
    buf_destroy(&json);
}

static void claims_have_their_limits_in_time(void **state)
{
    struct token_claims claims;
    (void)state;
    assert_int_equal(verify_claims("{" GOOD ",\"nbf\":1762232705}", &claims), ERR_OK);
    assert_int_equal(verify_claims("{\"sub\":\"\u0905\",\"exp\":1762232695.9}", &claims),
                     ERR_TOKEN_EXPIRED);
    assert_int_equal(verify_claims("{\"sub\":\"\u0905\",\"exp\":1762232696}", &claims), ERR_OK);
    assert_string_equal(claims.user, "\u0905");
}

static void symbols_absent_are_not_symbols_empty(void **state)
{
    struct token_claims claims;
    (void)state;
    assert_int_equal(verify_claims("{" GOOD "}", &claims), ERR_OK);
    assert_false(claims.has_symbols);
    assert_int_equal(verify_claims("{" GOOD ",\"symbols\":[]}", &claims), ERR_OK);
    assert_true(claims.has_symbols);
    assert_string_equal(claims.symbols, "");
}

static void public_keys_verify_by_kid(void **state)
{
    const struct token_rules rules = {.audience = "indsub", .issuer = "https://login.example.com"};
    struct token_keys *ring = token_keys_new();
    const char *const tokens[] = {RS256, SAMPLE_EC_TOKEN};
    (void)state;
    token_keys_add_public(ring, "rsa-1", SAMPLE_RSA_PUBLIC, strlen(SAMPLE_RSA_PUBLIC));
    token_keys_add_public(ring, "ec-1", SAMPLE_EC_PUBLIC, strlen(SAMPLE_EC_PUBLIC));
    for (size_t i = 0; i < 2; i++) {
        struct token_claims claims;
        assert_int_equal(token_verify(ring, tokens[i], NOW_S, &rules, &claims, NULL), ERR_OK);
        assert_string_equal(claims.user, "alice");
        assert_string_equal(claims.jti, "7f");
        assert_string_equal(claims.symbols, "NIFTY*\nM&M\n");
        assert_true(claims.has_symbols);
        assert_int_equal(claims.scopes, TOKEN_SCOPE_FEED);
        assert_int_equal(token_verify(ring, tokens[i], NOW_S + 3600, &rules, &claims, NULL),
                         ERR_TOKEN_EXPIRED);
        assert_int_equal(token_verify(ring, tokens[i], NOW_S - 1, &rules, &claims, NULL),
                         ERR_UNAUTHENTICATED);
    }
    token_keys_destroy(&ring);
}

/* The signature is right, the key is not the one that the token names. */
static void a_token_is_held_to_the_key_it_names(void **state)
{
    struct token_keys *ring = token_keys_new();
    struct token_claims claims;
    struct err wrong = {0}, unknown = {0};
    (void)state;
    token_keys_add_public(ring, "ec-1", SAMPLE_RSA_PUBLIC, strlen(SAMPLE_RSA_PUBLIC));
    token_keys_add_public(ring, "other", SAMPLE_EC_PUBLIC, strlen(SAMPLE_EC_PUBLIC));
    token_keys_add_secret(ring, "rsa-1", SAMPLE_RSA_PUBLIC, strlen(SAMPLE_RSA_PUBLIC));
    assert_int_equal(token_verify(ring, SAMPLE_EC_TOKEN, NOW_S, &RULES, &claims, &wrong),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(token_verify(ring, RS256, NOW_S, &RULES, &claims, &unknown),
                     ERR_UNAUTHENTICATED);
    assert_string_equal(wrong.message, unknown.message); /* which kids there are is not told */
    token_keys_destroy(&ring);
}

static void a_secret_is_for_every_hs_algorithm(void **state)
{
    static const jwt_alg_t ALGORITHMS[] = {JWT_ALG_HS256, JWT_ALG_HS384, JWT_ALG_HS512};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct token_claims claims;
        jwt_t *jwt = NULL;
        assert_int_equal(jwt_new(&jwt), 0);
        assert_int_equal(
            jwt_set_alg(jwt, ALGORITHMS[i], (const unsigned char *)SECRET, (int)strlen(SECRET)), 0);
        assert_int_equal(jwt_add_grants_json(jwt, "{" GOOD "}"), 0);
        char *token = jwt_encode_str(jwt);
        assert_int_equal(verify(token, NOW_S, &claims), ERR_OK);
        jwt_free(jwt);
        free(token);
    }
}

/* Other ways to write the same bytes would be other tokens to a list of revoked ones. */
static void a_token_can_be_written_in_one_way_only(void **state)
{
    struct token_claims claims;
    struct buf other = {0};
    char *token = mint(NOW_S + 60, 0, "");
    (void)state;
    buf_put_format(&other, "%s=", token);
    assert_int_equal(verify(other.data, NOW_S, &claims), ERR_UNAUTHENTICATED);
    buf_reset(&other);
    buf_put_format(&other, " %s", token);
    assert_int_equal(verify(other.data, NOW_S, &claims), ERR_UNAUTHENTICATED);
    buf_reset(&other);
    buf_put_format(&other, "%s.", token);
    assert_int_equal(verify(other.data, NOW_S, &claims), ERR_UNAUTHENTICATED);
    buf_destroy(&other);
    free(token);
}

/* The last character of 64 bytes has four bits to spare. */
static void spare_bits_of_a_signature_are_zero(void **state)
{
    struct token_keys *ring = token_keys_new();
    struct token_claims claims;
    struct buf token = {0};
    (void)state;
    token_keys_add_public(ring, "ec-1", SAMPLE_EC_PUBLIC, strlen(SAMPLE_EC_PUBLIC));
    buf_put_text(&token, SAMPLE_EC_TOKEN);
    assert_int_equal(token_verify(ring, token.data, NOW_S, &RULES, &claims, NULL), ERR_OK);
    token.data[token.size - 1]++;
    assert_int_equal(token_verify(ring, token.data, NOW_S, &RULES, &claims, NULL),
                     ERR_UNAUTHENTICATED);
    buf_destroy(&token);
    token_keys_destroy(&ring);
}

static void a_token_cut_anywhere_is_refused(void **state)
{
    struct token_claims claims;
    char *token = mint(NOW_S + 60, TOKEN_SCOPE_FEED, "tab-1");
    (void)state;
    for (size_t size = strlen(token); size-- > 0;) {
        token[size] = '\0';
        assert_int_equal(verify(token, NOW_S, &claims), ERR_UNAUTHENTICATED);
    }
    free(token);
}

static void deep_nesting_is_refused(void **state)
{
    struct token_claims claims;
    struct buf json = {0};
    (void)state;
    buf_put_text(&json, "{" GOOD ",\"x\":");
    for (int i = 0; i < 200; i++)
        buf_put_char(&json, '[');
    for (int i = 0; i < 200; i++)
        buf_put_char(&json, ']');
    buf_put_char(&json, '}');
    assert_int_equal(verify_claims(json.data, &claims), ERR_UNAUTHENTICATED);
    buf_destroy(&json);
}

static void key_ids_are_no_paths(void **state)
{
    char longest[TOKEN_KID_MAX + 2];
    (void)state;
    assert_true(token_kid_is_valid("partner-1.2_3"));
    assert_false(token_kid_is_valid(""));
    assert_false(token_kid_is_valid("a/b"));
    assert_false(token_kid_is_valid("a b"));
    assert_false(token_kid_is_valid("a\n"));
    memset(longest, 'k', sizeof longest);
    longest[TOKEN_KID_MAX + 1] = '\0';
    assert_false(token_kid_is_valid(longest));
    longest[TOKEN_KID_MAX] = '\0';
    assert_true(token_kid_is_valid(longest));
}

static void nothing_is_minted_that_would_be_refused(void **state)
{
    struct token_claims claims = {.expires_at_s = NOW_S + 60};
    char *token;
    (void)state;
    assert_int_equal(token_mint(SECRET, strlen(SECRET), &claims, NOW_S, &token, NULL),
                     ERR_BAD_PARAMETER);
    assert_null(token);
    strcpy(claims.user, "alice");
    strcpy(claims.sid, "tab 1");
    assert_int_equal(token_mint(SECRET, strlen(SECRET), &claims, NOW_S, &token, NULL),
                     ERR_BAD_PARAMETER);
    strcpy(claims.sid, "");
    strcpy(claims.symbols, "NIFTY 50\nM&M\n");
    strcpy(claims.jti, "one");
    claims.has_symbols = true;
    assert_int_equal(token_mint(SECRET, strlen(SECRET), &claims, NOW_S, &token, NULL), ERR_OK);
    struct token_claims read;
    assert_int_equal(verify(token, NOW_S, &read), ERR_OK);
    assert_true(read.has_symbols);
    assert_string_equal(read.symbols, claims.symbols);
    assert_string_equal(read.jti, "one");
    free(token);
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
        cmocka_unit_test(each_claim_must_be_what_it_should),
        cmocka_unit_test(names_have_limits),
        cmocka_unit_test(claims_have_their_limits_in_time),
        cmocka_unit_test(symbols_absent_are_not_symbols_empty),
        cmocka_unit_test(public_keys_verify_by_kid),
        cmocka_unit_test(a_token_is_held_to_the_key_it_names),
        cmocka_unit_test(a_secret_is_for_every_hs_algorithm),
        cmocka_unit_test(a_token_can_be_written_in_one_way_only),
        cmocka_unit_test(spare_bits_of_a_signature_are_zero),
        cmocka_unit_test(a_token_cut_anywhere_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(key_ids_are_no_paths),
        cmocka_unit_test(nothing_is_minted_that_would_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
