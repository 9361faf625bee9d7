/* Chains of options: who has a part in which, and what a message says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <time.h>

#include "common/base/feedtime.h"
#include "daemon/compute/compute.h"
#include "daemon/options/value.h"

#define OPEN_MS INT64_C(1762227900000) /* 2025-11-04, 09:15 in Kolkata, a Tuesday */
enum { EXPIRY_DAY = 20403 /* the Tuesday after */ };

static const struct option_settings SETTINGS = {.convention = &convention_presets[0],
                                                .age_max_ms = 300000};

struct fixture {
    struct calendar *calendar;
    struct instruments *instruments;
    struct market *market;
    struct chains *chains;
    struct touched touched;
};

static struct fixture begin(void)
{
    return (struct fixture){.calendar = calendar_new_default(),
                            .instruments = instruments_new(),
                            .market = market_new(&(struct market_settings){1000, 100000, 1})};
}

static void end(struct fixture *self)
{
    market_destroy(&self->market);
    chains_destroy(&self->chains);
    instruments_destroy(&self->instruments);
    calendar_destroy(&self->calendar);
    touched_destroy(&self->touched);
}

static void list(struct fixture *self, const char *symbol, const char *underlying,
                 enum instrument_type type, double strike, int64_t expiry_day)
{
    instruments_add(self->instruments, &(struct instrument){.symbol = symbol,
                                                            .underlying = underlying,
                                                            .exchange = "NFO",
                                                            .type = type,
                                                            .strike = strike,
                                                            .tick_size = NAN,
                                                            .lot_size = NAN,
                                                            .expiry_day = expiry_day});
    market_add(self->market, symbol, self->calendar);
}

/* An index and some of its derivatives, tied. */
static struct fixture begin_with_chain(void)
{
    struct fixture self = begin();
    list(&self, "NIFTY 50", "", INSTRUMENT_INDEX, NAN, INT64_MIN);
    list(&self, "FUT", "NIFTY", INSTRUMENT_FUT, NAN, EXPIRY_DAY);
    list(&self, "C25000", "NIFTY", INSTRUMENT_CE, 25000, EXPIRY_DAY);
    list(&self, "P25000", "NIFTY", INSTRUMENT_PE, 25000, EXPIRY_DAY);
    list(&self, "C25100", "NIFTY", INSTRUMENT_CE, 25100, EXPIRY_DAY);
    list(&self, "P25100", "NIFTY", INSTRUMENT_PE, 25100, EXPIRY_DAY);
    self.chains = chains_new(&SETTINGS, self.market, self.instruments);
    return self;
}

static void apply(struct fixture *self, const char *symbol, const struct tick *tick)
{
    struct listing *listing = market_find(self->market, symbol);
    assert_int_equal(market_apply_tick(self->market, 0, listing, tick, &self->touched),
                     REJECT_NONE);
    touched_reset(&self->touched);
}

static void trade(struct fixture *self, const char *symbol, int64_t feed_ms, double price,
                  double oi)
{
    apply(self, symbol, &(struct tick){feed_ms, price, NAN, NAN, oi, NAN, NAN});
}

/* What a message says of a bar: for cJSON_Delete. */
static cJSON *said_of(struct fixture *self, const char *symbol, const struct bar *bar,
                      int64_t end_ms)
{
    struct buf text = {0};
    buf_put_text(&text, "{\"of\":0");
    value_put(&text, market_find(self->market, symbol), bar, (struct moment){bar->last_ms, end_ms});
    buf_put_text(&text, "}");
    cJSON *said = cJSON_Parse(text.data);
    assert_non_null(said);
    buf_destroy(&text);
    return said;
}

static void give_bar(struct fixture *self, const char *symbol, enum timeframe timeframe,
                     int64_t start_ms, double price, double oi)
{
    struct bar bar = {start_ms, start_ms, price, price, price, price, 0, oi, NAN};
    struct listing *listing = market_find(self->market, symbol);
    assert_int_equal(market_apply_bar(self->market, 0, listing, timeframe, &bar, &self->touched),
                     REJECT_NONE);
    touched_reset(&self->touched);
}

