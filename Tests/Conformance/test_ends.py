"""How programs end: what is told of it beside the real supervisord."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest
from readings import of_theirs
from supervised import Supervised, children_of, wait_until
from test_memory import counter, set_count  # noqa: F401

TRACED = """import ctypes, os, signal
ctypes.CDLL(None).ptrace(0, 0, 0, 0)
os.kill(os.getpid(), signal.SIGSTOP)
signal.pause()
"""


@pytest.mark.difference("a program that asks its parent to trace it (`PTRACE_TRACEME`)")
def test_a_program_that_asks_to_be_traced(peers, tmp_path):
    script = tmp_path / "traced.py"
    script.write_text(TRACED)
    both = peers(f"[program:a]\ncommand={sys.executable} {script}\nautorestart=false\nstartsecs=0\n")
    both.theirs.until("a", "EXITED")
    wait_until(lambda: b"PTRACE_TRACEME" in both.ours.log("main.log"), what="the stop")
    info = both.ours.info("a")
    assert info["statename"] == "RUNNING"
    assert "State:\tS" in pathlib.Path(f"/proc/{info['pid']}/status").read_text()
    # supervisord leaves the process behind.
    for pid in os.listdir("/proc"):
        if pid.isdigit() and str(script).encode() in command_line(pid):
            os.kill(int(pid), signal.SIGKILL)


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.difference("a program that the kernel kills because memory is used up")
def test_a_kill_for_want_of_memory(peers, counter, tmp_path):  # noqa: F811
    program = "[program:a]\ncommand=sleep 1000\nautorestart=false\nstartsecs=0\n"
    both = peers(program)
    both.until("a", "RUNNING")
    for peer in (both.theirs, both.ours):
        os.kill(peer.info("a")["pid"], signal.SIGKILL)
        peer.until("a", "EXITED")
    for peer in (both.theirs, both.ours):
        wait_until(lambda: b"a (terminated by SIGKILL; not expected)" in peer.log("main.log"), what="the line")
    file, wrapper = counter
    (tmp_path / "short").mkdir()
    short = Supervised(tmp_path / "short", program, wrapper=wrapper).start()
    try:
        short.ready()
        set_count(file, 4)
        children = children_of(short.pid)
        os.kill(next(int(pid) for pid in children if b"sleep" in command_line(pid)), signal.SIGKILL)
        short.until("a", "EXITED")
        assert "a (terminated by SIGKILL (out of memory); not expected)" in short.said()
    finally:
        short.kill()


@pytest.mark.difference("`numprocs` above 10000")
def test_more_processes_than_there_can_be(real, links, tmp_path):
    path = tmp_path / "s.conf"
    path.write_text("[supervisord]\n[program:a]\ncommand=x\nnumprocs=10001\nprocess_name=%(process_num)d\n")
    theirs = of_theirs(real("python"), [path], dict(os.environ), tmp_path)[str(path)]
    assert len(theirs) == 10001
    ours = subprocess.run([links / "supervisord", "-n", "-c", str(path)], capture_output=True, text=True)
    assert ours.returncode == 2 and "a program has at most 10000 processes" in ours.stderr
