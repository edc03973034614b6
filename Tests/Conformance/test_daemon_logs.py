"""Logs through the remote interface, read and shown from odd places by the real supervisord and ours."""

import pytest
from supervised import wait_until

PROGRAMS = "".join(
    f"[program:{name}]\ncommand=/bin/cat\nautostart={'false' if name == 'idle' else 'true'}\n"
    f"stdout_logfile=%DIR%/{name}.out\nstderr_logfile=%DIR%/{name}.err\n{keys}\n"
    for name, keys in {
        "cat": "", "idle": "", "joined": "redirect_stderr=true",
        "none": "stdout_logfile=NONE\nstderr_logfile=OFF",
        "loud": "command=sh -c 'echo out; echo err >&2; exec cat'",
    }.items())
READ = ["readProcessStdoutLog", "readProcessLog", "readProcessStderrLog"]
TAIL = ["tailProcessStdoutLog", "tailProcessLog", "tailProcessStderrLog"]
PLACES = [(0, 0), (0, 5), (3, 4), (7, 0), (12, 0), (12, 1), (100, 0), (100, 5), (-3, 0), (-3, 2), (0, -1),
          (-100, 0), (-1, -1), (5, 100), (0, 12), (0, 13), (2**31 - 1, 1), (1, 2**31 - 1), (-2**31, 0)]


@pytest.fixture
def one(peers):
    both = peers(PROGRAMS)
    for name in ("cat", "joined", "none", "loud"):
        both.until(name, "RUNNING")
        both.ask("sendProcessStdin", name, "hello\nworld\n")
    for peer in (both.theirs, both.ours):
        for name, text in (("cat.out", b"hello\nworld\n"), ("joined.out", b"hello\nworld\n"),
                           ("loud.out", b"out\nhello\nworld\n"), ("loud.err", b"err\n")):
            wait_until(lambda: peer.log(name) == text, what=f"{text!r} in {name}")
    yield both
    both.check()


def test_reading(one):
    for name in ("cat", "idle", "joined", "none", "loud"):
        for place in PLACES:
            for method in READ:
                one.ask(method, name, *place)


def test_the_end_of_a_log(one):
    for name in ("cat", "idle", "none", "loud"):
        for place in PLACES:
            for method in TAIL:
                one.ask(method, name, *place)


def test_the_main_log(one):
    for offset, length in ((0, -1), (-1, 1), (10**6, 0), (10**6, 5), (0, 10), (4, 1)):
        for method in ("readLog", "readMainLog"):
            answer = one.each(lambda peer: peer.call(method, offset, length))
            same = [one if isinstance(one, tuple) else len(one) for one in answer]
            assert same[0] == same[1], (method, offset, length)


def test_a_log_that_is_taken_away(one):
    for peer in (one.theirs, one.ours):
        (peer.directory / "cat.out").unlink()
    for method in READ + TAIL:
        one.ask(method, "cat", 0, 0)
    one.ask("clearProcessLogs", "cat")
