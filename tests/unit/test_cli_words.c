/* From what is typed to what is meant: words, options, commands, completion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/options.h"
#include "cli/places.h"
#include "cli/words.h"

/* ---- words --------------------------------------------------------------------------- */

static void assert_words(const char *line, const char *wanted)
{
    struct words words = {0};
    struct buf joined = {0};
    assert_int_equal(words_split(&words, line, NULL), ERR_OK);
    buf_put(&joined, "", 0);
    for (size_t i = 0; i < words.n; i++)
        buf_put_format(&joined, "[%s]", words.items[i]);
    assert_string_equal(joined.data, wanted);
    buf_destroy(&joined);
    words_destroy(&words);
}

static void a_line_is_split_as_people_mean_it(void **state)
{
    (void)state;
    assert_words("", "");
    assert_words("  # a remark", "");
    assert_words("list # a remark", "[list]");
    assert_words("a#b", "[a#b]");
    assert_words("subscribe NIFTY50\t5min  RSI(14) ", "[subscribe][NIFTY50][5min][RSI(14)]");
    assert_words("s RSI(14, 100) MACD(12,26, 9)", "[s][RSI(14,100)][MACD(12,26,9)]");
    assert_words("s SMA(length = 9, source=RSI( 14 ))", "[s][SMA(length=9,source=RSI(14))]");
    assert_words("data \"NIFTY 50\" 1min", "[data][NIFTY 50][1min]");
    assert_words("data 'M&M' ''", "[data][M&M][]");
    assert_words("a'b c'd", "[ab cd]");
}

static void what_is_opened_must_be_closed(void **state)
{
    static const char *const BAD[] = {"data 'NIFTY", "data \"NIFTY", "s A 1min RSI(14", "s ((1)"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct words words = {0};
        struct err err = {0};
        assert_int_equal(words_split(&words, BAD[i], &err), ERR_BAD_REQUEST);
        assert_non_null(strstr(err.message, "not closed"));
        words_destroy(&words);
    }
}

static void the_word_being_typed_is_found(void **state)
{
    (void)state;
    assert_int_equal(words_last_start(""), 0);
    assert_int_equal(words_last_start("sub"), 0);
    assert_int_equal(words_last_start("sub "), 4);
    assert_int_equal(words_last_start("s NIFTY50 5min RSI(14, s"), 15);
    assert_int_equal(words_last_start("s \"NIFTY 5"), 2);
}

/* ---- options ------------------------------------------------------------------------- */

static char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

static char *some_env(const char *name)
{
    static char endpoint[] = "tcp://10.0.0.1:1", token[] = "from-env";
    return strcmp(name, "INDSUB_ENDPOINT") == 0 ? endpoint
           : strcmp(name, "INDSUB_TOKEN") == 0  ? token
                                                : NULL;
}

static enum err_code parse(struct options *options, options_env_fn *env, const char *line,
                           struct words *words, struct err *err)
{
    assert_int_equal(words_split(words, line, NULL), ERR_OK);
    return options_parse(options, (int)words->n, words->items, env, err);
}

static void options_end_where_the_command_begins(void **state)
{
    struct options options;
    struct words words = {0};
    (void)state;
    assert_int_equal(parse(&options, no_env,
                           "indsub-cli --endpoint=ipc:///x --json --user me token --user you",
                           &words, NULL),
                     ERR_OK);
    assert_string_equal(options.endpoint, "ipc:///x");
    assert_string_equal(options.user, "me");
    assert_true(options.json);
    assert_int_equal(options.n_command, 3);
    assert_string_equal(options.command[0], "token");
    words_destroy(&words);
}

static void json_may_stand_anywhere(void **state)
{
    struct options options;
    struct words words = {0};
    (void)state;
    assert_int_equal(parse(&options, no_env, "x stream A 1min --json RSI", &words, NULL), ERR_OK);
    assert_true(options.json);
    assert_int_equal(options.n_command, 4);
    assert_string_equal(options.command[3], "RSI");
    words_destroy(&words);
}

static void an_option_wins_over_the_environment(void **state)
{
    struct options options;
    struct words words = {0}, others = {0};
    (void)state;
    assert_int_equal(parse(&options, some_env, "x list", &words, NULL), ERR_OK);
    assert_string_equal(options.endpoint, "tcp://10.0.0.1:1");
    assert_string_equal(options.token, "from-env");
    assert_int_equal(
        parse(&options, some_env, "x --endpoint tcp://h:2 --user me list", &others, NULL), ERR_OK);
    assert_string_equal(options.endpoint, "tcp://h:2");
    assert_null(options.token); /* --user says who, so the variable does not */
    words_destroy(&words);
    words_destroy(&others);
}

