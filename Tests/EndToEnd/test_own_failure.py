"""The supervisor itself fails: it says where, stops everything, and exits with 70.

The release binary has no request that makes it fail, so an invalid instruction is written where it
is to go on: what follows is a real fault. The debug build has such a request.
"""

import ctypes
import os
import pathlib
import platform
import re
import resource
import signal
import socket

import pytest

from supervised import ROOT, alive, children_of, role_of, wait_until

DEBUG_BINARY = ROOT / ".build/debug/entrypoint"
UNDEFINED = {"x86_64": b"\x0f\x0b", "aarch64": b"\0\0\0\0"}[platform.machine()]
FAULTS = [signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP, signal.SIGABRT]
LINE = (r"^entrypoint: supervisor \(PID \d+\): internal error: {what} at 0x[0-9a-f]+ in build "
        r"[0-9a-f]{{40}}.*; stopping all processes: SIGTERM now, SIGKILL after {grace} s, then exit code 70$")

POLITE = """
[program:polite]
command=sh -c 'trap "echo goodbye; exit" TERM; echo ready; while :; do sleep 0.05; done'
stdout_logfile=%DIR%/polite.log
stopwaitsecs=30
"""
STUBBORN = """
[program:stubborn]
command=sh -c 'trap "" TERM; echo $$ > %DIR%/stubborn; exec sleep 1000'
"""


def corrupt(pid):
    """The process executes an invalid instruction when its system call returns."""
    words = wait_until(lambda: system_call(pid), what=f"a system call of {pid}")
    memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
    os.pwrite(memory, UNDEFINED, int(words[-1], 16))
    os.close(memory)


def system_call(pid):
    words = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
    return words if len(words) == 9 else None


def wake(one):
    """A client connects, which ends the supervisor's wait for events."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(one.socket))


def fail(one):
    corrupt(one.pid)
    wake(one)


def said_line(one, what, grace):
    return re.search(LINE.format(what=what, grace=grace), one.said(), re.M)


@pytest.mark.parametrize("pid1", [True, False])
def test_a_fault_stops_every_program_and_ends_with_70(supervise, pid1):
    one = supervise(POLITE, pid1=pid1).ready()
    wait_until(lambda: "ready" in (one.directory / "polite.log").read_text(), what="the trap of the shell")
    fail(one)
    assert one.wait() == 70
    assert said_line(one, r"SIGILL \(illegal instruction\)", 30), one.said()
    # The logger has outlived the program, and has written what it said last.
    assert (one.directory / "polite.log").read_text() == "ready\ngoodbye\n"


@pytest.mark.parametrize("pid1", [True, False])
def test_what_ignores_sigterm_is_killed_after_the_grace(supervise, pid1):
    one = supervise(STUBBORN, pid1=pid1, supervisord="shutdown_timeout=2s").ready()
    wait_until((one.directory / "stubborn").exists, what="the program")
    children = children_of(one.pid)
    fail(one)
    assert one.wait() == 70
    assert said_line(one, r"SIGILL \(illegal instruction\)", 2), one.said()
    assert not any(alive(int(pid)) for pid in children)


def test_another_sigterm_cuts_the_grace_short(supervise):
    one = supervise(STUBBORN + POLITE, pid1=True, supervisord="shutdown_timeout=1000s").ready()
    wait_until((one.directory / "stubborn").exists, what="the program")
    pid = one.pid
    fail(one)
    wait_until(lambda: "goodbye" in (one.directory / "polite.log").read_text(), what="SIGTERM")
    os.kill(pid, signal.SIGTERM)
    assert one.wait() == 70


def test_descendants_of_a_supervisor_that_is_not_pid_1_end_too(supervise):
    one = supervise("""
[program:family]
command=sh -c 'setsid sleep 4242 & trap "" TERM; echo $! > %DIR%/orphan; wait; sleep 1000'
""", supervisord="shutdown_timeout=1s").ready()
    orphan = int(wait_until(lambda: (one.directory / "orphan").read_text().strip(), what="the orphan"))
    fail(one)
    assert one.wait() == 70
    assert not alive(orphan)


def test_it_does_not_wait_for_the_reader_of_stderr(supervise):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    one = supervise(STUBBORN, pid1=True, stderr=writer, supervisord="shutdown_timeout=1s").ready()
    fail(one)
    assert one.wait() == 70
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("pid1", [True, False])
def test_such_signals_from_processes_are_ignored(supervise, pid1):
    one = supervise(POLITE, pid1=pid1).ready()
    for number in FAULTS:
        one.send(number)
        queue(one.pid, number)
    assert one.status()["polite"]["state"] == "RUNNING" and "internal error" not in one.said()
    assert one.stop() == 0


def queue(pid, number):
    """sigqueue(3) with the pid of the receiver forged as the sender's."""
    information = (ctypes.c_int * 32)(number, 0, -1, 0, 1)
    libc = ctypes.CDLL(None, use_errno=True)
    number_of_call = {"x86_64": 129, "aarch64": 138}[platform.machine()]
    assert libc.syscall(number_of_call, pid, int(number), ctypes.byref(information)) == 0


@pytest.mark.needs_root
def test_a_role_that_fails_says_where_and_is_started_again(supervise):
    one = supervise(POLITE).ready()
    logger = role_of(one, "logger")
    corrupt(logger)
    one.client("restart", "polite")
    wait_until(lambda: not alive(logger), what="its end")
    assert re.search(r"^entrypoint: logger: internal error: SIGILL \(illegal instruction\) at 0x", one.said(), re.M)
    wait_until(lambda: role_of(one, "logger") not in (None, logger), what="another logger")
    assert one.stop() == 0


def test_without_memory_the_reserve_is_used_first_and_then_everything_stops(supervise):
    one = supervise(POLITE, pid1=True).ready()
    pid = one.pid
    size = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (size + (64 << 10), size + (64 << 10)))
    clients = []
    # What a client has sent of a request that is not complete is kept.
    while one.process.poll() is None and len(clients) < 200:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        clients.append(client)
        try:
            client.connect(str(one.socket))
            client.sendall(b"x" * 60_000)
        except OSError:
            break
    assert one.wait() == 70
    for client in clients:
        client.close()
    assert re.search(r"\(PID 1\): no memory: cannot allocate \d+ bytes; released the reserve of 256 KiB", one.said())
    assert re.search(r"\(PID 1\): no memory: cannot allocate \d+ bytes at 0x[0-9a-f]+ in build .*"
                     r"; stopping all processes", one.said())
    assert (one.directory / "polite.log").read_text() == "ready\ngoodbye\n"


@pytest.mark.skipif(not DEBUG_BINARY.exists(), reason="`make debug` builds the debug binary")
def test_a_trap_that_is_requested_of_the_debug_build(supervise, monkeypatch):
    monkeypatch.setattr("supervised.BINARY", str(DEBUG_BINARY))
    one = supervise(POLITE, pid1=True).ready()
    wait_until(lambda: "ready" in (one.directory / "polite.log").read_text(), what="the trap of the shell")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(one.socket))
        client.sendall(b"trap\n")
    assert one.wait() == 70
    assert said_line(one, r"SIG(ILL|TRAP) \((illegal instruction|trap)\)", 30), one.said()
    assert (one.directory / "polite.log").read_text() == "ready\ngoodbye\n"


def test_the_release_build_has_no_such_request(supervise):
    one = supervise(POLITE).ready()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(one.socket))
        client.sendall(b"trap\n")
        assert b"unknown request: trap" in client.recv(4096)
