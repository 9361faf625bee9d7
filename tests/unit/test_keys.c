/* Token keys on disk: the secret that is made, what is refused, public keys by their file's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "daemon/edge/files.h"
#include "daemon/edge/keys.h"

enum { NOW_S = 1762232700 };
#define SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PUBLIC                                                           \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7q0OzMCmnQA75y9Qd0vpWKfRtGv4\n" \
    "NieHLBFWpAxeDccKdMXxq2ztIyAYHkXKvSAqdt04ffRN9k8c4H+t46pzzw==\n"     \
    "-----END PUBLIC KEY-----\n"

/* A directory that goes with its files. */
struct folder {
    char path[128], file[256];
};

static int make_folder(void **state)
{
    struct folder *self = calloc(1, sizeof *self);
    *state = self;
    snprintf(self->path, sizeof self->path, "%s/indsub-keys-XXXXXX", P_tmpdir);
    return mkdtemp(self->path) ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct folder *self = *state;
    DIR *opened = opendir(self->path);
    for (struct dirent *one; (one = readdir(opened));) {
        snprintf(self->file, sizeof self->file, "%s/%.100s", self->path, one->d_name);
        unlink(self->file);
    }
    closedir(opened);
    int status = rmdir(self->path);
    free(self);
    return status;
}

static const char *path_of(struct folder *self, const char *name)
{
    snprintf(self->file, sizeof self->file, "%s/%s", self->path, name);
    return self->file;
}

