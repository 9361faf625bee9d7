#include "daemon/config/config.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>

#include "common/base/err.h"
#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "common/protocol/endpoints.h"

enum { WHY_SIZE = 200, NAME_SIZE = 64 };

static char **text_at(const struct config *self, const struct setting *setting)
{
    return (char **)((char *)(uintptr_t)self + setting->offset);
}

static int64_t *count_at(const struct config *self, const struct setting *setting)
{
    return (int64_t *)((char *)(uintptr_t)self + setting->offset);
}

static bool is_text(const struct setting *setting)
{
    return setting->type == SETTING_TEXT || setting->type == SETTING_ENDPOINT;
}

void config_init(struct config *self)
{
    char why[WHY_SIZE];
    *self = (struct config){0};
    for (size_t i = 0; i < setting_count(); i++)
        config_set(self, &SETTINGS[i], SETTINGS[i].initial, why);
}

void config_clear(struct config *self)
{
    for (size_t i = 0; i < setting_count(); i++)
        if (is_text(&SETTINGS[i]))
            free(*text_at(self, &SETTINGS[i]));
    *self = (struct config){0};
}

static bool set_count(struct config *self, const struct setting *setting, const char *value,
                      char *why)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || number < setting->min ||
        number > setting->max) {
        snprintf(why, WHY_SIZE, "%s must be %s%lld to %lld%s%s, not \"%.40s\"", setting->name,
                 setting->type == SETTING_FLAG ? "a flag, " : "", (long long)setting->min,
                 (long long)setting->max, setting->unit[0] ? " " : "", setting->unit, value);
        return false;
    }
    *count_at(self, setting) = number;
    return true;
}

bool config_set(struct config *self, const struct setting *setting, const char *value, char *why)
{
    if (!is_text(setting))
        return set_count(self, setting, value, why);
    if (setting->type == SETTING_ENDPOINT && !endpoint_is_valid(value)) {
        snprintf(why, WHY_SIZE, "%s must be tcp://HOST:PORT or ipc://PATH, not \"%.80s\"",
                 setting->name, value);
        return false;
    }
    free(*text_at(self, setting));
    *text_at(self, setting) = mem_strdup(value);
    return true;
}

void config_take_live(struct config *self, const struct config *fresh)
{
    for (size_t i = 0; i < setting_count(); i++)
        if (SETTINGS[i].live)
            *count_at(self, &SETTINGS[i]) = *count_at(fresh, &SETTINGS[i]);
}

/* ---- the file ---------------------------------------------------------------------------------
 */

struct reader {
    struct config *config;
    config_fault_fn *fault;
    void *context;
    size_t n_faults;
    zconfig_t *root;
    char section[NAME_SIZE];
    bool section_is_known;
};

