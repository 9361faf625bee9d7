/* fanout - how fast, and at what cost, a view reaches all who share it: the daemon against a bare
 * ROUTER loop that sends the same bytes in the same messages to as many peers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bare.h"
#include "tests/bench/crowd.h"
#include "tests/bench/daemon.h"
#include "tests/bench/measure.h"

enum { FEED_MESSAGES = 20, PACED_HZ = 10 };

struct scene {
    size_t n_sessions;
    size_t n_ticks; /* in a feed message of a burst */
    int n_rounds;
    struct daemon *daemon;
    struct bare *bare;
    struct crowd *sessions, *peers;
    struct zmtp_recording recording; /* what a session was sent in this round */
};

/* What a round took. */
struct cost {
    uint64_t started_ns, started_cpu_ns;
};

static struct cost begin(pid_t pid)
{
    return (struct cost){now_ns(), cpu_ns_of(pid)};
}

/* The least disturbed rounds of one side. */
struct figures {
    struct best rate;   /* updates delivered a second */
    struct best cpu_us; /* processor time an update */
};

static void end(struct figures *self, const struct cost *cost, pid_t pid, size_t n_updates)
{
    double n = (double)n_updates;
    best_of_most(&self->rate, n * 1e9 / (double)(now_ns() - cost->started_ns));
    best_of_least(&self->cpu_us, (double)(cpu_ns_of(pid) - cost->started_cpu_ns) / 1e3 / n);
}

/* ---- setting up -------------------------------------------------------------------------------
 */

static size_t size_of_request(struct scene *self, crowd_request_fn *request)
{
    struct buf text = {0};
    request(self->daemon, 0, &text);
    size_t size = text.size;
    buf_destroy(&text);
    return size;
}

/* The same request to both sides. */
static void ask_both(struct scene *self, crowd_request_fn *request)
{
    struct bare_request alike = {.size = size_of_request(self, request)};
    alike.reply_size = crowd_ask(self->sessions, request, self->daemon);
    crowd_ask(self->peers, bare_put_request, &alike);
}

static void set_up(struct scene *self)
{
    self->bare = bare_start();
    self->daemon = daemon_start();
    daemon_feed_history(self->daemon);
    self->sessions = crowd_connect(daemon_session_endpoint(self->daemon), self->n_sessions);
    self->peers = crowd_connect(bare_endpoint(self->bare), self->n_sessions);
    ask_both(self, daemon_put_open);
    ask_both(self, daemon_put_subscribe);
    crowd_record(self->sessions, &self->recording);
}

static void take_down(struct scene *self)
{
    crowd_destroy(&self->sessions);
    crowd_destroy(&self->peers);
    daemon_stop(&self->daemon);
    bare_stop(&self->bare);
    zmtp_recording_destroy(&self->recording);
}

/* ---- bursts -----------------------------------------------------------------------------------
 */

static void burst_daemon(struct scene *self, struct figures *figures)
{
    size_t n = FEED_MESSAGES * self->n_ticks;
    struct buf bodies[FEED_MESSAGES];
    memset(bodies, 0, sizeof bodies);
    zmtp_recording_reset(&self->recording);
    for (size_t i = 0; i < FEED_MESSAGES; i++)
        daemon_put_ticks(self->daemon, self->n_ticks, &bodies[i]);
    struct cost cost = begin(daemon_pid(self->daemon));
    for (size_t i = 0; i < FEED_MESSAGES; i++)
        daemon_feed(self->daemon, &bodies[i]);
    crowd_drain(self->sessions, n);
    end(figures, &cost, daemon_pid(self->daemon), n * self->n_sessions);
    daemon_await_ack(self->daemon);
    for (size_t i = 0; i < FEED_MESSAGES; i++)
        buf_destroy(&bodies[i]);
}

static void burst_bare(struct scene *self, struct figures *figures, bool one_by_one)
{
    size_t n = FEED_MESSAGES * self->n_ticks;
    bare_load(self->bare, &self->recording, one_by_one);
    struct cost cost = begin(bare_pid(self->bare));
    bare_send(self->bare);
    crowd_drain(self->peers, n);
    end(figures, &cost, bare_pid(self->bare), n * self->n_sessions);
}

