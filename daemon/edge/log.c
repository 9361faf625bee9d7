#include "daemon/edge/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "daemon/edge/clock.h"

static const char *const NAMES[] = {"error", "warning", "info", "debug"};

enum log_level log_level_parse(const char *name)
{
    for (int i = 0; i <= LOG_LEVEL_DEBUG; i++)
        if (strcmp(NAMES[i], name) == 0)
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

/* What came from outside must not start a line of its own, nor speak to a terminal. */
static void make_one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            *text = '?';
}

void log_write(const struct log *self, enum log_level level, const char *fmt, ...)
{
    if (level > self->level)
        return;
    char time[FEEDTIME_TEXT_SIZE], text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    make_one_line(text);
    feedtime_format(clock_read().wall_ms, time);
    fprintf(stderr, "%s %s: %s\n", time, NAMES[level], text);
}
