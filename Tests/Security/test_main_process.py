"""MAINPID= of sd_notify(3): a program names its own main process, and reaches no other process by it."""

import pathlib
import subprocess
import sys

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
