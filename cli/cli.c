#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/credentials.h"
#include "cli/places.h"
#include "cli/words.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/protocol/endpoints.h"

enum { OPEN_TIMEOUT_MS = 3000, CLOSE_TIMEOUT_MS = 1000 };

int64_t cli_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what the client tells ----------------------------------------------------------- */

static void on_update(indsub_t *client, const indsub_update_t *update, void *context)
{
    struct cli *self = context;
    (void)client;
    if (shown_take(&self->streams, indsub_update_symbol(update), indsub_update_timeframe(update),
                   indsub_update_bar(update)->closed,
                   indsub_update_origin(update) == INDSUB_SNAPSHOT))
        out_update(&self->out, update);
}

static void on_public(indsub_t *client, const char *topic, const char *body, size_t size,
                      void *context)
{
    struct cli *self = context;
    (void)client;
    if (strcmp(topic, "status") == 0) {
        if (self->on_status)
            self->on_status(self, body, size);
        return;
    }
    indsub_update_t *update = indsub_update_parse(body, size);
    if (update &&
        shown_take(&self->tapes, indsub_update_symbol(update), indsub_update_timeframe(update),
                   indsub_update_bar(update)->closed, false)) {
        self->silent_ms = 0;
        out_published(&self->out, body, size);
    }
    indsub_update_destroy(&update);
}

static void forget_token(struct cli *self)
{
    if (self->token)
        explicit_bzero(self->token, strlen(self->token));
    free(self->token);
    self->token = NULL;
}

/* Takes the token. */
static void remember_token(struct cli *self, char *token)
{
    forget_token(self);
    self->token = token;
}

static const char EXPIRED[] = "the token has expired; start again with another one";

/* Delivery is over, and whoever started this has to see to another token. */
static void end_expired(struct cli *self)
{
    out_error(&self->out, "TOKEN_EXPIRED", EXPIRED);
    self->status = STATUS_FAILED;
    self->quits |= self->mode != CLI_INTERACTIVE;
}

static void on_refreshed(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    (void)client;
    if (indsub_reply_error(reply) == INDSUB_ERR_TOKEN_EXPIRED)
        end_expired(context);
    else if (indsub_reply_error(reply) != INDSUB_OK)
        cli_report(context, reply);
}

/* Shows a newer token: one of our own making, or what its file holds by now. False if there is
 * none. */
static bool renew(struct cli *self)
{
    char *token = NULL;
    struct err err;
    bool is_had = (self->options->user || self->options->token_file) &&
                  credentials_token(self->options, &token, &err) == ERR_OK;
    if (!is_had || (self->token && strcmp(token, self->token) == 0)) {
        free(token);
        return false;
    }
    remember_token(self, token);
    return indsub_refresh(self->client, token, on_refreshed, self) == INDSUB_OK;
}

static void on_notice(indsub_t *client, const indsub_notice_t *notice, void *context)
{
    struct cli *self = context;
    (void)client;
    bool expires = strncmp(notice->code, "TOKEN_", 6) == 0;
    if (strcmp(notice->code, "LAGGING") == 0)
        return; /* the client asks for what was left out, and says so */
    if (expires && renew(self))
        return;
    if (strcmp(notice->code, "TOKEN_EXPIRED") == 0)
        end_expired(self);
    else if (expires && self->options->token_file)
        out_news(&self->out, "%s: the token expires soon, and %s holds no other yet", notice->code,
                 self->options->token_file);
    else if (expires)
        out_news(&self->out, "%s: the token expires soon; start again with another one",
                 notice->code);
    else
        out_news(&self->out, "%s: %s%s%s", notice->code, notice->symbol ? notice->symbol : "",
                 notice->symbol ? ": " : "", notice->message);
}

static void on_opened(indsub_t *client, const indsub_reply_t *reply, void *context);

/* Begins to open the session with the token that the options give. */
static enum status begin_open(struct cli *self)
{
    char *token;
    struct err err;
    if (credentials_token(self->options, &token, &err) != ERR_OK) {
        free(token);
        cli_fail(self, &err);
        return err.code == ERR_UNAUTHENTICATED ? STATUS_USAGE : STATUS_FAILED;
    }
    remember_token(self, token);
    return cli_began(self,
                     indsub_open(cli_client(self), token, self->options->session, on_opened, self));
}

