"""What disturbs the supervisor during the soak: each action is a method, drawn by its weight."""

import base64
import contextlib
import http.client
import os
import random
import signal
import socket
import time

import samples
import workload

XML = """<?xml version="1.0"?><methodCall><methodName>{}</methodName><params>{}</params></methodCall>"""


class Churn:
    WEIGHTS = {"kill": 20, "restart": 8, "stop_and_start": 8, "signal": 4, "everything": 1,
               "update": 5, "broken_update": 1, "reopen": 2, "status": 6, "tail": 3, "http": 14,
               "http_hang_up": 8, "control_hang_up": 8, "follow": 4, "scale": 2, "clear": 2,
               "role_kill": 2, "metrics": 4, "cron": 2}

    def __init__(self, one, directory, port, seed):
        self.one, self.directory, self.port = one, directory, port
        self.random = random.Random(seed)
        self.log = open(directory / "churn.log", "w")
        self.guests = {0: (0, 1), 1: (0, 2)}
        self.counts = dict.fromkeys([*self.WEIGHTS, "reload"], 0)
        # `scale` holds until a reload, whatever `numprocs` an update reads.
        self.scaled = {}
        self.followers = []
        self.generation = 0

    def act(self):
        name = self.random.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))[0]
        self.counts[name] += 1
        getattr(self, name)()

    def name(self):
        return self.random.choice(workload.expected(self.guests))

    def client(self, *words):
        """Any answer will do, since the actions interfere with each other; no answer will not."""
        code, text = self.one.client(*words, timeout=60)
        brief = " | ".join(text.split("\n")[:4])[:200]
        print(f"{time.monotonic():.3f} {' '.join(words)} -> {code} {brief}", file=self.log, flush=True)
        return code, text

    def kill(self):
        status = self.one.status()
        rows = [row for name, row in status.items() if row.get("pid")]
        if rows:
            row = self.random.choice(rows)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.in_namespace(row["pid"]), signal.SIGKILL)

    def in_namespace(self, pid):
        """The pid out here of a process with that pid in the supervisor's namespace."""
        for child in samples.children(self.one.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if samples.process_status(child)["NSpid"].split()[-1] == str(pid):
                    return child
        raise ProcessLookupError

    def role_kill(self):
        found = samples.roles(self.one.pid)
        if found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(found[self.random.choice(sorted(found))], signal.SIGKILL)

    def restart(self):
        self.client("restart", self.name())

    def stop_and_start(self):
        name = self.name()
        self.client("stop", name)
        self.client("start", name)

    def signal(self):
        self.client("signal", self.random.choice(["HUP", "USR1", "CONT", "WINCH"]), self.name())

    def everything(self):
        self.client("restart", "all")

    def change_guests(self):
        self.generation += 1
        number = self.random.randrange(workload.GUESTS)
        if number in self.guests and self.random.random() < 0.4:
            del self.guests[number]
        else:
            count = self.scaled.get(number, self.random.randint(1, 3))
            self.guests[number] = (self.generation, count)

    def write(self):
        self.one.path.write_text(workload.configuration(self.directory, self.port, self.guests))

    def update(self):
        self.change_guests()
        self.write()
        self.client("update")

    def broken_update(self):
        self.one.path.write_text("[program:steady]\ncommand=\n[nonsense\n")
        self.client("update")
        self.write()

    def reload(self):
        self.counts["reload"] += 1
        self.one.send(signal.SIGHUP)

    def reopen(self):
        self.one.send(signal.SIGUSR2)

    def status(self):
        self.client("status", "--all")
        self.client("timeline", "--json")

    def tail(self):
        self.client("tail", self.random.choice(["steady:steady_0", "flood"]))

    def clear(self):
        self.client("clear", self.name())

    def cron(self):
        self.client("start", "tick")

    def scale(self):
        """And back, so that the configuration stays what it was."""
        if self.guests:
            number = self.random.choice(sorted(self.guests))
            self.scaled[number] = self.guests[number][1]
            for count in (self.random.randint(1, 4), self.guests[number][1]):
                self.client("scale", f"guest{number}", str(count))

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        token = base64.b64encode(b"admin:secret").decode()
        # A gateway that was killed a moment ago closes its connections.
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request(method, path, body, {"Authorization": f"Basic {token}"})
            connection.getresponse().read(1 << 20)
        connection.close()

    def metrics(self):
        self.request("GET", "/metrics")

    def http(self):
        name = self.name()
        method, path, body = self.random.choice([
            ("GET", "/", None), ("GET", "/api/v1/status", None), ("GET", "/healthz", None),
            ("GET", "/api/v1/journal", None), ("POST", f"/api/v1/units/{name}/restart?wait=false", ""),
            ("POST", "/RPC2", XML.format("supervisor.getAllProcessInfo", "")),
            ("POST", "/RPC2", XML.format("supervisor.nonsense", "")), ("POST", "/RPC2", "<no xml"),
            ("GET", "/logtail/flood", None) if self.random.random() < 0.01 else ("GET", "/none", None)])
        self.request(method, path, body)

    def http_hang_up(self):
        request = self.random.choice([
            b"", b"GET / HTT", b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n<", b"\0" * 5000])
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 10) as end:
            end.sendall(request)

    def control_hang_up(self):
        request = self.random.choice([b"", b"sta", b"status\n", b"follow\n", b"restart flood\n",
                                      b"\xff\xfe\n", b"x" * 100_000, b"ready\n"])
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as end:
            end.settimeout(10)
            end.connect(str(self.one.socket))
            end.sendall(request)

    def follow(self):
        """A reader that never reads, and leaves after a while."""
        with contextlib.suppress(OSError):
            end = socket.socket(socket.AF_UNIX)
            end.settimeout(10)
            end.connect(str(self.one.socket))
            end.sendall(b"follow\n")
            self.followers.append(end)
        while len(self.followers) > 8:
            self.followers.pop(0).close()

    def rest(self):
        while self.followers:
            self.followers.pop().close()
