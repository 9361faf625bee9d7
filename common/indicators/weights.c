/* weights - averages whose weights are a fixed curve over the window. */
#include "common/indicators/kernels.h"

enum {
    WEIGHTS_MAX = 200
}; /* beyond it the curves vanish or overflow, and each bar costs its window */

#define CURVE_LENGTH(DEFAULT)                                                              \
    {                                                                                      \
        .name = "length", .type = PARAM_INT, .def = DEFAULT, .min = 1, .max = WEIGHTS_MAX, \
        .about = "bars in the window"                                                      \
    }

/* The last n - 1 values, and n weights that add up to 1: weight 0 is of the oldest value. */
struct curve {
    struct ring ring;
    double *weights;
};

typedef double weight_fn(const double *params, uint32_t i);

static void curve_init(struct curve *self, struct arena *arena, const double *params, uint32_t n,
                       weight_fn *weight)
{
    ring_init(&self->ring, arena, n);
    arena_array(arena, &self->weights, n, sizeof(double));
    if (!arena->is_real)
        return;
    double *weights = self->weights, sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += weights[i] = weight(params, i);
    for (uint32_t i = 0; i < n; i++)
        weights[i] /= sum;
}

KERNEL double curve_step(struct curve *self, double x, bool keep)
{
    const double *weights = self->weights;
    uint32_t n = self->ring.n;
    double sum = weights[n - 1] * x;
    bool full = self->ring.filled + 1 >= n;
    for (uint32_t ago = 1; full && ago < n; ago++)
        sum += weights[n - 1 - ago] * ring_ago(&self->ring, ago);
    ring_store(&self->ring, x, keep);
    return full ? sum : NAN;
}

/* A row of such an average; WEIGHT is its curve. */
#define CURVE_ROW(ROW_NAME, WEIGHT, DEFAULT, NAME, ...)                                         \
    struct ROW_NAME {                                                                           \
        struct curve curve;                                                                     \
    };                                                                                          \
    static void ROW_NAME##_init(struct arena *arena, const double *params)                      \
    {                                                                                           \
        struct ROW_NAME *self = arena_struct(arena, sizeof *self);                              \
        curve_init(&self->curve, arena, params, (uint32_t)params[0], WEIGHT);                   \
    }                                                                                           \
    INDICATOR_STEP ROW_NAME##_step(struct ROW_NAME *self, const double *in, double *out,        \
                                   bool keep)                                                   \
    {                                                                                           \
        out[0] = curve_step(&self->curve, in[0], keep);                                         \
    }                                                                                           \
    INDICATOR_FUNCTIONS(ROW_NAME)                                                               \
    ROW(ROW_NAME, .name = NAME, .category = "overlap", .inputs = {ON_CLOSE}, .outputs = {NAME}, \
        .defined_bars = length_bars, .settled_bars = length_bars, __VA_ARGS__)

static double gaussian_weight(const double *params, uint32_t i)
{
    double length = params[0], middle = params[2] * (length - 1), width = length / params[1];
    double away = (length - 1 - i) - middle; /* the curve's time runs back from the newest */
    /* Against the place nearest to the top, since a narrow curve would else vanish altogether. */
    double nearest = fmin(rint(middle), length - 1) - middle;
    return exp((nearest * nearest - away * away) / (2 * width * width));
}

struct alma {
    struct curve curve;
    uint32_t seen; /* bars, up to where the curve counts */
};

static void alma_init(struct arena *arena, const double *params)
{
    struct alma *self = arena_struct(arena, sizeof *self);
    curve_init(&self->curve, arena, params, (uint32_t)params[0], gaussian_weight);
}

/* The first value is 0 and the second is missing, as in the reference. */
INDICATOR_STEP alma_step(struct alma *self, const double *in, double *out, bool keep)
{
    uint32_t n = self->curve.ring.n, seen = self->seen + (self->seen < n + 2);
    double average = curve_step(&self->curve, in[0], keep);
    out[0] = seen > n + 1 ? average : seen == n ? 0 : NAN;
    if (keep)
        self->seen = seen;
}

static size_t alma_bars(const double *params)
{
    return (size_t)params[0] + 2;
}

