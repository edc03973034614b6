"""Rotated logs: compression and what can become of it, and rotation at midnight."""

import gzip
import os
import signal
import stat
import subprocess
import time

import pytest
from roles import Logger
from supervised import alive, children_of, rests, wait_until


@pytest.fixture
def logger():
    """Starts loggers with an environment, and leaves none behind."""
    started = []

    def start(**environment):
        started.append(Logger(**environment))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def fake(tmp_path):
    """A gzip of the test's own, before the real one in PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()

    def make(script):
        program = directory / "gzip"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return f"{directory}:{os.environ['PATH']}"

    return make


def names(directory):
    return sorted(path.name for path in directory.glob("log*"))


def until(directory, *wanted):
    wait_until(lambda: names(directory) == sorted(wanted), what=f"{wanted}, not {names(directory)}")


def unpacked(path):
    return gzip.decompress(path.read_bytes())


def lines(directory):
    """Everything that is kept, the oldest first."""
    def age(path):
        return int(path.name.removeprefix("log").removesuffix(".gz").lstrip(".") or 0)
    found = sorted(directory.glob("log*"), key=age, reverse=True)
    return b"".join(unpacked(path) if path.suffix == ".gz" else path.read_bytes() for path in found)


def test_rotated_files_are_compressed_and_move_up(logger, tmp_path):
    one = logger()
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    for number in range(6):
        one.write(0, b"line %d\n" % number)
        wait_until(lambda: (tmp_path / "log.1.gz").exists()
                   and unpacked(tmp_path / "log.1.gz") == b"line %d\n" % number, what="the youngest")
        until(tmp_path, "log", *[f"log.{kept}.gz" for kept in range(1, min(number + 1, 3) + 1)])
    assert lines(tmp_path) == b"line 3\nline 4\nline 5\n"


def test_a_flood_is_neither_held_up_nor_lost(logger, tmp_path):
    one = logger()
    one.open(0, [tmp_path / "log"], maximum=100_000, backups=100, compress=True)
    text = b"".join(b"line %06d\n" % number for number in range(200_000))
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(one.pipes[0], rest):]
    wait_until(lambda: names(tmp_path) and all(
        name == "log" or name.endswith(".gz") for name in names(tmp_path))
        and "log.24.gz" in names(tmp_path) and "log.gz.tmp" not in names(tmp_path), 30,
        "all files compressed")
    assert lines(tmp_path) == text


def test_a_compressed_file_is_for_the_same_eyes(logger, tmp_path):
    one = logger()
    (tmp_path / "log").touch(mode=0o640)
    os.chmod(tmp_path / "log", 0o640)
    if os.getuid() == 0:
        os.chown(tmp_path / "log", 33, 33)
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"one\n")
    until(tmp_path, "log", "log.1.gz")
    status = (tmp_path / "log.1.gz").stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert os.getuid() != 0 or (status.st_uid, status.st_gid) == (33, 33)


def test_without_gzip_files_stay_as_they_are_which_is_said_once(logger, tmp_path):
    one = logger(PATH="/nowhere")
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    for text in (b"one\n", b"two\n"):
        one.write(0, text)
    assert one.complaint() == (str(tmp_path / "log.1"), "there is no gzip in PATH that only root may change")
    until(tmp_path, "log", "log.1", "log.2")
    assert one.clear(0, 1) == 0
    with pytest.raises(TimeoutError):
        one.channel.receive(0.2)
    assert lines(tmp_path) == b"one\ntwo\n"


@pytest.mark.parametrize("script, reason", [
    ("echo 'gzip: stdout: No space left on device' >&2; echo half; exit 1",
     "gzip ended with 1: gzip: stdout: No space left on device"),
    ("exit 2", "gzip ended with 2"),
    ("kill -9 $$", "gzip was killed by signal 9"),
    # Its limit of processor time, and the end that it meets there.
    ("ulimit -t >&2; exit 1", "gzip ended with 1: 5"),
    ("kill -XCPU $$", "gzip was stopped, since it took longer than a file of this size on the disk needs"),
])
def test_a_gzip_that_fails_costs_no_line(logger, fake, tmp_path, script, reason):
    one = logger(PATH=fake(script))
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"one\n")
    assert one.complaint() == (str(tmp_path / "log.1"), reason)
    until(tmp_path, "log", "log.1")
    fake("exec /usr/bin/gzip -c")
    one.write(0, b"two\n")
    until(tmp_path, "log", "log.1.gz", "log.2.gz")
    assert lines(tmp_path) == b"one\ntwo\n"


@pytest.mark.needs_root
def test_a_full_disk_costs_no_rotated_line(logger, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        one = logger()
        noise = b"".join(b"%s\n" % os.urandom(500).hex().encode() for _ in range(60))
        one.open(0, [disk / "log"], maximum=len(noise), backups=3, compress=True)
        one.write(0, noise)
        assert "No space left on device" in one.complaint()[1]
        until(disk, "log", "log.1")
        assert (disk / "log.1").read_bytes() == noise
        one.end()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.fixture
def slow(fake, tmp_path):
    """PATH with a gzip that waits until it may go on, and what lets it."""
    sign = tmp_path / "go"
    return fake(f"until [ -e {sign} ]; do sleep 0.01; done; exec /usr/bin/gzip -c"), sign.touch


def test_lines_are_written_and_files_move_up_while_gzip_is_slow(logger, slow, tmp_path):
    path, go = slow
    one = logger(PATH=path)
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"one\n")
    until(tmp_path, "log", "log.1", "log.gz.tmp")
    one.write(0, b"two\n")
    until(tmp_path, "log", "log.1", "log.2", "log.gz.tmp")
    go()
    until(tmp_path, "log", "log.1.gz", "log.2.gz")
    assert lines(tmp_path) == b"one\ntwo\n"


def test_a_log_that_is_opened_again_while_gzip_runs_loses_no_line(logger, slow, tmp_path):
    """By a program that an update has changed."""
    path, go = slow
    one = logger(PATH=path)
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"one\n")
    until(tmp_path, "log", "log.1", "log.gz.tmp")
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"2\n")
    wait_until(lambda: (tmp_path / "log").read_bytes() == b"2\n", what="the next line")
    go()
    until(tmp_path, "log", "log.1.gz")
    assert lines(tmp_path) == b"one\n2\n"


def test_what_is_rotated_out_while_gzip_is_slow_does_not_come_back(logger, slow, tmp_path):
    path, go = slow
    one = logger(PATH=path)
    one.open(0, [tmp_path / "log"], maximum=4, backups=1, compress=True)
    one.write(0, b"one\n")
    until(tmp_path, "log", "log.1", "log.gz.tmp")
    one.write(0, b"two\n")
    wait_until(lambda: (tmp_path / "log.1").read_bytes() == b"two\n")
    go()
    until(tmp_path, "log", "log.1.gz")
    assert unpacked(tmp_path / "log.1.gz") == b"two\n"


def test_a_killed_logger_takes_its_gzip_along_and_the_next_one_begins_anew(logger, slow, tmp_path):
    path, _ = slow
    one = logger(PATH=path)
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"one\n")
    until(tmp_path, "log", "log.1", "log.gz.tmp")
    children = children_of(one.pid)
    assert len(children) == 1
    one.process.send_signal(signal.SIGKILL)
    one.process.wait()
    wait_until(lambda: not alive(int(children[0])), what="the end of gzip")
    (tmp_path / "log.gz.tmp").write_bytes(b"half")
    logger().open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    until(tmp_path, "log", "log.1.gz")
    assert lines(tmp_path) == b"one\n"


def test_a_logger_that_ends_waits_for_no_gzip_and_leaves_nothing_half_done(logger, slow, tmp_path):
    path, _ = slow
    one = logger(PATH=path)
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"one\n")
    until(tmp_path, "log", "log.1", "log.gz.tmp")
    one.send(bytes([4]))
    assert one.process.wait(20) == 0
    assert names(tmp_path) == ["log", "log.1"]


def test_clearing_empties_the_log_and_leaves_what_is_rotated(logger, tmp_path):
    one = logger()
    one.open(0, [tmp_path / "log"], maximum=4, backups=3, compress=True)
    one.write(0, b"one\n2\n")
    until(tmp_path, "log", "log.1.gz")
    assert one.clear(0, 1) == 0
    assert names(tmp_path) == ["log", "log.1.gz"]
    assert (tmp_path / "log").read_bytes() == b""


def evening(seconds=4):
    """TZ of a place where it is midnight in so many seconds."""
    offset = (int(time.time()) + seconds) % 86_400
    return f"ZON{offset // 3600:02}:{offset // 60 % 60:02}:{offset % 60:02}"


def test_at_midnight_files_are_rotated_though_nobody_writes(logger, tmp_path):
    one = logger(TZ=evening())
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        one.open(number, [tmp_path / str(number) / "log"], backups=14, daily=number != 2)
    one.write(0, b"yesterday\n")
    one.write(2, b"yesterday\n")
    until(tmp_path / "0", "log", "log.1")
    one.write(0, b"today\n")
    wait_until(lambda: lines(tmp_path / "0") == b"yesterday\ntoday\n", what="both days")
    assert (tmp_path / "0" / "log").read_bytes() == b"today\n"
    assert names(tmp_path / "1") == names(tmp_path / "2") == ["log"]
    rests(one.pid)


def test_the_last_line_of_a_day_is_finished_in_its_file(logger, tmp_path):
    (tmp_path / "other").mkdir()
    one = logger(TZ=evening())
    for number, directory in enumerate([tmp_path, tmp_path / "other"]):
        one.open(number, [directory / "log"], backups=14, daily=True)
    one.write(0, b"half a li")
    one.write(1, b"the clock\n")
    until(tmp_path / "other", "log", "log.1")
    assert names(tmp_path) == ["log"]
    one.write(0, b"ne\nanother\n")
    until(tmp_path, "log", "log.1")
    assert (tmp_path / "log.1").read_bytes() == b"half a line\n"
    assert (tmp_path / "log").read_bytes() == b"another\n"


def test_a_file_of_an_earlier_day_is_rotated_when_it_is_opened(logger, tmp_path):
    (tmp_path / "log").write_bytes(b"yesterday\n")
    then = time.time() - 86_400
    os.utime(tmp_path / "log", (then, then))
    one = logger()
    one.open(0, [tmp_path / "log"], backups=14, daily=True, compress=True)
    until(tmp_path, "log", "log.1.gz")
    one.write(0, b"today\n")
    wait_until(lambda: lines(tmp_path) == b"yesterday\ntoday\n", what="both days")


def test_fourteen_days_are_kept_and_a_busy_day_may_have_several_files(logger, tmp_path):
    for days in range(20, 0, -1):
        with open(tmp_path / "log", "ab") as file:
            file.write(b"%d days ago\n" % days)
        then = time.time() - 86_400 * days
        os.utime(tmp_path / "log", (then, then))
        one = logger()
        one.open(0, [tmp_path / "log"], backups=14, daily=True)
        wait_until(lambda: (tmp_path / "log").stat().st_size == 0, what="an empty log")
        one.end()
    assert lines(tmp_path) == b"".join(b"%d days ago\n" % days for days in range(14, 0, -1))
    one = logger()
    one.open(0, [tmp_path / "log"], maximum=4, backups=14, daily=True)
    one.write(0, b"now\nnow\n")
    wait_until(lambda: lines(tmp_path).endswith(b"\n1 days ago\nnow\nnow\n"), what="two files of a day")


def test_of_several_places_only_files_are_rotated(logger, tmp_path):
    """A FIFO stands for the container's stdout, which the logger has from PID 1."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    (tmp_path / "second").mkdir()
    one = logger()
    one.open(0, [tmp_path / "log", fifo, tmp_path / "second" / "log", ("syslog", "supervisord")],
             maximum=4, backups=2, compress=True, daily=True)
    one.write(0, b"one\ntwo\n3\n")
    for directory in (tmp_path, tmp_path / "second"):
        until(directory, "log", "log.1.gz", "log.2.gz")
        assert lines(directory) == b"one\ntwo\n3\n"
    assert os.read(reader, 100) == b"one\ntwo\n3\n"
    os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


