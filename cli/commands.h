/* commands - the rows, each in its cmd_*.c. */
#ifndef INDSUB_CLI_COMMANDS_H
#define INDSUB_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command command_subscribe, command_stream, command_unsubscribe;
extern const struct command command_list, command_data, command_history;
extern const struct command command_catalog, command_symbols;
extern const struct command command_status, command_tape;
extern const struct command command_feed, command_token, command_keygen, command_stats;
extern const struct command command_help, command_quit;

#endif
