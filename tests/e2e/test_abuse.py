"""Peers that do not keep to ZMTP, or keep to it and mean harm: raw TCP, byte by byte. Whatever they
do, a session and a subscriber beside them notice nothing."""
import itertools
import json
import os
import pathlib
import random
import unittest

from support import feeds, isp, zmtp
from support.case import Case
from support.waiting import until
from support.zmtp import DEALER, SUB, XSUB, Wire

MEGABYTE = 1 << 20


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


class Base(Case):
    """Somebody who has bars while a test goes on, and has them all when it is over."""

    settings = {"limits": {"open_within_ms": 1000}, "sessions": {"heartbeat_ms": 300}}

    def setUp(self):
        super().setUp()
        self.feed, self.operator = self.feeder(), self.admin()
        self.bars = feeds.bars("NIFTY50", 40)
        self.feed.send(self.bars[:20])
        self.bystander = self.session("bystander")
        self.bystander.subscribe("NIFTY50", "1min", ["SMA(3)"])
        self.reader = self.public("status")
        self.endpoints = (self.daemon.session, self.daemon.feed, self.daemon.public)

    def tearDown(self):
        self.feed.send(self.bars[20:])
        closed = self.bystander.wait(lambda p: len(self.bystander.closed_bodies()) == 20, "bars")
        self.assertTrue(closed)
        self.assertEqual(self.bystander.gaps, 0)
        self.reader.wait_topic("status")
        super().tearDown()

    def wire(self, endpoint, kind=None, routing_id=b""):
        return self.enterContext(Wire(endpoint, kind, routing_id))

    def keep_alive(self):
        self.bystander.ask("heartbeat")
        self.operator.ask("heartbeat")

    def limited(self, name):
        return self.operator.ask("stats")["counters"]["limited"].get(name, 0)


class Handshakes(Base):
    def test_greetings_that_are_none(self):
        rng = random.Random(6)
        greetings = [b"\0" * 64, b"\xff" * 64, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(60),
                     zmtp.greeting(b"CURVE"), zmtp.greeting(b"PLAIN"), zmtp.greeting(b"NONE"),
                     zmtp.greeting(b"NULL" * 5), zmtp.greeting(as_server=1),
                     zmtp.greeting(major=255, minor=255), zmtp.greeting(major=2),
                     b"\xff" + bytes(7) + b"\1\x7f\0", b"\1\0", b"\4\0abc",
                     *(rng.randbytes(rng.randint(1, 200)) for _ in range(30))]
        for endpoint, greeting in itertools.product(self.endpoints, greetings):
            with Wire(endpoint) as wire:
                wire.send(greeting)
                wire.send(rng.randbytes(50))
        self.keep_alive()

    def test_half_of_one_by_the_hundred(self):
        whole = zmtp.greeting() + zmtp.ready(DEALER)
        wires = []
        for endpoint, size in itertools.product(self.endpoints[:2], range(0, len(whole), 2)):
            wires.append(self.wire(endpoint))
            wires[-1].send(whole[:size])
        self.keep_alive()
        with self.session("newcomer") as newcomer:
            newcomer.ask("list")
        for wire in wires:
            wire.wait_for_end()

    def test_a_byte_at_a_time(self):
        wires = [self.wire(endpoint) for endpoint in self.endpoints[:2]]
        whole = zmtp.greeting() + zmtp.ready(DEALER) + zmtp.frame(b'{"type":"list"}')
        for at in range(len(whole) - 1):
            for wire in wires:
                wire.send(whole[at:at + 1])
        for wire in wires:
            wire.wait_for_end()

    def test_commands_that_are_none(self):
        bodies = [b"", b"\0", b"\xff", b"\5READY\xff", b"\5READY\0\xff\xff\xff\xff",
                  b"\5READY\x0bSocket-Type\xff\xff\xff\xffDEALER", b"\5ERROR\xff", b"\4PING",
                  b"\4PING\xff\xff" + b"x" * 200, b"\4PONG", b"\x07UNKNOWN", b"\x09SUBSCRIBE"]
        for endpoint, body in itertools.product(self.endpoints, bodies):
            with Wire(endpoint) as wire:  # instead of READY
                wire.send(zmtp.greeting() + zmtp.frame(body, command=True))
            with Wire(endpoint, SUB if endpoint == self.daemon.public else DEALER) as wire:
                wire.send(zmtp.frame(body, command=True))
                wire.send(zmtp.frame(body, more=True, command=True))


