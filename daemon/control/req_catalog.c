/* req_catalog - catalog: which indicators there are. */
#include <string.h>

#include "common/base/json.h"
#include "common/indicators/indicator.h"
#include "daemon/control/request.h"

static void put_texts(struct buf *out, const char *name, const char *const *texts, size_t n)
{
    buf_put_format(out, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        json_put_string(out, texts[i]);
    }
    buf_put_char(out, ']');
}

static void put_choices(struct buf *out, const struct indicator_param *param)
{
    size_t n = 0;
    while (param->choices[n])
        n++;
    buf_put_text(out, ",\"default\":");
    json_put_string(out, param->choices[(size_t)param->def]);
    buf_put_text(out, ",\"min\":null,\"max\":null");
    put_texts(out, "choices", param->choices, n);
}

static void put_param(struct buf *out, const struct indicator_param *param)
{
    static const char *const TYPES[] = {
        [PARAM_INT] = "int", [PARAM_REAL] = "real", [PARAM_CHOICE] = "choice"};
    buf_put_format(out, "{\"name\":\"%s\",\"type\":\"%s\"", param->name, TYPES[param->type]);
    if (param->type == PARAM_CHOICE) {
        put_choices(out, param);
    } else {
        buf_put_text(out, ",\"default\":");
        json_put_number(out, param->def);
        buf_put_text(out, ",\"min\":");
        json_put_number(out, param->min);
        buf_put_text(out, ",\"max\":");
        json_put_number(out, param->max);
    }
    buf_put_text(out, ",\"about\":");
    json_put_string(out, param->about ? param->about : "");
    buf_put_char(out, '}');
}

/* An input that a subscriber may choose is a parameter to him. */
static void put_chosen_input(struct buf *out, const struct indicator_input *input)
{
    buf_put_format(out,
                   "{\"name\":\"%s\",\"type\":\"source\",\"default\":\"%s\",\"min\":null,"
                   "\"max\":null,\"about\":\"a field of the bar, or another indicator\"}",
                   input->choose, field_name(input->field));
}

static void put_params(struct buf *out, const struct indicator *row)
{
    bool follows = false;
    buf_put_text(out, ",\"params\":[");
    for (const struct indicator_param *param = row->params; param->name; param++) {
        buf_put_text(out, follows ? "," : "");
        put_param(out, param);
        follows = true;
    }
    for (const struct indicator_input *input = row->inputs; input->field; input++) {
        if (!input->choose)
            continue;
        buf_put_text(out, follows ? "," : "");
        put_chosen_input(out, input);
        follows = true;
    }
    buf_put_char(out, ']');
}

static void put_inputs(struct buf *out, const struct indicator *row)
{
    bool follows = false;
    buf_put_text(out, ",\"inputs\":[");
    for (const struct indicator_input *input = row->inputs; input->field; input++) {
        const char *name = field_name(input->field);
        if (!name)
            continue; /* the trading day: nobody can give it */
        buf_put_format(out, follows ? ",\"%s\"" : "\"%s\"", name);
        follows = true;
    }
    buf_put_char(out, ']');
}

static void put_warmup(struct buf *out, const struct indicator *row)
{
    if (row->unavailable) {
        buf_put_text(out, ",\"warmup\":null,\"unavailable\":");
        json_put_string(out, row->unavailable);
        return;
    }
    double params[INDICATOR_PARAMS_MAX];
    for (size_t i = 0; i < indicator_n_params(row); i++)
        params[i] = row->params[i].def;
    buf_put_format(out, ",\"warmup\":%zu,\"settled\":%zu", row->defined_bars(params),
                   row->settled_bars(params));
}

static void put_row(struct buf *out, const struct indicator *row)
{
    size_t n_aliases = 0;
    while (n_aliases < INDICATOR_ALIASES_MAX && row->aliases[n_aliases])
        n_aliases++;
    buf_put_format(out, "{\"name\":\"%s\",\"title\":", row->name);
    json_put_string(out, row->title);
    put_texts(out, "aliases", row->aliases, n_aliases);
    buf_put_format(out, ",\"category\":\"%s\"", row->category);
    put_params(out, row);
    put_inputs(out, row);
    put_texts(out, "outputs", row->outputs, indicator_n_outputs(row));
    put_warmup(out, row);
    buf_put_text(out, ",\"source\":");
    json_put_string(out, row->reference);
    buf_put_char(out, '}');
}

static enum err_code handle_catalog(struct call *call)
{
    const char *name = call_text(call, "name");
    const struct indicator *only = name ? indicator_find(name) : NULL;
    if (name && !only) {
        struct nearest nearest = nearest_begin(name);
        for (size_t i = 0; i < indicator_count(); i++)
            nearest_offer(&nearest, INDICATORS[i]->name);
        return nearest.best
                   ? err_set(call->err, ERR_UNKNOWN_INDICATOR,
                             "no indicator \"%.64s\"; did you mean %s?", name, nearest.best)
                   : err_set(call->err, ERR_UNKNOWN_INDICATOR,
                             "no indicator \"%.64s\"; \"catalog\" lists what there is", name);
    }
    buf_put_text(call->reply, ",\"indicators\":[");
    for (size_t i = 0; i < indicator_count() && !only; i++) {
        buf_put_text(call->reply, i > 0 ? "," : "");
        put_row(call->reply, INDICATORS[i]);
    }
    if (only)
        put_row(call->reply, only);
    buf_put_char(call->reply, ']');
    return ERR_OK;
}

const struct request request_catalog = {
    .type = "catalog",
    .reply = "catalog",
    .needs = NEEDS_SESSION,
    .members = {{"name", MEMBER_TEXT, false}},
    .is_long = true,
    .handle = handle_catalog,
};
