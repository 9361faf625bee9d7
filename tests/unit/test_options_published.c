/* Implied volatilities and Greeks that were published, under the conventions they were made with.
 * The recordings are no part of this repository; without them these tests are skipped. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "common/base/csv.h"
#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "common/options/convention.h"
#include "tests/support/recorded.h"

enum { KOLKATA_S = 19800, ROWS_MAX = 60000, COLUMNS = 15 };

/* One option at one time. */
struct row {
    struct time_left left;
    bool is_call;
    double strike, spot, price;
    double iv; /* published, a fraction */
    struct greeks greeks;
};

struct rows {
    struct row *rows;
    size_t n;
};

static struct rows rows_new(void)
{
    return (struct rows){mem_alloc_zero(ROWS_MAX, sizeof(struct row)), 0};
}

static struct row *rows_add(struct rows *self)
{
    assert_true(self->n < ROWS_MAX);
    struct row *row = &self->rows[self->n++];
    row->left.utc_offset_s = KOLKATA_S;
    return row;
}

/* NSE's options expire at 15:30. */
static int64_t expiry_of(const char *date)
{
    int64_t midnight_ms = 0;
    assert_true(feedtime_parse_local(date, KOLKATA_S, &midnight_ms));
    return midnight_ms + (15 * 60 + 30) * 60000;
}

/* How far a convention's volatility is from the published one, in volatility points; NAN where it
 * has none. */
static double gap_of(const struct convention *convention, const struct row *row)
{
    struct strike_market market = {.spot = row->spot,
                                   .forward = NAN,
                                   .strike = row->strike,
                                   .t_years = convention_years(convention, &row->left),
                                   .call_price = row->is_call ? row->price : NAN,
                                   .put_price = row->is_call ? NAN : row->price};
    struct valuation call, put;
    convention_value(convention, &market, &call, &put);
    return 100 * fabs((row->is_call ? call.iv : put.iv) - row->iv);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Out of the money within 4 %, of one expiry; none if there are less than 5. */
static double median_gap(const struct rows *rows, const struct convention *convention,
                         int64_t expiry_ms)
{
    double *gaps = mem_alloc_zero(rows->n, sizeof *gaps), median = NAN;
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *row = &rows->rows[i];
        if (row->left.expiry_ms != expiry_ms || row->is_call != (row->strike > row->spot) ||
            fabs(row->strike / row->spot - 1) > 0.04)
            continue;
        double gap = gap_of(convention, row);
        if (!isnan(gap))
            gaps[n++] = gap;
    }
    qsort(gaps, n, sizeof *gaps, compare_doubles);
    if (n >= 5)
        median = gaps[n / 2];
    free(gaps);
    return median;
}

/* ---- NSE's own answer -------------------------------------------------------------------------
 */

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

/* "29-Aug-2019" */
static int64_t expiry_of_nse(const char *text)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char name[4] = {text[3], text[4], text[5], '\0'};
    int month = (int)(strstr(MONTHS, name) - MONTHS) / 3 + 1;
    return feedtime_days_from_civil(atoi(text + 7), month, atoi(text)) * FEEDTIME_DAY_MS +
           10 * 3600000;
}

static void add_side(struct rows *rows, const cJSON *item, const char *side, int64_t feed_ms)
{
    const cJSON *option = cJSON_GetObjectItem(item, side);
    if (!option || number_of(option, "impliedVolatility") <= 0 ||
        number_of(option, "lastPrice") <= 0)
        return;
    struct row *row = rows_add(rows);
    row->left.feed_ms = feed_ms;
    row->left.expiry_ms = expiry_of_nse(cJSON_GetObjectItem(option, "expiryDate")->valuestring);
    row->is_call = side[0] == 'C';
    row->strike = number_of(option, "strikePrice");
    row->spot = number_of(option, "underlyingValue");
    row->price = number_of(option, "lastPrice");
    row->iv = number_of(option, "impliedVolatility") / 100;
}

static void nse_says_what_its_convention_gives(void **state)
{
    (void)state;
    char *text = recorded_text("options/nse_option_chain_NIFTY_2019-08-23.json.gz");
    if (!text)
        skip();
    cJSON *answer = cJSON_Parse(text);
    const cJSON *data = cJSON_GetObjectItem(cJSON_GetObjectItem(answer, "records"), "data"), *item;
    assert_non_null(data);
    int64_t feed_ms = 0;
    assert_true(feedtime_parse("2019-08-23T15:30:00+05:30", &feed_ms));
    struct rows rows = rows_new();
    cJSON_ArrayForEach(item, data)
    {
        add_side(&rows, item, "CE", feed_ms);
        add_side(&rows, item, "PE", feed_ms);
    }
    static const char *const EXPIRIES[] = {"2019-08-29", "2019-09-05", "2019-09-12", "2019-09-26",
                                           "2019-10-31"};
    for (size_t i = 0; i < sizeof EXPIRIES / sizeof *EXPIRIES; i++) {
        double gap = median_gap(&rows, convention_preset("nse"), expiry_of(EXPIRIES[i]));
        print_message("%s: median %.4f volatility points\n", EXPIRIES[i], gap);
        assert_true(gap <= 0.01);
    }
    cJSON_Delete(answer);
    free(rows.rows);
    free(text);
}

