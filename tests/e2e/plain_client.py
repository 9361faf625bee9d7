#!/usr/bin/env python3
"""A client of indsubd in plain Python, written from indsub-protocol(7) alone.
usage: plain_client.py SESSION-ENDPOINT FEED-ENDPOINT JWT-KEY-FILE

alice has two tabs and bob one, all on one symbol; each is shown to get its own indicators only."""
import base64
import json
import math
import os
import sys
import time

import jwt
import zmq

context = zmq.Context()


class Session:
    def __init__(self, endpoint, token):
        key = base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=")  # whoever has it is the session
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.ROUTING_ID, key)
        self.socket.connect(endpoint)
        self.updates, self.seq = [], 0
        self.ask("open", token=token)

    def ask(self, type, **members):
        self.socket.send_json({"type": type, **members})
        while len(frames := self.socket.recv_multipart()) > 1:  # one is a reply, pairs the stream
            self.take(frames)
        reply = json.loads(frames[0])
        if reply["type"] == "error":
            sys.exit(f"{reply['code']}: {reply['message']}")
        return reply

    def take(self, frames):
        for seq, body in zip(frames[::2], frames[1::2]):
            assert int(seq.split()[0]) == self.seq + 1, "a gap: ask resync"
            self.seq += 1
            if (message := json.loads(body))["type"] == "market_update":
                self.updates.append(message)


def feed(endpoint, token, source, items):
    socket = context.socket(zmq.DEALER)
    socket.connect(endpoint)
    socket.send_json({"type": "feed_open", "token": token, "source": source})
    seq = socket.recv_json()["last_seq"] + 1
    socket.send_multipart([str(seq).encode(), json.dumps(items).encode()])
    while (answer := socket.recv_json())["type"] != "ack" or answer["seq"] < seq:
        print("feed:", answer)


def main(session_endpoint, feed_endpoint, key_file):
    def token(user, **claims):
        claims |= {"sub": user, "exp": int(time.time()) + 3600}
        return jwt.encode(claims, open(key_file).read().strip(), "HS256")

    start, bars = 1762227900000, []  # 2025-11-04, 09:15 in India
    for i in range(200):
        o, c = 25000 + 50 * math.sin((i - 1) / 9) + i, 25000 + 50 * math.sin(i / 9) + i
        bars.append({"s": "NIFTY50", "tf": "1min", "t": start + i * 60000, "o": o, "c": c,
                     "h": max(o, c) + 2, "l": min(o, c) - 2, "v": 100})
    feed(feed_endpoint, token("feeder", scope="feed"), "plain", bars[:150])
    wanted = {"alice A": ["RSI(14)", "MACD(12,26,9)"], "alice B": ["SMA(20)", "BBANDS(20,2)"],
              "bob": ["RSI(14)"]}
    sessions = {name: Session(session_endpoint, token(name.split()[0])) for name in wanted}
    own = {name: set(s.ask("subscribe", symbol="NIFTY50", timeframe="5min",
                           indicators=wanted[name])["indicators"]) for name, s in sessions.items()}
    feed(feed_endpoint, token("feeder", scope="feed"), "plain", bars[150:])
    for name, session in sessions.items():
        session.ask("heartbeat")  # its answer comes after everything that was pushed before
        seen = {id for update in session.updates for id in update["indicators"]}
        print(f"{name}: {len(session.updates)} updates, {' '.join(sorted(seen))}")
        assert seen == own[name], f"foreign indicators: {seen - own[name]}"


main(*sys.argv[1:])
