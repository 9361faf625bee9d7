"""Starting, stopping, arguments and configuration of indsubd."""
import os
import pathlib
import re
import resource
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from support import feeds, processes, tokens
from support.case import Case
from support.isp import Session
from support.processes import Daemon, environment, program, run, zpl
from support.waiting import until


def indsubd(*args, **more):
    return run("INDSUBD", *args, **more)


class Stopping(Case):
    def stop_with(self, number):
        session, spy = self.session(), self.public("notice", "status")
        spy.wait_topic("status")
        self.daemon.send_signal(number)
        self.assertEqual(self.daemon.wait(), 0)
        session.wait_notice("SHUTDOWN")
        spy.wait(lambda t, d: t == "notice" and d["code"] == "SHUTDOWN", "SHUTDOWN in public")

    def test_sigterm(self):
        self.stop_with(signal.SIGTERM)

    def test_sigint(self):
        self.stop_with(signal.SIGINT)

    def test_with_many_sessions_and_a_feed_under_way(self):
        feed = self.feeder()
        feed.send(feeds.bars("NIFTY50", 100))
        for i in range(30):
            self.session(f"u{i}").subscribe("NIFTY50", "1min", ["RSI(14)"])
        for seq in range(50):
            feed.send_as(feed.seq + 1 + seq, feeds.bars("NIFTY50", 375, seed=seq))
        self.daemon.stop()

    def test_starting_again_on_the_same_endpoints_and_state(self):
        secret = self.daemon.secret()
        epoch = self.session().opened["epoch"]
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.daemon.secret(), secret, "the key is kept")
        self.assertNotEqual(self.session().opened["epoch"], epoch)

    def test_after_a_crash_too(self):
        self.session()
        self.daemon.kill()
        self.daemon.start()
        self.session()


class Starting(Case):
    def test_the_ready_line_says_the_endpoints_as_they_were_asked_for(self):
        for endpoint in (self.daemon.session, self.daemon.public, self.daemon.feed,
                         self.session().opened["public"]):
            self.assertRegex(endpoint, r"^tcp://127\.0\.0\.1:\d+$")

    def test_key_is_made_at_the_first_start(self):
        path = self.daemon.state / "jwt.key"
        self.assertRegex(path.read_text(), re.compile(r"[0-9a-f]{64}\n\Z"))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_key_given_by_file(self):
        with tempfile.TemporaryDirectory() as folder:
            key = pathlib.Path(folder, "key")
            key.write_text("0123456789abcdef0123456789abcdef0123456789abcdef\n")
            key.chmod(0o600)
            daemon = self.another_daemon("--jwt-key", str(key))
            token = tokens.hs256(key.read_text().strip().encode(), sub="alice")
            self.enterContext(Session(daemon, token=token))

    def test_second_daemon_on_the_same_state_is_refused(self):
        with self.assertRaisesRegex(AssertionError, "no ready line") as caught:
            with Daemon(state=self.daemon.state):
                pass
        self.assertIn(str(self.daemon.state), str(caught.exception), "it names the directory")
        self.session()

    def test_state_directory_that_cannot_be(self):
        status, out, err = indsubd("--state", "/dev/null/state", "--session", "tcp://127.0.0.1:*",
                                   "--public", "tcp://127.0.0.1:*", "--feed", "tcp://127.0.0.1:*")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("/dev/null/state", err)

    def test_endpoint_in_use_is_told(self):
        status, out, err = indsubd("--state", self.daemon.folder / "other", "--session",
                                   self.daemon.session, "--public", "tcp://127.0.0.1:*", "--feed",
                                   "tcp://127.0.0.1:*")
        self.assertEqual((status, out), (1, ""))
        self.assertIn(self.daemon.session, err)

    def test_ipc(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        daemon = Daemon(start=False)
        daemon.session, daemon.public, daemon.feed = (f"ipc://{folder}/{n}" for n in "spf")
        self.enterContext(daemon)
        daemon.start()
        self.assertEqual(self.enterContext(Session(daemon)).opened["public"], daemon.public)

    def test_not_beyond_this_machine_without_encryption(self):
        for endpoint in ("tcp://0.0.0.0:*", "tcp://*:*", "tcp://[::]:*", "tcp://192.0.2.1:5570",
                         "tcp://eth0:*"):
            for which in ("--session", "--public", "--feed"):
                status, out, err = indsubd("--state", self.daemon.folder / "x", which, endpoint)
                self.assertEqual((status, out), (2, ""), f"{which} {endpoint}: {err}")
                self.assertIn("--allow-plaintext", err)

    def test_simulated_market(self):
        daemon = self.another_daemon("--simulate=7")
        session = self.enterContext(Session(daemon))
        rows = session.ask("symbols")["symbols"]
        kinds = {row["instrument_type"] for row in rows}
        self.assertLessEqual({"INDEX", "FUT", "CE", "PE"}, kinds)
        self.assertIn("NIFTY50", {row["symbol"] for row in rows})
        session.subscribe("NIFTY50", "5min", ["RSI(14)"])
        session.wait(lambda p: p.is_of("NIFTY50", "5min"), "the market to move")


class Arguments(unittest.TestCase):
    def test_version_and_help(self):
        status, out, err = indsubd("--version")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"^indsubd \d+\.\d+\.\d+")
        status, out, err = indsubd("--help")
        self.assertEqual((status, err), (0, ""))
        for flag in ("--config", "--session", "--public", "--feed", "--state", "--jwt-key",
                     "--instruments", "--simulate", "--check", "--version", "--help"):
            self.assertIn(flag, out)

    def test_bad_usage(self):
        for args in (["--nonsense"], ["--session"], ["surplus"], ["--session", "nonsense"],
                     ["--session", "tcp://"], ["--session", "http://127.0.0.1:1"],
                     ["--simulate=x"], ["--config", "/nonexistent.conf"], ["--check=1"],
                     ["--version=1"], ["--help=me"],
                     ["--instruments", "/nonexistent.csv"]):
            with tempfile.TemporaryDirectory() as folder:
                status, out, err = indsubd("--state", folder, *args)
                self.assertEqual((status, out), (2, ""), f"{args}: {err}")
                self.assertTrue(err.strip(), args)
        self.assertIn("did you mean --session?", indsubd("--sesion", "x")[2])


