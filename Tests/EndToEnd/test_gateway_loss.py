"""The gateway is killed under load: nobody is refused, and nothing else notices."""

import http.client
import os
import signal
import threading
import time
import xmlrpc.client

from supervised import free_port, role_of, wait_until

CALL = ("<?xml version='1.0'?><methodCall><methodName>supervisor.getAllProcessInfo</methodName>"
        "<params></params></methodCall>")


class Caller(threading.Thread):
    """Asks again and again on one connection; a lost one is opened anew, a refused one counted."""

    def __init__(self, port, stop):
        super().__init__(daemon=True)
        self.port, self.stop = port, stop
        self.answers, self.refusals, self.last_answer = 0, 0, 0.0

    def run(self):
        connection = None
        while not self.stop.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                    connection.connect()
            except ConnectionRefusedError:
                self.refusals += 1
                continue
            try:
                connection.request("POST", "/RPC2", CALL, {"Content-Type": "text/xml"})
                answer = connection.getresponse().read()
                assert b"<name>statename</name>" in answer
                self.answers += 1
                self.last_answer = time.monotonic()
            except (OSError, http.client.HTTPException):
                connection = None


def test_a_killed_gateway_is_back_and_nobody_is_refused(supervise):
    port = free_port()
    one = supervise(f"[inet_http_server]\nport=127.0.0.1:{port}\n"
                    "[program:p]\ncommand=sleep 1000\nnumprocs=3\n"
                    "process_name=%(process_num)d\n").ready()
    pids = {name: row["pid"] for name, row in one.status().items()}
    stop = threading.Event()
    callers = [Caller(port, stop) for _ in range(100)]
    for caller in callers:
        caller.start()
    wait_until(lambda: all(caller.answers for caller in callers), 30, "an answer for each")
    for _ in range(3):
        gateway = wait_until(lambda: role_of(one, "gateway"), what="a gateway")
        os.kill(gateway, signal.SIGKILL)
        killed = time.monotonic()
        wait_until(lambda: any(caller.last_answer > killed for caller in callers), what="an answer")
        wait_until(lambda: all(caller.last_answer > killed for caller in callers), 30, "all")
    stop.set()
    for caller in callers:
        caller.join(15)
    assert sum(caller.refusals for caller in callers) == 0
    assert {name: row["pid"] for name, row in one.status().items()} == pids
    assert one.stop() == 0


def test_a_killed_events_role_is_back_and_listeners_go_on(supervise, tmp_path):
    seen = tmp_path / "seen"
    listener = tmp_path / "listener.sh"
    listener.write_text(f"""#!/bin/sh
while printf 'READY\\n' && read -r header; do
  length=${{header##*len:}}
  head -c "$length" >> {seen}
  echo >> {seen}
  printf 'RESULT 2\\nOK'
done
""")
    listener.chmod(0o755)
    one = supervise(f"[eventlistener:l]\ncommand={listener}\nevents=PROCESS_STATE_STOPPED\n"
                    "[program:p]\ncommand=sleep 1000\n", supervisord="loglevel=debug").ready()
    pid = one.status()["l"]["pid"]
    one.client("restart", "p")
    wait_until(lambda: seen.exists() and seen.read_text().count("processname:p") == 1,
               what="an event")
    wait_until(lambda: "l: ACKNOWLEDGED -> READY" in one.said().partition("l: BUSY -> ACKNOWLEDGED")[2],
               what="a listener that waits for the next")
    old = role_of(one, "events")
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: role_of(one, "events") not in (None, old), what="a new role")
    one.client("restart", "p")
    wait_until(lambda: seen.read_text().count("processname:p") == 2, what="another event")
    assert one.status()["l"]["pid"] == pid
    assert one.stop() == 0
    assert "\nRESULT" not in one.said(), "the protocol fills the container's log"


def test_whoever_asks_for_the_shutdown_is_answered(supervise):
    """Also where everything is down before the gateway has had its turn on the one processor."""
    port = free_port()
    for _ in range(5):
        one = supervise(f"[inet_http_server]\nport=127.0.0.1:{port}\n"
                        "[program:quick]\ncommand=sleep 1000\n", wrapper=["taskset", "-c", "0"])
        one.ready()
        os.setpriority(os.PRIO_PROCESS, role_of(one, "gateway"), 19)
        server = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2")
        assert server.supervisor.shutdown() is True
        assert one.wait() == 0
