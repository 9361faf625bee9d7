#include "cli/complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/words.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/indicators/indicator.h"
#include "common/protocol/timeframe.h"

/* The word being completed: what is typed of it, of which `head` bytes stay as they are. */
struct typed {
    struct candidates *out;
    const char *word;
    size_t head;
};

/* Adds head + name + tail if the name begins as typed, without regard to case. */
static void offer(const struct typed *typed, const char *name, const char *tail)
{
    struct candidates *out = typed->out;
    const char *part = typed->word + typed->head;
    struct buf text = {0};
    if (strncasecmp(name, part, strlen(part)) != 0)
        return;
    buf_put(&text, typed->word, typed->head);
    buf_put_text(&text, name);
    buf_put_text(&text, tail);
    out->items = mem_grow(out->items, out->n, &out->capacity, sizeof *out->items);
    out->items[out->n++] = text.data;
}

static void offer_timeframes(const struct typed *typed)
{
    typed->out->is_ordered = true;
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        offer(typed, timeframe_name((enum timeframe)i), "");
}

static void offer_indicator(const struct typed *typed, const struct indicator *row,
                            bool with_bracket)
{
    if (!row->unavailable)
        offer(typed, row->name, with_bracket && indicator_n_params(row) > 0 ? "(" : "");
}

static void offer_indicators(const struct typed *typed, bool with_bracket)
{
    for (size_t i = 0; i < indicator_count(); i++)
        offer_indicator(typed, INDICATORS[i], with_bracket);
}

/* A symbol with blanks in it is quoted. */
static void offer_symbols(const struct typed *typed, char *const *symbols, size_t n_symbols)
{
    struct typed unquoted = *typed;
    if (typed->word[typed->head] == '"')
        unquoted.head++;
    for (size_t i = 0; i < n_symbols; i++) {
        bool has_blanks = strchr(symbols[i], ' ') != NULL;
        struct buf quoted = {0};
        if (!has_blanks || unquoted.head > typed->head) {
            offer(&unquoted, symbols[i], unquoted.head > typed->head ? "\"" : "");
            continue;
        }
        const char *part = typed->word + typed->head;
        if (strncasecmp(symbols[i], part, strlen(part)) != 0)
            continue;
        struct typed whole = {typed->out, "", 0};
        buf_put_format(&quoted, "\"%s\"", symbols[i]);
        offer(&whole, quoted.data, "");
        buf_destroy(&quoted);
    }
}

/* ---- within a short form ------------------------------------------------------------- */

/* Where the innermost open bracket is, SIZE_MAX if none is open. */
static size_t open_bracket(const char *word)
{
    size_t stack[16], depth = 0;
    for (size_t i = 0; word[i]; i++) {
        if (word[i] == '(' && depth < sizeof stack / sizeof *stack)
            stack[depth++] = i;
        else if (word[i] == ')' && depth > 0)
            depth--;
    }
    return depth > 0 ? stack[depth - 1] : SIZE_MAX;
}

/* The indicator whose bracket is at that place. */
static const struct indicator *indicator_before(const char *word, size_t bracket)
{
    size_t start = bracket;
    while (start > 0 && (isalnum((unsigned char)word[start - 1]) || word[start - 1] == '_'))
        start--;
    char *name = mem_strndup(word + start, bracket - start);
    const struct indicator *row = indicator_find(name);
    free(name);
    return row;
}

static void offer_parameter_names(const struct typed *typed, const struct indicator *row)
{
    for (const struct indicator_param *param = row->params; param->name; param++)
        offer(typed, param->name, "=");
    for (const struct indicator_input *input = row->inputs; input->field; input++)
        if (input->choose)
            offer(typed, input->choose, "=");
    offer(typed, "timeframe", "=");
}

/* Fields, and the indicators that are not called as one of them ("hl2" and HL2 are the same). */
static void offer_sources(const struct typed *typed)
{
    for (int i = FIELD_NONE + 1; i < FIELD_COUNT; i++)
        if (field_name((enum field)i))
            offer(typed, field_name((enum field)i), "");
    for (size_t k = 0; k < indicator_count(); k++) {
        bool is_field = false;
        for (int i = FIELD_NONE + 1; i < FIELD_COUNT; i++) {
            const char *name = field_name((enum field)i);
            is_field |= name && strcasecmp(name, INDICATORS[k]->name) == 0;
        }
        if (!is_field)
            offer_indicator(typed, INDICATORS[k], true);
    }
}

