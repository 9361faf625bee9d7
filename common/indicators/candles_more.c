/* candles_more - patterns of four candles and more. */
#include "common/indicators/candle.h"

/* ---- four ------------------------------------------------------------------------------------ */

/* A black candle that opens within the black body before and closes lower, almost at its low. */
static bool is_next_crow(struct candle x, struct candle before)
{
    return opens_in_body(x, before) && x.close < before.close;
}

static int three_black_crows(struct candle white, struct candle first, struct candle second,
                             struct candle third)
{
    bool crows = is_black(first) && is_black(second) && is_black(third) &&
                 is_next_crow(second, first) && is_next_crow(third, second);
    return found(BEARISH, crows && is_white(white) && white.high > first.close &&
                              has_no_lower(first) && has_no_lower(second) && has_no_lower(third));
}
PATTERN(three_black_crows, 4, MEAN, NAMED("3BLACKCROWS", "Three black crows", NISON));

static bool opens_by(struct candle x, struct candle before)
{
    return x.open >= bottom(before) - near(before) && x.open <= top(before) + near(before);
}

static int three_line_strike(struct candle first, struct candle second, struct candle third,
                             struct candle strike)
{
    bool up = second.close > first.close && third.close > second.close &&
              strike.open > third.close && strike.close < first.open;
    bool down = second.close < first.close && third.close < second.close &&
                strike.open < third.close && strike.close > first.open;
    return found(as_colour_of(third),
                 is_same_colour(first, second) && is_same_colour(second, third) &&
                     !is_same_colour(third, strike) && (is_white(third) ? up : down) &&
                     opens_by(second, first) && opens_by(third, second));
}
PATTERN(three_line_strike, 4, DISTANCE_MEAN, NAMED("3LINESTRIKE", "Three-line strike", MORRIS));

static int concealing_baby_swallow(struct candle first, struct candle second, struct candle third,
                                   struct candle fourth)
{
    bool black = is_black(first) && is_black(second) && is_black(third) && is_black(fourth);
    return found(BULLISH, black && fourth.high > third.high && fourth.low < third.low &&
                              gaps_down(third, second) && third.high > second.close &&
                              has_upper(third) && has_no_shadows(first) && has_no_shadows(second));
}
PATTERN(concealing_baby_swallow, 4, MEAN,
        NAMED("CONCEALBABYSWALL", "Concealing baby swallow", MORRIS));

/* ---- five ------------------------------------------------------------------------------------ */

static bool trades_lower(struct candle x, struct candle before)
{
    return x.high < before.high && x.low < before.low;
}

static bool trades_higher(struct candle x, struct candle before)
{
    return x.high > before.high && x.low > before.low;
}

static int breakaway(struct candle first, struct candle second, struct candle third,
                     struct candle fourth, struct candle fifth)
{
    bool after_fall = gaps_down(second, first) && trades_lower(third, second) &&
                      trades_lower(fourth, third) && fifth.close > second.open &&
                      fifth.close < first.close;
    bool after_rise = gaps_up(second, first) && trades_higher(third, second) &&
                      trades_higher(fourth, third) && fifth.close < second.open &&
                      fifth.close > first.close;
    return found(as_colour_of(fifth),
                 is_same_colour(first, second) && is_same_colour(second, fourth) &&
                     !is_same_colour(fourth, fifth) &&
                     (is_white(first) ? after_rise : after_fall) && is_long(first));
}
PATTERN(breakaway, 5, MEAN, NAMED("BREAKAWAY", "Breakaway", MORRIS));

static bool steps_down(struct candle x, struct candle before)
{
    return is_black(x) && x.open < before.open && x.close < before.close;
}

static int ladder_bottom(struct candle first, struct candle second, struct candle third,
                         struct candle fourth, struct candle fifth)
{
    return found(BULLISH, is_black(first) && steps_down(second, first) &&
                              steps_down(third, second) && is_black(fourth) && is_white(fifth) &&
                              fifth.open > fourth.open && fifth.close > fourth.high &&
                              has_upper(fourth));
}
PATTERN(ladder_bottom, 5, MEAN, NAMED("LADDERBOTTOM", "Ladder bottom", MORRIS));

/* A part of the body is below the white body's close, and none further below than allowed. */
static bool holds(struct candle x, struct candle white)
{
    return bottom(x) < white.close && bottom(x) > white.close - body(white) * penetration(white);
}

