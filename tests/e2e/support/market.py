"""market - what the bars of a list of ticks must be, straight from the protocol's section 6.

Nothing here is incremental: each bar is looked up from all the ticks in it."""
import datetime

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
TIMEFRAMES = {"1s": 1000, "5s": 5000, "10s": 10_000, "15s": 15_000, "30s": 30_000,
              "1min": MINUTE, "2min": 2 * MINUTE, "3min": 3 * MINUTE, "5min": 5 * MINUTE,
              "10min": 10 * MINUTE, "15min": 15 * MINUTE, "30min": 30 * MINUTE,
              "1h": HOUR, "2h": 2 * HOUR, "4h": 4 * HOUR, "1d": DAY, "1w": 7 * DAY}
INTRADAY = [t for t in TIMEFRAMES if t not in ("1d", "1w")]
LATENESS_MS = 1000

# Tuesday 4 November 2025, 09:15 in Asia/Kolkata: the open of the day that most feeds here are of.
OPEN = 1762227900000


def text(ms):
    """RFC 3339 with milliseconds."""
    seconds, rest = divmod(ms, 1000)
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03d}Z"


def ms_of(time):
    """Of RFC 3339 text; a number is milliseconds already."""
    if isinstance(time, int):
        return time
    moment = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return round(moment.timestamp() * 1000)


class Exchange:
    """Trading hours in milliseconds after local midnight; by default India's cash market."""

    def __init__(self, offset_ms=5 * HOUR + 30 * MINUTE, open_ms=9 * HOUR + 15 * MINUTE,
                 close_ms=15 * HOUR + 30 * MINUTE, weekends=False):
        self.offset_ms, self.open_ms, self.close_ms = offset_ms, open_ms, close_ms
        self.weekends = weekends

    def session(self, ms):
        """Open and close of the local day of that time, or None on a day off."""
        local_day = (ms + self.offset_ms) // DAY
        if not self.weekends and (local_day + 3) % 7 >= 5:  # 1970-01-01 was a Thursday
            return None
        midnight = local_day * DAY - self.offset_ms
        return midnight + self.open_ms, midnight + self.close_ms

    def bar(self, ms, timeframe):
        """Start and end of the bar that holds that time, or None outside the session."""
        session = self.session(ms)
        if session is None or not session[0] <= ms < session[1]:
            return None
        first, last = session
        if timeframe == "1d":
            return first, last
        if timeframe == "1w":
            weekday = ((ms + self.offset_ms) // DAY + 3) % 7
            last_day = 6 if self.weekends else 4
            return first - weekday * DAY, last + (last_day - weekday) * DAY
        length = TIMEFRAMES[timeframe]
        start = first + (ms - first) // length * length
        return start, min(start + length, last)


INDIA = Exchange()
AROUND_THE_CLOCK = Exchange(offset_ms=0, open_ms=0, close_ms=DAY, weekends=True)


def accepted(ticks, timeframe, exchange=INDIA):
    """The ticks that count, in the order they came: inside the session, and of a bar of that
    timeframe that the feed's clock had not closed."""
    clock, taken = None, []
    for tick in ticks:
        t = ms_of(tick["t"])
        clock = t if clock is None else max(clock, t)
        bounds = exchange.bar(t, timeframe)
        if bounds and bounds[1] > clock - LATENESS_MS:
            taken.append(tick)
    return taken


def of_own_volume(ticks, exchange=INDIA):
    """The same ticks with the day's cumulative volume ("cv") as each one's own: a step back adds
    nothing, and what is too late for its minute does not count."""
    ticks = list(ticks)
    counted, highest = {id(tick) for tick in accepted(ticks, "1min", exchange)}, {}
    for tick in ticks:
        if "cv" in tick:
            day, before = exchange.bar(tick["t"], "1d"), 0
            if id(tick) in counted:
                before = highest.get(day, 0)
                highest[day] = max(before, tick["cv"])
            tick["v"] = max(0, tick["cv"] - before) if id(tick) in counted else 0
    return ticks


def bars(ticks, timeframe, exchange=INDIA):
    """Every bar of the ticks (dicts as the feed has them, with "v" or without), oldest first.
    Timeframes below a minute are made of what counts for a second, others of what counts for a
    minute: a tick may come too late for its second and in time for its minute."""
    store = "1s" if TIMEFRAMES[timeframe] < MINUTE else "1min"
    groups = {}
    for tick in accepted(ticks, store, exchange):
        start, end = exchange.bar(ms_of(tick["t"]), timeframe)
        groups.setdefault((start, end), []).append(tick)
    made = []
    for (start, end), group in sorted(groups.items()):
        by_time = sorted(group, key=lambda tick: ms_of(tick["t"]))  # stable: ties as they came
        prices = [tick["p"] for tick in group]
        ois = [tick["oi"] for tick in by_time if "oi" in tick]
        made.append({"start": start, "end": end, "last": ms_of(by_time[-1]["t"]),
                     "ohlcv": {"open": by_time[0]["p"], "high": max(prices), "low": min(prices),
                               "close": by_time[-1]["p"],
                               "volume": sum(tick.get("v", 0) for tick in group)},
                     "oi": ois[-1] if ois else None})
    return made


def merged(bars_, timeframe, exchange=INDIA):
    """Bars of a longer timeframe from given ones ("t", "o", "h", "l", "c", "v")."""
    groups = {}
    for bar in bars_:
        bounds = exchange.bar(ms_of(bar["t"]), timeframe)
        groups.setdefault(bounds, []).append(bar)
    return [{"start": start, "end": end,
             "ohlcv": {"open": group[0]["o"], "high": max(b["h"] for b in group),
                       "low": min(b["l"] for b in group), "close": group[-1]["c"],
                       "volume": sum(b.get("v", 0) for b in group)}}
            for (start, end), group in sorted(groups.items())]