/* Behind "name=". */
static void offer_values(const struct typed *typed, const struct indicator *row, const char *name,
                         size_t size)
{
    for (const struct indicator_param *param = row->params; param->name; param++)
        if (strlen(param->name) == size && strncasecmp(param->name, name, size) == 0 &&
            param->type == PARAM_CHOICE)
            for (size_t i = 0; param->choices[i]; i++)
                offer(typed, param->choices[i], "");
    for (const struct indicator_input *input = row->inputs; input->field; input++)
        if (input->choose && strlen(input->choose) == size &&
            strncasecmp(input->choose, name, size) == 0)
            offer_sources(typed);
    if (size == strlen("timeframe") && strncasecmp(name, "timeframe", size) == 0)
        offer_timeframes(typed);
}

/* "RS", "RSI(le", "SMA(9,source=R", "SMA(source=RSI(le": the innermost part is what is typed. */
static void offer_short_form(struct typed *typed)
{
    size_t bracket = open_bracket(typed->word), start, equals = SIZE_MAX;
    if (bracket == SIZE_MAX) {
        offer_indicators(typed, true);
        return;
    }
    const struct indicator *row = indicator_before(typed->word, bracket);
    start = bracket + 1;
    int depth = 0;
    for (size_t i = start; typed->word[i]; i++) {
        depth += (typed->word[i] == '(') - (typed->word[i] == ')');
        if (depth == 0 && typed->word[i] == ',') {
            start = i + 1;
            equals = SIZE_MAX;
        } else if (depth == 0 && typed->word[i] == '=' && equals == SIZE_MAX) {
            equals = i;
        }
    }
    start += strspn(typed->word + start, " ");
    if (!row)
        return;
    typed->head = equals == SIZE_MAX ? start : equals + 1;
    if (equals == SIZE_MAX)
        offer_parameter_names(typed, row);
    else
        offer_values(typed, row, typed->word + start, equals - start);
}

/* ---- a line -------------------------------------------------------------------------- */

static void offer_commands(const struct typed *typed)
{
    for (size_t i = 0; COMMANDS[i]; i++)
        offer(typed, COMMANDS[i]->name, "");
}

static void offer_options(const struct typed *typed, const struct command *command)
{
    for (size_t i = 0; command->options[i].name; i++)
        offer(typed, command->options[i].name, "");
}

static const struct command_option *find_option(const struct command *command, const char *word)
{
    for (size_t i = 0; command->options[i].name; i++)
        if (strcmp(command->options[i].name, word) == 0)
            return &command->options[i];
    return NULL;
}

/* What the word after these is. */
static enum word_kind next_kind(const struct command *command, const struct words *words)
{
    size_t place = 0;
    for (size_t i = 1; i < words->n; i++) {
        const struct command_option *option = find_option(command, words->items[i]);
        if (option && option->argument && i + 1 == words->n)
            return option->kind;
        if (option && option->argument)
            i++;
        else if (!option)
            place++;
    }
    if (place >= command->n_max)
        return WORD_NONE;
    size_t last = 0;
    while (last < COMMAND_WORDS_MAX && command->words[last + 1] != WORD_NONE)
        last++;
    return command->words[place < last ? place : last];
}

static void offer_words(struct typed *typed, enum word_kind kind, char *const *symbols,
                        size_t n_symbols)
{
    switch (kind) {
    case WORD_SYMBOL:
        offer_symbols(typed, symbols, n_symbols);
        break;
    case WORD_TIMEFRAME:
        offer_timeframes(typed);
        break;
    case WORD_INDICATOR:
        offer_short_form(typed);
        break;
    case WORD_CATALOG:
        offer_indicators(typed, false);
        break;
    case WORD_COMMAND:
        offer_commands(typed);
        break;
    case WORD_FILE:
        typed->out->wants_file = true;
        break;
    default:
        break;
    }
}

void complete_line(struct candidates *self, const char *line, char *const *symbols,
                   size_t n_symbols)
{
    struct words words = {0};
    *self = (struct candidates){.start = words_last_start(line)};
    struct typed typed = {self, line + self->start, 0};
    char *before = mem_strndup(line, self->start);
    enum err_code code = words_split(&words, before, NULL);
    const struct command *command = words.n > 0 ? command_find(words.items[0]) : NULL;
    if (code == ERR_OK && words.n == 0)
        offer_commands(&typed);
    else if (code == ERR_OK && command && strncmp(typed.word, "--", 2) == 0)
        offer_options(&typed, command);
    else if (code == ERR_OK && command)
        offer_words(&typed, next_kind(command, &words), symbols, n_symbols);
    self->head = typed.head;
    words_destroy(&words);
    free(before);
}

void candidates_destroy(struct candidates *self)
{
    for (size_t i = 0; i < self->n; i++)
        free(self->items[i]);
    free(self->items);
    *self = (struct candidates){0};
}

size_t candidates_common(const struct candidates *self)
{
    size_t common = self->n > 0 ? strlen(self->items[0]) : 0;
    for (size_t i = 1; i < self->n; i++) {
        size_t k = 0;
        while (k < common && self->items[i][k] == self->items[0][k])
            k++;
        common = k;
    }
    return common;
}
