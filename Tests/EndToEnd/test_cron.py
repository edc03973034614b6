"""Crons on real processes: by the clock, by hand, beside each other, and never after the end."""

import ctypes
import datetime
import os
import pathlib
import re
import select
import socket
import struct
import subprocess

import pytest

from supervised import BINARY, TERM, alive, rests, wait_until


def runs(one, name):
    """What the journal says of each run: when it was meant to be."""
    return [line.get("scheduled") for line in one.journal()
            if line.get("name") == name and line.get("event") == "fired"]


def skips(one, name):
    return [line["reason"] for line in one.journal()
            if line.get("name") == name and line.get("event") == "run skipped"]


def test_every_second_once(supervise):
    one = supervise("""
[program:p]
command=sleep 1000
[cron:tick]
schedule=* * * * * *
command=sh -c 'date +%%s >> %DIR%/ticks'
""").ready()
    ticks = one.directory / "ticks"
    wait_until(lambda: ticks.exists() and len(ticks.read_text().split()) >= 4, what="four ticks")
    seconds = [int(line) for line in ticks.read_text().split()]
    assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))
    meant = [datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
             for text in runs(one, "tick")]
    assert meant[:len(seconds)] == seconds
    started = [line["at"] for line in one.journal() if line.get("event") == "start completed"]
    assert one.at("tick", "running") >= started[0]
    row = one.status()["tick"]
    assert row["kind"] == "cron" and row["last_result"] == "succeeded" and row["exit"] == 0
    assert datetime.datetime.fromisoformat(row["next"]).timestamp() > seconds[-1]


def test_its_output_goes_where_a_program_s_goes(supervise):
    one = supervise("""
[cron:backup]
schedule=@reboot
command=sh -c 'echo saved; echo oops >&2'
log_format=prefix
stderr_logfile=%DIR%/errors.log
""").ready()
    one.until("backup", "succeeded")
    wait_until(lambda: "backup | saved\n" in one.said(), what="its line")
    errors = one.directory / "errors.log"
    wait_until(lambda: errors.exists() and errors.read_text() == "backup | oops\n", what="its error")


def test_status_shows_the_last_result_and_the_next_time(supervise):
    one = supervise("""
[cron:nightly]
schedule=30 2 * * *
timezone=Europe/Berlin
command=sh -c 'exit 3'
description=the backup
""").ready()
    code, text = one.client("status", "--all")
    assert re.search(r"^nightly +scheduled next \d{4}-\d\d-\d\dT0[23]:[03]0:00\+0[12]:00$", text, re.M)
    assert one.client("start", "nightly") == (0, "nightly: started\n")
    row = one.until("nightly", "failed")
    assert (row["exit"], row["runs"], row["last_result"]) == (3, 1, "failed")
    code, text = one.client("status", "--all")
    assert re.search(r"^nightly +failed +next \S+, last ended \S+ \(exit status 3\)$", text, re.M)
    # Of programs there is none.
    assert one.client("status") == (0, "")


def test_by_hand(supervise):
    one = supervise("""
[cron:long]
schedule=@yearly
command=sleep 1000
""").ready()
    assert one.client("start", "long") == (0, "long: started\n")
    pid = one.until("long", "running")["pid"]
    assert one.client("start", "long") == (0, "long: ERROR (already started)\n")
    assert one.client("stop", "long") == (0, "long: stopped\n")
    assert not alive(pid)
    assert one.client("stop", "long") == (0, "long: ERROR (not running)\n")
    assert one.status()["long"]["state"] == "stopped"
    assert one.client("start", "all") == (0, "")


def test_a_command_that_is_not_there(supervise):
    one = supervise("""
[cron:none]
schedule=@yearly
command=/no/such
""").ready()
    assert one.client("start", "none") == (7, "none: ERROR (spawn error)\n")
    assert one.status()["none"]["state"] == "failed"
    assert one.stop() == 0


@pytest.mark.parametrize("overlap, most", [("skip", 1), ("queue", 1), ("allow", 2)])
def test_runs_that_meet(supervise, overlap, most):
    one = supervise(f"""
[cron:slow]
schedule=@every 1s
command=sh -c 'echo + >> %DIR%/log; sleep 1.4; echo - >> %DIR%/log'
overlap={overlap}
""").ready()
    log = one.directory / "log"
    wait_until(lambda: log.exists() and log.read_text().count("-") >= 5, 20, "five runs")
    assert one.stop() == 0
    depth = deepest = 0
    for line in log.read_text().split():
        depth += 1 if line == "+" else -1
        deepest = max(deepest, depth)
    assert deepest == most
    # A queue of one is too short for what never catches up.
    assert bool(skips(one, "slow")) == (overlap != "allow")


