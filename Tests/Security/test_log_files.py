"""What a user can do to a log file in a directory of that user costs other programs nothing."""

import os
import pathlib
import signal
import subprocess

import pytest

from supervised import free_port, wait_until
from test_shared_places import child
from test_paths import as_www, base, feed, place, start, worker  # noqa: F401

# A program of root's that never stops writing, in the directory of www-data.
ROOT = """
[program:root]
command=/usr/bin/python3 {script}
stdout_logfile={place}/root.log
"""

NUMBERS = """
import threading
number = 0
while not threading.Event().wait(0.01):
    print("number", number, flush=True)
    number += 1
"""

# Each takes the place of root.log, and holds it.
TAKEN = {
    "a FIFO without a reader": "os.mkfifo('new')",
    "a FIFO that is never read": "os.mkfifo('new'); held = os.open('new', os.O_RDWR)",
    "a file with a lease": "held = os.open('new', os.O_RDWR | os.O_CREAT);"
                           "signal.signal(signal.SIGIO, signal.SIG_IGN); fcntl.fcntl(held, 1024, fcntl.F_WRLCK)",
    "a running program": "shutil.copy('/bin/sleep', 'new'); os.chmod('new', 0o755); subprocess.Popen(['./new', '1000'])",
}


def numbers(text):
    return [int(line.rpartition("number ")[2]) for line in text.splitlines() if "number " in line]


@pytest.fixture
def writer(public):
    return public.script("numbers.py", NUMBERS)


@pytest.mark.parametrize("kind", TAKEN)
def test_a_log_that_a_user_has_replaced_loses_no_line_and_holds_up_no_program(supervise, place, public, writer, kind):
    attack = public.script("attack.py", f"""
import fcntl, os, shutil, signal, subprocess
os.chdir("{place}")
{TAKEN[kind]}
os.rename("new", "root.log")
open("ready", "w").close()
signal.pause()
""")
    one = supervise(ROOT.format(script=writer, place=place)
                    + f"[program:evil]\ncommand={attack}\nuser=www-data\nautostart=false\n", pid1=True).ready()
    log = place / "root.log"
    wait_until(lambda: log.exists() and "number 1\n" in log.read_text(), what="a line in the log")
    descriptor = os.open(log, os.O_RDONLY)
    one.client("start", "evil")
    wait_until(lambda: (place / "ready").exists(), what="the attack")
    one.send(signal.SIGUSR2)
    message = f"cannot log to {log}: "
    wait_until(lambda: message in one.said() and "its lines go to the container's stderr" in one.said(),
               what="the message")
    wait_until(lambda: len(numbers(one.said())) > 100, what="a hundred lines in the container's log")
    with os.fdopen(descriptor) as old:
        before = numbers(old.read())
    after = numbers(one.said())
    assert before + after == list(range(len(before) + len(after)))
    assert one.stop() == 0


def test_a_fifo_of_a_user_that_shares_a_log_with_root(supervise, place, writer):
    """The program of www-data opens the log first."""
    as_www("mkfifo root.log; yes | head -c 1M > lines", place)
    one = supervise(ROOT.format(script=writer, place=place)
                    + f"autostart=false\n[program:evil]\ncommand=sh -c 'exec 9<>{place}/root.log; exec cat {place}/lines'\n"
                    f"user=www-data\nstdout_logfile={place}/root.log\n", pid1=True).ready()
    wchan = pathlib.Path(f"/proc/{child(one, 'cat')}/wchan")
    wait_until(lambda: "pipe_write" in wchan.read_text(), what="a full FIFO")
    one.client("start", "root")
    wait_until(lambda: numbers(one.said()), what="a line in the container's log")
    wait_until(lambda: len(numbers(one.said())) > 20, what="more lines")
    assert f"{place}/root.log is a FIFO of www-data (uid 33), who decides whether and when it is read" in one.said()
    assert one.stop() == 0


