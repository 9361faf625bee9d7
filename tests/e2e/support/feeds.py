"""feeds - made-up but lifelike input, the same for the same seed."""
import random

from .market import MINUTE, OPEN, DAY


def bars(symbol, count, *, start=OPEN, seed=1, price=25000.0, timeframe="1min", step=MINUTE,
         oi=False):
    """`count` bars of a random walk, across days of 375 minutes where they are minutes."""
    rng, out, a_day = random.Random(f"{symbol}/{seed}"), [], 375 * MINUTE // step
    for i in range(count):
        day, at = divmod(i, a_day)
        opened, price = price, round(price + rng.gauss(0, 8), 2)
        bar = {"s": symbol, "tf": timeframe, "t": start + day * DAY + at * step, "o": opened,
               "h": round(max(opened, price) + abs(rng.gauss(0, 3)), 2),
               "l": round(min(opened, price) - abs(rng.gauss(0, 3)), 2), "c": price,
               "v": rng.randint(0, 5000)}
        if oi:
            bar["oi"] = rng.randint(10_000, 20_000)
        out.append(bar)
    return out


def ticks(symbol, count, *, start=OPEN, every_ms=1500, seed=1, price=25000.0, volume=True):
    """`count` ticks of a random walk in order of time, `every_ms` apart on average."""
    rng, out, t = random.Random(f"{symbol}/{seed}"), [], start
    for _ in range(count):
        price = round(price + rng.gauss(0, 1.5), 2)
        tick = {"s": symbol, "t": t, "p": price}
        if volume:
            tick["v"] = rng.randint(1, 50)
        out.append(tick)
        t += rng.randint(1, 2 * every_ms)
    return out


def interleaved(*feeds):
    """Several feeds as one, by time."""
    return sorted((item for feed in feeds for item in feed), key=lambda item: item["t"])
