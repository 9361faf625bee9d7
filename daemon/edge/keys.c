#include "daemon/edge/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/edge/files.h"
#include "daemon/edge/random.h"

enum { SECRET_BYTES = 32, SECRET_MIN = 32, KEY_FILE_MAX = 16384 };

static enum err_code make_secret(const char *path, struct err *err)
{
    unsigned char raw[SECRET_BYTES];
    char text[2 * SECRET_BYTES + 2];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST
                   ? ERR_OK
                   : err_set(err, ERR_INTERNAL, "cannot make %s: %s", path, strerror(errno));
    random_fill(raw, sizeof raw);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(text + 2 * i, 3, "%02x", raw[i]);
    text[2 * SECRET_BYTES] = '\n';
    bool written = write(fd, text, 2 * SECRET_BYTES + 1) == 2 * SECRET_BYTES + 1 && fsync(fd) == 0;
    close(fd);
    explicit_bzero(raw, sizeof raw);
    explicit_bzero(text, sizeof text);
    if (written)
        return ERR_OK;
    unlink(path);
    return err_set(err, ERR_INTERNAL, "cannot write %s: %s", path, strerror(errno));
}

static enum err_code add_secret(const char *path, struct token_keys *keys, struct err *err)
{
    size_t size;
    char *text = file_read_secret(path, KEY_FILE_MAX, &size, err);
    if (!text)
        return err->code;
    while (size > 0 && strchr("\r\n", text[size - 1]))
        size--;
    enum err_code code = ERR_OK;
    if (size < SECRET_MIN)
        code = err_set(err, ERR_INTERNAL, "%s has fewer than %d characters", path, SECRET_MIN);
    else
        token_keys_add_secret(keys, "", text, size);
    explicit_bzero(text, size);
    free(text);
    return code;
}

static enum err_code add_public(const char *dir, const char *name, struct token_keys *keys,
                                struct err *err)
{
    char kid[TOKEN_KID_MAX + 8], path[4096];
    size_t size, length = strlen(name) - strlen(".pem");
    snprintf(kid, sizeof kid, "%.*s", (int)length, name);
    if (length > TOKEN_KID_MAX || !token_kid_is_valid(kid))
        return err_set(err, ERR_INTERNAL, "%s/%s: a key id has 1 to 64 of A-Z a-z 0-9 . _ -", dir,
                       name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    char *text = file_read(path, KEY_FILE_MAX, &size, err);
    if (!text)
        return err->code;
    enum err_code code = ERR_OK;
    if (strstr(text, "PRIVATE KEY-----"))
        code = err_set(err, ERR_INTERNAL,
                       "%s holds a private key, which belongs to its owner alone", path);
    else if (!strstr(text, "-----BEGIN PUBLIC KEY-----"))
        code = err_set(err, ERR_INTERNAL, "%s is no public key in PEM (BEGIN PUBLIC KEY)", path);
    else
        token_keys_add_public(keys, kid, text, size);
    explicit_bzero(text, size);
    free(text);
    return code;
}

static enum err_code add_public_keys(const char *dir, struct token_keys *keys, struct err *err)
{
    enum err_code code = ERR_OK;
    DIR *opened = opendir(dir);
    if (!opened)
        return err_set(err, ERR_INTERNAL, "cannot read %s: %s", dir, strerror(errno));
    for (struct dirent *one; code == ERR_OK && (one = readdir(opened));) {
        size_t size = strlen(one->d_name);
        if (size > 4 && strcmp(one->d_name + size - 4, ".pem") == 0)
            code = add_public(dir, one->d_name, keys, err);
    }
    closedir(opened);
    return code;
}

enum err_code keys_load(const char *path, bool make, const char *keys_dir, struct token_keys **keys,
                        struct err *err)
{
    enum err_code code = make ? make_secret(path, err) : ERR_OK;
    *keys = token_keys_new();
    if (code == ERR_OK)
        code = add_secret(path, *keys, err);
    if (code == ERR_OK && keys_dir[0])
        code = add_public_keys(keys_dir, *keys, err);
    if (code != ERR_OK)
        token_keys_destroy(keys);
    return code;
}
