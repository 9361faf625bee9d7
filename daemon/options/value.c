#include "daemon/options/value.h"

#include <math.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/options/forward.h"

enum { PARITY_STRIKES = 12 /* to each side of the money */ };

/* What all options of an expiry share at a moment. */
struct scene {
    int64_t expiry_day; /* INT64_MIN where nobody says */
    const struct convention *convention;
    double spot, t_years;
    struct forward forward;
};

/* ---- prices at a moment -----------------------------------------------------------------------
 */

static bool is_stale(const struct contract *contract, const struct bar *bar, struct moment moment)
{
    int64_t age_max_ms = contract->settings->age_max_ms;
    return age_max_ms > 0 && moment.feed_ms - bar->last_ms > age_max_ms;
}

/* A bid above the ask says that one of them is no longer true, and the last price may be neither:
 * 0 is where there is none. Of a bar of the past the quotes are not known. */
static bool is_crossed(const struct contract *contract, struct moment moment)
{
    const struct listing *listing = contract->listing;
    return moment.end_ms == INT64_MAX && listing->ask > 0 && listing->bid > listing->ask;
}

/* NAN where the contract has not traded, or too long ago, or is a derivative with crossed quotes.
 */
static double price_at(struct contract *contract, struct moment moment)
{
    const struct bar *bar = contract ? contract_bar_by(contract, moment.end_ms) : NULL;
    if (!bar || is_stale(contract, bar, moment) ||
        (contract->expiry && is_crossed(contract, moment)))
        return NAN;
    return bar->close;
}

static void quote_at(struct contract *contract, struct moment moment, struct option_quote *quote)
{
    *quote = (struct option_quote){.bid = NAN, .ask = NAN, .last = price_at(contract, moment)};
    quote->feed_ms = moment.feed_ms; /* stale ones are NAN already */
}

/* The strike where call and put are nearest to each other: the money, where no spot tells. NAN
 * where no strike has both. */
static double strike_at_money(const struct expiry *expiry, struct moment moment)
{
    double strike = NAN, least = INFINITY;
    for (size_t i = 0; i < expiry->n_strikes; i++) {
        const struct strike *at = &expiry->strikes[i];
        double gap = fabs(price_at(at->call, moment) - price_at(at->put, moment));
        if (gap < least) {
            least = gap;
            strike = at->strike;
        }
    }
    return strike;
}

/* Put-call parity asks for the strikes around the money only. */
static size_t quotes_near(const struct expiry *expiry, double price, struct moment moment,
                          struct strike_quotes quotes[2 * PARITY_STRIKES + 1])
{
    const struct strike *middle = expiry_strike_near(expiry, price);
    size_t at = middle ? (size_t)(middle - expiry->strikes) : 0, n = 0;
    size_t first = at > PARITY_STRIKES ? at - PARITY_STRIKES : 0;
    for (size_t i = first; middle && i < expiry->n_strikes && i <= at + PARITY_STRIKES; i++) {
        quotes[n].strike = expiry->strikes[i].strike;
        quote_at(expiry->strikes[i].call, moment, &quotes[n].call);
        quote_at(expiry->strikes[i].put, moment, &quotes[n].put);
        n++;
    }
    return n;
}

static struct scene scene_at(struct expiry *expiry, struct moment moment, double spot)
{
    const struct convention *convention = expiry->underlying->contract.settings->convention;
    const struct calendar *calendar = expiry->underlying->contract.listing->calendar;
    struct scene scene = {.expiry_day = expiry->day, .convention = convention, .spot = spot};
    struct time_left left = {.feed_ms = moment.feed_ms,
                             .expiry_ms = expiry->at_ms,
                             .utc_offset_s = calendar_utc_offset_s(calendar, moment.feed_ms)};
    if (convention->day_count == DAYS_TRADING_252)
        left.trading_days = expiry_trading_days(expiry, moment.feed_ms);
    scene.t_years = convention_years(convention, &left);
    struct strike_quotes quotes[2 * PARITY_STRIKES + 1];
    struct forward_inputs in = {.future = price_at(expiry->future, moment),
                                .spot = spot,
                                .t_years = scene.t_years,
                                .rate = convention->rate,
                                .dividend_yield = convention->dividend_yield,
                                .feed_ms = moment.feed_ms};
    if (isnan(in.future)) {
        in.strikes = quotes;
        in.n_strikes = quotes_near(expiry, isnan(spot) ? strike_at_money(expiry, moment) : spot,
                                   moment, quotes);
    }
    scene.forward = forward_choose(&in);
    return scene;
}

/* Call and put of a strike; own is the price of the message's own option, of type `type`. */
static void value_strike(const struct scene *scene, double strike, double call_price,
                         double put_price, struct valuation *call, struct valuation *put)
{
    struct strike_market market = {.spot = scene->spot,
                                   .forward = scene->forward.value,
                                   .strike = strike,
                                   .t_years = scene->t_years,
                                   .call_price = call_price,
                                   .put_price = put_price};
    convention_value(scene->convention, &market, call, put);
}

