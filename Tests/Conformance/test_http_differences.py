"""Where our HTTP servers differ from supervisord's on purpose: each test is marked with its row of the README."""

import base64
import http.client
import time
import xmlrpc.client

import pytest

from supervised import wait_until

CAT = "[program:cat]\ncommand=/bin/cat\nstdout_logfile=NONE\n"
STOP = xmlrpc.client.dumps(("cat",), "supervisor.stopProcess")
BROWSER = {"User-Agent": "Mozilla/5.0"}


def ask(peer, method, target, headers=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=30)
    connection.request(method, target, body, headers or {})
    response = connection.getresponse()
    response.read()
    return response.status


def running(peers):
    both = peers(CAT)
    both.until("cat", "RUNNING")
    return both


def state(peer):
    return peer.info("cat")["statename"]


@pytest.mark.difference("a GET with `?action=` in its URL")
@pytest.mark.parametrize("headers", [{}, BROWSER, {"Referer": "https://mail.example/"}], ids=str)
def test_a_get_changes_nothing(peers, headers):
    both = running(peers)
    target = "/index.html?processname=cat&action=stop"
    assert both.each(lambda peer: ask(peer, "GET", target, headers)) == [301, 403]
    both.theirs.until("cat", "STOPPED")
    assert state(both.ours) == "RUNNING"
    assert ask(both.ours, "POST", "/index.html", {"Content-Type": "application/x-www-form-urlencoded"},
               "processname=cat&action=stop") == 301
    both.ours.until("cat", "STOPPED")


@pytest.mark.difference("a change that a browser sends from another site, over XML-RPC or from a form")
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                                     {"Content-Type": "text/plain"}], ids=str)
def test_another_site_changes_nothing(peers, headers):
    both = running(peers)
    assert both.each(lambda peer: ask(peer, "POST", "/RPC2", {**BROWSER, **headers}, STOP)) == [200, 403]
    assert both.each(state) == ["STOPPED", "RUNNING"]


@pytest.mark.difference("a change with a foreign `Host` on a TCP server without a password")
def test_a_browser_is_not_rebound(peers):
    both = running(peers)
    page = {"Host": "evil.example", "Origin": "http://evil.example", **BROWSER, "Content-Type": "text/xml"}
    assert both.each(lambda peer: ask(peer, "POST", "/RPC2", page, STOP)) == [200, 403]
    assert both.each(state) == ["STOPPED", "RUNNING"]
    # Other containers call the server by the name of its service.
    assert ask(both.ours, "POST", "/RPC2", {"Host": "app:9001", "Content-Type": "text/xml"}, STOP) == 200
    assert state(both.ours) == "STOPPED"


@pytest.mark.difference("a wrong password")
def test_a_wrong_password_is_slow_and_logged(peers):
    both = peers(CAT, username="admin", password="right")
    wrong = {"Authorization": "Basic " + base64.b64encode(b"admin:wrong").decode()}

    def four(peer):
        begun = time.monotonic()
        assert [ask(peer, "GET", "/", wrong) for _ in range(4)] == [401] * 4
        return time.monotonic() - begun > 1
    assert both.each(four) == [False, True]
    line = b'WARN login failed: user "admin" from 127.0.0.1 over HTTP'
    wait_until(lambda: line in both.ours.log("main.log"), what="a line in the log")
    assert b"login failed" not in both.theirs.log("main.log")


@pytest.mark.difference("`username=` or `password=` that is empty")
def test_empty_credentials_are_as_in_supervisord(peers):
    """Under the name supervisord; Tests/Security shows the error under our own."""
    login = {"Authorization": "Basic " + base64.b64encode(b"admin:").decode()}
    for username, password, statuses in (("", "secret", (200, 200)), ("admin", "", (401, 200))):
        both = peers(CAT)
        for peer in (both.theirs, both.ours):
            # Not SIGKILL: a role that outlives it for a moment answers at the same address.
            peer.process.terminate()
            peer.process.wait()
            text = peer.configuration.read_text()
            server = f"[inet_http_server]\nusername={username}\npassword={password}\n"
            peer.configuration.write_text(text.replace("[inet_http_server]\n", server))
            peer.start()
        assert both.each(lambda peer: (ask(peer, "GET", "/"), ask(peer, "GET", "/", login))) == [statuses] * 2


@pytest.mark.difference("control characters in what the main log quotes, as in the result of an event listener")
def test_control_characters_in_the_main_log(peers):
    listener = "[eventlistener:bad]\nevents=TICK_5\nautorestart=false\n" \
        "command=/bin/sh -c 'printf \"READY\\\\n\"; read line; printf \"RESULT \\\\033[31m\\\\n\"; sleep 1000'\n"
    both = peers(listener.replace("\\\\", "\\"))

    def says(peer):
        def quoted():
            return next((line for line in (peer.log("main.log") or b"").split(b"\n") if b"[31m" in line), None)
        return b"\x1b" in wait_until(quoted, 30, "the listener's text")
    assert both.each(says) == [True, False]
