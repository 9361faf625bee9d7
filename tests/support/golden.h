/* golden - reference values: series of bars, and what indicators give on them.
 *
 * A folder holds SERIES.csv, and a folder SERIES with a MANIFEST.tsv and a CSV for each indicator:
 * a column for each "parameters|output", a row for each bar, empty where not defined. */
#ifndef INDSUB_TESTS_GOLDEN_H
#define INDSUB_TESTS_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/protocol/tick.h"

struct golden_column {
    char *name, *params, *output; /* params in our names: "length=14;scalar=100" */
    bool exact;                   /* NAN on exactly the same bars, too */
    size_t first, compare_from;
    double tolerance; /* relative to max(|value|, 0.001) */
    double *values;   /* one a bar, NAN where not defined */
};

struct golden {
    struct bar *bars;
    size_t n_bars;
    struct golden_column *columns;
    size_t n_columns;
};

/* The folder: INDSUB_SHARED's golden, or ../shared/golden beside the sources, or the compact cut in
 * tests/golden. For free. */
char *golden_folder(void);

/* Reads a series; NULL if the folder does not have it. */
struct golden *golden_load(const char *folder, const char *series);
void golden_destroy(struct golden **self);

/* The compact cut keeps only some bars' values: the others are left out of a comparison. */
bool golden_is_kept(const struct golden_column *column, size_t bar);

#endif
