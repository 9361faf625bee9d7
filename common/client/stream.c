#include "common/client/stream.h"

#include <stdlib.h>
#include <string.h>

void stream_forget_all(struct stream *self)
{
    while (self->n_series > 0)
        stream_forget(self, self->n_series - 1);
}

void stream_destroy(struct stream *self)
{
    stream_forget_all(self);
    free(self->series);
    *self = (struct stream){0};
}

/* ---- numbers ------------------------------------------------------------------------- */

/* Decimal digits from *at on, moved behind them. */
static bool parse_number(const char *text, size_t size, size_t *at, uint64_t *value)
{
    size_t from = *at;
    for (*value = 0; *at < size && text[*at] >= '0' && text[*at] <= '9'; (*at)++) {
        uint64_t digit = (uint64_t)(text[*at] - '0');
        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return *at > from;
}

bool stream_parse_seq(const char *text, size_t size, uint64_t *seq, uint64_t *merged)
{
    size_t at = 0;
    *merged = 0;
    if (!parse_number(text, size, &at, seq))
        return false;
    if (at < size && text[at] == ' ') {
        at++;
        if (!parse_number(text, size, &at, merged))
            return false;
    }
    return at == size;
}

enum stream_seq stream_take_seq(struct stream *self, uint64_t seq)
{
    if (seq <= self->last_seq)
        return STREAM_REPEATED;
    bool gap = seq != self->last_seq + 1;
    if (!gap && self->good_seq == self->last_seq)
        self->good_seq = seq;
    self->last_seq = seq;
    return gap ? STREAM_GAP : STREAM_NEXT;
}

void stream_mended(struct stream *self, uint64_t seq)
{
    if (seq > self->last_seq)
        self->last_seq = seq;
    self->good_seq = self->last_seq;
}

void stream_restart(struct stream *self, uint64_t seq)
{
    self->last_seq = self->good_seq = seq;
}

/* ---- series -------------------------------------------------------------------------- */

static int compare(const struct series *one, const char *symbol, const char *timeframe)
{
    int order = strcmp(one->symbol, symbol);
    return order ? order : strcmp(one->timeframe, timeframe);
}

/* The first series that is not before that one. */
static size_t lower_bound(const struct stream *self, const char *symbol, const char *timeframe)
{
    size_t low = 0, high = self->n_series;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&self->series[middle], symbol, timeframe) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct series *stream_find(const struct stream *self, const char *symbol, const char *timeframe)
{
    size_t i = lower_bound(self, symbol, timeframe);
    if (i < self->n_series && compare(&self->series[i], symbol, timeframe) == 0)
        return &self->series[i];
    return NULL;
}

static struct series *insert(struct stream *self, const char *symbol, const char *timeframe)
{
    if (self->n_series == self->capacity) {
        size_t capacity = self->capacity ? self->capacity * 2 : 8;
        struct series *grown = realloc(self->series, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        self->series = grown;
        self->capacity = capacity;
    }
    struct series one = {.symbol = strdup(symbol),
                         .timeframe = strdup(timeframe),
                         .next_ms = STREAM_UNKNOWN,
                         .begin_ms = STREAM_UNKNOWN};
    if (!one.symbol || !one.timeframe) {
        free(one.symbol);
        free(one.timeframe);
        return NULL;
    }
    size_t i = lower_bound(self, symbol, timeframe);
    memmove(&self->series[i + 1], &self->series[i], (self->n_series - i) * sizeof one);
    self->series[i] = one;
    self->n_series++;
    return &self->series[i];
}

/* Puts what is taken in the place of what is there, unless it is nothing. */
static void replace(char **place, char **taken)
{
    if (*taken) {
        free(*place);
        *place = *taken;
    }
    *taken = NULL;
}

struct series *stream_remember(struct stream *self, const char *symbol, const char *timeframe,
                               char **wanted, char **mode)
{
    struct series *one = stream_find(self, symbol, timeframe);
    if (!one)
        one = insert(self, symbol, timeframe);
    if (!one) {
        free(*wanted);
        free(*mode);
        *wanted = *mode = NULL;
        return NULL;
    }
    replace(&one->wanted, wanted);
    replace(&one->mode, mode);
    return one;
}

void stream_forget(struct stream *self, size_t i)
{
    struct series *one = &self->series[i];
    free(one->symbol);
    free(one->timeframe);
    free(one->wanted);
    free(one->mode);
    self->n_series--;
    memmove(one, one + 1, (self->n_series - i) * sizeof *one);
}

bool stream_has_passed(const struct stream *self, const char *symbol, const char *timeframe,
                       int64_t bar_ms)
{
    const struct series *one = stream_find(self, symbol, timeframe);
    return one && one->next_ms != STREAM_UNKNOWN && bar_ms < one->next_ms;
}

bool stream_take_bar(struct stream *self, const char *symbol, const char *timeframe, int64_t bar_ms,
                     bool closed)
{
    struct series *one = stream_find(self, symbol, timeframe);
    if (!one)
        return true;
    if (closed && one->next_ms != STREAM_UNKNOWN && bar_ms < one->next_ms)
        return false;
    if (closed)
        one->next_ms = bar_ms + 1;
    else if (one->begin_ms == STREAM_UNKNOWN)
        one->begin_ms = bar_ms;
    return true;
}

int64_t series_fill_from(const struct series *self)
{
    return self->next_ms != STREAM_UNKNOWN ? self->next_ms : self->begin_ms;
}

void stream_mark_all(struct stream *self, bool to_subscribe, bool to_fill)
{
    for (size_t i = 0; i < self->n_series; i++) {
        self->series[i].to_subscribe |= to_subscribe;
        self->series[i].to_fill |= to_fill;
        self->series[i].is_refused = false;
    }
}
