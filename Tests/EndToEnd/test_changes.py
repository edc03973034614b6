"""The configuration changes while everything runs: reread, update, add, remove, reload."""

import contextlib
import grp
import json
import os
import pathlib
import pwd
import signal
import shutil
import socket
import stat
import subprocess
import tempfile
import threading

import pytest

from supervised import BINARY, free_port, process_status, role_of, wait_until
from tracing import frozen

BASE = """
[program:stays]
command=sleep 1000
[program:goes]
command=sleep 1000
[program:changes]
command=sleep 1000
depends_on=stays
"""

CHANGED = """
[program:stays]
command=sleep 1000
[program:changes]
command=sleep 2000
depends_on=stays
[program:comes]
command=sleep 1000
depends_on=warm
[hook:warm]
command=touch %DIR%/warm
depends_on=
"""


def rewrite(one, configuration):
    text = one.path.read_text()
    head = text[:text.index("\n", text.index("journal=")) + 1]
    one.path.write_text(head + configuration.replace("%DIR%", str(one.directory)))


def calm(one):
    """What its status says, but for the seconds that go by."""
    return {name: {**row, "description": ""} for name, row in one.status().items()}


def test_update_touches_only_what_has_changed(supervise):
    one = supervise(BASE).ready()
    before = calm(one)
    assert one.client("reread") == (0, "No config updates to processes\n")
    rewrite(one, CHANGED)
    assert one.client("reread") == (
        0, "changes: changed\ncomes: available\ngoes: disappeared\nwarm: available\n")
    assert calm(one) == before, "a reread does nothing"
    code, output = one.client("update")
    assert (code, output) == (0, (
        "goes: stopped\ngoes: removed process group\nwarm: added step\n"
        "changes: stopped\nchanges: updated process group\ncomes: added process group\n"))
    one.ready()
    after = one.status()
    assert sorted(after) == ["changes", "comes", "stays", "warm"]
    assert after["stays"]["pid"] == before["stays"]["pid"]
    assert after["changes"]["pid"] != before["changes"]["pid"]
    assert (one.directory / "warm").exists(), "what is new runs first what it depends on"
    assert one.client("update") == (0, "")


def test_the_order_of_stopping_holds_after_an_update(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE.replace("[program:stays]\ncommand=sleep 1000",
                              "[program:stays]\ncommand=sleep 3000"))
    assert one.client("update")[0] == 0
    one.ready()
    assert one.stop() == 0
    ends = [(line["name"], line["to"]) for line in one.journal()
            if line.get("to") in ("stopping", "stopped") and line.get("name") != "goes"]
    assert ends.index(("changes", "stopped")) < len(ends) - 1 - ends[::-1].index(
        ("stays", "stopping"))


def test_groups_by_hand(supervise):
    one = supervise(BASE).ready()
    assert one.client("remove", "goes") == (1, "ERROR: process/group still running: goes\n")
    assert one.client("remove", "nobody") == (1, "ERROR: no such process/group: nobody\n")
    assert one.client("add", "goes") == (0, "ERROR: process group already active\n")
    one.client("stop", "goes")
    assert one.client("remove", "goes") == (0, "goes: removed process group\n")
    assert "goes" not in one.status()
    avail = one.client("avail")[1].splitlines()
    assert [line.split()[:2] for line in avail] == [
        ["changes", "in"], ["goes", "avail"], ["stays", "in"]]
    assert one.client("start", "goes") == (1, "goes: ERROR (no such process)\n")
    for _ in range(3):
        assert one.client("add", "goes") == (0, "goes: added process group\n")
        one.until("goes", "RUNNING")
        one.client("stop", "goes")
        assert one.client("remove", "goes")[0] == 0
    assert one.stop() == 0


def test_clients_that_a_change_answers_are_disconnected_meanwhile(supervise):
    """Clients that wait for readiness are answered while the request for the change is still open."""
    slow = "[program:slow]\ncommand=sleep 1000\nstartsecs=0\nready=exec:false\nready_timeout=1000s\n"
    one = supervise(f"[program:other]\ncommand=sleep 1000\nstartsecs=0\n{slow}")
    one.until("other", "RUNNING")
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(2):
            connections.append(stack.enter_context(socket.socket(socket.AF_UNIX)))
            connections[-1].connect(str(one.socket))
            connections[-1].sendall(b"ready\n")
        assert one.status()["slow"]["ready"] is False
        one.path.write_text(one.path.read_text().replace(slow, ""))
        code, text = one.client("update")
        assert code == 0 and "slow: removed process group" in text, text
        for connection in connections:
            assert connection.makefile("rb").read() == b'{"ready":true}\n{"end":true}\n'
    assert one.stop() == 0


