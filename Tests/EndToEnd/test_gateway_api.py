"""/api/v1: what it tells, what it does, and what it refuses, each in JSON."""

import base64
import http.client
import json
import socket

import pytest

from supervised import TERM, rests, role_of, wait_until
from test_gateway_health import serve  # noqa: F401

CONFIGURATION = """
[program:web]
command=sleep 1000
startsecs=0
[program:worker]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
[program:broken]
command=/nowhere/at/all
autostart=false
[program:trap]
command=/bin/bash -c 'trap "touch %DIR%/hup" HUP; touch %DIR%/trapped; while :; do sleep 0.02; done'
startsecs=0
[cron:tick]
schedule=@yearly
command=/bin/touch %DIR%/ticked
"""


@pytest.fixture
def served(serve):  # noqa: F811
    one, site = serve(CONFIGURATION)
    one.ready()
    wait_until((one.directory / "trapped").exists, what="a trap")
    return one, site


def get(site, path, **options):
    response, said = site.ask(f"/api/v1{path}", trusted=True, **options)
    assert response.getheader("Content-Type") == "application/json", said
    return response.status, said


def post(site, path, body=None, **options):
    return get(site, path, method="POST", body=None if body is None else json.dumps(body),
               **options)


def test_a_post_without_a_body_needs_no_length(served):
    """As `curl -X POST` sends it."""
    one, site = served
    with socket.create_connection(("127.0.0.1", site.port)) as client:
        client.sendall(b"POST /api/v1/units/web/restart HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                       b"Authorization: Basic " + base64.b64encode(b"admin:secret") + b"\r\n\r\n")
        client.settimeout(30)
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer


def test_it_describes_itself(served):
    one, site = served
    for path in ("", "/"):
        status, said = get(site, path)
        assert (status, said["openapi"]) == (200, "3.0.3")
    for path, methods in said["paths"].items():
        if path == "/events":
            continue
        actual = path.replace("{name}", "web")
        for method in methods.keys() - {"parameters"}:
            status, answer = get(site, actual, method=method.upper(), body="{}")
            assert status in (200, 400, 409), (path, method, answer)


def test_status_and_one_unit(served):
    one, site = served
    status, said = get(site, "/status")
    assert (status, said["healthy"], said["ready"], said["phase"]) == (200, True, True, "up")
    rows = {row["name"]: row for row in said["units"]}
    assert rows.keys() == one.status().keys()
    assert rows["tick"]["kind"] == "cron"
    for name in ("web", "worker:worker_01", "worker%3Aworker_01", "tick"):
        status, said = get(site, f"/units/{name}")
        assert (status, said["name"]) == (200, name.replace("%3A", ":"))
        assert said["pid"] == one.status()[said["name"]]["pid"]
    assert get(site, "/units/nobody") == (404, {"error": "Not Found", "message": "no such unit"})
    status, said = get(site, "/journal")
    assert {"event": "start completed"}.items() <= [
        line for line in said["journal"] if line.get("event") == "start completed"][0].items()


def test_programs_are_started_stopped_and_restarted(served):
    one, site = served
    pid = one.status()["web"]["pid"]
    assert post(site, "/units/web/start") == (
        409, {"error": "Conflict", "results": [{"name": "web", "fault": "ALREADY_STARTED"}]})
    assert post(site, "/units/web/restart") == (200, {"results": [
        {"name": "web", "result": "stopped"}, {"name": "web", "result": "started"}]})
    assert one.status()["web"]["pid"] not in (0, pid)
    assert post(site, "/units/web/stop") == (
        200, {"results": [{"name": "web", "result": "stopped"}]})
    assert one.status()["web"]["state"] == "STOPPED"
    assert post(site, "/units/web/stop")[1]["results"][0]["fault"] == "NOT_RUNNING"
    # What does not run is no obstacle.
    assert post(site, "/units/web/restart") == (
        200, {"results": [{"name": "web", "result": "started"}]})
    assert post(site, "/units/web/stop?wait=false")[0] == 200
    one.until("web", "STOPPED")
    assert post(site, "/units/web/start?wait=false")[0] == 200
    one.until("web", "RUNNING")
    status, said = post(site, "/units/worker:*/stop")
    assert (status, len(said["results"])) == (200, 2)
    status, said = post(site, "/units/broken/start")
    assert (status, said["results"][0]["fault"]) == (409, "NO_FILE")
    assert "/nowhere/at/all" in said["results"][0]["message"]


LINGERING = """
[program:lingering]
command=/bin/bash -c 'trap "while [ ! -e %DIR%/go ]; do sleep 0.02; done; exit" TERM; touch %DIR%/up; while :; do sleep 0.02; done'
startsecs=0
stopwaitsecs=60
"""


def test_a_restart_is_finished_though_its_client_has_left(serve):  # noqa: F811
    one, _ = serve(LINGERING + "[unix_http_server]\nfile=%DIR%/http.sock\n")
    wait_until((one.directory / "up").exists, what="a trap")
    pid = one.status()["lingering"]["pid"]
    # Of such a socket, unlike one of TCP, the gateway learns at once that the client has left.
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(one.directory / "http.sock"))
        client.sendall(b"POST /api/v1/units/lingering/restart HTTP/1.1\r\nHost: x\r\n\r\n")
        one.until("lingering", "STOPPING")
    rests(role_of(one, "gateway"))
    (one.directory / "go").touch()
    one.until("lingering", "RUNNING")
    assert one.status()["lingering"]["pid"] != pid
    assert "waiting for lingering to stop" in one.said()


