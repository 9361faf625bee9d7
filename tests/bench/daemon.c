#include "tests/bench/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "common/auth/token.h"
#include "common/base/mem.h"
#include "tests/bench/measure.h"

#define SYMBOL      "NIFTY50"
#define DAY_OPEN_MS INT64_C(1762227900000) /* 2025-11-04, 09:15 in Kolkata, a Tuesday */
#define DAY_MS      INT64_C(86400000)

enum {
    SESSIONS_PER_USER = 50,
    HISTORY_DAYS = 1, /* 375 minute bars: 75 of five minutes */
    MINUTES_A_DAY = 375,
    TICK_EVERY_MS = 10,
    ACK_PATIENCE_MS = 60 * 1000
};

struct daemon {
    pid_t pid;
    char dir[64];
    const char *limits;
    char session[128], feed[128];
    char secret[65];
    void *context, *feeder;
    uint64_t n_sent;
    int64_t tick_ms;
    double price;
    uint64_t random;
};

/* ---- the process ------------------------------------------------------------------------------
 */

/* Nobody says anything but what is measured: no heartbeats, no notices. */
static const char CONFIG[] = "sessions\n    heartbeat_ms = 3600000\n"
                             "feed\n    stale_ms = 86400000\n"
                             "log\n    level = error\n";

static const char LIMITS[] = "limits\n    sessions_per_user = 1000\n";

static void write_config(const struct daemon *self, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(CONFIG, file) < 0 || fputs(self->limits, file) < 0 || fclose(file) != 0)
        die("%s cannot be written (state in %s)", path, self->dir);
}

static _Noreturn void become_daemon(const struct daemon *self, int out)
{
    const char *program = getenv("INDSUBD");
    char config[96], state[96];
    snprintf(config, sizeof config, "%s/indsubd.conf", self->dir);
    snprintf(state, sizeof state, "%s/state", self->dir);
    write_config(self, config);
    dup2(out, STDOUT_FILENO);
    execl(program, program, "--config", config, "--state", state, "--session", "tcp://127.0.0.1:*",
          "--public", "tcp://127.0.0.1:*", "--feed", "tcp://127.0.0.1:*", (char *)NULL);
    die("%s cannot be run: %s", program, strerror(errno));
}

static void read_ready_line(struct daemon *self, int in)
{
    char line[512] = "";
    FILE *file = fdopen(in, "r");
    if (!fgets(line, sizeof line, file) ||
        sscanf(line, "indsubd ready session=%127s public=%*s feed=%127s", self->session,
               self->feed) != 2)
        die("the daemon is not ready: %s", line);
    fclose(file);
}

static void read_secret(struct daemon *self)
{
    char path[96];
    snprintf(path, sizeof path, "%s/state/jwt.key", self->dir);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%64s", self->secret) != 1)
        die("%s cannot be read", path);
    fclose(file);
}

struct daemon *daemon_start(void)
{
    return daemon_start_with(LIMITS);
}

struct daemon *daemon_start_with(const char *limits)
{
    struct daemon *self = mem_alloc_zero(1, sizeof *self);
    self->limits = limits;
    int pipes[2];
    if (!getenv("INDSUBD"))
        die("INDSUBD does not name the daemon's program; run tests/bench/run");
    snprintf(self->dir, sizeof self->dir, "%s/indsub-bench-XXXXXX", P_tmpdir);
    if (!mkdtemp(self->dir) || pipe2(pipes, O_CLOEXEC) != 0)
        die("no place for the daemon's state: %s", strerror(errno));
    self->pid = fork();
    if (self->pid == 0)
        become_daemon(self, pipes[1]);
    close(pipes[1]);
    read_ready_line(self, pipes[0]);
    read_secret(self);
    self->price = 25000;
    self->random = 88172645463325252u;
    return self;
}

static void remove_dir(const char *dir)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", dir, (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    waitpid(pid, NULL, 0);
}

void daemon_stop(struct daemon **self)
{
    if (!*self)
        return;
    if ((*self)->feeder) {
        zmq_close((*self)->feeder);
        zmq_ctx_term((*self)->context);
    }
    kill((*self)->pid, SIGTERM);
    waitpid((*self)->pid, NULL, 0);
    remove_dir((*self)->dir);
    free(*self);
    *self = NULL;
}

pid_t daemon_pid(const struct daemon *self)
{
    return self->pid;
}

const char *daemon_session_endpoint(const struct daemon *self)
{
    return self->session;
}

const char *daemon_feed_endpoint(const struct daemon *self)
{
    return self->feed;
}

/* ---- requests ---------------------------------------------------------------------------------
 */

char *daemon_token(const struct daemon *self, const char *user, unsigned scopes)
{
    struct token_claims claims = {.scopes = scopes, .expires_at_s = (int64_t)time(NULL) + 86400};
    struct err err;
    char *token;
    snprintf(claims.user, sizeof claims.user, "%s", user);
    if (token_mint(self->secret, strlen(self->secret), &claims, (int64_t)time(NULL), &token,
                   &err) != ERR_OK)
        die("no token: %s", err.message);
    return token;
}

