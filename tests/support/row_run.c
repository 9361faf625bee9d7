#include "tests/support/row_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "tests/support/effort.h"

enum { DAY_MS = 86400000, KOLKATA_MS = 19800000 };

static double field_of(const struct bar *bar, size_t i, enum field field)
{
    switch (field) {
    case FIELD_OPEN:
        return bar->open;
    case FIELD_HIGH:
        return bar->high;
    case FIELD_LOW:
        return bar->low;
    case FIELD_CLOSE:
        return bar->close;
    case FIELD_VOLUME:
        return bar->volume;
    case FIELD_HL2:
        return (bar->high + bar->low) / 2;
    case FIELD_HLC3:
        return (bar->high + bar->low + bar->close) / 3;
    case FIELD_OHLC4:
        return (bar->open + bar->high + bar->low + bar->close) / 4;
    case FIELD_DAY:
        return (double)((bar->start_ms + KOLKATA_MS) / DAY_MS);
    default:
        return (double)i;
    }
}

void row_run_gather(const struct row_run *self, const struct bar *bar, size_t i, double *in)
{
    for (size_t k = 0; self->row->inputs[k].field; k++)
        in[k] = field_of(bar, i, self->fields[k]);
}

static void start(struct row_run *self)
{
    self->size = indicator_state_size(self->row, self->params);
    self->state = mem_alloc_zero(1, self->size);
    indicator_state_init(self->row, self->params, self->state);
}

static void take_row(struct row_run *self, const struct indicator *row)
{
    *self = (struct row_run){.row = row};
    for (size_t k = 0; row->params[k].name; k++)
        self->params[k] = row->params[k].def;
    for (size_t k = 0; row->inputs[k].field; k++)
        self->fields[k] = row->inputs[k].field;
}

/* Puts "length=14" where it belongs; false if the row has no such parameter. */
static bool set_param(struct row_run *self, const char *name, const char *value)
{
    for (size_t k = 0; self->row->inputs[k].field; k++)
        if (self->row->inputs[k].choose && strcmp(self->row->inputs[k].choose, name) == 0) {
            self->fields[k] = field_parse(value);
            return true;
        }
    for (size_t k = 0; self->row->params[k].name; k++) {
        const struct indicator_param *param = &self->row->params[k];
        if (strcmp(param->name, name) != 0)
            continue;
        self->params[k] = atof(value);
        for (size_t c = 0; param->type == PARAM_CHOICE && param->choices[c]; c++)
            if (strcmp(param->choices[c], value) == 0)
                self->params[k] = (double)c;
        return true;
    }
    return false;
}

bool row_run_begin(struct row_run *self, const struct indicator *row, const char *params)
{
    bool known = true;
    char copy[512], *rest = copy;
    snprintf(copy, sizeof copy, "%s", params);
    take_row(self, row);
    for (char *one; (one = strsep(&rest, ";"));) {
        char *value = strchr(one, '=');
        if (!value)
            continue;
        *value++ = '\0';
        known &= set_param(self, one, value);
    }
    start(self);
    return known;
}

void row_run_begin_with(struct row_run *self, const struct indicator *row, const double *params)
{
    take_row(self, row);
    memcpy(self->params, params, indicator_n_params(row) * sizeof *params);
    start(self);
}

void row_run_end(struct row_run *self)
{
    free(self->state);
    self->state = NULL;
}

void row_run_commit(struct row_run *self, const struct bar *bar, size_t i, double *out)
{
    double in[INDICATOR_INPUTS_MAX];
    row_run_gather(self, bar, i, in);
    self->row->commit(self->state, in, out);
}

bool row_run_is_defined(const struct row_run *self, const double *out)
{
    for (size_t k = 0; self->row->outputs[k]; k++)
        if (isnan(out[k]))
            return false;
    return true;
}

double usual_size(const double *values, size_t n, size_t step)
{
    double sum = 0, present = 0;
    for (size_t i = 0; i < n * step; i += step)
        if (isfinite(values[i])) {
            sum += fabs(values[i]);
            present++;
        }
    return present > 0 ? sum / present : 0;
}

bool is_close(double got, double wanted, double size)
{
    if (isnan(wanted))
        return isnan(got);
    return got == wanted || fabs(got - wanted) <= 1e-9 * fmax(fabs(wanted), size);
}

/* ---- at random --------------------------------------------------------------------------------
 */

/* Knuth 1997, The Art of Computer Programming 2, p. 108, line 26. */
static uint64_t roll(struct dice *self)
{
    self->state = self->state * 6364136223846793005u + 1442695040888963407u;
    return self->state >> 11;
}

double dice_share(struct dice *self)
{
    return (double)roll(self) / 9007199254740992.0;
}

uint32_t dice_below(struct dice *self, uint32_t n)
{
    return (uint32_t)(dice_share(self) * n);
}

