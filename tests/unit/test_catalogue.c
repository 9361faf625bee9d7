/* The registry against the catalogue of what must be there: each row's category, parameters with
 * their defaults, inputs, outputs and aliases. The catalogue is no part of the repository: where it
 * is not beside it, the test is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/indicators/indicator.h"

enum { COLUMN_NAME, COLUMN_CATEGORY, COLUMN_PARAMS, COLUMN_INPUTS, COLUMN_OUTPUTS, COLUMN_ALIASES };
enum { COLUMNS = 6, ROWS_AT_LEAST = 240 };

static FILE *open_catalogue(void)
{
    const char *shared = getenv("INDSUB_SHARED");
    struct buf path = {0};
    buf_put_format(&path, "%s/design/catalogue.tsv",
                   shared ? shared : INDSUB_SOURCE_DIR "/../shared");
    FILE *file = fopen(path.data, "r");
    buf_destroy(&path);
    return file;
}

/* ---- the columns ------------------------------------------------------------------------------
 */

static bool complain(const struct indicator *row, const char *what, const char *wanted)
{
    printf("%s: %s are not \"%s\"\n", row->name, what, wanted);
    return false;
}

/* Does a word of the catalogue ("length=10", "mamode=sma", "source=high") say the parameter's name
 * and default? */
static bool is_param(const struct indicator_param *param, const char *word)
{
    size_t size = strlen(param->name);
    if (strncmp(word, param->name, size) != 0 || word[size] != '=')
        return false;
    word += size + 1;
    if (param->type == PARAM_CHOICE)
        return strcmp(word, param->choices[(size_t)param->def]) == 0;
    return atof(word) == param->def;
}

static bool is_chosen_input(const struct indicator *row, const char *word)
{
    for (const struct indicator_input *input = row->inputs; input->field; input++) {
        size_t size = input->choose ? strlen(input->choose) : 0;
        if (size > 0 && strncmp(word, input->choose, size) == 0 && word[size] == '=')
            return strcmp(word + size + 1, field_name(input->field)) == 0;
    }
    return false;
}

/* The parameters in their order; then inputs that can be chosen, of which a `source` may go without
 * saying. */
static bool has_params(const struct indicator *row, char *text)
{
    const struct indicator_param *param = row->params;
    char copy[512], *rest = text;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " "));) {
        if (*word == '\0')
            continue;
        if (param->name && is_param(param, word))
            param++;
        else if (param->name || !is_chosen_input(row, word))
            return complain(row, "parameters", copy);
    }
    return !param->name || complain(row, "parameters", copy);
}

/* The words of a list in their order, and no others. */
static bool has_words(const struct indicator *row, const char *what, const char *const *words,
                      size_t max, const char *text)
{
    struct buf own = {0};
    buf_put_text(&own, "");
    for (size_t k = 0; k < max && words[k]; k++)
        buf_put_format(&own, k > 0 ? " %s" : "%s", words[k]);
    bool same = strcmp(own.data ? own.data : "", text) == 0;
    buf_destroy(&own);
    return same || complain(row, what, text);
}

/* No inputs but those of the catalogue (of which a formula may do without one), and the trading
 * day, which nobody has to give. */
static bool has_inputs(const struct indicator *row, const char *text)
{
    for (const struct indicator_input *input = row->inputs; input->field; input++) {
        const char *name = field_name(input->field), *at = name ? strstr(text, name) : text;
        if (!at)
            return complain(row, "inputs", text);
    }
    return true;
}

static bool is_as_catalogued(char *const *columns)
{
    const struct indicator *row = indicator_find(columns[COLUMN_NAME]);
    if (!row) {
        printf("there is no %s\n", columns[COLUMN_NAME]);
        return false;
    }
    bool right = strcmp(row->name, columns[COLUMN_NAME]) == 0 && !row->unavailable;
    if (!right || strcmp(row->category, columns[COLUMN_CATEGORY]) != 0)
        right = complain(row, "name and category", columns[COLUMN_CATEGORY]);
    right &= has_params(row, columns[COLUMN_PARAMS]);
    right &= has_inputs(row, columns[COLUMN_INPUTS]);
    right &=
        has_words(row, "outputs", row->outputs, INDICATOR_OUTPUTS_MAX, columns[COLUMN_OUTPUTS]);
    right &=
        has_words(row, "aliases", row->aliases, INDICATOR_ALIASES_MAX, columns[COLUMN_ALIASES]);
    return right;
}

static void the_registry_has_what_the_catalogue_has(void **state)
{
    (void)state;
    FILE *file = open_catalogue();
    if (!file)
        skip();
    char line[1024];
    size_t right = 0, wrong = 0;
    while (fgets(line, sizeof line, file)) {
        char *columns[COLUMNS] = {NULL}, *rest = line;
        for (int i = 0; i < COLUMNS; i++)
            columns[i] = strsep(&rest, "\t\n");
        if (!columns[COLUMNS - 1])
            fail_msg("a line of the catalogue has too few columns");
        if (strcmp(columns[COLUMN_NAME], "name") == 0)
            continue;
        bool is_right = is_as_catalogued(columns);
        right += is_right;
        wrong += !is_right;
    }
    fclose(file);
    assert_int_equal(wrong, 0);
    assert_true(right >= ROWS_AT_LEAST);
}

/* No two rows share a name or an alias. */
static void a_name_means_one_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < indicator_count(); i++) {
        const struct indicator *row = INDICATORS[i];
        assert_ptr_equal(indicator_find(row->name), row);
        for (size_t k = 0; k < INDICATOR_ALIASES_MAX && row->aliases[k]; k++)
            assert_ptr_equal(indicator_find(row->aliases[k]), row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_registry_has_what_the_catalogue_has),
        cmocka_unit_test(a_name_means_one_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