void daemon_put_open(void *self, size_t i, struct buf *out)
{
    char user[32];
    snprintf(user, sizeof user, "user-%zu", i / SESSIONS_PER_USER);
    char *token = daemon_token(self, user, 0);
    buf_put_format(out, "{\"type\":\"open\",\"token\":\"%s\"}", token);
    free(token);
}

void daemon_put_subscribe(void *self, size_t i, struct buf *out)
{
    (void)self;
    (void)i;
    buf_put_text(out, "{\"type\":\"subscribe\",\"symbol\":\"" SYMBOL "\",\"timeframe\":\"5min\","
                      "\"indicators\":[\"RSI(14)\",\"MACD(12,26,9)\"]}");
}

/* ---- the feed ---------------------------------------------------------------------------------
 */

/* Receives one message of the daemon; it must be of that type. Gives its "seq" (0 if none). */
static uint64_t expect(struct daemon *self, const char *type)
{
    char text[1024], wanted[64];
    uint64_t seq = 0;
    int n = zmq_recv(self->feeder, text, sizeof text - 1, 0);
    if (n < 0)
        die("the daemon does not answer the feed: %s", zmq_strerror(errno));
    text[n < (int)sizeof text ? n : (int)sizeof text - 1] = '\0';
    snprintf(wanted, sizeof wanted, "\"type\":\"%s\"", type);
    if (!strstr(text, wanted))
        die("not %s but %s", type, text);
    const char *at = strstr(text, "\"seq\":");
    if (at)
        sscanf(at, "\"seq\":%" SCNu64, &seq);
    return seq;
}

static void open_feed(struct daemon *self)
{
    int patience = ACK_PATIENCE_MS, linger = 0;
    self->context = zmq_ctx_new();
    self->feeder = zmq_socket(self->context, ZMQ_DEALER);
    zmq_setsockopt(self->feeder, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(self->feeder, ZMQ_LINGER, &linger, sizeof linger);
    zmq_connect(self->feeder, self->feed);
    char *token = daemon_token(self, "feeder", TOKEN_SCOPE_FEED);
    struct buf text = {0};
    buf_put_format(&text, "{\"type\":\"feed_open\",\"source\":\"bench\",\"token\":\"%s\"}", token);
    free(token);
    zmq_send(self->feeder, text.data, text.size, 0);
    buf_destroy(&text);
    expect(self, "feed_opened");
}

/* A walk in steps of 0.05. */
static double next_price(struct daemon *self)
{
    self->random = self->random * 6364136223846793005u + 1442695040888963407u;
    self->price += ((double)((self->random >> 33) % 41) - 20) / 20;
    return self->price;
}

void daemon_feed_history(struct daemon *self)
{
    open_feed(self);
    struct buf text = {0};
    buf_put_char(&text, '[');
    for (int i = 0; i < HISTORY_DAYS * MINUTES_A_DAY; i++) {
        int64_t day_ms = DAY_OPEN_MS + (i / MINUTES_A_DAY - HISTORY_DAYS) * DAY_MS;
        double close = next_price(self);
        buf_put_format(&text,
                       "%s{\"s\":\"" SYMBOL "\",\"tf\":\"1min\",\"t\":%lld,\"o\":%.2f,\"h\":%.2f,"
                       "\"l\":%.2f,\"c\":%.2f,\"v\":1000}",
                       i > 0 ? "," : "", (long long)(day_ms + i % MINUTES_A_DAY * 60000), close,
                       close + 1, close - 1, close);
    }
    buf_put_char(&text, ']');
    daemon_feed(self, &text);
    self->tick_ms = DAY_OPEN_MS;
    buf_reset(&text);
    daemon_put_ticks(self, 1, &text);
    daemon_feed(self, &text);
    buf_destroy(&text);
    daemon_await_ack(self);
}

void daemon_put_ticks(struct daemon *self, size_t n_ticks, struct buf *out)
{
    for (size_t i = 0; i < n_ticks; i++) {
        buf_put_format(out, "%s{\"s\":\"" SYMBOL "\",\"t\":%lld,\"p\":%.2f,\"v\":75}",
                       i > 0 ? "," : "[", (long long)self->tick_ms, next_price(self));
        self->tick_ms += TICK_EVERY_MS;
    }
    buf_put_char(out, ']');
}

void daemon_feed(struct daemon *self, const struct buf *body)
{
    char seq[24];
    int n = snprintf(seq, sizeof seq, "%" PRIu64, ++self->n_sent);
    if (zmq_send(self->feeder, seq, (size_t)n, ZMQ_SNDMORE) < 0 ||
        zmq_send(self->feeder, body->data, body->size, 0) < 0)
        die("the feed cannot be sent: %s", zmq_strerror(errno));
}

void daemon_await_ack(struct daemon *self)
{
    while (expect(self, "ack") < self->n_sent)
        continue;
}
