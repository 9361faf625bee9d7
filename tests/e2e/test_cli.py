"""indsub-cli in scripts: what it prints, how it ends, what it does when connections are lost."""
import gzip
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import jwt

from support import feeds
from support.case import Case
from support.isp import check_update
from support.market import MINUTE, OPEN, text
from support.processes import (Daemon, cli, cli_environment, environment, json_lines, program,
                               read_line, run)
from support.proxy import Proxy
from support.waiting import PATIENCE_S, until


class Base(Case):
    def setUp(self):
        super().setUp()
        self.bars = feeds.bars("NIFTY50", 120)

    def cli(self, *args, **more):
        return cli(self.daemon, *args, **more)

    def done(self, *args, **more):
        """Standard output of a run that must go well."""
        status, out, err = self.cli(*args, **more)
        self.assertEqual(status, 0, err)
        return out

    def start(self, *args, env=None, user="alice", text=None, stdout=subprocess.PIPE):
        process = subprocess.Popen(
            [program("INDSUB_CLI"), *args], stdout=stdout, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
            env=environment({**cli_environment(self.daemon, user), **(env or {})}))
        for stream in filter(None, (process.stdout, process.stderr)):
            self.addCleanup(stream.close)
        if text is not None:
            with process.stdin:
                process.stdin.write(text.encode())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def line(self, process):
        line = read_line(process.stdout, PATIENCE_S)
        self.assertTrue(line.endswith(b"\n"), f"no line but {line!r}")
        return json.loads(line)


