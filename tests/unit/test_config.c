/* Configuration: the table of settings, and every fault of a file with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "daemon/config/config.h"

static void note(void *context, size_t line, const char *sentence)
{
    buf_put_format(context, "%zu: %s\n", line, sentence);
}

/* Reads text over the defaults; what is told must be exactly `faults`. */
static struct config read_config(const char *text, const char *faults)
{
    struct config config;
    struct buf told = {0};
    size_t n = 0;
    config_init(&config);
    buf_put_text(&told, "");
    size_t n_told = config_read(&config, text, note, &told);
    assert_string_equal(told.data, faults);
    for (const char *at = faults; *at; at++)
        n += *at == '\n';
    assert_int_equal(n_told, n);
    buf_destroy(&told);
    return config;
}

static void assert_faults(const char *text, const char *faults)
{
    struct config config = read_config(text, faults);
    config_clear(&config);
}

static void assert_check(const struct config *config, const char *faults)
{
    struct buf told = {0};
    buf_put_text(&told, "");
    config_check(config, note, &told);
    assert_string_equal(told.data, faults);
    buf_destroy(&told);
}

/* Each row can hold its own default, has a name of its own, help, and a place of its own. */
static void every_row_of_the_table_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *one = &SETTINGS[i];
        struct config config;
        char why[200];
        config_init(&config);
        if (!config_set(&config, one, one->initial, why))
            fail_msg("%s/%s: %s", one->section, one->name, why);
        assert_ptr_equal(setting_find(one->section, one->name), one);
        assert_true(one->help[0] != '\0' && one->unit);
        assert_true(one->min <= one->max);
        if (one->live) /* config_take_live copies numbers */
            assert_true(one->type == SETTING_COUNT || one->type == SETTING_FLAG);
        for (size_t k = 0; k < i; k++) {
            assert_true(SETTINGS[k].offset != one->offset);
            assert_true(!one->flag || !SETTINGS[k].flag ||
                        strcmp(SETTINGS[k].flag, one->flag) != 0);
        }
        config_clear(&config);
    }
    assert_null(setting_find("limits", "seed"));
}

static void no_field_is_without_a_row(void **state)
{
    size_t bytes = 0;
    (void)state;
    for (size_t i = 0; i < setting_count(); i++) {
        bool is_number = SETTINGS[i].type == SETTING_COUNT || SETTINGS[i].type == SETTING_FLAG;
        bytes += is_number ? sizeof(int64_t) : sizeof(char *);
    }
    assert_int_equal(bytes + sizeof(size_t *), sizeof(struct config)); /* and their lines */
}

static void a_number_is_held_to_its_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *one = &SETTINGS[i];
        struct config config;
        char why[200], text[32];
        if (one->type != SETTING_COUNT && one->type != SETTING_FLAG)
            continue;
        config_init(&config);
        snprintf(text, sizeof text, "%lld", (long long)one->max);
        assert_true(config_set(&config, one, text, why));
        snprintf(text, sizeof text, "%lld", (long long)one->min);
        assert_true(config_set(&config, one, text, why));
        snprintf(text, sizeof text, "%lld", (long long)one->min - 1);
        assert_false(config_set(&config, one, text, why));
        assert_non_null(strstr(why, one->name));
        assert_false(config_set(&config, one, "", why));
        assert_false(config_set(&config, one, "1x", why));
        assert_false(config_set(&config, one, "99999999999999999999", why));
        config_clear(&config);
    }
}

static void a_file_sets_what_it_names(void **state)
{
    struct config config = read_config("# indsubd.conf\n"
                                       "sessions\n"
                                       "    resume_ms = 5000   # five seconds\n"
                                       "\n"
                                       "market # the exchange\n"
                                       "    zone = \"Europe/Berlin\"\n"
                                       "    hours = '09:00-17:30'\r\n"
                                       "    holidays = 2025-12-24, 2025-12-25 2025-12-26\n"
                                       "    instruments = a file # with a comment\n"
                                       "auth\n"
                                       "    issuer = \"https://a.example/#main\"\n"
                                       "    audience =\n"
                                       "sessions\n"
                                       "    heartbeat_ms=100",
                                       "");
    (void)state;
    assert_int_equal(config.resume_ms, 5000);
    assert_int_equal(config.heartbeat_ms, 100);
    assert_string_equal(config.zone, "Europe/Berlin");
    assert_string_equal(config.hours, "09:00-17:30");
    assert_string_equal(config.holidays, "2025-12-24, 2025-12-25 2025-12-26");
    assert_string_equal(config.instruments_file, "a file");
    assert_string_equal(config.issuer, "https://a.example/#main");
    assert_string_equal(config.audience, "");
    assert_int_equal(config.sessions_per_user, 64); /* not named: as it was */
    config_clear(&config);
}

