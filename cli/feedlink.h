/* feedlink - the way into the daemon: numbered messages of one source, until each is acknowledged.
 *
 *        acked          sent
 *   ───────┼──────────────┼──────────►  seq
 *          └── window ────┘ at most FEEDLINK_WINDOW under way
 *
 * Whoever has the messages is asked for them by number, so that after a lost connection, or when
 * the daemon has started anew, it goes on where the daemon stands. */
#ifndef INDSUB_CLI_FEEDLINK_H
#define INDSUB_CLI_FEEDLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/client/curve.h"

enum { FEEDLINK_WINDOW = 4096 };

struct feedlink;

/* Called for each item that the daemon refuses. */
typedef void feedlink_reject_fn(void *context, uint64_t seq, size_t index, const char *code,
                                const char *message);

/* Where a source is opened, and as whom. */
struct feedlink_place {
    const char *endpoint, *token, *source;
    const struct curve_keys *keys; /* empty: not encrypted */
};

/* Connects and opens the source. Keeps context. NULL with *err filled. */
struct feedlink *feedlink_new(const struct feedlink_place *place, feedlink_reject_fn *on_reject,
                              void *context, struct err *err);
void feedlink_destroy(struct feedlink **self);

int feedlink_fd(const struct feedlink *self);
const char *feedlink_endpoint(const struct feedlink *self);
/* Takes what has come. */
void feedlink_turn(struct feedlink *self);
/* True if more waits to be taken: the descriptor may not tell of it. */
bool feedlink_has_input(const struct feedlink *self);

/* The daemon has opened the source: from now on (until the connection is lost) it may send. */
bool feedlink_is_open(const struct feedlink *self);
/* The code of what it cannot go on for; NULL while it can. */
const char *feedlink_refusal(const struct feedlink *self, const char **message);

/* The number of the message that is to be sent next; goes back when the daemon stands further
 * back. */
uint64_t feedlink_next(const struct feedlink *self);
/* True while another message may be under way. */
bool feedlink_has_room(const struct feedlink *self);
/* Sends message feedlink_next. */
void feedlink_send(struct feedlink *self, const char *body, size_t size);
/* Everything up to here is taken. */
uint64_t feedlink_acked(const struct feedlink *self);

#endif
