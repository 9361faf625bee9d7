#include "daemon/config/config.h"

#include <czmq_library.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zconfig.h>

#include "common/base/err.h"
#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "common/protocol/endpoints.h"
#include "daemon/config/pricing.h"

enum { WHY_SIZE = 200, LINE_SIZE_MAX = 1024 /* beyond which zconfig cuts */ };

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
    return setting->type != SETTING_COUNT && setting->type != SETTING_FLAG;
}

void config_init(struct config *self)
{
    char why[WHY_SIZE];
    *self = (struct config){.lines = mem_alloc_zero(setting_count(), sizeof *self->lines)};
    for (size_t i = 0; i < setting_count(); i++)
        config_set(self, &SETTINGS[i], SETTINGS[i].initial, why);
}

void config_clear(struct config *self)
{
    for (size_t i = 0; i < setting_count(); i++)
        if (is_text(&SETTINGS[i]))
            free(*text_at(self, &SETTINGS[i]));
    free(self->lines);
    *self = (struct config){0};
}

static bool set_count(struct config *self, const struct setting *setting, const char *value,
                      char *why)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (*value != '\0' && *end == '\0' && errno == 0 && number >= setting->min &&
        number <= setting->max) {
        *count_at(self, setting) = number;
        return true;
    }
    if (setting->type == SETTING_FLAG)
        snprintf(why, WHY_SIZE, "%s must be 0 or 1, not \"%.40s\"", setting->name, value);
    else
        snprintf(why, WHY_SIZE, "%s must be %lld to %lld%s%s, not \"%.40s\"", setting->name,
                 (long long)setting->min, (long long)setting->max, setting->unit[0] ? " " : "",
                 setting->unit, value);
    return false;
}

bool config_read_hours(const char *text, int *open_minute, int *close_minute)
{
    int open_h, open_m, close_h, close_m, end = 0;
    if (text[strspn(text, "0123456789:-")] != '\0' ||
        sscanf(text, "%2d:%2d-%2d:%2d%n", &open_h, &open_m, &close_h, &close_m, &end) != 4)
        return false;
    *open_minute = open_h * 60 + open_m;
    *close_minute = close_h * 60 + close_m;
    return text[end] == '\0' && open_h >= 0 && open_m >= 0 && open_m < 60 && close_m >= 0 &&
           close_m < 60 && *open_minute < *close_minute && *close_minute <= 1440;
}

bool config_read_dates(const char *text, int64_t *days, size_t *n)
{
    enum { DATE_SIZE = 10 };
    *n = 0;
    for (const char *at = text; *at;) {
        char date[DATE_SIZE + 1];
        int64_t ms = 0;
        size_t size = strcspn(at, " ,");
        snprintf(date, sizeof date, "%.*s", (int)size, at);
        if (size > 0 && (size != DATE_SIZE || !feedtime_parse_local(date, 0, &ms)))
            return false;
        if (size > 0 && days)
            days[*n] = ms / FEEDTIME_DAY_MS;
        *n += size > 0;
        at += size + (at[size] != '\0');
    }
    return true;
}

static bool is_level(const char *text)
{
    static const char *const LEVELS[] = {"error", "warning", "info", "debug"};
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++)
        if (strcmp(LEVELS[i], text) == 0)
            return true;
    return false;
}

/* The word among others with blanks between them. */
static bool has_word(const char *text, const char *word, size_t size)
{
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, " ");
        if (n == size && strncmp(at, word, size) == 0)
            return true;
        at += n + (at[n] != '\0');
    }
    return false;
}

static bool are_sockets(const char *text)
{
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, " ");
        if (size > 0 && !has_word("session public feed", at, size))
            return false;
        at += size + (at[size] != '\0');
    }
    return true;
}

/* What a text of that type must be like, or NULL if it is. */
static const char *misses(enum setting_type type, const char *value)
{
    int open_minute, close_minute;
    size_t n;
    if (type == SETTING_ENDPOINT && !endpoint_is_valid(value))
        return "tcp://HOST:PORT or ipc://PATH";
    if (type == SETTING_HOURS && !config_read_hours(value, &open_minute, &close_minute))
        return "hours such as 09:15-15:30";
    if (type == SETTING_DATES && !config_read_dates(value, NULL, &n))
        return "dates such as 2025-11-05 2025-12-25";
    if (type == SETTING_LEVEL && !is_level(value))
        return "error, warning, info or debug";
    if (type == SETTING_SOCKETS && !are_sockets(value))
        return "some of session, public and feed, with blanks between them";
    return pricing_misses(type, value);
}

size_t config_line(const struct config *self, const char *section, const char *name)
{
    return self->lines[setting_find(section, name) - SETTINGS];
}

