/* candles_one - patterns of one candle. */
#include "common/indicators/candle.h"

static int belt_hold(struct candle x)
{
    return found(as_colour_of(x), is_long(x) && (is_white(x) ? has_no_lower(x) : has_no_upper(x)));
}
PATTERN(belt_hold, 1, MEAN, NAMED("BELTHOLD", "Belt hold", NISON));

static int closing_marubozu(struct candle x)
{
    return found(as_colour_of(x), is_long(x) && (is_white(x) ? has_no_upper(x) : has_no_lower(x)));
}
PATTERN(closing_marubozu, 1, MEAN, NAMED("CLOSINGMARUBOZU", "Closing marubozu", MORRIS));

static int marubozu(struct candle x)
{
    return found(as_colour_of(x), is_long(x) && has_no_shadows(x));
}
PATTERN(marubozu, 1, MEAN, NAMED("MARUBOZU", "Marubozu", MORRIS));

/* ---- doji: BULLISH only says that it is one -------------------------------------------------- */

static int doji(struct candle x)
{
    return found(BULLISH, is_doji(x));
}
PATTERN(doji, 1, MEAN, NAMED("DOJI", "Doji", NISON));

static int dragonfly_doji(struct candle x)
{
    return found(BULLISH, is_doji(x) && has_no_upper(x) && has_lower(x));
}
PATTERN(dragonfly_doji, 1, MEAN, NAMED("DRAGONFLYDOJI", "Dragonfly doji", NISON_2));

static int gravestone_doji(struct candle x)
{
    return found(BULLISH, is_doji(x) && has_no_lower(x) && has_upper(x));
}
PATTERN(gravestone_doji, 1, MEAN, NAMED("GRAVESTONEDOJI", "Gravestone doji", NISON));

static int long_legged_doji(struct candle x)
{
    return found(BULLISH, (has_long_lower(x) || has_long_upper(x)) && is_doji(x));
}
PATTERN(long_legged_doji, 1, MEAN, NAMED("LONGLEGGEDDOJI", "Long-legged doji", NISON));

static int rickshaw_man(struct candle x)
{
    double middle = x.low + (x.high - x.low) / 2;
    return found(BULLISH, has_long_lower(x) && has_long_upper(x) && is_doji(x) &&
                              bottom(x) <= middle + near(x) && top(x) >= middle - near(x));
}
PATTERN(rickshaw_man, 1, MEAN, NAMED("RICKSHAWMAN", "Rickshaw man", NISON));

static int takuri(struct candle x)
{
    return found(BULLISH, has_very_long_lower(x) && is_doji(x) && has_no_upper(x));
}
PATTERN(takuri, 1, MEAN, NAMED("TAKURI", "Takuri line", MORRIS));

/* ---- long and short -------------------------------------------------------------------------- */

static int high_wave(struct candle x)
{
    return found(as_colour_of(x), has_very_long_upper(x) && has_very_long_lower(x) && is_short(x));
}
PATTERN(high_wave, 1, MEAN, NAMED("HIGHWAVE", "High-wave candle", NISON));

static int long_line(struct candle x)
{
    return found(as_colour_of(x), is_long(x) && has_short_shadows(x));
}
PATTERN(long_line, 1, MEAN, NAMED("LONGLINE", "Long line", MORRIS));

static int short_line(struct candle x)
{
    return found(as_colour_of(x), is_short(x) && has_short_shadows(x));
}
PATTERN(short_line, 1, MEAN, NAMED("SHORTLINE", "Short line", MORRIS));

static int spinning_top(struct candle x)
{
    return found(as_colour_of(x), has_long_upper(x) && has_long_lower(x) && is_short(x));
}
PATTERN(spinning_top, 1, MEAN, NAMED("SPINNINGTOP", "Spinning top", NISON));
