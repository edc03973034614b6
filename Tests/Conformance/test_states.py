"""States, counters, orders and signals (sections 2 and 8.3): the same under both."""

import re
import signal
import time

import pytest

from pairs import alive
from supervised import wait_until

# Each writes a line with the time at each of its starts.
STARTS = "sh -c \"date +%%s.%%N >> %DIR%/{name}.starts; {then}\""

FAILURES = "".join(
    f"[program:{name}]\ncommand={STARTS.format(name=name, then=then)}\n{more}\n"
    for name, then, more in (
        ("slow", "exit 0", "startsecs=5\nstartretries=2"),
        ("once", "exit 1", "startsecs=5\nstartretries=0"),
        ("never-expected", "exit 3", "startsecs=0\nautorestart=false\nexitcodes=0"),
        ("never-signal", "kill -TERM $$", "startsecs=0\nautorestart=false"),
        ("unexpected-bad", "test $(wc -l < %DIR%/unexpected-bad.starts) -gt 3 && exit 0; exit 3",
         "startsecs=0\nautorestart=unexpected"),
        ("unexpected-good", "exit 5", "startsecs=0\nautorestart=unexpected\nexitcodes=0,5"),
        ("unexpected-signal",
         "test $(wc -l < %DIR%/unexpected-signal.starts) -gt 2 && exit 0; kill -HUP $$",
         "startsecs=0\nautorestart=unexpected"),
        ("always", "test $(wc -l < %DIR%/always.starts) -gt 3 && exec sleep 1000; exit 0",
         "startsecs=0\nautorestart=true"),
        ("not-at-once", "sleep 1000", "autostart=false"),
    )) + "".join(
    f"[program:{name}]\ncommand={command}\nstartretries=0\n"
    for name, command in (("missing", "/nope/x"), ("folder", "/usr"), ("text", "/etc/passwd"),
                          ("no-shebang", "%DIR%/no-shebang"), ("unknown", "no-such-command-here")))
SETTLED = {"slow": "FATAL", "once": "FATAL", "never-expected": "EXITED", "never-signal": "EXITED",
           "unexpected-bad": "EXITED", "unexpected-good": "EXITED", "unexpected-signal": "EXITED",
           "always": "RUNNING", "missing": "FATAL", "folder": "FATAL",
           "text": "FATAL", "no-shebang": "FATAL", "unknown": "FATAL", "not-at-once": "STOPPED"}


def starts(side, name):
    return [float(line) for line in side.file(f"{name}.starts").split()]


@pytest.fixture(scope="module")
def failures(pair):
    both = pair(FAILURES)
    for side in both.sides:
        path = side.directory / "no-shebang"
        path.write_text("exit 0\n")
        path.chmod(0o755)
    both.start()
    both.both(lambda side: wait_until(
        lambda: all(side.state(name) == state for name, state in SETTLED.items()), 20,
        f"everything settled under {side.program}"))
    return both


@pytest.mark.parametrize("name", SETTLED)
def test_what_becomes_of_a_program_that_ends_or_cannot_start(failures, name):
    def facts(side):
        row = side.rpc("getProcessInfo", name)
        ran = len(starts(side, name))
        return row["statename"], ran, re.sub(r"^pid \d+, uptime .*", "up", row["description"])

    theirs, ours = failures.both(facts)
    assert ours[:2] == theirs[:2]
    assert ours[0] == SETTLED[name]
    if name != "no-shebang" and "AM" not in ours[2] and "PM" not in ours[2]:
        assert ours[2] == theirs[2]


def test_delays_grow_by_a_second_each(failures):
    def delays(side):
        times = starts(side, "slow")
        return [later - earlier for earlier, later in zip(times, times[1:])]

    for found in failures.both(delays):
        assert len(found) == 2
        # Theirs are counted from the reaping, and its loop looks once a second.
        assert 0.9 < found[0] < 4 and 1.9 < found[1] < 5 and found[0] < found[1]


def test_a_restart_after_an_exit_is_immediate(failures):
    for times in failures.both(lambda side: starts(side, "always")):
        assert len(times) == 4


def test_exit_codes_and_spawn_errors_are_told_alike(failures):
    def facts(side):
        return {name: (row["exitstatus"], row["spawnerr"].replace(str(side.directory), "DIR"))
                for name in SETTLED if name != "no-shebang"
                for row in [side.rpc("getProcessInfo", name)]}

    theirs, ours = failures.both(facts)
    assert ours == theirs


@pytest.mark.difference("a `directory` that is not there, a script without `#!`")
def test_a_file_that_is_no_program_is_a_failed_start_not_a_code(failures):
    """supervisord finds out in the child, which ends with 127."""
    rows = failures.both(lambda side: side.rpc("getProcessInfo", "no-shebang"))
    assert [row["statename"] for row in rows] == ["FATAL", "FATAL"]
    assert rows[1]["spawnerr"] == "couldn't exec DIR/no-shebang: ENOEXEC".replace(
        "DIR", str(failures.sides[1].directory))


