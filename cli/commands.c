/* commands - the list of all commands, in the order in which `help` shows them. */
#include "cli/commands.h"

const struct command *const COMMANDS[] = {&command_subscribe,
                                          &command_unsubscribe,
                                          &command_list,
                                          &command_data,
                                          &command_history,
                                          &command_stream,
                                          &command_catalog,
                                          &command_symbols,
                                          &command_status,
                                          &command_tape,
                                          &command_feed,
                                          &command_token,
                                          &command_keygen,
                                          &command_stats,
                                          &command_help,
                                          &command_quit,
                                          NULL};