static void write_file(struct folder *self, const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(path_of(self, name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(self->file, mode), 0);
}

static enum err_code load(struct folder *self, bool make, const char *dir, struct token_keys **keys,
                          struct err *err)
{
    *err = (struct err){0};
    struct keys_files files = {path_of(self, "jwt.key"), make, dir, ""};
    return keys_load(&files, keys, err);
}

/* True if a token that is minted with this secret is one of these keys'. */
static bool knows(const struct token_keys *keys, const char *secret)
{
    const struct token_rules rules = {0};
    struct token_claims claims = {.user = "alice", .expires_at_s = NOW_S + 60};
    char *token;
    assert_int_equal(token_mint(secret, strlen(secret), &claims, NOW_S, &token, NULL), ERR_OK);
    bool known = token_verify(keys, token, NOW_S, &rules, &claims, NULL) == ERR_OK;
    free(token);
    return known;
}

static void a_missing_secret_is_made_once(void **state)
{
    struct token_keys *keys;
    struct stat status;
    struct err err;
    size_t size;
    assert_int_equal(load(*state, true, "", &keys, &err), ERR_OK);
    assert_int_equal(stat(path_of(*state, "jwt.key"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    char *text = file_read(path_of(*state, "jwt.key"), 1000, &size, &err);
    assert_int_equal(size, 65);
    assert_int_equal(strspn(text, "0123456789abcdef"), 64);
    assert_int_equal(text[64], '\n');
    text[64] = '\0';
    assert_true(knows(keys, text));
    assert_false(knows(keys, SECRET));
    token_keys_destroy(&keys);
    assert_int_equal(load(*state, true, "", &keys, &err), ERR_OK);
    assert_true(knows(keys, text)); /* not another one */
    token_keys_destroy(&keys);
    free(text);
}

static void a_start_that_was_killed_does_not_keep_the_next_one_from_it(void **state)
{
    struct token_keys *keys;
    struct stat status;
    struct err err;
    write_file(*state, "jwt.key.new", "0123", 0644); /* it had come so far */
    assert_int_equal(load(*state, true, "", &keys, &err), ERR_OK);
    token_keys_destroy(&keys);
    assert_int_equal(stat(path_of(*state, "jwt.key"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 65);
    assert_int_equal(stat(path_of(*state, "jwt.key.new"), &status), -1);
}

static void two_secrets_are_never_the_same(void **state)
{
    struct token_keys *keys;
    struct err err;
    size_t size;
    assert_int_equal(load(*state, true, "", &keys, &err), ERR_OK);
    token_keys_destroy(&keys);
    char *first = file_read(path_of(*state, "jwt.key"), 1000, &size, &err);
    assert_int_equal(unlink(path_of(*state, "jwt.key")), 0);
    assert_int_equal(load(*state, true, "", &keys, &err), ERR_OK);
    token_keys_destroy(&keys);
    char *second = file_read(path_of(*state, "jwt.key"), 1000, &size, &err);
    assert_string_not_equal(first, second);
    free(first);
    free(second);
}

static void a_secret_is_the_text_without_its_line_end(void **state)
{
    static const char *const ENDS[] = {"", "\n", "\r\n"};
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        struct token_keys *keys;
        struct err err;
        struct buf text = {0};
        buf_put_format(&text, "%s%s", SECRET, ENDS[i]);
        write_file(*state, "jwt.key", text.data, 0400);
        assert_int_equal(load(*state, false, "", &keys, &err), ERR_OK);
        assert_true(knows(keys, SECRET));
        token_keys_destroy(&keys);
        buf_destroy(&text);
        unlink(path_of(*state, "jwt.key"));
    }
}

/* Only root can give a file away. */
static void a_secret_of_somebody_else_is_refused(void **state)
{
    enum { NOBODY = 65534 };
    struct token_keys *keys;
    struct err err;
    if (geteuid() != 0)
        skip();
    write_file(*state, "jwt.key", SECRET, 0600);
    assert_int_equal(chown(path_of(*state, "jwt.key"), NOBODY, NOBODY), 0);
    assert_int_equal(load(*state, true, "", &keys, &err), ERR_INTERNAL);
    assert_null(keys);
    assert_non_null(strstr(err.message, "belongs to another user"));
}

static void a_secret_that_others_may_read_is_refused(void **state)
{
    static const mode_t MODES[] = {0640, 0604, 0620, 0644, 0666};
    struct token_keys *keys;
    struct err err;
    for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++) {
        write_file(*state, "jwt.key", SECRET "\n", MODES[i]);
        assert_int_not_equal(load(*state, true, "", &keys, &err), ERR_OK);
        assert_null(keys);
        assert_non_null(strstr(err.message, "chmod 600"));
    }
}

static void a_secret_must_be_there_and_long_enough(void **state)
{
    struct token_keys *keys;
    struct err err;
    assert_int_not_equal(load(*state, false, "", &keys, &err), ERR_OK);
    assert_non_null(strstr(err.message, "jwt.key"));
    assert_null(keys);
    write_file(*state, "jwt.key", "short\n", 0600);
    assert_int_not_equal(load(*state, true, "", &keys, &err), ERR_OK);
    assert_null(strstr(err.message, "short"));
    write_file(*state, "jwt.key", "", 0600);
    assert_int_not_equal(load(*state, true, "", &keys, &err), ERR_OK);
    assert_null(keys);
}

static void public_keys_are_known_by_their_file(void **state)
{
    struct folder *folder = *state;
    struct token_keys *keys;
    struct err err;
    write_file(folder, "partner-1.pem", PUBLIC, 0644);
    write_file(folder, "README", "not a key", 0644);
    assert_int_equal(load(folder, true, folder->path, &keys, &err), ERR_OK);
    assert_false(knows(keys, PUBLIC));
    token_keys_destroy(&keys);
}

static void what_is_no_public_key_is_refused_by_name(void **state)
{
    static const struct {
        const char *name, *text, *word;
    } BAD[] = {
        {"a b.pem", PUBLIC, "key id"},
        {"empty.pem", "", "BEGIN PUBLIC KEY"},
        {"bogus.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "RS*"},
        {"short.key", "short", "32 characters"},
        {"other.pem", "-----BEGIN CERTIFICATE-----\n", "BEGIN PUBLIC KEY"},
        {"private.pem", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n", "private key"},
    };
    struct folder *folder = *state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct token_keys *keys;
        struct err err;
        write_file(folder, BAD[i].name, BAD[i].text, 0600);
        assert_int_not_equal(load(folder, true, folder->path, &keys, &err), ERR_OK);
        assert_null(keys);
        assert_non_null(strstr(err.message, BAD[i].name));
        assert_non_null(strstr(err.message, BAD[i].word));
        assert_int_equal(unlink(path_of(folder, BAD[i].name)), 0);
    }
    struct token_keys *keys;
    struct err err;
    assert_int_not_equal(load(folder, true, "/nonexistent/keys", &keys, &err), ERR_OK);
    assert_null(keys);
}

/* True if a token of that secret which names the kid is one of these keys'. */
static bool knows_by_kid(const struct token_keys *keys, const char *kid, const char *secret)
{
    const struct token_rules rules = {0};
    struct token_claims claims = {.user = "alice", .expires_at_s = NOW_S + 60};
    char *token;
    snprintf(claims.kid, sizeof claims.kid, "%s", kid);
    assert_int_equal(token_mint(secret, strlen(secret), &claims, NOW_S, &token, NULL), ERR_OK);
    bool known = token_verify(keys, token, NOW_S, &rules, &claims, NULL) == ERR_OK;
    free(token);
    return known;
}

static void secrets_are_known_by_their_file_too(void **state)
{
    struct folder *folder = *state;
    struct token_keys *keys;
    struct err err;
    write_file(folder, "desk.2.key", SECRET "\n", 0600);
    assert_int_equal(load(folder, true, folder->path, &keys, &err), ERR_OK);
    assert_true(knows_by_kid(keys, "desk.2", SECRET));
    assert_false(knows_by_kid(keys, "desk", SECRET));
    assert_false(knows(keys, SECRET));
    token_keys_destroy(&keys);
    write_file(folder, "desk.2.key", SECRET "\n", 0640);
    assert_int_equal(load(folder, true, folder->path, &keys, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.message, "can be read by others"));
}

static void what_is_revoked_stands_a_line_each(void **state)
{
    struct folder *folder = *state;
    char secret[256];
    struct token_keys *keys;
    struct err err;
    write_file(folder, "jwt.key", SECRET "\n", 0600);
    strcpy(secret, path_of(folder, "jwt.key"));
    write_file(folder, "revoked", "# gone\n\n a-1 \r\nb 2\nc", 0644);
    struct keys_files files = {secret, false, "", path_of(folder, "revoked")};
    assert_int_equal(keys_load(&files, &keys, &err), ERR_OK);
    assert_true(token_keys_have_revoked(keys, "a-1"));
    assert_true(token_keys_have_revoked(keys, "b 2"));
    assert_true(token_keys_have_revoked(keys, "c"));
    assert_false(token_keys_have_revoked(keys, "# gone"));
    assert_false(token_keys_have_revoked(keys, ""));
    token_keys_destroy(&keys);
    files.revoked = "/nonexistent/revoked"; /* not: nothing is revoked */
    assert_int_equal(keys_load(&files, &keys, &err), ERR_INTERNAL);
    assert_null(keys);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_secret_is_made_once),
        TEST(a_start_that_was_killed_does_not_keep_the_next_one_from_it),
        TEST(two_secrets_are_never_the_same),
        TEST(a_secret_is_the_text_without_its_line_end),
        TEST(a_secret_of_somebody_else_is_refused),
        TEST(a_secret_that_others_may_read_is_refused),
        TEST(a_secret_must_be_there_and_long_enough),
        TEST(public_keys_are_known_by_their_file),
        TEST(what_is_no_public_key_is_refused_by_name),
        TEST(secrets_are_known_by_their_file_too),
        TEST(what_is_revoked_stands_a_line_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
