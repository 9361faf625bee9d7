/* show - numbers, times and lines of pieces as people read them. Pure. */
#ifndef INDSUB_CLI_SHOW_H
#define INDSUB_CLI_SHOW_H

#include "cli/format.h"

/* How a number is written. */
typedef void show_fn(struct buf *out, double value);

/* A volume or a strike, exactly as the daemon has it; "-" if there is none. */
void show_exact(struct buf *out, double value);
/* A price, as exactly, with two decimals at least, so that prices stand below each other. */
void show_price(struct buf *out, double value);
/* A computed value, with as many digits as help; "-" if there is none. */
void show_value(struct buf *out, double value);
/* The same, with the digits that help with a value of that size: so a column has as many in all its
 * rows. */
void show_value_beside(struct buf *out, double value, double size);
/* "10:35:03" in local time. */
void show_clock(struct buf *out, const struct look *look, int64_t ms);
/* The bar's name in local time: "10:35", "10:35:30" where bars are shorter than a minute,
 * "2025-11-04" where they are longer than a day; with the date before it if `dated`. */
void show_bar_start(struct buf *out, const struct look *look, const char *timeframe, int64_t ms,
                    bool dated);
/* "3 ms", "2.5 s", "12 min", "1 d 3 h". */
void show_duration(struct buf *out, int64_t ms);

/* Colours; SHOW_PLAIN is the terminal's own. */
enum show_colour { SHOW_PLAIN, SHOW_BOLD, SHOW_DIM, SHOW_RED, SHOW_GREEN, SHOW_YELLOW, SHOW_CYAN };
/* Text in that colour where the look has colours. */
void show_coloured(struct buf *out, const struct look *look, enum show_colour colour,
                   const char *text);

/* A line of pieces that are parted by bars. Where it would be wider than the terminal it goes on,
 * indented, after a piece; or at a blank in a piece that is wider itself. */
struct line {
    struct buf *out;
    const struct look *look;
    size_t columns; /* in the present row */
    size_t indent;
};
struct line line_begin(struct buf *out, const struct look *look, size_t indent);
void line_put(struct line *self, enum show_colour colour, const char *piece);
void line_end(struct line *self);

#endif
