#include "tests/support/golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/buf.h"
#include "common/base/csv.h"
#include "common/base/mem.h"

enum { LINE_MAX_SIZE = 65536, FIELDS_MAX = 256 };

/* What stands for a bar that the compact cut leaves out. */
#define LEFT_OUT (-1.25e300)

char *golden_folder(void)
{
    const char *shared = getenv("INDSUB_SHARED");
    struct buf path = {0};
    struct stat stat_;
    buf_put_format(&path, "%s/golden", shared ? shared : INDSUB_SOURCE_DIR "/../shared");
    if (stat(path.data, &stat_) != 0) {
        buf_reset(&path);
        buf_put_text(&path, INDSUB_SOURCE_DIR "/tests/golden");
    }
    return path.data;
}

static FILE *open_file(const char *folder, const char *name, const char *suffix)
{
    struct buf path = {0};
    buf_put_format(&path, "%s/%s%s", folder, name, suffix);
    FILE *file = fopen(path.data, "r");
    buf_destroy(&path);
    return file;
}

static void read_bars(struct golden *self, FILE *file)
{
    char line[LINE_MAX_SIZE], *fields[6];
    size_t capacity = 0;
    while (fgets(line, sizeof line, file)) {
        if (csv_split(line, fields, 6) != 6 || strcmp(fields[0], "timestamp") == 0)
            continue;
        self->bars = mem_grow(self->bars, self->n_bars, &capacity, sizeof *self->bars);
        self->bars[self->n_bars++] = (struct bar){.start_ms = atoll(fields[0]),
                                                  .last_ms = atoll(fields[0]),
                                                  .open = atof(fields[1]),
                                                  .high = atof(fields[2]),
                                                  .low = atof(fields[3]),
                                                  .close = atof(fields[4]),
                                                  .volume = atof(fields[5]),
                                                  .oi = NAN,
                                                  .oi_reference = NAN};
    }
}

static size_t split_tabs(char *line, char **fields, size_t max)
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at && n < max; n++) {
        fields[n] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = '\0';
    }
    return n;
}

static void read_values(const struct golden *self, struct golden_column *column, FILE *file)
{
    char line[LINE_MAX_SIZE], *fields[FIELDS_MAX];
    struct buf title = {0};
    size_t place = 0;
    buf_put_format(&title, "%s|%s", column->params, column->output);
    column->values = mem_alloc_zero(self->n_bars, sizeof *column->values);
    for (size_t i = 0; i < self->n_bars; i++)
        column->values[i] = LEFT_OUT;
    if (fgets(line, sizeof line, file)) {
        size_t n = csv_split(line, fields, FIELDS_MAX);
        while (place < n && strcmp(fields[place], title.data) != 0)
            place++;
    }
    while (fgets(line, sizeof line, file)) {
        size_t n = csv_split(line, fields, FIELDS_MAX), bar = (size_t)atoll(fields[0]);
        if (place < n && bar < self->n_bars)
            column->values[bar] = fields[place][0] ? atof(fields[place]) : NAN;
    }
    buf_destroy(&title);
}

static void read_manifest(struct golden *self, const char *folder, FILE *manifest)
{
    char line[LINE_MAX_SIZE], *fields[9];
    size_t capacity = 0;
    while (fgets(line, sizeof line, manifest)) {
        if (split_tabs(line, fields, 9) < 8 || strcmp(fields[0], "name") == 0)
            continue;
        FILE *file = open_file(folder, fields[1], "");
        if (!file)
            continue;
        self->columns = mem_grow(self->columns, self->n_columns, &capacity, sizeof *self->columns);
        struct golden_column *column = &self->columns[self->n_columns++];
        *column = (struct golden_column){.name = mem_strdup(fields[0]),
                                         .params = mem_strdup(fields[2]),
                                         .output = mem_strdup(fields[3]),
                                         .exact = strcmp(fields[4], "exact") == 0,
                                         .first = (size_t)atoll(fields[5]),
                                         .compare_from = (size_t)atoll(fields[6]),
                                         .tolerance = atof(fields[7])};
        read_values(self, column, file);
        fclose(file);
    }
}

struct golden *golden_load(const char *folder, const char *series)
{
    struct buf inner = {0};
    FILE *bars = open_file(folder, series, ".csv");
    buf_put_format(&inner, "%s/%s", folder, series);
    FILE *manifest = open_file(inner.data, "MANIFEST", ".tsv");
    struct golden *self = NULL;
    if (bars && manifest) {
        self = mem_alloc_zero(1, sizeof *self);
        read_bars(self, bars);
        read_manifest(self, inner.data, manifest);
    }
    if (bars)
        fclose(bars);
    if (manifest)
        fclose(manifest);
    buf_destroy(&inner);
    return self;
}

bool golden_is_kept(const struct golden_column *column, size_t bar)
{
    return column->values[bar] != LEFT_OUT;
}

void golden_destroy(struct golden **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n_columns; i++) {
        free((*self)->columns[i].name);
        free((*self)->columns[i].params);
        free((*self)->columns[i].output);
        free((*self)->columns[i].values);
    }
    free((*self)->columns);
    free((*self)->bars);
    free(*self);
    *self = NULL;
}
