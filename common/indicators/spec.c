#include "common/indicators/spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/indicators/spec_refusal.h"

enum { WORD_MAX = 64 };

static struct spec *make_spec(const struct indicator *row)
{
    struct spec *self = mem_alloc_zero(1, sizeof *self);
    self->row = row;
    self->timeframe = TIMEFRAME_NONE;
    for (size_t i = 0; row->params[i].name; i++)
        self->params[i] = row->params[i].def;
    for (size_t i = 0; row->inputs[i].field; i++)
        self->sources[i].field = row->inputs[i].field;
    return self;
}

struct spec_size spec_size(const struct spec *spec)
{
    enum { STATES = 2 };
    struct spec_size size = {1, STATES * indicator_state_size(spec->row, spec->params)};
    for (size_t i = 0; i < INDICATOR_INPUTS_MAX; i++) {
        if (!spec->sources[i].nested)
            continue;
        struct spec_size source = spec_size(spec->sources[i].nested);
        size.n_indicators += source.n_indicators;
        size.bytes += source.bytes;
    }
    return size;
}

void spec_destroy(struct spec **spec)
{
    if (!*spec)
        return;
    for (size_t i = 0; i < INDICATOR_INPUTS_MAX; i++)
        spec_destroy(&(*spec)->sources[i].nested);
    free(*spec);
    *spec = NULL;
}

struct spec *spec_copy(const struct spec *spec)
{
    struct spec *copy = mem_alloc(sizeof *copy);
    *copy = *spec;
    for (size_t i = 0; i < INDICATOR_INPUTS_MAX; i++)
        if (spec->sources[i].nested)
            copy->sources[i].nested = spec_copy(spec->sources[i].nested);
    return copy;
}

/* ---- values -----------------------------------------------------------------------------------
 */

static const struct indicator *find_row(const char *name, struct err *err)
{
    const struct indicator *row = indicator_find(name);
    if (row && row->unavailable) {
        err_set(err, ERR_UNKNOWN_INDICATOR, "%s is not available: %s", row->name, row->unavailable);
        return NULL;
    }
    if (row)
        return row;
    struct nearest nearest = nearest_begin(name);
    for (size_t i = 0; i < indicator_count(); i++)
        if (!INDICATORS[i]->unavailable)
            nearest_offer(&nearest, INDICATORS[i]->name);
    if (nearest.best)
        err_set(err, ERR_UNKNOWN_INDICATOR, "no indicator \"%.64s\"; did you mean %s?", name,
                nearest.best);
    else
        err_set(err, ERR_UNKNOWN_INDICATOR, "no indicator \"%.64s\"; \"catalog\" lists them", name);
    return NULL;
}

static enum err_code set_number(struct spec *self, size_t i, double value, const char *found,
                                struct err *err)
{
    const struct indicator_param *param = &self->row->params[i];
    bool whole = param->type == PARAM_INT;
    if (isnan(value) || value < param->min || value > param->max ||
        (whole && value != floor(value)))
        return spec_refuse_value(self->row, i, found, err);
    self->params[i] = value == 0 ? 0 : value; /* no -0 beside 0 */
    return ERR_OK;
}

static enum err_code set_choice(struct spec *self, size_t i, const char *found, struct err *err)
{
    const struct indicator_param *param = &self->row->params[i];
    for (size_t c = 0; param->choices[c]; c++)
        if (strcasecmp(param->choices[c], found) == 0) {
            self->params[i] = (double)c;
            return ERR_OK;
        }
    return spec_refuse_value(self->row, i, found[0] ? found : "nothing", err);
}

static enum err_code set_param_text(struct spec *self, size_t i, const char *text, struct err *err)
{
    char *end;
    if (self->row->params[i].type == PARAM_CHOICE)
        return set_choice(self, i, text, err);
    double value = strtod(text, &end);
    bool is_number = *text != '\0' && *end == '\0' && isfinite(value) &&
                     strspn(text, "0123456789+-.eE") == strlen(text);
    return set_number(self, i, is_number ? value : NAN, text[0] ? text : "nothing", err);
}

