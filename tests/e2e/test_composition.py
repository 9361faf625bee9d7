"""What an indicator is made of: fields, other indicators, longer timeframes, and enough bars."""
from support import feeds, formulas, isp, market
from support.case import Case
from support.feeds import MINUTE, OPEN


def only(values, id_):
    """That indicator's value in each update."""
    return [update["indicators"][id_] for update in values]


class Base(Case):
    def history(self, session, timeframe):
        return session.ask("history", symbol="NIFTY50", timeframe=timeframe, limit=5000)["updates"]

    def assert_series(self, got, wanted, where=""):
        self.assertEqual(len(got), len(wanted), where)
        for i, (g, w) in enumerate(zip(got, wanted)):
            self.assert_same_numbers(g, w, where=f"{where}[{i}]")


class Sources(Base):
    def setUp(self):
        super().setUp()
        self.bars = feeds.bars("NIFTY50", 60, oi=True)
        self.feeder().send(self.bars)

    def values(self, *indicators):
        """The values of each indicator, by its place in the request."""
        session = self.session()
        ids = list(session.subscribe("NIFTY50", "1min", list(indicators))["indicators"])
        updates = self.history(session, "1min")
        return [only(updates, id_) for id_ in ids]

    def test_each_field_of_a_bar(self):
        fields = {"open": lambda b: b["o"], "high": lambda b: b["h"], "low": lambda b: b["l"],
                  "close": lambda b: b["c"], "volume": lambda b: b["v"], "oi": lambda b: b["oi"],
                  "hl2": lambda b: (b["h"] + b["l"]) / 2,
                  "hlc3": lambda b: (b["h"] + b["l"] + b["c"]) / 3,
                  "ohlc4": lambda b: (b["o"] + b["h"] + b["l"] + b["c"]) / 4}
        got = self.values(*(f"SMA(3,source={name})" for name in fields))
        for (name, field), values in zip(fields.items(), got):
            self.assert_series(values, formulas.sma([field(bar) for bar in self.bars], 3), name)

    def test_another_indicator_and_each_of_its_outputs(self):
        closes = [bar["c"] for bar in self.bars]
        macd = formulas.macd(closes, 5, 8, 3)
        rsi = formulas.rsi(closes, 7)
        got = self.values("SMA(4,source=RSI(7))", "SMA(4,source=MACD(5,8,3))",
                          "SMA(4,source=MACD(5,8,3).MACDh)", "SMA(4,source=MACD(5,8,3).MACDs)",
                          "SMA(2,source=SMA(3,source=RSI(7)))")
        for values, inner in zip(got, (rsi, *([row[k] for row in macd]
                                              for k in ("MACD", "MACDh", "MACDs")))):
            self.assert_series(values, self.after(inner, 4))
        self.assert_series(got[4], self.after(self.after(rsi, 3), 2))

    def after(self, inner, n):
        """The mean of a series that starts late."""
        start = sum(value is None for value in inner)
        return [None] * start + formulas.sma(inner[start:], n)

    def test_two_sources(self):
        high, low = ([bar[k] for bar in self.bars] for k in "hl")
        (both,) = self.values("CORREL(10,source=high,source2=SMA(3,source=low))")
        means = formulas.sma(low, 3)
        self.assertIsNone(both[10])
        for i in range(11, 60):
            x, y = high[i - 9:i + 1], means[i - 9:i + 1]
            mx, my = sum(x) / 10, sum(y) / 10
            xy = sum((a - mx) * (b - my) for a, b in zip(x, y))
            xx, yy = sum((a - mx) ** 2 for a in x), sum((b - my) ** 2 for b in y)
            self.assert_same_numbers(both[i], xy / (xx * yy) ** 0.5)

    def test_eight_deep_and_no_deeper(self):
        def deep(n):
            return "SMA(1,source=" * (n - 1) + "SMA(1)" + ")" * (n - 1)
        (values,) = self.values(deep(8))
        self.assert_series(values, [bar["c"] for bar in self.bars])
        nested = {"name": "SMA", "params": {"length": 1, "source": deep(8)}}
        for wanted in ([deep(9)], {"x": nested}):
            refused = self.session().refused("subscribe", symbol="NIFTY50", timeframe="1min",
                                             indicators=wanted)
            self.assertIn("8 deep", self.assert_code(refused, "BAD_PARAMETER")["message"])


