/* regression - the straight line through a window's values: its ends, its slope, its next point. */
#include "common/indicators/window_statistics.h"

/* A row that makes EXPRESSION of the line `fit`. */
#define LINE_ROW(NAME, EXPRESSION, CAPITALS, ...)                                           \
    struct NAME {                                                                           \
        struct line line;                                                                   \
    };                                                                                      \
    static void NAME##_init(struct arena *arena, const double *params)                      \
    {                                                                                       \
        struct NAME *self = arena_struct(arena, sizeof *self);                              \
        line_init(&self->line, arena, (uint32_t)params[0]);                                 \
    }                                                                                       \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep) \
    {                                                                                       \
        struct line_fit fit = line_step(&self->line, in[0], keep);                          \
        out[0] = EXPRESSION;                                                                \
    }                                                                                       \
    INDICATOR_FUNCTIONS(NAME)                                                               \
    ROW(NAME, .name = CAPITALS, .category = "statistics", .params = {LENGTH(14, 2)},        \
        .inputs = {ON_CLOSE}, .outputs = {CAPITALS}, .defined_bars = length_bars,           \
        .settled_bars = length_bars, __VA_ARGS__)

LINE_ROW(linreg, line_at(fit, fit.n - 1), "LINREG",
         .title = "Linear regression: the line's last point", .aliases = {"LINEARREG"},
         .reference = "least squares against the bar's number; TA-Lib LINEARREG");
LINE_ROW(linearreg_intercept, line_at(fit, 0), "LINEARREG_INTERCEPT",
         .title = "Linear regression: the line's first point",
         .reference = "least squares against the bar's number; TA-Lib LINEARREG_INTERCEPT");
LINE_ROW(linearreg_slope, fit.slope, "LINEARREG_SLOPE", .title = "Linear regression: rise a bar",
         .reference = "least squares against the bar's number; TA-Lib LINEARREG_SLOPE");
LINE_ROW(linearreg_angle, atan(fit.slope) * (180 / 3.14159265358979323846), "LINEARREG_ANGLE",
         .title = "Linear regression: angle of the line, in degrees",
         .reference = "least squares against the bar's number; TA-Lib LINEARREG_ANGLE");
LINE_ROW(tsf, line_at(fit, fit.n), "TSF", .title = "Time series forecast: the line's next point",
         .reference = "least squares against the bar's number; TA-Lib TSF");
