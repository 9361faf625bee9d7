#include "common/protocol/certificate.h"

#include <stdint.h>
#include <string.h>

static const char Z85[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

bool curve_key_is_valid(const char *text)
{
    if (strlen(text) != CURVE_KEY_SIZE)
        return false;
    for (size_t i = 0; i < CURVE_KEY_SIZE; i += 5) {
        uint64_t value = 0; /* five characters are four bytes */
        for (size_t k = 0; k < 5; k++) {
            const char *at = strchr(Z85, text[i + k]);
            if (!at)
                return false;
            value = value * 85 + (uint64_t)(at - Z85);
        }
        if (value > UINT32_MAX)
            return false;
    }
    return true;
}

/* The size of the line at `text`, and where it goes on. */
static size_t line_size(const char *text, const char **next)
{
    size_t size = strcspn(text, "\n");
    *next = text + size + (text[size] == '\n');
    return size > 0 && text[size - 1] == '\r' ? size - 1 : size;
}

/* If the line is NAME = VALUE, takes the value without its quotes; of what is longer than a key,
 * less than a key. */
static bool take_value(const char *line, size_t size, const char *name,
                       char value[CURVE_KEY_SIZE + 1])
{
    const char *end = line + size;
    line += strspn(line, " \t");
    if (line >= end || strncmp(line, name, strlen(name)) != 0)
        return false;
    line += strlen(name);
    line += strspn(line, " \t");
    if (line >= end || *line != '=')
        return false;
    line++;
    line += strspn(line, " \t");
    char quote = line < end && (*line == '"' || *line == '\'') ? *line++ : ' ';
    size_t n = 0;
    for (; line < end && *line != quote && n < CURVE_KEY_SIZE; line++)
        value[n++] = *line;
    if (line < end && *line != quote)
        n--;
    value[n] = '\0';
    return true;
}

static enum err_code check(const struct certificate *self, struct err *err)
{
    if (!self->public_key[0])
        return err_set(err, ERR_BAD_REQUEST, "no public-key in a section \"curve\"");
    if (!curve_key_is_valid(self->public_key))
        return err_set(err, ERR_BAD_REQUEST, "the public-key is not 40 characters of Z85");
    if (self->secret_key[0] && !curve_key_is_valid(self->secret_key))
        return err_set(err, ERR_BAD_REQUEST, "the secret-key is not 40 characters of Z85");
    return ERR_OK;
}

enum err_code certificate_parse(const char *text, struct certificate *self, struct err *err)
{
    bool in_curve = false;
    *self = (struct certificate){0};
    for (const char *next; *text; text = next) {
        size_t size = line_size(text, &next);
        if (size > 0 && !strchr(" \t#", *text))
            in_curve = size == strlen("curve") && strncmp(text, "curve", size) == 0;
        else if (in_curve && !take_value(text, size, "public-key", self->public_key))
            take_value(text, size, "secret-key", self->secret_key);
    }
    enum err_code code = check(self, err);
    if (code != ERR_OK)
        certificate_wipe(self);
    return code;
}

void certificate_put(struct buf *out, const struct certificate *self, bool with_secret)
{
    buf_put_text(out, with_secret
                          ? "#   A secret certificate of CURVE: its owner alone may read it.\n\n"
                          : "#   A public certificate of CURVE.\n\n");
    buf_put_format(out, "metadata\ncurve\n    public-key = \"%s\"\n", self->public_key);
    if (with_secret)
        buf_put_format(out, "    secret-key = \"%s\"\n", self->secret_key);
}

void certificate_wipe(struct certificate *self)
{
    explicit_bzero(self, sizeof *self);
}
