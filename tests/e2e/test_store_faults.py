"""The disk is full, read-only, or has lied: live data goes on, and nothing is acknowledged that is
not kept."""
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

from support import feeds, isp
from support.case import Case
from support.feeds import MINUTE, OPEN
from support.waiting import until


def can_mount():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "indsub", folder],
                              capture_output=True, check=False)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


class Damaged(Case):
    def test_a_damaged_file_is_set_aside_and_said(self):
        self.feeder().send(feeds.bars("NIFTY50", 30))
        self.daemon.stop()
        path = self.daemon.state / "indsub.db"
        path.write_bytes(b"no database at all " * 500)
        self.daemon.start()
        self.assertIn("damaged", self.daemon.said())
        aside = [p for p in self.daemon.state.iterdir() if ".damaged-" in p.name]
        self.assertTrue(any(p.read_bytes().startswith(b"no database") for p in aside))
        feed = self.feeder()
        self.assertEqual(feed.opened["last_seq"], 0)
        feed.send(feeds.bars("NIFTY50", 5))

    def test_a_newer_file_is_left_alone(self):
        self.daemon.stop()
        with sqlite3.connect(self.daemon.state / "indsub.db") as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        with self.assertRaisesRegex(AssertionError, "newer"):
            self.daemon.start()
        self.daemon.log.close()
        self.daemon.process.stdout.close()
        self.daemon.process.wait()
        self.daemon.process = None


class Base(Case):
    """What the tests of a store that cannot be written have in common."""

    def feed_unkept(self, first):
        """Sends what cannot be kept: live sessions have it, the feed is told nothing."""
        session = self.session()
        session.subscribe("NIFTY50", "1min", ["SMA(2)"], updates="close")
        feed = self.feeder("unkept")
        bars = feeds.bars("NIFTY50", 10, start=OPEN + first * MINUTE)
        feed.send_as(1, bars)
        session.wait(lambda p: p.is_of("NIFTY50", "1min") and
                     p.doc["ohlcv"]["close"] == bars[-1]["c"], "the bars, live")
        until(lambda: "nothing can be kept" in self.daemon.said(), "a word about it")
        self.assertEqual(feed.acked, 0)
        return feed

    def acknowledged(self, feed):
        while feed.acked < 1:
            feed.pump()
        self.assertIn("takes what is written again", self.daemon.said())
        self.daemon.kill()
        self.daemon.start()
        with isp.Feeder(self.daemon, "unkept") as again:
            self.assertEqual(again.opened["last_seq"], 1)


class Locked(Base):
    def test_by_another_program_for_a_while(self):
        self.feeder("first").send(feeds.bars("NIFTY50", 30))
        other = sqlite3.connect(self.daemon.state / "indsub.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        feed = self.feed_unkept(30)
        other.execute("ROLLBACK")
        self.acknowledged(feed)


@unittest.skipUnless(can_mount(), "a small disk cannot be mounted here")
class ReadOnly(Case):
    def test_it_says_so_and_does_not_begin_what_it_could_not_keep(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="indsub-disk-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "indsub", folder], check=True)
        self.addCleanup(folder.rmdir)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)
        daemon = self.another_daemon(state=folder / "state")
        self._daemon = daemon
        self.feeder("first").send(feeds.bars("NIFTY50", 30))
        daemon.stop()
        before = {p.name: p.read_bytes() for p in daemon.state.iterdir()}
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        with self.assertRaisesRegex(AssertionError, "Read-only file system"):
            daemon.start()
        daemon.log.close()
        daemon.process.stdout.close()
        self.assertNotEqual(daemon.process.wait(), 0)
        self.assertEqual({p.name: p.read_bytes() for p in daemon.state.iterdir()}, before)
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        daemon.start()
        with isp.Feeder(daemon, "first") as again:
            self.assertEqual(again.opened["last_seq"], 1)


@unittest.skipUnless(can_mount(), "a small disk cannot be mounted here")
class SmallDisk(Base):
    def setUp(self):
        super().setUp()
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="indsub-disk-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "indsub", self.disk], check=True)
        self.addCleanup(self.disk.rmdir)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        self._daemon = self.another_daemon(state=self.disk / "state")

    def test_full_and_then_not(self):
        self.feeder("first").send(feeds.bars("NIFTY50", 30))
        filler = self.disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(os.urandom(4096))
            except OSError:
                pass
        feed = self.feed_unkept(30)
        filler.unlink()
        self.acknowledged(feed)


if __name__ == "__main__":
    unittest.main()
