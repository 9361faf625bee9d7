/* gate - who may speak on the daemon's sockets, and who is cut off.
 *
 * A connection that has opened neither a session nor a source is a stranger. It may ask only a
 * little, and it has to open something in time, or it is cut off. Whoever is refused for asking too
 * much and goes on regardless is cut off too; what is still under way from there then is not
 * answered any more. */
#ifndef INDSUB_ENGINE_GATE_H
#define INDSUB_ENGINE_GATE_H

#include "daemon/control/core.h"

/* Ends a connection: of the feed socket, or of the session socket. */
typedef void cut_fn(void *context, bool feeds, uint64_t connection);

struct gate {
    struct core *core; /* kept */
    cut_fn *cut;       /* NULL: no connection is ever ended */
    void *context;
};

/* A connection has come or gone. Where too many strangers are there, the one that has been there
 * for longest makes room: whoever comes for a purpose does not wait with it. */
void gate_note_come(struct gate *self, bool feeds, uint64_t connection, struct now now);
void gate_note_gone(struct gate *self, bool feeds, uint64_t connection);

/* It has opened a session or a source; or the session that it had opened has ended, and it is a
 * stranger again. Connection 0 is none. */
void gate_note_opened(struct gate *self, bool feeds, uint64_t connection, struct now now);
void gate_note_closed(struct gate *self, bool feeds, uint64_t connection, struct now now);

/* Whether it is there and has opened nothing. */
bool gate_is_stranger(const struct gate *self, bool feeds, uint64_t connection);
/* Whether it is there still; 0 always is. */
bool gate_knows(const struct gate *self, bool feeds, uint64_t connection);

/* True where what comes is passed over in silence: the connection (or, for a session, whichever
 * connection its user speaks on) has been cut off, and this was under way already. session is NULL
 * where the peer has none. */
bool gate_is_shut(struct gate *self, bool feeds, uint64_t connection, const struct session *session,
                  struct now now);

/* Takes a stranger's request of that many bytes. False if it is to be refused without being read:
 * the stranger asks too much, and has been cut off if it has done so for too long. */
bool gate_lets_speak(struct gate *self, bool feeds, uint64_t connection, size_t size,
                     struct now now);

/* Cuts off whoever has been refused and went on for too long. Of a session's user (session NULL:
 * there is none) nothing is answered for a moment, on whatever connection. */
void gate_cut_flood(struct gate *self, bool feeds, uint64_t connection, struct session *session,
                    struct now now);
/* Ends the connections of both sockets that have been strangers for too long. */
void gate_cut_overdue(struct gate *self, struct now now);

#endif
