/* files - small files read whole: configuration, instruments, keys. */
#ifndef INDSUB_EDGE_FILES_H
#define INDSUB_EDGE_FILES_H

#include <stddef.h>

#include "common/base/err.h"

/* The whole of a regular file with a NUL behind it, for free; NULL with *err filled if it cannot be
 * read or is larger than max. *size may be NULL. */
char *file_read(const char *path, size_t max, size_t *size, struct err *err);

/* The same for a file of our own, or of root, that nobody but its owner may read or write. The
 * caller wipes it. */
char *file_read_secret(const char *path, size_t max, size_t *size, struct err *err);

/* Makes a directory and those above it, mode 0700. */
enum err_code file_make_dirs(const char *path, struct err *err);

#endif
