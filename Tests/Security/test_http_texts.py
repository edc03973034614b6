"""What a program can do to the HTTP servers with its log, with texts in a request, and with a flood of connections."""

import http.client
import os
import pathlib
import shutil
import tempfile

import pytest

from supervised import wait_until
from test_http import LOGIN, STATE, authorization, servers  # noqa: F401

# Opens connections as fast as possible and sends nothing.
FLOOD = """
import socket
kept = []
while True:
    try:
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", PORT))
        kept.append(client)
        if len(kept) > 500: kept.pop(0).close()
    except OSError:
        kept.clear()
"""


@pytest.fixture
def memory():
    """A directory of www-data on a file system that keeps files in memory, whose size has no other limit."""
    path = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm"))
    shutil.chown(path, "www-data", "www-data")
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def follow(one, path):
    connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=20)
    connection.request("GET", path)
    return connection.getresponse()


@pytest.mark.parametrize("size", [2 ** 63 - 1, 2 ** 63 - 1025, 2 ** 63 - 2 ** 16])
def test_a_log_of_the_largest_size_does_not_end_the_gateway(servers, memory, size):  # noqa: F811
    log = memory / "writer.log"
    one = servers(programs="[program:writer]\ncommand=/bin/sh -c 'echo one; exec sleep 1000'\nuser=www-data\n"
                           f"stdout_logfile={log}\nstartsecs=0\n")
    wait_until(lambda: log.exists() and log.read_text(), what="the log")
    os.truncate(log, size)
    for _ in range(2):
        assert follow(one, "/logtail/writer").read(1024) == bytes(1024)
        assert one.ask("/tail.html?processname=writer").status == 200
    assert one.over_unix("readProcessStdoutLog", "writer", -10, 0) is not None
    assert "gateway" not in one.supervisor.said()


def test_a_user_name_cannot_continue_a_line_of_the_main_log(servers):  # noqa: F811
    one = servers(login=LOGIN)
    name = 'admin" from 198.51.100.7 over HTTP (5 "x'
    assert one.ask("/ok.html", headers=authorization(name, "wrong")).status == 401
    wait_until(lambda: "login failed" in one.supervisor.said(), what="the line")
    assert r'user "admin\" from 198.51.100.7 over HTTP (5 \"x" from 127.0.0.1 over HTTP' in one.supervisor.said()


def test_a_host_cannot_continue_a_line_of_the_main_log(servers):  # noqa: F811
    one = servers()
    answer = one.ask("/api/v1/units/worker/stop", "POST", headers={"Host": 'a"; use \\"b'})
    assert answer.status == 403
    wait_until(lambda: "refused a change" in one.supervisor.said(), what="the line")
    assert r'does not accept the Host "a\"; use \\\"b"; use an address' in one.supervisor.said()


def test_no_answer_is_taken_for_a_script(servers):  # noqa: F811
    one = servers(programs="stdout_logfile=%DIR%/worker.log\n")
    answers = [one.ask(path) for path in ("/", "/api/v1/status", "/metrics", "/healthz", "/none")]
    answers.append(one.ask("/RPC2", "POST", STATE, {"Host": "localhost"}))
    answers.append(follow(one, "/logtail/worker"))
    assert [answer.headers.get_all("X-Content-Type-Options") for answer in answers] == [["nosniff"]] * 7


def test_a_flood_of_connections_does_not_end_health_checks(servers, public):  # noqa: F811
    """On a server with a password, clients that have not logged in share few connections."""
    script = public.script("flood.py", "")
    one = servers(login=LOGIN, host="[::]", programs="".join(
        f"[program:flood{number}]\ncommand=/usr/bin/python3 {script}\nuser=www-data\nautostart=false\n"
        "startsecs=0\nstopsignal=KILL\n" for number in range(2)))
    script.write_text(FLOOD.replace("PORT", str(one.port)))
    for number in range(2):
        assert one.supervisor.client("start", f"flood{number}")[0] == 0
    right = authorization("admin", "right")
    for _ in range(40):
        assert one.ask("/healthz", host="::1").status == 200
        assert one.ask("/ok.html", headers=right, host="::1").status == 200
