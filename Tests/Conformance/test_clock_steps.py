"""A wall clock that is set while programs wait (S17). For the real supervisord it is Python's that
is set; ours is one static binary, which asks nobody but the kernel, and measures by the monotonic
clock alone."""

import re
import subprocess
import time

import pytest

from supervised import wait_until

PROGRAMS = """
[program:backoff]
command=sh -c "exit 1"
startsecs=5
startretries=2
[program:starting]
command=sleep 1000
startsecs=3
[program:stopping]
command=sh -c "trap '' TERM; while :; do sleep 0.1; done"
stopwaitsecs=3
"""
CLOCK = """
import os, time
real = time.time
def stepped():
    try:
        return real() + float(open(os.environ["STEP"]).read())
    except (OSError, ValueError):
        return real()
time.time = stepped
"""


@pytest.fixture
def clocks(pair):
    """Both, and how to set the clock of the real one."""
    both = pair(PROGRAMS)
    theirs = both.sides[0]
    (theirs.directory / "sitecustomize.py").write_text(CLOCK)
    wrapper = theirs.directory / "wrapper"
    wrapper.write_text(f"#!/bin/sh\nSTEP={theirs.directory}/step PYTHONPATH={theirs.directory} "
                       f"exec {theirs.program} \"$@\"\n")
    wrapper.chmod(0o755)
    theirs.program = wrapper
    return both, lambda seconds: (theirs.directory / "step").write_text(str(seconds))


def settle(side, step):
    """Sets the clock while each of the three waits; how long each took from then on.

    Started here, by itself: the other one takes its time."""
    side.start()
    side.until("stopping", "RUNNING")
    assert side.rpc("stopProcess", "stopping", False) is True
    wait_until(lambda: side.state("backoff") == "BACKOFF")
    states = [side.state(name) for name in ("starting", "stopping")]
    step()
    begin = time.monotonic()
    wanted = {"backoff": "FATAL", "starting": "RUNNING", "stopping": "STOPPED"}
    took = {}

    def condition():
        for name, state in wanted.items():
            if name not in took and side.state(name) == state:
                took[name] = time.monotonic() - begin
        return len(took) == 3
    wait_until(condition, 20, f"all settled under {side.program}")
    return states, took


def test_a_clock_that_is_put_back_makes_nobody_wait_longer(clocks):
    both, put = clocks
    theirs, ours = both.both(lambda side: settle(
        side, (lambda: put(-3600)) if side is both.sides[0] else (lambda: None)))
    assert theirs[0] == ours[0] == ["STARTING", "STOPPING"]
    for _, took in (theirs, ours):
        # What is left of each wait at the most, and a second or two for their passes.
        assert took["starting"] < 6 and took["stopping"] < 6 and took["backoff"] < 8


def test_a_clock_that_is_put_forward_hurries_supervisord_and_not_us(clocks):
    both, put = clocks
    theirs, ours = both.both(lambda side: settle(
        side, (lambda: put(3600)) if side is both.sides[0] else (lambda: None)))
    assert theirs[0] == ours[0] == ["STARTING", "STOPPING"]
    # Three seconds each; the stop was asked for one and a half seconds after the start at the most.
    assert theirs[1]["stopping"] < 2 < ours[1]["stopping"]
    assert theirs[1]["starting"] < ours[1]["starting"]


def test_our_pid_1_arms_no_timer_by_the_wall_clock(pair):
    both = pair(PROGRAMS)
    ours = both.sides[1]
    trace, wrapper = ours.directory / "trace", ours.directory / "traced"
    wrapper.write_text("#!/bin/sh\nexec strace -e trace=timerfd_create,timerfd_settime,clock_nanosleep,"
                       f"nanosleep,setitimer,alarm,timer_create -o {trace} {ours.program} \"$@\"\n")
    wrapper.chmod(0o755)
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip("nothing can be traced here")
    ours.program = wrapper
    ours.start()
    ours.until("backoff", "FATAL")
    ours.until("starting", "RUNNING")
    calls = trace.read_text()
    made = re.findall(r"timerfd_create\((\w+)", calls)
    assert made and set(made) == {"CLOCK_MONOTONIC"}
    assert re.search(r"timerfd_settime\(\d+, TFD_TIMER_ABSTIME,", calls)
    assert not re.search(r"^(clock_nanosleep|nanosleep|setitimer|alarm|timer_create)\(", calls, re.MULTILINE)
