#include "cli/places.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/protocol/endpoints.h"

struct search {
    struct cli *cli;
    enum place place;
    places_fn *fn;
    void *context;
};

char *places_derive(const char *endpoint, int step)
{
    const char *colon = strrchr(endpoint, ':');
    int port = colon ? atoi(colon + 1) : 0;
    struct buf text = {0};
    if (strncmp(endpoint, "tcp://", 6) != 0 || port <= 0 || port + step > 65535)
        return NULL;
    buf_put(&text, endpoint, (size_t)(colon - endpoint));
    buf_put_format(&text, ":%d", port + step);
    return text.data;
}

bool places_encrypts(const cJSON *told, const char *socket)
{
    const cJSON *sockets = cJSON_GetObjectItemCaseSensitive(told, "curve"), *one;
    bool encrypts = !cJSON_IsArray(sockets);
    cJSON_ArrayForEach(one, sockets) encrypts |=
        cJSON_IsString(one) && strcmp(one->valuestring, socket) == 0;
    return encrypts;
}

/* What the daemon says of itself in a reply: as a member, or among the details of an error. */
static char *told_in(struct cli *cli, const indsub_reply_t *reply, const char *name)
{
    size_t size;
    const char *body = indsub_reply_body(reply, &size);
    cJSON *tree = body ? json_parse(body, size, NULL) : NULL;
    const cJSON *details = cJSON_GetObjectItemCaseSensitive(tree, "details");
    const char *told = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));
    if (!told)
        told = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(details, name));
    char *there = told ? endpoint_as_reached(told, cli->options->endpoint) : NULL;
    cli->feed_is_plain = !places_encrypts(details ? details : tree, "feed");
    cJSON_Delete(tree);
    return there;
}

static void conclude(const struct search *search, char *endpoint)
{
    struct cli *cli = search->cli;
    bool is_public = search->place == PLACE_PUBLIC;
    if (!endpoint)
        endpoint = places_derive(cli->options->endpoint, is_public ? 1 : 2);
    if (!endpoint) {
        struct err err;
        err_set(&err, ERR_BAD_REQUEST, "where the %s socket is has to be said: --%s EP",
                is_public ? "public" : "feed", is_public ? "public" : "feed");
        cli->status = cli_fail_usage(cli, &err);
    }
    search->fn(cli, endpoint, search->context);
    free(endpoint);
}

static void on_told(indsub_t *client, const indsub_reply_t *reply, void *context)
{
    struct search *search = context;
    struct cli *cli = search->cli;
    size_t size;
    (void)client;
    if (!indsub_reply_body(reply, &size)) { /* nobody answers */
        cli_finish(cli, cli_report(cli, reply));
        search->fn(cli, NULL, search->context);
    } else {
        cli_finish(cli, STATUS_DONE);
        conclude(search, told_in(cli, reply, search->place == PLACE_PUBLIC ? "public" : "feed"));
    }
    free(search);
}

enum status places_find(struct cli *cli, enum place place, places_fn *fn, void *context)
{
    const struct options *options = cli->options;
    const char *known = place == PLACE_PUBLIC ? options->public_endpoint : options->feed_endpoint;
    struct search search = {.cli = cli, .place = place, .fn = fn, .context = context};
    if (!known && cli->has_session)
        known = place == PLACE_PUBLIC ? indsub_public_endpoint(cli->client) : cli->feed_endpoint;
    if (known || cli->has_session) {
        conclude(&search, known ? mem_strdup(known) : NULL);
        return STATUS_PENDING;
    }
    struct search *kept = mem_alloc(sizeof *kept);
    *kept = search;
    enum status status =
        cli_began(cli, indsub_request(cli_client(cli), "heartbeat", NULL, on_told, kept));
    if (status != STATUS_PENDING) {
        fn(cli, NULL, context);
        free(kept);
    }
    return status;
}
