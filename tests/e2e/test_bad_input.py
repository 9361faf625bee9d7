"""Nonsense gets its error code and a sentence, changes nothing, and nobody else notices."""
import json
import unittest

import zmq

from support import feeds, isp
from support.case import Case, shared
from support.waiting import Deadline


def indicator(name="RSI", **params):
    return {"x": {"name": name, "params": params}}


class BadInput(Case):
    """Beside a session that must not notice."""

    def setUp(self):
        super().setUp()
        self.feed, self.bars = self.feeder(), feeds.bars("NIFTY50", 60)
        self.feed.send(self.bars[:40])
        self.bystander = self.session("bystander")
        self.bystander.subscribe("NIFTY50", "1min", ["RSI(14)", "SMA(5)"])
        self.stats = self.admin()
        self.before = shared(self.stats)

    def tearDown(self):
        self.assertEqual(shared(self.stats), self.before, "nonsense changed what is computed")
        self.feed.send(self.bars[40:])
        self.assertEqual(len(self.bystander.sync().closed_bodies("NIFTY50", "1min")), 20)
        self.assertEqual(self.bystander.gaps, 0)
        super().tearDown()

    def test_frames_that_are_no_request(self):
        session = self.session()
        nonsense = ["", "nonsense", "{", "[]", "7", "null", '"list"', "{}", '{"type":7}',
                    '{"type":null}', '{"type":["list"]}', '{"type":"list"}trailing',
                    '{"type":"list","type":"list"}', '{"type":"list",}', "{'type':'list'}",
                    '{"type":"no_such_request"}', '{"type":"LIST"}', b"\xff\xfe", b"\x00",
                    b'{"type":"list\xff"}', '{"type":"list","id":NaN}',
                    '{"type":"list","id":1e999}',
                    "[" * 100_000, '{"a":' * 5000, '{"type":"heartbeat","surprise":1}',
                    '{"type":"list","symbol":"NIFTY50"}']
        for frame in nonsense:
            reply = self.assert_code(session.raw(frame), "BAD_REQUEST")
            self.assertTrue(reply["message"])
        self.assertEqual(session.ask("list")["subscriptions"], [])

    def test_frames_that_are_too_many_or_too_few(self):
        session = self.session()
        for frames in ([b"a", b"b"], [b"", b"", b"{}"], [b"", b""], [b"x"] * 50):
            session.socket.send_multipart(frames)
        session.send("heartbeat")  # still served, whatever those were answered with
        answers = []
        while b"heartbeat_ack" not in (answers or [b""])[-1]:
            self.assertTrue(session.socket.poll(Deadline().left_ms()), answers)
            answers.append(session.socket.recv_multipart()[-1])
        said = [self.assert_code(isp.parse(answer), "BAD_REQUEST")["message"]
                for answer in answers[:-1]]
        self.assertEqual(["one frame" in message for message in said], [True, True, False, True])

    def test_oversized_frames(self):
        session = self.session()
        session.send("heartbeat")
        big = json.dumps({"type": "open", "client": "x" * 8_000_000})
        session.socket.send(big.encode())
        # Either it is answered, or the connection is cut and libzmq makes a new one.
        deadline, answered = Deadline(), False
        while not answered and not deadline.passed():
            session.send("heartbeat")
            if session.socket.poll(200):
                session.pump_once(deadline, "an answer")
                answered = True
        self.assertTrue(answered, "no answer after an oversized frame")
        session.sync()

    def test_a_request_at_the_limit_is_told_from_one_above_it(self):
        session = self.session()
        limit = session.opened["limits"]["frame_bytes"]
        body = {"type": "list", "id": ""}
        room = limit - len(json.dumps(body))
        below = session.raw(json.dumps(body | {"id": "i" * min(room, 60)}))
        self.assertEqual(below["type"], "subscriptions")
        above = session.raw(json.dumps(body | {"id": "i" * (room + 1000)}))
        self.assert_code(above, "TOO_LARGE")

    def test_ten_thousand_indicators(self):
        session = self.session()
        many = {f"i{n}": {"name": "SMA", "params": {"length": 2 + n % 4000}} for n in range(10_000)}
        reply = session.answer("subscribe", symbol="NIFTY50", timeframe="1min", indicators=many)
        self.assertIn(reply.get("code"), ("TOO_LARGE", "QUOTA_EXCEEDED"), str(reply)[:300])
        self.assertEqual(session.ask("list")["subscriptions"], [])

    def test_subscribe_table(self):
        rsi = indicator()
        table = [
            # what is wrong, members, code, a word of the sentence
            ("no symbol", {"timeframe": "1min", "indicators": rsi}, "BAD_REQUEST", "symbol"),
            ("no timeframe", {"symbol": "NIFTY50", "indicators": rsi}, "BAD_REQUEST", "timeframe"),
            ("no indicators", {"symbol": "NIFTY50", "timeframe": "1min"}, "BAD_REQUEST",
             "indicators"),
            ("symbol a number", {"symbol": 7}, "BAD_REQUEST", "symbol"),
            ("symbol empty", {"symbol": ""}, ("BAD_REQUEST", "UNKNOWN_SYMBOL"), ""),
            ("symbol too long", {"symbol": "N" * 5000}, ("BAD_REQUEST", "UNKNOWN_SYMBOL"), ""),
            ("symbol unknown", {"symbol": "NIFTY5O"}, "UNKNOWN_SYMBOL", "NIFTY50"),
            ("timeframe unknown", {"timeframe": "7min"}, "UNKNOWN_TIMEFRAME", "7min"),
            ("timeframe a number", {"timeframe": 5}, "BAD_REQUEST", "timeframe"),
            ("timeframe empty", {"timeframe": ""}, "UNKNOWN_TIMEFRAME", ""),
            ("no such indicator", {"indicators": indicator("RSX1")}, "UNKNOWN_INDICATOR", "RS"),
            ("length 0", {"indicators": indicator(length=0)}, "BAD_PARAMETER", "length"),
            ("length -1", {"indicators": indicator(length=-1)}, "BAD_PARAMETER", "length"),
            ("length 1e9", {"indicators": indicator(length=1e9)}, "BAD_PARAMETER", "length"),
            ("length 1.5", {"indicators": indicator(length=1.5)}, "BAD_PARAMETER", "length"),
            ("length text", {"indicators": indicator(length="14")}, "BAD_PARAMETER", "length"),
            ("length null", {"indicators": indicator(length=None)}, "BAD_PARAMETER", "length"),
            ("length array", {"indicators": indicator(length=[14])}, "BAD_PARAMETER", "length"),
            ("no such parameter", {"indicators": indicator(lenght=14)}, "BAD_PARAMETER", "length"),
            ("no such source", {"indicators": indicator("SMA", source="RSX1(3)")},
             ("BAD_PARAMETER", "UNKNOWN_INDICATOR"), ""),
            ("sources too deep", {"indicators": ["SMA(2,source=" * 30 + "close" + ")" * 30]},
             "BAD_PARAMETER", ""),
            ("indicators a number", {"indicators": 7}, "BAD_REQUEST", "indicators"),
            ("indicator a number", {"indicators": [7]}, "BAD_REQUEST", ""),
            ("item a number", {"indicators": {"x": 7}}, "BAD_REQUEST", ""),
            ("item without a name", {"indicators": {"x": {}}}, "BAD_REQUEST", "name"),
            ("item with more", {"indicators": {"x": {"name": "RSI", "surprise": 1}}},
             "BAD_REQUEST", "surprise"),
            ("params an array", {"indicators": {"x": {"name": "RSI", "params": [14]}}},
             "BAD_REQUEST", "params"),
            ("short form open", {"indicators": ["RSI(14"]}, ("BAD_PARAMETER", "BAD_REQUEST"), ""),
            ("short form empty", {"indicators": [""]}, None, ""),
            ("short form too much", {"indicators": ["RSI(14,100,3)"]}, "BAD_PARAMETER", ""),
            ("short form long", {"indicators": ["RSI(" + "1" * 10_000 + ")"]}, None, ""),
            ("id too long", {"indicators": {"x" * 5000: {"name": "RSI"}}}, "BAD_REQUEST", ""),
            ("id empty", {"indicators": {"": {"name": "RSI"}}}, "BAD_REQUEST", ""),
            ("updates unknown", {"updates": "never"}, "BAD_REQUEST", "updates"),
            ("updates a number", {"updates": 1}, "BAD_REQUEST", "updates"),
            ("throttle negative", {"throttle_ms": -1}, "BAD_REQUEST", "throttle_ms"),
            ("throttle text", {"throttle_ms": "1"}, "BAD_REQUEST", "throttle_ms"),
            ("history negative", {"history": -1}, "BAD_REQUEST", "history"),
            ("history 5001", {"history": 5001}, "BAD_REQUEST", "history"),
            ("history 1.5", {"history": 1.5}, "BAD_REQUEST", "history"),
            ("atomic text", {"atomic": "yes"}, "BAD_REQUEST", "atomic"),
            ("unknown member", {"speed": 3}, "BAD_REQUEST", "speed"),
        ]
        session = self.session()
        whole = {"symbol": "NIFTY50", "timeframe": "1min", "indicators": rsi}
        for what, change, code, word in table:
            with self.subTest(what):
                members = change if what.startswith("no ") and len(change) == 2 else whole | change
                reply = session.answer("subscribe", **members)
                self.assertEqual(reply["type"], "error", reply)
                codes = (code,) if isinstance(code, str) else code
                if codes:
                    self.assertIn(reply["code"], codes, reply)
                self.assertIn(word, reply["message"] + json.dumps(reply.get("details")))
                self.assertLessEqual(len(reply["message"]), 400)
        self.assertEqual(session.ask("list")["subscriptions"], [])

    def test_numbers_that_are_none(self):
        session = self.session()
        for length in ("NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "0x0E", "014", "+14",
                       ".5", "1."):
            reply = session.raw('{"type":"subscribe","id":1,"symbol":"NIFTY50","timeframe":"1min",'
                                f'"indicators":{{"x":{{"name":"RSI","params":{{"length":{length}}}'
                                "}}}")
            self.assertIn(reply["code"], ("BAD_REQUEST", "BAD_PARAMETER"), length)
        self.assertEqual(session.ask("list")["subscriptions"], [])

    def test_a_parameter_error_names_the_parameter_the_range_and_the_default(self):
        length = ("length of RSI", "whole number", "from 1 to 5000", "(default 14)")
        scalar = ("scalar of RSI", "number from", "(default 100)")
        mamode = ("mamode of MA", "one of", "sma", "ema", "(default sma)")
        source = ("source of SMA", "close", "hlc3", "RSI(14)", "(default close)")
        table = [  # short form, or (name, params); what the sentence has
            ("RSI(length=0)", length), ("RSI(5001)", length), ("RSI(2.5)", length),
            ("RSI(-3)", length), ("RSI(fourteen)", length), (("RSI", {"length": "14"}), length),
            (("RSI", {"length": None}), length), (("RSI", {"length": [14]}), length),
            (("RSI", {"length": {}}), length), (("RSI", {"length": True}), length),
            ("RSI(14,abc)", scalar), (("RSI", {"scalar": "x"}), scalar),
            ("MA(mamode=none)", mamode), (("MA", {"mamode": 3}), mamode),
            ("SMA(9,source=nothing)", source), (("SMA", {"source": 9}), source),
            ("SMA(9,source=)", source),
            ("SMA(9,timeframe=7min)", ("timeframe of SMA", "1min", "1w", "(default")),
            (("SMA", {"timeframe": 5}), ("timeframe of SMA", "1min", "1w", "(default")),
            ("RSI(lenght=14)", ("RSI has no parameter", "lenght", "did you mean length",
                                "from 1 to 5000", "(default 14)")),
            ("RSI(speed=14)", ("RSI has no parameter", "speed", "length scalar source timeframe")),
        ]
        session = self.session()
        for wanted, words in table:
            with self.subTest(wanted):
                indicators = [wanted] if isinstance(wanted, str) else {
                    "x": {"name": wanted[0], "params": wanted[1]}}
                reply = session.refused("subscribe", symbol="NIFTY50", timeframe="1min",
                                        indicators=indicators)
                for word in words:
                    self.assertIn(word, self.assert_code(reply, "BAD_PARAMETER")["message"])

    def test_other_requests_table(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        table = [("unsubscribe", {"symbol": "NIFTY50"}, "BAD_REQUEST"),
                 ("unsubscribe", {"timeframe": "1min"}, "BAD_REQUEST"),
                 ("unsubscribe", {"indicators": ["RSI_14_100"]}, "BAD_REQUEST"),
                 ("unsubscribe", {"symbol": "NIFTY50", "timeframe": "1min", "indicators": "x"},
                  "BAD_REQUEST"),
                 ("unsubscribe", {"symbol": "NIFTY50", "timeframe": "5min"}, "NO_SUBSCRIPTION"),
                 ("unsubscribe", {"symbol": "NIFTY50", "timeframe": "1min",
                                  "indicators": ["nope"]}, "NO_SUBSCRIPTION"),
                 ("data", {"symbol": "NIFTY50"}, "BAD_REQUEST"),
                 ("data", {"symbol": "NIFTY50", "timeframe": "5min"}, "NO_SUBSCRIPTION"),
                 ("data", {"symbol": "NOPE", "timeframe": "1min"}, "UNKNOWN_SYMBOL"),
                 ("history", {"symbol": "NIFTY50", "timeframe": "1min", "limit": -1},
                  "BAD_REQUEST"),
                 ("history", {"symbol": "NIFTY50", "timeframe": "1min", "from": "yesterday"},
                  "BAD_REQUEST"),
                 ("history", {"symbol": "NIFTY50", "timeframe": "1min", "to": 1762227900000.5},
                  "BAD_REQUEST"),
                 ("history", {"symbol": "NIFTY50", "timeframe": "5min"}, "NO_SUBSCRIPTION"),
                 ("resync", {}, "BAD_REQUEST"), ("resync", {"last_seq": -1}, "BAD_REQUEST"),
                 ("resync", {"last_seq": "1"}, "BAD_REQUEST"),
                 ("resync", {"last_seq": 1.5}, "BAD_REQUEST"),
                 ("catalog", {"name": 7}, "BAD_REQUEST"),
                 ("symbols", {"match": 7}, "BAD_REQUEST"),
                 ("refresh", {}, "BAD_REQUEST"), ("refresh", {"token": "x"}, "UNAUTHENTICATED"),
                 ("close", {"why": "x"}, "BAD_REQUEST")]
        for type_, members, code in table:
            with self.subTest(f"{type_} {members}"):
                self.assert_code(session.refused(type_, **members), code)
        (left,) = session.ask("list")["subscriptions"]
        self.assertEqual(set(left["indicators"]), {"RSI_14_100"})
        session.ask("unsubscribe")

    def test_random_bytes_on_every_socket(self):
        """From peers that are not even clients of ours."""
        rng = feeds.random.Random(7)
        for endpoint in (self.daemon.session, self.daemon.feed):
            for key in (None, isp.new_key().encode()):
                socket = isp.CONTEXT.socket(zmq.DEALER)
                self.addCleanup(socket.close, linger=0)
                if key:
                    socket.setsockopt(zmq.ROUTING_ID, key)
                socket.connect(endpoint)
                for _ in range(200):
                    frames = [rng.randbytes(rng.randint(0, 80)) for _ in range(rng.randint(1, 4))]
                    socket.send_multipart(frames)
        self.bystander.sync()


class EveryCode(Case):
    """Each error code of the protocol has a way to it, but for INTERNAL, which no request can bring
    about."""

    settings = {"limits": {"subscriptions": 2, "requests_per_second": 1, "request_burst": 40}}

    def test_each_can_be_met(self):
        self.feeder().send(feeds.bars("NIFTY50", 5))
        token, session = self.daemon.token, self.session(session_id="tab")
        sma = {"symbol": "NIFTY50", "timeframe": "1min", "indicators": ["SMA(2)"]}
        for timeframe in ("1min", "2min"):
            session.subscribe("NIFTY50", timeframe, ["SMA(2)"])

        def fresh(type_, key=None, **members):
            with self.session(key=key, open=False) as other:
                return other.answer(type_, **members)
        met = [session.answer("list", surprise=1), fresh("open", token=token("a"), protocol=9),
               fresh("open", key="short", token=token("a")), fresh("open", token="nonsense"),
               fresh("open", token=token("a", exp=1)), session.answer("stats"), fresh("list"),
               session.answer("open", token=token("alice"), session_id="tab"),
               fresh("open", token=token("alice"), session_id="tab"),
               session.answer("subscribe", **sma | {"symbol": "NIFTY5O"}),
               session.answer("subscribe", **sma | {"timeframe": "7min"}),
               session.answer("subscribe", **sma | {"indicators": ["SMX()"]}),
               session.answer("subscribe", **sma | {"indicators": ["SMA(0)"]}),
               session.answer("data", symbol="NIFTY50", timeframe="1h"),
               session.answer("subscribe", **sma | {"timeframe": "1h"}),
               session.raw(json.dumps({"type": "list", "id": "x" * 2_000_000}))]
        ids = [session.send("list") for _ in range(100)]
        met += [session.reply_to(id_) for id_ in ids][-1:]
        self.assertEqual([reply.get("code") for reply in met],
                         "BAD_REQUEST UNSUPPORTED_PROTOCOL KEY_REQUIRED UNAUTHENTICATED "
                         "TOKEN_EXPIRED FORBIDDEN NOT_OPEN ALREADY_OPEN SESSION_IN_USE "
                         "UNKNOWN_SYMBOL UNKNOWN_TIMEFRAME UNKNOWN_INDICATOR BAD_PARAMETER "
                         "NO_SUBSCRIPTION QUOTA_EXCEEDED TOO_LARGE RATE_LIMITED".split())


class Quotas(Case):
    """What one session may take is bounded, and said in `limits`."""

    settings = {"limits": {"sessions_per_user": 2, "subscriptions": 3, "indicators": 4}}

    def test_too_many_sessions(self):
        one, _ = self.session("alice"), self.session("alice")
        third = self.session(open=False)
        self.assert_code(third.refused("open", token=self.daemon.token("alice")),
                         "QUOTA_EXCEEDED")
        self.session("bob")
        one.ask("close")
        third.open("alice")

    def test_too_many_subscriptions(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        session = self.session()
        for timeframe in ("1min", "2min", "3min"):
            session.subscribe("NIFTY50", timeframe, ["SMA(5)"])
        self.assert_code(session.refused("subscribe", symbol="NIFTY50", timeframe="5min",
                                         indicators=["SMA(5)"]), "QUOTA_EXCEEDED")
        self.assertEqual(len(session.ask("list")["subscriptions"]), 3)

    def test_too_many_indicators(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        session = self.session()
        reply = session.answer("subscribe", symbol="NIFTY50", timeframe="1min",
                               indicators=[f"SMA({n})" for n in range(2, 10)])
        self.assert_code(reply, "QUOTA_EXCEEDED")
        self.assertEqual(session.ask("list")["subscriptions"], [])


class Full(Case):
    settings = {"limits": {"sessions": 2}}

    def test_a_full_house_is_busy_and_not_for_ever(self):
        first, _, third = self.session("a"), self.session("b"), self.session(open=False)
        reply = self.assert_code(third.refused("open", token=self.daemon.token("c")), "BUSY")
        self.assertTrue(reply["temporary"])
        first.ask("close")
        third.open("c")


class Rates(Case):
    settings = {"limits": {"requests_per_second": 5, "request_burst": 10}}

    def test_a_flood_of_requests_is_limited_for_that_session_alone(self):
        session, other = self.session(), self.session("bob")
        ids = [session.send("list") for _ in range(200)]
        other.ask("list")
        replies = [session.reply_to(i) for i in ids]
        limited = [r for r in replies if r.get("code") == "RATE_LIMITED"]
        self.assertGreater(len(limited), 150)
        self.assertTrue(all(r["temporary"] for r in limited))
        self.assertGreaterEqual(len(replies) - len(limited), 5)


if __name__ == "__main__":
    unittest.main()
