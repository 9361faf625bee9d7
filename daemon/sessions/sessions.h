/* sessions - who is there. A session is one terminal of a user, known by its key: the routing id
 * under which its connection speaks.
 *
 *      key ──────────► session ◄────────── (user, session id)
 *                        │ attached: its connection is there
 *                        │ detached: gone or silent; kept for resume_ms
 *                        │ dormant:  read from the store after a restart, which keeps a digest of
 *                        │           the key and not the key; detached until the key is presented
 *
 * Whoever presents the key is the session, on whatever connection. Times are of a monotonic clock
 * that the caller reads. Knows nothing of sockets, tokens or JSON. */
#ifndef INDSUB_SESSIONS_SESSIONS_H
#define INDSUB_SESSIONS_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/auth/digest.h"
#include "common/base/bucket.h"
#include "common/base/err.h"
#include "daemon/sessions/flight.h"
#include "daemon/sessions/outbox.h"

enum {
    SESSION_KEY_SIZE = 22,
    SESSION_NAME_MAX = 64,
    SESSION_USER_MAX = 128,
    SESSION_KID_MAX = 64,
    SESSION_JTI_MAX = 128
};

struct sessions;
struct subscription;
struct line;
struct turn;

/* What all sessions of a user may do together. */
struct session_user {
    struct bucket requests; /* what they may ask */
    struct bucket patience; /* what they may ask beyond that, and are refused; see limits.h */
    struct bucket values;   /* values of forming bars that may be computed for them */
    const struct bucket_rate *values_rate; /* borrowed */
    size_t n_indicators, state_bytes;      /* see spec_size */
    struct turn *turn;                     /* while requests of theirs wait; see queue.h */
    int64_t deaf_until_ms; /* monotonic; until then no request of theirs is answered */
};

/* A timeframe on which some of a session's symbols have closed a bar and the rest are awaited. */
struct awaited_bar {
    int64_t bar_ms, end_ms;
    int timeframe;
};

struct session {
    char key[SESSION_KEY_SIZE + 1]; /* "" of a dormant one */
    char user[SESSION_USER_MAX + 1];
    char name[SESSION_NAME_MAX + 1]; /* the session_id */
    bool is_admin;
    char *symbols; /* globs of what it may see, a newline behind each; NULL: all; owned */

    /* Its connection; see presence.h. */
    uint64_t connection; /* on which it spoke last; 0 once that is gone */
    uint64_t earlier;    /* the one before, which has lost the key to that */
    bool is_attached;
    bool fell_silent;     /* detached for that, and not because its connection ended */
    unsigned probes_left; /* how often it is still tried whether a lost connection is back */
    bool wants_stream;    /* false: replies only */
    int64_t last_request_ms, last_heartbeat_ms, detached_ms; /* monotonic */

    /* Its token; see allowance.h. */
    int64_t expires_at_s;          /* wall clock */
    char kid[SESSION_KID_MAX + 1]; /* id of the key that signed it */
    char jti[SESSION_JTI_MAX + 1]; /* the token's own id, "" if it has none */
    bool is_expired;               /* nothing is pushed until a fresh token comes */
    int64_t expired_ms;            /* monotonic; since when */
    bool expiry_announced;

    /* What it may ask. */
    struct bucket requests;
    struct session_user *share; /* with the user's other sessions; borrowed */

    /* What it is sent; see delivery.h. */
    struct outbox *outbox;
    struct flight *flight;
    int64_t blocked_ms; /* monotonic; since when the outbox is blocked */
    bool is_dirty;      /* on delivery's list of those whose outbox is to be flushed */
    LIST_ENTRY(session) dirty;
    struct awaited_bar *awaited;
    size_t n_awaited, awaited_capacity;
    LIST_ENTRY(session) awaiting; /* on delivery's list while n_awaited > 0 */

    struct subscription **subscriptions; /* owned by subscriptions.c */
    size_t n_subscriptions, subscriptions_capacity;
    size_t n_indicators; /* of all its subscriptions, with those they take as a source */
    struct line *line;   /* while requests of it wait; see queue.h */

    /* Its row in the store; see keeper.h. */
    bool has_row;
    bool has_changed; /* since the row was written */
    bool row_owes;    /* the row says that closed bars waited for it */

    size_t place; /* in sessions_at's order */
};

struct sessions_limits {
    size_t sessions_max, sessions_per_user;
    size_t backlog_bytes; /* what may wait for readers in all */
    struct bucket_rate values;
    struct outbox_limits outbox;
};

/* Limits are borrowed. */
struct sessions *sessions_new(const struct sessions_limits *limits);
/* Ends all sessions; none may have subscriptions left. */
void sessions_destroy(struct sessions **self);

/* The bytes of all that waits for readers, is under way to them, or is remembered for resync.
 * Bodies made with it add their own size, so they have to be gone before the sessions are
 * destroyed. */
atomic_size_t *sessions_tally(struct sessions *self);
const struct sessions_limits *sessions_limits(const struct sessions *self);

size_t sessions_count(const struct sessions *self);
/* Session i of sessions_count, in an order that changes only when one begins or ends. */
struct session *sessions_at(const struct sessions *self, size_t i);

/* NULL if there is none; a dormant one is not found by its key. */
struct session *sessions_find(const struct sessions *self, const char key[SESSION_KEY_SIZE]);
struct session *sessions_find_name(const struct sessions *self, const char *user, const char *name);

/* Begins a session for that key, which must have none. Errors: SESSION_IN_USE where the user has
 * one of that name, QUOTA_EXCEEDED where the user has as many as a user may, BUSY where there are
 * as many as there may be in all. */
enum err_code sessions_begin(struct sessions *self, const char key[SESSION_KEY_SIZE],
                             const char *user, const char *name, struct session **session,
                             struct err *err);

/* Begins a dormant session, of whose key only the digest is known. Errors as of sessions_begin, and
 * SESSION_IN_USE where the digest has one already. */
enum err_code sessions_begin_dormant(struct sessions *self, const char *digest, const char *user,
                                     const char *name, struct session **session, struct err *err);
/* The dormant session of that key, or NULL. */
struct session *sessions_find_dormant(const struct sessions *self,
                                      const char key[SESSION_KEY_SIZE]);
/* The key of a dormant session has been presented: it is dormant no longer. */
void sessions_wake(struct sessions *self, struct session *session,
                   const char key[SESSION_KEY_SIZE]);
bool session_is_dormant(const struct session *session);
/* It speaks on that connection. */
void session_speaks_on(struct session *session, uint64_t connection);
/* The digest of its key. */
void sessions_digest(const struct session *session, char digest[DIGEST_SIZE + 1]);

/* Forgets users who have no session, once their bucket of requests is full again: what a user has
 * used up stays used up when the sessions are closed. */
void sessions_forget_users(struct sessions *self, struct bucket_rate rate, int64_t now_ms);

/* Ends a session that has no subscriptions left; *session is NULL afterwards. */
void sessions_end(struct sessions *self, struct session **session);

#endif
