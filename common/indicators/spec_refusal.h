/* spec_refusal - the sentences that say why a spec cannot be: each names the parameter, what was
 * found, what it may be and what it is when left out. All of them give ERR_BAD_PARAMETER. */
#ifndef INDSUB_INDICATORS_SPEC_REFUSAL_H
#define INDSUB_INDICATORS_SPEC_REFUSAL_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/indicators/indicator.h"

/* Parameter i may not be what was found: out of its range, or of another kind. */
enum err_code spec_refuse_value(const struct indicator *row, size_t i, const char *found,
                                struct err *err);
/* The same of input i, which may be chosen, and of the timeframe. */
enum err_code spec_refuse_source(const struct indicator *row, size_t i, const char *found,
                                 struct err *err);
enum err_code spec_refuse_timeframe(const struct indicator *row, const char *found,
                                    struct err *err);
/* The row has no parameter of that name. */
enum err_code spec_refuse_name(const struct indicator *row, const char *name, struct err *err);

#endif
