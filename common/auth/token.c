#include "common/auth/token.h"

#include <jwt.h>
#include <math.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "common/base/mem.h"

struct key {
    char kid[TOKEN_KID_MAX + 1];
    bool is_secret;
    unsigned char *bytes;
    size_t size;
};

struct revoked {
    UT_hash_handle hh;
    char jti[];
};

struct token_keys {
    struct key *all;
    size_t n, capacity;
    struct revoked *revoked;
};

static const struct {
    const char *name;
    unsigned flag;
} SCOPES[] = {{"feed", TOKEN_SCOPE_FEED}, {"admin", TOKEN_SCOPE_ADMIN}};

static const struct {
    const char *name;
    jwt_alg_t alg;
    bool is_secret;
} ALGORITHMS[] = {{"HS256", JWT_ALG_HS256, true},  {"HS384", JWT_ALG_HS384, true},
                  {"HS512", JWT_ALG_HS512, true},  {"RS256", JWT_ALG_RS256, false},
                  {"RS384", JWT_ALG_RS384, false}, {"RS512", JWT_ALG_RS512, false},
                  {"ES256", JWT_ALG_ES256, false}, {"ES384", JWT_ALG_ES384, false},
                  {"ES512", JWT_ALG_ES512, false}};

/* ---- keys -------------------------------------------------------------------------------------
 */

struct token_keys *token_keys_new(void)
{
    return mem_alloc_zero(1, sizeof(struct token_keys));
}

void token_keys_destroy(struct token_keys **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n; i++) {
        explicit_bzero((*self)->all[i].bytes, (*self)->all[i].size);
        free((*self)->all[i].bytes);
    }
    struct revoked *one, *next;
    HASH_ITER(hh, (*self)->revoked, one, next)
    {
        HASH_DEL((*self)->revoked, one);
        free(one);
    }
    free((*self)->all);
    free(*self);
    *self = NULL;
}

static void add(struct token_keys *self, const char *kid, bool is_secret, const void *bytes,
                size_t size)
{
    self->all = mem_grow(self->all, self->n, &self->capacity, sizeof *self->all);
    struct key *key = &self->all[self->n++];
    *key = (struct key){.is_secret = is_secret, .size = size};
    strncpy(key->kid, kid, TOKEN_KID_MAX);
    key->bytes = (unsigned char *)mem_strndup(bytes, size);
}

void token_keys_add_secret(struct token_keys *self, const char *kid, const void *secret,
                           size_t size)
{
    add(self, kid, true, secret, size);
}

void token_keys_add_public(struct token_keys *self, const char *kid, const char *pem, size_t size)
{
    add(self, kid, false, pem, size);
}

static bool is_known_curve(EVP_PKEY *key)
{
    static const char *const CURVES[] = {"prime256v1", "secp384r1", "secp521r1"};
    char name[64];
    if (!EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL))
        return false;
    for (size_t i = 0; i < sizeof CURVES / sizeof *CURVES; i++)
        if (strcmp(name, CURVES[i]) == 0)
            return true;
    return false;
}

bool token_public_key_is_sound(const char *pem, size_t size)
{
    enum { RSA_BITS_MIN = 2048 };
    BIO *text = BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *key = text ? PEM_read_bio_PUBKEY(text, NULL, NULL, NULL) : NULL;
    int type = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    bool sound = (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN) ||
                 (type == EVP_PKEY_EC && is_known_curve(key));
    EVP_PKEY_free(key);
    BIO_free(text);
    return sound;
}

void token_keys_revoke(struct token_keys *self, const char *jti)
{
    size_t size = strlen(jti);
    if (token_keys_have_revoked(self, jti))
        return;
    struct revoked *one = mem_alloc_zero(1, sizeof *one + size + 1);
    memcpy(one->jti, jti, size + 1);
    HASH_ADD_KEYPTR(hh, self->revoked, one->jti, size, one);
}

bool token_keys_have_revoked(const struct token_keys *self, const char *jti)
{
    struct revoked *one;
    HASH_FIND(hh, self->revoked, jti, strlen(jti), one);
    return one != NULL;
}

