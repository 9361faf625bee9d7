/* trend - which way prices go, and how decidedly. */
#include "common/indicators/directional.h"

/* ---- ADX --------------------------------------------------------------------------------------
 */

struct adx {
    struct directional_average index;
};

static void adx_init(struct arena *arena, const double *params)
{
    struct adx *self = arena_struct(arena, sizeof *self);
    directional_average_init(&self->index, (uint32_t)params[0]);
}

INDICATOR_STEP adx_step(struct adx *self, const double *in, double *out, bool keep)
{
    double sums[3];
    out[0] = directional_average_step(&self->index, in, sums, keep);
    out[1] = directional_share(sums[0], sums[2]);
    out[2] = directional_share(sums[1], sums[2]);
}

static size_t adx_defined_bars(const double *params)
{
    return 2 * (size_t)params[0];
}

static size_t adx_settled_bars(const double *params)
{
    return 2 * ((size_t)params[0] + decay_bars(1 - 1 / params[0]));
}

INDICATOR_FUNCTIONS(adx)
ROW(adx, .name = "ADX", .title = "Average directional movement index", .category = "trend",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 35-47; TA-Lib ADX",
    .params = {LENGTH(14, 2)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"ADX", "DMP", "DMN"}, .defined_bars = adx_defined_bars,
    .settled_bars = adx_settled_bars);
