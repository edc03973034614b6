"""Calls for logs that are longer than what the gateway keeps: read as the client fetches them."""

import http.client
import xmlrpc.client

import pytest
from supervised import wait_until

MEGABYTES_20 = 20 << 20


def request(*parameters, method="readProcessLog"):
    return xmlrpc.client.dumps(("cat", *parameters), "supervisor." + method).encode()


@pytest.fixture
def long_log(gateway):
    """Twenty megabytes in which most pieces end inside a character, with an end of its own."""
    one = gateway()
    text = "größer & kleiner\n" * (MEGABYTES_20 // 18) + "the end\n"
    one.kernel.program("cat").logs["stdout"].write_text(text)
    return one, text


@pytest.mark.parametrize("unix", [True, False])
def test_a_log_is_read_to_its_end(long_log, unix):
    one, text = long_log
    connection = one.http(unix)
    before = one.memory()
    for _ in range(2):
        connection.request("POST", "/RPC2", request(0, 0))
        response = connection.getresponse()
        assert response.status == 200 and response.getheader("Content-Type") == "text/xml"
        (said,), _ = xmlrpc.client.loads(response.read())
        assert said == text
    assert one.memory("VmHWM") < before + (4 << 10), "KiB"


@pytest.mark.parametrize("method, parameters", [
    ("readProcessLog", (1, 6 << 20)), ("readProcessLog", (-(6 << 20), 0)),
    ("tailProcessLog", (0, 6 << 20)), ("readProcessLog", (15 << 20, 0)),
])
def test_a_long_piece_is_what_the_file_holds(long_log, method, parameters):
    one, text = long_log
    file = text.encode()
    offset, length = parameters
    piece = file[-length:] if method == "tailProcessLog" else \
        file[offset:offset + length if length else None]
    said = one.call("supervisor." + method, "cat", *parameters)
    if method == "tailProcessLog":
        assert said[1:] == [len(file), True]
        said = said[0]
    assert said == piece.decode(errors="replace")


def test_a_client_without_chunks_is_answered_until_the_end_of_the_connection(long_log):
    one, text = long_log
    call = request(0, 0)
    with one.connect() as client:
        client.sendall(b"POST /RPC2 HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(call), call))
        response = http.client.HTTPResponse(client)
        response.begin()
        (said,), _ = xmlrpc.client.loads(response.read())
    assert said == text


def test_a_log_that_is_emptied_meanwhile_ends_the_answer_in_order(long_log):
    one, text = long_log
    connection = one.http()
    connection.request("POST", "/RPC2", request(0, 0))
    response = connection.getresponse()
    first = response.read1(1)
    one.kernel.program("cat").logs["stdout"].write_bytes(b"")
    (said,), _ = xmlrpc.client.loads(first + response.read())
    assert len(said) < len(text) and text.startswith(said)


@pytest.mark.needs_root
def test_a_hundred_who_ask_for_all_of_it_cost_a_hundred_pieces(long_log):
    one, text = long_log
    call = request(0, 0)
    clients = [one.connect() for _ in range(100)]
    assert one.call("supervisor.getPID") == 4242, "all are there"
    before, files = one.memory(), one.open_files()
    for client in clients:
        client.sendall(b"POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(call), call))
    wait_until(lambda: one.kernel.heard.count("openlog cat:cat stdout") == 100, 30, "the questions")
    assert one.call("supervisor.readProcessLog", "cat", 0, 0) == text
    assert one.memory("VmHWM") < before + (24 << 10), "KiB"
    for client in clients:
        client.close()
    wait_until(lambda: one.open_files() <= files, what="that their logs are closed")


@pytest.mark.needs_root
def test_of_several_answers_in_one_all_have_to_be_kept(long_log):
    one, _ = long_log
    assert one.call("supervisor.getPID") == 4242
    files = one.open_files()
    calls = [{"methodName": "supervisor.readProcessLog", "params": ["cat", 0, 0]},
             {"methodName": "supervisor.getPID", "params": []}]
    assert one.call("system.multicall", calls) == [
        {"faultCode": 30, "faultString": "FAILED: the answers are too long for one"}, 4242]
    wait_until(lambda: one.open_files() <= files, what="that the log is closed")