def test_a_client_is_told_that_the_start_is_blocked(supervise):
    """Without a request nothing that it waits for becomes ready."""
    one = supervise("""
[program:missing]
command=/nowhere/at/all
autostart=false
startretries=0
[program:held]
depends_on=missing
command=sleep 1000
startsecs=0
""")
    one.until("missing", "FATAL")
    code, text = one.client("ready")
    assert code == 1 and "held waits for missing" in text, text
    assert one.client("remove", "missing") == (0, "missing: removed process group\n")
    one.until("held", "RUNNING")
    assert one.client("ready")[0] == 0
    assert one.stop() == 0


@pytest.mark.needs_root
def test_a_logger_that_does_not_listen_gets_the_right_descriptors_later(supervise):
    """What it is to be told waits in PID 1, whose groups come and go meanwhile."""
    one = supervise("""
[program:p]
command=sh -c 'echo "said by p"; exec sleep 1000'
startsecs=0
stdout_logfile=%DIR%/p.log
[program:q]
command=sh -c 'while :; do echo "said by q, $$"; sleep 0.05; done'
startsecs=0
stdout_logfile=%DIR%/q.log
""").ready()
    log = one.directory / "q.log"
    wait_until(log.exists, what="a log")
    logger = wait_until(lambda: role_of(one, "logger"), what="a logger")

    def ask(words):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(one.socket))
            connection.sendall(f"{words}\n".encode())
            return connection.makefile("rb").read()

    with frozen(logger):
        for _ in range(250):
            for words in ["stop p", "removegroup p", "addgroup p"]:
                assert b"fault" not in ask(words)
        ask("stop p")
        ask("removegroup p")

    def ticks():
        fields = open(f"/proc/{one.pid}/stat").read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    seen = []

    def sleeps():
        seen.append(ticks())
        return len(seen) > 50 and seen[-1] - seen[-50] < 4

    wait_until(sleeps, what="a PID 1 that sleeps")
    assert one.client("stop", "q")[0] == 0
    assert one.client("remove", "q")[0] == 0
    assert one.client("add", "q")[0] == 0
    line = f"said by q, {one.until('q', 'RUNNING')['pid']}\n"
    wait_until(lambda: line in log.read_text(), what="a line of the new one")
    assert "said by q" not in (one.directory / "p.log").read_text()
    assert "said by p" not in log.read_text()
    assert one.stop() == 0


