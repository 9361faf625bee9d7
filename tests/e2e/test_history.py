"""history, resync and snapshots: what a client asks for when it has missed something."""
import unittest

from support import feeds, isp
from support.case import Case
from support.isp import Feeder
from support.market import DAY, MINUTE, OPEN, text


def bars_of(updates):
    return [u["bar"] for u in updates]


class History(Case):
    def setUp(self):
        super().setUp()
        self.feed, self.bars = self.feeder(), feeds.bars("NIFTY50", 500)
        self.feed.send(self.bars[:50])
        self.session_ = self.session()
        self.session_.subscribe("NIFTY50", "1min", ["RSI(14)", "SMA(3)"])
        self.feed.send(self.bars[50:300])
        self.session_.sync()

    def history(self, **members):
        return self.session_.ask("history", symbol="NIFTY50", timeframe="1min",
                                 **members)["updates"]

    def test_is_what_was_pushed(self):
        """Byte for byte as numbers go: a bar of the history is the update that told of it."""
        pushed = {u["bar"]: u for u in self.session_.updates(closed=True)}
        told = {u["bar"]: u for u in self.history(limit=250)}
        self.assertEqual(len(told), 250)
        self.assertEqual(told, pushed)

    def test_from_to_and_limit(self):
        everything = bars_of(self.history(limit=5000))
        self.assertEqual(everything, [text(b["t"]) for b in self.bars[:300]])
        start, end = OPEN + 100 * MINUTE, OPEN + 110 * MINUTE
        between = bars_of(self.history(**{"from": text(start), "to": text(end)}))
        self.assertEqual(between, [text(start + i * MINUTE) for i in range(len(between))])
        self.assertIn(len(between), (10, 11), "`to` is a bar's start, in or out")
        self.assertEqual(bars_of(self.history(limit=7)), everything[-7:], "the newest ones")
        since = bars_of(self.history(**{"from": text(OPEN + 290 * MINUTE)}))
        self.assertEqual(since, everything[290:])
        self.assertEqual(self.history(**{"from": text(OPEN + 9 * DAY)}), [])

    def test_without_a_limit_it_is_whole(self):
        """As far as one reply goes: nobody is given less without being told."""
        more = feeds.bars("NIFTY50", 1500)
        self.feed.send(more[500:])
        self.assertEqual(bars_of(self.history(**{"from": text(more[500]["t"])})),
                         [text(b["t"]) for b in more[500:]])
        self.assertEqual(len(self.history()), 1300)

    def test_values_before_the_subscription_began(self):
        first = self.history(limit=5000)[0]
        isp.check_update(first)
        self.assertEqual(first["indicators"], {"RSI_14_100": None, "SMA_3": None})
        third = self.history(limit=5000)[2]
        self.assertAlmostEqual(third["indicators"]["SMA_3"],
                               sum(b["c"] for b in self.bars[:3]) / 3)

    def test_of_one_session_only(self):
        other = self.session("bob")
        other.subscribe("NIFTY50", "1min", {"mine": {"name": "EMA"}})
        updates = other.ask("history", symbol="NIFTY50", timeframe="1min", limit=5)["updates"]
        for update in updates:
            self.assertEqual(set(update["indicators"]), {"mine"})

    def test_across_days_and_on_longer_timeframes(self):
        self.feed.send(self.bars[300:])
        self.session_.subscribe("NIFTY50", "1h", ["SMA(2)"])
        updates = self.session_.ask("history", symbol="NIFTY50", timeframe="1h")["updates"]
        self.assertEqual(bars_of(updates),
                         [text(OPEN + d * DAY + h * 60 * MINUTE) for d, h in
                          [(0, h) for h in range(7)] + [(1, 0), (1, 1)]])
        self.assertTrue(all(u["closed"] for u in updates))


class Resync(Case):
    def setUp(self):
        super().setUp()
        self.feed, self.bars = self.feeder(), feeds.bars("NIFTY50", 300)
        self.feed.send(self.bars[:50])

    def test_gives_the_closed_bars_after_a_seq(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        session.subscribe("NIFTY50", "5min", ["SMA(2)"])
        self.feed.send(self.bars[50:80])
        session.sync()
        closed = [p for p in session.pushed if p.type == "market_update" and p.doc["closed"]]
        for at in (0, 10, len(closed) - 1):
            reply = session.ask("resync", last_seq=closed[at].seq)
            self.assertTrue(reply["complete"])
            self.assertEqual(reply["seq"], session.seq)
            self.assertEqual(reply["updates"], [p.doc for p in closed[at + 1:]])
        self.assertEqual(session.ask("resync", last_seq=session.seq)["updates"], [])
        self.assertEqual(session.ask("resync", last_seq=0)["updates"], [p.doc for p in closed])
        self.assertIs(session.ask("resync", last_seq=session.seq + 1)["complete"], False,
                      "nobody was given that seq")

    def test_a_lost_stretch_is_filled_without_a_hole(self):
        first = self.session()
        first.subscribe("NIFTY50", "1min", ["RSI(14)"])
        witness = self.session("bob")
        witness.subscribe("NIFTY50", "1min", ["RSI(14)"])
        self.feed.send(self.bars[50:60])
        first.sync()
        first.disconnect()
        self.feed.send(self.bars[60:90])
        back = self.session(key=first.key)
        reply = back.ask("resync", last_seq=first.seq)
        self.feed.send(self.bars[90:100])
        back.sync()
        mine = [p.doc for p in first.pushed if p.type == "market_update" and p.doc["closed"]]
        mine += [u for u in reply["updates"] if u["bar"] not in bars_of(mine)]
        mine += [u for u in back.updates(closed=True) if u["bar"] not in bars_of(mine)]
        self.assertEqual(mine, witness.sync().updates(closed=True))

    def test_what_cannot_be_given_any_more_is_said(self):
        """Away for longer than bars are kept: each missing one is after a bar that a LAGGING notice
        names, or `resync` is not complete. Never a silent hole."""
        daemon = self._daemon = self.another_daemon(
            settings={"limits": {"queue": 50}, "sessions": {"resume_ms": 60000}})
        feed = self.enterContext(Feeder(daemon))
        feed.send(self.bars[:50])
        first = self.session()
        first.subscribe("NIFTY50", "1min", ["SMA(2)"])
        feed.send(self.bars[50:60])
        first.sync()
        first.disconnect()
        feed.send(self.bars[60:290])
        back = self.session(key=first.key)
        reply = back.ask("resync", last_seq=first.seq)
        feed.send(self.bars[290:])
        back.sync()
        got = set(bars_of(first.updates(closed=True)) + bars_of(reply["updates"])
                  + bars_of(back.updates(closed=True)))
        missing = sorted({text(b["t"]) for b in self.bars[60:]} - got)
        self.assertTrue(missing, "fifty were kept of 230: the test did not make it lag")
        told = [p.doc["bar"] for p in back.pushed if p.doc.get("code") == "LAGGING"]
        self.assertTrue(told or not reply["complete"], f"{len(missing)} bars missing in silence")
        self.assertLessEqual(min(told, default=missing[0]), missing[0])
        asked = back.ask("history", symbol="NIFTY50", timeframe="1min", limit=5000,
                         **{"from": missing[0]})["updates"]
        self.assertLessEqual(set(missing), set(bars_of(asked)))


if __name__ == "__main__":
    unittest.main()
