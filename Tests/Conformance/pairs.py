"""The real supervisord and ours on one configuration: the same done to both, and what they left."""

import concurrent.futures
import http.client
import os
import re
import socket
import xmlrpc.client

from daemons import Daemon
from supervised import wait_until

# What differs from run to run in a line of the main log.
MOMENTS = [
    (r"\(pid \d+\)", "(pid P)"),
    (r"with pid \d+", "with pid P"),
    (r"unknown pid \d+", "unknown pid P"),
    (r"' \(\d+\) with", "' (P) with"),
]


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = str(path)

    def make_connection(self, host):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        return connection


class Side(Daemon):
    """One of the two, with what is asked of it."""

    def rpc(self, method, *arguments):
        """The answer, or the fault's code."""
        proxy = xmlrpc.client.ServerProxy("http://localhost", UnixTransport(self.socket))
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            return fault.faultCode

    def state(self, name):
        return self.rpc("getProcessInfo", name)["statename"]

    def until(self, name, *states, timeout=30):
        return wait_until(lambda: self.state(name) in states, timeout,
                          f"{name} {' or '.join(states)} under {self.program}")

    def pid(self, name):
        return self.rpc("getProcessInfo", name)["pid"]

    def file(self, name):
        path = self.directory / name
        return path.read_text(errors="replace") if path.exists() else ""

    def until_said(self, text, name="main.log", timeout=30):
        wait_until(lambda: text in self.file(name), timeout, f"{text!r} in {name} of {self.program}")

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=15, timeout=30):
        """Stops it, and tells its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout)

    def lines(self, log="main.log", holds_output=False):
        """Level and text of each line of the main log, without what depends on the moment. At level
        debug supervisord's holds the output of programs, which is passed over."""
        found = []
        for line in self.file(log).splitlines():
            whole = re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]{4}) (.*)", line)
            if not whole and holds_output:
                continue
            assert whole, f"not a line of the main log: {line!r}"
            text = whole[2].replace(str(self.directory), "DIR").replace(str(self.port), "PORT")
            for pattern, replacement in MOMENTS:
                text = re.sub(pattern, replacement, text)
            found.append(f"{whole[1]} {text}")
        return found


class Pair:
    """Both at once: what takes seconds takes them once."""

    def __init__(self, theirs, ours):
        self.sides = (theirs, ours)

    def both(self, action):
        """What the action gives for theirs and for ours."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return tuple(pool.map(action, self.sides))

    def alike(self, action):
        """The same for both, and what it is."""
        theirs, ours = self.both(action)
        assert ours == theirs
        return ours

    def start(self):
        self.both(lambda side: side.start())
        return self

    def end(self):
        assert self.both(lambda side: side.end()) == (0, 0)

    def kill(self):
        for side in self.sides:
            side.kill()


def about(lines, name):
    """The lines that tell of one program, in their order: what happens to two programs at the same
    moment may be told in either."""
    return [line for line in lines if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line)]


def differences(theirs, ours):
    """Lines that only one of them has, with a sign before them as in a patch."""
    left, right = list(theirs), list(ours)
    for line in theirs:
        if line in right:
            right.remove(line)
            left.remove(line)
    return [f"-{line}" for line in left] + [f"+{line}" for line in right]


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