def test_a_time_out_and_another_attempt(supervise):
    one = supervise("""
[cron:hangs]
schedule=@reboot
command=sh -c 'sleep 1000 & echo $! >> %DIR%/children; wait'
timeout=1s
retries=1
retry_delay=100ms
""").ready()
    row = one.until("hangs", "failed")
    assert row["runs"] == 1
    moves = one.moves("hangs")
    assert moves == [("stopped", "running"), ("running", "stopping"), ("stopping", "retrying"),
                     ("retrying", "running"), ("running", "stopping"), ("stopping", "failed")]
    children = [int(line) for line in (one.directory / "children").read_text().split()]
    assert len(children) == 2
    wait_until(lambda: not any(alive(pid) for pid in children), what="the end of its children")


def test_the_end_takes_a_run_along_and_starts_none(supervise):
    one = supervise("""
[program:p]
command=sleep 1000
[cron:deaf]
schedule=* * * * * *
command=sh -c 'trap "" TERM; touch %DIR%/deaf; sleep 1000'
""", pid1=True).ready()
    pid = one.until("deaf", "running")["pid"]
    wait_until((one.directory / "deaf").exists, what="one that is deaf")
    one.send(TERM)
    assert one.wait(20) == 0
    journal = one.journal()
    shutdown = next(line["at"] for line in journal if line.get("event") == "shutdown")
    assert [line for line in journal if line.get("event") == "fired" and line["at"] > shutdown] == []
    signals = [(line["signal"], line["to"]) for line in journal
               if line.get("name") == "deaf" and line.get("event") == "signal sent"]
    assert signals == [("TERM", "group"), ("KILL", "group")]
    assert pid and one.moves("deaf")[-1] == ("stopping", "stopped")


def test_nothing_runs_before_the_start_is_complete(supervise):
    one = supervise("""
[cron:tick]
schedule=* * * * * *
command=true
[program:slow]
command=sleep 1000
startsecs=2
""")
    one.until("slow", "STARTING")
    row = one.status()["tick"]
    assert (row["state"], row["description"]) == ("waiting", "runs once everything has started")
    one.ready()
    wait_until(lambda: runs(one, "tick"), what="a run")
    assert one.at("tick", "running") >= one.at("slow", "running")


@pytest.mark.parametrize("what, end", [
    ("command=false\nstartretries=0", "FATAL"), ("command=sleep 1000\nstartsecs=1000", "STOPPED")])
def test_what_will_not_come_keeps_no_cron_from_its_work(supervise, what, end):
    one = supervise(f"[cron:tick]\nschedule=* * * * * *\ncommand=true\n[program:p]\n{what}\n"
                    "[program:after]\ncommand=sleep 1000\ndepends_on=p\n")
    if end == "STOPPED":
        one.until("p", "STARTING")
        assert one.status()["tick"]["state"] == "waiting"
        assert one.client("stop", "p")[0] == 0
    one.until("p", end)
    wait_until(lambda: runs(one, "tick"), what="a run")
    assert one.said().count("crons begin, though not everything has been ready") == 1
    assert one.status()["after"]["pid"] == 0
    assert one.stop() == 0


def test_a_cron_that_waits_wakes_nobody(supervise):
    one = supervise("""
[cron:nightly]
schedule=0 0 1 1 *
command=true
""").ready()
    rests(one.pid)


NIGHTLY = "[cron:nightly]\nschedule=@daily\ncommand=true\n"
TIMERS = ["-e", "trace=timerfd_create,timerfd_settime"]


@pytest.mark.parametrize("configuration, hears", [
    (NIGHTLY, True), ("[program:p]\ncommand=sleep 1000\n", False)])
def test_who_has_crons_hears_of_it_when_the_clock_is_set(supervise, tmp_path, configuration, hears):
    calls = tmp_path / "calls"
    one = supervise(configuration, wrapper=["strace", "-D", "-o", calls, *TIMERS]).ready()
    assert one.stop() == 0
    wait_until(lambda: "exited with 0" in calls.read_text(), what="the end of its calls")
    found = re.findall(r"timerfd_settime\(\d+, TFD_TIMER_ABSTIME\|TFD_TIMER_CANCEL_ON_SET, .* = 0",
                       calls.read_text())
    assert len(found) == calls.read_text().count("timerfd_create(CLOCK_REALTIME") == hears


def set_clock(pid):
    """Makes the timer of a process that is watched for a clock that is set readable, as a new time does.

    The clock of the machine stays as it is: the timer expires, through a copy of its descriptor.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.pidfd_open(pid)
    place = pathlib.Path(f"/proc/{pid}/fdinfo")
    number = next(path.name for path in place.iterdir() if "clockid: 0\n" in path.read_text())
    timer = libc.syscall(438, handle, int(number), 0)  # pidfd_getfd(2)
    assert timer >= 0, os.strerror(ctypes.get_errno())
    first_second = struct.pack("4q", 0, 0, 1, 0)
    assert libc.timerfd_settime(timer, 1, first_second, None) == 0  # TFD_TIMER_ABSTIME
    os.close(handle)
    return timer


@pytest.mark.needs_root
def test_the_time_of_a_cron_is_computed_again_when_the_clock_is_set(supervise):
    """With another random delay, which shows the computation: the machine's clock has not changed."""
    one = supervise(NIGHTLY + "jitter=6h\n").ready()
    before = one.status()["nightly"]["next"]

    def is_changed():
        timer = set_clock(one.pid)
        try:
            wait_until(lambda: select.select([timer], [], [], 0)[0] == [], what="a supervisor that has read the timer")
        finally:
            os.close(timer)
        return one.status()["nightly"]["next"] != before
    wait_until(is_changed, what="another time")
    rests(one.pid)
    assert one.stop() == 0


