/* format_history - closed bars below each other, a column for each number. */
#ifndef INDSUB_CLI_FORMAT_HISTORY_H
#define INDSUB_CLI_FORMAT_HISTORY_H

#include "cli/format.h"

/* The bars in a reply, of one symbol and timeframe. False, and nothing written, if there are none
 * or the table would be wider than the terminal: then they are to be shown one by one. */
bool format_history(struct buf *out, const struct look *look, const indsub_reply_t *reply);

#endif
