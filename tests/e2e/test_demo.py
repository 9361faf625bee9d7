"""cli/demo, as somebody who has just cloned the repository runs it (but for the building)."""
import datetime
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from support import feeds
from support.market import text
from support.processes import environment
from support.waiting import PATIENCE_S, until

ROOT = pathlib.Path(__file__).resolve().parents[2]


def running(folder):
    """Process ids of whatever was started with that folder in its arguments."""
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if folder.encode() in (entry / "cmdline").read_bytes():
                    found.add(int(entry.name))
            except OSError:
                pass
    return found


class Demo(unittest.TestCase):
    def environment(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="a folder of its own "))
        return environment({"INDSUB_BUILD": os.environ["INDSUB_BUILD"], "TMPDIR": folder})

    def run_demo(self, *args, status=0):
        env = self.environment()
        done = subprocess.run([str(ROOT / "cli" / "demo"), *args], env=env, capture_output=True,
                              text=True, timeout=120, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status, done.stdout[-3000:] + done.stderr)
        return done.stdout + done.stderr, env["TMPDIR"]

    def assert_nothing_left(self, folder):
        until(lambda: not running(folder), "everything to end")
        until(lambda: not os.listdir(folder), "nothing to be left behind")

    def check_summary(self, out):
        for name, indicators in (("alice A", "MACD_12_26_9, RSI_14_100"),
                                 ("alice B", "BBANDS_20_2, SMA_20"), ("bob", "RSI_14_100")):
            self.assertRegex(out, rf"(?m)^  {name} +[1-9]\d* messages .*saw {indicators};"
                                  r" foreign indicators: 0$")
        self.assertIn("computed RSI once for 2 sessions", out)

    def test_simulated_market(self):
        out, folder = self.run_demo("--seconds", "6")
        self.check_summary(out)
        self.assert_nothing_left(folder)
        self.assertIn("indsub-cli --user", out)

    def test_replay(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "day.csv")
            path.write_text("timestamp,open,high,low,close,volume\n" + "".join(
                f"{text(b['t'])},{b['o']},{b['h']},{b['l']},{b['c']},{b['v']}\n"
                for b in feeds.bars("NIFTY50", 375)))
            out, _ = self.run_demo("--seconds", "6", "--replay", str(path))
        self.check_summary(out)

    def test_replay_of_longer_bars(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "years.csv")
            day = datetime.date(2024, 1, 1)
            path.write_text("ts,open,high,low,close,volume\n" + "".join(
                f"{day + datetime.timedelta(n)}T00:00:00+05:30,{n + 100},{n + 102},{n + 99},"
                f"{n + 101},5\n" for n in range(400)))
            out, _ = self.run_demo("--seconds", "6", "--replay", str(path))
        self.assertIn("received on NIFTY50 1d", out)
        self.check_summary(out)

    def test_replay_of_what_is_none_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "some.csv")
            for content, why in (("", "empty"), ("a,b\n1,2\n", "name the columns"),
                                 ("timestamp,price\n", "no rows"),
                                 ("timestamp,price\nnoon,1\n", "no time")):
                path.write_text(content)
                out, left = self.run_demo("--seconds", "4", "--replay", str(path), status=1)
                self.assertIn(why, out)
                self.assertNotIn("Traceback", out)
                self.assert_nothing_left(left)
            path.write_text("timestamp,open,high,low,close\n" + "".join(
                f"2025-11-04T2{n // 60}:{n % 60:02}:00+05:30,1,1,1,1\n" for n in range(180)))
            out, _ = self.run_demo("--seconds", "4", "--replay", str(path), status=1)
            self.assertIn("180 rows refused", out)

    def test_nothing_is_left_whoever_ends_it(self):
        for numbers in ([signal.SIGTERM], [signal.SIGHUP, signal.SIGHUP], [signal.SIGINT]):
            env = self.environment()
            demo = subprocess.Popen([str(ROOT / "cli" / "demo"), "--seconds", "60"], env=env,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                    stderr=subprocess.DEVNULL, start_new_session=True)
            self.addCleanup(demo.stdout.close)
            unseen = {"alice A |", "alice B |", "bob     |"}
            while unseen:
                line = demo.stdout.readline()
                self.assertTrue(line, f"it ends before {unseen} are seen")
                unseen = {name for name in unseen if name not in line}
            for number in numbers:
                os.killpg(demo.pid, number)
            rest = demo.communicate(timeout=PATIENCE_S)[0]
            self.assertEqual(demo.returncode, 128 + numbers[0])
            self.assert_nothing_left(env["TMPDIR"])
            if number == signal.SIGINT:
                self.check_summary(rest)

    def test_keep(self):
        out, folder = self.run_demo("--seconds", "4", "--keep")
        pid = int(re.search(r"kill (\d+);", out)[1])
        self.assertEqual(running(folder), {pid})
        command = re.search(r"(?m)^ +(INDSUB_ENDPOINT=.*)$", out)[1]
        done = subprocess.run(["sh", "-c", command + " --json list"], capture_output=True,
                              text=True, env=environment())
        os.kill(pid, 15)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.listdir(folder))

    def test_bad_usage(self):
        for args in (["--nonsense"], ["--seconds", "x"], ["--replay", "/nonexistent"]):
            done = subprocess.run([str(ROOT / "cli" / "demo"), *args], capture_output=True)
            self.assertEqual(done.returncode, 2)
            self.assertTrue(done.stderr)


if __name__ == "__main__":
    unittest.main()
