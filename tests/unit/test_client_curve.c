/* A client's keys: where they come from, what is refused, and that a client speaks in no other way
 * than it was told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/client/curve.h"
#include "common/client/indsub.h"

enum { PATIENCE_MS = 30000 };

struct files {
    char folder[64], secret[96], public[96];
    struct certificate server;
};

static void write_certificate(const char *path, const struct certificate *certificate, bool whole)
{
    struct buf text = {0};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    certificate_put(&text, certificate, whole);
    fputs(text.data, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    buf_destroy(&text);
}

static int make_files(void **state)
{
    struct files *self = calloc(1, sizeof *self);
    *state = self;
    snprintf(self->folder, sizeof self->folder, "%s/indsub-curve-XXXXXX", P_tmpdir);
    if (!mkdtemp(self->folder) ||
        zmq_curve_keypair(self->server.public_key, self->server.secret_key) != 0)
        return -1;
    snprintf(self->secret, sizeof self->secret, "%s/own", self->folder);
    snprintf(self->public, sizeof self->public, "%s/own.pub", self->folder);
    write_certificate(self->secret, &self->server, true);
    write_certificate(self->public, &self->server, false);
    return 0;
}

static int remove_files(void **state)
{
    struct files *self = *state;
    unlink(self->secret);
    unlink(self->public);
    int status = rmdir(self->folder);
    free(self);
    return status;
}

static void keys_come_from_text_and_files(void **state)
{
    const struct files *files = *state;
    struct curve_keys keys, other;
    assert_int_equal(curve_keys_load(&keys, files->server.public_key, NULL, NULL), ERR_OK);
    assert_string_equal(keys.server, files->server.public_key);
    assert_true(curve_key_is_valid(keys.own.secret_key));
    assert_int_equal(curve_keys_load(&other, files->public, files->secret, NULL), ERR_OK);
    assert_string_equal(other.server, files->server.public_key);
    assert_string_equal(other.own.secret_key, files->server.secret_key);
    assert_string_not_equal(keys.own.secret_key, other.own.secret_key);
    assert_int_equal(curve_keys_load(&other, files->public, NULL, NULL), ERR_OK);
    assert_string_not_equal(keys.own.secret_key, other.own.secret_key);
}

static void assert_refused(const char *server, const char *certificate, const char *sentence)
{
    struct curve_keys keys;
    struct err err = {0};
    assert_int_equal(curve_keys_load(&keys, server, certificate, &err), ERR_BAD_REQUEST);
    if (!strstr(err.message, sentence))
        fail_msg("not \"%s\" but: %s", sentence, err.message);
    for (size_t i = 0; i < sizeof keys; i++)
        assert_int_equal(((const char *)&keys)[i], 0);
}

static void what_is_no_key_is_refused_and_nothing_is_left(void **state)
{
    const struct files *files = *state;
    assert_refused("", NULL, "cannot read");
    assert_refused("no such file", NULL, "cannot read");
    assert_refused(files->folder, NULL, "cannot read");
    assert_refused(files->public, files->public, "no secret key");
    assert_refused(files->public, "no such file", "cannot read");
    for (mode_t other = 1; other <= 040; other <<= 1) {
        assert_int_equal(chmod(files->secret, 0600 | other), 0);
        assert_refused(files->public, files->secret, "can be read by others");
    }
    assert_int_equal(truncate(files->public, 20), 0);
    assert_refused(files->public, NULL, "is no certificate");
}

/* A ROUTER on that endpoint ("": any port), which it fills in; encrypted if there is a key. */
static void *bind_router(void *zmq, char endpoint[64], const char *secret_key)
{
    void *router = zmq_socket(zmq, ZMQ_ROUTER);
    int on = 1, patience = PATIENCE_MS, linger = 0;
    size_t size = 64;
    zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(router, ZMQ_RCVTIMEO, &patience, sizeof patience);
    if (secret_key) {
        assert_int_equal(zmq_setsockopt(router, ZMQ_CURVE_SERVER, &on, sizeof on), 0);
        assert_int_equal(zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_key, 41), 0);
    }
    while (zmq_bind(router, endpoint[0] ? endpoint : "tcp://127.0.0.1:*") != 0)
        assert_int_equal(zmq_errno(), EADDRINUSE); /* the one before is still closing */
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
    return router;
}

static void on_reply(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    (void)client;
    *(indsub_err_t *)context = indsub_reply_error(reply);
}

/* A daemon that is not encrypted gets no word of a client that is; when it has become so, the same
 * client comes again. */
static void nothing_is_said_in_the_clear(void **state)
{
    const struct files *files = *state;
    char endpoint[64] = "";
    zmq_pollitem_t item = {.events = ZMQ_POLLIN};
    void *zmq = zmq_ctx_new(), *router = bind_router(zmq, endpoint, NULL);
    indsub_t *client = indsub_new(endpoint);
    indsub_err_t err = INDSUB_OK;
    assert_int_equal(indsub_set_curve(client, files->public, NULL), INDSUB_OK);
    assert_int_equal(indsub_open(client, "token", NULL, NULL, NULL), INDSUB_ERR_UNAUTHENTICATED);
    assert_non_null(strstr(indsub_last_error(client), "is not encrypted"));
    item.socket = router;
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
    zmq_close(router);

    item.socket = router = bind_router(zmq, endpoint, files->server.secret_key);
    indsub_set_timeout(client, PATIENCE_MS);
    assert_int_equal(indsub_open(client, "token", NULL, on_reply, &err), INDSUB_OK);
    for (int i = 0; i < PATIENCE_MS / 10 && zmq_poll(&item, 1, 0) == 0; i++)
        assert_int_equal(indsub_poll(client, 10), INDSUB_OK);
    assert_int_equal(err, INDSUB_OK);
    assert_int_equal(zmq_poll(&item, 1, 0), 1);
    indsub_destroy(&client);
    zmq_close(router);
    zmq_ctx_term(zmq);
}

static void keys_are_set_before_the_first_connection(void **state)
{
    const struct files *files = *state;
    indsub_t *client = indsub_new("tcp://127.0.0.1:1");
    indsub_err_t err;
    assert_int_equal(indsub_set_curve(client, "nonsense", NULL), INDSUB_ERR_MISUSE);
    assert_int_equal(indsub_set_curve(client, files->public, files->secret), INDSUB_OK);
    assert_int_equal(indsub_set_curve(client, NULL, NULL), INDSUB_OK);
    assert_int_equal(indsub_open(client, "token", NULL, on_reply, &err), INDSUB_OK);
    assert_int_equal(indsub_set_curve(client, files->public, NULL), INDSUB_ERR_MISUSE);
    indsub_destroy(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_come_from_text_and_files, make_files, remove_files),
        cmocka_unit_test_setup_teardown(what_is_no_key_is_refused_and_nothing_is_left, make_files,
                                        remove_files),
        cmocka_unit_test_setup_teardown(nothing_is_said_in_the_clear, make_files, remove_files),
        cmocka_unit_test_setup_teardown(keys_are_set_before_the_first_connection, make_files,
                                        remove_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
