/* glob - patterns such as "NIFTY*": * for anything, ? for one character, [a-z] or [!a-z] for one of
 * a set. Nothing is escaped. */
#ifndef INDSUB_BASE_GLOB_H
#define INDSUB_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* True if the pattern is for the whole text. The time is at most that of size * length steps,
 * whatever the pattern: it may be a stranger's. */
bool glob_matches(const char *pattern, size_t size, const char *text);

#endif
