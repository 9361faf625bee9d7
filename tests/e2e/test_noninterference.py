"""What a session receives depends on the feed and on its own requests, and on nothing else.

One recorded feed is replayed twice: for session S alone, and for S among 200 others that come and
go, subscribe, read slowly, take each other's place and die. S's closed bars and snapshots must be
the same bytes."""
import random
import unittest

from support import feeds
from support.case import Case
from support.isp import Feeder, Session
from support.market import MINUTE, OPEN
from support.processes import Daemon

SYMBOLS = {"NIFTY50": 25000.0, "BANKNIFTY": 58000.0, "A_B": 135.0}
WANTED = [("NIFTY50", "1min", ["RSI(14)", "EMA(9)", "MACD(12,26,9)"]),
          ("BANKNIFTY", "5min", ["SMA(5)", "BBANDS(20,2)"]),
          ("A_B", "30s", ["SMA(length=3,source=RSI(5))"])]
POOL = ["RSI(14)", "RSI(7)", "EMA(9)", "SMA(5)", "BBANDS(20,2)", "ATR(14)", "MACD(12,26,9)",
        "VWAP", "OBV", "STOCH(14,3,3)", "SMA(length=3,source=RSI(5))"]
TIMEFRAMES = ["1s", "30s", "1min", "3min", "5min", "1h"]
CHUNK = 150


def recorded():
    return feeds.interleaved(*(feeds.ticks(symbol, 2000, price=price, every_ms=3600)
                               for symbol, price in SYMBOLS.items()))


class Crowd:
    """Other people's sessions, doing whatever the seed says."""

    def __init__(self, daemon, size, seed=23):
        self.daemon, self.size, self.rng, self.sessions = daemon, size, random.Random(seed), []

    def __len__(self):
        return len(self.sessions)

    def arrive(self):
        slow = self.rng.random() < 0.3
        session = Session(self.daemon, f"user{self.rng.randint(0, 40)}", hwm=1 if slow else 0,
                          receive_buffer=2048 if slow else None)
        session.slow = slow
        self.sessions.append(session)
        self.subscribe(session)

    def subscribe(self, session):
        session.answer("subscribe", symbol=self.rng.choice(list(SYMBOLS)),
                       timeframe=self.rng.choice(TIMEFRAMES),
                       indicators=self.rng.sample(POOL, self.rng.randint(1, 4)),
                       history=self.rng.choice([0, 0, 50]))

    def act(self):
        """One turn: some arrive until all are there, then some change their mind, some die."""
        for _ in range(20):
            if len(self) < self.size:
                self.arrive()
        for session in self.rng.sample(self.sessions, min(len(self), 15)):
            what = self.rng.random()
            if what < 0.3:
                self.subscribe(session)
            elif what < 0.5:
                session.answer("unsubscribe")
            elif what < 0.6:
                session.answer("unsubscribe", symbol="NIFTY50", timeframe="1min")
            elif what < 0.7:
                session.raw(self.rng.randbytes(20))
            elif what < 0.8:  # somebody else connects under its key
                again = Session(self.daemon, open=False, key=session.key)
                again.answer("list")
                again.slow = False
                session.disconnect()
                self.sessions[self.sessions.index(session)] = again
            else:
                if what < 0.9:
                    session.answer("close")
                session.disconnect()
                self.sessions.remove(session)
        for session in self.sessions:
            if not session.slow:
                session.pump_waiting()

    def leave(self):
        for session in self.sessions:
            session.disconnect()


def replay(daemon, size):
    """S's closed bars (bytes, and its snapshots as they were answered) with a crowd of that size
    around it."""
    feed, items, crowd = Feeder(daemon), recorded(), Crowd(daemon, size)
    feed.send(items[:CHUNK])
    with Session(daemon, "S", session_id="tab") as s, feed:
        snapshots = [s.subscribe(*wanted)["snapshot"] for wanted in WANTED]
        for at in range(CHUNK, len(items), CHUNK):
            if size:
                crowd.act()
            feed.send(items[at:at + CHUNK])
            s.pump_waiting()
            if at % (10 * CHUNK) == 0:
                snapshots += [s.ask("data", symbol=symbol, timeframe=timeframe)["update"]
                              for symbol, timeframe, _ in WANTED]
        feed.clock(OPEN + 375 * MINUTE)
        s.sync()
        peak = len(crowd)
        crowd.leave()
        assert s.gaps == 0
        return s.closed_bodies(), snapshots, [p.body for p in s.pushed if not p.merged], peak


class Noninterference(Case):
    def test_alone_and_among_200_others(self):
        with Daemon() as daemon:
            alone, alone_snapshots, alone_stream, _ = replay(daemon, 0)
        with Daemon() as daemon:
            crowded, crowded_snapshots, crowded_stream, peak = replay(daemon, 200)
        self.assertGreater(peak, 120, "there was a crowd")
        self.assertGreater(len(alone), 300)
        self.assertEqual(alone, crowded)
        self.assertEqual(alone_snapshots, crowded_snapshots)
        forming = set(alone_stream)
        self.assertFalse([b for b in crowded_stream if b"market_update" in b and b not in forming],
                         "an update that S alone was never sent")

    def test_the_same_day_twice_is_the_same_bytes(self):
        streams = []
        for _ in range(2):
            with Daemon() as daemon:
                streams.append(replay(daemon, 0)[0])
        self.assertEqual(*streams)


if __name__ == "__main__":
    unittest.main()
