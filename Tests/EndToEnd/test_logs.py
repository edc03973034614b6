"""Where output goes: files, rotation, prefixes, JSON, and a logger that is killed."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading

import pytest

from supervised import BINARY, role_of, wait_until
from tracing import frozen


def counted(directory, name="out.log"):
    """The numbers that were logged, the oldest file first, every line whole."""
    files = sorted(directory.glob(f"{name}*"), key=lambda path: -int(path.suffix[1:])
                   if path.suffix[1:].isdigit() else 1)
    text = "".join(path.read_text() for path in files)
    assert text.endswith("\n")
    return [int(line.removeprefix("line ")) for line in text.splitlines()]


def has_logged(one, number):
    """Whether the line is in the newest file, or in the one before: rotation may just have come."""
    for name in ["out.log", "out.log.1"]:
        with contextlib.suppress(FileNotFoundError):
            if f"line {number}\n" in (one.directory / name).read_text():
                return True
    return False


COUNTER = """
[program:counter]
command=sh -c 'i=0; while [ $i -lt %COUNT% ]; do echo line $i; i=$((i+1)); done; exec sleep 1000'
stdout_logfile=%DIR%/out.log
stdout_logfile_maxbytes=%LIMIT%
stdout_logfile_backups=%BACKUPS%
"""


def counter(count, limit="0", backups=100):
    return (COUNTER.replace("%COUNT%", str(count)).replace("%LIMIT%", limit)
            .replace("%BACKUPS%", str(backups)))


def test_rotation_loses_and_tears_no_line(supervise):
    one = supervise(counter(100_000, "100KB"))
    wait_until(lambda: has_logged(one, 99_999), 30, "the last line")
    assert counted(one.directory) == list(range(100_000))
    assert (one.directory / "out.log.5").stat().st_size < (100 << 10) + len("line 12345\n")
    assert one.stop() == 0


def test_only_so_many_files_are_kept(supervise):
    one = supervise(counter(20_000, "10KB", 2))
    wait_until(lambda: has_logged(one, 19_999), 30, "the last line")
    assert {path.name for path in one.directory.glob("out.log*")} == {"out.log", "out.log.1", "out.log.2"}
    assert one.stop() == 0


def test_a_killed_logger_loses_at_most_a_buffer_and_no_program_notices(supervise):
    one = supervise(counter(300_000)).ready()
    pid = one.status()["counter"]["pid"]
    killed = set()
    while len(killed) < 5:
        logger = wait_until(lambda: role_of(one, "logger"), what="a logger")
        if logger not in killed:
            os.kill(logger, signal.SIGKILL)
            killed.add(logger)
        wait_until(lambda: role_of(one, "logger") not in killed | {None}, what="another logger")
    last = one.directory / "out.log"
    wait_until(lambda: "line 299999\n" in last.read_text(), 60, "the last line")
    row = one.status()["counter"]
    assert row["pid"] == pid and row["restarts"] == 0
    lost = 300_000 - len(last.read_text().splitlines())
    # Each may have had one buffer of 64 KiB in hand, of lines of at least seven bytes.
    assert lost <= len(killed) * (65_536 // 7)
    assert one.stop() == 0


def test_prefix_json_and_several_places(supervise):
    one = supervise("""
[program:web]
command=sh -c 'echo out; echo err >&2; printf "no end"; sleep 0.2; exec sleep 1000'
log_format=prefix
stdout_logfile=%DIR%/a.log, %DIR%/b.log
stderr_logfile=/dev/stderr
[program:api]
command=sh -c 'printf "caf\\303\\251 \\"x\\" \\377\\n"; exec sleep 1000'
log_format=json
stdout_logfile=%DIR%/c.log
""").ready()
    for name in ["a.log", "b.log"]:
        wait_until(lambda: "web | out\n" in (one.directory / name).read_text(), what=name)
    wait_until(lambda: "web | err\n" in one.said(), what="stderr")
    line = wait_until(lambda: (one.directory / "c.log").read_text(), what="json")
    record = json.loads(line)
    assert record["message"] == 'café "x" \ufffd'
    assert (record["program"], record["stream"], record["instance"]) == ("api", "stdout", 0)
    assert record["group"] == "api"
    assert record["pid"] == one.status()["api"]["pid"]
    assert one.stop() == 0
    assert (one.directory / "a.log").read_text() == "web | out\nweb | no end\n"


def test_redirect_none_and_auto(supervise):
    one = supervise("""
