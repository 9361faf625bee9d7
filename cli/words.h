/* words - a typed line as words.
 *
 * Blanks part words, but not within brackets, so that RSI(14, 100) is one; 'quotes' and "quotes"
 * hold what has blanks in its name ("NIFTY 50"); # at the start of a word begins a remark. Pure. */
#ifndef INDSUB_CLI_WORDS_H
#define INDSUB_CLI_WORDS_H

#include <stddef.h>

#include "common/base/err.h"

/* Start with {0}. */
struct words {
    char **items; /* owned, as is each */
    size_t n, capacity;
};

/* Errors: BAD_REQUEST for a quote or a bracket that does not end. Destroy it in either case. */
enum err_code words_split(struct words *self, const char *line, struct err *err);
void words_destroy(struct words *self);

/* Where the last word of an unfinished line begins: what is being typed. */
size_t words_last_start(const char *line);

#endif
