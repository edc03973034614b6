"""PID 1 waits for no disk and for no object of a program: what may wait runs in a role."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

import fuse
from fuse import Fuse
from supervised import BINARY, TERM, free_port, role_of, wait_until

SLEEPER = "[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n"


def test_a_configuration_on_a_dead_disk_does_not_keep_a_reload(supervise):
    """The reader has read it; by the time PID 1 begins again, opening it would wait for ever."""
    stopping = "trap 'sleep 1; exit 0' TERM; while :; do sleep 0.05; done"
    one = supervise(f"""
[include]
files=more.conf
[program:slow]
command=/bin/sh -c "{stopping}"
startsecs=0
""", pid1=True).ready()
    more = one.directory / "more.conf"
    more.write_text(SLEEPER)
    assert one.client("reload")[0] == 0
    # A client whose connection the old supervisor has accepted gets no answer.
    before = one.begun_again("p", None)["pid"]
    assert one.client("reload")[0] == 0
    for file in (more, one.path):
        file.unlink()
        os.mkfifo(file)
    row = one.begun_again("p", before)
    assert row["state"] == "RUNNING"
    assert one.stop() == 0


def test_a_hook_may_install_the_command_and_change_the_user(supervise):
    one = supervise("""
[hook:install]
command=/bin/sh -c "cp /bin/sleep %DIR%/tool"
[program:p]
command=%DIR%/tool 1000
startsecs=0
""", pid1=True).ready()
    assert one.status()["p"]["state"] == "RUNNING"
    assert one.stop() == 0


def test_a_command_that_comes_later_is_found_by_a_start_and_by_a_retry(supervise):
    one = supervise("""
[program:later]
command=%DIR%/later 1000
autostart=false
startsecs=0
[program:retried]
command=%DIR%/retried 1000
startretries=100
startsecs=0
""", pid1=True)
    one.until("retried", "BACKOFF")
    code, text = one.client("start", "later")
    assert code != 0 and "no such file" in text.lower() or "can't find command" in text, text
    shutil.copy("/bin/sleep", one.directory / "later")
    shutil.copy("/bin/sleep", one.directory / "retried")
    assert one.client("start", "later")[0] == 0
    one.until("retried", "RUNNING")
    (one.directory / "later").chmod(0o644)
    assert one.client("stop", "later")[0] == 0
    assert one.stop() == 0


@pytest.mark.needs("strace")
def test_without_steps_nothing_is_looked_up_and_pid_1_opens_nothing(supervise, tmp_path):
    """A start, a stop and a restart: PID 1 makes no call with a path of a command or a user."""
    one = supervise("""
[program:p]
command=sleep 1000
user=www-data
startsecs=0
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
""", pid1=True).ready()
    trace = tmp_path / "trace"
    tracer = subprocess.Popen(
        ["strace", "-p", str(one.pid), "-o", str(trace), "-e", "trace=%file,connect"],
        stderr=subprocess.PIPE, text=True)
    if "attached" not in tracer.stderr.readline():
        pytest.skip("strace cannot attach")
    for word in ("start", "restart", "stop"):
        assert one.client(word, "p")[0] == 0
    tracer.terminate()
    tracer.wait()
    calls = [line for line in trace.read_text().splitlines() if "(" in line]
    assert not [line for line in calls if "passwd" in line or "/sleep" in line], calls
    assert not [line for line in calls if line.startswith("connect(")], calls
    assert role_of(one, "lookup") is None
    assert one.stop() == 0


@pytest.mark.needs("strace")
def test_pid_1_opens_nothing_when_it_starts_a_role_again(supervise, tmp_path):
    """The list of mounts, which it reads when it begins, has names that users of FUSE choose."""
    one = supervise(SLEEPER + "user=www-data\nmemory_limit=1GB\n", pid1=True).ready()
    meter = wait_until(lambda: role_of(one, "meter"), what="the meter")
    trace = tmp_path / "trace"
    tracer = subprocess.Popen(
        ["strace", "-p", str(one.pid), "-o", str(trace), "-e", "trace=/^open"], stderr=subprocess.PIPE, text=True)
    if "attached" not in tracer.stderr.readline():
        pytest.skip("strace cannot attach")
    os.kill(meter, signal.SIGKILL)
    wait_until(lambda: role_of(one, "meter") not in (None, meter), what="another meter")
    tracer.terminate()
    tracer.wait()
    assert not [line for line in trace.read_text().splitlines() if "(" in line]
    assert one.stop() == 0


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")
def test_pid_1_gives_no_path_to_the_socket_of_an_fcgi_program(supervise, tmp_path):
    """The directory belongs to a user, and PID 1 neither opens it nor connects or binds there."""
    place = tmp_path / "place"
    place.mkdir()
    os.chmod(tmp_path, 0o755)
    shutil.chown(place, "www-data", "www-data")
    one = supervise(f"""
