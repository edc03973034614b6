"""PID 1's part in the conversations with its roles, so that a role can be tried alone."""

import array
import os
import socket
import struct
import subprocess
import time

from supervised import BINARY, wait_until

LONGEST = 64 << 10
LEVELS = ["DEBG", "INFO", "WARN", "ERRO", "CRIT"]


def number(value):
    return struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF)


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return number(len(data)) + data


class Channel:
    """One end of a SOCK_SEQPACKET channel."""

    def __init__(self, end):
        self.end = end

    @staticmethod
    def pair():
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return Channel(ours), theirs

    def send(self, record, descriptor=None):
        passed = [] if descriptor is None else [
            (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        self.end.sendmsg([record], passed)

    def receive(self, timeout=30):
        self.end.settimeout(timeout)
        return self.end.recv(LONGEST)


class Role:
    """A role process with its channel; what it says is kept."""

    def __init__(self, name, environment=None):
        self.channel, theirs = Channel.pair()
        fd = theirs.fileno()
        others = "" if fd == 3 else f" {fd}<&-"
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec -a "entrypoint: {name}" "$0" 3<&{fd}{others}', BINARY],
            pass_fds=(fd,), stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        theirs.close()
        self.pid = self.process.pid

    def send(self, record, descriptor=None):
        self.channel.send(record, descriptor)

    def end(self):
        self.channel.end.close()
        return self.process.wait(20)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Logger(Role):
    """The logger, with streams of pipes."""

    def __init__(self, **environment):
        super().__init__("logger", environment)
        self.pipes = {}

    def open(self, stream, targets, *, maximum=0, backups=0, capture=0, events=False, strip=False,
             compress=False, daily=False,
             label="web", process="web", group="g", json=False):
        """A stream to paths, descriptors and ("syslog", identity)s."""
        read, self.pipes[stream] = os.pipe()
        record = bytes([1]) + number(stream) + text(label) + number(0)
        record += bytes([4 * strip + 8 * events + 16 * compress + 32 * daily, 2 * json]) + number(maximum) + number(backups)
        # No group of readers, and root's program.
        record += number(capture) + number(0xFFFFFFFF) + number(0)
        record += text("") + text(process) + text(group) + text(label)
        record += number(len(targets))
        for target in targets:
            if isinstance(target, int):
                record += bytes([1]) + number(target)
            elif isinstance(target, tuple):
                record += bytes([2]) + text(target[1])
            else:
                record += bytes([0]) + text(str(target))
        self.send(record + number(0), read)
        os.close(read)

    def write(self, stream, data):
        return os.write(self.pipes[stream], data)

    def close(self, stream):
        os.close(self.pipes.pop(stream))

    def began(self, stream, pid, *, unread=0):
        """A process that is started now, with so many bytes of its predecessor in the pipe."""
        self.send(bytes([2, 1]) + number(stream) + number(unread)
                  + number(time.monotonic_ns()) + number(pid))

    def clear(self, stream, request):
        """The error of the answer."""
        self.send(bytes([7]) + number(stream) + number(request))
        while True:
            answer = self.channel.receive()
            if answer[0] == 8:
                assert answer[1:9] == number(request)
                return struct.unpack("<Q", answer[9:])[0]

    def complaint(self):
        """The path and the reason of the next file that it cannot compress."""
        while True:
            record = self.channel.receive()
            if record[0] == 11:
                length = struct.unpack("<Q", record[1:9])[0]
                return record[9:9 + length].decode(), record[17 + length:].decode()

    def pass_events(self, descriptor):
        self.send(bytes([9]), descriptor)


class Events(Role):
    """The events role, with listeners that are real processes."""

    def __init__(self):
        super().__init__("events")
        self.said = []
        self.states = {}
        self.listeners = {}
        self.send(bytes([1, 1]))

    def pool(self, name, events, size=10, characters=False, server="supervisor"):
        record = bytes([2]) + text(name) + text(server) + number(size)
        record += bytes([characters, 0, 0, len(events)]) + b"".join(map(text, events))
        self.send(record)

    def remove_pool(self, name):
        self.send(bytes([3]) + text(name))

    def event(self, kind, payload):
        self.send(bytes([9]) + text(kind) + text(payload))

    def listener(self, pool, instance, command, *, log=None, state=30, running=True, **options):
        """Starts one and introduces it. PID 1 would keep its ends too."""
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   **options)
        self.introduce(pool, instance, process, log=log, state=state, running=running)
        return process

    def introduce(self, pool, instance, process, *, log=None, state=30, running=True):
        self.listeners[instance] = process
        name = f"{pool}_{instance:02}"
        record = bytes([4]) + text(pool) + number(instance) + text(name)
        self.send(record + bytes([state, running]), process.stdin.fileno())
        if log is not None:
            self.send(bytes([6]) + number(instance), log)
        self.send(bytes([5]) + number(instance), process.stdout.fileno())

    def running(self, instance, is_running=True):
        self.send(bytes([7]) + number(instance) + bytes([is_running]))

    def ended(self, instance):
        """Kills it, reaps it and tells."""
        process = self.listeners.pop(instance)
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
        self.send(bytes([8]) + number(instance))

    def listen(self, timeout):
        """Takes in one message; false when there is none in that time."""
        try:
            record = self.channel.receive(timeout)
        except (TimeoutError, BlockingIOError):
            return False
        assert record, "the role has ended"
        if record[0] == 13:
            self.said.append(f"{LEVELS[record[1]]} {record[10:].decode()}")
        elif record[0] == 17:
            size = struct.unpack("<Q", record[1:9])[0]
            self.said.append(f"DEBG {record[9:9 + size].decode()}\n{record[17 + size:].decode()}")
        elif record[0] == 14:
            self.states[struct.unpack("<Q", record[1:9])[0]] = record[9]
        return True

    def until(self, condition, what, timeout=30):
        """Listens until it is so."""
        def holds():
            while self.listen(0.001):
                pass
            return condition()
        try:
            return wait_until(holds, timeout, what)
        except AssertionError:
            raise AssertionError(f"{what} did not come true; it said {self.said}")

    def until_said(self, line, times=1):
        self.until(lambda: self.said.count(line) >= times, f"{line} ({times})")

    def kill(self):
        super().kill()
        for process in self.listeners.values():
            process.kill()
            process.wait()
