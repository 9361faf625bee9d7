/* presence - whether anybody is there: sessions whose connections come and go, fall silent, or
 * whose tokens expire.
 *
 *      attached ──its connection ends──► asked for, PROBES times ──nobody──► detached ──► over
 *         ▲  └───no request for SILENT_HEARTBEATS heartbeats───────────────►  │ resume_ms
 *         │                                                                   │
 *         └───a request; or its connection is back, and nobody said a word ───┘
 *
 * libzmq does not say which session a new connection belongs to, but it knows: a message to a key
 * that nobody presents is refused at once. So a session is asked for by sending it a heartbeat. */
#ifndef INDSUB_ENGINE_PRESENCE_H
#define INDSUB_ENGINE_PRESENCE_H

#include "daemon/control/core.h"

struct presence {
    struct core *core; /* kept */
    struct buf text;   /* owned; scratch, empty between calls */
};

void presence_clear(struct presence *self);

/* The session has sent a request on that connection. If that is another one than before (libzmq has
 * connected again by itself), it is sent fresh snapshots. */
void presence_on_request(struct presence *self, struct session *session, uint64_t connection,
                         struct now now);

/* A connection of the session socket is gone: the session that spoke on it last is asked for. */
void presence_on_disconnected(struct presence *self, uint64_t connection, struct now now);
/* One has come: detached sessions are asked for, since one of them may be back. */
void presence_on_connected(struct presence *self, struct now now);

/* The session's token is good no longer, and why is the sentence that it is told. Nothing more is
 * delivered until a fresh one comes; what has not left by now is given up. */
void presence_expire(struct presence *self, struct session *session, const char *why,
                     struct now now);

/* To be called now and then: what is due of the session, by the time. False if it is over, and to
 * be ended. */
bool presence_look_after(struct presence *self, struct session *session, struct now now);

#endif