/* The session cannot be mended; with a fresh token of our own it may be opened again. */
static void on_ended(struct cli *self, const indsub_event_t *event)
{
    self->lost_ms = 0;
    self->has_session = false;
    bool is_expired = event->err == INDSUB_ERR_TOKEN_EXPIRED;
    if (is_expired && (self->options->user || self->options->token_file) &&
        begin_open(self) == STATUS_PENDING)
        return;
    out_error(&self->out, indsub_err_name(event->err), event->text);
    self->status = STATUS_FAILED;
    self->quits |= self->mode != CLI_INTERACTIVE;
}

static void on_event(indsub_t *client, const indsub_event_t *event, void *context)
{
    struct cli *self = context;
    (void)client;
    switch (event->kind) {
    case INDSUB_OPENED:
        break;
    case INDSUB_LOST:
        self->lost_ms = cli_now_ms();
        break;
    case INDSUB_RESUMED:
        self->lost_ms = 0;
        out_news(&self->out, "reconnected: %s", event->text);
        cli_ask_symbols(self); /* there may be others by now */
        break;
    case INDSUB_GAP_FILLED:
        out_news(&self->out, "%s", event->text);
        break;
    case INDSUB_ENDED:
        on_ended(self, event);
        break;
    }
}

/* ---- life ---------------------------------------------------------------------------- */

static void on_closed(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    (void)client, (void)reply;
    ((struct cli *)context)->has_session = false;
}

static void close_session(struct cli *self)
{
    int64_t end_ms = cli_now_ms() + CLOSE_TIMEOUT_MS;
    if (!self->has_session || !indsub_is_open(self->client) ||
        indsub_close(self->client, on_closed, self) != INDSUB_OK)
        return;
    while (self->has_session && cli_now_ms() < end_ms)
        indsub_poll(self->client, (int)(end_ms - cli_now_ms()));
}

static void forget_symbols(struct cli *self)
{
    for (size_t i = 0; i < self->n_symbols; i++)
        free(self->symbols[i]);
    free(self->symbols);
    self->symbols = NULL;
    self->n_symbols = 0;
}

void cli_destroy(struct cli *self)
{
    shown_destroy(&self->streams);
    shown_destroy(&self->tapes);
    close_session(self);
    indsub_destroy(&self->client);
    out_flush(&self->out);
    out_destroy(&self->out);
    forget_symbols(self);
    forget_token(self);
    free(self->feed_endpoint);
    if (self->signal_fd >= 0)
        close(self->signal_fd);
}

indsub_t *cli_client(struct cli *self)
{
    if (self->client)
        return self->client;
    self->client = indsub_new(self->options->endpoint);
    if (!self->client)
        abort(); /* no memory, no descriptors: nothing can be done here */
    if (indsub_set_curve(self->client, self->options->server_key, self->options->certificate) !=
        INDSUB_OK) { /* checked at the start: the file has gone; never without encryption */
        out_error(&self->out, "USAGE", indsub_last_error(self->client));
        exit(STATUS_USAGE);
    }
    indsub_set_timeout(self->client, OPEN_TIMEOUT_MS);
    indsub_set_name(self->client, "indsub-cli " INDSUB_VERSION);
    indsub_on_update(self->client, on_update, self);
    indsub_on_notice(self->client, on_notice, self);
    indsub_on_event(self->client, on_event, self);
    indsub_on_public(self->client, on_public, self);
    return self->client;
}

/* ---- commands ------------------------------------------------------------------------ */

static enum status status_of(indsub_err_t err)
{
    return err == INDSUB_OK              ? STATUS_DONE
           : err == INDSUB_ERR_NO_DAEMON ? STATUS_NO_DAEMON
                                         : STATUS_FAILED;
}

enum status cli_began(struct cli *self, indsub_err_t err)
{
    if (err == INDSUB_OK) {
        self->n_pending++;
        return STATUS_PENDING;
    }
    out_error(&self->out, indsub_err_name(err), indsub_last_error(self->client));
    return status_of(err);
}

void cli_finish(struct cli *self, enum status status)
{
    self->n_pending--;
    self->status = status;
}

enum status cli_report(struct cli *self, const indsub_reply_t *reply)
{
    const char *message = indsub_reply_message(reply);
    if (indsub_reply_error(reply) == INDSUB_ERR_TOKEN_EXPIRED) /* which speaks of requests */
        message = EXPIRED;
    out_error(&self->out, indsub_reply_code(reply), message);
    return status_of(indsub_reply_error(reply));
}