class Check(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "indsubd.conf")
            path.write_text(text)
            status, out, err = indsubd("--config", path, "--check")
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [path], "it made something")
            return status, (out + err).replace(str(path), "FILE")

    def test_good(self):
        status, said = self.check(zpl({"sessions": {"resume_ms": 5000}}))
        self.assertEqual(status, 0, said)

    def test_every_fault_with_its_line(self):
        status, said = self.check("sessions\n    resume_ms = soon\n    heartbeat_ms = -1\n"
                                  "    nonsense = 7\nno_such_section\n    x = 1\n")
        self.assertEqual(status, 2, said)
        for line, word in ((2, "resume_ms"), (3, "heartbeat_ms"), (4, "nonsense"),
                           (5, "no_such_section")):
            self.assertRegex(said, rf"(?m)^.*\b{line}\b.*{word}")

    def test_what_settings_name_has_its_line_too(self):
        status, said = self.check("market\n    zone = Mars/Olympus\n    seed = x\n"
                                  "    instruments = /nonexistent.csv\noptions\n    rate = some\n"
                                  "endpoints\n    feed = tcp://*:5572\n")
        self.assertEqual(status, 2, said)
        self.assertEqual({line.split(": ")[0] for line in said.splitlines()},
                         {f"FILE:{n}" for n in (2, 3, 4, 6, 8)}, said)

    def test_files_of_keys_and_certificates_have_theirs(self):
        status, said = self.check("auth\n    key_file = /nonexistent/secret\n"
                                  "    keys = /nonexistent/keys\n    revoked = /nonexistent/jti\n"
                                  "curve\n    certificate = /nonexistent/server\n"
                                  "    clients = /nonexistent/clients\n")
        self.assertEqual(status, 2, said)
        self.assertEqual([line.split(": ")[0] for line in said.splitlines()],
                         [f"FILE:{n}" for n in (2, 3, 4, 6, 7)], said)

    def test_sound_files_are_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            secret = pathlib.Path(folder, "secret")
            secret.write_text("ab" * 32 + "\n")
            secret.chmod(0o600)
            keys = pathlib.Path(folder, "keys")
            keys.mkdir()
            self.assertEqual(self.check(f"auth\n    key_file = {secret}\n    keys = {keys}\n"),
                             (0, ""))
            (keys / "desk.pem").write_text("nonsense\n")
            secret.chmod(0o644)
            status, said = self.check(f"auth\n    key_file = {secret}\n    keys = {keys}\n")
        self.assertEqual(status, 2, said)
        self.assertEqual([line.split(": ")[0] for line in said.splitlines()],
                         ["FILE:2", "FILE:3"], said)

    def test_clients_need_a_certificate(self):
        with tempfile.TemporaryDirectory() as clients:
            status, said = self.check(f"curve\n    clients = {clients}\n")
        self.assertEqual(status, 2, said)
        self.assertRegex(said, "^FILE:2: .*certificate")

    def test_it_is_not_started_with_faults_either(self):
        with self.assertRaisesRegex(AssertionError, "resume_ms"):
            with Daemon(settings={"sessions": {"resume_ms": "soon"}}):
                pass