static const struct key *find_key(const struct token_keys *self, const char *kid, bool is_secret)
{
    for (size_t i = 0; i < self->n; i++)
        if (self->all[i].is_secret == is_secret && strcmp(self->all[i].kid, kid) == 0)
            return &self->all[i];
    return NULL;
}

static bool has_key(const struct token_keys *self, const struct key *wanted)
{
    for (size_t i = 0; i < self->n; i++) {
        const struct key *one = &self->all[i];
        if (one->is_secret == wanted->is_secret && strcmp(one->kid, wanted->kid) == 0 &&
            one->size == wanted->size && CRYPTO_memcmp(one->bytes, wanted->bytes, one->size) == 0)
            return true;
    }
    return false;
}

bool token_keys_keep(const struct token_keys *self, const struct token_keys *before,
                     const char *kid)
{
    for (size_t i = 0; i < before->n; i++)
        if (strcmp(before->all[i].kid, kid) == 0 && !has_key(self, &before->all[i]))
            return false;
    return true;
}

bool token_kid_is_valid(const char *kid)
{
    static const char ALLOWED[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(kid);
    return size > 0 && size <= TOKEN_KID_MAX && strspn(kid, ALLOWED) == size;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* Decodes base64url. Only the one way to write these bytes is taken: no padding, no set bit behind
 * the last byte. */
static bool decode(const char *text, size_t size, struct buf *bytes)
{
    unsigned waiting = 0, bits = 0;
    for (size_t i = 0; i < size; i++) {
        int value = sextet(text[i]);
        if (value < 0)
            return false;
        waiting = (waiting << 6 | (unsigned)value) & 0xFFFF;
        if ((bits += 6) >= 8) {
            bits -= 8;
            buf_put_char(bytes, (char)(waiting >> bits & 0xFF));
        }
    }
    return size % 4 != 1 && bytes->size > 0 && (waiting & ((1u << bits) - 1)) == 0;
}

static bool is_base64url(const char *text)
{
    struct buf bytes = {0};
    bool good = decode(text, strlen(text), &bytes);
    buf_destroy(&bytes);
    return good;
}

/* One part of a token as JSON; NULL if it is not base64url of a JSON object. */
static cJSON *decode_part(const char *text, size_t size)
{
    struct buf bytes = {0};
    cJSON *json = decode(text, size, &bytes) ? json_parse(bytes.data, bytes.size, NULL) : NULL;
    buf_destroy(&bytes);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

/* A member as text; NULL if it is not there or no string. */
static const char *member_text(const cJSON *json, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsString(member) ? member->valuestring : NULL;
}

static bool has_member(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name) != NULL;
}

static enum err_code refuse(struct err *err, const char *why)
{
    return err_set(err, ERR_UNAUTHENTICATED, "%s", why);
}

/* The key that the header asks for, of the kind that its algorithm needs. */
static enum err_code choose_key(const struct token_keys *keys, const cJSON *header,
                                const struct key **key, jwt_alg_t *alg, struct err *err)
{
    const char *name = member_text(header, "alg"), *kid = member_text(header, "kid");
    if (has_member(header, "crit"))
        return refuse(err, "the token has critical extensions");
    if (has_member(header, "kid") && (!kid || !token_kid_is_valid(kid)))
        return refuse(err, "the token's key id is not one");
    for (size_t i = 0; name && i < sizeof ALGORITHMS / sizeof *ALGORITHMS; i++) {
        if (strcmp(name, ALGORITHMS[i].name) != 0)
            continue;
        *alg = ALGORITHMS[i].alg;
        *key = find_key(keys, kid ? kid : "", ALGORITHMS[i].is_secret);
        return *key ? ERR_OK : refuse(err, "the token is not valid here");
    }
    return refuse(err, "the token's algorithm is none of HS*, RS*, ES*");
}

static enum err_code check_signature(const struct token_keys *keys, const char *token,
                                     const cJSON *header, char kid[TOKEN_KID_MAX + 1],
                                     struct err *err)
{
    const struct key *key = NULL;
    jwt_alg_t alg = JWT_ALG_NONE;
    jwt_t *jwt = NULL;
    enum err_code code = choose_key(keys, header, &key, &alg, err);
    if (code != ERR_OK)
        return code;
    bool good = jwt_decode(&jwt, token, key->bytes, (int)key->size) == 0 && jwt_get_alg(jwt) == alg;
    jwt_free(jwt);
    strcpy(kid, key->kid);
    return good ? ERR_OK : refuse(err, "the token is not valid here");
}

/* A NumericDate. */
static bool read_time(const cJSON *claims, const char *name, int64_t *seconds)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(claims, name);
    if (!cJSON_IsNumber(member) || fabs(member->valuedouble) > 2e11)
        return false;
    *seconds = (int64_t)floor(member->valuedouble);
    return true;
}

static enum err_code check_times(const cJSON *claims, int64_t now_s,
                                 const struct token_rules *rules, struct token_claims *out,
                                 struct err *err)
{
    int64_t not_before_s = INT64_MIN;
    if (!read_time(claims, "exp", &out->expires_at_s))
        return refuse(err, "the token has no expiry (exp)");
    if (has_member(claims, "nbf") && !read_time(claims, "nbf", &not_before_s))
        return refuse(err, "the token's nbf is no time");
    if (now_s - rules->skew_s >= out->expires_at_s)
        return err_set(err, ERR_TOKEN_EXPIRED, "the token has expired; get a new one");
    if (not_before_s != INT64_MIN && now_s + rules->skew_s < not_before_s)
        return refuse(err, "the token is not valid yet");
    return ERR_OK;
}

/* 1 to max bytes of UTF-8 without control characters: neither C0 nor C1 (U+0080 to U+009F), which
 * terminals obey too. */
static bool is_printable(const char *text, size_t max)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        if (c < 0x20 || c == 0x7F || (c == 0xC2 && next >= 0x80 && next < 0xA0))
            return false;
    }
    return size > 0 && size <= max;
}

