"""Client and daemon are cut off from each other: libindsub and indsub-cli come back by themselves,
and give each closed bar once, in order, whatever was lost on the way.

INDSUB_OUTAGE_S=30 adds an outage of so many seconds with the settings that users have."""
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

from support import feeds, isp
from support.case import Case
from support.market import text
from support.processes import cli_environment, environment, program
from support.proxy import Proxy
from support.waiting import Deadline, until

HERE = pathlib.Path(__file__).resolve().parent
OUTAGE_S = float(os.environ.get("INDSUB_OUTAGE_S", "0"))


class Follower:
    """A program that prints closed bars as JSON lines, read by threads."""

    def __init__(self, command, env):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment(env))
        self.lines, self.said = [], []
        pipes = ((self.process.stdout, self.lines), (self.process.stderr, self.said))
        self.threads = [threading.Thread(target=self.read, args=pipe, daemon=True)
                        for pipe in pipes]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(pipe, lines):
        for line in pipe:
            lines.append(line)

    def bars(self):
        return [isp.parse(line) for line in list(self.lines)]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


def build_follow(folder):
    """follow.c against the libindsub that has been built."""
    build, source = pathlib.Path(os.environ["INDSUB_BUILD"]), HERE.parents[1]
    library = next(p for p in build.rglob("libindsub.so") if p.exists()).parent
    binary = os.path.join(folder, "follow")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror",
                    *os.environ.get("INDSUB_CFLAGS", "").split(), str(HERE / "follow.c"),
                    "-I", str(source / "common/client"), "-o", binary, "-L", str(library),
                    "-lindsub", f"-Wl,-rpath,{library}"], check=True)
    return binary


class Crowd(Case):
    """An indsub-cli and a program on libindsub behind a network that fails."""

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.follow = build_follow(cls.folder)

    def setUp(self):
        super().setUp()
        self.bars, self.feed, self.at = feeds.bars("NIFTY50", 300), self.feeder(), 0
        self.proxy = self.enterContext(Proxy(self.daemon.session))
        self.feed_to(5)
        where = {"INDSUB_ENDPOINT": self.proxy.endpoint}
        self.followers = [
            Follower([program("INDSUB_CLI"), "--json", "stream", "NIFTY50", "1min", "SMA(2)",
                      "--closed"], {**cli_environment(self.daemon, "alice"), **where}),
            Follower([self.follow, self.proxy.endpoint, self.daemon.token("bob")], {})]
        for follower in self.followers:
            self.addCleanup(follower.stop)
        until(lambda: [row["subscribers"] for row in self.stats()["shared"]] == [2],
              "the subscriptions")
        self.feed_to(10)
        self.wait_for_all()

    def stats(self):
        with isp.Session(self.daemon, "operator", claims={"scope": "admin"},
                         stream=False) as admin:
            stats = admin.ask("stats")
            admin.ask("close")
        return {**stats, "attached": stats["attached"] - 1, "sessions": stats["sessions"] - 1}

    def feed_to(self, last):
        self.feed.send(self.bars[self.at:last])
        self.at = last

    def wait_for_all(self):
        newest = text(self.bars[self.at - 1]["t"])
        for follower in self.followers:
            until(lambda f=follower: f.lines and f.bars()[-1]["bar"] == newest,
                  f"{newest} at {follower.process.args[0]}", step_s=0.05)

    def check(self, most_lines=1, least_lines=1):
        """It goes on, and nothing is missing, twice or wrong; and little is said about it."""
        self.feed_to(self.at + 10)
        self.wait_for_all()
        for follower in self.followers:
            got = follower.bars()
            first = next(i for i, bar in enumerate(self.bars) if text(bar["t"]) == got[0]["bar"])
            self.assertLessEqual(first, 5)
            wanted = self.bars[first:self.at]
            self.assertEqual([u["bar"] for u in got], [text(bar["t"]) for bar in wanted])
            for update, bar, before in zip(got, wanted, self.bars[first - 1:]):
                self.assertEqual(update["ohlcv"]["close"], bar["c"])
                self.assertAlmostEqual(update["indicators"]["SMA_2"], (bar["c"] + before["c"]) / 2)
            until(lambda f=follower: len(f.said) >= least_lines, "a word about it")
            self.assertLessEqual(len(follower.said), most_lines, follower.said)

    def until_attached(self, n):
        until(lambda: self.stats()["attached"] == n, f"{n} attached sessions")


