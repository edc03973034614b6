"""System calls that fail now and then, as they do when the kernel is short of memory."""

import contextlib
import json
import threading

import pytest

from campaign import Fault
from injected import Injected
from supervised import role_of, wait_until


@pytest.fixture
def supervise(tracer, directory):
    """A supervisor on a configuration, as PID 1; its calls fail within `failing`."""
    started = []

    def start(configuration):
        started.append(Injected(tracer, directory, configuration).launch().begin())
        return started[-1].ready()
    yield start
    for one in started:
        one.kill()


@contextlib.contextmanager
def failing(one, call, error, times=3, target="pid1"):
    """So many of the next calls of that name fail, and one of them at least is made."""
    one.arm(Fault("", target, call, 0, 0, times, error, ()))
    try:
        yield
        one.listen(lambda: one.injected)
    finally:
        one.disarm()


LOGGED = """
[program:late]
command=sh -c 'echo from late; exec sleep 1000'
stdout_logfile=%DIR%/late.log
autostart=false
[program:early]
command=sh -c 'echo from early; exec sleep 1000'
stdout_logfile=%DIR%/early.log
"""


@pytest.mark.parametrize("error", ["ENOBUFS", "ENOMEM", "ETOOMANYREFS", "EINTR", "EAGAIN"])
def test_a_record_that_has_no_room_reaches_the_logger_later(supervise, error):
    one = supervise(LOGGED)
    logger = role_of(one, "logger")
    with failing(one, "sendmsg", error):
        assert one.client("start", "late")[0] == 0
        wait_until(lambda: (one.directory / "late.log").read_text() == "from late\n",
                   what="the output")
    assert role_of(one, "logger") == logger
    assert one.status()["late"]["state"] == "RUNNING"


def test_a_record_that_can_never_be_sent_is_reported_and_loses_no_output(supervise):
    one = supervise(LOGGED)
    logger = role_of(one, "logger")
    with failing(one, "sendmsg", "EMSGSIZE", times=1):
        assert one.client("start", "late")[0] == 0
        wait_until(lambda: (one.directory / "late.log").read_text() == "from late\n",
                   what="the output")
    assert role_of(one, "logger") != logger
    assert "the logger cannot be sent a record: message too long; killing it" in one.said()


def test_status_is_answered_although_epoll_had_no_memory(supervise):
    one = supervise(LOGGED)
    with failing(one, "epoll_ctl", "ENOMEM"):
        assert one.status()["early"]["state"] == "RUNNING"


def test_an_answer_is_sent_although_the_kernel_had_no_memory(supervise):
    one = supervise(LOGGED)
    with failing(one, "write", "ENOBUFS"):
        assert one.status()["early"]["state"] == "RUNNING"


def test_a_role_is_heard_although_epoll_had_no_memory(supervise):
    one = supervise("""
[program:talker]
command=sh -c 'echo up; exec sleep 1000'
ready=log:up
stdout_logfile=%DIR%/log
autostart=false
""")
    with failing(one, "epoll_ctl", "ENOMEM"):
        # The client's own connection is registered first, then the logger's channel.
        assert one.client("start", "talker")[0] == 0
        wait_until(lambda: one.status()["talker"]["ready"], what="readiness")


@pytest.mark.parametrize("call, error", [("epoll_ctl", "ENOMEM"), ("read", "ENOMEM")])
def test_the_logger_reads_a_pipe_although_the_kernel_had_no_memory(supervise, call, error):
    one = supervise(LOGGED)
    with failing(one, call, error, target="logger"):
        assert one.client("start", "late")[0] == 0
        wait_until(lambda: (one.directory / "late.log").read_text() == "from late\n",
                   what="the output")


def test_a_short_write_to_a_log_loses_nothing(supervise):
    one = supervise(LOGGED)
    with failing(one, "write", "SHORT", times=20, target="logger"):
        assert one.client("start", "late")[0] == 0
        wait_until(lambda: (one.directory / "late.log").read_text() == "from late\n",
                   what="the output")
    lines = one.journal_path.read_text().splitlines()
    assert len(lines) > 3 and all(json.loads(line) for line in lines)


@pytest.mark.parametrize("error", ["EAGAIN", "ENOSPC"])
def test_output_for_stdout_continues_after_writes_that_failed(supervise, error):
    """The stdout of this supervisor is a regular file, and no event says when one takes more."""
    one = supervise("""
[program:talker]
command=sh -c 'echo from talker; exec sleep 1000'
stdout_logfile=/dev/stdout
""")
    with failing(one, "write", error, times=4, target="logger"):
        assert one.client("restart", "talker")[0] == 0
    before = one.said().count("from talker")
    assert one.client("restart", "talker")[0] == 0
    wait_until(lambda: one.said().count("from talker") > before, what="the output")


def test_readiness_is_heard_although_epoll_had_no_memory(supervise):
    one = supervise("""
[program:talker]
command=sh -c 'sleep 1; echo >&5; exec sleep 1000'
ready=fd:5
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
""")
    with failing(one, "epoll_ctl", "ENOMEM", times=4):
        assert one.client("start", "talker")[0] == 0
        wait_until(lambda: one.status()["talker"]["ready"], what="readiness")


@pytest.mark.parametrize("error", ["ENOBUFS", "ENOMEM", "EMFILE", "ENFILE"])
def test_a_connection_that_cannot_be_accepted_is_tried_later(supervise, error):
    """And not all the time: a listener from which nothing can be accepted stays readable."""
    one = supervise("[program:p]\ncommand=sleep 1000\n")
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(one.client("status")))
    with failing(one, "accept4", error, times=1 << 31):
        waiting.start()
        one.listen(lambda: one.injected)
        waiting.join(1)
        # The failures are counted in the order of the replies.
        one.total()
        assert one.injected < 60
    waiting.join(20)
    assert len(answers) == 1
    assert one.status()["p"]["pid"]
    assert one.stop() == 0


def test_a_timer_that_cannot_be_set_is_set_later(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\nautostart=false\n")
    with failing(one, "timerfd_settime", "ENOMEM"):
        one.client("start", "p")
        one.until("p", "RUNNING")
    assert one.stop() == 0
