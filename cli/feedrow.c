#include "cli/feedrow.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/csv.h"
#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/protocol/ids.h"

enum { INDIA_OFFSET_S = 19800 };

enum column {
    TIME,
    SYMBOL,
    OPEN,
    HIGH,
    LOW,
    CLOSE,
    VOLUME,
    OI,
    PRICE,
    QUANTITY,
    CUMULATIVE,
    BID,
    ASK
};

/* What columns are called. "volume" is a bar's own, and a tick's of the day so far. */
static const struct {
    const char *name;
    enum column bar, tick;
} NAMES[] = {
    {"timestamp", TIME, TIME},
    {"ts", TIME, TIME},
    {"ts_ms", TIME, TIME},
    {"time", TIME, TIME},
    {"datetime", TIME, TIME},
    {"date", TIME, TIME},
    {"symbol", SYMBOL, SYMBOL},
    {"open", OPEN, OPEN},
    {"high", HIGH, HIGH},
    {"low", LOW, LOW},
    {"close", CLOSE, CLOSE},
    {"volume", VOLUME, CUMULATIVE},
    {"oi", OI, OI},
    {"open_interest", OI, OI},
    {"price", PRICE, PRICE},
    {"ltp", PRICE, PRICE},
    {"last_price", PRICE, PRICE},
    {"quantity", QUANTITY, QUANTITY},
    {"qty", QUANTITY, QUANTITY},
    {"size", QUANTITY, QUANTITY},
    {"cumulative_volume", CUMULATIVE, CUMULATIVE},
    {"bid", BID, BID},
    {"ask", ASK, ASK},
};

/* How a column is called in an item, and whether it must be there. */
struct member {
    enum column column;
    const char *name;
    bool required;
};
static const struct member BAR[] = {{OPEN, "o", true},  {HIGH, "h", true},    {LOW, "l", true},
                                    {CLOSE, "c", true}, {VOLUME, "v", false}, {OI, "oi", false}};
static const struct member TICK[] = {{PRICE, "p", true},        {QUANTITY, "v", false},
                                     {CUMULATIVE, "cv", false}, {OI, "oi", false},
                                     {BID, "b", false},         {ASK, "a", false}};

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]))
        text[--size] = '\0';
    return text;
}

static void place_columns(struct feedrow_form *self, char **fields, size_t n, bool is_bar)
{
    self->is_bar = is_bar;
    for (size_t c = 0; c < FEEDROW_COLUMNS; c++)
        self->fields[c] = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES; k++)
            if (strcasecmp(trim(fields[i]), NAMES[k].name) == 0) {
                enum column column = is_bar ? NAMES[k].bar : NAMES[k].tick;
                if (self->fields[column] == SIZE_MAX)
                    self->fields[column] = i;
            }
}

static bool has(const struct feedrow_form *self, enum column column)
{
    return self->fields[column] != SIZE_MAX;
}

bool feedrow_has_symbol(const struct feedrow_form *self)
{
    return has(self, SYMBOL);
}

enum err_code feedrow_parse_header(struct feedrow_form *self, char *line, struct err *err)
{
    static const char MARK[] = "\xEF\xBB\xBF"; /* of UTF-8, as some spreadsheets put it */
    char *fields[FEEDROW_FIELDS_MAX];
    if (strncmp(line, MARK, strlen(MARK)) == 0)
        line += strlen(MARK);
    size_t n = csv_split(line, fields, FEEDROW_FIELDS_MAX);
    if (n > FEEDROW_FIELDS_MAX)
        n = FEEDROW_FIELDS_MAX;
    place_columns(self, fields, n, true);
    if (has(self, TIME) && has(self, OPEN) && has(self, HIGH) && has(self, LOW) && has(self, CLOSE))
        return ERR_OK;
    place_columns(self, fields, n, false);
    if (has(self, TIME) && has(self, PRICE))
        return ERR_OK;
    return err_set(err, ERR_BAD_REQUEST,
                   "the first line must name the columns: timestamp,open,high,low,close,volume"
                   "[,oi] of bars or timestamp,price[,quantity][,oi] of ticks");
}

