/* sample_keys - public keys, as PEM, of key pairs that were made for the tests alone. */
#ifndef INDSUB_TESTS_SAMPLE_KEYS_H
#define INDSUB_TESTS_SAMPLE_KEYS_H

extern const char SAMPLE_RSA_PUBLIC[]; /* of 2048 bits */
extern const char SAMPLE_EC_PUBLIC[];  /* of the curve P-256 */

/* Under ES256, signed with that key under the name ec-1:
 * {"sub":"alice","exp":1762236300,"aud":["other","indsub"],"iss":"https://login.example.com",
 *  "jti":"7f","nbf":1762232700,"scope":["feed","other"],"symbols":["NIFTY*","M&M"]} */
extern const char SAMPLE_EC_TOKEN[];
enum { SAMPLE_EC_TOKEN_TO_S = 1762236300 }; /* when it expires */

#endif
