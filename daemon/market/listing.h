/* listing - one symbol: its newest data, its bars on every timeframe, when they close.
 *
 *      tick ──► 1s ──────► 5s 10s 15s 30s            stored: 1s, the intraday bars that come
 *        └────► 1min ────► 2min ... 4h               (of 1min, or given ones), 1d
 *                 └──────► 1d ──► 1w                 the others live while somebody uses them
 *      bar ───► the timeframe it was sent on, and upward
 *
 * Knows nothing of sources and their clocks: it is told through which time bars have closed, and
 * notes what it touched, for whoever computes and for whoever keeps it. */
#ifndef INDSUB_MARKET_LISTING_H
#define INDSUB_MARKET_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/protocol/tick.h"
#include "common/protocol/timeframe.h"
#include "daemon/market/calendar.h"
#include "daemon/market/series.h"

struct market_settings {
    int64_t tick_lateness_ms;
    size_t history_bars;     /* of the minute bars, a symbol; cut at a day's start */
    int64_t history_days_1s; /* trading days of 1-second bars before the running one */
};

#define NO_SOURCE UINT32_MAX

/* Fields are for reading. */
struct listing {
    char *name;
    uint32_t id;
    const struct calendar *calendar; /* borrowed */
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
    bool is_ticking;         /* its newest data is a tick */
    bool is_behind;          /* bars of the past, older than its source's clock, are coming in */
    int64_t day;             /* trading day of the newest data */
    double day_cumulative;   /* highest cumulative volume of that day, NAN before the first */
};

/* ---- what a call has touched ---- */

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
    struct touched_item *items; /* of series that are in use */
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

/* ---- life ---- */

/* A listing without data; name is copied, calendar kept. */
void listing_init(struct listing *self, const char *name, uint32_t id,
                  const struct calendar *calendar);
void listing_clear(struct listing *self);

/* ---- series ---- */

/* The series of a timeframe, made from what is stored if nobody has it; to be released once for
 * each acquire. */
struct series *listing_acquire_series(struct listing *self, enum timeframe timeframe);
void listing_release_series(struct listing *self, enum timeframe timeframe);

/* The stored series that ticks go into, or bars of that timeframe; the first data decide which
 * timeframe intraday bars are stored on. NULL if what is there already is of another one. */
struct series *listing_series_for_ticks(struct listing *self);
struct series *listing_series_for_bars(struct listing *self, enum timeframe timeframe);

/* The most closed bars of that timeframe that are kept, by the settings; SIZE_MAX where none are
 * ever cut. */
size_t listing_kept_bars(const struct listing *self, const struct market_settings *settings,
                         enum timeframe timeframe);

/* ---- closing ---- */

/* Through which time bars of that timeframe are known to have closed; see market_through. */
int64_t listing_through(const struct listing *self, enum timeframe timeframe);

/* What its source's clock has to reach until the next bar closes; INT64_MAX if none is open. */
int64_t listing_next_close(const struct listing *self);
/* What the clock has to reach, beyond clock_ms, until the next bar closes that holds the newest
 * tick: of any timeframe, whether anybody has that series or not. INT64_MAX if there is none, or if
 * the newest data is a bar: a bar comes when its time is over, so a silence is nothing unusual
 * then. */
int64_t listing_next_silent_close(const struct listing *self, int64_t clock_ms);

/* Notes that no bar that ends by through_ms will come any more. Closes nothing. */
void listing_pass(struct listing *self, int64_t through_ms);
/* The same, and closes what ends by then. */
void listing_close_through(struct listing *self, int64_t through_ms, struct touched *touched);

/* ---- data ---- */

/* To be called before data of that time are put in. If they begin a trading day, history is cut,
 * the change of open interest is counted from its last value, and cumulative volume from 0. */
void listing_enter_day(struct listing *self, const struct market_settings *settings,
                       int64_t feed_ms, struct touched *touched);
/* Puts a trade into the open bars; into a new one unless that ends by through_ms. False if it is
 * too late for the stored bar. */
bool listing_add_tick(struct listing *self, struct series *stored, const struct tick *tick,
                      int64_t through_ms, struct touched *touched);
/* Whether a finished bar that starts then is too late: the series has a newer one. Days may still
 * be given before the one that is made of ticks now. */
bool listing_is_late(const struct series *stored, int64_t start_ms);
/* Whether a longer bar that it belongs to has closed without it, since other symbols of its source
 * were ahead. */
bool listing_is_missed(const struct listing *self, const struct series *stored, int64_t start_ms);
/* A bar of that time is about to come, which is not late, though other symbols of its source may be
 * ahead: from then on nothing has passed for this one. */
void listing_unpass(struct listing *self, const struct series *stored, int64_t start_ms);
/* Takes a finished bar that ends at end_ms and is not late. */
void listing_add_bar(struct listing *self, struct series *stored, const struct bar *bar,
                     int64_t end_ms, struct touched *touched);

/* ---- over a restart ---- */

/* The series that a listing's others are made from: those that have to be kept. */
enum { STORED_INTRADAY, STORED_1S, STORED_1D, STORED_COUNT };
/* Its timeframe; TIMEFRAME_NONE where the listing has none (yet). */
enum timeframe listing_stored(const struct listing *self, int which);

/* A stored series as it was: borrowed. */
struct saved_series {
    const struct bar *closed;
    size_t n_closed;
    const struct open_bar *open;
    size_t n_open;
    int64_t through_ms;
};
/* Puts the stored series of a listing back that nobody uses and that has no bars. */
void listing_restore(struct listing *self, const struct saved_series saved[STORED_COUNT]);

#endif
