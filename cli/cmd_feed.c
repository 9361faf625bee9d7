/* cmd_feed - feed: a CSV file into the daemon.
 *
 * A row is a message of its own, and its number the message's: so the daemon's last number says
 * which row is next, also when the file has grown since. (With many rows in a message, the number
 * of the last, half-full one would no longer tell where the file was.) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/feedfile.h"
#include "cli/feedlink.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "common/base/mem.h"
#include "common/protocol/ids.h"

enum {
    CONNECT_TIMEOUT_MS = 3000,
    PROGRESS_MS = 100,
    ROWS_A_TURN = 1000, /* so that acks and signals are seen in between */
    CODES_MAX = 16
};

/* Items that were refused for one reason. */
struct reject_count {
    char code[32], message[160];
    uint64_t n, first_line;
};

struct feed {
    struct cli *cli;
    char *path;
    struct feedfile *file;
    struct feedlink *link;
    struct feedfile_row *waiting; /* read, and not sent yet; NULL: none */
    bool is_placed;               /* the file stands where the daemon does */
    bool is_read;                 /* to its end */
    bool was_open, loss_is_told;
    bool is_over; /* nothing is drawn any more */
    double speed; /* market time by real time; 0: as fast as it goes */
    uint64_t first_row, n_bad;
    int64_t begin_ms, first_market_ms, progress_ms, lost_ms;
    uint64_t lines[FEEDLINK_WINDOW]; /* of the messages under way, by number */
    struct reject_count rejects[CODES_MAX];
    size_t n_rejects;
    struct err trouble; /* the first bad line, or why it cannot go on */
};

static void destroy(struct feed *self)
{
    feedfile_close(&self->file);
    feedlink_destroy(&self->link);
    free(self->path);
    free(self);
}

/* ---- what is said -------------------------------------------------------------------- */

static uint64_t count_rejected(const struct feed *self)
{
    uint64_t n = 0;
    for (size_t i = 0; i < self->n_rejects; i++)
        n += self->rejects[i].n;
    return n;
}

static void on_reject(void *context, uint64_t seq, size_t index, const char *code,
                      const char *message)
{
    struct feed *self = context;
    size_t i = 0;
    (void)index; /* a message has one item */
    while (i < self->n_rejects && strcmp(self->rejects[i].code, code) != 0)
        i++;
    if (i == CODES_MAX)
        i--;
    struct reject_count *count = &self->rejects[i];
    if (i == self->n_rejects) {
        self->n_rejects++;
        count->first_line = self->lines[seq % FEEDLINK_WINDOW];
        snprintf(count->code, sizeof count->code, "%s", code);
        snprintf(count->message, sizeof count->message, "%s", message);
    }
    count->n++;
}

static bool shows_progress(void)
{
    return isatty(STDERR_FILENO);
}

static void write_progress(const char *text, size_t size)
{
    if (write(STDERR_FILENO, text, size) < 0)
        return; /* it is an ornament: nothing depends on it */
}

static void clear_progress(void)
{
    static const char CLEAR[] = "\r\x1b[K";
    if (shows_progress())
        write_progress(CLEAR, sizeof CLEAR - 1);
}

/* Rows that the daemon has dealt with in this run, and of those the ones that it has taken. */
static uint64_t rows_sent(const struct feed *self)
{
    uint64_t acked = feedlink_acked(self->link);
    return self->was_open && acked >= self->first_row ? acked - self->first_row + 1 : 0;
}

static uint64_t rows_taken(const struct feed *self)
{
    uint64_t sent = rows_sent(self), rejected = count_rejected(self);
    return sent > rejected ? sent - rejected : 0;
}

static void draw_progress(struct feed *self)
{
    int64_t now_ms = cli_now_ms();
    struct buf text = {0};
    if (!shows_progress() || self->is_over || !self->is_placed || now_ms < self->progress_ms)
        return;
    self->progress_ms = now_ms + PROGRESS_MS;
    double seconds = (double)(now_ms - self->begin_ms + 1) / 1000;
    size_t width = self->cli->out.look.width;
    buf_put_text(&text, "\r");
    progress_put(&text, width > 1 ? width - 1 : 0, feedfile_fraction(self->file),
                 feedlink_acked(self->link), (double)rows_sent(self) / seconds,
                 count_rejected(self));
    buf_put_text(&text, "\x1b[K");
    write_progress(text.data, text.size);
    buf_destroy(&text);
}