static enum err_code parse_nested(const char *text, int depth, struct spec **spec, size_t *output,
                                  struct err *err);

/* Ties input i to a field, or to another indicator. */
static enum err_code set_source(struct spec *self, size_t i, const char *text, int depth,
                                struct err *err)
{
    struct spec_source *source = &self->sources[i];
    enum field field = field_parse(text);
    spec_destroy(&source->nested);
    source->field = field;
    if (field != FIELD_NONE)
        return ERR_OK;
    char name[WORD_MAX + 1];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "(."), text);
    if (!strchr(text, '(') && !indicator_find(name))
        return spec_refuse_source(self->row, i, text[0] ? text : "nothing", err);
    return parse_nested(text, depth + 1, &source->nested, &source->output, err);
}

static enum err_code set_timeframe(struct spec *self, const char *text, struct err *err)
{
    self->timeframe = timeframe_parse(text);
    return self->timeframe == TIMEFRAME_NONE
               ? spec_refuse_timeframe(self->row, text[0] ? text : "nothing", err)
               : ERR_OK;
}

/* Where a name belongs. */
struct place {
    enum { PLACE_PARAM, PLACE_SOURCE, PLACE_TIMEFRAME, PLACE_NONE } kind;
    size_t index;
};

static struct place find_place(const struct spec *self, const char *name)
{
    for (size_t i = 0; self->row->params[i].name; i++)
        if (strcasecmp(self->row->params[i].name, name) == 0)
            return (struct place){PLACE_PARAM, i};
    for (size_t i = 0; self->row->inputs[i].field; i++)
        if (self->row->inputs[i].choose && strcasecmp(self->row->inputs[i].choose, name) == 0)
            return (struct place){PLACE_SOURCE, i};
    if (strcasecmp(name, "timeframe") == 0)
        return (struct place){PLACE_TIMEFRAME, 0};
    return (struct place){PLACE_NONE, 0};
}

static enum err_code set_named(struct spec *self, const char *name, const char *value, int depth,
                               struct err *err)
{
    struct place place = find_place(self, name);
    switch (place.kind) {
    case PLACE_PARAM:
        return set_param_text(self, place.index, value, err);
    case PLACE_SOURCE:
        return set_source(self, place.index, value, depth, err);
    case PLACE_TIMEFRAME:
        return set_timeframe(self, value, err);
    default:
        return spec_refuse_name(self->row, name, err);
    }
}

enum err_code spec_check_timeframe(const struct spec *spec, enum timeframe own, struct err *err)
{
    if (spec->timeframe < own)
        return err_set(err, ERR_BAD_PARAMETER,
                       "timeframe of %s must not be shorter than %s, beside which it is shown",
                       spec->row->name, timeframe_name(own));
    if (spec->timeframe != TIMEFRAME_NONE)
        own = spec->timeframe;
    for (size_t i = 0; i < INDICATOR_INPUTS_MAX; i++)
        if (spec->sources[i].nested &&
            spec_check_timeframe(spec->sources[i].nested, own, err) != ERR_OK)
            return ERR_BAD_PARAMETER;
    return ERR_OK;
}

/* ---- the short form ---------------------------------------------------------------------------
 */

/* The argument that starts at `at` ends before the returned place: at a comma or bracket that
 * belongs to no inner pair. NULL if brackets do not match. */
static const char *argument_end(const char *at)
{
    int depth = 0;
    for (; *at; at++) {
        if (*at == '(')
            depth++;
        else if (*at == ')' && depth-- == 0)
            return at;
        else if (*at == ',' && depth == 0)
            return at;
    }
    return NULL;
}

static char *trim(const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return mem_strndup(from, (size_t)(to - from));
}

/* Which names an argument list has set already. */
struct seen {
    bool params[INDICATOR_PARAMS_MAX], sources[INDICATOR_INPUTS_MAX], timeframe;
};

