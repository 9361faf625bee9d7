/* notice - what clients are told without having asked: a code for programs, a sentence for people.
 *
 * A new notice is a name in this list, an entry in indsub-protocol(7), and a call of notice_begin
 * where it is understood that clients are to be told. */
#ifndef INDSUB_SESSIONS_NOTICE_H
#define INDSUB_SESSIONS_NOTICE_H

#include "common/base/buf.h"

/* X(name), as it is on the wire */
#define NOTICE_MAP(X) \
    X(TOKEN_EXPIRING) \
    X(TOKEN_EXPIRED)  \
    X(LAGGING)        \
    X(FEED_STALE)     \
    X(FEED_LIVE)      \
    X(SHUTDOWN)

enum notice {
#define X(name) NOTICE_##name,
    NOTICE_MAP(X)
#undef X
};

/* Appends a notice's type, code and message. The caller may put further members behind them, each
 * with a comma before it, and closes the object. */
void notice_begin(struct buf *out, enum notice notice, const char *message);

#endif
