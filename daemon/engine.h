/* engine - the daemon without its sockets: bytes and times in, calls to an outlet out.
 *
 * The only file that knows the order of things. One thread owns it, and it does no I/O and reads no
 * clock, so a recorded feed always gives the same bytes. The outlet is a set of calls, not a list
 * of effects: whether a reader can take more must be known before the next thing for it is merged.
 */
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
    void *context;
    push_fn *push;
    /* Answers a peer of the session socket that has no session. */
    void (*reply)(void *context, const void *peer, size_t peer_size, bool delimited,
                  struct body *body);
    feed_reply_fn *feed_reply;
    cut_fn *cut; /* NULL: no connection is ever ended */
    publish_fn *publish;
    void (*random)(void *bytes, size_t size);
    /* Keeps a batch over a restart, and has engine_on_kept called when that is done; *batch is NULL
     * afterwards. NULL where nothing is kept. */
    void (*keep)(void *context, struct batch **batch);
    void *keep_context;
};

/* Keeps settings and the outlet's context; takes the instruments (*instruments is NULL
 * afterwards).*/
struct engine *engine_new(const struct core_settings *settings, const struct outlet *outlet,
                          struct instruments **instruments, struct now now);
void engine_destroy(struct engine **self);

/* A frame from a peer of the session socket. connection tells one of its connections from the
 * next.*/
void engine_on_request(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                       bool delimited, const char *text, size_t size, struct now now);

/* A connection is there, of the feed socket or of the session socket. */
void engine_on_caller(struct engine *self, bool feeds, uint64_t connection, struct now now);

/* A connection of the session socket is gone: whoever spoke on it last is asked for. */
void engine_on_disconnected(struct engine *self, uint64_t connection, struct now now);
/* One has come: a detached session's key may be back without a word. */
void engine_on_connected(struct engine *self, struct now now);

/* A message from a peer of the feed socket: a request (seq NULL), or a numbered batch. Who opened a
 * source speaks for it on that connection only: a routing id alone can be taken by another. */
void engine_on_feed(struct engine *self, const void *peer, size_t peer_size, uint64_t connection,
                    const char *seq, size_t seq_size, const char *text, size_t size,
                    struct now now);

/* A connection of the feed socket is gone: others may lead the symbols of who spoke on it. */
void engine_on_feed_disconnected(struct engine *self, uint64_t connection);

/* Feeds without a socket, as a source of that name: for the built-in market. */
struct source *engine_local_source(struct engine *self, const char *name);
enum reject engine_feed_tick(struct engine *self, struct source *source, const char *symbol,
                             const struct tick *tick, struct now now);
enum reject engine_feed_bar(struct engine *self, struct source *source, const char *symbol,
                            enum timeframe timeframe, const struct bar *bar, struct now now);

/* The settings have other keys than before: whose token is revoked, or signed by a key that is gone
 * or another one now, is treated as if that had expired. */
void engine_on_new_keys(struct engine *self, const struct token_keys *before, struct now now);

/* Ends a turn: sends what has come together, and does what is due. Returns when it wants to be
 * called next (monotonic). */
int64_t engine_end_turn(struct engine *self, struct now now);

/* Says good-bye to everybody. */
void engine_shutdown(struct engine *self, struct now now);

/* ---- over a restart ---- */

/* Before anything else: all rows of sources, listings, bars and sessions that were kept, in this
 * order, with NULL after the bars. False where a row means nothing. */
bool engine_restore(struct engine *self, const struct record *record, struct now now);
/* The batch is kept, or could not be: then its content comes again, and feeds are not acknowledged
 * meanwhile. */
void engine_on_kept(struct engine *self, bool kept, struct now now);

struct core *engine_core(struct engine *self);

/* Checks every invariant; aborts at the first that does not hold. For tests. */
void engine_check(const struct engine *self);

#endif
