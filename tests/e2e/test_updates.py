"""The stream itself: how often, in which order, and what happens to those who read slowly."""
import random
import unittest

from support import feeds
from support.case import Case
from support.market import MINUTE, OPEN, text
from support.waiting import until


class Modes(Case):
    def setUp(self):
        super().setUp()
        self.feed, self.ticks = self.feeder(), feeds.ticks("NIFTY50", 1000, every_ms=700)
        self.feed.send(self.ticks[:10])

    def test_close_gives_closed_bars_only(self):
        closing, ticking = self.session(), self.session("bob")
        closing.subscribe("NIFTY50", "1min", ["RSI(3)"], updates="close")
        ticking.subscribe("NIFTY50", "1min", ["RSI(3)"])
        self.feed.send(self.ticks[10:])
        closed = closing.sync().updates()
        self.assertGreater(len(closed), 5)
        self.assertTrue(all(u["closed"] for u in closed))
        self.assertEqual(closed, ticking.sync().updates(closed=True))
        (entry,) = closing.ask("list")["subscriptions"]
        self.assertEqual(entry["updates"], "close")

    def test_each_closed_bar_once_and_after_its_forming_updates(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["RSI(3)"])
        for at in range(10, len(self.ticks), 7):
            self.feed.send(self.ticks[at:at + 7])
        state = {}
        for update in session.sync().updates():
            self.assertNotEqual(state.get(update["bar"]), "closed", "an update after the close")
            state[update["bar"]] = "closed" if update["closed"] else "forming"
        self.assertEqual(list(state), sorted(state))
        self.assertEqual(set(list(state.values())[:-1]), {"closed"})

    def test_messages_carry_the_bars_time_and_not_the_clocks(self):
        """The feed is of 2025, whatever year it is now."""
        session = self.session()
        session.subscribe("NIFTY50", "5min", ["RSI(3)"])
        self.feed.send(self.ticks[10:])
        times = {text(t["t"]) for t in self.ticks}
        for update in session.sync().updates():
            self.assertIn(update["timestamp"], times)
            self.assertTrue(update["bar"].startswith("2025-11-04T0"))

    def test_all_values_of_a_message_belong_together(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", {"last": {"name": "SMA", "params": {"length": 1}},
                                              "two": {"name": "SMA", "params": {"length": 2}}})
        self.feed.send(self.ticks[10:])
        closes = {}  # of each bar, the newest that was told: a bar forms while the one before it
        for update in session.sync().updates():  # still waits for late ticks
            bar, close = update["bar"], update["ohlcv"]["close"]
            self.assertEqual(update["indicators"]["last"], close)
            closes[bar] = close
            before = [closes[b] for b in sorted(closes) if b < bar]
            if before:
                self.assertAlmostEqual(update["indicators"]["two"], (before[-1] + close) / 2)


class Throttle(Case):
    def test_merges_and_never_loses_the_last_value(self):
        feed, ticks = self.feeder(), feeds.ticks("NIFTY50", 3000, every_ms=15)
        session, full = self.session(), self.session("bob")
        feed.send(ticks[:10])
        session.subscribe("NIFTY50", "1min", ["RSI(3)"], throttle_ms=300)
        full.subscribe("NIFTY50", "1min", ["RSI(3)"])
        for at in range(10, len(ticks), 10):
            feed.send(ticks[at:at + 10])
        last = ticks[-1]
        session.wait(lambda p: p.type == "market_update"
                     and p.doc["ohlcv"]["close"] == last["p"]
                     and p.doc["timestamp"] == text(last["t"]), "the last value of the burst")
        full.sync()
        self.assertLess(len(session.updates()), len(full.updates()))
        self.assertEqual(session.updates(closed=True), full.updates(closed=True))
        self.assertGreater(sum(p.merged for p in session.pushed), 0, "it says how many it merged")
        self.assertEqual(session.gaps, 0)
        self.assertEqual(session.updates()[-1], full.updates()[-1])

    def test_a_single_tick_after_a_pause_is_not_held_back(self):
        feed = self.feeder()
        feed.send([{"s": "NIFTY50", "t": OPEN, "p": 10}])
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(1)"], throttle_ms=60_000)
        feed.send([{"s": "NIFTY50", "t": OPEN + 1000, "p": 11}])
        session.wait(lambda p: p.doc.get("ohlcv", {}).get("close") == 11, "the first one at once")


