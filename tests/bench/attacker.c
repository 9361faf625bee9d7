#include "tests/bench/attacker.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/mem.h"
#include "tests/bench/dealer.h"
#include "tests/bench/measure.h"

enum {
    SESSIONS = 64,
    ASKING = 8, /* of them */
    STRANGERS = 4,
    TURN_US = 2000,
    REQUESTS_PER_S = 240,
    FEED_BYTES_PER_S = 512 << 10,
    FEED_MESSAGE_BYTES = 16 << 10,
    FLOOD_A_TURN = 200
};

struct attacker {
    pid_t pid;
};

/* Of the child. */
struct force {
    struct daemon *daemon;
    unsigned attacks;
    void *context;
    void *sessions[SESSIONS], *strangers[STRANGERS];
    void *feed;
    uint64_t feed_seq, n_requests;
    struct buf ticks;
    double requests_due, bytes_due;
    uint64_t begun_ns;
};

/* ---- sockets ----------------------------------------------------------------------------------
 */

static void drop_all(void *socket)
{
    char byte;
    while (zmq_recv(socket, &byte, 1, ZMQ_DONTWAIT) >= 0)
        continue;
}

/* The reply is whatever comes as a message of its own; a refusal is one, too. */
static void ask(void *socket, const char *text)
{
    char reply[256];
    zmq_send(socket, text, strlen(text), 0);
    if (zmq_recv(socket, reply, sizeof reply, 0) < 0)
        die("the daemon does not answer its attacker: %s", zmq_strerror(errno));
    drop_all(socket);
}

static void open_session(struct force *self, void *socket)
{
    char *token = daemon_token(self->daemon, "attacker", 0);
    struct buf text = {0};
    buf_put_format(&text, "{\"type\":\"open\",\"token\":\"%s\"}", token);
    ask(socket, text.data);
    buf_destroy(&text);
    free(token);
}

/* ---- setting up -------------------------------------------------------------------------------
 */

/* Each session wants others than the rest, so that nothing is computed once for two of them. What
 * is beyond the limits is refused. */
static void subscribe_much(struct force *self, size_t session)
{
    enum { PER_REQUEST = 100, REQUESTS = 20 };
    static const char *const SOURCES[] = {"high", "low", "open", "hl2", "hlc3", "ohlc4"};
    const char *source = SOURCES[session % (sizeof SOURCES / sizeof *SOURCES)];
    for (int k = 0; k < REQUESTS; k++) {
        struct buf text = {0};
        buf_put_format(&text,
                       "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"5min\","
                       "\"indicators\":[");
        for (int i = 0; i < PER_REQUEST; i++)
            buf_put_format(&text, "%s\"EMA(%d,source=%s)\"", i > 0 ? "," : "",
                           2 + k * PER_REQUEST + i, source);
        buf_put_text(&text, "]}");
        ask(self->sessions[session], text.data);
        buf_destroy(&text);
    }
}

static void open_feed(struct force *self)
{
    char *token = daemon_token(self->daemon, "attacker", TOKEN_SCOPE_FEED);
    struct buf text = {0};
    self->feed = dealer_connect(self->context, daemon_feed_endpoint(self->daemon));
    buf_put_format(&text, "{\"type\":\"feed_open\",\"source\":\"attack\",\"token\":\"%s\"}", token);
    ask(self->feed, text.data);
    buf_destroy(&text);
    free(token);
}

static void set_up(struct force *self)
{
    int most = SESSIONS * 2 + 64;
    self->context = zmq_ctx_new();
    zmq_ctx_set(self->context, ZMQ_MAX_SOCKETS, most);
    for (size_t i = 0; i < SESSIONS; i++) {
        self->sessions[i] = dealer_connect(self->context, daemon_session_endpoint(self->daemon));
        open_session(self, self->sessions[i]);
        if (self->attacks & ATTACK_STREAM)
            subscribe_much(self, i);
    }
    for (size_t i = 0; i < STRANGERS; i++)
        self->strangers[i] =
            dealer_connect(self->context, i % 2 ? daemon_feed_endpoint(self->daemon)
                                                : daemon_session_endpoint(self->daemon));
    open_feed(self);
}

/* ---- attacks ----------------------------------------------------------------------------------
 */

