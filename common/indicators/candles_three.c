/* candles_three - patterns of three candles. */
#include "common/indicators/candle.h"

/* ---- stars: a small body that stands apart, and the turn after it ---------------------------- */

/* The third closes well into the first. */
static bool falls_back(struct candle third, struct candle first)
{
    return third.close < first.close - body(first) * penetration(first);
}

static bool rises_back(struct candle third, struct candle first)
{
    return third.close > first.close + body(first) * penetration(first);
}

static bool is_evening(struct candle first, struct candle star, struct candle third)
{
    return is_white(first) && is_black(third) && falls_back(third, first) && gaps_up(star, first) &&
           is_long(first) && is_long(third);
}

static bool is_morning(struct candle first, struct candle star, struct candle third)
{
    return is_black(first) && is_white(third) && rises_back(third, first) &&
           gaps_down(star, first) && is_long(first) && is_long(third);
}

static int evening_star(struct candle first, struct candle star, struct candle third)
{
    return found(BEARISH, is_evening(first, star, third) && is_not_long(star));
}
PATTERN(evening_star, 3, MEAN, NAMED_PENETRATION("EVENINGSTAR", "Evening star", NISON, 0.3));

static int evening_doji_star(struct candle first, struct candle star, struct candle third)
{
    return found(BEARISH, is_evening(first, star, third) && is_doji(star));
}
PATTERN(evening_doji_star, 3, MEAN,
        NAMED_PENETRATION("EVENINGDOJISTAR", "Evening doji star", NISON, 0.3));

static int morning_star(struct candle first, struct candle star, struct candle third)
{
    return found(BULLISH, is_morning(first, star, third) && is_not_long(star));
}
PATTERN(morning_star, 3, MEAN, NAMED_PENETRATION("MORNINGSTAR", "Morning star", NISON, 0.3));

static int morning_doji_star(struct candle first, struct candle star, struct candle third)
{
    return found(BULLISH, is_morning(first, star, third) && is_doji(star));
}
PATTERN(morning_doji_star, 3, MEAN,
        NAMED_PENETRATION("MORNINGDOJISTAR", "Morning doji star", NISON, 0.3));

static int abandoned_baby(struct candle first, struct candle baby, struct candle third)
{
    bool top_left = is_white(first) && is_black(third) && leaps_up(baby, first) &&
                    leaps_down(third, baby) && falls_back(third, first);
    bool bottom_left = is_black(first) && is_white(third) && leaps_down(baby, first) &&
                       leaps_up(third, baby) && rises_back(third, first);
    return found(as_colour_of(third),
                 (top_left || bottom_left) && is_long(first) && is_doji(baby) && is_long(third));
}
PATTERN(abandoned_baby, 3, MEAN, NAMED_PENETRATION("ABANDONEDBABY", "Abandoned baby", NISON, 0.3));

/* The measure of the first serves for all three. */
static int tristar(struct candle first, struct candle second, struct candle third)
{
    double limit = doji_body(first);
    int gap = either(gaps_down(second, first) && bottom(third) > bottom(second),
                     gaps_up(second, first) && top(third) < top(second));
    return found(gap, body(first) <= limit && body(second) <= limit && body(third) <= limit);
}
PATTERN(tristar, 3, MEAN, NAMED("TRISTAR", "Tri-star", NISON));

/* ---- one around the other, and a third that confirms ----------------------------------------- */

static int three_inside(struct candle first, struct candle second, struct candle third)
{
    bool closes_out = is_white(first) ? is_black(third) && third.close < first.open
                                      : is_white(third) && third.close > first.open;
    return found(against_colour_of(first),
                 closes_out && is_inside(second, first) && is_long(first) && is_not_long(second));
}
PATTERN(three_inside, 3, MEAN, NAMED("3INSIDE", "Three inside up or down", MORRIS));

