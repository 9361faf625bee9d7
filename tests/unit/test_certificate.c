/* Certificates: what is read, what is refused, and that czmq and we read each other's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <czmq.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/certificate.h"
#include "daemon/edge/files.h"

/* Of the specification of Z85 and of its limits: 32 bytes each. */
#define SOME_KEY "HelloWorldHelloWorldHelloWorldHelloWorld"
#define LAST_KEY "%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0"

static void a_key_is_forty_characters_for_thirty_two_bytes(void **state)
{
    static const char *const BAD[] = {
        "",
        "HelloWorldHelloWorldHelloWorldHelloWorl",
        "HelloWorldHelloWorldHelloWorldHelloWorldH",
        "HelloWorldHelloWorldHelloWorldHelloWor d",
        "HelloWorldHelloWorldHelloWorldHelloWor\"d",
        "HelloWorldHelloWorldHelloWorldHelloWor\\d",
        "%nSc1%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0", /* one more than 32 bits */
        "########################################",
    };
    (void)state;
    assert_true(curve_key_is_valid(SOME_KEY));
    assert_true(curve_key_is_valid(LAST_KEY));
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (curve_key_is_valid(BAD[i]))
            fail_msg("taken: %s", BAD[i]);
}

/* Every key that libzmq makes is one, and what it does not decode is none. */
static void libzmq_agrees(void **state)
{
    char public_key[41], secret_key[41];
    uint8_t bytes[32];
    (void)state;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(zmq_curve_keypair(public_key, secret_key), 0);
        assert_true(curve_key_is_valid(public_key));
        assert_true(curve_key_is_valid(secret_key));
        for (size_t k = 0; k < 40; k++) {
            char kept = public_key[k];
            public_key[k] = '#'; /* 84, the highest digit: most of the time too much in front */
            assert_int_equal(curve_key_is_valid(public_key),
                             zmq_z85_decode(bytes, public_key) != NULL);
            public_key[k] = kept;
        }
    }
}

static void what_is_written_is_read(void **state)
{
    const struct certificate whole = {SOME_KEY, LAST_KEY};
    struct certificate read;
    struct buf text = {0};
    (void)state;
    certificate_put(&text, &whole, true);
    assert_int_equal(certificate_parse(text.data, &read, NULL), ERR_OK);
    assert_string_equal(read.public_key, SOME_KEY);
    assert_string_equal(read.secret_key, LAST_KEY);
    buf_reset(&text);
    certificate_put(&text, &whole, false);
    assert_null(strstr(text.data, LAST_KEY));
    assert_int_equal(certificate_parse(text.data, &read, NULL), ERR_OK);
    assert_string_equal(read.public_key, SOME_KEY);
    assert_string_equal(read.secret_key, "");
    buf_destroy(&text);
}

static void people_write_it_in_their_own_way(void **state)
{
    static const char *const GOOD[] = {
        "curve\n    public-key = \"" SOME_KEY "\"",
        "# remark\r\ncurve\r\n  public-key='" SOME_KEY "'\r\n",
        "metadata\n    name = \"curve\"\n    public-key = \"" LAST_KEY
        "\"\ncurve\n\tpublic-key = " SOME_KEY "\n    other = 1\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        struct certificate read;
        if (certificate_parse(GOOD[i], &read, NULL) != ERR_OK)
            fail_msg("refused: %s", GOOD[i]);
        assert_string_equal(read.public_key, SOME_KEY);
    }
}

static void what_is_no_certificate_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "curve",
        "curve\n    public-key",
        "curve\n    public-key =",
        "curve\n    public-key = \"",
        "curve\n    public-key = \"short\"",
        "curve\n    public-key = \"" SOME_KEY "x\"",
        "curve\n    public-key = " SOME_KEY SOME_KEY,
        "curves\n    public-key = \"" SOME_KEY "\"",
        "    public-key = \"" SOME_KEY "\"",
        "curve\nmetadata\n    public-key = \"" SOME_KEY "\"",
        "curve\n    secret-key = \"" SOME_KEY "\"",
        "curve\n    public-key = \"" SOME_KEY "\"\n    secret-key = \"none\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct certificate read = {SOME_KEY, SOME_KEY};
        struct err err = {0};
        if (certificate_parse(BAD[i], &read, &err) != ERR_BAD_REQUEST)
            fail_msg("taken: %s", BAD[i]);
        assert_string_equal(read.public_key, "");
        assert_string_equal(read.secret_key, "");
        assert_null(strstr(err.message, SOME_KEY)); /* it could be the secret one */
    }
}

static void czmq_and_we_read_each_other(void **state)
{
    char folder[] = P_tmpdir "/indsub-cert-XXXXXX", path[64], secret[80];
    struct certificate read;
    struct buf text = {0};
    size_t size;
    (void)state;
    zsys_handler_set(NULL);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/theirs", folder);
    snprintf(secret, sizeof secret, "%s_secret", path);
    zcert_t *theirs = zcert_new();
    assert_int_equal(zcert_save(theirs, path), 0);
    char *written = file_read(secret, CERTIFICATE_SIZE_MAX, &size, NULL);
    assert_int_equal(certificate_parse(written, &read, NULL), ERR_OK);
    assert_string_equal(read.public_key, zcert_public_txt(theirs));
    assert_string_equal(read.secret_key, zcert_secret_txt(theirs));
    unlink(secret);

    certificate_put(&text, &read, true);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text.data, file);
    fclose(file);
    zcert_t *ours = zcert_load(path);
    assert_non_null(ours);
    assert_true(zcert_eq(theirs, ours));
    zcert_destroy(&theirs);
    zcert_destroy(&ours);
    buf_destroy(&text);
    free(written);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_forty_characters_for_thirty_two_bytes),
        cmocka_unit_test(libzmq_agrees),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(people_write_it_in_their_own_way),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(czmq_and_we_read_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
