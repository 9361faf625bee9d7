#include "common/auth/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void digest_of(const void *secret, size_t size, char digest[DIGEST_SIZE + 1])
{
    unsigned char bytes[DIGEST_SIZE / 2];
    if (EVP_Digest(secret, size, bytes, NULL, EVP_sha256(), NULL) != 1)
        abort(); /* of a library that is broken */
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
}
