#include "common/indicators/indicator.h"

#include <string.h>
#include <strings.h>

static const char *const FIELDS[FIELD_COUNT] = {
    [FIELD_OPEN] = "open",   [FIELD_HIGH] = "high",     [FIELD_LOW] = "low",
    [FIELD_CLOSE] = "close", [FIELD_VOLUME] = "volume", [FIELD_OI] = "oi",
    [FIELD_HL2] = "hl2",     [FIELD_HLC3] = "hlc3",     [FIELD_OHLC4] = "ohlc4",
    [FIELD_IV] = "iv",       [FIELD_DELTA] = "delta",   [FIELD_GAMMA] = "gamma",
    [FIELD_THETA] = "theta", [FIELD_VEGA] = "vega",     [FIELD_RHO] = "rho",
    [FIELD_PCR] = "pcr",     [FIELD_ATM_IV] = "atm_iv",
};

enum field field_parse(const char *name)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (FIELDS[i] && strcasecmp(FIELDS[i], name) == 0)
            return (enum field)i;
    return FIELD_NONE;
}

const char *field_name(enum field field)
{
    return (unsigned)field < FIELD_COUNT ? FIELDS[field] : NULL;
}

const struct indicator *indicator_find(const char *name)
{
    for (size_t i = 0; i < indicator_count(); i++) {
        if (strcasecmp(INDICATORS[i]->name, name) == 0)
            return INDICATORS[i];
        for (size_t k = 0; k < INDICATOR_ALIASES_MAX && INDICATORS[i]->aliases[k]; k++)
            if (strcasecmp(INDICATORS[i]->aliases[k], name) == 0)
                return INDICATORS[i];
    }
    return NULL;
}

size_t indicator_n_params(const struct indicator *row)
{
    size_t n = 0;
    while (row->params[n].name)
        n++;
    return n;
}

size_t indicator_n_inputs(const struct indicator *row)
{
    size_t n = 0;
    while (row->inputs[n].field != FIELD_NONE)
        n++;
    return n;
}

size_t indicator_n_outputs(const struct indicator *row)
{
    size_t n = 0;
    while (row->outputs[n])
        n++;
    return n;
}

size_t indicator_state_size(const struct indicator *row, const double *params)
{
    _Alignas(max_align_t) char scratch[ARENA_STRUCT_MAX] = {0};
    struct arena arena = {.base = scratch};
    row->init(&arena, params);
    return arena.used;
}

void indicator_state_init(const struct indicator *row, const double *params, void *block)
{
    struct arena arena = {.base = block, .home = block, .is_real = true};
    row->init(&arena, params);
}

void indicator_state_copy(const struct indicator *row, const double *params, const void *from,
                          void *to)
{
    _Alignas(max_align_t) char scratch[ARENA_STRUCT_MAX] = {0};
    struct arena arena = {.base = scratch, .home = to};
    memcpy(to, from, indicator_state_size(row, params));
    row->init(&arena, params);
}

void indicator_commit_many(const struct indicator *row, void *state, size_t n, const double *in,
                           double *out)
{
    row->commit_many(state, n, in, indicator_n_inputs(row), out, indicator_n_outputs(row));
}
