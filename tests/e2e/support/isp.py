"""isp - a client of the wire protocol, written from indsub-protocol(7) alone.

It checks on every message what the protocol promises of all messages (frames, seq, members, no
NaN), so every test checks that too."""
import base64
import json
import os
import re

import zmq

from .waiting import Deadline

CONTEXT = zmq.Context()
UPDATE_MEMBERS = {"type", "symbol", "timeframe", "timestamp", "bar", "closed", "ohlcv", "greeks",
                  "oi", "indicators"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def new_key():
    """A session's key: 128 random bits as 22 characters of URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()


def refuse_constant(name):
    raise AssertionError(f"{name} on the wire")


def take_once(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise AssertionError("a member twice")
    return members


DECODER = json.JSONDecoder(parse_constant=refuse_constant, object_pairs_hook=take_once)


def parse(body):
    """Strict JSON in UTF-8: no NaN or infinity, no member twice."""
    try:
        return DECODER.decode(body.decode() if isinstance(body, bytes) else body)
    except AssertionError as error:
        raise AssertionError(f"{error}: {body!r}") from None


def check_update(update):
    """What is true of every market_update."""
    assert set(update) == UPDATE_MEMBERS, f"members of a market_update: {sorted(update)}"
    assert TIME.fullmatch(update["timestamp"]) and TIME.fullmatch(update["bar"]), update
    ohlcv = update["ohlcv"]
    assert list(ohlcv) == ["open", "high", "low", "close", "volume"], ohlcv
    assert ohlcv["low"] <= min(ohlcv["open"], ohlcv["close"]), ohlcv
    assert ohlcv["high"] >= max(ohlcv["open"], ohlcv["close"]), ohlcv
    assert update["bar"] <= update["timestamp"], update


class Push:
    """One message of a session's stream."""

    def __init__(self, seq, merged, body):
        self.seq, self.merged, self.body = seq, merged, body
        self.doc = parse(body)
        self.type = self.doc["type"]
        if self.type == "market_update":
            check_update(self.doc)

    def is_of(self, symbol, timeframe):
        return (self.type == "market_update" and self.doc["symbol"] == symbol
                and self.doc["timeframe"] == timeframe)


class Refused(AssertionError):
    """A request that was answered with an error; .reply has it."""

    def __init__(self, request, reply):
        super().__init__(f"{request} was answered with {reply}")
        self.reply = reply


class Session:
    """One session: a DEALER whose routing id is the session's key. `pushed` holds its stream."""

    def __init__(self, daemon, user="alice", *, key=None, open=True, token=None, hwm=0,
                 receive_buffer=None, claims=None, curve=None, **members):
        self.daemon = daemon
        self.key = new_key() if key is None else key
        self.socket = CONTEXT.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.rcvhwm = hwm
        if receive_buffer:
            self.socket.setsockopt(zmq.RCVBUF, receive_buffer)
        if self.key:
            self.socket.setsockopt(zmq.ROUTING_ID, self.key.encode())
        if curve:
            curve.apply(self.socket)
        self.socket.connect(daemon.session)
        self.n_requests = 0
        self.seq = None  # of the newest message; None until one has come or `opened` told it
        self.gaps = 0
        self.pushed = []
        self.replies = {}
        self.opened = None
        if open:
            self.open(user, token=token, claims=claims, **members)

    def open(self, user="alice", *, token=None, claims=None, **members):
        token = token or self.daemon.token(user, **(claims or {}))
        self.opened = self.ask("open", token=token, **members)
        if self.seq is None:
            self.seq = self.opened["seq"]
        return self.opened

    @property
    def session_id(self):
        return self.opened["session_id"]

    # -- requests -------------------------------------------------------------------------------

    def send(self, type_, **members):
        """Sends a request without waiting; gives its id."""
        self.n_requests += 1
        self.socket.send(json.dumps({"type": type_, "id": self.n_requests, **members}).encode())
        return self.n_requests

    def reply_to(self, id_):
        deadline = Deadline()
        while id_ not in self.replies:
            self.pump_once(deadline, f"the reply to request {id_}")
        return self.replies.pop(id_)

    def answer(self, type_, **members):
        """The reply, an error or not."""
        return self.reply_to(self.send(type_, **members))

    def ask(self, type_, **members):
        """The reply, which must not be an error."""
        reply = self.answer(type_, **members)
        if reply["type"] == "error":
            raise Refused(type_, reply)
        return reply

    def refused(self, type_, **members):
        """The error that the request must be answered with."""
        reply = self.answer(type_, **members)
        assert reply["type"] == "error", f"{type_} {members} was not refused but: {reply}"
        assert set(reply) - {"details"} == {"type", "id", "code", "temporary", "message"}, reply
        assert reply["message"], reply
        return reply

    def raw(self, *frames):
        """Sends frames as they are and gives the next reply, whatever its id."""
        self.socket.send_multipart([f if isinstance(f, bytes) else f.encode() for f in frames])
        deadline = Deadline()
        while not self.replies:
            self.pump_once(deadline, f"a reply to {frames!r}")
        return self.replies.pop(next(iter(self.replies)))

    def subscribe(self, symbol, timeframe, indicators, **members):
        return self.ask("subscribe", symbol=symbol, timeframe=timeframe, indicators=indicators,
                        **members)

    # -- stream ---------------------------------------------------------------------------------

    def take(self, frames):
        assert len(frames) % 2 == 0, f"a stream message of {len(frames)} frames"
        for seq, body in zip(frames[::2], frames[1::2]):
            match = re.fullmatch(rb"([1-9]\d*)(?: ([1-9]\d*))?", seq)
            assert match, f"seq {seq!r}"
            number, merged = int(match[1]), int(match[2] or 0)
            if self.seq is not None and number != self.seq + 1:
                self.gaps += 1
            self.seq = number
            self.pushed.append(Push(number, merged, body))

    def pump_once(self, deadline, what):
        if not self.socket.poll(deadline.left_ms()):
            raise AssertionError(f"waited in vain for {what}")
        frames = self.socket.recv_multipart()
        if len(frames) > 1:
            self.take(frames)
        else:
            reply = parse(frames[0])
            self.replies[reply.get("id")] = reply

    def pump_waiting(self):
        """Takes in what has arrived."""
        while self.socket.poll(0):
            self.pump_once(Deadline(), "what is there")

    def sync(self):
        """Everything that the daemon had for this session before now: replies and stream keep
        their order, so what was pushed before the acknowledgement has been received with it."""
        self.ask("heartbeat")
        return self

    def wait(self, condition, what):
        """Takes in the stream until `condition(push)` is true of a message; gives that message.
        Messages that are there already count."""
        deadline, looked = Deadline(), 0
        while True:
            for push in self.pushed[looked:]:
                if condition(push):
                    return push
            looked = len(self.pushed)
            # As clients do: whoever sends nothing for three heartbeats is let go.
            if not self.socket.poll(self.opened["heartbeat_ms"]) and not deadline.passed():
                self.ask("heartbeat")
            else:
                self.pump_once(deadline, what)

    def wait_notice(self, code):
        return self.wait(lambda p: p.type == "notice" and p.doc["code"] == code, f"notice {code}")

    def forget(self):
        self.pushed.clear()
        return self

    def updates(self, symbol=None, timeframe=None, closed=None):
        return [p.doc for p in self.pushed if p.type == "market_update"
                and symbol in (None, p.doc["symbol"]) and timeframe in (None, p.doc["timeframe"])
                and closed in (None, p.doc["closed"])]

    def closed_bodies(self, symbol=None, timeframe=None):
        return [p.body for p in self.pushed if p.type == "market_update" and p.doc["closed"]
                and symbol in (None, p.doc["symbol"]) and timeframe in (None, p.doc["timeframe"])]

    def indicators_seen(self):
        return {id_ for update in self.updates() for id_ in update["indicators"]}

    def disconnect(self):
        """Goes without a word, as a dead client does."""
        self.socket.close()

    close = disconnect

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Feeder:
    """A source of ticks and bars; gives every item once and waits until it is acknowledged."""

    def __init__(self, daemon, source="e2e", token=None, curve=None):
        self.daemon = daemon
        self.socket = CONTEXT.socket(zmq.DEALER)
        self.socket.linger = 0
        if curve:
            curve.apply(self.socket)
        self.socket.connect(daemon.feed)
        token = token or daemon.token("feeder", scope="feed")
        self.rejects = []
        self.acked = 0
        self.opened = None
        self.socket.send(json.dumps({"type": "feed_open", "id": 1, "token": token,
                                     "source": source}).encode())
        while self.opened is None:
            self.pump()
        if self.opened["type"] != "feed_opened":
            raise Refused("feed_open", self.opened)
        self.seq = self.acked = self.opened["last_seq"]

    def pump(self):
        if not self.socket.poll(Deadline().left_ms()):
            raise AssertionError("the feed socket says nothing")
        reply = parse(self.socket.recv_multipart()[-1])
        if reply["type"] == "ack":
            assert reply["seq"] >= self.acked, reply
            self.acked = reply["seq"]
        elif reply["type"] == "reject":
            self.rejects.append(reply)
        else:
            self.opened = reply

    def send_as(self, seq, body):
        """One message of that seq, without waiting."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.socket.send_multipart([str(seq).encode(), body])

    def send(self, items, batch=200):
        """All items, in messages of `batch`; returns when the last one is acknowledged."""
        for at in range(0, len(items), batch):
            self.seq += 1
            self.send_as(self.seq, items[at:at + batch])
        while self.acked < self.seq:
            self.pump()
        return self

    def clock(self, time):
        return self.send([{"clock": time}])

    def disconnect(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Public:
    """A SUB on the public socket."""

    def __init__(self, daemon, *prefixes, curve=None):
        self.socket = CONTEXT.socket(zmq.SUB)
        if curve:
            curve.apply(self.socket)
        self.socket.linger = 0
        self.socket.rcvhwm = 0
        for prefix in prefixes or ("",):
            self.socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
        self.socket.connect(daemon.public)
        self.messages = []

    def wait(self, condition, what):
        """The first message from now on with condition(topic, document)."""
        deadline = Deadline()
        while True:
            if not self.socket.poll(deadline.left_ms()):
                raise AssertionError(f"waited in vain for {what} on the public socket")
            topic, body = self.receive()
            if condition(topic, parse(body)):
                return parse(body)

    def receive(self):
        frames = self.socket.recv_multipart()
        assert len(frames) == 2, f"a public message of {len(frames)} frames"
        self.messages.append((frames[0].decode(), frames[1]))
        return self.messages[-1]

    def wait_topic(self, topic):
        return self.wait(lambda t, _: t == topic, f"topic {topic}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
