/* progress - how far something long has come, as one line. Pure. */
#ifndef INDSUB_CLI_PROGRESS_H
#define INDSUB_CLI_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/* "[=====>     ]  45 %  132000 rows  85000/s  12 rejected", at most width columns wide (0: any).
 * fraction from 0 to 1; NAN: not known, then there is no bar. */
void progress_put(struct buf *out, size_t width, double fraction, uint64_t n_rows,
                  double rows_per_s, uint64_t n_rejected);

#endif