class Outages(Crowd):
    """The sessions are still there when the network is."""

    settings = {"sessions": {"heartbeat_ms": 300, "resume_ms": 600_000}}

    def test_refused_for_a_second(self):
        self.proxy.cut()
        second = Deadline(1)
        until(lambda: self.feed_to(self.at + 1) or second.passed(), "a second", step_s=0.1)
        self.proxy.connect()
        self.wait_for_all()
        self.check()

    def test_reset_again_and_again(self):
        for n in range(1, 6):
            accepted = self.proxy.n_accepted
            self.proxy.reset()
            self.feed_to(self.at + 3)
            until(lambda a=accepted: self.proxy.n_accepted >= a + 2, "new connections")
            self.wait_for_all()
        self.check(most_lines=5)

    def test_stalled_until_the_daemon_lets_go(self):
        self.proxy.stall()
        self.feed_to(20)
        self.until_attached(0)
        self.feed_to(30)
        self.proxy.flow()
        self.wait_for_all()
        self.check(least_lines=0)

    def test_what_was_on_its_way_is_lost(self):
        self.proxy.swallow()
        self.feed_to(20)  # sent, and never received
        self.until_attached(0)
        self.feed_to(30)
        self.proxy.flow()
        self.wait_for_all()
        self.check()

    def test_late_and_in_pieces(self):
        self.proxy.delay(0.03)
        for _ in range(5):
            self.feed_to(self.at + 4)
        self.proxy.reset()
        self.feed_to(self.at + 4)
        self.wait_for_all()
        self.proxy.delay(0)
        self.check()


class LongOutages(Crowd):
    """The daemon has let go of the sessions before the network is back."""

    settings = {"sessions": {"heartbeat_ms": 200, "resume_ms": 300}}

    def until_forgotten(self):
        until(lambda: self.stats()["sessions"] == 0, "the end of the sessions")

    def test_refused(self):
        self.proxy.cut()
        self.feed_to(20)
        self.until_forgotten()
        self.feed_to(30)
        self.proxy.connect()
        self.wait_for_all()
        self.check()

    def test_stalled(self):
        self.proxy.stall()
        self.feed_to(20)
        self.until_forgotten()
        self.feed_to(30)
        self.proxy.flow()
        self.wait_for_all()
        self.check()

    def test_lost_on_the_way(self):
        self.proxy.swallow()
        self.feed_to(20)
        self.until_forgotten()
        self.feed_to(30)
        self.proxy.flow()
        self.wait_for_all()
        self.check()


@unittest.skipUnless(OUTAGE_S, "INDSUB_OUTAGE_S says for how long")
class RealOutages(Crowd):
    """With the settings that users have; the two lines are of the loss and of the return."""

    def outage(self, begin, end):
        begin()
        over = Deadline(OUTAGE_S)
        until(lambda: (self.at < 200 and self.feed_to(self.at + 1)) or over.passed(), "its end",
              step_s=0.5, seconds=OUTAGE_S + 10)
        end()
        until(lambda: self.stats()["attached"] == 2, "the sessions", seconds=OUTAGE_S + 60)
        self.wait_for_all()
        self.check(most_lines=2, least_lines=0)

    def test_refused(self):
        self.outage(self.proxy.cut, self.proxy.connect)

    def test_stalled(self):
        self.outage(self.proxy.stall, self.proxy.flow)

    def test_lost_on_the_way(self):
        self.outage(self.proxy.swallow, self.proxy.flow)


if __name__ == "__main__":
    unittest.main()
