#include "daemon/market/instrument.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/csv.h"
#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "common/protocol/ids.h"

struct entry {
    struct instrument instrument;
    UT_hash_handle hh;
};

struct instruments {
    struct entry *by_symbol;
    struct instrument **all; /* borrowed from by_symbol, in the order they came */
    size_t n, capacity;
};

static const char *const TYPES[INSTRUMENT_TYPE_COUNT] = {
#define X(name) [INSTRUMENT_##name] = #name,
    INSTRUMENT_TYPE_MAP(X)
#undef X
};

const char *instrument_type_name(enum instrument_type type)
{
    return TYPES[type];
}

struct instruments *instruments_new(void)
{
    return mem_alloc_zero(1, sizeof(struct instruments));
}

void instruments_destroy(struct instruments **self)
{
    if (!*self)
        return;
    struct entry *entry, *next;
    HASH_ITER(hh, (*self)->by_symbol, entry, next)
    {
        HASH_DEL((*self)->by_symbol, entry);
        free((char *)(uintptr_t)entry->instrument.symbol);
        free((char *)(uintptr_t)entry->instrument.underlying);
        free((char *)(uintptr_t)entry->instrument.exchange);
        free(entry);
    }
    free((*self)->all);
    free(*self);
    *self = NULL;
}

size_t instruments_count(const struct instruments *self)
{
    return self->n;
}

const struct instrument *instruments_at(const struct instruments *self, size_t i)
{
    return self->all[i];
}

const struct instrument *instruments_find(const struct instruments *self, const char *symbol)
{
    struct entry *entry;
    HASH_FIND_STR(self->by_symbol, symbol, entry);
    return entry ? &entry->instrument : NULL;
}

const struct instrument *instruments_add(struct instruments *self, const struct instrument *model)
{
    if (instruments_find(self, model->symbol))
        return NULL;
    struct entry *entry = mem_alloc_zero(1, sizeof *entry);
    entry->instrument = *model;
    entry->instrument.symbol = mem_strdup(model->symbol);
    entry->instrument.underlying = mem_strdup(model->underlying ? model->underlying : "");
    entry->instrument.exchange = mem_strdup(model->exchange ? model->exchange : "");
    HASH_ADD_KEYPTR(hh, self->by_symbol, entry->instrument.symbol, strlen(model->symbol), entry);
    self->all = mem_grow(self->all, self->n, &self->capacity, sizeof *self->all);
    self->all[self->n++] = &entry->instrument;
    return &entry->instrument;
}

const struct instrument *instruments_add_index(struct instruments *self, const char *symbol)
{
    struct instrument model = {.symbol = symbol,
                               .type = INSTRUMENT_INDEX,
                               .strike = NAN,
                               .tick_size = NAN,
                               .lot_size = NAN,
                               .expiry_day = INT64_MIN};
    return instruments_add(self, &model);
}

/* ---- the dump ---------------------------------------------------------------------------------
 */

enum column { SYMBOL, NAME, EXPIRY, STRIKE, TICK_SIZE, LOT_SIZE, TYPE, SEGMENT, EXCHANGE, COLUMNS };
enum { FIELDS_MAX = 32, NAME_MAX_SIZE = 128 };

static const char *const COLUMN_NAMES[COLUMNS] = {
    [SYMBOL] = "tradingsymbol", [NAME] = "name",           [EXPIRY] = "expiry",
    [STRIKE] = "strike",        [TICK_SIZE] = "tick_size", [LOT_SIZE] = "lot_size",
    [TYPE] = "instrument_type", [SEGMENT] = "segment",     [EXCHANGE] = "exchange"};

/* One row's fields by column, "" where the row has none, NULL where the file has no such column. */
struct row {
    const char *at[COLUMNS];
};

static char *next_line(char **text)
{
    char *line = *text;
    if (*line == '\0')
        return NULL;
    char *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

static bool read_header(char *line, int places[COLUMNS])
{
    static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";
    char *fields[FIELDS_MAX];
    if (strncmp(line, BYTE_ORDER_MARK, 3) == 0)
        line += 3;
    size_t n = csv_split(line, fields, FIELDS_MAX);
    for (int c = 0; c < COLUMNS; c++) {
        places[c] = -1;
        for (size_t i = 0; i < n && i < FIELDS_MAX; i++)
            if (strcmp(fields[i], COLUMN_NAMES[c]) == 0)
                places[c] = (int)i;
    }
    return places[SYMBOL] >= 0 && places[TYPE] >= 0;
}

static bool read_number(const char *text, double *value)
{
    char *end;
    *value = NAN;
    if (!text || *text == '\0')
        return true;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value) && *value >= 0;
}

