"""Runs the built binary on a configuration, and tells what it did.

Everything waits for a condition with a deadline; nothing sleeps for its own sake.
"""

import contextlib
import itertools
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TERM = signal.SIGTERM
BINARY = os.environ.get("ENTRYPOINT_BINARY", str(ROOT / ".build/release/entrypoint"))

# nohup(1) ignores SIGHUP, and a shell's background jobs ignore SIGINT and SIGQUIT. Ignored signals
# and the signal mask are inherited by everything that a test starts, so both are reset here.
for _number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}:
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.pthread_sigmask(signal.SIG_SETMASK, ())


def wait_until(condition, timeout=30, what="the condition"):
    """The first true value of `condition`; fails with `what` when the time is over."""
    deadline = time.monotonic() + timeout
    missing = None
    while True:
        try:
            value = condition()
        except FileNotFoundError as error:  # Not there yet, or between two names of a rotation.
            value, missing = None, error
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s") from missing
        time.sleep(0.01)


def need_root(what):
    """Skips the test where root does not run it."""
    if os.geteuid() != 0:
        import pytest  # Not at the top: the benchmarks use this file without pytest.
        pytest.skip(f"needs root: {what}")


# Below those that the kernel gives away, and others for each of the processes that test at once.
_FIRST = 20_000 + 3_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = (_FIRST + (os.getpid() + number) % 3_000 for number in itertools.count())


def free_port(family=socket.AF_INET):
    """A port of the loopback that nobody listens on, and that nobody else is given soon: who asks
    may take seconds to listen there."""
    for port in _PORTS:
        with socket.socket(family) as probe, contextlib.suppress(OSError):
            probe.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
            return port


