"""[fcgi-program:x]: a listening socket on descriptor 0, shared by all its processes."""

import os
import pwd
import socket
import stat

import pytest
from supervised import wait_until

SERVER = """#!/usr/bin/python3
import os, socket
listener = socket.socket(fileno=0)
while True:
    one, _ = listener.accept()
    one.sendall(str(os.getpid()).encode())
    one.close()
"""


@pytest.fixture
def server(tmp_path):
    script = tmp_path / "server"
    script.write_text(SERVER)
    script.chmod(0o755)
    return script


def answer(family, address):
    with socket.socket(family) as one:
        one.settimeout(5)
        one.connect(address)
        return int(one.recv(64))


def test_a_unix_socket_is_shared_and_outlives_its_programs(supervise, server, tmp_path):
    path = tmp_path / "f.sock"
    one = supervise(f"""
[fcgi-program:f]
command={server}
socket=unix://{path}
socket_owner=nobody:nogroup
socket_mode=0660
numprocs=2
process_name=f%(process_num)d
[group:g]
programs=f
""").ready()
    about = os.stat(path)
    assert stat.S_ISSOCK(about.st_mode) and stat.S_IMODE(about.st_mode) == 0o660
    assert about.st_uid == pwd.getpwnam("nobody").pw_uid
    pids = {row["pid"] for row in one.status().values()}
    seen = set()
    wait_until(lambda: seen.add(answer(socket.AF_UNIX, str(path))) or seen == pids,
               what="an answer of each")
    one.client("stop", "g:*")
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(path))
        one.client("start", "g:*")
        waiting.settimeout(5)
        assert int(waiting.recv(64)) in {row["pid"] for row in one.status().values()}
    assert one.stop() == 0


def test_a_tcp_socket(supervise, server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = supervise(f"[fcgi-program:f]\ncommand={server}\nsocket=tcp://127.0.0.1:{port}\n").ready()
    assert answer(socket.AF_INET, ("127.0.0.1", port)) == one.status()["f"]["pid"]
    assert one.stop() == 0


def test_a_socket_that_cannot_be_made_is_a_failed_start(supervise):
    one = supervise("[fcgi-program:f]\ncommand=cat\nsocket=unix:///no/such/f.sock\n"
                    "startretries=0\n")
    row = one.until("f", "FATAL")
    assert row["description"] == "Could not create FastCGI socket unix:///no/such/f.sock: ENOENT"
    assert one.stop() == 0


@pytest.mark.parametrize("keys, text", [
    ("socket=foo", "Bad socket format foo; write unix:///path or tcp://host:port"),
    ("socket=tcp://h:1\nsocket_mode=0600", "only a unix socket has an owner and a mode"),
    ("socket=unix:///s\nsocket_backlog=0",
     "\"0\" is no backlog; write a number from 1 to 65535"),
])
def test_bad_sockets(supervise, keys, text):
    one = supervise(f"[fcgi-program:f]\ncommand=cat\n{keys}\n")
    assert one.wait() == 2
    assert text.replace('"', "'") in one.said().replace('"', "'")
