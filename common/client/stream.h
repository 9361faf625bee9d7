/* stream - what a session has asked for, and how far it has been given it.
 *
 * Two positions tell whether something is missing:
 *
 *   seq       the stream's numbers: one more each time; a jump is a gap
 *   next_ms   of each (symbol, timeframe): the first closed bar that has not been delivered
 *
 *      closed bars   ──■──■──■──┊─────────
 *                               ▲ next_ms: what starts earlier has been delivered
 *
 * Only closed bars move it: the next bar may form already while the end of one is awaited.
 * So a closed bar is delivered once and in order, from wherever it comes: the stream, a resync, a
 * history. Pure: no sockets, no clock. */
#ifndef INDSUB_CLIENT_STREAM_H
#define INDSUB_CLIENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_UNKNOWN INT64_MIN

struct series {
    char *symbol, *timeframe;
    char *wanted;      /* members of the request that asks for all of it again */
    char *mode;        /* "updates" and "throttle_ms" of that request, or NULL */
    int64_t next_ms;   /* STREAM_UNKNOWN: no closed bar has been delivered yet */
    int64_t begin_ms;  /* the bar that was forming when it began; STREAM_UNKNOWN: none was seen */
    bool to_subscribe; /* the daemon does not know of it any more */
    bool to_fill;      /* closed bars from next_ms on may have been missed */
    bool is_asking;    /* a request that mends it is under way: one of them at most */
    bool is_refused;   /* could not be subscribed to again: to be tried later */
};

struct stream {
    uint64_t last_seq;     /* of the newest message */
    uint64_t good_seq;     /* up to here nothing is missing */
    struct series *series; /* sorted by symbol and timeframe */
    size_t n_series, capacity;
};

/* Start with {0}. */
void stream_destroy(struct stream *self);

/* Reads "1042" or "1042 3". False if it is neither. */
bool stream_parse_seq(const char *text, size_t size, uint64_t *seq, uint64_t *merged);

enum stream_seq {
    STREAM_NEXT,
    STREAM_GAP,     /* messages before this one are missing */
    STREAM_REPEATED /* this one has been here already */
};
/* A message of that number has come. After a gap good_seq stays until stream_mended. */
enum stream_seq stream_take_seq(struct stream *self, uint64_t seq);
/* Nothing is missing up to the newest message, nor up to that number, if it is newer. */
void stream_mended(struct stream *self, uint64_t seq);
/* Numbers start anew after seq: another epoch, or another session. */
void stream_restart(struct stream *self, uint64_t seq);

/* NULL if there is none. */
struct series *stream_find(const struct stream *self, const char *symbol, const char *timeframe);
/* The series, made if it is new; borrowed until the next change. Takes wanted and mode (both may be
 * NULL: as before). NULL without memory; then they are freed. */
struct series *stream_remember(struct stream *self, const char *symbol, const char *timeframe,
                               char **wanted, char **mode);
void stream_forget(struct stream *self, size_t i);
void stream_forget_all(struct stream *self);

/* True if a bar of the series is to be delivered: a closed one if it has not been, and from then on
 * it has. Any bar of an unknown series is. */
bool stream_take_bar(struct stream *self, const char *symbol, const char *timeframe, int64_t bar_ms,
                     bool closed);
/* True if that bar has been delivered as closed: that it formed is old news. */
bool stream_has_passed(const struct stream *self, const char *symbol, const char *timeframe,
                       int64_t bar_ms);
/* From which bar on none may be missed; STREAM_UNKNOWN if nothing has been seen yet. */
int64_t series_fill_from(const struct series *self);

/* Everything is to be asked for again: from the daemon's memory, or from its beginning. */
void stream_mark_all(struct stream *self, bool to_subscribe, bool to_fill);

#endif