static bool mark_seen(struct seen *self, const struct place *place)
{
    bool *mark = place->kind == PLACE_PARAM    ? &self->params[place->index]
                 : place->kind == PLACE_SOURCE ? &self->sources[place->index]
                                               : &self->timeframe;
    bool before = *mark;
    *mark = place->kind != PLACE_NONE;
    return before;
}

/* The "=" behind an argument's name; NULL where it has none: one within brackets is not its own. */
static char *find_equals(char *text)
{
    char *at = text + strcspn(text, "=(");
    return *at == '=' ? at : NULL;
}

/* One argument: "14", "length=14" or "source=RSI(14)". */
static enum err_code take_argument(struct spec *self, char *text, size_t *position, int depth,
                                   struct seen *seen, struct err *err)
{
    char *equals = find_equals(text);
    if (!equals) {
        struct place place = {PLACE_PARAM, (*position)++};
        if (!self->row->params[place.index].name)
            return err_set(err, ERR_BAD_PARAMETER, "%s takes %zu parameters without names",
                           self->row->name, indicator_n_params(self->row));
        if (mark_seen(seen, &place))
            return err_set(err, ERR_BAD_PARAMETER, "%s of %s is given twice",
                           self->row->params[place.index].name, self->row->name);
        return set_param_text(self, place.index, text, err);
    }
    char *name = trim(text, equals), *value = trim(equals + 1, equals + strlen(equals));
    struct place place = find_place(self, name);
    enum err_code code =
        mark_seen(seen, &place)
            ? err_set(err, ERR_BAD_PARAMETER, "%s of %s is given twice", name, self->row->name)
            : set_named(self, name, value, depth, err);
    *position = SIZE_MAX - 1; /* nothing without a name may follow */
    free(name);
    free(value);
    return code;
}

static enum err_code take_arguments(struct spec *self, const char **at, int depth, struct err *err)
{
    size_t position = 0;
    struct seen seen = {{0}, {0}, false};
    while (isspace((unsigned char)**at))
        (*at)++;
    if (**at == ')') {
        (*at)++;
        return ERR_OK;
    }
    for (;;) {
        const char *end = argument_end(*at);
        if (!end)
            return err_set(err, ERR_BAD_PARAMETER, "%s: a bracket is not closed", self->row->name);
        char *text = trim(*at, end);
        enum err_code code =
            position >= SIZE_MAX - 1 && !find_equals(text)
                ? err_set(err, ERR_BAD_PARAMETER,
                          "%s: \"%.40s\" needs a name, since it follows one with a name",
                          self->row->name, text)
                : take_argument(self, text, &position, depth, &seen, err);
        free(text);
        if (code != ERR_OK)
            return code;
        *at = end + 1;
        if (*end == ')')
            return ERR_OK;
    }
}

static enum err_code choose_output(const struct indicator *row, const char *text, size_t *output,
                                   struct err *err)
{
    char *name = trim(text, text + strlen(text));
    enum err_code code = ERR_OK;
    size_t i = 0;
    while (row->outputs[i] && strcasecmp(row->outputs[i], name) != 0)
        i++;
    if (row->outputs[i])
        *output = i;
    else
        code = err_set(err, ERR_BAD_PARAMETER, "%s has no output \"%.40s\"", row->name, name);
    free(name);
    return code;
}