def test_a_fifo_of_the_program_s_own_user_is_a_log(supervise, place):
    as_www("mkfifo own.log", place)
    reader = os.open(place / "own.log", os.O_RDONLY | os.O_NONBLOCK)
    one = supervise(f"[program:p]\ncommand=sh -c 'echo hello; exec sleep 1000'\nuser=www-data\n"
                    f"stdout_logfile={place}/own.log\n", pid1=True).ready()
    received = bytearray()

    def condition():
        try:
            received.extend(os.read(reader, 100))
        except BlockingIOError:
            pass
        return received == b"hello\n"
    wait_until(condition, what="the line in the FIFO")
    assert one.stop() == 0


def test_a_directory_that_a_user_has_moved_away_costs_no_line(supervise, place, writer):
    as_www("mkdir logs", place)
    one = supervise(ROOT.format(script=writer, place=place / "logs"), pid1=True).ready()
    wait_until(lambda: (place / "logs/root.log").exists(), what="the log")
    as_www("mv logs away", place)
    one.send(signal.SIGUSR2)
    wait_until(lambda: numbers(one.said()), what="a line in the container's log")
    before = numbers((place / "away/root.log").read_text())
    after = numbers(one.said())
    assert before + after == list(range(len(before) + len(after)))
    assert "no such file or directory; its lines go to the container's stderr" in one.said()
    assert one.stop() == 0


def served(supervise, shared, extra="", **options):
    """A supervisor with an HTTP server, whose programs have not been started, and a function that
    reads a log."""
    port = free_port()
    one = supervise(f"[inet_http_server]\nport=127.0.0.1:{port}\n{extra}"
                    "[program:w]\ncommand=sh -c 'echo line of w; exec sleep 1000'\nuser=www-data\nautostart=false\n"
                    f"stdout_logfile={shared}/w.log\n"
                    "[program:r]\ncommand=sh -c 'echo line of r; exec sleep 1000'\nautostart=false\n"
                    f"stdout_logfile={shared}/r.log\n", pid1=True, **options).ready()

    def read(name):
        return subprocess.run(["curl", "-s", "-m", "5", f"http://127.0.0.1:{port}/logtail/{name}"],
                              capture_output=True, text=True, timeout=20).stdout
    return one, read


def served_for_all(supervise, shared, mode):
    """The same with AUTO logs, which only root may read, and under a umask for which that holds for the logs of root's
    programs too, in a directory of this mode. The last value waits until each log can be read."""
    shared.mkdir()
    shared.chmod(mode)
    one, read = served(
        supervise, shared, "[program:a]\ncommand=sh -c 'echo line of a; exec sleep 1000'\nuser=www-data\n"
        "stdout_logfile=AUTO\n[program:never]\ncommand=true\nautostart=false\nstdout_logfile=AUTO\n",
        supervisord=f"childlogdir={shared}\numask=077")

    def wait_for_logs():
        for name in ("w", "r", "a"):
            wait_until(lambda: f"line of {name}" in read(name), what=f"the log of {name}")
        assert read("never") == ""
        assert "cannot read" not in one.said()
    for name in ("w", "r"):
        one.client("start", name)
    return one, read, wait_for_logs


@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_a_file_of_root_that_a_user_moves_to_a_log_is_not_read(supervise, base, place, mode):
    shared = base / "shared"
    shared.mkdir()
    shared.chmod(mode)
    for name in ("secret.w", "secret.r"):
        (place / name).write_text("secret of root\n")
        (place / name).chmod(0o600)
    one, read = served(supervise, shared)
    as_www(f"mv secret.w {shared}/w.log; mv secret.r {shared}/r.log", place)
    for name in ("w", "r"):
        assert "secret" not in read(name)
    assert (f"cannot read {shared}/w.log: {shared}/w.log belongs to root (uid 0) and cannot be read with the rights of "
            "www-data (uid 33), because other users may have put it there") in one.said()
    assert one.stop() == 0


