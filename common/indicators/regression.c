/* regression - the straight line through a window's values: its ends, its slope, its next point. */
#include "common/indicators/kernels.h"

struct regression {
    struct weighted window;
};

static inline void regression_init(struct regression *self, struct arena *arena, uint32_t n)
{
    weighted_init(&self->window, arena, n);
}

/* The line's value in the middle of the window, and its rise a bar; NAN until the window is full.
 * With S the sum and W the sum weighted 1 to n, the slope is 6 (2 W - (n + 1) S) / (n (n^2 - 1)):
 * the parenthesis is had exactly, so a level line has slope zero. */
KERNEL double regression_step(struct regression *self, double x, double *slope, bool keep)
{
    struct weighted *window = &self->window;
    double n = window->sum.ring.n;
    struct dd total = dd_add(dd_subtract(window->weighted, window->sum.sum), two_product(x, n));
    bool full;
    struct dd sum = window_sum_slide(&window->sum, x, &full, keep);
    if (keep)
        window->weighted = total;
    double lean = dd_value(dd_subtract(dd_scale(total, 2), dd_scale(sum, n + 1)));
    *slope = full ? lean * 6 / (n * (n * n - 1)) : NAN;
    return full ? dd_value(sum) / n : NAN;
}

/* A row that makes EXPRESSION of middle, slope and n. */
#define LINE_ROW(NAME, EXPRESSION, CAPITALS, ...)                                           \
    struct NAME {                                                                           \
        struct regression line;                                                             \
    };                                                                                      \
    static void NAME##_init(struct arena *arena, const double *params)                      \
    {                                                                                       \
        struct NAME *self = arena_struct(arena, sizeof *self);                              \
        regression_init(&self->line, arena, (uint32_t)params[0]);                           \
    }                                                                                       \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep) \
    {                                                                                       \
        double n = self->line.window.sum.ring.n, slope;                                     \
        double middle = regression_step(&self->line, in[0], &slope, keep);                  \
        (void)n, (void)middle;                                                              \
        out[0] = EXPRESSION;                                                                \
    }                                                                                       \
    INDICATOR_FUNCTIONS(NAME)                                                               \
    ROW(NAME, .name = CAPITALS, .category = "statistics", .params = {LENGTH(14, 2)},        \
        .inputs = {ON_CLOSE}, .outputs = {CAPITALS}, .defined_bars = length_bars,           \
        .settled_bars = length_bars, __VA_ARGS__)

LINE_ROW(linreg, middle + slope * ((n - 1) / 2), "LINREG",
         .title = "Linear regression: the line's last point", .aliases = {"LINEARREG"},
         .reference = "least squares against the bar's number; TA-Lib LINEARREG");
LINE_ROW(linearreg_intercept, middle - slope * ((n - 1) / 2), "LINEARREG_INTERCEPT",
         .title = "Linear regression: the line's first point",
         .reference = "least squares against the bar's number; TA-Lib LINEARREG_INTERCEPT");
LINE_ROW(linearreg_slope, slope, "LINEARREG_SLOPE", .title = "Linear regression: rise a bar",
         .reference = "least squares against the bar's number; TA-Lib LINEARREG_SLOPE");
LINE_ROW(linearreg_angle, atan(slope) * (180 / 3.14159265358979323846), "LINEARREG_ANGLE",
         .title = "Linear regression: angle of the line, in degrees",
         .reference = "least squares against the bar's number; TA-Lib LINEARREG_ANGLE");
LINE_ROW(tsf, middle + slope * ((n + 1) / 2), "TSF",
         .title = "Time series forecast: the line's next point",
         .reference = "least squares against the bar's number; TA-Lib TSF");
