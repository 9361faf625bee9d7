#include "tests/bench/crowd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/bench/dealer.h"
#include "tests/bench/measure.h"

enum {
    READ_SIZE = 256 * 1024,
    EVENTS_AT_ONCE = 512,
    AT_ONCE = 64,           /* connections that shake hands, or wait for a reply, together */
    PATIENCE_MS = 60 * 1000 /* without a byte */
};

struct client {
    int fd;
    struct zmtp_reader reader;
    uint64_t target; /* updates to be received */
};

struct crowd {
    struct client *clients;
    size_t n;
    int epoll;
    uint8_t *bytes;                   /* READ_SIZE, scratch */
    struct zmtp_recording *recording; /* of the first client */
};

static uint64_t updates_of(const struct client *client)
{
    return (client->reader.n_frames - client->reader.n_singles) / 2;
}

/* ---- bytes ------------------------------------------------------------------------------------
 */

static void write_all(int fd, const struct buf *text)
{
    for (size_t at = 0; at < text->size;) {
        ssize_t n = write(fd, text->data + at, text->size - at);
        if (n < 0 && errno != EINTR)
            die("a client cannot write: %s", strerror(errno));
        at += n > 0 ? (size_t)n : 0;
    }
}

/* Level-triggered: what does not fit into the buffer is told of again. */
static void read_some(struct crowd *self, struct client *client)
{
    ssize_t n = recv(client->fd, self->bytes, READ_SIZE, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        die("client %zu was disconnected", (size_t)(client - self->clients));
    if (!zmtp_read(&client->reader, self->bytes, (size_t)n))
        die("client %zu was sent what is not ZMTP, or ERROR", (size_t)(client - self->clients));
}

/* Reads from whom something has come, each followed by after(). Returns false where nothing came
 * in timeout_ms. */
static bool poll_once(struct crowd *self, int timeout_ms, void (*after)(void *, struct client *),
                      void *context)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int n = epoll_wait(self->epoll, events, EVENTS_AT_ONCE, timeout_ms);
    for (int i = 0; i < n; i++) {
        struct client *client = &self->clients[events[i].data.u32];
        read_some(self, client);
        if (after)
            after(context, client);
    }
    return n > 0;
}

/* ---- connecting -------------------------------------------------------------------------------
 */

static struct sockaddr_in parse_endpoint(const char *endpoint)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strrchr(endpoint, ':');
    if (strncmp(endpoint, "tcp://127.0.0.1:", 16) != 0)
        die("%s is not tcp://127.0.0.1:PORT", endpoint);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)atoi(port + 1));
    return address;
}

static void connect_one(struct crowd *self, size_t i, const struct sockaddr_in *address)
{
    struct client *client = &self->clients[i];
    char key[KEY_SIZE + 1];
    int on = 1;
    struct buf hello = {0};
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (const void *)address, sizeof *address) != 0)
        die("client %zu cannot connect: %s", i, strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    dealer_make_key(key);
    zmtp_put_hello(&hello, key);
    write_all(client->fd, &hello);
    buf_destroy(&hello);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    epoll_ctl(self->epoll, EPOLL_CTL_ADD, client->fd, &event);
}

static void await_ready(struct crowd *self, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++)
        while (!self->clients[i].reader.is_ready)
            if (!poll_once(self, PATIENCE_MS, NULL, NULL))
                die("no handshake for client %zu", i);
}

struct crowd *crowd_connect(const char *endpoint, size_t n)
{
    struct crowd *self = mem_alloc_zero(1, sizeof *self);
    struct sockaddr_in address = parse_endpoint(endpoint);
    self->clients = mem_alloc_zero(n, sizeof *self->clients);
    self->n = n;
    self->bytes = mem_alloc(READ_SIZE);
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t first = 0; first < n; first += AT_ONCE) {
        size_t last = first + AT_ONCE < n ? first + AT_ONCE : n;
        for (size_t i = first; i < last; i++)
            connect_one(self, i, &address);
        await_ready(self, first, last);
    }
    return self;
}

