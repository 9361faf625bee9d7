/* ids - what names may look like: symbols, sessions, the keys of connections. */
#ifndef INDSUB_PROTOCOL_IDS_H
#define INDSUB_PROTOCOL_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYMBOL_MAX = 64, SESSION_ID_MAX = 64, KEY_SIZE = 22 };

/* 1 to 64 printable ASCII characters, no quote, backslash or slash, no blank at either end:
 * "NIFTY 50", "M&M" and "BAJAJ-AUTO" are symbols. */
bool symbol_is_valid(const char *text);

/* 1 to 64 characters of A-Z a-z 0-9 . _ - */
bool session_id_is_valid(const char *text);

/* 22 characters of URL-safe base64 that stand for exactly 128 bits, and do not look as if anybody
 * could guess them. */
bool session_key_is_valid(const void *key, size_t size);

/* Writes 128 bits as such a key, with a NUL. */
void session_key_encode(const uint8_t raw[16], char key[KEY_SIZE + 1]);

#endif
