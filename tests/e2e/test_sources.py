"""Two sources of a symbol: one leads, the other stands by; nothing counts twice or is lost."""
import unittest

from support import feeds, market
from support.case import Case
from support.feeds import MINUTE, OPEN
from support.waiting import until


class TwoSources(Case):
    def setUp(self):
        super().setUp()
        self.ticks = feeds.ticks("NIFTY50", 400, every_ms=700)
        self.primary, self.standby = self.feeder("primary"), self.feeder("standby")
        self.watch = self.session()
        self.primary.send(self.ticks[:1])
        self.watch.subscribe("NIFTY50", "1min", ["SMA(1)"], updates="close")

    def check(self):
        """All minutes but the last have closed, as if one source had given every tick once."""
        wanted = market.bars(self.ticks, "1min")[:-1]
        got = self.watch.sync().updates("NIFTY50", "1min")
        self.assertEqual([u["ohlcv"] for u in got], [b["ohlcv"] for b in wanted])

    def counters(self):
        return self.admin().ask("stats")["counters"]

    def both(self, ticks):
        for i in range(0, len(ticks), 10):
            self.primary.send(ticks[i:i + 10])
            self.standby.send(ticks[i:i + 10])

    def test_the_same_from_both_counts_once(self):
        self.both(self.ticks[1:])
        self.check()
        self.assertEqual(self.counters()["standby"], len(self.ticks) - 1)
        self.assertEqual(self.counters()["rejects"], {})

    def test_the_standby_may_be_ahead(self):
        for i in range(1, len(self.ticks), 3):
            self.standby.send(self.ticks[i:i + 3])
            self.primary.send(self.ticks[i:i + 3])
        self.check()

    def test_a_primary_that_goes_is_followed_without_a_gap(self):
        self.both(self.ticks[1:200])
        self.standby.send(self.ticks[200:203])  # held: the primary might give them yet
        self.primary.disconnect()
        until(lambda: not self.fed_by_primary(), "the lost connection")
        self.standby.send(self.ticks[203:])
        self.check()

    def fed_by_primary(self):
        rows = self.admin().ask("stats")["feed"]
        return next(row["connected"] for row in rows if row["source"] == "primary")

    def test_a_primary_that_falls_silent_is_followed_without_a_gap(self):
        self.both(self.ticks[1:200])
        self.standby.send(self.ticks[200:])
        self.check()

    def test_who_comes_back_stands_by(self):
        self.both(self.ticks[1:100])
        self.standby.send(self.ticks[100:300])
        self.primary.send(self.ticks[100:300])  # too late: the other leads now
        self.both(self.ticks[300:])
        self.check()

    def test_a_follower_that_begins_too_early_does_not_count_twice(self):
        self.primary.send(self.ticks[1:200])
        self.primary.disconnect()
        until(lambda: not self.fed_by_primary(), "the lost connection")
        self.standby.send(self.ticks[150:])
        self.check()
        self.assertEqual(self.counters()["rejects"], {"LATE": 50})


class Dying(Case):
    """A feeder that dies in the midst of a batch: what was acknowledged is in, once."""

    def test_whatever_was_under_way(self):
        ticks = feeds.ticks("NIFTY50", 2000, every_ms=700)
        messages = [ticks[at:at + 10] for at in range(0, len(ticks), 10)]
        watch, feed = self.session(), self.feeder("mortal")
        feed.send(messages[0])
        watch.subscribe("NIFTY50", "1min", ["SMA(1)"], updates="close")
        n_lives = 0
        while feed.acked < len(messages):
            acked = feed.acked
            for seq in range(acked + 1, min(acked + 40, len(messages)) + 1):
                feed.send_as(seq, messages[seq - 1])
            feed.pump()  # something has been acknowledged, and more is on its way
            acked = feed.acked
            feed.disconnect()
            feed = self.feeder("mortal")
            self.assertGreaterEqual(feed.opened["last_seq"], acked)
            n_lives += 1
            if n_lives % 3 == 0:  # and the daemon too
                self.daemon.kill()
                self.daemon.start()
                feed.disconnect()
                feed = self.feeder("mortal")
                self.assertGreaterEqual(feed.opened["last_seq"], acked)
        watch = self.session("later")
        watch.subscribe("NIFTY50", "1min", ["SMA(1)"])
        got = watch.ask("history", symbol="NIFTY50", timeframe="1min", limit=1000)["updates"]
        wanted = market.bars(ticks, "1min")[:-1]
        self.assertEqual([u["ohlcv"] for u in got], [b["ohlcv"] for b in wanted])
        self.assertEqual(self.admin().ask("stats")["counters"]["rejects"], {})
        self.assertGreater(n_lives, 4)


class Bars(Case):
    def test_daily_bars_come_in_beside_a_live_source(self):
        live, loader, session = self.feeder("live"), self.feeder("loader"), self.session()
        live.send(feeds.ticks("NIFTY50", 10))
        day = OPEN - 24 * 60 * MINUTE
        loader.send([{"s": "NIFTY50", "tf": "1d", "t": day, "o": 1, "h": 2, "l": 1, "c": 2}])
        session.subscribe("NIFTY50", "1d", ["SMA(1)"])
        got = session.ask("history", symbol="NIFTY50", timeframe="1d")["updates"]
        self.assertEqual([u["ohlcv"]["close"] for u in got], [2])


if __name__ == "__main__":
    unittest.main()