def test_a_restart_that_nobody_waits_for(serve):  # noqa: F811
    one, site = serve(LINGERING + "[program:other]\ncommand=sleep 1000\nautostart=false\n")
    wait_until((one.directory / "up").exists, what="a trap")
    pid = one.status()["lingering"]["pid"]
    assert post(site, "/units/lingering/restart?wait=false") == (
        200, {"results": [{"name": "lingering", "result": "restarting"}]})
    assert one.status()["lingering"]["state"] == "STOPPING"
    assert post(site, "/units/other/restart?wait=false")[0] == 200
    one.until("other", "RUNNING")
    assert post(site, "/units/nobody/restart?wait=false")[0] == 404
    (one.directory / "go").touch()
    one.until("lingering", "RUNNING")
    assert one.status()["lingering"]["pid"] != pid


def test_a_cron_runs_now(served):
    one, site = served
    assert post(site, "/units/tick/start") == (
        200, {"results": [{"name": "tick", "result": "started"}]})
    wait_until((one.directory / "ticked").exists, what="a run")


def test_signals_rolls_and_numbers(served):
    one, site = served
    status, said = post(site, "/units/trap/signal", {"signal": "HUP"})
    assert (status, said["results"]) == (200, [{"name": "trap", "result": "signalled"}])
    wait_until((one.directory / "hup").exists, what="the signal")
    assert post(site, "/units/trap/signal", {"signal": "NONE"})[0] == 400
    before = {row["pid"] for name, row in one.status().items() if "worker" in name}
    status, said = post(site, "/units/worker/roll")
    assert (status, [row["name"] for row in said["results"]]) == (
        200, ["worker:worker_00", "worker:worker_01"])
    after = {row["pid"] for name, row in one.status().items() if "worker" in name}
    assert len(after) == 2 and not before & after
    assert post(site, "/units/worker/scale", {"count": 3}) == (200, {"results": [{"result": "ok"}]})
    one.until("worker:worker_02", "RUNNING")
    assert post(site, "/units/nobody/scale", {"count": 3})[0] == 404


