#include "cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { COLUMNS_MAX = 16, GAP = 2 };

struct table {
    const char *headings[COLUMNS_MAX];
    bool is_number[COLUMNS_MAX];
    size_t n_columns;
    char **cells; /* row by row */
    size_t n_cells, capacity;
};

size_t text_columns(const char *text, size_t size)
{
    size_t columns = 0;
    for (size_t i = 0; i < size; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    return columns;
}

size_t text_fit(const char *text, size_t size, size_t columns)
{
    size_t i = 0;
    for (; i < size; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && columns-- == 0)
            break;
    return i;
}

struct table *table_new(const char *const *headings)
{
    struct table *self = mem_alloc_zero(1, sizeof *self);
    for (; headings[self->n_columns] && self->n_columns < COLUMNS_MAX; self->n_columns++) {
        const char *heading = headings[self->n_columns];
        self->is_number[self->n_columns] = heading[0] == '>';
        self->headings[self->n_columns] = heading + (heading[0] == '>');
    }
    return self;
}

void table_destroy(struct table **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n_cells; i++)
        free((*self)->cells[i]);
    free((*self)->cells);
    free(*self);
    *self = NULL;
}

void table_put(struct table *self, const char *fmt, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *at = buf_reserve(&text, n > 0 ? (size_t)n : 0);
    va_start(args, fmt);
    vsnprintf(at, (size_t)(n > 0 ? n : 0) + 1, fmt, args);
    va_end(args);
    self->cells = mem_grow(self->cells, self->n_cells, &self->capacity, sizeof *self->cells);
    self->cells[self->n_cells++] = text.data;
}

size_t table_n_rows(const struct table *self)
{
    return (self->n_cells + self->n_columns - 1) / self->n_columns;
}

static const char *cell_at(const struct table *self, size_t row, size_t column)
{
    size_t i = row * self->n_columns + column;
    return i < self->n_cells ? self->cells[i] : "";
}

/* The width of each column, 0 for one that is empty in all rows. */
static void measure(const struct table *self, size_t widths[COLUMNS_MAX])
{
    for (size_t c = 0; c < self->n_columns; c++) {
        size_t widest = 0, heading = text_columns(self->headings[c], strlen(self->headings[c]));
        for (size_t r = 0; r < table_n_rows(self); r++) {
            const char *cell = cell_at(self, r, c);
            size_t width = text_columns(cell, strlen(cell));
            widest = width > widest ? width : widest;
        }
        widths[c] = widest > 0 && heading > widest ? heading : widest;
    }
}

static void put_blanks(struct buf *out, size_t n)
{
    memset(buf_reserve(out, n), ' ', n);
    out->size += n;
    out->data[out->size] = '\0';
}

static void write_row(const struct table *self, struct buf *line, const size_t *widths,
                      const char *const *cells)
{
    buf_reset(line);
    for (size_t c = 0; c < self->n_columns; c++) {
        if (widths[c] == 0)
            continue;
        size_t width = text_columns(cells[c], strlen(cells[c]));
        if (line->size > 0)
            put_blanks(line, GAP);
        if (self->is_number[c])
            put_blanks(line, widths[c] - width);
        buf_put_text(line, cells[c]);
        if (!self->is_number[c])
            put_blanks(line, widths[c] - width);
    }
    while (line->size > 0 && line->data[line->size - 1] == ' ')
        line->size--;
}

void table_write(const struct table *self, struct buf *out, size_t width)
{
    size_t widths[COLUMNS_MAX];
    struct buf line = {0};
    measure(self, widths);
    for (size_t r = 0; r <= table_n_rows(self); r++) {
        const char *cells[COLUMNS_MAX];
        for (size_t c = 0; c < self->n_columns; c++)
            cells[c] = r == 0 ? self->headings[c] : cell_at(self, r - 1, c);
        write_row(self, &line, widths, cells);
        buf_put(out, line.data ? line.data : "",
                width > 0 ? text_fit(line.data, line.size, width) : line.size);
        buf_put_char(out, '\n');
    }
    buf_destroy(&line);
}
