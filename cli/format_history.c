#include "cli/format_history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show.h"
#include "cli/table.h"
#include "common/base/mem.h"

static void show_percent(struct buf *out, double value)
{
    buf_put_format(out, "%.2f", value * 100);
}

/* What is beside the prices, where a bar has it. */
static const struct {
    const char *heading, *path;
    show_fn *show;
} OTHERS[] = {{">VOLUME", "ohlcv.volume", show_exact},
              {">OI", "oi.oi", show_exact},
              {">IV %", "greeks.iv", show_percent},
              {">DELTA", "greeks.delta", show_value},
              {">PCR", "oi.pcr", show_value}};
enum { N_OTHERS = sizeof OTHERS / sizeof *OTHERS };

/* The name of an output alone, where no other value has one that is called so. */
static bool is_unique(const indsub_update_t *update, size_t at)
{
    const char *output = indsub_update_value_at(update, at)->output;
    for (size_t i = 0; i < indsub_update_n_values(update); i++) {
        const indsub_value_t *other = indsub_update_value_at(update, i);
        if (i != at && other->output && strcmp(other->output, output) == 0)
            return false;
    }
    return true;
}

static char *heading_of(const indsub_update_t *update, size_t at)
{
    const indsub_value_t *one = indsub_update_value_at(update, at);
    struct buf text = {0};
    buf_put_char(&text, '>');
    if (!one->output)
        buf_put_text(&text, one->id);
    else if (is_unique(update, at))
        buf_put_text(&text, one->output);
    else
        buf_put_format(&text, "%s %s", one->id, one->output);
    return text.data;
}

/* The indicators' columns are those of the first bar. */
static struct table *new_table(const indsub_update_t *first, bool all_prices)
{
    static const char *const PRICES[] = {"TIME", ">OPEN", ">HIGH", ">LOW", ">CLOSE"};
    enum { N_PRICES = sizeof PRICES / sizeof *PRICES };
    size_t n_values = indsub_update_n_values(first), n = 0;
    const char **headings = mem_alloc_zero(N_PRICES + N_OTHERS + n_values + 1, sizeof *headings);
    for (size_t i = 0; i < N_PRICES; i++)
        if (all_prices || i == 0 || i == N_PRICES - 1)
            headings[n++] = PRICES[i];
    for (size_t i = 0; i < N_OTHERS; i++)
        headings[n++] = OTHERS[i].heading;
    for (size_t i = 0; i < n_values; i++)
        headings[n + i] = heading_of(first, i);
    struct table *table = table_new(headings);
    for (size_t i = 0; i < n_values; i++)
        free((char *)(uintptr_t)headings[n + i]);
    free(headings);
    return table;
}

/* The largest size that a value has in any of the bars. */
static double largest(const indsub_reply_t *reply, const indsub_value_t *one)
{
    double size = 0;
    for (size_t i = 0; i < indsub_reply_n_updates(reply); i++)
        size = fmax(size, fabs(indsub_update_value(indsub_reply_update(reply, i), one->id,
                                                   one->output))); /* not of a NaN */
    return size;
}

static void put_cell(struct table *table, struct buf *text, show_fn *show, double value)
{
    buf_reset(text);
    show(text, value);
    table_put(table, "%s", text->data);
}

static void put_row(struct table *table, const struct look *look, const indsub_update_t *update,
                    const indsub_update_t *first, const double *sizes, bool all_prices)
{
    const indsub_bar_t *bar = indsub_update_bar(update);
    const double prices[] = {bar->open, bar->high, bar->low, bar->close};
    enum { N_PRICES = sizeof prices / sizeof *prices };
    struct buf text = {0};
    show_bar_start(&text, look, indsub_update_timeframe(update), bar->start_ms, true);
    table_put(table, "%s", text.data);
    for (size_t i = all_prices ? 0 : N_PRICES - 1; i < N_PRICES; i++)
        put_cell(table, &text, show_price, prices[i]);
    for (size_t i = 0; i < N_OTHERS; i++) {
        double value = indsub_update_number(update, OTHERS[i].path);
        if (isnan(value) || (i == 0 && value == 0)) /* an index has no volume */
            table_put(table, "%s", "");
        else
            put_cell(table, &text, OTHERS[i].show, value);
    }
    for (size_t i = 0; i < indsub_update_n_values(first); i++) {
        const indsub_value_t *one = indsub_update_value_at(first, i);
        buf_reset(&text);
        show_value_beside(&text, indsub_update_value(update, one->id, one->output), sizes[i]);
        table_put(table, "%s", text.data);
    }
    buf_destroy(&text);
}

static bool put_table(struct buf *out, const struct look *look, const indsub_reply_t *reply,
                      bool all_prices)
{
    const indsub_update_t *first = indsub_reply_update(reply, 0);
    struct table *table = new_table(first, all_prices);
    size_t n_values = indsub_update_n_values(first);
    double *sizes = mem_alloc_zero(n_values + 1, sizeof *sizes);
    struct buf title = {0};
    for (size_t i = 0; i < n_values; i++)
        sizes[i] = largest(reply, indsub_update_value_at(first, i));
    for (size_t i = 0; i < indsub_reply_n_updates(reply); i++)
        put_row(table, look, indsub_reply_update(reply, i), first, sizes, all_prices);
    bool fits = look->width == 0 || table_width(table) <= look->width;
    if (fits) {
        buf_put_format(&title, "%s %s\n", indsub_update_symbol(first),
                       indsub_update_timeframe(first));
        show_coloured(out, look, SHOW_BOLD, title.data);
        table_write(table, out, look->width);
    }
    buf_destroy(&title);
    free(sizes);
    table_destroy(&table);
    return fits;
}

bool format_history(struct buf *out, const struct look *look, const indsub_reply_t *reply)
{
    return indsub_reply_n_updates(reply) > 0 &&
           (put_table(out, look, reply, true) || put_table(out, look, reply, false));
}