/* ---- Greeks -----------------------------------------------------------------------------------
 */

static void put_number(struct buf *out, const char *name, double value)
{
    buf_put_format(out, ",\"%s\":", name);
    json_put_number(out, value);
}

/* Why there is no volatility, or NULL. */
static const char *reason_of(const struct valuation *value, struct contract *contract,
                             struct moment moment)
{
    if (value->fault != IV_NO_PRICE || !contract)
        return value->fault != IV_OK ? iv_fault_name(value->fault) : NULL;
    const struct bar *bar = contract_bar_by(contract, moment.end_ms);
    return is_crossed(contract, moment)             ? "CROSSED"
           : bar && is_stale(contract, bar, moment) ? "STALE"
                                                    : iv_fault_name(IV_NO_PRICE);
}

static void put_values(struct buf *out, const struct valuation *value, const char *reason)
{
    buf_put_text(out, "\"price\":");
    json_put_number(out, value->price);
    put_number(out, "iv", value->iv);
    put_number(out, "delta", value->greeks.delta);
    put_number(out, "gamma", value->greeks.gamma);
    put_number(out, "theta", value->greeks.theta);
    put_number(out, "vega", value->greeks.vega);
    put_number(out, "rho", value->greeks.rho);
    if (reason)
        buf_put_format(out, ",\"reason\":\"%s\"", reason);
}

static void put_date(struct buf *out, int64_t day)
{
    char text[FEEDTIME_TEXT_SIZE];
    if (day == INT64_MIN) {
        buf_put_text(out, "\"expiry\":null");
        return;
    }
    feedtime_format(day * FEEDTIME_DAY_MS, text);
    buf_put_format(out, "\"expiry\":\"%.10s\"", text);
}

static void put_scene(struct buf *out, const struct scene *scene)
{
    buf_put_format(out, "{\"model\":\"%s\",\"convention\":\"%s\",",
                   option_model_name(scene->convention->model), scene->convention->name);
    put_date(out, scene->expiry_day);
    put_number(out, "forward", scene->forward.value);
    buf_put_format(out, ",\"forward_from\":\"%s\"", forward_from_name(scene->forward.from));
    if (scene->convention->model == MODEL_BLACK_SCHOLES)
        put_number(out, "spot", scene->spot);
    put_number(out, "t_years", scene->t_years);
    put_number(out, "rate", scene->convention->rate);
}

static struct valuation value_option(struct contract *self, const struct bar *bar,
                                     struct moment moment, struct scene *scene)
{
    bool is_call = self->type == INSTRUMENT_CE;
    struct valuation call, put;
    *scene = scene_at(self->expiry, moment, price_at(&self->underlying->contract, moment));
    double own = is_crossed(self, moment) ? NAN : bar->close, other = NAN;
    if (scene->convention->side == IV_SIDE_OUT_OF_THE_MONEY) {
        const struct strike *strike = expiry_strike_near(self->expiry, self->strike);
        other = price_at(is_call ? strike->put : strike->call, moment);
    }
    value_strike(scene, self->strike, is_call ? own : other, is_call ? other : own, &call, &put);
    struct valuation value = is_call ? call : put;
    value.price = bar->close;
    return value;
}

static void put_option(struct buf *out, struct contract *self, const struct bar *bar,
                       struct moment moment)
{
    struct scene scene;
    struct valuation value = value_option(self, bar, moment, &scene);
    put_scene(out, &scene);
    buf_put_char(out, ',');
    put_values(out, &value, reason_of(&value, self, moment));
    buf_put_char(out, '}');
}

/* Of an option that has no part in a chain. */
static void put_left_out(struct buf *out, const struct contract *self, const struct bar *bar)
{
    struct scene scene = {.expiry_day = self->expiry_day,
                          .convention = self->settings->convention,
                          .spot = NAN,
                          .t_years = NAN,
                          .forward = {NAN, FORWARD_NONE, 0}};
    struct valuation none = {
        .price = bar->close, .iv = NAN, .greeks = {NAN, NAN, NAN, NAN, NAN, NAN}};
    put_scene(out, &scene);
    buf_put_char(out, ',');
    put_values(out, &none, self->why_not);
    buf_put_char(out, '}');
}

/* The strike at the money of the nearest expiry. */
struct money {
    struct scene scene;
    const struct strike *strike; /* NULL if there is none */
    struct valuation call, put;
    double iv; /* the mean of both sides, or of the one there is */
};