static void say_rejects(struct feed *self)
{
    for (size_t i = 0; i < self->n_rejects; i++) {
        const struct reject_count *one = &self->rejects[i];
        char message[320];
        snprintf(message, sizeof message, "%s: %llu row%s refused, the first in line %llu: %s",
                 self->path, (unsigned long long)one->n, one->n == 1 ? "" : "s",
                 (unsigned long long)one->first_line, one->message);
        out_error(&self->cli->out, one->code, message);
    }
    if (self->n_bad > 1)
        out_news(&self->cli->out, "%s: %llu lines are no rows; the first:", self->path,
                 (unsigned long long)self->n_bad);
    if (self->n_bad > 0)
        cli_fail(self->cli, &self->trouble);
}

static void say_taken(struct feed *self)
{
    uint64_t taken = rows_taken(self), rejected = count_rejected(self);
    const char *symbol = feedfile_symbol(self->file);
    struct buf text = {0};
    if (self->cli->out.is_json)
        return;
    buf_put_format(&text, "%s: %llu row%s%s%s taken in %.1f s", self->path,
                   (unsigned long long)taken, taken == 1 ? "" : "s", symbol ? " of " : "",
                   symbol ? symbol : "", (double)(cli_now_ms() - self->begin_ms) / 1000);
    if (rejected > 0)
        buf_put_format(&text, ", %llu refused", (unsigned long long)rejected);
    if (self->first_row > 1)
        buf_put_format(&text, "; %llu were there already", (unsigned long long)self->first_row - 1);
    buf_put_char(&text, '\n');
    out_text(&self->cli->out, text.data);
    buf_destroy(&text);
}

static void end(struct feed *self, enum status status)
{
    struct cli *cli = self->cli;
    destroy(self);
    cli_end_job(cli, status);
    cli_ask_symbols(cli); /* it may have brought one */
}

/* It cannot go on. */
static void give_up(struct feed *self, const char *code, const char *message, enum status status)
{
    clear_progress();
    self->is_over = true;
    out_error(&self->cli->out, code, message);
    end(self, status);
}

/* ---- going on ------------------------------------------------------------------------ */

static bool read_row(struct feed *self)
{
    struct err err;
    for (;;) {
        switch (feedfile_next(self->file, &self->waiting, &err)) {
        case FEEDFILE_ROW:
            return true;
        case FEEDFILE_BAD:
            if (self->n_bad++ == 0)
                self->trouble = err;
            break;
        case FEEDFILE_BROKEN:
            self->trouble = err;
            self->n_bad++;
            /* fall through */
        case FEEDFILE_END:
            self->waiting = NULL;
            self->is_read = true;
            return false;
        }
    }
}

/* Moves the file to the row that the daemon is to get next. False if it has fewer. */
static bool place(struct feed *self)
{
    uint64_t next = feedlink_next(self->link);
    self->is_read = false;
    self->waiting = NULL;
    self->n_bad = 0;
    if (!feedfile_rewind(self->file))
        return false;
    while (read_row(self) && self->waiting->number < next)
        ;
    if (!self->was_open) {
        self->was_open = true;
        self->first_row = next;
        self->begin_ms = cli_now_ms();
        self->first_market_ms = self->waiting ? self->waiting->ms : 0;
    }
    self->is_placed = true;
    return true;
}

/* How long until the waiting row is due at that speed; 0: now. */
static int due_in_ms(const struct feed *self)
{
    if (self->speed == 0 || !self->waiting)
        return 0;
    double due_ms = (double)(self->waiting->ms - self->first_market_ms) / self->speed;
    double left_ms = due_ms - (double)(cli_now_ms() - self->begin_ms);
    return left_ms <= 0 ? 0 : left_ms > 3600000 ? 3600000 : (int)left_ms + 1;
}