static void without_options_there_are_defaults(void **state)
{
    struct options options;
    char name[] = "x", *argv[] = {name, NULL};
    (void)state;
    assert_int_equal(options_parse(&options, 1, argv, no_env, NULL), ERR_OK);
    assert_string_equal(options.endpoint, "tcp://127.0.0.1:5570");
    assert_int_equal(options.n_command, 0);
    assert_null(options.token);
}

static void wrong_options_are_refused_with_a_hint(void **state)
{
    static const char *const CASES[][2] = {
        {"x --jsn list", "--json"},
        {"x --endpoint", "missing"},
        {"x --endpoint nonsense list", "tcp://HOST:PORT"},
        {"x --endpoint tcp://127.0.0.1:* list", "tcp://HOST:PORT"},
        {"x --feed nonsense list", "--feed"},
        {"x --json=yes list", "no value"},
        {"x --user a --token b list", "choose one"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct options options;
        struct words words = {0};
        struct err err = {0};
        assert_int_equal(parse(&options, no_env, CASES[i][0], &words, &err), ERR_BAD_REQUEST);
        assert_non_null(strstr(err.message, CASES[i][1]));
        words_destroy(&words);
    }
}

/* ---- commands ------------------------------------------------------------------------ */

static enum err_code parse_command(struct args *args, struct words *words, const char *line,
                                   struct err *err)
{
    assert_int_equal(words_split(words, line, NULL), ERR_OK);
    return args_parse(args, words->items, words->n, err);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; COMMANDS[i]; i++) {
        const struct command *one = COMMANDS[i];
        assert_ptr_equal(command_find(one->name), one);
        if (one->also)
            assert_ptr_equal(command_find(one->also), one);
        assert_non_null(one->arguments);
        assert_non_null(one->about);
        assert_non_null(one->run);
        assert_true(one->n_min <= one->n_max);
        assert_true(one->n_max == 0 || one->words[0] != WORD_NONE);
        for (size_t k = 0; one->options[k].name; k++) /* each is told of */
            assert_non_null(strstr(one->arguments, one->options[k].name));
    }
}

static void words_and_options_of_a_command_are_told_apart(void **state)
{
    struct args args;
    struct words words = {0};
    (void)state;
    assert_int_equal(
        parse_command(&args, &words, "stream A 1min --count 5 RSI --closed MACD", NULL), ERR_OK);
    assert_ptr_equal(args.command, &command_stream);
    assert_int_equal(args.n_words, 4);
    assert_string_equal(args.words[3], "MACD");
    assert_string_equal(args_option(&args, "--count"), "5");
    assert_string_equal(args_option(&args, "--closed"), "");
    args_destroy(&args);
    words_destroy(&words);
}