static int mat_hold(struct candle first, struct candle second, struct candle third,
                    struct candle fourth, struct candle fifth)
{
    bool small_fall = is_black(second) && gaps_up(second, first) && holds(third, first) &&
                      holds(fourth, first) && top(third) < second.open && top(fourth) < top(third);
    bool breaks_out =
        fifth.open > fourth.close && fifth.close > fmax(fmax(second.high, third.high), fourth.high);
    return found(BULLISH, is_white(first) && is_white(fifth) && small_fall && breaks_out &&
                              is_long(first) && is_short(second) && is_short(third) &&
                              is_short(fourth));
}
PATTERN(mat_hold, 5, MEAN, NAMED_PENETRATION("MATHOLD", "Mat hold", MORRIS, 0.5));

static bool overlaps(struct candle x, struct candle first)
{
    return bottom(x) < first.high && top(x) > first.low;
}

static int three_methods(struct candle first, struct candle second, struct candle third,
                         struct candle fourth, struct candle fifth)
{
    bool colours = !is_same_colour(first, second) && is_same_colour(second, third) &&
                   is_same_colour(third, fourth) && is_same_colour(first, fifth);
    bool rests_and_rises = third.close < second.close && fourth.close < third.close &&
                           fifth.open > fourth.close && fifth.close > first.close;
    bool rests_and_falls = third.close > second.close && fourth.close > third.close &&
                           fifth.open < fourth.close && fifth.close < first.close;
    return found(as_colour_of(first),
                 colours && (is_white(first) ? rests_and_rises : rests_and_falls) &&
                     overlaps(second, first) && overlaps(third, first) && overlaps(fourth, first) &&
                     is_long(first) && is_short(second) && is_short(third) && is_short(fourth) &&
                     is_long(fifth));
}
PATTERN(three_methods, 5, MEAN,
        NAMED("RISEFALL3METHODS", "Rising or falling three methods", NISON));

/* ---- hikkake: a false breakout, and within three bars the move against it -------------------- */

enum { CONFIRMED_WITHIN = 3, CONFIRMED = 2 /* times the pattern's own value */ };

static bool is_inside_bar(struct candle x, struct candle before)
{
    return x.high < before.high && x.low > before.low;
}

static int hikkake_at(struct candle x)
{
    struct candle inside = candle_before(x, 1), wide = candle_before(x, 2);
    return found(either(trades_lower(x, inside), trades_higher(x, inside)),
                 is_inside_bar(inside, wide));
}

/* Two inside bars, of which the first closes near the end that the breakout then fails at. */
static int modified_hikkake_at(struct candle x)
{
    struct candle second = candle_before(x, 1), first = candle_before(x, 2);
    if (!is_inside_bar(second, first) || !is_inside_bar(first, candle_before(x, 3)))
        return 0;
    return either(trades_lower(x, second) && first.close <= first.low + near(first),
                  trades_higher(x, second) && first.close >= first.high - near(first));
}

/* Whether x closes beyond the inside bar before the breakout, against the breakout. */
static bool confirms(struct candle x, int direction, struct candle inside)
{
    return direction > 0 ? x.close > inside.high : x.close < inside.low;
}

/* The pattern itself, or the first confirmation of the latest pattern. That one lies at most three
 * bars back, so no memory is needed: one looks again. */
KERNEL int or_confirmation(struct candle last, int (*pattern_at)(struct candle x))
{
    int pattern = pattern_at(last);
    for (uint32_t ago = 1; pattern == 0 && ago <= CONFIRMED_WITHIN; ago++) {
        int earlier = pattern_at(candle_before(last, ago));
        if (earlier == 0)
            continue;
        struct candle inside = candle_before(last, ago + 1);
        for (uint32_t between = ago - 1; between > 0; between--)
            if (confirms(candle_before(last, between), earlier, inside))
                return 0;
        return found(CONFIRMED * earlier, confirms(last, earlier, inside));
    }
    return pattern;
}

static int hikkake(struct candle last)
{
    return or_confirmation(last, hikkake_at);
}
PATTERN(hikkake, 1, CONFIRMED_WITHIN + 2, NAMED("HIKKAKE", "Hikkake", CHESLER));

static int modified_hikkake(struct candle last)
{
    return or_confirmation(last, modified_hikkake_at);
}
PATTERN(modified_hikkake, 1, CONFIRMED_WITHIN + 2 + DISTANCE_MEAN,
        NAMED("HIKKAKEMOD", "Modified hikkake", CHESLER));