class LongerTimeframes(Base):
    """Closed longer bars only: a value changes when a longer bar has ended, and never before."""

    WANTED = {"EMA_3_15min": ("15min", lambda bars: formulas.ema([b["c"] for b in bars], 3)),
              "SMA_2_hl2_1h": ("1h", lambda bars: formulas.sma([(b["h"] + b["l"]) / 2
                                                                for b in bars], 2)),
              "SMA_2_1d": ("1d", lambda bars: formulas.sma([b["c"] for b in bars], 2)),
              "SMA_3_EMA_3_15min": ("15min", None)}
    ASKED = ["EMA(3,timeframe=15min)", "SMA(2,source=hl2,timeframe=1h)", "SMA(2,timeframe=1d)",
             "SMA(3,source=EMA(3,timeframe=15min))"]

    def longer(self, bars, timeframe):
        """(end, value bar) of each longer bar."""
        return [(market.INDIA.bar(bar["start"], timeframe)[1],
                 dict(zip("ohlc", (bar["ohlcv"][k] for k in ("open", "high", "low", "close")))))
                for bar in market.merged(bars, timeframe)]

    def truth(self, bars, id_, ends):
        """The value beside shorter bars that end then."""
        timeframe, formula = self.WANTED[id_]
        longer = self.longer(bars, timeframe)
        values = formula([bar for _, bar in longer])
        return [next((v for (end, _), v in reversed(list(zip(longer, values))) if end <= at), None)
                for at in ends]

    def assert_right(self, updates, bars):
        ends = [market.INDIA.bar(market.ms_of(update["bar"]), "5min")[1] for update in updates]
        for id_, (_, formula) in self.WANTED.items():
            got = only(updates, id_)
            if formula:
                self.assert_series(got, self.truth(bars, id_, ends), id_)
            else:  # one of this timeframe, of what follows the longer one
                inner = self.truth(bars, "EMA_3_15min", ends)
                start = sum(value is None for value in inner)
                self.assert_series(got, [None] * start + formulas.sma(inner[start:], 3), id_)

    def test_beside_shorter_bars_and_over_a_restart(self):
        bars = feeds.bars("NIFTY50", 900)
        session = self.session(key=isp.new_key())
        feed = self.feeder("first").send(bars[:1])
        session.subscribe("NIFTY50", "5min", self.ASKED)
        feed.send(bars[1:427])
        self.assert_right(session.sync().updates(closed=True), bars)
        self.assert_right(self.history(session, "5min"), bars[:425])
        self.daemon.kill()
        self.daemon.start()
        feed = self.feeder("second")
        session.forget()
        session.seq = None
        session.open("alice")
        feed.send(bars[427:])
        late = self.session("bob")
        late.subscribe("NIFTY50", "5min", self.ASKED)
        updates = session.sync().updates(closed=True)
        self.assertEqual(updates[-1]["bar"], market.text(bars[895]["t"]))
        for id_ in self.WANTED:
            whole = only(self.history(late, "5min"), id_)
            self.assertEqual(only(updates, id_), whole[-len(updates):], id_)
            self.assertEqual(only(self.history(session, "5min"), id_), whole, id_)
        self.assert_right(self.history(late, "5min"), bars)

    def test_a_forming_bar_sees_no_longer_bar_that_still_forms(self):
        ticks = feeds.ticks("NIFTY50", 5000, every_ms=1200)
        session, feed = self.session(), self.feeder()
        feed.send(ticks[:1])
        session.subscribe("NIFTY50", "1min", ["SMA(1,timeframe=5min)", "SMA(1,timeframe=15min)"])
        for at in range(1, len(ticks), 50):
            feed.send(ticks[at:at + 50])
            session.sync()
        n_forming = 0
        for timeframe in ("5min", "15min"):
            closes = {}
            for tick in ticks:
                closes[market.INDIA.bar(tick["t"], timeframe)[1]] = tick["p"]
            for update in session.updates(closed=False):
                start = market.ms_of(update["bar"])
                ended = [end for end in sorted(closes) if end <= start][-2:]
                allowed = [closes[end] for end in ended] or [None]
                if ended and ended[-1] < start:  # nothing can be pending any more
                    allowed = allowed[-1:]
                elif len(ended) == 1:
                    allowed.append(None)
                self.assertIn(update["indicators"][f"SMA_1_{timeframe}"], allowed, update)
                n_forming += 1
        self.assertGreater(n_forming, 200)


