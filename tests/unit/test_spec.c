/* What a subscriber may ask for: short forms and JSON, to keys, ids and sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/indicators/spec.h"

/* Key and id of a short form; the caller frees. */
static void read_short(const char *text, struct buf *key, struct buf *id)
{
    struct spec *spec = NULL;
    struct err err = {0};
    *key = *id = (struct buf){0};
    if (spec_parse(text, &spec, &err) != ERR_OK)
        fail_msg("%s: %s", text, err.message);
    spec_put_key(spec, key);
    spec_put_id(spec, id);
    spec_destroy(&spec);
}

static void short_forms_have_one_key_and_one_id(void **state)
{
    static const struct {
        const char *text, *key, *id;
    } CASES[] = {
        {"RSI", "RSI(length=14,scalar=100)", "RSI_14_100"},
        {"RSI()", "RSI(length=14,scalar=100)", "RSI_14_100"},
        {"rsi( 14 )", "RSI(length=14,scalar=100)", "RSI_14_100"},
        {"RSI(14.0)", "RSI(length=14,scalar=100)", "RSI_14_100"},
        {"RSI(14,1e2)", "RSI(length=14,scalar=100)", "RSI_14_100"},
        {"RSI(scalar=100, length=14)", "RSI(length=14,scalar=100)", "RSI_14_100"},
        {"RSI(7,scalar=50)", "RSI(length=7,scalar=50)", "RSI_7_50"},
        {"MACD(12,26,9)", "MACD(fast=12,slow=26,signal=9)", "MACD_12_26_9"},
        {"BBANDS(20,2.5)", "BBANDS(length=20,std=2.5)", "BBANDS_20_2.5"},
        {"SMA(20,source=close)", "SMA(length=20)", "SMA_20"},
        {"SMA(20,source=hl2)", "SMA(length=20,source=hl2)", "SMA_20_hl2"},
        {"SMA(length=9,source=RSI(14))", "SMA(length=9,source=RSI(length=14,scalar=100))",
         "SMA_9_RSI_14_100"},
        {"SMA(9,source=MACD(12,26,9).MACDs)",
         "SMA(length=9,source=MACD(fast=12,slow=26,signal=9).MACDs)", "SMA_9_MACD_12_26_9.MACDs"},
        {"SMA(9,source=MACD.MACD)", "SMA(length=9,source=MACD(fast=12,slow=26,signal=9))",
         "SMA_9_MACD_12_26_9"},
        {"EMA(50,timeframe=60min)", "EMA(length=50,timeframe=1h)", "EMA_50_1h"},
        {"OBV", "OBV()", "OBV"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buf key, id, again, same;
        read_short(CASES[i].text, &key, &id);
        assert_string_equal(key.data, CASES[i].key);
        assert_string_equal(id.data, CASES[i].id);
        read_short(key.data, &again, &same); /* a key is a short form itself */
        assert_string_equal(again.data, key.data);
        buf_destroy(&key);
        buf_destroy(&id);
        buf_destroy(&again);
        buf_destroy(&same);
    }
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *word;
    } CASES[] = {
        {"", ERR_UNKNOWN_INDICATOR, "no indicator"},
        {"BBANDZ", ERR_UNKNOWN_INDICATOR, "did you mean BBANDS"},
        {"RSI(0)", ERR_BAD_PARAMETER, "from 1 to 5000 (default 14)"},
        {"RSI(length=3,RSI(scalar=2))", ERR_BAD_PARAMETER, "needs a name"},
        {"RSI(-1)", ERR_BAD_PARAMETER, "length"},
        {"RSI(1e9)", ERR_BAD_PARAMETER, "length"},
        {"RSI(nan)", ERR_BAD_PARAMETER, "length"},
        {"RSI(inf)", ERR_BAD_PARAMETER, "length"},
        {"RSI(0x0E)", ERR_BAD_PARAMETER, "length"},
        {"RSI(14.5)", ERR_BAD_PARAMETER, "whole"},
        {"RSI(fourteen)", ERR_BAD_PARAMETER, "fourteen"},
        {"RSI(14,100,3)", ERR_BAD_PARAMETER, "2 parameters"},
        {"RSI(14,length=14)", ERR_BAD_PARAMETER, "twice"},
        {"RSI(length=14,7)", ERR_BAD_PARAMETER, "needs a name"},
        {"RSI(lenght=14)", ERR_BAD_PARAMETER, "did you mean length"},
        {"RSI(14", ERR_BAD_PARAMETER, "bracket"},
        {"RSI(14))", ERR_BAD_PARAMETER, "follows"},
        {"RSI(14)x", ERR_BAD_PARAMETER, "follows"},
        {"RSI(14).RSI", ERR_BAD_PARAMETER, "follows"},
        {"RSI(14,)", ERR_BAD_PARAMETER, "scalar"},
        {"SMA(9,source=nothing)", ERR_BAD_PARAMETER, "hlc3"},
        {"SMA(9,source=RSI(0))", ERR_BAD_PARAMETER, "length of RSI"},
        {"SMA(9,source=MACD(12,26,9).X)", ERR_BAD_PARAMETER, "no output"},
        {"ATR(14,source=close)", ERR_BAD_PARAMETER, "no parameter"},
        {"EMA(9,timeframe=7min)", ERR_BAD_PARAMETER, "7min"},
        {"RSI(14)\n;drop", ERR_BAD_PARAMETER, "follows"},
        {"(14)", ERR_UNKNOWN_INDICATOR, "no indicator"},
        {"VP", ERR_UNKNOWN_INDICATOR, "not available: it looks ahead"},
        {"SMA(9,source=TOS_STDEVALL)", ERR_UNKNOWN_INDICATOR, "not available: it looks ahead"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct spec *spec = NULL;
        struct err err = {0};
        enum err_code code = spec_parse(CASES[i].text, &spec, &err);
        if (code != CASES[i].code || !strstr(err.message, CASES[i].word))
            fail_msg("%s: %s: %s", CASES[i].text, err_code_name(code), err.message);
        assert_null(spec);
    }
}

/* Sets a parameter of a row to a JSON value, which must be refused with a sentence that has all the
 * words. */
static void assert_refused(const struct indicator *row, const char *name, const char *value,
                           const char *const *words, size_t n)
{
    struct buf text = {0};
    struct err err = {0};
    struct spec *spec = NULL;
    buf_put_format(&text, "{\"name\":\"%s\",\"params\":{\"%s\":%s}}", row->name, name, value);
    cJSON *item = json_parse(text.data, text.size, &err);
    assert_non_null(item);
    if (spec_parse_json(item, &spec, &err) != ERR_BAD_PARAMETER)
        fail_msg("%s is taken", text.data);
    for (size_t i = 0; i < n; i++)
        if (!strstr(err.message, words[i]))
            fail_msg("%s: no \"%s\" in: %s", text.data, words[i], err.message);
    assert_null(spec);
    cJSON_Delete(item);
    buf_destroy(&text);
}

static void assert_number_is_held_to_its_range(const struct indicator *row,
                                               const struct indicator_param *param)
{
    char min[40], max[40], def[60], below[60], above[60];
    snprintf(min, sizeof min, "from %.15g ", param->min);
    snprintf(max, sizeof max, "to %.15g ", param->max);
    snprintf(def, sizeof def, "(default %.15g)", param->def);
    const char *const words[] = {param->name, row->name, min, max, def};
    snprintf(below, sizeof below, "%.17g", param->min - fmax(1, fabs(param->min) / 2));
    snprintf(above, sizeof above, "%.17g", param->max + fmax(1, fabs(param->max) / 2));
    const char *const WRONG[] = {below, above, "null", "true", "\"14\"", "[3]", "{}"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_refused(row, param->name, WRONG[i], words, 5);
    if (param->type == PARAM_INT)
        assert_refused(row, param->name, "2.5", words, 5);
}

static void assert_choice_is_one_of_its_own(const struct indicator *row,
                                            const struct indicator_param *param)
{
    char def[60];
    size_t last = 0;
    while (param->choices[last + 1])
        last++;
    snprintf(def, sizeof def, "(default %s)", param->choices[(size_t)param->def]);
    const char *const words[] = {param->name, row->name, param->choices[0], param->choices[last],
                                 def};
    static const char *const WRONG[] = {"\"none such\"", "\"\"", "1", "null", "[]"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_refused(row, param->name, WRONG[i], words, 5);
}

static void every_parameter_of_every_row_says_what_it_may_be(void **state)
{
    (void)state;
    for (size_t r = 0; r < indicator_count(); r++) {
        const struct indicator *row = INDICATORS[r];
        if (row->unavailable)
            continue;
        for (const struct indicator_param *param = row->params; param->name; param++) {
            if (param->type == PARAM_CHOICE)
                assert_choice_is_one_of_its_own(row, param);
            else
                assert_number_is_held_to_its_range(row, param);
        }
        for (const struct indicator_input *input = row->inputs; input->field; input++)
            if (input->choose) {
                char def[60];
                snprintf(def, sizeof def, "(default %s)", field_name(input->field));
                const char *const words[] = {input->choose, row->name, "ohlc4", "RSI(14)", def};
                assert_refused(row, input->choose, "7", words, 5);
                assert_refused(row, input->choose, "\"none such\"", words, 5);
            }
        assert_refused(row, "timeframe", "5",
                       (const char *const[]){"timeframe", "1min", "1w", "(default"}, 4);
        assert_refused(row, "no_such_name", "5", (const char *const[]){"no_such_name", "timeframe"},
                       2);
    }
}

static void a_misspelt_parameter_is_told_with_its_range(void **state)
{
    (void)state;
    assert_refused(
        indicator_find("RSI"), "lenght", "14",
        (const char *const[]){"lenght", "did you mean length", "1 to 5000", "(default 14)"}, 4);
}

static void nesting_and_length_are_bounded(void **state)
{
    char text[4096] = "";
    struct spec *spec = NULL;
    struct err err;
    (void)state;
    for (int depth = 1; depth <= 12; depth++) {
        strcpy(text, "SMA(2");
        for (int i = 1; i < depth; i++)
            strcat(text, ",source=SMA(2");
        for (int i = 0; i < depth; i++)
            strcat(text, ")");
        assert_int_equal(spec_parse(text, &spec, &err),
                         depth <= SPEC_DEPTH_MAX ? ERR_OK : ERR_BAD_PARAMETER);
        if (depth > SPEC_DEPTH_MAX)
            assert_string_equal(err.message, "indicators may stand 8 deep in one another");
        spec_destroy(&spec);
    }
    memset(text, '(', 4000);
    memcpy(text, "SMA", 3);
    text[4000] = '\0';
    assert_int_equal(spec_parse(text, &spec, &err), ERR_BAD_PARAMETER);
}

static enum err_code read_json(const char *text, struct buf *key)
{
    struct err err = {0};
    struct spec *spec = NULL;
    cJSON *json = json_parse(text, strlen(text), &err);
    enum err_code code = spec_parse_json(json, &spec, &err);
    if (spec)
        spec_put_key(spec, key);
    spec_destroy(&spec);
    cJSON_Delete(json);
    return code;
}

static void json_means_the_same_as_the_short_form(void **state)
{
    struct buf key = {0};
    (void)state;
    assert_int_equal(
        read_json("{\"name\":\"SMA\",\"params\":{\"source\":\"RSI(7)\",\"length\":9}}", &key),
        ERR_OK);
    assert_string_equal(key.data, "SMA(length=9,source=RSI(length=7,scalar=100))");
    buf_destroy(&key);
    static const struct {
        const char *text;
        enum err_code code;
    } BAD[] = {
        {"7", ERR_BAD_REQUEST},
        {"{}", ERR_BAD_REQUEST},
        {"{\"name\":7}", ERR_BAD_REQUEST},
        {"{\"name\":\"RSI\",\"x\":1}", ERR_BAD_REQUEST},
        {"{\"name\":\"RSI\",\"params\":[]}", ERR_BAD_REQUEST},
        {"{\"name\":\"RSI\",\"params\":{\"length\":\"14\"}}", ERR_BAD_PARAMETER},
        {"{\"name\":\"RSI\",\"params\":{\"length\":null}}", ERR_BAD_PARAMETER},
        {"{\"name\":\"RSI\",\"params\":{\"source\":7}}", ERR_BAD_PARAMETER},
        {"{\"name\":\"NOPE\"}", ERR_UNKNOWN_INDICATOR},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(read_json(BAD[i].text, &key), BAD[i].code);
    buf_destroy(&key);
}

static void params_are_all_filled_in(void **state)
{
    struct spec *spec = NULL;
    struct buf params = {0};
    (void)state;
    assert_int_equal(spec_parse("SMA(9,source=RSI,timeframe=1d)", &spec, NULL), ERR_OK);
    spec_put_params(spec, &params);
    assert_string_equal(params.data, "{\"length\":9,\"source\":\"RSI(length=14,scalar=100)\","
                                     "\"timeframe\":\"1d\"}");
    struct spec *copy = spec_copy(spec);
    spec_destroy(&spec);
    buf_reset(&params);
    spec_put_id(copy, &params);
    assert_string_equal(params.data, "SMA_9_RSI_14_100_1d");
    spec_destroy(&copy);
    buf_destroy(&params);
}

static void a_timeframe_must_not_be_shorter_than_the_bars(void **state)
{
    static const struct {
        const char *text;
        enum timeframe own;
        enum err_code code;
    } CASES[] = {
        {"SMA(9)", TIMEFRAME_1D, ERR_OK},
        {"SMA(9,timeframe=1h)", TIMEFRAME_5MIN, ERR_OK},
        {"SMA(9,timeframe=1h)", TIMEFRAME_1H, ERR_OK},
        {"SMA(9,timeframe=1h)", TIMEFRAME_1D, ERR_BAD_PARAMETER},
        {"SMA(9,source=RSI(14,timeframe=1h))", TIMEFRAME_2H, ERR_BAD_PARAMETER},
        {"SMA(9,timeframe=1d,source=RSI(14,timeframe=1h))", TIMEFRAME_5MIN, ERR_BAD_PARAMETER},
        {"SMA(9,timeframe=1h,source=RSI(14,timeframe=1d))", TIMEFRAME_5MIN, ERR_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct spec *spec = NULL;
        struct err err = {0};
        assert_int_equal(spec_parse(CASES[i].text, &spec, &err), ERR_OK);
        assert_int_equal(spec_check_timeframe(spec, CASES[i].own, &err), CASES[i].code);
        spec_destroy(&spec);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timeframe_must_not_be_shorter_than_the_bars),
        cmocka_unit_test(short_forms_have_one_key_and_one_id),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(every_parameter_of_every_row_says_what_it_may_be),
        cmocka_unit_test(a_misspelt_parameter_is_told_with_its_range),
        cmocka_unit_test(nesting_and_length_are_bounded),
        cmocka_unit_test(json_means_the_same_as_the_short_form),
        cmocka_unit_test(params_are_all_filled_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
