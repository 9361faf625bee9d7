#include "cli/format_bar.h"

#include <math.h>
#include <string.h>

#include "cli/show.h"

enum { INDENT = 9 }; /* of a line that goes on: behind the clock */

static void put_prices(struct buf *out, const indsub_bar_t *bar, bool all)
{
    const struct {
        const char *name;
        double value;
    } PRICES[] = {{"O ", bar->open}, {" H ", bar->high}, {" L ", bar->low}};
    for (size_t i = 0; all && i < sizeof PRICES / sizeof *PRICES; i++) {
        buf_put_text(out, PRICES[i].name);
        show_price(out, PRICES[i].value);
    }
    buf_put_text(out, all ? " C " : "C ");
    show_price(out, bar->close);
    if (all && bar->volume != 0 && !isnan(bar->volume)) {
        buf_put_text(out, " V ");
        show_exact(out, bar->volume);
    }
}

/* Values of one indicator from *i on, which is moved behind them: "RSI_14_100 67.30", or
 * "MACD_12_26_9 MACD 12.50 MACDh 3.20 MACDs 9.30". */
static void put_indicator(struct buf *out, const indsub_update_t *update, size_t *i)
{
    const char *id = indsub_update_value_at(update, *i)->id;
    buf_put_text(out, id);
    for (; *i < indsub_update_n_values(update); (*i)++) {
        const indsub_value_t *one = indsub_update_value_at(update, *i);
        if (strcmp(one->id, id) != 0)
            break;
        if (one->output)
            buf_put_format(out, " %s", one->output);
        buf_put_char(out, ' ');
        show_value(out, one->value);
    }
}

static void put_named(struct buf *out, const indsub_update_t *update, const char *name,
                      const char *path, show_fn *show)
{
    double value = indsub_update_number(update, path);
    if (isnan(value))
        return;
    buf_put_format(out, "%s%s ", out->size > 0 ? " " : "", name);
    show(out, value);
}

/* Of an option its own Greeks; of an underlying those at the money. */
static void put_greeks(struct buf *out, const struct look *look, const indsub_update_t *update)
{
    double iv = indsub_update_number(update, "greeks.iv");
    put_named(out, update, "ATM", "greeks.strike", show_exact);
    if (!isnan(iv))
        buf_put_format(out, "%sIV %.2f%%", out->size > 0 ? " " : "", iv * 100);
    put_named(out, update, look->unicode ? "Δ" : "delta", "greeks.delta", show_value);
    put_named(out, update, look->unicode ? "Γ" : "gamma", "greeks.gamma", show_value);
    put_named(out, update, look->unicode ? "Θ" : "theta", "greeks.theta", show_value);
    put_named(out, update, "vega", "greeks.vega", show_value);
}

static void put_oi(struct buf *out, const indsub_update_t *update)
{
    double oi = indsub_update_number(update, "oi.oi");
    double change_pct = indsub_update_number(update, "oi.change_pct");
    if (!isnan(oi)) {
        buf_put_text(out, "OI ");
        show_exact(out, oi);
    }
    if (!isnan(change_pct))
        buf_put_format(out, " %+.2f%%", change_pct);
    put_named(out, update, "PCR", "oi.pcr", show_value);
    put_named(out, update, "max pain", "oi.max_pain", show_exact);
}

/* When, what, which bar, and whether it still forms. */
static void put_head(struct buf *out, const struct look *look, const indsub_update_t *update,
                     bool dated)
{
    const indsub_bar_t *bar = indsub_update_bar(update);
    if (!dated) {
        show_clock(out, look, indsub_update_time_ms(update));
        buf_put_char(out, ' ');
    }
    buf_put_format(out, "%s %s ", indsub_update_symbol(update), indsub_update_timeframe(update));
    show_bar_start(out, look, indsub_update_timeframe(update), bar->start_ms, dated);
    if (look->unicode)
        buf_put_text(out, bar->closed ? " ●" : " ○");
    else
        buf_put_text(out, bar->closed ? " closed" : " forming");
}

static void put_pieces(struct buf *out, const struct look *look, const indsub_update_t *update,
                       bool dated, bool all_prices)
{
    const indsub_bar_t *bar = indsub_update_bar(update);
    struct line line = line_begin(out, look, INDENT);
    struct buf piece = {0};
    put_head(&piece, look, update, dated);
    line_put(&line, bar->closed ? SHOW_BOLD : SHOW_DIM, piece.data);
    buf_reset(&piece);
    put_prices(&piece, bar, all_prices);
    line_put(&line, bar->close < bar->open ? SHOW_RED : SHOW_GREEN, piece.data);
    for (size_t i = 0; i < indsub_update_n_values(update);) {
        buf_reset(&piece);
        put_indicator(&piece, update, &i);
        line_put(&line, SHOW_PLAIN, piece.data);
    }
    buf_reset(&piece);
    put_greeks(&piece, look, update);
    line_put(&line, SHOW_CYAN, piece.data);
    buf_reset(&piece);
    put_oi(&piece, update);
    line_put(&line, SHOW_YELLOW, piece.data);
    line_end(&line);
    buf_destroy(&piece);
}

void format_bar(struct buf *out, const struct look *look, const indsub_update_t *update, bool dated)
{
    size_t start = out->size;
    put_pieces(out, look, update, dated, true);
    const char *end = memchr(out->data + start, '\n', out->size - start);
    if (end + 1 == out->data + out->size)
        return;
    out->size = start;
    put_pieces(out, look, update, dated, false);
}
