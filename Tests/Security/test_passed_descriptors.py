"""Descriptors that clients pass over the control socket: their close may wait, in whoever closes them."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess

import pytest

from test_control_socket import client, read_only

# Each process holds the only copy of a TCP socket with unsent data and SO_LINGER, passes it, and ends: an
# ending process does not wait. Some of the messages are read, others wait at a connection that is closed.
ATTACK = """
import array, os, socket, struct, sys
listener = socket.create_server(("127.0.0.1", 0))
for number in range(40):
    if os.fork() == 0:
        client = socket.socket(socket.AF_UNIX)
        out = socket.create_connection(listener.getsockname())
        out.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 600))
        out.setblocking(False)
        try:
            while True: out.send(b"x" * 65536)
        except BlockingIOError:
            pass
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [out.fileno()]))]
        client.connect(sys.argv[1].replace("@", chr(0), 1))
        try:
            client.sendmsg([b"status\\n"[number % 2:]], rights, socket.MSG_OOB if number % 3 == 0 else 0)
        except OSError:
            os._exit(1)
        os._exit(0)
ends = [os.wait()[1] for _ in range(40)]
print(ends.count(0), flush=True)
sys.stdin.read()
"""
PASSRIGHTS = 83


def allow_descriptors(pid):
    """Makes the listeners of a process those of Linux before 6.16, which has no SO_PASSRIGHTS."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        copy = libc.syscall(438, handle, int(name), 0)  # pidfd_getfd(2)
        if copy < 0:
            continue
        with contextlib.suppress(OSError), socket.socket(fileno=copy) as one:
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                one.setsockopt(socket.SOL_SOCKET, PASSRIGHTS, 1)
    os.close(handle)


@contextlib.contextmanager
def attack(one, address, directory):
    """Its processes have ended before PID 1 reads, so that PID 1 has the last reference to each socket.
    Yields the number of messages that the kernel has accepted."""
    one.send(signal.SIGSTOP)
    with subprocess.Popen(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "/usr/bin/python3", "-I", "-c",
                           ATTACK, address], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            passed = int(process.stdout.readline())
            one.send(signal.SIGCONT)
            yield passed
        finally:
            process.kill()


@pytest.mark.parametrize("kernel", ["this", "old"])
def test_at_the_socket_of_a_read_only_root(supervise, kernel):
    """Every user may connect there."""
    one = read_only(supervise)
    if kernel == "old":
        allow_descriptors(one.pid)
    address = one.said().partition("listening at the abstract socket ")[2].split()[0]
    with attack(one, address, "/") as passed:
        assert passed == 40 or kernel == "this", passed
        assert client(one, "status")[0] == 0
        client(one, "shutdown")
        assert one.wait() == 0


@pytest.mark.parametrize("kernel", ["this", "old"])
def test_at_the_socket_of_a_supervisor_of_the_same_user(supervise, public, kernel):
    path = public.path / "entrypoint.conf"
    path.write_text("[supervisord]\nuser=www-data\n[program:p]\ncommand=sleep 1000\n")
    one = supervise(path=path, pid1=True).ready()
    if kernel == "old":
        allow_descriptors(one.pid)
    with attack(one, "control.sock", one.directory) as passed:
        assert passed == 40 or kernel == "this", passed
        before = one.status()["p"]["pid"]
        code, text = one.client("reload")
        assert code == 0, text
        one.begun_again("p", before)
        assert one.stop() == 0
