/* A configuration file: every fault is told with its line, what is in force keeps to the table, and
 * a file written from it is read without a fault and means the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "daemon/config/config.h"
#include "tests/fuzz/fuzz.h"

struct faults {
    size_t n, line;
};

static void tell(void *context, size_t line, const char *sentence)
{
    struct faults *self = context;
    assert(line >= self->line && sentence[0] != '\0');
    self->line = line;
    self->n++;
}

static size_t load(struct config *self, const char *text)
{
    struct faults faults = {0};
    config_init(self);
    size_t n = config_read(self, text, tell, &faults);
    assert(n == faults.n);
    return n;
}

static bool is_count(const struct setting *setting)
{
    return setting->type == SETTING_COUNT || setting->type == SETTING_FLAG;
}

static const void *place(const struct config *self, const struct setting *setting)
{
    return (const char *)self + setting->offset;
}

static int64_t count_of(const struct config *self, const struct setting *setting)
{
    return *(const int64_t *)place(self, setting);
}

static const char *text_of(const struct config *self, const struct setting *setting)
{
    return *(char *const *)place(self, setting);
}

static void check_ranges(const struct config *self)
{
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *one = &SETTINGS[i];
        if (is_count(one))
            assert(count_of(self, one) >= one->min && count_of(self, one) <= one->max);
        else
            assert(text_of(self, one));
    }
}

/* False for a text that no line can hold: with both kinds of quotes in it, or too long. */
static bool put_setting(struct buf *out, const struct config *self, const struct setting *setting)
{
    if (is_count(setting)) {
        buf_put_format(out, "    %s = %lld\n", setting->name, (long long)count_of(self, setting));
        return true;
    }
    const char *text = text_of(self, setting);
    char quote = strchr(text, '"') ? '\'' : '"';
    if (strchr(text, quote) || strlen(text) > 900)
        return false;
    buf_put_format(out, "    %s = %c%s%c\n", setting->name, quote, text, quote);
    return true;
}

static bool put_file(struct buf *out, const struct config *self)
{
    const char *section = "";
    bool whole = true;
    for (size_t i = 0; i < setting_count(); i++) {
        if (strcmp(section, SETTINGS[i].section) != 0)
            buf_put_format(out, "%s\n", SETTINGS[i].section);
        section = SETTINGS[i].section;
        whole = put_setting(out, self, &SETTINGS[i]) && whole;
    }
    return whole;
}

static void check_same(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *one = &SETTINGS[i];
        if (is_count(one))
            assert(count_of(a, one) == count_of(b, one));
        else
            assert(strcmp(text_of(a, one), text_of(b, one)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);
    struct config config, again;
    struct faults faults = {0};
    struct buf file = {0};
    load(&config, text);
    check_ranges(&config);
    assert(config_check(&config, tell, &faults) == faults.n);
    if (put_file(&file, &config)) {
        assert(load(&again, file.data) == 0);
        check_same(&config, &again);
        config_take_live(&again, &config);
        check_same(&config, &again);
        config_clear(&again);
    }
    config_clear(&config);
    buf_destroy(&file);
    free(text);
    return 0;
}
