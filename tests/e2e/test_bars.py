"""Bars: every timeframe recomputed here from the same ticks, in the plainest way."""
import random
import unittest

from support import feeds, isp, market
from support.case import Case
from support.market import DAY, HOUR, MINUTE, OPEN, TIMEFRAMES, text

INSTRUMENTS = """\
tradingsymbol,instrument_type,exchange,name,expiry,strike
NIFTY50,INDEX,NSE,NIFTY,,
NIFTYFUT,FUT,NFO,NIFTY,2025-11-25,
"""


def disordered(ticks, seed=3):
    """Some ticks come a little late, some twice, some far too late for their bar."""
    rng, out = random.Random(seed), []
    for tick in ticks:
        out.append(tick)
        if rng.random() < 0.04 and len(out) > 5:  # swapped with one of the last few
            other = len(out) - 1 - rng.randint(1, 4)
            out[-1], out[other] = out[other], out[-1]
        if rng.random() < 0.02:
            out.append(dict(tick))
        if rng.random() < 0.02:
            out.append({**tick, "t": tick["t"] - rng.randint(70_000, 900_000),
                        "p": tick["p"] + 500})
    return out


def with_gap(ticks, start, end):
    return [t for t in ticks if not start <= t["t"] < end]


class FromTicks(Case):
    instruments = INSTRUMENTS

    def run_feed(self, ticks, timeframes, symbol="NIFTY50"):
        """What a session that was there from the start is told of each timeframe."""
        feed = self.feeder()
        session = self.session()
        for timeframe in timeframes:
            session.subscribe(symbol, timeframe, ["SMA(1)"])
        for at in range(0, len(ticks), 400):
            feed.send(ticks[at:at + 400])
            session.pump_waiting()  # or it would be told that it lags
        feed.clock(market.ms_of(ticks[-1]["t"]) + 10 * DAY)
        return session.sync(), feed

    def assert_bars(self, session, wanted, timeframe, symbol="NIFTY50"):
        got = session.updates(symbol, timeframe, closed=True)
        self.assertEqual([u["bar"] for u in got], [text(b["start"]) for b in wanted], timeframe)
        for update, bar in zip(got, wanted):
            where = f"{timeframe} {update['bar']}"
            self.assertEqual(update["ohlcv"], bar["ohlcv"], where)
            self.assertEqual(update["timestamp"], text(bar["last"]), where)
            self.assertEqual(update["indicators"], {"SMA_1": bar["ohlcv"]["close"]}, where)

    def test_every_timeframe_of_a_day(self):
        ticks = feeds.ticks("NIFTY50", 9000, every_ms=2600)
        self.assertGreater(ticks[-1]["t"], OPEN + 375 * MINUTE, "past the close")
        ticks = with_gap(ticks, OPEN + 95 * MINUTE, OPEN + 131 * MINUTE)
        session, feed = self.run_feed(ticks, TIMEFRAMES)
        for timeframe in TIMEFRAMES:
            self.assert_bars(session, market.bars(ticks, timeframe), timeframe)
        outside = sum(t["t"] >= OPEN + 375 * MINUTE for t in ticks)
        self.assertEqual([r["code"] for r in feed.rejects], ["OUTSIDE_SESSION"] * outside)

    def test_ticks_in_disorder(self):
        ticks = disordered(feeds.ticks("NIFTY50", 3000, every_ms=800))
        session, feed = self.run_feed(ticks, TIMEFRAMES)
        late = len(ticks) - len(market.accepted(ticks, "1min"))
        self.assertGreater(late, 10)
        for timeframe in TIMEFRAMES:
            self.assert_bars(session, market.bars(ticks, timeframe), timeframe)
        codes = [r["code"] for r in feed.rejects]
        self.assertEqual(codes.count("LATE"), len([c for c in codes if c != "OUTSIDE_SESSION"]))

    def test_the_last_tick_of_a_minute_may_be_a_second_late(self):
        """A minute's bar is open until the feed's clock is a second past its end."""
        t = OPEN
        ticks = [{"s": "NIFTY50", "t": t, "p": 10, "v": 1},
                 {"s": "NIFTY50", "t": t + 60_400, "p": 11, "v": 1},
                 {"s": "NIFTY50", "t": t + 59_900, "p": 12, "v": 1},
                 {"s": "NIFTY50", "t": t + 60_999, "p": 13, "v": 1},
                 {"s": "NIFTY50", "t": t + 59_950, "p": 14, "v": 1},
                 {"s": "NIFTY50", "t": t + 61_000, "p": 15, "v": 1},
                 {"s": "NIFTY50", "t": t + 59_990, "p": 99, "v": 1}]
        session, feed = self.run_feed(ticks, ["1min"])
        self.assertEqual([u["ohlcv"] for u in session.updates(closed=True)],
                         [{"open": 10, "high": 14, "low": 10, "close": 14, "volume": 3},
                          {"open": 11, "high": 15, "low": 11, "close": 15, "volume": 3}])
        self.assertEqual([(r["code"], r["index"]) for r in feed.rejects], [("LATE", 6)])

    def test_forming_bars_grow_tick_by_tick(self):
        ticks = feeds.ticks("NIFTY50", 200, every_ms=700)
        feed, session = self.feeder(), self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(1)"])
        for i in range(len(ticks)):
            feed.send([ticks[i]])
            session.sync()
            last = session.updates("NIFTY50", "1min")[-1]
            now = market.bars(ticks[:i + 1], "1min")[-1]
            self.assertEqual((last["closed"], last["bar"]), (False, text(now["start"])))
            self.assertEqual(last["ohlcv"], now["ohlcv"])
            self.assertEqual(last["timestamp"], text(ticks[i]["t"]))

    def test_open_interest(self):
        """Of a derivative: against the first value of the day, later against the day before."""
        rng, ticks = random.Random(5), feeds.ticks("NIFTYFUT", 4000, every_ms=5600)
        ticks = [t for t in ticks if t["t"] < OPEN + 375 * MINUTE]
        second = [{**t, "t": t["t"] + DAY} for t in ticks[:500]]
        for i, tick in enumerate(ticks + second):
            if i == 0 or rng.random() < 0.5:
                tick["oi"] = 11_000_000 + rng.randint(-50_000, 50_000)
        session, _ = self.run_feed(ticks + second, ["1min", "15min"], "NIFTYFUT")
        first_oi = ticks[0]["oi"]
        day_close = [t["oi"] for t in ticks if "oi" in t][-1]
        for timeframe in ("1min", "15min"):
            oi = None
            wanted = market.bars(ticks + second, timeframe)
            got = session.updates("NIFTYFUT", timeframe, closed=True)
            self.assertEqual(len(got), len(wanted))
            for update, bar in zip(got, wanted):
                oi = bar["oi"] if bar["oi"] is not None else oi
                base = first_oi if bar["start"] < OPEN + DAY else day_close
                self.assertEqual(update["oi"]["oi"], oi, update["bar"])
                self.assertEqual(update["oi"]["change"], oi - base)
                self.assert_same_numbers(update["oi"]["change_pct"], 100 * (oi - base) / base)

    def test_index_has_no_open_interest_and_nobody_greeks_without_options(self):
        session, _ = self.run_feed(feeds.ticks("NIFTY50", 100), ["1min"])
        for update in session.updates():
            self.assertIsNone(update["oi"])
            self.assertIsNone(update["greeks"])

    def test_cumulative_volume(self):
        """`cv` is the day's volume so far; a step back is a message out of order."""
        ticks = [{"s": "NIFTY50", "t": OPEN + i * 20_000, "p": 100 + i, "cv": cv}
                 for i, cv in enumerate([50, 80, 70, 80, 100, 100, 160, 400, 380, 500])]
        session, _ = self.run_feed(ticks, ["1min"])
        volumes = [u["ohlcv"]["volume"] for u in session.updates(closed=True)]
        self.assertEqual(volumes, [80, 20, 300, 100], "which add up to the day's 500")

    def test_around_the_clock_where_there_is_no_calendar(self):
        start = OPEN - OPEN % DAY + 5 * DAY  # midnight UTC of a Sunday
        self._daemon = self.another_daemon(
            instruments="tradingsymbol,instrument_type,exchange\nBTCUSDT,EQ,BYBIT\n")
        ticks = feeds.ticks("BTCUSDT", 3000, start=start, every_ms=60_000, price=90_000)
        session, feed = self.run_feed(ticks, ["1min", "1h", "4h", "1d", "1w"], "BTCUSDT")
        self.assertEqual(feed.rejects, [])
        for timeframe in ("1min", "1h", "4h", "1d", "1w"):
            self.assert_bars(session, market.bars(ticks, timeframe, market.AROUND_THE_CLOCK),
                             timeframe, "BTCUSDT")

    def test_two_symbols_of_one_source_share_its_clock(self):
        feed, session = self.feeder(), self.session()
        feed.send([{"s": "NIFTY50", "t": OPEN, "p": 1}, {"s": "NIFTYFUT", "t": OPEN, "p": 2}])
        session.subscribe("NIFTYFUT", "1min", ["SMA(1)"])
        feed.send([{"s": "NIFTY50", "t": OPEN + 61_000, "p": 1}])
        self.assertEqual(len(session.sync().updates("NIFTYFUT", "1min", closed=True)), 1)

    def test_another_source_does_not_close_its_bars(self):
        one, other, session = self.feeder("one"), self.feeder("other"), self.session()
        one.send([{"s": "NIFTYFUT", "t": OPEN, "p": 2}])
        session.subscribe("NIFTYFUT", "1min", ["SMA(1)"])
        other.send([{"s": "NIFTY50", "t": OPEN + 61_000, "p": 1}])
        self.assertEqual(session.sync().updates("NIFTYFUT", "1min", closed=True), [])
        one.clock(text(OPEN + 60_999))
        self.assertEqual(session.sync().updates("NIFTYFUT", "1min", closed=True), [])
        one.clock(OPEN + 61_000)
        self.assertEqual(len(session.sync().updates("NIFTYFUT", "1min", closed=True)), 1)


