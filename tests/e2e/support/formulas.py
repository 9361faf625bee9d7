"""formulas - indicators computed in the plainest way, over whole lists, as TA-Lib defines them.

Each gives a list as long as its input, None where the indicator is not defined."""
import math


def sma(x, n):
    return [None if i < n - 1 else math.fsum(x[i - n + 1:i + 1]) / n for i in range(len(x))]


def ema(x, n):
    """Seeded with the simple average of the first n."""
    out, k = [None] * len(x), 2 / (n + 1)
    for i in range(n - 1, len(x)):
        out[i] = math.fsum(x[:n]) / n if i == n - 1 else out[i - 1] + k * (x[i] - out[i - 1])
    return out


def rsi(x, n, scalar=100):
    out, gain, loss = [None] * len(x), 0.0, 0.0
    for i in range(1, len(x)):
        up, down = max(x[i] - x[i - 1], 0), max(x[i - 1] - x[i], 0)
        if i <= n:
            gain, loss = gain + up / n, loss + down / n
        else:
            gain, loss = (gain * (n - 1) + up) / n, (loss * (n - 1) + down) / n
        if i >= n:
            out[i] = scalar * gain / (gain + loss) if gain + loss else 0.0
    return out


def bbands(x, n, width):
    """BBL, BBM, BBU, BBB and BBP; the deviation is the population's."""
    out = [None] * len(x)
    for i in range(n - 1, len(x)):
        window = x[i - n + 1:i + 1]
        middle = math.fsum(window) / n
        side = width * math.sqrt(math.fsum((v - middle) ** 2 for v in window) / n)
        low, high = middle - side, middle + side
        out[i] = {"BBL": low, "BBM": middle, "BBU": high, "BBB": 100 * (high - low) / middle,
                  "BBP": (x[i] - low) / (high - low) if high > low else None}
    return out


def macd(x, fast, slow, signal):
    """The fast average starts where the slow one does, seeded with the `fast` bars before it."""
    slow_line = ema(x, slow)
    fast_line = [None] * (slow - fast) + ema(x[slow - fast:], fast)
    line = [f - s if s is not None else None for f, s in zip(fast_line, slow_line)]
    signal_line = [None] * (slow - 1) + ema(line[slow - 1:], signal)
    return [{"MACD": m, "MACDh": None if s is None else m - s, "MACDs": s}
            if m is not None and s is not None else {"MACD": None, "MACDh": None, "MACDs": None}
            for m, s in zip(line, signal_line)]
