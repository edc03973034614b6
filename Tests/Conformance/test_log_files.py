"""The log files of programs (section 4): names, contents, rotation, clean-up."""

import pathlib
import re
import signal
import stat

import pytest

from supervised import wait_until

LOGS = r"""
[program:auto]
command=sh -c "echo out; echo err >&2; sleep 1000"
[program:joined]
command=sh -c "echo out; echo err >&2; sleep 1000"
redirect_stderr=true
stdout_logfile=%DIR%/joined.log
[program:quiet]
command=sh -c "echo out; sleep 1000"
stdout_logfile=NONE
stderr_logfile=NONE
[program:idle]
command=sleep 1000
autostart=false
[program:rotated]
command=sh -c "while read i; do echo line $i; done"
stdout_logfile=%DIR%/rotated.log
stdout_logfile_maxbytes=14
stdout_logfile_backups=2
[program:truncated]
command=sh -c "while read i; do echo line $i; done"
stdout_logfile=%DIR%/truncated.log
stdout_logfile_maxbytes=14
stdout_logfile_backups=0
[program:plain]
command=sh -c "printf '\033[31mred\033[0m and \033[1;4mbold\033[m\n'; sleep 1000"
stdout_logfile=%DIR%/plain.log
"""
OLD = ["web-stdout---supervisor-abcdefgh.log", "web-stdout---supervisor-abcdefgh.log.1",
       "web-stdout---other-abcdefgh.log", "---supervisor-abcdefgh.log", "web-supervisor-a.log",
       "web-stdout---supervisor-a b.log", "web-stdout---supervisor-x.txt"]


@pytest.fixture(scope="module")
def logs(pair):
    both = pair(LOGS, supervisord="strip_ansi=true")
    for side in both.sides:
        for name in OLD:
            (side.directory / name).write_text("old\n")
    both.start()

    def ready(side):
        for name in ("auto", "joined", "quiet", "rotated", "truncated", "plain"):
            side.until(name, "RUNNING")
        # One at a time: supervisord rotates after each piece that it reads, we after each line.
        for number in range(1, 10):
            side.rpc("sendProcessStdin", "rotated", f"{number}\n")
            name = "rotated.log" if number % 2 else "rotated.log.1"
            wait_until(lambda: side.file(name).endswith(f"line {number}\n"), what=f"line {number}")
        for number in range(1, 6):
            side.rpc("sendProcessStdin", "truncated", f"{number}\n")
            kept = f"line {number}\n" if number % 2 else ""
            wait_until(lambda: side.file("truncated.log") == kept, what=f"line {number} alone")

    both.both(ready)
    return both


def test_old_automatic_logs_are_cleaned_up(logs):
    left = logs.alike(lambda side: [name for name in OLD if (side.directory / name).exists()])
    assert left == OLD[2:]


def automatic(side):
    """By what is random in their names: mode and contents."""
    return sorted((re.sub(r"-\w{8}\.log$", "-R.log", path.name), stat.S_IMODE(path.stat().st_mode),
                   path.read_text()) for path in pathlib.Path(side.directory).glob("*---*-????????.log")
                  if path.name not in OLD)


def test_automatic_logs_are_made_at_once_and_for_nobody_else(logs):
    found = logs.alike(automatic)
    assert ("auto-stdout---supervisor-R.log", 0o600, "out\n") in found
    assert ("idle-stderr---supervisor-R.log", 0o600, "") in found


def test_old_automatic_logs_are_kept_where_nobody_wants_them_gone(pair):
    both = pair("", supervisord="nocleanup=true")
    for side in both.sides:
        (side.directory / OLD[0]).write_text("old\n")
    both.start()
    assert both.alike(lambda side: side.file(OLD[0])) == "old\n"


def test_automatic_logs_come_with_a_group(pair):
    both = pair("").start()

    def act(side):
        side.write("[program:late]\ncommand=sleep 1000\nautostart=false\n")
        side.rpc("reloadConfig")
        answer = side.rpc("addProcessGroup", "late")
        wait_until(lambda: len(automatic(side)) == 2)
        return answer, automatic(side)

    assert both.alike(act)[0] is True


@pytest.mark.parametrize("name", ["joined.log", "plain.log", "rotated.log", "rotated.log.1",
                                  "rotated.log.2", "rotated.log.3", "truncated.log"])
def test_logs_hold_the_same(logs, name):
    logs.alike(lambda side: side.file(name))


def test_output_that_nobody_wants_is_in_no_file(logs):
    names = logs.alike(lambda side: sorted(
        path.name for path in side.directory.glob("quiet*")))
    assert names == []


def test_logs_are_opened_anew_where_they_were_moved_away(pair):
    both = pair("[program:a]\ncommand=sh -c \"read x; echo one; read x; echo two; sleep 1000\"\n"
                "stdout_logfile=%DIR%/a.log\n").start()

    def act(side):
        side.until("a", "RUNNING")
        side.rpc("sendProcessStdin", "a", "\n")
        side.until_said("one", "a.log")
        for name in ("a.log", "main.log"):
            (side.directory / name).rename(side.directory / f"{name}.old")
        side.send(signal.SIGUSR2)
        wait_until(lambda: all((side.directory / name).exists() for name in ("a.log", "main.log")))
        side.rpc("sendProcessStdin", "a", "\n")
        side.until_said("two", "a.log")
        return side.file("a.log"), side.file("a.log.old")

    assert both.alike(act) == ("two\n", "one\n")


def test_nothing_is_lost_of_a_flood(pair):
    """Also of what is still in the pipe when the program ends; supervisord reads that once, up to
    128 KiB, and a pipe holds no more than half of it."""
    both = pair("[program:a]\ncommand=sh -c 'head -c 20000000 /dev/zero | tr \"\\0\" x; exit 0'\n"
                "startsecs=0\nautorestart=false\nstdout_logfile=%DIR%/a.log\n"
                "stdout_logfile_maxbytes=0\n").start()

    def size(side):
        side.until("a", "EXITED", timeout=60)
        wait_until(lambda: (side.directory / "a.log").stat().st_size >= 20_000_000, 60)
        return (side.directory / "a.log").stat().st_size

    assert both.alike(size) == 20_000_000


@pytest.mark.parametrize("silent", ["true", "false"])
def test_the_main_log_is_on_standard_output_unless_it_is_silent(pair, silent):
    both = pair("[program:a]\ncommand=sleep 1000\n", supervisord=f"silent={silent}").start()

    def said(side):
        side.until_said("spawned: 'a'")
        assert side.end() == 0
        return [line for line in side.lines("output") if "spawned" in line]

    assert both.alike(said) == ([] if silent == "true" else ["INFO spawned: 'a' with pid P"])
