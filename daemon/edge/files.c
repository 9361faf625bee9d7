#include "daemon/edge/files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

enum { OTHERS = S_IRWXG | S_IRWXO };

/* Whoever owns a file knows what is in it, whatever its mode. */
static bool belongs_to_us(const struct stat *stat)
{
    return stat->st_uid == geteuid() || stat->st_uid == 0;
}

/* Of a secret nobody but us may know. */
static char *read_file(const char *path, size_t max, bool is_secret, size_t *size, struct err *err)
{
    struct stat stat;
    FILE *file = fopen(path, "rbe");
    if (!file || fstat(fileno(file), &stat) != 0 || !S_ISREG(stat.st_mode)) {
        err_set(err, ERR_INTERNAL, "cannot read %s: %s", path,
                file ? "not a file" : strerror(errno));
        if (file)
            fclose(file);
        return NULL;
    }
    char *text = NULL;
    if (is_secret && !belongs_to_us(&stat)) {
        err_set(err, ERR_INTERNAL, "%s belongs to another user; chown it", path);
    } else if (is_secret && (stat.st_mode & OTHERS)) {
        err_set(err, ERR_INTERNAL, "%s can be read by others; chmod 600 it", path);
    } else if ((size_t)stat.st_size > max) {
        err_set(err, ERR_TOO_LARGE, "%s has more than %zu bytes", path, max);
    } else {
        text = mem_alloc((size_t)stat.st_size + 1);
        size_t n = fread(text, 1, (size_t)stat.st_size, file);
        text[n] = '\0';
        if (size)
            *size = n;
    }
    fclose(file);
    return text;
}

char *file_read(const char *path, size_t max, size_t *size, struct err *err)
{
    return read_file(path, max, false, size, err);
}

char *file_read_secret(const char *path, size_t max, size_t *size, struct err *err)
{
    return read_file(path, max, true, size, err);
}

enum err_code file_make_dirs(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    enum err_code code = ERR_OK;
    for (char *at = copy + 1; code == ERR_OK; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            code = err_set(err, ERR_INTERNAL, "cannot make %s: %s", path, strerror(errno));
        *at = kept;
        if (kept == '\0')
            break;
    }
    free(copy);
    return code;
}
