"""A file whose close does not end: a FUSE file system whose server does not answer FLUSH.

Every close(2) sends FLUSH and waits for the answer, also one that is not the last close of the file, and also that
of a process that exits. No signal ends the wait. It ends when the server is killed.
"""

import contextlib
import os
import stat
import subprocess
import sys

import pytest

SERVER = """
import ctypes, os, stat, struct, sys
INIT, LOOKUP, GETATTR, OPEN, FLUSH, FORGET, INTERRUPT, BATCH_FORGET = 26, 1, 3, 14, 25, 2, 36, 42
HUNG = (FLUSH, FORGET, INTERRUPT, BATCH_FORGET)
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
if ctypes.CDLL(None, use_errno=True).mount(b"hung", sys.argv[1].encode(), b"fuse", 0, options):
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
print("mounted", flush=True)
def attributes(node):
    mode = stat.S_IFDIR | 0o777 if node == 1 else stat.S_IFREG | 0o666
    return struct.pack("<6Q10I", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 33, 33, 0, 4096, 0)
def answer(call, node):
    if call == INIT:
        return struct.pack("<4I2H2I2H4I", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, 0, 0, 0, 0, 0) + bytes(16)
    if call == LOOKUP:
        return struct.pack("<4Q2I", 2, 0, 0, 0, 0, 0) + attributes(2)
    if call == GETATTR:
        return struct.pack("<Q2I", 0, 0, 0) + attributes(node)
    if call == OPEN:
        return struct.pack("<Q2I", 1, 0, 0)
    return b""
while True:
    _, call, number, node = struct.unpack_from("<2I2Q", os.read(device, 1 << 17))
    if call not in HUNG:
        data = answer(call, node)
        os.write(device, struct.pack("<IiQ", 16 + len(data), 0, number) + data)
"""


def need_fuse():
    """Skips the test where this machine does not let root use FUSE."""
    with contextlib.suppress(OSError):
        os.mknod("/dev/fuse", stat.S_IFCHR | 0o600, os.makedev(10, 229))
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        pytest.skip(f"no /dev/fuse: {error.strerror}")


@contextlib.contextmanager
def hung_file(directory):
    """Yields the path of such a file, which every user may open, and a function that ends the waits. For
    supervisors that are started meanwhile."""
    need_fuse()
    place = directory / "hung"
    place.mkdir()
    server = subprocess.Popen([sys.executable, "-I", "-c", SERVER, place], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    try:
        if server.stdout.readline() != b"mounted\n":
            pytest.skip(f"no /dev/fuse: {server.stderr.read().decode().strip()}")
        yield place / "file", server.kill
    finally:
        server.kill()
        server.wait()
        subprocess.run(["umount", "-l", place], check=False)
        place.rmdir()
