"""The configuration that most container images have (section 10.1), unchanged but for what stands
in for PHP: as root and not, with each kind of standard output."""

import contextlib
import fcntl
import os
import pathlib
import pty
import pwd
import signal
import socket
import subprocess

import pytest

from daemons import descendants
from supervised import wait_until

CONFIGURATION = r"""
[unix_http_server]
file=%DIR%/supervisor.sock
[supervisord]
nodaemon=true
{user}
logfile=/dev/null
logfile_maxbytes=0
pidfile=%DIR%/supervisord.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%DIR%/supervisor.sock
[program:php-fpm]
command=sh -c "echo fpm is up; echo fpm complains >&2; exec sleep 1000"
autorestart=true
stdout_logfile={stdout}          ; also /dev/fd/1, /proc/1/fd/1, /proc/self/fd/1
stdout_logfile_maxbytes=0
stderr_logfile=/dev/stderr
stderr_logfile_maxbytes=0
[program:worker]
command=sh -c "echo worker $SUPERVISOR_PROCESS_NAME; exec sleep 1000"
process_name=%(program_name)s_%(process_num)02d
numprocs=4
stopwaitsecs=3600
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile=%DIR%/worker.log
{listener}
[include]
files=%DIR%/conf.d/*.conf
"""
LISTENER = r"""
[eventlistener:exit-on-fatal]
events=PROCESS_STATE_FATAL
command=sh -c 'printf "READY\n"; while read l; do kill -15 $PPID; done'
"""
INCLUDED = "[program:included]\ncommand=sleep 1000\n"


