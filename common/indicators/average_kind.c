#include "common/indicators/average_kind.h"

const char *const AVERAGE_KINDS[] = {"sma",   "ema",  "wma", "dema", "tema",
                                     "trima", "kama", "t3",  NULL};

void average_init(struct average *self, struct arena *arena, enum average_kind kind, uint32_t n)
{
    self->kind = n == 1 ? AVERAGE_SMA : kind;
    self->wait = 0;
    switch (self->kind) {
    case AVERAGE_EMA:
        ema_init(&self->of.ema, n);
        break;
    case AVERAGE_SMA:
    case AVERAGE_WMA:
        grid_init(&self->of.window, arena, n);
        break;
    case AVERAGE_DEMA:
    case AVERAGE_TEMA:
    case AVERAGE_T3:
        ema_chain_init(&self->of.chain, n);
        break;
    case AVERAGE_TRIMA:
        triangular_init(&self->of.triangular, arena, n);
        break;
    case AVERAGE_KAMA:
        kaufman_init(&self->of.kaufman, arena, n);
        break;
    }
}

/* Averages that stand behind one another. */
static size_t chain_length(enum average_kind kind)
{
    return kind == AVERAGE_DEMA ? 2 : kind == AVERAGE_TEMA ? 3 : kind == AVERAGE_T3 ? 6 : 1;
}

size_t average_bars(enum average_kind kind, double n)
{
    if (n == 1)
        return 1;
    return chain_length(kind) * ((size_t)n - 1) + 1 + (kind == AVERAGE_KAMA);
}

size_t average_settled_bars(enum average_kind kind, double n)
{
    size_t bars = average_bars(kind, n);
    if (n == 1 || kind == AVERAGE_SMA || kind == AVERAGE_WMA || kind == AVERAGE_TRIMA)
        return bars;
    double slowest = 2.0 / 31;
    double factor = kind == AVERAGE_KAMA ? 1 - slowest * slowest : 1 - 2 / (n + 1);
    /* Half as long again for every further link, whose error rises before it falls. */
    return bars + decay_bars(factor) * (chain_length(kind) + 1) / 2;
}
