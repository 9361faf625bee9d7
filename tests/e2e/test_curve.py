"""Encryption (CURVE): who may connect, what can be read on the way, and that nobody binds a socket
beyond this machine without it."""
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import textwrap
import threading
import unittest

import zmq

from support import feeds
from support.case import Case
from support.curve import Certificate, Curve
from support.isp import CONTEXT, Feeder, Public, Session, new_key, parse
from support.processes import (PATIENCE_S, Daemon, cli_environment, environment, program,
                               run)

SILENCE_MS = 250  # after the end of an attempt: nothing may come then


class Base(Case):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="indsub-curve-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.server = Certificate(self.folder, "server")
        self.alice = Certificate(self.folder, "alice")
        self.clients = self.folder / "clients"
        self.clients.mkdir(mode=0o700)

    def conf(self, **curve):
        return {"curve": {"certificate": f'"{self.server.path}"', **curve}}

    def allow(self, certificate, name=None):
        shutil.copy(certificate.public_path, self.clients / (name or certificate.path.name))

    def assert_deaf(self, curve, daemon=None):
        """Whoever comes like this gets no connection, and so no answer."""
        daemon = daemon or self.daemon
        dealer = CONTEXT.socket(zmq.DEALER)
        monitor = dealer.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED |
            zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL |
            zmq.EVENT_HANDSHAKE_FAILED_AUTH)
        try:
            dealer.linger = 0
            dealer.setsockopt(zmq.ROUTING_ID, new_key().encode())
            if curve:
                curve.apply(dealer)
            dealer.connect(daemon.session)
            dealer.send(b'{"type":"heartbeat"}')
            self.assertTrue(monitor.poll(30000), "the attempt has come to an end")
            event = int.from_bytes(monitor.recv_multipart()[0][:2], "little")
            self.assertNotEqual(event, zmq.EVENT_HANDSHAKE_SUCCEEDED)
            self.assertFalse(dealer.poll(SILENCE_MS), "an answer to somebody not let in")
        finally:
            dealer.disable_monitor()
            monitor.close()
            dealer.close()

    def alice_is_in(self):
        session = self.enterContext(Session(self.daemon, curve=self.alice.towards(self.server)))
        return session


class Keygen(Base):
    def test_two_files_for_their_owner_alone(self):
        before = os.umask(0)
        try:
            made = Certificate(self.folder, "made")
        finally:
            os.umask(before)
        for path in (made.path, made.public_path):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)
        self.assertEqual(made.said, made.public.decode() + "\n")
        self.assertIn(made.secret.decode(), made.path.read_text())
        self.assertNotIn(made.secret.decode(), made.public_path.read_text() + made.said)

    def test_what_is_there_is_not_overwritten(self):
        text = self.server.path.read_text()
        for name in ("server", "other"):
            (self.folder / "other.pub").touch()
            status, said, error = run("INDSUB_CLI", "keygen", self.folder / name)
            self.assertEqual((status, said), (1, ""))
            self.assertIn("exists", error)
        self.assertEqual(self.server.path.read_text(), text)
        self.assertFalse((self.folder / "other").exists())

    def test_json(self):
        status, said, _ = run("INDSUB_CLI", "--json", "keygen", self.folder / "j")
        self.assertEqual(status, 0)
        self.assertEqual(set(parse(said)), {"public_key", "certificate", "public_certificate"})