void cli_print_reply(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    struct cli *self = context;
    (void)client;
    if (indsub_reply_error(reply) != INDSUB_OK) {
        cli_finish(self, cli_report(self, reply));
        return;
    }
    out_reply(&self->out, reply);
    cli_finish(self, STATUS_DONE);
}

enum status cli_fail(struct cli *self, const struct err *err)
{
    out_error(&self->out, err_code_name(err->code), err->message);
    return STATUS_FAILED;
}

enum status cli_fail_usage(struct cli *self, const struct err *err)
{
    out_error(&self->out, "USAGE", err->message);
    return STATUS_USAGE;
}

void cli_begin_job(struct cli *self, const struct job *job)
{
    self->job = *job;
}

void cli_end_job(struct cli *self, enum status status)
{
    self->job = (struct job){0};
    self->status = status;
}

bool cli_is_busy(const struct cli *self)
{
    return self->n_pending > 0 || self->job.turn || shown_is_awaited(&self->streams) ||
           shown_is_awaited(&self->tapes);
}

static void keep_feed_endpoint(struct cli *self, const indsub_reply_t *reply)
{
    size_t size;
    const char *body = indsub_reply_body(reply, &size);
    cJSON *tree = json_parse(body, size, NULL);
    const char *feed = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "feed"));
    free(self->feed_endpoint);
    self->feed_endpoint = feed ? endpoint_as_reached(feed, self->options->endpoint) : NULL;
    self->feed_is_plain = !places_encrypts(tree, "feed");
    cJSON_Delete(tree);
}

static void on_opened(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    struct cli *self = context;
    (void)client;
    self->has_session = indsub_reply_error(reply) == INDSUB_OK;
    if (self->has_session)
        keep_feed_endpoint(self, reply);
    cli_finish(self, self->has_session ? STATUS_DONE : cli_report(self, reply));
    if (self->options->user && indsub_reply_error(reply) == INDSUB_ERR_UNAUTHENTICATED)
        out_news(&self->out, "--user mints with the jwt.key of a state directory: is --state that "
                             "of this indsubd?");
    self->quits |= !self->has_session && self->mode != CLI_INTERACTIVE;
}

enum status cli_open(struct cli *self)
{
    enum status status = begin_open(self);
    if (status != STATUS_PENDING)
        return status;
    while (self->n_pending > 0 && !self->quits)
        cli_turn(self, -1);
    return self->status;
}

static void on_symbols(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    struct cli *self = context;
    (void)client;
    if (indsub_reply_error(reply) != INDSUB_OK)
        return;
    size_t size;
    const char *body = indsub_reply_body(reply, &size);
    cJSON *tree = json_parse(body, size, NULL);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "symbols"), *item;
    forget_symbols(self);
    self->symbols = mem_alloc_zero((size_t)cJSON_GetArraySize(list) + 1, sizeof *self->symbols);
    cJSON_ArrayForEach(item, list)
    {
        const char *symbol = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "symbol"));
        if (symbol)
            self->symbols[self->n_symbols++] = mem_strdup(symbol);
    }
    cJSON_Delete(tree);
}

void cli_ask_symbols(struct cli *self)
{
    if (self->mode != CLI_INTERACTIVE || !self->has_session)
        return;
    indsub_symbols(self->client, NULL, NULL, on_symbols, self);
}

enum status cli_run(struct cli *self, char *const *words, size_t n)
{
    struct args args;
    struct err err;
    enum status status;
    if (args_parse(&args, words, n, &err) != ERR_OK)
        status = cli_fail_usage(self, &err);
    else if (args.command->needs_session && !self->has_session &&
             (status = cli_open(self)) != STATUS_DONE)
        self->status = status;
    else
        status = args.command->run(self, &args);
    args_destroy(&args);
    if (status != STATUS_PENDING)
        self->status = status;
    return status;
}

void cli_run_line(struct cli *self, const char *line)
{
    struct words words = {0};
    struct err err;
    if (words_split(&words, line, &err) != ERR_OK)
        self->status = cli_fail_usage(self, &err);
    else if (words.n > 0)
        cli_run(self, words.items, words.n);
    words_destroy(&words);
}
