#include "cli/words.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

static const char BLANKS[] = " \t\r\n";

/* Reads one word into out, *at being moved behind it; out may be NULL. Gives what is open at the
 * end: a quote, '(' or NUL. */
static char read_word(const char **at, struct buf *out)
{
    char quote = '\0';
    int depth = 0;
    for (; **at && (quote || depth > 0 || !strchr(BLANKS, **at)); (*at)++) {
        char c = **at;
        if (quote && c == quote) {
            quote = '\0';
            continue;
        }
        if (!quote && (c == '"' || c == '\'')) {
            quote = c;
            continue;
        }
        if (!quote)
            depth += (c == '(') - (c == ')');
        if (out && (quote || depth == 0 || !strchr(BLANKS, c)))
            buf_put_char(out, c);
    }
    return quote ? quote : depth > 0 ? '(' : '\0';
}

enum err_code words_split(struct words *self, const char *line, struct err *err)
{
    for (;;) {
        struct buf word = {0};
        line += strspn(line, BLANKS);
        if (*line == '\0' || *line == '#')
            return ERR_OK;
        char open = read_word(&line, &word);
        buf_put(&word, "", 0);
        self->items = mem_grow(self->items, self->n, &self->capacity, sizeof *self->items);
        self->items[self->n++] = word.data;
        if (open)
            return err_set(err, ERR_BAD_REQUEST, "%s that is opened with %c is not closed",
                           open == '(' ? "a bracket" : "a quote", open);
    }
}

void words_destroy(struct words *self)
{
    for (size_t i = 0; i < self->n; i++)
        free(self->items[i]);
    free(self->items);
    *self = (struct words){0};
}

size_t words_last_start(const char *line)
{
    const char *at = line, *start = line;
    while (*at) {
        at += strspn(at, BLANKS);
        start = at;
        if (*at)
            read_word(&at, NULL);
        if (*at == '\0' && at > start)
            return (size_t)(start - line);
    }
    return (size_t)(at - line);
}
