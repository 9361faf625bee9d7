/* latency - from a tick sent to its update received, by libzmq's own sockets at both ends: through
 * the daemon, and through a bare relay that sends an update of the same bytes for each tick. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "common/base/mem.h"
#include "tests/bench/bare.h"
#include "tests/bench/crowd.h"
#include "tests/bench/daemon.h"
#include "tests/bench/dealer.h"
#include "tests/bench/measure.h"

enum { PAUSE_US = 500 };

struct scene {
    struct daemon *daemon;
    struct bare *bare;
    void *context,
        *feed_context;    /* a feed has an I/O thread of its own, as daemon.c gives it one */
    void *session, *peer; /* DEALERs: of the daemon, of the relay */
    void *feeder;         /* of the relay */
    struct zmtp_recording update;
    double *daemon_us, *bare_us;
    size_t n;
};

/* Receives a whole message; its frames, if wanted, into *recording. */
static void receive(void *socket, struct zmtp_recording *recording)
{
    bool more = true;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, 0) < 0)
            die("nothing is received: %s", zmq_strerror(zmq_errno()));
        more = zmq_msg_more(&frame);
        if (recording)
            zmtp_recording_add(recording, zmq_msg_data(&frame), zmq_msg_size(&frame), more);
        zmq_msg_close(&frame);
    }
}

static void ask_daemon(struct scene *self, crowd_request_fn *request)
{
    struct zmtp_recording reply = {0};
    struct buf text = {0};
    request(self->daemon, 0, &text);
    zmq_send(self->session, text.data, text.size, 0);
    receive(self->session, &reply);
    if (strstr(reply.bytes.data, "\"type\":\"error\""))
        die("%s", reply.bytes.data);
    zmtp_recording_destroy(&reply);
    buf_destroy(&text);
}

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_US * 1000}, NULL);
}

static double through_daemon(struct scene *self)
{
    struct buf body = {0};
    daemon_put_ticks(self->daemon, 1, &body);
    pause_a_little();
    uint64_t sent_ns = now_ns();
    daemon_feed(self->daemon, &body);
    receive(self->session, NULL);
    double us = (double)(now_ns() - sent_ns) / 1e3;
    daemon_await_ack(self->daemon);
    buf_destroy(&body);
    return us;
}

static double through_relay(struct scene *self)
{
    struct buf body = {0};
    daemon_put_ticks(self->daemon, 1, &body);
    pause_a_little();
    uint64_t sent_ns = now_ns();
    zmq_send(self->feeder, "1000", 4, ZMQ_SNDMORE);
    zmq_send(self->feeder, body.data, body.size, 0);
    receive(self->peer, NULL);
    double us = (double)(now_ns() - sent_ns) / 1e3;
    buf_destroy(&body);
    return us;
}

static void set_up(struct scene *self)
{
    self->bare = bare_start();
    self->daemon = daemon_start();
    daemon_feed_history(self->daemon);
    self->context = zmq_ctx_new();
    self->feed_context = zmq_ctx_new();
    self->session = dealer_connect(self->context, daemon_session_endpoint(self->daemon));
    self->peer = dealer_connect(self->context, bare_endpoint(self->bare));
    self->feeder = dealer_connect(self->feed_context, bare_feed_endpoint(self->bare));
    ask_daemon(self, daemon_put_open);
    ask_daemon(self, daemon_put_subscribe);
    struct bare_request hello = {.size = 100, .reply_size = 100};
    struct buf text = {0};
    bare_put_request(&hello, 0, &text);
    zmq_send(self->peer, text.data, text.size, 0);
    receive(self->peer, NULL);
    buf_reset(&text);
    daemon_put_ticks(self->daemon, 1, &text);
    daemon_feed(self->daemon, &text);
    receive(self->session, &self->update);
    daemon_await_ack(self->daemon);
    bare_load(self->bare, &self->update, false);
    buf_destroy(&text);
}

static void take_down(struct scene *self)
{
    zmq_close(self->session);
    zmq_close(self->peer);
    zmq_close(self->feeder);
    zmq_ctx_term(self->context);
    zmq_ctx_term(self->feed_context);
    daemon_stop(&self->daemon);
    bare_stop(&self->bare);
    zmtp_recording_destroy(&self->update);
    free(self->daemon_us);
    free(self->bare_us);
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    struct scene scene = {.n = options.is_short ? 1000 : 10000};
    scene.daemon_us = mem_alloc_zero(scene.n, sizeof *scene.daemon_us);
    scene.bare_us = mem_alloc_zero(scene.n, sizeof *scene.bare_us);
    set_up(&scene);
    for (size_t i = 0; i < scene.n; i++) { /* in turn, so that both see the same disturbances */
        scene.daemon_us[i] = through_daemon(&scene);
        scene.bare_us[i] = through_relay(&scene);
    }
    report("latency: p50", "us", percentile(scene.daemon_us, scene.n, 0.5),
           percentile(scene.bare_us, scene.n, 0.5), "<= 1.3");
    report("latency: p99", "us", percentile(scene.daemon_us, scene.n, 0.99),
           percentile(scene.bare_us, scene.n, 0.99), "<= 1.3");
    take_down(&scene);
    return EXIT_SUCCESS;
}
