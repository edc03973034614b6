"""The main log, which many a script greps: the same scenario under both, line by line."""

import re
import signal

import pytest

from pairs import about, differences
from supervised import wait_until

PROGRAMS = r"""
[program:steady]
command=sleep 1000
[program:fine]
command=sh -c "sleep 1.5"
autorestart=false
[program:odd]
command=sh -c "sleep 1.5; exit 3"
autorestart=false
[program:slain]
command=sh -c "sleep 1.5; kill -KILL $$"
autorestart=false
[program:hasty]
command=sh -c "exit 0"
startsecs=5
startretries=1
[program:missing]
command=/nope/nope
startretries=0
[program:folder]
command=/usr/bin
startretries=0
[program:text]
command=/etc/passwd
startretries=0
[program:instant]
command=sleep 1000
startsecs=0
[program:deaf]
command=sh -c "trap '' TERM; while :; do sleep 0.1; done"
stopwaitsecs=1
[program:family]
command=sh -c "sleep 1001 & wait"
stopasgroup=true
[program:coded]
command=sh -c "trap 'exit 7' TERM; while :; do sleep 0.1; done"
exitcodes=7
[program:lazy]
command=sleep 1000
autostart=false
[group:pool]
programs=one,two
[program:one]
command=sleep 1000
[program:two]
command=sleep 1000
"""
NAMES = re.findall(r"\[program:(\w+)\]", PROGRAMS)


def scenario(side):
    for name in ("steady", "instant", "deaf", "family", "coded", "pool:one", "pool:two"):
        side.until(name, "RUNNING")
    for name in ("fine", "odd", "slain"):
        side.until(name, "EXITED")
    for name in ("hasty", "missing", "folder", "text"):
        side.until(name, "FATAL")
    side.rpc("signalProcess", "steady", "CONT")
    side.rpc("signalProcess", "lazy", "HUP")
    for name in ("steady", "coded", "family", "deaf", "instant"):
        side.rpc("stopProcess", name)
    side.rpc("startProcess", "lazy")
    side.rpc("startProcess", "pool:one")
    side.rpc("stopProcess", "hasty")
    side.send(signal.SIGUSR2)
    side.until_said("logreopen")
    side.rpc("stopProcessGroup", "pool")
    side.rpc("removeProcessGroup", "pool")
    side.rpc("addProcessGroup", "pool")
    side.until("pool:two", "RUNNING")
    side.rpc("startProcess", "deaf")
    assert side.end() == 0


# Its own descriptors, which supervisord tells at level debug, and signals, of which one may stand for
# several.
INTERNAL = re.compile(r"DEBG (fd \d+ closed, |received SIGCHLD indicating)")
# How long somebody waits, and whether at all, is a matter of milliseconds.
WAITING = re.compile(r"INFO waiting for .* to (stop|die)$")
# What only we say, all of it at level debug.
OWN = re.compile(r"DEBG (\w+ is ready|\w+ will be started again in \S+|group \w+ was \w+"
                 r"|everything is ready|shutting down: \w+|reaped unknown pid P \(.*\))$")


@pytest.fixture(scope="module")
def logs(pair):
    """Theirs and ours at level debug, without the lines of either that the other cannot have."""
    both = pair(PROGRAMS, supervisord="loglevel=debug").start()
    both.both(scenario)
    theirs, ours = (side.lines() for side in both.sides)
    return ([line for line in theirs if not INTERNAL.match(line)],
            [line for line in ours if not OWN.match(line) and not INTERNAL.match(line)])


def settled(lines):
    return [line for line in lines if not WAITING.match(line)]


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_a_program_are_the_same_and_in_the_same_order(logs, name):
    theirs, ours = (settled(about(lines, name)) for lines in logs)
    assert ours == theirs
    assert ours


def test_no_other_line_is_said_by_only_one_of_them(logs):
    assert differences(*map(settled, logs)) == []


def test_both_tell_whom_a_stop_waits_for(logs):
    for lines in logs:
        assert "INFO waiting for deaf to stop" in lines
        assert any(re.match("INFO waiting for deaf, .*lazy, .*to die", line) for line in lines)


