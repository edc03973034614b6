"""A person at a terminal: keys go in, and what stands on the screen comes out."""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from tools import normalised


class Screen:
    """As much of a terminal as line editors make use of."""

    def __init__(self, columns):
        self.columns, self.rows, self.row, self.column = columns, [[]], 0, 0
        self.pending = ""

    def feed(self, text):
        text, self.pending = self.pending + text, ""
        while text:
            escape = re.match(r"\x1b\[([?>]?)([\d;]*)([@-~])|\x1b[=>]|\x1b\(B", text)
            if escape:
                text = text[escape.end():]
                self.escape(escape)
            elif text[0] == "\x1b":
                self.pending = text
                return
            else:
                self.put(text[0])
                text = text[1:]

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character >= " ":
            if self.column == self.columns:
                self.row, self.column = self.row + 1, 0
            self.here(self.column + 1)[self.column] = character
            self.column += 1
        self.here(0)

    def here(self, width):
        while len(self.rows) <= self.row:
            self.rows.append([])
        line = self.rows[self.row]
        line.extend(" " * (width - len(line)))
        return line

    def escape(self, found):
        private, numbers, what = found.groups()
        if private or what is None:
            return
        count = int(numbers.split(";")[0] or 0) if numbers else 0
        line = self.here(self.column)
        if what == "A":
            self.row = max(0, self.row - max(1, count))
        elif what == "C":
            self.column = min(self.columns - 1, self.column + max(1, count))
        elif what == "D":
            self.column = max(0, self.column - max(1, count))
        elif what == "K":
            del line[self.column:]
        elif what == "P":
            del line[self.column:self.column + max(1, count)]
        elif what == "@":
            line[self.column:self.column] = " " * max(1, count)
        elif what == "J" and count == 0:
            del line[self.column:]
            del self.rows[self.row + 1:]
        elif what == "J":
            self.rows = [[]]
        elif what == "H":
            self.row = self.column = 0

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.rows)


class Person:
    """Runs a client on a terminal of its own."""

    def __init__(self, tool, *arguments, columns=80, env=None):
        self.screen, self.raw, self.tool = Screen(columns), "", tool
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm", "LC_ALL": "C.UTF-8", "INPUTRC": "/dev/null"}, **(env or {}))
            os.execv(str(tool.path), [str(tool.path), *map(str, arguments)])
        self.resize(columns)
        self.first_mode = termios.tcgetattr(self.terminal)
        self.code, self.decoder = None, codecs.getincrementaldecoder("utf-8")("replace")

    def resize(self, columns):
        """What is shown is cut off at the new edge and not folded."""
        self.screen.columns = columns
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))

    def see(self, wanted, timeout=30):
        """Waits until the screen ends with something, trailing blanks aside."""
        pattern = re.compile(wanted.rstrip(" ") + r"\s*\Z")
        return self.until(lambda: pattern.search(self.screen.text()), wanted, timeout)

    def until(self, condition, what="the condition", timeout=30):
        deadline = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            if not self.read(0.05) and time.monotonic() > deadline:
                raise AssertionError(f"{self.tool.path}: no {what!r} in\n{self.screen.text()}\n{self.raw[-500:]!r}")

    def read(self, wait):
        if not select.select([self.terminal], [], [], wait)[0]:
            return False
        try:
            data = os.read(self.terminal, 65536)
        except OSError:
            return False
        text = self.decoder.decode(data)
        self.raw += text
        self.screen.feed(text)
        return bool(data)

    def press(self, keys):
        os.write(self.terminal, keys.encode())

    def type(self, line, then=r"supervisor> "):
        """What is typed is seen before it is sent: a signal throws away what has not been read."""
        self.press(line)
        self.see(re.escape(line))
        self.press("\r")
        self.see(then)

    def mode(self):
        return termios.tcgetattr(self.terminal)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)

    def kill(self, number=signal.SIGTERM):
        os.kill(self.pid, number)

    def ended(self, insisting=""):
        """The exit code; of a signal its negative number. Keys to insist with are pressed again
        every half second."""
        next_time = time.monotonic() + 0.5

        def gone():
            nonlocal next_time
            self.read(0)
            if insisting and time.monotonic() > next_time:
                next_time += 0.5
                self.press(insisting)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            return pid
        if self.code is None:
            self.until(gone, "end")
            while self.read(0.05):
                pass
        return self.code

    def shown(self):
        return normalised(self.screen.text().rstrip("\n"))

    def close(self):
        if self.code is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self.terminal)