/* Of the newest bar, forming or not. */
static cJSON *said_now(struct fixture *self, const char *symbol)
{
    size_t n_open;
    const struct open_bar *open =
        series_open(market_find(self->market, symbol)->series[TIMEFRAME_1MIN], &n_open);
    assert_true(n_open > 0);
    return said_of(self, symbol, &open[n_open - 1].bar, INT64_MAX);
}

static const cJSON *at(const cJSON *said, const char *group, const char *name)
{
    const cJSON *found =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(said, group), name);
    assert_non_null(found);
    return found;
}

static void assert_reason(struct fixture *self, const char *symbol, const char *reason)
{
    static const char *const NULLS[] = {"iv", "delta", "gamma", "theta", "vega", "rho"};
    cJSON *said = said_now(self, symbol);
    assert_string_equal(at(said, "greeks", "reason")->valuestring, reason);
    assert_string_equal(at(said, "greeks", "convention")->valuestring, "black76-365");
    for (size_t i = 0; i < sizeof NULLS / sizeof *NULLS; i++)
        assert_true(cJSON_IsNull(at(said, "greeks", NULLS[i])));
    cJSON_Delete(said);
}

/* ---- who has a part ---------------------------------------------------------------------------
 */

static void what_has_no_part_says_why(void **state)
{
    struct fixture f = begin();
    (void)state;
    list(&f, "NIFTY 50", "", INSTRUMENT_INDEX, NAN, INT64_MIN);
    list(&f, "C25000", "NIFTY", INSTRUMENT_CE, 25000, EXPIRY_DAY);
    list(&f, "AGAIN", "NIFTY", INSTRUMENT_CE, 25000, EXPIRY_DAY);
    list(&f, "ORPHAN", "SENSEX", INSTRUMENT_PE, 80000, EXPIRY_DAY);
    list(&f, "BARE", "NIFTY", INSTRUMENT_CE, NAN, EXPIRY_DAY);
    list(&f, "ENDLESS", "NIFTY", INSTRUMENT_CE, 25000, INT64_MIN);
    list(&f, "ORPHANFUT", "SENSEX", INSTRUMENT_FUT, NAN, EXPIRY_DAY);
    f.chains = chains_new(&SETTINGS, f.market, f.instruments);
    assert_int_equal(chains_n_left_out(f.chains), 5);
    trade(&f, "NIFTY 50", OPEN_MS, 25020, NAN);
    static const char *const SYMBOLS[] = {"C25000", "AGAIN",   "ORPHAN",
                                          "BARE",   "ENDLESS", "ORPHANFUT"};
    for (size_t i = 0; i < sizeof SYMBOLS / sizeof *SYMBOLS; i++)
        trade(&f, SYMBOLS[i], OPEN_MS, 230, 7);
    assert_reason(&f, "AGAIN", "DUPLICATE");
    assert_reason(&f, "ORPHAN", "NO_UNDERLYING");
    assert_reason(&f, "BARE", "NO_TERMS");
    assert_reason(&f, "ENDLESS", "NO_TERMS");
    cJSON *said = said_now(&f, "C25000");
    assert_true(at(said, "greeks", "iv")->valuedouble > 0);
    cJSON_Delete(said);
    said = said_now(&f, "NIFTY 50");
    assert_true(at(said, "oi", "call_oi")->valuedouble == 7); /* AGAIN is not counted */
    cJSON_Delete(said);
    said = said_now(&f, "ORPHANFUT");
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(said, "greeks")));
    assert_true(at(said, "oi", "oi")->valuedouble == 7);
    cJSON_Delete(said);
    end(&f);
}

/* A dump of derivatives alone: every underlying comes by and by, under its own name or an index's
 * other one, and the parts of the rest stay what they are. */