static void report_burst(const struct scene *self, const char *against,
                         const struct figures *daemon, const struct figures *bare, bool has_aim)
{
    char what[96];
    snprintf(what, sizeof what, "fanout: burst to %zu, %s", self->n_sessions, against);
    report(what, "updates/s", daemon->rate.value, bare->rate.value, has_aim ? ">= 0.85" : "");
    report(what, "us cpu/update", daemon->cpu_us.value, bare->cpu_us.value,
           has_aim ? "<= 1.18" : "");
}

static void run_bursts(struct scene *self)
{
    struct figures daemon = {0}, bare = {0}, single = {0};
    struct figures unused = {0};
    burst_daemon(self, &unused); /* buffers grow to their size, on both sides */
    burst_bare(self, &unused, true);
    for (int i = 0; i < self->n_rounds; i++) {
        burst_daemon(self, &daemon);
        burst_bare(self, &bare, false);
        burst_bare(self, &single, true);
    }
    report_burst(self, "same messages", &daemon, &bare, true);
    report_burst(self, "an update a message", &daemon, &single, false);
}

/* ---- paced ------------------------------------------------------------------------------------
 */

/* One update each tenth of a second, for a second; read as it comes. */
static void pace_daemon(struct scene *self, struct figures *figures)
{
    struct buf body = {0};
    zmtp_recording_reset(&self->recording);
    struct cost cost = begin(daemon_pid(self->daemon));
    for (int i = 1; i <= PACED_HZ; i++) {
        buf_reset(&body);
        daemon_put_ticks(self->daemon, 1, &body);
        daemon_feed(self->daemon, &body);
        crowd_drain(self->sessions, 1);
        crowd_linger(self->sessions, cost.started_ns + (uint64_t)i * 1000000000 / PACED_HZ);
    }
    end(figures, &cost, daemon_pid(self->daemon), PACED_HZ * self->n_sessions);
    daemon_await_ack(self->daemon);
    buf_destroy(&body);
}

static void pace_bare(struct scene *self, struct figures *figures)
{
    struct zmtp_recording one = self->recording; /* its first update */
    one.n = 2;
    bare_load(self->bare, &one, false);
    struct cost cost = begin(bare_pid(self->bare));
    for (int i = 1; i <= PACED_HZ; i++) {
        bare_send(self->bare);
        crowd_drain(self->peers, 1);
        crowd_linger(self->peers, cost.started_ns + (uint64_t)i * 1000000000 / PACED_HZ);
    }
    end(figures, &cost, bare_pid(self->bare), PACED_HZ * self->n_sessions);
}

static void run_paced(struct scene *self)
{
    char what[96];
    struct figures daemon = {0}, bare = {0};
    for (int i = 0; i < self->n_rounds; i++) {
        pace_daemon(self, &daemon);
        pace_bare(self, &bare);
    }
    snprintf(what, sizeof what, "fanout: %d a second to %zu", PACED_HZ, self->n_sessions);
    report(what, "updates/s", daemon.rate.value, bare.rate.value, ">= 0.95");
    report(what, "us cpu/update", daemon.cpu_us.value, bare.cpu_us.value, "<= 1.05");
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    static const struct {
        size_t n_sessions, n_ticks;
    } SCENES[] = {{100, 50}, {1000, 20}, {5000, 10}};
    raise_descriptors(2 * 5000 + 100);
    for (size_t i = 0; i < sizeof SCENES / sizeof *SCENES; i++) {
        struct scene scene = {.n_sessions = SCENES[i].n_sessions,
                              .n_ticks = SCENES[i].n_ticks,
                              .n_rounds = options.is_short ? 2 : 7};
        set_up(&scene);
        run_bursts(&scene);
        run_paced(&scene);
        take_down(&scene);
    }
    return EXIT_SUCCESS;
}
