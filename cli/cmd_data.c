/* cmd_data - list, data, history: what this session has. */
#include "cli/cli.h"
#include "cli/commands.h"

enum { HISTORY_DEFAULT = 20, HISTORY_MAX = 5000 };

static enum status run_list(struct cli *cli, const struct args *args)
{
    (void)args;
    return cli_began(cli, indsub_list(cli_client(cli), cli_print_reply, cli));
}

static enum status run_data(struct cli *cli, const struct args *args)
{
    return cli_began(
        cli, indsub_data(cli_client(cli), args->words[0], args->words[1], cli_print_reply, cli));
}

static enum err_code read_n(const struct args *args, uint64_t *n, struct err *err)
{
    *n = HISTORY_DEFAULT;
    return args->n_words > 2 ? args_number(args->words[2], "N", 1, HISTORY_MAX, n, err) : ERR_OK;
}

static enum err_code check_history(const struct args *args, struct err *err)
{
    uint64_t n;
    return read_n(args, &n, err);
}

static enum status run_history(struct cli *cli, const struct args *args)
{
    uint64_t n;
    read_n(args, &n, NULL);
    indsub_range_t range = {
        .from_ms = INDSUB_NO_TIME, .to_ms = INDSUB_NO_TIME, .limit = (unsigned)n};
    return cli_began(cli, indsub_history(cli_client(cli), args->words[0], args->words[1], &range,
                                         cli_print_reply, cli));
}

const struct command command_list = {
    .name = "list",
    .arguments = "",
    .about = "this session's subscriptions",
    .needs_session = true,
    .run = run_list,
};

const struct command command_data = {
    .name = "data",
    .arguments = "SYMBOL TIMEFRAME",
    .about = "how a subscription stands now",
    .help = "  data NIFTY50 5min\n",
    .words = {WORD_SYMBOL, WORD_TIMEFRAME},
    .n_min = 2,
    .n_max = 2,
    .needs_session = true,
    .run = run_data,
};

const struct command command_history = {
    .name = "history",
    .arguments = "SYMBOL TIMEFRAME [N]",
    .about = "a subscription's newest N closed bars (20), oldest first",
    .help = "Of what this session has subscribed to, with its indicators: at most 5000 bars.\n"
            "A table where the terminal is wide enough, else a bar a line.\n"
            "  history NIFTY50 5min 50\n",
    .words = {WORD_SYMBOL, WORD_TIMEFRAME, WORD_FREE},
    .n_min = 2,
    .n_max = 3,
    .needs_session = true,
    .check = check_history,
    .run = run_history,
};
