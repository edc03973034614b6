"""What readers, clients, limits and programs do to it that they should not.

It answers and ends all the same, and loses nothing that is not its own.
"""

import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time

import pytest

from supervised import BINARY, alive, process_status, processor_time, rests, role_of, wait_until
from tracing import frozen

SLEEPER = "[program:sleeper]\ncommand=sleep 1000\n"


@pytest.fixture
def pipe():
    """Its two ends, closed when the test is over."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


def script(one_or_path, name, text):
    path = pathlib.Path(one_or_path) / name
    path.write_text(text)
    return f"python3 {path}"


def waits_in(pid):
    """What the kernel does for it."""
    return pathlib.Path(f"/proc/{pid}/wchan").read_text()


def is_full(writer):
    return not select.select([], [writer], [], 0)[1]


def connected(one):
    """A connection to the control socket, which has said nothing yet."""
    connection = socket.socket(socket.AF_UNIX)
    connection.setblocking(False)

    def is_connected():
        with contextlib.suppress(BlockingIOError):  # So many others come at the same time.
            connection.connect(str(one.socket))
            return True
    wait_until(is_connected, 2, "a connection")
    connection.settimeout(2)
    return connection


def serves(one):
    code, text = one.client("status", timeout=5)
    return code in (0, 3) and "sleeper" in text  # 3: somebody is between two starts.


# --- Readers of its output

BLOCKS = "import os\nwhile True: os.write(2, b'y' * 4095 + b'\\n')\n"


def test_it_never_waits_to_write_to_a_pipe_that_programs_fill(supervise, pipe, tmp_path):
    reader, writer = pipe
    blocks = script(tmp_path, "blocks.py", BLOCKS)
    restless = "".join(
        f"[program:restless{number}]\ncommand=true\nstartsecs=0\nautorestart=true\nexitcodes=0\nrestart_delay=1ms\nrestart_factor=1\n"
        for number in range(3))
    one = supervise(f"""
{SLEEPER}
[program:filler]
command={blocks}
[program:other]
command={blocks}
{restless}
""", stderr=writer, supervisord="loglevel=debug")
    wait_until(one.socket.exists, what="a control socket")

    # Each time there is room for one block, three want it. Whoever has only looked whether there
    # is, and writes then, waits when another was faster.
    for _ in range(4000):
        os.read(reader, 4096)
        if "pipe_write" in waits_in(one.pid):
            break
    wait_until(lambda: is_full(writer), what="a full pipe")
    assert serves(one)
    assert "pipe_write" not in waits_in(one.pid)
    assert one.stop() == 0


def test_a_program_that_makes_its_descriptors_non_blocking_makes_nobody_elses_so(supervise, pipe, tmp_path):
    """Node does; the others would lose what a slow reader does not take at once, and what they read
    from would be at its end."""
    reader, writer = pipe
    os.mkfifo(tmp_path / "done")
    hasty = script(tmp_path, "hasty.py", "import os, signal\nfor n in range(3): os.set_blocking(n, False)\n"
                   f"open('{tmp_path}/done', 'w').close()\nsignal.pause()\n")
    steady = script(tmp_path, "steady.py", "import os, sys\n"
                    f"open('{tmp_path}/done').read()\n"
                    "assert os.get_blocking(0) and os.get_blocking(1)\n"
                    "sys.stdout.write('x' * 500_000 + '\\n')\nsys.stdout.flush()\nsys.stdin.read()\n")
    one = supervise(f"[program:hasty]\ncommand={hasty}\n[program:steady]\ncommand={steady}\nautorestart=false\n",
                    stdout=writer, supervisord="logfile=/dev/stderr")
    one.ready()
    row = one.until("steady", "RUNNING")
    received = b""
    while b"\n" not in received:
        received += os.read(reader, 65536)
    assert received == b"x" * 500_000 + b"\n"
    assert one.status()["steady"]["pid"] == row["pid"]
    assert one.stop() == 0


def test_a_line_of_the_main_log_ends_however_long_it_is(supervise):
    one = supervise(f"[program:p]\ncommand=/{'a' * 9000}\nstartretries=0\n[program:sleeper]\ncommand=sleep 1000\n")
    one.until("p", "FATAL")
    one.until("sleeper", "RUNNING")
    assert one.stop() == 0
    lines = one.said().splitlines()
    assert any("aaaa" in line and len(line) > 4000 for line in lines)
    assert not any("aaaa" in line and "FATAL" in line and "spawnerr" in line for line in lines)
    assert all(len(line) < 4096 for line in lines)
    assert any(line.endswith("gave up: p entered FATAL state, too many start retries too quickly") for line in lines)
    journal = [json.loads(line) for line in one.journal_path.read_text().splitlines()]
    assert any(len(line.get("reason", "")) > 9000 for line in journal)


def test_a_log_that_nobody_reads_any_more_costs_nothing(supervise, pipe):
    reader, writer = pipe
    os.close(reader)
    one = supervise(SLEEPER, stderr=writer, supervisord="loglevel=debug").ready()
    one.send(signal.SIGUSR1)
    assert serves(one)
    rests(one.pid)
    assert processor_time(one.pid) < 100
    assert one.stop() == 0


COUNTER = """
import os, signal, sys
directory, count = sys.argv[1], 0
signal.signal(signal.SIGTERM, signal.SIG_IGN)
side = os.open(f"{directory}/count", os.O_CREAT | os.O_RDWR)
while not os.path.exists(f"{directory}/enough"):
    count += 1
    os.write(1, b"line %d\\n" % count)
    os.pwrite(side, b"%d" % count, 0)