class Supervised:
    """A supervisor with a directory, a control socket and a journal of its own."""

    def __init__(self, directory, configuration, *, pid1=False, arguments=(), environment=None,
                 stdin=subprocess.DEVNULL, stdout=None, stderr=None, wrapper=(), supervisord="",
                 path=None, account=None):
        if pid1 or account:
            need_root("a PID namespace" if pid1 else "another user")
        self.directory = pathlib.Path(directory)
        self.socket = self.directory / "control.sock"
        self.output = self.directory / "output"
        self.path = pathlib.Path(path or self.directory / "entrypoint.conf")
        self.account = account
        journal = self.directory / "journal"
        head = f"[supervisord]\njournal={journal}\n{supervisord}\n"
        head = head.replace("%DIR%", str(self.directory))
        if not path:
            self.path.write_text(head + configuration.replace("%DIR%", str(self.directory)))
        self.journal_path = journal
        # What starts it, and becomes it, or its parent where that is unshare.
        self.wrapper = list(wrapper)
        if pid1:
            self.wrapper[:0] = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
        self.arguments = list(arguments)
        self.environment = {**os.environ, **(environment or {})}
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.process = None

    def start(self):
        command = [*self.wrapper, BINARY, "-c", str(self.path), "-s", str(self.socket),
                   *self.arguments]
        log = open(self.output, "ab")
        if self.account:
            # As container runtimes do with the descriptors they hand in.
            os.fchown(log.fileno(), pwd.getpwnam(self.account).pw_uid, -1)
        self.process = subprocess.Popen(
            command, stdin=self.stdin, stdout=self.stdout or log, stderr=self.stderr or log,
            env=self.environment, start_new_session=True, **self.identity())
        log.close()
        return self

    def identity(self):
        """For Popen: become that account, and none of its groups but its own."""
        if not self.account:
            return {}
        entry = pwd.getpwnam(self.account)
        os.chown(self.directory, entry.pw_uid, entry.pw_gid)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    @property
    def pid(self):
        """Of the supervisor itself, also behind unshare."""
        if self.wrapper[:1] != ["unshare"]:
            return self.process.pid
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(wait_until(lambda: children.read_text().split(), what="a PID 1")[0])

    def send(self, number):
        os.kill(self.pid, number)

    def client(self, *words, timeout=20):
        """Exit code and output of a command, of the user whose supervisor it is: root's own commands
        trust nobody else in a directory of that user."""
        path, identity = self.socket, {}
        with contextlib.suppress(FileNotFoundError):
            owner = self.socket.stat()
            if owner.st_uid != os.geteuid():
                # From there: pytest closes its directories to other users.
                path = self.socket.name
                identity = {"cwd": self.directory, "user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        done = subprocess.run([BINARY, "-s", str(path), *words], capture_output=True,
                              text=True, timeout=timeout, **identity)
        return done.returncode, done.stdout + done.stderr

    def ready(self, timeout=30):
        # Its owner says as whom the command is to run.
        wait_until(lambda: self.socket.exists() or self.process.poll() is not None
                   or "at the abstract socket" in self.said(), timeout, what="a control socket")
        code, text = self.client("ready", "--timeout", f"{timeout}s", timeout=timeout + 5)
        assert code == 0, f"{text}\n{self.said()[-6000:]}"
        return self

    def status(self):
        """Rows of `status --all --json` by name."""
        wait_until(self.socket.exists, what="a control socket")
        _, text = self.client("status", "--all", "--json")
        assert text.startswith("["), f"{text}\n{self.said()[-6000:]}"
        return {row["name"]: row for row in json.loads(text)}

    def until(self, name, state, timeout=30):
        """The row of a unit, once it is in that state."""
        def condition():
            row = self.status().get(name)
            return row if row and row["state"] == state else None
        return wait_until(condition, timeout, f"{name} {state}; {self.said()[-6000:]}")

    def begun_again(self, name, before):
        """The row of a program once it has another pid; between the two nobody answers."""
        def condition():
            try:
                row = self.status().get(name)
            except AssertionError:
                return None
            return row if row and row["pid"] not in (0, before) else None
        return wait_until(condition, 20, f"another {name}")

    def journal(self):
        """From the supervisor while there is one, since a logger writes the file a moment later."""
        if self.process.poll() is None and self.socket.exists():
            code, text = self.client("timeline", "--json")
            if code == 0:
                return json.loads(text)
        if not self.journal_path.exists():
            return []
        lines = self.journal_path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def moves(self, name):
        """The states a unit has gone through, as (from, to)."""
        return [(line["from"], line["to"]) for line in self.journal()
                if line.get("name") == name and "to" in line and "from" in line]

    def at(self, name, to):
        """When a unit first came to a state."""
        for line in self.journal():
            if line.get("name") == name and line.get("to") == to and "from" in line:
                return line["at"]
        raise AssertionError(f"{name} never came to {to}\n{self.said()}")

    def last(self, name, to):
        """When it came to that state for the last time."""
        return [line["at"] for line in self.journal()
                if line.get("name") == name and line.get("to") == to and "from" in line][-1]

    def wait(self, timeout=30):
        """The exit code, once it has ended by itself."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {timeout} s\n{self.said()[-6000:]}")

    def stop(self, number=TERM, timeout=30):
        self.send(number)
        return self.wait(timeout)

    def said(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def kill(self):
        """Ends it and all its programs, each of which leads a process group."""
        groups = []
        if self.process and self.process.poll() is None:
            with contextlib.suppress(FileNotFoundError, AssertionError):
                children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children")
                groups = children.read_text().split()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(group), signal.SIGKILL)


def children_of(pid):
    """The pids of a process's children, as text."""
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def process_status(pid):
    """/proc/PID/status as a dictionary."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict((key, value.strip()) for key, value in (line.split(":", 1) for line in lines))


def alive(pid):
    try:
        return process_status(pid)["State"][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def commands_of(pid):
    """The command lines of a process's children, by the pids of the children."""
    commands = {}
    for child in children_of(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            commands[int(child)] = pathlib.Path(f"/proc/{child}/cmdline").read_bytes()
    return commands


def role_of(one, name):
    """The pid of a role; None while no child of the supervisor has this title."""
    title = f"entrypoint: {name}".encode()
    return next((pid for pid, command in commands_of(one.pid).items() if command.startswith(title)), None)


def processor_time(pid):
    """In ticks of the clock, its own and the system's for it."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def rests(pid, looks=30):
    """Waits until it is asleep and stays so, look after look: whoever is woken again and again by
    something that it leaves as it is never comes to that."""
    seen = []

    def condition():
        status = process_status(pid)
        seen.append((status["State"][0], status["voluntary_ctxt_switches"],
                     status["nonvoluntary_ctxt_switches"], processor_time(pid)))
        return seen[-looks:] == [("S", *seen[-1][1:])] * looks
    wait_until(condition, 15, f"the rest of {pid}")