class SlowReaders(Case):
    """Sockets that take a few messages and then nothing for a long time."""

    settings = {"sessions": {"resume_ms": 60000, "heartbeat_ms": 60000},
                "limits": {"queue": 500, "send_queue": 2}}

    def slow_session(self, user):
        return self.session(user, hwm=1, receive_buffer=2048)

    def test_forming_bars_are_merged_and_closed_ones_kept(self):
        feed, ticks = self.feeder(), feeds.ticks("NIFTY50", 20_000, every_ms=300)
        feed.send(ticks[:10])
        names = [f"SMA({n})" for n in range(2, 60)]
        slow, quick = self.slow_session("slow"), self.session("quick")
        for session in (slow, quick):
            session.subscribe("NIFTY50", "1min", names)
        for at in range(10, len(ticks), 20):
            feed.send(ticks[at:at + 20])
            quick.pump_waiting()
        quick.sync()
        self.assertEqual(quick.gaps, 0)
        slow.sync()  # only now it reads
        self.assertEqual(slow.gaps, 0)
        self.assertEqual(slow.updates(closed=True), quick.updates(closed=True))
        merged = sum(p.merged for p in slow.pushed)
        self.assertGreater(merged, 0, "nothing was merged: the test did not make it slow")
        self.assertEqual(slow.updates()[-1], quick.updates()[-1], "the newest wins")

    def test_past_the_limit_it_is_told_from_which_bar_to_ask(self):
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 375 * 20)
        feed.send(bars[:10])
        names = [f"SMA({n})" for n in range(2, 60)]
        slow, quick = self.slow_session("slow"), self.session("quick")
        for session in (slow, quick):
            session.subscribe("NIFTY50", "1min", names, updates="close")
        for at in range(10, len(bars), 100):
            feed.send(bars[at:at + 100], batch=100)
            quick.pump_waiting()
        self.assertEqual(quick.sync().gaps, 0)
        self.assertGreater(self.admin().ask("stats")["counters"]["lagging"], 0)
        slow.sync()
        notice = slow.wait_notice("LAGGING")
        first_missing = notice.doc["bar"] if "bar" in notice.doc else None
        self.assertTrue(first_missing, f"LAGGING names the bar: {notice.doc}")
        got = {u["bar"] for u in slow.updates()}
        everything = [u["bar"] for u in quick.updates()]
        missing = [bar for bar in everything if bar not in got]
        self.assertTrue(missing)
        self.assertLessEqual(first_missing, missing[0])
        told, start = set(), first_missing
        while start < missing[-1]:
            page = slow.ask("history", symbol="NIFTY50", timeframe="1min", limit=2000,
                            **{"from": start})["updates"]
            told |= {u["bar"] for u in page}
            start = page[-1]["bar"]
        self.assertEqual(set(missing) - told, set(), "history has what was left out")

    def test_nobody_slows_another(self):
        """Fifty that never read, and one that does: it has everything without a gap."""
        feed, ticks = self.feeder(), feeds.ticks("NIFTY50", 5000, every_ms=500)
        feed.send(ticks[:10])
        for i in range(50):
            self.slow_session(f"slow{i}").subscribe("NIFTY50", "1s", ["RSI(14)"])
        reader = self.session("reader")
        reader.subscribe("NIFTY50", "1s", ["RSI(14)"])
        for at in range(10, len(ticks), 100):
            feed.send(ticks[at:at + 100])
            reader.sync()
        self.assertEqual(reader.gaps, 0)
        self.assertEqual(sum(p.merged for p in reader.pushed if p.doc.get("closed")), 0)
        seconds = [text(s) for s in sorted({t["t"] // 1000 * 1000 for t in ticks})]
        closed = [u["bar"] for u in reader.updates(closed=True)]
        self.assertLessEqual(closed[0], text(ticks[9]["t"]))
        first = seconds.index(closed[0])
        self.assertEqual(closed, seconds[first:first + len(closed)])
        self.assertLessEqual(len(seconds) - first - len(closed), 2, "but for those still open")


class Heartbeats(Case):
    settings = {"sessions": {"heartbeat_ms": 100, "resume_ms": 60000}}

    def test_come_by_themselves(self):
        session = self.session()
        self.assertEqual(session.opened["heartbeat_ms"], 100)
        seen = []

        def five():
            session.ask("heartbeat")
            seen.extend(p.doc for p in session.pushed if p.type == "heartbeat")
            session.forget()
            return len(seen) >= 5
        until(five, "five heartbeats")
        self.assertIn("feed_age_ms", seen[0])
        self.assertEqual(session.gaps, 0)

    def test_tell_the_age_of_the_feed(self):
        self.feeder().send([{"s": "NIFTY50", "t": OPEN + MINUTE, "p": 1}])
        session = self.session()
        age = session.wait(lambda p: p.type == "heartbeat", "a heartbeat").doc["feed_age_ms"]
        self.assertIsInstance(age, int)
        self.assertGreaterEqual(age, 0)


class Order(Case):
    def test_replies_and_stream_keep_their_order(self):
        """Requests in the midst of a busy stream: `subscribed` holds the snapshot, and the first
        update after it is the next one."""
        rng = random.Random(9)
        feed, ticks = self.feeder(), feeds.ticks("NIFTY50", 2000, every_ms=900)
        session = self.session()
        at = 0
        for _ in range(60):
            step = rng.randint(1, 30)
            feed.send(ticks[at:at + step])
            at += step
            snapshot = session.subscribe("NIFTY50", "1min", ["SMA(1)"])["snapshot"]
            self.assertEqual(snapshot["timestamp"], text(ticks[at - 1]["t"]))
            session.sync().forget()
            feed.send(ticks[at:at + 1])
            at += 1
            following = session.sync().updates()
            self.assertEqual(following[-1]["timestamp"], text(ticks[at - 1]["t"]))
            for update in following:
                self.assertTrue(update["closed"] or update["timestamp"] > snapshot["timestamp"])
            session.ask("unsubscribe")
            session.forget()
        self.assertEqual(session.gaps, 0)


if __name__ == "__main__":
    unittest.main()
