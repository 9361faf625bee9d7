/* math - extremes and sums of a window, arithmetic of two series, functions of one. */
#include "common/indicators/deque.h"
#include "common/indicators/stateless.h"

/* ---- SUM --------------------------------------------------------------------------------------
 */

struct sum {
    struct window_sum window;
};

static void sum_init(struct arena *arena, const double *params)
{
    struct sum *self = arena_struct(arena, sizeof *self);
    window_sum_init(&self->window, arena, (uint32_t)params[0]);
}

INDICATOR_STEP sum_step(struct sum *self, const double *in, double *out, bool keep)
{
    out[0] = window_sum_step(&self->window, in[0], keep);
}

INDICATOR_FUNCTIONS(sum)
ROW(sum, .name = "SUM", .title = "Sum of a window", .category = "math",
    .reference = "the sum, its rounding errors carried along; TA-Lib SUM",
    .params = {LENGTH(30, 1)}, .inputs = {ON_CLOSE}, .outputs = {"SUM"},
    .defined_bars = length_bars, .settled_bars = length_bars);

/* ---- MAX, MIN, MINMAX and where they are ------------------------------------------------------
 */

/* An extreme and its place. Of equal values the reference holds on to the one it has until an equal
 * one comes or it leaves the window; then the oldest that is left counts. So here, unlike in
 * deque_step, equal values stay in the deque; and which one counts depends on the start. */
struct place {
    struct deque deque;
    uint32_t held; /* number of the value that counts */
};

static inline void place_init(struct place *self, struct arena *arena, uint32_t n, bool lowest)
{
    deque_init(&self->deque, arena, n, lowest);
    self->held = 0;
}

/* Takes x into the deque behind `size` values from `head` on. */
KERNEL void place_keep(struct deque *deque, double x, uint32_t head, uint32_t size)
{
    double *values = deque->values;
    uint32_t *numbers = deque->numbers;
    deque->head = head;
    while (size > 0 && !deque_beats(deque, values[deque_place(deque, size - 1)], x))
        size--;
    uint32_t at = deque_place(deque, size);
    values[at] = x;
    numbers[at] = deque->now++;
    deque->size = size + 1;
    deque->seen += deque->seen < deque->n;
}

/* The extreme and how many bars ago it was, both NAN until the window is full. */
KERNEL double place_step(struct place *self, double x, double *ago, bool keep)
{
    struct deque *deque = &self->deque;
    const double *values = deque->values;
    const uint32_t *numbers = deque->numbers;
    uint32_t head = deque->head, size = deque->size, now = deque->now, held = self->held;
    bool full = deque->seen + 1 >= deque->n,
         gone = deque->seen < deque->n || now - held >= deque->n;
    if (size > 0 && now - numbers[head] >= deque->n) {
        head = head + 1 == deque->n ? 0 : head + 1;
        size--;
    }
    bool best = size == 0 || deque_beats(deque, x, values[head]);
    bool equal = size > 0 && x == values[head];
    double value = best ? x : values[head];
    if (gone)
        held = size > 0 && (!best || equal) ? numbers[head] : now;
    else if (best)
        held = now;
    *ago = full ? (double)(now - held) : NAN;
    if (keep) {
        place_keep(deque, x, head, size);
        self->held = held;
    }
    return full ? value : NAN;
}

/* A row of one side. */
#define SIDE_ROW(NAME, LOWEST, WHAT, ...)                                                   \
    struct NAME {                                                                           \
        struct place window;                                                                \
    };                                                                                      \
    static void NAME##_init(struct arena *arena, const double *params)                      \
    {                                                                                       \
        struct NAME *self = arena_struct(arena, sizeof *self);                              \
        place_init(&self->window, arena, (uint32_t)params[0], LOWEST);                      \
    }                                                                                       \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep) \
    {                                                                                       \
        double ago, value = place_step(&self->window, in[0], &ago, keep);                   \
        (void)value;                                                                        \
        out[0] = WHAT;                                                                      \
    }                                                                                       \
    INDICATOR_FUNCTIONS(NAME)                                                               \
    ROW(NAME, .category = "math", .params = {LENGTH(30, 1)}, .inputs = {ON_CLOSE},          \
        .defined_bars = length_bars, __VA_ARGS__)

SIDE_ROW(max, false, value, .name = "MAX", .title = "Highest of a window",
         .reference = "TA-Lib MAX", .outputs = {"MAX"}, .settled_bars = length_bars);
SIDE_ROW(min, true, value, .name = "MIN", .title = "Lowest of a window", .reference = "TA-Lib MIN",
         .outputs = {"MIN"}, .settled_bars = length_bars);
