/* price - one number for a bar. */
#include "common/indicators/kernels.h"
#include "common/indicators/stateless.h"

STATELESS_ROW(hl2, (in[0] + in[1]) / 2, .name = "HL2", .title = "Median price", .category = "price",
              .reference = "(high + low) / 2; TA-Lib MEDPRICE", .aliases = {"MEDPRICE"},
              .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW)}, .outputs = {"HL2"});

STATELESS_ROW(hlc3, (in[0] + in[1] + in[2]) / 3, .name = "HLC3", .title = "Typical price",
              .category = "price", .reference = "(high + low + close) / 3; TA-Lib TYPPRICE",
              .aliases = {"TYPPRICE"},
              .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"HLC3"});

STATELESS_ROW(ohlc4, (in[0] + in[1] + in[2] + in[3]) / 4, .name = "OHLC4", .title = "Average price",
              .category = "price", .reference = "(open + high + low + close) / 4; TA-Lib AVGPRICE",
              .aliases = {"AVGPRICE"},
              .inputs = {BAR(FIELD_OPEN), BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)},
              .outputs = {"OHLC4"});

STATELESS_ROW(wcp, (in[0] + in[1] + in[2] * 2) / 4, .name = "WCP", .title = "Weighted close price",
              .category = "price", .reference = "(high + low + 2 close) / 4; TA-Lib WCLPRICE",
              .aliases = {"WCLPRICE"},
              .inputs = {BAR(FIELD_HIGH), BAR(FIELD_LOW), BAR(FIELD_CLOSE)}, .outputs = {"WCP"});
