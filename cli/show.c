#include "cli/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/table.h"
#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/protocol/timeframe.h"

void show_exact(struct buf *out, double value)
{
    if (isnan(value))
        buf_put_char(out, '-');
    else
        json_put_number(out, value);
}

void show_price(struct buf *out, double value)
{
    size_t start = out->size;
    show_exact(out, value);
    if (isnan(value) || strchr(out->data + start, 'e'))
        return;
    const char *point = strchr(out->data + start, '.');
    if (!point)
        buf_put_text(out, ".00");
    else if (strlen(point) == 2)
        buf_put_char(out, '0');
}

void show_value_beside(struct buf *out, double value, double size)
{
    if (isnan(value))
        buf_put_char(out, '-');
    else if (size != 0 && (size < 1e-4 || size >= 1e12))
        buf_put_format(out, "%.4g", value);
    else
        buf_put_format(out, "%.*f", size != 0 && size < 1 ? 4 : 2, value);
}

void show_value(struct buf *out, double value)
{
    show_value_beside(out, value, fabs(value));
}

static int64_t local_ms(const struct look *look, int64_t ms)
{
    return look->utc_offset_s ? ms + 1000LL * look->utc_offset_s(ms) : ms;
}

void show_clock(struct buf *out, const struct look *look, int64_t ms)
{
    char text[FEEDTIME_TEXT_SIZE];
    feedtime_format(local_ms(look, ms), text);
    buf_put(out, text + 11, 8);
}

void show_bar_start(struct buf *out, const struct look *look, const char *timeframe, int64_t ms,
                    bool dated)
{
    char text[FEEDTIME_TEXT_SIZE];
    int64_t length_ms = timeframe_ms(timeframe_parse(timeframe));
    bool is_daily = length_ms >= FEEDTIME_DAY_MS;
    feedtime_format(local_ms(look, ms), text);
    if (dated || is_daily)
        buf_put(out, text, 10);
    if (is_daily)
        return;
    if (dated)
        buf_put_char(out, ' ');
    buf_put(out, text + 11, length_ms < 60000 ? 8 : 5);
}

void show_duration(struct buf *out, int64_t ms)
{
    if (ms < 1000)
        buf_put_format(out, "%lld ms", (long long)ms);
    else if (ms < 120000)
        buf_put_format(out, "%.1f s", (double)ms / 1000);
    else if (ms < 2 * 3600000)
        buf_put_format(out, "%lld min", (long long)(ms / 60000));
    else if (ms < 2 * FEEDTIME_DAY_MS)
        buf_put_format(out, "%lld h %lld min", (long long)(ms / 3600000),
                       (long long)(ms / 60000 % 60));
    else
        buf_put_format(out, "%lld d %lld h", (long long)(ms / FEEDTIME_DAY_MS),
                       (long long)(ms / 3600000 % 24));
}

static void put_coloured(struct buf *out, const struct look *look, enum show_colour colour,
                         const char *text, size_t size)
{
    static const char *const CODES[] = {
        [SHOW_PLAIN] = "",   [SHOW_BOLD] = "1",    [SHOW_DIM] = "2",  [SHOW_RED] = "31",
        [SHOW_GREEN] = "32", [SHOW_YELLOW] = "33", [SHOW_CYAN] = "36"};
    bool colours = look->coloured && colour != SHOW_PLAIN;
    if (colours)
        buf_put_format(out, "\x1b[%sm", CODES[colour]);
    buf_put(out, text, size);
    if (colours)
        buf_put_text(out, "\x1b[0m");
}

void show_coloured(struct buf *out, const struct look *look, enum show_colour colour,
                   const char *text)
{
    put_coloured(out, look, colour, text, strlen(text));
}

struct line line_begin(struct buf *out, const struct look *look, size_t indent)
{
    return (struct line){.out = out, .look = look, .indent = indent};
}

static void next_row(struct line *self)
{
    size_t indent = self->indent < self->look->width / 2 ? self->indent : 0;
    buf_put_format(self->out, "\n%*s", (int)indent, "");
    self->columns = indent;
}

/* The bytes of a text that fit into the row: up to a blank, or a word that is wider than a row. */
static size_t fit(const struct line *self, const char *text, size_t size)
{
    size_t room = self->look->width > self->columns ? self->look->width - self->columns : 1;
    if (self->look->width == 0 || text_columns(text, size) <= room)
        return size;
    size_t end = text_fit(text, size, room), blank = end;
    while (blank > 0 && text[blank] != ' ')
        blank--;
    return blank > 0 ? blank : end;
}

void line_put(struct line *self, enum show_colour colour, const char *piece)
{
    const char *bar = self->look->unicode ? " │ " : " | ";
    size_t size = strlen(piece), columns = text_columns(piece, size), width = self->look->width;
    if (columns == 0)
        return;
    if (self->columns > 0 && width > 0 && self->columns + 3 + columns > width) {
        next_row(self);
    } else if (self->columns > 0) {
        show_coloured(self->out, self->look, SHOW_DIM, bar);
        self->columns += 3;
    }
    while (size > 0) {
        size_t n = fit(self, piece, size);
        put_coloured(self->out, self->look, colour, piece, n);
        self->columns += text_columns(piece, n);
        piece += n + strspn(piece + n, " ");
        size = strlen(piece);
        if (size > 0)
            next_row(self);
    }
}

void line_end(struct line *self)
{
    buf_put_char(self->out, '\n');
    self->columns = 0;
}
