/* arguments - the command line of indsubd: its flags, the file that it names, and what they come
 * to. */
#ifndef INDSUB_CONFIG_ARGUMENTS_H
#define INDSUB_CONFIG_ARGUMENTS_H

#include "common/base/err.h"
#include "daemon/config/config.h"

struct arguments {
    const char *config_file; /* borrowed from argv, NULL if none is named */
    bool check, version, help;
};

/* Finds --config, --check, --version and --help, and refuses what is no argument. */
enum err_code arguments_read(int argc, char **argv, struct arguments *self, struct err *err);

/* Puts the flags that are settings into config, over what a file said. */
enum err_code arguments_apply(int argc, char **argv, struct config *config, struct err *err);

void arguments_print_help(void);

#endif
