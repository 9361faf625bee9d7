/* The log: one line a message with its time, nothing below its level, nothing that breaks lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/edge/log.h"

/* Standard error goes to a file while something is written. */
struct capture {
    FILE *file;
    int kept;
    char text[8192];
};

static struct capture *begin_capture(void)
{
    struct capture *self = calloc(1, sizeof *self);
    self->file = tmpfile();
    assert_non_null(self->file);
    fflush(stderr);
    self->kept = dup(STDERR_FILENO);
    dup2(fileno(self->file), STDERR_FILENO);
    return self;
}

static void end_capture(struct capture *self)
{
    fflush(stderr);
    dup2(self->kept, STDERR_FILENO);
    close(self->kept);
    rewind(self->file);
    self->text[fread(self->text, 1, sizeof self->text - 1, self->file)] = '\0';
    fclose(self->file);
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

#define TIME "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"

static void a_message_is_a_line_with_time_and_level(void **state)
{
    const struct log log = {.level = LOG_LEVEL_INFO};
    struct capture *capture = begin_capture();
    (void)state;
    log_write(&log, LOG_LEVEL_WARNING, "%d rows of %s", 3, "a file");
    end_capture(capture);
    assert_true(matches(capture->text, "^" TIME " warning: 3 rows of a file\n$"));
    free(capture);
}

static void what_is_less_grave_is_not_written(void **state)
{
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
        const struct log log = {.level = (enum log_level)level};
        struct capture *capture = begin_capture();
        int n_lines = 0;
        (void)state;
        for (int one = LOG_LEVEL_ERROR; one <= LOG_LEVEL_DEBUG; one++)
            log_write(&log, (enum log_level)one, "something");
        end_capture(capture);
        for (const char *at = capture->text; *at; at++)
            n_lines += *at == '\n';
        assert_int_equal(n_lines, level + 1);
        free(capture);
    }
}

static void nothing_breaks_a_line(void **state)
{
    const struct log log = {.level = LOG_LEVEL_INFO};
    struct capture *capture = begin_capture();
    (void)state;
    log_write(&log, LOG_LEVEL_INFO, "user %s", "x\n2025 error: forged\r\x1b[2Jy");
    end_capture(capture);
    assert_true(
        matches(capture->text, "^" TIME " info: user x\\?2025 error: forged\\?\\?\\[2Jy\n$"));
    free(capture);
}

static void a_long_message_is_cut_and_still_a_line(void **state)
{
    const struct log log = {.level = LOG_LEVEL_INFO};
    struct capture *capture = begin_capture();
    (void)state;
    log_write(&log, LOG_LEVEL_INFO, "%05000d", 7);
    end_capture(capture);
    size_t size = strlen(capture->text);
    assert_true(size > 1000 && size < 1200);
    assert_ptr_equal(strchr(capture->text, '\n'), capture->text + size - 1);
    free(capture);
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_int_equal(log_level_parse("error"), LOG_LEVEL_ERROR);
    assert_int_equal(log_level_parse("warning"), LOG_LEVEL_WARNING);
    assert_int_equal(log_level_parse("info"), LOG_LEVEL_INFO);
    assert_int_equal(log_level_parse("debug"), LOG_LEVEL_DEBUG);
    assert_int_equal(log_level_parse("loud"), LOG_LEVEL_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_line_with_time_and_level),
        cmocka_unit_test(what_is_less_grave_is_not_written),
        cmocka_unit_test(nothing_breaks_a_line),
        cmocka_unit_test(a_long_message_is_cut_and_still_a_line),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
