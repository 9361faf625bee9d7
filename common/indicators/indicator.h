/* indicator - what an indicator is: a row of a table, and the one function behind it.
 *
 *      row ── init ──► state ── commit(bar) ──► values, state moved on   (the bar closed)
 *                        ├───── commit_many ──► the same for bars at hand (a past worked off)
 *                        └───── peek(bar) ────► values, state untouched  (the bar is forming)
 *
 * An indicator knows nothing of symbols, sessions or time: it is given one number for each of its
 * inputs and gives one for each of its outputs. A value that is not defined is NAN.
 *
 * Rules for a row's functions:
 *  - The computation is written once, as an inline step function with a `keep` argument that is a
 *    constant everywhere; INDICATOR_FUNCTIONS makes commit, commit_many and peek of it. So peek
 *    gives to the bit what commit would, and a state is never copied to look ahead.
 *  - Inputs are finite: a bar on which an input is undefined is left out by the caller.
 *  - A state is one block; the only pointers in it are those to its arrays, which the arena has
 * set. indicator_state_copy copies it.
 *  - Constant or logarithmic time a bar, whatever the window; no allocation after init. */
#ifndef INDSUB_INDICATORS_INDICATOR_H
#define INDSUB_INDICATORS_INDICATOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/indicators/arena.h"

enum {
    INDICATOR_PARAMS_MAX = 9,
    INDICATOR_INPUTS_MAX = 6,
    INDICATOR_OUTPUTS_MAX = 8,
    INDICATOR_ALIASES_MAX = 2,
    INDICATOR_LENGTH_MAX = 5000 /* the longest window of any row */
};

/* What a series offers on each bar. A row's input is one of these. */
enum field {
    FIELD_NONE, /* ends a list */
    FIELD_OPEN,
    FIELD_HIGH,
    FIELD_LOW,
    FIELD_CLOSE,
    FIELD_VOLUME,
    FIELD_OI,
    FIELD_HL2,
    FIELD_HLC3,
    FIELD_OHLC4,
    FIELD_DAY, /* the trading day's number: changes when a new session starts */
    FIELD_IV,  /* of an option: the volatility that explains its close */
    FIELD_DELTA,
    FIELD_GAMMA,
    FIELD_THETA,
    FIELD_VEGA,
    FIELD_RHO,
    FIELD_PCR,    /* of an underlying: open interest of its puts to that of its calls */
    FIELD_ATM_IV, /* and the volatility at the money */
    FIELD_COUNT
};

/* "close", "hl2", ...; FIELD_NONE where no field has that name (FIELD_DAY has none: it is not
 * offered as a source). */
enum field field_parse(const char *name);
const char *field_name(enum field field);

enum param_type {
    PARAM_INT = 1, /* a whole number, given to functions as a double */
    PARAM_REAL,
    PARAM_CHOICE /* the index of a name in `choices` */
};

struct indicator_param {
    const char *name; /* NULL ends the list */
    enum param_type type;
    double def, min, max;       /* for a choice: def is an index, min and max are not used */
    const char *const *choices; /* NULL-terminated, of a PARAM_CHOICE */
    const char *about;          /* "bars in the window" */
};

/* One input of a row. With a name, a subscriber may choose what it is (`source=RSI(14)`); without,
 * it is that field of the bar and nothing else. */
struct indicator_input {
    enum field field;   /* what it is by default; FIELD_NONE ends the list */
    const char *choose; /* "source", "source2", "periods", or NULL */
};

struct indicator {
    const char *name;      /* "RSI" */
    const char *title;     /* "Relative strength index" */
    const char *category;  /* of the catalogue: overlap momentum trend volatility volume price
                              statistics math cycles candles performance */
    const char *reference; /* author, year, page; or whose convention it follows */
    const char *aliases[INDICATOR_ALIASES_MAX];
    struct indicator_param params[INDICATOR_PARAMS_MAX + 1];
    struct indicator_input inputs[INDICATOR_INPUTS_MAX + 1];
    const char *outputs[INDICATOR_OUTPUTS_MAX + 1]; /* a single one carries the row's name */
    const char *unavailable; /* why it is only named; there are no outputs and no functions then */

