"""Every request and its reply, member by member."""
import fnmatch
import unittest

from support import feeds, isp
from support.case import Case
from support.isp import Refused, TIME

INSTRUMENTS = """\
instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,\
instrument_type,segment,exchange
256265,1001,NIFTY50,NIFTY,0,,0,0.05,0,INDEX,INDICES,NSE
408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE
15000,58,NIFTY25NOVFUT,NIFTY,0,2025-11-25,0,0.05,75,FUT,NFO-FUT,NFO
15001,59,NIFTY25NOV25700CE,NIFTY,0,2025-11-25,25700,0.05,75,CE,NFO-OPT,NFO
15002,60,NIFTY25NOV25700PE,NIFTY,0,2025-11-25,25700,0.05,75,PE,NFO-OPT,NFO
"""


class Open(Case):
    def test_opened_tells_all(self):
        session = self.session("alice@example.com", session_id="tab.1", client="e2e", protocol=1)
        opened = session.opened
        self.assertEqual(opened["type"], "opened")
        self.assertEqual(opened["protocol"], 1)
        self.assertEqual(opened["user_id"], "alice@example.com")
        self.assertEqual(opened["session_id"], "tab.1")
        self.assertEqual(opened["seq"], 0)
        self.assertEqual(opened["public"], self.daemon.public)
        self.assertIs(opened["resumed"], False)
        self.assertEqual(opened["subscriptions"], [])
        self.assertIsInstance(opened["limits"], dict)
        self.assertGreater(opened["heartbeat_ms"], 0)
        self.assertGreater(opened["resume_ms"], 0)
        self.assertRegex(opened["expires_at"], TIME)
        self.assertTrue(opened["epoch"])
        self.assertEqual(self.session("bob").opened["epoch"], opened["epoch"])
        self.assertNotIn(session.key, str(opened))

    def test_session_id_has_a_form(self):
        for bad in ("", "a" * 65, "a b", "a/b", "ä", 7, True, ["a"]):
            with self.session(open=False) as session:
                self.assert_code(session.refused("open", token=self.daemon.token("alice"),
                                                 session_id=bad), "BAD_REQUEST")
        for good in ("a", "a" * 64, "A.b_c-9"):
            self.assertEqual(self.session(session_id=good).session_id, good)

    def test_bad_members(self):
        token = self.daemon.token("alice")
        cases = [({}, "BAD_REQUEST"), ({"token": 7}, "BAD_REQUEST"),
                 ({"token": token, "stream": "no"}, "BAD_REQUEST"),
                 ({"token": token, "client": "c" * 65}, "BAD_REQUEST"),
                 ({"token": token, "protocol": 2}, "UNSUPPORTED_PROTOCOL"),
                 ({"token": token, "protocol": "1"}, "BAD_REQUEST"),
                 ({"token": token, "surprise": 1}, "BAD_REQUEST")]
        session = self.session(open=False)
        for members, code in cases:
            self.assert_code(session.refused("open", **members), code)
        session.open()

    def test_nothing_before_open_and_nothing_after_close(self):
        requests = {"subscribe": {"symbol": "N", "timeframe": "1min", "indicators": ["RSI"]},
                    "unsubscribe": {}, "list": {}, "data": {"symbol": "N", "timeframe": "1min"},
                    "history": {"symbol": "N", "timeframe": "1min"}, "resync": {"last_seq": 0},
                    "catalog": {}, "symbols": {}, "heartbeat": {}, "close": {}, "stats": {},
                    "refresh": {"token": self.daemon.token("alice")}}
        session = self.session(open=False)

        def all_refused():
            for type_, members in requests.items():
                self.assert_code(session.refused(type_, **members), "NOT_OPEN")
        all_refused()
        session.open()
        self.assertEqual(session.ask("close")["type"], "closed")
        all_refused()
        self.assertIs(session.open()["resumed"], False, "a key may be used again")

    def test_open_again_while_open(self):
        """A key has one session: a second `open` on its connection does nothing, and a second
        session wants a key of its own."""
        session = self.session(session_id="tab")
        token = self.daemon.token("alice")
        self.assert_code(session.refused("open", token=token, session_id="tab"), "ALREADY_OPEN")
        self.assert_code(session.refused("open", token=token), "ALREADY_OPEN")
        self.assert_code(session.refused("open", token=token, session_id="other"), "ALREADY_OPEN")
        self.assert_code(session.refused("open", token=self.daemon.token("bob")), "ALREADY_OPEN")
        self.assertEqual(self.admin().ask("stats")["sessions"], 2)


