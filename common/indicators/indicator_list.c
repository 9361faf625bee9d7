/* indicator_list - every row, in the catalogue's order. A row that is not here does not exist. */
#include "common/indicators/indicator.h"

/* clang-format off */
#define LIST(X) \
    X(sma) X(ema_row) X(wma) X(bbands) X(macd) X(rsi) X(cci) X(stoch) X(adx) X(atr) X(obv) X(vwap) \
    X(dema) X(tema) X(trima) X(kama) X(t3_row) X(midpoint) X(midprice) X(ma) X(mavp) \
    X(macdext) X(macdfix) X(cmo) X(mom) X(roc) X(rocp) X(rocr) X(rocr100) X(willr) X(bop) X(imi) \
    X(apo) X(ppo) X(uo) X(stochf) X(stochrsif) X(trix) \
    X(adxr) X(dx) X(plus_di) X(minus_di) X(plus_dm) X(minus_dm) X(aroon) \
    X(accbands) X(natr) X(true_range_row) X(ad) X(adosc) X(mfi) \
    X(avgdev) X(stddev) X(var) X(linreg) X(linearreg_angle) X(linearreg_intercept) \
    X(linearreg_slope) X(tsf) X(beta) X(correl) \
    X(sar) X(sarext) \
    X(hl2) X(hlc3) X(ohlc4) X(wcp) \
    X(max) X(min) X(sum) X(maxindex) X(minindex) X(minmax) X(minmaxindex) \
    X(add) X(sub) X(mult) X(div) \
    X(function_acos) X(function_asin) X(function_atan) X(function_ceil) X(function_cos) \
    X(function_cosh) X(function_exp) X(function_floor) X(function_log) X(function_log10) \
    X(function_sin) X(function_sinh) X(function_sqrt) X(function_tan) X(function_tanh) \
    X(mama) X(ht_trendline) X(ht_dcperiod) X(ht_dcphase) X(ht_phasor) X(ht_sine) X(ht_trendmode) \
    X(ebsw) \
    X(cdl_two_crows) X(cdl_three_black_crows) X(cdl_three_inside) X(cdl_three_line_strike) \
    X(cdl_three_outside) X(cdl_three_stars_in_the_south) X(cdl_three_white_soldiers) \
    X(cdl_abandoned_baby) X(cdl_advance_block) X(cdl_belt_hold) X(cdl_breakaway) \
    X(cdl_closing_marubozu) X(cdl_concealing_baby_swallow) X(cdl_counterattack) \
    X(cdl_dark_cloud_cover) X(cdl_doji) X(cdl_doji_star) X(cdl_dragonfly_doji) X(cdl_engulfing) \
    X(cdl_evening_doji_star) X(cdl_evening_star) X(cdl_gap_side_by_side_white) \
    X(cdl_gravestone_doji) X(cdl_hammer) X(cdl_hanging_man) X(cdl_harami) X(cdl_harami_cross) \
    X(cdl_high_wave) X(cdl_hikkake) X(cdl_modified_hikkake) X(cdl_homing_pigeon) \
    X(cdl_identical_three_crows) X(cdl_in_neck) X(cdl_inverted_hammer) X(cdl_kicking) \
    X(cdl_kicking_by_length) X(cdl_ladder_bottom) X(cdl_long_legged_doji) X(cdl_long_line) \
    X(cdl_marubozu) X(cdl_matching_low) X(cdl_mat_hold) X(cdl_morning_doji_star) \
    X(cdl_morning_star) X(cdl_on_neck) X(cdl_piercing) X(cdl_rickshaw_man) X(cdl_three_methods) \
    X(cdl_separating_lines) X(cdl_shooting_star) X(cdl_short_line) X(cdl_spinning_top) \
    X(cdl_stalled_pattern) X(cdl_stick_sandwich) X(cdl_takuri) X(cdl_tasuki_gap) X(cdl_thrusting) \
    X(cdl_tristar) X(cdl_unique_three_river) X(cdl_upside_gap_two_crows) X(cdl_gap_three_methods) \
    X(alma) X(fwma) X(pwma) X(sinwma) X(swma) X(hma) X(vwma) X(ichimoku) X(rvgi) \
    X(log_return) X(percent_return) X(slope) X(increasing) X(decreasing) X(psl) X(er) X(coppock) \
    X(kst) X(ao) X(bias) X(cg) X(brar) X(donchian) X(dpo) X(qstick) X(vhf) X(vortex) X(pdist) \
    X(variance) X(stdev) X(zscore) X(skew) X(kurtosis) X(quantile) X(median) X(mad) X(entropy) \
    X(cti) X(cfo) X(cmf) X(eom) X(pvol) X(pvr) \
    X(candle_z) X(heikin_ashi) \
    X(rma) X(zlma) X(mcgd) X(vidya) X(jma) X(ssf) X(hwc) X(rsx) \
    X(qqe) X(stc) X(tsi) X(smi) X(stochrsi) X(fisher) X(kdj) X(td_seq) X(inertia) X(rvi) \
    X(nvi) X(pvi) X(pvt) X(efi) X(kvo) X(pvo) X(aobv) X(amat) X(eri) X(pgo) X(ttm_trend) X(decay) \
    X(massi) X(thermo) X(ui) X(kc) X(aberration) X(chop) X(squeeze) X(squeeze_pro) X(supertrend) \
    X(hilo) X(cksp) X(psar) \
    X(tos_stdevall) X(vp)
/* clang-format on */

#define X(name) extern const struct indicator indicator_##name;
LIST(X)
#undef X

const struct indicator *const INDICATORS[] = {
#define X(name) &indicator_##name,
    LIST(X)
#undef X
};

size_t indicator_count(void)
{
    return sizeof INDICATORS / sizeof *INDICATORS;
}
