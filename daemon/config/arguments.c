#include "daemon/config/arguments.h"

#include <string.h>

enum { WHY_SIZE = 256 };

/* What a flag is about. */
struct flag {
    const struct setting *setting; /* NULL: of no setting */
    const char *value;             /* NULL: none was given with it */
    int n_words;                   /* how many arguments it takes up */
};

static const struct setting *find_flag(const char *name, size_t size)
{
    for (size_t i = 0; i < setting_count(); i++)
        if (SETTINGS[i].flag && strlen(SETTINGS[i].flag) == size &&
            strncmp(SETTINGS[i].flag, name, size) == 0)
            return &SETTINGS[i];
    return NULL;
}

static bool is_word(const char *argument, size_t size, const char *word)
{
    return strlen(word) == size && strncmp(argument, word, size) == 0;
}

/* Flags that are no settings, and whether a value may stand behind "=", or has to come. */
static const struct other_flag {
    const char *name;
    bool may_have_value, needs_value;
} OTHERS[] = {{"--config", true, true},
              {"--simulate", true, false},
              {"--check", false, false},
              {"--version", false, false},
              {"--help", false, false}};
enum { N_OTHERS = sizeof OTHERS / sizeof *OTHERS };

static enum err_code refuse_unknown(const char *argument, struct err *err)
{
    struct nearest nearest = nearest_begin(argument);
    for (size_t i = 0; i < N_OTHERS; i++)
        nearest_offer(&nearest, OTHERS[i].name);
    for (size_t i = 0; i < setting_count(); i++)
        if (SETTINGS[i].flag)
            nearest_offer(&nearest, SETTINGS[i].flag);
    if (nearest.best)
        return err_set(err, ERR_BAD_REQUEST, "no argument \"%.80s\"; did you mean %s?", argument,
                       nearest.best);
    return err_set(err, ERR_BAD_REQUEST, "no argument \"%.80s\"; --help lists them", argument);
}

/* Reads the flag at argv[i]: "--flag value" or "--flag=value". */
static enum err_code read_flag(int argc, char **argv, int i, struct flag *flag, struct err *err)
{
    size_t size = strcspn(argv[i], "=");
    const struct other_flag *other = NULL;
    *flag = (struct flag){.setting = find_flag(argv[i], size), .n_words = 1};
    for (size_t k = 0; k < N_OTHERS; k++)
        if (is_word(argv[i], size, OTHERS[k].name))
            other = &OTHERS[k];
    if (!other && !flag->setting)
        return refuse_unknown(argv[i], err);
    bool needs_value = other ? other->needs_value : flag->setting->type != SETTING_FLAG;
    if (argv[i][size] == '=' && other && !other->may_have_value)
        return err_set(err, ERR_BAD_REQUEST, "%s takes no value", other->name);
    if (argv[i][size] == '=') {
        flag->value = argv[i] + size + 1;
    } else if (needs_value) {
        if (i + 1 >= argc)
            return err_set(err, ERR_BAD_REQUEST, "%s needs a value", argv[i]);
        flag->value = argv[i + 1];
        flag->n_words = 2;
    }
    return ERR_OK;
}

enum err_code arguments_read(int argc, char **argv, struct arguments *self, struct err *err)
{
    *self = (struct arguments){0};
    for (int i = 1; i < argc;) {
        struct flag flag;
        enum err_code code = read_flag(argc, argv, i, &flag, err);
        if (code != ERR_OK)
            return code;
        if (strncmp(argv[i], "--config", 8) == 0)
            self->config_file = flag.value;
        self->check |= strcmp(argv[i], "--check") == 0;
        self->version |= strcmp(argv[i], "--version") == 0;
        self->help |= strcmp(argv[i], "--help") == 0;
        i += flag.n_words;
    }
    return ERR_OK;
}

static enum err_code apply(struct config *config, const struct setting *setting, const char *value,
                           struct err *err)
{
    char why[WHY_SIZE];
    return config_set(config, setting, value, why) ? ERR_OK
                                                   : err_set(err, ERR_BAD_REQUEST, "%s", why);
}

enum err_code arguments_apply(int argc, char **argv, struct config *config, struct err *err)
{
    for (int i = 1; i < argc;) {
        struct flag flag;
        enum err_code code = read_flag(argc, argv, i, &flag, err);
        if (code == ERR_OK && is_word(argv[i], strcspn(argv[i], "="), "--simulate")) {
            code = apply(config, setting_find("market", "simulate"), "1", err);
            if (code == ERR_OK && flag.value)
                code = apply(config, setting_find("market", "seed"), flag.value, err);
        } else if (code == ERR_OK && flag.setting) {
            code = apply(config, flag.setting, flag.value ? flag.value : "1", err);
        }
        if (code != ERR_OK)
            return code;
        i += flag.n_words;
    }
    return ERR_OK;
}

void arguments_print_help(void)
{
    puts("indsubd: computes each indicator once and delivers it to whom it belongs\n"
         "\n"
         "usage: indsubd [--config FILE] [--session EP] [--public EP] [--feed EP] [--state DIR]\n"
         "               [--jwt-key FILE] [--certificate FILE] [--instruments FILE]\n"
         "               [--simulate[=SEED]] [--allow-plaintext] [--check] [--version] [--help]\n"
         "\n"
         "settings, as in a configuration file (see indsubd.conf(5)), with their defaults:");
    config_print_help(stdout);
}
