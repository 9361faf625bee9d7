/* cmd_subscribe - subscribe, stream, unsubscribe. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "common/base/json.h"
#include "common/base/mem.h"

/* What is to be shown once the daemon has taken the subscription. */
struct wish {
    struct cli *cli;
    bool announces;
    struct shown_manner manner;
};

static const char *string_of(const cJSON *tree, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));
    return text ? text : "";
}

/* Says which indicators were refused while others were taken; true if any was. */
static bool report_rejected(struct cli *cli, const cJSON *reply)
{
    const cJSON *rejected = cJSON_GetObjectItemCaseSensitive(reply, "rejected"), *item;
    cJSON_ArrayForEach(item, rejected)
        out_error(&cli->out, string_of(item, "code"), string_of(item, "message"));
    return rejected && rejected->child;
}

static void show_subscribed(const struct wish *wish, const indsub_reply_t *reply)
{
    struct cli *cli = wish->cli;
    size_t size;
    const char *body = indsub_reply_body(reply, &size);
    cJSON *tree = json_parse(body, size, NULL);
    if (wish->announces && !cli->out.is_json)
        out_reply(&cli->out, reply);
    bool any_rejected = report_rejected(cli, tree);
    shown_add(&cli->streams, string_of(tree, "symbol"), string_of(tree, "timeframe"), wish->manner);
    cJSON_Delete(tree);
    cli_finish(cli, any_rejected ? STATUS_FAILED : STATUS_DONE);
}

static void on_subscribed(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    struct wish *wish = context;
    (void)client;
    if (indsub_reply_error(reply) == INDSUB_OK)
        show_subscribed(wish, reply);
    else
        cli_finish(wish->cli, cli_report(wish->cli, reply));
    free(wish);
}

static enum status subscribe(struct cli *cli, const struct args *args, const struct wish *wish)
{
    struct buf indicators = {0};
    for (size_t i = 2; i < args->n_words; i++)
        buf_put_format(&indicators, "%s%s", i > 2 ? " " : "", args->words[i]);
    indsub_subscription_t what = {.symbol = args->words[0],
                                  .timeframe = args->words[1],
                                  .indicators = indicators.data,
                                  .updates = wish->manner.closed_only ? INDSUB_UPDATES_CLOSE
                                                                      : INDSUB_UPDATES_TICK};
    struct wish *kept = mem_alloc(sizeof *kept);
    *kept = *wish;
    enum status status =
        cli_began(cli, indsub_subscribe(cli_client(cli), &what, on_subscribed, kept));
    if (status != STATUS_PENDING)
        free(kept);
    buf_destroy(&indicators);
    return status;
}

static enum status run_subscribe(struct cli *cli, const struct args *args)
{
    struct shown_manner manner = {.is_awaited = cli->mode == CLI_ONE_SHOT, .left = UINT64_MAX};
    return subscribe(cli, args, &(struct wish){.cli = cli, .announces = true, .manner = manner});
}

static enum err_code read_count(const struct args *args, uint64_t *count, struct err *err)
{
    enum { MOST = 1000000000 }; /* a range that a person can read */
    const char *text = args_option(args, "--count");
    *count = UINT64_MAX;
    return text ? args_number(text, "--count", 1, MOST, count, err) : ERR_OK;
}

static enum err_code check_stream(const struct args *args, struct err *err)
{
    uint64_t count;
    return read_count(args, &count, err);
}

static enum status run_stream(struct cli *cli, const struct args *args)
{
    struct shown_manner manner = {.closed_only = args_option(args, "--closed") != NULL,
                                  .is_awaited = cli->mode != CLI_INTERACTIVE};
    read_count(args, &manner.left, NULL);
    return subscribe(cli, args, &(struct wish){.cli = cli, .manner = manner});
}

static enum err_code check_unsubscribe(const struct args *args, struct err *err)
{
    return args->n_words != 1
               ? ERR_OK
               : err_set(err, ERR_BAD_REQUEST, "unsubscribe %s", args->command->arguments);
}

static enum status run_unsubscribe(struct cli *cli, const struct args *args)
{
    struct buf ids = {0};
    for (size_t i = 2; i < args->n_words; i++)
        buf_put_format(&ids, "%s%s", i > 2 ? " " : "", args->words[i]);
    const char *symbol = args->n_words > 0 ? args->words[0] : NULL;
    const char *timeframe = args->n_words > 0 ? args->words[1] : NULL;
    enum status status = cli_began(cli, indsub_unsubscribe(cli_client(cli), symbol, timeframe,
                                                           ids.data, cli_print_reply, cli));
    buf_destroy(&ids);
    return status;
}

const struct command command_subscribe = {
    .name = "subscribe",
    .arguments = "SYMBOL TIMEFRAME IND...",
    .about = "add indicators, and show the stream",
    .help = "IND is a short form: RSI, RSI(14), MACD(12,26,9), SMA(length=9,source=RSI(14)).\n"
            "What is left out has its default; \"catalog RSI\" says which there are.\n"
            "The bars of all that is subscribed to are shown until Ctrl-C, with a hollow circle\n"
            "while they form and a full one when they have closed; the subscriptions stay until\n"
            "\"unsubscribe\".\n"
            "  subscribe NIFTY50 5min RSI(14) MACD(12,26,9)\n",
    .words = {WORD_SYMBOL, WORD_TIMEFRAME, WORD_INDICATOR},
    .n_min = 3,
    .n_max = SIZE_MAX,
    .needs_session = true,
    .run = run_subscribe,
};

const struct command command_stream = {
    .name = "stream",
    .arguments = "SYMBOL TIMEFRAME IND... [--closed] [--count N]",
    .about = "subscribe and print until stopped",
    .help = "--closed  closed bars only\n"
            "--count N end after N bars\n"
            "  indsub-cli --json stream NIFTY50 5min 'RSI(14)' | jq .indicators\n",
    .words = {WORD_SYMBOL, WORD_TIMEFRAME, WORD_INDICATOR},
    .n_min = 3,
    .n_max = SIZE_MAX,
    .options = {{"--closed", NULL, WORD_NONE}, {"--count", "N", WORD_FREE}},
    .needs_session = true,
    .check = check_stream,
    .run = run_stream,
};

const struct command command_unsubscribe = {
    .name = "unsubscribe",
    .arguments = "[SYMBOL TIMEFRAME [ID...]]",
    .about = "drop all, one symbol's timeframe, or indicators by their ids",
    .help = "The ids are those that \"list\" shows.\n"
            "  unsubscribe NIFTY50 5min RSI_14_100\n",
    .words = {WORD_SYMBOL, WORD_TIMEFRAME, WORD_FREE},
    .n_min = 0,
    .n_max = SIZE_MAX,
    .needs_session = true,
    .check = check_unsubscribe,
    .run = run_unsubscribe,
};
