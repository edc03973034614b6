"""sd_notify(3): what a program can and cannot reach through its own socket and that of others."""

import os
import pathlib
import re
import select
import shutil
import signal
import socket
import statistics
import time

import pytest

from lingering import LINGERING
from notifying import NOTIFY
from supervised import alive, rests, role_of, wait_until

WAITING = """
[program:victim]
command=sleep 1000
user=www-data
ready=notify
ready_timeout=0
"""


def names(one, event):
    return [line for line in one.journal() if line.get("event") == event]


def test_short_lived_senders_count(supervise, public):
    """Each message comes from a child that has been reaped before anybody can look at it."""
    path = public.script("sender.py", NOTIFY + """
if os.fork() == 0:
    notify("READY=1")
    os._exit(0)
os.wait()
while True: signal.pause()
""")
    one = supervise("".join(f"""
[program:p{number}]
command={path}
user=www-data
ready=notify
""" for number in range(25)), pid1=True)
    one.ready(60)
    rows = one.status()
    assert [rows[f"p{number}"]["ready"] for number in range(25)] == [True] * 25
    assert one.stop() == 0


def test_no_program_announces_the_readiness_of_another(supervise, public):
    """The attacker has the same user, and finds the socket's name in /proc/PID/environ."""
    attacker = public.script("attacker.py", NOTIFY + """
own = os.environ["NOTIFY_SOCKET"]
while not (others := set(addresses()) - {own}): pass
for other in others:
    notify("READY=1\\nSTATUS=taken", other)
    if os.fork() == 0:
        os.setsid()
        notify("READY=1\\nSTATUS=taken", other)
        signal.pause()
print("sent", len(others), flush=True)
notify("READY=1")
while True: signal.pause()
""")
    one = supervise(WAITING + f"""
[program:attacker]
command={attacker}
user=www-data
ready=notify
stdout_logfile=%DIR%/attacker.log
stopasgroup=true
""", pid1=True)
    wait_until(lambda: "sent 1" in (one.directory / "attacker.log").read_text(), what="an attack")
    wait_until(lambda: one.status()["attacker"]["ready"], what="the attacker's own message")
    wait_until(lambda: "victim: notification refused: pid " in one.said(), what="a refusal")
    victim = one.status()["victim"]
    assert not victim["ready"] and "status_text" not in victim
    assert one.stop() == 0


def test_another_user_cannot_write_into_the_socket(supervise, public):
    """Even where it knows the name, which only root and the owner can read."""
    attacker = public.script("attacker.py", NOTIFY + """
directory = [name for name in os.listdir("/run") if name.startswith("entrypoint-notify-")]
for name in directory:
    try:
        os.listdir("/run/" + name)
        print("listed", flush=True)
    except OSError as error:
        print("list", error.errno, flush=True)
try:
    notify("READY=1", open(sys.argv[1]).read())
    print("written", flush=True)
except OSError as error:
    print("write", error.errno, flush=True)
while True: signal.pause()
""")
    one = supervise(WAITING + f"""
[program:attacker]
command={attacker} {public.path}/address
user=nobody
autostart=false
stdout_logfile=%DIR%/attacker.log
""", pid1=True)
    wait_until(lambda: one.status()["victim"]["pid"], what="a victim")
    pid = one.status()["victim"]["pid"]
    environment = pathlib.Path(f"/proc/{one.pid}/root/proc/{pid}/environ")
    address = wait_until(lambda: [entry[14:].decode() for entry in environment.read_bytes().split(b"\0")
                                  if entry.startswith(b"NOTIFY_SOCKET=")], what="its exec")[0]
    status = os.stat(address)
    assert oct(status.st_mode & 0o777) == "0o600"
    assert status.st_uid == pathlib.Path(f"/proc/{one.pid}/root/proc/{pid}").stat().st_uid != 0
    assert os.stat(os.path.dirname(address)).st_uid == 0
    (public.path / "address").write_text(address)
    one.client("start", "attacker")
    log = one.directory / "attacker.log"
    wait_until(lambda: "write" in log.read_text(), what="an attempt")
    assert "write 13" in log.read_text() and "listed" not in log.read_text()
    assert not one.status()["victim"]["ready"]
    assert one.stop() == 0


