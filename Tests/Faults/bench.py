"""The supervisor under test, what it must still do after a fault, and the check that it does."""

import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

from injected import Injected
from supervised import alive, children_of, wait_until

WRITER = r"""#!/usr/bin/python3
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])
path = sys.argv[1]
os.write(1, b"writer is up\n")
last = -1
while True:
    number = signal.sigwait([signal.SIGUSR1, signal.SIGTERM])
    if number == signal.SIGTERM:
        os.write(1, b"goodbye\n")
        sys.exit(0)
    first = int(open(path).read())
    # A request whose answer was lost is repeated.
    if first == last: continue
    last = first
    for line in range(first, first + 40):
        os.write(1, b"line %06d of the writer, with some more text behind it\n" % line)
"""

LISTENER = r"""#!/usr/bin/python3
import sys
while True:
    sys.stdout.write("READY\n"); sys.stdout.flush()
    head = dict(word.split(":") for word in sys.stdin.readline().split())
    if not head: break
    sys.stdin.read(int(head["len"]))
    sys.stdout.write("RESULT 2\nOK"); sys.stdout.flush()
"""

CONFIGURATION = """
[supervisord]
journal=%DIR%/journal
[unix_http_server]
file=%DIR%/http.sock
[program:writer]
command=%DIR%/writer.py %DIR%/first
startsecs=0
startretries=unlimited
ready=log:writer is up
autorestart=true
stdout_logfile=%DIR%/writer.log
stdout_logfile_maxbytes=1600
stdout_logfile_backups=4
[program:late]
command=sh -c 'echo from late; exec sleep 1000'
startsecs=0
autostart=false
stdout_logfile=%DIR%/late.log
[program:probed]
command=sh -c 'echo up; exec sleep 1000'
startsecs=0
autostart=false
ready=file://%DIR%/writer.py
stdout_logfile=%DIR%/probed.log
[program:announced]
command=sh -c 'echo >&5; exec sleep 1000'
startsecs=0
autostart=false
ready=fd:5
stdout_logfile=%DIR%/announced.log
[program:crash]
command=sh -c 'echo from crash; exec sleep 1000'
startsecs=0
autorestart=true
restart_delay=10ms
stdout_logfile=%DIR%/crash.log, /dev/stdout
log_format=prefix
[program:changing]
command=sh -c 'echo from changing; exec sleep 1000'
startsecs=0
autorestart=true
environment=GENERATION="%GENERATION%"
stdout_logfile=%DIR%/changing.log
[program:many]
command=sleep 1000
process_name=%(program_name)s_%(process_num)d
startsecs=0
autorestart=true
[eventlistener:listener]
command=%DIR%/listener.py
events=PROCESS_STATE
buffer_size=100
startsecs=0
autorestart=true
[cron:seldom]
schedule=0 0 1 1 *
command=true
"""

RUNNING = ("writer", "crash", "changing", "many:many_0", "listener")


