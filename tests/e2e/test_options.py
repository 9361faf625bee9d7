"""Greeks and open interest in every update: of options, futures, an underlying with a chain."""
import collections
import csv
import gzip
import math
import unittest

from support import isp, market
from support.case import Case
from support.feeds import MINUTE, OPEN
from test_real_data import DATA

DAY = 24 * 60 * MINUTE
CHAIN = DATA / "options" / "index_chain_5min_2026-02-03.csv.gz"
COLUMNS = ("instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,"
           "lot_size,instrument_type,segment,exchange\n")


def dump(rows):
    """Rows of (symbol, underlying, expiry, strike, type) as a dump of instruments."""
    return COLUMNS + "".join(
        f"{i},{i},{symbol},{name},0,{expiry},{strike},0.05,75,{type_},X,NFO\n"
        for i, (symbol, name, expiry, strike, type_) in enumerate(rows))


def chain(strikes=(24900, 25000, 25100), expiry="2025-11-11", future=True):
    rows = [("NIFTY 50", "NIFTY 50", "", 0, "INDEX")]
    for strike in strikes:
        rows += [(f"N{strike}{side}", "NIFTY", expiry, strike, side) for side in ("CE", "PE")]
    return dump(rows + ([("NFUT", "NIFTY", expiry, 0, "FUT")] if future else []))


