/* spec - what a subscriber asks for: "SMA(length=9,source=RSI(14))" or {"name":...,"params":...}.
 *
 * A spec is resolved: its row found, every parameter filled in and within its range, every input
 * tied to a field or to another spec. Two texts that mean the same computation give the same key.
 */
#ifndef INDSUB_INDICATORS_SPEC_H
#define INDSUB_INDICATORS_SPEC_H

#include <cjson/cJSON.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/indicators/indicator.h"
#include "common/protocol/timeframe.h"

enum { SPEC_DEPTH_MAX = 8, SPEC_TEXT_MAX = 512, SPEC_ID_MAX = 256 };

struct spec;

/* Where an input comes from: a field of the bar, or one output of another spec. */
struct spec_source {
    enum field field;    /* FIELD_NONE where nested is set */
    struct spec *nested; /* owned */
    size_t output;       /* which of nested's */
};

struct spec {
    const struct indicator *row;
    double params[INDICATOR_PARAMS_MAX];
    struct spec_source sources[INDICATOR_INPUTS_MAX]; /* one for each input of the row */
    enum timeframe timeframe; /* of a higher timeframe; TIMEFRAME_NONE: the subscription's own */
};

/* Reads the short form: NAME, NAME(14), NAME(14,2), NAME(length=14,std=2), positional arguments
 * first, in the row's order of parameters; `source=` (and the row's other inputs by their names)
 * takes a field or a nested short form, `.OUTPUT` behind it chooses an output other than the first
 * ("source=MACD(12,26,9).MACDs"); `timeframe=1h` a higher timeframe. Blanks are free.
 * Gives *spec for spec_destroy. Errors: UNKNOWN_INDICATOR (with the nearest name), BAD_PARAMETER
 * (naming the parameter, what was found, the range and the default). */
enum err_code spec_parse(const char *text, struct spec **spec, struct err *err);

/* Reads {"name":"RSI","params":{"length":14,"source":"RSI(14)"}}; params is optional. Unknown
 * members are BAD_REQUEST. */
enum err_code spec_parse_json(const cJSON *item, struct spec **spec, struct err *err);

/* Whether it can be computed beside bars of that timeframe: what it or a source of it takes from
 * another one must not be of a shorter one. Errors: BAD_PARAMETER. */
enum err_code spec_check_timeframe(const struct spec *spec, enum timeframe own, struct err *err);

/* What it takes to compute it and all that it takes as a source. */
struct spec_size {
    size_t n_indicators; /* it is one of them */
    size_t bytes;        /* of their states: after the last closed bar, and after pending ones */
};
struct spec_size spec_size(const struct spec *spec);

void spec_destroy(struct spec **spec);

/* A copy of its own, for spec_destroy. */
struct spec *spec_copy(const struct spec *spec);

/* The key of the computation: the whole short form with every parameter by name, no blanks. Equal
 * exactly if the computations are. */
void spec_put_key(const struct spec *spec, struct buf *out);

/* The canonical id: name and all parameter values joined by "_" ("RSI_14_100"); an input that is
 * not the default, and a timeframe, follow them ("SMA_9_RSI_14_100"). */
void spec_put_id(const struct spec *spec, struct buf *out);

/* Every parameter as a JSON object: {"length":14,"scalar":100}; inputs that can be chosen appear
 * under their names where they are not the default. */
void spec_put_params(const struct spec *spec, struct buf *out);

#endif
