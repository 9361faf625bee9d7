/* daemon - the real indsubd as a child process, with a state directory of its own that goes with
 * it, and a feed into it. */
#ifndef INDSUB_BENCH_DAEMON_H
#define INDSUB_BENCH_DAEMON_H

#include <stddef.h>
#include <sys/types.h>

#include "common/auth/token.h"
#include "common/base/buf.h"

struct daemon;

/* Starts the program that the environment's INDSUBD names, with limits that are not in the way, and
 * waits until it serves. To be stopped. */
struct daemon *daemon_start(void);
/* The same with that text as the configuration's section of limits; it has to stay. */
struct daemon *daemon_start_with(const char *limits);
/* Ends it as an operator would. */
void daemon_stop(struct daemon **self);

pid_t daemon_pid(const struct daemon *self);
const char *daemon_session_endpoint(const struct daemon *self);
const char *daemon_feed_endpoint(const struct daemon *self);
/* A token for that user; to be freed. */
char *daemon_token(const struct daemon *self, const char *user, unsigned scopes);

/* Opens the feed and gives it a few days of minute bars, so that indicators are warm. */
void daemon_feed_history(struct daemon *self);
/* The body of a feed message of n_ticks ticks, 10 ms of market time apart: a bar has room for
 * 30,000. To be sent in this order. */
void daemon_put_ticks(struct daemon *self, size_t n_ticks, struct buf *out);
void daemon_feed(struct daemon *self, const struct buf *body);
/* Waits until all of it is acknowledged. */
void daemon_await_ack(struct daemon *self);

/* The `open` request of client i's session, and its `subscribe` to what the feed feeds: they all
 * want the same. As crowd_request_fn; context is the daemon. */
void daemon_put_open(void *self, size_t i, struct buf *out);
void daemon_put_subscribe(void *self, size_t i, struct buf *out);

#endif
