"""/logtail and /mainlogtail: logs that are followed over HTTP, whatever happens to the files."""

import os

import pytest
from supervised import wait_until


class Follower:
    """Reads a response without an end as it comes."""

    def __init__(self, gateway, target, headers=None):
        self.connection = gateway.http()
        self.connection.request("GET", target, headers=headers or {})
        self.response = self.connection.getresponse()
        self.text = b""

    def until(self, text):
        """Everything up to this text."""
        while text not in self.text:
            piece = self.response.read1(65536)
            assert piece, f"the end came after {self.text[-200:]}"
            self.text += piece
        before, _, self.text = self.text.partition(text)
        return before + text

    def skip(self, count):
        """Passes over so many bytes, none of which has been read yet."""
        assert not self.text
        while count > 0:
            piece = self.response.read1(min(count, 65536))
            assert piece, f"the end came {count} bytes too early"
            count -= len(piece)


@pytest.fixture
def followed(gateway):
    one = gateway()
    log = one.kernel.program("cat").logs["stdout"]
    log.write_bytes(b"x" * 3000 + b"last\n")
    return one, log, Follower(one, "/logtail/cat")


def append(log, text):
    with open(log, "ab") as file:
        file.write(text)


def test_the_end_comes_first_and_then_what_is_written(followed):
    _, log, follower = followed
    response = follower.response
    assert response.status == 200
    assert response.getheader("Content-Type") == "text/plain;charset=utf-8"
    assert response.getheader("X-Accel-Buffering") == "no"
    assert response.getheader("Transfer-Encoding") == "chunked"
    assert response.getheader("Last-Modified").endswith(" GMT")
    assert follower.until(b"last\n") == b"x" * 1019 + b"last\n"
    append(log, b"more\n")
    assert follower.until(b"more\n") == b"more\n"


def test_rotation_loses_nothing(followed):
    _, log, follower = followed
    follower.until(b"last\n")
    for number in range(3):
        append(log, b"before %d\n" % number)
        os.rename(log, f"{log}.1")
        append(f"{log}.1", b"late %d\n" % number)
        append(log, b"after %d\n" % number)
        assert follower.until(b"after %d\n" % number) == \
            b"before %d\nlate %d\nafter %d\n" % (number, number, number)


def test_a_log_that_is_cleared_is_followed_on(followed):
    one, log, follower = followed
    follower.until(b"last\n")
    assert one.call("supervisor.clearProcessLogs", "cat") is True
    append(log, b"new\n")
    assert follower.until(b"new\n") == b"new\n"


def test_a_log_that_is_cut_off_is_said_to_be(followed):
    _, log, follower = followed
    follower.until(b"last\n")
    with open(log, "wb") as file:
        file.write(b"anew\n")
    assert follower.until(b"anew\n") == b"==> File truncated <==\nanew\n"


def test_a_log_that_is_gone_for_a_while_is_waited_for(followed):
    one, log, follower = followed
    follower.until(b"last\n")
    log.unlink()
    asked = one.kernel.heard.count("openlog cat:cat stdout")
    wait_until(lambda: one.kernel.heard.count("openlog cat:cat stdout") > asked, what="a question")
    append(log, b"back\n")
    assert follower.until(b"back\n") == b"back\n"


def test_much_comes_quickly_and_whole(followed):
    _, log, follower = followed
    follower.until(b"last\n")
    text = b"".join(b"line %07d\n" % n for n in range(1 << 20)) + b"the end\n"
    append(log, text)
    assert follower.until(b"the end\n") == text


def test_a_follower_that_stops_reading_costs_nothing(followed):
    one, log, follower = followed
    follower.until(b"last\n")
    before = one.memory()
    for _ in range(64):
        append(log, b"y" * (1 << 20))
    for _ in range(20):
        assert one.call("supervisor.getPID") == 4242
    assert one.memory() < before + (8 << 10), "KiB"
    append(log, b"the end\n")
    follower.skip(64 << 20)
    assert follower.until(b"the end\n") == b"the end\n"


@pytest.mark.needs_root
def test_nothing_is_asked_when_nobody_follows(followed):
    one, _, follower = followed
    follower.until(b"last\n")
    files = one.open_files()
    follower.response.close()
    follower.connection.close()
    wait_until(lambda: one.open_files() < files, what="a closed log")
    asked = len(one.kernel.heard)
    switches = voluntary_switches(one)
    for _ in range(3):
        assert one.call("supervisor.getPID") == 4242
    assert len(one.kernel.heard) == asked + 3
    assert voluntary_switches(one) < switches + 100


def voluntary_switches(one):
    return one.memory("voluntary_ctxt_switches")


@pytest.mark.parametrize("target, status", [
    ("/logtail", 404), ("/logtail/", 404), ("/logtail/nope", 404), ("/logtail/cat/what", 404),
    ("/logtail/cat/stdout/more", 404), ("/logtail/multi:*", 404), ("/logtail/multi", 404),
    ("/logtail/idle", 404), ("/logtailcat", 404), ("/logtail/a%20b", 404),
    ("/logtail/cat%0astop", 404),
])
def test_what_cannot_be_followed_is_not_found(gateway, target, status):
    one = gateway()
    one.kernel.program("idle").logs = {"stdout": None, "stderr": None}
    assert one.get(target).status == status
    assert one.get(target, method="POST", body="").status == 400


@pytest.mark.parametrize("target", [
    "/logtail/cat/stdout", "/logtail/cat/stderr", "/logtail/multi:multi_0",
    "/logtail/multi%3Amulti_0", "/mainlogtail", "/logtail/cat:cat"])
def test_every_log_has_an_address(gateway, target):
    one = gateway()
    for program in one.kernel.programs:
        for log in program.logs.values():
            log.write_bytes(f"{log.name}\n".encode())
    follower = Follower(one, target)
    expected = {"/logtail/cat/stdout": b"cat.stdout\n", "/logtail/cat:cat": b"cat.stdout\n",
                "/logtail/cat/stderr": b"cat.stderr\n", "/mainlogtail": b"main\n"}
    follower.until(expected.get(target, b"multi_0.stdout\n"))


def test_an_old_client_gets_it_without_chunks(gateway):
    one = gateway()
    one.kernel.program("cat").logs["stdout"].write_bytes(b"hello\n")
    with one.connect() as client:
        client.sendall(b"GET /logtail/cat HTTP/1.0\r\n\r\n")
        text = b""
        while b"hello\n" not in text:
            text += client.recv(1000)
        assert text.startswith(b"HTTP/1.0 200 OK") and text.endswith(b"\r\n\r\nhello\n")
        assert b"Transfer-Encoding" not in text
