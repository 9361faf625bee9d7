#include "cli/script.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 4096 };

struct script {
    struct cli *cli;
    struct buf text; /* read, and not run yet */
    size_t line;     /* number of the line that was run last */
    bool is_over;
};

/* Runs the next line, if there is a whole one (or the rest, at the end). */
static bool take_line(struct script *self)
{
    struct buf *text = &self->text;
    if (text->size == 0)
        return false;
    char *end = memchr(text->data, '\n', text->size);
    if (!end && !self->is_over)
        return false;
    size_t size = end ? (size_t)(end - text->data) + 1 : text->size;
    if (end)
        *end = '\0';
    self->line++;
    cli_run_line(self->cli, text->data);
    text->size -= size;
    memmove(text->data, text->data + size, text->size + 1);
    return true;
}

static void read_more(struct script *self)
{
    ssize_t n = read(STDIN_FILENO, buf_reserve(&self->text, CHUNK), CHUNK);
    if (n > 0) {
        self->text.size += (size_t)n;
        self->text.data[self->text.size] = '\0';
    } else if (n == 0 || errno != EINTR) {
        self->is_over = true;
    }
}

void script_run(struct cli *cli)
{
    struct script self = {.cli = cli};
    while (!cli->quits) {
        bool is_busy = cli_is_busy(cli);
        if (!is_busy && cli->status != STATUS_DONE) {
            out_news(&cli->out, "line %zu has failed; what is behind it is not run", self.line);
            break;
        }
        if (!is_busy && take_line(&self))
            continue;
        if (!is_busy && self.is_over)
            break;
        if (cli_turn(cli, is_busy || self.is_over ? -1 : STDIN_FILENO))
            read_more(&self);
    }
    buf_destroy(&self.text);
}