class Subscribe(Case):
    def setUp(self):
        super().setUp()
        self.feed, self.bars = self.feeder(), feeds.bars("NIFTY50", 60)
        self.feed.send(self.bars[:40])

    def test_reply_has_every_parameter_filled_in(self):
        reply = self.session().subscribe("NIFTY50", "1min", {
            "r": {"name": "RSI"}, "m": {"name": "macd", "params": {"fast": 5}},
            "b": {"name": "BBANDS", "params": {}}, "long": {"name": "SMA",
                                                            "params": {"length": 50}}})
        self.assertEqual(reply["type"], "subscribed")
        self.assertEqual((reply["symbol"], reply["timeframe"]), ("NIFTY50", "1min"))
        self.assertEqual(reply["rejected"], {})
        got = reply["indicators"]
        self.assertEqual(got["r"]["params"], {"length": 14, "scalar": 100})
        self.assertEqual((got["m"]["name"], got["m"]["params"]),
                         ("MACD", {"fast": 5, "slow": 26, "signal": 9}))
        self.assertEqual(got["b"]["params"], {"length": 5, "std": 2})
        self.assertEqual(got["m"]["outputs"], ["MACD", "MACDh", "MACDs"])
        self.assertEqual(got["r"]["outputs"], ["RSI"])
        self.assertIs(got["b"]["warm"], True)
        self.assertIs(got["long"]["warm"], False, "40 bars are not 50")
        self.assertEqual(set(got["r"]), {"name", "params", "outputs", "warm", "bars"})

    def test_snapshot_is_the_newest_bar_and_the_first_update_follows_it(self):
        session = self.session()
        reply = session.subscribe("NIFTY50", "1min", ["SMA(3)"])
        snapshot = reply["snapshot"]
        isp.check_update(snapshot)
        self.assertEqual(snapshot["bar"], "2025-11-04T04:24:00.000Z")
        self.assertEqual(snapshot["ohlcv"]["close"], self.bars[39]["c"])
        self.feed.send(self.bars[40:])
        bars = [u["bar"] for u in session.sync().updates(closed=True)]
        self.assertEqual(bars[0], "2025-11-04T04:25:00.000Z")
        self.assertEqual(len(bars), 20)

    def test_short_forms_have_canonical_ids(self):
        cases = {"RSI(14)": "RSI_14_100", "RSI": "RSI_14_100", "rsi( length = 14 )": "RSI_14_100",
                 "MACD(12,26,9)": "MACD_12_26_9", "BBANDS(20,2)": "BBANDS_20_2",
                 "SMA(length=9,source=RSI(14))": "SMA_9_RSI_14_100", "OBV": "OBV"}
        for short, id_ in cases.items():
            reply = self.session().subscribe("NIFTY50", "1min", [short])
            self.assertEqual(list(reply["indicators"]), [id_], short)

    def test_a_symbol_without_a_bar_yet(self):
        """Subscribing comes before the first tick of the day: nothing to show, nothing wrong."""
        self.feed.send([{"s": "FRESH", "t": self.bars[39]["t"], "p": 10}])
        session = self.session()
        session.subscribe("FRESH", "1h", ["RSI(14)"])
        self.feed.send([{"s": "FRESH", "t": self.bars[41]["t"], "p": 11}])
        last = session.sync().updates("FRESH", "1h")[-1]
        self.assertEqual(last["ohlcv"]["high"], 11)
        self.assertEqual(last["indicators"], {"RSI_14_100": None})

    def test_history_comes_with_it(self):
        reply = self.session().subscribe("NIFTY50", "1min", ["SMA(3)"], history=10)
        self.assertEqual([u["ohlcv"]["close"] for u in reply["history"]],
                         [b["c"] for b in self.bars[30:40]])
        for update in reply["history"]:
            isp.check_update(update)
            self.assertTrue(update["closed"])