class Sizes(Base):
    settings = {"limits": {"unread_bytes": 4 * MEGABYTE, "frame_bytes": 65536}}

    def test_lengths_that_nobody_means(self):
        before = resident_bytes(self.daemon.pid)
        for endpoint, size in itertools.product(self.endpoints, (2**64 - 1, 2**63, 2**62, 2**40,
                                                                 2**32, 2**31, 5 * 65536)):
            for flags in (2, 3, 6):
                kind = SUB if endpoint == self.daemon.public else DEALER
                with Wire(endpoint, kind) as wire:
                    wire.send(bytes([flags]) + size.to_bytes(8, "big") + b"x" * 100)
                    wire.wait_for_end()
        self.assertLess(resident_bytes(self.daemon.pid) - before, 64 * MEGABYTE)

    def test_a_message_without_an_end(self):
        part = zmtp.frame(b"x" * 65536, more=True)
        before = resident_bytes(self.daemon.pid)
        for endpoint in self.endpoints[:2]:
            wire = self.wire(endpoint, DEALER)
            while wire.send(part):
                self.assertLess(resident_bytes(self.daemon.pid) - before, 1024 * MEGABYTE)
        self.assertEqual(until(lambda: self.limited("unread_bytes"), "both to be ended"), 2)

    def test_who_has_sent_little_is_not_meant(self):
        silent = self.wire(self.daemon.session, DEALER)
        silent.send(zmtp.frame(b"x" * 1000, more=True))
        wire = self.wire(self.daemon.session, DEALER)
        while wire.send(zmtp.frame(b"x" * 65536, more=True)):
            pass
        until(lambda: self.limited("unread_bytes") == 1, "one to be ended")
        silent.send(zmtp.frame(b"x"))
        self.assertEqual(json.loads(silent.receive_message()[-1])["code"], "BAD_REQUEST")

    def test_messages_of_a_thousand_frames(self):
        frames = b"".join(zmtp.frame(b"x", more=True) for _ in range(999)) + zmtp.frame(b"x")
        for endpoint in self.endpoints[:2]:
            with Wire(endpoint, DEALER) as wire:
                for _ in range(3):
                    wire.send(frames)
                    reply = wire.receive_message()
                    self.assertEqual(json.loads(reply[-1])["code"], "BAD_REQUEST")

    def test_a_stream_from_the_wrong_side(self):
        with self.session("mallory") as mallory:
            for frames in ([b"1", b'{"type":"market_update"}'], [b"1 3", b"{}", b"2", b"{}"],
                           [b"", b"1", b"{}"]):
                self.assert_code(mallory.raw(*frames), "BAD_REQUEST")


class Subscriptions(Base):
    settings = {"limits": {"subscription_bytes": 4 * MEGABYTE}}

    def test_ten_thousand(self):
        wire = self.wire(self.daemon.public, SUB)
        topics = [f"tape/{i}/1min".encode() for i in range(10000)]
        wire.send(b"".join(zmtp.subscribe(topic) for topic in topics + topics))
        wire.send(b"".join(zmtp.frame(b"\1" + topic) for topic in topics))  # as before ZMTP 3.1
        wire.send(zmtp.subscribe(b"status"))
        self.assertEqual(wire.receive_message()[0], b"status")
        self.keep_alive()
        wire.send(b"".join(zmtp.cancel(topic) for topic in reversed(topics)))
        wire.send(b"".join(zmtp.cancel(topic) for topic in topics + topics))
        self.assertEqual(wire.receive_message()[0], b"status")
        self.assertEqual(self.limited("subscription_bytes"), 0)

    def test_without_end(self):
        wire = self.wire(self.daemon.public, SUB)
        while wire.send(b"".join(zmtp.subscribe(os.urandom(100)) for _ in range(100))):
            self.assertLess(resident_bytes(self.daemon.pid), 2048 * MEGABYTE)
        self.assertEqual(until(lambda: self.limited("subscription_bytes"), "it to be ended"), 1)

    def test_a_long_one_is_none(self):
        wire = self.wire(self.daemon.public, SUB)
        wire.send(zmtp.subscribe(b"x" * 1000))
        wire.wait_for_end()

    def test_messages_to_it_go_nowhere(self):
        wire = self.wire(self.daemon.public, XSUB)
        wire.send(zmtp.subscribe(b"mine") + zmtp.subscribe(b"status"))
        for i in range(1000):
            wire.send(zmtp.frame(b"mine", more=i % 2 == 1) + zmtp.frame(b"\2hello"))
            wire.send(zmtp.frame(b"status", more=True) + zmtp.frame(b'{"type":"forged"}'))
        self.assertEqual(wire.receive_message()[0], b"status")
        self.assertTrue(all(b"forged" not in body for _, body in self.reader.messages))


