"""What a program, or a host on the network, can do to the HTTP servers with connections and guesses."""

import base64
import contextlib
import http.client
import json
import re
import shutil
import socket
import statistics
import sys
import time
import xmlrpc.client

import pytest

from supervised import free_port, wait_until

CONNECT = """
import pathlib, resource, signal, socket, sys
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
port, count, data, done = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode(), sys.argv[4]
data = data.replace(b"|", b"\\r\\n")
clients = []
for number in range(count):
    try:
        client = socket.create_connection(("127.0.0.1", port), timeout=20)
        client.sendall(data)
        clients.append(client)
    except OSError:
        pass
pathlib.Path(done).write_text(str(len(clients)))
signal.pause()
"""


STATE = xmlrpc.client.dumps((), "supervisor.getState")


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Servers:
    """A supervisor as PID 1 with a TCP server, a unix socket of root's, and an attacker."""

    def __init__(self, port, path, supervisor):
        self.port, self.path, self.supervisor = port, path, supervisor
        supervisor.ready()
        wait_until(self.is_listening, what="a TCP server")

    def is_listening(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, path, method="GET", body=None, headers=None, host="127.0.0.1", source=None):
        connection = http.client.HTTPConnection(
            host, self.port, timeout=20, source_address=(source, 0) if source else None)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        response.text = response.read().decode()
        connection.close()
        return response

    def over_unix(self, name, *arguments):
        connection = Unix(self.path)
        body = xmlrpc.client.dumps(arguments, f"supervisor.{name}")
        connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
        value, _ = xmlrpc.client.loads(connection.getresponse().read())
        connection.close()
        return value[0]

    def everybody_is_served(self):
        """The end points of orchestrators, and root's own socket."""
        for path in ("/healthz", "/readyz"):
            assert self.ask(path).status in (200, 503)
        assert self.over_unix("getState")["statename"] == "RUNNING"
        assert any(info["name"] == "worker" for info in self.over_unix("getAllProcessInfo"))
        code, text = self.supervisor.client("status")
        assert "worker" in text and "RUNNING" in text, text

    def attack(self, attackers=1):
        """Connections of `user=www-data` programs, once they are all there."""
        done = [self.path.parent / f"done{number}" for number in range(attackers)]
        for place in done:
            place.touch()
            place.chmod(0o666)
        for number, place in enumerate(done):
            assert self.supervisor.client("start", f"attacker{number}")[0] == 0
        wait_until(lambda: all(place.read_text() for place in done), 120, "all connections")
        return [int(place.read_text()) for place in done]


def attackers(directory, port, count, data, number=1):
    return "".join(
        f"[program:attacker{index}]\nuser=www-data\nautostart=false\nstartsecs=0\nstopwaitsecs=1\n"
        f"command={sys.executable} {directory}/connect.py {port} {count} '{data}' {directory}/done{index}\n"
        for index in range(number))


@pytest.fixture
def servers(supervise, public):
    def start(count=0, data="", login="", programs="", number=1, more="", host="127.0.0.1"):
        port, path = free_port(), public.path / "http.sock"
        (public.path / "connect.py").write_text(CONNECT)
        configuration = f"[unix_http_server]\nfile={path}\n" \
            f"[inet_http_server]\nport={host}:{port}\n{login}{more}" \
            "[program:worker]\ncommand=sleep 1000\nstartsecs=0\n" + programs
        if count:
            configuration += attackers(public.path, port, count, data, number)
        configuration = configuration.replace("%PORT%", str(port))
        return Servers(port, path, supervise(configuration, pid1=True))
    return start


# Connections

@pytest.mark.parametrize("data", [
    "",
    "GET /healthz HTTP/1.1|Host: x|",
    "POST /RPC2 HTTP/1.1|Content-Length: 1000000||<",
    "GET /ok.html HTTP/1.1|Host: x||",
], ids=["silent", "half a head", "half an upload", "idle after a request"])
def test_connections_that_do_nothing_lock_nobody_out(servers, data):
    one = servers(1400, data)
    assert one.attack()[0] > 1000
    for _ in range(3):
        one.everybody_is_served()


def test_large_uploads_block_nobody(servers):
    """Uploads for which all memory of the gateway is announced, and of which a byte comes now and then."""
    one = servers()
    head = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n"
    clients = [socket.create_connection(("127.0.0.1", one.port)) for _ in range(20)]
    for client in clients:
        client.sendall(head)
    for _ in range(3):
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(b"x")
        one.everybody_is_served()
        assert one.ask("/RPC2", "POST", STATE, {"Host": "localhost"}).status == 200
    for client in clients:
        client.close()


def test_followers_that_never_read_lock_nobody_out(servers):
    chatty = "[program:chatty]\ncommand=/bin/sh -c 'while :; do echo 0123456789; sleep 0.01; done'\n" \
             "stdout_logfile=%DIR%/chatty.log\n"
    one = servers(1100, "GET /logtail/chatty HTTP/1.1|Host: x||", programs=chatty)
    one.attack()
    one.everybody_is_served()