class Reading(Case):
    instruments = INSTRUMENTS

    def setUp(self):
        super().setUp()
        self.feed, self.bars = self.feeder(), feeds.bars("NIFTY50", 60)
        self.feed.send(self.bars)

    def test_catalog(self):
        session = self.session()
        rows = session.ask("catalog")["indicators"]
        names = [row["name"] for row in rows]
        for name in "SMA EMA WMA RSI MACD BBANDS ATR STOCH VWAP OBV ADX CCI".split():
            self.assertIn(name, names)
        self.assertEqual(len(set(names)), len(names))
        for row in rows:
            self.assertLessEqual({"name", "aliases", "category", "params", "inputs", "outputs",
                                  "warmup", "source"}, set(row), row["name"])
            for param in row["params"]:
                self.assertLessEqual({"name", "type", "default", "min", "max", "about"},
                                     set(param), row["name"])
                self.assertEqual(param["min"] is None, param["type"] in ("choice", "source"))
        (rsi,) = session.ask("catalog", name="RSI")["indicators"]
        self.assertEqual([p["name"] for p in rsi["params"]][:2], ["length", "scalar"])
        self.assertEqual(rsi["params"][0]["default"], 14)
        self.assertEqual(session.ask("catalog", name="rsi")["indicators"], [rsi])
        (profile,) = session.ask("catalog", name="VP")["indicators"]
        self.assertIn("looks ahead", profile["unavailable"])
        self.assertIsNone(profile["warmup"])
        refused = session.refused("subscribe", symbol="NIFTY50", timeframe="1min",
                                  indicators=["VP"])
        self.assertIn("looks ahead", self.assert_code(refused, "UNKNOWN_INDICATOR")["message"])
        error = self.assert_code(session.refused("catalog", name="RSX1"), "UNKNOWN_INDICATOR")
        self.assertIn("RS", error["message"])

    def test_every_row_of_the_catalogue_can_be_subscribed_to_with_its_defaults(self):
        session = self.session()
        for row in session.ask("catalog")["indicators"]:
            if row.get("unavailable"):
                continue
            reply = session.subscribe("NIFTY50", "1min", {row["name"]: {"name": row["name"]}})
            self.assertEqual(reply["indicators"][row["name"]]["outputs"], row["outputs"])
            value = reply["snapshot"]["indicators"][row["name"]]
            if len(row["outputs"]) > 1:
                self.assertEqual(list(value), row["outputs"])
            session.ask("unsubscribe")

    DEGENERATE = {  # symbol: what becomes of each bar
        "FLAT": lambda b: b | {"o": 100, "h": 100, "l": 100, "c": 100, "v": 0},
        "STILL": lambda b: b | {"o": 100.1, "h": 100.1, "l": 100.1, "c": 100.1},
        "NO_RANGE": lambda b: b | {"o": b["c"], "h": b["c"], "l": b["c"]},
        "NO_VOLUME": lambda b: b | {"v": 0},
        "EQUAL_HIGHS": lambda b: b | {"h": 26000}}

    # Functions that have none for prices of thousands, and what waits for a certain price.
    NO_VALUE = {"ACOS", "ASIN", "COSH", "EXP", "SINH", "HILO", "TD_SEQ"}

    def test_every_row_on_degenerate_bars(self):
        """No range, no volume, equal highs, one price, one bar: values or null, never NaN or
        infinity (which the client here refuses to read); and values again afterwards."""
        session = self.session()
        names = [row["name"] for row in session.ask("catalog")["indicators"]
                 if not row.get("unavailable")]
        for symbol, change in self.DEGENERATE.items():
            with self.subTest(symbol):
                bars = [change(bar) if i < 300 else bar
                        for i, bar in enumerate(feeds.bars(symbol, 700))]
                self.feed.send(bars[:1])
                one = session.subscribe(symbol, "1min", {name: {"name": name} for name in names})
                self.assertEqual(one["snapshot"]["indicators"]["HL2"],
                                 (bars[0]["h"] + bars[0]["l"]) / 2)
                self.feed.send(bars[1:])
                updates = session.sync().updates(symbol, closed=True)
                self.assertEqual(len(updates), 699)
                if symbol == "FLAT":
                    bands = updates[298]["indicators"]["BBANDS"]
                    self.assertEqual((bands["BBU"], bands["BBB"]), (100, 0), "zero, exactly")
                for name, value in updates[-1]["indicators"].items():
                    values = value.values() if isinstance(value, dict) else [value]
                    self.assertTrue(any(v is not None for v in values) or name in self.NO_VALUE,
                                    name)

    def test_symbols(self):
        session = self.session()
        rows = session.ask("symbols")["symbols"]
        by_name = {row["symbol"]: row for row in rows}
        self.assertEqual(set(by_name), {"NIFTY50", "INFY", "NIFTY25NOVFUT", "NIFTY25NOV25700CE",
                                        "NIFTY25NOV25700PE"})
        call = by_name["NIFTY25NOV25700CE"]
        self.assertEqual(set(call), {"symbol", "instrument_type", "underlying", "strike", "expiry",
                                     "last", "last_time"})
        self.assertEqual((call["instrument_type"], call["strike"], call["expiry"][:10]),
                         ("CE", 25700, "2025-11-25"))
        self.assertIsNone(call["last"])
        self.assertEqual(by_name["NIFTY50"]["last"], self.bars[-1]["c"])
        self.assertEqual(by_name["NIFTY50"]["instrument_type"], "INDEX")
        for pattern in ("NIFTY*", "*CE", "?NFY", "X*"):
            got = {r["symbol"] for r in session.ask("symbols", match=pattern)["symbols"]}
            self.assertEqual(got, set(fnmatch.filter(by_name, pattern)))

    def test_data_needs_a_subscription(self):
        session = self.session()
        self.assert_code(session.refused("data", symbol="NIFTY50", timeframe="1min"),
                         "NO_SUBSCRIPTION")
        session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        self.assert_code(session.refused("data", symbol="NIFTY50", timeframe="5min"),
                         "NO_SUBSCRIPTION")
        self.assert_code(self.session("bob").refused("data", symbol="NIFTY50", timeframe="1min"),
                         "NO_SUBSCRIPTION")

    def test_stats_needs_the_scope(self):
        self.assert_code(self.session().refused("stats"), "FORBIDDEN")
        self.assert_code(self.session(claims={"scope": "feed"}).refused("stats"), "FORBIDDEN")
        stats = self.session("root", claims={"scope": "feed admin"}).ask("stats")
        self.assertLessEqual({"sessions", "shared", "views", "feed", "counters", "rates",
                              "uptime_ms"}, set(stats))
        self.assertEqual(stats["sessions"], 3)

    def test_errors_are_counted_by_code(self):
        admin, session = self.admin(), self.session()

        def counted():
            return dict(admin.ask("stats")["counters"]["errors"])
        before = counted().get("UNKNOWN_TIMEFRAME", 0)
        session.refused("data", symbol="NIFTY50", timeframe="7min")
        self.assertEqual(counted().get("UNKNOWN_TIMEFRAME", 0), before + 1)

    def test_ids_are_echoed_as_they_are(self):
        session = self.session()
        for id_ in (0, -5, 2**53 - 1, 2**53 + 1, 2**64 - 1, -2**63, 10**40 + 1, "text", "",
                    "ä\\u0000", None):
            body = {"type": "heartbeat"} | ({} if id_ is None else {"id": id_})
            reply = session.raw(isp.json.dumps(body))
            self.assertEqual(reply["type"], "heartbeat_ack")
            self.assertEqual(reply.get("id"), id_)
        for text in ("-0", "1e3", "9007199254740993"):  # as it was written, in errors too
            session.socket.send(f'{{"type":"nonsense","id":{text}}}'.encode())
            self.assertTrue(session.socket.poll(30_000))
            self.assertIn(f'"id":{text},'.encode(), session.socket.recv())
        for bad in (1.5, True, [1], {"a": 1}):
            reply = session.raw(isp.json.dumps({"type": "heartbeat", "id": bad}))
            self.assert_code(reply, "BAD_REQUEST")

    def test_each_of_many_requests_at_once_is_answered_in_order(self):
        """As many as may come at once, before the first reply is read."""
        session = self.session()
        ids = [session.send(("list", "heartbeat", "nonsense", "data")[i % 4])
               for i in range(1900)]
        for id_ in ids:
            reply = session.reply_to(id_)
            self.assertEqual(session.replies, {}, f"before the reply to {id_}")
            self.assertNotEqual(reply.get("code"), "RATE_LIMITED")

    def test_an_empty_delimiter_is_mirrored(self):
        session = self.session()
        session.socket.send_multipart([b"", b'{"type":"heartbeat","id":5}'])
        self.assertTrue(session.socket.poll(30_000))
        frames = session.socket.recv_multipart()
        self.assertEqual(frames[0], b"")
        self.assertEqual(isp.parse(frames[1])["type"], "heartbeat_ack")

    def test_refused_feed_does_not_open(self):
        with self.assertRaises(Refused) as caught:
            self.feeder(token=self.daemon.token("alice"))
        self.assert_code(caught.exception.reply, "FORBIDDEN")
        with self.assertRaises(Refused) as caught:
            self.feeder(token="nonsense")
        self.assert_code(caught.exception.reply, "UNAUTHENTICATED")


if __name__ == "__main__":
    unittest.main()
