/* market - every symbol, and the clocks of the sources that feed them.
 *
 *      source's clock ──► closes the bars of all symbols that it leads
 *      tick, bar ───────► moves its source's clock on ──► goes into its symbol's bars (listing)
 *
 * Each call returns what it touched, in order, for series that are in use. A bar closes when the
 * clock of its symbol's source has passed its end by the lateness allowed; a bar sent as a bar is
 * complete, so it closes at once. History is cut only when a trading day begins, and whatever uses
 * it is told to start anew from what is left: so every value is a function of the feed alone, not
 * of when somebody began to look. Reads no clock of the machine, and does no I/O. */
#ifndef INDSUB_MARKET_MARKET_H
#define INDSUB_MARKET_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/market/listing.h"

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
/* How many bars have been taken that a longer bar had closed without, as their source's clock was
 * ahead of them. */
uint64_t market_n_missed(const struct market *self);
/* The clock at which the next bar closes that a newest tick of that source is in, of any timeframe,
 * whether anybody looks at it or not; INT64_MAX if there is none. Looks through all its symbols. */
int64_t market_next_silent_close(const struct market *self, uint32_t source);

/* The series of a symbol and timeframe, made from what is stored if nobody has it; to be released
 * once for each acquire. */
struct series *market_acquire_series(struct market *self, struct listing *listing,
                                     enum timeframe timeframe);
void market_release_series(struct market *self, struct listing *listing, enum timeframe timeframe);

/* The most closed bars of that timeframe that are kept of a listing, by the settings: no window
 * that is longer can be filled, whatever comes. SIZE_MAX where none are ever cut. */
size_t market_kept_bars(const struct market *self, const struct listing *listing,
                        enum timeframe timeframe);

/* This listing's bars of that timeframe that end by then have all closed; INT64_MIN if none have.
 */
int64_t market_through(const struct market *self, const struct listing *listing,
                       enum timeframe timeframe);

#endif