/* NAME, NAME(...), and with output not NULL also NAME(...).OUTPUT. */
static enum err_code parse_nested(const char *text, int depth, struct spec **spec, size_t *output,
                                  struct err *err)
{
    char name[WORD_MAX + 1];
    if (depth > SPEC_DEPTH_MAX)
        return err_set(err, ERR_BAD_PARAMETER, "indicators may stand %d deep in one another",
                       SPEC_DEPTH_MAX);
    while (isspace((unsigned char)*text))
        text++;
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (size == 0 || size > WORD_MAX)
        return err_set(err, ERR_UNKNOWN_INDICATOR, "no indicator \"%.40s\"", text);
    memcpy(name, text, size);
    name[size] = '\0';
    const struct indicator *row = find_row(name, err);
    if (!row)
        return ERR_UNKNOWN_INDICATOR;
    *spec = make_spec(row);
    const char *at = text + size;
    while (isspace((unsigned char)*at))
        at++;
    enum err_code code = ERR_OK;
    if (*at == '(') {
        at++;
        code = take_arguments(*spec, &at, depth, err);
    }
    while (code == ERR_OK && isspace((unsigned char)*at))
        at++;
    if (code == ERR_OK && output && *at == '.')
        code = choose_output(row, at + 1, output, err);
    else if (code == ERR_OK && *at != '\0')
        code = err_set(err, ERR_BAD_PARAMETER, "%s: \"%.40s\" follows the closing bracket",
                       row->name, at);
    if (code != ERR_OK)
        spec_destroy(spec);
    return code;
}

enum err_code spec_parse(const char *text, struct spec **spec, struct err *err)
{
    *spec = NULL;
    if (strlen(text) > SPEC_TEXT_MAX)
        return err_set(err, ERR_BAD_PARAMETER, "a short form may have %d characters",
                       SPEC_TEXT_MAX);
    return parse_nested(text, 1, spec, NULL, err);
}

/* ---- JSON -------------------------------------------------------------------------------------
 */

/* A value of the wrong kind, as it was written. */
static enum err_code refuse_kind(const struct spec *self, const struct place *place,
                                 const cJSON *member, struct err *err)
{
    char *found = cJSON_PrintUnformatted(member);
    const char *shown = found ? found : "that";
    enum err_code code =
        place->kind == PLACE_PARAM    ? spec_refuse_value(self->row, place->index, shown, err)
        : place->kind == PLACE_SOURCE ? spec_refuse_source(self->row, place->index, shown, err)
                                      : spec_refuse_timeframe(self->row, shown, err);
    cJSON_free(found);
    return code;
}

static enum err_code take_member(struct spec *self, const cJSON *member, struct err *err)
{
    struct place place = find_place(self, member->string);
    if (place.kind == PLACE_NONE)
        return spec_refuse_name(self->row, member->string, err);
    bool number = place.kind == PLACE_PARAM && self->row->params[place.index].type != PARAM_CHOICE;
    if (number ? !cJSON_IsNumber(member) : !cJSON_IsString(member))
        return refuse_kind(self, &place, member, err);
    if (number) {
        struct buf found = {0};
        buf_put_format(&found, "%.15g", member->valuedouble);
        enum err_code code = set_number(self, place.index, member->valuedouble, found.data, err);
        buf_destroy(&found);
        return code;
    }
    if (strlen(member->valuestring) > SPEC_TEXT_MAX)
        return err_set(err, ERR_BAD_PARAMETER, "%s of %s may have %d characters", member->string,
                       self->row->name, SPEC_TEXT_MAX);
    return set_named(self, member->string, member->valuestring, 1, err);
}