class WarmUp(Base):
    ASKED = ["RSI(14)", "MACD(12,26,9)", "SMA(5,source=RSI(7))", "SMA(4,source=BBANDS(6).BBU)",
             "CORREL(5,source=RSI(9),source2=SMA(20))", "SMA(3,source=SMA(4,source=EMA(5)))", "OBV",
             "SMA(2,timeframe=5min)"]

    def is_defined(self, value):
        return None not in value.values() if isinstance(value, dict) else value is not None

    def test_what_is_missing_counts_down_to_the_first_value(self):
        bars = feeds.bars("NIFTY50", 40)
        session, feed = self.session(), self.feeder()
        feed.send(bars[:1])
        session.subscribe("NIFTY50", "1min", self.ASKED)
        claimed = {}
        for i, bar in enumerate(bars):
            feed.send([bar] if i > 0 else [])
            (one,) = session.ask("list")["subscriptions"]
            values = session.ask("data", symbol="NIFTY50", timeframe="1min")["update"]["indicators"]
            for id_, told in one["indicators"].items():
                missing = told["bars"]
                self.assertIs(told["warm"], missing == 0, (id_, i))
                self.assertIs(self.is_defined(values[id_]), missing == 0, (id_, i, missing))
                if not id_.endswith("5min"):  # those are told in bars of five minutes
                    self.assertEqual(missing, max(claimed.get(id_, missing + 1) - 1, 0), (id_, i))
                claimed[id_] = missing
        self.assertEqual(set(claimed.values()), {0})


class Windows(Base):
    """A window that could never be filled is refused, with the longest that could."""

    settings = {"market": {"history_bars": 1000, "history_days_1s": 0}}

    def setUp(self):
        super().setUp()
        self.feeder().send(feeds.bars("NIFTY50", 3))

    def test_table(self):
        table = [  # timeframe, indicator, what its sentence has (None: it is taken)
            ("1min", "SMA(1000)", None),
            ("1min", "SMA(1001)", "from 1 to 1000 on 1min (default 10), not 1001"),
            ("1min", "SMA(length=5000)", "length of SMA"),
            ("1min", "MOM(1000)", "length of MOM must be a whole number from 1 to 999 on 1min"),
            ("5min", "SMA(200)", None),
            ("5min", "SMA(201)", "1 to 200 on 5min"),
            ("1h", "RSI(17)", None),
            ("1h", "RSI(18)", "1 to 17 on 1h (default 14), not 18"),
            ("1h", "MACD(3,26,9)", "slow of MACD must be a whole number from 1 to 10 on 1h"),
            ("1h", "MACD(12,26,9)", "MACD needs 34 bars of 1h, and 18 are kept"),
            ("1h", "SMA(4,source=RSI(14))", None),
            ("1h", "SMA(5,source=RSI(14))", "length of SMA must be a whole number from 1 to 4"),
            ("1h", "SMA(3,source=RSI(18))", "length of RSI"),
            ("1h", "HT_DCPHASE", "HT_DCPHASE needs 64 bars of 1h, and 18 are kept"),
            ("1min", "SMA(18,timeframe=1h)", None),
            ("1min", "SMA(19,timeframe=1h)", "1 to 18 on 1h"),
            ("1min", "SMA(1000,source=SMA(18,timeframe=1h))", None),
            ("30s", "SMA(750)", None),
            ("30s", "SMA(751)", "1 to 750 on 30s"),
            ("1d", "SMA(5000)", None),
            ("1w", "SMA(5000)", None),
        ]
        session = self.session()
        for timeframe, short, sentence in table:
            with self.subTest(f"{short} on {timeframe}"):
                reply = session.answer("subscribe", symbol="NIFTY50", timeframe=timeframe,
                                       indicators=[short])
                if sentence is None:
                    self.assertEqual(reply["type"], "subscribed", reply)
                else:
                    self.assertIn(sentence, self.assert_code(reply, "BAD_PARAMETER")["message"])

    def test_a_window_as_long_as_the_history_fills_and_one_refused_would_not(self):
        bars = feeds.bars("NIFTY50", 4 * 375)
        self.feeder("second").send(bars[3:])
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(1000)"])
        values = only(self.history(session, "1min"), "SMA_1000")
        self.assertIsNotNone(values[-1])
        self.assert_same_numbers(values[-1], sum(bar["c"] for bar in bars[-1000:]) / 1000)