bool config_set(struct config *self, const struct setting *setting, const char *value, char *why)
{
    self->lines[setting - SETTINGS] = 0;
    if (!is_text(setting))
        return set_count(self, setting, value, why);
    const char *wanted = misses(setting->type, value);
    if (wanted) {
        snprintf(why, WHY_SIZE, "%s must be %s, not \"%.80s\"", setting->name, wanted, value);
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
    bool is_in_section;
    const char *section; /* of the table; NULL in one that is unknown */
    size_t *given;       /* for each setting the line that gave it, 0 if none has */
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
    self->is_in_section = true;
    self->section = NULL;
    for (size_t i = 0; i < setting_count(); i++) {
        nearest_offer(&nearest, SETTINGS[i].section);
        if (strcmp(SETTINGS[i].section, name) == 0)
            self->section = SETTINGS[i].section;
    }
    if (!self->section)
        tell(self, line, "no section \"%.64s\"%s%s%s", name, nearest.best ? "; did you mean " : "",
             nearest.best ? nearest.best : "", nearest.best ? "?" : "");
}

/* The name is unknown here: it may be mistyped, or belong elsewhere. */
static void tell_unknown(struct reader *self, size_t line, const char *name)
{
    struct nearest nearest = nearest_begin(name);
    for (size_t i = 0; i < setting_count(); i++) {
        if (strcmp(SETTINGS[i].name, name) == 0) {
            tell(self, line, "no setting \"%.64s\" in \"%s\"; it belongs to \"%s\"", name,
                 self->section, SETTINGS[i].section);
            return;
        }
        if (strcmp(SETTINGS[i].section, self->section) == 0)
            nearest_offer(&nearest, SETTINGS[i].name);
    }
    tell(self, line, "no setting \"%.64s\" in \"%s\"%s%s%s", name, self->section,
         nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "",
         nearest.best ? "?" : "");
}

static void take_setting(struct reader *self, size_t line, const char *name, const char *value)
{
    char why[WHY_SIZE];
    const struct setting *setting = setting_find(self->section, name);
    if (!setting) {
        tell_unknown(self, line, name);
        return;
    }
    size_t *given = &self->given[setting - SETTINGS];
    if (*given)
        tell(self, line, "%s is given twice, first in line %zu", name, *given);
    else if (!config_set(self->config, setting, value, why))
        tell(self, line, "%s", why);
    else
        self->config->lines[setting - SETTINGS] = line;
    *given = *given ? *given : line;
}

/* Why a value, behind its "=", cannot be read, or NULL. */
static const char *value_fault(const char *value)
{
    if (*value != '"' && *value != '\'')
        return NULL;
    const char *end = strchr(value + 1, *value);
    if (!end)
        return "the quote is not closed";
    end += 1 + strspn(end + 1, " ");
    return *end == '\0' || *end == '#' ? NULL : "there is something behind the closing quote";
}

/* Gives a line's value, unquoted, without its comment, for free. */
static char *read_value(const char *line)
{
    zconfig_t *root = zconfig_str_load(line);
    zconfig_t *item = root ? zconfig_child(root) : NULL;
    char *value = mem_strdup(item ? zconfig_value(item) : "");
    zconfig_destroy(&root);
    return value;
}

/* Takes NAME at the margin, or NAME = VALUE behind it. Why it cannot be, or NULL. */
static const char *take_line(struct reader *self, size_t number, char *line)
{
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t indent = strspn(line, " ");
    char *name = line + indent, *behind = name + strspn(name, LETTERS),
         *sign = behind + strspn(behind, " ");
    bool has_value = *sign == '=';
    if (*name == '\0' || *name == '#')
        return NULL;
    if (*name == '\t' || (indent != 0 && indent != 4))
        return "a section stands at the margin, its settings behind four blanks";
    if (behind == name || (!has_value && *sign != '\0' && *sign != '#'))
        return "neither a section's name, nor NAME = VALUE, nor a # comment";
    if (has_value != (indent == 4))
        return has_value ? "a setting stands behind four blanks, below its section"
                         : "a setting needs \"=\" and a value; a section stands at the margin";
    if (has_value && !self->is_in_section)
        return "a setting needs a section above it";
    const char *why = has_value ? value_fault(sign + 1 + strspn(sign + 1, " ")) : NULL;
    if (why)
        return why;
    char *value = has_value ? read_value(name) : NULL;
    *behind = '\0';
    if (!has_value)
        enter_section(self, number, name);
    else if (self->section)
        take_setting(self, number, name, value);
    free(value);
    return NULL;
}

/* czmq reads values but forgets lines, and stops at the first it cannot read: so it is given one
 * line at a time, and only such as it can read. */
size_t config_read(struct config *self, const char *text, config_fault_fn *fault, void *context)
{
    struct reader reader = {.config = self, .fault = fault, .context = context};
    reader.given = mem_alloc_zero(setting_count(), sizeof *reader.given);
    for (size_t number = 1; *text; number++) {
        char line[LINE_SIZE_MAX + 1];
        size_t size = strcspn(text, "\n");
        const char *why = "the line is longer than 1024 bytes";
        if (size <= LINE_SIZE_MAX) {
            snprintf(line, sizeof line, "%.*s", (int)size, text);
            line[strcspn(line, "\r")] = '\0';
            why = take_line(&reader, number, line);
        }
        if (why)
            tell(&reader, number, "%s", why);
        text += size + (text[size] == '\n');
    }
    free(reader.given);
    return reader.n_faults;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

bool config_encrypts(const struct config *self, const char *socket)
{
    return self->certificate_file[0] && has_word(self->curve_sockets, socket, strlen(socket));
}

static void check_endpoint(const struct config *self, struct reader *reader, const char *name,
                           const char *endpoint)
{
    if (!self->allow_plaintext && !endpoint_is_local(endpoint) && !config_encrypts(self, name))
        tell(reader, config_line(self, "endpoints", name),
             "the %s endpoint %.60s can be reached from other machines and is not encrypted; give "
             "it a --certificate, bind it to 127.0.0.1, or say --allow-plaintext",
             name, endpoint);
}

size_t config_check(const struct config *self, config_fault_fn *fault, void *context)
{
    struct reader reader = {.fault = fault, .context = context};
    check_endpoint(self, &reader, "session", self->session_endpoint);
    check_endpoint(self, &reader, "public", self->public_endpoint);
    check_endpoint(self, &reader, "feed", self->feed_endpoint);
    if (self->clients_dir[0] && !self->certificate_file[0])
        tell(&reader, config_line(self, "curve", "clients"),
             "clients are listed, but without a certificate nothing is encrypted, and anybody may "
             "connect; give a --certificate");
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
