"""Clients that were written by others, or could have been: plain Python, and C on libindsub."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from support import feeds
from support.case import Case
from support.processes import environment
from support.waiting import PATIENCE_S

HERE = pathlib.Path(__file__).resolve().parent


class PlainPython(Case):
    def test_three_sessions_in_under_80_lines(self):
        script = HERE / "plain_client.py"
        self.assertLess(len(script.read_text().splitlines()), 80)
        done = subprocess.run([sys.executable, str(script), self.daemon.session, self.daemon.feed,
                               str(self.daemon.state / "jwt.key")], capture_output=True, text=True,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = dict(line.split(": ") for line in done.stdout.splitlines())
        self.assertTrue(seen["alice A"].endswith("updates, MACD_12_26_9 RSI_14_100"), seen)
        self.assertTrue(seen["alice B"].endswith("updates, BBANDS_20_2 SMA_20"), seen)
        self.assertTrue(seen["bob"].endswith("updates, RSI_14_100"), seen)


    def test_what_the_readme_has_runs_as_it_stands(self):
        readme = HERE.parents[1] / "README.md"
        (block,) = re.findall(r"(?s)```python\n(.*?)```", readme.read_text())
        script = block.replace("tcp://127.0.0.1:5570", self.daemon.session)
        self.feeder().send(feeds.bars("NIFTY50", 60))
        client = subprocess.Popen([sys.executable, "-u", "-c", script], stdout=subprocess.PIPE,
                                  text=True, env=environment(
                                      {"INDSUB_TOKEN": self.daemon.token("alice")}))
        self.addCleanup(client.stdout.close)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        said = [client.stdout.readline() for _ in range(2)]
        self.assertIn('"opened"', said[0])
        self.assertIn('"subscribed"', said[1])
        self.assertIn("MACD_12_26_9", said[1])
        self.feeder("more").send(feeds.bars("NIFTY50", 70)[60:])
        self.assertRegex(client.stdout.readline(), r"^b'1' \{'type': 'market_update'")


class Library(Case):
    """What somebody else's C program does: pkg-config, cc, run."""

    def install(self):
        """Installs into a folder of its own, and gives the folder and what was said."""
        build = os.environ.get("INDSUB_BUILD")
        self.assertTrue(build, "INDSUB_BUILD names the build folder to install from")
        prefix = self.enterContext(tempfile.TemporaryDirectory())
        done = subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True,
                              capture_output=True, text=True)
        return prefix, done.stdout

    def test_everything_is_installed_below_the_prefix_and_is_found_there(self):
        prefix, said = self.install()
        placed = re.findall(r"(?m)^-- (?:Installing|Up-to-date): (.*)$", said)
        self.assertTrue(placed, said)
        self.assertEqual([path for path in placed if not path.startswith(prefix + "/")], [])
        for program in ("bin/indsub-cli", "sbin/indsubd"):
            done = subprocess.run([os.path.join(prefix, program), "--version"], check=True,
                                  capture_output=True, text=True, env=environment())
            self.assertRegex(done.stdout, r"^indsub\S+ \d+\.\d+\.\d+\n$")
        for unit in pathlib.Path(prefix).rglob("indsubd.service"):
            self.assertIn(f"\nExecStart={prefix}/sbin/indsubd ", unit.read_text())

    def test_example_compiles_against_the_installed_library_and_runs(self):
        example = HERE / "example.c"
        self.assertLess(len(example.read_text().splitlines()), 60)
        prefix, _ = self.install()
        (config,) = pathlib.Path(prefix).rglob("indsub.pc")
        libraries = {str(p.parent) for p in pathlib.Path(prefix).rglob("libindsub.so*")}
        env = environment({"PKG_CONFIG_PATH": str(config.parent),
                           "LD_LIBRARY_PATH": ":".join(libraries)})
        flags = subprocess.run(["pkg-config", f"--define-variable=prefix={prefix}", "--cflags",
                                "--libs", "indsub"], env=env, check=True, capture_output=True,
                               text=True).stdout.split()
        binary = os.path.join(prefix, "example")
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror",
                        *os.environ.get("INDSUB_CFLAGS", "").split(), str(example), "-o", binary,
                        *flags], env=env, check=True)
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 120)
        feed.send(bars[:100])
        program = subprocess.Popen([binary, self.daemon.session, self.daemon.token("alice")],
                                   env=env, stdout=subprocess.PIPE, text=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.kill)
        first = program.stdout.readline()
        self.assertTrue(first, "the example says nothing")
        feed.send(bars[100:])
        rest = program.communicate(timeout=PATIENCE_S)[0]
        self.assertEqual(program.returncode, 0, first + rest)
        self.assertIn("RSI", first + rest)

    def test_nothing_but_its_own_names_is_exported(self):
        build = os.environ.get("INDSUB_BUILD")
        (library,) = [p for p in pathlib.Path(build).rglob("libindsub.so") if p.exists()]
        names = subprocess.run(["nm", "-D", "--defined-only", str(library)], check=True,
                               capture_output=True, text=True).stdout.split("\n")
        exported = {line.split()[-1].split("@")[0] for line in names if line}
        self.assertTrue(exported)
        foreign = {n for n in exported if not n.lower().startswith(("indsub_", "__asan", "__odr"))}
        self.assertFalse(foreign)


if __name__ == "__main__":
    unittest.main()