    /* Takes the state from the arena (zeroed, see arena.h) and sets it to "no bar yet". Params are
     * those of the row, in its order, checked against their ranges. */
    void (*init)(struct arena *arena, const double *params);
    /* in: one number an input, out: one an output. */
    void (*commit)(void *state, const double *in, double *out);
    /* n commits in a row; in and out by bar. See indicator_commit_many. */
    void (*commit_many)(void *state, size_t n, const double *in, size_t n_inputs, double *out,
                        size_t n_outputs);
    void (*peek)(const void *state, const double *in, double *out);

    /* Bars until every output is defined (a series of fewer leaves some NAN). */
    size_t (*defined_bars)(const double *params);
    /* Bars until it is within 1e-9 relative of one computed from the beginning; 0 where no number
     * of bars is enough: the value depends on where the series starts for ever (OBV), until the
     * next day (VWAP), or until the price does something that it need not do (SAR). defined_bars
     * where there is no recursion. */
    size_t (*settled_bars)(const double *params);
};

/* The rows, in the catalogue's order; indicator_list.c has them. */
extern const struct indicator *const INDICATORS[];
size_t indicator_count(void);
/* By name or alias, without regard to case; NULL if there is none. */
const struct indicator *indicator_find(const char *name);

size_t indicator_n_params(const struct indicator *row);
size_t indicator_n_inputs(const struct indicator *row);
size_t indicator_n_outputs(const struct indicator *row);

/* Bytes that a state of these parameters takes. */
size_t indicator_state_size(const struct indicator *row, const double *params);
/* A state in `block`, which has that many bytes, all zero, and is aligned as malloc aligns. */
void indicator_state_init(const struct indicator *row, const double *params, void *block);
/* A copy of a state of these parameters in `to`, of that many bytes, aligned in the same way. */
void indicator_state_copy(const struct indicator *row, const double *params, const void *from,
                          void *to);
/* Commits n bars: the inputs of one after those of the other in `in`, the outputs likewise in
 * `out`. Gives to the bit what n commits give, and takes less time: a bar need not wait until the
 * state that the one before has left is read again from memory. */
void indicator_commit_many(const struct indicator *row, void *state, size_t n, const double *in,
                           double *out);

/* Makes NAME_commit, NAME_commit_many and NAME_peek of
 *     static inline void NAME_step(struct NAME *self, const double *in, double *out, bool keep);
 * which must change *self only under `if (keep)`. The many are committed to a copy of the struct,
 * which nothing else knows of and the compiler may keep in registers. */
#define INDICATOR_FUNCTIONS(NAME)                                                            \
    static void NAME##_commit(void *state, const double *in, double *out)                    \
    {                                                                                        \
        NAME##_step(state, in, out, true);                                                   \
    }                                                                                        \
    static void NAME##_commit_many(void *state, size_t n, const double *in, size_t n_inputs, \
                                   double *out, size_t n_outputs)                            \
    {                                                                                        \
        struct NAME self = *(struct NAME *)state;                                            \
        for (; n > 0; n--, in += n_inputs, out += n_outputs)                                 \
            NAME##_step(&self, in, out, true);                                               \
        *(struct NAME *)state = self;                                                        \
    }                                                                                        \
    static void NAME##_peek(const void *state, const double *in, double *out)                \
    {                                                                                        \
        NAME##_step((struct NAME *)(uintptr_t)state, in, out, false);                        \
    }

/* Makes NAME_commit_many of NAME_commit, where a copy of the struct has no use. */
#define INDICATOR_COMMIT_MANY(NAME)                                                          \
    static void NAME##_commit_many(void *state, size_t n, const double *in, size_t n_inputs, \
                                   double *out, size_t n_outputs)                            \
    {                                                                                        \
        for (; n > 0; n--, in += n_inputs, out += n_outputs)                                 \
            NAME##_commit(state, in, out);                                                   \
    }

/* A step function and the kernels' must fold into commit and peek, or `keep` is no constant. */
#define INDICATOR_STEP static inline __attribute__((always_inline)) void

#endif