static void ask_for_much(struct force *self)
{
    static const char SUBSCRIBE[] =
        "{\"type\":\"subscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\","
        "\"indicators\":[\"RSI(14)\",\"HMA(50)\",\"MACD(12,26,9)\"],\"history\":5000}";
    static const char *const REQUESTS[] = {
        "{\"type\":\"catalog\"}",
        SUBSCRIBE,
        "{\"type\":\"history\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\",\"limit\":5000}",
        "{\"type\":\"unsubscribe\",\"symbol\":\"NIFTY50\",\"timeframe\":\"1min\"}",
        "{\"type\":\"open\",\"token\":\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA\"}",
    };
    enum { N = sizeof REQUESTS / sizeof *REQUESTS };
    for (; self->requests_due >= 1; self->requests_due--) {
        size_t n = (size_t)self->n_requests++;
        const char *text = REQUESTS[n / ASKING % N];
        zmq_send(self->sessions[n % ASKING], text, strlen(text), ZMQ_DONTWAIT);
    }
    for (size_t i = 0; i < ASKING; i++)
        drop_all(self->sessions[i]);
}

static void feed_much(struct force *self)
{
    char seq[24];
    for (; self->bytes_due >= FEED_MESSAGE_BYTES; self->bytes_due -= FEED_MESSAGE_BYTES) {
        buf_reset(&self->ticks);
        for (int i = 0; self->ticks.size < FEED_MESSAGE_BYTES - 64; i++)
            buf_put_format(&self->ticks, "%s{\"s\":\"ATTACK%d\",\"t\":%" PRIu64 ",\"p\":100}",
                           i > 0 ? "," : "[", i % 100, UINT64_C(1762227900000) + self->feed_seq);
        buf_put_char(&self->ticks, ']');
        snprintf(seq, sizeof seq, "%" PRIu64, ++self->feed_seq);
        zmq_send(self->feed, seq, strlen(seq), ZMQ_SNDMORE | ZMQ_DONTWAIT);
        zmq_send(self->feed, self->ticks.data, self->ticks.size, ZMQ_DONTWAIT);
    }
    drop_all(self->feed);
}

static void flood(struct force *self)
{
    static const char TEXT[] = "{\"type\":\"list\"}";
    for (int i = 0; i < FLOOD_A_TURN; i++) {
        zmq_send(self->strangers[i % STRANGERS], TEXT, sizeof TEXT - 1, ZMQ_DONTWAIT);
        zmq_send(self->sessions[SESSIONS - 1 - i % ASKING], TEXT, sizeof TEXT - 1, ZMQ_DONTWAIT);
    }
    for (size_t i = 0; i < STRANGERS; i++)
        drop_all(self->strangers[i]);
    for (size_t i = 0; i < ASKING; i++)
        drop_all(self->sessions[SESSIONS - 1 - i]);
}

/* Only as much as passes while it is at it: a pause is nothing to make up for. */
static void turn(struct force *self)
{
    uint64_t now = now_ns();
    double passed_s = (double)(now - self->begun_ns) / 1e9;
    self->begun_ns = now;
    if (passed_s > 0.1)
        passed_s = 0.1;
    self->requests_due += passed_s * REQUESTS_PER_S;
    self->bytes_due += passed_s * FEED_BYTES_PER_S;
    if (self->attacks & ATTACK_CONTROL)
        ask_for_much(self);
    if (self->attacks & ATTACK_FEED)
        feed_much(self);
    if (self->attacks & ATTACK_FLOOD)
        flood(self);
    nanosleep(&(struct timespec){.tv_nsec = TURN_US * 1000}, NULL);
}

/* What a flood takes of the machine itself is not to be measured: it runs when nobody else does. */
static _Noreturn void run(struct daemon *daemon, unsigned attacks)
{
    struct force self = {.daemon = daemon, .attacks = attacks};
    struct sched_param none = {0};
    set_up(&self);
    if (attacks & ATTACK_FLOOD)
        sched_setscheduler(0, SCHED_IDLE, &none);
    raise(SIGSTOP);
    self.begun_ns = now_ns();
    for (;;)
        turn(&self);
}

struct attacker *attacker_start(struct daemon *daemon, unsigned attacks)
{
    struct attacker *self = mem_alloc_zero(1, sizeof *self);
    int status;
    self->pid = fork();
    if (self->pid == 0)
        run(daemon, attacks);
    if (waitpid(self->pid, &status, WUNTRACED) != self->pid || !WIFSTOPPED(status))
        die("the attacker is not ready");
    return self;
}

void attacker_go_on(struct attacker *self)
{
    kill(self->pid, SIGCONT);
}

void attacker_pause(struct attacker *self)
{
    int status;
    kill(self->pid, SIGSTOP);
    waitpid(self->pid, &status, WUNTRACED);
}

void attacker_stop(struct attacker **self)
{
    if (!*self)
        return;
    kill((*self)->pid, SIGKILL);
    waitpid((*self)->pid, NULL, 0);
    free(*self);
    *self = NULL;
}
