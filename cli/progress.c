#include "cli/progress.h"

#include <math.h>
#include <string.h>

enum { BAR_MAX = 40, BAR_MIN = 8 };

static void put_bar(struct buf *out, double fraction, size_t columns)
{
    size_t done = (size_t)(fraction * (double)columns + 0.5);
    buf_put_char(out, '[');
    for (size_t i = 0; i < columns; i++)
        buf_put_char(out, i < done ? '=' : i == done ? '>' : ' ');
    buf_put_char(out, ']');
}

void progress_put(struct buf *out, size_t width, double fraction, uint64_t n_rows,
                  double rows_per_s, uint64_t n_rejected)
{
    struct buf words = {0};
    size_t start = out->size;
    if (!isnan(fraction)) {
        fraction = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
        buf_put_format(&words, " %3.0f %% ", fraction * 100);
    }
    buf_put_format(&words, " %llu rows  %.0f/s", (unsigned long long)n_rows, rows_per_s);
    if (n_rejected > 0)
        buf_put_format(&words, "  %llu rejected", (unsigned long long)n_rejected);
    size_t room = width == 0 ? BAR_MAX : width > words.size + 2 ? width - words.size - 2 : 0;
    if (!isnan(fraction) && room >= BAR_MIN)
        put_bar(out, fraction, room < BAR_MAX ? room : BAR_MAX);
    buf_put(out, words.data, words.size);
    buf_destroy(&words);
    if (width > 0 && out->size - start > width)
        out->size = start + width;
}
