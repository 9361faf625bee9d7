#include "common/base/csv.h"

#include <stdbool.h>
#include <string.h>

/* Takes off the quotes around a field; returns what is behind them, NULL if they are not closed. */
static char *unquote(char *at)
{
    char *to = at;
    for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
        at += *at == '"';
        *to++ = *at;
    }
    if (*at == '\0')
        return NULL;
    *to = '\0';
    return at + 1;
}

/* Reads the field at *line and moves on; *line is NULL behind the last one. */
static bool take_field(char **line, char **field)
{
    char *end = **line == '"' ? unquote(*line) : *line + strcspn(*line, ",");
    *field = *line;
    if (!end || (*end != ',' && *end != '\0'))
        return false;
    *line = *end == ',' ? end + 1 : NULL;
    *end = '\0';
    return true;
}

size_t csv_split(char *line, char **fields, size_t max)
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *field; line; n++) {
        if (!take_field(&line, &field))
            return 0;
        if (n < max)
            fields[n] = field;
    }
    return n;
}