def test_a_descriptor_whose_close_waits_stops_nobody(supervise, public):
    """A TCP socket with SO_LINGER and unsent data: its close takes as long as the program wants."""
    attacker = public.script("attacker.py", NOTIFY + LINGERING + """
listener = socket.create_server(("127.0.0.1", 0))
for number in range(6):
    out = socket.create_connection(listener.getsockname())
    fill(out)
    notify("STATUS=%d" % number, passing=[out.fileno()])
    out.detach()
print("passed", flush=True)
while True: signal.pause()
""")
    good = public.script("good.py", NOTIFY + """
signal.signal(signal.SIGUSR1, lambda *_: notify("STATUS=later"))
notify("READY=1")
while True: signal.pause()
""")
    one = supervise(f"""
[program:attacker]
command={attacker}
user=www-data
ready=notify
ready_timeout=0
stdout_logfile=%DIR%/attacker.log
[program:good]
command={good}
user=www-data
ready=notify
""", pid1=True)
    wait_until(lambda: "passed" in (one.directory / "attacker.log").read_text(), what="an attack")
    wait_until(lambda: one.status()["good"]["ready"], what="the message of another program")
    wait_until(lambda: one.status()["attacker"].get("status_text") == "5", what="its last message")
    before = role_of(one, "notify")
    # The queue of a program that has ended may hold such descriptors, too.
    one.client("restart", "attacker")
    one.client("signal", "USR1", "good")
    wait_until(lambda: one.status()["good"].get("status_text") == "later", what="a later message")
    assert role_of(one, "notify") == before
    begun = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - begun < 15


def test_descriptors_are_closed_so_that_a_barrier_returns(supervise, public):
    path = public.script("barrier.py", NOTIFY + """
for number in range(20):
    reader, writer = os.pipe()
    notify("BARRIER=1", passing=[writer])
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
notify("READY=1")
while True: signal.pause()
""")
    one = supervise(f"[program:p]\ncommand={path}\nuser=www-data\nready=notify\n", pid1=True)
    one.ready()
    assert one.stop() == 0


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_descriptors_of_a_stranger_are_closed(supervise, public):
    """A message that is refused may carry descriptors, too."""
    one = supervise(WAITING, pid1=True)
    victim = wait_until(lambda: one.status()["victim"].get("pid"), what="a victim")
    notify = wait_until(lambda: role_of(one, "notify"), what="the role")
    environment = pathlib.Path(f"/proc/{one.pid}/root/proc/{victim}/environ")
    address = wait_until(lambda: re.search(rb"NOTIFY_SOCKET=([^\0]+)", environment.read_bytes()),
                         what="a victim that runs")[1].decode()
    rests(notify)  # The socket of the victim may still be on its way to the role.
    before = open_files(notify)
    reader, writer = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out, open(reader, "rb") as end:
        out.connect(address)
        for _ in range(50):
            socket.send_fds(out, [b"STATUS=x"], [writer] * 8)
        os.close(writer)
        wait_until(lambda: "notification refused" in one.said(), what="a refusal")
        assert select.select([end], [], [], 30)[0] and end.read() == b"", "closed descriptors"
    assert open_files(notify) == before
    assert one.stop() == 0


def test_descriptors_that_an_ended_program_has_sent_are_closed(supervise, public):
    """The role reads only so many messages a second; the rest waits in the queue of the socket."""
    flooder = public.script("flooder.py", NOTIFY + """
null = os.open("/dev/null", os.O_RDONLY)
while True: notify("STATUS=x", passing=[null] * 8)
""")
    one = supervise(f"""
[program:steady]
command=sleep 1000
user=www-data
ready=notify
ready_timeout=0
[program:flooder]
command={flooder}
user=www-data
ready=notify
ready_timeout=0
autostart=false
""", pid1=True)
    notify = wait_until(lambda: role_of(one, "notify"), what="the role")
    wait_until(lambda: one.status()["steady"].get("pid"), what="a program")
    rests(notify)
    before = open_files(notify)
    for _ in range(5):
        one.client("start", "flooder")
        wait_until(lambda: one.status()["flooder"].get("status_text"), what="a flood")
        one.client("stop", "flooder")
    wait_until(lambda: open_files(notify) <= before, what="closed descriptors")
    assert role_of(one, "notify") == notify
    assert one.stop() == 0