class FromBars(Case):
    instruments = INSTRUMENTS

    def test_minutes_make_all_longer_timeframes(self):
        bars = [b for i, b in enumerate(feeds.bars("NIFTY50", 4 * 375)) if i % 50 not in (7, 8, 9)]
        longer = [t for t in TIMEFRAMES if TIMEFRAMES[t] >= MINUTE]
        feed, session = self.feeder(), self.session()
        for timeframe in longer:
            session.subscribe("NIFTY50", timeframe, ["SMA(1)"], updates="close")
        feed.send(bars).clock(OPEN + 10 * DAY)
        session.sync()
        for timeframe in longer:
            wanted = market.merged(bars, timeframe)
            got = session.updates("NIFTY50", timeframe)
            self.assertEqual([u["bar"] for u in got], [text(b["start"]) for b in wanted])
            self.assertEqual([u["ohlcv"] for u in got], [b["ohlcv"] for b in wanted], timeframe)
        self.assertEqual(feed.rejects, [])

    def test_a_bar_sent_as_a_bar_closes_at_once(self):
        feed, session = self.feeder(), self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(1)"])
        session.subscribe("NIFTY50", "5min", ["SMA(1)"])
        for i, bar in enumerate(feeds.bars("NIFTY50", 10), 1):
            feed.send([bar])
            session.sync()
            self.assertEqual(len(session.updates("NIFTY50", "1min", closed=True)), i)
            self.assertEqual(len(session.updates("NIFTY50", "5min", closed=True)), i // 5)

    def test_a_longer_bar_grows_bar_by_bar(self):
        feed, session, bars = self.feeder(), self.session(), feeds.bars("NIFTY50", 8)
        session.subscribe("NIFTY50", "5min", ["SMA(1)"])
        for i, bar in enumerate(bars):
            feed.send([bar])
            (update,) = session.sync().updates()
            session.forget()
            (wanted,) = market.merged(bars[i // 5 * 5:i + 1], "5min")
            self.assertEqual(update["ohlcv"], wanted["ohlcv"])
            self.assertEqual(update["timestamp"], text(bar["t"] + MINUTE - 1))
            self.assertEqual(update["indicators"], {"SMA_1": bar["c"]})
            self.assertIs(update["closed"], i == 4)

    def test_daily_bars_and_weeks_of_them(self):
        days = [b for b in feeds.bars("NIFTY50", 60, timeframe="1d", step=375 * MINUTE)
                if market.INDIA.session(b["t"])]
        feed, session = self.feeder(), self.session()
        session.subscribe("NIFTY50", "1d", ["SMA(1)"], updates="close")
        session.subscribe("NIFTY50", "1w", ["SMA(1)"], updates="close")
        feed.send(days).clock(OPEN + 80 * DAY)
        session.sync()
        for timeframe in ("1d", "1w"):
            wanted = market.merged(days, timeframe)
            got = session.updates("NIFTY50", timeframe)
            self.assertEqual([u["bar"] for u in got], [text(b["start"]) for b in wanted])
            self.assertEqual([u["ohlcv"] for u in got], [b["ohlcv"] for b in wanted])

    def test_bar_complete_follows_the_last_symbol(self):
        feed, session = self.feeder(), self.session()
        for symbol in ("NIFTY50", "NIFTYFUT"):
            session.subscribe(symbol, "1min", ["SMA(1)"])
        feed.send(feeds.bars("NIFTY50", 1) + feeds.bars("NIFTYFUT", 1))
        session.wait(lambda p: p.type == "bar_complete", "bar_complete")
        kinds = [p.doc.get("symbol", p.type) for p in session.pushed
                 if p.type == "bar_complete" or p.doc.get("closed")]
        self.assertEqual(kinds, ["NIFTY50", "NIFTYFUT", "bar_complete"])
        complete = [p.doc for p in session.pushed if p.type == "bar_complete"]
        self.assertEqual(complete, [{"type": "bar_complete", "timeframe": "1min",
                                     "bar": text(OPEN)}])


class Feeding(Case):
    """The feed socket: what is refused, repeated, resumed."""

    instruments = INSTRUMENTS

    def test_each_bad_item_is_rejected_by_itself(self):
        good = {"s": "NIFTY50", "t": OPEN + 1000, "p": 100.5}
        bar = {"s": "NIFTY50", "tf": "1min", "t": OPEN, "o": 1, "h": 2, "l": 1, "c": 2, "v": 0}
        bad = [7, None, [], "x", {}, {"s": "NIFTY50"}, {"s": "NIFTY50", "t": OPEN},
               {"t": OPEN, "p": 1}, {"s": "NIFTY50", "p": 1}, {**good, "s": 7}, {**good, "s": ""},
               {**good, "s": "x" * 1000}, {**good, "s": "A\nB"},
               {**good, "t": "noon"}, {**good, "t": -1}, {**good, "t": 1.5},
               {**good, "t": 10**18}, {**good, "t": None}, {**good, "p": 0}, {**good, "p": -5},
               {**good, "p": "100"}, {**good, "p": None}, {**good, "p": True}, {**good, "v": -1},
               {**good, "v": "1"}, {**good, "oi": -1}, {**good, "cv": -1},
               {**good, "surprise": 1}, {"clock": "noon"},
               {"clock": None}, {"clock": -5}, {**bar, "h": 0.5}, {**bar, "l": 5},
               {**bar, "o": 9}, {**bar, "tf": "7min"}, {**bar, "tf": 5}, {**bar, "c": None},
               {k: v for k, v in bar.items() if k != "h"}, {**bar, "t": OPEN - HOUR},
               {**bar, "v": -1}, {**good, "t": OPEN - 1}]
        feed, session = self.feeder(), self.session()
        session.subscribe("NIFTY50", "1s", ["SMA(1)"])
        items = [x for i, wrong in enumerate(bad)
                 for x in (wrong, {**good, "t": OPEN + 1000 + i, "p": 100 + i})]
        feed.send(items, batch=len(items))
        self.assertEqual(sorted(r["index"] for r in feed.rejects),
                         [2 * i for i in range(len(bad))])
        for reject in feed.rejects:
            self.assertEqual(reject["seq"], feed.seq)
            self.assertRegex(reject["code"], r"^[A-Z_]+$")
        session.sync()
        self.assertEqual(session.updates()[-1]["ohlcv"]["close"], 100 + len(bad) - 1)
        counters = self.admin().ask("stats")["counters"]["rejects"]
        self.assertEqual(sum(counters.values()), len(bad), counters)

    def test_reject_codes(self):
        cases = [("LATE", {"s": "NIFTY50", "t": OPEN, "p": 1}),
                 ("OUTSIDE_SESSION", {"s": "NIFTY50", "t": OPEN - MINUTE, "p": 1}),
                 ("BAD_PRICE", {"s": "NIFTY50", "t": OPEN + HOUR, "p": -1}),
                 ("BAD_TIME", {"s": "NIFTY50", "t": "x", "p": 1}),
                 ("BAD_VOLUME", {"s": "NIFTY50", "t": OPEN + HOUR, "p": 1, "v": -1}),
                 ("BAD_SYMBOL", {"s": "", "t": OPEN + HOUR, "p": 1}),
                 ("BAD_BAR", {"s": "NIFTY50", "tf": "1min", "t": OPEN + HOUR, "o": 1, "h": 1,
                              "l": 2, "c": 1}),
                 ("UNKNOWN_TIMEFRAME", {"s": "NIFTY50", "tf": "7min", "t": OPEN + HOUR, "o": 1,
                                        "h": 1, "l": 1, "c": 1}),
                 ("MALFORMED", 7)]
        feed = self.feeder()
        feed.send([{"s": "NIFTY50", "t": OPEN + HOUR, "p": 1}])
        feed.send([item for _, item in cases])
        self.assertEqual([r["code"] for r in feed.rejects], [code for code, _ in cases])

    def test_bodies_that_are_no_array(self):
        feed = self.feeder()
        for body in (b"", b"nonsense", b"{}", b"7", b"[", b"\xff", b'[{"s":'):
            feed.seq += 1
            feed.send_as(feed.seq, body)
            while feed.acked < feed.seq:
                feed.pump()
        feed.send([{"s": "NIFTY50", "t": OPEN, "p": 1}])
        self.assertGreaterEqual(len(feed.rejects), 7)

    def test_messages_of_another_form_are_answered(self):
        feed = self.feeder()
        for frames in ([b"0", b"[]"], [b"-1", b"[]"], [b"x", b"[]"], [b"1.0", b"[]"],
                       [b"9" * 19, b"[]"], [b"2", b"[]"], [b"1", b"[]", b""],
                       [b"1", b"[]", b"x", b"y"], [b"", b"1", b"[]", b"x"],
                       [b"", b"1", b"[]", b"x", b"y"], [b""], [b"x"] * 50):
            feed.opened = None
            feed.socket.send_multipart(frames)
            while feed.opened is None:
                feed.pump()
            self.assert_code(feed.opened, "BAD_REQUEST")
            self.assertEqual(feed.acked, 0, frames)
        feed.send([{"s": "NIFTY50", "t": OPEN, "p": 1}])

    def test_ids_of_feed_open(self):
        socket = self.feeder().socket
        request = {"type": "feed_open", "token": self.daemon.token("feeder", scope="feed"),
                   "source": "another"}
        for id_, code in ((2**64 - 1, None), ("x", None), (None, None), (1.5, "BAD_REQUEST"),
                          ([1], "BAD_REQUEST"), ({}, "BAD_REQUEST"), (True, "BAD_REQUEST")):
            socket.send_json({**request, "id": id_})
            self.assertTrue(socket.poll(30_000))
            reply = isp.parse(socket.recv_multipart()[-1])
            self.assertEqual(reply.get("code"), code, reply)
            self.assertEqual(reply.get("id"), None if code else id_)

    def test_a_repeated_seq_is_not_counted_twice(self):
        feed, session = self.feeder(), self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(1)"])
        tick = {"s": "NIFTY50", "t": OPEN, "p": 10, "v": 5}
        feed.send([tick])
        for _ in range(3):
            feed.send_as(1, [tick])
            feed.pump()
            self.assertEqual(feed.acked, 1)
        feed.send([{**tick, "t": OPEN + 1000}])
        self.assertEqual(session.sync().updates()[-1]["ohlcv"]["volume"], 10)

    def test_a_source_goes_on_from_last_seq(self):
        feed = self.feeder("exchange")
        for i in range(5):
            feed.send([{"s": "NIFTY50", "t": OPEN + i, "p": 10, "v": 1}])
        feed.disconnect()
        again = self.feeder("exchange")
        self.assertEqual(again.opened["last_seq"], 5)
        again.send([{"s": "NIFTY50", "t": OPEN + 6, "p": 10, "v": 1}])
        self.assertEqual(again.seq, 6)
        self.assertEqual(self.feeder("another").opened["last_seq"], 0)

    def test_a_feed_must_open_first(self):
        socket = isp.CONTEXT.socket(isp.zmq.DEALER)
        self.addCleanup(socket.close, linger=0)
        socket.connect(self.daemon.feed)
        socket.send_multipart([b"1", b'[{"s":"NIFTY50","t":%d,"p":66}]' % OPEN])
        self.assertTrue(socket.poll(30_000))
        self.assert_code(isp.parse(socket.recv_multipart()[-1]), "NOT_OPEN")
        row, = self.session().ask("symbols", match="NIFTY50")["symbols"]
        self.assertIsNone(row["last"])

    def test_an_unlisted_symbol_is_added(self):
        self.feeder().send([{"s": "SENSEX", "t": OPEN, "p": 80_000}])
        (row,) = self.session().ask("symbols", match="SENSEX")["symbols"]
        self.assertEqual((row["instrument_type"], row["last"]), ("INDEX", 80_000))


if __name__ == "__main__":
    unittest.main()