open(f"{directory}/idle", "w").close()
while True: signal.pause()
"""


def count(one):
    """How many lines the counter has written."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return int((one.directory / "count").read_text())
    return 0


def test_a_reader_that_leaves_a_full_pipe_stops_neither_program_nor_logger(supervise, pipe, tmp_path):
    reader, writer = pipe
    counter = script(tmp_path, "counter.py", COUNTER)
    one = supervise(f"[program:counter]\ncommand={counter} %DIR%\nlog_format=prefix\n"
                    "stopwaitsecs=0\n", stdout=writer)
    wait_until(lambda: is_full(writer), what="a full pipe")
    os.close(reader)
    # More than all the pipes and buffers on the way hold.
    reached = count(one) + 50_000
    wait_until(lambda: count(one) > reached, 60, "a program that goes on")
    (one.directory / "enough").touch()
    wait_until((one.directory / "idle").exists, what="an idle program")
    rests(role_of(one, "logger"))
    assert one.stop() == 0


@pytest.mark.needs_root
def test_the_last_lines_are_written_before_the_deadline_of_the_shutdown(supervise, tmp_path):
    counter = script(tmp_path, "counter.py", COUNTER)
    one = supervise(f"[program:counter]\ncommand={counter} %DIR%\nlog_format=json\n"
                    "stdout_logfile=%DIR%/log\nstdout_logfile_maxbytes=0\nstopwaitsecs=30\n",
                    supervisord="shutdown_timeout=4s").ready()
    logger, program = role_of(one, "logger"), one.status()["counter"]["pid"]
    # Behind with its work: the program fills its pipe.
    with frozen(logger):
        wait_until(lambda: "pipe_write" in waits_in(program), what="a program that waits to write")
        begun = time.monotonic()
        one.send(signal.SIGTERM)
        wait_until(lambda: not alive(program), what="the program's end")
    assert one.wait() == 0
    assert time.monotonic() - begun < 5
    text = (one.directory / "log").read_text()
    assert text.endswith("}\n")
    assert len(text.splitlines()) == count(one)


def test_a_program_without_rights_opens_our_stdout_by_name(supervise, pipe):
    reader, writer = pipe
    programs = "".join(f"""
[program:{name}]
command=sh -c "echo {name} opened it > /dev/stdout"
user=nobody
log_format={name}
startsecs=0
autorestart=false
""" for name in ["raw", "prefix"])
    one = supervise(programs, stdout=writer)
    text = b""

    def has_both():
        nonlocal text
        if select.select([reader], [], [], 0)[0]:
            text += os.read(reader, 4096)
        return sorted(text.splitlines()) == [b"prefix | prefix opened it", b"raw opened it"]
    wait_until(has_both, 5, "two lines")
    assert one.stop() == 0


