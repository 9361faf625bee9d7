/* reference - the formulas of some indicators as plain loops over arrays: what a program would do
 * that has all the bars at once. Sums are bare running sums; windows of extremes are scanned anew
 * when the extreme leaves. Nothing is shared with the indicators measured. */
#ifndef INDSUB_BENCH_REFERENCE_H
#define INDSUB_BENCH_REFERENCE_H

#include <stddef.h>

struct history {
    size_t n;
    double *high, *low, *close, *volume;
    double *scratch; /* n */
};

/* Computes every output on every bar from where it is defined; out[k] has n places. params are in
 * the order of the indicator's row. */
typedef void reference_fn(const struct history *bars, const double *params, double *const *out);

struct formula {
    const char *name;
    const char *short_form, *long_form; /* windows of 20 and of 5,000 bars */
    reference_fn *run;
    size_t long_n; /* bars for the long form where the plain loop is slow; 0: all */
};

extern const struct formula FORMULAS[];
size_t formula_count(void);

#endif