[fcgi-program:f]
command=/bin/sleep 1000
socket=unix://{place}/fcgi.sock
socket_owner=www-data:www-data
socket_mode=0660
user=www-data
autostart=false
startsecs=0
""", pid1=True).ready()
    trace = tmp_path / "trace"
    tracer = subprocess.Popen(["strace", "-p", str(one.pid), "-o", str(trace)], stderr=subprocess.PIPE,
                              text=True)
    if "attached" not in tracer.stderr.readline():
        pytest.skip("strace cannot attach")
    assert one.client("start", "f")[0] == 0
    tracer.terminate()
    tracer.wait()
    status = (place / "fcgi.sock").stat()
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o660
    assert status.st_uid == pwd.getpwnam("www-data").pw_uid
    calls = trace.read_text().splitlines()
    assert any(line.startswith("socket(") for line in calls), calls
    assert not [line for line in calls if str(place) in line], calls
    assert not [line for line in calls if line.split("(")[0] in ("connect", "bind", "listen")], calls
    assert one.stop() == 0


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")
def test_what_supervises_connects_nowhere_before_it_begins_either(tmp_path):
    """An older supervisor has left the file of its socket: a child process sees that nobody answers."""
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    conf = tmp_path / "empty.conf"
    conf.write_text("[supervisord]\n")
    trace = tmp_path / "trace"
    done = subprocess.run(
        ["strace", "-o", str(trace), BINARY, "-c", str(conf), "-s", str(path), "run", BINARY, "-s", str(path),
         "pid"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.strip().isdigit(), done
    calls = trace.read_text().splitlines()
    assert any(line.startswith("listen(") for line in calls), calls
    assert not [line for line in calls if line.startswith("connect(")], calls


def test_a_control_socket_in_use_is_left_alone(supervise):
    one = supervise(SLEEPER, pid1=True).ready()
    done = subprocess.run([BINARY, "-c", str(one.path), "-s", str(one.socket)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 2 and "is in use" in done.stderr, done
    assert one.status()["p"]["state"] == "RUNNING"
    assert one.stop() == 0


@pytest.mark.parametrize("command", ["nginx -c {}", "php-fpm -y {}"])
def test_advice_about_a_program_does_not_wait_for_its_files(tmp_path, command):
    """The start gives it too, before PID 1 supervises anything."""
    fifo = tmp_path / "server.conf"
    os.mkfifo(fifo)
    conf = tmp_path / "entrypoint.conf"
    conf.write_text(f"[supervisord]\n[program:p]\ncommand={command.format(fifo)}\n")
    done = subprocess.run([BINARY, "check", "-c", str(conf)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done


FOREIGN = """
import signal, socket, sys
foreign = socket.socket(socket.AF_UNIX)
foreign.bind(sys.argv[1])
foreign.listen(0)
held = []
while True:
    client = socket.socket(socket.AF_UNIX)
    client.setblocking(False)
    held.append(client)
    try:
        client.connect(sys.argv[1])
    except BlockingIOError:
        break
print("full", flush=True)
signal.pause()
"""


def test_a_foreign_socket_with_a_full_queue_does_not_keep_pid_1(supervise, public):
    """At the path of an fcgi program another program listens and accepts nothing."""
    own = public.path / "own"
    own.mkdir()
    shutil.chown(own, "www-data", "www-data")
    one = supervise(f"""