static bool user_is_valid(const char *user)
{
    return is_printable(user, TOKEN_USER_MAX);
}

/* A session id has the form of a key id. */
static bool sid_is_valid(const char *sid)
{
    return token_kid_is_valid(sid);
}

static enum err_code read_names(const cJSON *claims, struct token_claims *out, struct err *err)
{
    const char *sub = member_text(claims, "sub"), *sid = member_text(claims, "sid"),
               *jti = member_text(claims, "jti");
    if (!sub || !user_is_valid(sub))
        return refuse(err, "the token names no user (sub)");
    if (has_member(claims, "sid") && (!sid || !sid_is_valid(sid)))
        return refuse(err, "the token's sid is no session id");
    if (has_member(claims, "jti") && (!jti || !is_printable(jti, TOKEN_JTI_MAX)))
        return refuse(err, "the token's jti is no id");
    strcpy(out->user, sub);
    strcpy(out->sid, sid ? sid : "");
    strcpy(out->jti, jti ? jti : "");
    return ERR_OK;
}

static bool add_symbol(struct token_claims *claims, const char *glob)
{
    size_t used = strlen(claims->symbols), size = strlen(glob);
    for (size_t i = 0; i < size; i++)
        if (glob[i] < 0x20 || glob[i] > 0x7E)
            return false;
    if (size == 0 || used + size + 1 > TOKEN_SYMBOLS_MAX)
        return false;
    memcpy(claims->symbols + used, glob, size);
    strcpy(claims->symbols + used + size, "\n");
    return true;
}

/* A list that cannot be read must not become one without limits. */
static enum err_code read_symbols(const cJSON *claims, struct token_claims *out, struct err *err)
{
    const cJSON *symbols = cJSON_GetObjectItemCaseSensitive(claims, "symbols"), *one;
    bool good = !symbols || cJSON_IsArray(symbols);
    cJSON_ArrayForEach(one, symbols)
    {
        good = good && cJSON_IsString(one) && add_symbol(out, one->valuestring);
    }
    out->has_symbols = symbols != NULL;
    return good ? ERR_OK : refuse(err, "the token's symbols are no list of names");
}

