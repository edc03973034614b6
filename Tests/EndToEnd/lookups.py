"""A lookup role that waits: a FIFO stands in the place of /etc/group."""

import contextlib
import os
import pathlib
import subprocess

from supervised import wait_until


def writable(fifo):
    """A descriptor for a FIFO once a reader has opened it; None before."""
    with contextlib.suppress(OSError):
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)


@contextlib.contextmanager
def waiting_lookup(one, directory):
    """The lookup role of a supervisor with mounts of its own reads the groups at the end of the context."""
    groups = pathlib.Path("/etc/group").read_bytes()
    fifo = directory / "group"
    os.mkfifo(fifo)
    inside = ["nsenter", "--mount", f"--target={one.pid}"]
    subprocess.run([*inside, "mount", "--bind", fifo, "/etc/group"], check=True)
    yield
    writer = wait_until(lambda: writable(fifo), what="a lookup role at the FIFO")
    # umount(8) looks at the file, and would wait; MNT_DETACH is 2.
    detach = "import ctypes, sys; sys.exit(ctypes.CDLL(None).umount2(b'/etc/group', 2))"
    subprocess.run([*inside, "/usr/bin/python3", "-c", detach], check=True)
    os.write(writer, groups)
    os.close(writer)
