"""Requests and signals that arrive while an earlier request waits for a role."""

import contextlib
import os
import signal
import threading

import pytest

from lookups import waiting_lookup, writable
from supervised import commands_of, role_of, wait_until
from test_failed_starts import settled
from tracing import ENDLESS, injected

pytestmark = [pytest.mark.needs_root, pytest.mark.needs("strace")]


def roles(one, name):
    """The pids of all roles of this name."""
    title = f"entrypoint: {name}".encode()
    return [pid for pid, command in commands_of(one.pid).items() if command.startswith(title)]


def programs(one):
    """The pids of the children that are no roles."""
    return [pid for pid, command in commands_of(one.pid).items() if not command.startswith(b"entrypoint: ")]


def requested(one, *words):
    """A function for the answer to a request of a client, which is sent now."""
    answer = []
    thread = threading.Thread(target=lambda: answer.append(one.client(*words)))
    thread.start()

    def result():
        thread.join(30)
        return answer[0]
    return result


# The reader of the configuration

SLOW = """
[include]
files=more.conf
[program:p]
command=sleep 1000
process_name=p%(process_num)d
startsecs=0
[program:q]
command=sleep 1000
process_name=q%(process_num)d
startsecs=0
"""


@pytest.fixture
def slow(supervise):
    """A supervisor whose reader waits until something is written into the FIFO, and the FIFO."""
    one = supervise(SLOW, pid1=True).ready()
    fifo = one.directory / "more.conf"
    os.mkfifo(fifo)
    return one, fifo


def end_reading(one, fifo):
    """Lets all readers read nothing from the FIFO, and returns once they have ended."""
    def have_ended():
        if writer := writable(fifo):
            os.close(writer)
        return not roles(one, "reader")
    wait_until(have_ended, what="the end of the readers")


def test_a_second_sighup_during_the_first_causes_no_second_reload(slow):
    one, fifo = slow
    before = one.status()["p:p0"]["pid"]
    one.send(signal.SIGHUP)
    reader = wait_until(lambda: role_of(one, "reader"), what="a reader")
    one.send(signal.SIGHUP)
    wait_until(lambda: one.said().count("SIGHUP") == 2, what="the second signal")
    assert one.status()["p:p0"]["pid"] == before and roles(one, "reader") == [reader]
    end_reading(one, fifo)
    after = one.begun_again("p:p0", before)["pid"]
    one.ready()
    assert one.said().count("everything is ready") == 2
    assert one.status()["p:p0"]["pid"] == after and roles(one, "reader") == []
    assert "cannot read" not in one.said()
    assert one.stop() == 0


def test_a_program_that_is_being_scaled_is_not_scaled_by_another_request(slow):
    one, fifo = slow
    first = requested(one, "scale", "p", "3")
    reader = wait_until(lambda: role_of(one, "reader"), what="a reader")
    assert one.client("scale", "p", "2") == (1, "p: ERROR (it is being scaled already)\n")
    assert roles(one, "reader") == [reader]
    other = requested(one, "scale", "q", "2")
    wait_until(lambda: len(roles(one, "reader")) == 2, what="a reader for another program")
    end_reading(one, fifo)
    assert [first(), other()] == [(0, "p: scaled to 3\n"), (0, "q: scaled to 2\n")]
    assert sorted(one.status()) == ["p:p0", "p:p1", "p:p2", "q:q0", "q:q1"]
    assert one.stop() == 0


def test_a_program_that_is_being_scaled_down_is_not_scaled_by_another_request(supervise):
    """The first request has been read, and waits for the end of a process."""
    one = supervise("[program:p]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'\nnumprocs=2\n"
                    "process_name=p%(process_num)d\nstartsecs=0\nstopwaitsecs=1000\nkillasgroup=true\n").ready()
    first = requested(one, "scale", "p", "1")
    pid = one.until("p:p1", "STOPPING")["pid"]
    assert one.client("scale", "p", "3") == (1, "p: ERROR (it is being scaled already)\n")
    os.killpg(pid, signal.SIGKILL)
    assert first() == (0, "p: scaled to 1\n")
    assert one.client("scale", "p", "2") == (0, "p: scaled to 2\n")
    one.until("p:p1", "RUNNING")