static int three_outside(struct candle first, struct candle second, struct candle third)
{
    bool engulfs = !is_same_colour(first, second) && top(second) > top(first) &&
                   bottom(second) < bottom(first);
    bool goes_on = is_white(second) ? third.close > second.close : third.close < second.close;
    return found(as_colour_of(second), engulfs && goes_on);
}
PATTERN(three_outside, 3, 1, NAMED("3OUTSIDE", "Three outside up or down", MORRIS));

static int unique_three_river(struct candle first, struct candle second, struct candle third)
{
    bool harami = second.close > first.close && second.open <= first.open;
    return found(BULLISH, is_black(first) && is_black(second) && is_white(third) && harami &&
                              second.low < first.low && third.open > second.low && is_long(first) &&
                              is_short(third));
}
PATTERN(unique_three_river, 3, MEAN, NAMED("UNIQUE3RIVER", "Unique three river bottom", NISON));

/* ---- three of one colour --------------------------------------------------------------------- */

static bool is_three_white(struct candle first, struct candle second, struct candle third)
{
    return is_white(first) && is_white(second) && is_white(third) && third.close > second.close &&
           second.close > first.close;
}

/* Opens higher, but within the white body before or near it. */
static bool opens_by_body(struct candle x, struct candle before)
{
    return x.open > before.open && x.open <= before.close + near(before);
}

static int three_white_soldiers(struct candle first, struct candle second, struct candle third)
{
    return found(BULLISH, is_three_white(first, second, third) && opens_by_body(second, first) &&
                              opens_by_body(third, second) && has_no_upper(first) &&
                              has_no_upper(second) && has_no_upper(third) &&
                              body(second) > body(first) - far(first) &&
                              body(third) > body(second) - far(second) && is_long(third));
}
PATTERN(three_white_soldiers, 3, MEAN,
        NAMED("3WHITESOLDIERS", "Three advancing white soldiers", NISON));

/* The advance tires: bodies shrink, or shadows grow above them. */
static bool is_blocked(struct candle first, struct candle second, struct candle third)
{
    bool third_shrinks = body(third) < body(second), second_shrinks = body(second) < body(first);
    if (third_shrinks && has_long_upper(third))
        return true;
    if (third_shrinks && second_shrinks &&
        (upper(third) > short_shadow(third) || upper(second) > short_shadow(second)))
        return true;
    return body(third) < body(second) - far(second) ||
           (body(second) < body(first) - far(first) && body(third) < body(second) + near(second));
}

static int advance_block(struct candle first, struct candle second, struct candle third)
{
    return found(BEARISH, is_three_white(first, second, third) && opens_by_body(second, first) &&
                              opens_by_body(third, second) && is_long(first) &&
                              upper(first) < short_shadow(first) &&
                              is_blocked(first, second, third));
}
PATTERN(advance_block, 3, MEAN, NAMED("ADVANCEBLOCK", "Advance block", NISON));

static int stalled_pattern(struct candle first, struct candle second, struct candle third)
{
    return found(BEARISH, is_three_white(first, second, third) && opens_by_body(second, first) &&
                              third.open >= second.close - body(third) - near(second) &&
                              is_long(first) && is_long(second) && has_no_upper(second) &&
                              is_short(third));
}
PATTERN(stalled_pattern, 3, MEAN, NAMED("STALLEDPATTERN", "Stalled pattern", NISON));

static bool is_three_black(struct candle first, struct candle second, struct candle third)
{
    return is_black(first) && is_black(second) && is_black(third);
}

static int identical_three_crows(struct candle first, struct candle second, struct candle third)
{
    return found(BEARISH, is_three_black(first, second, third) && first.close > second.close &&
                              second.close > third.close &&
                              is_within(second.open, first.close, equal(first)) &&
                              is_within(third.open, second.close, equal(second)) &&
                              has_no_lower(first) && has_no_lower(second) && has_no_lower(third));
}
PATTERN(identical_three_crows, 3, MEAN, NAMED("IDENTICAL3CROWS", "Identical three crows", NISON));