static void an_underlying_that_comes_later_gets_its_chain(void **state)
{
    struct fixture f = begin();
    (void)state;
    list(&f, "C25000", "NIFTY", INSTRUMENT_CE, 25000, EXPIRY_DAY);
    list(&f, "P25000", "NIFTY", INSTRUMENT_PE, 25000, EXPIRY_DAY);
    list(&f, "I1500", "INFY", INSTRUMENT_CE, 1500, EXPIRY_DAY);
    f.chains = chains_new(&SETTINGS, f.market, f.instruments);
    assert_int_equal(chains_n_left_out(f.chains), 3);
    trade(&f, "I1500", OPEN_MS, 40, 1);
    assert_reason(&f, "I1500", "NO_UNDERLYING");

    market_add(f.market, "SENSEX", f.calendar);
    chains_tie(f.chains, f.market, "SENSEX");
    assert_int_equal(chains_n_left_out(f.chains), 3);
    market_add(f.market, "INFY", f.calendar);
    chains_tie(f.chains, f.market, "INFY");
    assert_int_equal(chains_n_left_out(f.chains), 2);
    const struct contract *infy = market_find(f.market, "I1500")->contract;
    market_add(f.market, "NIFTY 50", f.calendar);
    chains_tie(f.chains, f.market, "NIFTY 50");
    assert_int_equal(chains_n_left_out(f.chains), 0);
    assert_ptr_equal(market_find(f.market, "I1500")->contract, infy);
    assert_ptr_equal(infy->underlying->contract.listing, market_find(f.market, "INFY"));
    const struct underlying *nifty = market_find(f.market, "C25000")->contract->underlying;
    assert_ptr_equal(nifty->contract.listing, market_find(f.market, "NIFTY 50"));
    const struct strike *strike = &nifty->expiries[0]->strikes[0];
    assert_true(nifty->n_expiries == 1 && nifty->expiries[0]->n_strikes == 1);
    assert_ptr_equal(strike->call, market_find(f.market, "C25000")->contract);
    assert_ptr_equal(strike->put, market_find(f.market, "P25000")->contract);
    end(&f);
}

/* Each of a whole market's underlyings brings its own derivatives and looks at no others: in the
 * morning they come all at once. */
static void a_market_of_underlyings_comes_at_once(void **state)
{
    enum { UNDERLYINGS = 2000, STRIKES = 20 };
    struct fixture f = begin();
    char symbol[48], name[32];
    (void)state;
    for (int i = 0; i < UNDERLYINGS * STRIKES; i++) {
        snprintf(name, sizeof name, "STOCK%d", i % UNDERLYINGS);
        snprintf(symbol, sizeof symbol, "%s-%d", name, i / UNDERLYINGS);
        list(&f, symbol, name, INSTRUMENT_CE, 100 + i / UNDERLYINGS, EXPIRY_DAY);
    }
    f.chains = chains_new(&SETTINGS, f.market, f.instruments);
    clock_t before = clock();
    for (int i = 0; i < UNDERLYINGS; i++) {
        snprintf(name, sizeof name, "STOCK%d", i);
        market_add(f.market, name, f.calendar);
        chains_tie(f.chains, f.market, name);
    }
    double took_s = (double)(clock() - before) / CLOCKS_PER_SEC;
    assert_int_equal(chains_n_left_out(f.chains), 0);
    print_message("%d options tied by %d underlyings: %.0f ms\n", UNDERLYINGS * STRIKES,
                  UNDERLYINGS, 1000 * took_s);
    assert_true(took_s < 5); /* not the product of the two numbers */
    end(&f);
}

/* ---- what is known at a moment ----------------------------------------------------------------
 */

static const struct bar *known(struct fixture *self, const char *symbol, int64_t end_ms)
{
    return contract_bar_by(market_find(self->market, symbol)->contract, end_ms);
}

/* Every second of four minutes, asked for afterwards, forward and backward: a bar that ends within
 * a minute is not told of what came later in it. */