def normal(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def black(forward, strike, years, volatility, call):
    """Black 1976, undiscounted."""
    deviation = volatility * math.sqrt(years)
    d1 = math.log(forward / strike) / deviation + deviation / 2
    side = 1 if call else -1
    return side * (forward * normal(side * d1) - strike * normal(side * (d1 - deviation)))


class Options(Case):
    instruments = chain()
    EXPIRY = market.ms_of("2025-11-11T10:00:00.000Z")  # 15:30 in Kolkata
    VOLATILITY = 0.14

    def tick(self, symbol, price, at=OPEN, **more):
        return {"s": symbol, "t": at, "p": price, **more}

    def years(self, at=OPEN):
        return (self.EXPIRY - at) / (365 * DAY)

    def fair(self, strike, call, forward=25050.0, at=OPEN):
        return black(forward, strike, self.years(at), self.VOLATILITY, call)

    def fair_chain(self, forward=25050.0, at=OPEN):
        return [self.tick(f"N{strike}{side}", self.fair(strike, side == "CE", forward, at), at,
                          oi=100 * (strike - 24800) if side == "CE" else 100 * (25300 - strike))
                for strike in (24900, 25000, 25100) for side in ("CE", "PE")]

    def update(self, symbol, timeframe="1min"):
        session = self.session()
        return session.subscribe(symbol, timeframe, ["SMA(1)"])["snapshot"]


class Greeks(Options):
    def test_of_a_call_and_a_put_on_the_future(self):
        self.feeder().send([self.tick("NIFTY 50", 25020), self.tick("NFUT", 25050, oi=7),
                            *self.fair_chain()])
        for side in ("CE", "PE"):
            greeks = self.update(f"N25100{side}")["greeks"]
            self.assertEqual((greeks["model"], greeks["convention"], greeks["expiry"],
                              greeks["forward"], greeks["forward_from"], greeks["rate"]),
                             ("black76", "black76-365", "2025-11-11", 25050, "future", 0))
            self.assertAlmostEqual(greeks["t_years"], self.years(), 12)
            self.assertAlmostEqual(greeks["iv"], self.VOLATILITY, 10)
            up, down = (self.fair(25100, side == "CE", 25050 + h) for h in (0.5, -0.5))
            self.assertAlmostEqual(greeks["delta"], up - down, 5)
            later = self.fair(25100, side == "CE", at=OPEN + 60000)
            self.assertAlmostEqual(greeks["theta"], (later - greeks["price"]) * 1440, 1)

    def test_forward_from_parity_where_no_future_trades(self):
        self.feeder().send([self.tick("NIFTY 50", 25020), *self.fair_chain()])
        greeks = self.update("N25000CE")["greeks"]
        self.assertEqual(greeks["forward_from"], "parity")
        self.assertAlmostEqual(greeks["forward"], 25050, 6)
        self.assertAlmostEqual(greeks["iv"], self.VOLATILITY, 8)

    def test_forward_from_the_spot_where_nothing_else_is_known(self):
        self.feeder().send([self.tick("NIFTY 50", 25020), self.tick("N25000CE", 200)])
        greeks = self.update("N25000CE")["greeks"]
        self.assertEqual((greeks["forward_from"], greeks["forward"]), ("carry", 25020))

    def test_of_the_underlying_with_a_chain(self):
        self.feeder().send([self.tick("NFUT", 25050), *self.fair_chain(),
                            self.tick("NIFTY 50", 25020)])
        update = self.update("NIFTY 50")
        greeks, oi = update["greeks"], update["oi"]
        self.assertEqual((greeks["strike"], greeks["expiry"]), (25000, "2025-11-11"))
        self.assertAlmostEqual(greeks["iv"], self.VOLATILITY, 10)
        self.assertAlmostEqual(greeks["call"]["delta"] - greeks["put"]["delta"], 1, 9)
        self.assertEqual((oi["expiry"], oi["call_oi"], oi["put_oi"]), ("2025-11-11", 60000, 90000))
        self.assertEqual(oi["pcr"], 1.5)
        self.assertEqual(oi["max_pain"], 25000)

    def test_of_a_future_there_is_open_interest(self):
        self.feeder().send([self.tick("NFUT", 25050, oi=100),
                            self.tick("NFUT", 25051, OPEN + 1, oi=150)])
        update = self.update("NFUT")
        self.assertIsNone(update["greeks"])
        self.assertEqual(update["oi"], {"oi": 150, "change": 50, "change_pct": 50})

    def test_history_has_the_bytes_that_were_streamed(self):
        feed, session = self.feeder(), self.session()
        feed.send([self.tick("NIFTY 50", 25020), self.tick("NFUT", 25050), *self.fair_chain()])
        watched = [(symbol, timeframe) for symbol in ("NIFTY 50", "N25000CE", "N25100PE")
                   for timeframe in ("1min", "5min")]
        for symbol, timeframe in watched:
            session.subscribe(symbol, timeframe, ["SMA(2)", "EMA(3,source=iv)"])
        for minute in range(1, 12):
            at, forward = OPEN + minute * MINUTE, 25050.0 + 7 * minute
            feed.send([self.tick("NFUT", forward, at), *self.fair_chain(forward, at),
                       self.tick("NIFTY 50", forward - 30, at)])
        feed.clock(OPEN + 20 * MINUTE)
        session.sync()
        self.assert_history_is_what_was_streamed(session, watched)

    def assert_history_is_what_was_streamed(self, session, watched):
        for symbol, timeframe in watched:
            streamed = session.updates(symbol, timeframe, closed=True)
            self.assertGreater(len(streamed), 1)
            self.assertEqual(session.ask("history", symbol=symbol, timeframe=timeframe)["updates"],
                             streamed)

    def test_bars_of_one_message_are_one_moment(self):
        feed, session = self.feeder(), self.session()
        feed.send([self.tick("NIFTY 50", 25020, OPEN - DAY)])
        watched = [(symbol, timeframe) for symbol in ("NIFTY 50", "N25000CE", "N25100PE")
                   for timeframe in ("1min", "5min")]
        for symbol, timeframe in watched:
            session.subscribe(symbol, timeframe, ["EMA(3,source=iv)", "SMA(1,source=atm_iv)"])
        for minute in range(11):
            at, forward = OPEN + minute * MINUTE, 25050.0 + 7 * minute
            close = at + MINUTE - 1
            feed.send([{"s": tick["s"], "tf": "1min", "t": at, "o": tick["p"], "h": tick["p"],
                        "l": tick["p"], "c": tick["p"], "v": 0, "oi": tick.get("oi")}
                       for tick in [self.tick("NIFTY 50", forward - 30),
                                    *self.fair_chain(forward, close), self.tick("NFUT", forward)]])
        session.sync()
        for update in session.updates("N25000CE", "1min", closed=True):
            self.assertAlmostEqual(update["greeks"]["iv"], self.VOLATILITY, 9)
        for symbol, timeframe in watched:
            streamed = session.updates(symbol, timeframe, closed=True)
            history = session.ask("history", symbol=symbol, timeframe=timeframe)["updates"]
            self.assertEqual(history[len(history) - len(streamed):], streamed)

    def test_history_of_seconds_does_not_look_ahead(self):
        feed, session = self.feeder(), self.session()
        feed.send([self.tick("NIFTY 50", 25020), self.tick("NFUT", 25050), *self.fair_chain()])
        watched = [(symbol, timeframe) for symbol in ("NIFTY 50", "N25000CE", "N25100PE")
                   for timeframe in ("1s", "5s", "30s", "1min")]
        for symbol, timeframe in watched:
            session.subscribe(symbol, timeframe, ["EMA(3,source=iv)", "SMA(1,source=atm_iv)"])
        for step in range(1, 80):
            at, forward = OPEN + 1700 * step, 25050.0 + 3 * step
            feed.send([self.tick("NFUT", forward, at), *self.fair_chain(forward, at),
                       self.tick("NIFTY 50", forward - 30, at)])
        feed.clock(OPEN + 20 * MINUTE)
        session.sync()
        self.assert_history_is_what_was_streamed(session, watched)


class Reasons(Options):
    settings = {"options": {"age_s": 60}}

    def greeks(self, *ticks, symbol="N25000CE"):
        self.feeder().send(list(ticks))
        greeks = self.update(symbol)["greeks"]
        for name in ("iv", "delta", "gamma", "theta", "vega", "rho"):
            self.assertIsNone(greeks[name], greeks)
        return greeks["reason"]

    def test_below_what_exercise_is_worth(self):
        self.assertEqual(self.greeks(self.tick("NFUT", 25500), self.tick("N25000CE", 400)),
                         "BELOW_INTRINSIC")

    def test_above_the_forward(self):
        self.assertEqual(self.greeks(self.tick("NFUT", 25500), self.tick("N25000CE", 25501)),
                         "ABOVE_BOUND")

    def test_nothing_known_of_the_underlying(self):
        self.assertEqual(self.greeks(self.tick("N25000CE", 400)), "NO_UNDERLYING")

    def test_what_is_known_is_too_old(self):
        self.assertEqual(self.greeks(self.tick("NFUT", 25050),
                                     self.tick("N25000CE", 200, OPEN + 61_000)), "NO_UNDERLYING")

    def test_crossed_quotes(self):
        self.assertEqual(self.greeks(self.tick("NFUT", 25050),
                                     self.tick("N25000CE", 200, b=201, a=199)), "CROSSED")

    def test_expired(self):
        at = self.EXPIRY + DAY - 60 * MINUTE  # the day after
        self.assertEqual(self.greeks(self.tick("NFUT", 25050, at), self.tick("N25000CE", 60, at)),
                         "EXPIRED")

    def test_an_expired_chain_is_not_the_underlyings(self):
        at = self.EXPIRY + DAY - 60 * MINUTE
        self.feeder().send([self.tick("N25000CE", 60, at), self.tick("NIFTY 50", 25050, at)])
        update = self.update("NIFTY 50")
        self.assertIsNone(update["greeks"])
        self.assertIsNone(update["oi"])


class Unlisted(Options):
    """An index that the dump does not have, as dumps of derivatives alone."""

    instruments = "".join(line for line in chain().splitlines(keepends=True)
                          if "NIFTY 50" not in line)

    def test_a_chain_is_tied_when_its_underlying_comes(self):
        feed = self.feeder()
        feed.send([self.tick("NFUT", 25050), *self.fair_chain()])
        self.assertIn("have no part in a chain", self.daemon.said())
        greeks = self.update("N25000CE")["greeks"]
        self.assertEqual((greeks["iv"], greeks["reason"]), (None, "NO_UNDERLYING"))
        feed.send([self.tick("NIFTY 50", 25020, OPEN + 1), self.tick("N25000CE", 200, OPEN + 2)])
        self.assertIsNotNone(self.update("N25000CE")["greeks"]["iv"])
        self.assertEqual(self.update("NIFTY 50")["greeks"]["strike"], 25000)


class OneStrike(Options):
    instruments = chain(strikes=(25000,), future=False)

    def test_a_chain_of_one_strike(self):
        self.feeder().send([self.tick("N25000CE", 230, oi=10), self.tick("N25000PE", 180, oi=20),
                            self.tick("NIFTY 50", 25020)])
        update = self.update("NIFTY 50")
        self.assertAlmostEqual(update["greeks"]["forward"], 25050, 9)
        self.assertEqual((update["oi"]["pcr"], update["oi"]["max_pain"]), (2, 25000))


class Names(Options):
    """The dump's name of an index is not its symbol."""

    def test_derivatives_name_the_symbol_of_their_underlying(self):
        session = self.session()
        rows = session.ask("symbols", underlying="NIFTY 50")["symbols"]
        self.assertEqual(rows, session.ask("symbols", underlying="NIFTY")["symbols"])
        self.assertEqual(len(rows), 7)
        self.assertEqual({row["underlying"] for row in rows}, {"NIFTY 50"})
        self.assertIsNone(session.ask("symbols", match="NIFTY 50")["symbols"][0]["underlying"])


class Conventions(Options):
    settings = {"options": {"convention": "nse"}}

    def test_the_message_names_it(self):
        self.feeder().send([self.tick("NIFTY 50", 25020), self.tick("N25000CE", 260)])
        greeks = self.update("N25000CE")["greeks"]
        self.assertEqual((greeks["convention"], greeks["rate"]), ("nse", 0.1))
        self.assertEqual(greeks["spot"], 25020)
        self.assertAlmostEqual(greeks["t_years"], 7 / 365, 12)


class Sources(Options):
    def test_indicators_run_on_what_options_give(self):
        feed, session = self.feeder(), self.session()
        feed.send([self.tick("NFUT", 25050), *self.fair_chain(), self.tick("NIFTY 50", 25020)])
        sides = ("iv", "delta", "gamma", "theta", "vega", "rho")
        session.subscribe("N25100PE", "1min", [f"SMA(1,source={name})" for name in sides])
        session.subscribe("N25000CE", "1min", ["SMA(2,source=iv)", "SMA(2,source=delta)",
                                               "SMA(2,source=oi)", "SMA(2,source=pcr)"])
        session.subscribe("NIFTY 50", "1min", ["SMA(1,source=pcr)", "SMA(1,source=atm_iv)",
                                               "SMA(1,source=iv)"])
        for minute in range(1, 4):
            at = OPEN + minute * MINUTE
            feed.send([self.tick("NFUT", 25050, at), *self.fair_chain(25050.0, at),
                       self.tick("NIFTY 50", 25020, at)])
        feed.clock(OPEN + 10 * MINUTE)
        session.sync()
        for update in session.updates("N25100PE", "1min"):
            for name in sides:
                self.assertEqual(update["indicators"][f"SMA_1_{name}"], update["greeks"][name])
        last = session.updates("N25000CE", "1min", closed=True)[-1]["indicators"]
        self.assertAlmostEqual(last["SMA_2_iv"], self.VOLATILITY, 9)
        self.assertTrue(0.5 < last["SMA_2_delta"] < 0.6)
        self.assertEqual((last["SMA_2_oi"], last["SMA_2_pcr"]), (20000, None))
        last = session.updates("NIFTY 50", "1min", closed=True)[-1]["indicators"]
        self.assertEqual((last["SMA_1_pcr"], last["SMA_1_iv"]), (1.5, None))
        self.assertAlmostEqual(last["SMA_1_atm_iv"], self.VOLATILITY, 9)


    def test_a_past_without_a_chain_has_none_of_it(self):
        feed, session = self.feeder(), self.session()
        for minute in range(6):
            at = OPEN + minute * MINUTE
            feed.send((self.fair_chain(25050.0, at) if minute >= 3 else [])
                      + [self.tick("NIFTY 50", 25020, at)])
        feed.clock(OPEN + 10 * MINUTE)
        indicators = ["SMA(2,source=pcr)", "SMA(1,source=atm_iv)"]
        reply = session.subscribe("NIFTY 50", "1min", indicators, history=10)
        self.assertEqual([u["indicators"]["SMA_2_pcr"] for u in reply["history"]],
                         [None, None, None, None, 1.5, 1.5])
        self.assertEqual([u["indicators"]["SMA_1_atm_iv"] is None for u in reply["history"]],
                         [True, True, True, False, False, False])
        self.assertEqual([u["greeks"]["iv"] for u in reply["history"]],
                         [u["indicators"]["SMA_1_atm_iv"] for u in reply["history"]])


@unittest.skipUnless(CHAIN.exists(), "no recordings here")
class RecordedChain(Case):
    """Snapshots of a whole day: totals, changes, put-call ratio and max pain, added up here."""

    @staticmethod
    def rows():
        with gzip.open(CHAIN, "rt") as file:
            rows = [row for row in csv.DictReader(file) if row["symbol"] == "BANKNIFTY"]
        snapshots = collections.defaultdict(list)
        for row in rows:
            snapshots[market.ms_of(row["ts"])].append(row)
        opening = market.ms_of("2026-02-03T09:15:00+05:30")
        return {at: rows for at, rows in sorted(snapshots.items())
                if opening <= at < opening + 375 * MINUTE}

    @staticmethod
    def pain(strikes, calls, puts):
        def paid(settlement):
            return sum(calls[k] * max(0, settlement - k) + puts[k] * max(0, k - settlement)
                       for k in strikes)
        return paid

    def test_open_interest_of_the_chain(self):
        snapshots = self.rows()
        first = next(iter(snapshots.values()))
        expiry = first[0]["expiry"]
        strikes = sorted({float(row["strike"]) for rows in snapshots.values() for row in rows})
        listed = [("BANKNIFTY", "BANKNIFTY", "", 0, "INDEX")] + [
            (f"B{strike:g}{side}", "BANKNIFTY", expiry, f"{strike:g}", side)
            for strike in strikes for side in ("CE", "PE")]
        daemon = self.another_daemon(instruments=dump(listed))
        session, feed = isp.Session(daemon, "alice"), isp.Feeder(daemon)
        self.addCleanup(session.socket.close)
        self.addCleanup(feed.disconnect)
        known = {}
        for n, (at, rows) in enumerate(list(snapshots.items())[:25]):
            ticks = []
            for row in rows:
                for side in ("ce", "pe"):
                    oi = float(row[f"{side}_oi"])
                    known[float(row["strike"]), side] = oi
                    price = float(row[f"{side}_ltp"])
                    ticks.append({"s": f"B{float(row['strike']):g}{side.upper()}", "t": at,
                                  "p": price or 0.05, "oi": oi})
            feed.send(ticks + [{"s": "BANKNIFTY", "t": at, "p": float(rows[0]["spot"])}])
            if n == 0:
                session.subscribe("BANKNIFTY", "1min", ["SMA(1)"])
                opening = dict(known)
            oi = session.ask("data", symbol="BANKNIFTY", timeframe="1min")["update"]["oi"]
            totals = {side: sum(v for (_, s), v in known.items() if s == side)
                      for side in ("ce", "pe")}
            self.assertEqual((oi["call_oi"], oi["put_oi"]), (totals["ce"], totals["pe"]))
            self.assertAlmostEqual(oi["pcr"], totals["pe"] / totals["ce"], 12)
            for side, name in (("ce", "call_change"), ("pe", "put_change")):
                change = sum(v - opening.get(key, v) for key, v in known.items() if key[1] == side)
                self.assertEqual(oi[name], change)
            paid = self.pain(strikes, *({k: known.get((k, side), 0) for k in strikes}
                                        for side in ("ce", "pe")))
            self.assertEqual(paid(oi["max_pain"]), min(paid(k) for k in strikes))
        greeks = session.ask("data", symbol="BANKNIFTY", timeframe="1min")["update"]["greeks"]
        self.assertIn(greeks["forward_from"], ("parity", "carry"))
        self.assertTrue(0.03 < greeks["iv"] < 1, greeks)


if __name__ == "__main__":
    unittest.main()