def test_descriptors_do_not_pile_up(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\nstdout_logfile=%DIR%/p.log\n").ready()

    def descriptors():
        return len(os.listdir(f"/proc/{one.pid}/fd"))

    def again():
        one.client("stop", "p")
        assert one.client("remove", "p")[0] == 0
        assert one.client("add", "p")[0] == 0
        one.until("p", "RUNNING")

    again()
    before = descriptors()
    for _ in range(5):
        again()
    # The last client's may still be open.
    wait_until(lambda: descriptors() <= before, what="no more descriptors than before")


def test_what_is_wrong_is_said_and_everything_goes_on(supervise):
    one = supervise(BASE).ready()
    pids = {name: row["pid"] for name, row in one.status().items()}
    rewrite(one, BASE + "[program:bad]\ncommand=x\nnumprocs=many\n")
    for words in (["reread"], ["update"], ["reload"]):
        code, output = one.client(*words)
        assert code == 1 and output.startswith("ERROR: CANT_REREAD: "), words
        assert f"{one.path}:13:10: error: " in output
    one.send(signal.SIGHUP)
    wait_until(lambda: one.said().count("cannot read the configuration again") == 4, what="HUP")
    assert {name: row["pid"] for name, row in one.status().items()} == pids
    assert one.stop() == 0


def test_ten_thousand_errors_are_told_as_far_as_anybody_reads(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + "".join(f"[program:bad{n}]\ncommand=x\nnumprocs=many\n" for n in range(10_000)))
    code, output = one.client("update")
    assert code == 1 and output.startswith("ERROR: CANT_REREAD: ")
    lines = output.splitlines()
    shown = sum("error: " in line for line in lines)
    assert 10 < shown < 100 and lines[-1] == f"and {10_000 - shown} more: see entrypoint check"
    assert one.stop() == 0


def test_an_error_longer_than_a_pipe_is_told_too(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + f"[program:bad]\ncommand=x\nnumprocs={'9' * 20_000}x\n")
    code, output = one.client("update")
    assert code == 1 and "error: " in output and "999" in output
    assert one.stop() == 0


def test_a_relative_path_is_where_it_was_wherever_the_supervisor_goes(supervise, tmp_path):
    place = tmp_path / "s0"
    path = place / "entrypoint.conf"
    (tmp_path / "included.ini").write_text("[program:included]\ncommand=sleep 1000\n")
    one = supervise(BASE, supervisord="directory=/\n[include]\nfiles=../included.ini",
                    wrapper=["env", f"--chdir={place}", "bash", "-c", 'exec "$0" -c entrypoint.conf "${@:3}"'])
    one.ready()
    assert one.client("reread") == (0, "No config updates to processes\n")
    path.write_text(path.read_text() + "[program:comes]\ncommand=sleep 1000\n")
    assert one.client("update") == (0, "comes: added process group\n")
    assert one.client("reload")[0] == 0
    wait_until(lambda: one.said().count("everything is ready") == 2, what="a second start")
    assert set(one.status()) == {"stays", "goes", "changes", "comes", "included"}
    assert one.stop() == 0


FAILING = "[hook:fails]\ncommand=false\n"
CRON = "[cron:often]\nschedule=@every 1s\ncommand=true\n"


@pytest.mark.parametrize("broken", ["", "[program:broken]\ncommand=false\nstartretries=0\n"])
def test_a_new_step_that_fails_holds_up_only_what_came_with_it(supervise, broken):
    """Also where the start has never been completed, for one of its programs is FATAL."""
    one = supervise(BASE + CRON + broken)
    if broken:
        one.until("broken", "FATAL")
    one.until("stays", "RUNNING")
    one.until("changes", "RUNNING")
    rewrite(one, BASE + CRON + broken + FAILING + "[program:comes]\ncommand=sleep 1000\n")
    assert one.client("update") == (0, "fails: added step\ncomes: added process group\n")
    one.until("fails", "failed")
    assert one.client("restart", "goes") == (0, "goes: stopped\ngoes: started\n")
    if not broken:
        runs = len(one.moves("often"))
        wait_until(lambda: len(one.moves("often")) > runs + 4, what="runs")
        assert "run skipped" not in [line.get("event") for line in one.journal()]
    assert one.status()["comes"]["pid"] == 0
    rewrite(one, BASE + CRON + broken + FAILING.replace("false", "true") + "[program:comes]\ncommand=sleep 1000\n")
    assert one.client("update") == (0, "fails: updated step\n")
    one.until("comes", "RUNNING")
    assert one.stop() == 0


def test_a_step_that_has_changed_is_done_again(supervise):
    head = BASE + "[template:t]\nsource=%DIR%/in\ndestination=%DIR%/out\n"
    hook = "[hook:counts]\ncommand=sh -c 'echo {} >> %DIR%/counted'\n"
    one = supervise(head.replace("[template:t]\n", "[template:t]\nenabled=false\n") + hook.format("one")).ready()
    (one.directory / "in").write_text("hello")
    before = calm(one)
    rewrite(one, head + hook.format("two") + "[hook:late]\nstage=stop\ncommand=touch %DIR%/late\n")
    assert one.client("update") == (0, "counts: updated step\nt: added step\nlate: added step\n")
    assert one.client("update") == (0, "")
    one.ready()
    assert (one.directory / "counted").read_text() == "one\ntwo\n"
    assert (one.directory / "out").read_text() == "hello"
    assert {name: row for name, row in calm(one).items() if name in before and name != "counts"} \
        == {name: row for name, row in before.items() if name != "counts"}
    rewrite(one, head)
    assert one.client("update") == (0, "counts: removed step\nlate: removed step\n")
    assert set(one.status()) == {"stays", "goes", "changes", "t"}
    assert one.stop() == 0
    assert not (one.directory / "late").exists()


def test_a_wait_that_waits_in_vain_can_be_mended(supervise):
    port = free_port()
    one = supervise(f"[wait:db]\nurl=tcp://127.0.0.1:{port}\ntimeout=0\n" + BASE)
    one.until("db", "running")
    with socket.create_server(("127.0.0.1", other := free_port())):
        rewrite(one, f"[wait:db]\nurl=tcp://127.0.0.1:{other}\ntimeout=0\n" + BASE)
        assert one.client("update") == (0, "db: updated step\n")
        one.ready()
    assert one.stop() == 0


def test_a_hook_that_runs_stays_as_it_is(supervise):
    hook = "[hook:runs]\ncommand=sleep {}\n"
    one = supervise(BASE + hook.format(1000))
    one.until("runs", "running")
    pid = one.status()["runs"]["pid"]
    rewrite(one, BASE + hook.format(2000))
    assert one.client("update") == (1, "ERROR: step still running: runs\n")
    assert one.status()["runs"]["pid"] == pid
    assert one.stop() == 0


DEPENDENT = """
[program:first]
command=sleep 1000
depends_on=through
[hook:through]
command=true
depends_on=second
[program:second]
command=sh -c 'sleep 1; touch %DIR%/second; exec sleep 1000'
ready=file://%DIR%/second
"""


def test_groups_that_come_together_wait_for_each_other(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + DEPENDENT)
    assert one.client("update") == (0, (
        "through: added step\nsecond: added process group\nfirst: added process group\n"))
    one.ready()
    assert {"first", "second", "stays"} < set(one.status())
    assert one.at("first", "starting") >= one.at("through", "succeeded") >= one.at("second", "ready")
    assert one.client("update") == (0, "")
    assert one.stop() == 0


def test_a_group_comes_with_those_it_cannot_do_without(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + DEPENDENT)
    assert one.client("reread")[0] == 0
    assert one.client("add", "first") == (0, "first: added process group\n")
    # Whoever works through what reread has found asks for this one too.
    assert one.client("add", "second") == (0, "second: added process group\n")
    assert one.client("add", "second") == (0, "ERROR: process group already active\n")
    one.ready()
    assert one.at("first", "starting") >= one.at("second", "ready")
    assert one.stop() == 0


def test_a_section_may_become_something_else(supervise):
    kinds = {"hook": "[hook:x]\ncommand=true\n", "program": "[program:x]\ncommand=sleep 1000\n",
             "cron": "[cron:x]\nschedule=@every 1s\ncommand=sleep 1000\n"}
    one = supervise(BASE + kinds["hook"]).ready()
    before = "hook"
    for kind in ("program", "cron", "hook", "cron", "program", "hook"):
        rewrite(one, BASE + kinds[kind])
        gone = {"program": "x: stopped\nx: removed process group\n", "cron": "x: removed cron\n", "hook": "x: removed step\n"}[before]
        here = {"program": "x: added process group\n", "cron": "x: added cron\n", "hook": "x: added step\n"}[kind]
        assert one.client("update") == (0, gone + here), f"{before} to {kind}"
        one.until("x", {"program": "RUNNING", "cron": "running", "hook": "succeeded"}[kind])
        assert sum(name == "x" for name in one.status()) == 1
        before = kind
    assert one.client("update") == (0, "")
    assert one.stop() == 0


def test_ready_stays_ready_while_more_comes(supervise):
    one = supervise(BASE + "[program:web]\ncommand=sh -c 'sleep 2; touch %DIR%/up; exec sleep 1000'\n"
                    "ready=file://%DIR%/up\nready_timeout=60s\nprocess_name=%(process_num)d\nnumprocs=1\n").ready()

    def health():
        answer = subprocess.run([BINARY, "-s", one.socket, "healthcheck", "--json"], capture_output=True, text=True)
        return json.loads(answer.stdout)["ready"]

    assert health()
    (one.directory / "up").unlink()
    assert one.client("scale", "web", "3")[0] == 0
    assert one.status()["web:2"]["ready"] is False and health()
    rewrite(one, one.path.read_text().split("journal=")[1].split("\n", 1)[1].replace("numprocs=1", "numprocs=3")
            + "[program:comes]\ncommand=sleep 1000\nready=notify\nready_timeout=0\n")
    assert one.client("update") == (0, "comes: added process group\n")
    assert one.status()["comes"]["ready"] is False and health()
    assert one.stop() == 0


def test_reload_begins_again_as_the_same_process(supervise):
    one = supervise(BASE).ready()
    supervisor, before = one.pid, one.status()
    rewrite(one, CHANGED)
    assert one.client("reload") == (0, "Restarted supervisord\n")
    one.begun_again("stays", before["stays"]["pid"])
    one.ready()
    after = one.status()
    assert one.pid == supervisor and "goes" not in after
    assert after["stays"]["pid"] != before["stays"]["pid"]
    one.send(signal.SIGHUP)
    one.begun_again("stays", after["stays"]["pid"])
    one.ready()
    assert one.stop() == 0


SERVED = """
[supervisord]
%HEAD%
[unix_http_server]
file=%PLACE%/s.sock
chmod=0777
[inet_http_server]
port=127.0.0.1:%PORT%
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:stays]
command=sleep 1000
"""


def states(address):
    """What a new connection is told by XML-RPC; refused where nobody listens."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(30)
        client.connect(address)
        body = b"<methodCall><methodName>supervisor.getState</methodName></methodCall>"
        client.sendall(b"POST /RPC2 HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.fixture
def served(supervise):
    """A supervisor with two servers, its configuration where anybody may read it."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-test-", dir="/tmp"))
    place.chmod(0o755)

    def start(port, head=""):
        text = SERVED.replace("%PORT%", str(port)).replace("%HEAD%", head)
        (place / "our.conf").write_text(text.replace("%PLACE%", str(place)))
        return supervise(path=place / "our.conf").ready()

    yield start
    shutil.rmtree(place)