[fcgi-program:f]
command=/bin/sleep 1000
socket=unix://{own}/fcgi.sock
startretries=0
autostart=false
startsecs=0
[program:attacker]
command={public.script("foreign.py", FOREIGN)} {own}/fcgi.sock
user=www-data
""", pid1=True).ready()
    wait_until(lambda: "full" in one.said(), what="a full queue")
    starting = threading.Thread(target=one.client, args=("start", "f"))
    starting.start()
    starting.join(20)
    assert not starting.is_alive(), "the start waits"
    assert (own / "fcgi.sock").is_socket()
    assert "EADDRINUSE" in wait_until(lambda: one.said() if "FastCGI" in one.said() else "")
    one.send(TERM)
    assert one.wait(20) == 0


THIEF = """
import os, select, signal
mine = os.open("/proc/self/fd/1", os.O_RDONLY | os.O_NONBLOCK)
while True:
    os.write(1, b"x")
    # Half of the time by which strace(1) delays the logger between epoll_wait(2) and read(2).
    select.select([], [], [], 0.1)
    try:
        os.read(mine, 1)
        os.write(2, b"taken\\n")
        while True: signal.pause()
    except BlockingIOError:
        pass
"""


def test_a_program_that_takes_its_own_output_back_does_not_keep_the_logger(supervise, public):
    """A program of the supervisor's own user may open its pipe for reading; before Linux 6.15 a write(2) with a
    bad address makes the pipe of any program look readable."""
    thief = public.script("thief.py", THIEF)
    one = supervise(f"""