static void nothing_is_known_before_it_came(void **state)
{
    enum { SECONDS = 240 };
    struct fixture f = begin_with_chain();
    (void)state;
    for (int s = 0; s < SECONDS; s++) {
        trade(&f, "NIFTY 50", OPEN_MS + s * 1000 + 1, 25000, NAN);
        if (s % 7 == 3)
            trade(&f, "FUT", OPEN_MS + s * 1000 + 2, 25000 + s, 10 * s);
    }
    market_advance_clock(f.market, 0, OPEN_MS + 600000, &f.touched);
    for (int k = 0; k < 2 * SECONDS; k++) {
        int s = k < SECONDS ? k : 2 * SECONDS - 1 - k, newest = s - (s + 4) % 7;
        const struct bar *bar = known(&f, "FUT", OPEN_MS + (s + 1) * 1000);
        if (newest < 0)
            assert_null(bar);
        else
            assert_true(bar->close == 25000 + newest && bar->oi == 10 * newest);
    }
    assert_true(known(&f, "FUT", INT64_MAX)->close == 25000 + 234);
    end(&f);
}

/* Longer bars than the message's say nothing of what they have not ended. */
static void a_longer_bar_is_known_when_it_has_ended(void **state)
{
    enum { MINUTE_MS = 60000 };
    struct fixture f = begin_with_chain();
    (void)state;
    for (int i = 0; i < 3; i++)
        give_bar(&f, "C25000", TIMEFRAME_5MIN, OPEN_MS + i * 5 * MINUTE_MS, 200 + i, i);
    assert_null(known(&f, "C25000", OPEN_MS + 4 * MINUTE_MS));
    assert_true(known(&f, "C25000", OPEN_MS + 5 * MINUTE_MS)->close == 200);
    assert_true(known(&f, "C25000", OPEN_MS + 14 * MINUTE_MS)->close == 201);
    assert_true(known(&f, "C25000", OPEN_MS + 15 * MINUTE_MS)->close == 202);
    end(&f);
}

/* Where there are bars of days alone, as of an exchange's daily files, they are the market. */
static void days_are_known_where_there_is_nothing_shorter(void **state)
{
    static const int64_t CLOSE_MS = OPEN_MS + INT64_C(375) * 60000;
    struct fixture f = begin_with_chain();
    (void)state;
    give_bar(&f, "C25000", TIMEFRAME_1D, OPEN_MS, 230, 10);
    give_bar(&f, "P25000", TIMEFRAME_1D, OPEN_MS, 180, 30);
    give_bar(&f, "NIFTY 50", TIMEFRAME_1D, OPEN_MS, 25020, NAN);
    assert_null(known(&f, "C25000", CLOSE_MS - 60000));
    const struct bar *day = known(&f, "NIFTY 50", CLOSE_MS);
    assert_non_null(day);
    cJSON *said = said_of(&f, "NIFTY 50", day, CLOSE_MS);
    assert_string_equal(at(said, "greeks", "forward_from")->valuestring, "parity");
    assert_true(at(said, "greeks", "forward")->valuedouble == 25050);
    assert_true(at(said, "greeks", "iv")->valuedouble > 0);
    assert_true(at(said, "oi", "pcr")->valuedouble == 3);
    /* A day's close is of its end: seven days of 24 hours before the expiry, and a millisecond. */
    assert_true(fabs(at(said, "greeks", "t_years")->valuedouble - 7 / 365.0) < 1e-10);
    cJSON_Delete(said);
    end(&f);
}

/* ---- prices that explain nothing --------------------------------------------------------------
 */

static void quote(struct fixture *self, const char *symbol, double price, double bid, double ask)
{
    apply(self, symbol, &(struct tick){OPEN_MS, price, NAN, NAN, NAN, bid, ask});
}

static const char *reason_at_money(const cJSON *said, const char *side)
{
    const cJSON *values = at(said, "greeks", side);
    const cJSON *reason = cJSON_GetObjectItemCaseSensitive(values, "reason");
    assert_true((reason != NULL) == cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(values, "iv")));
    return reason ? reason->valuestring : "";
}

