/* volume_index - prices added up by what volume did, and forces that volume gives them. */
#include "common/indicators/pandas_averages.h"

static double change_percent(double now, double before)
{
    return before != 0 ? 100 * (now - before) / before : 0;
}

/* ---- NVI, PVI ---- */

struct volume_index {
    struct ring past;
    struct dd index;
    double volume; /* of the bar before */
};

static inline void volume_index_init(struct volume_index *self, struct arena *arena,
                                     const double *params)
{
    ring_init(&self->past, arena, (uint32_t)params[0]);
    self->index = (struct dd){params[1], 0};
    self->volume = NAN;
}

/* The index takes a bar's change only where volume has moved that way: 1 up, -1 down. */
KERNEL double volume_index_step(struct volume_index *self, const double *in, int way, bool keep)
{
    double before = ring_push(&self->past, in[0], keep);
    bool moved = way > 0 ? in[1] > self->volume : in[1] < self->volume;
    struct dd index = self->index;
    if (moved && !isnan(before))
        index = dd_add_number(index, change_percent(in[0], before));
    if (keep) {
        self->index = index;
        self->volume = in[1];
    }
    return dd_value(index);
}

#define VOLUME_INDEX_ROW(NAME, CAPITALS, TITLE, WAY, REFERENCE)                                  \
    struct NAME {                                                                                \
        struct volume_index index;                                                               \
    };                                                                                           \
    static void NAME##_init(struct arena *arena, const double *params)                           \
    {                                                                                            \
        struct NAME *self = arena_struct(arena, sizeof *self);                                   \
        volume_index_init(&self->index, arena, params);                                          \
    }                                                                                            \
    INDICATOR_STEP NAME##_step(struct NAME *self, const double *in, double *out, bool keep)      \
    {                                                                                            \
        out[0] = volume_index_step(&self->index, in, WAY, keep);                                 \
    }                                                                                            \
    INDICATOR_FUNCTIONS(NAME)                                                                    \
    ROW(NAME, .name = CAPITALS, .title = TITLE, .category = "volume", .reference = REFERENCE,    \
        .params = {WHOLE("length", 1, 1, "bars that a change of price goes back"),               \
                   REAL("initial", 1000, -1e9, 1e9, "what the index begins with")},              \
        .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)}, .outputs = {CAPITALS}, .defined_bars = one_bar, \
        .settled_bars = forever_bars)

VOLUME_INDEX_ROW(nvi, "NVI", "Negative volume index", -1,
                 "Fosback 1976, Stock Market Logic, pp. 120-126; pandas-ta nvi");
VOLUME_INDEX_ROW(pvi, "PVI", "Positive volume index", 1,
                 "Fosback 1976, Stock Market Logic, pp. 120-126; pandas-ta pvi");

/* ---- PVT ---- */

struct pvt {
    struct dd total;
    double before;
};

static void pvt_init(struct arena *arena, const double *params)
{
    (void)params;
    struct pvt *self = arena_struct(arena, sizeof *self);
    self->before = NAN;
}

INDICATOR_STEP pvt_step(struct pvt *self, const double *in, double *out, bool keep)
{
    bool first = isnan(self->before);
    double move = first ? 0 : change_percent(in[0], self->before) * in[1];
    struct dd total = dd_add_number(self->total, move);
    out[0] = first ? NAN : dd_value(total);
    if (keep) {
        self->total = total;
        self->before = in[0];
    }
}

static size_t two_bars(const double *params)
{
    (void)params;
    return 2;
}

INDICATOR_FUNCTIONS(pvt)
ROW(pvt, .name = "PVT", .title = "Price-volume trend", .category = "volume",
    .reference = "sum of volume times change in percent; pandas-ta pvt",
    .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)}, .outputs = {"PVT"}, .defined_bars = two_bars,
    .settled_bars = forever_bars);

/* ---- EFI ---- */

struct efi {
    struct late_ema force;
    double before;
};

static void efi_init(struct arena *arena, const double *params)
{
    struct efi *self = arena_struct(arena, sizeof *self);
    late_ema_init(&self->force, (uint32_t)params[0]);
    self->before = NAN;
}

INDICATOR_STEP efi_step(struct efi *self, const double *in, double *out, bool keep)
{
    out[0] = late_ema_step(&self->force, (in[0] - self->before) * in[1], keep);
    if (keep)
        self->before = in[0];
}

static size_t efi_defined_bars(const double *params)
{
    return late_ema_bars(params[0], 2);
}

