"""Terminals: a reader that has stopped, and whose the terminal is."""

import contextlib
import os
import pty
import select
import signal

import pytest

from supervised import BINARY, wait_until


class Terminal:
    """A program that leads the session of a terminal, and the other end of that."""

    def __init__(self, directory, command):
        self.text = b""
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvp(command[0], command)

    def until(self, text):
        """Reads until that has come."""
        def has_come():
            if select.select([self.end], [], [], 0)[0]:
                with contextlib.suppress(OSError):  # EIO: nobody has it open any more.
                    self.text += os.read(self.end, 4096)
            return text in self.text
        wait_until(has_come, 15, f"{text} at the terminal")

    def type(self, keys):
        os.write(self.end, keys)

    def wait(self):
        """The exit code of the program."""
        def has_ended():
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return [os.waitstatus_to_exitcode(status)] if pid else None
        code = wait_until(has_ended, 15, "the program's end")[0]
        self.pid = 0
        return code

    def kill(self):
        if self.pid:
            # Nobody's is 0, which would be our own group here.
            for group in {self.pid, os.tcgetpgrp(self.end)} - {0}:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.end)


@pytest.fixture
def terminal(tmp_path):
    """Starts programs at terminals of their own."""
    started = []

    def start(*command):
        started.append(Terminal(tmp_path, command))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        print(f"--- {one.text.decode(errors='replace')}")


def is_full(writer):
    return not select.select([], [writer], [], 0)[1]


def fill(writer):
    own = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(own, b"x" * 64)
    os.close(own)


def test_it_never_waits_to_write_to_a_terminal_that_nobody_reads(supervise):
    end, writer = pty.openpty()
    # A terminal that has room for a piece of the last line takes that, and waits with the rest.
    fill(writer)
    os.read(end, 2000)
    one = supervise("""
[program:restless]
command=true
startsecs=0
autorestart=true
""", stdout=writer, stderr=writer)
    wait_until(lambda: is_full(writer), what="a full terminal")
    restarts = one.status()["restless"]["restarts"]
    wait_until(lambda: one.status()["restless"]["restarts"] > restarts + 20, what="lines to tell")
    assert is_full(writer)
    assert one.stop() == 0
    os.close(end)
    os.close(writer)


def test_ctrl_z_does_not_hang_the_terminal(terminal, tmp_path):
    one = terminal(BINARY, "-s", f"{tmp_path}/s", "run", "--", "sh", "-c",
                   "echo up; read line; echo got $line; exit 4")
    one.until(b"up")
    one.type(b"\x1a")
    one.type(b"typed\n")
    one.until(b"got typed")
    assert one.wait() == 4


def test_the_terminal_goes_back_to_whoever_had_it(terminal, tmp_path):
    # Without job control the shell and what it starts are one process group, which the shell leads.
    one = terminal("sh", "-c", f"{BINARY} -s {tmp_path}/s run -- true; echo back; read line; "
                               "echo got $line; exit 5")
    one.until(b"back")
    one.type(b"typed\n")
    one.until(b"got typed")
    assert one.wait() == 5
