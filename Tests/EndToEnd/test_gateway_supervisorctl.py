"""The real supervisorctl and the real SupervisorTransport, through the gateway."""

import subprocess

import pytest
from real_supervisor import real
from supervised import wait_until


def supervisorctl(gateway, *words, options=(), unix=True):
    """Exit code and output."""
    url = f"unix://{gateway.path}" if unix else f"http://127.0.0.1:{gateway.port}"
    done = subprocess.run([real("supervisorctl"), "-s", url, *options, *words],
                          capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL,
                          cwd=gateway.directory)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("words, code, text", [
    ("status idle multi:*", 3, "idle                             STOPPED   Not started\n"
     "multi:multi_0                    RUNNING   pid 4711, uptime 0:00:12\n"
     "multi:multi_1                    RUNNING   pid 4711, uptime 0:00:12\n"),
    ("status nope", 4, "nope: ERROR (no such process)\n"),
    ("start idle", 0, "idle: started\n"),
    ("start bad quick nope", 1, "bad: ERROR (no such file)\nquick: ERROR (spawn error)\n"
     "nope: ERROR (no such process)\n"),
    ("start cat", 0, "cat: ERROR (already started)\n"), ("start multi:*", 0, ""),
    ("stop idle cat", 0, "idle: ERROR (not running)\ncat: stopped\n"),
    ("restart multi:*", 0, "multi:multi_0: stopped\nmulti:multi_1: stopped\n"
     "multi:multi_0: started\nmulti:multi_1: started\n"),
    ("signal HUP cat", 0, "cat: signalled\n"), ("signal FOO cat", 1, "cat: ERROR (bad signal name)\n"),
    ("pid", 0, "4242\n"), ("pid cat", 0, "4711\n"), ("tail -5 cat", 0, "orld\n\n"),
    ("tail idle stderr", 1, "idle: ERROR (no log file)\n"), ("maintail", 0, "main\n\n"),
    ("clear cat", 0, "cat: cleared\n"), ("reread", 0, "new: available\nold: disappeared\n"),
    ("avail", 0, "cat                              in use    auto      999:7\n"),
    ("add new cat", 0, "new: added process group\nERROR: process group already active\n"),
    ("remove cat", 1, "ERROR: process/group still running: cat\n"),
    ("version", 0, "4.3.0\n"), ("reload", 0, "Restarted supervisord\n"),
    ("shutdown", 0, "Shut down\n"),
])
def test_the_real_client_is_content(gateway, words, code, text):
    one = gateway()
    one.kernel.program("idle").logs = {"stdout": None, "stderr": None}
    one.kernel.program("cat").logs["stdout"].write_bytes(b"hello world\n")
    one.kernel.config.update(inuse=True, group_prio=999, process_prio=7)
    assert supervisorctl(one, *words.split()) == (code, text)


def test_the_real_client_follows_a_log(gateway):
    one = gateway()
    one.kernel.program("cat").logs["stdout"].write_bytes(b"hello\n")
    client = subprocess.Popen(
        [real("supervisorctl"), "-s", f"unix://{one.path}", "tail", "-f", "cat"],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=one.directory)
    try:
        assert client.stdout.readline() == b"==> Press Ctrl-C to exit <==\n"
        assert client.stdout.readline() == b"hello\n"
        with open(one.kernel.program("cat").logs["stdout"], "ab") as log:
            log.write(b"more\n")
        assert client.stdout.readline() == b"more\n"
    finally:
        client.kill()
        client.communicate()
    code, text = supervisorctl(one, "tail", "-f", "nope")
    assert "Cannot read, status code 404" in text and code == 0


@pytest.mark.parametrize("unix", [True, False], ids=["unix", "inet"])
def test_the_real_client_logs_in(gateway, unix):
    one = gateway(username="user", password="{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d")
    login = ["-u", "user", "-p", "thepassword"]
    assert supervisorctl(one, "pid", options=login, unix=unix) == (0, "4242\n")
    code, text = supervisorctl(one, "pid", unix=unix)
    assert code == 1 and text.startswith("Server requires authentication\n")
    assert "401 Unauthorized" in text


def test_the_real_client_sees_the_end_coming(gateway):
    one = gateway()
    one.kernel.statecode = -1
    code, text = supervisorctl(one, "status")
    assert code == 1 and "<Fault 6: 'SHUTDOWN_STATE'>" in text
    assert supervisorctl(one, "shutdown") == (0, "ERROR: already shutting down\n")


def test_the_real_transport_keeps_its_connection(gateway):
    one = gateway(username="user", password="thepassword")
    script = (
        "import sys, xmlrpc.client as x; from supervisor.xmlrpc import SupervisorTransport as T\n"
        "p = x.ServerProxy('http://localhost', T('user', 'thepassword', sys.argv[1]))\n"
        "for _ in range(200):\n    assert p.supervisor.getPID() == 4242\n"
        "print(len(p.supervisor.getAllProcessInfo()))\nsys.stdin.read()\n")
    # 0, 1, 2, the channel, the poller and two sockets.
    files = 7
    wait_until(lambda: one.open_files() == files, what="its sockets")
    for url in (f"unix://{one.path}", f"http://127.0.0.1:{one.port}"):
        client = subprocess.Popen([real("python"), "-c", script, url], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        assert client.stdout.readline() == "6\n"
        wait_until(lambda: one.open_files() == files + 1, what="one connection")
        client.communicate()
        assert client.returncode == 0
        wait_until(lambda: one.open_files() == files, what="no connection")
