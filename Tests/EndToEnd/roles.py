"""PID 1's part in the conversations with its roles, so that a role can be tried alone."""

import array
import os
import socket
import struct
import subprocess

from supervised import BINARY

LONGEST = 64 << 10


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

    def receive(self, timeout=10):
        self.end.settimeout(timeout)
        return self.end.recv(LONGEST)


class Role:
    """A role process with its channel; what it says is kept."""

    def __init__(self, name):
        self.channel, theirs = Channel.pair()
        fd = theirs.fileno()
        others = "" if fd == 3 else f" {fd}<&-"
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec -a "entrypoint: {name}" "$0" 3<&{fd}{others}', BINARY],
            pass_fds=(fd,), stdin=subprocess.DEVNULL)
        theirs.close()
        self.pid = self.process.pid

    def send(self, record, descriptor=None):
        self.channel.send(record, descriptor)

    def end(self):
        self.channel.end.close()
        return self.process.wait(10)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Logger(Role):
    """The logger, with streams of pipes."""

    def __init__(self):
        super().__init__("logger")
        self.pipes = {}

    def open(self, stream, targets, *, maximum=0, backups=0, capture=0, events=False, strip=False,
             label="web", process="web", group="g"):
        """A stream to paths, descriptors and ("syslog", identity)s."""
        read, self.pipes[stream] = os.pipe()
        record = bytes([1]) + number(stream) + text(label) + number(0)
        record += bytes([4 * strip + 8 * events, 0]) + number(maximum) + number(backups)
        record += number(capture) + text("") + text(process) + text(group) + number(len(targets))
        for target in targets:
            if isinstance(target, int):
                record += bytes([1]) + number(target)
            elif isinstance(target, tuple):
                record += bytes([2]) + text(target[1])
            else:
                record += bytes([0]) + text(str(target))
        self.send(record, read)
        os.close(read)

    def write(self, stream, data):
        return os.write(self.pipes[stream], data)

    def close(self, stream):
        os.close(self.pipes.pop(stream))

    def began(self, stream, pid):
        self.send(bytes([2, 1]) + number(stream) + number(pid))

    def clear(self, stream, request):
        """The error of the answer."""
        self.send(bytes([7]) + number(stream) + number(request))
        while True:
            answer = self.channel.receive()
            if answer[0] == 8:
                assert answer[1:9] == number(request)
                return struct.unpack("<Q", answer[9:])[0]

    def pass_events(self, descriptor):
        self.send(bytes([9]), descriptor)
