"""What a program can do to commands that root runs, by files of which the program controls the path."""

import contextlib
import os
import pathlib
import pty
import shutil
import signal
import stat
import subprocess

import pytest

from supervised import BINARY, children_of, need_root, wait_until

# A daemon: its parent has exited, and it has a session of its own.
DAEMON = """
import os, pathlib, signal, sys
place = pathlib.Path(sys.argv[1])
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    signal.signal(signal.SIGHUP, lambda *_: (place / "seen").write_text("hup"))
    (place / "pid.new").write_text(f"{os.getpid()}\\n")
    os.rename(place / "pid.new", place / "pid")
    while True: signal.pause()
os.wait()
signal.pause()
"""

SLEEP = ["sh", "-c", "echo started; exec sleep 1000"]


@pytest.fixture
def place(public):
    """A directory of www-data."""
    need_root("two users")
    path = public.path / "place"
    path.mkdir()
    shutil.chown(path, "www-data", "www-data")
    return path


def written(path, text, user="www-data"):
    path.write_text(text)
    shutil.chown(path, user, user)


class Proxy:
    def __init__(self, public, pidfile, *command):
        self.output = public.path / "proxy.log"
        binary = public.path / "pidproxy"
        binary.symlink_to(BINARY)
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen([binary, pidfile, *command], stdout=output, stderr=output)

    def says(self, text):
        wait_until(lambda: text in self.output.read_text(), what=f"{text!r}")


@pytest.fixture
def proxy(public):
    started = []

    def start(*arguments):
        started.append(Proxy(public, *arguments))
        return started[-1]
    yield start
    for one in started:
        if one.process.poll() is None:
            number = one.process.pid
            for pid in children_of(number):
                # A child may end by itself, and the proxy reaps it.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        one.process.kill()
        one.process.wait()


def test_a_pid_file_cannot_end_pid_1(supervise, public, place):
    (public.path / "pidproxy").symlink_to(BINARY)
    written(place / "pid", "1\n")
    one = supervise(f"[program:mysql]\ncommand={public.path}/pidproxy {place}/pid sleep 1000\nstartsecs=0\n",
                    pid1=True).ready()
    assert one.client("restart", "mysql")[0] == 0
    wait_until(lambda: "no signal sent: sleep has not started pid 1\n" in one.said(), what="a refusal")
    assert one.status()["mysql"]["state"] == "RUNNING"
    assert "exit request" not in one.said()


def test_a_pid_file_names_no_process_of_another_program(public, place, proxy):
    with subprocess.Popen(["setpriv", "--reuid=www-data", "--clear-groups", "sleep", "1000"]) as victim:
        try:
            written(place / "pid", f"{victim.pid}\n")
            one = proxy(place / "pid", *SLEEP)
            one.says("started\n")
            one.process.send_signal(signal.SIGTERM)
            assert one.process.wait(20) == 0
            one.says(f"no signal sent: sh has not started pid {victim.pid}\n")
            assert victim.poll() is None
        finally:
            victim.kill()


def test_a_pid_file_of_a_user_names_no_process_of_root(public, place, proxy):
    one = proxy(place / "pid", "sh", "-c", f"trap 'echo hup' HUP; echo $$ > {public.path}/own; while :; do sleep 0.05; done")
    own = public.path / "own"
    wait_until(lambda: own.exists() and own.read_text(), what="the command")
    written(place / "pid", own.read_text())
    one.process.send_signal(signal.SIGHUP)
    one.says("is not a process of the file's owner\n")
    written(place / "pid", own.read_text(), "root")
    one.process.send_signal(signal.SIGHUP)
    one.says("hup\n")


