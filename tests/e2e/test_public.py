"""The public socket, and whether the feed is alive."""
import time
import unittest

from support import feeds, isp
from support.case import Case
from support.isp import TIME
from support.market import DAY, MINUTE, OPEN, text


class Status(Case):
    def test_is_published_each_second(self):
        spy = self.public("status")
        documents = [spy.wait_topic("status") for _ in range(3)]
        for document in documents:
            self.assertEqual(document["epoch"], documents[0]["epoch"])
            self.assertIn("feed", document)
        self.assertEqual(documents[0]["epoch"], self.session().opened["epoch"])

    def test_bar_topics_come_once_when_every_symbol_has_closed(self):
        spy = self.public("bar/")
        feed = self.feeder()
        feed.send([{"s": "NIFTY50", "t": OPEN, "p": 1}, {"s": "BANKNIFTY", "t": OPEN, "p": 2}])
        spy_ready = self.public("status")
        spy_ready.wait_topic("status")  # a second later: both are connected
        feed.send([{"s": "NIFTY50", "t": OPEN + 5 * MINUTE + 2000, "p": 1}])
        first = spy.wait_topic("bar/1min")
        self.assertEqual((first["type"], first["timeframe"], first["bar"]),
                         ("bar_complete", "1min", text(OPEN)))
        feed.clock(OPEN + 20 * MINUTE)
        seen = [(topic, isp.parse(body)["bar"]) for topic, body in spy.messages]
        self.assertEqual(len(seen), len(set(seen)), "once each")

    def test_every_bar_of_a_message_comes_once(self):
        """Also the minutes that a second symbol has no bar in, and daily bars."""
        spy, feed = self.public("bar/", "status"), self.feeder()
        spy.wait_topic("status")
        bars = feeds.bars("NIFTY50", 60)
        feed.send(bars[:1] + feeds.bars("QUIET", 1))
        feed.send(bars[1:])
        feed.clock(OPEN + 60 * MINUTE)
        feed.send(feeds.bars("DAILY", 1, timeframe="1d", start=OPEN + 7 * DAY))
        feed.clock(OPEN + 8 * DAY)
        spy.wait(lambda t, d: t == "bar/1d" and d["bar"] == text(OPEN + 7 * DAY), "the last one")
        seen = [(topic, isp.parse(body).get("bar")) for topic, body in spy.messages]
        for timeframe, minutes in (("1min", 1), ("5min", 5), ("1h", 60)):
            self.assertEqual([bar for topic, bar in seen if topic == f"bar/{timeframe}"],
                             [text(OPEN + i * MINUTE) for i in range(0, 60, minutes)])
        self.assertEqual([bar for topic, bar in seen if topic == "bar/1d"],
                         [text(OPEN), text(OPEN + 7 * DAY)])

    def test_nothing_can_be_sent_into_it(self):
        """A SUB may send subscriptions, of any length and number; the daemon goes on."""
        spy = self.public("status")
        for i in range(2000):
            spy.socket.setsockopt(isp.zmq.SUBSCRIBE, b"x%d" % i * 20)
        spy.wait_topic("status")


class SilentFeed(Case):
    """A feed that looked alive and was silent: here it is told to everybody."""

    settings = {"feed": {"stale_ms": 500, "bar_grace_ms": 500},
                "sessions": {"heartbeat_ms": 1000}}
    instruments = "tradingsymbol,instrument_type,exchange\nBTCUSDT,EQ,BYBIT\n"

    def now(self):
        return int(time.time() * 1000)

    def test_stale_and_live_again(self):
        """With times of now, on a symbol that trades around the clock."""
        spy = self.public("")
        session, feed = self.session(), self.feeder()
        spy.wait_topic("status")
        feed.send([{"s": "BTCUSDT", "t": self.now(), "p": 90_000}])
        session.subscribe("BTCUSDT", "1min", ["SMA(1)"])
        stale = session.wait_notice("FEED_STALE").doc
        self.assertTrue(stale["message"])
        public = spy.wait(lambda t, d: t == "notice" and d["code"] == "FEED_STALE", "FEED_STALE")
        self.assertIn("BTCUSDT", str(public))
        status = spy.wait_topic("status")
        self.assertNotIn('"live"', str(status["feed"]))
        session.forget()
        feed.send([{"s": "BTCUSDT", "t": self.now(), "p": 90_001}])
        session.wait_notice("FEED_LIVE")
        spy.wait(lambda t, d: t == "notice" and d["code"] == "FEED_LIVE", "FEED_LIVE")

    def test_the_wall_clock_closes_a_bar_after_a_grace_time(self):
        session, feed = self.session(), self.feeder()
        feed.send([{"s": "BTCUSDT", "t": self.now(), "p": 90_000}])
        session.subscribe("BTCUSDT", "1s", ["SMA(1)"])
        closed = session.wait(lambda p: p.doc.get("closed") is True, "the bar to be closed")
        self.assertEqual(closed.doc["ohlcv"]["close"], 90_000)

    def test_a_replay_of_the_past_is_not_a_silent_live_session(self):
        """Bars of last year wait for the feed's clock, however long that takes."""
        session, feed = self.session(), self.feeder()
        feed.send(feeds.ticks("BTCUSDT", 5, start=OPEN))
        session.subscribe("BTCUSDT", "1min", ["SMA(1)"])
        heartbeats = 0
        while heartbeats < 3:  # seconds: longer than stale_ms
            session.ask("heartbeat")
            session.wait(lambda p: p.type == "heartbeat", "a heartbeat")
            heartbeats += sum(p.type == "heartbeat" for p in session.pushed)
            self.assertEqual(session.updates(closed=True), [])
            session.forget()


class Truth(Case):
    """What is missing is said to be missing."""

    def test_status_names_a_feed_that_never_came(self):
        spy = self.public("status")
        before = spy.wait_topic("status")
        self.feeder().send([{"s": "NIFTY50", "t": OPEN, "p": 1}])
        spy.messages.clear()
        after = spy.wait(lambda t, d: d["feed"] != before["feed"], "another state of the feed")
        self.assertNotEqual(before["feed"], after["feed"])

    def test_a_symbol_that_never_traded_has_no_price_and_no_time(self):
        self._daemon = self.another_daemon(
            instruments="tradingsymbol,instrument_type,exchange\nNIFTY50,INDEX,NSE\n")
        (row,) = self.session().ask("symbols")["symbols"]
        self.assertIsNone(row["last"])
        self.assertIsNone(row["last_time"])
        session = self.session()
        reply = session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        self.assertIsNone(reply["snapshot"])
        self.assertIs(reply["indicators"]["RSI_14_100"]["warm"], False)
        self.assertIsNone(session.ask("data", symbol="NIFTY50", timeframe="1min")["update"])

    def test_last_time_is_the_feeds(self):
        self.feeder().send([{"s": "NIFTY50", "t": OPEN + 250, "p": 5}])
        (row,) = self.session().ask("symbols")["symbols"]
        self.assertEqual((row["last"], row["last_time"]), (5, text(OPEN + 250)))
        self.assertRegex(row["last_time"], TIME)


if __name__ == "__main__":
    unittest.main()
