"""processes - the programs under test, as real processes on endpoints of their own choosing."""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile

from . import tokens
from .waiting import Deadline, PATIENCE_S, until

SANITIZER_WORDS = (b"AddressSanitizer", b"LeakSanitizer", b"runtime error:", b"Assertion")


def program(variable):
    path = os.environ.get(variable)
    if not path:
        raise RuntimeError(f"{variable} is not set: it names the executable under test")
    return path


def zpl(settings, indent=0):
    """Nested dicts as ZPL text, the form of indsubd's configuration."""
    lines = []
    for name, value in settings.items():
        pad = " " * indent
        if isinstance(value, dict):
            lines += [f"{pad}{name}", *zpl(value, indent + 4).splitlines()]
        else:
            lines.append(f"{pad}{name} = {value}")
    return "\n".join(lines) + "\n"


class Daemon:
    """indsubd with a throw-away state directory. Leaving the block ends it with SIGTERM and
    checks that it ended well: exit status 0, one line said, no sanitizer complaint."""

    def __init__(self, *args, settings=None, instruments=None, state=None, start=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="indsub-e2e-"))
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.args = list(args)
        if settings is not None:
            self.config = self.write("indsubd.conf", zpl(settings))
            self.args += ["--config", str(self.config)]
        if instruments is not None:
            self.args += ["--instruments", str(self.write("instruments.csv", instruments))]
        self.process = None
        self.environment = None  # the caller's own
        self.last_words = ""
        self.session = self.public = self.feed = None
        if start:
            self.start()

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def command(self):
        where = [self.session or "tcp://127.0.0.1:*", self.public or "tcp://127.0.0.1:*",
                 self.feed or "tcp://127.0.0.1:*"]
        return [program("INDSUBD"), "--session", where[0], "--public", where[1], "--feed",
                where[2], "--state", str(self.state), *self.args]

    def start(self):
        """Starts it, again on the same endpoints if it ran before, and waits for its line."""
        self.log = open(self.folder / "stderr.log", "ab")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log,
                                        env=self.environment)
        line = read_line(self.process.stdout, PATIENCE_S)
        match = re.fullmatch(rb"indsubd ready session=(\S+) public=(\S+) feed=(\S+)\n", line)
        if not match:
            self.process.kill()
            raise AssertionError(f"no ready line but {line!r}; it said:\n{self.said()}")
        self.session, self.public, self.feed = (g.decode() for g in match.groups())

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self):
        return (self.folder / "stderr.log").read_text(errors="replace")

    def said(self):
        return self.log_text()[-3000:]

    def secret(self):
        """The HS256 secret: the text of jwt.key without its newline."""
        return (self.state / "jwt.key").read_bytes().rstrip(b"\n")

    def token(self, user, **claims):
        return tokens.hs256(self.secret(), sub=user, **claims)

    def reload(self):
        """SIGHUP, and until it has been acted on."""
        n_before = self.log_text().count("read again")
        self.send_signal(signal.SIGHUP)
        until(lambda: self.log_text().count("read again") > n_before, "the daemon to read again")

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Its exit status, once it has ended by itself."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"indsubd did not end; it said:\n{self.said()}") from None

    def stop(self, number=signal.SIGTERM):
        """Ends it and checks that it ended well."""
        self.send_signal(number)
        status = self.wait()
        rest = self.process.stdout.read()
        said = self.said()
        if status != 0 or rest or any(w.decode() in said for w in SANITIZER_WORDS):
            raise AssertionError(f"indsubd ended with {status}, said {rest!r} on standard output "
                                 f"and on standard error:\n{said}")

    def kill(self):
        """As a crash would."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.process is not None and kind is None:
                if self.running():
                    self.stop()
                elif self.process.returncode not in (0, -signal.SIGKILL):
                    raise AssertionError(f"indsubd had ended with {self.process.returncode}:\n"
                                         f"{self.said()}")
        finally:
            if self.running():
                self.kill()
            if self.process is not None:
                self.last_words = self.said()
                self.process.stdout.close()
                self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def read_line(stream, seconds):
    """One line of a pipe, byte by byte (nothing behind it is taken), or what came in time."""
    deadline, line = Deadline(seconds), b""
    while not line.endswith(b"\n"):
        if not select.select([stream], [], [], deadline.left_s())[0]:
            break
        byte = os.read(stream.fileno(), 1)
        if not byte:
            break
        line += byte
    return line


def run(variable, *args, env=None, text=None, seconds=None):
    """Runs a program to its end; gives status, standard output and standard error as text."""
    done = subprocess.run([program(variable), *map(str, args)], env=environment(env),
                          input=text, stdin=subprocess.DEVNULL if text is None else None,
                          capture_output=True, encoding="utf-8",
                          timeout=seconds or PATIENCE_S)
    for word in SANITIZER_WORDS:
        if word.decode() in done.stderr:
            raise AssertionError(done.stderr)
    return done.returncode, done.stdout, done.stderr


def environment(extra=None):
    """The caller's environment without what would point indsub somewhere else."""
    clean = {k: v for k, v in os.environ.items()
             if k not in ("INDSUB_ENDPOINT", "INDSUB_TOKEN", "INDSUB_STATE", "INDSUB_PUBLIC",
                          "INDSUB_FEED", "INDSUB_SERVER_KEY", "INDSUB_CERTIFICATE")}
    return {**clean, **(extra or {})}


def cli_environment(daemon, user="alice", **claims):
    """What lets indsub-cli find this daemon and speak for this user."""
    return {"INDSUB_ENDPOINT": daemon.session, "INDSUB_STATE": str(daemon.state),
            "INDSUB_TOKEN": daemon.token(user, **claims)}


def cli(daemon, *args, user="alice", claims=None, **more):
    return run("INDSUB_CLI", *args, env=cli_environment(daemon, user, **(claims or {})), **more)


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]