static unsigned scope_flag(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof SCOPES / sizeof *SCOPES; i++)
        if (strlen(SCOPES[i].name) == size && strncmp(SCOPES[i].name, name, size) == 0)
            return SCOPES[i].flag;
    return 0;
}

static unsigned scopes_of_text(const char *text)
{
    unsigned scopes = 0;
    while (*text) {
        size_t size = strcspn(text, " ");
        scopes |= scope_flag(text, size);
        text += size + (text[size] == ' ');
    }
    return scopes;
}

static unsigned read_scopes(const cJSON *claims)
{
    const cJSON *scope = cJSON_GetObjectItemCaseSensitive(claims, "scope"), *one;
    unsigned scopes = cJSON_IsString(scope) ? scopes_of_text(scope->valuestring) : 0;
    if (cJSON_IsArray(scope))
        cJSON_ArrayForEach(one, scope) if (cJSON_IsString(one)) scopes |=
            scope_flag(one->valuestring, strlen(one->valuestring));
    return scopes;
}

static bool is_meant_for(const cJSON *claims, const char *audience)
{
    const cJSON *aud = cJSON_GetObjectItemCaseSensitive(claims, "aud"), *one;
    if (cJSON_IsString(aud))
        return strcmp(aud->valuestring, audience) == 0;
    if (cJSON_IsArray(aud))
        cJSON_ArrayForEach(one, aud) if (cJSON_IsString(one) &&
                                         strcmp(one->valuestring, audience) == 0) return true;
    return false;
}

static enum err_code check_origin(const cJSON *claims, const struct token_rules *rules,
                                  struct err *err)
{
    const char *issuer = member_text(claims, "iss");
    if (rules->audience && rules->audience[0] && !is_meant_for(claims, rules->audience))
        return refuse(err, "the token is meant for another service (aud)");
    if (rules->issuer && rules->issuer[0] && (!issuer || strcmp(issuer, rules->issuer) != 0))
        return refuse(err, "the token comes from another issuer (iss)");
    return ERR_OK;
}

bool token_takes_long(const char *token)
{
    const char *dot = strchr(token, '.');
    cJSON *header =
        dot && dot - token <= TOKEN_SIZE_MAX ? decode_part(token, (size_t)(dot - token)) : NULL;
    const char *name = member_text(header, "alg");
    bool takes_long = false;
    for (size_t i = 0; name && i < sizeof ALGORITHMS / sizeof *ALGORITHMS; i++)
        takes_long |= !ALGORITHMS[i].is_secret && strcmp(name, ALGORITHMS[i].name) == 0;
    cJSON_Delete(header);
    return takes_long;
}

enum err_code token_verify(const struct token_keys *keys, const char *token, int64_t now_s,
                           const struct token_rules *rules, struct token_claims *claims,
                           struct err *err)
{
    const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    *claims = (struct token_claims){0};
    if (!second || strlen(token) > TOKEN_SIZE_MAX || !is_base64url(second + 1))
        return refuse(err, "that is no token: three parts joined by dots are expected");
    cJSON *header = decode_part(token, (size_t)(first - token)),
          *payload = decode_part(first + 1, (size_t)(second - first - 1));
    enum err_code code = ERR_OK;
    if (!header || !payload)
        code = refuse(err, "that is no token: its parts are not JSON");
    if (code == ERR_OK)
        code = check_signature(keys, token, header, claims->kid, err);
    if (code == ERR_OK)
        code = check_times(payload, now_s, rules, claims, err);
    if (code == ERR_OK)
        code = read_names(payload, claims, err);
    if (code == ERR_OK && claims->jti[0] && token_keys_have_revoked(keys, claims->jti))
        code = refuse(err, "the token has been revoked; get a new one");
    if (code == ERR_OK)
        code = check_origin(payload, rules, err);
    if (code == ERR_OK)
        code = read_symbols(payload, claims, err);
    if (code == ERR_OK)
        claims->scopes = read_scopes(payload);
    cJSON_Delete(header);
    cJSON_Delete(payload);
    return code;
}