# SIGTERM does not end it.
STUBBORN = """
[program:stubborn]
command=/bin/sh -c 'trap "" TERM; while :; do sleep 1; done'
stopwaitsecs=600
startsecs=0
"""


@pytest.mark.parametrize("count", [300, 1400], ids=["some places", "all places"])
def test_clients_that_wait_for_a_program_lock_nobody_out(servers, count):
    """Clients wait for a program that does not stop. Others get answers, and root can stop a program."""
    body = "<methodCall><methodName>supervisor.stopProcess</methodName><params><param><value>stubborn" \
        "</value></param></params></methodCall>"
    call = f"POST /RPC2 HTTP/1.1|Host: 127.0.0.1|Content-Length: {len(body)}||{body}"
    one = servers(count, call, programs=STUBBORN)
    one.attack()
    wait_until(lambda: one.supervisor.status()["stubborn"]["state"] == "STOPPING", what="a stop")
    one.everybody_is_served()
    assert one.over_unix("stopProcess", "worker") is True


def test_event_streams_of_one_server_leave_some_for_another(servers):
    one = servers(20, "GET /api/v1/events HTTP/1.1|Host: x||")
    one.attack()

    def status(connection):
        connection.request("GET", "/api/v1/events")
        try:
            return connection.getresponse().status
        finally:
            connection.close()
    wait_until(lambda: status(http.client.HTTPConnection("127.0.0.1", one.port, timeout=20)) == 503,
               what="the end of the places")
    assert status(Unix(one.path)) == 200
    one.everybody_is_served()


def test_a_head_that_comes_byte_by_byte_has_ten_seconds(servers):
    one = servers()
    with socket.create_connection(("127.0.0.1", one.port)) as client:
        begun = time.monotonic()
        client.settimeout(0.5)
        answer = b""
        for byte in b"GET /ok.html HTTP/1.1\r\nA: " + b"x" * 100:
            client.send(bytes([byte]))
            try:
                answer = client.recv(100)
            except TimeoutError:
                continue
            break
        assert b" 408 " in answer and 8 < time.monotonic() - begun < 25


def test_one_address_cannot_take_the_connections_of_another(servers):
    """A client that keeps its connection for hours, as superlance does, is not the victim of a flood."""
    one = servers(1400, "GET /ok.html HTTP/1.1|Host: x||")
    kept = http.client.HTTPConnection("127.0.0.1", one.port, timeout=20, source_address=("127.0.0.2", 0))
    kept.request("GET", "/ok.html")
    assert kept.getresponse().read() == b"OK"
    first = kept.sock
    one.attack()
    kept.request("GET", "/ok.html")
    assert kept.getresponse().read() == b"OK" and kept.sock is first, "the same connection"


# Passwords

LOGIN = "username=admin\npassword=right\n"


