"""The logger alone: FIFOs, clearing, capture and the events channel, syslog."""

import contextlib
import datetime
import fcntl
import json
import os
import re
import signal
import socket
import stat
import struct
import termios
import threading
import time

import pytest
from roles import Channel, Logger
from supervised import process_status, rests, wait_until


@pytest.fixture
def logger():
    one = Logger()
    yield one
    one.kill()


def holds(path, data):
    def condition():
        # Between two names of a rotation it has none.
        with contextlib.suppress(FileNotFoundError):
            return path.read_bytes() == data
    wait_until(condition, what=f"{data} in {path}")


def event(record):
    """Its type and payload."""
    assert record[0] == 9
    length = struct.unpack("<Q", record[1:9])[0]
    return record[9:9 + length].decode(), record[17 + length:]


def test_a_fifo_without_a_reader_holds_nobody_up(logger, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    logger.open(0, [fifo, tmp_path / "log"], maximum=4, backups=2)
    logger.write(0, b"one\n")
    holds(tmp_path / "log.1", b"one\n")
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    logger.write(0, b"two\nthree\n")
    holds(tmp_path / "log.1", b"three\n")
    wait_until(lambda: os.read(reader, 100) == b"two\nthree\n", what="lines in the FIFO")
    os.close(reader)
    logger.write(0, b"lost\n")
    holds(tmp_path / "log.1", b"lost\n")
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert logger.clear(0, 1) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "log", "log.1", "log.2"]


def test_a_slow_reader_of_a_fifo_misses_nothing(logger, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    logger.open(0, [fifo])
    data = b"".join(b"line %d\n" % index for index in range(100_000))
    writer = threading.Thread(target=lambda: write_all(logger.pipes[0], data))
    writer.start()
    received = bytearray()

    def read():
        try:
            received.extend(os.read(reader, 5000))
        except BlockingIOError:
            pass
        return len(received) == len(data)
    wait_until(read, 60, "all lines")
    writer.join()
    assert received == data
    os.close(reader)


def test_a_reader_that_leaves_a_full_fifo_frees_the_program(logger, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    logger.open(0, [fifo])
    logger.open(1, [fifo, tmp_path / "log"])
    writer = threading.Thread(target=lambda: write_all(logger.pipes[0], b"x" * 999 + b"\n", 500))
    writer.start()
    wait_until(lambda: pending(logger.pipes[0]) >= 60_000, what="a writer behind a full FIFO")
    # The logger keeps no more than the FIFO does not take, so the writer keeps waiting.
    rests(logger.process.pid)
    assert pending(logger.pipes[0]) >= 60_000
    os.close(reader)
    writer.join(10)
    assert not writer.is_alive()
    logger.write(1, b"on\n")
    holds(tmp_path / "log", b"on\n")


def pending(descriptor):
    answer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0")
    return struct.unpack("i", answer)[0]


def write_all(descriptor, data, times=1):
    for _ in range(times):
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest):]


def test_clearing_is_answered_whether_it_can_be_done_or_not(logger, tmp_path):
    directory = tmp_path / "logs"
    directory.mkdir()
    logger.open(0, [directory / "log"])
    logger.write(0, b"one\n")
    holds(directory / "log", b"one\n")
    assert logger.clear(0, 7) == 0
    holds(directory / "log", b"")
    logger.write(0, b"two\n")
    holds(directory / "log", b"two\n")
    (directory / "log").unlink()
    directory.rmdir()
    assert logger.clear(0, 8) == 2
    assert logger.clear(5, 9) == 2


def test_reopening_follows_whoever_has_moved_the_file_away(logger, tmp_path):
    logger.open(0, [tmp_path / "log"])
    logger.write(0, b"one\n")
    holds(tmp_path / "log", b"one\n")
    (tmp_path / "log").rename(tmp_path / "old")
    logger.write(0, b"two\n")
    holds(tmp_path / "old", b"one\ntwo\n")
    logger.send(bytes([3]))
    logger.write(0, b"three\n")
    holds(tmp_path / "log", b"three\n")


@pytest.mark.skipif(os.getuid() != 0 or os.path.exists("/dev/log"), reason="somebody is at /dev/log")
def test_lines_go_to_the_syslog_daemon_of_the_machine(logger, tmp_path):
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.settimeout(10)
    daemon.bind("/dev/log")
    try:
        logger.open(0, [("syslog", "supervisord"), tmp_path / "log"])
        logger.write(0, b"one\ntw")
        logger.write(0, b"o\n")
        lines = [daemon.recv(1000).decode() for _ in range(2)]
    finally:
        os.unlink("/dev/log")
    for line, word in zip(lines, ["one", "two"], strict=True):
        assert re.fullmatch(r"<14>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d supervisord: web " + word, line)
    logger.write(0, b"three\n")
    holds(tmp_path / "log", b"one\ntwo\nthree\n")


