#include "cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

const struct command *command_find(const char *name)
{
    for (size_t i = 0; COMMANDS[i]; i++)
        if (strcmp(COMMANDS[i]->name, name) == 0 ||
            (COMMANDS[i]->also && strcmp(COMMANDS[i]->also, name) == 0))
            return COMMANDS[i];
    return NULL;
}

static enum err_code refuse_unknown(const char *name, struct err *err)
{
    struct nearest nearest = nearest_begin(name);
    for (size_t i = 0; COMMANDS[i]; i++)
        nearest_offer(&nearest, COMMANDS[i]->name);
    if (nearest.best)
        return err_set(err, ERR_BAD_REQUEST, "no command \"%s\"; did you mean %s?", name,
                       nearest.best);
    return err_set(err, ERR_BAD_REQUEST, "no command \"%s\"; \"help\" lists them", name);
}

void command_put_form(const struct command *self, struct buf *out)
{
    buf_put_format(out, "%s%s%s", self->name, self->arguments[0] ? " " : "", self->arguments);
}

static enum err_code refuse_form(const struct command *command, struct err *err)
{
    struct buf form = {0};
    command_put_form(command, &form);
    err_set(err, ERR_BAD_REQUEST, "%s", form.data);
    buf_destroy(&form);
    return ERR_BAD_REQUEST;
}

/* Takes words[*i], an option, and the one after it if that is its value. */
static enum err_code take_option(struct args *self, char *const *words, size_t n, size_t *i,
                                 struct err *err)
{
    const char *word = words[*i];
    size_t size = strcspn(word, "=");
    for (size_t k = 0; self->command->options[k].name; k++) {
        const struct command_option *option = &self->command->options[k];
        if (strlen(option->name) != size || strncmp(option->name, word, size) != 0)
            continue;
        if (!option->argument && word[size] == '=')
            return err_set(err, ERR_BAD_REQUEST, "%s takes no value", option->name);
        if (!option->argument)
            self->options[k] = "";
        else if (word[size] == '=')
            self->options[k] = word + size + 1;
        else if (*i + 1 < n)
            self->options[k] = words[++*i];
        else
            return err_set(err, ERR_BAD_REQUEST, "%s %s: the value is missing", option->name,
                           option->argument);
        return ERR_OK;
    }
    return err_set(err, ERR_BAD_REQUEST, "no option %s: %s %s", word, self->command->name,
                   self->command->arguments);
}

enum err_code args_parse(struct args *self, char *const *words, size_t n, struct err *err)
{
    bool options_end = false;
    *self = (struct args){.command = command_find(words[0])};
    if (!self->command)
        return refuse_unknown(words[0], err);
    self->words = mem_alloc_zero(n, sizeof *self->words);
    for (size_t i = 1; i < n; i++) {
        bool is_option = !options_end && strncmp(words[i], "--", 2) == 0;
        if (is_option && words[i][2] == '\0') {
            options_end = true;
        } else if (is_option) {
            enum err_code code = take_option(self, words, n, &i, err);
            if (code != ERR_OK)
                return code;
        } else {
            self->words[self->n_words++] = words[i];
        }
    }
    if (self->n_words < self->command->n_min || self->n_words > self->command->n_max)
        return refuse_form(self->command, err);
    return self->command->check ? self->command->check(self, err) : ERR_OK;
}

void args_destroy(struct args *self)
{
    free(self->words);
    self->words = NULL;
}

const char *args_option(const struct args *self, const char *name)
{
    for (size_t i = 0; self->command->options[i].name; i++)
        if (strcmp(self->command->options[i].name, name) == 0)
            return self->options[i];
    return NULL;
}

enum err_code args_number(const char *text, const char *what, uint64_t min, uint64_t max,
                          uint64_t *value, struct err *err)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno || number < min || number > max)
        return err_set(err, ERR_BAD_REQUEST,
                       "%s: a whole number from %llu to %llu is expected, not \"%s\"", what,
                       (unsigned long long)min, (unsigned long long)max, text);
    *value = number;
    return ERR_OK;
}
