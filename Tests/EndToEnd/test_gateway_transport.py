"""The gateway's HTTP: whoever connects, however they send, and however many there are."""

import base64
import pathlib
import random
import select
import socket
import threading
import time
import xmlrpc.client

import pytest
from supervised import process_status, wait_until

CALL = b"<methodCall><methodName>supervisor.getPID</methodName></methodCall>"
POST = b"POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(CALL), CALL)
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"user:thepassword").decode()}
CLOSE = b"GET /ok.html HTTP/1.0\r\n\r\n"


def test_it_keeps_no_rights(gateway):
    one = gateway()
    assert one.call("supervisor.getPID") == 4242
    status = process_status(one.process.pid)
    assert status["NoNewPrivs"] == "1" and status["Name"] == "entrypoint"
    title = pathlib.Path(f"/proc/{one.process.pid}/cmdline").read_bytes()
    assert title.strip(b"\0") == b"entrypoint: gateway"
    # PID 1 gives it another user before it starts: Tests/Security/test_roles.py.
    assert status["Seccomp"] == "2"
    limits = pathlib.Path(f"/proc/{one.process.pid}/limits").read_text()
    space = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert str(512 << 20) in space


@pytest.mark.parametrize("request_, expected", [
    (b"GET /ok.html HTTP/1.0\r\n\r\n", [b"HTTP/1.0 200 OK", b"\r\nConnection: close\r\n", b"OK"]),
    (b"GET /ok.html HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", [b"HTTP/1.1 200 OK"]),
    (b"\r\nGET /ok.html HTTP/1.1\r\n\r\n\r\n" + CLOSE, [b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK"]),
    (b"GET /ok.html HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + CLOSE,
     [b"Connection: Keep-Alive", b"Connection: close"]),
    (POST * 3 + CLOSE, [b"<int>4242</int>"] * 3 + [b"HTTP/1.0 200 OK"]),
    (b"HEAD /ok.html HTTP/1.0\r\n\r\n", [b"Connection: close\r\n", b"Content-Length: 2\r\n\r\n"]),
    (b"POST /RPC2 HTTP/1.1\r\n\r\n", [b"HTTP/1.1 411 Length Required", b"<p>Error code 411."]),
    (b"GET /nope HTTP/1.0\r\n\r\n",
     [b"HTTP/1.0 404 Not Found", b"text/html", b"<h1>Error response</h1>\r\n<p>Error code 404.\r\n"
      b"<p>Message: Not Found.\r\n</body>\r\n"]),
    (b"hello\r\n\r\n", [b"HTTP/1.1 400 Bad Request"]),
    (b"POST /RPC2 HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n", [b"HTTP/1.1 413 "]),
    (b"POST /RPC2 HTTP/1.1\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000 + CLOSE, [b"400", b"200"]),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", [b"HTTP/1.1 414 "]),
    (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", [b"HTTP/1.1 431 "]),
    (b"GET / HTTP/3.0\r\n\r\n", [b"HTTP/1.1 505 "]),
], ids=lambda value: value[:30].decode() if isinstance(value, bytes) else "")
@pytest.mark.parametrize("unix", [True, False], ids=["unix", "inet"])
def test_requests_come_in_many_shapes(gateway, unix, request_, expected):
    answer = gateway().raw(request_, unix)
    for piece in expected:
        before, found, answer = answer.partition(piece)
        assert found, f"{piece} is not in {before[:300]}"


def test_a_client_that_waits_for_a_hundred_gets_it(gateway):
    with gateway().connect() as client:
        head = b"POST /RPC2 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(CALL)
        client.sendall(head)
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(CALL)
        assert b"HTTP/1.1 200 OK" in client.recv(1000)


def test_a_request_may_come_byte_by_byte(gateway):
    with gateway().connect() as client:
        for byte in POST:
            client.send(bytes([byte]))
        assert b"HTTP/1.1 200 OK" in client.recv(1000)


@pytest.mark.needs_root
def test_a_client_may_leave_at_any_moment(gateway):
    one = gateway()
    one.kernel.program("idle").may_start.clear()
    files = None
    call = b"<methodCall><methodName>supervisor.startProcess</methodName><params><param><value>idle" \
           b"</value></param></params></methodCall>"
    request = b"POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(call), call)
    for cut in (0, 10, len(request) - 1, len(request)):
        with one.connect() as client:
            client.sendall(request[:cut])
        assert one.call("supervisor.getPID") == 4242
        files = files or one.open_files()
    wait_until(lambda: one.open_files() <= files, what="closed descriptors")
    one.kernel.program("idle").may_start.set()


# Who may call

@pytest.mark.parametrize("password", ["thepassword", "{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d"])
def test_a_password_is_asked_for(gateway, password):
    one = gateway(username="user", password=password)
    wrong = {"Authorization": "Basic " + base64.b64encode(b"user:wrong").decode()}
    for headers in ({}, wrong, {"Authorization": "Bearer x"}):
        for target in ("/", "/ok.html", "/nope", "/logtail/cat"):
            response = one.get(target, headers)
            assert response.status == 401
            assert response.getheader("WWW-Authenticate") == 'Basic realm="default"'
            assert response.getheader("Connection") == "close"
    assert one.get("/ok.html", {"Authorization": "Basic !"}).status == 400
    assert one.get("/ok.html", LOGIN).status == 200
    assert one.proxy(list(LOGIN.items())).supervisor.getPID() == 4242
    assert one.get("/RPC2", {"Content-Length": "60000000"}, "POST").status == 401
    assert one.kernel.heard == ["state"]


def test_a_stranger_has_ten_seconds_and_others_have_for_ever(gateway):
    one = gateway(username="user", password="thepassword")
    known = one.http()
    known.request("GET", "/ok.html", headers=LOGIN)
    assert known.getresponse().read() == b"OK"
    begun = time.monotonic()
    with one.connect() as silent, one.connect() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nA: ")
        # A byte now and then does not lengthen it.
        while not select.select([slow], [], [], 0.7)[0] and time.monotonic() < begun + 30:
            slow.sendall(b"x")
        assert b"HTTP/1.1 408 " in slow.recv(100)
        assert silent.recv(100) == b""
        assert 9 < time.monotonic() - begun < 14
    known.request("GET", "/ok.html", headers=LOGIN)
    assert known.getresponse().read() == b"OK"


def test_strangers_do_not_keep_others_out(gateway):
    one = gateway(username="user", password="thepassword")
    strangers = [one.connect(unix=False) for _ in range(300)]
    assert one.get("/ok.html", LOGIN).status == 200
    gone = [client for client in strangers if is_closed(client)]
    assert len(gone) >= 300 - 128
    for client in strangers:
        client.close()


def is_closed(client):
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False


# Many at once

def test_a_call_that_waits_holds_up_nobody(gateway):
    one = gateway()
    one.kernel.program("idle").may_start.clear()
    started = []
    waiting = threading.Thread(target=lambda: started.append(
        one.call("supervisor.startProcess", "idle")))
    waiting.start()
    wait_until(lambda: one.kernel.waiting, what="a call that waits")
    results = []
    clients = [threading.Thread(target=lambda: results.extend(
        one.call("supervisor.getPID") for _ in range(10))) for _ in range(100)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert results == [4242] * 1000 and not started
    one.kernel.program("idle").may_start.set()
    waiting.join()
    assert started == [True]


def test_more_may_wait_than_are_asked_about_at_once(gateway):
    one = gateway()
    one.kernel.program("idle").may_start.clear()
    results = []
    clients = [threading.Thread(target=lambda: results.append(
        one.call("supervisor.startProcess", "idle"))) for _ in range(250)]
    for client in clients:
        client.start()
    wait_until(lambda: one.kernel.waiting == 100, what="as many long questions as one listener may have")
    one.kernel.program("idle").may_start.set()
    for client in clients:
        client.join()
    assert len(results) == 250 and all(r in (True, ("FAULT", 60, "ALREADY_STARTED: idle"))
                                       for r in results)


def test_a_request_without_a_stream_is_put_again(gateway):
    """PID 1 has no descriptor for it; as supervisord's clients wait, this one does."""
    one = gateway()
    one.refusals = 3
    assert one.call("supervisor.getPID") == 4242
    assert one.refusals == 0


def test_a_client_that_leaves_before_its_stream_comes_leaves_nothing(gateway):
    one = gateway()
    assert one.call("supervisor.getPID") == 4242
    before = one.open_files()
    one.refusals = 10
    for _ in range(20):
        with one.connect() as client:
            client.sendall(POST)
    assert one.call("supervisor.getPID") == 4242
    # The first call's own connection may have been open then.
    wait_until(lambda: one.open_files() <= before, what="as few descriptors as before")


def test_a_client_that_does_not_fetch_its_answers_costs_little(gateway):
    one = gateway()
    one.kernel.program("cat").logs["stdout"].write_bytes(b"\x1b" * (4 << 20))
    call = b"<methodCall><methodName>supervisor.readProcessLog</methodName><params><param><value>cat" \
           b"</value></param><param><value><int>0</int></value></param><param><value><int>0</int>" \
           b"</value></param></params></methodCall>"
    request = b"POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(call), call)
    clients = [one.connect() for _ in range(60)]
    for client in clients:
        client.sendall(request * 5)
    wait_until(lambda: one.kernel.heard.count("openlog cat:cat stdout") >= 60, 60, "the questions")
    assert one.memory("VmHWM") < 300 << 10, "KiB"
    wait_until(lambda: pid_or_none(one) == 4242, what="room for those who do fetch")
    for client in clients:
        client.close()


def pid_or_none(one):
    try:
        return one.call("supervisor.getPID")
    except xmlrpc.client.ProtocolError as error:
        assert error.errcode == 503
        return None


def test_ten_thousand_damaged_requests_cost_nothing(gateway):
    one = gateway()
    whole = b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (
        len(CALL), CALL) + b"GET /?message=%41 HTTP/1.1\r\nConnection: close\r\n\r\n"
    before = None
    for seed in range(10_000):
        rng = random.Random(seed)
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(data))
            data[place:place + rng.choice([0, 1, 1, 20])] = rng.choice(
                [b"", b"\r\n", b"\0", b"<", b"&#9;", b"<value>", b"9" * 30, bytes([rng.randrange(256)])])
        with one.connect() as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        if seed == 1000:
            before = one.memory()
    assert one.process.poll() is None and one.call("supervisor.getPID") == 4242
    assert one.memory() < before + 4096, "KiB"


# Its end

def test_a_log_that_is_followed_ends_in_order(gateway):
    one = gateway()
    one.kernel.program("cat").logs["stdout"].write_bytes(b"hello\n")
    connection = one.http()
    connection.request("GET", "/logtail/cat")
    response = connection.getresponse()
    assert response.read1(100) == b"hello\n"
    one.tell(3, [])
    assert response.read() == b"", "no IncompleteRead"
    assert one.process.wait(20) == 0


def test_what_is_said_last_still_arrives(gateway):
    one = gateway()
    original = one.kernel.do_shutdown

    def shutdown(send):
        original(send)
        send({"end": True})
        one.tell(3, [])
    one.kernel.do_shutdown = shutdown
    assert one.call("supervisor.shutdown") is True
    assert one.process.wait(20) == 0
