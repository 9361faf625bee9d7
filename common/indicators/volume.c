/* volume - where the trading is. */
#include "common/indicators/kernels.h"

/* ---- OBV --------------------------------------------------------------------------------------
 */

struct obv {
    struct dd total;
    double before;
};

static void obv_init(struct arena *arena, const double *params)
{
    (void)params;
    struct obv *self = arena_struct(arena, sizeof *self);
    *self = (struct obv){.before = NAN};
}

INDICATOR_STEP obv_step(struct obv *self, const double *in, double *out, bool keep)
{
    double volume = isnan(self->before) || in[0] > self->before ? in[1]
                    : in[0] < self->before                      ? -in[1]
                                                                : 0;
    struct dd total = dd_add_number(self->total, volume);
    out[0] = dd_value(total);
    if (keep) {
        self->total = total;
        self->before = in[0];
    }
}

INDICATOR_FUNCTIONS(obv)
ROW(obv, .name = "OBV", .title = "On-balance volume", .category = "volume",
    .reference = "Granville 1963, New Key to Stock Market Profits; TA-Lib OBV",
    .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)}, .outputs = {"OBV"}, .defined_bars = one_bar,
    .settled_bars = forever_bars);

/* ---- VWAP -------------------------------------------------------------------------------------
 */

struct vwap {
    struct dd money, volume;
    double day;
};

static void vwap_init(struct arena *arena, const double *params)
{
    (void)params;
    struct vwap *self = arena_struct(arena, sizeof *self);
    *self = (struct vwap){.day = NAN};
}

INDICATOR_STEP vwap_step(struct vwap *self, const double *in, double *out, bool keep)
{
    bool same_day = in[4] == self->day;
    struct dd none = {0, 0}, typical = two_sum(in[0], in[1]);
    typical = dd_add_number(typical, in[2]);
    struct dd money = dd_add(same_day ? self->money : none, dd_scale(typical, in[3]));
    struct dd volume = dd_add_number(same_day ? self->volume : none, in[3]);
    double traded = dd_value(volume);
    out[0] = traded > 0 ? dd_value(money) / 3 / traded : NAN;
    if (keep) {
        self->money = money;
        self->volume = volume;
        self->day = in[4];
    }
}

INDICATOR_FUNCTIONS(vwap)
ROW(vwap, .name = "VWAP", .title = "Volume-weighted average price of the day",
    .category = "overlap",
    .reference = "Berkowitz, Logue and Noser 1988, Journal of Finance 43:1, p. 99; pandas-ta vwap",
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE), BAR(FIELD_VOLUME),
               BAR(FIELD_DAY)},
    .outputs = {"VWAP"}, .defined_bars = one_bar, .settled_bars = forever_bars);