/* ---- minting ----------------------------------------------------------------------------------
 */

static void put_text(struct buf *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_put_format(out, ",\"%s\":", name);
    json_put_string(out, text);
}

static void put_symbols(struct buf *out, const char *globs)
{
    buf_put_text(out, ",\"symbols\":[");
    for (const char *at = globs; *at;) {
        size_t size = strcspn(at, "\n");
        char *glob = mem_strndup(at, size);
        buf_put_text(out, at > globs ? "," : "");
        json_put_string(out, glob);
        free(glob);
        at += size + (at[size] == '\n');
    }
    buf_put_char(out, ']');
}

static void put_claims(struct buf *out, const struct token_claims *claims, int64_t now_s)
{
    struct buf scope = {0};
    buf_put_text(&scope, "");
    for (size_t i = 0; i < sizeof SCOPES / sizeof *SCOPES; i++)
        if (claims->scopes & SCOPES[i].flag)
            buf_put_format(&scope, "%s%s", scope.size > 0 ? " " : "", SCOPES[i].name);
    buf_put_text(out, "{\"iat\":");
    json_put_integer(out, now_s);
    buf_put_text(out, ",\"exp\":");
    json_put_integer(out, claims->expires_at_s);
    put_text(out, "sub", claims->user);
    put_text(out, "sid", claims->sid);
    put_text(out, "jti", claims->jti);
    put_text(out, "scope", scope.data);
    if (claims->has_symbols)
        put_symbols(out, claims->symbols);
    buf_put_char(out, '}');
    buf_destroy(&scope);
}

enum err_code token_mint(const void *secret, size_t size, const struct token_claims *claims,
                         int64_t now_s, char **token, struct err *err)
{
    struct buf json = {0};
    jwt_t *jwt = NULL;
    *token = NULL;
    if (!user_is_valid(claims->user))
        return err_set(err, ERR_BAD_PARAMETER, "a user has 1 to %d bytes of printable UTF-8",
                       TOKEN_USER_MAX);
    if (claims->sid[0] && !sid_is_valid(claims->sid))
        return err_set(err, ERR_BAD_PARAMETER, "a session id has 1 to %d of A-Z a-z 0-9 . _ -",
                       TOKEN_SID_MAX);
    if (claims->jti[0] && !is_printable(claims->jti, TOKEN_JTI_MAX))
        return err_set(err, ERR_BAD_PARAMETER, "a token's id has 1 to %d printable bytes",
                       TOKEN_JTI_MAX);
    if (claims->kid[0] && !token_kid_is_valid(claims->kid))
        return err_set(err, ERR_BAD_PARAMETER, "a key id has 1 to %d of A-Z a-z 0-9 . _ -",
                       TOKEN_KID_MAX);
    put_claims(&json, claims, now_s);
    if (jwt_new(&jwt) == 0 && (!claims->kid[0] || jwt_add_header(jwt, "kid", claims->kid) == 0) &&
        jwt_set_alg(jwt, JWT_ALG_HS256, secret, (int)size) == 0 &&
        jwt_add_grants_json(jwt, json.data) == 0)
        *token = jwt_encode_str(jwt);
    jwt_free(jwt);
    buf_destroy(&json);
    return *token ? ERR_OK : err_set(err, ERR_INTERNAL, "the token could not be made");
}

enum err_code token_parse_scopes(const char *text, unsigned *scopes, struct err *err)
{
    *scopes = 0;
    while (*text) {
        size_t size = strcspn(text, ", ");
        unsigned flag = scope_flag(text, size);
        if (size > 0 && !flag)
            return err_set(err, ERR_BAD_PARAMETER, "no scope \"%.*s\"; there are feed and admin",
                           (int)size, text);
        *scopes |= flag;
        text += size + (text[size] != '\0');
    }
    return ERR_OK;
}