void crowd_destroy(struct crowd **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n; i++)
        close((*self)->clients[i].fd);
    close((*self)->epoll);
    free((*self)->bytes);
    free((*self)->clients);
    free(*self);
    *self = NULL;
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static void send_request(struct client *client, size_t i, crowd_request_fn *request, void *context)
{
    struct buf text = {0}, frame = {0};
    request(context, i, &text);
    zmtp_put_frame(&frame, text.data, text.size, false);
    write_all(client->fd, &frame);
    buf_destroy(&text);
    buf_destroy(&frame);
}

/* Waits for one more reply; gives its size. Updates may come before it. */
static size_t await_reply(struct crowd *self, size_t i, uint64_t n_before)
{
    struct client *client = &self->clients[i];
    const struct zmtp_recording *seen = client->reader.recording;
    while (client->reader.n_singles == n_before)
        if (!poll_once(self, PATIENCE_MS, NULL, NULL))
            die("no reply for client %zu", i);
    if (strstr(seen->bytes.data, "\"type\":\"error\""))
        die("client %zu: %s", i, seen->bytes.data);
    return seen->frames[0].size;
}

size_t crowd_ask(struct crowd *self, crowd_request_fn *request, void *context)
{
    size_t reply_size = 0;
    for (size_t first = 0; first < self->n; first += AT_ONCE) {
        size_t last = first + AT_ONCE < self->n ? first + AT_ONCE : self->n;
        struct zmtp_recording recordings[AT_ONCE];
        uint64_t before[AT_ONCE];
        memset(recordings, 0, sizeof recordings);
        for (size_t i = first; i < last; i++) {
            before[i - first] = self->clients[i].reader.n_singles;
            self->clients[i].reader.recording = &recordings[i - first];
            send_request(&self->clients[i], i, request, context);
        }
        for (size_t i = first; i < last; i++)
            reply_size = await_reply(self, i, before[i - first]);
        for (size_t i = first; i < last; i++) {
            self->clients[i].reader.recording = NULL;
            zmtp_recording_destroy(&recordings[i - first]);
        }
    }
    crowd_record(self, self->recording);
    for (size_t i = 0; i < self->n; i++)
        self->clients[i].target = updates_of(&self->clients[i]);
    return reply_size;
}

void crowd_record(struct crowd *self, struct zmtp_recording *recording)
{
    self->recording = recording;
    self->clients[0].reader.recording = recording;
}

/* ---- the stream -------------------------------------------------------------------------------
 */

struct drain {
    size_t n_waiting; /* clients that are short of their target */
};

/* A client counts as done on the read with which it reaches its target, and once. */
static void note_progress(void *context, struct client *client)
{
    struct drain *drain = context;
    if (client->target > 0 && updates_of(client) >= client->target) {
        drain->n_waiting--;
        client->target = 0;
    }
}

void crowd_drain(struct crowd *self, uint64_t n_updates)
{
    struct drain drain = {.n_waiting = self->n};
    uint64_t *reached = mem_alloc_zero(self->n, sizeof *reached);
    for (size_t i = 0; i < self->n; i++) {
        reached[i] = self->clients[i].target += n_updates;
        note_progress(&drain, &self->clients[i]);
    }
    while (drain.n_waiting > 0)
        if (!poll_once(self, PATIENCE_MS, note_progress, &drain))
            die("%zu clients wait for updates that do not come", drain.n_waiting);
    for (size_t i = 0; i < self->n; i++)
        self->clients[i].target = reached[i];
    free(reached);
}

void crowd_linger(struct crowd *self, uint64_t until_ns)
{
    for (uint64_t at = now_ns(); at < until_ns; at = now_ns())
        poll_once(self, (int)((until_ns - at) / 1000000) + 1, NULL, NULL);
}