[program:both]
command=sh -c 'echo out; echo err >&2; exec sleep 1000'
redirect_stderr=true
stdout_logfile=%DIR%/both.log
[program:none]
command=sh -c 'echo nobody sees this; exec sleep 1000'
stdout_logfile=NONE
[program:auto]
command=sh -c 'echo automatic; exec sleep 1000'
stdout_logfile=AUTO
""", supervisord="childlogdir=/tmp\nidentifier=test%d" % os.getpid()).ready()
    both = one.directory / "both.log"
    wait_until(lambda: both.read_text() == "out\nerr\n", what="both streams in one file")
    assert "nobody sees this" not in one.said()
    code, text = one.client("tail", "auto")
    assert (code, text) == (0, "automatic\n\n")
    made = list(pathlib.Path("/tmp").glob(f"auto-stdout---test{os.getpid()}-*.log"))
    assert len(made) >= 1 and made[0].stat().st_mode & 0o777 == 0o600
    for path in made:
        path.unlink()
    assert one.stop() == 0



def test_without_need_there_is_no_logger(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n[program:p]\ncommand=sh -c 'echo plain; exec sleep 1000'\n")
    with subprocess.Popen([BINARY, "-c", path, "-s", tmp_path / "s"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout.readline() == "plain\n"
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        assert len(children.read_text().split()) == 1
        process.terminate()
        assert process.wait(20) == 0


@pytest.mark.needs_root
def test_each_line_has_the_pid_that_wrote_it_over_restarts_and_a_stuck_logger(supervise):
    one = supervise("""
[program:p]
command=sh -c 'echo $$; printf "%%s" $$; exit 3'
startsecs=0
restart_delay=20ms
log_format=json
stdout_logfile=%DIR%/log
""")
    log = one.directory / "log"
    restarts = lambda: one.status()["p"]["restarts"]
    wait_until(lambda: log.exists() and restarts() > 2, what="some restarts")
    logger = role_of(one, "logger")
    with frozen(logger):
        before = restarts()
        wait_until(lambda: restarts() > before + 20, what="restarts that are not logged yet")
    assert one.client("stop", "p")[0] == 0
    last = restarts()
    wait_until(lambda: log.read_text().count("\n") >= 2 * last, what="all lines")
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert [record["pid"] for record in records] == [int(record["message"]) for record in records]
    assert one.stop() == 0


def test_streams_come_and_go_and_lose_no_line(supervise, tmp_path):
    """Their numbers are given away anew once the logger has read the last of what they held."""
    (tmp_path / "worker.sh").write_text(
        "echo first $1\ntrap 'echo last $1; exit' TERM\nwhile :; do sleep 1000 & wait; done\n")
    one = supervise(f"[program:p]\ncommand=sh {tmp_path}/worker.sh %(process_num)d\nprocess_name=%(process_num)d\n"
                    "numprocs=1\nstdout_logfile=%DIR%/log\nstdout_logfile_maxbytes=0\nstdout_logfile_backups=0\n"
                    "redirect_stderr=true\nstartsecs=0\nkillasgroup=true\n").ready()
    log = one.directory / "log"

    def counts(word):
        return [log.read_text().count(f"{word} {n}\n") for n in range(4)]
    for round in range(1, 30):
        assert one.client("scale", "p", "4")[0] == 0
        wait_until(lambda: counts("first") == [1] + [round] * 3, what="their first words")
        assert one.client("scale", "p", "1")[0] == 0
    wait_until(lambda: counts("last") == [0] + [29] * 3, what="their last words")
    assert one.stop() == 0
    assert counts("first") == [1] + [29] * 3 and counts("last") == [1] + [29] * 3


def test_clear_is_answered_when_the_logger_ends(supervise):
    one = supervise("""
[program:early]
command=sh -c 'echo from early; exec sleep 1000'
stdout_logfile=%DIR%/early.log
""", pid1=True).ready()
    log = one.directory / "early.log"
    wait_until(lambda: log.read_text() == "from early\n", what="the output")
    logger = role_of(one, "logger")
    # A logger that is stopped by a signal would be replaced before the request reaches it.
    with frozen(logger):
        answers, descriptors = [], f"/proc/{one.pid}/fd"
        one.status()
        before = len(os.listdir(descriptors))
        client = threading.Thread(target=lambda: answers.append(one.client("clear", "early")))
        client.start()
        # Its connection stays open; the next request is answered after it has been read.
        wait_until(lambda: len(os.listdir(descriptors)) > before, what="a request")
        one.status()
        os.kill(logger, signal.SIGKILL)
    client.join(20)
    assert answers and answers[0][0] != 0 and "ERROR" in answers[0][1], answers
    wait_until(lambda: role_of(one, "logger") not in (None, logger), what="another logger")
    assert one.client("clear", "early") == (0, "early: cleared\n")
    assert log.read_text() == ""


@pytest.mark.parametrize("format", ["prefix", "json"])
def test_last_words_without_a_newline_are_written_when_the_program_ends(supervise, format):
    one = supervise(f"""
[program:speaker]
command=sh -c 'printf "first\\nlast words"'
startsecs=0
autorestart=false
log_format={format}
stdout_logfile=%DIR%/log
[program:parent]
command=sh -c 'sleep 1000 & printf "of the parent"'
startsecs=0
autorestart=false
log_format={format}
stdout_logfile=%DIR%/parent.log
""", pid1=True)
    expected = {"speaker": ["first", "last words"], "parent": ["of the parent"]}
    for name, file in (("speaker", "log"), ("parent", "parent.log")):
        log = one.directory / file
        wait_until(lambda: len(log.read_text().splitlines()) == len(expected[name]),
                   what=f"the last words of {name}")
        lines = log.read_text().splitlines()
        said = [json.loads(line)["message"] if format == "json" else line.split(" | ")[1]
                for line in lines]
        assert said == expected[name]
    one.until("speaker", "EXITED")
    assert one.stop() == 0
