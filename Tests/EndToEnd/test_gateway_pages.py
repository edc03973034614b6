"""The status page: what it shows, what its buttons do, and who may press them."""

import re
import urllib.parse

import pytest

BROWSER = {"User-Agent": "Mozilla/5.0", "Host": "box:9001"}


def said(response):
    """The message behind a redirection."""
    assert response.status == 301, response.status
    place, _, message = response.getheader("Location").partition("?message=")
    assert place == "./", "behind a proxy we know neither scheme nor host nor what comes before"
    return urllib.parse.unquote(message)


def test_the_page_shows_all_processes(gateway):
    one = gateway()
    one.kernel.program("cat").changed = {"description": "<script>alert('1')</script>"}
    response = one.get("/")
    assert response.status == 200
    assert response.getheader("Content-Type") == "text/html;charset=utf-8"
    assert response.getheader("Cache-Control") == "no-cache"
    assert "frame-ancestors 'none'" in response.getheader("Content-Security-Policy")
    assert "<script>" not in response.text and "&lt;script&gt;" in response.text
    assert response.text.count('class="statusrunning">running') == 3
    assert response.text.count('class="statusnominal">stopped') == 3
    assert "tail.html?processname=multi%3Amulti_0" in response.text
    assert 'href="logtail/cat/stderr"' in response.text
    assert one.get("/index.html?message=%3Cb%3EHi").text.count("&lt;b&gt;Hi") == 1
    assert one.get("/stylesheets/supervisor.css").getheader("Content-Type") == "text/css"


def test_the_page_shows_who_is_not_well(gateway):
    one = gateway()
    assert "healthy" not in one.get("/").text, "nothing is made up"
    units = [{"name": "cat", "healthy": False, "ready": True},
             {"name": "multi:multi_0", "healthy": False, "ready": False},
             {"name": "multi:multi_1", "healthy": True, "ready": True},
             {"name": "idle", "healthy": False, "ready": False}]
    one.kernel.health = {"healthy": False, "ready": True, "units": units}
    text = one.get("/").text
    assert '<span class="status statuserror"><span>not healthy</span></span>' in text
    assert '<span class="status statusrunning"><span>ready</span></span>' in text
    assert '<span class="statuserror">running, unhealthy</span>' in text
    assert '<span class="statuserror">running, not ready</span>' in text
    assert text.count('<span class="statusrunning">running</span>') == 1
    assert text.count('<span class="statusnominal">stopped</span>') == 3


@pytest.mark.parametrize("query, message, question", [
    ("processname=idle&action=start", "Process idle started", "start idle:idle"),
    ("processname=cat&action=start", "ERROR: Process cat: already started", "start cat:cat"),
    ("processname=bad&action=start", "ERROR: Process bad: no such file", "start bad:bad"),
    ("processname=quick&action=start", "ERROR: Process quick: spawn error", "start quick:quick"),
    ("processname=nope&action=start", "No such process named nope", "start nope:nope"),
    ("processname=a%20b&action=start", "No such process named a b", None),
    ("processname=cat&action=stop", "Process cat stopped", "stop cat:cat"),
    ("processname=idle&action=stop", "unexpected rpc fault [70] NOT_RUNNING: idle", "stop idle:idle"),
    ("processname=multi:multi_0&action=restart", "Process multi:multi_0 restarted",
     "restart multi:multi_0"),
    ("processname=idle&action=restart", "Process idle restarted", "restart idle:idle"),
    ("processname=bad&action=restart", "ERROR: Process bad: no such file", "restart bad:bad"),
    ("processname=nope&action=restart", "No such process named nope", "restart nope:nope"),
    ("processname=cat&action=clearlog", "Log for cat cleared", "clearlog cat:cat"),
    ("action=stopall", "All stopped at ", "stop all"),
    ("action=restartall", "All restarted at ", "restart all"),
    ("action=refresh", "Page refreshed at ", None),
])
def test_actions_are_done_and_told(gateway, query, message, question):
    one = gateway()
    text = said(one.get("/", method="POST", body=query))
    assert text == message or message.endswith(" at ") and re.fullmatch(
        message + r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}", text)
    assert (one.kernel.heard[-1] if one.kernel.heard else None) == question


def test_what_is_no_action_is_an_error(gateway):
    one = gateway()
    assert one.get("/?action=bogus").status == 500
    assert one.get("/?action=start").status == 500
    assert one.kernel.heard == []


