"""A FUSE file system of one file, `f`, whose server leaves chosen requests without an answer, or refuses them.

The kernel's own structures: linux/fuse.h, protocol 7.31.
"""

import contextlib
import ctypes
import errno
import os
import signal
import stat
import struct
import subprocess
import sys

LOOKUP, FORGET, GETATTR, SETATTR, OPEN, READ, STATFS, RELEASE, FLUSH = 1, 2, 3, 4, 14, 15, 17, 18, 25
INIT, OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = 26, 27, 28, 29, 36, 42
UNMOUNT_LAZILY = 2
SIGNAL_AT_END_OF_PARENT = 1
DEVICE = "/dev/fuse"
LIBC = ctypes.CDLL(None, use_errno=True)


class Fuse:
    """The mount and its server, as a context. The end of the server ends all waits for it. Requests that are `failing`
    get the error EIO."""

    def __init__(self, place, unanswered=(), failing=()):
        self.place = place
        self.chosen = [*map(str, unanswered), *(str(-number) for number in failing)]

    def __enter__(self):
        self.place.mkdir()
        self.server = subprocess.Popen(
            ["/usr/bin/python3", __file__, str(self.place), *self.chosen], stdout=subprocess.PIPE, text=True)
        answer = self.server.stdout.readline().strip()
        if answer != "mounted":
            self.server.wait()
            import pytest  # Not at the top: the server uses this file without pytest.
            pytest.skip(f"no FUSE file system can be mounted: {answer}")
        return self

    def wait_for_unanswered(self):
        """Returns once the server has read a request that it leaves without an answer."""
        assert self.server.stdout.readline() == "unanswered\n"

    def pause(self):
        """The server reads no further request."""
        self.server.send_signal(signal.SIGSTOP)

    def end(self):
        self.server.kill()
        self.server.wait()

    def __exit__(self, *_):
        self.end()
        LIBC.umount2(str(self.place).encode(), UNMOUNT_LAZILY)


def serve(place, chosen):
    """A negative number stands for a request that fails."""
    LIBC.prctl(SIGNAL_AT_END_OF_PARENT, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.mknod(DEVICE, 0o600 | stat.S_IFCHR, os.makedev(10, 229))
    device = os.open(DEVICE, os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if LIBC.mount(b"test", place.encode(), b"fuse", 0, options) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    print("mounted", flush=True)
    while True:
        try:
            request = os.read(device, 1 << 17)
        except OSError:  # The file system is no longer mounted.
            return
        _, operation, identifier, node = struct.unpack_from("<IIQQ", request)
        if operation in chosen:
            print("unanswered", flush=True)
        elif operation not in (FORGET, INTERRUPT, BATCH_FORGET):
            error, data = (-errno.EIO, b"") if -operation in chosen else answer(operation, node)
            os.write(device, struct.pack("<IiQ", 16 + len(data), error, identifier) + data)


def answer(operation, node):
    """The error and the body of the answer."""
    if operation == INIT:
        return 0, struct.pack("<IIIIHHIIHHIIII", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, 0, 0, 0, 0, 0) + bytes(16)
    if operation == LOOKUP:
        return 0, struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + attributes(2)
    if operation in (GETATTR, SETATTR):
        return 0, struct.pack("<QII", 0, 0, 0) + attributes(node)
    if operation in (OPEN, OPENDIR):
        return 0, struct.pack("<QII", 1, 0, 0)
    if operation == READ:
        return 0, b"text\n"
    if operation == STATFS:
        return 0, bytes(80)
    if operation in (READDIR, RELEASE, RELEASEDIR, FLUSH):
        return 0, b""
    return -38, b""  # ENOSYS


def attributes(node):
    """A directory as the root (node 1), else a regular file, both of www-data."""
    mode = stat.S_IFDIR | 0o777 if node == 1 else stat.S_IFREG | 0o666
    return struct.pack("<QQQQQQIIIIIIIIII", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 33, 33, 0, 4096, 0)


if __name__ == "__main__":
    try:
        serve(sys.argv[1], [int(number) for number in sys.argv[2:]])
    except OSError as error:
        print(error, flush=True)
