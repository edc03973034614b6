"""A program that shares the socket of its `[fcgi-program:x]` section with PID 1, and leaves it in a bad state."""

import datetime
import socket
import threading
import time

import pytest

from lingering import LINGERING
from supervised import free_port, wait_until

OTHER = "[supervisord]\n[program:other]\ncommand=sleep 1000\n"

PRELUDE = LINGERING + """
import ctypes, os, signal, sys
def disconnect():
    "The listening socket becomes one that can connect."
    ctypes.CDLL(None).connect(0, struct.pack("H14x", socket.AF_UNSPEC), 16)
    return socket.socket(fileno=os.dup(0))
peer = ("127.0.0.1", int(sys.argv[1]))
"""
# By what the close of the socket waits for.
PREPARED = {
    "a connection": ("tcp", "own = disconnect(); own.connect(peer); fill(own)"),
    "a passed descriptor": ("unix", """
out = socket.create_connection(peer); fill(out)
client = socket.socket(socket.AF_UNIX); client.connect(os.path.dirname(__file__) + "/f.sock")
socket.send_fds(client, [b"x"], [out.fileno()])
out.close()"""),
}


@pytest.fixture
def peer():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def fcgi(supervise, public, kind, text, peer, **options):
    script = public.script("fcgi.py", PRELUDE + text + "\nopen(sys.argv[2], 'w').close()\nsignal.pause()\n")
    own = public.path / "own"
    own.mkdir()
    own.chmod(0o777)
    ready = own / "ready"
    address = f"tcp://127.0.0.1:{free_port()}" if kind == "tcp" else f"unix://{public.path}/f.sock"
    owner = "socket_owner=www-data\n" if kind == "unix" else ""
    path = public.path / "entrypoint.conf"
    path.write_text(f"{OTHER}[fcgi-program:f]\ncommand={script} {peer} {ready}\nsocket={address}\n{owner}"
                    "user=www-data\n")
    one = supervise(path=path, **{"pid1": True, **options})
    wait_until(ready.exists, what="the program's preparation")
    return one, path


@pytest.mark.parametrize("command", ["update", "reload"])
@pytest.mark.parametrize("prepared", PREPARED)
def test_a_socket_whose_close_waits_stops_nobody(supervise, public, peer, prepared, command):
    one, path = fcgi(supervise, public, *PREPARED[prepared], peer)
    before = one.status()["other"]["pid"]
    path.write_text(OTHER)
    code, text = one.client(command)
    assert code == 0, text
    if command == "reload":
        one.begun_again("other", before)
    assert list(one.status()) == ["other"]
    assert one.stop() == 0


@pytest.mark.parametrize("kind, text", [
    ("tcp", "disconnect()"), ("unix", "socket.socket(fileno=os.dup(0)).shutdown(socket.SHUT_RDWR)")])
def test_a_socket_that_no_longer_listens_is_opened_again(supervise, public, peer, kind, text):
    text = f"again = os.path.exists(sys.argv[2])\nif not again: {text}\nelse: socket.socket(fileno=0).accept()"
    one, path = fcgi(supervise, public, kind, text, peer)
    assert one.client("restart", "f")[0] == 0
    address = path.read_text().partition("socket=")[2].split()[0]
    family, name = (socket.AF_UNIX, address.removeprefix("unix://")) if kind == "unix" else (
        socket.AF_INET, ("127.0.0.1", int(address.rpartition(":")[2])))
    with socket.socket(family) as client:
        client.connect(name)
        client.settimeout(20)
        assert client.recv(1) == b""
    assert "f: a program has ended listening at the shared socket; opening another socket" in one.said()
    assert one.stop() == 0


def test_pid_1_does_not_wait_for_the_lock_of_a_socket(supervise, public, peer):
    """A program holds it as long as it likes, by a send(2) from memory that comes slowly; strace(1) stands for it."""
    slow = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=shutdown", "-e",
            "inject=shutdown:delay_enter=2000000", "unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    one, _ = fcgi(supervise, public, "tcp", "if not os.path.exists(sys.argv[2]): disconnect()", peer, wrapper=slow,
                  pid1=False)
    before = one.status()["f"]["pid"]
    restart = threading.Thread(target=one.client, args=("restart", "f"))
    restart.start()
    wait_until(lambda: "opening another socket" in one.said(), what="the end of the socket")
    begin = time.monotonic()
    one.status()
    assert time.monotonic() - begin < 1.5, "PID 1 waits for shutdown(2)"
    restart.join()
    assert one.status()["f"]["pid"] != before
    assert "EADDRINUSE" not in one.said()


def test_all_processes_wait_for_a_port_at_the_same_time(supervise, public):
    """After a reload a socket of the former PID 1 may still hold the port, for 5 s. Here it is held by somebody else."""
    path = public.path / "entrypoint.conf"
    path.write_text(OTHER)
    one = supervise(path=path, pid1=True).ready()
    before = one.status()["other"]["pid"]
    with socket.create_server(("127.0.0.1", 0)) as holder:
        path.write_text(f"{OTHER}[fcgi-program:f]\ncommand=sleep 1000\nsocket=tcp://127.0.0.1:{holder.getsockname()[1]}\n"
                        "numprocs=3\nprocess_name=%(program_name)s_%(process_num)d\nstartretries=0\n")
        assert one.client("reload")[0] == 0
        one.begun_again("other", before)
        for number in range(3):
            one.until(f"f:f_{number}", "FATAL")
        lines = [line for line in one.said().splitlines() if "EADDRINUSE" in line]
        times = [datetime.datetime.fromisoformat(" ".join(line.split()[:2]).replace(",", ".")) for line in lines]
        assert len(times) == 3 and max(times) - min(times) < datetime.timedelta(seconds=2), lines
    assert one.client("start", "f:*")[0] == 0
    assert one.stop() == 0
