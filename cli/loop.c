/* loop - one turn of the program: signals, the client, the job, input. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/cli.h"

enum { LOST_NEWS_MS = 5000 }; /* a short loss is told of when it is over */

void cli_init(struct cli *self, const struct options *options, enum cli_mode mode)
{
    sigset_t signals;
    *self = (struct cli){.options = options, .mode = mode};
    out_init(&self->out, options->json);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGWINCH);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is told by write */
    self->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Somebody has had enough of what goes on: of a stream, of a job, of waiting. */
static void interrupt(struct cli *self, bool leaves)
{
    bool streams = self->streams.n + self->tapes.n > 0;
    shown_stop(&self->streams, NULL, NULL);
    shown_stop(&self->tapes, NULL, NULL);
    if (self->job.turn)
        self->job.stop(self, self->job.context);
    else if (self->mode == CLI_INTERACTIVE && !leaves)
        self->on_interrupt(self->interrupt_context);
    if (self->mode == CLI_INTERACTIVE && !leaves)
        return;
    if (!streams) /* a stream that is stopped has been all it was to be */
        self->status = STATUS_FAILED;
    self->quits = true;
}

static void take_signals(struct cli *self)
{
    struct signalfd_siginfo info;
    while (read(self->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGWINCH)
            out_measure(&self->out);
        else
            interrupt(self, info.ssi_signo != SIGINT);
    }
}

static void tell_of_long_loss(struct cli *self)
{
    if (self->lost_ms == 0 || cli_now_ms() - self->lost_ms < LOST_NEWS_MS)
        return;
    self->lost_ms = 0; /* once */
    out_news(&self->out, "the daemon is gone; trying to reach it again");
}

/* The shorter of two times, of which -1 is the longest. */
static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static int next_timeout_ms(struct cli *self)
{
    int timeout_ms = self->client ? indsub_timeout_ms(self->client) : -1;
    if (self->job.turn)
        timeout_ms = sooner(timeout_ms, self->job.timeout_ms(self->job.context));
    if (self->lost_ms != 0) {
        int64_t left_ms = self->lost_ms + LOST_NEWS_MS - cli_now_ms();
        timeout_ms = sooner(timeout_ms, left_ms < 0 ? 0 : (int)left_ms);
    }
    return timeout_ms;
}

bool cli_turn(struct cli *self, int input_fd)
{
    enum { SIGNALS, CLIENT, JOB, OUTPUT, INPUT, N };
    out_flush(&self->out);
    struct pollfd items[N] = {
        [SIGNALS] = {.fd = self->signal_fd, .events = POLLIN},
        [CLIENT] = {.fd = self->client ? indsub_fd(self->client) : -1, .events = POLLIN},
        [JOB] = {.fd = self->job.turn ? self->job.fd(self->job.context) : -1, .events = POLLIN},
        [OUTPUT] = {.fd = STDOUT_FILENO}, /* for POLLERR: the reader has gone */
        [INPUT] = {.fd = input_fd, .events = POLLIN},
    };
    if (!self->out.is_closed && poll(items, N, next_timeout_ms(self)) < 0 && errno != EINTR)
        perror("indsub-cli: poll");
    if (items[OUTPUT].revents & POLLERR)
        self->out.is_closed = true;
    if (items[SIGNALS].revents)
        take_signals(self);
    if (self->client)
        indsub_poll(self->client, 0);
    if (self->job.turn)
        self->job.turn(self, self->job.context);
    tell_of_long_loss(self);
    out_flush(&self->out);
    if (self->out.is_closed) {
        self->status = STATUS_DONE;
        self->quits = true;
    }
    return items[INPUT].revents != 0 && !self->quits;
}
