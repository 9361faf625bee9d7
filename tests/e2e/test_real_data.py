"""A day of a real index through `indsub-cli feed`, against a plain recomputation here.

The recordings are not part of this repository; without them the test is skipped."""
import csv
import gzip
import os
import pathlib
import tempfile
import unittest

from support import formulas, market
from support.case import Case
from support.processes import cli

DATA = pathlib.Path(os.environ.get("INDSUB_DATA") or
                    pathlib.Path(__file__).resolve().parents[3] / "shared" / "data")
BARS = DATA / "bars" / "nifty50_1min_2026-08-17_2026-08-19.csv.gz"
TICKS = sorted((DATA / "ticks").glob("n*_raw.csv.gz"))


def rows(path):
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


def written(folder, name, header, lines):
    """A CSV (gzipped) with the header that indsub-cli feed knows."""
    path = pathlib.Path(folder, name)
    with gzip.open(path, "wt") as file:
        file.write(header + "\n" + "".join(",".join(line) + "\n" for line in lines))
    return path


@unittest.skipUnless(BARS.exists(), "no recordings here")
class DayOfBars(Case):
    NAMES = ["RSI(14)", "MACD(12,26,9)", "SMA(20)", "BBANDS(20,2)"]

    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.rows = rows(BARS)
        columns = ("ts", "open", "high", "low", "close", "volume")
        self.file = written(folder, "day.csv.gz", "timestamp,open,high,low,close,volume",
                            [[row[c] for c in columns] for row in self.rows])

    def test_indicators_equal_the_recomputation(self):
        sessions = {tf: self.session() for tf in ("1min", "5min", "15min")}
        (status, _, err) = cli(self.daemon, "feed", self.file, "--symbol", "NIFTY50", "--timeframe",
                               "1min", user="feeder", claims={"scope": "feed"})
        self.assertEqual(status, 0, err)
        bars = [{"t": market.ms_of(r["ts"]), "o": float(r["open"]), "h": float(r["high"]),
                 "l": float(r["low"]), "c": float(r["close"]), "v": float(r["volume"])}
                for r in self.rows]
        for timeframe, session in sessions.items():
            session.subscribe("NIFTY50", timeframe, self.NAMES)
            wanted = market.merged(bars, timeframe)
            got = session.ask("history", symbol="NIFTY50", timeframe=timeframe,
                              limit=5000)["updates"]
            self.assertEqual([u["bar"] for u in got], [market.text(b["start"]) for b in wanted])
            self.assertEqual([u["ohlcv"] for u in got], [b["ohlcv"] for b in wanted])
            closes = [b["ohlcv"]["close"] for b in wanted]
            truth = {"RSI_14_100": formulas.rsi(closes, 14), "SMA_20": formulas.sma(closes, 20),
                     "MACD_12_26_9": formulas.macd(closes, 12, 26, 9),
                     "BBANDS_20_2": formulas.bbands(closes, 20, 2)}
            for i, update in enumerate(got):
                for name, values in truth.items():
                    self.compare(update["indicators"][name], values[i],
                                 f"{timeframe} {update['bar']} {name}")

    def compare(self, got, wanted, where):
        """A value of several outputs is an object of them; before it is warm they are null."""
        if isinstance(got, dict):
            wanted = wanted or dict.fromkeys(got)
            self.assertEqual(set(got), set(wanted), where)
            for output, value in got.items():
                self.assert_same_numbers(value, wanted[output], where=f"{where}.{output}")
        else:
            self.assert_same_numbers(got, wanted, where=where)


ANY_DAY = market.Exchange(weekends=True)  # there are sessions on Saturdays too


def zoned(time):
    return time.replace(" ", "T") + ("" if "+" in time else "+05:30")


@unittest.skipUnless(TICKS, "no recordings here")
class DaysOfTicks(Case):
    """As they arrived: out of order, repeated, cumulative volume stepping back, values of before
    the open, and going on after the close."""

    def ticks_of(self, path):
        with gzip.open(path, "rt") as file:
            rows_ = [row for row in csv.reader(file) if row[0] != "timestamp"]
        return [[zoned(row[0]), row[1], *row[2:]] for row in rows_]

    @staticmethod
    def tick_of(line):
        volume = {"cv": float(line[2])} if len(line) > 2 else {}
        return {"t": market.ms_of(line[0]), "p": float(line[1]), **volume}

    def feed_file(self, symbol, lines):
        header = "timestamp,price,volume" if len(lines[0]) > 2 else "timestamp,price"
        path = written(self.folder, f"{symbol}.csv.gz", header, lines)
        status, _, err = cli(self.daemon, "feed", path, "--symbol", symbol, user="feeder",
                             claims={"scope": "feed"}, seconds=120)
        self.assertEqual(status, 0, err)

    def check_bars(self, symbol, ticks):
        session = self.session()
        for timeframe in ("1min", "5min", "1h"):
            session.subscribe(symbol, timeframe, ["SMA(1)"])
            got = session.ask("history", symbol=symbol, timeframe=timeframe,
                              limit=5000)["updates"]
            wanted = market.bars(ticks, timeframe, ANY_DAY)
            self.assertGreaterEqual(len(got), len(wanted) - 1)  # the last may be open still
            wanted = wanted[:len(got)]
            self.assertEqual([u["bar"] for u in got], [market.text(b["start"]) for b in wanted])
            self.assertEqual([u["ohlcv"] for u in got], [b["ohlcv"] for b in wanted])

    def test_bars_equal_the_recomputation_and_every_refusal_is_counted(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        late, outside = 0, 0
        for path in TICKS:
            symbol = path.name.split(".")[0].upper()
            with self.subTest(path.name):
                lines = self.ticks_of(path)
                ticks = market.of_own_volume(map(self.tick_of, lines), ANY_DAY)
                self.feed_file(symbol, lines)
                self.check_bars(symbol, ticks)
                out = sum(ANY_DAY.bar(tick["t"], "1min") is None for tick in ticks)
                outside += out
                late += len(ticks) - out - len(market.accepted(ticks, "1min", ANY_DAY))
        rejects = self.admin().ask("stats")["counters"]["rejects"]
        self.assertEqual(rejects.get("OUTSIDE_SESSION", 0), outside)
        self.assertEqual(rejects.get("LATE", 0), late)


if __name__ == "__main__":
    unittest.main()