@pytest.mark.parametrize("headers, method, allowed", [
    ({}, "GET", False), ({}, "HEAD", False), ({}, "POST", True),
    ({"Sec-Fetch-Site": "same-origin"}, "GET", False), ({"Sec-Fetch-Site": "none"}, "GET", False),
    ({"Sec-Fetch-Site": "cross-site"}, "GET", False),
    ({"Sec-Fetch-Site": "same-site"}, "GET", False),
    ({"Sec-Fetch-Site": "cross-site"}, "POST", False),
    ({"Sec-Fetch-Site": "same-origin"}, "POST", False),
    ({"Referer": "http://BOX:9001/index.html"}, "GET", False),
    ({"Referer": "https://box:9001/"}, "GET", False), ({"Referer": "http://evil/"}, "GET", False),
    ({"Origin": "http://box:9001"}, "POST", False), ({"Origin": "null"}, "POST", False),
    ({"Origin": "http://evil"}, "GET", False), ({"Origin": "http://box:9001.evil"}, "GET", False),
    ({**BROWSER}, "GET", False), ({**BROWSER}, "POST", False),
])
def test_other_sites_press_no_buttons(gateway, headers, method, allowed):
    one = gateway()
    headers = {"Host": "box:9001", **headers}
    body = None
    target = "/?processname=cat&action=stop"
    if method == "POST":
        target, body = "/index.html", "processname=cat&action=stop"
    response = one.get(target, headers, method, body)
    assert response.status == (301 if allowed else 403)
    assert one.kernel.heard == (["stop cat:cat"] if allowed else [])


def test_a_get_with_the_token_of_the_page_acts(gateway):
    """A link of the page, as a bookmark of supervisord's page would be with the token in it."""
    one = gateway()
    token = re.search(r'name="token" value="(\w+)"', one.get("/").text)[1]
    query = f"token={token}&processname=cat&action=stop"
    assert one.get(f"/?{query}", {"Sec-Fetch-Site": "cross-site"}).status == 403
    assert said(one.get(f"/?{query}", {"Sec-Fetch-Site": "same-origin"})) == "Process cat stopped"


def test_the_page_itself_presses_buttons(gateway):
    one = gateway()
    token = re.search(r'name="token" value="(\w+)"', one.get("/").text)[1]
    body = f"token={token}&processname=multi%3Amulti_1&action=stop"
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://box:9001"}, BROWSER,
                    {"Origin": "http://where.the.proxy.is"}):
        one.kernel.program("multi:multi_1").state = "RUNNING"
        response = one.get("/index.html", {"Host": "box:9001", **headers}, "POST", body)
        assert said(response) == "Process multi:multi_1 stopped"
    stolen = {"Host": "box:9001", "Sec-Fetch-Site": "cross-site"}
    assert one.get("/index.html", stolen, "POST", body).status == 403


def test_a_page_from_before_a_restart_says_so(gateway):
    one = gateway()
    headers = {"Host": "box:9001", "Sec-Fetch-Site": "same-origin"}
    body = "token=0&processname=cat&action=stop"
    response = one.get("/index.html", headers, "POST", body)
    assert response.status == 403 and one.kernel.heard == []
    assert "from before a restart" in response.text and '<a href="./">' in response.text


def test_other_sites_make_no_calls(gateway):
    one = gateway()
    call = "<methodCall><methodName>supervisor.shutdown</methodName></methodCall>"
    for headers in ({"Origin": "http://evil"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"},
                    {"User-Agent": "Mozilla/5.0"},
                    {"User-Agent": "Mozilla/5.0", "Content-Type": "text/plain"},
                    {"Referer": "http://evil/", "Content-Type": "text/xml"}):
        assert one.get("/RPC2", {"Host": "box", **headers}, "POST", call).status == 403
    assert one.kernel.heard == []
    # A browser would have to ask for permission to send this from another site.
    old = {"Host": "box", "User-Agent": "Mozilla/5.0", "Content-Type": "text/xml; charset=utf-8"}
    assert one.get("/RPC2", old, "POST", call).status == 200


def test_a_log_is_shown_on_a_page(gateway):
    one = gateway()
    one.kernel.program("cat").logs["stdout"].write_bytes(b"x" * 5000 + b"<b>\x1b end")
    text = one.get("/tail.html?processname=cat&limit=10").text
    assert text.count("x" * 1016 + "&lt;b&gt;\ufffd end") == 1 and "x" * 1017 not in text
    assert "x" * 5000 in one.get("/tail.html?processname=cat&limit=9000").text
    assert "limit=1024" in one.get("/tail.html?processname=cat").text
    assert "unexpected rpc fault [10] BAD_NAME: nope" in one.get("/tail.html?processname=nope").text
    assert "No process name found" in one.get("/tail.html").text


def test_health_is_a_plain_word(gateway):
    response = gateway().get("/ok.html")
    assert (response.status, response.text) == (200, "OK")
    assert response.getheader("Content-Type") == "text/plain"