static int three_stars_in_the_south(struct candle first, struct candle second, struct candle third)
{
    bool second_is_smaller = body(second) < body(first) && second.open > first.close &&
                             second.open <= first.high && second.low < first.close &&
                             second.low >= first.low;
    bool third_is_within = third.low > second.low && third.high < second.high;
    return found(BULLISH, is_three_black(first, second, third) && second_is_smaller &&
                              third_is_within && has_long_lower(first) && is_long(first) &&
                              has_lower(second) && is_short(third) && has_no_shadows(third));
}
PATTERN(three_stars_in_the_south, 3, MEAN,
        NAMED("3STARSINSOUTH", "Three stars in the south", MORRIS));

/* ---- crows over a gap ------------------------------------------------------------------------ */

static int two_crows(struct candle first, struct candle second, struct candle third)
{
    return found(BEARISH, is_white(first) && is_black(second) && is_black(third) &&
                              gaps_up(second, first) && opens_in_body(third, second) &&
                              closes_in_body(third, first) && is_long(first));
}
PATTERN(two_crows, 3, MEAN, NAMED("2CROWS", "Two crows", MORRIS));

static int upside_gap_two_crows(struct candle first, struct candle second, struct candle third)
{
    return found(BEARISH, is_white(first) && is_black(second) && is_black(third) &&
                              gaps_up(second, first) && third.open > second.open &&
                              third.close < second.close && third.close > first.close &&
                              is_long(first) && is_not_long(second));
}
PATTERN(upside_gap_two_crows, 3, MEAN, NAMED("UPSIDEGAP2CROWS", "Upside gap two crows", NISON));

/* ---- gaps, and what becomes of them ---------------------------------------------------------- */

static int gap_side_by_side_white(struct candle first, struct candle second, struct candle third)
{
    int gap = either(gaps_up(second, first) && gaps_up(third, first),
                     gaps_down(second, first) && gaps_down(third, first));
    return found(gap, is_white(second) && is_white(third) &&
                          is_within(body(third), body(second), near(second)) &&
                          is_within(third.open, second.open, equal(second)));
}
PATTERN(gap_side_by_side_white, 3, DISTANCE_MEAN,
        NAMED("GAPSIDESIDEWHITE", "Side-by-side white lines over a gap", NISON));

static int tasuki_gap(struct candle first, struct candle second, struct candle third)
{
    bool in_upper_gap = is_white(second) && is_black(third) && gaps_up(second, first) &&
                        third.close < second.open && third.close > top(first);
    bool in_lower_gap = is_black(second) && is_white(third) && gaps_down(second, first) &&
                        third.close > second.open && third.close < bottom(first);
    return found(as_colour_of(second), (in_upper_gap || in_lower_gap) &&
                                           opens_in_body(third, second) &&
                                           fabs(body(second) - body(third)) < near(second));
}
PATTERN(tasuki_gap, 3, DISTANCE_MEAN, NAMED("TASUKIGAP", "Tasuki gap", NISON));

static int gap_three_methods(struct candle first, struct candle second, struct candle third)
{
    bool gap = is_white(first) ? gaps_up(second, first) : gaps_down(second, first);
    return found(as_colour_of(first),
                 is_same_colour(first, second) && !is_same_colour(second, third) && gap &&
                     opens_in_body(third, second) && closes_in_body(third, first));
}
PATTERN(gap_three_methods, 3, 0,
        NAMED("XSIDEGAP3METHODS", "Upside or downside gap three methods", MORRIS));

static int stick_sandwich(struct candle first, struct candle second, struct candle third)
{
    return found(BULLISH, is_black(first) && is_white(second) && is_black(third) &&
                              second.low > first.close &&
                              is_within(third.close, first.close, equal(first)));
}
PATTERN(stick_sandwich, 3, DISTANCE_MEAN, NAMED("STICKSANDWICH", "Stick sandwich", MORRIS));