def test_flooding_delays_nobody(supervise, public):
    flooder = public.script("flooder.py", NOTIFY + """
out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
out.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
text = "STATUS=%d\\n" + "WATCHDOG=1\\n" * 300
number = 0
while True:
    number += 1
    out.send((text % number).encode())
""")
    one = supervise(f"""
[program:flooder]
command={flooder}
user=www-data
ready=notify
ready_timeout=0
numprocs=2
process_name=%(process_num)d
""", pid1=True)
    wait_until(lambda: one.status()["flooder:1"].get("status_text"), what="a flood")
    begun, first = time.monotonic(), int(one.status()["flooder:1"]["status_text"])
    times = []
    for _ in range(20):
        begun = time.monotonic()
        one.client("pid")
        times.append(time.monotonic() - begun)
    assert statistics.median(times) < 0.2, times
    wait_until(lambda: time.monotonic() > begun + 3, what="three seconds")
    received = int(one.status()["flooder:1"]["status_text"]) - first
    # 32 messages at a time: 20 times, then four times a second; twice that for a busy machine.
    assert received < 32 * (20 + 8 * (time.monotonic() - begun)), "messages that the role has read"
    spent = pathlib.Path(f"/proc/{one.pid}/stat").read_text().split()
    assert int(spent[13]) + int(spent[14]) < 200, "PID 1 has worked for two seconds"
    begun = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - begun < 12


def test_notifications_fill_neither_the_journal_nor_the_main_log(supervise, public):
    """Each message is a new one: another error, another main process, another text."""
    path = public.script("talker.py", NOTIFY + """
import select
children = []
for _ in range(2):
    children.append(os.fork())
    if children[-1] == 0:
        while True: signal.pause()
notify("READY=1")
for number in range(1, 30):
    notify("ERRNO=%d" % number)
    notify("MAINPID=%d" % children[number % 2])
    notify("RELOADING=1")
    notify("READY=1")
    notify("STATUS=%d" % number)
    # The role keeps the last message of each kind, so that each must be passed on before the next.
    select.select([], [], [], 0.3)
notify("STATUS=last")
while True: signal.pause()
""")
    one = supervise(f"""
[program:p]
command={path}
user=www-data
ready=notify
""", pid1=True)
    wait_until(lambda: one.status()["p"].get("status_text") == "last", 60, "the last message")
    told = [line["event"] for line in one.journal() if line.get("name") == "p" and "event" in line]
    kinds = ("error reported", "main process", "program reloads", "reloaded")
    # Ten, and one more for each minute that a busy machine takes.
    assert 10 <= told.count("status text") <= 12
    assert 10 <= len([event for event in told if event in kinds]) <= 12
    said = [line for line in one.said().splitlines() if "p: " in line]
    assert len([line for line in said if "error" in line or "main process" in line]) <= 12
    for kind in ("", "STATUS= "):
        left_out = f"p: too many {kind}notifications: at most one in 60s is recorded from now on"
        assert len([line for line in said if line.endswith(left_out)]) == 1
    assert one.stop() == 0


def test_what_a_status_holds_is_printable(supervise, public):
    path = public.script("status.py", NOTIFY + """
notify("READY=1\\nSTATUS=\\x1b[31mred\\r\\u202e" + "x" * 2000 + "\\nERRNO=2")
while True: signal.pause()
""")
    one = supervise(f"[program:p]\ncommand={path}\nuser=www-data\nready=notify\n", pid1=True)
    row = wait_until(lambda: "status_text" in one.status()["p"] and one.status()["p"], what="a status")
    assert row["status_text"].startswith("\\u{1b}[31mred\\u{d}\\u{202e}xxx")
    assert len(row["status_text"]) <= 512 and row["errno"] == 2
    code, text = one.client("status", "--all")
    assert code == 0 and ", status: \\u{1b}[31mred" in text
    assert text.endswith(", error: No such file or directory\n".lower()) or "no such file" in text.lower()
    assert one.stop() == 0