/* Not the option's own message alone: the underlying's at the money, and a forward. */
static void crossed_quotes_explain_nothing_to_anybody(void **state)
{
    struct fixture f = begin_with_chain();
    (void)state;
    quote(&f, "FUT", 25010, 25009, 25011);
    quote(&f, "C25000", 230, 229, 231);
    quote(&f, "P25000", 180, 181, 179);
    quote(&f, "NIFTY 50", 25000, 25001, 24999); /* an index has no quotes to mean anything */
    assert_reason(&f, "P25000", "CROSSED");
    cJSON *said = said_now(&f, "NIFTY 50");
    assert_string_equal(reason_at_money(said, "put"), "CROSSED");
    assert_string_equal(reason_at_money(said, "call"), "");
    assert_true(at(said, "greeks", "iv")->valuedouble ==
                cJSON_GetObjectItem(at(said, "greeks", "call"), "iv")->valuedouble);
    assert_string_equal(at(said, "greeks", "forward_from")->valuestring, "future");
    cJSON_Delete(said);
    quote(&f, "FUT", 25010, 25012, 25011);
    said = said_now(&f, "NIFTY 50");
    assert_string_equal(at(said, "greeks", "forward_from")->valuestring, "carry");
    cJSON_Delete(said);
    quote(&f, "P25000", 180, 179, 0); /* nobody sells */
    said = said_now(&f, "NIFTY 50");
    assert_string_equal(reason_at_money(said, "put"), "");
    assert_string_equal(at(said, "greeks", "forward_from")->valuestring, "parity");
    cJSON_Delete(said);
    end(&f);
}

static void what_is_too_old_says_so(void **state)
{
    struct fixture f = begin_with_chain();
    (void)state;
    trade(&f, "C25000", OPEN_MS, 230, 5);
    trade(&f, "NIFTY 50", OPEN_MS + 300000, 25000, NAN);
    cJSON *said = said_now(&f, "NIFTY 50");
    assert_string_equal(reason_at_money(said, "call"), "");
    assert_string_equal(reason_at_money(said, "put"), "NO_PRICE");
    cJSON_Delete(said);
    trade(&f, "NIFTY 50", OPEN_MS + 300001, 25000, NAN);
    said = said_now(&f, "NIFTY 50");
    assert_string_equal(reason_at_money(said, "call"), "STALE");
    assert_true(at(said, "oi", "call_oi")->valuedouble == 5);
    cJSON_Delete(said);
    end(&f);
}

/* Nobody says what the underlying is worth, but its options do: also far from the lowest strike. */
static void parity_needs_no_underlying(void **state)
{
    enum { STRIKES = 80 };
    struct fixture f = begin();
    char symbol[16];
    (void)state;
    list(&f, "NIFTY 50", "", INSTRUMENT_INDEX, NAN, INT64_MIN);
    for (int i = 0; i < 2 * STRIKES; i++) {
        snprintf(symbol, sizeof symbol, "S%d", i);
        list(&f, symbol, "NIFTY", i % 2 ? INSTRUMENT_PE : INSTRUMENT_CE, 21000 + 50 * (i / 2),
             EXPIRY_DAY);
    }
    f.chains = chains_new(&SETTINGS, f.market, f.instruments);
    for (int i = 0; i < 2 * STRIKES; i++) {
        double in = (i % 2 ? -1 : 1) * (24030.0 - (21000 + 50 * (i / 2)));
        snprintf(symbol, sizeof symbol, "S%d", i);
        trade(&f, symbol, OPEN_MS, fmax(in, 0) + 60 - fabs(in) / 60, NAN);
    }
    cJSON *said = said_now(&f, "S60");
    assert_string_equal(at(said, "greeks", "forward_from")->valuestring, "parity");
    assert_true(fabs(at(said, "greeks", "forward")->valuedouble - 24030) < 1e-9);
    assert_true(at(said, "greeks", "iv")->valuedouble > 0);
    cJSON_Delete(said);
    end(&f);
}

/* ---- sources of indicators --------------------------------------------------------------------
 */

enum { IV = 1 << VALUE_IV, PCR = 1 << VALUE_PCR, ATM_IV = 1 << VALUE_ATM_IV };

