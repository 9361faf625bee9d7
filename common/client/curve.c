#include "common/client/curve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

/* The whole of a small file, as text. Read without a buffer of the C library's, in which a secret
 * would stay behind. */
static enum err_code read_file(const char *path, bool is_secret, char *text, size_t size,
                               struct err *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    size_t end = 0;
    if (fd < 0 || fstat(fd, &status) != 0) {
        err_set(err, ERR_BAD_REQUEST, "cannot read %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return ERR_BAD_REQUEST;
    }
    bool is_private = (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    while (end < size - 1 && (n = read(fd, text + end, size - 1 - end)) > 0)
        end += (size_t)n;
    close(fd);
    text[end] = '\0';
    if (n < 0)
        return err_set(err, ERR_BAD_REQUEST, "cannot read %s", path);
    if (is_secret && !is_private)
        return err_set(err, ERR_BAD_REQUEST, "%s can be read by others; chmod 600 it", path);
    return ERR_OK;
}

static enum err_code read_certificate(const char *path, bool is_secret, struct certificate *out,
                                      struct err *err)
{
    char text[8192];
    struct err why;
    enum err_code code = read_file(path, is_secret, text, sizeof text, err);
    if (code == ERR_OK && certificate_parse(text, out, &why) != ERR_OK)
        code = err_set(err, ERR_BAD_REQUEST, "%s is no certificate: %s", path, why.message);
    explicit_bzero(text, sizeof text);
    if (code == ERR_OK && is_secret && !out->secret_key[0])
        code =
            err_set(err, ERR_BAD_REQUEST, "%s holds no secret key; is it the public part?", path);
    return code;
}

static enum err_code load_server(struct curve_keys *self, const char *server, struct err *err)
{
    struct certificate theirs = {0};
    enum err_code code = ERR_OK;
    if (curve_key_is_valid(server))
        memcpy(theirs.public_key, server, CURVE_KEY_SIZE + 1);
    else
        code = read_certificate(server, false, &theirs, err);
    memcpy(self->server, theirs.public_key, sizeof self->server);
    certificate_wipe(&theirs);
    return code;
}

static enum err_code load_own(struct curve_keys *self, const char *certificate, struct err *err)
{
    if (certificate)
        return read_certificate(certificate, true, &self->own, err);
    if (zmq_curve_keypair(self->own.public_key, self->own.secret_key) == 0)
        return ERR_OK;
    return err_set(err, ERR_BAD_REQUEST, "libzmq has no CURVE: %s", zmq_strerror(errno));
}

enum err_code curve_keys_load(struct curve_keys *self, const char *server, const char *certificate,
                              struct err *err)
{
    *self = (struct curve_keys){0};
    enum err_code code = load_server(self, server, err);
    if (code == ERR_OK)
        code = load_own(self, certificate, err);
    if (code != ERR_OK)
        curve_keys_wipe(self);
    return code;
}

void curve_keys_wipe(struct curve_keys *self)
{
    explicit_bzero(self, sizeof *self);
}

bool curve_keys_apply(const struct curve_keys *self, void *socket)
{
    enum { SIZE = CURVE_KEY_SIZE + 1 };
    return !self->server[0] ||
           (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, self->server, SIZE) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, self->own.public_key, SIZE) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, self->own.secret_key, SIZE) == 0);
}
