#include "common/protocol/ids.h"

#include <string.h>

static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool symbol_is_valid(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size > SYMBOL_MAX || text[0] == ' ' || text[size - 1] == ' ')
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] > 0x7E || strchr("\"'\\/`", text[i]))
            return false;
    return true;
}

bool session_id_is_valid(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= SESSION_ID_MAX &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
               size;
}

bool session_key_is_valid(const void *key, size_t size)
{
    const char *text = key;
    if (size != KEY_SIZE)
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0' || !strchr(BASE64URL, text[i]))
            return false;
    return strchr("AQgw", text[KEY_SIZE - 1]) != NULL; /* the last character carries two bits */
}

void session_key_encode(const uint8_t raw[16], char key[KEY_SIZE + 1])
{
    unsigned waiting = 0, bits = 0;
    for (int i = 0; i < 16; i++) {
        waiting = (waiting << 8 | raw[i]) & 0xFFFF;
        for (bits += 8; bits >= 6; bits -= 6)
            *key++ = BASE64URL[waiting >> (bits - 6) & 63];
    }
    *key++ = BASE64URL[waiting << (6 - bits) & 63];
    *key = '\0';
}
