/* table - rows of cells as aligned columns of text. Pure. */
#ifndef INDSUB_CLI_TABLE_H
#define INDSUB_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

struct table;

/* A table with these headings, NULL-terminated. A heading that begins with '>' (which
 * is not shown) makes a column of numbers, on the right. */
struct table *table_new(const char *const *headings);
void table_destroy(struct table **self);

/* The next cell, row by row. Cells that are missing in the last row are empty. */
void table_put(struct table *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t table_n_rows(const struct table *self);

/* How wide it is. */
size_t table_width(const struct table *self);
/* Writes headings and rows; columns without any content are left out. No line is wider than width
 * columns (0: any): what is too wide is cut at its end. */
void table_write(const struct table *self, struct buf *out, size_t width);

/* Columns that UTF-8 text takes on a terminal (combining and wide characters count as one). */
size_t text_columns(const char *text, size_t size);
/* The bytes of the first `columns` columns. */
size_t text_fit(const char *text, size_t size, size_t columns);

#endif
