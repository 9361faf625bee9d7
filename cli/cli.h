/* cli - the program: one session, the commands under way, what is shown.
 *
 *   commands (cmd_*.c) ──► cli ──► libindsub
 *        ▲                  │ answers, bars, news
 *   words typed             ▼
 *   (repl, stdin, argv)    out ──► formatter ──► terminal or pipe
 */
#ifndef INDSUB_CLI_CLI_H
#define INDSUB_CLI_CLI_H

#include "cli/command.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/shown.h"
#include "common/client/indsub.h"

enum cli_mode {
    CLI_ONE_SHOT,   /* one command, from the arguments */
    CLI_SCRIPT,     /* commands from standard input */
    CLI_INTERACTIVE /* commands from somebody at a terminal */
};

/* Work in the foreground that has something of its own to wait for. */
struct job {
    /* The descriptor to wait on, -1 if there is none; and for how long, -1: no limit. */
    int (*fd)(const void *context);
    int (*timeout_ms)(const void *context);
    /* Something has come, or the time is over. */
    void (*turn)(struct cli *cli, void *context);
    /* Somebody wants it to stop: it ends with cli_end_job. */
    void (*stop)(struct cli *cli, void *context);
    /* Takes what it has drawn off the line, for others to write there, and draws it again below.
     * NULL: it draws nothing. */
    void (*clear)(void *context);
    void (*draw)(void *context);
    void *context;
};

/* What the prompt does about signals; all NULL while there is none. */
struct cli_prompt {
    void (*on_interrupt)(void *context);
    void (*on_stop)(void *context); /* gives the terminal back: the process is about to stop */
    void (*on_go)(void *context);   /* the process goes on, and has the terminal again */
    void *context;
};

struct cli {
    const struct options *options;
    enum cli_mode mode;
    struct out out;
    indsub_t *client;    /* NULL until it is needed */
    char *token;         /* that the session was opened with, or shown since */
    bool has_session;    /* open, or being mended */
    char *feed_endpoint; /* as the daemon says; NULL: not known */
    bool feed_is_plain;  /* the daemon says that it is not encrypted */
    struct shown streams, tapes;
    void (*on_status)(struct cli *self, const char *body, size_t size); /* NULL: nobody asks */
    struct job job;     /* turn NULL: there is none */
    unsigned n_pending; /* requests whose answers commands wait for */
    enum status status; /* of the last command */
    bool quits;
    int signal_fd;
    struct {
        bool interrupt, end, stop, go;
    } signals;         /* that have come and have not been dealt with */
    int64_t lost_ms;   /* monotonic, when the connection was lost; 0: it is there */
    int64_t silent_ms; /* since when a tape is listened to and nothing has been heard; 0: it has */
    char **symbols;    /* for completion, sorted as the daemon has them */
    size_t n_symbols;
    struct cli_prompt prompt;
};

/* Keeps options. Signals are taken from now on. */
void cli_init(struct cli *self, const struct options *options, enum cli_mode mode);
/* Writes what is left to write, and says how it all ended. */
enum status cli_conclude(struct cli *self);
/* Closes the session, waiting a moment for the daemon to say that it has. */
void cli_destroy(struct cli *self);

/* ---- for commands -------------------------------------------------------------------- */

/* The client, made when it is first asked for. */
indsub_t *cli_client(struct cli *self);
/* Reports what a command's own request came to: a failure at once, else it is pending. */
enum status cli_began(struct cli *self, indsub_err_t err);
/* A command's request has been answered. */
void cli_finish(struct cli *self, enum status status);
/* A reply callback with the cli as its context: prints the answer or the error, and finishes. */
void cli_print_reply(indsub_t *client, const indsub_reply_t *reply, void *context);
/* Prints the error of a reply and gives the status that it means. */
enum status cli_report(struct cli *self, const indsub_reply_t *reply);
/* Prints an error and gives STATUS_FAILED; STATUS_USAGE for usage. */
enum status cli_fail(struct cli *self, const struct err *err);
enum status cli_fail_usage(struct cli *self, const struct err *err);

void cli_begin_job(struct cli *self, const struct job *job);
void cli_end_job(struct cli *self, enum status status);

/* ---- for those that read commands ---------------------------------------------------- */

/* Runs a command; words[0] is its name. It may go on after this returns: see cli_is_busy. */
enum status cli_run(struct cli *self, char *const *words, size_t n);
/* The same with a line as it is typed; one that has no words does nothing. */
void cli_run_line(struct cli *self, const char *line);
/* Opens the session and waits for it. */
enum status cli_open(struct cli *self);
/* Asks for the symbols there are, for completion where there is a prompt. */
void cli_ask_symbols(struct cli *self);
/* True while the last command goes on. */
bool cli_is_busy(const struct cli *self);
/* Waits until something happens and deals with it; true if input_fd (-1: none) can be read. */
bool cli_turn(struct cli *self, int input_fd);

int64_t cli_now_ms(void);

#endif