class AnyClient(Base):
    """Without a directory of clients whoever knows the server's key may connect, and then needs a
    token as ever."""

    def setUp(self):
        super().setUp()
        self.settings = self.conf()
        self.curve = Curve(self.server.public)

    def test_all_three_sockets(self):
        feed = self.enterContext(Feeder(self.daemon, curve=self.curve))
        spy = self.enterContext(Public(self.daemon, "status", curve=self.curve))
        session = self.enterContext(Session(self.daemon, curve=self.curve))
        self.assertEqual(session.opened["curve"], ["session", "public", "feed"])
        feed.send(feeds.bars("NIFTY50", 30))
        session.subscribe("NIFTY50", "1min", ["SMA(3)"])
        feed.send(feeds.bars("NIFTY50", 31)[30:])
        session.wait(lambda p: p.is_of("NIFTY50", "1min") and p.doc["closed"], "a bar")
        spy.wait_topic("status")

    def test_a_token_is_needed_all_the_same(self):
        with Session(self.daemon, open=False, curve=self.curve) as session:
            self.assert_code(session.refused("list"), "NOT_OPEN")
            self.assert_code(session.refused("open", token="x.y.z"), "UNAUTHENTICATED")
        with self.assertRaisesRegex(AssertionError, "FORBIDDEN"):
            Feeder(self.daemon, token=self.daemon.token("alice"), curve=self.curve)

    def test_nothing_without_encryption_or_with_a_wrong_server_key(self):
        self.assert_deaf(None)
        self.assert_deaf(Curve(self.alice.public))
        with Public(self.daemon, "") as plain, \
                Public(self.daemon, "status", curve=self.curve) as spy:
            spy.wait_topic("status")
            spy.wait_topic("status")
            self.assertFalse(plain.socket.poll(0))
        self.enterContext(Session(self.daemon, curve=self.curve))

    def test_what_crosses_the_network_cannot_be_read(self):
        with Tap(self.daemon.session) as tap:
            self.daemon.session, direct = tap.endpoint, self.daemon.session
            with Session(self.daemon, "alice", curve=self.curve) as session:
                session.ask("symbols")
            self.daemon.session = direct
        self.assertGreater(len(tap.bytes), 500)
        for word in (b"token", b"alice", b"opened",
                     session.key.encode(), session.session_id[:8].encode()):
            self.assertNotIn(word, bytes(tap.bytes))


class Tap:
    """A relay that keeps what crosses it."""

    def __init__(self, endpoint):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self.target = (host, int(port))
        self.bytes = bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target)
                self.open += [near, far]
                for a, b in ((near, far), (far, near)):
                    threading.Thread(target=self.pump, args=(a, b), daemon=True).start()
        except OSError:
            pass

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self.bytes += data
                sink.sendall(data)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.open:
            one.close()


class ListedClients(Base):
    """With a directory of clients only theirs may connect."""

    def setUp(self):
        super().setUp()
        self.settings = self.conf(clients=f'"{self.clients}"')
        self.bob = Certificate(self.folder, "bob")

    def test_who_is_listed_and_who_is_not(self):
        self.allow(self.alice)
        self.alice_is_in()
        self.assert_deaf(self.bob.towards(self.server))
        self.assert_deaf(Curve(self.server.public))
        self.assert_deaf(None)
        self.alice_is_in().ask("list")

    def test_nobody(self):
        self.assert_deaf(self.alice.towards(self.server))

    def test_added_and_taken_away_at_sighup(self):
        self.allow(self.bob)
        self.assert_deaf(self.alice.towards(self.server))
        self.allow(self.alice)
        self.daemon.reload()
        connected = self.alice_is_in()
        (self.clients / "alice").unlink()
        self.daemon.reload()
        self.assert_deaf(self.alice.towards(self.server))
        connected.ask("list")
        self.enterContext(Session(self.daemon, "bob", curve=self.bob.towards(self.server)))

    def test_a_certificate_twice_harms_nothing(self):
        self.allow(self.alice)
        self.allow(self.alice, "the same again")
        self.alice_is_in()
        self.allow(self.alice, "once more")
        self.assert_deaf(self.bob.towards(self.server))
        self.daemon.reload()
        self.alice_is_in()

    def test_a_faulty_directory_keeps_the_list_as_it_was(self):
        self.allow(self.alice)
        self.alice_is_in()
        (self.clients / "broken").write_text("curve\n    public-key = \"short\"\n")
        self.allow(self.bob)
        self.daemon.reload()
        self.assertIn("broken is no certificate", self.daemon.said())
        self.alice_is_in()
        self.assert_deaf(self.bob.towards(self.server))

    def test_what_is_wrong_is_told_at_the_start(self):
        cases = {"is no certificate": lambda path: path.write_text("nonsense"),
                 "belongs to its owner alone": lambda path: shutil.copy(self.bob.path, path),
                 "not a file": lambda path: path.mkdir()}
        for sentence, make in cases.items():
            path = self.clients / "wrong"
            make(path)
            with Daemon(settings=self.settings, start=False) as daemon:
                status, said, error = run("INDSUBD", *daemon.command()[1:])
            self.assertEqual((status, said), (1, ""), sentence)
            self.assertIn(sentence, error)
            self.assertNotIn(self.bob.secret.decode(), error)
            path.rmdir() if path.is_dir() else path.unlink()

    def test_nothing_of_it_is_left_behind(self):
        self.allow(self.alice)
        self.alice_is_in()
        self.daemon.stop()
        self.assertFalse((self.daemon.state / "curve").exists())