class Container:
    """A supervisord as PID 1 of a namespace of its own, with one kind of standard output."""

    def __init__(self, program, directory, output, account=None):
        self.directory, self.account, self.said = directory, account, b""
        self.program = program
        self.read, self.write = {"pipe": os.pipe, "socket": self.sockets, "terminal": pty.openpty,
                                 "file": self.file}[output]()
        fcntl.fcntl(self.read, fcntl.F_SETFL, os.O_NONBLOCK)

    def sockets(self):
        return tuple(one.detach() for one in socket.socketpair())

    def file(self):
        path = self.directory / "stdout"
        path.touch()
        path.chmod(0o666)
        return os.open(path, os.O_RDONLY), os.open(path, os.O_WRONLY | os.O_APPEND)

    def start(self, stdout="/dev/stdout", listener=LISTENER, included=INCLUDED):
        (self.directory / "conf.d").mkdir()
        (self.directory / "conf.d/more.conf").write_text(included)
        text = CONFIGURATION.format(
            stdout=stdout, listener=listener, user="" if self.account else "user=root")
        self.configuration = self.directory / "supervisord.conf"
        self.configuration.write_text(text.replace("%DIR%", str(self.directory)))
        command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
        if self.account:
            entry = pwd.getpwnam(self.account)
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
            command += ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                        "--clear-groups"]
        environment = {**os.environ, "TMPDIR": str(self.directory),
                       "ENTRYPOINT_SOCKET": str(self.directory / "control.sock")}
        self.process = subprocess.Popen(
            command + [str(self.program), "-n", "-c", str(self.configuration)],
            stdin=subprocess.DEVNULL, stdout=self.write, stderr=self.write, env=environment)
        return self

    def output(self):
        try:
            while piece := os.read(self.read, 65536):
                self.said += piece
        except (BlockingIOError, OSError):
            pass
        return self.said.decode(errors="replace").replace("\r\n", "\n")

    def until(self, *words):
        wait_until(lambda: all(word in self.output() for word in words), 30,
                   f"{words} from {self.program}, which said {self.said!r}")

    @property
    def pid(self):
        place = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(wait_until(lambda: place.read_text().split())[0])

    def wait(self):
        return self.process.wait(20)

    def kill(self):
        # Whoever has changed its user does not die with unshare.
        # One that has ended may have given its number away.
        if self.process.poll() is None:
            for child in descendants(self.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        for one in (self.read, self.write):
            os.close(one)


class Containers:
    """Makes them, each in a directory of its own."""

    def __init__(self, place, programs):
        self.place, self.programs, self.started = place, programs, []

    def __call__(self, whose, output, account=None, **options):
        directory = self.place / f"{whose}{len(self.started)}"
        directory.mkdir(mode=0o755)
        self.started.append(Container(self.programs[whose], directory, output, account))
        return self.started[-1].start(**options)

    def kill(self):
        for one in self.started:
            one.kill()


@pytest.fixture(scope="module")
def containers(real, links, open_path):
    made = Containers(open_path, {"ours": links / "supervisord", "theirs": real("supervisord")})
    yield made
    made.kill()


@pytest.fixture(scope="module")
def images(containers):
    """One for each output and account; all at once, for each takes its second to be RUNNING."""
    return {(output, account): containers("ours", output, account)
            for output in OUTPUTS for account in ACCOUNTS}


OUTPUTS = ["pipe", "socket", "file", "terminal"]
ACCOUNTS = [None, "www-data", "nobody"]
SPOKEN = ["fpm is up\n", "fpm complains\n", "INFO supervisord started with pid 1\n",
          "INFO success: php-fpm entered RUNNING state, process has stayed up for > than 1 seconds",
          "INFO success: worker_03 entered RUNNING state", "INFO success: included entered"]


def status(ours, one):
    done = ours.run("-c", one.configuration, "status")
    return done[0], [line.split()[:2] for line in done[1].splitlines()]


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_it_starts_logs_answers_and_stops(images, ours, output, account):
    one = images[output, account]
    one.until(*SPOKEN)
    assert status(ours, one) == (0, [
        ["exit-on-fatal", "RUNNING"], ["included", "RUNNING"], ["php-fpm", "RUNNING"],
        *[[f"worker:worker_0{number}", "RUNNING"] for number in range(4)]])
    words = sorted(["worker"] * 4 + [f"worker_0{number}" for number in range(4)])
    wait_until(lambda: sorted((one.directory / "worker.log").read_text().split()) == words,
               what="the words of all workers")
    os.kill(one.pid, 15)
    assert one.wait() == 0
    assert "WARN received SIGTERM indicating exit request" in one.output()
    assert "CRIT" not in one.output().replace(
        "CRIT Server 'unix_http_server' running without any HTTP authentication checking", "")


@pytest.mark.parametrize("path", ["/dev/fd/1", "/proc/1/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("output, account", [("socket", None), ("pipe", "nobody")])
def test_the_other_names_of_standard_output(containers, path, output, account):
    one = containers("ours", output, account, stdout=path)
    one.until("fpm is up\n")


def test_as_root_with_a_pipe_the_real_one_says_the_same(containers):
    """Where both can, they do the same."""
    both = [containers(whose, "pipe") for whose in ("theirs", "ours")]
    for one in both:
        one.until(*SPOKEN)
    for one in both:
        os.kill(one.pid, 15)
        assert one.wait() == 0
    said = [sorted(line.split(" ", 2)[2] for line in one.output().splitlines()
                   if " success: " in line or " exit request" in line) for one in both]
    assert said[1] == said[0]


@pytest.mark.difference("`/dev/stdout`, `/dev/stderr`, `/dev/fd/N`")
def test_the_real_one_cannot_log_without_root(containers):
    """Why our own descriptors are never opened by their names."""
    one = containers("theirs", "pipe", "nobody", listener="")
    one.until("spawnerr: unknown error making dispatchers for 'php-fpm': EACCES")


@pytest.mark.difference("a stuck reader of stdout")
def test_a_stuck_reader_hangs_only_the_real_one(containers, ours):
    flood = "[program:flood]\ncommand=yes\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n"
    their = containers("theirs", "pipe", listener="", included=flood)

    def answers(one, timeout):
        try:
            return "RUNNING" in ours.run("-c", one.configuration, "status", "flood", timeout=timeout)[1]
        except subprocess.TimeoutExpired:
            return None

    wait_until(lambda: answers(their, 2) is None, 20, "a supervisord that hangs")
    own = containers("ours", "pipe", listener="", included=flood)
    wait_until(lambda: answers(own, 2), 20, "an answer of ours")
    os.kill(own.pid, 15)
    assert own.wait() == 0


@pytest.mark.parametrize("whose", ["theirs", "ours"])
def test_the_listener_ends_the_container_when_a_program_is_fatal(containers, whose):
    broken = "[program:broken]\ncommand=/nope\nstartretries=0\n"
    one = containers(whose, "pipe", included=broken)
    one.until("gave up: broken entered FATAL state", "received SIGTERM indicating exit request")
    assert one.wait() == 0


@pytest.mark.parametrize("whose", ["theirs", "ours"])
def test_orphans_are_reaped_and_told(containers, whose):
    orphan = "[program:mother]\ncommand=sh -c \"sh -c '(sleep 0.3; exit 5) &'; exec sleep 1000\"\n"
    one = containers(whose, "pipe", included=orphan)
    one.until("INFO reaped unknown pid ", "(exit status 5)")
