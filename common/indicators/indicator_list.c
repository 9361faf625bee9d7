/* indicator_list - every row, in the catalogue's order. A row that is not here does not exist. */
#include "common/indicators/indicator.h"

/* clang-format off */
#define LIST(X) \
    X(sma) X(ema_row) X(wma) X(bbands) X(macd) X(rsi) X(cci) X(stoch) X(adx) X(atr) X(obv) X(vwap) \
    X(hl2) X(hlc3) X(ohlc4) X(wcp) \
    X(max) X(min) X(sum) X(maxindex) X(minindex) X(minmax) X(minmaxindex) \
    X(add) X(sub) X(mult) X(div) \
    X(function_acos) X(function_asin) X(function_atan) X(function_ceil) X(function_cos) \
    X(function_cosh) X(function_exp) X(function_floor) X(function_log) X(function_log10) \
    X(function_sin) X(function_sinh) X(function_sqrt) X(function_tan) X(function_tanh)
/* clang-format on */

#define X(name) extern const struct indicator indicator_##name;
LIST(X)
#undef X

const struct indicator *const INDICATORS[] = {
#define X(name) &indicator_##name,
    LIST(X)
#undef X
};

size_t indicator_count(void)
{
    return sizeof INDICATORS / sizeof *INDICATORS;
}
