/* source - who feeds: each source numbers its messages, and none is counted twice.
 *
 * A source is known by its name; the connection that opened it last speaks for it. Times are of a
 * monotonic clock that the caller reads. */
#ifndef INDSUB_FEED_SOURCE_H
#define INDSUB_FEED_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bucket.h"
#include "daemon/feed/standby.h"

enum { SOURCE_NAME_MAX = 64, SOURCE_PEER_MAX = 255, SOURCE_KID_MAX = 64, SOURCE_JTI_MAX = 128 };

struct source {
    char name[SOURCE_NAME_MAX + 1];
    uint32_t id; /* counts from 0 */
    uint64_t last_seq;
    uint64_t kept_seq, flying_seq; /* for whoever keeps it: kept, and in the batch under way */
    int64_t kept_clock_ms;
    unsigned char peer[SOURCE_PEER_MAX]; /* the routing id that speaks for it */
    size_t peer_size;                    /* 0 while nobody does */
    uint64_t connection;                 /* on which it opened the source */
    int64_t expires_at_s;                /* wall clock: of the token it was opened with */
    char kid[SOURCE_KID_MAX + 1], jti[SOURCE_JTI_MAX + 1]; /* of that token */
    char *symbols;      /* globs of what it may feed, a newline behind each; NULL: all; owned */
    int64_t arrived_ms; /* of its newest message */
    int64_t arrived_wall_ms; /* the same moment by the wall clock */
    int64_t behind_ms;       /* its clock behind the wall's, when that came */
    int64_t silent_close_ms; /* while it is silent: the clock at which its next bar closes;
                                INT64_MIN where nobody has asked */
    bool has_arrived;
    bool is_connected;
    struct standby *standby; /* what it gives of symbols that others lead; owned */
    int64_t heard_ms;        /* the newest time of that */
    bool is_stale;
    bool ack_due;                  /* last_seq has not been acknowledged yet */
    struct bucket bytes, patience; /* how much it may send, and go on sending beyond that */
};

struct sources;

struct sources *sources_new(void);
void sources_destroy(struct sources **self);
size_t sources_count(const struct sources *self);
/* Source with that id; borrowed, stays where it is. */
struct source *sources_at(const struct sources *self, size_t id);

/* The source of that name, or NULL. */
struct source *sources_find(const struct sources *self, const char *name);
/* The source of that name, made if it is new; from now on that peer speaks for it, on that
 * connection. */
struct source *sources_open(struct sources *self, const char *name, const void *peer,
                            size_t peer_size, uint64_t connection);
/* The connection is gone: nobody speaks for its source until it is opened again. */
void sources_note_gone(struct sources *self, uint64_t connection);
/* The source that this peer speaks for, or NULL. */
struct source *sources_find_peer(const struct sources *self, const void *peer, size_t peer_size,
                                 uint64_t connection);

/* How long ago anything came from any of them, in milliseconds; NAN if nothing ever has. */
double sources_age_ms(const struct sources *self, int64_t now_ms);
/* "live" while one of them is, "stale" if all that gave anything have fallen silent, "none" if
 * nothing has come at all. */
const char *sources_state(const struct sources *self);

enum source_seq { SOURCE_SEQ_NEXT, SOURCE_SEQ_REPEATED, SOURCE_SEQ_GAP };
/* What a message's number means. */
enum source_seq source_judge_seq(const struct source *self, uint64_t seq);

#endif
