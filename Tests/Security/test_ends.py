"""What ends a program, and what does not: ptrace stops, and processes that SIGKILL does not end.

The programs are unprivileged; each tries to make PID 1 believe something wrong about its end, or to
keep PID 1 from ending.
"""

import contextlib
import ctypes
import os
import pathlib
import signal
import sys
import tempfile

import pytest

from supervised import alive, children_of, processor_time, wait_until

# Asks to be traced by PID 1, its parent, and stops: ptrace(2), PTRACE_TRACEME.
TRACED = """import ctypes, os, signal, sys, time
for number in map(int, sys.argv[2:]):
    if ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0) != 0:
        os._exit(9)
    os.kill(os.getpid(), number)
    with open(sys.argv[1], "a") as log:
        log.write(f"{number}\\n")
signal.pause()
"""

SEIZE, DETACH = 0x4206, 17


@pytest.fixture
def shared():
    """A directory that unprivileged programs can read; pytest's own are for root alone."""
    with tempfile.TemporaryDirectory(prefix="entrypoint-test-") as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


def configuration(text):
    return f"[program:victim]\nstartsecs=0\n{text}\n[program:other]\ncommand=sleep 1000\n"


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTRAP, signal.SIGCHLD])
def test_a_ptrace_stop_is_no_end(supervise, shared, number):
    script, log = shared / "traced.py", shared / "log"
    script.write_text(TRACED)
    log.touch()
    log.chmod(0o666)
    one = supervise(configuration(
        f"user=www-data\nautorestart=true\n"
        f"command={sys.executable} {script} {log} {number.value} {number.value} {number.value}"),
        pid1=True).ready()
    # It continues after each of its three stops, as the same process.
    wait_until(lambda: log.read_text().split() == [str(number.value)] * 3, what="three stops")
    row = one.status()["victim"]
    assert row["state"] == "RUNNING" and row["restarts"] == 0, row
    children = children_of(one.pid)
    traced = [pid for pid in children if b"traced.py" in
              pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(traced) == 1
    assert "TracerPid:\t0\n" in pathlib.Path(f"/proc/{traced[0]}/status").read_text()
    assert one.said().count("PTRACE_TRACEME") == 1, one.said()
    assert one.stop() == 0


def test_programs_that_stop_without_end_leave_pid_1_free(supervise, shared):
    script = shared / "storm.py"
    script.write_text(
        "import ctypes, os, signal\n"
        "libc = ctypes.CDLL(None)\n"
        "while True:\n    libc.ptrace(0, 0, 0, 0)\n    os.kill(os.getpid(), signal.SIGSTOP)\n")
    one = supervise(f"[program:storm]\nstartsecs=0\nuser=www-data\nnumprocs=4\n"
                    f"process_name=%(program_name)s_%(process_num)d\n"
                    f"command={sys.executable} {script}\n", pid1=True).ready()
    wait_until(lambda: "PTRACE_TRACEME" in one.said(), what="a stop")
    assert all(row["state"] == "RUNNING" for row in one.status().values())
    assert one.stop(timeout=20) == 0


def test_a_foreground_command_that_asks_to_be_traced_continues(supervise, shared):
    script, log = shared / "traced.py", shared / "log"
    script.write_text(TRACED.replace("signal.pause()", "sys.exit(7)"))
    one = supervise(arguments=["run", "--", sys.executable, str(script), str(log), "19", "5"],
                    pid1=True)
    assert one.wait() == 7
    assert log.read_text().split() == ["19", "5"]


def test_a_stop_by_a_signal_is_no_end(supervise):
    one = supervise(configuration("user=www-data\ncommand=sh -c 'kill -STOP $$; exec sleep 1000'"),
                    pid1=True).ready()
    assert one.status()["victim"]["state"] == "RUNNING"
    assert one.stop() == 0


@contextlib.contextmanager
def held(pid):
    """A tracer that never waits: the process cannot be reaped by its parent while it has one."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    reader, writer = os.pipe()
    tracer = os.fork()
    if tracer == 0:
        code = 0 if libc.ptrace(SEIZE, pid, None, None) == 0 else ctypes.get_errno()
        os.write(writer, bytes([code]))
        signal.pause()
        os._exit(0)
    try:
        code = os.read(reader, 1)[0]
        if code:
            pytest.skip(f"ptrace is not possible here: {os.strerror(code)}")
        yield
    finally:
        os.kill(tracer, signal.SIGKILL)
        os.waitpid(tracer, 0)
        os.close(reader)
        os.close(writer)


def test_shutdown_timeout_holds_for_a_process_that_cannot_be_ended(supervise):
    """Not as PID 1: the kernel lets PID 1 of a namespace exit only after all its processes."""
    one = supervise(configuration("command=sleep 1000"),
                    supervisord="shutdown_timeout=4s").ready()
    victim = one.status()["victim"]["pid"]
    with held(victim):
        assert one.stop(timeout=20) == 0
        assert f"SIGKILL has not ended victim (pid {victim})" in one.said()
        assert "other" not in one.said().partition("SIGKILL has not ended")[2]
        event = next(line for line in one.journal() if line.get("event") == "processes abandoned")
        assert event["processes"] == [{"name": "victim", "pid": victim}]


def test_further_signals_end_a_shutdown_that_waits_for_such_a_process(supervise):
    one = supervise(configuration("command=sleep 1000\nstopwaitsecs=1000")).ready()
    victim = one.status()["victim"]["pid"]
    with held(victim):
        one.send(signal.SIGTERM)
        one.until("other", "STOPPED")
        one.send(signal.SIGTERM)
        wait_until(lambda: "killing what is left" in one.said(), what="the escalation")
        one.send(signal.SIGTERM)
        assert one.wait(timeout=20) == 0
        assert f"SIGKILL has not ended victim (pid {victim})" in one.said()


def test_a_shutdown_reports_such_a_process_once(supervise):
    one = supervise(configuration("command=sleep 1000\nstopwaitsecs=1")).ready()
    victim = one.status()["victim"]["pid"]
    with held(victim):
        assert one.stop(timeout=20) == 0
        [line] = [line for line in one.said().splitlines() if "CRIT" in line and "victim" in line]
        assert f"SIGKILL has not ended victim (pid {victim})" in line


@pytest.fixture
def freezer():
    """A cgroup (version 1) whose processes SIGKILL does not end while it is frozen."""
    root = pathlib.Path("/sys/fs/cgroup/freezer")
    group = root / f"entrypoint-test-{os.getpid()}"
    if not os.access(root / "cgroup.procs", os.W_OK):
        pytest.skip("there is no freezer cgroup to write to")
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no freezer cgroup can be made: {error}")
    yield group
    (group / "freezer.state").write_text("THAWED")
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    def removed():
        with contextlib.suppress(OSError):
            group.rmdir()
        return not group.exists()
    wait_until(removed, what="an empty cgroup")


def test_a_frozen_process_does_not_keep_the_supervisor(supervise, freezer):
    one = supervise(configuration("command=sleep 1000"),
                    supervisord="shutdown_timeout=4s").ready()
    victim = one.status()["victim"]["pid"]
    (freezer / "cgroup.procs").write_text(str(victim))
    (freezer / "freezer.state").write_text("FROZEN")
    wait_until(lambda: (freezer / "freezer.state").read_text() == "FROZEN\n", what="the freeze")
    assert one.stop(timeout=20) == 0
    assert f"SIGKILL has not ended victim (pid {victim})" in one.said()
    assert alive(victim)


def test_a_frozen_process_does_not_keep_pid_1_from_saying_so(supervise, freezer):
    one = supervise(configuration("command=sleep 1000"), pid1=True,
                    supervisord="shutdown_timeout=4s").ready()
    children = children_of(one.pid)
    victim = next(pid for pid in children
                  if b"sleep" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
    (freezer / "cgroup.procs").write_text(victim)
    (freezer / "freezer.state").write_text("FROZEN")
    one.send(signal.SIGTERM)
    wait_until(lambda: "SIGKILL has not ended" in one.said(), what="the line")
    assert processor_time(one.pid) < 300
    (freezer / "freezer.state").write_text("THAWED")
    assert one.wait() == 0