static enum err_code read_time(const char *text, int64_t *ms, struct err *err)
{
    size_t digits = strspn(text, "0123456789");
    if (digits > 4 && digits < 19 && text[digits] == '\0')
        *ms = atoll(text);
    else if (!feedtime_parse_local(text, INDIA_OFFSET_S, ms))
        return err_set(err, ERR_BAD_REQUEST, "\"%.40s\" is no time", text);
    return ERR_OK;
}

static enum err_code put_member(struct buf *item, const struct member *member, const char *text,
                                struct err *err)
{
    char *end;
    double value = strtod(text, &end);
    if (text[0] == '\0' && !member->required)
        return ERR_OK;
    if (text[0] == '\0' || *end != '\0' || !isfinite(value))
        return err_set(err, ERR_BAD_REQUEST, "\"%.40s\" is no number", text);
    buf_put_format(item, ",\"%s\":", member->name);
    json_put_number(item, value);
    return ERR_OK;
}

static enum err_code put_symbol(struct buf *item, const char *symbol, struct err *err)
{
    if (!symbol_is_valid(symbol))
        return err_set(err, ERR_BAD_REQUEST, "\"%.40s\" is no symbol", symbol);
    buf_put_text(item, "{\"s\":");
    json_put_string(item, symbol);
    return ERR_OK;
}

enum err_code feedrow_parse(const struct feedrow_form *self, char *line, const char *symbol,
                            enum timeframe timeframe, struct buf *item, int64_t *ms,
                            struct err *err)
{
    char *fields[FEEDROW_FIELDS_MAX];
    size_t n = csv_split(line, fields, FEEDROW_FIELDS_MAX);
    const struct member *members = self->is_bar ? BAR : TICK;
    size_t n_members = self->is_bar ? sizeof BAR / sizeof *BAR : sizeof TICK / sizeof *TICK;
    for (size_t c = 0; c < FEEDROW_COLUMNS; c++)
        if (self->fields[c] != SIZE_MAX && self->fields[c] >= n)
            return err_set(err, ERR_BAD_REQUEST, "%zu fields are too few", n);
    if (has(self, SYMBOL))
        symbol = trim(fields[self->fields[SYMBOL]]);
    enum err_code code = read_time(trim(fields[self->fields[TIME]]), ms, err);
    if (code == ERR_OK)
        code = put_symbol(item, symbol, err);
    if (code != ERR_OK)
        return code;
    if (self->is_bar)
        buf_put_format(item, ",\"tf\":\"%s\"", timeframe_name(timeframe));
    buf_put_format(item, ",\"t\":%lld", (long long)*ms);
    for (size_t i = 0; i < n_members && code == ERR_OK; i++)
        if (has(self, members[i].column))
            code =
                put_member(item, &members[i], trim(fields[self->fields[members[i].column]]), err);
    buf_put_char(item, '}');
    return code;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void feedrow_symbol_of_path(const char *path, char *symbol, size_t size)
{
    const char *name = base_name(path);
    size_t length = strcspn(name, "_-.");
    if (length >= size)
        length = size - 1;
    for (size_t i = 0; i < length; i++)
        symbol[i] = (char)toupper((unsigned char)name[i]);
    symbol[length] = '\0';
}

void feedrow_source(const char *path, const char *const *parts, size_t n,
                    char source[FEEDROW_SOURCE_SIZE])
{
    /* FNV-1a (Fowler, Noll, Vo 1991), each part with its NUL. */
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        for (const char *c = parts[i];; c++) {
            hash = (hash ^ (unsigned char)*c) * 1099511628211u;
            if (*c == '\0')
                break;
        }
    size_t size = 0;
    for (const char *c = base_name(path); *c && size < FEEDROW_SOURCE_SIZE - 18; c++)
        source[size++] = (char)(isalnum((unsigned char)*c) || *c == '.' || *c == '_' ? *c : '-');
    snprintf(source + size, FEEDROW_SOURCE_SIZE - size, "-%016llx", (unsigned long long)hash);
}