@pytest.mark.parametrize("head", ["user=nobody", "user=nobody\ndirectory=/", ""])
def test_sockets_outlive_a_reload(served, head):
    one = served(port := free_port(), head)
    path = str(one.path.parent / "s.sock")
    listening = [os.stat(place).st_ino for place in (path, one.socket)]
    stop, refused, answered = threading.Event(), [], []

    def knock():
        while not stop.is_set():
            for address in (path, ("127.0.0.1", port)):
                try:
                    answered.append(b"statename" in states(address))
                except ConnectionRefusedError as error:
                    refused.append(error)
                except OSError:  # Cut off by a gateway that has ended.
                    continue

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        for _ in range(3):
            pid, count = one.status()["stays"]["pid"], len(answered)
            one.send(signal.SIGHUP)
            one.begun_again("stays", pid)
            wait_until(lambda: sum(answered[count:]) > 4, what="answers")
    finally:
        stop.set()
        thread.join()
    assert not refused
    assert [os.stat(place).st_ino for place in (path, one.socket)] == listening
    assert one.stop() == 0


def test_a_reload_that_asks_for_what_cannot_be_had_goes_on(served):
    one, taken = served(free_port(), "user=nobody"), free_port()
    pid = one.status()["stays"]["pid"]
    text = one.path.read_text().replace("user=nobody", "user=daemon")
    with socket.create_server(("127.0.0.1", taken)):
        one.path.write_text(text.replace("s.sock", "other/s.sock") + f"[inet_http_server:2]\nport=127.0.0.1:{taken}\n")
        one.send(signal.SIGHUP)
        one.begun_again("stays", pid)
    assert "a change of user= needs a new container" in one.said()
    assert "Another program is already listening on a port" in one.said()
    assert "Cannot open an HTTP server: socket.error reported errno.ENOENT" in one.said()
    assert one.stop() == 0