static void commands_that_cannot_be_are_refused(void **state)
{
    static const char *const CASES[][2] = {
        {"subscrbe A 1min RSI", "did you mean subscribe"},
        {"xyzzy", "\"help\" lists"},
        {"data A", "data SYMBOL TIMEFRAME"},
        {"list A", "list"},
        {"unsubscribe A", "unsubscribe [SYMBOL"},
        {"stream A 1min RSI --count", "missing"},
        {"stream A 1min RSI --count 0", "whole number from 1 to 1000000000 "},
        {"stream A 1min RSI --count -1", "whole number"},
        {"stream A 1min RSI --count 99999999999999999999", "whole number"},
        {"stream A 1min RSI --closed=1", "no value"},
        {"stream A 1min RSI --open", "no option --open"},
        {"history A 1min 5001", "from 1 to 5000"},
        {"history A 1min 5x", "from 1 to 5000"},
        {"token", "token --user U"},
        {"token --user a --ttl soon", "8h"},
        {"token --user a --scope everything", "everything"},
        {"feed f --speed -1", "--speed"},
        {"feed f --timeframe 7min", "--timeframe"},
        {"help me", "no command"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct args args;
        struct words words = {0};
        struct err err = {0};
        assert_int_not_equal(parse_command(&args, &words, CASES[i][0], &err), ERR_OK);
        if (!strstr(err.message, CASES[i][1]))
            fail_msg("%s: %s", CASES[i][0], err.message);
        args_destroy(&args);
        words_destroy(&words);
    }
}

static void ports_that_go_together_are_derived(void **state)
{
    (void)state;
    char *public = places_derive("tcp://127.0.0.1:5570", 1);
    assert_string_equal(public, "tcp://127.0.0.1:5571");
    free(public);
    assert_null(places_derive("ipc:///run/indsub/session", 1));
    assert_null(places_derive("tcp://127.0.0.1:65535", 1));
}

/* ---- completion ---------------------------------------------------------------------- */

static char nifty[] = "NIFTY50", bank[] = "BANKNIFTY", next[] = "NIFTY NEXT 50";
static char *const SYMBOLS[] = {bank, nifty, next};

/* The candidates joined by blanks. */
static void assert_completed(const char *line, const char *wanted)
{
    struct candidates candidates;
    struct buf joined = {0};
    complete_line(&candidates, line, SYMBOLS, 3);
    buf_put(&joined, "", 0);
    for (size_t i = 0; i < candidates.n; i++)
        buf_put_format(&joined, "%s%s", i > 0 ? " " : "", candidates.items[i]);
    if (strcmp(joined.data, wanted) != 0)
        fail_msg("%s: %s, not %s", line, joined.data, wanted);
    buf_destroy(&joined);
    candidates_destroy(&candidates);
}

static void what_is_half_typed_is_completed(void **state)
{
    (void)state;
    assert_completed("subs", "subscribe");
    assert_completed("help unsub", "unsubscribe");
    assert_completed("s", "subscribe stream symbols status stats");
    assert_completed("nothing N", "");
    assert_completed("data bank", "BANKNIFTY");
    assert_completed("data NIFTY", "NIFTY50 \"NIFTY NEXT 50\"");
    assert_completed("data \"NIFTY N", "\"NIFTY NEXT 50\"");
    assert_completed("data NIFTY50 1", "1s 10s 15s 1min 10min 15min 1h 1d 1w");
    assert_completed("data NIFTY50 1min N", "");
    assert_completed("subscribe NIFTY50 15m", "15min");
    assert_completed("subscribe NIFTY50 15min RSI(14) bband", "BBANDS(");
    assert_completed("subscribe NIFTY50 15min RSI(", "RSI(length= RSI(scalar= RSI(source= "
                                                     "RSI(timeframe=");
    assert_completed("subscribe NIFTY50 15min RSI(14, sc", "RSI(14, scalar=");
    assert_completed("subscribe NIFTY50 15min SMA(9,source=RSI(le", "SMA(9,source=RSI(length=");
    assert_completed("subscribe NIFTY50 15min SMA(source=hl", "SMA(source=hl2 SMA(source=hlc3");
    assert_completed("subscribe NIFTY50 15min SMA(timeframe=1h", "SMA(timeframe=1h");
    assert_completed("subscribe NIFTY50 15min NOSUCH(le", "");
    assert_completed("stream NIFTY50 15min RSI --c", "--closed --count");
    assert_completed("stream NIFTY50 15min RSI --count ", "");
    assert_completed("feed x.csv --symbol BANK", "BANKNIFTY");
    assert_completed("feed x.csv --timeframe 3", "30s 3min 30min");
    assert_completed("catalog bband", "BBANDS");
}

/* "SMA(source=" is typed, and in all of them: it need not be shown. */
static void what_is_settled_is_known(void **state)
{
    static const struct {
        const char *line;
        size_t head;
        bool is_ordered;
    } CASES[] = {{"subs", 0, false},
                 {"subscribe NIFTY50 15min RS", 0, false},
                 {"subscribe NIFTY50 15min RSI(le", 4, false},
                 {"subscribe NIFTY50 15min SMA(source=hl", 11, false},
                 {"data NIFTY50 1", 0, true},
                 {"subscribe NIFTY50 15min SMA(timeframe=1", 14, true}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct candidates candidates;
        complete_line(&candidates, CASES[i].line, SYMBOLS, 3);
        assert_int_equal(candidates.head, CASES[i].head);
        assert_int_equal(candidates.is_ordered, CASES[i].is_ordered);
        candidates_destroy(&candidates);
    }
}

static void files_are_left_to_others(void **state)
{
    struct candidates candidates;
    (void)state;
    complete_line(&candidates, "feed ti", NULL, 0);
    assert_true(candidates.wants_file);
    candidates_destroy(&candidates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_split_as_people_mean_it),
        cmocka_unit_test(what_is_opened_must_be_closed),
        cmocka_unit_test(the_word_being_typed_is_found),
        cmocka_unit_test(options_end_where_the_command_begins),
        cmocka_unit_test(json_may_stand_anywhere),
        cmocka_unit_test(an_option_wins_over_the_environment),
        cmocka_unit_test(without_options_there_are_defaults),
        cmocka_unit_test(wrong_options_are_refused_with_a_hint),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(words_and_options_of_a_command_are_told_apart),
        cmocka_unit_test(commands_that_cannot_be_are_refused),
        cmocka_unit_test(ports_that_go_together_are_derived),
        cmocka_unit_test(what_is_half_typed_is_completed),
        cmocka_unit_test(what_is_settled_is_known),
        cmocka_unit_test(files_are_left_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