static void every_fault_has_its_line(void **state)
{
    (void)state;
    assert_faults("sessions\n"
                  "    resume_ms = soon\n"
                  "    heartbeat_ms = 1\n"
                  "    resum_ms = 5\n"
                  "    seed = 5\n"
                  "sesions\n"
                  "    heartbeat_ms = 2\n"
                  "market\n"
                  "    simulate = yes\n"
                  "    hours = 15:30-09:15\n"
                  "    holidays = 2025-02-30\n"
                  "log\n"
                  "    level = loud\n"
                  "endpoints\n"
                  "    session = 127.0.0.1\n"
                  "options\n"
                  "    convention = mine\n"
                  "    model = black\n"
                  "    day_count = 360\n"
                  "    side = call\n"
                  "    rate = 6.5%\n",
                  "2: resume_ms must be 0 to 86400000 ms, not \"soon\"\n"
                  "3: heartbeat_ms must be 50 to 3600000 ms, not \"1\"\n"
                  "4: no setting \"resum_ms\" in \"sessions\"; did you mean resume_ms?\n"
                  "5: no setting \"seed\" in \"sessions\"; it belongs to \"market\"\n"
                  "6: no section \"sesions\"; did you mean sessions?\n"
                  "9: simulate must be 0 or 1, not \"yes\"\n"
                  "10: hours must be hours such as 09:15-15:30, not \"15:30-09:15\"\n"
                  "11: holidays must be dates such as 2025-11-05 2025-12-25, not \"2025-02-30\"\n"
                  "13: level must be error, warning, info or debug, not \"loud\"\n"
                  "15: session must be tcp://HOST:PORT or ipc://PATH, not \"127.0.0.1\"\n"
                  "17: convention must be black76-365, kite or nse, not \"mine\"\n"
                  "18: model must be black76 or black_scholes, not \"black\"\n"
                  "19: day_count must be seconds-365, calendar-365 or trading-252, not \"360\"\n"
                  "20: side must be own or out-of-the-money, not \"call\"\n"
                  "21: rate must be a fraction such as 0.065, not \"6.5%\"\n");
}

static void what_is_no_zpl_has_its_line_too(void **state)
{
    (void)state;
    assert_faults("    seed = 1\n"
                  "seed = 1\n"
                  "market\n"
                  "  seed = 1\n"
                  "        seed = 1\n"
                  "\tseed = 1\n"
                  "    seed 1\n"
                  "    seed\n"
                  "    = 1\n"
                  "    zone = \"Asia/Kolkata\n"
                  "    zone = 'Asia' / 'Kolkata'\n"
                  "    history_bars = 2000\n",
                  "1: a setting needs a section above it\n"
                  "2: a setting stands behind four blanks, below its section\n"
                  "4: a section stands at the margin, its settings behind four blanks\n"
                  "5: a section stands at the margin, its settings behind four blanks\n"
                  "6: a section stands at the margin, its settings behind four blanks\n"
                  "7: neither a section's name, nor NAME = VALUE, nor a # comment\n"
                  "8: a setting needs \"=\" and a value; a section stands at the margin\n"
                  "9: neither a section's name, nor NAME = VALUE, nor a # comment\n"
                  "10: the quote is not closed\n"
                  "11: there is something behind the closing quote\n");
}

static void a_setting_knows_the_line_that_gave_it(void **state)
{
    struct config config = read_config("market\n    zone = UTC\n    seed = x\n",
                                       "3: seed must be 0 to 9223372036854775807, not \"x\"\n");
    char why[200];
    (void)state;
    assert_int_equal(config_line(&config, "market", "zone"), 2);
    assert_int_equal(config_line(&config, "market", "seed"), 0); /* it has stayed as it was */
    assert_true(config_set(&config, setting_find("market", "zone"), "Asia/Kolkata", why));
    assert_int_equal(config_line(&config, "market", "zone"), 0); /* it is a flag's now */
    config_clear(&config);
}

static void what_is_given_twice_is_a_fault(void **state)
{
    struct config config = read_config("market\n    seed = 5\n    seed = 6\nlog\nmarket\n"
                                       "    seed = 7\n",
                                       "3: seed is given twice, first in line 2\n"
                                       "6: seed is given twice, first in line 2\n");
    (void)state;
    assert_int_equal(config.seed, 5);
    config_clear(&config);
}

static void a_line_is_never_cut(void **state)
{
    struct buf text = {0};
    (void)state;
    buf_put_text(&text, "market\n    holidays =");
    for (int i = 0; i < 88; i++)
        buf_put_text(&text, " 2025-12-25");
    struct config config = read_config(text.data, "");
    assert_int_equal(strlen(config.holidays), 88 * 11 - 1);
    config_clear(&config);
    for (int i = 0; i < 10; i++)
        buf_put_text(&text, " 2025-12-25");
    assert_faults(text.data, "2: the line is longer than 1024 bytes\n");
    buf_destroy(&text);
}

