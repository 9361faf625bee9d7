#include "daemon/edge/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "daemon/edge/files.h"
#include "daemon/edge/random.h"

enum { SECRET_BYTES = 32, SECRET_MIN = 32, KEY_FILE_MAX = 16384, REVOKED_FILE_MAX = 16 << 20 };

static bool write_secret(const char *path)
{
    unsigned char raw[SECRET_BYTES];
    char text[2 * SECRET_BYTES + 2];
    unlink(path); /* of a start that was killed */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    random_fill(raw, sizeof raw);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(text + 2 * i, 3, "%02x", raw[i]);
    text[2 * SECRET_BYTES] = '\n';
    bool written = write(fd, text, 2 * SECRET_BYTES + 1) == 2 * SECRET_BYTES + 1 && fsync(fd) == 0;
    close(fd);
    explicit_bzero(raw, sizeof raw);
    explicit_bzero(text, sizeof text);
    return written;
}

/* Under another name until it is whole: whoever is killed meanwhile leaves no half of a secret. */
static enum err_code make_secret(const char *path, struct err *err)
{
    enum err_code code = ERR_OK;
    struct buf fresh = {0};
    struct stat status;
    if (lstat(path, &status) == 0)
        return ERR_OK;
    buf_put_format(&fresh, "%s.new", path);
    if (!write_secret(fresh.data) || rename(fresh.data, path) != 0) {
        code = err_set(err, ERR_INTERNAL, "cannot make %s: %s", path, strerror(errno));
        unlink(fresh.data);
    }
    buf_destroy(&fresh);
    return code;
}

static enum err_code add_secret(const char *path, const char *kid, struct token_keys *keys,
                                struct err *err)
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
        token_keys_add_secret(keys, kid, text, size);
    explicit_bzero(text, size);
    free(text);
    return code;
}

static enum err_code add_public(const char *path, const char *kid, struct token_keys *keys,
                                struct err *err)
{
    size_t size;
    char *text = file_read(path, KEY_FILE_MAX, &size, err);
    if (!text)
        return err->code;
    enum err_code code = ERR_OK;
    if (strstr(text, "PRIVATE KEY-----"))
        code = err_set(err, ERR_INTERNAL,
                       "%s holds a private key, which belongs to its owner alone", path);
    else if (!strstr(text, "-----BEGIN PUBLIC KEY-----"))
        code = err_set(err, ERR_INTERNAL, "%s is no public key in PEM (BEGIN PUBLIC KEY)", path);
    else if (!token_public_key_is_sound(text, size))
        code = err_set(err, ERR_INTERNAL,
                       "%s is no public key for RS* (2048 bits at least) or ES* (P-256, P-384, "
                       "P-521)",
                       path);
    else
        token_keys_add_public(keys, kid, text, size);
    explicit_bzero(text, size);
    free(text);
    return code;
}

typedef enum err_code add_fn(const char *path, const char *kid, struct token_keys *keys,
                             struct err *err);

/* By what the name ends in; other files are passed over. */
static enum err_code add_file(const char *dir, const char *name, struct token_keys *keys,
                              struct err *err)
{
    const char *dot = strrchr(name, '.');
    add_fn *add = !dot                       ? NULL
                  : strcmp(dot, ".pem") == 0 ? add_public
                  : strcmp(dot, ".key") == 0 ? add_secret
                                             : NULL;
    char kid[TOKEN_KID_MAX + 2], path[4096];
    if (!add)
        return ERR_OK;
    snprintf(kid, sizeof kid, "%.*s", (int)(dot - name), name);
    if (!token_kid_is_valid(kid))
        return err_set(err, ERR_INTERNAL, "%s/%s: a key id has 1 to 64 of A-Z a-z 0-9 . _ -", dir,
                       name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return add(path, kid, keys, err);
}

static enum err_code add_dir(const char *dir, struct token_keys *keys, struct err *err)
{
    enum err_code code = ERR_OK;
    DIR *opened = opendir(dir);
    if (!opened)
        return err_set(err, ERR_INTERNAL, "cannot read %s: %s", dir, strerror(errno));
    for (struct dirent *one; code == ERR_OK && (one = readdir(opened));)
        code = add_file(dir, one->d_name, keys, err);
    closedir(opened);
    return code;
}

/* A line is a jti; blanks around it, empty lines and lines with # in front are passed over. */
static enum err_code add_revoked(const char *path, struct token_keys *keys, struct err *err)
{
    char *text = file_read(path, REVOKED_FILE_MAX, NULL, err);
    if (!text)
        return err->code;
    size_t number = 0;
    enum err_code code = ERR_OK;
    for (char *line = text, *next; code == ERR_OK && line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        line += strspn(line, " \t\r");
        size_t size = strlen(line);
        while (size > 0 && strchr(" \t\r", line[size - 1]))
            line[--size] = '\0';
        if (size > TOKEN_JTI_MAX)
            code = err_set(err, ERR_INTERNAL, "%s:%zu: a token's id (jti) has at most %d bytes",
                           path, number, TOKEN_JTI_MAX);
        else if (size > 0 && line[0] != '#')
            token_keys_revoke(keys, line);
    }
    free(text);
    return code;
}

enum err_code keys_load(const struct keys_files *files, struct token_keys **keys, struct err *err)
{
    enum err_code code = files->makes_secret ? make_secret(files->secret, err) : ERR_OK;
    *keys = token_keys_new();
    if (code == ERR_OK && files->secret)
        code = add_secret(files->secret, "", *keys, err);
    if (code == ERR_OK && files->dir[0])
        code = add_dir(files->dir, *keys, err);
    if (code == ERR_OK && files->revoked[0])
        code = add_revoked(files->revoked, *keys, err);
    if (code != ERR_OK)
        token_keys_destroy(keys);
    return code;
}
