/* setup - from the configuration in force to what each part of the daemon is given.
 *
 * The only place that knows both. A new setting that a part of the daemon is to have is a row in
 * daemon/config/settings.c, a member of struct config beside it, and a line here. */
#ifndef INDSUB_SETUP_H
#define INDSUB_SETUP_H

#include "daemon/config/config.h"
#include "daemon/edge/server.h"

/* The calendar of the exchanges whose hours are configured. NULL with *err filled if its time zone
 * cannot be read. */
struct calendar *setup_calendar(const struct config *config, struct err *err);

/* Borrows config's texts, and scratch, a directory for the server's own use. */
struct server_settings setup_server(const struct config *config, const char *scratch);

/* Fills in what a core is given of the configuration, and of the server's endpoints; keys,
 * calendars and what is not configured are left to the caller. Keeps config, the server and
 * convention, which is filled in too. */
void setup_core(const struct config *config, const struct server *server,
                struct convention *convention, struct core_settings *settings);
/* Fills in only what SIGHUP may change: the settings that are `live`. */
void setup_core_live(const struct config *config, struct core_settings *settings);

#endif