class Binding(Base):
    """At the start."""

    def start(self, *args, settings=None):
        """Its exit status and what it said, for one that must not start."""
        with Daemon(*args, settings=settings, start=False) as daemon:
            status, said, error = run("INDSUBD", *daemon.command()[1:])
        self.assertEqual(said, "")
        return status, error

    def test_beyond_this_machine_only_with_encryption(self):
        for name in ("session", "public", "feed"):
            with self.subTest(name):
                far = (f"--{name}", "tcp://0.0.0.0:*")
                status, error = self.start(*far)
                self.assertEqual(status, 2)
                self.assertRegex(error, f"{name} endpoint tcp://0.0.0.0:.*is not encrypted")
                others = " ".join({"session", "public", "feed"} - {name})
                status, error = self.start(*far, settings=self.conf(sockets=f'"{others}"'))
                self.assertEqual(status, 2)
                self.another_daemon(*far, "--certificate", str(self.server.path))
                self.another_daemon(*far, "--allow-plaintext")

    def test_only_the_sockets_that_ask_for_it(self):
        self.settings = self.conf(sockets="session")
        session = self.enterContext(Session(self.daemon, curve=Curve(self.server.public)))
        self.assertEqual(session.opened["curve"], ["session"])
        self.public("status").wait_topic("status")
        self.feeder()
        self.assert_deaf(None)

    def test_a_secret_that_others_can_read(self):
        for mode in (0o640, 0o604, 0o620, 0o602):
            self.server.path.chmod(mode)
            status, error = self.start("--certificate", str(self.server.path))
            self.assertEqual(status, 1)
            self.assertIn("can be read by others", error)

    def test_what_is_no_secret_certificate(self):
        for path, sentence in ((self.server.public_path, "no secret key"),
                               (self.folder / "nowhere", "cannot read"),
                               (self.folder, "not a file")):
            status, error = self.start("--certificate", str(path))
            self.assertEqual(status, 1)
            self.assertIn(sentence, error)
            self.assertNotIn(self.server.secret.decode(), error)

    def test_sockets_that_are_files_are_their_owners_alone(self):
        paths = [self.folder / name for name in ("s", "p", "f")]
        before = os.umask(0)
        try:
            daemon = self.enterContext(Daemon(start=False))
            daemon.session, daemon.public, daemon.feed = (f"ipc://{path}" for path in paths)
            daemon.start()
        finally:
            os.umask(before)
        for path in paths:
            self.assertTrue(stat.S_ISSOCK(path.stat().st_mode))
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.enterContext(Session(daemon)).ask("list")

    def test_abstract_sockets_belong_to_nobody(self):
        status, error = self.start("--feed", "ipc://@indsub")
        self.assertEqual(status, 2)


class OnALan(unittest.TestCase):
    """The lines that README.md has for it do what it says."""

    def test_the_five_lines(self):
        readme = pathlib.Path(__file__).resolve().parents[2] / "README.md"
        lines = re.search(r"### On a LAN, safely\n\n((?:    .*\n)+)", readme.read_text())[1]
        with socket.socket() as one, socket.socket() as other:  # free ports
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            ports = [s.getsockname()[1] for s in (one, other)]
        script = textwrap.dedent(lines).replace("HOST", "127.0.0.1")
        for port, free in zip((5570, 5571), ports):
            script = script.replace(f":{port}", f":{free}")
        script = script.replace(" &\n", " --feed tcp://127.0.0.1:* >ready & trap \"kill $!\" EXIT\n"
                                         "until [ -s ready ]; do sleep 0.05; done\n")
        script = f"set -e\n{script.rstrip()} list\n"
        with tempfile.TemporaryDirectory() as folder:
            tools = os.path.join(folder, "bin")
            os.mkdir(tools)
            for variable in ("INDSUBD", "INDSUB_CLI"):
                os.symlink(os.path.abspath(program(variable)),
                           os.path.join(tools, os.path.basename(program(variable))))
            done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True,
                                  timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
                                  env={**environment(), "PATH": f"{tools}:{os.environ['PATH']}",
                                       "XDG_STATE_HOME": folder})
            self.assertEqual(done.returncode, 0, done.stderr)