class Rooms(Base):
    """Connections are as many as there are descriptors; nobody takes them from the others."""

    settings = {"limits": {"strangers": 20, "subscribers": 20}}

    def test_the_oldest_stranger_makes_room(self):
        for endpoint in self.endpoints[:2]:
            wires = [self.wire(endpoint, DEALER if i % 2 else None) for i in range(60)]
            for wire in wires[:60 - 20]:
                wire.wait_for_end()
            with self.session("newcomer") as newcomer, self.feeder("another") as feed:
                newcomer.ask("list")
                feed.send([])
            for wire in wires:
                wire.socket.close()
        self.assertGreaterEqual(self.limited("strangers"), 2 * 40)

    def test_the_oldest_subscriber_makes_room(self):
        wires = [self.wire(self.daemon.public, SUB) for i in range(60)]
        for wire in wires[:60 - 20]:
            wire.wait_for_end()
        with self.public("status") as newcomer:
            newcomer.wait_topic("status")
        self.assertGreaterEqual(self.limited("subscribers"), 40)


class RoutingIds(Base):
    def test_of_every_kind(self):
        key = self.bystander.key.encode()
        kinds = [b"", b"\0", b"\0\0\0\0\1", b"\0" * 22, b"\xff" * 255, b"a" * 255, b"x" * 256,
                 b"x" * 100000, key[:-1], key + b"A", key + b"\0", b"\0" + key, key.swapcase(),
                 key.upper(), key + b"=", key + b"==", key[::-1], b"A" * 22, b"AB" * 11,
                 b"\n" * 22, "é".encode() * 11, *(os.urandom(n) for n in range(1, 30))]
        kinds = [one for one in kinds if one != key]
        token = self.daemon.token("mallory")
        for kind in kinds:
            with Wire(self.daemon.session, DEALER, kind) as wire:
                wire.send(zmtp.frame(json.dumps({"type": "open", "token": token}).encode()))
                message = wire.receive_message()
                if message is None:
                    continue  # libzmq takes none of 256 bytes or more
                self.assertEqual(len(message), 1)
                reply = json.loads(message[0])
                well_formed = len(kind) == 22 and reply["type"] == "opened"
                if not well_formed:
                    self.assert_code(reply, "KEY_REQUIRED")
                else:
                    self.assertEqual((reply["user_id"], reply["resumed"]), ("mallory", False))
                    wire.send(zmtp.frame(b'{"type":"close"}'))
                    wire.receive_message()
        self.keep_alive()

    def test_thousands_of_take_overs_while_bars_are_sent(self):
        key, n = isp.new_key().encode(), 2000
        token = self.daemon.token("mallory")
        opening = json.dumps({"type": "open", "token": token}).encode()
        asking = json.dumps({"type": "subscribe", "symbol": "OTHER", "timeframe": "1min",
                             "indicators": ["SMA(3)"]}).encode()
        others = feeds.bars("OTHER", n + 1)
        self.feed.send(others[:1])
        hello = zmtp.greeting() + zmtp.ready(DEALER, key)
        wires = [self.wire(self.daemon.session, DEALER, key)]
        wires[0].send(zmtp.frame(opening) + zmtp.frame(asking))
        self.assertEqual([json.loads(wires[0].receive_message()[0])["type"] for _ in range(2)],
                         ["opened", "subscribed"])
        for i in range(n):
            wires.append(Wire(self.daemon.session))
            wires[-1].send(hello + zmtp.frame(opening))
            if len(wires) > 20:
                wires.pop(0).socket.close()
            if i % 10 == 9:
                self.feed.send(others[i - 8:i + 2])
                self.keep_alive()
        for wire in wires:
            wire.socket.close()
        with self.session("mallory", key=key.decode(), open=False) as last:
            self.assertIn(last.answer("open", token=token).get("code"), (None, "ALREADY_OPEN"))
            self.assertEqual(len(last.ask("list")["subscriptions"]), 1)
            updates = last.ask("history", symbol="OTHER", timeframe="1min", limit=5000)["updates"]
            self.assertEqual(len(updates), n + 1)


if __name__ == "__main__":
    unittest.main()