def test_a_link_is_kept_when_its_file_is_cleared(logger, tmp_path):
    (tmp_path / "log").symlink_to(tmp_path / "real")
    logger.open(0, [tmp_path / "log"])
    logger.write(0, b"one\n")
    holds(tmp_path / "real", b"one\n")
    assert logger.clear(0, 1) == 0
    holds(tmp_path / "real", b"")
    logger.write(0, b"two\n")
    holds(tmp_path / "real", b"two\n")
    assert (tmp_path / "log").is_symlink()


def test_captured_and_logged_output_become_events(logger, tmp_path):
    ours, theirs = Channel.pair()
    logger.open(0, [tmp_path / "log"], capture=1000, events=True, strip=True)
    logger.began(0, 42)
    logger.pass_events(theirs.fileno())
    theirs.close()
    logger.write(0, b"a\x1b[1m<!--XSUPER")
    kind, payload = event(ours.receive())
    assert (kind, payload) == (
        "PROCESS_LOG_STDOUT", b"processname:web groupname:g pid:42 channel:stdout\na")
    holds(tmp_path / "log", b"a")
    logger.write(0, b"VISOR:BEGIN-->\xff<!--XSUPERVISOR:END-->")
    kind, payload = event(ours.receive())
    assert (kind, payload.split(b"\n")[1]) == ("PROCESS_LOG_STDOUT", b"Undecodable: b'\\xff'")
    kind, payload = event(ours.receive())
    assert (kind, payload) == (
        "PROCESS_COMMUNICATION_STDOUT",
        b"processname:web groupname:g pid:42\nUndecodable: b'\\xff'")
    holds(tmp_path / "log", b"a")


def test_logging_goes_on_when_nobody_takes_the_events(logger, tmp_path):
    ours, theirs = Channel.pair()
    logger.open(0, [tmp_path / "log"], events=True)
    logger.pass_events(theirs.fileno())
    theirs.close()
    line = b"x" * 9_999 + b"\n"
    write_all(logger.pipes[0], line, 1000)
    wait_until(lambda: (tmp_path / "log").stat().st_size == 10_000_000, what="all lines")
    received = 0
    kind, payload = event(ours.receive())
    while True:
        received += len(payload.split(b"\n", 1)[1])
        try:
            kind, payload = event(ours.receive(0.5))
        except TimeoutError:
            break
    answer = logger.channel.receive()
    assert answer[0] == 10
    assert struct.unpack("<Q", answer[1:])[0] > 100
    assert 3_000_000 < received < 9_000_000


def test_a_dead_events_role_is_followed_by_another(logger, tmp_path):
    ours, theirs = Channel.pair()
    logger.open(0, [tmp_path / "log"], events=True)
    logger.pass_events(theirs.fileno())
    theirs.close()
    ours.end.close()
    logger.write(0, b"one\n")
    holds(tmp_path / "log", b"one\n")
    ours, theirs = Channel.pair()
    logger.pass_events(theirs.fileno())
    assert event(ours.receive())[1].endswith(b"\none\n")


@pytest.mark.needs_root
def test_a_stream_ends_with_its_last_writer_and_its_number_is_free(logger, tmp_path):
    logger.open(0, [tmp_path / "first"])
    logger.write(0, b"half a line")
    logger.close(0)
    holds(tmp_path / "first", b"half a line")
    descriptors = f"/proc/{logger.pid}/fd"
    wait_until(lambda: not any(
        os.readlink(f"{descriptors}/{fd}").endswith("/first") for fd in os.listdir(descriptors)),
        what="the file is closed")
    logger.open(0, [tmp_path / "second"])
    logger.write(0, b"two\n")
    holds(tmp_path / "second", b"two\n")


def test_streams_of_one_file_share_it_and_its_rotation(logger, tmp_path):
    for stream in [0, 1]:
        logger.open(stream, [tmp_path / "log"], maximum=8, backups=2)
    for index in range(8):
        logger.write(index % 2, b"%d..\n" % index)
        newest = tmp_path / ("log" if index % 2 == 0 else "log.1")
        wait_until(lambda: newest.exists() and b"%d..\n" % index in newest.read_bytes())
    assert (tmp_path / "log.2").read_bytes() == b"4..\n5..\n"
    assert (tmp_path / "log.1").read_bytes() == b"6..\n7..\n"
    logger.write(0, b"end\n")
    holds(tmp_path / "log", b"end\n")
    assert len(list(tmp_path.iterdir())) == 3