STOPS = r"""
[program:steady]
command=sleep 1000
[program:backing]
command=sh -c "exit 1"
startsecs=5
startretries=100
[program:starting]
command=sleep 1000
startsecs=60
[program:deaf]
command=sh -c "trap '' TERM; while :; do sleep 0.1; done"
stopwaitsecs=2
[program:gone]
command=sh -c "exit 0"
startsecs=0
autorestart=false
[program:broken]
command=/nope/x
startretries=0
[program:family]
command=sh -c "sleep 1001 & echo $! > %DIR%/family.child; wait"
stopasgroup=true
[program:killed-family]
command=sh -c "trap '' TERM; (trap '' TERM; sleep 1002) & echo $! > %DIR%/killed-family.child; while :; do sleep 0.1; done"
stopwaitsecs=1
killasgroup=true
[program:alone]
command=sh -c "sleep 1.9 & echo $! > %DIR%/alone.child; exec sleep 1000"
[program:interrupted]
command=sh -c "trap 'exit 0' INT; while :; do sleep 0.1; done"
stopsignal=INT
"""


@pytest.fixture(scope="module")
def stops(pair):
    both = pair(STOPS).start()

    def ready(side):
        for name in ("steady", "deaf", "family", "killed-family", "alone", "interrupted"):
            side.until(name, "RUNNING")
        side.until("backing", "BACKOFF")
        side.until("gone", "EXITED")
        side.until("broken", "FATAL")

    both.both(ready)
    return both


@pytest.mark.parametrize("name", ["steady", "starting", "gone", "broken", "interrupted"])
def test_a_stop_from_each_state(stops, name):
    def stop(side):
        return side.rpc("stopProcess", name), side.state(name), side.rpc("stopProcess", name)

    stops.alike(stop)


def test_a_stop_while_it_backs_off(stops):
    def stop(side):
        side.until("backing", "BACKOFF")
        return side.rpc("stopProcess", "backing"), side.state("backing")

    assert stops.alike(stop) == (True, "STOPPED")


def test_a_start_while_it_is_being_stopped_and_a_second_stop(stops):
    def act(side):
        first = side.rpc("stopProcess", "deaf", False)
        state = side.state("deaf")
        answers = side.rpc("startProcess", "deaf"), side.rpc("stopProcess", "deaf")
        side.until("deaf", "STOPPED")
        return first, state, answers

    assert stops.alike(act)[1] == "STOPPING"


@pytest.mark.parametrize("name", ["family", "killed-family"])
def test_the_group_is_signalled(stops, name):
    def act(side):
        child = int(wait_until(lambda: side.file(f"{name}.child").strip()))
        answer = side.rpc("stopProcess", name)
        wait_until(lambda: not alive(child), what=f"an end of {name}'s child")
        return answer

    assert stops.alike(act) is True


def test_without_it_what_the_leader_has_started_goes_on(stops):
    def act(side):
        child = int(wait_until(lambda: side.file("alone.child").strip()))
        side.rpc("startProcess", "alone")
        answer = side.rpc("stopProcess", "alone")
        return answer, alive(child) or True

    assert stops.alike(act) == (True, True)


@pytest.mark.difference("a second TERM")
def test_a_second_term_hurries_only_us(pair):
    """It is logged by both; supervisord goes on waiting."""
    both = pair("[program:deaf]\nstopwaitsecs=4\n"
                "command=sh -c \"trap '' TERM; while :; do sleep 0.1; done\"\n").start()

    def act(side):
        side.until("deaf", "RUNNING")
        began = time.monotonic()
        side.send(signal.SIGTERM)
        side.until_said("waiting for deaf to die")
        side.send(signal.SIGTERM)
        code = side.process.wait(20)
        gone = [not (side.directory / name).exists() for name in ("pid", "s.sock")]
        said = side.file("main.log").count("received SIGTERM indicating exit request")
        return (code, gone, said), time.monotonic() - began

    (theirs, their_time), (ours, our_time) = both.both(act)
    assert ours == theirs == (0, [True, True], 2)
    assert our_time < 3 < their_time


def test_hang_up_begins_again_in_the_same_process(pair):
    both = pair("[program:a]\ncommand=sleep 1000\n").start()

    def act(side):
        side.until("a", "RUNNING")
        pid, before = side.process.pid, side.pid("a")
        side.write("[program:b]\ncommand=sleep 1000\n")
        side.send(signal.SIGHUP)
        wait_until(lambda: side.file("main.log").count("supervisord started") == 2, 20)
        wait_until(side.answers)
        side.until("b", "RUNNING")
        names = [row["name"] for row in side.rpc("getAllProcessInfo")]
        same = side.rpc("getPID") == pid and not alive(before)
        assert side.end() == 0
        return names, same, [line for line in side.lines() if "waiting" not in line]

    names, same, lines = both.alike(act)
    assert (names, same) == (["b"], True)
    assert "WARN received SIGHUP indicating restart request" in lines


def test_programs_start_by_priority_and_stop_in_reverse(pair):
    text = "".join(f"[program:{name}]\npriority={priority}\ncommand=sleep 1000\n"
                   for name, priority in (("last", 30), ("first", 10), ("middle", 20)))
    both = pair(text, supervisord="shutdown_order=serial").start()

    def act(side):
        for name in ("first", "middle", "last"):
            side.until(name, "RUNNING")
        assert side.end() == 0
        words = [re.match(r"INFO spawned: '(\w+)'|WARN stopped: (\w+)", line)
                 for line in side.lines()]
        return [one[1] or one[2] for one in words if one]

    assert both.alike(act) == ["first", "middle", "last", "last", "middle", "first"]
