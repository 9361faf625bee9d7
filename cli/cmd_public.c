/* cmd_public - status, tape: what anybody may hear. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "common/base/mem.h"
#include "common/protocol/timeframe.h"

enum { STATUS_WAIT_MS = 3000 }; /* it is published every second */

/* ---- status -------------------------------------------------------------------------- */

struct status_wait {
    char *endpoint;
    int64_t end_ms;
};

static int status_fd(const void *context)
{
    (void)context;
    return -1; /* the client's own */
}

static int status_timeout_ms(const void *context)
{
    const struct status_wait *wait = context;
    int64_t left_ms = wait->end_ms - cli_now_ms();
    return left_ms < 0 ? 0 : (int)left_ms;
}

static void end_status(struct cli *cli, struct status_wait *wait, enum status status)
{
    free(wait->endpoint);
    free(wait);
    cli->on_status = NULL;
    cli_end_job(cli, status);
}

static void status_turn(struct cli *cli, void *context)
{
    struct status_wait *wait = context;
    struct err err;
    if (cli_now_ms() < wait->end_ms)
        return;
    err_set(&err, ERR_INTERNAL, "nothing is heard from %s", wait->endpoint);
    out_error(&cli->out, "NO_DAEMON", err.message);
    end_status(cli, wait, STATUS_NO_DAEMON);
}

static void status_stop(struct cli *cli, void *context)
{
    end_status(cli, context, STATUS_FAILED);
}

static void on_status(struct cli *cli, const char *body, size_t size)
{
    out_published(&cli->out, body, size);
    end_status(cli, cli->job.context, STATUS_DONE);
}

static void listen_for_status(struct cli *cli, const char *endpoint, void *context)
{
    (void)context;
    if (!endpoint)
        return;
    indsub_err_t err = indsub_listen(cli_client(cli), endpoint, "status");
    if (err != INDSUB_OK) {
        out_error(&cli->out, indsub_err_name(err), indsub_last_error(cli->client));
        cli->status = STATUS_FAILED;
        return;
    }
    struct status_wait *wait = mem_alloc(sizeof *wait);
    *wait = (struct status_wait){mem_strdup(endpoint), cli_now_ms() + STATUS_WAIT_MS};
    cli->on_status = on_status;
    cli_begin_job(cli, &(struct job){.fd = status_fd,
                                     .timeout_ms = status_timeout_ms,
                                     .turn = status_turn,
                                     .stop = status_stop,
                                     .context = wait});
}

static enum status run_status(struct cli *cli, const struct args *args)
{
    (void)args;
    return places_find(cli, PLACE_PUBLIC, listen_for_status, NULL);
}

/* ---- tape ---------------------------------------------------------------------------- */

static void listen_to_tape(struct cli *cli, const char *endpoint, void *context)
{
    char *topic = context;
    indsub_err_t err =
        endpoint ? indsub_listen(cli_client(cli), endpoint, topic) : INDSUB_ERR_NO_DAEMON;
    if (err == INDSUB_OK) {
        char *slash = strrchr(topic, '/');
        *slash = '\0';
        shown_add(
            &cli->tapes, topic + strlen("tape/"), slash + 1,
            (struct shown_manner){.is_awaited = cli->mode != CLI_INTERACTIVE, .left = UINT64_MAX});
        cli->silent_ms = cli_now_ms();
    } else if (endpoint) {
        out_error(&cli->out, indsub_err_name(err), indsub_last_error(cli->client));
        cli->status = STATUS_FAILED;
    }
    free(topic);
}

static enum status run_tape(struct cli *cli, const struct args *args)
{
    struct err err;
    struct buf topic = {0};
    enum timeframe timeframe = timeframe_parse(args->words[1]);
    if (timeframe == TIMEFRAME_NONE) {
        err_set(&err, ERR_UNKNOWN_TIMEFRAME, "no timeframe \"%.32s\"; there are" TIMEFRAME_NAMES,
                args->words[1]);
        return cli_fail(cli, &err);
    }
    buf_put_format(&topic, "tape/%s/%s", args->words[0], timeframe_name(timeframe));
    return places_find(cli, PLACE_PUBLIC, listen_to_tape, topic.data);
}

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .about = "is the daemon alive, are the markets open (needs no token)",
    .run = run_status,
};

const struct command command_tape = {
    .name = "tape",
    .arguments = "SYMBOL TIMEFRAME",
    .about = "base bars, where the operator publishes them (needs no token)",
    .words = {WORD_SYMBOL, WORD_TIMEFRAME},
    .n_min = 2,
    .n_max = 2,
    .run = run_tape,
};
