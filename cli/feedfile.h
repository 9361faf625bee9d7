/* feedfile - a CSV file, packed or not, row by row. */
#ifndef INDSUB_CLI_FEEDFILE_H
#define INDSUB_CLI_FEEDFILE_H

#include "cli/feedrow.h"

struct feedfile;

enum feedfile_result {
    FEEDFILE_ROW,
    FEEDFILE_BAD, /* a line that is no row; the next one may be */
    FEEDFILE_END,
    FEEDFILE_BROKEN /* the file cannot be read further */
};

struct feedfile_row {
    uint64_t number, line; /* counted from 1: rows without the bad ones, lines with everything */
    int64_t ms;
    struct buf item; /* JSON; borrowed until the next one */
};

/* Opens a file (keeps path) and reads its header. symbol NULL: of the file's name, unless
 * there is a column; timeframe NONE: 1min, unless the rows are further apart. NULL with *err
 * filled: BAD_REQUEST, the sentence beginning with the file's name. */
struct feedfile *feedfile_open(const char *path, const char *symbol, enum timeframe timeframe,
                               struct err *err);
void feedfile_close(struct feedfile **self);

enum feedfile_result feedfile_next(struct feedfile *self, struct feedfile_row **row,
                                   struct err *err);
/* Back to before the first row. False where that cannot be (a pipe). */
bool feedfile_rewind(struct feedfile *self);
/* How much of it has been read, from 0 to 1; NAN if that is not known. */
double feedfile_fraction(const struct feedfile *self);
/* What all its rows are of; NULL if a column says it. */
const char *feedfile_symbol(const struct feedfile *self);
/* The name under which the daemon is to know it; see feedrow_source. */
const char *feedfile_source(const struct feedfile *self);

#endif
