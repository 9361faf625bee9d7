"""The stream itself: how often, in which order, and what happens to those who read slowly."""
import os
import pathlib
import random
import re
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


class OneOfAHundred(Case):
    """Ninety-nine sessions read, one stops for a while: the others notice nothing, and what it had
    no room for it finds in `history`."""

    settings = {"sessions": {"resume_ms": 600_000, "heartbeat_ms": 600_000},
                "limits": {"queue": 20, "send_queue": 2}}
    WIDE = [f"SMA({n})" for n in range(2, 500)]  # what soon fills the network's buffers

    def setUp(self):
        super().setUp()
        self.feed, self.ticks = self.feeder(), feeds.ticks("NIFTY50", 1100, every_ms=5000)
        self.feed.send(self.ticks[:10])
        self.slow = self.session("slow", hwm=1, receive_buffer=2048)
        self.twin = self.session("twin")
        self.others = [self.session(f"user{i}") for i in range(98)]
        for session in (self.slow, self.twin):
            session.subscribe("NIFTY50", "1min", self.WIDE)
        for session in self.others:
            session.subscribe("NIFTY50", "1min", ["RSI(14)"])

    def feed_and_read(self, first, last):
        for at in range(first, last, 10):
            self.feed.send(self.ticks[at:min(last, at + 10)])
            for session in (self.twin, *self.others):
                session.pump_waiting()
        for session in (self.twin, *self.others):
            session.sync()

    def check_others(self, first, last):
        """Every update of every tick, none merged: each closed bar once, between those."""
        sent = [text(tick["t"]) for tick in self.ticks[first:last]]
        closed = [u["bar"] for u in self.twin.updates(closed=True)]
        self.assertEqual(closed, sorted(set(closed)))
        for session in (self.twin, *self.others):
            self.assertEqual(session.gaps, 0)
            self.assertEqual(sum(push.merged for push in session.pushed), 0)
            self.assertEqual([u["bar"] for u in session.updates(closed=True)], closed)
            forming = [u["timestamp"] for u in session.updates(closed=False)]
            self.assertEqual(sorted(set(forming)), sorted(set(sent)))
        bodies = self.others[0].closed_bodies()
        for session in self.others:
            self.assertEqual(session.closed_bodies(), bodies)

    def history_from(self, bar):
        told = []
        while True:
            page = self.slow.ask("history", symbol="NIFTY50", timeframe="1min", limit=30,
                                 **{"from": bar})["updates"]
            told += page if not told else page[1:]
            if len(page) < 30:
                return told
            bar = page[-1]["bar"]

    def test_each_has_every_closed_bar(self):
        self.feed_and_read(10, 1000)
        self.check_others(10, 1000)
        self.assertGreater(self.admin().ask("stats")["counters"]["lagging"], 0)
        self.slow.sync()  # now it reads
        asked_from = self.slow.wait_notice("LAGGING").doc
        self.assertEqual((asked_from["symbol"], asked_from["timeframe"]), ("NIFTY50", "1min"))
        missed = self.history_from(asked_from["bar"])
        self.feed_and_read(1000, 1100)  # and goes on as all others do
        self.slow.sync()
        self.assertEqual(self.slow.gaps, 0)
        self.assertGreater(sum(push.merged for push in self.slow.pushed), 0, "it was not slow")
        streamed = self.slow.updates(closed=True)
        bars = [u["bar"] for u in streamed]
        self.assertEqual(bars, sorted(set(bars)), "each once, in order")
        wanted = self.twin.updates(closed=True)
        self.assertIn(asked_from["bar"], [u["bar"] for u in wanted])
        self.assertNotIn(asked_from["bar"], bars, "the first that was left out")
        before = [u for u in streamed if u["bar"] < asked_from["bar"]]
        after = [u for u in streamed if u["bar"] > missed[-1]["bar"]]
        self.assertEqual(before + missed + after, wanted)


class ManySlowReaders(Case):
    """However many do not read: a setting says how much memory they may take."""

    LIMIT = 8 << 20
    settings = {"sessions": {"resume_ms": 600_000, "heartbeat_ms": 600_000},
                "limits": {"backlog_bytes": LIMIT, "queue": 1_000_000,
                           "requests_per_second": 10_000, "user_requests_per_second": 10_000}}

    def resident_bytes(self):
        status = pathlib.Path("/proc", str(self.daemon.pid), "status").read_text()
        return int(re.search(r"^VmRSS:\s*(\d+)", status, re.M)[1]) * 1024

    def views(self, n):
        """Sets of indicators that share no body."""
        return {f"{n}_{i}": {"name": "SMA", "params": {"length": i}} for i in range(2, 160)}

    def test_memory_stays_within_the_limit(self):
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 1000)
        feed.send(bars[:10])
        slow = [self.session(f"slow{n}", hwm=1, receive_buffer=32768) for n in range(60)]
        for n, session in enumerate(slow):
            session.subscribe("NIFTY50", "1min", self.views(n), updates="close")
        reader, admin = self.session("reader"), self.admin()
        reader.subscribe("NIFTY50", "1min", self.views("reader"), updates="close")
        before, most = self.resident_bytes(), 0
        for at in range(10, len(bars), 5):
            feed.send(bars[at:at + 5])
            reader.sync()
            stats = admin.ask("stats")
            most = max(most, stats["backlog_bytes"])
        size = sum(len(push.body) for push in reader.pushed)
        self.assertGreater(size * len(slow), 20 * self.LIMIT, "it would have been too much")
        self.assertLessEqual(most, self.LIMIT)
        self.assertGreater(most, self.LIMIT // 8, "the limit was not at work")
        if "sanitize" not in os.environ.get("INDSUB_CFLAGS", ""):  # which keeps what was freed
            self.assertLess(self.resident_bytes() - before, 6 * self.LIMIT)
        self.assertEqual([u["bar"] for u in reader.updates(closed=True)],
                         [text(bar["t"]) for bar in bars[10:]])
        self.assertEqual(reader.gaps, 0)
        self.assertGreaterEqual(stats["counters"]["lagging"], len(slow))
        for session in slow[:5]:
            session.sync().wait_notice("LAGGING")

    def test_those_who_ask_and_do_not_read_are_refused(self):
        self.feeder().send(feeds.bars("NIFTY50", 3000))
        asking = [self.session(f"user{n}", hwm=1, receive_buffer=32768) for n in range(6)]
        for session in asking:
            session.subscribe("NIFTY50", "1min", ["SMA(3)"])
        reader, admin = self.session("reader"), self.admin()
        reader.subscribe("NIFTY50", "1min", ["SMA(3)"])
        for _ in range(40):
            for session in asking:
                session.send("history", symbol="NIFTY50", timeframe="1min", limit=3000)
            admin.ask("heartbeat")
        until(lambda: admin.ask("stats")["counters"]["errors"].get("BUSY"), "a refusal")
        self.assertLessEqual(admin.ask("stats")["backlog_bytes"], self.LIMIT)
        for _ in range(3):
            reply = reader.answer("history", symbol="NIFTY50", timeframe="1min", limit=3000)
            self.assertEqual(len(reply["updates"]), 3000)
            reader.forget()


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