@pytest.mark.parametrize("pid, why", [
    ("victim", "another program's process"), ("child", "a child of another program"), ("1", "PID 1"),
    ("role", "a role"), ("4000000", "no process"),
])
def test_a_program_names_no_foreign_process_as_its_own(supervise, public, pid, why):
    attacker = public.script("attacker.py", NOTIFY + f"""
def find(word):
    while True:
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                if word in open(f"/proc/{{number}}/cmdline").read(): return number
            except OSError:
                continue
words = {{"victim": "sleep", "child": "sleep\\0002000", "role": "entrypoint: notify"}}
wanted = find(words["{pid}"]) if "{pid}" in words else "{pid}"
notify("MAINPID=" + wanted)
notify("READY=1\\nSTATUS=sent")
while True: signal.pause()
""")
    one = supervise(WAITING + f"""
[program:parent]
command=sh -c 'sleep 2000 & wait'
user=www-data
[program:attacker]
command={attacker}
user=www-data
ready=notify
""", pid1=True)
    wait_until(lambda: one.status()["attacker"].get("status_text") == "sent", what="an attack")
    rows = one.status()
    before = rows["victim"]["pid"]
    assert rows["attacker"]["pid"] not in (before, 1, int(pid) if pid.isdigit() else 0)
    assert names(one, "main process") == []
    assert one.client("stop", "attacker")[0] == 0
    assert one.status()["victim"]["pid"] == before
    assert one.stop() == 0


def test_a_process_of_another_user_does_not_become_the_main_process(supervise, public):
    """A child of the program itself, but with root's rights: signals for the program would reach it."""
    sleeper = public.path / "sleeper"
    shutil.copy("/bin/sleep", sleeper)
    sleeper.chmod(0o4755)
    path = public.script("attacker.py", NOTIFY + f"""
import subprocess
child = subprocess.Popen(["{sleeper}", "1000"])
while "sleeper" not in open(f"/proc/{{child.pid}}/comm").read(): pass
notify("MAINPID=%d" % child.pid)
notify("READY=1\\nSTATUS=sent")
while True: signal.pause()
""")
    one = supervise(f"[program:p]\ncommand={path}\nuser=www-data\nready=notify\n", pid1=True).ready()
    assert one.status()["p"]["status_text"] == "sent"
    assert names(one, "main process") == []
    assert "p: notification refused: MAINPID=" in one.said()
    assert one.stop() == 0


def test_the_role_can_be_lost(supervise, public):
    path = public.script("late.py", NOTIFY + """
signal.signal(signal.SIGUSR1, lambda *_: notify("READY=1"))
notify("STATUS=up")
while True: signal.pause()
""")
    one = supervise(f"[program:p]\ncommand={path}\nuser=www-data\nready=notify\n", pid1=True)
    before = wait_until(lambda: role_of(one, "notify"), what="a role")
    wait_until(lambda: one.status()["p"].get("status_text") == "up", what="a program")
    pid = one.status()["p"]["pid"]
    os.kill(before, signal.SIGKILL)
    one.client("signal", "USR1", "p")
    one.ready()
    assert role_of(one, "notify") != before and one.status()["p"]["pid"] == pid
    assert one.stop() == 0
    assert not alive(before)


def test_a_process_of_an_earlier_start_announces_nothing(supervise, public):
    """Left-over processes know the name of the socket."""
    path = public.script("restarted.py", NOTIFY + """
import select
if not os.path.exists(sys.argv[1]):
    open(sys.argv[1], "w").close()
    if os.fork() == 0:
        while True:
            try:
                notify("READY=1")
            except OSError:
                pass
            select.select([], [], [], 0.05)
    notify("READY=1")
while True: signal.pause()
""")
    one = supervise(f"""
[program:p]
command={path} {public.path}/once
ready=notify
ready_timeout=0
""", pid1=True).ready()
    first = one.status()["p"]["pid"]
    one.client("signal", "KILL", "p")
    one.begun_again("p", first)
    wait_until(lambda: "p: notification refused: pid " in one.said(), what="a refusal")
    assert not one.status()["p"]["ready"]
    one.stop()


# --- What programs announce, within limits

