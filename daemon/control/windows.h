/* windows - whether an indicator's windows can ever be filled from the bars that are kept. */
#ifndef INDSUB_CONTROL_WINDOWS_H
#define INDSUB_CONTROL_WINDOWS_H

#include "common/base/err.h"
#include "common/indicators/spec.h"
#include "daemon/market/market.h"

/* The spec, beside bars of that timeframe, and all that it takes its inputs from. Errors:
 * BAD_PARAMETER, with the longest window that is possible. */
enum err_code windows_check(const struct market *market, const struct listing *listing,
                            enum timeframe timeframe, const struct spec *spec, struct err *err);

#endif
