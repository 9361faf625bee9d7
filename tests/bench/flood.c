/* flood - what it costs the others when somebody takes all that the limits allow: two daemons with
 * the same sessions and the same feed, of which one is attacked. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"
#include "tests/bench/attacker.h"
#include "tests/bench/crowd.h"
#include "tests/bench/measure.h"

enum { MESSAGES = 20, TICKS = 20, ROUND_MS = 250, PAUSE_US = 5000 };

struct side {
    struct daemon *daemon;
    struct crowd *sessions;
    double *rates, *latencies_us, *left;
    size_t n_rates, n_latencies, n_left, n_sessions;
};

static void set_up(struct side *self, size_t n_sessions, size_t n_rounds, size_t n_latencies)
{
    self->daemon = daemon_start_with("limits\n    sessions_per_user = 64\n"
                                     "    feed_burst_bytes = 1048576\n"
                                     "    user_request_burst = 400\n");
    self->n_sessions = n_sessions;
    daemon_feed_history(self->daemon);
    self->sessions = crowd_connect(daemon_session_endpoint(self->daemon), n_sessions);
    crowd_ask(self->sessions, daemon_put_open, self->daemon);
    crowd_ask(self->sessions, daemon_put_subscribe, self->daemon);
    self->rates = mem_alloc_zero(n_rounds, sizeof *self->rates);
    self->left = mem_alloc_zero(n_rounds, sizeof *self->left);
    self->latencies_us = mem_alloc_zero(n_latencies, sizeof *self->latencies_us);
}

static void take_down(struct side *self)
{
    crowd_destroy(&self->sessions);
    daemon_stop(&self->daemon);
    free(self->rates);
    free(self->left);
    free(self->latencies_us);
}

/* As many updates as go through. */
static void measure_rate(struct side *self)
{
    struct buf bodies[MESSAGES] = {0};
    for (size_t i = 0; i < MESSAGES; i++)
        daemon_put_ticks(self->daemon, TICKS, &bodies[i]);
    uint64_t begun_ns = now_ns();
    for (size_t i = 0; i < MESSAGES; i++)
        daemon_feed(self->daemon, &bodies[i]);
    crowd_drain(self->sessions, MESSAGES * TICKS);
    self->rates[self->n_rates++] =
        (double)(MESSAGES * TICKS * self->n_sessions) * 1e9 / (double)(now_ns() - begun_ns);
    daemon_await_ack(self->daemon);
    for (size_t i = 0; i < MESSAGES; i++)
        buf_destroy(&bodies[i]);
}

/* From a tick to the last of all sessions. */
static void measure_latency(struct side *self)
{
    struct buf body = {0};
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_US * 1000}, NULL);
    daemon_put_ticks(self->daemon, 1, &body);
    uint64_t begun_ns = now_ns();
    daemon_feed(self->daemon, &body);
    crowd_drain(self->sessions, 1);
    self->latencies_us[self->n_latencies++] = (double)(now_ns() - begun_ns) / 1e3;
    daemon_await_ack(self->daemon);
    buf_destroy(&body);
}

/* Ticks at an even pace; what of the engine's time is left beside them is what others could have.
 */
static void measure_paced(struct side *self, size_t n)
{
    pid_t pid = daemon_pid(self->daemon);
    uint64_t begun_ns = now_ns(), begun_cpu_ns = main_cpu_ns_of(pid);
    for (size_t i = 0; i < n; i++)
        measure_latency(self);
    self->left[self->n_left++] =
        1 - (double)(main_cpu_ns_of(pid) - begun_cpu_ns) / (double)(now_ns() - begun_ns);
}

/* A while of the attack has passed before it is measured. */
static void let_it_begin(struct attacker *attacker)
{
    attacker_go_on(attacker);
    nanosleep(&(struct timespec){.tv_nsec = ROUND_MS * 1000000L}, NULL);
}

static void run(const char *name, unsigned attacks, const char *aim, bool is_short)
{
    size_t n_rounds = is_short ? 10 : 60, n_each = is_short ? 40 : 100;
    struct side calm = {0}, attacked = {0};
    char what[96];
    set_up(&calm, is_short ? 50 : 100, n_rounds, n_rounds * n_each);
    set_up(&attacked, is_short ? 50 : 100, n_rounds, n_rounds * n_each);
    struct attacker *attacker = attacker_start(attacked.daemon, attacks);
    for (size_t i = 0; i < n_rounds; i++) {
        measure_rate(&calm);
        measure_paced(&calm, n_each);
        let_it_begin(attacker);
        measure_rate(&attacked);
        measure_paced(&attacked, n_each);
        attacker_pause(attacker);
    }
    snprintf(what, sizeof what, "flood: %s, throughput", name);
    report(what, "updates/s", percentile(attacked.rates, n_rounds, 0.5),
           percentile(calm.rates, n_rounds, 0.5), "");
    snprintf(what, sizeof what, "flood: %s, engine's time left", name);
    report(what, "%", 100 * percentile(attacked.left, n_rounds, 0.5),
           100 * percentile(calm.left, n_rounds, 0.5), aim);
    snprintf(what, sizeof what, "flood: %s, p50", name);
    report(what, "us", percentile(attacked.latencies_us, n_rounds * n_each, 0.5),
           percentile(calm.latencies_us, n_rounds * n_each, 0.5), "");
    snprintf(what, sizeof what, "flood: %s, p99", name);
    report(what, "us", percentile(attacked.latencies_us, n_rounds * n_each, 0.99),
           percentile(calm.latencies_us, n_rounds * n_each, 0.99), "");
    attacker_stop(&attacker);
    take_down(&calm);
    take_down(&attacked);
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    run("control", ATTACK_CONTROL, ">= 0.95", options.is_short);
    run("feed", ATTACK_FEED, ">= 0.95", options.is_short);
    run("stream", ATTACK_STREAM, ">= 0.95", options.is_short);
    run("all at once", ATTACK_CONTROL | ATTACK_FEED | ATTACK_STREAM, ">= 0.95", options.is_short);
    run("beyond the limits", ATTACK_FLOOD, "", options.is_short);
    return EXIT_SUCCESS;
}
