#include "cli/feedfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "common/base/mem.h"
#include "common/protocol/ids.h"

enum { LINE_MAX_BYTES = 65536, LOOK_AHEAD_ROWS = 200, BUFFER_BYTES = 131072 };

struct feedfile {
    gzFile file;
    const char *path; /* kept */
    int64_t size;     /* as packed; 0: not known */
    int64_t unpacked; /* as the file says; 0: it does not, or says something else */
    struct feedrow_form form;
    char symbol[64 + 1];
    enum timeframe timeframe;
    char *header; /* its first line */
    char source[FEEDROW_SOURCE_SIZE];
    struct feedfile_row row;
    char line[LINE_MAX_BYTES];
};

/* The next line into self->line; false at the end, or where it cannot be read (see check_end). */
static bool read_line(struct feedfile *self)
{
    if (!gzgets(self->file, self->line, sizeof self->line))
        return false;
    self->row.line++;
    return true;
}

static enum err_code check_end(struct feedfile *self, struct err *err)
{
    int number;
    const char *why = gzerror(self->file, &number);
    if (number == Z_OK || number == Z_STREAM_END)
        return ERR_OK;
    if (number == Z_ERRNO)
        why = strerror(errno);
    else if (strncmp(why, self->path, strlen(self->path)) == 0)
        why += strlen(self->path) + strspn(why + strlen(self->path), ": "); /* zlib says it, too */
    return err_set(err, ERR_BAD_REQUEST, "%s: cannot be read: %s", self->path, why);
}

static enum err_code read_header(struct feedfile *self, struct err *err)
{
    struct err why = {0};
    if (!read_line(self)) {
        enum err_code code = check_end(self, err);
        return code ? code : err_set(err, ERR_BAD_REQUEST, "%s: the file is empty", self->path);
    }
    self->header = mem_strdup(self->line);
    if (feedrow_parse_header(&self->form, self->line, &why) != ERR_OK)
        return err_set(err, ERR_BAD_REQUEST, "%s: %s", self->path, why.message);
    return ERR_OK;
}

enum feedfile_result feedfile_next(struct feedfile *self, struct feedfile_row **row,
                                   struct err *err)
{
    struct feedfile_row *next = &self->row;
    struct err why = {0};
    *row = next;
    do {
        if (!read_line(self))
            return check_end(self, err) == ERR_OK ? FEEDFILE_END : FEEDFILE_BROKEN;
    } while (self->line[strspn(self->line, " \t\r\n")] == '\0');
    buf_reset(&next->item);
    if (feedrow_parse(&self->form, self->line, self->symbol, self->timeframe, &next->item,
                      &next->ms, &why) != ERR_OK) {
        err_set(err, ERR_BAD_REQUEST, "%s: line %llu: %s", self->path,
                (unsigned long long)next->line, why.message);
        return FEEDFILE_BAD;
    }
    next->number++;
    return FEEDFILE_ROW;
}

bool feedfile_rewind(struct feedfile *self)
{
    if (gzrewind(self->file) != 0)
        return false;
    self->row.number = self->row.line = 0;
    return read_line(self); /* the header */
}

static void name_source(struct feedfile *self)
{
    const char *parts[] = {self->symbol, timeframe_name(self->timeframe), self->header,
                           self->row.item.data};
    feedrow_source(self->path, parts, sizeof parts / sizeof *parts, self->source);
}

/* The shortest time between the first rows, INT64_MAX if they say none. Errors: BAD_REQUEST if
 * there is no row. */
static enum err_code look_ahead(struct feedfile *self, int64_t *step_ms, struct err *err)
{
    struct feedfile_row *row;
    enum feedfile_result result;
    int64_t before_ms = INT64_MAX;
    *step_ms = INT64_MAX;
    err_set(err, ERR_BAD_REQUEST, "%s: there are no rows in it", self->path);
    for (int i = 0; i < LOOK_AHEAD_ROWS; i++) {
        result = feedfile_next(self, &row, err);
        if (result == FEEDFILE_END || result == FEEDFILE_BROKEN)
            break;
        if (result == FEEDFILE_BAD)
            continue;
        if (row->number == 1)
            name_source(self);
        if (row->ms > before_ms && row->ms - before_ms < *step_ms)
            *step_ms = row->ms - before_ms;
        before_ms = row->ms;
    }
    return self->row.number > 0 ? ERR_OK : ERR_BAD_REQUEST;
}

