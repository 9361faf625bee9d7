/* market - every symbol's bars on every timeframe, kept by the feed's clocks.
 *
 *      tick ──► 1s ──────► 5s 10s 15s 30s            kept: 1s (the last days), 1min, 1d
 *        └────► 1min ────► 2min ... 4h               the others live while somebody uses them
 *                 └──────► 1d ──► 1w
 *      bar ───► the timeframe it was sent on, and upward
 *
 * Each call returns what it touched, in order, for series that are in use. A bar closes when the
 * clock of its symbol's source has passed its end by the lateness allowed; a bar sent as a bar is
 * complete, so it closes at once. History is cut only when a trading day begins and whatever uses
 * it is told to start anew from what is left: so every value is a function of the feed alone, not
 * of when somebody began to look. Knows no clock and does no I/O. */
#ifndef INDSUB_MARKET_MARKET_H
#define INDSUB_MARKET_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/protocol/tick.h"
#include "common/protocol/timeframe.h"
#include "daemon/market/calendar.h"
#include "daemon/market/series.h"

struct market;

/* Why an item of the feed is refused. X(name, sentence) */
#define REJECT_MAP(X)                                                          \
    X(MALFORMED, "not a tick, a bar or a clock")                               \
    X(BAD_SYMBOL, "not a symbol")                                              \
    X(BAD_TIME, "no time, or one outside 2000 to tomorrow")                    \
    X(BAD_PRICE, "a price must be a positive number")                          \
    X(BAD_VOLUME, "a volume or open interest must not be negative")            \
    X(BAD_BAR, "low <= open, close <= high does not hold")                     \
    X(UNKNOWN_TIMEFRAME, "no such timeframe")                                  \
    X(MIXED_TIMEFRAMES, "the symbol's intraday bars are of another timeframe") \
    X(OUTSIDE_SESSION, "outside the exchange's session")                       \
    X(LATE, "its bar has closed")

enum reject {
    REJECT_NONE,
#define X(name, sentence) REJECT_##name,
    REJECT_MAP(X)
#undef X
        REJECT_COUNT
};
const char *reject_name(enum reject reject);
const char *reject_sentence(enum reject reject);

struct market_settings {
    int64_t tick_lateness_ms;
    size_t history_bars;     /* of the minute bars, a symbol; cut at a day's start */
    int64_t history_days_1s; /* trading days of 1-second bars before the running one */
};

/* One symbol. Fields are for reading. */
struct listing {
    char *name;
    uint32_t id;
    const struct calendar *calendar; /* kept */
    struct contract *contract;       /* for whoever knows of options; NULL if it is none */
    double last;                     /* price, NAN before the first */
    int64_t last_ms;
    double oi, oi_reference; /* NAN if none; see struct bar */
    double bid, ask;         /* of the newest tick, NAN if it had none */

    struct series *series[TIMEFRAME_COUNT]; /* NULL while nobody uses it */
    unsigned users[TIMEFRAME_COUNT];
    enum timeframe intraday; /* of the stored intraday bars: 1min, or what bars are sent on */
    uint32_t source;         /* who leads it: gave its newest data; NO_SOURCE */
    int64_t through_ms;      /* intraday bars that end by then have closed */
    int64_t day_through_ms;  /* the same of daily and weekly bars, which may be given ahead */
    int64_t lateness_ms;     /* of its newest data: a tick's, or 0 of a bar */
    bool is_behind;          /* bars of the past, older than its source's clock, are coming in */
    int64_t day;             /* trading day of the newest data */
    double day_cumulative;   /* highest cumulative volume of that day, NAN before the first */
};

#define NO_SOURCE UINT32_MAX

enum touched_kind {
    TOUCHED_REBASED, /* the history was cut: start anew from the first `index` closed bars */
    TOUCHED_CLOSED,  /* `bar` has closed */
    TOUCHED_FORMING  /* open bar `index` has changed */
};

