/* mavp - a moving average whose period is a series of its own.
 *
 * Averages over a window come from running totals, of which those of the last bars are kept:
 *
 *      the last p values = total now - total p bars ago
 *
 * so any period costs the same. Recursive ones have no such way out: each period has its own
 * average, and a bar that closes moves all of them. All begin so that their first value falls on
 * the bar on which the longest one's does, as in the reference. */
#include "common/indicators/average_kind.h"

enum { MAVP_PERIOD_MAX = 200 };

/* Of all values from the first on, number i being the i-th. */
struct totals {
    struct dd sum;      /* of x */
    struct dd weighted; /* of i x */
    struct dd of_sums;  /* of the sums up to each */
    struct dd path;     /* of the distances from value to value */
    double x;
};

struct mavp {
    enum average_kind kind;
    uint32_t least, most, size; /* size of the ring */
    uint32_t head, needed;      /* needed: bars until there is a value; 0 from then on */
    double count;               /* values seen */
    struct totals *past;        /* the ring */
    struct ema_chain *chains;   /* one for each period, or NULL, by kind */
    double *adaptive;
};

static bool is_chain(enum average_kind kind)
{
    return kind == AVERAGE_EMA || kind == AVERAGE_DEMA || kind == AVERAGE_TEMA ||
           kind == AVERAGE_T3;
}

static void mavp_init(struct arena *arena, const double *params)
{
    struct mavp *self = arena_struct(arena, sizeof *self);
    enum average_kind kind = (enum average_kind)params[2];
    uint32_t least = (uint32_t)params[0], most = (uint32_t)fmax(params[0], params[1]);
    *self = (struct mavp){.kind = kind, .least = least, .most = most, .size = most + 2};
    self->needed = (uint32_t)average_bars(kind, most);
    arena_array(arena, &self->past, self->size, sizeof(struct totals));
    if (is_chain(kind))
        arena_array(arena, &self->chains, most - least + 1, sizeof(struct ema_chain));
    if (kind == AVERAGE_KAMA)
        arena_array(arena, &self->adaptive, most - least + 1, sizeof(double));
}

/* The totals of `ago` values before the newest ones, which are not in the ring yet. */
KERNEL const struct totals *mavp_past(const struct mavp *self, uint32_t ago)
{
    const struct totals *past = self->past;
    return &past[self->head >= ago ? self->head - ago : self->head + self->size - ago];
}

/* a + b with the rest kept small, so that it never grows with the number of values. */
KERNEL struct dd accumulate(struct dd a, struct dd b)
{
    struct dd sum = dd_add(a, b);
    return two_sum(sum.hi, sum.lo);
}

KERNEL struct totals mavp_totals(const struct mavp *self, double x)
{
    struct totals now = *mavp_past(self, 1);
    double number = self->count + 1;
    now.sum = accumulate(now.sum, (struct dd){x, 0});
    now.weighted = accumulate(now.weighted, two_product(x, number));
    now.of_sums = accumulate(now.of_sums, now.sum);
    if (number > 1)
        now.path = accumulate(now.path, (struct dd){fabs(x - now.x), 0});
    now.x = x;
    return now;
}

KERNEL double mavp_window(const struct mavp *self, const struct totals *now, uint32_t period)
{
    const struct totals *before = mavp_past(self, period);
    double n = period, number = self->count + 1, first = floor(n / 2) + 1;
    struct dd sum = dd_subtract(now->sum, before->sum), weighted;
    switch (self->kind) {
    case AVERAGE_WMA:
        weighted = dd_subtract(now->weighted, before->weighted);
        return dd_value(dd_subtract(weighted, dd_scale(sum, number - n))) / (n * (n + 1) / 2);
    case AVERAGE_TRIMA:
        sum = dd_subtract(now->of_sums, mavp_past(self, period / 2 + 1)->of_sums);
        weighted = dd_subtract(mavp_past(self, (period + 1) / 2)->of_sums,
                               mavp_past(self, period + 1)->of_sums);
        return dd_value(dd_subtract(sum, weighted)) / (first * (n + 1 - first));
    default:
        return dd_value(sum) / n;
    }
}

