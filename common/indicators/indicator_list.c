/* indicator_list - every row, in the catalogue's order. A row that is not here does not exist. */
#include "common/indicators/indicator.h"

#define LIST(X) \
    X(sma) X(ema_row) X(wma) X(bbands) X(macd) X(rsi) X(cci) X(stoch) X(adx) X(atr) X(obv) X(vwap)

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