def test_lines_of_our_own_are_not_there_at_level_info(pair):
    both = pair("[program:a]\ncommand=sleep 1000\n").start()

    def brief(side):
        side.until("a", "RUNNING")
        return side.end()

    assert both.both(brief) == (0, 0)
    theirs, ours = (settled(side.lines()) for side in both.sides)
    assert ours == theirs


@pytest.mark.difference("lines about its descriptors at `loglevel=debug`")
def test_our_own_lines_at_level_debug_cannot_be_mistaken(pair):
    """None of them is one that supervisord's users look for."""
    one = pair("[program:a]\ncommand=sleep 1000\n", supervisord="loglevel=debug").sides[1].start()
    one.until("a", "RUNNING")
    assert one.end() == 0
    own = [line for line in one.lines() if OWN.match(line)]
    assert own == ["DEBG a is ready", "DEBG everything is ready", "DEBG shutting down: SIGTERM"]


SPEAKERS = r"""
[program:plain]
command=sh -c "echo spoken; read x; printf 'no newline'; read x; echo complained >&2; exec sleep 1000"
stdout_logfile=%DIR%/plain.log
stderr_logfile=%DIR%/plain.err
[program:bytes]
command=sh -c "printf '\\210\\n\\'; exec sleep 1000"
stdout_logfile=NONE
[program:merged]
command=sh -c "echo 'Malmö' >&2; exec sleep 1000"
redirect_stderr=true
stdout_logfile=%DIR%/merged.log
[program:captured]
command=sh -c "printf 'before<!--XSUPERVISOR:BEGIN-->inside<!--XSUPERVISOR:END-->after this, and longer than a token'; exec sleep 1000"
stdout_capture_maxbytes=100
stdout_logfile=%DIR%/captured.log
[program:coloured]
command=sh -c "printf '\\033[31mred\\033[0m\\n'; exec sleep 1000"
"""


def copies(side):
    """The lines below each `'name' channel output:` of the main log, by that heading, joined."""
    found, heading = {}, None
    for line in side.file("main.log").splitlines(keepends=True):
        whole = re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4} (.*)\n", line)
        if whole:
            heading = whole[1] if re.match(r"'\w+' \w+ (output:|emitted a comm event)$", whole[1]) else None
            if heading:
                found.setdefault(heading, []).append("")
        elif heading:
            found[heading][-1] += line
    return found


def test_output_is_copied_into_the_main_log_at_level_debug(pair):
    both = pair(SPEAKERS, supervisord="loglevel=debug\nstrip_ansi=true").start()

    def speak(side):
        for name in ("plain", "bytes", "merged", "captured", "coloured"):
            side.until(name, "RUNNING")
        side.until_said("'plain' stdout output:\nspoken")
        for text in ("no newline", "complained"):
            side.rpc("sendProcessStdin", "plain", "\n")
            side.until_said(text)
        side.until_said("'captured' stdout emitted a comm event")
        for text in ("Undecodable", "Malmö", "red\n\n", "longer than a token"):
            side.until_said(text)
        assert side.end() == 0
        return copies(side), side.file("plain.log")

    found, log = both.alike(speak)
    assert log == "spoken\nno newline"
    assert found["'plain' stdout output:"] == ["spoken\n\n", "no newline\n"]
    assert found["'plain' stderr output:"] == ["complained\n\n"]
    assert found["'bytes' stdout output:"] == ["Undecodable: b'\\x88\\n\\\\'\n"]
    assert found["'coloured' stdout output:"] == ["red\n\n"]


LISTENER = r"""
[eventlistener:listener]
command=sh -c "printf 'READY\\n'; read head; head -c ${head##*:} > /dev/null; printf 'RESULT 2\\nOK'; sleep 1000"
events=PROCESS_STATE
"""


