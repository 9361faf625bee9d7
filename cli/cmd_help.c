/* cmd_help - help, quit. */
#include "cli/cli.h"
#include "cli/commands.h"

/* What a command is for and how it is written. */
static void put_command(struct buf *out, const struct command *command)
{
    command_put_form(command, out);
    buf_put_format(out, "\n%s\n", command->about);
    if (command->help)
        buf_put_format(out, "\n%s", command->help);
}

static void put_all(struct buf *out)
{
    enum { INDENT = 14 };
    for (size_t i = 0; COMMANDS[i]; i++) {
        const struct command *one = COMMANDS[i];
        buf_put_format(out, "%-*s %s\n", INDENT - 1, one->name, one->about);
        if (one->arguments[0])
            buf_put_format(out, "%*s%s\n", INDENT, "", one->arguments);
    }
    buf_put_text(out, "\nIND is a short form such as RSI(14) or MACD(12,26,9). "
                      "\"help COMMAND\" says more.\n"
                      "At the prompt: Tab completes, Ctrl-C stops a stream, Ctrl-D leaves.\n");
}

static enum err_code check_help(const struct args *args, struct err *err)
{
    if (args->n_words == 0 || command_find(args->words[0]))
        return ERR_OK;
    return err_set(err, ERR_BAD_REQUEST, "no command \"%s\"; \"help\" lists them", args->words[0]);
}

static enum status run_help(struct cli *cli, const struct args *args)
{
    struct buf text = {0};
    const struct command *one = args->n_words > 0 ? command_find(args->words[0]) : NULL;
    if (one)
        put_command(&text, one);
    else
        put_all(&text);
    out_text(&cli->out, text.data);
    buf_destroy(&text);
    return STATUS_DONE;
}

static enum status run_quit(struct cli *cli, const struct args *args)
{
    (void)args;
    cli->quits = true;
    return STATUS_DONE;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .about = "what can be done, and how",
    .also = "?",
    .words = {WORD_COMMAND},
    .n_max = 1,
    .check = check_help,
    .run = run_help,
};

const struct command command_quit = {
    .name = "quit",
    .arguments = "",
    .about = "leave (Ctrl-D does, too)",
    .also = "exit",
    .run = run_quit,
};
