"""Subscribing and unsubscribing: sets that grow and shrink, and what is counted for them."""
import random
import unittest

from support import feeds
from support.case import Case, shared
from support.market import MINUTE, OPEN


class Counting(Case):
    """Every computation has as many subscribers as sessions asked for it."""

    def setUp(self):
        super().setUp()
        feed = self.feeder()
        for symbol in ("NIFTY50", "BANKNIFTY", "A_B", "A", "M&M FIN", "B_1min"):
            feed.send(feeds.bars(symbol, 40))
        self.feed = feed
        self.stats = self.admin()

    def assert_shared(self, **wanted):
        """wanted: NIFTY50_1min={"RSI": 2} and so on."""
        got = {}
        for (symbol, timeframe, indicator), count in shared(self.stats).items():
            name = indicator.split("(")[0].split("_")[0]
            got.setdefault(f"{symbol}_{timeframe}", {})[name] = count
        self.assertEqual(got, wanted)

    def test_first_starts_and_last_stops(self):
        alice, bob = self.session("alice"), self.session("bob")
        self.assert_shared()
        alice.subscribe("NIFTY50", "5min", ["RSI(14)", "MACD(12,26,9)"])
        bob.subscribe("NIFTY50", "5min", ["RSI(14)"])
        self.assert_shared(NIFTY50_5min={"RSI": 2, "MACD": 1})
        alice.ask("unsubscribe", symbol="NIFTY50", timeframe="5min", indicators=["RSI_14_100"])
        self.assert_shared(NIFTY50_5min={"RSI": 1, "MACD": 1})
        bob.ask("close")
        self.assert_shared(NIFTY50_5min={"MACD": 1})
        alice.ask("unsubscribe", symbol="NIFTY50", timeframe="5min")
        self.assert_shared()

    def test_what_others_are_made_of_is_counted_too(self):
        self.feeder().send(feeds.bars("NIFTY50", 20))
        for user in ("alice", "bob"):
            self.session(user).subscribe("NIFTY50", "5min", ["SMA(3,source=RSI(14))",
                                                             "EMA(5,timeframe=1h)"])
        shared = {(row["timeframe"], row["indicator"]): row["subscribers"]
                  for row in self.admin().ask("stats")["shared"]}
        self.assertEqual(shared, {("5min", "RSI_14_100"): 2, ("5min", "SMA_3_RSI_14_100"): 2,
                                  ("5min", "EMA_5_1h"): 2, ("1h", "EMA_5"): 2})

    def test_second_subscribe_adds(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["RSI(14)"])
        reply = session.subscribe("NIFTY50", "1min", ["SMA(9)"])
        self.assertEqual(set(reply["indicators"]), {"RSI_14_100", "SMA_9"}, "the whole set")
        session.subscribe("NIFTY50", "5min", ["RSI(14)"])
        session.subscribe("BANKNIFTY", "1min", ["RSI(14)"])
        self.assert_shared(NIFTY50_1min={"RSI": 1, "SMA": 1}, NIFTY50_5min={"RSI": 1},
                           BANKNIFTY_1min={"RSI": 1})
        self.assertEqual(len(session.ask("list")["subscriptions"]), 3)
        self.assertEqual(session.ask("unsubscribe")["subscriptions"], [])
        self.assert_shared()

    def test_asking_again_changes_nothing_and_another_meaning_is_refused(self):
        session = self.session()
        for _ in range(3):
            session.subscribe("NIFTY50", "1min", {"x": {"name": "RSI"}})
        self.assert_shared(NIFTY50_1min={"RSI": 1})
        self.assert_code(session.refused("subscribe", symbol="NIFTY50", timeframe="1min",
                                         indicators={"x": {"name": "SMA"}}), "BAD_REQUEST")
        self.assert_shared(NIFTY50_1min={"RSI": 1})

    def test_two_ids_of_one_meaning_in_one_session(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", {"x": {"name": "RSI"}, "y": {"name": "RSI"}})
        session.ask("unsubscribe", symbol="NIFTY50", timeframe="1min", indicators=["x"])
        (left,) = session.ask("list")["subscriptions"]
        self.assertEqual(set(left["indicators"]), {"y"})
        self.assert_shared(NIFTY50_1min={"RSI": 1})
        session.ask("unsubscribe")
        self.assert_shared()

    def test_bars_alone(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", [])
        self.feed.send(feeds.bars("NIFTY50", 45)[40:])
        self.assertEqual([u["indicators"] for u in session.sync().updates(closed=True)], [{}] * 5)
        session.subscribe("NIFTY50", "1min", ["SMA(9)"])
        self.assert_shared(NIFTY50_1min={"SMA": 1})
        session.ask("unsubscribe", symbol="NIFTY50", timeframe="1min")
        self.assertEqual(session.ask("list")["subscriptions"], [])

    def test_unsubscribed_is_what_is_left(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["RSI(14)", "SMA(9)"])
        session.subscribe("NIFTY50", "5min", ["RSI(14)"])
        left = session.ask("unsubscribe", symbol="NIFTY50", timeframe="1min",
                           indicators=["RSI_14_100"])["subscriptions"]
        self.assertEqual([(s["timeframe"], list(s["indicators"])) for s in left],
                         [("1min", ["SMA_9"]), ("5min", ["RSI_14_100"])])
        left = session.ask("unsubscribe", symbol="NIFTY50", timeframe="1min",
                           indicators=["SMA_9"])["subscriptions"]
        self.assertEqual([s["timeframe"] for s in left], ["5min"], "an empty set is none")

    def test_partial_unsubscribe_changes_the_stream_at_once(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["RSI(14)", "SMA(9)"])
        session.ask("unsubscribe", symbol="NIFTY50", timeframe="1min", indicators=["RSI_14_100"])
        self.feed.send(feeds.bars("NIFTY50", 50)[40:])
        self.assertEqual(session.sync().indicators_seen(), {"SMA_9"})

    def test_symbols_with_underscores_and_blanks(self):
        """A_B on 1min and A with something of B on 1min must not be one."""
        symbols = ["A_B", "A", "M&M FIN", "B_1min"]
        sessions = {symbol: self.session(f"user_{i}") for i, symbol in enumerate(symbols)}
        for symbol, session in sessions.items():
            session.subscribe(symbol, "1min", {"X_1min": {"name": "SMA", "params": {"length": 2}}})
        self.assertEqual(set(shared(self.stats).values()), {1})
        for symbol in symbols:
            self.feed.send(feeds.bars(symbol, 45)[40:])
        for symbol, session in sessions.items():
            self.assertEqual({u["symbol"] for u in session.sync().updates()}, {symbol})
            self.assertEqual(len(session.updates(closed=True)), 5)
            session.ask("unsubscribe", symbol=symbol, timeframe="1min")
        self.assert_shared()

    def test_timeframes_have_other_spellings(self):
        session = self.session()
        for spelling, name in (("5m", "5min"), ("60min", "1h")):
            self.assertEqual(session.subscribe("NIFTY50", spelling, ["SMA(2)"])["timeframe"], name)
            session.ask("data", symbol="NIFTY50", timeframe=name)
        self.assertEqual([s["timeframe"] for s in session.ask("list")["subscriptions"]],
                         ["5min", "1h"])

    def test_random_comings_and_goings_leave_the_right_counts(self):
        """Many sessions do as they please; a model here knows what must be left."""
        rng = random.Random(17)
        universe = [(s, t) for s in ("NIFTY50", "BANKNIFTY", "A_B") for t in ("1min", "5min")]
        ids = {"RSI_14_100": "RSI(14)", "SMA_9": "SMA(9)", "EMA_9": "EMA(9)",
               "MACD_12_26_9": "MACD"}
        live, model = {}, {}
        for step in range(400):
            if not live or (len(live) < 12 and rng.random() < 0.15):
                live[step], model[step] = self.session(f"u{step % 5}"), {}
            name = rng.choice(list(live))
            session, own = live[name], model[name]
            place, act = rng.choice(universe), rng.random()
            if act < 0.5:
                chosen = rng.sample(list(ids), rng.randint(1, 3))
                session.subscribe(*place, [ids[i] for i in chosen])
                own.setdefault(place, set()).update(chosen)
            elif act < 0.7 and own.get(place):
                dropped = rng.sample(sorted(own[place]), 1)
                session.ask("unsubscribe", symbol=place[0], timeframe=place[1],
                            indicators=dropped)
                own[place] -= set(dropped)
            elif act < 0.8 and own.get(place):
                session.ask("unsubscribe", symbol=place[0], timeframe=place[1])
                own[place] = set()
            elif act < 0.85:
                session.ask("unsubscribe")
                own.clear()
            elif act < 0.93:
                session.ask("close")
                del live[name], model[name]
            else:  # the same session on a new connection
                live[name] = self.session(f"u{name % 5}", key=session.key)
                session.disconnect()
        wanted = {}
        for own in model.values():
            for (symbol, timeframe), chosen in own.items():
                for i in chosen:
                    key = (symbol, timeframe, i.split("_")[0])
                    wanted[key] = wanted.get(key, 0) + 1
        got = {(s, t, i.split("(")[0].split("_")[0]): n
               for (s, t, i), n in shared(self.stats).items()}
        self.assertEqual(got, wanted)
        for name, session in live.items():
            listed = {(s["symbol"], s["timeframe"]): set(s["indicators"])
                      for s in session.ask("list")["subscriptions"]}
            self.assertEqual(listed, {k: v for k, v in model[name].items() if v})
            session.ask("close")
        self.assert_shared()


class GoodAndBad(Case):
    """One bad item is named and does not take the others with it, unless that was asked for."""

    def setUp(self):
        super().setUp()
        self.feeder().send(feeds.bars("NIFTY50", 40))
        self.MIXED = {"good": {"name": "RSI"}, "typo": {"name": "RSX1"},
                      "absurd": {"name": "SMA", "params": {"length": 0}},
                      "fine": {"name": "SMA", "params": {"length": 3}}}

    def test_good_ones_are_taken_and_bad_ones_named(self):
        session = self.session()
        reply = session.subscribe("NIFTY50", "1min", self.MIXED)
        self.assertEqual(set(reply["indicators"]), {"good", "fine"})
        self.assertEqual({k: v["code"] for k, v in reply["rejected"].items()},
                         {"typo": "UNKNOWN_INDICATOR", "absurd": "BAD_PARAMETER"})
        for item in reply["rejected"].values():
            self.assertTrue(item["message"])
        self.assertEqual(set(reply["snapshot"]["indicators"]), {"good", "fine"})

    def test_short_forms_too(self):
        reply = self.session().subscribe("NIFTY50", "1min", ["RSI(14)", "RSX1(3)", "SMA(0)"])
        self.assertEqual(set(reply["indicators"]), {"RSI_14_100"})
        self.assertEqual({k: v["code"] for k, v in reply["rejected"].items()},
                         {"RSX1(3)": "UNKNOWN_INDICATOR", "SMA(0)": "BAD_PARAMETER"})

    def test_atomic_takes_all_or_none(self):
        session, admin = self.session(), self.admin()
        reply = session.refused("subscribe", symbol="NIFTY50", timeframe="1min", atomic=True,
                                indicators=self.MIXED)
        self.assertEqual({k: v["code"] for k, v in reply["details"].items()},
                         {"typo": "UNKNOWN_INDICATOR", "absurd": "BAD_PARAMETER"})
        self.assertEqual(session.ask("list")["subscriptions"], [])
        self.assertEqual(shared(admin), {})

    def test_all_bad_is_refused_whole(self):
        session = self.session()
        reply = session.refused("subscribe", symbol="NIFTY50", timeframe="1min",
                                indicators={k: self.MIXED[k] for k in ("typo", "absurd")})
        self.assertEqual(set(reply["details"]), {"typo", "absurd"})
        self.assertEqual(session.ask("list")["subscriptions"], [])

    def test_the_same_bad_item_twice(self):
        """Each is named, and the reply is still JSON with no member twice."""
        for items in (["RSX1", "RSX1", "RSI"], [7, 8, "RSI"], ["RSX1(3)", "RSX1(4)", "RSI"]):
            reply = self.session().subscribe("NIFTY50", "1min", items)
            self.assertEqual(set(reply["indicators"]), {"RSI_14_100"})
            self.assertTrue(reply["rejected"])

    def test_atomic_and_good(self):
        reply = self.session().subscribe("NIFTY50", "1min", ["RSI(14)"], atomic=True)
        self.assertEqual(reply["rejected"], {})

    def test_clashing_id_among_good_ones(self):
        session = self.session()
        session.subscribe("NIFTY50", "1min", {"x": {"name": "RSI"}})
        reply = session.subscribe("NIFTY50", "1min", {"x": {"name": "SMA"}, "y": {"name": "SMA"}})
        self.assertEqual(reply["rejected"]["x"]["code"], "BAD_REQUEST")
        self.assertEqual({k: v["name"] for k, v in reply["indicators"].items()},
                         {"x": "RSI", "y": "SMA"})


class LateSubscriber(Case):
    def test_has_the_same_bytes_as_one_from_the_start(self):
        """Warmed from what is stored, every value is the same to the last bit."""
        names = ["RSI(14)", "MACD(12,26,9)", "SMA(20)", "EMA(9)", "BBANDS(20,2)", "ATR(14)",
                 "STOCH(14,3,3)", "ADX(14)", "CCI(20)", "OBV", "VWAP", "WMA(10)",
                 "SMA(length=9,source=RSI(14))"]
        feed, bars = self.feeder(), feeds.bars("NIFTY50", 700)
        feed.send(bars[:1])
        early = {tf: self.session() for tf in ("1min", "3min", "1h", "1d")}
        for timeframe, session in early.items():
            session.subscribe("NIFTY50", timeframe, names, updates="close")
        feed.send(bars[1:500])
        late = {tf: self.session() for tf in early}
        for timeframe, session in late.items():
            snapshot = session.subscribe("NIFTY50", timeframe, names, updates="close")["snapshot"]
            self.assertEqual(snapshot, early[timeframe].ask("data", symbol="NIFTY50",
                                                            timeframe=timeframe)["update"])
        feed.send(bars[500:]).clock(OPEN + 2 * 24 * 60 * MINUTE)
        for timeframe in early:
            mine = late[timeframe].sync().closed_bodies()
            self.assertGreater(len(mine), 0, timeframe)
            self.assertEqual(mine, early[timeframe].sync().closed_bodies()[-len(mine):], timeframe)

    def test_seconds_too(self):
        feed, ticks = self.feeder(), feeds.ticks("NIFTY50", 1200)
        feed.send(ticks[:5])
        early = self.session()
        early.subscribe("NIFTY50", "5s", ["RSI(14)", "VWAP"], updates="close")
        feed.send(ticks[5:800])
        late = self.session()
        late.subscribe("NIFTY50", "5s", ["RSI(14)", "VWAP"], updates="close")
        feed.send(ticks[800:])
        mine = late.sync().closed_bodies()
        self.assertGreater(len(mine), 20)
        self.assertEqual(mine, early.sync().closed_bodies()[-len(mine):])


if __name__ == "__main__":
    unittest.main()
