/* certificate - the keys of CURVE, libzmq's encryption, and the files that hold them.
 *
 * A file is as czmq's zcert writes it, so that either reads the other's: a section `curve` with
 * `public-key` and, in the file that is its owner's alone, `secret-key`. Knows no files: text is
 * given. Allocates nothing but what certificate_put appends. */
#ifndef INDSUB_PROTOCOL_CERTIFICATE_H
#define INDSUB_PROTOCOL_CERTIFICATE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/err.h"

enum { CURVE_KEY_SIZE = 40, CERTIFICATE_SIZE_MAX = 65536 };

struct certificate {
    char public_key[CURVE_KEY_SIZE + 1], secret_key[CURVE_KEY_SIZE + 1]; /* "" if it has none */
};

/* 40 characters of Z85 (ZeroMQ RFC 32) that stand for 32 bytes. */
bool curve_key_is_valid(const char *text);

/* Reads a file's text. Errors: BAD_REQUEST where a key is no key, or the public one is missing. */
enum err_code certificate_parse(const char *text, struct certificate *self, struct err *err);
/* Writes a file's text; with the secret key where the certificate has one and it is asked for. */
void certificate_put(struct buf *out, const struct certificate *self, bool with_secret);
void certificate_wipe(struct certificate *self);

#endif