def test_a_socket_that_a_reload_no_longer_has_is_gone(served):
    one = served(port := free_port())
    pid = one.status()["stays"]["pid"]
    one.path.write_text(one.path.read_text().replace("chmod=0777", "chmod=0600").replace(str(port), str(free_port())))
    one.send(signal.SIGHUP)
    pid = one.begun_again("stays", pid)["pid"]
    assert stat.S_IMODE(os.stat(one.path.parent / "s.sock").st_mode) == 0o600
    with pytest.raises(ConnectionRefusedError):
        states(("127.0.0.1", port))
    one.path.write_text(one.path.read_text().split("[unix_http_server]")[0] + "[program:stays]\ncommand=sleep 1000\n")
    one.send(signal.SIGHUP)
    one.begun_again("stays", pid)
    assert not (one.path.parent / "s.sock").exists()
    assert one.stop() == 0


def respond(address):
    with contextlib.suppress(OSError):
        return b"statename" in states(address)


def reloaded(one, change):
    """The same supervisor, begun again with its configuration changed."""
    pid = one.status()["stays"]["pid"]
    one.path.write_text(change(one.path.read_text()))
    one.send(signal.SIGHUP)
    one.begun_again("stays", pid)
    return one.ready()


@pytest.mark.parametrize("first, second", [
    ("*", "127.0.0.1"), ("127.0.0.1", "*"), ("127.0.0.1", "localhost"), ("localhost", "0.0.0.0")])
