"""Who may change something over HTTP, and what the log says about who did."""

import http.client
import re
import socket
import subprocess
import xmlrpc.client

import pytest

from supervised import BINARY, free_port, wait_until
from test_http import LOGIN, authorization, servers  # noqa: F401

STOP = xmlrpc.client.dumps(("worker",), "supervisor.stopProcess")
STATE = xmlrpc.client.dumps((), "supervisor.getState")
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}


def state(one):
    return one.supervisor.status()["worker"]["state"]


def changes(one, host, headers=None):
    """The statuses of all kinds of requests that change something."""
    headers = {"Host": host, **(headers or {})}
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    multi = xmlrpc.client.dumps(([{"methodName": "supervisor.getState", "params": []},
                                  {"methodName": "supervisor.stopProcess", "params": ["worker"]}],),
                                "system.multicall")
    return [
        one.ask("/RPC2", "POST", STOP, {**headers, "Content-Type": "text/xml"}).status,
        one.ask("/RPC2", "POST", multi, {**headers, "Content-Type": "text/xml"}).status,
        one.ask("/api/v1/units/worker/stop", "POST", "", headers).status,
        one.ask("/index.html", "POST", "action=stop&processname=worker", form).status,
    ]


# Host: DNS rebinding

@pytest.mark.parametrize("host", ["evil.example:9001", "evil.example", "127.0.0.1.evil.example", "localhost.evil",
                                  "2130706433", "app", "[::1].evil", "xlocalhost"])
def test_a_foreign_host_changes_nothing(servers, host):  # noqa: F811
    one = servers()
    assert changes(one, host) == [403] * 4
    assert state(one) == "RUNNING"
    assert one.ask("/RPC2", "POST", STATE, {"Host": host}).status == 200, "reading is no change"
    line = f'WARN refused a change from 127.0.0.1 over HTTP: a server without a password does not accept ' \
           f'the Host "{host}"'
    wait_until(lambda: line in one.supervisor.said(), what="a line in the log")
    assert one.supervisor.said().count("refused a change") == 1, "not one for each"


@pytest.mark.parametrize("host", ["localhost:9001", "LOCALHOST", "site.localhost", "127.0.0.1", "10.1.2.3:80",
                                  "[::1]:9001", "[2001:db8::1]", socket.gethostname(), "app", "App.Example.:80"])
def test_own_names_and_addresses_may_change(servers, host):  # noqa: F811
    one = servers(more="allowed_hosts=app,app.example\n")
    assert one.ask("/RPC2", "POST", STOP, {"Host": host}).status == 200
    assert state(one) == "STOPPED"


def test_as_supervisord_a_program_may_post_to_any_host_but_not_get(as_supervisord):
    """After DNS rebinding, a page can set `User-Agent` and send a GET without `Origin` and `Referer`."""
    port = free_port()
    as_supervisord(f"""
[inet_http_server]
port=127.0.0.1:{port}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:worker]
command=sleep 1000
startsecs=0
""")

    def ask(path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(method, path, body, {"Host": "evil.example", "User-Agent": "curl/8.0", **headers})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def state():
        body = xmlrpc.client.dumps(("worker",), "supervisor.getProcessInfo")
        return xmlrpc.client.loads(ask("/RPC2", "POST", body)[1])[0][0]["statename"]

    def is_listening():
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0
    wait_until(is_listening, what="a TCP server")
    wait_until(lambda: state() == "RUNNING", what="the worker")
    token = re.search(r'name="token" value="(\w+)"', ask("/")[1])[1]
    path = f"/index.html?action=stop&processname=worker&token={token}"
    assert ask(path)[0] == 403
    assert state() == "RUNNING"
    assert ask(path, Host="localhost")[0] == 301
    assert state() == "STOPPED"
    start = xmlrpc.client.dumps(("worker",), "supervisor.startProcess")
    assert ask("/RPC2", "POST", start, Host="app")[0] == 200
    assert state() == "RUNNING"


def test_with_a_password_any_host_may_change(servers):  # noqa: F811
    one = servers(login=LOGIN)
    login = authorization("admin", "right")
    assert changes(one, "proxy.example", login)[0] == 200 and state(one) == "STOPPED"


def test_the_unix_socket_needs_no_host(servers):  # noqa: F811
    one = servers()
    assert one.over_unix("stopProcess", "worker") is True


# Other sites, links and mails

@pytest.mark.parametrize("headers", [
    {}, BROWSER, {**BROWSER, "Sec-Fetch-Site": "none"}, {**BROWSER, "Sec-Fetch-Site": "same-origin"},
    {**BROWSER, "Referer": "https://mail.example/"}, {"User-Agent": "Slackbot-LinkExpanding 1.0"},
], ids=str)
@pytest.mark.parametrize("login", ["", LOGIN], ids=["open", "password"])
def test_a_link_changes_nothing(servers, headers, login):  # noqa: F811
    """Also where the browser sends the password by itself, which it remembers."""
    one = servers(login=login)
    if login:
        headers = {**headers, **authorization("admin", "right")}
    for query in ("action=stopall", "action=stop&processname=worker", "action=stopall&token=guess"):
        for method in ("GET", "HEAD"):
            response = one.ask(f"/index.html?{query}", method, headers={"Host": "localhost", **headers})
            assert response.status == 403
    assert state(one) == "RUNNING"


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example", "Content-Type": "text/plain"}, {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/xml"}, {"Sec-Fetch-Site": "same-site"},
    {"Content-Type": "text/plain"}, {"Content-Type": "multipart/form-data; boundary=x"},
    {"Referer": "https://evil.example/", "Content-Type": "text/xml"},
], ids=str)
@pytest.mark.parametrize("login", ["", LOGIN], ids=["open", "password"])
def test_a_form_of_another_site_changes_nothing(servers, headers, login):  # noqa: F811
    one = servers(login=login)
    headers = {**BROWSER, **headers, **(authorization("admin", "right") if login else {})}
    assert one.ask("/RPC2", "POST", STOP, {"Host": "localhost", **headers}).status == 403
    assert one.ask("/api/v1/units/worker/stop", "POST", "", {"Host": "localhost", **headers}).status == 403
    assert one.ask("/", "POST", "action=stopall", {"Host": "localhost", **headers}).status == 403
    assert state(one) == "RUNNING"


