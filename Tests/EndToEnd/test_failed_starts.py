"""Starts for which the supervisor runs out of descriptors leave nothing behind."""

import os
import resource

import pytest

from supervised import free_port, wait_until

CONFIGURATION = """
[inet_http_server]
port=127.0.0.1:%PORT%
username=u
password=p
[program:steady]
command=sleep 1000
[eventlistener:listener]
command=sleep 1000
events=PROCESS_STATE
ready=fd:5
ready_timeout=1000
startretries=0
autostart=false
stderr_logfile=%DIR%/listener.err
[program:notifier]
command=sleep 1000
ready=notify
ready_timeout=1000
startretries=0
autostart=false
stdout_logfile=%DIR%/notifier.out
stderr_logfile=%DIR%/notifier.err
[program:plain]
command=sleep 1000
ready=fd:5
ready_timeout=1000
startretries=0
autostart=false
stdout_logfile=%DIR%/plain.out
stderr_logfile=%DIR%/plain.err
"""


def descriptors(one):
    """The descriptors of the supervisor, by number; a connection that it closes is not counted."""
    links = {}
    for number in os.listdir(f"/proc/{one.pid}/fd"):
        links[int(number)] = os.readlink(f"/proc/{one.pid}/fd/{number}")
    return links


def settled(one):
    """The same once no client of the control socket is left."""
    seen = []

    def condition():
        seen.append(descriptors(one))
        return len(seen) > 3 and seen[-1] == seen[-2] == seen[-3]
    wait_until(condition, what="descriptors that stay")
    return seen[-1]


def leave_room(one, count):
    """The supervisor can open that many descriptors and no more."""
    number, free = 0, 0
    used = settled(one)
    while free < count:
        free += number not in used
        number += 1
    _, hard = resource.prlimit(one.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(one.pid, resource.RLIMIT_NOFILE, (number, hard))


@pytest.mark.parametrize("name", ["listener", "notifier", "plain"])
def test_failed_starts_leak_no_descriptor(supervise, name):
    one = supervise(CONFIGURATION.replace("%PORT%", str(free_port())), pid1=True).ready()
    one.status()
    limits = resource.prlimit(one.pid, resource.RLIMIT_NOFILE)
    before = settled(one)
    failures = 0
    # One is for the connection of the client; each step of the start fails in one of the rounds.
    for room in range(1, 7):
        for _ in range(17):
            leave_room(one, room)
            code, text = one.client("start", name)
            resource.prlimit(one.pid, resource.RLIMIT_NOFILE, limits)
            if code == 0:
                one.client("stop", name)
                continue
            failures += 1
            assert "cannot prepare its start: too many open files" in \
                one.status()[name]["description"] or "ERROR" in text, text
    assert failures > 30, failures
    after = settled(one)
    # A start that has gone as far as its output has opened its log streams, once; so has the first that
    # needs the notify role opened its channel.
    streams = [link for link in after.values() if link not in before.values()]
    assert len(streams) <= 5, (before, after)
    assert {number: after.get(number) for number in before} == before
    # All works as before, and no descriptor of the supervisor's own was closed.
    assert one.client("start", name, timeout=30)[0] in (0, 1)
    wait_until(lambda: one.status()[name]["pid"], what="a process")
    assert one.client("restart", "steady")[0] == 0
    assert one.status()["steady"]["state"] == "RUNNING"
    assert one.stop() == 0


def test_a_socket_whose_owner_cannot_be_changed_is_given_up(supervise):
    """As root without the capability to change an owner, which containers may lack."""
    one = supervise("""
[fcgi-program:f]
command=sleep 1000
socket=unix://%DIR%/f.sock
socket_owner=www-data
startretries=0
autostart=false
[program:steady]
command=sleep 1000
""", wrapper=["setpriv", "--bounding-set", "-chown"]).ready()
    before = settled(one)
    for _ in range(3):
        assert one.client("start", "f")[0] == 7
        assert one.status()["f"]["description"] == \
            f"Could not create FastCGI socket unix://{one.directory}/f.sock: EPERM"
        assert not (one.directory / "f.sock").exists()
    assert settled(one) == before