/* The chain of a period, moved on by x. A chain takes values from the bar on that makes its first
 * one fall where all of them do. */
KERNEL double mavp_chain(const struct mavp *self, uint32_t period, double x, bool keep)
{
    struct ema_chain *chains = self->chains;
    struct ema_chain chain = chains[period - self->least];
    double value;
    if (self->needed > average_bars(self->kind, period))
        return NAN;
    if (chain.link[0].n == 0)
        ema_chain_init(&chain, period);
    switch (self->kind) {
    case AVERAGE_DEMA:
        value = double_ema(&chain, x, true);
        break;
    case AVERAGE_TEMA:
        value = triple_ema(&chain, x, true);
        break;
    case AVERAGE_T3:
        value = tillson_t3(&chain, x, AVERAGE_T3_A, true);
        break;
    default:
        value = ema_step(&chain.link[0], x, true);
    }
    if (keep)
        chains[period - self->least] = chain;
    return value;
}

KERNEL double mavp_adaptive(const struct mavp *self, const struct totals *now, uint32_t period,
                            bool keep)
{
    double *values = self->adaptive, value = now->x;
    const struct totals *before = mavp_past(self, period);
    if (self->needed > 1)
        return NAN;
    if (period > 1) {
        double last = self->needed == 1 ? mavp_past(self, 1)->x : values[period - self->least];
        double path = dd_value(dd_subtract(now->path, before->path));
        value = kaufman_next(now->x, before->x, path, last);
    }
    if (keep)
        values[period - self->least] = value;
    return value;
}

KERNEL double mavp_value(const struct mavp *self, const struct totals *now, uint32_t period,
                         bool keep)
{
    if (is_chain(self->kind))
        return mavp_chain(self, period, now->x, keep);
    if (self->kind == AVERAGE_KAMA)
        return mavp_adaptive(self, now, period, keep);
    return mavp_window(self, now, period);
}

INDICATOR_STEP mavp_step(struct mavp *self, const double *in, double *out, bool keep)
{
    uint32_t period = in[1] < self->least  ? self->least
                      : in[1] > self->most ? self->most
                                           : (uint32_t)in[1];
    struct totals now = mavp_totals(self, in[0]);
    out[0] = self->needed > 1 ? NAN : mavp_value(self, &now, period, false);
    if (!keep)
        return;
    if (is_chain(self->kind) || self->kind == AVERAGE_KAMA)
        for (uint32_t each = self->least; each <= self->most; each++)
            mavp_value(self, &now, each, true);
    struct totals *past = self->past;
    past[self->head] = now;
    self->head = self->head + 1 == self->size ? 0 : self->head + 1;
    self->needed -= self->needed > 0;
    self->count++;
}

static size_t mavp_defined_bars(const double *params)
{
    return average_bars((enum average_kind)params[2], fmax(params[0], params[1]));
}

static size_t mavp_settled_bars(const double *params)
{
    return average_settled_bars((enum average_kind)params[2], fmax(params[0], params[1]));
}

#define PERIOD(NAME, DEFAULT, ABOUT)                                                       \
    {                                                                                      \
        .name = NAME, .type = PARAM_INT, .def = DEFAULT, .min = 1, .max = MAVP_PERIOD_MAX, \
        .about = ABOUT                                                                     \
    }

INDICATOR_FUNCTIONS(mavp)
ROW(mavp, .name = "MAVP", .title = "Moving average of a period that varies", .category = "overlap",
    .reference = "TA-Lib MAVP",
    .params = {PERIOD("min", 2, "shortest period"), PERIOD("max", 30, "longest period"), MAMODE},
    .inputs = {ON_CLOSE, {FIELD_VOLUME, "periods"}}, .outputs = {"MAVP"},
    .defined_bars = mavp_defined_bars, .settled_bars = mavp_settled_bars);
