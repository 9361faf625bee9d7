/* engine - the daemon without its sockets: bytes and times in, calls to an outlet out.
 *
 *      session socket ──► gate ──► request ─────────────────► delivery ──► outlet
 *                                   └► queue ─engine_work─┘      ▲            ▲
 *      feed socket ─────► gate ──► feed_socket ──► intake ───────┴──► publisher
 *      time ────────────► engine_end_turn: what is due, then all that waits leaves
 *
 * It owns all state, and it alone knows in which order things happen (intake: to what feeds give).
 * One thread uses it. It does no I/O and reads no clock, so a recorded feed always gives the same
 * bytes. The outlet is a set of calls, not a list of effects, because whether a reader can take
 * more must be known before the next thing for it is merged. */
#ifndef INDSUB_ENGINE_H
#define INDSUB_ENGINE_H

#include "daemon/control/core.h"
#include "daemon/engine/gate.h"
#include "daemon/engine/feed_socket.h"
#include "daemon/engine/publisher.h"
#include "daemon/keep/batch.h"

struct engine;

/* The way out. All are called from within engine_* calls. */
struct outlet {
    void *context; /* of all calls but keep */
    push_fn *push;
    /* Answers a peer of the session socket that has no session. */
    void (*reply)(void *context, const void *peer, size_t peer_size, bool delimited,
                  struct body *body);
    feed_reply_fn *feed_reply;
    cut_fn *cut; /* NULL: no connection is ever ended */
    publish_fn *publish;
    void (*random)(void *bytes, size_t size);
    /* Takes a batch (*batch is NULL afterwards) to keep it over a restart, and sees to it that
     * engine_on_kept is called when that is done. NULL where nothing is kept. */
    void (*keep)(void *context, struct batch **batch);
    void *keep_context;
};

/* Keeps settings and the outlet's contexts; takes the instruments (*instruments is NULL
 * afterwards). */
struct engine *engine_new(const struct core_settings *settings, const struct outlet *outlet,
                          struct instruments **instruments, struct now now);
void engine_destroy(struct engine **self);

/* A request from a peer of the session socket: the frame's text, and whether an empty frame came
 * before it (a REQ socket sends one, and wants one back). text is NULL where the message had
 * another number of frames. A peer is a routing id; connection tells one connection from all others
 * that come later, and is 0 where there is none (inproc). */
void engine_on_request(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                       bool delimited, const char *text, size_t size, struct now now);

/* Somebody has connected to the feed socket or to the session socket. */
void engine_on_caller(struct engine *self, bool feeds, uint64_t connection, struct now now);

/* So many connections have been ended for that, by whoever knows of them. */
void engine_on_cut(struct engine *self, enum limit why, size_t n);

/* A connection of the session socket is gone; its session is kept for a while. */
void engine_on_disconnected(struct engine *self, uint64_t connection, struct now now);
/* New connections of the session socket are ready to receive. Nothing has to be said on them: a
 * session whose connection was lost may be back on one. */
void engine_on_connected(struct engine *self);

/* A message from a peer of the feed socket: a request (seq NULL), or a numbered batch of items;
 * text is NULL where it had another number of frames. Whoever opened a source speaks for it on that
 * connection only, since anybody can connect under a routing id that he has seen. */
void engine_on_feed(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                    const char *seq, size_t seq_size, const char *text, size_t size,
                    struct now now);

/* A connection of the feed socket is gone: other sources may lead its symbols from now on. */
void engine_on_feed_disconnected(struct engine *self, uint64_t connection);

/* Feeds without a socket, for the built-in market: a source of that name, borrowed, and what it
 * gives. */
struct source *engine_local_source(struct engine *self, const char *name);
enum reject engine_feed_tick(struct engine *self, struct source *source, const char *symbol,
                             const struct tick *tick, struct now now);
enum reject engine_feed_bar(struct engine *self, struct source *source, const char *symbol,
                            enum timeframe timeframe, const struct bar *bar, struct now now);

/* The settings have other keys than `before`. Sessions and sources whose token is revoked now, or
 * whose key is gone or has changed, are treated as if the token had expired. */
void engine_on_new_keys(struct engine *self, const struct token_keys *before, struct now now);

/* Does a bit of what is still to be done before requests can be answered, and answers them: for
 * when nobody else waits, or now and then beside. True if more is left. */
bool engine_work(struct engine *self, struct now now);

/* Ends a turn: sends what has come together, and does what is due. Returns when it has to be called
 * again at the latest, in milliseconds of the monotonic clock. */
int64_t engine_end_turn(struct engine *self, struct now now);

/* Says good-bye to everybody. */
void engine_shutdown(struct engine *self, struct now now);

/* ---- over a restart ---- */

/* Puts back a row that was kept. To be called before anything else, for all rows of sources, then
 * of listings, then of bars, then once with NULL (the market is whole), then of sessions. False
 * where the row means nothing. */
bool engine_restore(struct engine *self, const struct record *record, struct now now);
/* The batch that outlet.keep was given is kept; or could not be kept: then its content comes again
 * in the next one, and until that is kept feeds are not acknowledged. */
void engine_on_kept(struct engine *self, bool kept, struct now now);

struct core *engine_core(struct engine *self);

/* Checks every invariant; aborts at the first that does not hold. For tests. */
void engine_check(const struct engine *self);

#endif
