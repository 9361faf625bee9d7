/* memory - what a session with one subscription takes in the daemon, next to what libzmq takes for
 * a connection of a bare ROUTER that has carried the same messages. */
#include <stdlib.h>

#include "tests/bench/bare.h"
#include "tests/bench/crowd.h"
#include "tests/bench/daemon.h"
#include "tests/bench/measure.h"

enum { FEW = 20 }; /* sessions that are there before: what all share exists */

struct scene {
    struct daemon *daemon;
    struct bare *bare;
};

/* A crowd on each side. */
struct pair {
    struct crowd *sessions, *peers;
};

static void ask(struct scene *self, struct pair *pair, crowd_request_fn *request)
{
    struct buf text = {0};
    request(self->daemon, 0, &text);
    struct bare_request alike = {.size = text.size};
    alike.reply_size = crowd_ask(pair->sessions, request, self->daemon);
    crowd_ask(pair->peers, bare_put_request, &alike);
    buf_destroy(&text);
}

static struct pair connect_pair(struct scene *self, size_t n)
{
    struct pair pair = {.sessions = crowd_connect(daemon_session_endpoint(self->daemon), n),
                        .peers = crowd_connect(bare_endpoint(self->bare), n)};
    ask(self, &pair, daemon_put_open);
    ask(self, &pair, daemon_put_subscribe);
    return pair;
}

static void disconnect_pair(struct pair *self)
{
    crowd_destroy(&self->sessions);
    crowd_destroy(&self->peers);
}

/* Updates for all on both sides, so that what is made for the first one is made. */
static void send_updates(struct scene *self, struct pair *few, struct pair *many)
{
    enum { N = 10 };
    struct zmtp_recording recording = {0};
    struct buf body = {0};
    crowd_record(few->sessions, &recording);
    for (int i = 0; i < N; i++) {
        buf_reset(&body);
        zmtp_recording_reset(&recording);
        daemon_put_ticks(self->daemon, 1, &body);
        daemon_feed(self->daemon, &body);
        crowd_drain(few->sessions, 1);
        crowd_drain(many->sessions, 1);
        daemon_await_ack(self->daemon);
        bare_load(self->bare, &recording, false);
        bare_send(self->bare);
        crowd_drain(few->peers, 1);
        crowd_drain(many->peers, 1);
    }
    crowd_record(few->sessions, NULL);
    zmtp_recording_destroy(&recording);
    buf_destroy(&body);
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    size_t n = options.is_short ? 500 : 4000;
    struct scene scene = {0};
    raise_descriptors(2 * (n + FEW) + 100);
    scene.bare = bare_start();
    scene.daemon = daemon_start();
    daemon_feed_history(scene.daemon);
    struct pair few = connect_pair(&scene, FEW);
    size_t daemon_before = rss_bytes_of(daemon_pid(scene.daemon)),
           bare_before = rss_bytes_of(bare_pid(scene.bare));
    struct pair many = connect_pair(&scene, n);
    send_updates(&scene, &few, &many);
    double each_kib = 1.0 / (1024 * (double)n);
    double daemon_kib = (double)(rss_bytes_of(daemon_pid(scene.daemon)) - daemon_before) * each_kib,
           bare_kib = (double)(rss_bytes_of(bare_pid(scene.bare)) - bare_before) * each_kib;
    report("memory: a session, one subscription", "KiB", daemon_kib, bare_kib, "");
    report("memory: above the connection", "KiB", daemon_kib - bare_kib, 0, "<= 8");
    disconnect_pair(&few);
    disconnect_pair(&many);
    daemon_stop(&scene.daemon);
    bare_stop(&scene.bare);
    return EXIT_SUCCESS;
}