KEPT = """
[program:p]
command=/bin/sh -c 'for i in 1 2 3 4 5; do echo line $i; done; exec /bin/sleep 1000'
stdout_logfile=%DIR%/log, /dev/stdout
stdout_logfile_maxbytes=8
stdout_logfile_backups=10
stdout_logfile_compress=gzip
stdout_logfile_rotate=daily
"""


def test_a_configuration_says_what_is_compressed(supervise):
    one = supervise(KEPT).ready()
    wait_until(lambda: len(names(one.directory)) > 2 and all(
        name == "log" or name.endswith(".gz") for name in names(one.directory)), what="compressed files")
    assert lines(one.directory) == b"line 1\nline 2\nline 3\nline 4\nline 5\n"
    wait_until(lambda: all(f"line {number}\n" in one.said() for number in range(1, 6)), what="stdout")
    assert one.stop() == 0


def test_a_start_without_gzip_says_so_and_goes_on(supervise):
    one = supervise(KEPT, environment={"PATH": "/nowhere"}).ready()
    wait_until(lambda: (one.directory / "log.2").exists(), what="rotated files")
    assert "no effect: there is no gzip in PATH, so rotated files stay as they are" in one.said()
    path = one.directory / "log.1"
    wait_until(lambda: f"cannot compress {path}, which stays as it is: there is no gzip in PATH" in one.said(),
               what="the logger's word")
    assert lines(one.directory) == b"line 1\nline 2\nline 3\nline 4\nline 5\n"
    assert one.stop() == 0


def test_automatic_logs_are_cleaned_up_in_every_form(supervise, tmp_path):
    left = [f"p-stdout---mine-abcdefgh.log{ending}" for ending in ("", ".1", ".1.gz", ".gz.tmp")]
    for name in left:
        (tmp_path / name).write_text("old")
    one = supervise("[program:p]\ncommand=/bin/sleep 1000\nstdout_logfile=AUTO\nstdout_logfile_compress=gzip\n",
                    supervisord=f"childlogdir={tmp_path}\nidentifier=mine").ready()
    assert not any((tmp_path / name).exists() for name in left)
    assert one.stop() == 0
