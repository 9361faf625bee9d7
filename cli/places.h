/* places - where the daemon's public and feed sockets are.
 *
 * Known, in this order: from an option; from the daemon, which says so when a session is opened and
 * when somebody without a session asks; from the session's port, as 5570, 5571, 5572 go together.
 */
#ifndef INDSUB_CLI_PLACES_H
#define INDSUB_CLI_PLACES_H

#include <cjson/cJSON.h>

#include "cli/cli.h"

enum place { PLACE_PUBLIC, PLACE_FEED };

/* Called once, when it is known: with an endpoint that is borrowed until it returns; or NULL when
 * it cannot be found, which has been said then. */
typedef void places_fn(struct cli *cli, const char *endpoint, void *context);

/* Finds a place; fn is called at once or later, and the command goes on until it has been. Gives
 * STATUS_PENDING, or what went wrong. */
enum status places_find(struct cli *cli, enum place place, places_fn *fn, void *context);

/* True unless the daemon's `opened`, or details, say that this socket is not encrypted. Pure. */
bool places_encrypts(const cJSON *told, const char *socket);

/* The endpoint whose port is `step` further; for free. NULL if it has no port. Pure. */
char *places_derive(const char *endpoint, int step);

#endif
