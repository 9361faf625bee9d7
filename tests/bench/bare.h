/* bare - the reference: a process with nothing but a libzmq ROUTER and a loop, which sends to as
 * many peers the bytes that the daemon was seen to send, in the same messages. */
#ifndef INDSUB_BENCH_BARE_H
#define INDSUB_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "tests/bench/zmtp.h"

struct bare;

/* Starts the process; before any thread of the caller's. */
struct bare *bare_start(void);
void bare_stop(struct bare **self);

pid_t bare_pid(const struct bare *self);
const char *bare_endpoint(const struct bare *self);
const char *bare_feed_endpoint(const struct bare *self);

/* Peers make themselves known by a request, of the size of the daemon's and asking for a reply of
 * its size. As crowd_request_fn; context is a struct bare_request. */
struct bare_request {
    size_t size, reply_size;
};
void bare_put_request(void *request, size_t i, struct buf *out);

/* What is to be sent: the recorded messages, or with one_by_one each of their pairs as a message of
 * its own. What was sent before must have arrived. */
void bare_load(struct bare *self, const struct zmtp_recording *recording, bool one_by_one);
/* Sends all of it to all peers, message by message; does not wait. The same is done for each
 * message of two frames that comes to the feed endpoint. */
void bare_send(struct bare *self);

#endif