def test_a_watchdog_restarts_a_program_that_has_gone_silent(supervise, public):
    path = public.script("fed.py", NOTIFY + """
import select
interval = int(os.environ["WATCHDOG_USEC"]) / 1e6
assert interval == 2 and "WATCHDOG_PID" not in os.environ
notify("READY=1")
for _ in range(8):
    notify("WATCHDOG=1")
    select.select([], [], [], interval / 4)
notify("STATUS=silent now")
while True: signal.pause()
""")
    one = supervise(f"""
[program:p]
command={path}
user=www-data
ready=notify
watchdog=2s
""", pid1=True).ready()
    first = one.status()["p"]["pid"]
    one.begun_again("p", first)
    stopping = [line for line in one.journal() if line.get("to") == "stopping"]
    assert stopping[0]["reason"] == "no WATCHDOG=1 for 2s"
    silent = names(one, "status text")
    assert silent and silent[0]["message"] == "silent now" and silent[0]["at"] < stopping[0]["at"]
    assert "WATCHDOG=1" in one.said()
    assert one.stop() == 0


def test_a_program_may_ask_its_watchdog_for_a_restart(supervise, public):
    path = public.script("trigger.py", NOTIFY + """
notify("READY=1\\nWATCHDOG=trigger")
while True: signal.pause()
""")
    one = supervise(f"""
[program:p]
command={path}
ready=notify
watchdog=60s
startretries=100
""", pid1=True)
    wait_until(lambda: any("WATCHDOG=trigger" in line.get("reason", "") for line in one.journal()),
               what="a restart")
    assert one.stop() == 0


def test_a_reload_and_a_stop_are_shown(supervise, public):
    path = public.script("reload.py", NOTIFY + """
import select
def reload(*_):
    notify("RELOADING=1\\nMONOTONIC_USEC=%d" % (time.monotonic_ns() // 1000))
    select.select([], [], [], 0.3)
    notify("READY=1\\nSTATUS=reloaded")
def stop(*_):
    # What the role reads after the end of the program is about nobody: sd_notify_barrier(3).
    reader, writer = os.pipe()
    notify("STOPPING=1")
    notify("BARRIER=1", passing=[writer])
    os.close(writer)
    os.read(reader, 1)
    sys.exit(0)
signal.signal(signal.SIGHUP, reload)
signal.signal(signal.SIGTERM, stop)
notify("READY=1\\nSTATUS=up")
while True: signal.pause()
""")
    one = supervise(f"[program:p]\ncommand={path}\nuser=www-data\nready=notify\n", pid1=True)
    one.ready()
    one.client("signal", "HUP", "p")
    wait_until(lambda: one.status()["p"].get("status_text") == "reloaded", what="a reload")
    assert "reloading" not in one.status()["p"]
    one.client("stop", "p")
    expected = ["program reloads", "reloaded", "program stops itself"]
    def shown():
        events = [line.get("event") for line in one.journal() if line.get("name") == "p"]
        return [event for event in events if event in expected]
    # The logger writes the journal after PID 1 has answered.
    wait_until(lambda: shown() == expected, what="the events in the journal")
    assert one.stop() == 0


def asks_for_more_time(supervise, public, before, settings):
    """A supervisor of a program that asks for a minute again and again, after these statements of its own."""
    path = public.script("slow.py", NOTIFY + f"""
import select
{before}
while True:
    notify("EXTEND_TIMEOUT_USEC=60000000")
    select.select([], [], [], 0.2)
""")
    return supervise(f"[program:p]\ncommand={path}\nuser=www-data\nready=notify\n{settings}\n", pid1=True)


IGNORES_TERM = 'signal.signal(signal.SIGTERM, signal.SIG_IGN)\nnotify("READY=1")'


def test_more_time_to_stop_has_a_limit(supervise, public):
    one = asks_for_more_time(supervise, public, IGNORES_TERM, "stopwaitsecs=1").ready()
    begun = time.monotonic()
    assert one.client("stop", "p", timeout=60) == (0, "p: stopped\n")
    assert 9 < time.monotonic() - begun < 30
    assert one.stop() == 0


def test_more_time_to_stop_is_refused_during_a_shutdown(supervise, public):
    one = asks_for_more_time(supervise, public, IGNORES_TERM, "stopwaitsecs=3").ready()
    begun = time.monotonic()
    assert one.stop(timeout=60) == 0
    assert time.monotonic() - begun < 20, "ten times as long as configured"


