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

SYMBOL = "NIFTY50"
TABS = [  # who, session, colour, indicators asked for
    ("alice A", "alice", "tab-A", "36", {"RSI_14_100": "RSI(14)", "MACD_12_26_9": "MACD(12,26,9)"}),
    ("alice B", "alice", "tab-B", "33", {"SMA_20": "SMA(20)", "BBANDS_20_2": "BBANDS(20,2)"}),
    ("bob", "bob", "main", "35", {"RSI_14_100": "RSI(14)"}),
]
TIMEFRAMES = {60: "1min", 120: "2min", 180: "3min", 300: "5min", 600: "10min", 900: "15min",
              1800: "30min", 3600: "1h", 7200: "2h", 14400: "4h", 86400: "1d", 604800: "1w"}
COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def paint(colour, text):
    return f"\x1b[{colour}m{text}\x1b[0m" if COLOURED else text


def moment(text):
    """Seconds since 1970 of a file's or a message's time."""
    if text.isdigit():
        return int(text) / 1000
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Tab:
    """One indsub-cli process, its stream a body a line."""

    def __init__(self, cli, timeframe, name, user, session, colour, wanted):
        self.name, self.colour, self.wanted = name, colour, wanted
        self.messages, self.closed, self.seen, self.rest = 0, 0, set(), b""
        self.process = subprocess.Popen(  # Ctrl-C is for us, and nobody outlives us
            ["setpriv", "--pdeathsig", "TERM", cli, "--json", "--user", user, "--session", session,
             "stream", SYMBOL, timeframe, *wanted.values()], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

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
        clock = datetime.datetime.fromtimestamp(moment(body["timestamp"]))
        return f"{clock:%H:%M:%S} {kind} {body['ohlcv']['close']:>10.2f}  {values}"

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.stdout.close()
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


class Replay:
    """A recorded file, fed so fast that it lasts as long as the demo."""

    def __init__(self, path, seconds):
        self.options, self.timeframe, self.process = ["--symbol", SYMBOL], "5min", None
        self.path = path
        try:
            with (gzip.open if path.endswith(".gz") else open)(path, "rt",
                                                               encoding="utf-8-sig") as file:
                head, *rows = [row for row in csv.reader(file) if row]
            times = [moment(row[0]) for row in rows[:500]]
            last = moment(rows[-1][0])
        except (OSError, EOFError, ValueError, IndexError, csv.Error):
            return  # the feed says better what is wrong with it
        self.options += ["--speed", f"{max(1, (last - times[0]) / max(1, seconds - 2)):.0f}"]
        step = min((b - a for a, b in zip(times, times[1:]) if b > a), default=60)
        if "open" in [name.strip().lower() for name in head] and step in TIMEFRAMES:
            self.options += ["--timeframe", TIMEFRAMES[step]]
            if step > 300:
                self.timeframe = TIMEFRAMES[step]

    def start(self, cli):
        """Returns when there is something to subscribe to."""
        self.process = ask(cli, "--json", "feed", self.path, *self.options)
        while SYMBOL not in ask(cli, "--json", "symbols", SYMBOL).communicate()[0]:
            if self.process.poll() is not None:
                sys.exit(f"demo: {self.path} cannot be replayed\n{self.process.stderr.read()}")
            time.sleep(0.05)

    def stop(self):
        """Ends it if it goes on; gives what it has complained of."""
        if not self.process:
            return ""
        ended = self.process.poll() is not None
        if not ended:
            self.process.terminate()
        complaints = self.process.communicate()[1]
        return complaints if ended else ""


class Interrupted(Exception):
    """Somebody has seen enough."""


def interrupt(*_):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Interrupted


def introduce(timeframe):
    print(f"Three terminals on {SYMBOL} {timeframe}, each with what it has subscribed to:")
    for name, _, _, colour, wanted in TABS:
        print(paint(colour, f"  {name:8}"), " ".join(wanted.values()))
    print(flush=True)


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


def summary(tabs, timeframe, stats):
    good = True
    print(f"\nWhat they received on {SYMBOL} {timeframe}:")
    for tab in tabs:
        foreign = tab.seen - set(tab.wanted)
        good = good and not foreign and tab.seen == set(tab.wanted)
        print(paint(tab.colour, f"  {tab.name:8}") +
              f" {tab.messages:5} messages ({tab.closed} closed bars), saw"
              f" {', '.join(sorted(tab.seen)) or 'nothing'}; foreign indicators: {len(foreign)}")
    rsi = [row for row in stats["shared"] if row["indicator"].startswith("RSI")
           and (row["symbol"], row["timeframe"]) == (SYMBOL, timeframe)]
    times = {1: "once"}.get(len(rsi), f"{len(rsi)} times")
    sessions = sum(row["subscribers"] for row in rsi)
    print(f"  the daemon computed RSI {times} for {sessions} sessions, "
          f"{len(stats['shared'])} indicators in all, for {stats['sessions']} sessions "
          "(one is the operator asking)", flush=True)
    return good and len(rsi) == 1 and sessions == 2


def main(cli, seconds, path=None):
    tabs, complaints, status = [], "", 0
    feed = Replay(path, int(seconds)) if path else None
    timeframe = feed.timeframe if feed else "5min"
    try:
        introduce(timeframe)
        if feed:
            feed.start(cli)
        tabs = [Tab(cli, timeframe, *tab) for tab in TABS]
        try:
            watch(tabs, int(seconds))
        except Interrupted:
            status = 130
        stats = json.loads(ask(cli, "--json", "stats").communicate()[0])
    finally:
        for tab in tabs:
            tab.stop()
        complaints = feed.stop() if feed else ""
    good = summary(tabs, timeframe, stats)
    if complaints:
        print(f"\nOf {path}:\n{complaints}", end="", flush=True)
    return status or (0 if good else 1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, interrupt)
    try:
        sys.exit(main(*sys.argv[1:]))
    except Interrupted:
        sys.exit(130)
    except BrokenPipeError:  # cli/demo | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