@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_logs_in_a_directory_for_all_users_are_read(supervise, base, mode):
    one, _, wait_for_logs = served_for_all(supervise, base / "shared", mode)
    wait_for_logs()
    assert one.stop() == 0


def test_old_auto_logs_that_cannot_be_removed_do_not_fill_the_main_log(supervise, base):
    shared = base / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    for number in range(13):
        as_www(f"mkdir p{number:02}-stdout---supervisor-x.log", shared)
    one = supervise("[program:p]\ncommand=sleep 1000\nstdout_logfile=AUTO\n", pid1=True,
                    supervisord=f"childlogdir={shared}").ready()
    wait_until(lambda: f"Failed to clean up 3 further files in '{shared}'" in one.said(), what="the number")
    assert one.said().count("Failed to clean up") == 11
    assert one.stop() == 0


@pytest.mark.parametrize("target", ["victim", "/dev/stdout"])
def test_no_line_of_another_program_is_forged_by_a_log_that_cannot_be_opened(supervise, place, target):
    """The link is refused, or leads to the container's log, where only root may direct output as it is."""
    target = place.parent / target
    as_www(f"ln -s {target} worker.log", place)
    one = start(supervise, place, worker(place))
    forged = "2026-11-29 00:00:00,000 INFO stopped: other (forged)"
    feed(place, f"{forged}\n\033[2Jcleared\n")
    wait_until(lambda: "cleared" in one.said(), what="the line in the container's log")
    assert [line for line in one.said().splitlines() if "forged" in line or "cleared" in line] == [
        f"worker | {forged}", "worker | \\x1b[2Jcleared"]
    assert one.stop() == 0


def test_a_compressed_log_in_a_user_s_directory_is_the_user_s(supervise, place):
    """It does not get the owner and the mode of a file that root has left there."""
    (place / "p.log.1").write_text("old log of root\n" * 1000)
    (place / "p.log.1").chmod(0o6755)
    one = supervise(f"[program:p]\ncommand=sleep 1000\nuser=www-data\nstdout_logfile={place}/p.log\n"
                    "stdout_logfile_compress=gzip\n", pid1=True).ready()
    packed = place / "p.log.1.gz"
    wait_until(packed.exists, what="a compressed file")
    status = packed.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (33, 33, 0o705)
    assert one.stop() == 0


def test_a_log_that_gzip_never_finishes_delays_no_other_log(supervise, base, place):
    as_www("truncate -s 9T evil.log.1", place)
    keys = "stdout_logfile_maxbytes=1MB\nstdout_logfile_backups=3\nstdout_logfile_compress=gzip\n"
    one = supervise(f"[program:evil]\ncommand=sleep 1000\nuser=www-data\nstdout_logfile={place}/evil.log\n{keys}"
                    "[program:good]\ncommand=sh -c 'yes good | head -c 3000000; exec sleep 1000'\n"
                    f"stdout_logfile={base}/good.log\n{keys}", pid1=True).ready()
    wait_until((base / "good.log.1.gz").exists, 60, "a compressed file of another program")
    assert f"cannot compress {place}/evil.log.1, which stays as it is: it is a sparse file" in one.said()
    assert one.stop() == 0


@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_a_new_logger_shows_what_the_last_one_has_made_and_nothing_else(supervise, base, place, mode):
    shared = base / "shared"
    one, read, wait_for_logs = served_for_all(supervise, shared, mode)
    wait_for_logs()
    os.kill(child(one, "logger"), signal.SIGKILL)
    wait_until(lambda: "the logger ended" in one.said(), what="another logger")
    wait_for_logs()
    code, text = one.client("clear", "a")
    assert code == 0, text
    if mode == 0o777:
        (place / "secret").write_text("secret of root\n")
        (place / "secret").chmod(0o600)
        as_www(f"mv secret {shared}/r.log", place)
        assert "secret" not in read("r") and f"cannot read {shared}/r.log" in one.said()
    assert one.stop() == 0