enum err_code spec_parse_json(const cJSON *item, struct spec **spec, struct err *err)
{
    *spec = NULL;
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name"),
                *params = cJSON_GetObjectItemCaseSensitive(item, "params");
    if (!cJSON_IsObject(item) || !cJSON_IsString(name))
        return err_set(err, ERR_BAD_REQUEST,
                       "an indicator is an object such as {\"name\":\"RSI\",\"params\":{...}}");
    for (const cJSON *one = item->child; one; one = one->next)
        if (one != name && one != params)
            return err_set(err, ERR_BAD_REQUEST, "an indicator has no member \"%.64s\"",
                           one->string);
    if (params && !cJSON_IsNull(params) && !cJSON_IsObject(params))
        return err_set(err, ERR_BAD_REQUEST, "\"params\" must be an object");
    const struct indicator *row = find_row(name->valuestring, err);
    if (!row)
        return ERR_UNKNOWN_INDICATOR;
    *spec = make_spec(row);
    enum err_code code = ERR_OK;
    for (const cJSON *one = params ? params->child : NULL; one && code == ERR_OK; one = one->next)
        code = take_member(*spec, one, err);
    if (code != ERR_OK)
        spec_destroy(spec);
    return code;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static bool is_default_source(const struct spec *self, size_t i)
{
    return !self->sources[i].nested && self->sources[i].field == self->row->inputs[i].field;
}

static void put_param_value(struct buf *out, const struct spec *self, size_t i)
{
    const struct indicator_param *param = &self->row->params[i];
    if (param->type == PARAM_CHOICE)
        buf_put_text(out, param->choices[(size_t)self->params[i]]);
    else
        json_put_number(out, self->params[i]);
}

static void put_source(struct buf *out, const struct spec_source *source)
{
    if (!source->nested) {
        buf_put_text(out, field_name(source->field));
        return;
    }
    spec_put_key(source->nested, out);
    if (source->output > 0)
        buf_put_format(out, ".%s", source->nested->row->outputs[source->output]);
}

void spec_put_key(const struct spec *spec, struct buf *out)
{
    const char *between = "";
    buf_put_format(out, "%s(", spec->row->name);
    for (size_t i = 0; spec->row->params[i].name; i++, between = ",") {
        buf_put_format(out, "%s%s=", between, spec->row->params[i].name);
        put_param_value(out, spec, i);
    }
    for (size_t i = 0; spec->row->inputs[i].field; i++) {
        if (is_default_source(spec, i))
            continue;
        buf_put_format(out, "%s%s=", between, spec->row->inputs[i].choose);
        put_source(out, &spec->sources[i]);
        between = ",";
    }
    if (spec->timeframe != TIMEFRAME_NONE)
        buf_put_format(out, "%stimeframe=%s", between, timeframe_name(spec->timeframe));
    buf_put_char(out, ')');
}

void spec_put_id(const struct spec *spec, struct buf *out)
{
    buf_put_text(out, spec->row->name);
    for (size_t i = 0; spec->row->params[i].name; i++) {
        buf_put_char(out, '_');
        put_param_value(out, spec, i);
    }
    for (size_t i = 0; spec->row->inputs[i].field; i++) {
        const struct spec_source *source = &spec->sources[i];
        if (is_default_source(spec, i))
            continue;
        buf_put_char(out, '_');
        if (!source->nested)
            buf_put_text(out, field_name(source->field));
        else
            spec_put_id(source->nested, out);
        if (source->nested && source->output > 0)
            buf_put_format(out, ".%s", source->nested->row->outputs[source->output]);
    }
    if (spec->timeframe != TIMEFRAME_NONE)
        buf_put_format(out, "_%s", timeframe_name(spec->timeframe));
}

void spec_put_params(const struct spec *spec, struct buf *out)
{
    const char *between = "{";
    for (size_t i = 0; spec->row->params[i].name; i++, between = ",") {
        bool text = spec->row->params[i].type == PARAM_CHOICE;
        buf_put_format(out, "%s\"%s\":%s", between, spec->row->params[i].name, text ? "\"" : "");
        put_param_value(out, spec, i);
        buf_put_text(out, text ? "\"" : "");
    }
    for (size_t i = 0; spec->row->inputs[i].field; i++) {
        if (is_default_source(spec, i))
            continue;
        struct buf source = {0};
        put_source(&source, &spec->sources[i]);
        buf_put_format(out, "%s\"%s\":", between, spec->row->inputs[i].choose);
        json_put_string(out, source.data);
        buf_destroy(&source);
        between = ",";
    }
    if (spec->timeframe != TIMEFRAME_NONE) {
        buf_put_format(out, "%s\"timeframe\":\"%s\"", between, timeframe_name(spec->timeframe));
        between = ",";
    }
    buf_put_text(out, between[0] == '{' ? "{}" : "}");
}
