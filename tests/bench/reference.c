#include "tests/bench/reference.h"

#include <math.h>

/* ---- averages ---------------------------------------------------------------------------------
 */

static void run_sma(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    size_t length = (size_t)params[0];
    double sum = 0, n = params[0];
    for (size_t i = 0; i + 1 < length; i++)
        sum += x[i];
    for (size_t i = length - 1; i < bars->n; i++) {
        sum += x[i];
        out[0][i] = sum / n;
        sum -= x[i + 1 - length];
    }
}

static void run_ema(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    double factor = 2 / (params[0] + 1), ema = x[0];
    for (size_t i = 0; i < bars->n; i++) {
        ema = (x[i] - ema) * factor + ema;
        out[0][i] = ema;
    }
}

static void run_wma(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    size_t length = (size_t)params[0];
    double n = params[0], whole = n * (n + 1) / 2, sum = 0, weighted = 0;
    for (size_t i = 0; i + 1 < length; i++) {
        sum += x[i];
        weighted += x[i] * (double)(i + 1);
    }
    for (size_t i = length - 1; i < bars->n; i++) {
        sum += x[i];
        weighted += x[i] * n;
        out[0][i] = weighted / whole;
        weighted -= sum;
        sum -= x[i + 1 - length];
    }
}

static void run_dema(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    double factor = 2 / (params[0] + 1), first = x[0], second = x[0];
    for (size_t i = 0; i < bars->n; i++) {
        first = (x[i] - first) * factor + first;
        second = (first - second) * factor + second;
        out[0][i] = 2 * first - second;
    }
}

static void run_tema(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    double factor = 2 / (params[0] + 1), first = x[0], second = x[0], third = x[0];
    for (size_t i = 0; i < bars->n; i++) {
        first = (x[i] - first) * factor + first;
        second = (first - second) * factor + second;
        third = (second - third) * factor + third;
        out[0][i] = 3 * first - 3 * second + third;
    }
}

/* Weights 1 2 3 2 1: from bar to bar the weighted sum gains the newer half's sum and loses the
 * older half's. */
static void run_trima(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    size_t length = (size_t)params[0], half = (length + 1) / 2;
    double whole = (double)(half * (length - half + 1)), weighted = 0, newer = 0, older = 0;
    for (size_t i = 0; i < length; i++) {
        weighted += x[i] * (double)(i < half ? i + 1 : length - i);
        newer += i >= length - half ? x[i] : 0;
        older += i < half ? x[i] : 0;
    }
    out[0][length - 1] = weighted / whole;
    for (size_t i = length; i < bars->n; i++) {
        newer += x[i] - x[i - half];
        weighted += newer - older;
        older += x[i - length + half] - x[i - length];
        out[0][i] = weighted / whole;
    }
}

static void run_kama(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    size_t length = (size_t)params[0];
    double slow = 2.0 / 31, span = 2.0 / 3 - slow, way = 0, kama = x[length - 1];
    for (size_t i = 1; i < length; i++)
        way += fabs(x[i] - x[i - 1]);
    for (size_t i = length; i < bars->n; i++) {
        way += fabs(x[i] - x[i - 1]);
        double gone = fabs(x[i] - x[i - length]);
        double factor = (way <= gone ? 1 : gone / way) * span + slow;
        kama = (x[i] - kama) * (factor * factor) + kama;
        out[0][i] = kama;
        way -= fabs(x[i - length + 1] - x[i - length]);
    }
}

static void run_t3(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    double factor = 2 / (params[0] + 1), a = params[1], a2 = a * a, a3 = a2 * a;
    double c1 = -a3, c2 = 3 * (a2 + a3), c3 = -6 * a2 - 3 * (a + a3), c4 = 1 + 3 * a + a3 + 3 * a2;
    double e1 = x[0], e2 = x[0], e3 = x[0], e4 = x[0], e5 = x[0], e6 = x[0];
    for (size_t i = 0; i < bars->n; i++) {
        e1 = (x[i] - e1) * factor + e1;
        e2 = (e1 - e2) * factor + e2;
        e3 = (e2 - e3) * factor + e3;
        e4 = (e3 - e4) * factor + e4;
        e5 = (e4 - e5) * factor + e5;
        e6 = (e5 - e6) * factor + e6;
        out[0][i] = c1 * e6 + c2 * e5 + c3 * e4 + c4 * e3;
    }
}

/* ---- momentum ---------------------------------------------------------------------------------
 */