/* A whole chain is looked at only for who wants it, and not for the time before it traded. */
static void sources_are_as_dear_as_what_is_wanted(void **state)
{
    struct fixture f = begin_with_chain();
    const struct listing *index = market_find(f.market, "NIFTY 50");
    const struct listing *call = market_find(f.market, "C25000");
    double values[VALUE_SOURCES];
    (void)state;
    assert_true(value_since(index, PCR) == INT64_MAX && value_since(index, 0) == INT64_MAX);
    trade(&f, "NIFTY 50", OPEN_MS, 25000, NAN);
    trade(&f, "C25000", OPEN_MS + 60000, 230, 10);
    trade(&f, "P25000", OPEN_MS + 120000, 180, 5);
    assert_true(value_since(index, PCR) == OPEN_MS + 60000);
    assert_true(value_since(index, IV) == INT64_MAX && value_since(call, IV) == INT64_MIN);
    const struct bar *bar = known(&f, "NIFTY 50", INT64_MAX);
    struct moment now = {OPEN_MS + 120000, INT64_MAX};
    value_sources(index, bar, now, PCR, values);
    assert_true(values[VALUE_PCR] == 0.5 && isnan(values[VALUE_ATM_IV]));
    value_sources(index, bar, now, ATM_IV | IV, values);
    assert_true(isnan(values[VALUE_PCR]) && values[VALUE_ATM_IV] > 0 && isnan(values[VALUE_IV]));
    assert_int_equal(value_steps(index, 0), 0);
    assert_int_equal(value_steps(index, IV), 0);
    assert_int_equal(value_steps(index, PCR), 4);
    assert_true(value_steps(call, IV) > 0 && value_steps(call, PCR) == 0);
    end(&f);
}

static const char *text_of(struct plan *plan, struct instance *instance)
{
    plan_recall(plan);
    return instance_text(instance)->data;
}

/* It trades for the first time while an indicator of it is made ready: that knows of it in the end,
 * as it would if it had been ready before. */
static void a_chain_trades_while_its_indicator_is_made_ready(void **state)
{
    enum { MINUTE_MS = 60000, BARS = 200 };
    struct fixture f = begin_with_chain();
    struct compute *compute = compute_new(f.market);
    struct listing *index = market_find(f.market, "NIFTY 50");
    struct spec *spec;
    struct err err;
    (void)state;
    for (int i = 0; i < BARS; i++)
        give_bar(&f, "NIFTY 50", TIMEFRAME_1MIN, OPEN_MS + i * MINUTE_MS, 25000, NAN);
    assert_int_equal(spec_parse("SMA(1,source=pcr)", &spec, &err), ERR_OK);
    struct plan *plan = compute_acquire_plan(compute, index, TIMEFRAME_1MIN);
    struct instance *instance = plan_begin_instance(plan, spec);
    assert_false(instance_warm_up(instance));
    int64_t now_ms = OPEN_MS + BARS * MINUTE_MS;
    trade(&f, "C25000", now_ms, 230, 10);
    trade(&f, "P25000", now_ms, 180, 5);
    give_bar(&f, "NIFTY 50", TIMEFRAME_1MIN, now_ms, 25000, NAN);
    size_t n;
    const struct bar *bars = series_closed(plan_series(plan), &n);
    assert_int_equal(n, BARS + 1);
    plan_commit(plan, &bars[BARS]);
    while (!instance_warm_up(instance))
        continue;
    assert_string_equal(text_of(plan, instance), "0.5");
    plan_release_instance(plan, &instance);
    compute_release_plan(&plan);
    compute_destroy(&compute);
    spec_destroy(&spec);
    end(&f);
}

/* ---- open interest ----------------------------------------------------------------------------
 */

static void assert_oi(struct fixture *self, double call_oi, double put_oi, double call_change,
                      double put_change)
{
    cJSON *said = said_now(self, "NIFTY 50");
    assert_true(at(said, "oi", "call_oi")->valuedouble == call_oi);
    assert_true(at(said, "oi", "put_oi")->valuedouble == put_oi);
    assert_true(at(said, "oi", "call_change")->valuedouble == call_change);
    assert_true(at(said, "oi", "put_change")->valuedouble == put_change);
    cJSON_Delete(said);
}