static struct money value_money(struct expiry *expiry, const struct bar *bar, struct moment moment)
{
    struct money money = {.scene = scene_at(expiry, moment, bar->close), .iv = NAN};
    double middle = isnan(money.scene.forward.value) ? bar->close : money.scene.forward.value;
    money.strike = expiry_strike_near(expiry, middle);
    if (!money.strike)
        return money;
    value_strike(&money.scene, money.strike->strike, price_at(money.strike->call, moment),
                 price_at(money.strike->put, moment), &money.call, &money.put);
    bool has_call = money.call.fault == IV_OK, has_put = money.put.fault == IV_OK;
    money.iv = has_call && has_put ? (money.call.iv + money.put.iv) / 2
               : has_call          ? money.call.iv
                                   : money.put.iv;
    return money;
}

static void put_money(struct buf *out, struct expiry *expiry, const struct bar *bar,
                      struct moment moment)
{
    struct money money = value_money(expiry, bar, moment);
    put_scene(out, &money.scene);
    put_number(out, "strike", money.strike->strike);
    put_number(out, "iv", money.iv);
    buf_put_text(out, ",\"call\":{");
    put_values(out, &money.call, reason_of(&money.call, money.strike->call, moment));
    buf_put_text(out, "},\"put\":{");
    put_values(out, &money.put, reason_of(&money.put, money.strike->put, moment));
    buf_put_text(out, "}}");
}

/* ---- open interest ----------------------------------------------------------------------------
 */

struct interest {
    double oi, change; /* NAN where nobody says */
};

/* What has not traded yet since the day began has not changed yet. */
static struct interest interest_at(struct contract *contract, struct moment moment,
                                   int64_t day_start_ms)
{
    const struct bar *bar = contract ? contract_bar_by(contract, moment.end_ms) : NULL;
    if (!bar || isnan(bar->oi))
        return (struct interest){NAN, NAN};
    return (struct interest){bar->oi,
                             bar->start_ms < day_start_ms ? 0 : bar->oi - bar->oi_reference};
}

/* A chain's open interest at a moment. */
struct chain_interest {
    double call_oi, put_oi, call_change, put_change, max_pain;
    bool is_known;
};

static void add(double *sum, double value)
{
    if (!isnan(value))
        *sum += value;
}

/* What all options would pay at a settlement is piecewise linear in it: from one strike to the next
 * it grows by the calls up to there, and falls by the puts above. So it is least, for the first
 * time, at the lowest strike where those calls are as many as these puts, and that is found from
 * both ends: whichever of the two is less so far, more has to be added to it. */
static struct chain_interest sum_interest(const struct expiry *expiry, struct moment moment)
{
    struct chain_interest sum = {0};
    double calls_below = 0, puts_above = 0;
    size_t low = 0, high = expiry->n_strikes;
    int64_t day_start_ms, day_end_ms;
    calendar_bar_start(expiry->underlying->contract.listing->calendar, TIMEFRAME_1D, moment.feed_ms,
                       &day_start_ms, &day_end_ms);
    while (low < high) {
        bool is_up = calls_below < puts_above;
        const struct strike *strike = &expiry->strikes[is_up ? low++ : --high];
        struct interest call = interest_at(strike->call, moment, day_start_ms);
        struct interest put = interest_at(strike->put, moment, day_start_ms);
        add(&sum.call_oi, call.oi);
        add(&sum.put_oi, put.oi);
        add(&sum.call_change, call.change);
        add(&sum.put_change, put.change);
        sum.is_known |= !isnan(call.oi) || !isnan(put.oi);
        add(is_up ? &calls_below : &puts_above, is_up ? call.oi : put.oi);
    }
    if (low > 0 && calls_below >= puts_above)
        low--;
    sum.max_pain = expiry->strikes[low].strike;
    return sum;
}

static double put_call_ratio(const struct chain_interest *sum)
{
    return sum->is_known && sum->call_oi > 0 ? sum->put_oi / sum->call_oi : NAN;
}

static void put_chain_oi(struct buf *out, const struct expiry *expiry, struct moment moment)
{
    struct chain_interest sum = sum_interest(expiry, moment);
    if (!sum.is_known) {
        buf_put_text(out, ",\"oi\":null");
        return;
    }
    buf_put_text(out, ",\"oi\":{");
    put_date(out, expiry->day);
    put_number(out, "call_oi", sum.call_oi);
    put_number(out, "put_oi", sum.put_oi);
    put_number(out, "call_change", sum.call_change);
    put_number(out, "put_change", sum.put_change);
    put_number(out, "pcr", put_call_ratio(&sum));
    put_number(out, "max_pain", sum.max_pain);
    buf_put_char(out, '}');
}

static void put_own_oi(struct buf *out, const struct bar *bar)
{
    if (isnan(bar->oi)) {
        buf_put_text(out, ",\"oi\":null");
        return;
    }
    double change = bar->oi - bar->oi_reference;
    buf_put_text(out, ",\"oi\":{\"oi\":");
    json_put_number(out, bar->oi);
    put_number(out, "change", change);
    put_number(out, "change_pct", 100 * change / bar->oi_reference);
    buf_put_char(out, '}');
}

