/* unavailable - what is asked for by name and cannot be had, with the reason: figures of a whole
 * series, where each bar changes what was said of those before it. */
#include "common/indicators/indicator.h"

const struct indicator indicator_tos_stdevall = {
    .name = "TOS_STDEVALL",
    .title = "Standard deviations about the line through all bars",
    .category = "statistics",
    .reference = "thinkorswim StDevAll; pandas-ta tos_stdevall",
    .inputs = {{FIELD_CLOSE, "source"}},
    .unavailable = "it looks ahead: one line goes through the whole series, so each value uses "
                   "bars that came after it; LINREG and STDEV are those of a window",
};

const struct indicator indicator_vp = {
    .name = "VP",
    .title = "Volume profile",
    .category = "volume",
    .reference = "pandas-ta vp",
    .inputs = {{FIELD_CLOSE, "source"}, {FIELD_VOLUME, NULL}},
    .unavailable = "it looks ahead: the whole series is cut into ranges, and no bar has a value of "
                   "its own",
};
