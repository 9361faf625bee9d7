/* sample_keys - public keys, as PEM, of key pairs that were made for the tests alone. */
#ifndef INDSUB_TESTS_SAMPLE_KEYS_H
#define INDSUB_TESTS_SAMPLE_KEYS_H

extern const char SAMPLE_RSA_PUBLIC[]; /* of 2048 bits */
extern const char SAMPLE_EC_PUBLIC[];  /* of the curve P-256 */

#endif
