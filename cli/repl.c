#include "cli/repl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "cli/complete.h"
#include "cli/credentials.h"
#include "common/base/mem.h"

enum { HISTORY_LINES = 1000, MATCHES_SHOWN = 100 };

static const char PROMPT[] = "indsub> ", PROMPT_OFFLINE[] = "indsub (offline)> ";
static const char PASTE_END[] = "\033[201~"; /* what a terminal sends behind a text */

struct repl {
    struct cli *cli;
    char *history_path; /* NULL: none can be kept */
    bool is_hidden;     /* the prompt is not on the screen */
    size_t settled;     /* bytes that all matches have, and that need not be shown */
    const char *prompt;
    size_t width;
    size_t n_ended; /* bytes of PASTE_END that readline has been given */
};

/* readline's callbacks are given nothing of ours, so this one pointer has to be here. */
static struct repl *the_repl;

/* ---- the prompt and what is above it ------------------------------------------------- */

/* readline writes through stdio, and what is said does not. */
static void clear_prompt(void)
{
    rl_clear_visible_line();
    fflush(rl_outstream);
}

static void hide(void *context)
{
    struct repl *self = context;
    const struct job *job = &self->cli->job;
    if (!self->is_hidden)
        clear_prompt();
    else if (job->turn && job->clear)
        job->clear(job->context);
}

static void show(void *context)
{
    struct repl *self = context;
    const struct job *job = &self->cli->job;
    if (!self->is_hidden)
        rl_forced_update_display();
    else if (job->turn && job->draw)
        job->draw(job->context);
}

static void set_hidden(struct repl *self, bool is_hidden)
{
    if (self->is_hidden == is_hidden)
        return;
    if (is_hidden)
        hide(self);
    self->is_hidden = is_hidden;
    if (!is_hidden)
        show(self);
}

/* A job has the screen for itself; without a connection the prompt says so. */
static void refresh(struct repl *self)
{
    struct cli *cli = self->cli;
    bool is_offline = cli->client && !indsub_is_connected(cli->client);
    const char *prompt = is_offline ? PROMPT_OFFLINE : PROMPT;
    if (self->width != cli->out.look.width) {
        self->width = cli->out.look.width;
        rl_resize_terminal();
    }
    if (self->prompt != prompt) {
        self->prompt = prompt;
        hide(self);
        rl_set_prompt(prompt);
        show(self);
    }
    set_hidden(self, cli->job.turn != NULL);
}

/* Ctrl-C: what is half typed is dropped. */
static void on_interrupt(void *context)
{
    (void)context;
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_replace_line("", 0);
    rl_crlf();
    rl_on_new_line();
    rl_redisplay();
}

/* The next byte from the terminal; EOF where a signal comes before one. */
static int wait_for_char(FILE *stream)
{
    const struct out_stop *stop = &the_repl->cli->out.stop;
    struct pollfd items[] = {{.fd = fileno(stream), .events = POLLIN},
                             {.fd = stop->fd, .events = POLLIN}};
    for (;;) {
        if (poll(items, sizeof items / sizeof *items, -1) < 0 && errno != EINTR)
            return EOF;
        if (items[0].revents)
            return rl_getc(stream);
        if (items[1].revents && stop->is_wanted(stop->context))
            return EOF;
    }
}

/* Within a text that is pasted, readline reads on until the text's end, and has no loop of ours
 * below it. At the end of input it would take what is no text yet for one. So whatever ends the
 * waiting ends the text as well. */
static int get_char(FILE *stream)
{
    size_t at = the_repl->n_ended;
    int c = at > 0 ? EOF : wait_for_char(stream);
    bool ends_text = c == EOF && RL_ISSTATE(RL_STATE_MOREINPUT);
    the_repl->n_ended = ends_text && PASTE_END[at + 1] ? at + 1 : 0;
    return ends_text ? (unsigned char)PASTE_END[at] : c;
}

/* Ctrl-Z: whoever has the terminal next wants it as it was. */
static void on_stop(void *context)
{
    (void)context;
    rl_deprep_terminal();
}

/* Whoever had it may have left it in any state. */
static void on_go(void *context)
{
    struct repl *self = context;
    rl_deprep_terminal();
    rl_prep_terminal(1);
    rl_on_new_line();
    show(self);
}

/* ---- history ------------------------------------------------------------------------- */

