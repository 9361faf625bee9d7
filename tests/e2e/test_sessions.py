"""Who gets what: the example of three sessions, and everybody who must get nothing."""
import os
import pathlib
import signal
import subprocess
import sys
import unittest

import zmq

from support import feeds, isp
from support.case import Case, shared
from support.isp import new_key
from support.market import MINUTE, OPEN
from support.waiting import PATIENCE_S, until

RSI = {"name": "RSI", "params": {"length": 14, "scalar": 100}}
MACD = {"name": "MACD", "params": {"fast": 12, "slow": 26, "signal": 9}}
SMA = {"name": "SMA", "params": {"length": 20}}
BBANDS = {"name": "BBANDS", "params": {"length": 20, "std": 2}}


class ThreeSessions(Case):
    """alice in two tabs and bob, all on NIFTY50 5min."""

    WANTED = {"alice A": {"RSI_14_100": RSI, "MACD_12_26_9": MACD},
              "alice B": {"SMA_20": SMA, "BBANDS_20_2": BBANDS},
              "bob": {"RSI_14_100": RSI}}

    def setUp(self):
        super().setUp()
        self.feed = self.feeder()
        self.bars = feeds.bars("NIFTY50", 375)
        self.feed.send(self.bars[:250])
        self.sessions = {name: self.session(name.split()[0]) for name in self.WANTED}
        for name, indicators in self.WANTED.items():
            self.sessions[name].subscribe("NIFTY50", "5min", indicators)

    def test_each_sees_its_own_indicators_and_no_other(self):
        self.feed.send(self.bars[250:]).clock(OPEN + 375 * MINUTE)
        for name, session in self.sessions.items():
            session.sync()
            self.assertEqual(session.indicators_seen(), set(self.WANTED[name]), name)
            self.assertEqual(session.gaps, 0, name)
            closed = session.updates("NIFTY50", "5min", closed=True)
            self.assertEqual([u["bar"] for u in closed], sorted({u["bar"] for u in closed}))
            self.assertEqual(len(closed), 25, "a closed 5min bar for each five minutes")
            for update in session.updates():
                self.assertEqual(set(update["indicators"]), set(self.WANTED[name]))

    def test_rsi_is_computed_once_and_has_one_value(self):
        stats = shared(self.admin())
        rsi = {key: count for key, count in stats.items() if "RSI" in key[2]}
        self.assertEqual(list(rsi.values()), [2], f"RSI, once, for two sessions: {stats}")
        self.assertEqual(len(stats), 4, stats)
        self.feed.send(self.bars[250:])
        values = [[u["indicators"]["RSI_14_100"] for u in self.sessions[name].sync().updates()]
                  for name in ("alice A", "bob")]
        self.assertEqual(*values)
        self.assertNotIn(None, values[0])

    def test_list_and_data_tell_of_this_session_only(self):
        for name, session in self.sessions.items():
            (entry,) = session.ask("list")["subscriptions"]
            self.assertEqual((entry["symbol"], entry["timeframe"]), ("NIFTY50", "5min"))
            self.assertEqual(set(entry["indicators"]), set(self.WANTED[name]))
            update = session.ask("data", symbol="NIFTY50", timeframe="5min")["update"]
            isp.check_update(update)
            self.assertEqual(set(update["indicators"]), set(self.WANTED[name]))

    def test_one_tab_leaves_and_the_others_notice_nothing(self):
        self.sessions["alice A"].ask("unsubscribe")
        self.feed.send(self.bars[250:])
        self.assertEqual(self.sessions["alice A"].sync().updates(), [])
        for name in ("alice B", "bob"):
            self.assertEqual(self.sessions[name].sync().indicators_seen(), set(self.WANTED[name]))