class Commands(Base):
    def setUp(self):
        super().setUp()
        self.feeder().send(self.bars)

    def test_stream_json_is_one_body_a_line(self):
        feed = self.feeder("second")
        process = self.start("--json", "stream", "NIFTY50", "1min", "RSI(14)", "MACD(12,26,9)",
                             "--count", "5")
        other = self.session()
        until(lambda: self.admin().ask("stats")["shared"], "its subscription")
        other.subscribe("NIFTY50", "1min", ["RSI(14)", "MACD(12,26,9)"])
        ticks = feeds.ticks("NIFTY50", 50, start=OPEN + 121 * MINUTE)
        for tick in ticks:
            feed.send([tick])
        lines = [self.line(process) for _ in range(5)]
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual(process.stdout.read(), b"")
        updates = [line for line in lines if line["type"] == "market_update"]
        self.assertGreater(len(updates), 2)
        truth = other.sync().updates()
        for update in updates:
            check_update(update)
            self.assertEqual(set(update["indicators"]), {"RSI_14_100", "MACD_12_26_9"})
            if update["timestamp"] > truth[0]["timestamp"]:
                self.assertIn(update, truth)

    def test_stream_closed(self):
        process = self.start("--json", "stream", "NIFTY50", "1min", "SMA(2)", "--closed",
                             "--count", "3")
        until(lambda: self.admin().ask("stats")["shared"], "its subscription")
        more = feeds.bars("NIFTY50", 130)[120:]
        self.feeder("second").send(more)
        lines = [self.line(process) for _ in range(3)]
        self.assertEqual([line["closed"] for line in lines], [True] * 3)
        self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_interrupt_ends_a_stream_well(self):
        process = self.start("--json", "stream", "NIFTY50", "1min", "SMA(2)")
        until(lambda: self.admin().ask("stats")["shared"], "its subscription")
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(PATIENCE_S), (0, 130))
        until(lambda: not self.admin().ask("stats")["shared"], "the end of its subscription")

    def test_a_closed_pipe_ends_it_quietly(self):
        command = (f"{program('INDSUB_CLI')} --json stream NIFTY50 1min 'RSI(14)' | head -n 2; "
                   "echo ${PIPESTATUS[0]}")
        process = subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE,
                                   env=environment(cli_environment(self.daemon)))
        self.addCleanup(process.kill)
        until(lambda: self.admin().ask("stats")["shared"], "its subscription")
        feed = self.feeder("second")
        for tick in feeds.ticks("NIFTY50", 2000, start=OPEN + 121 * MINUTE, every_ms=100):
            feed.send([tick])
            if process.poll() is not None:
                break
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(err, b"")
        lines = out.decode().splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual(lines[2], "0")
        for line in lines[:2]:
            json.loads(line)

    def test_each_command_with_json_is_one_document(self):
        one = {"catalog": ["catalog"], "catalog RSI": ["catalog", "RSI"], "symbols": ["symbols"],
               "symbols N*": ["symbols", "N*"], "list": ["list"]}
        for what, args in one.items():
            documents = json_lines(self.done("--json", *args))
            self.assertGreaterEqual(len(documents), 1, what)
        (stats,) = json_lines(self.done("--json", "stats", claims={"scope": "admin"}))
        self.assertIn("shared", json.dumps(stats))

    def test_human_output(self):
        self.assertIn("RSI", self.done("catalog"))
        rsi = self.done("catalog", "RSI")
        for word in ("length", "14", "scalar"):
            self.assertIn(word, rsi)
        self.assertIn("NIFTY50", self.done("symbols"))
        self.assertNotIn("NIFTY50", self.done("symbols", "BANK*"))
        self.assertIn("RSI", self.done("help") + self.done("help", "subscribe"))
        self.assertIn("sessions", self.done("stats", claims={"scope": "admin"}))

    def test_commands_from_standard_input(self):
        script = ("subscribe NIFTY50 1min RSI(14)\n# a remark\n\nsubscribe NIFTY50 5min SMA(3)\n"
                  "list\ndata NIFTY50 1min\nhistory NIFTY50 1min 3\nunsubscribe NIFTY50 1min\n"
                  "list\nquit\n")
        status, out, err = self.cli("--json", text=script)
        self.assertEqual(status, 0, err)
        documents = json_lines(out)
        text_ = json.dumps(documents)
        self.assertIn("RSI_14_100", text_)
        self.assertIn("SMA_3", text_)

    def test_standard_input_stops_at_the_first_failure(self):
        status, out, err = self.cli(text="# a remark\ndata NIFTY50 1min\nlist\n")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("NO_SUBSCRIPTION", err)
        self.assertIn("line 2 has failed", err)

    def test_a_command_waits_for_its_own_stream_alone(self):
        feed = self.feeder("second")
        script = ("subscribe NIFTY50 5min SMA(3)\nstream NIFTY50 1min SMA(3) --count 3\n"
                  "subscribe NIFTY50 15min SMA(3)\nlist\n")
        process = self.start("--json", text=script)
        until(lambda: len(self.admin().ask("stats")["shared"]) == 2, "both subscriptions")
        for tick in feeds.ticks("NIFTY50", 20, start=OPEN + 121 * MINUTE):
            feed.send([tick])
        self.assertEqual(process.wait(PATIENCE_S), 0, process.stderr.read())
        bodies = json_lines(process.stdout.read().decode())
        self.assertEqual(sum(b.get("timeframe") == "1min" for b in bodies), 3)
        listed = [b["subscriptions"] for b in bodies if b["type"] == "subscriptions"]
        self.assertEqual([len(rows) for rows in listed], [3], "what stood behind it was done")

    def test_session_is_kept_by_its_id(self):
        self.done("--session", "tab-7", "list")
        held = self.session(session_id="tab-7")
        status, _, err = self.cli("--session", "tab-7", "list")
        self.assertEqual(status, 1)
        self.assertIn("SESSION_IN_USE", err)
        held.ask("close")