def test_where_the_kernel_cannot_tell_of_the_clock_crons_run_all_the_same(supervise, tmp_path):
    inject = ["-e", "inject=timerfd_settime:error=EINVAL:when=1"]
    one = supervise("[cron:tick]\nschedule=* * * * * *\ncommand=true\n", wrapper=[
        "strace", "-D", "-o", tmp_path / "calls", *TIMERS, *inject]).ready()
    wait_until(lambda: len(runs(one, "tick")) >= 2, what="two runs")
    assert "cannot hear of it when the clock is set: invalid argument" in one.said()
    assert one.stop() == 0


CHANGES = """
[program:p]
command=sleep 1000
[cron:kept]
schedule=0 0 1 1 *
command=true
"""
OLD = """
[cron:changed]
schedule=* * * * * *
command=sh -c 'echo old >> %DIR%/log; exec sleep 1000'
[cron:gone]
schedule=* * * * * *
command=sh -c 'echo gone >> %DIR%/log'
"""
NEW = """
[cron:changed]
schedule=* * * * * *
command=sh -c 'echo changed >> %DIR%/log'
[cron:new]
schedule=* * * * * *
command=sh -c 'echo new >> %DIR%/log'
"""


def test_update_takes_up_what_has_changed(supervise):
    one = supervise(CHANGES + OLD).ready()
    log = one.directory / "log"
    wait_until(lambda: log.exists() and {"old", "gone"} <= set(log.read_text().split()), what="the old ones")
    running = one.until("changed", "running")["pid"]
    before = one.status()
    one.path.write_text(one.path.read_text().split("[cron:changed]")[0]
                        + NEW.replace("%DIR%", str(one.directory)))
    assert one.client("reread") == (0, "changed: changed\ngone: disappeared\nnew: available\n")
    assert one.client("update") == (0, "gone: removed cron\nchanged: updated cron\nnew: added cron\n")
    assert not alive(running)
    log.write_text("")
    wait_until(lambda: {"changed", "new"} <= set(log.read_text().split()), what="the new ones")
    assert set(log.read_text().split()) == {"changed", "new"}
    rows = one.status()
    assert sorted(rows) == ["changed", "kept", "new", "p"]
    assert rows["p"]["pid"] == before["p"]["pid"] and rows["kept"]["next"] == before["kept"]["next"]
    assert one.client("update") == (0, "")
    news = [line["event"] for line in one.journal() if line.get("event", "").startswith("cron ")]
    assert news == ["cron removed", "cron removed", "cron added", "cron added"]
    assert one.stop() == 0


def test_update_of_one_leaves_the_others(supervise):
    one = supervise(CHANGES + OLD.replace("* * * * * *", "0 0 1 1 *")).ready()
    one.path.write_text(one.path.read_text().split("[cron:changed]")[0])
    assert one.client("update", "gone") == (0, "gone: removed cron\n")
    assert sorted(one.status()) == ["changed", "kept", "p"]


def test_what_speaks_supervisord_s_language_sees_no_cron(supervise):
    one = supervise("""
[unix_http_server]
file=%DIR%/rpc.sock
[program:p]
command=sleep 1000
[cron:nightly]
schedule=@daily
command=true
""").ready()
    wait_until((one.directory / "rpc.sock").exists, what="a socket")

    def ask(*words):
        done = subprocess.run(
            ["supervisorctl", "-s", f"unix://{one.directory}/rpc.sock", *words],
            executable=BINARY, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout

    wait_until(lambda: ask("pid")[0] == 0, what="an answer")
    assert [line.split()[0] for line in ask("status")[1].splitlines()] == ["p"]
    assert [line.split()[0] for line in ask("avail")[1].splitlines()] == ["p"]
    assert ask("start", "nightly") == (1, "nightly: ERROR (no such process)\n")
    assert ask("stop", "nightly") == (1, "nightly: ERROR (no such process)\n")
    assert ask("update") == (0, "")
    assert runs(one, "nightly") == []


def test_the_start_is_not_forgotten_whatever_runs_since(supervise):
    one = supervise("""
[program:p]
command=sleep 1000
[cron:c]
schedule=@yearly
command=true
""").ready()
    for _ in range(8192):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(one.socket))
            connection.sendall(b"signal CONT p\n")
            assert connection.recv(4096)
    journal = one.journal()
    assert any(line.get("event") == "start completed" for line in journal)
    times = [line["at"] for line in journal if "at" in line]
    assert times == sorted(times) and len(times) == 8192


def test_command_mode_runs_none(supervise):
    one = supervise("""
[cron:tick]
schedule=@reboot
command=touch %DIR%/ran
""", arguments=["--", "true"])
    assert one.wait() == 0
    assert not (one.directory / "ran").exists()
