/* instrument - what a symbol is: an index, an equity, a future, a call or a put. */
#ifndef INDSUB_MARKET_INSTRUMENT_H
#define INDSUB_MARKET_INSTRUMENT_H

#include <stddef.h>
#include <stdint.h>

/* X(name): as the exchange dumps have them */
#define INSTRUMENT_TYPE_MAP(X) X(INDEX) X(EQ) X(FUT) X(CE) X(PE)

enum instrument_type {
#define X(name) INSTRUMENT_##name,
    INSTRUMENT_TYPE_MAP(X)
#undef X
        INSTRUMENT_TYPE_COUNT
};
const char *instrument_type_name(enum instrument_type type);

/* Fields are for reading. */
struct instrument {
    const char *symbol;
    const char *underlying; /* "" where it has none */
    const char *exchange;   /* "" where none is known */
    enum instrument_type type;
    double strike, tick_size, lot_size; /* NAN where there is none */
    int64_t expiry_day;                 /* days since 1970, INT64_MIN where there is none */
};

struct instruments;

struct instruments *instruments_new(void);
void instruments_destroy(struct instruments **self);

size_t instruments_count(const struct instruments *self);
/* Instrument i, in the order they came; borrowed, stays where it is. */
const struct instrument *instruments_at(const struct instruments *self, size_t i);
const struct instrument *instruments_find(const struct instruments *self, const char *symbol);

/* Adds a symbol that a feed has brought without its being listed, as an index. It must not be there
 * yet. */
const struct instrument *instruments_add_index(struct instruments *self, const char *symbol);

/* Adds one with these properties; strings are copied. NULL if the symbol is there already. */
const struct instrument *instruments_add(struct instruments *self, const struct instrument *model);

typedef void instruments_fault_fn(void *context, size_t line, const char *sentence);

/* Reads a CSV with the columns of the Kite instrument dump, in any order; only tradingsymbol and
 * instrument_type are needed. An EQ of the segment INDICES is an index. Where two exchanges list a
 * symbol the first row counts. text is changed. Each row that is wrong is told with its line and
 * left out. Returns how many were left out, SIZE_MAX if the
 * header lacks a needed column. */
size_t instruments_load(struct instruments *self, char *text, instruments_fault_fn *fault,
                        void *context);

#endif
