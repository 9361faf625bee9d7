/* utf8 - which bytes are a character (Unicode 15, table 3-7). */
#ifndef INDSUB_BASE_UTF8_H
#define INDSUB_BASE_UTF8_H

#include <stddef.h>

/* How many of the `size` bytes at `text` make up its first character; 0 if they are none, or not
 * the whole of it. */
size_t utf8_first(const char *text, size_t size);

/* Takes out of a string every byte that belongs to no character. */
void utf8_mend(char *text);

#endif
