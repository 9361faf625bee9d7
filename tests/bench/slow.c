/* slow - what ninety-nine sessions notice of one that has stopped reading: from a tick sent to its
 * update received by all of them, of one daemon where somebody does not read, and of another where
 * everybody does. */
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"
#include "tests/bench/crowd.h"
#include "tests/bench/daemon.h"
#include "tests/bench/measure.h"

enum {
    READERS = 99,
    PAUSE_US = 500,
    FILL_TICKS = 18000, /* some 7 MB of updates: more than a connection's buffers take */
    FILL_AT_ONCE = 100
};

struct scene {
    struct daemon *daemon;
    struct crowd *readers, *slow; /* slow: NULL where everybody reads */
    double *us;
};

static struct crowd *connect_crowd(struct scene *self, size_t n)
{
    struct crowd *crowd = crowd_connect(daemon_session_endpoint(self->daemon), n);
    crowd_ask(crowd, daemon_put_open, self->daemon);
    crowd_ask(crowd, daemon_put_subscribe, self->daemon);
    return crowd;
}

/* Until all of the readers have the updates of so many ticks. */
static double feed(struct scene *self, size_t n_ticks)
{
    struct buf body = {0};
    daemon_put_ticks(self->daemon, n_ticks, &body);
    uint64_t sent_ns = now_ns();
    daemon_feed(self->daemon, &body);
    crowd_drain(self->readers, n_ticks);
    double us = (double)(now_ns() - sent_ns) / 1e3;
    daemon_await_ack(self->daemon);
    buf_destroy(&body);
    return us;
}

static void set_up(struct scene *self, bool has_slow, size_t n)
{
    self->daemon = daemon_start();
    daemon_feed_history(self->daemon);
    self->readers = connect_crowd(self, READERS);
    self->slow = has_slow ? connect_crowd(self, 1) : NULL;
    self->us = mem_alloc_zero(n, sizeof *self->us);
    for (size_t i = 0; i < FILL_TICKS; i += FILL_AT_ONCE)
        feed(self, FILL_AT_ONCE);
}

static void take_down(struct scene *self)
{
    crowd_destroy(&self->readers);
    crowd_destroy(&self->slow);
    daemon_stop(&self->daemon);
    free(self->us);
}

static void measure(struct scene *self, size_t i)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_US * 1000}, NULL);
    self->us[i] = feed(self, 1);
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    struct scene with, without;
    size_t n = options.is_short ? 1500 : 10000;
    raise_descriptors(2 * READERS + 100);
    set_up(&with, true, n);
    set_up(&without, false, n);
    for (size_t i = 0; i < n; i++) { /* in turn, so that both see the same disturbances */
        measure(&with, i);
        measure(&without, i);
    }
    report("one of 100 does not read: p50 of the others", "us", percentile(with.us, n, 0.5),
           percentile(without.us, n, 0.5), "<= 1.1");
    report("one of 100 does not read: p99 of the others", "us", percentile(with.us, n, 0.99),
           percentile(without.us, n, 0.99), "<= 1.1");
    take_down(&with);
    take_down(&without);
    return EXIT_SUCCESS;
}
