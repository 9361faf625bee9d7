/* Indicator short forms and their JSON: what is taken has one key, which is a short form itself and
 * means the same; what is refused is refused with a sentence that can be sent. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/indicators/spec.h"
#include "tests/fuzz/fuzz.h"

/* A refusal goes into a JSON string. */
static void check_sentence(const struct err *err)
{
    struct buf text = {0};
    assert(err->code != ERR_OK && err->message[0] != '\0');
    json_put_string(&text, err->message);
    cJSON *read = json_parse(text.data, text.size, NULL);
    assert(read);
    cJSON_Delete(read);
    buf_destroy(&text);
}

static struct buf key_of(const struct spec *spec)
{
    struct buf key = {0};
    spec_put_key(spec, &key);
    return key;
}

static void check_same(const struct spec *spec, struct spec *again)
{
    struct buf before = key_of(spec), after = key_of(again), id = {0}, same = {0};
    spec_put_id(spec, &id);
    spec_put_id(again, &same);
    assert(strcmp(before.data, after.data) == 0);
    assert(strcmp(id.data, same.data) == 0);
    buf_destroy(&before);
    buf_destroy(&after);
    buf_destroy(&id);
    buf_destroy(&same);
    spec_destroy(&again);
}

static void check_key(const struct spec *spec)
{
    struct buf key = key_of(spec);
    struct spec *again;
    struct err err;
    if (key.size <= SPEC_TEXT_MAX) { /* with every default in it, it may be longer than any wish */
        assert(spec_parse(key.data, &again, &err) == ERR_OK);
        check_same(spec, again);
    }
    buf_destroy(&key);
}

/* What `subscribed` tells of an indicator can be asked for as it stands. */
static void check_params(const struct spec *spec)
{
    struct buf text = {0}, key = key_of(spec);
    struct spec *again;
    struct err err;
    buf_put_format(&text, "{\"name\":\"%s\",\"params\":", spec->row->name);
    spec_put_params(spec, &text);
    buf_put_char(&text, '}');
    cJSON *json = json_parse(text.data, text.size, &err);
    assert(json);
    if (key.size <= SPEC_TEXT_MAX) {
        assert(spec_parse_json(json, &again, &err) == ERR_OK);
        check_same(spec, again);
    }
    cJSON_Delete(json);
    buf_destroy(&text);
    buf_destroy(&key);
}

/* To the bit, but for the sign of what is undefined. */
static bool is_same(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* Some bars through the row's functions: peek promises what commit then gives. */
static void check_values(const struct spec *spec)
{
    double in[INDICATOR_INPUTS_MAX], ahead[INDICATOR_OUTPUTS_MAX], out[INDICATOR_OUTPUTS_MAX];
    const struct indicator *row = spec->row;
    void *state = mem_alloc_zero(indicator_state_size(row, spec->params), 1);
    size_t n = indicator_n_outputs(row);
    indicator_state_init(row, spec->params, state);
    for (int bar = 0; bar < 12; bar++) {
        for (size_t i = 0; i < indicator_n_inputs(row); i++)
            in[i] = 100 + (bar * 7 + (int)i * 3) % 10;
        row->peek(state, in, ahead);
        row->commit(state, in, out);
        for (size_t i = 0; i < n; i++)
            assert(is_same(ahead[i], out[i]));
    }
    free(state);
}

static void check(struct spec *spec, enum err_code code, const struct err *err)
{
    if (code != ERR_OK) {
        assert(!spec && code == err->code);
        check_sentence(err);
        return;
    }
    check_same(spec, spec_copy(spec));
    check_key(spec);
    check_params(spec);
    check_values(spec);
    spec_destroy(&spec);
}

/* On the wire a short form is the value of a JSON string, so it is UTF-8 without a NUL. */
static bool can_come(const char *text)
{
    struct buf quoted = {0};
    json_put_string(&quoted, text);
    cJSON *json = json_parse(quoted.data, quoted.size, NULL);
    bool good = json != NULL;
    cJSON_Delete(json);
    buf_destroy(&quoted);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spec *spec = NULL;
    struct err err = {0};
    enum err_code code;
    char *text = mem_strndup((const char *)data, size);
    if (text[0] == '{') {
        cJSON *json = json_parse(text, size, NULL);
        if (json) {
            code = spec_parse_json(json, &spec, &err);
            check(spec, code, &err);
        }
        cJSON_Delete(json);
    } else if (can_come(text)) {
        code = spec_parse(text, &spec, &err);
        check(spec, code, &err);
    }
    free(text);
    return 0;
}