/* A force near zero is small beside those that made it: it takes twice as long. */
static size_t efi_settled_bars(const double *params)
{
    return efi_defined_bars(params) + 2 * decay_bars(1 - 2 / (params[0] + 1));
}

INDICATOR_FUNCTIONS(efi)
ROW(efi, .name = "EFI", .title = "Elder's force index", .category = "volume",
    .reference = "Elder 1993, Trading for a Living, ch. 42; pandas-ta efi",
    .params = {LENGTH(13, 1)}, .inputs = {ON_CLOSE, BAR(FIELD_VOLUME)}, .outputs = {"EFI"},
    .defined_bars = efi_defined_bars, .settled_bars = efi_settled_bars);

/* ---- KVO ---- */

struct kvo {
    struct ema fast, slow, signal;
    double before;
};

static void kvo_init(struct arena *arena, const double *params)
{
    struct kvo *self = arena_struct(arena, sizeof *self);
    ema_init(&self->fast, (uint32_t)params[0]);
    ema_init(&self->slow, (uint32_t)params[1]);
    ema_init(&self->signal, (uint32_t)params[2]);
    self->before = NAN;
}

/* Volume counts up or down as the typical price went; the first bar's counts up. */
INDICATOR_STEP kvo_step(struct kvo *self, const double *in, double *out, bool keep)
{
    double typical = (in[0] + in[1] + in[2]) / 3;
    double volume = isnan(self->before) || typical > self->before ? in[3]
                    : typical < self->before                      ? -in[3]
                                                                  : 0;
    double fast = ema_step(&self->fast, volume, keep), slow = ema_step(&self->slow, volume, keep);
    out[0] = fast - slow;
    out[1] = isnan(out[0]) ? NAN : ema_step(&self->signal, out[0], keep);
    if (keep)
        self->before = typical;
}

static size_t kvo_defined_bars(const double *params)
{
    return (size_t)(fmax(params[0], params[1]) + params[2]) - 1;
}

static size_t kvo_settled_bars(const double *params)
{
    double longest = fmax(params[0], params[1]);
    return kvo_defined_bars(params) + 2 * decay_bars(1 - 2 / (longest + 1)) +
           decay_bars(1 - 2 / (params[2] + 1));
}

INDICATOR_FUNCTIONS(kvo)
ROW(kvo, .name = "KVO", .title = "Klinger volume oscillator", .category = "volume",
    .reference = "Klinger 1997, Identifying trends with volume analysis, TASC 15:12; pandas-ta kvo",
    .params = {WHOLE("fast", 34, 1, "bars of the fast average"),
               WHOLE("slow", 55, 1, "bars of the slow average"),
               WHOLE("signal", 13, 1, "bars of the signal line")},
    .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE), BAR(FIELD_VOLUME)},
    .outputs = {"KVO", "KVOs"}, .defined_bars = kvo_defined_bars, .settled_bars = kvo_settled_bars);

/* ---- PVO ---- */

struct pvo {
    struct ema fast, slow;
    struct late_ema signal;
};

static void pvo_init(struct arena *arena, const double *params)
{
    struct pvo *self = arena_struct(arena, sizeof *self);
    ema_init(&self->fast, (uint32_t)fmin(params[0], params[1]));
    ema_init(&self->slow, (uint32_t)fmax(params[0], params[1]));
    late_ema_init(&self->signal, (uint32_t)params[2]);
}

INDICATOR_STEP pvo_step(struct pvo *self, const double *in, double *out, bool keep)
{
    double fast = ema_step(&self->fast, in[0], keep), slow = ema_step(&self->slow, in[0], keep);
    out[0] = slow != 0 ? 100 * (fast - slow) / slow : NAN;
    out[2] = late_ema_step(&self->signal, out[0], keep);
    out[1] = out[0] - out[2];
}

static size_t pvo_defined_bars(const double *params)
{
    return late_ema_bars(params[2], (size_t)fmax(params[0], params[1]));
}

INDICATOR_FUNCTIONS(pvo)
ROW(pvo, .name = "PVO", .title = "Percentage volume oscillator", .category = "momentum",
    .reference = "Appel's MACD of volume, in percent of the slow average; pandas-ta pvo",
    .params = {WHOLE("fast", 12, 1, "bars of the fast average"),
               WHOLE("slow", 26, 1, "bars of the slow average"),
               WHOLE("signal", 9, 1, "bars of the signal line")},
    .inputs = {SOURCE(FIELD_VOLUME)}, .outputs = {"PVO", "PVOh", "PVOs"},
    .defined_bars = pvo_defined_bars, .settled_bars = kvo_settled_bars);
