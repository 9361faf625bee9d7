/* row_run - a row of the registry at work on bars, as the daemon would have it; and, for the tests
 * that walk the registry, parameters and bars drawn at random from a seed. */
#ifndef INDSUB_TESTS_ROW_RUN_H
#define INDSUB_TESTS_ROW_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/indicators/indicator.h"
#include "common/protocol/tick.h"

struct row_run {
    const struct indicator *row;
    double params[INDICATOR_PARAMS_MAX];
    enum field fields[INDICATOR_INPUTS_MAX]; /* what each input is */
    void *state;
    size_t size;
};

/* Starts with parameters as the manifest writes them ("length=14;scalar=100", "" for the defaults);
 * false if one is unknown. For row_run_end in any case. */
bool row_run_begin(struct row_run *self, const struct indicator *row, const char *params);
void row_run_begin_with(struct row_run *self, const struct indicator *row, const double *params);
void row_run_end(struct row_run *self);

/* The inputs of a bar, the i-th of its series, which stands for what a bar does not have. */
void row_run_gather(const struct row_run *self, const struct bar *bar, size_t i, double *in);
void row_run_commit(struct row_run *self, const struct bar *bar, size_t i, double *out);
/* Whether every output is there. */
bool row_run_is_defined(const struct row_run *self, const double *out);

/* The mean size of n values that are `step` apart, the missing ones left out: what a value that
 * comes near zero now and then is measured against. */
double usual_size(const double *values, size_t n, size_t step);

/* Within 1e-9 of `wanted`, or of its usual size where that is more; both missing; both infinite. */
bool is_close(double got, double wanted, double size);

/* ---- at random --------------------------------------------------------------------------------
 */

struct dice {
    uint64_t state; /* a seed to begin with */
};

/* 0 <= x < 1. */
double dice_share(struct dice *self);
/* 0 to n - 1. */
uint32_t dice_below(struct dice *self, uint32_t n);

/* Parameters within their ranges: windows up to `longest`, short ones as likely as long ones;
 * numbers about their defaults, and now and then the ends of their ranges. */
void dice_params(struct dice *self, const struct indicator *row, uint32_t longest, double *params);

/* A check of a row with some parameters: false if it does not hold, which has been told then. */
typedef bool row_check_fn(const struct indicator *row, const double *params, uint64_t seed,
                          const void *context);

/* Prints "RSI(length=14,scalar=100): " and the rest; false. */
bool row_complain(const struct indicator *row, const double *params, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Checks every row: with its defaults, and with `draws` sets of parameters at random (see
 * effort.h). How often it did not hold. The check is given the context, which may be NULL. */
size_t rows_failing(row_check_fn *check, int draws, uint32_t longest, const void *context);

/* How a series' prices go. */
enum market {
    MARKET_WALK,  /* at the level of an index, on ticks of 0.05 */
    MARKET_ROUGH, /* the same, with flat stretches, bars without range or volume, equal highs */
};

struct walk {
    struct dice dice;
    enum market market;
    double price;
    uint32_t flat; /* bars that the price stands still yet */
    size_t n;      /* bars so far */
};

void walk_begin(struct walk *self, enum market market, uint64_t seed);
struct bar walk_next(struct walk *self);

#endif
