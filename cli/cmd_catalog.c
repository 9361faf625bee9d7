/* cmd_catalog - catalog, symbols, stats: what there is. */
#include "cli/cli.h"
#include "cli/commands.h"

static enum status run_catalog(struct cli *cli, const struct args *args)
{
    const char *name = args->n_words > 0 ? args->words[0] : NULL;
    return cli_began(cli, indsub_catalog(cli_client(cli), name, cli_print_reply, cli));
}

static enum status run_symbols(struct cli *cli, const struct args *args)
{
    const char *match = args->n_words > 0 ? args->words[0] : NULL;
    return cli_began(cli, indsub_symbols(cli_client(cli), match, NULL, cli_print_reply, cli));
}

static enum status run_stats(struct cli *cli, const struct args *args)
{
    (void)args;
    return cli_began(cli, indsub_stats(cli_client(cli), cli_print_reply, cli));
}

const struct command command_catalog = {
    .name = "catalog",
    .arguments = "[NAME]",
    .about = "what indicators there are, or all about one",
    .help = "Of one: its parameters with their defaults and ranges, its outputs, its source.\n"
            "  catalog MACD\n",
    .words = {WORD_CATALOG},
    .n_max = 1,
    .needs_session = true,
    .run = run_catalog,
};

const struct command command_symbols = {
    .name = "symbols",
    .arguments = "[GLOB]",
    .about = "what symbols there are: symbols 'NIFTY*'",
    .help = "GLOB is a pattern: * stands for any characters, ? for one.\n"
            "  symbols NIFTY*CE\n",
    .words = {WORD_SYMBOL},
    .n_max = 1,
    .needs_session = true,
    .run = run_symbols,
};

const struct command command_stats = {
    .name = "stats",
    .arguments = "",
    .about = "the operator's view (a token with the scope admin)",
    .needs_session = true,
    .run = run_stats,
};