static void send_row(struct feed *self)
{
    struct buf body = {0};
    self->lines[feedlink_next(self->link) % FEEDLINK_WINDOW] = self->waiting->line;
    buf_put_char(&body, '[');
    buf_put(&body, self->waiting->item.data, self->waiting->item.size);
    buf_put_char(&body, ']');
    feedlink_send(self->link, body.data, body.size);
    buf_destroy(&body);
    read_row(self);
}

static void finish(struct feed *self)
{
    bool none_taken = rows_taken(self) == 0 && count_rejected(self) > 0;
    enum status status = self->n_bad > 0 || none_taken ? STATUS_FAILED : STATUS_DONE;
    clear_progress();
    self->is_over = true;
    say_taken(self);
    say_rejects(self);
    end(self, status);
}

/* Once, when it takes its time. */
static void say_lost(struct feed *self)
{
    if (self->loss_is_told)
        return;
    self->loss_is_told = true;
    clear_progress();
    out_news(&self->cli->out, "the daemon is gone; trying to reach it again");
}

/* The connection comes and goes: says so, and gives up where there never was one. True if it has.
 */
static bool has_given_up(struct feed *self)
{
    const char *message, *code = feedlink_refusal(self->link, &message);
    char text[320];
    if (code) {
        give_up(self, code, message, STATUS_FAILED);
        return true;
    }
    if (feedlink_is_open(self->link)) {
        if (self->lost_ms != 0 && self->was_open) {
            clear_progress();
            out_news(&self->cli->out, "reconnected: the feed goes on");
        }
        self->lost_ms = 0;
        self->loss_is_told = false;
        return false;
    }
    self->is_placed = false;
    if (self->lost_ms == 0)
        self->lost_ms = cli_now_ms();
    if (cli_now_ms() - self->lost_ms < CONNECT_TIMEOUT_MS)
        return false;
    if (self->was_open) {
        say_lost(self);
        return false;
    }
    snprintf(text, sizeof text, "nobody answers at %s; is indsubd running there?",
             feedlink_endpoint(self->link));
    give_up(self, "NO_DAEMON", text, STATUS_NO_DAEMON);
    return true;
}

static void turn(struct cli *cli, void *context)
{
    struct feed *self = context;
    (void)cli;
    feedlink_turn(self->link);
    if (has_given_up(self) || !feedlink_is_open(self->link))
        return;
    if (!self->is_placed && !place(self)) {
        give_up(self, "BAD_REQUEST", "the file cannot be read again", STATUS_FAILED);
        return;
    }
    for (int i = 0;
         i < ROWS_A_TURN && self->waiting && feedlink_has_room(self->link) && due_in_ms(self) == 0;
         i++)
        send_row(self);
    draw_progress(self);
    if (self->is_read && feedlink_acked(self->link) + 1 >= feedlink_next(self->link))
        finish(self);
}

static int job_fd(const void *context)
{
    const struct feed *self = context;
    return feedlink_fd(self->link);
}

static int job_timeout_ms(const void *context)
{
    const struct feed *self = context;
    if (feedlink_has_input(self->link))
        return 0;
    if (!feedlink_is_open(self->link))
        return self->was_open ? 1000 : PROGRESS_MS;
    if (!self->waiting || !feedlink_has_room(self->link))
        return PROGRESS_MS;
    return due_in_ms(self);
}

static void clear(void *context)
{
    (void)context;
    clear_progress();
}

static void draw(void *context)
{
    struct feed *self = context;
    self->progress_ms = 0; /* now, not when it is due */
    draw_progress(self);
}

static void stop(struct cli *cli, void *context)
{
    struct feed *self = context;
    char text[160];
    unsigned long long n = self->was_open ? feedlink_acked(self->link) : 0;
    (void)cli;
    snprintf(text, sizeof text, "%llu row%s taken; the same command goes on from there", n,
             n == 1 ? " is" : "s are");
    give_up(self, "INTERRUPTED", text, STATUS_FAILED);
}

/* ---- beginning ----------------------------------------------------------------------- */