struct touched_item {
    enum touched_kind kind;
    struct listing *listing;
    struct series *series;
    size_t index;
    struct bar bar; /* of TOUCHED_CLOSED: a later cut in the same call moves indexes */
};

/* What a call has touched, in the order in which it is to be worked off. Start with {0}; calls
 * append. */
struct touched {
    struct touched_item *items;
    size_t n, capacity;
    /* Bars that have closed on the stored timeframes, in use or not: for whoever keeps them. */
    struct market_closed {
        struct listing *listing;
        enum timeframe timeframe;
        struct bar bar;
    } * closed;
    size_t n_closed, closed_capacity;
};
void touched_reset(struct touched *self);
void touched_destroy(struct touched *self);

struct market *market_new(const struct market_settings *settings);
void market_destroy(struct market **self);

/* Adds a symbol; name is copied, calendar kept. It must not be there yet. Gives a borrowed listing
 * that stays where it is. */
struct listing *market_add(struct market *self, const char *name, const struct calendar *calendar);
struct listing *market_find(const struct market *self, const char *name);
/* Listing i of market_count, in the order they came. */
struct listing *market_listing(const struct market *self, size_t i);
size_t market_count(const struct market *self);
/* The listings that have data, few of many instruments; one never leaves its place. Borrowed until
 * the next call that brings data. */
struct listing *const *market_fed(const struct market *self, size_t *n);

/* Takes a trade from a source (a small number, one each). The source's clock moves on to its time.
 */
enum reject market_apply_tick(struct market *self, uint32_t source, struct listing *listing,
                              const struct tick *tick, struct touched *touched);

/* Takes a finished bar of that timeframe. */
enum reject market_apply_bar(struct market *self, uint32_t source, struct listing *listing,
                             enum timeframe timeframe, const struct bar *bar,
                             struct touched *touched);

/* A stored series as it was: borrowed. */
struct saved_series {
    const struct bar *closed;
    size_t n_closed;
    const struct open_bar *open;
    size_t n_open;
    int64_t through_ms;
};

/* The series that a listing's others are made from: those that have to be kept. */
enum { STORED_INTRADAY, STORED_1S, STORED_1D, STORED_COUNT };
/* Its timeframe; TIMEFRAME_NONE where the listing has none (yet). */
enum timeframe listing_stored(const struct listing *listing, int which);

/* Puts back a listing that nobody uses and that has no data: its plain members (last ...
 * day_cumulative, through_ms ... day, intraday, is_behind) are set by the caller, and its source's
 * clock is where it was. */
void market_restore(struct market *self, struct listing *listing, uint32_t source,
                    const struct saved_series saved[STORED_COUNT]);

/* The source's clock has come to clock_ms (it never goes back): closes what is due. */
void market_advance_clock(struct market *self, uint32_t source, int64_t clock_ms,
                          struct touched *touched);
/* INT64_MIN for a source that has given no time yet. */
int64_t market_clock(const struct market *self, uint32_t source);
/* The clock at which the next bar of up to a minute of that source closes; INT64_MAX if none is
 * open. Longer ones wait for what the feed still has of them. */
int64_t market_next_close(const struct market *self, uint32_t source);

/* The series of a symbol and timeframe, made from what is stored if nobody has it; to be released
 * once for each acquire. */
struct series *market_acquire_series(struct market *self, struct listing *listing,
                                     enum timeframe timeframe);
void market_release_series(struct market *self, struct listing *listing, enum timeframe timeframe);

/* The most closed bars of that timeframe that are kept of a listing, by the settings: no window
 * that is longer can be filled, whatever comes. SIZE_MAX where none are ever cut. */
size_t market_kept_bars(const struct market *self, const struct listing *listing,
                        enum timeframe timeframe);

/* True when this listing's bars of that timeframe that end by end_ms have all closed. */
bool listing_has_passed(const struct listing *listing, enum timeframe timeframe, int64_t end_ms);

#endif
