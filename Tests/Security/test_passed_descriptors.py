"""Descriptors that clients pass over the control socket: their close may wait, in whoever closes them."""

import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import subprocess

import pytest

from lingering import LINGERING
from supervised import children_of, wait_until
from test_control_socket import client, read_only
from tracing import ENDLESS, injected

# Each process holds the only copy of a TCP socket with unsent data and SO_LINGER, passes it, and ends: an
# ending process does not wait. Some of the messages are read, others wait at a connection that is closed.
ATTACK = LINGERING + """
import array, os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", 0))
for number in range(40):
    if os.fork() == 0:
        client = socket.socket(socket.AF_UNIX)
        out = socket.create_connection(listener.getsockname())
        fill(out)
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


def endless_exits(pid):
    """Children of PID 1 do not end, as one that closes a file of a FUSE file system without an answer."""
    return injected(pid, "exit_group", ENDLESS, "-f")


def old_kernel(supervise):
    """A supervisor at whose socket every user may pass descriptors, and the socket's name."""
    one = read_only(supervise)
    allow_descriptors(one.pid)
    return one, one.said().partition("listening at the abstract socket ")[2].split()[0]


def has_only_sockets(pid):
    """What a child keeps open, PID 1 cannot close: a pipe, an epoll instance or the container's output."""
    place = pathlib.Path(f"/proc/{pid}/fd")
    kinds = {os.readlink(place / number).partition(":")[0] for number in os.listdir(place)}
    return kinds == {"socket"}


def test_descriptors_whose_close_does_not_end_take_few_processes(supervise):
    one, address = old_kernel(supervise)
    before = set(children_of(one.pid))
    with endless_exits(one.pid), attack(one, address, "/"):
        assert client(one, "status")[0] == 0
        closers = wait_until(lambda: len(found := set(children_of(one.pid)) - before) >= 16 and found,
                             what="children that close")
        assert client(one, "status")[0] == 0
        assert set(children_of(one.pid)) - before == closers and len(closers) == 16
        wait_until(lambda: all(map(has_only_sockets, closers)), what="children that have only sockets")
    wait_until(lambda: set(children_of(one.pid)) == before, what="the end of the children")
    client(one, "shutdown")
    assert one.wait() == 0


MANY = """
import os, socket, sys
null = os.open("/dev/null", os.O_RDONLY)
while True:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(sys.argv[1].replace("@", chr(0), 1))
        try:
            socket.send_fds(client, [b"status\\n"], [null])
        except BrokenPipeError:
            pass
"""


def test_descriptors_whose_close_does_not_end_do_not_fill_the_table_of_pid_1(supervise):
    one, address = old_kernel(supervise)
    descriptors = pathlib.Path(f"/proc/{one.pid}/fd")
    before = len(os.listdir(descriptors))
    with endless_exits(one.pid), subprocess.Popen(["/usr/bin/python3", "-I", "-c", MANY, address], user=33, group=33,
                                                  extra_groups=[], cwd="/") as sender:
        try:
            wait_until(lambda: "no client is accepted: clients have passed descriptors at 5" in one.said(), 60,
                       "the warning")
            assert len(os.listdir(descriptors)) - before < 1000
        finally:
            sender.kill()
    # They have ended, and the connections that waited are closed.
    assert client(one, "status")[0] == 0
    wait_until(lambda: len(os.listdir(descriptors)) - before < 10, what="closed descriptors")
    client(one, "shutdown")
    assert one.wait() == 0


# The same again and again, from a process for each connection, which does not wait when it ends.
FOREVER = LINGERING + """
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", 0))
kept = []
while True:
    if os.fork() == 0:
        out = socket.socket()
        out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        out.connect(listener.getsockname())
        fill(out)
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(sys.argv[1])
            socket.send_fds(client, [b"x"], [out.fileno()])
            print("passed", flush=True)
        except OSError:
            pass
        os._exit(0)
    kept.append(listener.accept()[0])
    os.wait()
"""


def test_connections_that_nobody_has_accepted_do_not_delay_a_reload(supervise, public):
    """The close of a listener closes them, with the descriptors that wait there."""
    address = public.path / "http.sock"
    path = public.path / "entrypoint.conf"
    # Connections come while the new PID 1 reads the configuration, before it closes the listener.
    kept = "[supervisord]\n[program:p]\ncommand=sleep 1000\n" + "".join(
        f"[program:never{number}]\ncommand=true\nautostart=false\n" for number in range(2000))
    path.write_text(f"{kept}[unix_http_server]\nfile={address}\n")
    one = supervise(path=path, pid1=True).ready()
    before = one.status()["p"]["pid"]
    allow_descriptors(one.pid)
    path.write_text(kept)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            sender = subprocess.Popen(["/usr/bin/python3", "-I", "-c", FOREVER, address], stdout=subprocess.PIPE)
            stack.callback(sender.wait)
            stack.callback(sender.kill)
            assert sender.stdout.readline() == b"passed\n"
        assert one.client("reload")[0] == 0
        one.begun_again("p", before)
    assert one.stop() == 0