static struct feedlink *open_link(struct feed *self, const char *endpoint, const char *token,
                                  struct err *err)
{
    struct curve_keys keys = {0};
    struct feedlink_place place = {endpoint, token, feedfile_source(self->file), &keys};
    if (!self->cli->feed_is_plain && credentials_curve(self->cli->options, &keys, err) != ERR_OK)
        return NULL;
    struct feedlink *link = feedlink_new(&place, on_reject, self, err);
    curve_keys_wipe(&keys);
    return link;
}

static void begin(struct cli *cli, const char *endpoint, void *context)
{
    struct feed *self = context;
    struct err err;
    char *token;
    if (!endpoint) {
        destroy(self);
        return;
    }
    if (credentials_token(cli->options, &token, &err) == ERR_OK)
        self->link = open_link(self, endpoint, token, &err);
    if (token)
        explicit_bzero(token, strlen(token));
    free(token);
    if (!self->link) {
        cli->status = cli_fail(cli, &err);
        destroy(self);
        return;
    }
    cli_begin_job(cli, &(struct job){.fd = job_fd,
                                     .timeout_ms = job_timeout_ms,
                                     .turn = turn,
                                     .stop = stop,
                                     .clear = clear,
                                     .draw = draw,
                                     .context = self});
}

static enum err_code read_options(const struct args *args, enum timeframe *timeframe, double *speed,
                                  struct err *err)
{
    const char *name = args_option(args, "--timeframe"), *text = args_option(args, "--speed");
    const char *symbol = args_option(args, "--symbol");
    char *rest = NULL;
    *timeframe = name ? timeframe_parse(name) : TIMEFRAME_NONE;
    *speed = text ? strtod(text, &rest) : 0;
    if (symbol && !symbol_is_valid(symbol))
        return err_set(err, ERR_BAD_REQUEST, "--symbol %.80s: that is no symbol", symbol);
    if (name && *timeframe == TIMEFRAME_NONE)
        return err_set(err, ERR_BAD_REQUEST, "--timeframe %.32s: there are" TIMEFRAME_NAMES, name);
    if (text && (rest == text || *rest || !(*speed > 0) || !isfinite(*speed)))
        return err_set(err, ERR_BAD_REQUEST,
                       "--speed %s: how many times faster than the market, such as 60", text);
    return ERR_OK;
}

static enum err_code check_feed(const struct args *args, struct err *err)
{
    enum timeframe timeframe;
    double speed;
    return read_options(args, &timeframe, &speed, err);
}

static enum status run_feed(struct cli *cli, const struct args *args)
{
    struct feed *self = mem_alloc_zero(1, sizeof *self);
    enum timeframe timeframe;
    struct err err;
    self->cli = cli;
    self->path = mem_strdup(args->words[0]);
    read_options(args, &timeframe, &self->speed, NULL);
    self->file = feedfile_open(self->path, args_option(args, "--symbol"), timeframe, &err);
    if (!self->file) {
        destroy(self);
        return cli_fail(cli, &err);
    }
    return places_find(cli, PLACE_FEED, begin, self);
}

const struct command command_feed = {
    .name = "feed",
    .arguments = "FILE [--symbol S] [--timeframe TF] [--speed X]",
    .about = "send a CSV file to the daemon (a token with the scope feed)",
    .help = "The first line names the columns, and so says what the rows are:\n"
            "  timestamp,open,high,low,close,volume[,oi]    bars\n"
            "  timestamp,price[,quantity][,oi]              ticks\n"
            "A time is RFC 3339 or milliseconds since 1970; without an offset it is India's.\n"
            "\"volume\" of a tick is that of the day so far. FILE may be packed (.gz).\n"
            "--symbol S      what it is of, if no column says so (else: the file's name)\n"
            "--timeframe TF  of the bars (1min)\n"
            "--speed X       X times as fast as the market was (else: as fast as it goes)\n"
            "Given again, it goes on where the daemon stands.\n",
    .words = {WORD_FILE},
    .n_min = 1,
    .n_max = 1,
    .options = {{"--symbol", "S", WORD_SYMBOL},
                {"--timeframe", "TF", WORD_TIMEFRAME},
                {"--speed", "X", WORD_FREE}},
    .check = check_feed,
    .run = run_feed,
};
