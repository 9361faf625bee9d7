#include "common/base/utf8.h"

#include <string.h>

size_t utf8_first(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    if (size == 0)
        return 0;
    size_t n = at[0] < 0x80                     ? 1
               : at[0] >= 0xC2 && at[0] <= 0xDF ? 2
               : at[0] >= 0xE0 && at[0] <= 0xEF ? 3
               : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4
                                                : 0;
    if (n == 0 || n > size)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    /* More bytes than needed, a surrogate, beyond U+10FFFF. */
    if (n > 2 && ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
                  (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F)))
        return 0;
    return n;
}

void utf8_mend(char *text)
{
    size_t left = strlen(text);
    char *to = text;
    while (left > 0) {
        size_t n = utf8_first(text, left), step = n > 0 ? n : 1;
        memmove(to, text, n);
        to += n;
        text += step;
        left -= step;
    }
    *to = '\0';
}
