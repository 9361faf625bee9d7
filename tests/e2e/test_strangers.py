"""Who opens nothing, who never stops, and what is nobody's business."""
import json
import pathlib
import unittest

import zmq
import zmq.utils.monitor

from support import feeds, isp, tokens
from support.case import Case
from support.waiting import Deadline


class Watched:
    """A DEALER that tells when its connection has come and gone."""

    def __init__(self, endpoint, key=None):
        self.socket = isp.CONTEXT.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndhwm = self.socket.rcvhwm = 0
        if key:
            self.socket.setsockopt(zmq.ROUTING_ID, key.encode())
        self.monitor = self.socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.socket.connect(endpoint)

    def wait_for(self, event):
        deadline = Deadline()
        while self.monitor.poll(deadline.left_ms()):
            if zmq.utils.monitor.recv_monitor_message(self.monitor)["event"] == event:
                return
        raise AssertionError("the connection stays as it is")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.disable_monitor()
        self.monitor.close()
        self.socket.close()


class NeverOpened(Case):
    settings = {"limits": {"open_within_ms": 300}, "sessions": {"heartbeat_ms": 50}}

    def limited(self, name):
        return self.admin().ask("stats")["counters"]["limited"].get(name, 0)

    def test_it_has_to_go(self):
        for endpoint in (self.daemon.session, self.daemon.feed):
            with Watched(endpoint) as silent:
                silent.wait_for(zmq.EVENT_HANDSHAKE_SUCCEEDED)
                silent.wait_for(zmq.EVENT_DISCONNECTED)
        self.assertGreaterEqual(self.limited("open_within_ms"), 2)

    def test_who_speaks_and_never_opens_has_to_go_as_well(self):
        with Watched(self.daemon.session, isp.new_key()) as talker:
            talker.wait_for(zmq.EVENT_HANDSHAKE_SUCCEEDED)
            talker.socket.send(b'{"type":"list"}')
            talker.wait_for(zmq.EVENT_DISCONNECTED)

    def test_who_has_opened_something_stays(self):
        session, feed = self.session(), self.feeder()
        before = self.limited("open_within_ms")
        with Watched(self.daemon.session) as silent:
            silent.wait_for(zmq.EVENT_DISCONNECTED)
        feed.send(feeds.bars("NIFTY50", 5))
        session.ask("list")
        self.assertEqual(self.limited("open_within_ms"), before + 1)


class Floods(Case):
    """Whoever goes on although it is refused loses the connection, and nothing else happens."""

    settings = {"limits": {"requests_per_second": 10, "request_burst": 20,
                           "stranger_requests_per_second": 1, "stranger_request_burst": 5}}

    def setUp(self):
        super().setUp()
        self.bystander, self.feed = self.session("bystander"), self.feeder()
        self.bars = feeds.bars("NIFTY50", 30)
        self.feed.send(self.bars[:10])
        self.bystander.subscribe("NIFTY50", "1min", ["SMA(3)"])

    def tearDown(self):
        self.feed.send(self.bars[10:])
        self.assertEqual(len(self.bystander.sync().closed_bodies()), 20)
        self.assertEqual(self.bystander.gaps, 0)
        super().tearDown()

    def test_of_a_stranger(self):
        for endpoint, message in ((self.daemon.session, [b'{"type":"list"}']),
                                  (self.daemon.feed, [b'{"type":"feed_open"}']),
                                  (self.daemon.feed, [b"1", b"[]"])):
            with Watched(endpoint) as flood:
                flood.wait_for(zmq.EVENT_HANDSHAKE_SUCCEEDED)
                for _ in range(5 + 200 + 1):
                    flood.socket.send_multipart(message)
                flood.wait_for(zmq.EVENT_DISCONNECTED)

    def test_of_a_session_which_is_back_afterwards(self):
        key = isp.new_key()
        token = self.daemon.token("alice")
        with Watched(self.daemon.session, key) as flood:
            flood.socket.send(json.dumps({"type": "open", "token": token}).encode())
            for _ in range(20 + 200 + 30):
                flood.socket.send(b'{"type":"list"}')
            flood.wait_for(zmq.EVENT_DISCONNECTED)
        with self.session("alice", key=key, open=False) as again:
            deadline = Deadline()
            while True:  # what comes too early is not answered at all
                again.send("list")
                again.socket.poll(100)
                again.pump_waiting()
                if any(reply["type"] == "subscriptions" for reply in again.replies.values()):
                    break
                self.assertFalse(deadline.passed())
        counters = self.admin().ask("stats")["counters"]
        self.assertGreaterEqual(counters["limited"]["flood"], 1)


class Secrets(Case):
    """Keys and tokens are in no log, no reply, no file and no list of processes."""

    settings = {"log": {"level": "debug"}}

    def test_they_are_nowhere(self):
        daemon, heard = self.daemon, []
        key, token = isp.new_key(), self.daemon.token("alice")
        forged = tokens.hs256(b"x" * 64, sub="alice")
        self.feeder().send(feeds.bars("NIFTY50", 5))
        with self.session(key=key, open=False) as session:
            for request in ({"type": "open", "token": forged}, {"type": "open", "token": token},
                            {"type": "open", "token": token}, {"type": token},
                            {"type": "list", token: 1}, {"type": "refresh", "token": forged},
                            {"type": "subscribe", "symbol": "NIFTY50", "timeframe": "1min",
                             "indicators": ["SMA(3)"]},
                            {"type": "unsubscribe", "symbol": key, "timeframe": "1min"}):
                heard.append(json.dumps(session.raw(json.dumps(request))))
        heard = [one for one in heard if key not in one]  # but for what was asked for by it
        self.assertEqual(len(heard), 7)
        pid = pathlib.Path(f"/proc/{daemon.pid}")
        command = (pid / "cmdline").read_bytes()
        daemon.stop()
        files = [path.read_bytes() for path in daemon.state.iterdir() if path.name != "jwt.key"]
        self.assertTrue(files)
        for secret in (daemon.secret(), key.encode(), token.rsplit(".", 1)[1].encode(),
                       forged.rsplit(".", 1)[1].encode()):
            for place in (*(one.encode() for one in heard), command,
                          daemon.log_text().encode(), *files):
                self.assertNotIn(secret, place)


if __name__ == "__main__":
    unittest.main()
