"""What clients of PID 1's control socket can do to others, where the supervisor runs as their user."""

import socket
import sys

import pytest

from supervised import wait_until

HOLD = """
import pathlib, signal, socket, sys
path, count, data, done = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode().decode("unicode_escape"), sys.argv[4]
clients = []
for number in range(count):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    try:
        client.sendall(data.encode())
    except OSError:
        pass
    clients.append(client)
pathlib.Path(done).touch()
signal.pause()
"""


def answer_to_root(one, request):
    """The first line of the answer. The command itself would not trust the directory of another user."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(one.socket))
        client.sendall(request.encode() + b"\n")
        return client.makefile().readline()


def test_only_the_gateway_is_passed_log_files(supervise):
    """The logger would get the connection of the client, and send the open file there."""
    one = supervise("[program:p]\ncommand=sleep 1000\nstdout_logfile=%DIR%/p.log\n").ready()
    for request in ("openlog p stdout", "openlog p stderr", "openmainlog"):
        assert "only the gateway is passed log files" in answer_to_root(one, request)
    assert one.stop() == 0


@pytest.mark.parametrize("data", ["", "stat", "events\\n", "ready\\n"], ids=["silent", "half a line", "events", "waiting"])
def test_clients_of_an_unprivileged_supervisor_do_not_lock_out_root(supervise, public, open_directories, data):
    (public.path / "hold.py").write_text(HOLD)
    done = public.path / "done"
    public.path.chmod(0o777)
    one = supervise(
        f"[program:attacker]\ncommand={sys.executable} {public.path}/hold.py %DIR%/control.sock 400 '{data}' {done}\n"
        f"startsecs=0\ndepends_on=\n[wait:never]\nurl=file://{public.path}/never\ntimeout=0\n"
        "[program:late]\ncommand=sleep 1000\ndepends_on=never\n",
        supervisord="user=www-data", pid1=True)
    wait_until(done.exists, 60, "all connections")
    for _ in range(5):
        text = answer_to_root(one, "status")
        assert "attacker" in text and "running" in text.lower(), text