def test_the_same_port_of_another_host(served, first, second):
    port = free_port()
    one = served(f"{port}\nusername=u\npassword=p")
    text = one.path.read_text().replace("\nusername=u\npassword=p", "")
    reloaded(one, lambda _: text.replace("port=127.0.0.1", f"port={first}"))
    reloaded(one, lambda text: text.replace(f"port={first}:", f"port={second}:"))
    assert "Another program" not in one.said()
    assert respond(("127.0.0.1", port))
    assert one.stop() == 0


def test_sockets_that_change_places(served, tmp_path):
    one = served(free_port())
    place = one.path.parent
    reloaded(one, lambda text: text.replace("s.sock", "t.sock"))
    assert not (place / "s.sock").exists() and respond(str(place / "t.sock"))
    # Somebody has taken one away, or put something else in its place.
    (place / "t.sock").unlink()
    reloaded(one, lambda text: text)
    assert respond(str(place / "t.sock"))
    one.socket.unlink()
    pid = one.process.pid
    before = set(os.listdir(f"/proc/{pid}/fd"))
    one.send(signal.SIGHUP)
    wait_until(one.socket.exists, what="a control socket")
    one.ready()
    assert len(os.listdir(f"/proc/{pid}/fd")) <= len(before) + 1
    (place / "t.sock").unlink()
    (place / "t.sock").write_text("precious")
    reloaded(one, lambda text: text.replace("t.sock", "u.sock"))
    assert (place / "t.sock").read_text() == "precious" and respond(str(place / "u.sock"))
    assert one.stop() == 0


def test_an_owner_that_a_socket_no_longer_has(served):
    one = served(free_port())
    path = one.path.parent / "s.sock"
    reloaded(one, lambda text: text.replace("chmod=0777", "chmod=0777\nchown=nobody"))
    assert path.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    reloaded(one, lambda text: text.replace("\nchown=nobody", ""))
    assert path.stat().st_uid == os.getuid()
    assert one.stop() == 0


def test_an_update_leaves_a_foreground_command_alone(supervise):
    one = supervise("[program:web]\ncommand=sleep 1000\n", arguments=["--", "sleep", "500"])
    one.until("sleep", "RUNNING")
    for words in (["reread"], ["update"], ["remove", "sleep"]):
        assert one.client(*words)[0] == 1
    one.client("add", "web")
    assert one.status()["sleep"]["state"] == "RUNNING" and "web" not in one.status()
    assert one.stop() == 128 + signal.SIGTERM


SLOW = "[program:slow]\ncommand=sh -c 'trap \"touch %DIR%/told\" TERM; while [ ! -e %DIR%/go ]; do sleep 0.1; done'\nstopwaitsecs=60\n"


def test_an_update_waits_for_what_somebody_else_stops(supervise):
    one = supervise(BASE + SLOW).ready()
    with subprocess.Popen([BINARY, "-s", one.socket, "stop", "slow"], stdout=subprocess.DEVNULL):
        wait_until((one.directory / "told").exists, what="a signal")
        rewrite(one, BASE + "[program:slow]\ncommand=sleep 2000\n")
        with subprocess.Popen([BINARY, "-s", one.socket, "update"], stdout=subprocess.PIPE, text=True) as update:
            (one.directory / "go").touch()
            assert update.communicate()[0] == "slow: stopped\nslow: updated process group\n"
            assert update.returncode == 0
    one.until("slow", "RUNNING")
    assert one.stop() == 0


