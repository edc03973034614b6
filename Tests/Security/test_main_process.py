"""MAINPID= of sd_notify(3): a program names its own main process, and reaches no other process by it."""

import pathlib
import subprocess
import sys

import pytest

from notifying import NOTIFY
from supervised import wait_until

# Starts a process with the requested number in the PID namespace, as another user and in a session of
# its own.
REUSE = """
import os, signal, sys
wanted = int(sys.argv[1])
while True:
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(wanted - 1))
    child = os.fork()
    if child == 0:
        os.setsid()
        os.setgid(65534)
        os.setuid(65534)
        while True: signal.pause()
    if child == wanted: break
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print("victim", flush=True)
os.waitpid(child, 0)
"""


def main_processes(one):
    return [line["pid"] for line in one.journal() if line.get("event") == "main process"]


def test_the_number_of_a_former_main_process_is_not_signalled(supervise, public):
    """The attacker names one child after another, reaps them, and ends when other processes have got
    their numbers. What PID 1 cannot reap it must not signal."""
    attacker = public.script("attacker.py", NOTIFY + """
import select
def phase(name):
    print(name, flush=True)
    while not os.path.exists(sys.argv[1] + "/" + name): select.select([], [], [], 0.02)
def child():
    pid = os.fork()
    if pid == 0:
        while True: signal.pause()
    return pid
children = [child(), child()]
notify("READY=1\\nSTATUS=%d" % children[0])
for number, pid in enumerate(children):
    notify("MAINPID=%d" % pid)
    phase("named%d" % number)
for pid in children:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
phase("reaped")
""")
    one = supervise(f"""
[program:attacker]
command={attacker} {public.path}
user=www-data
ready=notify
autorestart=false
startsecs=0
""", pid1=True).ready()
    for number in range(2):
        wait_until(lambda: len(main_processes(one)) > number, what="a main process")
        (public.path / f"named{number}").touch()
    first = one.status()["attacker"]["status_text"]
    wait_until(lambda: len(main_processes(one)) == 3, what="the end of the main process")
    command = ["nsenter", "-t", str(one.pid), "-p", "-m", sys.executable, "-c", REUSE, first]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout.readline() == "victim\n"
        (public.path / "reaped").touch()
        one.until("attacker", "EXITED")
        status = pathlib.Path(f"/proc/{one.pid}/root/proc/{first}/status").read_text()
        assert "State:\tS" in status and "\nUid:\t65534\t" in status
        assert one.stop() == 0


@pytest.mark.parametrize("command", ["stop", "restart", "shutdown"])
@pytest.mark.parametrize("settings, session", [
    ("", "pass"), ("", "os.setsid()"), ("killasgroup=true", "pass"), ("killasgroup=true", "os.setsid()"),
])
def test_a_program_that_names_a_new_main_process_is_stopped(supervise, public, command, settings, session):
    """The attacker ignores SIGTERM, and names a new child each time PID 1 has killed the last one."""
    attacker = public.script("attacker.py", NOTIFY + f"""
import select
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
notify("READY=1")
while True:
    child = os.fork()
    if child == 0:
        {session}
        while True: signal.pause()
    notify("MAINPID=%d" % child)
    while os.path.exists("/proc/%d" % child): select.select([], [], [], 0.02)
""")
    one = supervise(f"""
[program:attacker]
command={attacker}
user=www-data
ready=notify
stopwaitsecs=1
{settings}
""", pid1=True).ready()
    wait_until(lambda: main_processes(one), what="a main process")
    before = one.status()["attacker"]["pid"]
    if command == "stop":
        assert one.client("stop", "attacker") == (0, "attacker: stopped\n")
        assert one.status()["attacker"]["state"] == "STOPPED"
    if command == "restart":
        one.client("restart", "attacker")
        one.begun_again("attacker", before)
    assert one.stop(timeout=15) == 0
