"""Plays PID 1 to a real gateway: hands it sockets, and answers its questions from a small model.

Everything waits for a condition with a deadline; nothing sleeps for its own sake.
"""

import base64
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import socket
import subprocess
import threading
import xmlrpc.client

from supervised import BINARY, wait_until

STATES = {"STOPPED": 0, "STARTING": 10, "RUNNING": 20, "BACKOFF": 30, "STOPPING": 40,
          "EXITED": 100, "FATAL": 200, "UNKNOWN": 1000}
SIGNALS = {"HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "CONT"}


class Program:
    """A process of the model: its state, its files, and what starting it comes to."""

    def __init__(self, group, name, directory, state="RUNNING", fault=None, message=None):
        self.group, self.name, self.state = group, name, state
        self.fault, self.message = fault, message
        self.logs = {channel: directory / f"{name}.{channel}" for channel in ("stdout", "stderr")}
        for log in self.logs.values():
            log.write_bytes(b"")
        self.stdin = b""
        self.may_start = threading.Event()
        self.may_start.set()
        self.changed = {}

    @property
    def shown(self):
        return self.name if self.name == self.group else f"{self.group}:{self.name}"

    @property
    def is_up(self):
        return self.state in ("RUNNING", "STARTING", "BACKOFF")

    def info(self):
        paths = {f"{channel}_logfile": str(path or "") for channel, path in self.logs.items()}
        return {"name": self.name, "group": self.group, "start": 1795247688, "stop": 0,
                "now": 2**31 + 5, "state": STATES[self.state], "statename": self.state,
                "spawnerr": "", "exitstatus": 0, "pid": 4711 if self.is_up else 0,
                "description": "pid 4711, uptime 0:00:12" if self.is_up else "Not started",
                "logfile": paths["stdout_logfile"], **paths, **self.changed}


class FakeKernel:
    """What PID 1 knows and answers."""

    def __init__(self, directory):
        self.directory = directory
        self.programs = [Program("cat", "cat", directory),
                         Program("idle", "idle", directory, "STOPPED"),
                         Program("multi", "multi_0", directory),
                         Program("multi", "multi_1", directory),
                         Program("bad", "bad", directory, "STOPPED", "NO_FILE",
                                 "can't find command '/nope/x'"),
                         Program("quick", "quick", directory, "STOPPED", "SPAWN_ERROR")]
        self.main_log = directory / "main.log"
        self.main_log.write_bytes(b"main\n")
        self.statecode = 1
        self.heard = []
        self.health = None
        self.config = {"name": "cat", "group": "cat", "stdout_logfile_maxbytes": 3 << 30,
                       "exitcodes": [0, 2], "autostart": True, "directory": None}
        self.waiting = 0
        # Of the journal: so many lines, or without an end; and whether nobody wants more.
        self.happenings = None
        self.events_over = threading.Event()

    def program(self, shown):
        return next(p for p in self.programs if p.shown == shown)

    def named(self, word):
        """(programs, whether several were meant), or a fault."""
        if word == "all":
            return self.programs, True
        group, _, name = word.partition(":")
        name = name or group
        if name == "*":
            found = [p for p in self.programs if p.group == group]
            return (found, True) if found else {"name": group, "fault": "BAD_NAME", "group": True}
        found = [p for p in self.programs if (p.group, p.name) == (group, name)]
        return (found, False) if found else {"name": word, "fault": "BAD_NAME"}

    def answer(self, line, send):
        """Says what PID 1 would, by `send(object, descriptor)`."""
        self.heard.append(line)
        verb, *words = line.split(" ")
        handler = getattr(self, f"do_{verb}", None)
        if handler is None:
            return send({"error": f"unknown request: {line}"})
        if self.statecode < 1 and verb not in ("state", "remotecomm"):
            return send({"name": words[0] if words else None, "fault": "SHUTDOWN_STATE"})
        handler(send, *words)

    def do_state(self, send):
        send({"statecode": self.statecode, "statename": "RUNNING", "pid": 4242,
              "identifier": "supervisor", "version": "4.3.0", "logfile": str(self.main_log)})

    def do_info(self, send, *words):
        for word in words or ["all"]:
            found = self.named(word)
            if isinstance(found, dict):
                send(found)
                continue
            for program in found[0]:
                send(program.info())

    def do_health(self, send):
        if self.health is None:
            return send({"error": "unknown request: health"})
        send(self.health)

    def do_configinfo(self, send):
        send(self.config)

    def start(self, send, words, waits):
        for word in words:
            found = self.named(word)
            if isinstance(found, dict):
                send(found)
                continue
            for program in found[0]:
                if program.is_up:
                    if not found[1]:
                        send({"name": program.shown, "fault": "ALREADY_STARTED"})
                    continue
                if waits:
                    self.waiting += 1
                    program.may_start.wait(30)
                    self.waiting -= 1
                self.begin(program, send)

    def begin(self, program, send):
        if program.fault:
            said = {"name": program.shown, "fault": program.fault}
            return send({**said, "message": program.message} if program.message else said)
        program.state = "RUNNING"
        send({"name": program.shown, "result": "started"})

    def do_start(self, send, *words):
        self.start(send, words, True)

    def do_startnowait(self, send, *words):
        self.start(send, words, False)

    def do_stop(self, send, *words):
        for word in words:
            found = self.named(word)
            if isinstance(found, dict):
                send(found)
                continue
            for program in found[0]:
                if program.is_up:
                    program.state = "STOPPED"
                    send({"name": program.shown, "result": "stopped"})
                elif not found[1]:
                    send({"name": program.shown, "fault": "NOT_RUNNING"})

    do_stopnowait = do_stop

    def do_restart(self, send, *words):
        self.do_stop(lambda line: None if "fault" in line else send(line), *words)
        self.do_start(send, *words)

    def do_signal(self, send, signal, *words):
        for word in words:
            found = self.named(word)
            if isinstance(found, dict):
                send(found)
                continue
            for program in found[0]:
                if not program.is_up and found[1]:
                    continue
                fault = None if program.is_up else "NOT_RUNNING"
                if signal.upper().removeprefix("SIG") not in SIGNALS and not signal.isdigit():
                    fault = "BAD_SIGNAL"
                send({"name": program.shown, "fault": fault} if fault
                     else {"name": program.shown, "result": "signalled"})

    def do_openlog(self, send, word, channel):
        found = self.named(word)
        if isinstance(found, dict):
            return send(found)
        self.open(send, found[0][0].logs[channel])

    def do_openmainlog(self, send):
        self.open(send, self.main_log)

    def open(self, send, path):
        if path is None:
            return send({"fault": "NO_FILE"})
        try:
            with open(path, "rb") as log:
                send({"path": str(path)}, log.fileno())
        except FileNotFoundError:
            send({"fault": "NO_FILE", "message": str(path)})

    def do_clearlog(self, send, word):
        found = self.named(word)
        if isinstance(found, dict):
            return send(found)
        program = found[0][0]
        for log in program.logs.values():
            if log:
                log.unlink(missing_ok=True)
                log.write_bytes(b"")
        send({"name": program.shown, "result": "cleared"})

    def do_clearmainlog(self, send):
        self.main_log.write_bytes(b"")
        send({"result": "ok"})

    def do_reread(self, send):
        send({"added": ["new"], "changed": [], "removed": ["old"]})

    def do_addgroup(self, send, name):
        if name == "cat":
            return send({"name": name, "fault": "ALREADY_ADDED"})
        send({"name": name, "result": "added"} if name == "new"
             else {"name": name, "fault": "BAD_NAME"})

    def do_removegroup(self, send, name):
        send({"name": name, "fault": "STILL_RUNNING" if name == "cat" else "BAD_NAME"})

    def do_reload(self, send):
        send({"result": "ok"})

    do_shutdown = do_reload

    def do_stdin(self, send, word, data):
        found = self.named(word)
        if isinstance(found, dict):
            return send(found)
        program = found[0][0]
        if not program.is_up:
            return send({"name": program.shown, "fault": "NOT_RUNNING"})
        program.stdin += b"" if data == "=" else base64.b64decode(data)
        send({"result": "ok"})

    def do_follow(self, send):
        try:
            numbers = itertools.count() if self.happenings is None else range(self.happenings)
            for number in numbers:
                send({"at": number, "event": "x" * 500})
        finally:
            self.events_over.set()

    def do_remotecomm(self, send, kind, data):
        send({"result": "ok"})


class Gateway:
    """A gateway process, its channel, and its clients' ways in."""

    def __init__(self, directory, username="", password="", allowed_hosts="", name="entrypoint"):
        self.directory = pathlib.Path(directory)
        self.kernel = FakeKernel(self.directory)
        # Who sent each request, and what is for the main log.
        self.origins, self.reports = [], []
        # So many requests for a stream are refused, as by a PID 1 without descriptors.
        self.refusals = 0
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = 'exec 3<&"$0"; eval "exec $0<&-"; exec -a "entrypoint: gateway" "$1"'
        self.process = subprocess.Popen(
            ["bash", "-c", script, str(theirs.fileno()), BINARY], pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL)
        theirs.close()
        self.path = str(self.directory / "supervisor.sock")
        self.inet = socket.create_server(("127.0.0.1", 0))
        self.port = self.inet.getsockname()[1]
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(self.path)
            unix.listen(1024)
            os.chmod(self.path, 0o777)
            self.tell(2, ["supervisor", "4.3.0", "box", name])
            login = ["basic" if username else "open", username, password]
            self.tell(1, ["unix", self.path, *login, ""], unix.fileno())
        self.tell(1, ["inet", f"127.0.0.1:{self.port}", *login, allowed_hosts], self.inet.fileno())
        threading.Thread(target=self.listen, daemon=True).start()

    def tell(self, kind, texts, descriptor=None):
        record = bytes([kind]) + b"".join(text.encode() + b"\0" for text in texts)
        socket.send_fds(self.channel, [record], [descriptor] if descriptor is not None else [])

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                record = self.channel.recv(1024)
                if not record:
                    return
                kind, *texts = record[:1], *record[1:].split(b"\0")[:-1]
                if kind == b"\5":
                    self.reports.append([text.decode() for text in texts])
                    continue
                assert kind == b"\4"
                *origin, number = [text.decode() for text in texts]
                if self.refusals:
                    self.refusals -= 1
                    self.tell(7, [number])
                    continue
                self.origins.append(origin)
                stream, theirs = socket.socketpair()
                with theirs:
                    self.tell(6, [number], theirs.fileno())
                threading.Thread(target=self.answer, args=[stream], daemon=True).start()

    def answer(self, stream):
        stream.setblocking(True)

        def send(value, descriptor=None):
            line = json.dumps(value).encode() + b"\n"
            socket.send_fds(stream, [line], [] if descriptor is None else [descriptor])

        with stream, contextlib.suppress(OSError):
            line = stream.makefile("rb").readline().decode()
            if line.endswith("\n"):
                self.kernel.answer(line.removesuffix("\n"), send)
                send({"end": True})

    # Clients

    def connect(self, unix=True):
        if not unix:
            return socket.create_connection(("127.0.0.1", self.port), timeout=20)
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(self.path)
        return client

    def http(self, unix=True):
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = self.connect(unix)
        return connection

    def get(self, target, headers=None, method="GET", body=None, unix=True):
        """The response of one request on a connection of its own, its body in `.text`."""
        connection = self.http(unix)
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        response.text = response.read().decode()
        connection.close()
        return response

    def raw(self, data, unix=True):
        """Everything that comes for these bytes until the other side closes."""
        with self.connect(unix) as client:
            client.sendall(data)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def proxy(self, headers=()):
        return xmlrpc.client.ServerProxy("http://localhost/RPC2", _Transport(self, headers))

    def call(self, name, *arguments):
        """The value, or ("FAULT", code, text)."""
        method = self.proxy()
        for part in name.split("."):
            method = getattr(method, part)
        try:
            return method(*arguments)
        except xmlrpc.client.Fault as fault:
            return "FAULT", fault.faultCode, fault.faultString

    def memory(self, field="VmRSS"):
        """In KiB."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(field + ":")).split()[1])

    def open_files(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def until_heard(self, line):
        wait_until(lambda: line in self.kernel.heard, what=f"the question {line!r}")

    def stop(self):
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)
        self.channel.close()
        self.inet.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class _Transport(xmlrpc.client.Transport):
    def __init__(self, gateway, headers):
        super().__init__(headers=headers)
        self.gateway = gateway

    def make_connection(self, host):
        if self._connection[1] is None:
            self._connection = host, self.gateway.http()
        return self._connection[1]