class Programs(Base):
    """indsub-cli, and libindsub in it."""

    def setUp(self):
        super().setUp()
        self.allow(self.alice)
        self.settings = self.conf(clients=f'"{self.clients}"')
        self.keys = ("--server-key", self.server.public_path, "--certificate", self.alice.path)

    def cli(self, *args, env=None):
        return run("INDSUB_CLI", *args, env={
            **cli_environment(self.daemon, scope="feed admin"), **(env or {})})

    def test_stream_feed_and_status(self):
        file = self.folder / "bars.csv"
        rows = "".join(f"{bar['t']},{bar['o']},{bar['h']},{bar['l']},{bar['c']},{bar['v']}\n"
                       for bar in feeds.bars("NIFTY50", 40))
        file.write_text("timestamp,open,high,low,close,volume\n" + rows)
        status, _, error = self.cli(*self.keys, "feed", file, "--symbol", "NIFTY50")
        self.assertEqual(status, 0, error)
        status, said, error = self.cli(*self.keys, "--json", "stream", "NIFTY50", "1min", "SMA(3)",
                                       "--count", "1")
        self.assertEqual(status, 0, error)
        self.assertEqual(parse(said)["type"], "market_update")
        status, said, error = self.cli(*self.keys, "--json", "status")
        self.assertEqual((status, parse(said)["type"]), (0, "status"), error)

    def test_key_by_its_text_and_by_environment(self):
        status, _, error = self.cli("--server-key", self.server.public.decode(), "--certificate",
                                    self.alice.path, "list")
        self.assertEqual(status, 0, error)
        status, _, error = self.cli("list", env={
            "INDSUB_SERVER_KEY": str(self.server.public_path),
            "INDSUB_CERTIFICATE": str(self.alice.path)})
        self.assertEqual(status, 0, error)

    def test_what_does_not_fit_is_told(self):
        stranger = Certificate(self.folder, "stranger")
        server = self.server.public_path
        cases = [((), 1, "server key is needed"),
                 (("--server-key", server), 1, "does not let this certificate in"),
                 (("--server-key", server, "--certificate", stranger.path), 1,
                  "does not let this certificate in"),
                 (("--server-key", stranger.public_path, "--certificate", self.alice.path), 1,
                  "another server key"),
                 (("--certificate", self.alice.path), 2, "needs a --server-key"),
                 (("--server-key", "nonsense"), 2, "cannot read nonsense"),
                 (("--server-key", server, "--certificate", self.alice.public_path), 2,
                  "no secret key")]
        for options, wanted, sentence in cases:
            with self.subTest(options):
                status, said, error = self.cli(*options, "list")
                self.assertEqual((status, said), (wanted, ""))
                self.assertIn(sentence, error)
        self.alice.path.chmod(0o644)
        status, _, error = self.cli(*self.keys, "list")
        self.assertEqual(status, 2)
        self.assertIn("can be read by others", error)

    def test_a_daemon_that_is_not_encrypted_is_not_spoken_to_in_the_clear(self):
        plain = self.another_daemon()
        status, _, error = run("INDSUB_CLI", *self.keys, "list", env=cli_environment(plain))
        self.assertEqual(status, 1)
        self.assertIn("is not encrypted", error)

    def test_sockets_that_are_not_encrypted_beside_one_that_is(self):
        self.settings["curve"]["sockets"] = "session"
        status, said, error = self.cli(*self.keys, "--json", "status")
        self.assertEqual((status, parse(said)["type"]), (0, "status"), error)
        file = self.folder / "ticks.csv"
        file.write_text("timestamp,price\n2025-11-04T09:20:00,100\n")
        status, _, error = self.cli(*self.keys, "feed", file, "--symbol", "NIFTY50")
        self.assertEqual(status, 0, error)

    def test_a_daemon_that_starts_anew_is_found_again(self):
        """The library's own healing goes through the handshake too."""
        self.assertEqual(self.cli(*self.keys, "list")[0], 0)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.cli(*self.keys, "list")[0], 0)


if __name__ == "__main__":
    unittest.main()
