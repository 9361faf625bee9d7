"""cli/demo, as somebody who has just cloned the repository runs it (but for the building)."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import feeds
from support.market import text
from support.processes import environment

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
    def run_demo(self, *args):
        env = environment({"INDSUB_BUILD": os.environ["INDSUB_BUILD"],
                           "TMPDIR": self.enterContext(tempfile.TemporaryDirectory())})
        done = subprocess.run([str(ROOT / "cli" / "demo"), *args], env=env, capture_output=True,
                              text=True, timeout=120, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr)
        return done.stdout, env["TMPDIR"]

    def check_summary(self, out):
        for name, indicators in (("alice A", "MACD_12_26_9, RSI_14_100"),
                                 ("alice B", "BBANDS_20_2, SMA_20"), ("bob", "RSI_14_100")):
            self.assertRegex(out, rf"(?m)^  {name} +[1-9]\d* messages .*saw {indicators};"
                                  r" foreign indicators: 0$")
        self.assertIn("computed RSI once for 2 sessions", out)

    def test_simulated_market(self):
        out, folder = self.run_demo("--seconds", "6")
        self.check_summary(out)
        self.assertEqual(os.listdir(folder), [], "it leaves something behind")
        self.assertEqual(running(folder), set(), "it leaves something running")
        self.assertIn("indsub-cli --user", out)

    def test_replay(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "day.csv")
            path.write_text("timestamp,open,high,low,close,volume\n" + "".join(
                f"{text(b['t'])},{b['o']},{b['h']},{b['l']},{b['c']},{b['v']}\n"
                for b in feeds.bars("NIFTY50", 375)))
            out, _ = self.run_demo("--seconds", "6", "--replay", str(path))
        self.check_summary(out)

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