class Bench(Injected):
    """One supervisor, with a count of what its programs have written."""

    def __init__(self, tracer, directory):
        directory.mkdir(exist_ok=True)
        directory.chmod(0o755)
        self.generation = 0
        super().__init__(tracer, directory, "", path=directory / "entrypoint.conf")
        self.write_configuration()
        for name, text in (("writer.py", WRITER), ("listener.py", LISTENER)):
            (directory / name).write_text(text)
            (directory / name).chmod(0o755)
        self.lines = 0
        # The length of the output before the fault.
        self.mark = 0
        self.launch()

    def write_configuration(self):
        text = CONFIGURATION.replace("%DIR%", str(self.directory))
        self.path.write_text(text.replace("%GENERATION%", str(self.generation)))

    def status(self):
        """The rows by name, of a request that was answered."""
        def condition():
            code, text = self.client("status", "--all", "--json")
            return json.loads(text) if text.startswith("[") else None
        wait_until(self.socket.exists, what="a control socket")
        return {row["name"]: row for row in wait_until(condition, what="a status")}

    def ask(self, *words):
        """A request whose answer may be an error, but that has to be answered."""
        return self.client(*words, timeout=60)

    def running(self, *names):
        """Waits until these programs run and are ready; a start that failed is requested again."""
        def condition():
            status = self.status()
            for name in names:
                row = status[name]
                if row["state"] in ("STOPPED", "EXITED", "FATAL"):
                    self.ask("start", name)
                if row["state"] != "RUNNING" or not row["ready"]:
                    return False
            return True
        wait_until(condition, 60, f"RUNNING {names}")

    def up(self):
        wait_until(self.socket.exists, 60, "the control socket")
        self.running(*RUNNING)

    def write_lines(self):
        """Makes the writer write 40 lines, more than its log takes without a rotation."""
        (self.directory / "first").write_text(str(self.lines))
        # A request may be refused because of the fault, but then another one is not.
        wait_until(lambda: self.ask("signal", "USR1", "writer")[0] == 0, what="a signal to the writer")
        self.lines += 40

    def written(self):
        """The lines of the writer that are in its logs or on the container's stderr."""
        found = collections.Counter()
        files = [self.output, *self.directory.glob("writer.log*")]
        for path in files:
            with contextlib.suppress(FileNotFoundError):
                for number in re.findall(rb"^(?:.*\| )?line (\d{6}) of the writer, with some more text behind it$",
                                         path.read_bytes(), re.M):
                    found[int(number)] += 1
        return found

    def lines_arrived(self, first, said=None):
        """Each line from `first` on has been written, and none twice. Where a file could not be
        written, lines may be missing if the main log names the file since `said`."""
        expected = range(first, self.lines)
        said = self.mark if said is None else said

        def condition():
            found = self.written()
            return all(found[number] for number in expected) or self.reported_loss(said)
        wait_until(condition, 30, f"the lines {first} to {self.lines}")
        found = self.written()
        assert all(found[number] < 2 for number in expected), "a line was written twice"

    def words(self):
        """How often the writer has said goodbye, wherever that is written."""
        files = [self.output, *self.directory.glob("writer.log*")]
        return sum(path.read_bytes().count(b"goodbye\n") for path in files)

    def reported_loss(self, said, name="writer"):
        """A full or broken disk must not stop the programs: their lines are dropped, and the loss
        is logged."""
        return f"cannot log to {self.directory}/{name}.log: " in self.said()[said:]

    def output_arrived(self, name, text, before):
        """The log of the program contains the text more often than before, or the main log names the
        log that could not be written."""
        wait_until(lambda: self.file_lines(f"{name}.log", text) > before
                   or self.reported_loss(self.mark, name), what=f"the output of {name}")

    def file_lines(self, name, text):
        with contextlib.suppress(FileNotFoundError):
            return (self.directory / name).read_text().count(text)
        return 0

    def descriptors(self):
        """What PID 1 and the logger have open, by kind."""
        found = collections.Counter()
        for name, pid in (("pid1", self.pid), ("logger", self.logger)):
            for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    text = re.sub(r":\[\d+\]$", "", str(link.readlink()))
                    found[name, re.sub(r" \(deleted\)$", "", text)] += 1
        return found

    def zombies(self):
        children = children_of(self.pid)
        return [pid for pid in children if not alive(pid)]

    def rests(self):
        """No system call for a while, so nothing spins and nothing is left to do."""
        seen = []

        def condition():
            seen.append(self.total())
            return len(seen) > 8 and len(set(seen[-8:])) == 1
        wait_until(condition, 30, "rest")
        return seen[-1]

    def put_to_rest(self):
        """Stops what the scenarios have started, and waits until nothing moves any more."""
        for name in ("late", "probed", "announced"):
            if self.status()[name]["state"] != "STOPPED":
                self.ask("stop", name)
        self.running(*RUNNING)
        self.rests()

    def post(self, path, timeout=20):
        """A request over HTTP with curl, whose answer may be an error."""
        return subprocess.run(["curl", "-s", "-m", str(timeout), "--retry", "3", "--unix-socket",
                               self.directory / "http.sock", f"http://localhost{path}"],
                              capture_output=True, text=True).stdout


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
