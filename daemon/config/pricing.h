/* pricing - the settings of a section [options] as a convention. */
#ifndef INDSUB_CONFIG_PRICING_H
#define INDSUB_CONFIG_PRICING_H

#include "common/base/err.h"
#include "common/options/convention.h"
#include "daemon/config/settings.h"

/* The preset that is named, with what is given instead; then its name is "custom". Errors:
 * BAD_REQUEST with the setting and what it may be. */
enum err_code pricing_read(const struct config *config, struct convention *convention,
                           struct err *err);

#endif