INDICATOR_FUNCTIONS(alma)
ROW(alma, .name = "ALMA", .title = "Arnaud Legoux moving average", .category = "overlap",
    .reference = "Legoux and Kouzis-Loukas 2009, a Gaussian curve; pandas-ta alma",
    .params = {CURVE_LENGTH(10), REAL("sigma", 6, 0.01, 1e6, "how narrow the curve is"),
               REAL("distribution_offset", 0.85, 0, 2, "where its top is, 0 the newest")},
    .inputs = {ON_CLOSE}, .outputs = {"ALMA"}, .defined_bars = alma_bars,
    .settled_bars = alma_bars);

static double fibonacci_weight(const double *params, uint32_t i)
{
    (void)params;
    double a = 1, b = 1;
    for (uint32_t k = 0; k < i; k++) {
        double next = a + b;
        a = b;
        b = next;
    }
    return a;
}

CURVE_ROW(fwma, fibonacci_weight, 10, "FWMA", .title = "Fibonacci weighted moving average",
          .reference = "weights 1 1 2 3 5 8, the newest the heaviest; pandas-ta fwma",
          .params = {CURVE_LENGTH(10)});

static double binomial_weight(const double *params, uint32_t i)
{
    double row = params[0] - 1, value = 1;
    for (uint32_t k = 1; k <= i; k++)
        value *= (row + 1 - k) / k;
    return value;
}

CURVE_ROW(pwma, binomial_weight, 10, "PWMA", .title = "Pascal's weighted moving average",
          .reference = "weights of Pascal's triangle; pandas-ta pwma",
          .params = {CURVE_LENGTH(10)});

static double sine_weight(const double *params, uint32_t i)
{
    return sin((i + 1) * 3.141592653589793 / (params[0] + 1));
}

CURVE_ROW(sinwma, sine_weight, 14, "SINWMA", .title = "Sine weighted moving average",
          .reference = "weights of half a sine wave; pandas-ta sinwma",
          .params = {CURVE_LENGTH(14)});

static double triangle_weight(const double *params, uint32_t i)
{
    double from_end = params[0] - i;
    return from_end < i + 1 ? from_end : i + 1;
}

CURVE_ROW(swma, triangle_weight, 10, "SWMA", .title = "Symmetric weighted moving average",
          .reference = "weights 1 2 3 2 1; pandas-ta swma", .params = {CURVE_LENGTH(10)});

/* ---- RVGI ---- */

struct rvgi {
    struct curve moved, range, smoothed;
    struct window_sum moves, ranges;
};

static double rvgi_weight(const double *params, uint32_t i)
{
    return triangle_weight(params + 1, i);
}

static void rvgi_init(struct arena *arena, const double *params)
{
    struct rvgi *self = arena_struct(arena, sizeof *self);
    uint32_t smooth = (uint32_t)params[1];
    curve_init(&self->moved, arena, params, smooth, rvgi_weight);
    curve_init(&self->range, arena, params, smooth, rvgi_weight);
    curve_init(&self->smoothed, arena, params, smooth, rvgi_weight);
    window_sum_init(&self->moves, arena, (uint32_t)params[0]);
    window_sum_init(&self->ranges, arena, (uint32_t)params[0]);
}

INDICATOR_STEP rvgi_step(struct rvgi *self, const double *in, double *out, bool keep)
{
    double moved = curve_step(&self->moved, some_range(in[3] - in[0]), keep);
    double range = curve_step(&self->range, some_range(in[1] - in[2]), keep);
    out[0] = out[1] = NAN;
    if (isnan(moved))
        return;
    double moves = window_sum_step(&self->moves, moved, keep);
    double ranges = window_sum_step(&self->ranges, range, keep);
    if (isnan(moves))
        return;
    out[0] = moves / ranges;
    out[1] = curve_step(&self->smoothed, out[0], keep);
}

static size_t rvgi_bars(const double *params)
{
    return (size_t)(params[0] + 2 * params[1]) - 2;
}

INDICATOR_FUNCTIONS(rvgi)
ROW(rvgi, .name = "RVGI", .title = "Relative vigor index", .category = "momentum",
    .reference = "Ehlers 2002, Relative vigor index, TASC 20:1; pandas-ta rvgi",
    .params = {LENGTH(14, 1),
               {.name = "swma_length",
                .type = PARAM_INT,
                .def = 4,
                .min = 1,
                .max = WEIGHTS_MAX,
                .about = "bars of the symmetric weights"}},
    .inputs = {BAR(FIELD_OPEN), BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"RVGI", "RVGIs"}, .defined_bars = rvgi_bars, .settled_bars = rvgi_bars);
