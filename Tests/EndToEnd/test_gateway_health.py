"""/healthz and /readyz: what load balancers and orchestrators are told, and when."""

import base64
import http.client
import json
import socket

import pytest

from supervised import TERM, free_port, wait_until

PASSWORD = "username=admin\npassword=secret\n"


class Site:
    """A supervisor's HTTP server."""

    def __init__(self, port):
        self.port = port

    def ask(self, path, method="GET", headers=None, body=None, trusted=False):
        """The response, and what its JSON says."""
        headers = dict(headers or {})
        if trusted:
            headers["Authorization"] = "Basic " + base64.b64encode(b"admin:secret").decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        is_json = response.getheader("Content-Type") == "application/json"
        return response, json.loads(text) if is_json and text else text

    def is_listening(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def status(self, path):
        return self.ask(path)[0].status


@pytest.fixture
def serve(supervise):
    """A supervisor with an HTTP server that wants a password."""
    def start(configuration, **options):
        site = Site(free_port())
        server = f"[inet_http_server]\nport=127.0.0.1:{site.port}\n{PASSWORD}"
        one = supervise(server + configuration, **options)
        wait_until(site.is_listening, what="an HTTP server")
        return one, site
    return start


def test_a_start_is_neither_healthy_nor_ready_before_it_is_complete(serve, tmp_path):
    gate = tmp_path / "gate"
    one, site = serve(f"[wait:gate]\nurl=file://{gate}\ntimeout=1m\ninterval=20ms\n"
                      "[program:web]\ncommand=sleep 1000\nstartsecs=0\n")
    response, said = site.ask("/readyz")
    assert response.status == 503
    assert said == {"ready": False, "phase": "starting", "awaited": ["gate", "web"]}
    response, said = site.ask("/healthz")
    assert (response.status, said["healthy"], said["phase"]) == (503, False, "starting")
    assert one.client("healthcheck")[0] == 1
    gate.touch()
    one.ready()
    response, said = site.ask("/readyz")
    assert (response.status, said) == (200, {"ready": True, "phase": "up", "awaited": []})
    response, said = site.ask("/healthz")
    assert (response.status, said) == (200, {"healthy": True, "phase": "up", "ailing": []})
    assert response.getheader("Cache-Control") == "no-cache"
    assert one.client("healthcheck")[0] == 0


def test_what_ails_is_named_and_healthcheck_agrees(serve):
    one, site = serve("[program:good]\ncommand=sleep 1000\nstartsecs=0\n"
                      "[program:sick]\ncommand=sleep 1000\nstartsecs=0\non_unhealthy=ignore\n"
                      "health=file://%DIR%/well\nhealth_interval=20ms\nhealth_fall=1\n"
                      "health_rise=1\n"
                      "[program:dead]\ncommand=/bin/false secret-path\nautostart=false\n"
                      "startretries=0\n")
    one.ready()
    one.client("start", "dead")
    one.until("dead", "FATAL")

    def ailing():
        response, said = site.ask("/healthz")
        names = [unit["name"] for unit in said["ailing"]]
        assert response.status == (503 if names else 200)
        assert "secret-path" not in json.dumps(said)
        return names
    wait_until(lambda: ailing() == ["dead", "sick"], what="two that ail")
    assert one.client("healthcheck")[0] == 1
    assert site.status("/readyz") == 200
    (one.directory / "well").touch()
    one.client("stop", "dead")
    one.client("remove", "dead")
    wait_until(lambda: ailing() == [], what="health")
    assert one.client("healthcheck")[0] == 0


def test_readiness_ends_with_the_shutdown_and_before_anything_stops(serve, tmp_path):
    seen, go = tmp_path / "seen", tmp_path / "go"
    one, site = serve("[program:web]\ncommand=sleep 1000\nstartsecs=0\n"
                      "[program:slow]\nstartsecs=0\nstopwaitsecs=20\n"
                      f"command=/bin/bash -c 'trap \"touch {seen}; until [ -e {go}2 ]; do sleep 0.02; "
                      "done; exit\" TERM; while :; do sleep 0.02; done'\n"
                      f"[hook:drain]\nstage=stop\ncommand=/bin/sh -c 'until [ -e {go} ]; do "
                      "sleep 0.02; done'\n")
    one.ready()
    assert site.status("/readyz") == 200
    one.send(TERM)
    wait_until(lambda: site.status("/readyz") == 503, what="the drain")
    response, said = site.ask("/readyz")
    assert (response.status, said["ready"], said["phase"]) == (503, False, "shutting down")
    assert site.status("/healthz") == 503
    rows = one.status()
    assert rows["web"]["state"] == "RUNNING" and rows["slow"]["state"] == "RUNNING"
    go.touch()
    wait_until(seen.exists, what="the stop of a program")
    for _ in range(20):
        assert site.status("/readyz") == 503, "answered while programs are being stopped"
    (tmp_path / "go2").touch()
    assert one.wait() == 0


def test_only_the_two_need_no_password(serve):
    one, site = serve("[program:web]\ncommand=sleep 1000\nstartsecs=0\n")
    one.ready()
    for path in ("/healthz", "/readyz", "/readyz?verbose"):
        response, _ = site.ask(path)
        assert (response.status, response.getheader("Connection")) == (200, "close")
        assert site.ask(path, trusted=True)[0].status == 200
        response, said = site.ask(path, "HEAD")
        assert (response.status, said) == (200, "")
        assert int(response.getheader("Content-Length")) > 10
    for path in ("/", "/ok.html", "/healthz/", "/healthz/../", "/readyz2", "/metrics", "/api/v1"):
        assert site.ask(path)[0].status == 401, path
    # With a body, or in a form that changes things, it is no probe.
    assert site.ask("/healthz", "POST")[0].status == 401
    assert site.ask("/healthz", "POST", body="x")[0].status == 401
    assert site.ask("/healthz", "GET", body="x")[0].status == 401
    response, said = site.ask("/healthz", "POST", body="x", trusted=True)
    assert (response.status, said) == (405, {"error": "Method Not Allowed"})