[program:thief]
command={thief}
capabilities=none
stdout_logfile={public.path}/thief.log
[program:other]
command=sh -c 'while :; do echo line; sleep 0.1; done'
stdout_logfile={public.path}/other.log
""", wrapper=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=read", "-e", "inject=read:delay_enter=200000"])
    wait_until(lambda: "taken" in one.said(), what="a byte that the logger does not get")
    length = (public.path / "other.log").stat().st_size
    wait_until(lambda: (public.path / "other.log").stat().st_size > length, timeout=8, what="lines of the other program")


def test_a_step_ends_if_the_disk_does_not_answer(supervise, public):
    """strace(1) stands for the disk: it holds the step in one call."""
    (public.path / "source").write_text("text\n")
    one = supervise(f"[template:t]\nsource={public.path}/source\ndestination={public.path}/out\n{SLEEPER}", wrapper=[
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=renameat,renameat2:delay_exit=12000000"])
    assert one.wait(timeout=60) != 0
    assert f"t: the file system of {public.path}/source or {public.path}/out has not answered for 10 s; " \
        "check its disk or server" in one.said()


def test_a_step_ends_if_the_server_of_the_file_system_does_not_answer(supervise, public):
    """Only a signal that ends the process interrupts such a wait."""
    with Fuse(public.path / "volume") as volume:
        volume.pause()
        one = supervise(f"[directory:d]\npath={volume.place}\nowner=www-data\nrecursive=true\n{SLEEPER}")
        assert one.wait(timeout=60) != 0
        assert f"d: the file system of {volume.place} has not answered for 10 s; check its disk or server" in one.said()


def test_a_reader_of_a_log_whose_close_waits_does_not_keep_pid_1(supervise, public):
    port = free_port()
    with Fuse(public.path / "volume", unanswered=[fuse.FLUSH]) as volume:
        one = supervise(f"[inet_http_server]\nport=127.0.0.1:{port}\n{SLEEPER}stdout_logfile={volume.place}/f\n",
                        pid1=True).ready()
        reader = subprocess.Popen(["curl", "-s", f"http://127.0.0.1:{port}/logtail/p"], stdout=subprocess.DEVNULL)
        try:
            volume.wait_for_unanswered()
            assert one.status()["p"]["state"] == "RUNNING"
        finally:
            volume.end()
            reader.kill()
            reader.wait()
        assert one.stop() == 0


def test_a_shutdown_does_not_wait_for_a_step_that_sigkill_does_not_end(supervise, public):
    """A request that the FUSE server has read holds the process until the server answers."""
    with Fuse(public.path / "volume", unanswered=[fuse.OPENDIR]) as volume:
        one = supervise(f"[directory:d]\npath={volume.place}\nowner=www-data\nrecursive=true\n{SLEEPER}depends_on=d\n",
                        pid1=True)
        volume.wait_for_unanswered()
        pid1, pid = one.pid, one.status()["d"]["pid"]
        one.send(TERM)
        wait_until(lambda: "SIGKILL has not ended d" in one.said(), timeout=60, what="the line")
        assert f"SIGKILL has not ended d (pid {pid})" in one.said()
        # The kernel lets PID 1 of a namespace exit only after all its processes.
        wait_until(lambda: not os.path.exists(f"/proc/{pid1}/exe"), what="the end of the supervisor")
        assert one.said().count("killing 'd'") == 1
        volume.end()
        assert one.wait() == 0


def test_a_hook_that_sigkill_does_not_end_has_failed(supervise, public):
    with Fuse(public.path / "volume", unanswered=[fuse.OPENDIR]) as volume:
        one = supervise(f"[hook:h]\ncommand=ls {volume.place}\ntimeout=1s\non_failure=continue\n{SLEEPER}depends_on=h\n", pid1=True)
        volume.wait_for_unanswered()
        one.ready(timeout=60)
        assert "SIGKILL has not ended h (pid " in one.said()
        assert one.said().count("killing 'h'") == 1
        one.send(TERM)
        volume.end()
        assert one.wait() == 0


def test_a_step_that_uses_the_processor_has_more_time(tmp_path):
    """Each 100 ms of processor time set the alarm again."""
    (tmp_path / "in").write_text("${A}" * 3_000_000)
    calls = tmp_path / "calls"
    step = f"exec -a 'entrypoint: template' {BINARY} - - - {tmp_path}/in {tmp_path}/out"
    subprocess.run(["strace", "-qq", "-o", calls, "-e", "trace=alarm,setitimer", "-e", "signal=SIGPROF", "/bin/bash", "-c",
                    step], env={"A": "a"}, check=True)
    assert (tmp_path / "out").read_text() == "a" * 3_000_000
    assert re.search(r"SIGPROF.*\n(alarm\(10\)|setitimer\(ITIMER_REAL)", calls.read_text())


def test_a_template_removes_what_earlier_steps_have_left(tmp_path):
    """A step that a signal ends leaves its temporary file, which may hold a password."""
    (tmp_path / "in").write_text("text\n")
    (tmp_path / ".entrypoint-0123456789abcde0").mkdir()
    for name in ["0123456789abcdef", "0123456789abcdeF", "notes"]:
        (tmp_path / f".entrypoint-{name}").write_text("old\n")
    for old in tmp_path.glob(".entrypoint-*"):
        os.utime(old, (time.time() - 1000, time.time() - 1000))
    (tmp_path / ".entrypoint-fedcba9876543210").write_text("of another step\n")
    subprocess.run(["entrypoint: template", "-", "-", "-", tmp_path / "in", tmp_path / "out"],
                   executable=BINARY, check=True)
    assert set(os.listdir(tmp_path)) == {
        ".entrypoint-0123456789abcde0", ".entrypoint-0123456789abcdeF", ".entrypoint-fedcba9876543210",
        ".entrypoint-notes", "in", "out"}


def test_a_template_succeeds_whatever_its_directory_contains(supervise, public):
    """A user has made more names in the directory than fit into the memory of the step."""
    (public.path / "in").write_text("text\n")
    shared = public.path / "shared"
    shared.mkdir()
    shutil.chown(shared, "root", "www-data")
    shared.chmod(0o2775)
    attack = "import os\nfor i in range(120000): os.mknod(f'{i:0255}')"
    subprocess.run(["python3", "-c", attack], user="www-data", group="www-data", cwd=shared, check=True)
    one = supervise(f"[template:t]\nsource={public.path}/in\ndestination={shared}/out\n{SLEEPER}", wrapper=[
        "unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "prlimit", f"--as={32 << 20}"]).ready()
    assert (shared / "out").read_text() == "text\n"
    assert one.stop() == 0