def test_more_time_to_start_has_a_limit(supervise, public):
    one = asks_for_more_time(supervise, public, "", "ready_timeout=1s\nstartretries=0")
    one.until("p", "FATAL", timeout=60)
    lines = [line for line in one.journal() if line.get("name") == "p"]
    begun = next(line["at"] for line in lines if line.get("to") == "starting" and "pid" in line)
    ended = next(line["at"] for line in lines if line.get("to") == "fatal")
    assert 9 < ended - begun < 30
    assert one.stop() == 0


DAEMON = NOTIFY + """
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.close(writer)
    os.read(reader, 1)  # Until the parent has announced us.
    {setsid}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    notify("READY=1\\nSTATUS=the daemon speaks")
    while True: signal.pause()
notify("MAINPID=%d" % child)
{parent}
"""


@pytest.mark.parametrize("setsid", ["pass", "os.setsid()"])
def test_another_main_process_is_the_program(supervise, public, setsid):
    """The process that was started exits once its successor has been adopted."""
    path = public.script("daemon.py", DAEMON.replace("{setsid}", setsid).replace("{parent}", """
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(0))
os.write(writer, b"x")
while True: signal.pause()
"""))
    one = supervise(f"""
[program:p]
command={path}
user=www-data
ready=notify
autorestart=false
""", pid1=True).ready()
    found = names(one, "main process")
    assert len(found) == 1 and one.status()["p"]["pid"] == found[0]["pid"]
    started = next(line["pid"] for line in one.journal() if line.get("to") == "starting" and "pid" in line)
    assert started != found[0]["pid"]
    inside = pathlib.Path(f"/proc/{one.pid}/task/{one.pid}/children")
    before = inside.read_text().split()
    for pid in before:  # The first process, by its number outside.
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        if f"NSpid:\t{pid}\t{started}\n" in status:
            os.kill(int(pid), signal.SIGUSR1)
    wait_until(lambda: set(inside.read_text().split()) != set(before), what="its end")
    row = one.status()["p"]
    assert row["state"] in ("STARTING", "RUNNING") and row["pid"] == found[0]["pid"]
    assert one.client("stop", "p") == (0, "p: stopped\n")
    assert one.status()["p"]["exit"] == 7
    assert one.stop() == 0


def test_the_end_of_the_main_process_is_the_end_of_the_program(supervise, public):
    """A child of the process that was started: the parent tells how it has ended."""
    path = public.script("daemon.py", DAEMON.replace("{setsid}", "pass").replace("{parent}", """
os.write(writer, b"x")
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""))
    one = supervise(f"""
[program:p]
command={path}
user=www-data
ready=notify
autorestart=false
startsecs=0
""", pid1=True).ready()
    assert names(one, "main process")
    one.client("signal", "TERM", "p")
    assert one.until("p", "EXITED")["exit"] == 7
    assert one.stop() == 0


def test_a_readiness_pipe_does_not_keep_pid_1_busy(supervise, public):
    """A program that writes without end and never a newline, and a program of root, which may open
    the other end, that reads the pipe empty."""
    writer = public.script("writer.py", """
import os, signal
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
while True: os.write(3, b"x" * 65536)
""")
    thief = public.script("thief.py", """
import os, signal
pipe = os.open("/proc/self/fd/3", os.O_RDONLY | os.O_NONBLOCK)
for _ in range(2000):
    os.write(3, b"x")
    try:
        os.read(pipe, 10)
    except BlockingIOError:
        pass
os.write(3, b"\\n")
while True: signal.pause()
""")
    one = supervise(f"""
[program:writer]
command={writer}
user=www-data
ready=fd:3
ready_timeout=0
autorestart=false
startsecs=0
[program:thief]
command={thief}
ready=fd:3
""", pid1=True)
    wait_until(lambda: "writer: wrote too much to its readiness pipe" in one.said(), what="a limit")
    wait_until(lambda: one.status()["thief"]["ready"], what="the readiness of the thief")
    assert not one.status()["writer"]["ready"]
    assert one.stop() == 0
