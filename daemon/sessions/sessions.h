/* sessions - who is there: a session is a user's one terminal, known by the key of its connection.
 *
 *      key ──────────► session ◄────────── (user, session id)
 *                        │ attached: its connection is there
 *                        │ detached: gone or silent; kept for resume_ms
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
    struct bucket requests, patience; /* how much they may ask, and go on asking beyond that */
    struct bucket values;             /* of forming bars that are computed for them */
    const struct bucket_rate *values_rate;
    size_t n_indicators, state_bytes; /* see spec_size */
    struct turn *turn;                /* while requests wait: for whoever lets them */
    int64_t deaf_until_ms;            /* what comes before is not answered; monotonic */
};

/* A timeframe on which some of a session's symbols have closed a bar and the rest are awaited. */
struct awaited_bar {
    int64_t bar_ms, end_ms;
    int timeframe;
};

struct session {
    char key[SESSION_KEY_SIZE + 1]; /* empty of a dormant one */
    char user[SESSION_USER_MAX + 1];
    char name[SESSION_NAME_MAX + 1]; /* the session_id */
    uint64_t connection;             /* on which it spoke last; 0 once that is gone */
    bool is_attached;
    unsigned probes_left; /* its connection is gone: how often it is still to be asked for */
    bool fell_silent;     /* detached for that, and not for its connection's end */
    bool wants_stream;
    bool is_admin;
    bool is_expired; /* its token has: nothing is pushed until a fresh one comes */
    bool expiry_announced;
    bool has_changed, has_row, row_owes; /* for whoever keeps it: since it was kept, at all, then */
    bool is_dirty;                       /* on the list of those whose outbox is to be flushed */
    LIST_ENTRY(session) dirty;
    int64_t expires_at_s;          /* wall clock: of its token */
    char kid[SESSION_KID_MAX + 1]; /* of the key that signed that */
    char jti[SESSION_JTI_MAX + 1]; /* its own id, "" if it has none */
    int64_t expired_ms;            /* monotonic: since when is_expired */
    char *symbols; /* globs of what it may see, a newline behind each; NULL: all; owned */
    int64_t last_request_ms, last_heartbeat_ms, detached_ms; /* monotonic */
    struct bucket requests;                                  /* how much it may ask */
    struct session_user *share;                              /* borrowed */
    struct outbox *outbox;
    struct flight *flight;
    int64_t blocked_ms;                  /* monotonic: since when the outbox is blocked */
    struct subscription **subscriptions; /* owned by subscriptions.c */
    size_t n_subscriptions, subscriptions_capacity;
    size_t n_indicators; /* with all that they take as a source */
    struct awaited_bar *awaited;
    size_t n_awaited, awaited_capacity;
    LIST_ENTRY(session) awaiting; /* while n_awaited > 0 */
    size_t place;                 /* in sessions_at's order */
    struct line *line;            /* while requests wait: for whoever lets them */
};

struct sessions_limits {
    size_t sessions_max, sessions_per_user;
    size_t backlog_bytes; /* what may wait for readers in all */
    struct bucket_rate values;
    struct outbox_limits outbox;
};

/* Keeps limits. */
struct sessions *sessions_new(const struct sessions_limits *limits);
/* No session may have subscriptions left. */
void sessions_destroy(struct sessions **self);

/* Bytes of all that waits for readers, is under way to them, or is remembered for them. Bodies
 * count on it; they must be gone before the sessions are destroyed. */
atomic_size_t *sessions_tally(struct sessions *self);
const struct sessions_limits *sessions_limits(const struct sessions *self);

size_t sessions_count(const struct sessions *self);
/* Session i of sessions_count, in an order that changes only when one begins or ends. */
struct session *sessions_at(const struct sessions *self, size_t i);

struct session *sessions_find(const struct sessions *self, const char key[SESSION_KEY_SIZE]);
struct session *sessions_find_name(const struct sessions *self, const char *user, const char *name);

/* Begins a session for that key, which has none. Errors: SESSION_IN_USE where the user has a live
 * one of that name, QUOTA_EXCEEDED. */
enum err_code sessions_begin(struct sessions *self, const char key[SESSION_KEY_SIZE],
                             const char *user, const char *name, struct session **session,
                             struct err *err);

/* Begins a session whose key is not known, only its digest: nobody has presented it since the
 * daemon started. Errors as of sessions_begin, and SESSION_IN_USE where the digest has one. */
enum err_code sessions_begin_dormant(struct sessions *self, const char *digest, const char *user,
                                     const char *name, struct session **session, struct err *err);
/* The dormant session of that key, or NULL. */
struct session *sessions_find_dormant(const struct sessions *self,
                                      const char key[SESSION_KEY_SIZE]);
/* Its key has been presented: it is dormant no longer. */
void sessions_wake(struct sessions *self, struct session *session,
                   const char key[SESSION_KEY_SIZE]);
bool session_is_dormant(const struct session *session);
/* The digest of its key. */
void sessions_digest(const struct session *session, char digest[DIGEST_SIZE + 1]);

/* Forgets users who have no session and may ask as much as any again: nobody gets rid of a debt by
 * closing. */
void sessions_forget_users(struct sessions *self, struct bucket_rate rate, int64_t now_ms);

/* Ends a session that has no subscriptions left; *session is NULL afterwards. */
void sessions_end(struct sessions *self, struct session **session);

#endif
