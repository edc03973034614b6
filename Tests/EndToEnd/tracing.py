"""Processes under a tracer: system calls that strace(1) delays or makes fail, and processes that execute nothing."""

import contextlib
import ctypes
import os
import pathlib
import subprocess

from supervised import wait_until

# Longer than any test: the end of the tracer ends the delay.
ENDLESS = "delay_enter=600000000"


@contextlib.contextmanager
def injected(pid, call, fault, *options):
    """The fault in each such call of a process meanwhile; with the option -f also in its later children."""
    with subprocess.Popen(["strace", "-qq", "-p", str(pid), *options, "-e", f"trace={call}", "-e",
                           f"inject={call}:{fault}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as tracer:
        def is_traced():
            return f"TracerPid:\t{tracer.pid}\n" in pathlib.Path(f"/proc/{pid}/status").read_text()
        try:
            wait_until(is_traced, what="a traced supervisor")
            yield
        finally:
            tracer.kill()


@contextlib.contextmanager
def frozen(pid):
    """A process that executes nothing meanwhile, and whose parent is not told: the kernel reports
    the stops of a traced process to its tracer alone (ptrace(2)), unlike those by SIGSTOP."""
    seize, interrupt, detach, wait_all = 0x4206, 0x4207, 17, 0x4000_0000
    libc = ctypes.CDLL(None, use_errno=True)

    def trace(request):
        if libc.ptrace(ctypes.c_long(request), ctypes.c_long(pid), None, None) < 0:
            raise OSError(ctypes.get_errno(), f"ptrace({request:#x}, {pid})")
    trace(seize)
    trace(interrupt)
    os.waitpid(pid, wait_all)
    try:
        yield
    finally:
        try:
            trace(detach)
        except ProcessLookupError:
            # It was killed meanwhile; the kernel reports the end to the parent after the tracer.
            os.waitpid(pid, wait_all)