static void make_dirs(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

/* Finds the file, makes it if need be, for its owner alone. */
static void begin_history(struct repl *self)
{
    char *path = credentials_state_path(self->cli->options, "history");
    make_dirs(path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    using_history();
    stifle_history(HISTORY_LINES);
    if (fd < 0) {
        free(path);
        return;
    }
    close(fd);
    self->history_path = path;
    history_truncate_file(path, HISTORY_LINES);
    chmod(path, 0600);
    read_history(path);
}

static void remember(struct repl *self, const char *line)
{
    const HIST_ENTRY *newest =
        history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (newest && strcmp(newest->line, line) == 0)
        return;
    add_history(line);
    if (self->history_path)
        append_history(1, self->history_path);
}

/* ---- completion ---------------------------------------------------------------------- */

/* readline thinks that a blank begins a word; we know that within brackets it does not. What stands
 * between the two is in every candidate, and is cut off. */
static char **to_matches(const struct candidates *candidates, size_t cut)
{
    size_t common = candidates_common(candidates), n = 0;
    char **matches = mem_alloc_zero(candidates->n + 2, sizeof *matches);
    if (common < cut)
        common = cut;
    matches[n++] = mem_strndup(candidates->items[0] + cut, common - cut);
    for (size_t i = 0; candidates->n > 1 && i < candidates->n; i++)
        matches[n++] = mem_strdup(candidates->items[i] + cut);
    return matches;
}

static char **attempt_completion(const char *text, int start, int end)
{
    struct cli *cli = the_repl->cli;
    struct candidates candidates;
    char *line = mem_strndup(rl_line_buffer, (size_t)end), **matches = NULL;
    (void)text;
    complete_line(&candidates, line, cli->symbols, cli->n_symbols);
    free(line);
    rl_attempted_completion_over = !candidates.wants_file;
    rl_sort_completion_matches = !candidates.is_ordered;
    the_repl->settled = 0;
    if (candidates.n > 0 && candidates.start <= (size_t)start) {
        const char *first = candidates.items[0];
        bool goes_on = first[0] && strchr("(=", first[strlen(first) - 1]);
        rl_completion_append_character = goes_on ? '\0' : ' ';
        rl_completion_suppress_quote = 1;
        size_t cut = (size_t)start - candidates.start;
        matches = to_matches(&candidates, cut);
        the_repl->settled = candidates.head > cut ? candidates.head - cut : 0;
    }
    candidates_destroy(&candidates);
    return matches;
}

/* What a word could become, behind what is settled of it. There may be a hundred thousand symbols:
 * whoever wants to see them all asks for them. */
static void show_matches(char **matches, int n, int longest)
{
    size_t settled = the_repl->settled;
    int shown = n < MATCHES_SHOWN ? n : MATCHES_SHOWN;
    char **parts = mem_alloc_zero((size_t)shown + 2, sizeof *parts);
    for (int i = 0; i <= shown; i++) {
        size_t size = strlen(matches[i]);
        parts[i] = matches[i] + (settled < size ? settled : size);
    }
    longest = longest > (int)settled ? longest - (int)settled : longest;
    rl_crlf();
    rl_display_match_list(parts, shown, longest);
    if (shown < n)
        fprintf(rl_outstream, "... and %d more\n", n - shown);
    free(parts);
    rl_forced_update_display();
}

/* ---- lines --------------------------------------------------------------------------- */

static void on_line(char *line)
{
    struct repl *self = the_repl;
    self->is_hidden = true; /* readline draws it again when this is over */
    if (!line) {
        self->cli->quits = true;
        out_text(&self->cli->out, "\n");
    }
    for (char *at = line, *next; at && !self->cli->quits; at = next) { /* several, if pasted */
        next = strchr(at, '\n');
        if (next)
            *next++ = '\0';
        if (at[strspn(at, " \t")]) {
            remember(self, at);
            cli_run_line(self->cli, at);
        }
    }
    out_flush(&self->cli->out);
    if (self->cli->quits)
        rl_callback_handler_remove();
    else
        self->is_hidden = false;
    free(line);
}

static void begin(struct repl *self)
{
    rl_readline_name = "indsub-cli";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_getc_function = get_char;
    rl_basic_word_break_characters = rl_completer_word_break_characters = " \t";
    rl_completer_quote_characters = "";
    rl_attempted_completion_function = attempt_completion;
    rl_completion_display_matches_hook = show_matches;
    rl_variable_bind("page-completions", "off"); /* nothing waits for a key while bars come */
    begin_history(self);
    self->width = self->cli->out.look.width;
    self->prompt = PROMPT;
    self->cli->out.prompt = (struct out_prompt){hide, show, self};
    self->cli->prompt = (struct cli_prompt){on_interrupt, on_stop, on_go, self};
    rl_callback_handler_install(PROMPT, on_line);
}

/* So that somebody who came by chance knows where they are. */
static void greet(struct cli *cli)
{
    const char *session = indsub_session_id(cli->client);
    out_news(&cli->out, "session %s at %s; \"help\" says what can be done", session ? session : "",
             cli->options->endpoint);
}

void repl_run(struct cli *cli)
{
    struct repl self = {.cli = cli};
    the_repl = &self;
    greet(cli);
    begin(&self);
    cli_ask_symbols(cli);
    while (!cli->quits) {
        refresh(&self);
        if (cli_turn(cli, cli->job.turn ? -1 : STDIN_FILENO))
            rl_callback_read_char();
    }
    if (!self.is_hidden) {
        clear_prompt();
        rl_callback_sigcleanup(); /* of a search under way */
        rl_callback_handler_remove();
    }
    cli->out.prompt = (struct out_prompt){0};
    cli->prompt = (struct cli_prompt){0};
    free(self.history_path);
    the_repl = NULL;
}