SIDE_ROW(maxindex, false, ago, .name = "MAXINDEX", .title = "How many bars ago the highest was",
         .reference = "TA-Lib MAXINDEX, counted back from the bar", .outputs = {"MAXINDEX"},
         .settled_bars = forever_bars);
SIDE_ROW(minindex, true, ago, .name = "MININDEX", .title = "How many bars ago the lowest was",
         .reference = "TA-Lib MININDEX, counted back from the bar", .outputs = {"MININDEX"},
         .settled_bars = forever_bars);

/* A row of both sides. */
#define SIDES_ROW(NAME, WHAT, ...)                                                          \
    struct NAME {                                                                           \
        struct place lowest, highest;                                                       \
    };                                                                                      \
    static void NAME##_init(struct arena *arena, const double *params)                      \
    {                                                                                       \
        struct NAME *self = arena_struct(arena, sizeof *self);                              \
        place_init(&self->lowest, arena, (uint32_t)params[0], true);                        \
        place_init(&self->highest, arena, (uint32_t)params[0], false);                      \
    }                                                                                       \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep) \
    {                                                                                       \
        double ago[2], values[2];                                                           \
        values[0] = place_step(&self->lowest, in[0], &ago[0], keep);                        \
        values[1] = place_step(&self->highest, in[0], &ago[1], keep);                       \
        (void)values;                                                                       \
        out[0] = WHAT[0];                                                                   \
        out[1] = WHAT[1];                                                                   \
    }                                                                                       \
    INDICATOR_FUNCTIONS(NAME)                                                               \
    ROW(NAME, .category = "math", .params = {LENGTH(30, 1)}, .inputs = {ON_CLOSE},          \
        .defined_bars = length_bars, __VA_ARGS__)

SIDES_ROW(minmax, values, .name = "MINMAX", .title = "Lowest and highest of a window",
          .reference = "TA-Lib MINMAX", .outputs = {"MIN", "MAX"}, .settled_bars = length_bars);
SIDES_ROW(minmaxindex, ago, .name = "MINMAXINDEX",
          .title = "How many bars ago the lowest and the highest were",
          .reference = "TA-Lib MINMAXINDEX, counted back from the bar",
          .outputs = {"MININDEX", "MAXINDEX"}, .settled_bars = forever_bars);

/* ---- arithmetic and functions of one bar ------------------------------------------------------
 */

#define PAIR_ROW(NAME, OPERATOR, CAPITALS, TITLE)                                             \
    STATELESS_ROW(NAME, in[0] OPERATOR in[1], .name = CAPITALS, .title = TITLE,               \
                  .category = "math", .reference = "TA-Lib " CAPITALS, .outputs = {CAPITALS}, \
                  .inputs = {{FIELD_HIGH, "source"}, {FIELD_LOW, "source2"}})

PAIR_ROW(add, +, "ADD", "Sum of two series");
PAIR_ROW(sub, -, "SUB", "Difference of two series");
PAIR_ROW(mult, *, "MULT", "Product of two series");
PAIR_ROW(div, /, "DIV", "Quotient of two series");

/* Not defined where the function is not, or overflows. */
#define FUNCTION_ROW(FUNCTION, CAPITALS, TITLE)                                               \
    STATELESS_ROW(function_##FUNCTION, FUNCTION(in[0]), .name = CAPITALS, .title = TITLE,     \
                  .category = "math", .reference = "TA-Lib " CAPITALS, .outputs = {CAPITALS}, \
                  .inputs = {ON_CLOSE})

FUNCTION_ROW(acos, "ACOS", "Arc cosine");
FUNCTION_ROW(asin, "ASIN", "Arc sine");
FUNCTION_ROW(atan, "ATAN", "Arc tangent");
FUNCTION_ROW(ceil, "CEIL", "Rounded up");
FUNCTION_ROW(cos, "COS", "Cosine");
FUNCTION_ROW(cosh, "COSH", "Hyperbolic cosine");
FUNCTION_ROW(exp, "EXP", "Exponential");
FUNCTION_ROW(floor, "FLOOR", "Rounded down");
FUNCTION_ROW(log, "LN", "Natural logarithm");
FUNCTION_ROW(log10, "LOG10", "Decimal logarithm");
FUNCTION_ROW(sin, "SIN", "Sine");
FUNCTION_ROW(sinh, "SINH", "Hyperbolic sine");
FUNCTION_ROW(sqrt, "SQRT", "Square root");
FUNCTION_ROW(tan, "TAN", "Tangent");
FUNCTION_ROW(tanh, "TANH", "Hyperbolic tangent");
