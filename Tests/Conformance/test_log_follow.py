"""Logs that are followed over rotation, clearing and truncation, and connections that are kept: the
real supervisord and ours, by the real client and ours."""

import contextlib
import http.client
import os
import pathlib

import pytest

from pairs import UnixTransport
from supervised import children_of, wait_until

PROGRAM = """
[program:cat]
command=/bin/cat
stdout_logfile=%DIR%/cat.log
stdout_logfile_maxbytes=30
stdout_logfile_backups=3
[program:large]
command=/bin/cat
stdout_logfile=%DIR%/large.log
"""


@pytest.fixture(scope="module")
def both(pair):
    one = pair(PROGRAM).start()
    one.both(lambda side: [side.until(name, "RUNNING") for name in ("cat", "large")])
    return one


class Follower:
    """Reads a log over HTTP as it comes."""

    def __init__(self, side, name):
        self.connection = http.client.HTTPConnection("127.0.0.1", side.port, timeout=10)
        self.connection.request("GET", f"/logtail/{name}")
        self.response = self.connection.getresponse()
        self.text = b""

    def until(self, text):
        while text not in self.text:
            piece = self.response.read1(65536)
            assert piece, f"the end came after {self.text[-200:]}"
            self.text += piece
        return self.text

    def close(self):
        self.connection.close()


def say(side, name, line):
    side.rpc("sendProcessStdin", name, f"{line}\n")


def test_rotation_is_followed_and_here_without_a_loss(both):
    """supervisord looks at the new file only, and has not always seen the end of the old one."""
    def follow(side):
        follower = Follower(side, "cat")
        for number in range(12):
            say(side, "cat", f"line {number:04}")
            if number % 3 == 2:  # The third reaches the limit.
                wait_until(lambda: side.file("cat.log.1").endswith(f"line {number:04}\n"), what="rotation")
            else:
                follower.until(b"line %04d\n" % number)
        say(side, "cat", "the end")
        found = follower.until(b"the end\n").splitlines()
        follower.close()
        return found

    theirs, ours = both.both(follow)
    assert ours == [b"line %04d" % number for number in range(12)] + [b"the end"]
    assert [line for line in ours if line in theirs] == theirs
    assert len(theirs) >= 9


def test_a_log_that_is_cleared_is_followed_alike(both):
    def follow(side):
        say(side, "large", "before")
        follower = Follower(side, "large")
        follower.until(b"before\n")
        for number in range(3):
            assert side.rpc("clearProcessLogs", "large") is True
            say(side, "large", f"cleared {number}")
            follower.until(b"cleared %d\n" % number)
        follower.close()
        return follower.text.partition(b"before\n")[2]

    assert both.alike(follow) == b"cleared 0\ncleared 1\ncleared 2\n"


def test_a_log_that_is_cut_off_ends_their_answer_and_not_ours(both):
    """supervisord means to say it too, and fails in the middle."""
    def follow(side):
        say(side, "large", "a line that is longer than what comes after the cut")
        follower = Follower(side, "large")
        follower.until(b"after the cut\n")
        os.truncate(side.directory / "large.log", 0)
        try:
            while b"Truncated" not in follower.text and b"truncated" not in follower.text:
                piece = follower.response.read1(65536)
                if not piece:
                    return "ended"
                follower.text += piece
            say(side, "large", "on it goes")
            return follower.until(b"on it goes\n").partition(b"after the cut\n")[2]
        except (http.client.IncompleteRead, ConnectionError, http.client.HTTPException):
            return "ended"
        finally:
            follower.close()

    theirs, ours = both.both(follow)
    assert theirs == "ended"
    assert ours == b"==> File truncated <==\non it goes\n"


@pytest.mark.parametrize("client, server", [("theirs", 1), ("ours", 0), ("ours", 1)],
                         ids=["their client, our daemon", "our client, their daemon", "both ours"])
def test_tail_f_goes_on_over_rotation_and_clearing(request, both, client, server):
    side = both.sides[server]
    started = request.getfixturevalue(client).start("-s", side.url, "tail", "-f", "cat")
    try:
        wait_until(lambda: "==> Press Ctrl-C to exit <==" in started.said(), what="the first word")
        for number in range(8):
            line = f"{client} {server} {number}"
            wait_until(lambda: shown(side, started, line), what=f"{line} in {started.said()}")
            if number == 4:
                assert side.rpc("clearProcessLogs", "cat") is True
    finally:
        started.interrupt()
        started.wait()


def shown(side, started, line):
    """Says it until it is seen: supervisord may lose the last line before a rotation."""
    say(side, "cat", line)
    with contextlib.suppress(AssertionError):
        wait_until(lambda: line in started.said(), 1.5)
    return line in started.said()


def test_an_idle_connection_is_kept(both):
    """Clients such as superlance's hold one for hours, and ask again without connecting anew."""
    def ask(side):
        transport = UnixTransport(side.socket)
        connection = transport.make_connection("localhost")
        answers = [call(connection, "getState")]
        if side is both.sides[1]:
            waits_for_ever(gateway_of(side))
        answers += [call(connection, "getState"), call(connection, "getIdentification")]
        connection.close()
        return [(status, body) for status, body in answers]

    found = both.alike(ask)
    assert [status for status, _ in found] == [200, 200, 200]


def call(connection, method):
    body = f"<methodCall><methodName>supervisor.{method}</methodName></methodCall>"
    connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
    response = connection.getresponse()
    return response.status, "".join(response.read().decode().split())


def gateway_of(side):
    for pid in children_of(side.process.pid):
        if b"gateway" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
            return int(pid)
    raise AssertionError("there is no gateway")


def waits_for_ever(pid):
    """Nothing but another event ends its wait: no idle connection has a deadline. The call and its
    arguments are in /proc/PID/syscall; the fourth of epoll_wait(2) is how long it waits at most."""
    def condition():
        words = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
        return len(words) > 4 and int(words[4], 16) & 0xFFFFFFFF == 0xFFFFFFFF
    wait_until(condition, what=f"a wait without an end of {pid}")
