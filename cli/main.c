/* indsub-cli - indsubd from a terminal or a script. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/credentials.h"
#include "cli/repl.h"
#include "cli/script.h"

static void put_usage(struct buf *out)
{
    buf_put_text(out, "usage: indsub-cli [OPTION...] [COMMAND ...]\n\n");
    options_put_help(out);
    buf_put_text(out, "\nCommands:\n");
    for (size_t i = 0; COMMANDS[i]; i++) {
        buf_put_text(out, "  ");
        command_put_form(COMMANDS[i], out);
        buf_put_char(out, '\n');
    }
    buf_put_text(out, "\nWithout a command it asks for them, or takes them from standard input.\n"
                      "\"indsub-cli help COMMAND\" says more.\n");
}

static enum status say(const struct options *options)
{
    struct buf text = {0};
    if (options->wants_help)
        put_usage(&text);
    else
        buf_put_text(&text, "indsub-cli " INDSUB_VERSION "\n");
    bool said = fputs(text.data, stdout) != EOF && fflush(stdout) == 0;
    buf_destroy(&text);
    if (!said)
        perror("indsub-cli: SYSTEM: cannot write to standard output");
    return said ? STATUS_DONE : STATUS_FAILED;
}

static void run_one(struct cli *cli)
{
    cli_run(cli, cli->options->command, (size_t)cli->options->n_command);
    while (cli_is_busy(cli) && !cli->quits)
        cli_turn(cli, -1);
}

static void run_interactive(struct cli *cli)
{
    cli->status = cli_open(cli);
    if (cli->status != STATUS_DONE)
        return;
    repl_run(cli);
    cli->status = STATUS_DONE; /* whoever leaves the prompt has seen what failed */
}

static enum status run(const struct options *options)
{
    struct cli cli;
    struct curve_keys keys;
    struct err err;
    if (credentials_curve(options, &keys, &err) != ERR_OK) {
        fprintf(stderr, "indsub-cli: USAGE: %s\n", err.message);
        return STATUS_USAGE;
    }
    curve_keys_wipe(&keys);
    bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    enum cli_mode mode = options->n_command > 0 ? CLI_ONE_SHOT
                         : is_terminal          ? CLI_INTERACTIVE
                                                : CLI_SCRIPT;
    cli_init(&cli, options, mode);
    if (mode == CLI_ONE_SHOT)
        run_one(&cli);
    else if (mode == CLI_INTERACTIVE)
        run_interactive(&cli);
    else
        script_run(&cli);
    enum status status = cli_conclude(&cli);
    cli_destroy(&cli);
    return status;
}

/* Where the caller has closed standard input or output, a socket would take its place, and be
 * written to. What takes it has nothing to read, and cannot be written. */
static void fill_standard_descriptors(void)
{
    while (fcntl(STDERR_FILENO, F_GETFD) < 0 || fcntl(STDOUT_FILENO, F_GETFD) < 0 ||
           fcntl(STDIN_FILENO, F_GETFD) < 0)
        if (open("/dev/null", O_RDONLY) < 0)
            abort();
}

int main(int argc, char **argv)
{
    struct options options;
    struct err err;
    fill_standard_descriptors();
    setlocale(LC_CTYPE, "");
    if (options_parse(&options, argc, argv, getenv, &err) != ERR_OK) {
        fprintf(stderr, "indsub-cli: USAGE: %s\n", err.message);
        return STATUS_USAGE;
    }
    return options.wants_help || options.wants_version ? say(&options) : run(&options);
}
