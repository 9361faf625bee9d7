/* The instruments file: each row is taken or told of, what is taken can be found, and a file
 * written from it reads back to the same without a fault. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/protocol/ids.h"
#include "daemon/market/instrument.h"
#include "tests/fuzz/fuzz.h"

struct faults {
    size_t n, line;
};

static void tell(void *context, size_t line, const char *sentence)
{
    struct faults *self = context;
    assert(line > self->line && sentence[0] != '\0');
    self->line = line;
    self->n++;
}

static size_t load(struct instruments *self, char *text)
{
    struct faults faults = {0};
    size_t n = instruments_load(self, text, tell, &faults);
    assert(n == faults.n || (n == SIZE_MAX && faults.n == 1));
    return n;
}

static void put_quoted(struct buf *out, const char *text)
{
    buf_put_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_put_char(out, '"');
        buf_put_char(out, *text);
    }
    buf_put_text(out, "\",");
}

static void put_number(struct buf *out, double value)
{
    if (!isnan(value))
        json_put_number(out, value);
    buf_put_char(out, ',');
}

static void put_row(struct buf *out, const struct instrument *one)
{
    put_quoted(out, one->symbol);
    put_quoted(out, one->underlying);
    put_quoted(out, one->exchange);
    put_number(out, one->strike);
    put_number(out, one->tick_size);
    put_number(out, one->lot_size);
    if (one->expiry_day != INT64_MIN) {
        char text[FEEDTIME_TEXT_SIZE];
        feedtime_format(one->expiry_day * FEEDTIME_DAY_MS, text);
        buf_put(out, text, 10);
    }
    buf_put_format(out, ",%s\n", instrument_type_name(one->type));
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_same(const struct instrument *a, const struct instrument *b)
{
    assert(strcmp(a->symbol, b->symbol) == 0);
    assert(strcmp(a->underlying, b->underlying) == 0);
    assert(strcmp(a->exchange, b->exchange) == 0);
    assert(a->type == b->type && a->expiry_day == b->expiry_day);
    assert(same_number(a->strike, b->strike));
    assert(same_number(a->tick_size, b->tick_size) && same_number(a->lot_size, b->lot_size));
}

static void check(const struct instruments *self)
{
    struct buf text = {0};
    struct instruments *again = instruments_new();
    buf_put_text(&text, "tradingsymbol,name,exchange,strike,tick_size,lot_size,expiry,"
                        "instrument_type\r\n");
    for (size_t i = 0; i < instruments_count(self); i++) {
        const struct instrument *one = instruments_at(self, i);
        assert(symbol_is_valid(one->symbol));
        assert(instruments_find(self, one->symbol) == one);
        put_row(&text, one);
    }
    /* A column that was not there asks for nothing; now it is, and may ask. */
    size_t n_faults = load(again, text.data);
    assert(instruments_count(again) + n_faults == instruments_count(self));
    for (size_t i = 0; i < instruments_count(again); i++) {
        const struct instrument *one = instruments_at(again, i);
        check_same(one, instruments_find(self, one->symbol));
    }
    instruments_destroy(&again);
    buf_destroy(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);
    struct instruments *self = instruments_new();
    load(self, text);
    check(self);
    instruments_destroy(&self);
    free(text);
    return 0;
}
