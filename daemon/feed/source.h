/* source - who feeds. A source is known by its name, and the connection that opened it last speaks
 * for it. It numbers its messages, so that one which it sends again is not counted twice.
 *
 * Times are of a monotonic clock that the caller reads, unless their names say otherwise. */
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

    /* Who speaks for it. */
    unsigned char peer[SOURCE_PEER_MAX]; /* the routing id */
    size_t peer_size;                    /* 0 while nobody does */
    uint64_t connection;                 /* on which it was opened */
    bool is_connected;

    /* The token that it was opened with. */
    int64_t expires_at_s;         /* wall clock */
    char kid[SOURCE_KID_MAX + 1]; /* id of the key that signed it */
    char jti[SOURCE_JTI_MAX + 1]; /* the token's own id, "" if it has none */
    char *symbols;          /* globs of what it may feed, a newline behind each; NULL: all; owned */
    struct bucket bytes;    /* what it may send */
    struct bucket patience; /* what it may send beyond that before it is cut off; see limits.h */

    /* Its messages. */
    uint64_t last_seq;                   /* number of the newest that was taken */
    bool ack_due;                        /* it has not been acknowledged yet */
    bool has_arrived;                    /* any, since the daemon started */
    int64_t arrived_ms, arrived_wall_ms; /* when the newest came, by either clock */
    int64_t behind_ms;       /* how far the feed's own clock was behind the wall clock then */
    int64_t silent_close_ms; /* while none comes: the feed's clock at which its next bar closes,
                                INT64_MIN where nobody has asked yet */
    bool is_stale;           /* none has come for too long */

    /* What it gives of symbols that other sources lead; owned. */
    struct standby *standby;
    int64_t heard_ms; /* feed time of the newest of that */

    /* Its row in the store; see keeper.h. */
    uint64_t kept_seq;   /* last_seq as it is in the store */
    uint64_t flying_seq; /* the same of the batch that is being written */
    int64_t kept_clock_ms;
};

struct sources;

struct sources *sources_new(void);
void sources_destroy(struct sources **self);
size_t sources_count(const struct sources *self);
/* The source of that id. Borrowed; its address never changes. */
struct source *sources_at(const struct sources *self, size_t id);

/* The source of that name, or NULL. */
struct source *sources_find(const struct sources *self, const char *name);
/* The source of that name, made if it is new. From now on that peer speaks for it, on that
 * connection alone. */
struct source *sources_open(struct sources *self, const char *name, const void *peer,
                            size_t peer_size, uint64_t connection);
/* The connection is gone: nobody speaks for its source until it is opened again. */
void sources_note_gone(struct sources *self, uint64_t connection);
/* The source for which this peer speaks on this connection, or NULL. */
struct source *sources_find_peer(const struct sources *self, const void *peer, size_t peer_size,
                                 uint64_t connection);

/* How long ago anything came from any of them, in milliseconds; NAN if nothing ever has. */
double sources_age_ms(const struct sources *self, int64_t now_ms);
/* "live" while one of them gives something, "stale" if all that gave anything have fallen silent,
 * "none" if nothing has come at all. */
const char *sources_state(const struct sources *self);

enum source_seq { SOURCE_SEQ_NEXT, SOURCE_SEQ_REPEATED, SOURCE_SEQ_GAP };
/* What a message's number means. */
enum source_seq source_judge_seq(const struct source *self, uint64_t seq);

#endif
