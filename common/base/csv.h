/* csv - one line of comma-separated values to fields (RFC 4180, without line breaks in quotes). */
#ifndef INDSUB_BASE_CSV_H
#define INDSUB_BASE_CSV_H

#include <stddef.h>

/* Splits a line in place: fields[i] points into it, unquoted and NUL-terminated. The line end (\n,
 * \r\n or none) is cut off. Returns how many fields there are; those beyond max are not stored.
 * Returns 0 if a quote is never closed, or closed before the field ends. */
size_t csv_split(char *line, char **fields, size_t max);

#endif
