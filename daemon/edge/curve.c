#include "daemon/edge/curve.h"

#include <czmq.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "daemon/edge/files.h"

enum { CLIENTS_MAX = 100000 };

struct curve {
    char *clients;  /* "" for any */
    char *scratch;  /* holds one list, or two while it is replaced */
    bool is_second; /* which of the two names the list has */
    struct certificate server;
    zactor_t *auth;
};

/* ---- the list ---------------------------------------------------------------------------------
 */

static enum err_code read_client(const char *path, struct certificate *client, struct err *err)
{
    struct err why;
    char *text = file_read(path, CERTIFICATE_SIZE_MAX, NULL, err);
    if (!text)
        return err->code;
    enum err_code code = certificate_parse(text, client, &why);
    explicit_bzero(text, strlen(text));
    free(text);
    if (code != ERR_OK)
        return err_set(err, code, "%s is no certificate: %s", path, why.message);
    if (client->secret_key[0]) {
        certificate_wipe(client);
        return err_set(err, ERR_BAD_REQUEST,
                       "%s holds a secret key, which belongs to its owner alone", path);
    }
    return ERR_OK;
}

/* Writes it under the name of its key, so that a key is there once. */
static enum err_code copy_client(const char *list, const struct certificate *client,
                                 struct err *err)
{
    struct buf path = {0}, text = {0};
    buf_put_format(&path, "%s/", list);
    for (const char *at = client->public_key; *at; at++)
        buf_put_format(&path, "%02x", (unsigned)(unsigned char)*at);
    certificate_put(&text, client, false);
    int fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, text.data, text.size) == (ssize_t)text.size;
    enum err_code code =
        written ? ERR_OK
                : err_set(err, ERR_INTERNAL, "cannot write in %s: %s", list, strerror(errno));
    if (fd >= 0)
        close(fd);
    buf_destroy(&path);
    buf_destroy(&text);
    return code;
}

static void remove_list(const char *list)
{
    DIR *opened = opendir(list);
    for (struct dirent *one; opened && (one = readdir(opened));)
        if (one->d_name[0] != '.')
            unlinkat(dirfd(opened), one->d_name, 0);
    if (opened)
        closedir(opened);
    rmdir(list);
}

/* Reads what the operator's directory has, and copies it; list NULL: reads it only. */
static enum err_code fill_list(const char *clients, const char *list, struct err *err)
{
    DIR *opened = opendir(clients);
    enum err_code code = ERR_OK;
    size_t n = 0;
    if (!opened)
        return err_set(err, ERR_INTERNAL, "cannot read %s: %s", clients, strerror(errno));
    for (struct dirent *one; code == ERR_OK && (one = readdir(opened));) {
        struct certificate client;
        struct buf path = {0};
        if (one->d_name[0] == '.')
            continue;
        buf_put_format(&path, "%s/%s", clients, one->d_name);
        if (++n > CLIENTS_MAX)
            code = err_set(err, ERR_TOO_LARGE, "%s has more than %d files", clients, CLIENTS_MAX);
        else if ((code = read_client(path.data, &client, err)) == ERR_OK && list)
            code = copy_client(list, &client, err);
        buf_destroy(&path);
    }
    closedir(opened);
    return code;
}

static char *list_path(const struct curve *self, bool is_second)
{
    struct buf path = {0};
    buf_put_format(&path, "%s/%s", self->scratch, is_second ? "clients-b" : "clients-a");
    return path.data;
}

static void allow(const struct curve *self, const char *list)
{
    zstr_sendx(self->auth, "CURVE", list, NULL);
    zsock_wait(self->auth);
}

enum err_code curve_reload(struct curve *self, struct err *err)
{
    if (!self->clients[0]) {
        allow(self, CURVE_ALLOW_ANY);
        return ERR_OK;
    }
    char *fresh = list_path(self, !self->is_second), *old = list_path(self, self->is_second);
    remove_list(fresh);
    enum err_code code = file_make_dirs(fresh, err);
    if (code == ERR_OK)
        code = fill_list(self->clients, fresh, err);
    if (code == ERR_OK) {
        allow(self, fresh);
        self->is_second = !self->is_second;
        remove_list(old);
    } else {
        remove_list(fresh);
    }
    free(fresh);
    free(old);
    return code;
}

/* ---- life -------------------------------------------------------------------------------------
 */

static enum err_code read_own(const char *file, struct certificate *own, struct err *err)
{
    struct err why;
    size_t size;
    char *text = file_read_secret(file, CERTIFICATE_SIZE_MAX, &size, err);
    if (!text)
        return err->code;
    enum err_code code = certificate_parse(text, own, &why);
    explicit_bzero(text, size);
    free(text);
    if (code != ERR_OK)
        return err_set(err, code, "%s is no certificate: %s", file, why.message);
    if (!own->secret_key[0])
        return err_set(err, ERR_BAD_REQUEST, "%s holds no secret key; is it the public part?",
                       file);
    if (zmq_curve_public(own->public_key, own->secret_key) != 0)
        return err_set(err, ERR_INTERNAL, "libzmq has no CURVE: %s", zmq_strerror(errno));
    return ERR_OK;
}

enum err_code curve_check_own(const char *file, struct err *err)
{
    struct certificate own = {0};
    enum err_code code = read_own(file, &own, err);
    certificate_wipe(&own);
    return code;
}

enum err_code curve_check_clients(const char *clients, struct err *err)
{
    return fill_list(clients, NULL, err);
}

struct curve *curve_new(const char *file, const char *clients, const char *scratch, struct err *err)
{
    struct curve *self = mem_alloc_zero(1, sizeof *self);
    self->clients = mem_strdup(clients);
    self->scratch = mem_strdup(scratch);
    if (read_own(file, &self->server, err) != ERR_OK) {
        curve_destroy(&self);
        return NULL;
    }
    self->auth = zactor_new(zauth, NULL);
    if (!self->auth || curve_reload(self, err) != ERR_OK) {
        if (!self->auth)
            err_set(err, ERR_INTERNAL, "zauth does not start: %s", zmq_strerror(errno));
        curve_destroy(&self);
    }
    return self;
}

void curve_destroy(struct curve **self)
{
    if (!*self)
        return;
    zactor_destroy(&(*self)->auth);
    for (int i = 0; i < 2; i++) {
        char *list = list_path(*self, i == 1);
        remove_list(list);
        free(list);
    }
    rmdir((*self)->scratch);
    certificate_wipe(&(*self)->server);
    free((*self)->clients);
    free((*self)->scratch);
    free(*self);
    *self = NULL;
}

bool curve_secure(const struct curve *self, void *socket)
{
    int on = 1;
    return zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, self->server.secret_key,
                          CURVE_KEY_SIZE + 1) == 0 &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, "indsub", 6) == 0;
}

const char *curve_public_key(const struct curve *self)
{
    return self->server.public_key;
}