/* ---- a chain, minute by minute ----------------------------------------------------------------
 */

/* ts,expiry,strike,right,spot,ltp,volume,oi,oi_chg,iv_pct,delta,gamma,theta,vega,rho; a volatility
 * below 1 % is the source's floor, and says nothing. */
static void add_line(struct rows *rows, char *line)
{
    char *fields[COLUMNS];
    int64_t feed_ms = 0;
    assert_int_equal(csv_split(line, fields, COLUMNS), COLUMNS);
    if (atof(fields[9]) < 1)
        return;
    assert_true(feedtime_parse(fields[0], &feed_ms));
    struct row *row = rows_add(rows);
    row->left.feed_ms = feed_ms;
    row->left.expiry_ms = expiry_of(fields[1]);
    row->strike = atof(fields[2]);
    row->is_call = fields[3][0] == 'C';
    row->spot = atof(fields[4]);
    row->price = atof(fields[5]);
    row->iv = atof(fields[9]) / 100;
    row->greeks = (struct greeks){.delta = atof(fields[10]),
                                  .gamma = atof(fields[11]),
                                  .theta = atof(fields[12]),
                                  .vega = atof(fields[13]),
                                  .rho = atof(fields[14])};
}

static struct rows read_chain(void)
{
    struct rows rows = {0};
    char *text = recorded_text("options/nifty_chain_1min_2026-08-19.csv.gz"), *rest = text;
    if (!text)
        return rows;
    rows = rows_new();
    strsep(&rest, "\n");
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            add_line(&rows, line);
    free(text);
    return rows;
}

/* The source took the spot at another moment than it wrote, so a few rows are further off. */
static void a_chains_greeks_come_out(void **state)
{
    (void)state;
    static const struct convention SOURCE = {.name = "source",
                                             .model = MODEL_BLACK_SCHOLES,
                                             .day_count = DAYS_CALENDAR_365,
                                             .rate = 0.065};
    struct rows rows = read_chain();
    if (!rows.rows)
        skip();
    size_t n_near = 0;
    for (size_t i = 0; i < rows.n; i++) {
        const struct row *row = &rows.rows[i];
        struct option_terms terms = {.model = SOURCE.model,
                                     .is_call = row->is_call,
                                     .underlying = row->spot,
                                     .strike = row->strike,
                                     .t_years = convention_years(&SOURCE, &row->left),
                                     .rate = SOURCE.rate};
        struct greeks ours = option_greeks(&terms, row->iv), gap = row->greeks;
        gap.delta = fabs(gap.delta - ours.delta);
        gap.gamma = fabs(gap.gamma - ours.gamma);
        gap.theta = fabs(gap.theta - ours.theta);
        gap.vega = fabs(gap.vega - ours.vega);
        gap.rho = fabs(gap.rho - ours.rho);
        n_near += gap.delta <= 0.004 && gap.gamma <= 1e-5 && gap.theta <= 0.06;
        assert_true(gap.delta <= 0.01 && gap.gamma <= 3e-5 && gap.theta <= 0.2 &&
                    gap.vega <= 0.25 && gap.rho <= 0.1);
    }
    print_message("%zu of %zu rows within 0.004, 0.00001 and 0.06\n", n_near, rows.n);
    assert_true((double)n_near >= 0.96 * (double)rows.n);
    free(rows.rows);
}

/* In the middle of a day it shows that NSE counts whole days; spot and options are not of the same
 * second there, so the volatilities are not as near as at a close. */
static void nse_counts_whole_days(void **state)
{
    (void)state;
    struct rows rows = read_chain();
    if (!rows.rows)
        skip();
    struct convention by_seconds = *convention_preset("nse");
    by_seconds.day_count = DAYS_SECONDS_365;
    static const char *const EXPIRIES[] = {"2026-08-25", "2026-09-01", "2026-09-08"};
    for (size_t i = 0; i < sizeof EXPIRIES / sizeof *EXPIRIES; i++) {
        double gap = median_gap(&rows, convention_preset("nse"), expiry_of(EXPIRIES[i]));
        print_message("%s: median %.4f volatility points\n", EXPIRIES[i], gap);
        assert_true(gap < 0.1);
        assert_true(gap < median_gap(&rows, &by_seconds, expiry_of(EXPIRIES[i])));
    }
    free(rows.rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nse_says_what_its_convention_gives),
        cmocka_unit_test(a_chains_greeks_come_out),
        cmocka_unit_test(nse_counts_whole_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