def test_what_a_listener_writes_is_shown_at_level_debug(pair):
    both = pair(LISTENER, supervisord="loglevel=debug").start()

    def brief(side):
        side.until("listener", "RUNNING")
        side.until_said("listener: event was processed")
        assert side.end() == 0
        return copies(side)

    assert both.alike(brief) == {"'listener' stdout output:": [r"b'READY\n'" + "\n", r"b'RESULT 2\nOK'" + "\n"]}


def test_below_level_debug_nothing_is_copied(pair):
    both = pair("[program:a]\ncommand=sh -c 'echo spoken; sleep 1000'\n"
                "stdout_logfile=%DIR%/a.log\n").start()

    def brief(side):
        side.until("a", "RUNNING")
        side.until_said("spoken", "a.log")
        assert side.end() == 0
        return "spoken" in side.file("main.log")

    assert both.both(brief) == (False, False)


def test_what_keeps_a_program_from_its_start_is_told_alike(pair):
    programs = "".join(
        f"[program:{name}]\ncommand={command}\nstartretries=0\n{more}"
        for name, command, more in (
            ("lost", "no-such-command", ""), ("open", "sh -c 'unclosed", ""), ("empty", "", ""),
            ("nodir", "sleep 1000", "directory=/nope\nredirect_stderr=true\n"
             "stdout_logfile=%DIR%/nodir.log\n")))
    both = pair(programs).start()

    def brief(side):
        for name in ("lost", "nodir", "open", "empty"):
            side.until(name, "FATAL")
        assert side.end() == 0
        return side.lines()

    theirs, ours = both.both(brief)
    for name in ("lost", "open", "empty"):
        assert about(ours, name) == about(theirs, name)
    assert any("can't parse command" in line for line in ours)
    # supervisord's child says so on its stderr, and ends with 127; ours is a failed start as others.
    assert [line for line in about(theirs, "nodir") if "spawned" not in line][0] \
        == "WARN exited: nodir (exit status 127; not expected)"
    assert about(ours, "nodir")[-1] == about(theirs, "nodir")[-1]


def test_a_second_daemon_needs_no_control_socket(pair):
    """Two of them side by side is nothing unusual under supervisord."""
    first, second = pair(""), pair("")
    ours = first.sides[1].start()
    other = second.sides[1]
    text = other.configuration.read_text()
    other.configuration.write_text(
        text.replace(f"control={other.directory}/", f"control={ours.directory}/"))
    other.start()
    wait_until(lambda: "in use" in other.file("main.log"), what="a word about the control socket")
    assert (other.end(), ours.end()) == (0, 0)


def test_signals_during_the_shutdown(pair):
    """A restart is refused then; logs are still opened anew."""
    both = pair("[program:deaf]\nstopwaitsecs=4\n"
                "command=sh -c \"trap '' TERM; while :; do sleep 0.1; done\"\n").start()

    def act(side):
        side.until("deaf", "RUNNING")
        side.send(signal.SIGQUIT)
        side.until_said("waiting for deaf to die")
        side.send(signal.SIGHUP)
        side.until_said("SIGHUP indicating")
        side.send(signal.SIGUSR2)
        side.until_said("logreopen")
        assert side.process.wait(20) == 0
        return settled(side.lines())

    lines = both.alike(act)
    assert "WARN ignored SIGHUP indicating restart request (shutdown in progress)" in lines
    assert "WARN received SIGQUIT indicating exit request" in lines


def test_what_was_added_is_named_last(pair):
    """In the line that names those a shutdown waits for."""
    deaf = "command=sh -c \"trap '' TERM; while :; do sleep 0.1; done\"\nstopwaitsecs=2\n"
    both = pair(f"[program:b]\n{deaf}[program:c]\n{deaf}").start()

    def act(side):
        side.until("c", "RUNNING")
        text = side.configuration.read_text()
        side.configuration.write_text(f"{text}\n[program:a]\n{deaf}")
        side.rpc("reloadConfig")
        side.rpc("addProcessGroup", "a")
        side.until("a", "RUNNING")
        side.send(signal.SIGTERM)
        assert side.process.wait(20) == 0
        return [line for line in side.lines() if "to die" in line][0]

    assert both.alike(act) == "INFO waiting for b, c, a to die"