# The role that binds the path of a shared socket

FCGI = """
[fcgi-program:f]
command=sleep 1000
socket=unix://%DIR%/f.sock
autostart=false
startsecs=0
[program:steady]
command=sleep 1000
"""


@pytest.fixture
def binding(supervise):
    """A supervisor whose socket role does not continue before the returned stack is closed."""
    with contextlib.ExitStack() as stack:
        one = supervise(FCGI).ready()
        before = settled(one)
        stack.enter_context(injected(one.pid, "bind", ENDLESS, "-f"))
        answer = requested(one, "start", "f")
        wait_until(lambda: role_of(one, "socket"), what="a socket role")
        assert one.status()["f"]["state"] == "STARTING"
        assert one.client("stop", "f")[0] == 0
        assert answer()[0] != 0
        yield one, before, stack


def test_a_start_that_is_cancelled_while_its_socket_is_bound_starts_no_process(binding):
    one, _, tracer = binding
    path = one.directory / "f.sock"
    tracer.close()
    wait_until(lambda: role_of(one, "socket") is None, what="the end of the role")
    inode = path.stat().st_ino
    assert (row := one.status()["f"])["state"] == "STOPPED" and row["pid"] == 0
    assert programs(one) == [one.status()["steady"]["pid"]]
    assert one.client("start", "f")[0] == 0
    assert one.status()["f"]["state"] == "RUNNING" and path.stat().st_ino == inode, "the same socket"
    assert one.stop() == 0


def test_a_section_that_is_removed_while_its_socket_is_bound_leaves_nothing(binding):
    one, before, tracer = binding
    assert one.client("remove", "f") == (0, "f: removed process group\n")
    tracer.close()
    wait_until(lambda: role_of(one, "socket") is None, what="the end of the role")
    assert not (one.directory / "f.sock").exists(), "SIGKILL has ended the role before the call"
    assert settled(one) == before
    assert one.client("add", "f")[0] == 0 and one.client("start", "f")[0] == 0
    assert one.status()["f"]["state"] == "RUNNING" and (one.directory / "f.sock").is_socket()
    assert one.stop() == 0


# The lookup role

LATER = "[program:p]\ncommand=%DIR%/later\nuser=root\nstartsecs=0\n"


def test_a_start_that_is_cancelled_while_it_is_looked_up_starts_no_process(supervise, tmp_path):
    """The hook may have changed the command and the user of the program."""
    one = supervise("[hook:h]\ncommand=sh -c 'until test -e %DIR%/end; do sleep 0.05; done'\n"
                    "[program:p]\ncommand=sleep 1000\nuser=root\nstartsecs=0\n", pid1=True)
    one.until("h", "running")
    with waiting_lookup(one, tmp_path):
        (one.directory / "end").touch()
        wait_until(lambda: role_of(one, "lookup"), what="a lookup")
        assert one.status()["p"]["state"] == "STARTING"
        assert one.client("stop", "p")[0] == 0
        assert one.status()["p"]["state"] == "STOPPED"
    wait_until(lambda: role_of(one, "lookup") is None, what="the end of the lookup")
    assert (row := one.status()["p"])["state"] == "STOPPED" and row["pid"] == 0
    assert programs(one) == []
    assert one.client("start", "p")[0] == 0
    assert one.status()["p"]["state"] == "RUNNING"
    assert one.stop() == 0


def test_without_a_lookup_role_starts_use_what_was_found_before(supervise):
    one = supervise(LATER + "autostart=false\n").ready()
    later = one.directory / "later"
    with injected(one.pid, "memfd_create", "error=EMFILE"):
        assert one.client("start", "p") == (1, "p: ERROR (no such file)\n")
    assert "ERRO cannot look up commands and users: too many open files; using what was found before" in one.said()
    later.write_text("#!/bin/sh\nexec sleep 1000\n")
    later.chmod(0o755)
    assert one.client("start", "p")[0] == 0
    assert one.status()["p"]["state"] == "RUNNING"
    assert one.stop() == 0
