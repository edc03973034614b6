"""A supervisor whose system calls fail on request, by the tracer that `inject.c` describes."""

import collections
import contextlib
import errno
import os
import pathlib
import re
import socket
import subprocess

from supervised import BINARY, Supervised, wait_until

HERE = pathlib.Path(__file__).resolve().parent
Site = collections.namedtuple("Site", "target call stack count frames")


def build(directory):
    """Compiles the tracer."""
    path = pathlib.Path(directory) / "inject"
    subprocess.run(["cc", "-O2", "-Wall", "-Werror", "-o", path, HERE / "inject.c", HERE / "calls.c"], check=True)
    return path


def call_names():
    """The names of the system calls by their numbers, from the C library's header."""
    text = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
                          check=True, capture_output=True, text=True).stdout
    return {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)", text)}


NAMES = call_names()
NUMBERS = {name: number for number, name in NAMES.items()}


class Injected(Supervised):
    """PID 1 of its own PID namespace; `tracer` is the path of the compiled tracer."""

    def __init__(self, tracer, directory, configuration, **options):
        super().__init__(directory, configuration, **options)
        self.tracer = tracer
        self.init = None
        self.logger = None
        self.injected, self.what = 0, ""
        self.code = None
        self.what = ""
        self.replies = collections.deque()
        self.rest = b""

    def launch(self):
        """Starts the tracer; the supervisor waits for `begin`."""
        ours, theirs = socket.socketpair()
        self.end = ours
        log = open(self.output, "ab")
        self.process = subprocess.Popen(
            [self.tracer, str(theirs.fileno()), BINARY, "-c", str(self.path), "-s", str(self.socket)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(theirs.fileno(),),
            start_new_session=True)
        theirs.close()
        log.close()
        return self

    def begin(self):
        self.request("go")
        assert self.reply() == ["going"]
        return self

    @property
    def pid(self):
        if self.init is None:
            self.listen(lambda: self.init)
        return self.init

    def take(self, timeout):
        """Takes what the tracer has sent."""
        self.end.settimeout(timeout)
        try:
            data = self.end.recv(1 << 16)
        except (TimeoutError, BlockingIOError, ConnectionResetError):
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.note(line.decode().split())

    def note(self, words):
        match words:
            case ["pid1", pid]: self.init = int(pid)
            case ["logger", pid]: self.logger = int(pid)
            case ["injected", *what]:
                self.injected += 1
                self.what = " ".join([NAMES[int(what[1])], *what[2:]])
            case ["exited", code]: self.code = int(code)
            case ["killed", signal]: self.code = -int(signal)
            case _: self.replies.append(words)

    def listen(self, condition, timeout=30):
        def holds():
            value = condition()
            if not value:
                self.take(0.01)
            return value
        return wait_until(holds, timeout, "a reply of the tracer")

    def request(self, *words):
        with contextlib.suppress(BrokenPipeError):
            self.end.sendall(" ".join(map(str, words)).encode() + b"\n")

    def reply(self):
        self.listen(lambda: self.replies)
        return self.replies.popleft()

    def arm(self, fault):
        """From here on the calls of that fault fail."""
        self.injected = 0
        number = NUMBERS[fault.call]
        code = 0 if fault.error == "SHORT" else getattr(errno, fault.error)
        self.request("arm", fault.target, number, code, fault.stack, fault.skip, fault.times)
        assert self.reply() == ["armed"]

    def disarm(self):
        self.request("disarm")
        assert self.reply() == ["disarmed"]

    def record(self):
        self.request("record")
        assert self.reply() == ["recording"]

    def sites(self):
        """The calls since `record`, each with the callers that lead to it."""
        self.request("report")
        found = []
        while (words := self.reply()) != ["end"]:
            _, target, number, stack, count, *frames = words
            found.append(Site(target, NAMES[int(number)], int(stack), int(count),
                              tuple(int(frame, 16) for frame in frames)))
        return found

    def total(self):
        self.request("total")
        return int(self.reply()[1])

    def has_ended(self):
        self.take(0.001)
        return self.code is not None

    def wait(self, timeout=30):
        self.listen(self.has_ended, timeout)
        return self.code

    def kill(self):
        self.end.close()
        self.process.wait()

