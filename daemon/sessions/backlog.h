/* backlog - what waits for all readers together: when it is too much, and who gives up what then.
 *
 * The setting limits.backlog_bytes is the limit; a session's share is a quarter of it, divided by
 * the number of sessions. As the backlog grows, more is done against it:
 *
 *      above a quarter ── who has more than its share unread gets no long replies
 *      above half ─────── of those who have more than their share waiting, the slowest readers
 *                         first, bars are given up (LAGGING) until a quarter is left; where that
 *                         is not enough, what is remembered for resync is forgotten
 *      above the limit ── nobody gets long replies, and replies that wait are dropped
 *
 * And no session may have more than its share in libzmq's queues. So memory is bounded however many
 * read slowly, and who reads in time loses nothing. */
#ifndef INDSUB_SESSIONS_BACKLOG_H
#define INDSUB_SESSIONS_BACKLOG_H

#include "daemon/sessions/sessions.h"

/* How many bytes a session may have in libzmq's queues. */
size_t backlog_window(const struct sessions *self);

/* True where this session may get no long reply now, by the table above. */
bool backlog_has_no_room(struct sessions *self, const struct session *session);

struct backlog {
    struct sessions *sessions; /* borrowed */
    size_t left_bytes;         /* what was left when room was last made; 0 once below half */
};

/* True where backlog_relieve is to be called: more than half of the limit waits, and notably more
 * than what was left the last time, so that it is not tried in vain again and again. */
bool backlog_is_too_much(struct backlog *self);

struct relief {
    size_t n_sessions; /* that have given up bars */
    size_t n_replies;  /* dropped */
};
/* Makes room if there is too little, and adds to *relief what that took. */
void backlog_relieve(struct backlog *self, struct relief *relief);

#endif
