/* crowd - thousands of sessions in one thread, which read as cheaply as can be: epoll, one buffer,
 * frame headers only. So that what sends to them is what is measured. */
#ifndef INDSUB_BENCH_CROWD_H
#define INDSUB_BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/zmtp.h"

struct crowd;

/* n connections to tcp://127.0.0.1:PORT, each under a random key, shaken hands with. Ends the
 * program with a sentence where that fails, as all of the crowd's functions do. */
struct crowd *crowd_connect(const char *endpoint, size_t n);
void crowd_destroy(struct crowd **self);

/* The text of client i's request, appended to an empty out. */
typedef void crowd_request_fn(void *context, size_t i, struct buf *out);

/* Sends everybody's request and waits for the replies, which must not be errors. Returns the size
 * of the last client's reply. */
size_t crowd_ask(struct crowd *self, crowd_request_fn *request, void *context);

/* Keeps what the first client receives from now on; NULL ends that. Borrowed. */
void crowd_record(struct crowd *self, struct zmtp_recording *recording);

/* Reads until everybody has received n_updates more (pairs of frames) since the last call. */
void crowd_drain(struct crowd *self, uint64_t n_updates);
/* Reads until that moment of now_ns(), waiting for nothing in particular. */
void crowd_linger(struct crowd *self, uint64_t until_ns);

#endif
