#include "common/indicators/spec_refusal.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/protocol/timeframe.h"

/* What a parameter may be, and what it is when left out. */
static void put_range(struct buf *out, const struct indicator_param *param)
{
    if (param->type == PARAM_CHOICE) {
        buf_put_text(out, "one of");
        for (size_t c = 0; param->choices[c]; c++)
            buf_put_format(out, " %s", param->choices[c]);
        buf_put_format(out, " (default %s)", param->choices[(size_t)param->def]);
    } else {
        buf_put_format(out, "a %snumber from %.15g to %.15g (default %.15g)",
                       param->type == PARAM_INT ? "whole " : "", param->min, param->max,
                       param->def);
    }
}

enum err_code spec_refuse_value(const struct indicator *row, size_t i, const char *found,
                                struct err *err)
{
    const struct indicator_param *param = &row->params[i];
    struct buf range = {0};
    put_range(&range, param);
    err_set(err, ERR_BAD_PARAMETER, "%s of %s must be %s, not %.40s", param->name, row->name,
            range.data, found);
    buf_destroy(&range);
    return ERR_BAD_PARAMETER;
}

enum err_code spec_refuse_source(const struct indicator *row, size_t i, const char *found,
                                 struct err *err)
{
    return err_set(err, ERR_BAD_PARAMETER,
                   "%s of %s must be open high low close volume oi hl2 hlc3 ohlc4, of options iv "
                   "delta gamma theta vega rho, of underlyings pcr atm_iv, or an indicator such as "
                   "RSI(14) (default %s), not %.40s",
                   row->inputs[i].choose, row->name, field_name(row->inputs[i].field), found);
}

enum err_code spec_refuse_timeframe(const struct indicator *row, const char *found, struct err *err)
{
    struct buf names = {0};
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        buf_put_format(&names, " %s", timeframe_name((enum timeframe)i));
    err_set(err, ERR_BAD_PARAMETER,
            "timeframe of %s must be one of%s (default that of the subscription), not %.40s",
            row->name, names.data, found);
    buf_destroy(&names);
    return ERR_BAD_PARAMETER;
}

enum err_code spec_refuse_name(const struct indicator *row, const char *name, struct err *err)
{
    struct nearest nearest = nearest_begin(name);
    struct buf names = {0}, range = {0};
    for (size_t i = 0; row->params[i].name; i++) {
        nearest_offer(&nearest, row->params[i].name);
        buf_put_format(&names, " %s", row->params[i].name);
    }
    for (size_t i = 0; row->inputs[i].field; i++)
        if (row->inputs[i].choose) {
            nearest_offer(&nearest, row->inputs[i].choose);
            buf_put_format(&names, " %s", row->inputs[i].choose);
        }
    nearest_offer(&nearest, "timeframe");
    for (size_t i = 0; row->params[i].name; i++)
        if (row->params[i].name == nearest.best) {
            buf_put_text(&range, ", ");
            put_range(&range, &row->params[i]);
        }
    if (nearest.best)
        err_set(err, ERR_BAD_PARAMETER, "%s has no parameter \"%.40s\"; did you mean %s%s?",
                row->name, name, nearest.best, range.data ? range.data : "");
    else
        err_set(err, ERR_BAD_PARAMETER, "%s has no parameter \"%.40s\"; it has%s timeframe",
                row->name, name, names.data ? names.data : "");
    buf_destroy(&names);
    buf_destroy(&range);
    return ERR_BAD_PARAMETER;
}