class Statuses(Base):
    def test_refused_is_1_with_code_and_sentence(self):
        self.feeder().send(self.bars)
        cases = [(["data", "NIFTY50", "1min"], "NO_SUBSCRIPTION"),
                 (["stream", "NIFTY5O", "1min", "RSI(14)"], "UNKNOWN_SYMBOL"),
                 (["stream", "NIFTY50", "7min", "RSI(14)"], "UNKNOWN_TIMEFRAME"),
                 (["stream", "NIFTY50", "1min", "RSX1"], "UNKNOWN_INDICATOR"),
                 (["stream", "NIFTY50", "1min", "RSI(0)"], "BAD_PARAMETER"),
                 (["stats"], "FORBIDDEN"), (["catalog", "RSX1"], "UNKNOWN_INDICATOR")]
        for args, code in cases:
            status, out, err = self.cli(*args)
            self.assertEqual((status, out), (1, ""), f"{args}: {err}")
            self.assertIn(code, err)
            self.assertGreater(len(err), len(code) + 10, "and a sentence")

    def test_a_bad_token_is_1(self):
        status, _, err = self.cli("--token", "nonsense", "list")
        self.assertEqual(status, 1)
        self.assertIn("UNAUTHENTICATED", err)

    def test_bad_usage_is_2(self):
        for args in (["nonsense"], ["--nonsense"], ["data"], ["data", "NIFTY50"], ["stream"],
                     ["stream", "NIFTY50", "1min"], ["subscribe"], ["feed"], ["--endpoint"],
                     ["--endpoint", "nonsense", "list"], ["list", "surplus"],
                     ["history", "NIFTY50", "1min", "x"],
                     ["stream", "NIFTY50", "1min", "RSI", "--count", "x"], ["token"],
                     ["feed", "x.csv", "--symbol", ""], ["feed", "x.csv", "--symbol", "a\nb"],
                     ["feed", "x.csv", "--timeframe", "7"],
                     ["token", "--user", "bob", "--ttl", "0"],
                     ["feed", "x.csv", "--speed", "0"]):
            status, out, err = self.cli(*args)
            self.assertEqual((status, out), (2, ""), f"{args}: {err}")
            self.assertTrue(err.strip(), args)

    def test_no_daemon_is_3(self):
        env = cli_environment(self.daemon)
        self.daemon.stop()
        status, out, err = run("INDSUB_CLI", "list", env=env)
        self.assertEqual((status, out), (3, ""), err)
        self.assertIn(self.daemon.session, err)

    def test_help_and_version(self):
        for args in (["--help"], ["--version"]):
            status, out, err = run("INDSUB_CLI", *args)
            self.assertEqual((status, err), (0, ""))
            self.assertTrue(out.startswith(("usage", "Usage", "indsub-cli")), out)

    def test_help_needs_no_daemon(self):
        status, out, _ = run("INDSUB_CLI", "help", env={"INDSUB_ENDPOINT": "tcp://127.0.0.1:1"})
        self.assertEqual(status, 0)
        for word in ("subscribe", "unsubscribe", "list", "data", "history", "stream", "catalog",
                     "symbols", "token", "feed", "stats", "status", "tape", "help", "quit"):
            self.assertIn(word, out)


