#include "cli/out.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
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

/* False if nobody reads it any more. */
static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return true;
}

static void write_lines(struct out *self, int fd, const struct buf *lines)
{
    if (self->prompt.hide)
        self->prompt.hide(self->prompt.context);
    if (!write_all(fd, lines->data, lines->size) && fd == STDOUT_FILENO)
        self->is_closed = true;
    if (self->prompt.show)
        self->prompt.show(self->prompt.context);
}

void out_flush(struct out *self)
{
    if (self->text.size > 0 && !self->is_closed)
        write_lines(self, STDOUT_FILENO, &self->text);
    buf_reset(&self->text);
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
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    buf_put_text(&line, "indsub-cli: ");
    char *at = buf_reserve(&line, n > 0 ? (size_t)n : 0);
    va_start(args, fmt);
    line.size += (size_t)(vsnprintf(at, (size_t)(n > 0 ? n : 0) + 1, fmt, args));
    va_end(args);
    buf_put_char(&line, '\n');
    write_to_stderr(self, &line);
}