def authorization(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


# Opens silent connections as fast as the server closes earlier ones.
FLOOD = """
import collections, contextlib, socket, sys
port, done = int(sys.argv[1]), sys.argv[2]
clients, count = collections.deque(), 0
while True:
    count += 1
    clients.append(socket.create_connection(("127.0.0.1", port), timeout=20))
    if len(clients) > 1200:
        with contextlib.suppress(ConnectionResetError): clients.popleft().recv(1)
    if count == 10_000: open(done, "w").write("enough")
"""


@pytest.fixture
def flooded(servers, public):
    """A server and a program that opens silent connections, and a function: whether these are 10,000 by now."""
    def start(**more):
        done = public.path / "enough"
        done.touch()
        shutil.chown(done, "www-data")
        more["programs"] = more.get("programs", "") + (
            f"[program:flooder]\nuser=www-data\nautostart=false\n"
            f"command={public.script('flood.py', FLOOD)} %PORT% {done}\n")
        return servers(**more), lambda: done.read_text() == "enough"
    return start


def test_a_flood_of_silent_connections_closes_no_connection_with_a_request(flooded):
    one, is_enough = flooded(programs=STUBBORN)
    kept = http.client.HTTPConnection("127.0.0.1", one.port, timeout=20)
    kept.request("GET", "/ok.html")
    assert kept.getresponse().read() == b"OK"
    first = kept.sock
    stop = http.client.HTTPConnection("127.0.0.1", one.port, timeout=60)
    stop.request("POST", "/RPC2", xmlrpc.client.dumps(("stubborn",), "supervisor.stopProcess"),
                 {"Content-Type": "text/xml"})
    assert one.supervisor.client("start", "flooder")[0] == 0

    def asked():
        assert one.ask("/healthz").status in (200, 503)
        return is_enough()
    wait_until(asked, 60, "10000 connections")
    kept.request("GET", "/ok.html")
    assert kept.getresponse().read() == b"OK" and kept.sock is first, "the same connection"
    assert one.supervisor.client("signal", "KILL", "stubborn")[0] == 0
    assert xmlrpc.client.loads(stop.getresponse().read())[0] == (True,)


def test_a_flood_of_silent_connections_prevents_no_login(flooded):
    one, is_enough = flooded(login=LOGIN)
    assert one.supervisor.client("start", "flooder")[0] == 0

    def logged_in():
        assert one.ask("/ok.html", headers=authorization("admin", "right")).status == 200
        return is_enough()
    wait_until(logged_in, 60, "10000 connections")
    assert one.ask("/ok.html", headers=authorization("admin", "wrong")).status == 401
    assert one.ask("/ok.html", headers=authorization("admin", "right")).status in (200, 429)


# Times of answers, and their statuses, until a file is there.
GUESS = """
import base64, http.client, itertools, json, os, signal, sys, threading, time
port, end, done = int(sys.argv[1]), sys.argv[2], sys.argv[3]
login = "Basic " + base64.b64encode(b"admin:wrong").decode()
answers = []
def guess(number):
    for count in itertools.count():
        source = f"127.{number}.{count // 250}.{count % 250 + 1}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(source, 0))
        try:
            connection.request("GET", "/ok.html", headers={"Authorization": login})
            answers.append((time.monotonic(), connection.getresponse().status))
        except OSError:
            pass
        connection.close()
        if os.path.exists(end): return
threads = [threading.Thread(target=guess, args=(number,)) for number in range(16)]
begun = time.monotonic()
for thread in threads: thread.start()
for thread in threads: thread.join()
with open(done, "w") as file: json.dump([begun, answers], file)
signal.pause()
"""


def test_guesses_are_slow_and_logged(servers, public):
    """A program has more than 16 million loopback addresses, which count as one."""
    end, done = public.path / "end", public.path / "done"
    done.touch()
    shutil.chown(done, "www-data")
    one = servers(login=LOGIN, host="[::]", programs=f"[program:guesser]\nuser=www-data\nautostart=false\n"
                  f"command={public.script('guess.py', GUESS)} %PORT% {end} {done}\n")
    assert one.supervisor.client("start", "guesser")[0] == 0
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() > begun + 5, what="five seconds")
    # Another address is not delayed, nor is the socket of root, nor a health check.
    times = []
    for _ in range(5):
        start = time.monotonic()
        assert one.ask("/ok.html", headers=authorization("admin", "right"), host="::1").status == 200
        times.append(time.monotonic() - start)
    assert statistics.median(times) < 1
    assert one.ask("/healthz").status == 200
    end.touch()
    wait_until(lambda: done.read_text().endswith("]]"), 60, "the end of the guesses")
    begun, answers = json.loads(done.read_text())
    checked = [when for when, status in answers if status == 401]
    assert {status for _, status in answers} <= {401, 429}
    assert 0 < len(checked) <= 5 + 5 * (max(when for when, _ in answers) - begun), "guesses that were checked"
    assert one.ask("/ok.html", headers=authorization("admin", "right")).status in (200, 429)
    line = re.compile(r'WARN login failed: user "admin" from 127\.[0-9.]+ over HTTP')
    wait_until(lambda: line.search(one.supervisor.said()), what="a line in the log")
    assert one.supervisor.said().count("login failed") <= 5
    wait_until(lambda: "failed logins since the last report" in one.supervisor.said(), 20, "their number")


def test_a_right_password_after_a_wrong_one_is_accepted(servers):
    one = servers(login=LOGIN)
    for password, status in (("wrong", 401), ("", 401), ("right", 200), ("right", 200)):
        assert one.ask("/ok.html", headers=authorization("admin", password)).status == status
    assert one.ask("/ok.html", headers=authorization("nobody", "right")).status == 401
    events = [line for line in one.supervisor.journal() if line.get("event") == "login failed"]
    assert events and events[0]["user"] == "admin" and events[0]["address"] == "127.0.0.1"


@pytest.mark.parametrize("keys, place, words", [
    ("password=secret\n", "3:10", "add username=…"),
    ("username=admin\n", "3:10", "add password=…"),
    ("username=admin\npassword=\n", "4:1", "password in [inet_http_server] is empty"),
    ("username=\npassword=secret\n", "3:1", "username in [inet_http_server] is empty"),
    ("username=%(ENV_NAME)s\npassword=secret\n", "3:10", "username in [inet_http_server] is empty"),
    ("username=%(ENV_NAME:-)s\npassword=%(ENV_NAME)s\n", "3:10", "username in [inet_http_server] is empty"),
])
def test_half_an_authentication_is_an_error(supervise, tmp_path, keys, place, words):
    path = tmp_path / "half.conf"
    path.write_text(f"[inet_http_server]\nport=127.0.0.1:{free_port()}\n{keys}[supervisord]\n"
                    "[program:worker]\ncommand=sleep 1000\n")
    one = supervise(path=path, environment={"NAME": ""})
    assert one.wait() == 2
    assert re.search(rf"half\.conf:{place}: error: .*{re.escape(words)}", one.said()), one.said()