/* Bars that are further apart than a minute are hardly those of a minute. */
static enum err_code refuse_step(const struct feedfile *self, int64_t step_ms, struct err *err)
{
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        if (timeframe_ms((enum timeframe)i) == step_ms)
            return err_set(err, ERR_BAD_REQUEST,
                           "%s: its bars seem to be of --timeframe %s: say so", self->path,
                           timeframe_name((enum timeframe)i));
    return err_set(err, ERR_BAD_REQUEST, "%s: its bars are %lld min apart: say which --timeframe",
                   self->path, (long long)(step_ms / 60000));
}

static enum err_code check_rows(struct feedfile *self, bool has_timeframe, struct err *err)
{
    int64_t step_ms;
    enum err_code code = look_ahead(self, &step_ms, err);
    if (code == ERR_OK && self->form.is_bar && !has_timeframe && step_ms != INT64_MAX &&
        step_ms >= 120000)
        code = refuse_step(self, step_ms, err);
    if (code == ERR_OK && !feedfile_rewind(self))
        code = err_set(err, ERR_BAD_REQUEST, "%s: cannot be read twice", self->path);
    return code;
}

/* The last four bytes of a packed file are its size unpacked (RFC 1952, ISIZE), modulo 2^32, and of
 * its last part if it has several. */
static int64_t read_unpacked_size(const char *path)
{
    unsigned char bytes[4];
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    bool is_read = fseek(file, -(long)sizeof bytes, SEEK_END) == 0 &&
                   fread(bytes, 1, sizeof bytes, file) == sizeof bytes;
    fclose(file);
    return is_read ? bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (int64_t)bytes[3] << 24 : 0;
}

static enum err_code open_file(struct feedfile *self, struct err *err)
{
    struct stat status;
    self->file = gzopen(self->path, "rbe");
    if (!self->file)
        return err_set(err, ERR_BAD_REQUEST, "%s: %s", self->path, strerror(errno));
    gzbuffer(self->file, BUFFER_BYTES);
    if (stat(self->path, &status) != 0 || !S_ISREG(status.st_mode))
        return ERR_OK;
    self->size = status.st_size;
    self->unpacked = gzdirect(self->file) ? self->size : read_unpacked_size(self->path);
    return ERR_OK;
}

/* A symbol that no column says has to come from somewhere. */
static enum err_code check_symbol(const struct feedfile *self, struct err *err)
{
    if (feedrow_has_symbol(&self->form) || symbol_is_valid(self->symbol))
        return ERR_OK;
    return err_set(err, ERR_BAD_REQUEST, "%s: say which --symbol it is of", self->path);
}

struct feedfile *feedfile_open(const char *path, const char *symbol, enum timeframe timeframe,
                               struct err *err)
{
    struct feedfile *self = mem_alloc_zero(1, sizeof *self);
    self->path = path;
    self->timeframe = timeframe == TIMEFRAME_NONE ? TIMEFRAME_1MIN : timeframe;
    if (symbol && strlen(symbol) < sizeof self->symbol)
        strcpy(self->symbol, symbol);
    else if (!symbol)
        feedrow_symbol_of_path(path, self->symbol, sizeof self->symbol);
    enum err_code code = open_file(self, err);
    if (code == ERR_OK)
        code = read_header(self, err);
    if (code == ERR_OK)
        code = check_symbol(self, err);
    if (code == ERR_OK && !self->form.is_bar && timeframe != TIMEFRAME_NONE)
        code = err_set(err, ERR_BAD_REQUEST, "%s: ticks have no --timeframe", path);
    if (code == ERR_OK)
        code = check_rows(self, timeframe != TIMEFRAME_NONE, err);
    if (code != ERR_OK)
        feedfile_close(&self);
    return self;
}

void feedfile_close(struct feedfile **self)
{
    if (!*self)
        return;
    if ((*self)->file)
        gzclose((*self)->file);
    buf_destroy(&(*self)->row.item);
    free((*self)->header);
    free(*self);
    *self = NULL;
}

double feedfile_fraction(const struct feedfile *self)
{
    double at = (double)gztell(self->file);
    if (self->unpacked > 0 && at <= (double)self->unpacked)
        return at / (double)self->unpacked;
    return self->size > 0 ? (double)gzoffset(self->file) / (double)self->size : NAN;
}

const char *feedfile_symbol(const struct feedfile *self)
{
    return feedrow_has_symbol(&self->form) ? NULL : self->symbol;
}

const char *feedfile_source(const struct feedfile *self)
{
    return self->source;
}
