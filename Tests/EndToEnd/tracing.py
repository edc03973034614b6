"""System calls that strace(1) delays or makes fail in a supervisor that runs, and in its children."""

import contextlib
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
