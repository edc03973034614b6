"""Processes that SIGKILL does not end are limited in number, and no check leaves a process behind."""

import contextlib
import os
import pathlib
import signal

import pytest

import fuse
from fuse import Fuse
from supervised import commands_of, process_status, role_of, wait_until
from tracing import frozen

LIMIT = 4


def running(*words):
    """How many processes of this command there are."""
    command = "\0".join([*map(str, words), ""]).encode()
    count = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            count += path.read_bytes() == command
        except OSError:  # The process has ended.
            pass
    return count


def test_processes_that_sigkill_does_not_end_are_limited(supervise, public):
    """Each opens a directory whose server never answers. The last process of the hook is no child of PID 1 before
    the first one has ended."""
    place = public.path / "volume"
    with Fuse(place, unanswered=[fuse.OPENDIR]) as volume:
        one = supervise(f"""
[cron:c]
schedule=* * * * * *
command=ls -a {place}
timeout=1s
[program:p]
command=sleep 1000
startsecs=0
health=exec:ls -A {place}
health_interval=1s
health_timeout=1s
health_fall=1000
[program:q]
command=sleep 1000
startsecs=0
stop_command=ls -r {place}
stopwaitsecs=1
[hook:h]
stage=ready
command=sh -c "ls -s {place} & sleep 0.3; exit 1"
retries=1000
retry_delay=100ms
on_failure=continue
""", pid1=True)
        one.until("q", "RUNNING")
        for _ in range(LIMIT + 1):
            assert one.client("restart", "q")[0] == 0
        assert f"stop_command of q failed, sending its signal instead: SIGKILL has not ended {LIMIT} earlier stop " \
            "commands" in one.said()
        assert running("ls", "-r", place) == LIMIT
        lines = {"c": "SIGKILL has not ended c (pid ", "p": f"SIGKILL has not ended {LIMIT} earlier checks",
                 "h": f"h: retrying (SIGKILL has not ended {LIMIT} earlier processes)"}
        for name, line in lines.items():
            wait_until(lambda: line in one.said(), timeout=60, what=f"the line about {name}")
        skipped, checks, attempts = counts(one)
        wait_until(lambda: all(now >= then + 3 for now, then in zip(counts(one), (skipped, checks, attempts))),
                   what="three more runs, checks and attempts")
        assert [running("ls", option, place) for option in ("-a", "-A", "-s")] == [1, LIMIT, LIMIT]
        assert one.said().count(lines["c"]) == 1
        runs = one.status()["c"]["runs"]
        assert runs == 1 and one.status()["c"]["state"] == "stopping"
        volume.end()
        wait_until(lambda: one.status()["c"]["runs"] > runs, what="a further run")
        wait_until(lambda: "exited with 2" in one.said(), what="a further check")
        assert one.stop() == 0


def counts(one):
    """How many runs of c were skipped, how many checks of p and attempts of h have failed."""
    return one.status()["c"]["skipped"], one.said().count("p: health check failed"), one.said().count("h: retrying")


@pytest.mark.parametrize("capabilities", ["+all", "-kill"])
def test_a_check_that_is_late_leaves_no_process(supervise, capabilities):
    """timeout(1) makes a process group of its own. Without CAP_KILL, PID 1 may not signal processes of www-data."""
    one = supervise("""
[program:p]
command=sleep 1000
user=www-data
health=exec:timeout 60 sleep 61.25
health_interval=1s
health_timeout=1s
health_fall=1000
[program:q]
command=sleep 1000
user=www-data
health=exec:sh -c "sleep 61.5 | cat"
health_interval=1s
health_timeout=1s
health_fall=1000
""", pid1=True, wrapper=["setpriv", f"--bounding-set={capabilities}", "--inh-caps=-all"])
    wait_until(lambda: all(one.said().count(f"{name}: health check failed") > 2 for name in "pq"), 60, "three checks")
    assert running("sleep", "61.25") <= 1 and running("sleep", "61.5") <= 1


CHECKED = """
[program:p]
command=sleep 1000
user=www-data
autorestart=false
startsecs=0
health=exec:{}
health_interval=1s
health_timeout=60s
"""


def children(one, beginning):
    """The pids of the children of PID 1 whose command line begins with these bytes."""
    return [pid for pid, command in commands_of(one.pid).items() if command.startswith(beginning)]


@pytest.mark.parametrize("capabilities", ["+all", "-kill"])
def test_a_check_that_is_cancelled_leaves_no_process(supervise, capabilities):
    """timeout(1) makes a process group of its own. Without CAP_KILL, PID 1 may not signal the check."""
    one = supervise(CHECKED.format("timeout 60 sleep 62.25"), pid1=True,
                    wrapper=["setpriv", f"--bounding-set={capabilities}", "--inh-caps=-all"]).ready()
    wait_until(lambda: running("sleep", "62.25"), what="the check")
    os.kill(children(one, b"sleep\x001000\0")[0], signal.SIGKILL)
    wait_until(lambda: not running("sleep", "62.25"), 10, "the end of the command")
    wait_until(lambda: role_of(one, "probe") is None, 10, "the end of the check")


def test_a_cancelled_check_that_is_stopped_by_a_signal_leaves_no_process(supervise):
    """The program's user may stop the check, which has the same user."""
    one = supervise(CHECKED.format("timeout 60 sleep 62.5"), pid1=True).ready()
    wait_until(lambda: running("sleep", "62.5"), what="the check")
    check = role_of(one, "probe")
    os.kill(check, signal.SIGSTOP)
    wait_until(lambda: process_status(check)["State"][0] == "T", what="the stop")
    assert one.client("stop", "p")[0] == 0
    wait_until(lambda: not running("sleep", "62.5"), 10, "the end of the command")
    assert one.stop() == 0


def test_cancelled_checks_that_execute_nothing_are_killed(supervise):
    """A tracer of the program's user holds them."""
    one = supervise(CHECKED.format("sleep 62.75"), pid1=True).ready()
    checks = []
    with contextlib.ExitStack() as tracers:
        for _ in range(LIMIT - 1):
            wait_until(lambda: running("sleep", "62.75") > len(checks), what="a check")
            checks += [pid for pid in children(one, b"entrypoint: probe") if pid not in checks]
            tracers.enter_context(frozen(checks[-1]))
            assert one.client("restart", "p")[0] == 0
        wait_until(lambda: running("sleep", "62.75") <= 1, what="the end of the cancelled checks")
    assert len(checks) == LIMIT - 1
    wait_until(lambda: running("sleep", "62.75") == 1, what="a further check")
    assert one.stop() == 0
    assert "SIGKILL has not ended" not in one.said()


def test_a_removed_program_leaves_no_cancelled_check(supervise):
    """A further check of the program, which would end this one, will not come."""
    one = supervise(CHECKED.format("sleep 62.8"), pid1=True).ready()
    wait_until(lambda: running("sleep", "62.8"), what="the check")
    with frozen(role_of(one, "probe")):
        assert one.client("stop", "p")[0] == 0
        one.path.write_text(one.path.read_text().split("[program:p]")[0])
        assert one.client("update")[0] == 0
        wait_until(lambda: not running("sleep", "62.8"), 10, "the end of the command")
    assert one.stop() == 0
