/* feedrow - one line of a CSV file as an item of the feed. The header decides what a line is:
 *
 *   timestamp,open,high,low,close,volume[,oi]     bars
 *   timestamp,price[,quantity][,oi]               ticks
 *
 * Columns may stand in any order; those that mean nothing are passed over. Pure. */
#ifndef INDSUB_CLI_FEEDROW_H
#define INDSUB_CLI_FEEDROW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/protocol/timeframe.h"

enum { FEEDROW_FIELDS_MAX = 64, FEEDROW_COLUMNS = 13 };

struct feedrow_form {
    bool is_bar;                    /* else a tick */
    size_t fields[FEEDROW_COLUMNS]; /* where each column is; SIZE_MAX: nowhere */
};

/* Reads a header line, which is changed. Errors: BAD_REQUEST, saying what is expected. */
enum err_code feedrow_parse_header(struct feedrow_form *self, char *line, struct err *err);

/* True if a column says each row's symbol. */
bool feedrow_has_symbol(const struct feedrow_form *self);

/* Reads a line, which is changed, and writes it as a JSON item. symbol is for files that have no
 * column for it; timeframe is that of bars. A time without an offset is India's. Errors:
 * BAD_REQUEST. */
enum err_code feedrow_parse(const struct feedrow_form *self, char *line, const char *symbol,
                            enum timeframe timeframe, struct buf *item, int64_t *ms,
                            struct err *err);

/* The symbol that a file's name suggests: up to the first of "_-.", in capitals; at most size - 1
 * bytes. */
void feedrow_symbol_of_path(const char *path, char *symbol, size_t size);

/* The name under which a file is a source: its own and what tells it from others (the options, its
 * header, its first row), so that the same file goes on where it was and another one does not. */
enum { FEEDROW_SOURCE_SIZE = 65 };
void feedrow_source(const char *path, const char *const *parts, size_t n,
                    char source[FEEDROW_SOURCE_SIZE]);

#endif