@pytest.mark.parametrize("method, path, body, status", [
    ("GET", "/nothing", None, 404), ("GET", "/units", None, 404), ("GET", "/units/", None, 404),
    ("POST", "/units/web/nothing", None, 404), ("GET", "/status/more", None, 404),
    ("GET", "/units/a%20b", None, 404), ("GET", "/units/a%0Ashutdown", None, 404),
    ("POST", "/units/nobody/start", None, 404), ("POST", "/units/no:one/stop", None, 404),
    ("POST", "/units/nobody/restart", None, 404), ("POST", "/units/nobody/roll", None, 404),
    ("POST", "/units/a%0Ashutdown/start", None, 404), ("POST", "/units/a%20b/stop", None, 404),
    ("POST", "/status", None, 405), ("DELETE", "/units/web", None, 405),
    ("GET", "/units/web/stop", None, 405), ("POST", "/events", None, 405),
    ("HEAD", "/events", None, 405), ("PUT", "/units/web/scale", "{}", 405),
    ("POST", "/units/web/start?wait=maybe", None, 400),
    ("POST", "/units/web/signal", None, 400), ("POST", "/units/web/signal", "{", 400),
    ("POST", "/units/web/signal", "[]", 400), ("POST", "/units/web/signal", "{}", 400),
    ("POST", "/units/web/signal", '{"signal": 9}', 400),
    ("POST", "/units/web/signal", '{"signal": "HUP web\\nshutdown"}', 400),
    ("POST", "/units/web/scale", '{"count": -1}', 400),
    ("POST", "/units/web/scale", '{"count": 1.5}', 400),
    ("POST", "/units/web/scale", '{"count": 1e99}', 400),
    ("POST", "/units/web/scale", '{"count": "3"}', 400),
])
def test_what_cannot_be_answered_is_refused_in_json(served, method, path, body, status):
    one, site = served
    before = one.status()
    response, said = site.ask(f"/api/v1{path}", method, body=body, trusted=True)
    assert response.status == status
    assert response.getheader("Content-Type") == "application/json"
    if method != "HEAD":
        assert said["error"] == http.client.responses[status]
    assert (response.getheader("Allow") is not None) == (status == 405)
    assert {name: row["pid"] for name, row in before.items()} == {
        name: row["pid"] for name, row in one.status().items()}


def test_strangers_and_other_sites_are_refused(served):
    one, site = served
    for path in ("/api/v1", "/api/v1/status", "/api/v1/units/web/stop", "/api/v1/events"):
        response, said = site.ask(path, "POST" if "stop" in path else "GET")
        assert (response.status, said) == (401, {"error": "Unauthorized"}), path
        assert response.getheader("WWW-Authenticate").startswith("Basic")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"},
                    {"Origin": "null"}, {"User-Agent": "Mozilla/5.0"}):
        status, said = post(site, "/units/web/stop", headers=headers)
        assert (status, said["error"]) == (403, "Forbidden"), headers
    assert one.status()["web"]["state"] == "RUNNING"


class Stream:
    """A client of /api/v1/events."""

    def __init__(self, site):
        self.connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=15)
        self.connection.request("GET", "/api/v1/events", headers={
            "Authorization": "Basic YWRtaW46c2VjcmV0"})
        self.response = self.connection.getresponse()
        if self.response.status == 200:
            assert json.loads(self.response.readline()).keys() == {"wall"}

    def until(self, to, name):
        while True:
            line = json.loads(self.response.readline())
            if line.get("name") == name and line.get("to") == to:
                return line


def test_events_come_as_they_happen(served):
    one, site = served
    stream = Stream(site)
    assert stream.response.status == 200
    assert stream.response.getheader("Content-Type") == "application/x-ndjson"
    one.client("stop", "web")
    assert stream.until("stopping", "web")["from"] == "running"
    assert stream.until("stopped", "web")["from"] == "stopping"
    rests(role_of(one, "gateway"))
    stream.connection.close()
    other = Stream(site)
    one.client("start", "web")
    other.until("running", "web")
    one.send(TERM)
    while json.loads(other.response.readline()).get("event") != "shutdown":
        pass
    assert one.wait() == 0


def test_streams_are_bounded_and_leave_room_for_others(served):
    one, site = served
    streams = [Stream(site) for _ in range(20)]
    statuses = [stream.response.status for stream in streams]
    assert statuses == [200] * 16 + [503] * 4
    assert json.loads(streams[-1].response.read())["error"] == "Service Unavailable"
    assert get(site, "/status")[0] == 200
    for stream in streams[:8]:
        stream.response.close()
        stream.connection.close()
    assert wait_until(lambda: Stream(site).response.status == 200, what="a place")


def test_every_event_comes_in_its_order(gateway):
    one = gateway()
    one.kernel.happenings = 3000
    lines = [json.loads(line) for line in one.get("/api/v1/events").text.splitlines()]
    assert lines.pop() == {"end": True}
    assert [line["at"] for line in lines] == list(range(3000))


def test_one_that_does_not_read_its_events_is_let_go(gateway):
    one = gateway()
    before = one.memory()
    with one.connect() as client:
        client.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert one.kernel.events_over.wait(20), "it was not let go"
        assert one.memory() - before < 16 << 10
    assert one.get("/ok.html").status == 200