class Output(Base):
    """Standard output that is not read, or cannot be written."""

    def setUp(self):
        super().setUp()
        self.feeder().send(feeds.bars("NIFTY50", 300))

    def start_unread(self, *args, **more):
        """The process, and a function that tells whether its output waits for a reader."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        process = self.start(*args, stdout=writer, **more)
        return process, lambda: not select.select([], [writer], [], 0)[1]

    def test_a_full_pipe_does_not_keep_it(self):
        script = "subscribe NIFTY50 1min RSI(14) MACD\nhistory NIFTY50 1min 300\n"
        for number in (signal.SIGINT, signal.SIGTERM):
            process, is_stuck = self.start_unread("--json", text=script)
            until(is_stuck, "a pipe that nobody empties")
            process.send_signal(number)
            self.assertEqual(process.wait(PATIENCE_S), 1, process.stderr.read())

    def test_a_stream_into_a_full_pipe_is_stopped_as_any_other(self):
        process, is_stuck = self.start_unread("--json", "stream", "NIFTY50", "1min", "MACD")
        feed = self.feeder("ticks")
        ticks = iter(feeds.ticks("NIFTY50", 50000, start=OPEN + 301 * MINUTE, every_ms=20))
        until(lambda: self.admin().ask("stats")["shared"], "its subscription")

        def step():
            feed.send([next(ticks)])
            return is_stuck()
        until(step, "a pipe that nobody empties", step_s=0.001)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 0, process.stderr.read())

    def test_what_cannot_be_written_is_a_failure(self):
        env = environment(cli_environment(self.daemon))
        for args in (["symbols"], ["--json", "symbols"], ["help"], ["--help"], ["token", "--user",
                     "bob"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([program("INDSUB_CLI"), *args], env=env, stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 1, args)
            self.assertIn("No space left", done.stderr)

    def test_descriptors_that_are_closed_are_not_written_to(self):
        env = environment(cli_environment(self.daemon))
        done = subprocess.run(["sh", "-c", 'exec "$0" symbols <&- >&-', program("INDSUB_CLI")],
                              env=env, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Bad file descriptor", done.stderr)


class Tokens(Base):
    def test_token_can_be_read_by_anybodys_library(self):
        out = self.done("token", "--user", "bob", "--sid", "tab", "--scope", "feed,admin", "--ttl",
                        "8h")
        claims = jwt.decode(out.strip(), self.daemon.secret(), algorithms=["HS256"])
        self.assertEqual((claims["sub"], claims["sid"]), ("bob", "tab"))
        self.assertEqual(set(claims["scope"].replace(",", " ").split()), {"feed", "admin"})
        self.assertAlmostEqual(claims["exp"] - claims["iat"] if "iat" in claims else 28800, 28800,
                               delta=5)
        self.assertEqual(self.session(token=out.strip()).opened["user_id"], "bob")

    def test_user_mints_one(self):
        env = {k: v for k, v in cli_environment(self.daemon).items() if k != "INDSUB_TOKEN"}
        status, out, err = run("INDSUB_CLI", "--json", "--user", "carol", "list", env=env)
        self.assertEqual(status, 0, err)
        status, out, err = run("INDSUB_CLI", "list", env={**env, "INDSUB_STATE": "/nonexistent"})
        self.assertIn(status, (1, 2), "no token and no key to make one with")
        self.assertTrue(err.strip())

    def test_a_key_that_is_not_the_daemons(self):
        with tempfile.TemporaryDirectory() as state:
            path = pathlib.Path(state, "jwt.key")
            path.write_text("ab" * 32 + "\n")
            status, _, err = run("INDSUB_CLI", "--user", "carol", "list",
                                 env={"INDSUB_ENDPOINT": self.daemon.session,
                                      "INDSUB_STATE": state})
            self.assertEqual(status, 1)
            self.assertIn("UNAUTHENTICATED", err)
            self.assertIn("is --state that of this indsubd?", err)

    def test_token_from_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.daemon.token("dave") + "\n")
            file.flush()
            env = {"INDSUB_ENDPOINT": self.daemon.session}
            status, _, err = run("INDSUB_CLI", "--token-file", file.name, "list", env=env)
        self.assertEqual(status, 0, err)


class Expiring(Base):
    """Tokens that come to their end while a stream is shown."""
    settings = {"auth": {"skew_s": 0}}

    def setUp(self):
        super().setUp()
        self.feed = self.feeder()
        self.feed.send(self.bars[:50])

    def token_for(self, seconds):
        return self.daemon.token("alice", exp=int(time.time()) + seconds)

    def test_a_stream_ends_with_its_token(self):
        process = self.start("--json", "stream", "NIFTY50", "1min", "RSI(14)",
                             env={"INDSUB_TOKEN": self.token_for(2)})
        self.assertEqual(process.wait(PATIENCE_S), 1)
        self.assertIn(b"TOKEN_EXPIRED: the token has expired; start again", process.stderr.read())

    def test_a_file_that_holds_another_by_then_is_read_again(self):
        with tempfile.NamedTemporaryFile("w+") as file:
            def write(seconds):
                file.seek(0)
                file.write(self.token_for(seconds))
                file.flush()
            write(3)
            process = self.start("--token-file", file.name, "--json", "stream", "NIFTY50", "1min",
                                 "RSI(14)", "--closed", env={"INDSUB_TOKEN": ""})
            until(lambda: self.admin().ask("stats")["shared"], "its subscription")
            write(3600)
            session = self.session(token=self.token_for(4))
            session.wait_notice("TOKEN_EXPIRED")  # a second after the first one's end
            self.feed.send(self.bars[50:60])
            self.assertEqual([self.line(process)["bar"] for _ in range(10)],
                             [text(b["t"]) for b in self.bars[50:60]])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 0, process.stderr.read())


class Files(Base):
    """`feed FILE`"""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def feed(self, path, *args):
        return self.cli("feed", path, *args, user="feeder", claims={"scope": "feed"})

    def bar_csv(self, count, header="timestamp,open,high,low,close,volume"):
        return header + "\n" + "".join(
            f"{text(b['t'])},{b['o']},{b['h']},{b['l']},{b['c']},{b['v']}\n"
            for b in self.bars[:count])

    def closes(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(1)"])
        return [u["ohlcv"]["close"] for u in
                session.ask("history", symbol="NIFTY50", timeframe="1min", limit=5000)["updates"]]

    def test_bars_plain_and_zipped(self):
        for name, symbol in (("a.csv", "NIFTY50"), ("b.csv.gz", "OTHER")):
            path = self.folder / name
            data = self.bar_csv(100).encode()
            path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
            status, _, err = self.feed(path, "--symbol", symbol, "--timeframe", "1min")
            self.assertEqual(status, 0, err)
        self.assertEqual(self.closes(), [b["c"] for b in self.bars[:100]])

    def test_ticks(self):
        ticks = feeds.ticks("NIFTY50", 500)
        path = self.folder / "ticks.csv"
        path.write_text("timestamp,price,quantity\n" + "".join(
            f"{t['t']},{t['p']},{t['v']}\n" for t in ticks))
        status, _, err = self.feed(path, "--symbol", "NIFTY50")
        self.assertEqual(status, 0, err)
        (row,) = self.session().ask("symbols")["symbols"]
        self.assertEqual((row["last"], row["last_time"]), (ticks[-1]["p"], text(ticks[-1]["t"])))

    def test_goes_on_where_the_daemon_stands(self):
        path = self.folder / "day.csv"
        path.write_text(self.bar_csv(60))
        self.assertEqual(self.feed(path, "--symbol", "NIFTY50", "--timeframe", "1min")[0], 0)
        path.write_text(self.bar_csv(120))
        status, _, err = self.feed(path, "--symbol", "NIFTY50", "--timeframe", "1min")
        self.assertEqual(status, 0, err)
        self.assertEqual(self.closes(), [b["c"] for b in self.bars])
        rejects = self.admin().ask("stats")["counters"]["rejects"]
        self.assertEqual(sum(rejects.values()), 0, rejects)

    def test_says_what_was_taken_and_fails_if_nothing_was(self):
        path = self.folder / "day.csv"
        path.write_text(self.bar_csv(5) + "2025-11-04T00:00:00Z,1,1,1,1,1\n")
        status, out, err = self.feed(path, "--symbol", "NIFTY50")
        self.assertEqual(status, 0, err)
        self.assertIn("day.csv: 5 rows of NIFTY50 taken in ", out)
        self.assertIn(", 1 refused", out)
        self.assertIn("OUTSIDE_SESSION", err)
        path.write_text("timestamp,price\n2025-11-04T00:00:00Z,1\n")
        status, out, err = self.feed(path, "--symbol", "NIFTY50")
        self.assertEqual(status, 1)
        self.assertIn("day.csv: 0 rows of NIFTY50 taken in ", out)
        self.assertIn("1 row refused, the first in line 2", err)

    def test_refused_without_the_scope(self):
        path = self.folder / "day.csv"
        path.write_text(self.bar_csv(5))
        status, _, err = self.cli("feed", path, "--symbol", "NIFTY50", "--timeframe", "1min")
        self.assertEqual(status, 1)
        self.assertIn("FORBIDDEN", err)

    def test_files_that_are_none(self):
        for name, content in (("empty.csv", ""), ("header.csv", "a,b,c\n1,2,3\n"),
                              ("short.csv", "timestamp,price\n5\n"),
                              ("words.csv", "timestamp,price\nnoon,high\n")):
            path = self.folder / name
            path.write_text(content)
            status, _, err = self.feed(path, "--symbol", "NIFTY50")
            self.assertIn(status, (1, 2), f"{name}: {err}")
            self.assertIn(name, err)
        status, _, err = self.feed(self.folder / "absent.csv", "--symbol", "NIFTY50")
        self.assertIn(status, (1, 2))
        self.assertIn("absent.csv", err)


class Addresses(unittest.TestCase):
    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as one:
                one.bind(("::1", 0))
        except OSError:
            self.skipTest("there is no IPv6 here")
        endpoints = [word for name in ("session", "public", "feed")
                     for word in (f"--{name}", "tcp://[::1]:*")]
        with Daemon(*endpoints) as daemon, tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "day.csv")
            path.write_text("timestamp,price\n2025-11-04T05:00:00Z,1\n")
            for args in (["list"], ["status"], ["feed", path, "--symbol", "A"]):
                status, _, err = cli(daemon, *args, claims={"scope": "feed"})
                self.assertEqual((status, err), (0, ""), args)

    def test_a_name_of_this_machine(self):
        with Daemon() as daemon:
            env = {**cli_environment(daemon),
                   "INDSUB_ENDPOINT": daemon.session.replace("127.0.0.1", "localhost")}
            for args in (["list"], ["status"]):
                status, _, err = run("INDSUB_CLI", *args, env=env)
                self.assertEqual((status, err), (0, ""), args)


class PublicCommands(Base):
    settings = {"public": {"tape": 1}}

    def test_status_and_tape_need_no_token(self):
        env = {"INDSUB_ENDPOINT": self.daemon.session}
        status, out, err = run("INDSUB_CLI", "status", env=env)
        self.assertEqual(status, 0, err)
        self.assertTrue(out)

    def test_a_silent_tape_is_told_of(self):
        process = self.start("--json", "tape", "NIFTY50", "1min")
        said = read_line(process.stderr, PATIENCE_S)
        self.assertIn(b"nothing is on the tape", said)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual(process.stdout.read(), b"")

    def test_tape(self):
        process = self.start("--json", "tape", "NIFTY50", "1min")
        feed, n = self.feeder(), 0

        def something():
            nonlocal n
            if n < len(self.bars):
                feed.send([self.bars[n]])
                n += 1
            return read_line(process.stdout, 0.05)
        line = until(something, "a bar on the tape")
        self.assertEqual(json.loads(line)["symbol"], "NIFTY50")


class Reconnecting(Base):
    """A stream outlives the connection, and the daemon."""

    def stream(self, proxy):
        process = self.start("--json", "stream", "NIFTY50", "1min", "SMA(2)", "--closed",
                             env={"INDSUB_ENDPOINT": proxy.endpoint})
        until(lambda: self.admin().ask("stats")["shared"], "its subscription")
        return process

    def test_lost_connection_is_resumed_and_the_gap_filled(self):
        feed, proxy = self.feeder(), self.enterContext(Proxy(self.daemon.session))
        feed.send(self.bars[:5])
        process = self.stream(proxy)
        feed.send(self.bars[5:10])
        seen = [self.line(process) for _ in range(5)]
        proxy.cut()
        feed.send(self.bars[10:30])
        proxy.connect()
        seen += [self.line(process) for _ in range(20)]
        feed.send(self.bars[30:40])
        seen += [self.line(process) for _ in range(10)]
        self.assertEqual([u["bar"] for u in seen], [text(b["t"]) for b in self.bars[5:40]])
        for update, bar, before in zip(seen, self.bars[5:], self.bars[4:]):
            self.assertAlmostEqual(update["indicators"]["SMA_2"], (bar["c"] + before["c"]) / 2)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        self.assertEqual(process.stdout.read(), b"")
        said = process.stderr.read().decode().splitlines()
        self.assertEqual(len(said), 1, said)

    def test_daemon_killed_and_started_again(self):
        feed, process = self.feeder(), None
        feed.send(self.bars[:5])
        process = self.start("--json", "stream", "NIFTY50", "1min", "SMA(2)", "--closed")
        until(lambda: self.admin().ask("stats")["shared"], "its subscription")
        feed.send(self.bars[5:10])
        seen = [self.line(process) for _ in range(5)]
        self.daemon.kill()
        self.daemon.start()
        feed = self.feeder("again")
        feed.send([{"s": "NIFTY50", "t": self.bars[10]["t"], "p": self.bars[10]["c"]}])
        until(lambda: self.admin().ask("stats")["shared"], "its subscription, by itself")
        feed.send(self.bars[10:20])
        while len(seen) < 15:
            seen.append(self.line(process))
        self.assertEqual([u["bar"] for u in seen], [text(b["t"]) for b in self.bars[5:20]])
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        said = process.stderr.read().decode().splitlines()
        self.assertEqual(len(said), 1, said)


if __name__ == "__main__":
    unittest.main()
