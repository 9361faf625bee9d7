#include "tests/bench/bare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/mem.h"
#include "common/protocol/ids.h"
#include "tests/bench/measure.h"

enum {
    FRAMES_MAX = 64 * 1024,
    BYTES_MAX = 64 * 1024 * 1024,
    BODY_MIN = 64, /* shorter frames differ from peer to peer in the daemon: not shared */
    REQUEST_MAX = 4096
};

/* Shared between the two processes; written by the parent between two orders. */
struct pattern {
    size_t n_frames;
    struct zmtp_frame frames[FRAMES_MAX];
    char bytes[BYTES_MAX];
};

struct bare {
    pid_t pid;
    int orders; /* a byte is an order to send */
    struct endpoints {
        char session[64], feed[64];
    } endpoints;
    struct pattern *pattern;
};

/* ---- the process ------------------------------------------------------------------------------
 */

struct loop {
    void *context, *router, *feed;
    const struct pattern *pattern;
    char (*peers)[KEY_SIZE];
    size_t n_peers, capacity;
    zmq_msg_t *bodies; /* one a frame; those of short frames are empty */
};

static void keep(void *data, void *hint)
{
    (void)data;
    (void)hint;
}

static void send_copy(struct loop *self, zmq_msg_t *body, int flags)
{
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, body);
    if (zmq_msg_send(&copy, self->router, flags) < 0)
        die("the bare loop cannot send: %s", zmq_strerror(errno));
}

/* One message, from frame `first` on, to everybody. Gives the frame behind it. */
static size_t send_message(struct loop *self, size_t first, const char *bytes)
{
    const struct zmtp_frame *frames = self->pattern->frames;
    size_t last = first;
    while (frames[last].more)
        last++;
    for (size_t p = 0; p < self->n_peers; p++) {
        const char *at = bytes;
        if (zmq_send(self->router, self->peers[p], KEY_SIZE, ZMQ_SNDMORE) < 0)
            die("the bare loop has lost a peer: %s", zmq_strerror(errno));
        for (size_t i = first; i <= last; i++) {
            int flags = i < last ? ZMQ_SNDMORE : 0;
            if (frames[i].size < BODY_MIN)
                zmq_send(self->router, at, frames[i].size, flags);
            else
                send_copy(self, &self->bodies[i], flags);
            at += frames[i].size;
        }
    }
    return last + 1;
}

static void send_pattern(struct loop *self)
{
    const struct pattern *pattern = self->pattern;
    const char *at = pattern->bytes;
    for (size_t i = 0; i < pattern->n_frames; i++) {
        zmq_msg_init(&self->bodies[i]);
        if (pattern->frames[i].size >= BODY_MIN)
            zmq_msg_init_data(&self->bodies[i], (char *)(uintptr_t)at, pattern->frames[i].size,
                              keep, NULL);
        at += pattern->frames[i].size;
    }
    at = pattern->bytes;
    for (size_t i = 0, next; i < pattern->n_frames; i = next) {
        next = send_message(self, i, at);
        for (size_t k = i; k < next; k++)
            at += pattern->frames[k].size;
    }
    for (size_t i = 0; i < pattern->n_frames; i++)
        zmq_msg_close(&self->bodies[i]);
}

static void learn_peer(struct loop *self, const char *key)
{
    for (size_t i = self->n_peers; i-- > 0;)
        if (memcmp(self->peers[i], key, KEY_SIZE) == 0)
            return;
    self->peers = mem_grow(self->peers, self->n_peers, &self->capacity, sizeof *self->peers);
    memcpy(self->peers[self->n_peers++], key, KEY_SIZE);
}

static bool take_request(struct loop *self)
{
    char key[KEY_SIZE], text[REQUEST_MAX];
    if (zmq_recv(self->router, key, sizeof key, ZMQ_DONTWAIT) < 0)
        return false;
    int n = zmq_recv(self->router, text, sizeof text - 1, 0);
    text[n] = '\0';
    learn_peer(self, key);
    size_t size = (size_t)atoi(text);
    char *reply = mem_alloc_zero(size, 1);
    zmq_send(self->router, key, sizeof key, ZMQ_SNDMORE);
    zmq_send(self->router, reply, size, 0);
    free(reply);
    return true;
}

