"""case - a test with daemons, sessions and feeds that end with it."""
import sys
import unittest

from . import isp
from .processes import Daemon


class Case(unittest.TestCase):
    """`self.daemon` is started when it is first asked for, with `settings` and `instruments`."""

    settings = None
    instruments = None
    arguments = ()
    maxDiff = 3000

    def setUp(self):
        self._daemon = None
        self._daemons = []

    def run(self, result=None):
        """Shows what the daemons said where the test failed."""
        def bad():
            return len(result.failures) + len(result.errors)
        before = bad() if result is not None else 0
        result = super().run(result) or result
        if result is not None and bad() > before:
            for daemon in self._daemons:
                print(f"-- indsubd of {self.id()}:\n{daemon.last_words}", file=sys.stderr)
        return result

    @property
    def daemon(self):
        if self._daemon is None:
            self._daemon = self.another_daemon(*self.arguments, settings=self.settings,
                                               instruments=self.instruments)
        return self._daemon

    def another_daemon(self, *args, **more):
        daemon = self.enterContext(Daemon(*args, **more))
        self._daemons.append(daemon)
        return daemon

    def session(self, user="alice", **more):
        return self.enterContext(isp.Session(self.daemon, user, **more))

    def admin(self):
        return self.session("operator", claims={"scope": "admin"}, stream=False)

    def feeder(self, source="e2e", **more):
        return self.enterContext(isp.Feeder(self.daemon, source, **more))

    def public(self, *prefixes):
        return self.enterContext(isp.Public(self.daemon, *prefixes))

    def assert_code(self, reply, code):
        self.assertEqual(reply.get("code"), code, reply)
        return reply

    def assert_same_numbers(self, got, wanted, tolerance=1e-9, where=""):
        """None exactly where None is wanted; numbers to a relative tolerance."""
        if wanted is None or got is None:
            self.assertEqual(got, wanted, where)
        else:
            self.assertLessEqual(abs(got - wanted), tolerance * max(abs(wanted), 1e-3),
                                 f"{where}: {got}, not {wanted}")


def shared(admin):
    """{(symbol, timeframe, indicator): subscribers} of `stats`."""
    return {(row["symbol"], row["timeframe"], row["indicator"]): row["subscribers"]
            for row in admin.ask("stats")["shared"]}
