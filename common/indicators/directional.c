/* directional - the parts of Wilder's directional movement, and Aroon. */
#include "common/indicators/directional.h"

#include "common/indicators/deque.h"

static size_t index_settled_bars(const double *params)
{
    return (size_t)params[0] + 1 + decay_bars(1 - 1 / params[0]);
}

/* ---- PLUS_DM, MINUS_DM, PLUS_DI, MINUS_DI -----------------------------------------------------
 */

/* The sums' first n - 1 bars already count (Wilder 1978, p. 37). */
static size_t movement_bars(const double *params)
{
    return params[0] > 1 ? (size_t)params[0] : 2;
}

/* A row of one of the sums: 0 up, 1 down. */
#define MOVEMENT_ROW(NAME, CAPITALS, TITLE, SUM)                                                   \
    struct NAME {                                                                                  \
        struct directional movement;                                                               \
    };                                                                                             \
    static void NAME##_init(struct arena *arena, const double *params)                             \
    {                                                                                              \
        struct NAME *self = arena_struct(arena, sizeof *self);                                     \
        directional_init(&self->movement, (uint32_t)params[0]);                                    \
    }                                                                                              \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep)        \
    {                                                                                              \
        double sums[3], bar[] = {in[0], in[1], in[1]};                                             \
        uint32_t seen = directional_count(&self->movement, bar, sums, keep);                       \
        out[0] = seen > 0 && seen + 1 >= self->movement.n ? sums[SUM] : NAN;                       \
    }                                                                                              \
    INDICATOR_FUNCTIONS(NAME)                                                                      \
    ROW(NAME, .name = CAPITALS, .title = TITLE, .category = "trend",                               \
        .reference =                                                                               \
            "Wilder 1978, New Concepts in Technical Trading Systems, pp. 35-47; TA-Lib " CAPITALS, \
        .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)},                    \
        .outputs = {CAPITALS}, .defined_bars = movement_bars, .settled_bars = index_settled_bars)

MOVEMENT_ROW(plus_dm, "PLUS_DM", "Directional movement up", 0);
MOVEMENT_ROW(minus_dm, "MINUS_DM", "Directional movement down", 1);

/* A row of one of the sums, as a share of the range. */
#define SHARE_ROW(NAME, CAPITALS, TITLE, SUM)                                                      \
    struct NAME {                                                                                  \
        struct directional movement;                                                               \
    };                                                                                             \
    static void NAME##_init(struct arena *arena, const double *params)                             \
    {                                                                                              \
        struct NAME *self = arena_struct(arena, sizeof *self);                                     \
        directional_init(&self->movement, (uint32_t)params[0]);                                    \
    }                                                                                              \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep)        \
    {                                                                                              \
        double sums[3];                                                                            \
        bool full = directional_step(&self->movement, in, sums, keep);                             \
        out[0] = full ? directional_share(sums[SUM], sums[2]) : NAN;                               \
    }                                                                                              \
    INDICATOR_FUNCTIONS(NAME)                                                                      \
    ROW(NAME, .name = CAPITALS, .title = TITLE, .category = "trend",                               \
        .reference =                                                                               \
            "Wilder 1978, New Concepts in Technical Trading Systems, pp. 35-47; TA-Lib " CAPITALS, \
        .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},  \
        .outputs = {CAPITALS}, .defined_bars = length_plus_1_bars,                                 \
        .settled_bars = index_settled_bars)

SHARE_ROW(plus_di, "PLUS_DI", "Directional indicator up", 0);
SHARE_ROW(minus_di, "MINUS_DI", "Directional indicator down", 1);

/* ---- DX, ADXR ---------------------------------------------------------------------------------
 */

struct dx {
    struct directional movement;
    double last;
};

static void dx_init(struct arena *arena, const double *params)
{
    struct dx *self = arena_struct(arena, sizeof *self);
    directional_init(&self->movement, (uint32_t)params[0]);
    self->last = 0;
}

/* Where nothing moves the index stays what it was, 0 at first. */
INDICATOR_STEP dx_step(struct dx *self, const double *in, double *out, bool keep)
{
    double sums[3];
    out[0] = NAN;
    if (!directional_step(&self->movement, in, sums, keep))
        return;
    double index = directional_index(sums);
    out[0] = isnan(index) ? self->last : index;
    if (keep)
        self->last = out[0];
}

/* An index of one bar may stand for any number of them. */
static size_t dx_settled_bars(const double *params)
{
    return params[0] > 1 ? index_settled_bars(params) : 0;
}

INDICATOR_FUNCTIONS(dx)
ROW(dx, .name = "DX", .title = "Directional movement index", .category = "trend",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 35-47; TA-Lib DX",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"DX"}, .defined_bars = length_plus_1_bars, .settled_bars = dx_settled_bars);

struct adxr {
    struct directional_average index;
    struct ring past;
};

static void adxr_init(struct arena *arena, const double *params)
{
    struct adxr *self = arena_struct(arena, sizeof *self);
    directional_average_init(&self->index, (uint32_t)params[0]);
    ring_init(&self->past, arena, (uint32_t)params[0] - 1);
}

INDICATOR_STEP adxr_step(struct adxr *self, const double *in, double *out, bool keep)
{
    double sums[3], average = directional_average_step(&self->index, in, sums, keep);
    out[0] = isnan(average) ? NAN : (average + ring_push(&self->past, average, keep)) / 2;
}

static size_t adxr_defined_bars(const double *params)
{
    return 3 * (size_t)params[0] - 1;
}

static size_t adxr_settled_bars(const double *params)
{
    return adxr_defined_bars(params) + 2 * decay_bars(1 - 1 / params[0]);
}

INDICATOR_FUNCTIONS(adxr)
ROW(adxr, .name = "ADXR", .title = "Average directional movement rating", .category = "trend",
    .reference = "Wilder 1978, New Concepts in Technical Trading Systems, pp. 35-47; TA-Lib ADXR",
    .params = {LENGTH(14, 2)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
    .outputs = {"ADXR"}, .defined_bars = adxr_defined_bars, .settled_bars = adxr_settled_bars);

/* ---- AROON ------------------------------------------------------------------------------------
 */

struct aroon {
    struct deque highest, lowest;
};

static void aroon_init(struct arena *arena, const double *params)
{
    struct aroon *self = arena_struct(arena, sizeof *self);
    deque_init(&self->highest, arena, (uint32_t)params[0] + 1, false);
    deque_init(&self->lowest, arena, (uint32_t)params[0] + 1, true);
}

INDICATOR_STEP aroon_step(struct aroon *self, const double *in, double *out, bool keep)
{
    uint32_t highest_ago, lowest_ago, n = self->highest.n - 1;
    double highest = deque_step(&self->highest, in[0], &highest_ago, keep);
    double lowest = deque_step(&self->lowest, in[1], &lowest_ago, keep);
    double down = 100.0 / n * (n - lowest_ago), up = 100.0 / n * (n - highest_ago);
    bool full = !isnan(highest) && !isnan(lowest);
    out[0] = full ? down : NAN;
    out[1] = full ? up : NAN;
    out[2] = full ? up - down : NAN;
}

INDICATOR_FUNCTIONS(aroon)
ROW(aroon, .name = "AROON", .title = "Aroon: how fresh the highest and the lowest are",
    .category = "trend",
    .reference = "Chande 1995, A time price oscillator, TASC 13:9; TA-Lib AROON, AROONOSC",
    .params = {LENGTH(14, 1)}, .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)},
    .outputs = {"AROOND", "AROONU", "AROONOSC"}, .defined_bars = length_plus_1_bars,
    .settled_bars = length_plus_1_bars);