class Hangup(Case):
    def test_sighup_rereads_the_key(self):
        old = self.daemon.token("alice")
        session = self.session()
        (self.daemon.state / "jwt.key").write_text("ab" * 32 + "\n")
        self.daemon.send_signal(signal.SIGHUP)
        fresh = self.daemon.token("bob")

        def accepted():
            with Session(self.daemon, open=False) as other:
                return other.answer("open", token=fresh)["type"] == "opened"
        until(accepted, "tokens of the new key to be accepted")
        with Session(self.daemon, open=False) as other:
            self.assert_code(other.refused("open", token=old), "UNAUTHENTICATED")
        session.wait_notice("TOKEN_EXPIRED")
        self.assert_code(session.refused("list"), "TOKEN_EXPIRED")
        session.ask("refresh", token=self.daemon.token("alice"))
        session.ask("list")

    def test_sighup_rereads_quotas(self):
        settings = {"limits": {"subscriptions": 1}}
        daemon = self._daemon = self.another_daemon(settings=settings)
        self.feeder().send(feeds.bars("NIFTY50", 5))
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(2)"])
        self.assert_code(session.refused("subscribe", symbol="NIFTY50", timeframe="5min",
                                         indicators=["SMA(2)"]), "QUOTA_EXCEEDED")
        daemon.config.write_text(zpl({"limits": {"subscriptions": 2}}))
        daemon.send_signal(signal.SIGHUP)
        until(lambda: session.answer("subscribe", symbol="NIFTY50", timeframe="5min",
                                     indicators=["SMA(2)"])["type"] == "subscribed",
              "the new quota")

    def test_a_faulty_file_leaves_everything_as_it_is(self):
        daemon = self._daemon = self.another_daemon(settings={"limits": {"subscriptions": 1}})
        session = self.session()
        daemon.config.write_text("limits\n    subscriptions = many\n")
        daemon.send_signal(signal.SIGHUP)
        until(lambda: "subscriptions" in daemon.said(), "a word about the faulty file")
        session.ask("list")


class Service(Case):
    """As systemd has it: told how things stand, with nothing left behind by a crash."""

    def start(self, **more):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "notify")
        self.listener = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.listener.bind(path)
        self.listener.settimeout(processes.PATIENCE_S)
        daemon = subprocess.Popen(
            [program("INDSUBD"), "--session", "tcp://127.0.0.1:*", "--public",
             "tcp://127.0.0.1:*", "--feed", "tcp://127.0.0.1:*", "--state", folder + "/state"],
            env=environment({"NOTIFY_SOCKET": path, **more}), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=folder, preexec_fn=allow_cores)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        self.assertIn(b"READY=1", self.listener.recv(4096))
        return daemon

    def test_the_watchdog_hears_that_the_loop_turns(self):
        self.start(WATCHDOG_USEC="200000")
        for _ in range(3):
            self.assertIn(b"WATCHDOG=1", self.listener.recv(4096))

    def test_a_crash_leaves_no_core(self):
        daemon = self.start()
        limits = pathlib.Path(f"/proc/{daemon.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        daemon.send_signal(signal.SIGSEGV)
        _, status = os.waitpid(daemon.pid, 0)
        daemon.returncode = status
        self.assertFalse(os.WCOREDUMP(status))


def allow_cores():
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


if __name__ == "__main__":
    unittest.main()