/* An option that has not traded today has its open interest, but not yesterday's change. */
static void a_change_is_the_days_own(void **state)
{
    enum { DAY_MS = 86400000 };
    struct fixture f = begin_with_chain();
    (void)state;
    trade(&f, "NIFTY 50", OPEN_MS, 25020, NAN);
    trade(&f, "C25000", OPEN_MS, 230, 100);
    trade(&f, "C25100", OPEN_MS, 180, 200);
    trade(&f, "P25000", OPEN_MS, 170, 50);
    assert_oi(&f, 300, 50, 0, 0);
    trade(&f, "C25000", OPEN_MS + 1000, 230, 150);
    trade(&f, "C25100", OPEN_MS + 1000, 180, 300);
    trade(&f, "P25000", OPEN_MS + 1000, 170, 40);
    assert_oi(&f, 450, 40, 150, -10);
    trade(&f, "NIFTY 50", OPEN_MS + DAY_MS, 25020, NAN);
    assert_oi(&f, 450, 40, 0, 0);
    trade(&f, "C25000", OPEN_MS + DAY_MS + 1000, 230, 160);
    assert_oi(&f, 460, 40, 10, 0);
    end(&f);
}

/* Of a few strikes, sides missing and open interest often equal: the lowest strike at which the
 * options would pay least, by the definition. */
static void max_pain_is_where_options_pay_least(void **state)
{
    enum { STRIKES = 7, TIMES = 2000 };
    uint64_t random = 88172645463325252u;
    (void)state;
    for (int time = 0; time < TIMES; time++) {
        struct fixture f = begin();
        double oi[2 * STRIKES], least = INFINITY, where = NAN;
        list(&f, "NIFTY 50", "", INSTRUMENT_INDEX, NAN, INT64_MIN);
        for (int i = 0; i < 2 * STRIKES; i++) {
            char symbol[16];
            snprintf(symbol, sizeof symbol, "S%d", i);
            list(&f, symbol, "NIFTY", i % 2 ? INSTRUMENT_PE : INSTRUMENT_CE, 100 + i / 2 * 10,
                 EXPIRY_DAY);
        }
        f.chains = chains_new(&SETTINGS, f.market, f.instruments);
        for (int i = 0; i < 2 * STRIKES; i++) {
            char symbol[16];
            snprintf(symbol, sizeof symbol, "S%d", i);
            random = random * 6364136223846793005u + 1442695040888963407u;
            oi[i] = (double)(random >> 33) / 0x1p31 < 0.3 ? 0 : (double)(random >> 40) / 0x1p22;
            oi[i] = floor(oi[i]);
            if (oi[i] > 0)
                trade(&f, symbol, OPEN_MS, 5, oi[i]);
        }
        trade(&f, "S0", OPEN_MS, 5, oi[0]);
        trade(&f, "NIFTY 50", OPEN_MS, 130, NAN);
        for (int at_strike = 0; at_strike < STRIKES; at_strike++) {
            double paid = 0, settlement = 100 + at_strike * 10;
            for (int i = 0; i < 2 * STRIKES; i++)
                paid += oi[i] * fmax((i % 2 ? -1 : 1) * (settlement - (100 + i / 2 * 10)), 0);
            if (paid < least) {
                least = paid;
                where = settlement;
            }
        }
        cJSON *said = said_now(&f, "NIFTY 50");
        assert_true(at(said, "oi", "max_pain")->valuedouble == where);
        cJSON_Delete(said);
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_part_says_why),
        cmocka_unit_test(an_underlying_that_comes_later_gets_its_chain),
        cmocka_unit_test(a_market_of_underlyings_comes_at_once),
        cmocka_unit_test(nothing_is_known_before_it_came),
        cmocka_unit_test(a_longer_bar_is_known_when_it_has_ended),
        cmocka_unit_test(days_are_known_where_there_is_nothing_shorter),
        cmocka_unit_test(crossed_quotes_explain_nothing_to_anybody),
        cmocka_unit_test(what_is_too_old_says_so),
        cmocka_unit_test(parity_needs_no_underlying),
        cmocka_unit_test(sources_are_as_dear_as_what_is_wanted),
        cmocka_unit_test(a_chain_trades_while_its_indicator_is_made_ready),
        cmocka_unit_test(a_change_is_the_days_own),
        cmocka_unit_test(max_pain_is_where_options_pay_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
