/* backlog - what waits for readers, in all: when it is too much, and who gives up what then.
 *
 *      a quarter ── what all may have under way in libzmq's queues, each its share; above it no
 *                   long replies for who has more than its share unread
 *      half ─────── above it, of those who have more than their share waiting, the slowest give
 *                   up their bars (LAGGING) until it is a quarter; then what is remembered for
 *                   resync goes
 *      the limit ── above it no long replies for anybody, and those that wait are dropped
 *
 * So memory is bounded by a setting, however many read slowly, and whoever reads loses nothing. */
#ifndef INDSUB_SESSIONS_BACKLOG_H
#define INDSUB_SESSIONS_BACKLOG_H

#include "daemon/sessions/sessions.h"

/* Bytes that a session may have under way, in messages that libzmq holds. */
size_t backlog_window(const struct sessions *self);

/* True where no more may wait for this session now: it reads too little, and others have taken the
 * room; or there is none at all. */
bool backlog_has_no_room(struct sessions *self, const struct session *session);

/* Whoever makes room. */
struct backlog {
    struct sessions *sessions;
    size_t left_bytes; /* of what nobody could give up, when it was last tried; 0: below half */
};

/* True where backlog_relieve would make room. */
bool backlog_is_too_much(struct backlog *self);

struct relief {
    size_t n_sessions; /* that have given up bars */
    size_t n_replies;  /* dropped */
};
/* Makes room where there is too little, and adds up what that took. */
void backlog_relieve(struct backlog *self, struct relief *relief);

#endif
