"""The daemon ends, or is killed, and goes on as if nothing had been."""
import os
import random
import subprocess
import threading
import unittest

from support import feeds, isp
from support.case import Case
from support.feeds import MINUTE, OPEN
from support.processes import cli_environment, environment, program
from support.waiting import Deadline, until

KILLS = int(os.environ.get("INDSUB_KILLS", "6"))
N_SESSIONS = 20
PER_MESSAGE = 40


def messages_of(items):
    return [items[at:at + PER_MESSAGE] for at in range(0, len(items), PER_MESSAGE)]


class Replay:
    """A feed that goes on where the daemon stands, however often that one is gone."""

    def __init__(self, daemon, messages):
        self.daemon, self.messages, self.feed = daemon, messages, None

    def run_to(self, last):
        """Until the daemon has acknowledged message number `last`."""
        self.start(last)
        while self.feed.acked < last:
            self.feed.pump()

    def start(self, last):
        """Sends up to message `last`, and waits for nothing."""
        if self.feed:
            self.feed.disconnect()
        self.feed = isp.Feeder(self.daemon, "replay")
        for seq in range(self.feed.opened["last_seq"] + 1, last + 1):
            self.feed.send_as(seq, self.messages[seq - 1])


class Reader:
    """An indsub-cli that streams closed bars as JSON, read by a thread."""

    def __init__(self, daemon, user, *wanted):
        self.lines = []
        self.process = subprocess.Popen(
            [program("INDSUB_CLI"), "--json", "stream", "NIFTY50", *wanted, "--closed"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment(cli_environment(daemon, user)))
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


class Restart(Case):
    WANTED = [("1min", "RSI(14)", "MACD(12,26,9)"), ("5min", "SMA(3)", "OBV"),
              ("1min", "EMA(20)", "VWAP"), ("15min", "ATR(5)"), ("10s", "EMA(9)"),
              ("1min", "SMA(length=5,source=RSI(14))")]

    def setUp(self):
        super().setUp()
        day = feeds.ticks("NIFTY50", 26_000, every_ms=900)
        self.ticks = [tick for tick in day if tick["t"] < OPEN + 375 * MINUTE]
        self.assertLess(len(self.ticks), len(day), "the whole day")
        self.messages = messages_of(self.ticks)

    def replay(self, daemon, last=None):
        replay = Replay(daemon, self.messages)
        self.addCleanup(lambda: replay.feed and replay.feed.disconnect())
        if last:
            replay.run_to(last)
        return replay

    def history(self, daemon, timeframe, *indicators):
        with isp.Session(daemon, "historian") as session:
            session.subscribe("NIFTY50", timeframe, list(indicators))
            updates = session.ask("history", symbol="NIFTY50", timeframe=timeframe,
                                  limit=5000)["updates"]
            data = session.answer("data", symbol="NIFTY50", timeframe=timeframe)
            return updates, data.get("update")

    def assert_same_state(self, one, other):
        for wanted in self.WANTED:
            self.assertEqual(self.history(one, *wanted), self.history(other, *wanted), wanted)

    def test_everything_is_as_it_was_also_after_a_kill(self):
        undisturbed = self.another_daemon()
        last = len(self.messages) // 2
        self.replay(undisturbed, last)
        for end in (self.daemon.stop, self.daemon.kill):
            self.replay(self.daemon, last if end == self.daemon.kill else last // 2)
            end()
            self.daemon.start()
        self.assert_same_state(self.daemon, undisturbed)
        for daemon in (self.daemon, undisturbed):  # and it goes on so
            self.replay(daemon, len(self.messages))
        self.assert_same_state(self.daemon, undisturbed)

    def test_what_was_acknowledged_is_there(self):
        rng = random.Random(5)
        replay = self.replay(self.daemon)
        for _ in range(KILLS):
            replay.start(len(self.messages))
            acked = replay.feed.acked + rng.randint(1, 60)
            while replay.feed.acked < min(acked, len(self.messages)):
                replay.feed.pump()
            acked = replay.feed.acked
            self.daemon.kill()
            self.daemon.start()
            replay.feed.disconnect()
            replay.feed = isp.Feeder(self.daemon, "replay")
            self.assertGreaterEqual(replay.feed.opened["last_seq"], acked)

    def attached(self):
        with isp.Session(self.daemon, "operator", claims={"scope": "admin"},
                         stream=False) as admin:
            n_others = admin.ask("stats")["attached"] - 1
            admin.ask("close")
            return n_others

    def start_readers(self):
        readers = []
        for i in range(N_SESSIONS):
            wanted = self.WANTED[i % len(self.WANTED)]
            readers.append((Reader(self.daemon, f"user{i}", *wanted), wanted))
            self.addCleanup(readers[-1][0].stop)
        admin = self.admin()
        n_wanted = sum(len(wanted) - 1 + str(wanted).count("source=") for _, wanted in readers)
        until(lambda: sum(row["subscribers"] for row in admin.ask("stats")["shared"]) == n_wanted,
              "the subscriptions")
        return readers

    def test_streams_have_each_bar_once_whenever_it_is_killed(self):
        """As users see it: indsub-cli and libindsub, which ask for what they have missed."""
        rng = random.Random(int(os.environ.get("INDSUB_SEED", "1")))
        undisturbed = self.another_daemon()
        self.replay(undisturbed, len(self.messages))
        replay = self.replay(self.daemon, 1)
        readers = self.start_readers()
        step = len(self.messages) // (KILLS + 1)
        for kill in range(1, KILLS + 1):
            replay.start(kill * step)
            wanted = replay.feed.acked + rng.randint(1, max(1, step - 1))
            while replay.feed.acked < min(wanted, kill * step):
                replay.feed.pump()
            self.daemon.kill()
            self.daemon.start()
            if rng.random() < 0.5:  # else the next one comes while they are still coming back
                until(lambda: self.attached() == N_SESSIONS, "the sessions")
        replay.run_to(len(self.messages))
        for reader, wanted in readers:
            truth, _ = self.history(undisturbed, *wanted)
            self.check_stream(reader, truth, wanted)

    def check_stream(self, reader, truth, wanted):
        parsed = lambda: [isp.parse(line) for line in list(reader.lines)]  # noqa: E731
        deadline = Deadline(20)
        while deadline.left_s() > 0 and (not reader.lines or
                                         parsed()[-1]["bar"] != truth[-1]["bar"]):
            reader.thread.join(0.1)
        got = parsed()
        self.assertTrue(got, f"{wanted}: nothing came")
        first = next(i for i, update in enumerate(truth) if update["bar"] == got[0]["bar"])
        self.assertLessEqual(first, 4, f"{wanted}: began late")  # after the first message
        self.assertEqual([u["bar"] for u in got], [u["bar"] for u in truth[first:]], wanted)
        self.assertEqual(got, truth[first:], wanted)


class Sessions(Case):
    def subscribed(self):
        feed = self.feeder("first").send(feeds.bars("NIFTY50", 30))
        session = self.session("alice", key=isp.new_key())
        session.subscribe("NIFTY50", "1min", {"mine": {"name": "RSI", "params": {"length": 5}},
                                              "SMA": {"name": "SMA", "params": {"length": 3}}},
                          updates="close", throttle_ms=0)
        session.subscribe("NIFTY50", "5min", ["SMA(length=4,source=RSI(3))", "EMA(5,timeframe=1h)"])
        return feed, session

    def test_a_key_has_its_session_back(self):
        _, session = self.subscribed()
        before = session.ask("list")["subscriptions"]
        opened = session.opened
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.admin().ask("stats")["sessions"], 2)
        self.assert_code(session.answer("list"), "NOT_OPEN")
        again = session.open("alice")
        self.assertIs(again["resumed"], True)
        self.assertEqual(again["session_id"], opened["session_id"])
        self.assertNotEqual(again["epoch"], opened["epoch"])
        self.assertEqual(again["subscriptions"], before)
        self.assertEqual(session.ask("list")["subscriptions"], before)

    def test_its_bars_wait_for_it(self):
        _, session = self.subscribed()
        self.daemon.stop()
        self.daemon.start()
        later = feeds.bars("NIFTY50", 10, start=OPEN + 30 * MINUTE)
        self.feeder("second").send(later)
        session.forget()
        session.seq = None
        session.open("alice")
        closed = session.sync().updates("NIFTY50", "1min", closed=True)
        self.assertEqual([u["ohlcv"]["close"] for u in closed], [bar["c"] for bar in later])

    def test_bars_that_waited_already_wait_on(self):
        """Detached when the daemon ends: what it is owed is not forgotten."""
        feed, session = self.subscribed()
        key, later = session.key, feeds.bars("NIFTY50", 10, start=OPEN + 30 * MINUTE)
        admin = self.admin()
        session.disconnect()
        until(lambda: admin.ask("stats")["attached"] == 1, "the lost connection")
        feed.send(later)
        until(lambda: admin.ask("stats")["counters"]["bars"] >= 40, "the bars")
        self.daemon.stop()
        self.daemon.start()
        session = self.session("alice", key=key)
        self.assertIs(session.opened["resumed"], True)
        closed = session.sync().updates("NIFTY50", "1min", closed=True)
        self.assertEqual([u["ohlcv"]["close"] for u in closed], [bar["c"] for bar in later])

    def test_nobody_else_has_it(self):
        _, session = self.subscribed()
        name = session.session_id
        self.daemon.stop()
        self.daemon.start()
        other = self.session("alice", open=False)
        self.assert_code(other.answer("open", token=self.daemon.token("alice"), session_id=name),
                         "SESSION_IN_USE")
        session.disconnect()  # else both would take over the key from one another, ever again
        thief = self.session("bob", key=session.key, open=False)
        self.assert_code(thief.answer("open", token=self.daemon.token("bob")), "SESSION_IN_USE")
        thief.disconnect()
        with self.session("alice", key=session.key) as again:
            self.assertIs(again.opened["resumed"], True)

    def test_the_key_is_not_in_the_state_directory(self):
        _, session = self.subscribed()
        self.daemon.stop()
        for path in self.daemon.state.iterdir():
            self.assertNotIn(session.key.encode(), path.read_bytes(), path.name)
        self.daemon.start()

    def test_closed_ones_and_their_subscriptions_do_not_come_back(self):
        _, session = self.subscribed()
        session.ask("close")
        self.daemon.stop()
        self.daemon.start()
        stats = self.admin().ask("stats")
        self.assertEqual((stats["sessions"], stats["shared"]), (1, []))


class Forgotten(Case):
    settings = {"store": {"keep": 0}}

    def test_nothing_is_kept_where_it_is_not_wanted(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        self.daemon.stop()
        self.assertEqual([p.name for p in self.daemon.state.iterdir() if "db" in p.name], [])
        self.daemon.start()
        self.assertEqual(self.feeder().opened["last_seq"], 0)


if __name__ == "__main__":
    unittest.main()
