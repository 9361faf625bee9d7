/* command - what a command is: a row that says how it is written, what it does and how its words
 * are completed. A new command is a row in a file, and its name in commands.c. */
#ifndef INDSUB_CLI_COMMAND_H
#define INDSUB_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"

struct cli;
struct args;

enum { COMMAND_OPTIONS_MAX = 8, COMMAND_WORDS_MAX = 3 };

/* The exit statuses, which are also how a command has ended. */
enum status {
    STATUS_PENDING = -1, /* it goes on: cli_finish says how it ended */
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_NO_DAEMON = 3
};

/* What a word is, for completion; WORD_NONE ends a list. */
enum word_kind {
    WORD_NONE,
    WORD_SYMBOL,
    WORD_TIMEFRAME,
    WORD_INDICATOR, /* a short form */
    WORD_CATALOG,   /* the name of an indicator */
    WORD_COMMAND,
    WORD_FILE,
    WORD_FREE
};

struct command_option {
    const char *name;     /* "--count" */
    const char *argument; /* "N"; NULL for a flag */
    enum word_kind kind;  /* of its value */
};

struct command {
    const char *name;
    const char *arguments; /* "SYMBOL TIMEFRAME IND... [--count N]" */
    const char *about;     /* one line */
    const char *help;      /* more of it, with examples; NULL: nothing more to say */
    const char *also;      /* what else people call it; NULL: nothing */
    enum word_kind words[COMMAND_WORDS_MAX + 1];
    size_t n_min, n_max; /* words that it takes; SIZE_MAX: any number, all like the last kind */
    struct command_option options[COMMAND_OPTIONS_MAX + 1]; /* an empty name ends them */
    bool needs_session;
    /* What is wrong with the words whatever the daemon says; NULL: nothing can be. BAD_REQUEST. */
    enum err_code (*check)(const struct args *args, struct err *err);
    enum status (*run)(struct cli *cli, const struct args *args);
};

/* The rows, NULL-terminated, in the order of `help`. */
extern const struct command *const COMMANDS[];
/* By its name, or what else it is called. */
const struct command *command_find(const char *name);
/* How it is written: "data SYMBOL TIMEFRAME". */
void command_put_form(const struct command *self, struct buf *out);

/* A command's words and options; borrowed from what was parsed. */
struct args {
    const struct command *command;
    const char **words;
    size_t n_words;
    const char *options[COMMAND_OPTIONS_MAX]; /* in the row's order; "" for a flag, NULL: absent */
};

/* words[0] is the command's name. Destroy args in either case. Errors: BAD_REQUEST. */
enum err_code args_parse(struct args *self, char *const *words, size_t n, struct err *err);
void args_destroy(struct args *self);

/* The value of an option of the row ("" for a flag), NULL if it was not given. */
const char *args_option(const struct args *self, const char *name);
/* Reads a whole number from min to max. Errors: BAD_REQUEST, naming what. */
enum err_code args_number(const char *text, const char *what, uint64_t min, uint64_t max,
                          uint64_t *value, struct err *err);

#endif
