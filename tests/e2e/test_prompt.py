"""indsub-cli on a terminal: the prompt, while the stream prints above it."""
import os
import pathlib
import signal
import tempfile
import unittest

from support import feeds
from support.case import Case, shared
from support.market import MINUTE, OPEN
from support.processes import cli_environment, environment, program
from support.terminal import Screen, Terminal
from support.waiting import until

CTRL_A, CTRL_C, CTRL_D, CTRL_Z = "\x01", "\x03", "\x04", "\x1a"
TAB, UP = "\t", "\x1b[A"


class ScreenItself(unittest.TestCase):
    """The tests below are worth what this is worth."""

    def test_overwriting_clearing_and_scrolling(self):
        screen = Screen(rows=3, columns=10)
        screen.feed("one\r\ntwo\r\x1b[Kthree\r\nfour\r\nfi\x1b[")
        screen.feed("2Dve\bX")
        self.assertEqual(screen.lines(), ["one", "three", "four", "vX"])
        self.assertEqual(screen.line(), "vX")


class Prompt(Case):
    def setUp(self):
        super().setUp()
        self.feed = self.feeder()
        self.feed.send(feeds.bars("NIFTY50", 40) + feeds.bars("BANKNIFTY", 40))
        self.ticks = iter(feeds.ticks("NIFTY50", 5000, start=OPEN + 41 * MINUTE, every_ms=300))
        self.home = self.enterContext(tempfile.TemporaryDirectory())
        self.watcher = self.admin()

    def terminal(self, *args):
        env = environment({**cli_environment(self.daemon), "HOME": self.home,
                           "XDG_STATE_HOME": self.home, "XDG_DATA_HOME": self.home})
        terminal = self.enterContext(Terminal([program("INDSUB_CLI"), *args], env))
        terminal.wait(lambda s: s.line().endswith(">"), "the prompt")
        self.prompt = terminal.screen.line()
        return terminal

    def tick_until(self, terminal, condition, what):
        """Sends ticks until the screen is as wanted."""
        def step():
            self.feed.send([next(self.ticks)])
            terminal.pump(0.02)
            return condition(terminal.screen)
        until(step, what, step_s=0)

    def streaming(self, *args):
        terminal = self.terminal(*args)
        terminal.type("subscribe NIFTY50 1min RSI(14)\r")
        until(lambda: terminal.pump(0.02) and shared(self.watcher), "the subscription")
        self.tick_until(terminal, lambda s: sum("RSI" in line for line in s.lines()) > 3,
                        "updates on the screen")
        return terminal

    def test_half_typed_line_survives_updates(self):
        terminal = self.streaming()
        terminal.type("symbols BA")
        before = len(terminal.screen.lines())
        self.tick_until(terminal, lambda s: len(s.lines()) > before + 15, "more updates")
        terminal.wait_line("symbols BA")
        self.assertEqual(terminal.screen.line(), f"{self.prompt} symbols BA")
        shown = [line for line in terminal.screen.lines() if "symbols BA" in line]
        self.assertEqual(len(shown), 1, "it is there once, not once an update")
        terminal.type("NK*\r")
        terminal.wait(lambda s: any("BANKNIFTY" in line and ">" not in line for line in s.lines()),
                      "the command's answer")

    def test_edited_in_the_middle_while_updates_come(self):
        terminal = self.streaming()
        terminal.type("ymbols BANK*" + CTRL_A)
        self.tick_until(terminal, lambda s: s.line().endswith("ymbols BANK*"), "the line back")
        terminal.type("s")
        terminal.wait_line("symbols BANK*")
        terminal.type("\r")
        terminal.wait(lambda s: any("BANKNIFTY" in line and ">" not in line for line in s.lines()),
                      "the command's answer")

    def test_ctrl_c_stops_the_stream_and_not_the_session(self):
        terminal = self.terminal()
        terminal.type("stream NIFTY50 1min RSI(14)\r")
        until(lambda: terminal.pump(0.02) and shared(self.watcher), "the subscription")
        self.tick_until(terminal, lambda s: any("RSI" in line for line in s.lines()[2:]),
                        "updates on the screen")
        terminal.type(CTRL_C)
        terminal.wait_line(self.prompt)
        self.assertEqual(self.watcher.ask("stats")["sessions"], 2)
        terminal.type("symbols BANK*\r")
        terminal.wait(lambda s: any("BANKNIFTY" in line and ">" not in line for line in s.lines()),
                      "an answer after Ctrl-C")

    def test_ctrl_c_drops_a_half_typed_line(self):
        terminal = self.terminal()
        terminal.type("nonsense")
        terminal.wait_line("nonsense")
        terminal.type(CTRL_C)
        terminal.wait_line(self.prompt)
        terminal.type("symbols BANK*\r")
        terminal.wait(lambda s: any("BANKNIFTY" in line and ">" not in line for line in s.lines()),
                      "an answer to the next line")

    def test_ctrl_z_gives_the_terminal_back_and_goes_on_with_it(self):
        terminal = self.streaming()
        terminal.type("sym")
        terminal.wait_line("sym")
        terminal.type(CTRL_Z)
        until(terminal.is_stopped, "the process to stop")
        self.assertTrue(terminal.is_canonical(), "the next program finds a terminal as usual")
        os.kill(terminal.pid, signal.SIGCONT)
        until(lambda: terminal.pump(0.02) and not terminal.is_canonical(), "the terminal again")
        terminal.type("bols BANK*")
        self.tick_until(terminal, lambda s: s.line() == f"{self.prompt} symbols BANK*", "the line")
        terminal.type("\r")
        terminal.wait(lambda s: any("BANKNIFTY" in line and ">" not in line for line in s.lines()),
                      "the command's answer")

    def test_ctrl_d_leaves(self):
        terminal = self.terminal()
        terminal.type(CTRL_D)
        self.assertEqual(terminal.finish(), 0)
        until(lambda: self.watcher.ask("stats")["sessions"] == 1, "the session's end")

    def test_quit_leaves(self):
        terminal = self.streaming()
        terminal.type("quit\r")
        self.assertEqual(terminal.finish(), 0)

    def test_errors_leave_the_prompt(self):
        terminal = self.terminal()
        for line, word in (("nonsense", "nonsense"), ("data NIFTY50 1min", "NO_SUBSCRIPTION"),
                           ("subscribe NIFTY5O 1min RSI", "NIFTY50"), ("data", "SYMBOL")):
            terminal.type(line + "\r")
            terminal.wait(lambda s, w=word, c=line: any(w in text for text in s.lines()
                                                        if not text.endswith(c)), word)
            terminal.wait_line(self.prompt)

    def test_completion(self):
        terminal = self.terminal()
        terminal.type("symbols NIFTY50\r")  # answered after what it asks for by itself
        terminal.wait(lambda s: any("INDEX" in line for line in s.lines()), "the answer")
        terminal.wait_line(self.prompt)
        for typed, wanted in (("subs", "subscribe"), ("subscribe NIF", "subscribe NIFTY50"),
                              ("subscribe NIFTY50 15m", "subscribe NIFTY50 15min"),
                              ("subscribe NIFTY50 1min BBAN", "subscribe NIFTY50 1min BBANDS"),
                              ("subscribe NIFTY50 1min RSI(le",
                               "subscribe NIFTY50 1min RSI(length"),
                              ("subscribe NIFTY50 1min SMA(length=9,sou",
                               "subscribe NIFTY50 1min SMA(length=9,source")):
            terminal.type(typed)
            terminal.wait_line(typed)
            terminal.type(TAB)
            terminal.wait(lambda s, w=wanted: w in s.line(), f"{typed!r} completed to {wanted!r}")
            terminal.type(CTRL_C)
            terminal.wait_line(self.prompt)

    def test_what_is_shown_of_many_candidates(self):
        self.feed.send([{"s": f"A{n:03}", "tf": "1min", "t": OPEN, "o": 1, "h": 1, "l": 1, "c": 1,
                         "v": 1} for n in range(250)])
        terminal = self.terminal()
        terminal.type("symbols BANKNIFTY\r")
        terminal.wait(lambda s: any("INDEX" in line for line in s.lines()), "the answer")
        terminal.type("symbols A" + TAB + TAB)
        terminal.wait(lambda s: any("and 150 more" in line for line in s.lines()), "a short list")
        terminal.wait_line("symbols A")
        terminal.type(CTRL_C + "subscribe NIFTY50 1min SMA(length=9,source=RS" + TAB + TAB)
        terminal.wait(lambda s: "RSI(  RSX(" in s.lines(), "what is new in the candidates")
        terminal.type(CTRL_C + "tape NIFTY50 " + TAB + TAB)
        terminal.wait(lambda s: any(line.split()[:4] == ["1s", "10s", "30s", "2min"]
                                    for line in s.lines()), "timeframes by their length")

    def test_says_where_it_is_and_takes_other_words_for_help_and_quit(self):
        terminal = self.terminal("--session", "tab-7")
        self.assertIn("session tab-7", terminal.screen.lines()[0])
        self.assertIn(self.daemon.session, terminal.screen.lines()[0])
        terminal.type("?\r")
        terminal.wait_text("Tab completes")
        terminal.type("exit\r")
        self.assertEqual(terminal.finish(), 0)

    def test_a_feed_has_a_line_of_its_own_below_the_stream(self):
        path = pathlib.Path(self.home, "day.csv")
        path.write_text("timestamp,price\n" + "".join(
            f"{t['t']},{t['p']}\n" for t in feeds.ticks("OTHER", 400, start=OPEN + 41 * MINUTE,
                                                        every_ms=300)))
        terminal = self.streaming("--user", "feeder")
        terminal.type(f"feed {path} --symbol OTHER --speed 10\r")
        self.tick_until(terminal, lambda s: "rows" in s.line(), "the progress")
        before = len(terminal.screen.lines())
        self.tick_until(terminal, lambda s: len(s.lines()) > before + 5 and "rows" in s.line(),
                        "bars above the progress")
        terminal.type(CTRL_C)
        terminal.wait_line(self.prompt)
        for line in terminal.screen.lines():
            self.assertFalse("rows " in line and ("NIFTY50" in line or self.prompt in line), line)

    def test_symbols_that_a_feed_has_brought_are_completed(self):
        path = pathlib.Path(self.home, "day.csv")
        path.write_text("timestamp,price\n2025-11-04T05:00:00Z,1\n")
        terminal = self.terminal("--user", "feeder")
        terminal.type(f"feed {path} --symbol ZEBRA\r")
        terminal.wait_text("1 row of ZEBRA taken")
        terminal.type("symbols ZEBRA\r")  # answered after what it asks for by itself
        terminal.wait(lambda s: any("INDEX" in line for line in s.lines()), "the answer")
        terminal.type("data Z" + TAB)
        terminal.wait_line("data ZEBRA")

    def test_lines_that_are_pasted_are_commands_each(self):
        terminal = self.terminal()
        terminal.type("\x1b[200~symbols BANKNIFTY\n\nsymbols NIFTY50\x1b[201~")
        terminal.wait_line("symbols NIFTY50")
        terminal.type("\r")
        terminal.wait(lambda s: sum("INDEX" in line for line in s.lines()) == 2, "two answers")
        terminal.wait_line(self.prompt)
        terminal.type(UP)
        terminal.wait_line(f"{self.prompt} symbols NIFTY50")

    def test_a_paste_that_does_not_end_can_be_interrupted(self):
        terminal = self.terminal()
        terminal.type("\x1b[200~symbols BANK")
        terminal.pump(0.2)
        terminal.type(CTRL_C)
        terminal.wait(lambda s: f"{self.prompt} symbols BANK" in s.lines() and
                      s.line() == self.prompt, "another line")
        terminal.type("symbols NIFTY50\r")
        terminal.wait(lambda s: any("INDEX" in line for line in s.lines()), "the answer")

    def test_a_paste_in_which_the_terminal_ends(self):
        terminal = self.terminal()
        terminal.type("\x1b[200~symbols BANK")
        terminal.pump(0.2)
        terminal.hang_up()
        self.assertEqual(terminal.finish(), 0)

    def test_history_in_this_and_the_next_run(self):
        first = self.terminal()
        first.type("symbols BANK*\r")
        first.wait(lambda s: any("BANKNIFTY" in line for line in s.lines()), "the answer")
        first.wait_line(self.prompt)
        first.type(UP)
        first.wait_line("symbols BANK*")
        first.type(CTRL_C)
        first.type(CTRL_D)
        first.finish()
        second = self.terminal()
        second.type(UP)
        second.wait_line("symbols BANK*")

    def test_daemon_gone_and_back_is_one_line_and_the_prompt_stays(self):
        terminal = self.streaming()
        terminal.type("symb")
        terminal.wait_line("symb")
        self.daemon.kill()
        self.daemon.start()
        self.feed = self.feeder("again")
        self.feed.send(feeds.bars("NIFTY50", 5, start=OPEN + 100 * MINUTE))
        self.watcher = self.admin()
        until(lambda: terminal.pump(0.05) and shared(self.watcher), "its subscription, by itself")

        def said(screen):
            return [line for line in screen.lines() if "connect" in line.lower()
                    or "resum" in line.lower()]
        terminal.wait(said, "a line about it")
        terminal.wait_line("symb")
        self.assertEqual(len(said(terminal.screen)), 1, terminal.screen.lines())

    def test_a_narrow_terminal(self):
        env = environment({**cli_environment(self.daemon), "HOME": self.home})
        with Terminal([program("INDSUB_CLI")], env, rows=10, columns=40) as terminal:
            terminal.wait(lambda s: s.line().endswith(">"), "the prompt")
            terminal.type("subscribe NIFTY50 1min RSI(14) MACD SMA(20)\r")
            until(lambda: terminal.pump(0.02) and shared(self.watcher), "the subscription")
            terminal.type("sym")
            self.tick_until(terminal, lambda s: len(s.lines()) > 30, "updates")
            terminal.wait_line("sym")


if __name__ == "__main__":
    unittest.main()
