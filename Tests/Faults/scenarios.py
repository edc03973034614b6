"""What the supervisor does while calls fail. Each function runs to the end of its effects."""

import json
import os
import pathlib
import signal
import socket

from bench import kill
from supervised import children_of, role_of, wait_until


def child_of(one, pid):
    """The pid out here of a process with that pid in the supervisor's namespace."""
    children = children_of(one.pid)
    for child in children:
        text = pathlib.Path(f"/proc/{child}/status").read_text()
        if f"NSpid:\t{child}\t{pid}\n" in text:
            return int(child)
    raise AssertionError(f"no process {pid}")


def spawn(one):
    before = {name: one.file_lines(f"{name}.log", text) for name, text in (("late", "from late"), ("probed", "up"))}
    for name in ("late", "probed", "announced"):
        one.ask("start", name)
    one.running("late", "probed", "announced")
    for name, text in (("late", "from late"), ("probed", "up")):
        one.output_arrived(name, text, before[name])


def stop(one):
    # A request that was refused because of the fault is sent again.
    def condition():
        status = one.status()
        running = [name for name in ("late", "probed", "announced") if status[name]["state"] != "STOPPED"]
        for name in running:
            one.ask("stop", name)
        return not running
    wait_until(condition, what="the stops")


def restart(one):
    row = one.status()["crash"]
    before = one.file_lines("crash.log", "from crash")
    kill(child_of(one, row["pid"]))
    wait_until(lambda: one.status()["crash"]["pid"] not in (0, row["pid"]), what="a restart")
    one.running("crash")
    one.output_arrived("crash", "from crash", before)


def rotation(one):
    first = one.lines
    one.write_lines()
    one.lines_arrived(first)


def reopening(one):
    first = one.lines
    one.send(signal.SIGUSR2)
    one.write_lines()
    one.lines_arrived(first)


def control(one):
    assert one.status()
    one.ask("tail", "writer")
    one.ask("clear", "changing")
    one.ask("timeline")
    one.ask("reread")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(one.socket))
        client.sendall(b"restart")


def http(one):
    one.post("/api/v1/status")
    one.post("/metrics")


def update(one):
    one.generation += 1
    one.write_configuration()
    pid = one.status()["changing"]["pid"]
    # What could not be done the first time is done by another request.
    def condition():
        one.ask("update")
        return one.status()["changing"]["pid"] not in (0, pid)
    wait_until(condition, what="the changed program")
    one.running("changing")


def scaling(one):
    for count in (2, 1):
        wait_until(lambda: one.ask("scale", "many", str(count))[0] == 0, what="the scaling")
    one.running("many:many_0")


def logger_killed(one):
    first, logger = one.lines, role_of(one, "logger")
    kill(logger)
    one.write_lines()
    wait_until(lambda: role_of(one, "logger") not in (None, logger), 60, "another logger")
    one.lines_arrived(first)


def gateway_killed(one):
    gateway = role_of(one, "gateway")
    kill(gateway)
    wait_until(lambda: role_of(one, "gateway") not in (None, gateway), 60, "another gateway")
    wait_until(lambda: one.post("/api/v1/status"), what="an answer")


def refused_to_start(one):
    """Whether the supervisor has ended before its loop: with a code for that, and a message."""
    if not one.has_ended():
        return False
    assert one.code in (2, 70), f"exit code {one.code}"
    assert one.said()[one.mark:].strip(), "it says nothing"
    return True


def boot(one, prepare, finish):
    """From the first instruction until every program runs; then an undisturbed shutdown."""
    prepare()
    one.begin()
    wait_until(lambda: one.socket.exists() or one.has_ended(), 60, "the control socket")
    if refused_to_start(one):
        return None
    try:
        one.up()
    except AssertionError:
        if refused_to_start(one):
            return None
        raise
    first = one.lines
    one.write_lines()
    one.lines_arrived(first)
    one.rests()
    result = finish()
    end(one)
    return result


def shutdown(one, prepare, finish):
    """SIGTERM, the last words of a program, and the exit code 0."""
    one.begin()
    one.up()
    spawn(one)
    one.rests()
    prepare()
    end(one)
    return finish()


def reload(one, prepare, finish):
    """SIGHUP: every program ends, and the same process begins again; then an undisturbed shutdown."""
    one.begin()
    one.up()
    one.rests()
    pid = one.status()["writer"]["pid"]
    one.mark = len(one.said())
    prepare()
    one.send(signal.SIGHUP)
    wait_until(lambda: one.has_ended() or begun_again(one, pid), 60, "the reload")
    if refused_to_start(one):
        return None
    one.up()
    first = one.lines
    one.write_lines()
    one.lines_arrived(first)
    one.rests()
    result = finish()
    end(one)
    return result


def begun_again(one, before):
    """Whether the writer has another pid. A reading of the configuration that failed ends the reload
    and is logged; then SIGHUP is sent again."""
    if "cannot read the configuration again" in one.said()[one.mark:]:
        one.mark = len(one.said())
        one.send(signal.SIGHUP)
    code, text = one.client("status", "writer", "--json")
    return code == 0 and json.loads(text)[0]["pid"] not in (0, before)


def end(one):
    before = one.words()
    one.send(signal.SIGTERM)
    code = one.wait(60)
    assert code == 0, f"exit code {code}"
    assert one.words() == before + 1 or one.reported_loss(0), "the last words of the writer are lost"


def prepare(one, lap):
    """Brings the supervisor into the state in which the lap begins."""
    if lap in PREPARATIONS:
        PREPARATIONS[lap](one)
        one.rests()


# Each in a supervisor of its own; LAPS leave the supervisor as it was.
LIVES = [boot, reload, shutdown]
LAPS = [spawn, stop, restart, rotation, reopening, control, http, update, scaling, logger_killed, gateway_killed]
# What a lap needs first; no call fails meanwhile.
PREPARATIONS = {stop: spawn}
# Calls without which a scenario would do nothing of what its name says.
ESSENTIAL = {spawn: ("pid1", "clone"), stop: ("pid1", "waitid"), restart: ("pid1", "waitid"),
             rotation: ("logger", "renameat"), reopening: ("logger", "openat"),
             update: ("pid1", "clone"), scaling: ("pid1", "waitid"), logger_killed: ("pid1", "clone"),
             gateway_killed: ("pid1", "clone"), boot: ("pid1", "clone"), reload: ("pid1", "waitid"),
             shutdown: ("pid1", "waitid")}
# A role that ends again and again is started later each time.
LIFETIMES = {logger_killed: 3, gateway_killed: 3}