def test_lines_of_streams_in_one_file_stay_whole(logger, tmp_path):
    for stream in [0, 1]:
        logger.open(stream, [tmp_path / "log"])
    logger.write(0, b"zero begins")
    # It has been read, and is held back; the end is there by the time it has waited long enough.
    wait_until(lambda: not pending(logger.pipes[0]), what="the beginning read")
    os.kill(logger.pid, signal.SIGSTOP)
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() - begun > 1.1, what="a second")
    logger.write(1, b"one\n")
    logger.write(0, b" and ends\n")
    os.kill(logger.pid, signal.SIGCONT)
    wait_until(lambda: sorted((tmp_path / "log").read_bytes().splitlines()) == [b"one", b"zero begins and ends"],
               what="two whole lines")
    # A number that is given to another pipe is one writer still.
    logger.close(1)
    logger.open(1, [tmp_path / "log"])
    # A prompt has no end, and is shown nevertheless; so are the last words of a process.
    logger.write(1, b"password: ")
    wait_until(lambda: (tmp_path / "log").read_bytes().endswith(b"\npassword: "), what="a prompt")
    logger.write(0, b"killed in the midd")
    logger.close(0)
    wait_until(lambda: (tmp_path / "log").read_bytes().endswith(b"\npassword: killed in the midd"),
               what="its last words")
    # Alone there, a stream is held back no more.
    logger.write(1, b"ok")
    wait_until(lambda: (tmp_path / "log").read_bytes().endswith(b"middok"), what="its answer")


def test_a_prompt_reaches_a_reader_that_was_stuck(logger, tmp_path):
    """Somebody else has filled the pipe, and nothing comes after the prompt."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    for stream in [0, 1]:
        logger.open(stream, [fifo])
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    logger.write(0, b"password: ")
    wait_until(lambda: not pending(logger.pipes[0]), what="the prompt read")
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() - begun > 1.1, what="a second")
    text = bytearray()

    def comes():
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(reader, 65536):
                text.extend(piece)
        return text.endswith(b"xpassword: ")
    wait_until(comes, what="the prompt")
    for descriptor in (reader, writer):
        os.close(descriptor)


def records(path):
    # The last one may not be there whole.
    return [json.loads(line) for line in path.read_text().rpartition("\n")[0].splitlines()]


def test_each_line_has_the_pid_of_its_process_though_the_logger_is_behind(logger, tmp_path):
    logger.open(0, [tmp_path / "log"], json=True)
    logger.began(0, 1)
    logger.write(0, b"zero\n")
    wait_until(lambda: (tmp_path / "log").exists() and records(tmp_path / "log"), what="a line")
    logger.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: process_status(logger.pid)["State"][0] == "T", what="a stopped logger")
    logger.write(0, b"one\nlast words of one")
    logger.began(0, 2, unread=pending(logger.pipes[0]))
    logger.write(0, b"two\n")
    logger.began(0, 3, unread=pending(logger.pipes[0]))
    logger.began(0, 3, unread=pending(logger.pipes[0]))
    logger.write(0, b"three\n")
    logger.process.send_signal(signal.SIGCONT)
    wait_until(lambda: len(records(tmp_path / "log")) == 5, what="all lines")
    found = [(record["pid"], record["message"]) for record in records(tmp_path / "log")]
    assert found == [(1, "zero"), (1, "one"), (1, "last words of one"), (2, "two"), (3, "three")]


def test_a_line_of_json_is_what_collectors_read(logger, tmp_path):
    """Loki tells equal lines apart by their time alone, and Elasticsearch wants RFC 3339."""
    logger.open(0, [tmp_path / "log"], json=True, group="pool")
    logger.began(0, 42)
    logger.write(0, b"same\n" * 3 + b"\xff\x00\x1b[1m\xe2\x82\n" + b"x" * 40_000 + b"\n")
    wait_until(lambda: (tmp_path / "log").exists() and len(records(tmp_path / "log")) == 7, what="all lines")
    found = records(tmp_path / "log")
    assert list(found[0]) == ["time", "program", "instance", "group", "stream", "pid", "message"]
    times = [record.pop("time") for record in found]
    assert times == sorted(set(times))
    for stamp in times:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", stamp)
        assert abs(datetime.datetime.fromisoformat(stamp).timestamp() - time.time()) < 60
    assert found[0] == {"program": "web", "instance": 0, "group": "pool", "stream": "stdout", "pid": 42,
                        "message": "same"}
    assert found[3]["message"] == "\ufffd\0\x1b[1m\ufffd\ufffd"
    assert [(len(record["message"]), record.get("partial")) for record in found[4:]] == [
        (16_384, True), (16_384, True), (7_232, None)]