/* A message of a feed: routing id, seq, body. */
static bool take_feed(struct loop *self)
{
    char bytes[REQUEST_MAX];
    if (zmq_recv(self->feed, bytes, sizeof bytes, ZMQ_DONTWAIT) < 0)
        return false;
    zmq_recv(self->feed, bytes, sizeof bytes, 0);
    zmq_recv(self->feed, bytes, sizeof bytes, 0);
    send_pattern(self);
    return true;
}

static void *bind_router(void *context, char endpoint[64])
{
    int one = 1, backlog = 1024, linger = 0;
    size_t size = 64;
    void *router = zmq_socket(context, ZMQ_ROUTER);
    zmq_setsockopt(router, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    zmq_setsockopt(router, ZMQ_BACKLOG, &backlog, sizeof backlog);
    zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_bind(router, "tcp://127.0.0.1:*") != 0)
        die("the bare loop cannot bind: %s", zmq_strerror(errno));
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size);
    return router;
}

static _Noreturn void run(const struct pattern *pattern, int orders, int out)
{
    struct loop self = {.context = zmq_ctx_new(), .pattern = pattern};
    struct endpoints endpoints;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    memset(&endpoints, 0, sizeof endpoints);
    self.router = bind_router(self.context, endpoints.session);
    self.feed = bind_router(self.context, endpoints.feed);
    self.bodies = mem_alloc(FRAMES_MAX * sizeof *self.bodies);
    if (write(out, &endpoints, sizeof endpoints) != (ssize_t)sizeof endpoints)
        die("the bare loop has lost its parent");
    for (char order;;) {
        zmq_pollitem_t items[] = {{self.router, 0, ZMQ_POLLIN, 0},
                                  {self.feed, 0, ZMQ_POLLIN, 0},
                                  {NULL, orders, ZMQ_POLLIN, 0}};
        zmq_poll(items, 3, -1);
        while (items[0].revents && take_request(&self))
            continue;
        while (items[1].revents && take_feed(&self))
            continue;
        if (items[2].revents && read(orders, &order, 1) != 1)
            break;
        if (items[2].revents)
            send_pattern(&self);
    }
    _exit(EXIT_SUCCESS);
}

/* ---- the parent's side ------------------------------------------------------------------------
 */

struct bare *bare_start(void)
{
    struct bare *self = mem_alloc_zero(1, sizeof *self);
    int orders[2], answers[2];
    self->pattern = mmap(NULL, sizeof *self->pattern, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (self->pattern == MAP_FAILED || pipe2(orders, O_CLOEXEC) != 0 ||
        pipe2(answers, O_CLOEXEC) != 0)
        die("the bare loop cannot be started: %s", strerror(errno));
    self->pid = fork();
    if (self->pid == 0) {
        close(orders[1]);
        run(self->pattern, orders[0], answers[1]);
    }
    close(orders[0]);
    close(answers[1]);
    self->orders = orders[1];
    if (read(answers[0], &self->endpoints, sizeof self->endpoints) !=
        (ssize_t)sizeof self->endpoints)
        die("the bare loop did not start");
    close(answers[0]);
    return self;
}

void bare_stop(struct bare **self)
{
    if (!*self)
        return;
    close((*self)->orders);
    waitpid((*self)->pid, NULL, 0);
    munmap((*self)->pattern, sizeof *(*self)->pattern);
    free(*self);
    *self = NULL;
}

pid_t bare_pid(const struct bare *self)
{
    return self->pid;
}

const char *bare_endpoint(const struct bare *self)
{
    return self->endpoints.session;
}

const char *bare_feed_endpoint(const struct bare *self)
{
    return self->endpoints.feed;
}

void bare_put_request(void *request, size_t i, struct buf *out)
{
    (void)i;
    const struct bare_request *one = request;
    buf_put_format(out, "%-*zu", (int)one->size, one->reply_size);
}

void bare_load(struct bare *self, const struct zmtp_recording *recording, bool one_by_one)
{
    struct pattern *pattern = self->pattern;
    if (recording->n > FRAMES_MAX || recording->bytes.size > BYTES_MAX)
        die("%zu frames are too many to send again", recording->n);
    pattern->n_frames = recording->n;
    memcpy(pattern->frames, recording->frames, recording->n * sizeof *recording->frames);
    memcpy(pattern->bytes, recording->bytes.data, recording->bytes.size);
    for (size_t i = 1; one_by_one && i < pattern->n_frames; i += 2)
        pattern->frames[i].more = false;
}

void bare_send(struct bare *self)
{
    if (write(self->orders, "s", 1) != 1)
        die("the bare loop is gone");
}
