/* options - what the caller wants: the program's arguments and environment. Pure. */
#ifndef INDSUB_CLI_OPTIONS_H
#define INDSUB_CLI_OPTIONS_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/* Borrowed from the arguments and the environment. */
struct options {
    const char *endpoint;
    const char *public_endpoint, *feed_endpoint; /* NULL: asked of the daemon */
    const char *token, *token_file, *user;       /* one of them, or none */
    const char *session;                         /* NULL: the token or the daemon says it */
    const char *server_key, *certificate;        /* of CURVE; NULL: none */
    const char *state;                           /* directory; NULL: the default one */
    bool json, wants_help, wants_version;
    char **command; /* its words */
    int n_command;
};

/* Looks up a variable, as getenv does. */
typedef char *options_env_fn(const char *name);

/* Keeps argv, and may change the order in it. Errors: BAD_REQUEST with a sentence that says what is
 * expected. */
enum err_code options_parse(struct options *self, int argc, char **argv, options_env_fn *env,
                            struct err *err);

/* The options, one a line. */
void options_put_help(struct buf *out);

#endif
