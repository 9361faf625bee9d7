/* script - commands from standard input, one a line, until one fails. */
#ifndef INDSUB_CLI_SCRIPT_H
#define INDSUB_CLI_SCRIPT_H

#include "cli/cli.h"

/* Streams print while the next line is awaited. */
void script_run(struct cli *cli);

#endif