static void run_rsi(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    double n = params[0], before = n - 1, gain = 0, loss = 0;
    for (size_t i = 1; i < bars->n; i++) {
        double change = x[i] - x[i - 1];
        gain *= before;
        loss *= before;
        if (change < 0)
            loss -= change;
        else
            gain += change;
        gain /= n;
        loss /= n;
        double both = gain + loss;
        out[0][i] = both > 1e-14 ? params[1] * (gain / both) : 0;
    }
}

static void run_macd(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    double fast_factor = 2 / (params[0] + 1), slow_factor = 2 / (params[1] + 1),
           signal_factor = 2 / (params[2] + 1), fast = x[0], slow = x[0], signal = 0;
    for (size_t i = 0; i < bars->n; i++) {
        fast = (x[i] - fast) * fast_factor + fast;
        slow = (x[i] - slow) * slow_factor + slow;
        double macd = fast - slow;
        signal = (macd - signal) * signal_factor + signal;
        out[0][i] = macd;
        out[1][i] = macd - signal;
        out[2][i] = signal;
    }
}

/* Where the extreme of the window that ends at i is, given where it was a bar before. */
static size_t highest_at(const double *x, size_t i, size_t length, size_t at)
{
    if (at + length <= i) {
        at = i + 1 - length;
        for (size_t k = at + 1; k <= i; k++)
            if (x[k] >= x[at])
                at = k;
    } else if (x[i] >= x[at]) {
        at = i;
    }
    return at;
}

static size_t lowest_at(const double *x, size_t i, size_t length, size_t at)
{
    if (at + length <= i) {
        at = i + 1 - length;
        for (size_t k = at + 1; k <= i; k++)
            if (x[k] <= x[at])
                at = k;
    } else if (x[i] <= x[at]) {
        at = i;
    }
    return at;
}

static void run_stoch(const struct history *bars, const double *params, double *const *out)
{
    size_t length = (size_t)params[0], n_d = (size_t)params[1], n_k = (size_t)params[2];
    size_t top = 0, bottom = 0, first = length - 1;
    double k_sum = 0, d_sum = 0, *raw = bars->scratch;
    for (size_t i = 0; i < bars->n; i++) {
        top = highest_at(bars->high, i, length, top);
        bottom = lowest_at(bars->low, i, length, bottom);
        if (i < first)
            continue;
        double range = bars->high[top] - bars->low[bottom];
        raw[i] = range != 0 ? 100 * (bars->close[i] - bars->low[bottom]) / range : 0;
        k_sum += raw[i];
        out[0][i] = k_sum / (double)n_k;
        if (i < first + n_k - 1)
            continue;
        k_sum -= raw[i + 1 - n_k];
        d_sum += out[0][i];
        out[1][i] = d_sum / (double)n_d;
        if (i >= first + n_k + n_d - 2)
            d_sum -= out[0][i + 1 - n_d];
    }
}

static void run_cci(const struct history *bars, const double *params, double *const *out)
{
    size_t length = (size_t)params[0];
    double *typical = bars->scratch;
    for (size_t i = 0; i < bars->n; i++) {
        typical[i] = (bars->high[i] + bars->low[i] + bars->close[i]) / 3;
        if (i + 1 < length)
            continue;
        double sum = 0, away = 0;
        for (size_t k = i + 1 - length; k <= i; k++)
            sum += typical[k];
        double mean = sum / (double)length;
        for (size_t k = i + 1 - length; k <= i; k++)
            away += fabs(typical[k] - mean);
        double distance = typical[i] - mean;
        out[0][i] = distance != 0 && away != 0 ? distance / (0.015 * (away / (double)length)) : 0;
    }
}

/* scratch holds the flow of money: up is positive, down is negative. */
static void run_mfi(const struct history *bars, const double *params, double *const *out)
{
    size_t length = (size_t)params[0];
    double up = 0, down = 0, *flow = bars->scratch;
    double before = (bars->high[0] + bars->low[0] + bars->close[0]) / 3;
    for (size_t i = 1; i < bars->n; i++) {
        double typical = (bars->high[i] + bars->low[i] + bars->close[i]) / 3;
        double money = typical * bars->volume[i], change = typical - before;
        before = typical;
        flow[i] = change > 0 ? money : change < 0 ? -money : 0;
        if (flow[i] > 0)
            up += flow[i];
        else
            down -= flow[i];
        if (i > length) {
            double leaving = flow[i - length];
            if (leaving > 0)
                up -= leaving;
            else
                down += leaving;
        }
        if (i >= length)
            out[0][i] = up + down >= 1 ? 100 * (up / (up + down)) : 0;
    }
}