static bool read_type(const char *text, enum instrument_type *type)
{
    for (int i = 0; i < INSTRUMENT_TYPE_COUNT; i++)
        if (strcmp(TYPES[i], text) == 0) {
            *type = (enum instrument_type)i;
            return true;
        }
    return false;
}

/* What goes into replies as it stands. */
static bool is_plain(const char *text)
{
    size_t size = 0;
    for (; text && text[size]; size++)
        if (text[size] < 0x20 || text[size] > 0x7E)
            return false;
    return size <= NAME_MAX_SIZE;
}

/* The dump calls an index EQ, in a segment of its own. */
static bool read_kind(const struct row *row, enum instrument_type *type)
{
    bool good = read_type(row->at[TYPE], type);
    if (good && *type == INSTRUMENT_EQ && row->at[SEGMENT] &&
        strcmp(row->at[SEGMENT], "INDICES") == 0)
        *type = INSTRUMENT_INDEX;
    return good;
}

static bool is_derivative(enum instrument_type type)
{
    return type == INSTRUMENT_FUT || type == INSTRUMENT_CE || type == INSTRUMENT_PE;
}

/* What a derivative lacks, or NULL. A file without the column cannot be blamed for an empty field.
 */
static const char *lacks(const struct row *row, const struct instrument *one)
{
    bool is_option = one->type == INSTRUMENT_CE || one->type == INSTRUMENT_PE;
    if (is_option && row->at[STRIKE] && !(one->strike > 0))
        return "an option needs a strike";
    if (is_derivative(one->type) && row->at[EXPIRY] && !row->at[EXPIRY][0])
        return "a derivative needs an expiry";
    return NULL;
}

/* Why a row is wrong, or NULL with *out filled. The name of what is no derivative is a company's.
 */
static const char *read_row(const struct row *row, struct instrument *out)
{
    int64_t expiry_ms;
    *out = (struct instrument){
        .symbol = row->at[SYMBOL], .exchange = row->at[EXCHANGE], .expiry_day = INT64_MIN};
    if (!symbol_is_valid(row->at[SYMBOL]))
        return "tradingsymbol is no symbol";
    if (!read_kind(row, &out->type))
        return "instrument_type is none of INDEX EQ FUT CE PE";
    if (is_derivative(out->type))
        out->underlying = row->at[NAME];
    if (!is_plain(row->at[NAME]) || !is_plain(row->at[EXCHANGE]))
        return "name or exchange is not plain printable ASCII";
    if (!read_number(row->at[STRIKE], &out->strike) ||
        !read_number(row->at[TICK_SIZE], &out->tick_size) ||
        !read_number(row->at[LOT_SIZE], &out->lot_size))
        return "strike, tick_size or lot_size is no number";
    if (row->at[EXPIRY] && row->at[EXPIRY][0]) {
        if (!feedtime_parse_local(row->at[EXPIRY], 0, &expiry_ms))
            return "expiry is no date";
        out->expiry_day = expiry_ms / FEEDTIME_DAY_MS;
    }
    return lacks(row, out);
}

/* True where two exchanges list one symbol, as NSE and BSE do thousands: a feed that says the
 * symbol means both, and the first row speaks for them. */
static bool is_listed_elsewhere(const struct instruments *self, const struct instrument *one)
{
    const struct instrument *first = instruments_find(self, one->symbol);
    return first && one->exchange && strcmp(first->exchange, one->exchange) != 0;
}

/* Adds what a line of the file says; why it cannot be, or NULL. */
static const char *take_line(struct instruments *self, char *line, const int places[COLUMNS])
{
    char *fields[FIELDS_MAX];
    struct row row;
    struct instrument read;
    size_t n = csv_split(line, fields, FIELDS_MAX);
    if (n == 0)
        return "a quote is not closed where its field ends";
    for (int c = 0; c < COLUMNS; c++)
        row.at[c] = places[c] < 0 ? NULL : (size_t)places[c] < n ? fields[places[c]] : "";
    const char *why = read_row(&row, &read);
    if (!why && !is_listed_elsewhere(self, &read) && !instruments_add(self, &read))
        why = "the symbol is there already";
    return why;
}

size_t instruments_load(struct instruments *self, char *text, instruments_fault_fn *fault,
                        void *context)
{
    int places[COLUMNS];
    size_t n_faults = 0;
    char *line = next_line(&text);
    if (!line || !read_header(line, places)) {
        fault(context, 1, "the header lacks tradingsymbol or instrument_type");
        return SIZE_MAX;
    }
    for (size_t number = 2; (line = next_line(&text)); number++) {
        if (*line == '\0' || *line == '\r')
            continue;
        const char *why = take_line(self, line, places);
        if (why) {
            fault(context, number, why);
            n_faults++;
        }
    }
    return n_faults;
}
