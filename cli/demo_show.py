#!/usr/bin/env python3
"""demo_show - runs the three terminals of cli/demo and sums up what they really received.

usage: demo_show.py INDSUB-CLI SECONDS [REPLAY-FILE]

The daemon is the one that INDSUB_ENDPOINT and INDSUB_STATE name. Exit status 1 if anybody saw what
was not theirs, or nothing at all."""
import csv
import datetime
import gzip
import json
import os
import selectors
import signal
import subprocess
import sys
import time

SYMBOL, TIMEFRAME = "NIFTY50", "5min"
TABS = [  # who, session, colour, indicators asked for
    ("alice A", "alice", "tab-A", "36", {"RSI_14_100": "RSI(14)", "MACD_12_26_9": "MACD(12,26,9)"}),
    ("alice B", "alice", "tab-B", "33", {"SMA_20": "SMA(20)", "BBANDS_20_2": "BBANDS(20,2)"}),
    ("bob", "bob", "main", "35", {"RSI_14_100": "RSI(14)"}),
]
COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def paint(colour, text):
    return f"\x1b[{colour}m{text}\x1b[0m" if COLOURED else text


class Tab:
    """One indsub-cli process, its stream a body a line."""

    def __init__(self, cli, name, user, session, colour, wanted):
        self.name, self.colour, self.wanted = name, colour, wanted
        self.messages, self.closed, self.seen, self.rest = 0, 0, set(), b""
        self.process = subprocess.Popen(
            [cli, "--json", "--user", user, "--session", session, "stream", SYMBOL, TIMEFRAME,
             *wanted.values()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def read(self):
        """Takes in what has come; gives the lines to show. None at the end."""
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [shown for line in lines if (shown := self.take(json.loads(line)))]

    def take(self, body):
        if body["type"] != "market_update":
            return f"{body['type']} {body.get('code', '')}".strip()
        self.messages += 1
        self.closed += body["closed"]
        self.seen |= set(body["indicators"])
        values = "  ".join(f"{name} {shown(value)}" for name, value in body["indicators"].items())
        kind = "closed " if body["closed"] else "forming"
        return f"{body['timestamp'][11:19]} {kind} {body['ohlcv']['close']:>10.2f}  {values}"

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait()


def shown(value):
    if isinstance(value, dict):
        return " ".join(shown(v) for v in value.values())
    return "-" if value is None else f"{value:.2f}"


def ask(cli, *args, user="operator", scope="admin,feed"):
    """One command as an operator; gives its process."""
    token = subprocess.run([cli, "token", "--user", user, "--scope", scope], check=True,
                           capture_output=True, text=True).stdout.strip()
    environment = {**os.environ, "INDSUB_TOKEN": token}
    return subprocess.Popen([cli, *args], env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def replay(cli, path, seconds):
    """Feeds the file so fast that it lasts as long as the demo."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        rows = list(csv.reader(file))
    head, first, second, last = rows[0], rows[1][0], rows[2][0], rows[-1][0]

    def at(text):
        if text.isdigit():
            return int(text) / 1000
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    speed = max(1, (at(last) - at(first)) / max(1, seconds - 2))
    options = ["--symbol", SYMBOL, "--speed", f"{speed:.0f}"]
    if "open" in head:
        options += ["--timeframe", f"{max(1, round((at(second) - at(first)) / 60))}min"]
    return ask(cli, "--json", "feed", path, *options)


def wait_for_symbol(cli, feed):
    """Until the first row has arrived: before that there is nothing to subscribe to."""
    while SYMBOL not in ask(cli, "--json", "symbols", SYMBOL).communicate()[0]:
        if feed.poll() is not None:
            sys.exit(f"demo: the file could not be fed: {feed.communicate()[1].strip()}")
        time.sleep(0.05)


def watch(tabs, seconds):
    """Shows everything as it comes, until the time is over or nobody is left."""
    selector, end = selectors.DefaultSelector(), time.monotonic() + seconds
    for tab in tabs:
        selector.register(tab.process.stdout, selectors.EVENT_READ, tab)
    while selector.get_map() and (left := end - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            lines = key.data.read()
            if lines is None:
                selector.unregister(key.fileobj)
            for line in lines or []:
                print(paint(key.data.colour, f"{key.data.name:8}| {line}"), flush=True)


def summary(tabs, stats):
    good = True
    print(f"\nWhat they received on {SYMBOL} {TIMEFRAME}:")
    for tab in tabs:
        foreign = tab.seen - set(tab.wanted)
        good = good and not foreign and tab.seen == set(tab.wanted)
        print(paint(tab.colour, f"  {tab.name:8}") +
              f" {tab.messages:5} messages ({tab.closed} closed bars), saw"
              f" {', '.join(sorted(tab.seen)) or 'nothing'}; foreign indicators: {len(foreign)}")
    rsi = [row for row in stats["shared"] if row["indicator"].startswith("RSI")
           and (row["symbol"], row["timeframe"]) == (SYMBOL, TIMEFRAME)]
    times = {1: "once"}.get(len(rsi), f"{len(rsi)} times")
    sessions = sum(row["subscribers"] for row in rsi)
    print(f"  the daemon computed RSI {times} for {sessions} sessions, "
          f"{len(stats['shared'])} indicators in all, for {stats['sessions']} sessions "
          "(one is the operator asking)")
    return good and len(rsi) == 1 and sessions == 2


def main(cli, seconds, path=None):
    tabs, feed = [], None
    try:
        if path:
            feed = replay(cli, path, int(seconds))
            wait_for_symbol(cli, feed)
        tabs = [Tab(cli, *tab) for tab in TABS]
        watch(tabs, int(seconds))
        stats = json.loads(ask(cli, "--json", "stats").communicate()[0])
    finally:
        for tab in tabs:
            tab.stop()
        if feed and feed.poll() is None:
            feed.terminate()
            feed.wait()
    return 0 if summary(tabs, stats) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
