#include "cli/out.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int32_t local_offset_s(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm local;
    return localtime_r(&seconds, &local) ? (int32_t)local.tm_gmtoff : 0;
}

void out_measure(struct out *self)
{
    struct winsize size;
    self->look.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void out_init(struct out *self, bool json)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool is_terminal = isatty(STDOUT_FILENO);
    *self = (struct out){.formatter = json ? &format_json : &format_table, .is_json = json};
    self->look.utc_offset_s = local_offset_s;
    self->look.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    self->look.coloured =
        is_terminal && !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
    if (is_terminal)
        out_measure(self);
}

void out_destroy(struct out *self)
{
    buf_destroy(&self->text);
}

void out_update(struct out *self, const indsub_update_t *update)
{
    self->formatter->update(&self->text, &self->look, update);
}

void out_reply(struct out *self, const indsub_reply_t *reply)
{
    self->formatter->reply(&self->text, &self->look, reply);
}

void out_published(struct out *self, const char *body, size_t size)
{
    self->formatter->published(&self->text, &self->look, body, size);
}

void out_text(struct out *self, const char *text)
{
    buf_put_text(&self->text, text);
}

/* Until there is room for PIPE_BUF bytes, so that a write does not block. False if somebody wants
 * to stop meanwhile. */
static bool wait_for_room(const struct out *self, int fd)
{
    struct pollfd items[] = {{.fd = fd, .events = POLLOUT}, {.fd = -1, .events = POLLIN}};
    if (self->stop.is_wanted)
        items[1].fd = self->stop.fd;
    for (;;) {
        if (poll(items, sizeof items / sizeof *items, -1) < 0 && errno != EINTR)
            return true; /* write says what is wrong */
        if (items[0].revents)
            return true;
        if (items[1].revents && self->stop.is_wanted(self->stop.context))
            return false;
    }
}

/* Gives OUT_GOES_ON if all of it is written; else errno says why, for OUT_FAILED. */
static enum out_end write_all(const struct out *self, int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        if (!wait_for_room(self, fd))
            return OUT_STOPPED;
        ssize_t n = write(fd, bytes, size < PIPE_BUF ? size : PIPE_BUF);
        if (n < 0 && errno != EINTR)
            return errno == EPIPE ? OUT_CLOSED : OUT_FAILED;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return OUT_GOES_ON;
}

static enum out_end write_lines(struct out *self, int fd, const struct buf *lines)
{
    if (self->prompt.hide)
        self->prompt.hide(self->prompt.context);
    enum out_end end = write_all(self, fd, lines->data, lines->size);
    int error = errno;
    if (self->prompt.show)
        self->prompt.show(self->prompt.context);
    errno = error;
    return end;
}

void out_flush(struct out *self)
{
    if (self->text.size == 0 || self->end != OUT_GOES_ON) {
        buf_reset(&self->text);
        return;
    }
    char text[160];
    self->end = write_lines(self, STDOUT_FILENO, &self->text);
    snprintf(text, sizeof text, "cannot write to standard output: %s", strerror(errno));
    buf_reset(&self->text);
    if (self->end == OUT_FAILED)
        out_error(self, "SYSTEM", text);
}

static void write_to_stderr(struct out *self, struct buf *line)
{
    out_flush(self);
    write_lines(self, STDERR_FILENO, line);
    buf_destroy(line);
}

void out_error(struct out *self, const char *code, const char *message)
{
    struct buf line = {0};
    buf_put_format(&line, "indsub-cli: %s: %s\n", code, message);
    write_to_stderr(self, &line);
}

void out_news(struct out *self, const char *fmt, ...)
{
    struct buf line = {0};
    va_list args;
    buf_put_text(&line, "indsub-cli: ");
    va_start(args, fmt);
    buf_put_args(&line, fmt, args);
    va_end(args);
    buf_put_char(&line, '\n');
    write_to_stderr(self, &line);
}
