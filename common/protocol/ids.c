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

/* The 16 bytes that it stands for. */
static bool session_key_decode(const char *text, uint8_t raw[16])
{
    unsigned waiting = 0, bits = 0;
    for (size_t i = 0, n = 0; i < KEY_SIZE; i++) {
        const char *digit = text[i] != '\0' ? strchr(BASE64URL, text[i]) : NULL;
        if (!digit)
            return false;
        waiting = (waiting << 6 | (unsigned)(digit - BASE64URL)) & 0xFFF;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            raw[n++] = (uint8_t)(waiting >> bits);
        }
    }
    return (waiting & 15) == 0; /* the last character carries two bits */
}

/* How many steps from one byte to the next are the commonest step. */
static size_t count_like_steps(const uint8_t *bytes, size_t n)
{
    size_t steps[256] = {0}, most = 0;
    for (size_t i = 1; i < n; i++) {
        size_t like = ++steps[(uint8_t)(bytes[i] - bytes[i - 1])];
        most = like > most ? like : most;
    }
    return most;
}

static size_t count_distinct(const uint8_t *bytes, size_t n)
{
    bool seen[256] = {false};
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        distinct += !seen[bytes[i]];
        seen[bytes[i]] = true;
    }
    return distinct;
}

static bool repeats_itself(const uint8_t *bytes, size_t n)
{
    for (size_t period = 1; period <= n / 2; period++)
        if (memcmp(bytes, bytes + period, n - period) == 0)
            return true;
    return false;
}

/* What a person types or a program counts up: few different characters, one behind the other, or
 * the same again and again. Of keys that were drawn, not one in 10^9 looks so. */
static bool looks_guessable(const uint8_t *text, const uint8_t raw[16])
{
    enum { DISTINCT = 9, LIKE_STEPS = 8 };
    return count_distinct(text, KEY_SIZE) < DISTINCT || count_distinct(raw, 16) < DISTINCT ||
           count_like_steps(text, KEY_SIZE) > LIKE_STEPS ||
           count_like_steps(raw, 16) > LIKE_STEPS || repeats_itself(text, KEY_SIZE);
}

bool session_key_is_valid(const void *key, size_t size)
{
    uint8_t raw[16];
    bool is_valid = size == KEY_SIZE && session_key_decode(key, raw) && !looks_guessable(key, raw);
    explicit_bzero(raw, sizeof raw);
    return is_valid;
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