static void tell(struct reader *self, size_t line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(struct reader *self, size_t line, const char *fmt, ...)
{
    char sentence[WHY_SIZE + 100];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    self->n_faults++;
    self->fault(self->context, line, sentence);
}

static void enter_section(struct reader *self, size_t line, const char *name)
{
    struct nearest nearest = nearest_begin(name);
    self->section_is_known = false;
    snprintf(self->section, sizeof self->section, "%s", name);
    for (size_t i = 0; i < setting_count(); i++) {
        nearest_offer(&nearest, SETTINGS[i].section);
        if (strcmp(SETTINGS[i].section, name) == 0)
            self->section_is_known = true;
    }
    if (!self->section_is_known)
        tell(self, line, "no section \"%s\"%s%s", name, nearest.best ? "; did you mean " : "",
             nearest.best ? nearest.best : "");
}

static void take_setting(struct reader *self, size_t line, const char *name)
{
    char path[2 * NAME_SIZE + 2], why[WHY_SIZE];
    const struct setting *setting = setting_find(self->section, name);
    if (!setting) {
        struct nearest nearest = nearest_begin(name);
        for (size_t i = 0; i < setting_count(); i++)
            if (strcmp(SETTINGS[i].section, self->section) == 0)
                nearest_offer(&nearest, SETTINGS[i].name);
        tell(self, line, "no setting \"%s\" in \"%s\"%s%s", name, self->section,
             nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "");
        return;
    }
    snprintf(path, sizeof path, "%s/%s", self->section, name);
    if (!config_set(self->config, setting, zconfig_get(self->root, path, ""), why))
        tell(self, line, "%s", why);
}

/* czmq reads the values but forgets the lines: these are found here. */
static void read_line(struct reader *self, size_t number, const char *line, size_t size)
{
    size_t indent = 0, length = 0;
    while (indent < size && line[indent] == ' ')
        indent++;
    const char *name = line + indent;
    while (indent + length < size && !strchr(" =\t\r#", name[length]))
        length++;
    if (indent == size || *name == '#' || *name == '\r')
        return;
    char copy[NAME_SIZE];
    snprintf(copy, sizeof copy, "%.*s", (int)length, name);
    if (length == 0 || indent > 4 || indent % 4 != 0)
        tell(self, number, "a section stands at the margin, its settings behind four blanks");
    else if (indent == 0)
        enter_section(self, number, copy);
    else if (self->section_is_known)
        take_setting(self, number, copy);
}

size_t config_read(struct config *self, const char *text, config_fault_fn *fault, void *context)
{
    struct reader reader = {
        .config = self, .fault = fault, .context = context, .root = zconfig_str_load(text)};
    if (!reader.root) {
        tell(&reader, 0, "the file is no ZPL");
        return reader.n_faults;
    }
    size_t number = 1;
    for (const char *line = text; *line; number++) {
        size_t size = strcspn(line, "\n");
        read_line(&reader, number, line, size);
        line += size + (line[size] == '\n');
    }
    zconfig_destroy(&reader.root);
    return reader.n_faults;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static void check_endpoint(const struct config *self, struct reader *reader, const char *name,
                           const char *endpoint)
{
    if (!self->allow_plaintext && !endpoint_is_local(endpoint))
        tell(reader, 0,
             "the %s endpoint %s can be reached from other machines and is not encrypted; bind it "
             "to "
             "127.0.0.1, or say --allow-plaintext",
             name, endpoint);
}

static bool is_hours(const char *text)
{
    int open_h, open_m, close_h, close_m, end = 0;
    return sscanf(text, "%2d:%2d-%2d:%2d%n", &open_h, &open_m, &close_h, &close_m, &end) == 4 &&
           text[end] == '\0' && open_h >= 0 && open_m >= 0 && open_m < 60 && close_m >= 0 &&
           close_m < 60 && open_h * 60 + open_m < close_h * 60 + close_m &&
           close_h * 60 + close_m <= 1440;
}

static void check_holidays(const struct config *self, struct reader *reader)
{
    for (const char *at = self->holidays; *at;) {
        char date[16];
        int64_t ms;
        size_t size = strcspn(at, " ,");
        snprintf(date, sizeof date, "%.*s", (int)size, at);
        if (size > 0 && (size != 10 || !feedtime_parse_local(date, 0, &ms)))
            tell(reader, 0, "holidays: \"%s\" is no date such as 2025-11-05", date);
        at += size + (at[size] != '\0');
    }
}

size_t config_check(const struct config *self, config_fault_fn *fault, void *context)
{
    static const char *const LEVELS[] = {"error", "warning", "info", "debug"};
    struct reader reader = {.fault = fault, .context = context};
    bool level_is_known = false;
    check_endpoint(self, &reader, "session", self->session_endpoint);
    check_endpoint(self, &reader, "public", self->public_endpoint);
    check_endpoint(self, &reader, "feed", self->feed_endpoint);
    check_holidays(self, &reader);
    if (!is_hours(self->hours))
        tell(&reader, 0, "hours must be as 09:15-15:30, not \"%.40s\"", self->hours);
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++)
        level_is_known |= strcmp(LEVELS[i], self->log_level) == 0;
    if (!level_is_known)
        tell(&reader, 0, "level must be error, warning, info or debug, not \"%.40s\"",
             self->log_level);
    return reader.n_faults;
}

void config_print_help(FILE *out)
{
    const char *section = "";
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *one = &SETTINGS[i];
        if (strcmp(section, one->section) != 0)
            fprintf(out, "  %s\n", one->section);
        section = one->section;
        fprintf(out, "    %s = %s\n        %s%s%s%s\n", one->name, one->initial, one->help,
                one->flag ? " (" : "", one->flag ? one->flag : "", one->flag ? ")" : "");
    }
}
