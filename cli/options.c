#include "cli/options.h"

#include <stddef.h>
#include <string.h>

#include "common/protocol/endpoints.h"

static const char DEFAULT_ENDPOINT[] = "tcp://127.0.0.1:5570";

/* A row of the table below; value is where its text goes, flag where that it is there. */
struct option {
    const char *name, *argument, *variable, *about;
    size_t value, flag;
    bool is_endpoint;
};

static const struct option OPTIONS[] = {
    {.name = "--endpoint",
     .argument = "EP",
     .variable = "INDSUB_ENDPOINT",
     .about = "the daemon's session socket (tcp://127.0.0.1:5570)",
     .value = offsetof(struct options, endpoint),
     .is_endpoint = true},
    {.name = "--public",
     .argument = "EP",
     .variable = "INDSUB_PUBLIC",
     .about = "its public socket, where it does not say so itself",
     .value = offsetof(struct options, public_endpoint),
     .is_endpoint = true},
    {.name = "--feed",
     .argument = "EP",
     .variable = "INDSUB_FEED",
     .about = "its feed socket, likewise",
     .value = offsetof(struct options, feed_endpoint),
     .is_endpoint = true},
    {.name = "--token",
     .argument = "T",
     .variable = "INDSUB_TOKEN",
     .about = "the token that says who you are",
     .value = offsetof(struct options, token)},
    {.name = "--token-file",
     .argument = "F",
     .about = "a file with the token in it",
     .value = offsetof(struct options, token_file)},
    {.name = "--user",
     .argument = "NAME",
     .about = "mint a token with the local jwt.key, where you may read it",
     .value = offsetof(struct options, user)},
    {.name = "--session",
     .argument = "ID",
     .about = "this terminal's name among those of its user",
     .value = offsetof(struct options, session)},
    {.name = "--server-key",
     .argument = "KEY",
     .variable = "INDSUB_SERVER_KEY",
     .about = "the daemon's public key, or the file of its certificate: encrypts",
     .value = offsetof(struct options, server_key)},
    {.name = "--certificate",
     .argument = "F",
     .variable = "INDSUB_CERTIFICATE",
     .about = "your secret certificate, of keygen, where the daemon lets no others in",
     .value = offsetof(struct options, certificate)},
    {.name = "--state",
     .argument = "DIR",
     .variable = "INDSUB_STATE",
     .about = "the state directory, with jwt.key and the history of the prompt",
     .value = offsetof(struct options, state)},
    {.name = "--json",
     .about = "one JSON body a line, for other programs",
     .flag = offsetof(struct options, json)},
    {.name = "--help", .about = "say this", .flag = offsetof(struct options, wants_help)},
    {.name = "--version",
     .about = "say which version this is",
     .flag = offsetof(struct options, wants_version)},
};
enum { N_OPTIONS = sizeof OPTIONS / sizeof *OPTIONS };

static const char **value_of(struct options *self, const struct option *option)
{
    return (const char **)((char *)self + option->value);
}

/* The option that an argument names, up to its end or a '='. */
static const struct option *find_option(const char *argument)
{
    size_t size = strcspn(argument, "=");
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strlen(OPTIONS[i].name) == size && strncmp(OPTIONS[i].name, argument, size) == 0)
            return &OPTIONS[i];
    return NULL;
}

static enum err_code refuse_unknown(const char *argument, struct err *err)
{
    struct nearest nearest = nearest_begin(argument);
    for (size_t i = 0; i < N_OPTIONS; i++)
        nearest_offer(&nearest, OPTIONS[i].name);
    if (nearest.best)
        return err_set(err, ERR_BAD_REQUEST, "no option %s; did you mean %s?", argument,
                       nearest.best);
    return err_set(err, ERR_BAD_REQUEST, "no option %s; --help lists them", argument);
}

/* Takes argv[*i], and the one after it if that is its value. */
static enum err_code take_option(struct options *self, int argc, char **argv, int *i,
                                 struct err *err)
{
    const struct option *option = find_option(argv[*i]);
    const char *value = strchr(argv[*i], '=');
    if (!option)
        return refuse_unknown(argv[*i], err);
    if (!option->argument && value)
        return err_set(err, ERR_BAD_REQUEST, "%s takes no value", option->name);
    if (!option->argument) {
        *(bool *)((char *)self + option->flag) = true;
        return ERR_OK;
    }
    if (!value && *i + 1 >= argc)
        return err_set(err, ERR_BAD_REQUEST, "%s %s: the value is missing", option->name,
                       option->argument);
    *value_of(self, option) = value ? value + 1 : argv[++*i];
    return ERR_OK;
}

static enum err_code check_endpoints(struct options *self, struct err *err)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const char *endpoint = OPTIONS[i].is_endpoint ? *value_of(self, &OPTIONS[i]) : NULL;
        if (endpoint && (!endpoint_is_valid(endpoint) || strchr(endpoint, '*')))
            return err_set(err, ERR_BAD_REQUEST, "%s %s: tcp://HOST:PORT or ipc://PATH is expected",
                           OPTIONS[i].name, endpoint);
    }
    return ERR_OK;
}

/* --json is told so often behind the command that it may stand anywhere. The words stay in order;
 * it goes behind them. */
static void take_json_from_command(struct options *self)
{
    int kept = 0;
    for (int i = 0; i < self->n_command; i++) {
        char *word = self->command[i];
        if (strcmp(word, "--json") == 0) {
            self->json = true;
            continue;
        }
        self->command[i] = self->command[kept];
        self->command[kept++] = word;
    }
    self->n_command = kept;
}

enum err_code options_parse(struct options *self, int argc, char **argv, options_env_fn *env,
                            struct err *err)
{
    *self = (struct options){0};
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        enum err_code code = take_option(self, argc, argv, &i, err);
        if (code != ERR_OK)
            return code;
    }
    self->command = argv + i;
    self->n_command = argc - i;
    take_json_from_command(self);
    if (!!self->token + !!self->token_file + !!self->user > 1)
        return err_set(err, ERR_BAD_REQUEST, "--token, --token-file and --user: choose one");
    for (size_t k = 0; k < N_OPTIONS; k++) {
        const struct option *option = &OPTIONS[k];
        const char *value = option->variable ? env(option->variable) : NULL;
        bool is_chosen = option->argument && *value_of(self, option);
        bool is_beside = strcmp(option->name, "--token") == 0 && (self->token_file || self->user);
        if (value && value[0] && !is_chosen && !is_beside)
            *value_of(self, option) = value;
    }
    if (!self->endpoint)
        self->endpoint = DEFAULT_ENDPOINT;
    return check_endpoints(self, err);
}

void options_put_help(struct buf *out)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        size_t start = out->size;
        buf_put_format(out, "  %s %s", OPTIONS[i].name,
                       OPTIONS[i].argument ? OPTIONS[i].argument : "");
        buf_put_format(out, "%*s%s", (int)(start + 22 - out->size), "", OPTIONS[i].about);
        if (OPTIONS[i].variable)
            buf_put_format(out, "; or $%s", OPTIONS[i].variable);
        buf_put_char(out, '\n');
    }
}
