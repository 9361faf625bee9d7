/* pricing - the settings of a section [options] as a convention. */
#ifndef INDSUB_CONFIG_PRICING_H
#define INDSUB_CONFIG_PRICING_H

#include "common/options/convention.h"
#include "daemon/config/settings.h"

/* What a setting of that type must be like, or NULL if the value is: a name that is known, a
 * number; "" where the convention's own counts. */
const char *pricing_misses(enum setting_type type, const char *value);

/* The preset that is named, with what is given instead; then its name is "custom". */
struct convention pricing_convention(const struct config *config);

#endif