def test_a_rotation_that_fails_loses_no_line(supervise):
    one = supervise("""
[program:p]
command=sh -c 'i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; done; exec sleep 1000'
stdout_logfile=%DIR%/logs/p.log
stdout_logfile_maxbytes=100
stdout_logfile_backups=1
[directory:logs]
path=%DIR%/logs/p.log.1/occupied
""")
    log = one.directory / "logs/p.log"
    expected = "".join(f"line {number}\n" for number in range(1, 501))
    wait_until(lambda: log.exists() and log.read_text() == expected, 5, "all lines")
    assert one.stop() == 0
    assert one.said().count(f"cannot log to {log}: ") == 1


def test_json_lines_tell_the_instance(supervise):
    one = supervise("""
[program:p]
command=sh -c 'echo hello; exec sleep 1000'
numprocs=3
process_name=%(program_name)s_%(process_num)d
log_format=json
stdout_logfile=%DIR%/log
""")
    log = one.directory / "log"
    wait_until(lambda: log.exists() and log.read_text().count("\n") == 3, what="three lines")
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted((record["program"], record["instance"]) for record in records) == [
        ("p", 0), ("p", 1), ("p", 2)]
    assert one.stop() == 0


def test_a_logger_that_cannot_live_is_given_pauses_and_never_up(supervise):
    one = supervise("""
[program:p]
command=sh -c 'while :; do date +%%s.%%N; sleep 0.02; done'
stdout_logfile=%DIR%/log
""").ready()
    pauses = []
    for _ in range(5):
        logger = wait_until(lambda: role_of(one, "logger"), what="a logger")
        killed = time.monotonic()
        os.kill(logger, signal.SIGKILL)
        wait_until(lambda: role_of(one, "logger") not in (None, logger), what="another logger")
        pauses.append(time.monotonic() - killed)
    assert pauses[2] >= 0.25 and pauses[3] >= 0.5 and pauses[4] >= 1, pauses
    now = time.time()
    log = one.directory / "log"
    wait_until(lambda: float(log.read_text().splitlines()[-1] or 0) > now, what="new lines")
    assert one.stop() == 0


# --- Clients of the control socket

