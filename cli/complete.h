/* complete - what a half-typed word could become: from the commands' rows, the timeframes, the
 * indicators' rows, and the symbols that the daemon has. Pure. */
#ifndef INDSUB_CLI_COMPLETE_H
#define INDSUB_CLI_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* Start with {0}. */
struct candidates {
    char **items; /* owned: each could stand in the word's place */
    size_t n, capacity;
    size_t start;    /* where the word begins in the line */
    size_t head;     /* bytes at its beginning that are settled: all candidates have them */
    bool is_ordered; /* the order means something, and is kept */
    bool wants_file; /* it is the name of a file: somebody else knows those */
};

/* The candidates for the last word of a line that is cut off where the cursor is. */
void complete_line(struct candidates *self, const char *line, char *const *symbols,
                   size_t n_symbols);
void candidates_destroy(struct candidates *self);

/* How many bytes at their beginning all candidates have in common. */
size_t candidates_common(const struct candidates *self);

#endif