static double draw_whole(struct dice *dice, const struct indicator_param *param, uint32_t longest)
{
    double least = fmax(param->min, 1), most = fmin(param->max, longest);
    if (most < least)
        return param->def;
    double x = floor(least * pow((most + 1) / least, dice_share(dice)));
    return param->min == 0 && dice_below(dice, 4) == 0 ? 0 : fmin(x, most);
}

static double draw_real(struct dice *dice, const struct indicator_param *param)
{
    uint32_t kind = dice_below(dice, 8);
    double x = param->def * pow(4, 2 * dice_share(dice) - 1);
    return kind == 0 ? param->min : kind == 1 ? param->max : fmax(fmin(x, param->max), param->min);
}

void dice_params(struct dice *self, const struct indicator *row, uint32_t longest, double *params)
{
    for (const struct indicator_param *param = row->params; param->name; param++) {
        uint32_t n = 0;
        while (param->type == PARAM_CHOICE && param->choices[n])
            n++;
        *params++ = param->type == PARAM_CHOICE ? dice_below(self, n)
                    : param->type == PARAM_INT  ? draw_whole(self, param, longest)
                                                : draw_real(self, param);
    }
}

bool row_complain(const struct indicator *row, const double *params, const char *fmt, ...)
{
    va_list args;
    struct buf text = {0};
    buf_put_format(&text, "%s(", row->name);
    for (size_t k = 0; row->params[k].name; k++) {
        buf_put_format(&text, "%s%s=", k > 0 ? "," : "", row->params[k].name);
        if (row->params[k].type == PARAM_CHOICE)
            buf_put_text(&text, row->params[k].choices[(size_t)params[k]]);
        else
            json_put_number(&text, params[k]);
    }
    printf("%s): ", text.data);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    buf_destroy(&text);
    return false;
}

size_t rows_failing(row_check_fn *check, int draws, uint32_t longest, const void *context)
{
    size_t failing = 0;
    for (size_t r = 0; r < indicator_count(); r++) {
        const struct indicator *row = INDICATORS[r];
        struct dice dice = {r};
        double params[INDICATOR_PARAMS_MAX] = {0};
        for (size_t k = 0; row->params[k].name; k++)
            params[k] = row->params[k].def;
        for (size_t draw = 0; draw <= (row->params[0].name ? effort((size_t)draws) : 0); draw++) {
            if (draw > 0)
                dice_params(&dice, row, longest, params);
            if (!row->unavailable)
                failing += !check(row, params, 1000 * r + draw, context);
        }
    }
    return failing;
}

/* ---- bars -------------------------------------------------------------------------------------
 */

#define LEVEL 25000
#define TICKS 20 /* in a unit of price */

enum { DAY_BARS = 375, FIRST_MS = 1762227900, FLAT_MAX = 90 };

void walk_begin(struct walk *self, enum market market, uint64_t seed)
{
    *self = (struct walk){.dice = {seed}, .market = market, .price = LEVEL};
    roll(&self->dice);
}

static double on_tick(double price)
{
    return round(price * TICKS) / TICKS;
}

/* The next close; a walk that strays is reflected. */
static double next_price(struct walk *self)
{
    double price = self->price + (dice_share(&self->dice) - 0.5) * 20;
    if (fabs(price - LEVEL) > LEVEL / 5)
        price = 2 * self->price - price;
    return on_tick(price);
}

static void roughen(struct walk *self, struct bar *bar)
{
    switch (dice_below(&self->dice, 12)) {
    case 0:
        bar->volume = 0;
        break;
    case 1: /* no range */
        bar->open = bar->high = bar->low = bar->close;
        break;
    case 2: /* no shadows */
        bar->high = fmax(bar->open, bar->close);
        bar->low = fmin(bar->open, bar->close);
        break;
    case 3: /* a round high, as others have */
        bar->high = ceil(bar->high / 10) * 10;
        break;
    default:
        break;
    }
    if (self->flat == 0 && dice_below(&self->dice, 200) == 0)
        self->flat = dice_below(&self->dice, FLAT_MAX);
}

struct bar walk_next(struct walk *self)
{
    size_t day = self->n / DAY_BARS, minute = self->n % DAY_BARS;
    struct bar bar = {.start_ms = FIRST_MS * (int64_t)1000 + (int64_t)day * DAY_MS +
                                  (int64_t)minute * 60000,
                      .oi = NAN,
                      .oi_reference = NAN};
    self->n++;
    bar.open = bar.high = bar.low = bar.close = self->price;
    if (self->flat > 0) {
        self->flat--;
        return bar;
    }
    self->price = bar.close = next_price(self);
    bar.high = on_tick(fmax(bar.open, bar.close) + 5 * dice_share(&self->dice));
    bar.low = on_tick(fmin(bar.open, bar.close) - 5 * dice_share(&self->dice));
    bar.volume = 1 + dice_below(&self->dice, 5000);
    if (self->market == MARKET_ROUGH)
        roughen(self, &bar);
    return bar;
}