def test_the_page_itself_acts(servers):  # noqa: F811
    one = servers()
    token = re.search(r'name="token" value="(\w+)"', one.ask("/", headers={"Host": "localhost"}).text)[1]
    form = {"Host": "localhost", **BROWSER, "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    body = f"token={token}&action=stop&processname=worker"
    assert one.ask("/index.html", "POST", body, {**form, "Host": "evil.example", "Origin":
                                                 "http://evil.example"}).status == 403, "rebinding"
    assert state(one) == "RUNNING"
    assert one.ask("/index.html", "POST", body, form).status == 301
    assert state(one) == "STOPPED"


# Who changed what

def test_the_log_says_who_changed_what(servers):  # noqa: F811
    one = servers(login=LOGIN)
    login = authorization("admin", "right")

    def said(line):
        wait_until(lambda: f"INFO {line}\n" in one.supervisor.said(), what=line)
    assert one.ask("/RPC2", "POST", STOP, login).status == 200
    said("stopped worker: requested by admin from 127.0.0.1 over HTTP")
    assert one.supervisor.client("start", "worker")[0] == 0
    said("started worker: requested by uid 0 over the control socket")
    assert one.over_unix("signalProcess", "worker", "USR2") is True
    said("sent USR2 to worker: requested by uid 0 over the HTTP socket")
    assert one.ask("/api/v1/units/worker/restart", "POST", "", login).status == 200
    said("restarted worker: requested by admin from 127.0.0.1 over HTTP")
    assert one.ask("/", "POST", "action=stopall", login).status == 301
    assert one.over_unix("sendRemoteCommEvent", "\x1b[31m", "data") is True
    said(r'sent a REMOTE_COMMUNICATION event of type "\x1b[31m": requested by uid 0 over the HTTP socket')
    made = [line for line in one.supervisor.journal() if line.get("event") == "change made"]
    assert [line["action"] for line in made] == ["stop", "start", "signal", "restart", "stop", "send event"]
    assert made[0] == {"at": made[0]["at"], "event": "change made", "action": "stop", "targets": ["worker"],
                       "over": "inet_http", "address": "127.0.0.1", "user": "admin"}
    assert (made[1]["over"], made[1]["uid"]) == ("control", 0)
    assert (made[2]["over"], made[2]["uid"], made[2]["signal"]) == ("unix_http", 0, "USR2")


@pytest.mark.parametrize("user", [0, 33])
def test_the_log_has_the_user_name_and_the_uid_of_a_client_of_the_unix_socket(supervise, public, user):
    path = public.path / "http.sock"
    one = supervise(f"[unix_http_server]\nfile={path}\nchmod=0666\n{LOGIN}[program:worker]\ncommand=sleep 1000\n"
                    "startsecs=0\n", pid1=True).ready()
    done = subprocess.run(["supervisorctl", "-s", f"unix://{path}", "-u", "admin", "-p", "right", "stop", "worker"],
                          executable=BINARY, capture_output=True, text=True, cwd="/", user=user, group=user,
                          extra_groups=[])
    assert (done.returncode, done.stdout) == (0, "worker: stopped\n"), done.stderr
    line = f"INFO stopped worker: requested by admin (uid {user}) over the HTTP socket\n"
    wait_until(lambda: line in one.said(), what=line)
    made = [line for line in one.journal() if line.get("event") == "change made"]
    assert made == [{"at": made[0]["at"], "event": "change made", "action": "stop", "targets": ["worker"],
                     "over": "unix_http", "uid": user, "user": "admin"}]
    assert one.stop() == 0


def test_what_changes_nothing_is_not_logged_as_a_change(servers):  # noqa: F811
    one = servers()
    for method, name in (("startProcess", "worker"), ("stopProcess", "nope")):
        body = xmlrpc.client.dumps((name,), f"supervisor.{method}")
        assert "fault" in one.ask("/RPC2", "POST", body, {"Host": "localhost"}).text
    assert one.ask("/RPC2", "POST", STATE, {"Host": "localhost"}).status == 200
    assert "requested by" not in one.supervisor.said()


def test_a_client_that_leaves_early_is_logged(servers):  # noqa: F811
    stubborn = "[program:stubborn]\ncommand=/bin/sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'\n" \
               "stopwaitsecs=600\n"
    one = servers(programs=stubborn)
    body = xmlrpc.client.dumps(("stubborn",), "supervisor.stopProcess").encode()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(one.path))
        client.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (
            len(body), body))
        wait_until(lambda: one.supervisor.status()["stubborn"]["state"] == "STOPPING", what="a stop")
    line = "stop stubborn:stubborn: requested by uid 0 over the HTTP socket, who disconnected"
    wait_until(lambda: line in one.supervisor.said(), what="a line about it")
