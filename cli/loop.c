/* loop - one turn of the program: signals, the client, the job, input. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/cli.h"

enum {
    LOST_NEWS_MS = 5000, /* a short loss is told of when it is over */
    SILENT_NEWS_MS = 5000
};

/* Which signals are taken as they come up in the loop. Only a prompt has to put the terminal in
 * order before the process stops. */
static int open_signals(enum cli_mode mode)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGWINCH);
    if (mode == CLI_INTERACTIVE) {
        sigaddset(&signals, SIGTSTP);
        sigaddset(&signals, SIGCONT);
    }
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is told by write */
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Notes which signals have come. */
static void read_signals(struct cli *self)
{
    struct signalfd_siginfo info;
    while (read(self->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        switch (info.ssi_signo) {
        case SIGWINCH:
            out_measure(&self->out);
            break;
        case SIGINT:
            self->signals.interrupt = true;
            break;
        case SIGTSTP:
            self->signals.stop = true;
            break;
        case SIGCONT:
            self->signals.go = true;
            break;
        default:
            self->signals.end = true;
        }
    }
}

static bool has_signals(const struct cli *self)
{
    return self->signals.interrupt || self->signals.end || self->signals.stop || self->signals.go;
}

/* Output waits for its reader, or a text for its end: has a signal come for which it should not? */
static bool wants_stop(void *context)
{
    struct cli *self = context;
    read_signals(self);
    return self->signals.interrupt || self->signals.end;
}

void cli_init(struct cli *self, const struct options *options, enum cli_mode mode)
{
    *self = (struct cli){.options = options, .mode = mode};
    out_init(&self->out, options->json);
    self->signal_fd = open_signals(mode);
    self->out.stop = (struct out_stop){self->signal_fd, wants_stop, self};
}

/* Somebody has had enough of what goes on: of a stream, of a job, of waiting. */
static void interrupt(struct cli *self, bool leaves)
{
    bool is_stream = shown_is_awaited(&self->streams) || shown_is_awaited(&self->tapes);
    bool stays = self->prompt.on_interrupt && !leaves;
    shown_stop(&self->streams, NULL, NULL);
    shown_stop(&self->tapes, NULL, NULL);
    self->silent_ms = 0;
    if (self->job.turn)
        self->job.stop(self, self->job.context);
    else if (stays)
        self->prompt.on_interrupt(self->prompt.context);
    if (stays)
        return;
    if (!is_stream) /* a stream that is stopped has been all it was to be */
        self->status = STATUS_FAILED;
    self->quits = true;
}

static void take_signals(struct cli *self)
{
    read_signals(self);
    if (self->signals.stop) {
        self->signals.stop = false;
        if (self->prompt.on_stop)
            self->prompt.on_stop(self->prompt.context);
        raise(SIGSTOP);
        read_signals(self);
    }
    if (self->signals.go) {
        self->signals.go = false;
        out_measure(&self->out);
        if (self->prompt.on_go)
            self->prompt.on_go(self->prompt.context);
    }
    if (!self->signals.interrupt && !self->signals.end)
        return;
    bool leaves = self->signals.end;
    self->signals.interrupt = self->signals.end = false;
    interrupt(self, leaves);
    if (self->out.end == OUT_STOPPED && !self->quits)
        self->out.end = OUT_GOES_ON;
}

static void tell_of_long_loss(struct cli *self)
{
    if (self->lost_ms == 0 || cli_now_ms() - self->lost_ms < LOST_NEWS_MS)
        return;
    self->lost_ms = 0; /* once */
    out_news(&self->out, "the daemon is gone; trying to reach it again");
}

static void tell_of_silent_tape(struct cli *self)
{
    if (self->silent_ms == 0 || cli_now_ms() - self->silent_ms < SILENT_NEWS_MS)
        return;
    self->silent_ms = 0; /* once */
    out_news(&self->out, "nothing is on the tape yet: does its operator publish one "
                         "(public/tape in indsubd.conf), and is the market open?");
}

/* How long until something that began then has lasted so long; -1 if nothing has begun. */
static int left_ms(int64_t since_ms, int64_t lasts_ms)
{
    int64_t left = since_ms + lasts_ms - cli_now_ms();
    return since_ms == 0 ? -1 : left < 0 ? 0 : (int)left;
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
    timeout_ms = sooner(timeout_ms, left_ms(self->lost_ms, LOST_NEWS_MS));
    return sooner(timeout_ms, left_ms(self->silent_ms, SILENT_NEWS_MS));
}

enum status cli_conclude(struct cli *self)
{
    out_flush(&self->out);
    if (self->out.end == OUT_STOPPED)
        take_signals(self); /* the one for which it was cut short */
    return self->out.end == OUT_FAILED   ? STATUS_FAILED
           : self->out.end == OUT_CLOSED ? STATUS_DONE
                                         : self->status;
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
    bool waits = self->out.end == OUT_GOES_ON && !has_signals(self);
    int timeout_ms = waits ? next_timeout_ms(self) : 0;
    if (poll(items, N, timeout_ms) < 0 && errno != EINTR)
        perror("indsub-cli: poll");
    if (items[OUTPUT].revents & POLLERR)
        self->out.end = OUT_CLOSED;
    take_signals(self);
    if (self->client)
        indsub_poll(self->client, 0);
    if (self->job.turn)
        self->job.turn(self, self->job.context);
    tell_of_long_loss(self);
    tell_of_silent_tape(self);
    out_flush(&self->out);
    if (self->out.end == OUT_CLOSED || self->out.end == OUT_FAILED)
        self->quits = true;
    return items[INPUT].revents != 0 && !self->quits;
}