/* ---- both -------------------------------------------------------------------------------------
 */

static bool is_option(const struct contract *contract)
{
    return contract && (contract->type == INSTRUMENT_CE || contract->type == INSTRUMENT_PE);
}

static bool is_in_chain(const struct contract *contract)
{
    return is_option(contract) && !contract->why_not;
}

static bool chain_is_of(const struct contract *contract)
{
    return contract && contract->type == INSTRUMENT_INDEX;
}

static struct expiry *chain_of(const struct contract *contract, struct moment moment)
{
    return chain_is_of(contract) ? underlying_nearest(contract->underlying, moment.feed_ms) : NULL;
}

void value_put(struct buf *out, const struct listing *listing, const struct bar *bar,
               struct moment moment)
{
    struct contract *contract = listing->contract;
    struct expiry *chain = chain_of(contract, moment);
    buf_put_text(out, ",\"greeks\":");
    if (is_in_chain(contract))
        put_option(out, contract, bar, moment);
    else if (is_option(contract))
        put_left_out(out, contract, bar);
    else if (chain)
        put_money(out, chain, bar, moment);
    else
        buf_put_text(out, "null");
    if (chain)
        put_chain_oi(out, chain, moment);
    else
        put_own_oi(out, bar);
}

enum {
    OF_OPTION = 1 << VALUE_IV | 1 << VALUE_DELTA | 1 << VALUE_GAMMA | 1 << VALUE_THETA |
                1 << VALUE_VEGA | 1 << VALUE_RHO,
    OF_MONEY = 1 << VALUE_ATM_IV,
    OF_INTEREST = 1 << VALUE_PCR
};

void value_sources(const struct listing *listing, const struct bar *bar, struct moment moment,
                   unsigned wanted, double values[VALUE_SOURCES])
{
    struct contract *contract = listing->contract;
    struct expiry *chain = chain_of(contract, moment);
    for (int i = 0; i < VALUE_SOURCES; i++)
        values[i] = NAN;
    if (is_in_chain(contract) && (wanted & OF_OPTION)) {
        struct scene scene;
        struct valuation value = value_option(contract, bar, moment, &scene);
        values[VALUE_IV] = value.iv;
        values[VALUE_DELTA] = value.greeks.delta;
        values[VALUE_GAMMA] = value.greeks.gamma;
        values[VALUE_THETA] = value.greeks.theta;
        values[VALUE_VEGA] = value.greeks.vega;
        values[VALUE_RHO] = value.greeks.rho;
    }
    if (chain && (wanted & OF_MONEY))
        values[VALUE_ATM_IV] = value_money(chain, bar, moment).iv;
    if (chain && (wanted & OF_INTEREST)) {
        struct chain_interest sum = sum_interest(chain, moment);
        values[VALUE_PCR] = put_call_ratio(&sum);
    }
}

static int64_t earlier_of(int64_t ms, const struct contract *contract)
{
    int64_t first_ms = contract ? contract_first_ms(contract) : INT64_MAX;
    return first_ms < ms ? first_ms : ms;
}

int64_t value_since(const struct listing *listing, unsigned wanted)
{
    const struct contract *contract = listing->contract;
    int64_t since_ms = INT64_MAX;
    if (!chain_is_of(contract) || !(wanted & (OF_MONEY | OF_INTEREST)))
        return is_in_chain(contract) && (wanted & OF_OPTION) ? INT64_MIN : INT64_MAX;
    for (size_t i = 0; i < contract->underlying->n_expiries; i++) {
        const struct expiry *expiry = contract->underlying->expiries[i];
        for (size_t k = 0; k < expiry->n_strikes; k++)
            since_ms =
                earlier_of(earlier_of(since_ms, expiry->strikes[k].call), expiry->strikes[k].put);
    }
    return since_ms;
}

size_t value_steps(const struct listing *listing, unsigned wanted)
{
    enum { A_SOLUTION = 30, FORWARD = 2 * PARITY_STRIKES };
    const struct contract *contract = listing->contract;
    size_t n_strikes = 0;
    if (is_in_chain(contract))
        return wanted & OF_OPTION ? A_SOLUTION + FORWARD : 0;
    if (!chain_is_of(contract))
        return 0;
    for (size_t i = 0; i < contract->underlying->n_expiries; i++)
        if (contract->underlying->expiries[i]->n_strikes > n_strikes)
            n_strikes = contract->underlying->expiries[i]->n_strikes;
    return (wanted & OF_MONEY ? 2 * A_SOLUTION + FORWARD : 0) +
           (wanted & OF_INTEREST ? 2 * n_strikes : 0);
}