class Sharing(Case):
    def test_an_id_means_what_its_own_session_said(self):
        """`X` is an RSI in one session and an SMA in another, of another user or of the same."""
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 60)
        feed.send(bars[:40])
        meanings = [("alice", {"name": "RSI", "params": {"length": 14}}),
                    ("alice", {"name": "SMA", "params": {"length": 5}}),
                    ("bob", {"name": "MACD"})]
        sessions = [(self.session(user), item) for user, item in meanings]
        plain = self.session("carol")
        plain.subscribe("NIFTY50", "1min", {"rsi": meanings[0][1], "sma": meanings[1][1],
                                            "macd": meanings[2][1]})
        for session, item in sessions:
            reply = session.subscribe("NIFTY50", "1min", {"X": item})
            self.assertEqual(reply["indicators"]["X"]["name"], item["name"])
        feed.send(bars[40:])
        truth = {u["bar"]: u["indicators"] for u in plain.sync().updates(closed=True)}
        for session, item in sessions:
            updates = session.sync().updates(closed=True)
            self.assertEqual(len(updates), 20)
            for update in updates:
                self.assertEqual(update["indicators"],
                                 {"X": truth[update["bar"]][item["name"].lower()]})

    def test_same_meaning_under_many_names_is_one_computation(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        session, admin = self.session(), self.admin()
        session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        self.session("bob").subscribe("NIFTY50", "1min", ["RSI(length=14, scalar=100)"])
        self.session("bob").subscribe("NIFTY50", "1min", {"mine": {"name": "RSI"}})
        self.session("bob").subscribe("NIFTY50", "1min", {
            "a": {"params": {"scalar": 100.0, "length": 14}, "name": "RSI"},
            "b": {"name": "RSI", "params": {"length": 14}}})
        stats = shared(admin)
        self.assertEqual(len(stats), 1, stats)

    def test_equal_sets_share_one_view(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        admin = self.admin()
        for i in range(5):
            self.session(f"user{i}").subscribe("NIFTY50", "1min", ["RSI(14)", "SMA(9)"])
        self.assertEqual(admin.ask("stats")["views"], 1)
        self.session().subscribe("NIFTY50", "1min", ["RSI(14)"])
        self.assertEqual(admin.ask("stats")["views"], 2)


class Eavesdroppers(Case):
    """Nobody sees what is not theirs, whatever they subscribe to and whatever they send."""

    settings = {"public": {"tape": 1}}
    SECRET_WORDS = (b"RSI", b"MACD", b"SMA", b"BBANDS", b"secretname", b"tabsecret", b"alice")

    def busy_session(self):
        feed = self.feeder()
        bars = feeds.bars("NIFTY50", 60)
        feed.send(bars[:40])
        session = self.session("alice.secretname", session_id="tabsecret")
        session.subscribe("NIFTY50", "1min", {"RSI_14_100": RSI, "BBANDS_20_2": BBANDS})
        return session, feed, bars[40:]

    def check_public(self, tape):
        session, feed, bars = self.busy_session()
        prefixes = ["", "A", "{", session.key, session.key[:8], "NIFTY50", "RSI", "tape", "bar"]
        spies = [self.public(prefix) for prefix in prefixes]
        for spy in (spies[0], spies[-1]):
            feed.send([bars.pop(0)])
            if spy is spies[0]:
                spy.wait_topic("status")
        feed.send(bars)
        spies[0].wait(lambda t, d: t == "bar/1min" and d["bar"] == "2025-11-04T04:44:00.000Z",
                      "the last bars")
        spies[0].wait_topic("status")
        topics = {topic for topic, _ in spies[0].messages}
        self.assertIn("status", topics)
        self.assertIn("bar/1min", topics)
        self.assertEqual(any(t.startswith("tape/") for t in topics), tape, topics)
        words = self.SECRET_WORDS + (session.key.encode(),)
        for spy in spies:
            while spy.socket.poll(0):
                spy.receive()
            for topic, body in spy.messages:
                for word in words:
                    self.assertNotIn(word, topic.encode() + body)
        for topic, body in spies[0].messages:
            if topic.startswith("tape/"):
                document = isp.parse(body)
                self.assertEqual(document["type"], "market_update")
                self.assertEqual(document.get("indicators", {}), {})
        return topics

    def test_public_with_tape(self):
        topics = self.check_public(tape=True)
        self.assertIn("tape/NIFTY50/1min", topics)

    def test_strangers_get_their_error_and_nothing_else(self):
        session, feed, bars = self.busy_session()
        gone = self.session("bob")
        gone.ask("close")
        shouters = {"no key": "", "a made-up key": new_key(), "cut short": session.key[:-1],
                    "one too many": session.key + "A", "the user's name": "alice.secretname",
                    "of an ended session": gone.key}
        gone.disconnect()
        strangers = {name: self.session(key=key, open=False) for name, key in shouters.items()}
        for name, stranger in strangers.items():
            for request in ("list", "stats", "unsubscribe"):
                self.assertIn(stranger.refused(request)["code"], ("NOT_OPEN", "KEY_REQUIRED"),
                              name)
            self.assertIn(stranger.refused("data", symbol="NIFTY50", timeframe="1min")["code"],
                          ("NOT_OPEN", "KEY_REQUIRED"), name)
        feed.send(bars)
        self.assertGreaterEqual(len(session.sync().updates(closed=True)), len(bars))
        for name, stranger in strangers.items():
            stranger.refused("list")  # whatever was sent before has come with this
            self.assertEqual(stranger.pushed, [], name)

    def test_open_wants_a_key_of_the_right_form(self):
        guessable = ("A" * 22, "abcdefghijklmnopqrstug", "AAECAwQFBgcICQoLDA0ODw")
        for key in (*guessable, "", "alice", new_key()[:-1], new_key() + "A", "=" * 22, "é" * 11,
                    "+/" * 11):
            with self.session(key=key, open=False) as session:
                self.assert_code(session.refused("open", token=self.daemon.token("alice")),
                                 "KEY_REQUIRED")


class EavesdroppersWithoutTape(Eavesdroppers):
    settings = None

    def test_public_with_tape(self):
        self.check_public(tape=False)


class TakeOver(Case):
    def setUp(self):
        super().setUp()
        self.feed, self.bars = self.feeder(), feeds.bars("NIFTY50", 60)
        self.feed.send(self.bars[:40])

    def test_newer_connection_under_a_live_key_has_the_stream(self):
        first = self.session()
        first.subscribe("NIFTY50", "1min", ["RSI(14)"])
        self.feed.send(self.bars[40:45])
        first.sync()
        second = self.session(key=first.key)
        self.assertTrue(second.opened["resumed"])
        self.assertEqual(second.session_id, first.session_id)
        self.assertEqual(len(second.opened["subscriptions"]), 1)
        first.pump_waiting()
        before = len(first.pushed)
        self.feed.send(self.bars[45:])
        self.assertEqual(len(second.sync().updates(closed=True)), 15)
        self.assertGreater(second.opened["seq"], 0, "the numbers go on")
        self.assertEqual(second.gaps, 0)
        first.pump_waiting()
        self.assertEqual(len(first.pushed), before, "the first connection got more")
        self.assertEqual(shared(self.admin()).popitem()[1], 1, "one session, not two")

    def test_second_key_for_a_live_session_is_refused(self):
        first = self.session(session_id="tab")
        second = self.session(open=False)
        reply = self.assert_code(second.refused("open", token=self.daemon.token("alice"),
                                                session_id="tab"), "SESSION_IN_USE")
        self.assertTrue(reply["temporary"])
        self.assert_code(second.refused("list"), "NOT_OPEN")
        mallory = self.session("mallory", session_id="tab")
        self.assertEqual(mallory.ask("list")["subscriptions"], [])
        first.ask("close")
        second.open("alice", session_id="tab")

    def test_sid_of_the_token_decides(self):
        session = self.session(claims={"sid": "from-token"})
        self.assertEqual(session.session_id, "from-token")
        other = self.session(open=False)
        self.assert_code(other.refused("open", token=self.daemon.token("alice", sid="from-token"),
                                       session_id="elsewhere"), "SESSION_IN_USE")

    def test_made_session_ids_differ(self):
        ids = {self.session().session_id for _ in range(10)}
        self.assertEqual(len(ids), 10)

    def test_a_key_of_one_user_is_no_way_in_for_another(self):
        first = self.session("alice")
        first.subscribe("NIFTY50", "1min", ["RSI(14)"])
        thief = self.session(key=first.key, open=False)
        reply = thief.answer("open", token=self.daemon.token("bob"))
        self.assertEqual(reply["type"], "error", reply)


class KeyTakenAndLeft(Case):
    """A connection takes the key of another and goes, as one does that was thought dead and was
    only slow. libzmq leaves the other connected, to nothing: the daemon lets it go, and it comes
    again by itself."""

    settings = {"sessions": {"heartbeat_ms": 1000, "resume_ms": 600_000}}

    def take_the_key(self, key, speaks):
        other = isp.CONTEXT.socket(zmq.DEALER)
        other.linger = 0
        other.setsockopt(zmq.ROUTING_ID, key.encode())
        events = other.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        other.connect(self.daemon.session)
        self.assertTrue(events.poll(1000 * PATIENCE_S), "the other connection")
        if speaks:
            other.send(b'{"type":"heartbeat"}')
            self.assertTrue(other.poll(1000 * PATIENCE_S), "an answer there")
        other.disable_monitor()
        other.close()

    def check(self, speaks):
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 60)
        feed.send(bars[:40])
        first = self.session()
        first.subscribe("NIFTY50", "1min", ["RSI(14)"])
        seq, events = first.sync().seq, first.socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.take_the_key(first.key, speaks)
        feed.send(bars[40:])
        self.assertTrue(events.poll(1000 * PATIENCE_S), "it does not come again")
        first.socket.disable_monitor()
        again = first.ask("resync", last_seq=seq)
        self.assertIs(again["complete"], True)
        given = again["updates"] + first.sync().updates(closed=True)
        self.assertEqual({u["ohlcv"]["close"] for u in given}, {bar["c"] for bar in bars[40:]})

    def test_by_one_that_says_nothing(self):
        self.check(speaks=False)

    def test_by_one_that_speaks(self):
        self.check(speaks=True)


class Keepalive(Case):
    def timers(self, endpoint):
        """Of the daemon's ends of all connections there, what each waits for; 02 is a probe."""
        port = int(endpoint.rsplit(":", 1)[1])
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
        return {row[5].split(":")[0] for row in rows[1:]
                if row[1].endswith(f":{port:04X}") and row[3] == "01"}

    def test_the_kernel_asks_for_those_who_vanished_without_a_word(self):
        self.session()
        self.feeder()
        for endpoint in (self.daemon.session, self.daemon.feed):
            until(lambda e=endpoint: self.timers(e) == {"02"}, "probes to come on " + endpoint)


CLIENT_OF_ITS_OWN = """
import sys
sys.path.insert(0, {folder!r})
from support.isp import Session
class Where: session = {endpoint!r}
s = Session(Where, key={key!r}, token={token!r})
s.subscribe("NIFTY50", "1min", ["RSI(14)"])
print("subscribed", flush=True)
while True:
    s.socket.recv_multipart()
"""


class Vanished(Case):
    """A client that dies is noticed at once; its computations end after resume_ms."""

    # Heartbeats are so rare that nothing can be blamed on a missing one.
    settings = {"sessions": {"resume_ms": 300, "heartbeat_ms": 60000}}

    def start_client(self, key):
        script = CLIENT_OF_ITS_OWN.format(
            folder=os.path.dirname(os.path.abspath(__file__)), endpoint=self.daemon.session,
            key=key, token=self.daemon.token("alice", sid="vanishing"))
        client = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        self.addCleanup(client.stdout.close)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        self.assertEqual(client.stdout.readline(), b"subscribed\n")
        return client

    def test_killed_client_is_detached_and_its_computation_ends(self):
        feed = self.feeder()
        feed.send(feeds.bars("NIFTY50", 30))
        admin = self.admin()
        client = self.start_client(new_key())
        self.assertEqual(admin.ask("stats")["sessions"], 2)
        self.assertEqual(list(shared(admin).values()), [1])
        client.send_signal(signal.SIGKILL)
        client.wait()
        until(lambda: not shared(admin), "the end of the dead client's computation", seconds=10)
        self.assertEqual(admin.ask("stats")["sessions"], 1)

    def test_its_session_id_is_free_again_after_that(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        client = self.start_client(new_key())
        client.kill()
        client.wait()
        other = self.session(open=False)
        until(lambda: other.answer("open", token=self.daemon.token("alice", sid="vanishing"))
              ["type"] == "opened", "the session id to be free", seconds=10)


class Silent(Case):
    """One that is connected and sends nothing for 3 heartbeats is let go too."""

    settings = {"sessions": {"resume_ms": 200, "heartbeat_ms": 200}}

    def test_it_is_detached_and_ends(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        silent = self.session()
        silent.subscribe("NIFTY50", "1min", ["RSI(14)"])
        admin = self.admin()
        until(lambda: not shared(admin), "the silent session's end", seconds=15)
        self.assert_code(silent.refused("list"), "NOT_OPEN")

    def test_one_that_says_heartbeat_stays(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        lively = self.session()
        lively.subscribe("NIFTY50", "1min", ["RSI(14)"])
        heartbeats = 0
        while heartbeats < 10:
            lively.ask("heartbeat")
            lively.wait(lambda p: p.type == "heartbeat", "a heartbeat")
            heartbeats += sum(p.type == "heartbeat" for p in lively.pushed)
            lively.forget()
        self.assertEqual(len(lively.ask("list")["subscriptions"]), 1)


class Resume(Case):
    settings = {"sessions": {"resume_ms": 60000}}

    def test_back_under_its_key_with_everything_as_it_was(self):
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 60)
        feed.send(bars[:40])
        first = self.session()
        first.subscribe("NIFTY50", "1min", ["RSI(14)"])
        first.subscribe("NIFTY50", "5min", ["SMA(3)"])
        feed.send(bars[40:45])
        last = first.sync().seq
        first.disconnect()
        feed.send(bars[45:50] + [{"s": "NIFTY50", "t": bars[50]["t"] + 500, "p": 25000}])
        back = self.session(key=first.key)
        self.assertTrue(back.opened["resumed"])
        self.assertEqual({(s["symbol"], s["timeframe"]) for s in back.opened["subscriptions"]},
                         {("NIFTY50", "1min"), ("NIFTY50", "5min")})
        back.sync()
        fresh = {(u["symbol"], u["timeframe"]) for u in back.updates(closed=False)}
        self.assertEqual(fresh, {("NIFTY50", "1min"), ("NIFTY50", "5min")}, "a snapshot of each")
        reply = back.ask("resync", last_seq=last)
        self.assertTrue(reply["complete"], reply)
        missed = [u["bar"] for u in reply["updates"] if u["timeframe"] == "1min"]
        self.assertEqual(missed, [f"2025-11-04T04:3{m}:00.000Z" for m in range(0, 5)])
        admin = self.admin()
        self.assertEqual(set(shared(admin).values()), {1}, "a reconnect counts nothing twice")
        feed.send(bars[50:])
        self.assertEqual(len(back.sync().closed_bodies("NIFTY50", "1min")[-10:]), 10)
        back.ask("unsubscribe")
        self.assertEqual(shared(admin), {})

    def test_reconnection_by_libzmq_itself_is_met_with_snapshots(self):
        """The same socket connects again (the route was lost for a moment): nothing is asked."""
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 60)
        feed.send(bars[:40] + [{"s": "NIFTY50", "t": bars[40]["t"] + 500, "p": 25000}])
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        session.sync().forget()
        for _ in range(5):
            session.socket.disconnect(self.daemon.session)
            session.socket.connect(self.daemon.session)
            session.ask("heartbeat")
            session.wait(lambda p: p.is_of("NIFTY50", "1min"), "a fresh snapshot")
            session.forget()
        self.assertEqual(list(shared(self.admin()).values()), [1])
        feed.send(bars[40:])
        self.assertEqual(len(session.sync().closed_bodies()), 20)

    def test_requests_only_session_is_pushed_nothing(self):
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 60)
        feed.send(bars[:40])
        session = self.session(stream=False)
        session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        feed.send(bars[40:])
        update = session.sync().ask("data", symbol="NIFTY50", timeframe="1min")["update"]
        self.assertEqual(update["bar"], "2025-11-04T04:44:00.000Z")
        self.assertEqual(session.pushed, [])


class PlainRequests(Case):
    def test_a_req_socket_works(self):
        socket = isp.CONTEXT.socket(zmq.REQ)
        self.addCleanup(socket.close, linger=0)
        socket.setsockopt(zmq.ROUTING_ID, new_key().encode())
        socket.connect(self.daemon.session)

        def ask(type_, **members):
            socket.send_json({"type": type_, "id": "text id", **members})
            self.assertTrue(socket.poll(30_000), f"no reply to {type_}")
            reply = socket.recv_json()
            self.assertEqual(reply["id"], "text id")
            return reply["type"]

        self.assertEqual(ask("open", token=self.daemon.token("alice"), stream=False), "opened")
        for request, reply in (("list", "subscriptions"), ("catalog", "catalog"),
                               ("heartbeat", "heartbeat_ack"), ("nonsense", "error"),
                               ("close", "closed")):
            self.assertEqual(ask(request), reply)


if __name__ == "__main__":
    unittest.main()
