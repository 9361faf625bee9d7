#include "daemon/control/windows.h"

#include <string.h>

/* How many bars the spec needs to be defined, if it had these parameters. It takes its first input
 * from the bar on which the last of its sources is defined. */
static size_t bars_with(const struct spec *spec, const double *params)
{
    size_t before = 0;
    for (size_t i = 0; spec->row->inputs[i].field; i++) {
        const struct spec *source = spec->sources[i].nested;
        if (!source || source->timeframe != TIMEFRAME_NONE)
            continue; /* of another timeframe: it needs other bars */
        size_t bars = bars_with(source, source->params) - 1;
        before = bars > before ? bars : before;
    }
    return before + spec->row->defined_bars(params);
}

/* The most that parameter i may be for the spec to be defined within that many bars, the others
 * being what they are; 0 if no value of it is small enough. */
static double longest_window(const struct spec *spec, size_t i, size_t bars)
{
    double params[INDICATOR_PARAMS_MAX], low = spec->row->params[i].min, high = spec->params[i];
    memcpy(params, spec->params, sizeof params);
    params[i] = low;
    if (spec->row->params[i].type != PARAM_INT || bars_with(spec, params) > bars)
        return 0;
    while (high - low > 1) {
        double middle = params[i] = floor((low + high) / 2);
        if (bars_with(spec, params) <= bars)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum err_code refuse(const struct spec *spec, enum timeframe timeframe, size_t kept,
                            struct err *err)
{
    size_t needed = bars_with(spec, spec->params);
    for (size_t i = 0; spec->row->params[i].name; i++) {
        const struct indicator_param *param = &spec->row->params[i];
        double most = longest_window(spec, i, kept);
        if (most > 0)
            return err_set(err, ERR_BAD_PARAMETER,
                           "%s of %s must be a whole number from %.15g to %.15g on %s (default "
                           "%.15g), not %.15g: it needs %zu bars, and %zu are kept",
                           param->name, spec->row->name, param->min, most,
                           timeframe_name(timeframe), param->def, spec->params[i], needed, kept);
    }
    return err_set(err, ERR_BAD_PARAMETER, "%s needs %zu bars of %s, and %zu are kept",
                   spec->row->name, needed, timeframe_name(timeframe), kept);
}

enum err_code windows_check(const struct market *market, const struct listing *listing,
                            enum timeframe timeframe, const struct spec *spec, struct err *err)
{
    if (spec->timeframe != TIMEFRAME_NONE)
        timeframe = spec->timeframe;
    for (size_t i = 0; spec->row->inputs[i].field; i++) {
        const struct spec *source = spec->sources[i].nested;
        if (source && windows_check(market, listing, timeframe, source, err) != ERR_OK)
            return ERR_BAD_PARAMETER;
    }
    size_t kept = market_kept_bars(market, listing, timeframe);
    return bars_with(spec, spec->params) <= kept ? ERR_OK : refuse(spec, timeframe, kept, err);
}
