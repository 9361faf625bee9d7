/* format_bar - a bar and its indicators as a line for people. Pure. */
#ifndef INDSUB_CLI_FORMAT_BAR_H
#define INDSUB_CLI_FORMAT_BAR_H

#include "cli/format.h"

/* With all prices if that fits into one line, else with the last one, in as many as it takes.
 * dated: the bar's date and time, and not when its newest tick came. */
void format_bar(struct buf *out, const struct look *look, const indsub_update_t *update,
                bool dated);

#endif