def test_a_client_that_hangs_up_at_once_harms_no_foreground_command(supervise):
    one = supervise(arguments=["run", "--", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    wait_until(one.socket.exists, what="a control socket")
    one.process.stdin.write(b"one\n")
    one.process.stdin.flush()
    assert one.process.stdout.readline() == b"one\n"
    one.send(signal.SIGSTOP)
    with connected(one) as client:
        client.sendall(b"journal\n")
    one.send(signal.SIGCONT)
    assert one.client("version")[0] == 0
    one.process.stdin.write(b"two\n")
    one.process.stdin.close()
    assert one.process.stdout.readline() == b"two\n"
    assert one.wait() == 0


def test_without_descriptors_it_rests_and_serves_later(supervise):
    one = supervise(SLEEPER, wrapper=["prlimit", "--nofile=24:24"], supervisord="minfds=16").ready()
    clients = [connected(one) for _ in range(40)]
    rests(one.pid)
    assert len(os.listdir(f"/proc/{one.pid}/fd")) > 20
    for client in clients:
        client.close()
    wait_until(lambda: serves(one), what="an answer")
    assert one.stop() == 0


def open_files(pid):
    text = pathlib.Path(f"/proc/{pid}/limits").read_text()
    return next(line.split()[3:5] for line in text.splitlines() if line.startswith("Max open files"))


def test_the_limit_of_open_files_is_raised_for_itself_alone(supervise):
    one = supervise(SLEEPER, wrapper=["prlimit", "--nofile=1024:3000"]).ready()
    assert open_files(one.pid) == ["3000", "3000"]
    assert open_files(one.status()["sleeper"]["pid"]) == ["1024", "3000"]
    assert one.stop() == 0


def test_idle_clients_keep_no_other_out(supervise):
    one = supervise(SLEEPER).ready()
    clients = [connected(one) for _ in range(300)]
    assert serves(one)
    assert all(code == 0 for code, _ in [one.client("pid"), one.client("healthcheck")])
    for client in clients:
        client.close()
    assert one.stop() == 0


def test_a_follower_who_has_closed_his_ear_is_let_go(supervise):
    one = supervise(SLEEPER)
    one.ready()
    with connected(one) as deaf:
        deaf.sendall(b"follow\n")
        wait_until(lambda: select.select([deaf], [], [], 0)[0], what="the first line")
        deaf.shutdown(socket.SHUT_RD)
        one.client("restart", "sleeper")

        def is_let_go():
            try:
                deaf.send(b"x")
            except BrokenPipeError:
                return True
        wait_until(is_let_go, what="an end of it")
    assert one.stop() == 0


def test_what_is_no_utf8_comes_out_as_it_went_in(supervise):
    value = b"caf\xe9 \xff\xc3\xa9\xf0\x9f"
    one = supervise(SLEEPER, environment={"OWN": os.fsdecode(value)})
    one.ready()
    pid = one.status()["sleeper"]["pid"]
    assert b"OWN=" + value in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert one.stop() == 0


def test_a_client_too_many_is_told_so(supervise):
    one = supervise(SLEEPER).ready()
    clients = []

    def add(text):
        clients.append(connected(one))
        with contextlib.suppress(ConnectionError):
            clients[-1].sendall(text)

    # Clients that have sent no whole request make room for others.
    for _ in range(300):
        add(b"half a li")
    assert one.client("status", timeout=5)[0] == 0

    def refusal():
        add(b"events\n")
        code, text = one.client("status", timeout=5)
        return (code, text) if code != 0 else None

    for _ in range(256):
        add(b"events\n")
    code, text = wait_until(refusal, what="a refusal")
    assert code > 0 and "too many clients" in text
    for client in clients:
        client.close()
    wait_until(lambda: serves(one), what="an answer")
    assert one.stop() == 0


def test_a_client_that_has_said_all_gets_its_whole_answer(supervise):
    one = supervise("""
[program:p]
command=sh -c 'trap "sleep 0.2; exit 0" TERM; while :; do sleep 0.02; done'
""").ready()
    with connected(one) as client:
        client.sendall(b"stop p\n")
        client.shutdown(socket.SHUT_WR)
        lines = [json.loads(line) for line in client.makefile().read().splitlines()]
    assert lines[-1] == {"end": True} and len(lines) == 2, lines
    assert one.status()["p"]["state"] == "STOPPED"
    assert one.stop() == 0


def test_a_control_path_that_is_somebody_s_file_is_left_alone(supervise, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious\n")
    one = supervise("[program:p]\ncommand=sh -c 'touch %DIR%/up; exec sleep 1000'\n",
                    arguments=["-s", str(precious)])
    wait_until((one.directory / "up").exists, what="a program")
    assert one.stop() == 0
    assert f"no control socket at {precious}: " in one.said()
    assert precious.read_text() == "precious\n"


# --- What it is started with

def test_ignored_sigchld_hides_no_exit(supervise):
    one = supervise("[program:p]\ncommand=sh -c 'exit 3'\nstartsecs=0\nautorestart=false\n",
                    wrapper=["env", "--ignore-signal=CHLD"])
    one.until("p", "EXITED", 5)
    assert "exited: p (exit status 3; not expected)" in one.said()
    assert one.stop() == 0


@pytest.mark.needs_root
def test_it_needs_no_proc(supervise):
    without = ["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", "-c",
               'mount -t tmpfs none /proc && exec "$@"', "sh"]
    done = subprocess.run([*without, BINARY, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    one = supervise("[program:p]\ncommand=sh -c 'echo hello; exec sleep 1000'\n"
                    "log_format=prefix\nstdout_logfile=%DIR%/log\n", wrapper=without).ready()
    log = one.directory / "log"
    wait_until(lambda: log.exists() and log.read_text() == "p | hello\n", what="a line")
    assert one.status()["p"]["state"] == "RUNNING"
    assert one.stop() == 0


def test_closed_descriptors_are_dev_null(supervise):
    one = supervise(SLEEPER, wrapper=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]).ready()
    for pid in [one.pid, one.status()["sleeper"]["pid"]]:
        places = [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]
        # A program's stdin never ends.
        assert places[1:] == ["/dev/null"] * 2
        assert places[0] == "/dev/null" or pid != one.pid and places[0].startswith("pipe:")
    assert one.stop() == 0


@pytest.mark.needs_root
def test_root_may_be_asked_for_where_groups_cannot_be_set(supervise):
    one = supervise(SLEEPER + "user=root\n", wrapper=["setpriv", "--bounding-set", "-setgid"])
    assert one.ready().status()["sleeper"]["state"] == "RUNNING"
    assert int(process_status(one.pid)["CapEff"], 16) & 1 << 6 == 0
    assert one.stop() == 0


# --- What programs and hooks do

def test_a_hook_that_timed_out_leaves_nobody_behind(supervise, tmp_path):
    hook = tmp_path / "hook.sh"
    hook.write_text("""#!/bin/sh
# The leader ends at once when it is told to, its child does not.
(trap '' TERM; while :; do echo $$ >> "$1"; sleep 0.01; done) &
wait
""")
    hook.chmod(0o755)
    one = supervise(f"""
[hook:h]
command={hook} %DIR%/lines
timeout=1s
retries=2
retry_delay=100ms
on_failure=continue
{SLEEPER}""").ready()
    pids = [int(line) for line in (one.directory / "lines").read_text().split()]
    attempts = list(dict.fromkeys(pids))
    assert len(attempts) == 3
    # Sorted by attempt as they are: none wrote a line after the next had begun.
    assert pids == sorted(pids, key=attempts.index)
    for entry in pathlib.Path("/proc").glob("[1-9]*"):
        with contextlib.suppress(ProcessLookupError):  # Somebody else's, that has just ended.
            assert os.getpgid(int(entry.name)) not in attempts or not alive(entry.name)
    assert one.stop() == 0


def test_a_deaf_hook_is_killed_in_time_for_docker_stop(supervise):
    one = supervise("""
[hook:h]
command=sh -c 'trap "" TERM; touch %DIR%/up; sleep 60 & wait; sleep 60'
[program:p]
command=sleep 1000
""")
    wait_until((one.directory / "up").exists, what="a hook")
    begun = time.monotonic()
    one.stop()
    assert time.monotonic() - begun < 8


def test_a_program_cannot_leave_its_process_group(supervise, tmp_path):
    stray = script(tmp_path, "stray.py", """
import os, signal, sys
try:
    os.setpgid(0, os.getpgid(os.getppid()))
except PermissionError:
    open(sys.argv[1], "w").close()
while True: signal.pause()
""")
    one = supervise(f"[program:p]\ncommand={stray} %DIR%/up\nstopasgroup=true\nstopwaitsecs=1\n")
    wait_until((one.directory / "up").exists, what="a stray")
    pid = one.ready().status()["p"]["pid"]
    assert os.getpgid(pid) == pid
    assert one.client("stop", "p") == (0, "p: stopped\n")
    assert not alive(pid)
    assert one.stop() == 0


def test_a_descriptor_that_only_we_have_is_refused_to_the_logger(supervise, pipe):
    reader, writer = pipe
    wrapper = ["sh", "-c", 'exec "$@" 5>&1', "sh"]
    program = "[program:p]\ncommand=echo hello\nstartsecs=0\nautorestart=false\n"
    one = supervise(program + "stdout_logfile=/dev/fd/5\n", wrapper=wrapper, stdout=writer)
    assert os.read(reader, 100) == b"hello\n"
    assert one.stop() == 0
    one = supervise(program + "log_format=json\nstdout_logfile=/dev/fd/5\n", wrapper=wrapper)
    assert one.wait() == 2
    assert "error: stdout_logfile=/dev/fd/5 in [program:p]: " in one.said()
    assert "write log_format=raw" in one.said()
