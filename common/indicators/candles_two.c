/* candles_two - patterns of two candles. */
#include "common/indicators/candle.h"

/* ---- hammers and stars: a small body with one long shadow ------------------------------------ */

static bool is_hammer(struct candle x)
{
    return has_long_lower(x) && is_short(x) && has_no_upper(x);
}

static bool is_inverted_hammer(struct candle x)
{
    return has_long_upper(x) && is_short(x) && has_no_lower(x);
}

static int hammer(struct candle first, struct candle second)
{
    return found(BULLISH, is_hammer(second) && bottom(second) <= first.low + near(first));
}
PATTERN(hammer, 2, MEAN, NAMED("HAMMER", "Hammer", NISON));

static int hanging_man(struct candle first, struct candle second)
{
    return found(BEARISH, is_hammer(second) && bottom(second) >= first.high - near(first));
}
PATTERN(hanging_man, 2, MEAN, NAMED("HANGINGMAN", "Hanging man", NISON));

static int inverted_hammer(struct candle first, struct candle second)
{
    return found(BULLISH, gaps_down(second, first) && is_inverted_hammer(second));
}
PATTERN(inverted_hammer, 2, MEAN, NAMED("INVERTEDHAMMER", "Inverted hammer", NISON));

static int shooting_star(struct candle first, struct candle second)
{
    return found(BEARISH, gaps_up(second, first) && is_inverted_hammer(second));
}
PATTERN(shooting_star, 2, MEAN, NAMED("SHOOTINGSTAR", "Shooting star", NISON));

static int doji_star(struct candle first, struct candle second)
{
    bool gap = is_white(first) ? gaps_up(second, first) : gaps_down(second, first);
    return found(against_colour_of(first), gap && is_long(first) && is_doji(second));
}
PATTERN(doji_star, 2, MEAN, NAMED("DOJISTAR", "Doji star", NISON));

/* ---- one body around the other: 80 instead of 100 where they share an end -------------------- */

enum { SHARED_END = 80 };

static int engulfing(struct candle first, struct candle second)
{
    bool over = top(second) > top(first), under = bottom(second) < bottom(first);
    bool covers = top(second) >= top(first) && bottom(second) <= bottom(first) && (over || under);
    int strength = over && under ? 100 : SHARED_END;
    return found(is_white(second) ? strength : -strength, !is_same_colour(first, second) && covers);
}
PATTERN(engulfing, 2, 1, NAMED("ENGULFING", "Engulfing pattern", NISON));

static int strength_inside(struct candle second, struct candle first)
{
    bool touches = top(second) <= top(first) && bottom(second) >= bottom(first);
    int strength = is_inside(second, first) ? 100 : touches ? SHARED_END : 0;
    return is_white(first) ? -strength : strength;
}

static int harami(struct candle first, struct candle second)
{
    return found(strength_inside(second, first), is_long(first) && is_not_long(second));
}
PATTERN(harami, 2, MEAN, NAMED("HARAMI", "Harami", NISON));

static int harami_cross(struct candle first, struct candle second)
{
    return found(strength_inside(second, first), is_long(first) && is_doji(second));
}
PATTERN(harami_cross, 2, MEAN, NAMED("HARAMICROSS", "Harami cross", NISON));

static int homing_pigeon(struct candle first, struct candle second)
{
    return found(BULLISH, is_black(first) && is_black(second) && is_inside(second, first) &&
                              is_long(first) && is_not_long(second));
}
PATTERN(homing_pigeon, 2, MEAN, NAMED("HOMINGPIGEON", "Homing pigeon", MORRIS));

/* ---- a black candle, then a white one from below its low: how far does it get? --------------- */

static bool opens_below(struct candle second, struct candle first)
{
    return is_black(first) && is_white(second) && second.open < first.low && is_long(first);
}

static int on_neck(struct candle first, struct candle second)
{
    return found(BEARISH,
                 opens_below(second, first) && is_within(second.close, first.low, equal(first)));
}
PATTERN(on_neck, 2, MEAN, NAMED("ONNECK", "On-neck line", NISON));

static int in_neck(struct candle first, struct candle second)
{
    return found(BEARISH, opens_below(second, first) && second.close >= first.close &&
                              second.close <= first.close + equal(first));
}
PATTERN(in_neck, 2, MEAN, NAMED("INNECK", "In-neck line", NISON));

static int thrusting(struct candle first, struct candle second)
{
    return found(BEARISH, opens_below(second, first) && second.close > first.close + equal(first) &&
                              second.close <= first.close + body(first) * 0.5);
}
PATTERN(thrusting, 2, MEAN, NAMED("THRUSTING", "Thrusting line", NISON));

static int piercing(struct candle first, struct candle second)
{
    return found(BULLISH, opens_below(second, first) && is_long(second) &&
                              second.close < first.open &&
                              second.close > first.close + body(first) * 0.5);
}
PATTERN(piercing, 2, MEAN, NAMED("PIERCING", "Piercing line", NISON));

static int dark_cloud_cover(struct candle first, struct candle second)
{
    return found(BEARISH, is_white(first) && is_black(second) && second.open > first.high &&
                              second.close > first.open &&
                              second.close < first.close - body(first) * penetration(first) &&
                              is_long(first));
}
PATTERN(dark_cloud_cover, 2, MEAN,
        NAMED_PENETRATION("DARKCLOUDCOVER", "Dark cloud cover", NISON, 0.5));

/* ---- candles that meet, or run off from each other ------------------------------------------- */

static int counterattack(struct candle first, struct candle second)
{
    return found(as_colour_of(second), !is_same_colour(first, second) &&
                                           is_within(second.close, first.close, equal(first)) &&
                                           is_long(first) && is_long(second));
}
PATTERN(counterattack, 2, MEAN, NAMED("COUNTERATTACK", "Counterattack lines", NISON));

static int matching_low(struct candle first, struct candle second)
{
    return found(BULLISH, is_black(first) && is_black(second) &&
                              is_within(second.close, first.close, equal(first)));
}
PATTERN(matching_low, 2, DISTANCE_MEAN, NAMED("MATCHINGLOW", "Matching low", MORRIS));

static int separating_lines(struct candle first, struct candle second)
{
    return found(as_colour_of(second),
                 !is_same_colour(first, second) &&
                     is_within(second.open, first.open, equal(first)) && is_long(second) &&
                     (is_white(second) ? has_no_lower(second) : has_no_upper(second)));
}
PATTERN(separating_lines, 2, MEAN, NAMED("SEPARATINGLINES", "Separating lines", NISON));

static bool is_kick(struct candle second, struct candle first)
{
    return (is_black(first) ? is_white(second) && leaps_up(second, first)
                            : is_black(second) && leaps_down(second, first)) &&
           is_long(first) && has_no_shadows(first) && is_long(second) && has_no_shadows(second);
}

static int kicking(struct candle first, struct candle second)
{
    return found(as_colour_of(second), is_kick(second, first));
}
PATTERN(kicking, 2, MEAN, NAMED("KICKING", "Kicking", MORRIS));

static int kicking_by_length(struct candle first, struct candle second)
{
    return found(as_colour_of(body(second) > body(first) ? second : first), is_kick(second, first));
}
PATTERN(kicking_by_length, 2, MEAN,
        NAMED("KICKINGBYLENGTH", "Kicking, by the longer marubozu", MORRIS));
