/* repl - the prompt: a line is typed while the stream prints above it. */
#ifndef INDSUB_CLI_REPL_H
#define INDSUB_CLI_REPL_H

#include "cli/cli.h"

/* Reads and runs commands until somebody leaves. One at a time: readline is one. */
void repl_run(struct cli *cli);

#endif
