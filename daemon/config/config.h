/* config - the settings in force: defaults, then a ZPL file, then the command line.
 *
 * Faults are told one by one through a callback, each with its line (0: it is not the file's), so
 * that a file is mended in one go. Reads no file: text is given. */
#ifndef INDSUB_CONFIG_CONFIG_H
#define INDSUB_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "daemon/config/settings.h"

typedef void config_fault_fn(void *context, size_t line, const char *sentence);

/* All defaults. */
void config_init(struct config *self);
void config_clear(struct config *self);

/* Takes a file's settings. Returns how many faults were told; the settings that are faulty stay as
 * they were. What is given twice is a fault, since it would be hard to tell which one counts. */
size_t config_read(struct config *self, const char *text, config_fault_fn *fault, void *context);

/* Takes one value, written as in a file but not from one; false with a sentence in *why (of at
 * least 200 bytes) if it does not fit. */
bool config_set(struct config *self, const struct setting *setting, const char *value, char *why);

/* Reads hours such as "09:15-15:30", as minutes of the day; false if they are none. */
bool config_read_hours(const char *text, int *open_minute, int *close_minute);
/* Reads dates such as "2025-11-05 2025-12-25", with blanks or commas between them, as days since
 * 1970; days has room for one in 10 bytes of text, or is NULL. False if they are none. */
bool config_read_dates(const char *text, int64_t *days, size_t *n);
/* The line of the file that gave a setting; 0: it is not from there. */
size_t config_line(const struct config *self, const char *section, const char *name);

/* Takes from `fresh` what SIGHUP may change. */
void config_take_live(struct config *self, const struct config *fresh);

/* True if that socket ("session", "public", "feed") is to be encrypted. */
bool config_encrypts(const struct config *self, const char *socket);

/* Checks what needs more than one setting: endpoints beyond this machine, and clients that are
 * listed though nothing is encrypted. Returns how many faults were told. */
size_t config_check(const struct config *self, config_fault_fn *fault, void *context);

/* The settings table for --help. */
void config_print_help(FILE *out);

#endif
