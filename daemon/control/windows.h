/* windows - whether as many bars are kept as an indicator needs to be defined. */
#ifndef INDSUB_CONTROL_WINDOWS_H
#define INDSUB_CONTROL_WINDOWS_H

#include "common/base/err.h"
#include "common/indicators/spec.h"
#include "daemon/market/market.h"

/* Checks the spec on bars of that timeframe, with all indicators that it takes its inputs from.
 * Errors: BAD_PARAMETER, with the longest window that is possible. */
enum err_code windows_check(const struct market *market, const struct listing *listing,
                            enum timeframe timeframe, const struct spec *spec, struct err *err);

#endif