@pytest.mark.parametrize("user", ["www-data", "root"])
def test_a_pid_file_names_a_daemon(public, place, proxy, user):
    script = public.script("daemon.py", DAEMON)
    one = proxy(place / "pid", "setpriv", f"--reuid={user}", "--clear-groups", "/usr/bin/python3", script, place)
    wait_until((place / "pid").exists, what="the daemon")
    pid = int((place / "pid").read_text())
    try:
        one.process.send_signal(signal.SIGHUP)
        wait_until((place / "seen").exists, what="SIGHUP")
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_private_pid_file_of_root_in_the_directory_of_its_daemon(public, place, proxy):
    """As a master of root's makes it. Its number is not shown where it names no process of the command."""
    path = place / "pid"
    one = proxy(path, "sh", "-c", f"umask 027; trap 'echo hup' HUP; echo $$ > {path}; echo started; "
                "while :; do sleep 0.05; done")
    one.says("started\n")
    assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (0, 0o640)
    one.process.send_signal(signal.SIGHUP)
    one.says("hup\n")
    path.write_text("1\n")
    one.process.send_signal(signal.SIGHUP)
    one.says("no signal sent: sh has not started the process that the file names\n")
    os.link(path, public.path / "again")
    one.process.send_signal(signal.SIGHUP)
    one.says("Can't read child pidfile")


def test_a_pid_file_of_another_user_names_a_process_of_the_command_s_user(public, place, proxy):
    path = public.path / "pid"
    one = proxy(path, "setpriv", "--reuid=www-data", "--clear-groups", "sh", "-c",
                f"trap 'echo hup' HUP; echo $$ > {place}/own; while :; do sleep 0.05; done")
    own = place / "own"
    wait_until(lambda: own.exists() and own.read_text(), what="the command")
    written(path, own.read_text(), "games")
    one.process.send_signal(signal.SIGHUP)
    one.says("hup\n")


@pytest.mark.parametrize("kind", ["FIFO", "link", "zeros"])
def test_what_is_no_pid_file_does_not_block_pidproxy(public, place, proxy, kind):
    path = place / "pid"
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(b"1" * 10000)
    os.lchown(path, 33, 33)
    one = proxy(path, *SLEEP)
    one.says("started\n")
    one.process.send_signal(signal.SIGHUP)
    one.says("Can't read child pidfile")
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(20) == 0


def shell(public, history):
    """An interactive supervisorctl of root's, in which two lines are entered."""
    binary, path = public.path / "supervisorctl", public.path / "s.conf"
    binary.symlink_to(BINARY)
    path.write_text(f"[supervisorctl]\nserverurl=unix://{public.path}/none.sock\nhistory_file={history}\n")
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(binary, ["supervisorctl", "-c", str(path)])
    os.write(terminal, b"version\rexit\r")
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
    os.close(terminal)


def test_the_history_of_a_shell_is_not_written_through_a_link(public, place):
    target = public.path / "precious"
    target.write_text("precious\n")
    target.chmod(0o600)
    (place / "history").symlink_to(target)
    os.lchown(place / "history", 33, 33)
    shell(public, place / "history")
    assert target.read_text() == "precious\n"


def test_a_long_history_is_not_overwritten(public):
    path = public.path / "history"
    path.write_text("status\n" * (1 << 20))
    shell(public, path)
    assert path.stat().st_size == 7 << 20


def test_the_history_of_a_shell_is_for_its_user_alone(public):
    path = public.path / "history"
    shell(public, path)
    assert "version\n" in path.read_text() and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_shell_writes_its_history_in_a_directory_of_all_users(public):
    """The first one makes a file that only root may read."""
    place = public.path / "tmp"
    place.mkdir()
    place.chmod(0o1777)
    for number in 1, 2, 3:
        shell(public, place / "history")
        assert (place / "history").read_text().count("version\n") == number
        (public.path / "supervisorctl").unlink()


def test_a_private_file_of_root_that_was_moved_to_the_history_is_not_overwritten(public):
    place = public.path / "tmp"
    place.mkdir()
    place.chmod(0o1777)
    (place / "history").write_text("private\n")
    (place / "history").chmod(0o600)
    shell(public, place / "history")
    assert (place / "history").read_text() == "private\n"