def test_a_restart_is_done_though_whoever_asked_is_gone(supervise):
    one = supervise(BASE + SLOW).ready()
    pid = one.status()["slow"]["pid"]
    with subprocess.Popen([BINARY, "-s", one.socket, "restart", "slow"]) as client:
        wait_until((one.directory / "told").exists, what="a signal")
        client.kill()
    (one.directory / "go").touch()
    wait_until(lambda: one.status()["slow"]["state"] in ("STARTING", "BACKOFF", "EXITED", "RUNNING")
               and one.status()["slow"]["pid"] != pid, what="another one")
    assert one.stop() == 0


def test_a_ready_hook_that_comes_later_is_done(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + "[hook:r]\nstage=ready\ncommand=touch %DIR%/r\n")
    assert one.client("update") == (0, "r: added step\n")
    one.until("r", "succeeded")
    assert (one.directory / "r").exists()
    assert one.stop() == 0


def test_a_stop_hook_that_comes_later_is_done(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + "[hook:s]\nstage=stop\ncommand=touch %DIR%/s\n")
    assert one.client("update") == (0, "s: added step\n")
    assert one.stop() == 0
    assert (one.directory / "s").exists()


def test_a_step_that_comes_while_everything_starts_is_one_of_the_start(supervise):
    port = free_port()
    wait = f"[wait:db]\nurl=tcp://127.0.0.1:{port}\ntimeout=0\n"
    one = supervise(wait + BASE)
    one.until("db", "running")
    rewrite(one, "[hook:migrate]\ncommand=sh -c 'exit 3'\n" + BASE)
    assert one.client("update")[0] == 0
    assert one.wait() == 3


def test_what_comes_later_and_waits_makes_nothing_ill(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + "[hook:fails]\ncommand=false\n[program:new]\ncommand=sleep 1000\n")
    assert one.client("update")[0] == 0
    one.until("fails", "failed")
    assert one.status()["new"]["pid"] == 0
    assert one.client("healthcheck")[0] == 0
    assert one.stop() == 0


def test_the_first_cron_that_comes_is_not_passed_over(supervise):
    one = supervise(BASE).ready()
    rewrite(one, BASE + "[cron:hourly]\nschedule=@hourly\ncommand=true\n")
    assert one.client("update") == (0, "hourly: added cron\n")
    assert one.status()["hourly"]["state"] == "scheduled"
    assert "is not run" not in one.said()
    assert one.stop() == 0


def test_a_configuration_that_has_become_a_pipe_holds_nobody_up(supervise):
    one = supervise(BASE).ready()
    text = one.path.read_text()
    one.path.unlink()
    os.mkfifo(one.path)
    with subprocess.Popen([BINARY, "-s", one.socket, "reread"], stdout=subprocess.PIPE, text=True) as client:
        one.path.write_text(text)
        # The reader has read it from the pipe; PID 1 reads the reader's record, and no file.
        assert client.communicate()[0] == "No config updates to processes\n"
    assert one.client("version")[0] == 0
    assert one.stop() == 0


def test_clear_and_maintail(supervise, tmp_path):
    place = tmp_path / "logs"
    place.mkdir()
    one = supervise("[program:p]\ncommand=sh -c 'echo one; exec sleep 1000'\n"
                    "stdout_logfile=%DIR%/p.log\n"
                    f"[program:q]\ncommand=true\nautostart=false\nstdout_logfile={place}/q.log\n",
                    supervisord="logfile=%DIR%/main.log")
    one.ready()
    log, main_log = one.directory / "p.log", one.directory / "main.log"
    wait_until(lambda: log.read_text() == "one\n", what="a line")
    assert one.client("clear", "p") == (0, "p: cleared\n")
    assert log.read_text() == ""
    assert one.client("clear", "nobody") == (1, "nobody: ERROR (no such process)\n")
    place.rmdir()
    assert one.client("clear", "p", "q")[0] == 1
    reason = f"WARN cannot clear {place}/q.log: no such file or directory"
    wait_until(lambda: reason in main_log.read_text(), what="the reason")
    line = f" INFO cleared logs of p: requested by uid {os.getuid()} over the control socket\n"
    wait_until(lambda: main_log.read_text().count(line) == 2, what="who cleared the log of p")
    assert main_log.read_text().count(" cleared ") == 2
    wait_until(lambda: "everything is ready" in one.client("maintail")[1], what="the main log")
    assert one.stop() == 0


