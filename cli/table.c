#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { GAP = 2 };

struct column {
    char *heading;
    bool is_number;
};

struct table {
    struct column *columns;
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
    size_t n = 0;
    while (headings[n])
        n++;
    self->columns = mem_alloc_zero(n + 1, sizeof *self->columns);
    for (; self->n_columns < n; self->n_columns++) {
        bool is_number = headings[self->n_columns][0] == '>';
        self->columns[self->n_columns] =
            (struct column){mem_strdup(headings[self->n_columns] + is_number), is_number};
    }
    return self;
}

void table_destroy(struct table **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n_cells; i++)
        free((*self)->cells[i]);
    for (size_t i = 0; i < (*self)->n_columns; i++)
        free((*self)->columns[i].heading);
    free((*self)->cells);
    free((*self)->columns);
    free(*self);
    *self = NULL;
}

void table_put(struct table *self, const char *fmt, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_put_args(&text, fmt, args);
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

/* The width of each column, 0 for one that is empty in all rows; for free. */
static size_t *measure(const struct table *self)
{
    size_t *widths = mem_alloc_zero(self->n_columns + 1, sizeof *widths);
    for (size_t c = 0; c < self->n_columns; c++) {
        const char *heading = self->columns[c].heading;
        size_t widest = 0, least = text_columns(heading, strlen(heading));
        for (size_t r = 0; r < table_n_rows(self); r++) {
            const char *cell = cell_at(self, r, c);
            size_t width = text_columns(cell, strlen(cell));
            widest = width > widest ? width : widest;
        }
        widths[c] = widest > 0 && least > widest ? least : widest;
    }
    return widths;
}

size_t table_width(const struct table *self)
{
    size_t *widths = measure(self), width = 0;
    for (size_t c = 0; c < self->n_columns; c++)
        if (widths[c] > 0)
            width += widths[c] + (width > 0 ? GAP : 0);
    free(widths);
    return width;
}

static void put_blanks(struct buf *out, size_t n)
{
    memset(buf_reserve(out, n), ' ', n);
    out->size += n;
    out->data[out->size] = '\0';
}

/* Row 0 is the headings. */
static void write_row(const struct table *self, struct buf *line, const size_t *widths, size_t row)
{
    buf_reset(line);
    for (size_t c = 0; c < self->n_columns; c++) {
        const char *cell = row == 0 ? self->columns[c].heading : cell_at(self, row - 1, c);
        size_t width = text_columns(cell, strlen(cell));
        if (widths[c] == 0)
            continue;
        if (line->size > 0)
            put_blanks(line, GAP);
        if (self->columns[c].is_number)
            put_blanks(line, widths[c] - width);
        buf_put_text(line, cell);
        if (!self->columns[c].is_number)
            put_blanks(line, widths[c] - width);
    }
    while (line->size > 0 && line->data[line->size - 1] == ' ')
        line->size--;
}

void table_write(const struct table *self, struct buf *out, size_t width)
{
    size_t *widths = measure(self);
    struct buf line = {0};
    for (size_t r = 0; r <= table_n_rows(self); r++) {
        write_row(self, &line, widths, r);
        buf_put(out, line.data ? line.data : "",
                width > 0 ? text_fit(line.data, line.size, width) : line.size);
        buf_put_char(out, '\n');
    }
    buf_destroy(&line);
    free(widths);
}
