"""terminal - a program on a pseudo terminal, and the screen that a person would see."""
import codecs
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios

from .waiting import Deadline

ESCAPE = re.compile(r"\x1b(?:\[([0-9;?]*)([A-Za-z@])|\]([^\x07\x1b]*)(?:\x07|\x1b\\)|[()][A-Z0-9]"
                    r"|([=>78DEM]))")


class Screen:
    """Rows of characters: what the output makes of a terminal that knows the usual sequences."""

    def __init__(self, rows=24, columns=100):
        self.n_rows, self.n_columns = rows, columns
        self.rows = [[" "] * columns for _ in range(rows)]
        self.history = []
        self.row = self.column = 0
        self.pending = ""

    def feed(self, text):
        text, self.pending = self.pending + text, ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = ESCAPE.match(text, at)
                if not match:
                    if len(text) - at < 64:  # cut in the middle
                        self.pending = text[at:]
                        return
                    at += 1
                    continue
                if match[2]:
                    self.control(match[2], match[1])
                at = match.end()
            else:
                self.put(text[at])
                at += 1

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.line_feed()
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\t":
            self.column = min(self.n_columns - 1, self.column // 8 * 8 + 8)
        elif character >= " ":
            if self.column >= self.n_columns:
                self.column = 0
                self.line_feed()
            self.rows[self.row][self.column] = character
            self.column += 1

    def line_feed(self):
        if self.row + 1 < self.n_rows:
            self.row += 1
        else:
            self.history.append(self.rows.pop(0))
            self.rows.append([" "] * self.n_columns)

    def control(self, letter, arguments):
        numbers = [int(n) if n.isdigit() else 0 for n in arguments.split(";")]
        n = max(1, numbers[0])
        if letter == "A":
            self.row = max(0, self.row - n)
        elif letter == "B":
            self.row = min(self.n_rows - 1, self.row + n)
        elif letter == "C":
            self.column = min(self.n_columns - 1, self.column + n)
        elif letter == "D":
            self.column = max(0, self.column - n)
        elif letter == "G":
            self.column = n - 1
        elif letter in "Hf":
            self.row, self.column = n - 1, max(1, (numbers + [1])[1]) - 1
        elif letter == "K":
            start, end = {0: (self.column, self.n_columns), 1: (0, self.column + 1),
                          2: (0, self.n_columns)}[numbers[0]]
            for i in range(start, min(end, self.n_columns)):
                self.rows[self.row][i] = " "
        elif letter == "J":
            if numbers[0] == 0:
                self.control("K", "0")
            first = self.row + 1 if numbers[0] == 0 else 0
            for i in range(first, self.n_rows):
                self.rows[i] = [" "] * self.n_columns
        elif letter == "P":
            row = self.rows[self.row]
            del row[self.column:self.column + n]
            row += [" "] * (self.n_columns - len(row))
        elif letter == "@":
            row = self.rows[self.row]
            row[self.column:self.column] = [" "] * n
            del row[self.n_columns:]

    def lines(self):
        """Everything that was ever on it, top to bottom, without empty lines."""
        text = ("".join(row).rstrip() for row in self.history + self.rows)
        return [line for line in text if line]

    def line(self):
        """The line the cursor is on."""
        return "".join(self.rows[self.row]).rstrip()


class Terminal:
    """A program with a pseudo terminal for its input and output; standard error too."""

    def __init__(self, command, environment, rows=24, columns=100):
        self.screen = Screen(rows, columns)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, {**environment, "TERM": "xterm"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def pump(self, seconds):
        """Takes in what comes within that time; False when the program has gone."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.screen.feed(self.decoder.decode(data))
        return bool(data)

    def wait(self, condition, what):
        """Until condition(screen) is true."""
        deadline = Deadline()
        while not condition(self.screen):
            if deadline.passed() or not self.pump(min(0.2, deadline.left_s())):
                shown = "\n".join(self.screen.lines())
                raise AssertionError(f"waited in vain for {what}; the screen shows:\n{shown}")
        return self

    def wait_text(self, text):
        return self.wait(lambda s: any(text in line for line in s.lines()), repr(text))

    def wait_line(self, text):
        """Until the cursor's line ends in that text."""
        return self.wait(lambda s: s.line().endswith(text), f"a line that ends in {text!r}")

    def is_canonical(self):
        """True if the terminal hands out whole lines, as a shell leaves it to programs."""
        return bool(termios.tcgetattr(self.fd)[3] & termios.ICANON)

    def is_stopped(self):
        self.pump(0)
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"

    def hang_up(self):
        """The terminal is there no more, as when its window is closed."""
        os.close(self.fd)
        self.fd = os.open(os.devnull, os.O_RDONLY)

    def finish(self):
        """Its exit status, after it has ended by itself."""
        deadline = Deadline()
        while self.pump(0.2) and not deadline.passed():
            pass
        return self.reap(deadline)

    def reap(self, deadline):
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif deadline.passed():
                raise AssertionError("the program does not end")
            else:
                self.pump(0.02)
        return self.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