/* ---- volatility and trend ---------------------------------------------------------------------
 */

static void run_bbands(const struct history *bars, const double *params, double *const *out)
{
    const double *x = bars->close;
    size_t length = (size_t)params[0];
    double n = params[0], sum = 0, squares = 0;
    for (size_t i = 0; i + 1 < length; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    for (size_t i = length - 1; i < bars->n; i++) {
        double oldest = x[i + 1 - length];
        sum += x[i];
        squares += x[i] * x[i];
        double mean = sum / n, variance = squares / n - mean * mean;
        double half = params[1] * sqrt(variance > 0 ? variance : 0);
        sum -= oldest;
        squares -= oldest * oldest;
        out[0][i] = mean - half;
        out[1][i] = mean;
        out[2][i] = mean + half;
        out[3][i] = 100 * (2 * half) / mean;
        out[4][i] = half > 0 ? (x[i] - (mean - half)) / (2 * half) : 0;
    }
}

static inline double true_range(const struct history *bars, size_t i)
{
    double range = bars->high[i] - bars->low[i], up = fabs(bars->high[i] - bars->close[i - 1]),
           down = fabs(bars->low[i] - bars->close[i - 1]);
    range = up > range ? up : range;
    return down > range ? down : range;
}

static void run_atr(const struct history *bars, const double *params, double *const *out)
{
    double n = params[0], atr = true_range(bars, 1);
    for (size_t i = 1; i < bars->n; i++) {
        atr = (atr * (n - 1) + true_range(bars, i)) / n;
        out[0][i] = atr;
    }
}

static void run_adx(const struct history *bars, const double *params, double *const *out)
{
    double n = params[0], plus = 0, minus = 0, range = 0, adx = 0;
    for (size_t i = 1; i < bars->n; i++) {
        double up = bars->high[i] - bars->high[i - 1], down = bars->low[i - 1] - bars->low[i];
        plus -= plus / n;
        minus -= minus / n;
        if (up > 0 && up > down)
            plus += up;
        else if (down > 0 && down > up)
            minus += down;
        range = range - range / n + true_range(bars, i);
        if (range < 1e-14)
            continue;
        double plus_share = 100 * (plus / range), minus_share = 100 * (minus / range);
        double both = plus_share + minus_share;
        if (both > 1e-14)
            adx = (adx * (n - 1) + 100 * (fabs(minus_share - plus_share) / both)) / n;
        out[0][i] = adx;
        out[1][i] = plus_share;
        out[2][i] = minus_share;
    }
}

/* clang-format off */
const struct formula FORMULAS[] = {
    {"SMA", "SMA(20)", "SMA(5000)", run_sma, 0},
    {"EMA", "EMA(20)", "EMA(5000)", run_ema, 0},
    {"WMA", "WMA(20)", "WMA(5000)", run_wma, 0},
    {"DEMA", "DEMA(20)", "DEMA(5000)", run_dema, 0},
    {"TEMA", "TEMA(20)", "TEMA(5000)", run_tema, 0},
    {"TRIMA", "TRIMA(20)", "TRIMA(5000)", run_trima, 0},
    {"KAMA", "KAMA(20)", "KAMA(5000)", run_kama, 0},
    {"T3", "T3(20)", "T3(5000)", run_t3, 0},
    {"RSI", "RSI(20)", "RSI(5000)", run_rsi, 0},
    {"MACD", "MACD(12,26,9)", "MACD(12,5000,9)", run_macd, 0},
    {"BBANDS", "BBANDS(20,2)", "BBANDS(5000,2)", run_bbands, 0},
    {"ATR", "ATR(20)", "ATR(5000)", run_atr, 0},
    {"ADX", "ADX(20)", "ADX(5000)", run_adx, 0},
    {"STOCH", "STOCH(20,3,3)", "STOCH(5000,3,3)", run_stoch, 0},
    {"CCI", "CCI(20)", "CCI(5000)", run_cci, 20000},
    {"MFI", "MFI(20)", "MFI(5000)", run_mfi, 0},
};
/* clang-format on */

size_t formula_count(void)
{
    return sizeof FORMULAS / sizeof *FORMULAS;
}
