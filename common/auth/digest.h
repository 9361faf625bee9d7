/* digest - what stands for a secret that must not be kept itself. */
#ifndef INDSUB_AUTH_DIGEST_H
#define INDSUB_AUTH_DIGEST_H

#include <stddef.h>

enum { DIGEST_SIZE = 64 };

/* SHA-256 of the secret's bytes, in hex. A session's key has 128 random bits, so it needs no salt.
 */
void digest_of(const void *secret, size_t size, char digest[DIGEST_SIZE + 1]);

#endif