static void faulty_settings_stay_as_they_were(void **state)
{
    struct config config = read_config("endpoints\n    session = nonsense\nsessions\n"
                                       "    resume_ms = -1\n",
                                       "2: session must be tcp://HOST:PORT or ipc://PATH, not "
                                       "\"nonsense\"\n"
                                       "4: resume_ms must be 0 to 86400000 ms, not \"-1\"\n");
    (void)state;
    assert_string_equal(config.session_endpoint, "tcp://127.0.0.1:5570");
    assert_int_equal(config.resume_ms, 60000);
    config_clear(&config);
}

static void hours_are_of_one_day(void **state)
{
    static const char *const GOOD[] = {"09:15-15:30", "00:00-24:00", "9:00-9:01"};
    static const char *const BAD[] = {"",
                                      "09:15",
                                      "09:15-09:15",
                                      "09:60-15:30",
                                      "09:15-24:01",
                                      "09:15-15:3x",
                                      "09:15 -15:30",
                                      "-1:00-15:30",
                                      "09:15-15:30-",
                                      " 9:15-15:30",
                                      "009:15-15:30"};
    const struct setting *hours = setting_find("market", "hours");
    struct config config;
    char why[200];
    (void)state;
    config_init(&config);
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++)
        assert_true(config_set(&config, hours, GOOD[i], why));
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (config_set(&config, hours, BAD[i], why))
            fail_msg("taken: %s", BAD[i]);
    config_clear(&config);
}

static void nothing_leaves_the_machine_unasked(void **state)
{
    struct config config = read_config("endpoints\n    public = tcp://*:5571\n", "");
    (void)state;
    assert_check(&config, "2: the public endpoint tcp://*:5571 can be reached from other machines "
                          "and is not encrypted; give it a --certificate, bind it to "
                          "127.0.0.1, or say --allow-plaintext\n");
    config.allow_plaintext = 1;
    assert_check(&config, "");
    config_clear(&config);
    config = read_config("endpoints\n    public = tcp://*:5571\n    feed = tcp://*:5572\n"
                         "curve\n    certificate = own\n    sockets = session  feed\n",
                         "");
    assert_true(config_encrypts(&config, "session"));
    assert_false(config_encrypts(&config, "public"));
    assert_check(&config, "2: the public endpoint tcp://*:5571 can be reached from other machines "
                          "and is not encrypted; give it a --certificate, bind it to "
                          "127.0.0.1, or say --allow-plaintext\n");
    config_clear(&config);
    config =
        read_config("endpoints\n    public = tcp://*:5571\ncurve\n    certificate = own\n", "");
    assert_check(&config, "");
    config_clear(&config);
    config = read_config("curve\n    sockets = session feeds\n",
                         "2: sockets must be some of session, public and feed, with blanks between "
                         "them, not \"session feeds\"\n");
    assert_false(config_encrypts(&config, "session")); /* without a certificate */
    config_clear(&config);
    config_init(&config);
    assert_check(&config, "");
    config_clear(&config);
}

static void a_running_daemon_takes_limits_only(void **state)
{
    struct config config,
        fresh = read_config("limits\n    subscriptions = 7\nsessions\n    resume_ms = 7\n"
                            "market\n    zone = UTC\n",
                            "");
    (void)state;
    config_init(&config);
    config_take_live(&config, &fresh);
    assert_int_equal(config.subscriptions, 7);
    assert_int_equal(config.resume_ms, 60000);
    assert_string_equal(config.zone, "Asia/Kolkata");
    config_clear(&fresh);
    config_clear(&config);
}

static void help_names_every_setting(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    assert_non_null(out);
    config_print_help(out);
    fclose(out);
    for (size_t i = 0; i < setting_count(); i++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted, "    %s = %s\n        %s", SETTINGS[i].name,
                 SETTINGS[i].initial, SETTINGS[i].help);
        assert_non_null(strstr(text, wanted));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_is_whole),
        cmocka_unit_test(no_field_is_without_a_row),
        cmocka_unit_test(a_number_is_held_to_its_range),
        cmocka_unit_test(a_file_sets_what_it_names),
        cmocka_unit_test(every_fault_has_its_line),
        cmocka_unit_test(what_is_no_zpl_has_its_line_too),
        cmocka_unit_test(a_setting_knows_the_line_that_gave_it),
        cmocka_unit_test(what_is_given_twice_is_a_fault),
        cmocka_unit_test(a_line_is_never_cut),
        cmocka_unit_test(faulty_settings_stay_as_they_were),
        cmocka_unit_test(hours_are_of_one_day),
        cmocka_unit_test(nothing_leaves_the_machine_unasked),
        cmocka_unit_test(a_running_daemon_takes_limits_only),
        cmocka_unit_test(help_names_every_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