def test_a_program_is_who_it_is_whoever_the_file_says_we_are_by_now(supervise):
    """Root is dropped at the start alone: a `user` that comes later is not who we are."""
    one = supervise("[program:p]\ncommand=sleep 1000\nuser=nobody\n").ready()
    before = one.status()["p"]["pid"]
    text = one.path.read_text().replace("[supervisord]\n", "[supervisord]\nuser=nobody\n")
    one.path.write_text(text + "[program:q]\ncommand=sleep 1000\nuser=nobody\n")
    assert one.client("update") == (0, "q: added process group\n")
    rows = {name: one.until(name, "RUNNING") for name in "pq"}
    assert rows["p"]["pid"] == before
    for row in rows.values():
        assert process_status(row["pid"])["Uid"].split() == ["65534"] * 4
    assert one.stop() == 0


def test_a_change_of_everybodys_environment_reaches_everybody(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\n", supervisord='environment=A="1"').ready()
    one.path.write_text(one.path.read_text().replace('A="1"', 'A="2"'))
    assert one.client("update") == (0, "p: stopped\np: updated process group\n")
    pid = one.until("p", "RUNNING")["pid"]
    assert b"A=2" in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert one.stop() == 0


@pytest.mark.needs_root
def test_a_user_who_has_come_since_the_start_is_known(supervise, tmp_path):
    accounts = tmp_path / "passwd"
    accounts.write_text(pathlib.Path("/etc/passwd").read_text())
    one = supervise("[program:p]\ncommand=sleep 1000\n", environment={"ACCOUNTS": str(accounts)}, wrapper=[
        "unshare", "--mount", "sh", "-c", 'mount --bind "$ACCOUNTS" /etc/passwd && exec "$0" "$@"'])
    one.wrapper = []
    one.ready()
    with accounts.open("a") as file:
        file.write("newcomer:x:4242:4242::/:/bin/sh\n")
    one.path.write_text(one.path.read_text() + "[program:q]\ncommand=sleep 1000\nuser=newcomer\n")
    assert one.client("update") == (0, "q: added process group\n")
    assert process_status(one.until("q", "RUNNING")["pid"])["Uid"].split() == ["4242"] * 4
    assert one.stop() == 0


@pytest.mark.needs_root
def test_a_hook_may_change_whose_uid_a_user_is(supervise, tmp_path):
    """What images do that are told a PUID: usermod, and then everything else."""
    accounts = tmp_path / "passwd"
    accounts.write_text(pathlib.Path("/etc/passwd").read_text() + "app:x:4242:65534::/:/bin/sh\n")
    one = supervise(
        '[hook:ids]\ncommand=sh -c "sed s/4242/4343/ /etc/passwd > %DIR%/p && cat %DIR%/p > /etc/passwd"\n'
        "[directory:own]\npath=%DIR%/own\nowner=app\ndepends_on=ids\n"
        "[program:p]\ncommand=sleep 1000\nuser=app\ngroup=daemon\ndepends_on=own\n",
        environment={"ACCOUNTS": str(accounts)}, wrapper=[
            "unshare", "--mount", "sh", "-c", 'mount --bind "$ACCOUNTS" /etc/passwd && exec "$0" "$@"'])
    one.wrapper = []
    one.ready()
    status = process_status(one.status()["p"]["pid"])
    assert status["Uid"].split() == ["4343"] * 4
    assert status["Gid"].split() == [str(grp.getgrnam("daemon").gr_gid)] * 4
    assert (one.directory / "own").stat().st_uid == 4343
    assert one.stop() == 0


def test_a_command_that_has_moved_is_found_again(supervise, tmp_path):
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
    (places[0] / "moving").write_text("#!/bin/sh\nexec sleep 1000\n")
    (places[0] / "moving").chmod(0o755)
    one = supervise("[program:p]\ncommand=moving\n",
                    environment={"PATH": f"{places[0]}:{places[1]}:{os.environ['PATH']}"}).ready()
    (places[0] / "moving").rename(places[1] / "moving")
    one.client("restart", "p")
    one.until("p", "RUNNING")
    assert one.stop() == 0
