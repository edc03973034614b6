"""System calls that fail now and then, as they do when the kernel is short of memory.

strace(1) lets the next calls of PID 1 fail.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading

import pytest

from supervised import role_of, wait_until

pytestmark = pytest.mark.needs("strace")


@contextlib.contextmanager
def failing(one, call, error, when="1..3", pid=None):
    """The next calls of that name fail in PID 1, or in another process."""
    tracer = subprocess.Popen(
        ["strace", "-p", str(pid or one.pid), "-e", f"trace={call}",
         "-e", f"inject={call}:error={error}:when={when}"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        line = tracer.stderr.readline()
        assert "invalid" not in line, line
        if "attached" not in line:
            pytest.skip(f"strace cannot attach: {line}")
        lines = []
        # Else the pipe fills, and the traced process stops.
        reader = threading.Thread(target=lambda: lines.extend(tracer.stderr), daemon=True)
        reader.start()
        yield lines
        wait_until(lambda: any("INJECTED" in line for line in lines), what=f"a failed {call}")
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()


@contextlib.contextmanager
def slow(pid, call):
    """Each call of that name takes a minute."""
    tracer = subprocess.Popen(
        ["strace", "-p", str(pid), "-e", f"trace={call}", "-e", f"inject={call}:delay_enter=60000000"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        line = tracer.stderr.readline()
        if "attached" not in line:
            pytest.skip(f"strace cannot attach: {line}")
        yield
    finally:
        tracer.kill()
        tracer.wait()


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
    one = supervise(LOGGED, pid1=True).ready()
    logger = role_of(one, "logger")
    with failing(one, "sendmsg", error):
        assert one.client("start", "late")[0] == 0
        wait_until(lambda: (one.directory / "late.log").read_text() == "from late\n",
                   what="the output")
    assert role_of(one, "logger") == logger
    assert one.status()["late"]["state"] == "RUNNING"


def test_a_record_that_can_never_be_sent_is_reported_and_loses_no_output(supervise):
    one = supervise(LOGGED, pid1=True).ready()
    logger = role_of(one, "logger")
    with failing(one, "sendmsg", "EMSGSIZE", when="1"):
        assert one.client("start", "late")[0] == 0
        wait_until(lambda: (one.directory / "late.log").read_text() == "from late\n",
                   what="the output")
    assert role_of(one, "logger") != logger
    assert "the logger cannot be sent a record: message too long; replacing the process" in one.said()


def test_status_is_answered_although_epoll_had_no_memory(supervise):
    one = supervise(LOGGED, pid1=True).ready()
    with failing(one, "epoll_ctl", "ENOMEM"):
        assert one.status()["early"]["state"] == "RUNNING"


def test_an_answer_is_sent_although_the_kernel_had_no_memory(supervise):
    one = supervise(LOGGED, pid1=True).ready()
    with failing(one, "write", "ENOBUFS"):
        assert one.status()["early"]["state"] == "RUNNING"


def test_a_role_is_heard_although_epoll_had_no_memory(supervise):
    one = supervise("""
[program:talker]
command=sh -c 'echo up; exec sleep 1000'
ready=log:up
stdout_logfile=%DIR%/log
autostart=false
""", pid1=True).ready()
    with failing(one, "epoll_ctl", "ENOMEM"):
        # The client's own connection is registered first, then the logger's channel.
        assert one.client("start", "talker")[0] == 0
        wait_until(lambda: one.status()["talker"]["ready"], what="readiness")


@pytest.mark.parametrize("call, error", [("epoll_ctl", "ENOMEM"), ("read", "ENOMEM")])
def test_the_logger_reads_a_pipe_although_the_kernel_had_no_memory(supervise, call, error):
    one = supervise(LOGGED, pid1=True).ready()
    with failing(one, call, error, pid=role_of(one, "logger")):
        assert one.client("start", "late")[0] == 0
        wait_until(lambda: (one.directory / "late.log").read_text() == "from late\n",
                   what="the output")


def test_readiness_is_heard_although_epoll_had_no_memory(supervise):
    one = supervise("""
[program:talker]
command=sh -c 'sleep 1; echo >&5; exec sleep 1000'
ready=fd:5
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
""", pid1=True).ready()
    with failing(one, "epoll_ctl", "ENOMEM", when="1..4"):
        assert one.client("start", "talker")[0] == 0
        wait_until(lambda: one.status()["talker"]["ready"], what="readiness")


def test_clear_is_answered_when_the_logger_ends(supervise):
    one = supervise(LOGGED, pid1=True).ready()
    log = one.directory / "early.log"
    wait_until(lambda: log.read_text() == "from early\n", what="the output")
    logger = role_of(one, "logger")
    # A logger that is stopped would be replaced before the request reaches it.
    with slow(logger, "recvmsg"):
        answers, descriptors = [], f"/proc/{one.pid}/fd"
        one.status()
        before = len(os.listdir(descriptors))
        client = threading.Thread(target=lambda: answers.append(one.client("clear", "early")))
        client.start()
        # Its connection stays open; the next request is answered after it has been read.
        wait_until(lambda: len(os.listdir(descriptors)) > before, what="a request")
        one.status()
        os.kill(logger, signal.SIGKILL)
    client.join(20)
    assert answers and answers[0][0] != 0 and "ERROR" in answers[0][1], answers
    wait_until(lambda: role_of(one, "logger") not in (None, logger), what="another logger")
    assert one.client("clear", "early") == (0, "early: cleared\n")
    assert log.read_text() == ""


@pytest.mark.parametrize("format", ["prefix", "json"])
def test_last_words_without_a_newline_are_written_when_the_program_ends(supervise, format):
    one = supervise(f"""
[program:speaker]
command=sh -c 'printf "first\\nlast words"'
startsecs=0
autorestart=false
log_format={format}
stdout_logfile=%DIR%/log
[program:parent]
command=sh -c 'sleep 1000 & printf "of the parent"'
startsecs=0
autorestart=false
log_format={format}
stdout_logfile=%DIR%/parent.log
""", pid1=True)
    expected = {"speaker": ["first", "last words"], "parent": ["of the parent"]}
    for name, file in (("speaker", "log"), ("parent", "parent.log")):
        log = one.directory / file
        wait_until(lambda: len(log.read_text().splitlines()) == len(expected[name]),
                   what=f"the last words of {name}")
        lines = log.read_text().splitlines()
        said = [json.loads(line)["message"] if format == "json" else line.split(" | ")[1]
                for line in lines]
        assert said == expected[name]
    one.until("speaker", "EXITED")
    assert one.stop() == 0


@pytest.mark.parametrize("error", ["ENOBUFS", "ENOMEM", "EMFILE", "ENFILE"])
def test_a_connection_that_cannot_be_accepted_is_tried_later(supervise, error):
    """And not all the time: a listener from which nothing can be accepted stays readable."""
    one = supervise("[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(one.client("status")))
    with failing(one, "accept4", error, "1+") as lines:
        waiting.start()
        wait_until(lambda: any("INJECTED" in line for line in lines), what="a failure")
        waiting.join(1)
        assert sum("INJECTED" in line for line in lines) < 60
    waiting.join(20)
    assert len(answers) == 1
    assert one.status()["p"]["pid"]
    assert one.stop() == 0


def test_a_timer_that_cannot_be_set_is_set_later(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\nautostart=false\n", pid1=True).ready()
    with failing(one, "timerfd_settime", "ENOMEM", "1..3"):
        one.client("start", "p")
        one.until("p", "RUNNING")
    assert one.stop() == 0
