#include "common/base/csv.h"

#include <string.h>

/* Reads one field; returns what is behind its comma, NULL at the line's end. */
static char *take_field(char *at, char **field)
{
    char *to = at;
    *field = to;
    if (*at == '"') {
        for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
            at += *at == '"';
            *to++ = *at;
        }
        at += *at == '"';
    }
    while (*at && *at != ',')
        *to++ = *at++;
    char *next = *at == ',' ? at + 1 : NULL;
    *to = '\0';
    return next;
}

size_t csv_split(char *line, char **fields, size_t max)
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line, *field; at; n++) {
        at = take_field(at, &field);
        if (n < max)
            fields[n] = field;
    }
    return n;
}
