"""Readers that are slow or do not read at all: clients, the logger, and whoever reads stdout.

PID 1 waits for none of them and keeps a bounded amount for each; what it has begun to write it
finishes.
"""

import base64
import contextlib
import fcntl
import json
import os
import pathlib
import signal
import socket
import struct
import termios

import pytest

from supervised import alive, process_status, rests, role_of, wait_until
from tracing import frozen

# So long that a line of the journal does not fit into one piece of a pipe (PIPE_BUF, 4096 bytes).
NAME = "n" * 6000
# Each name of a program is part of its line in a status: 60 KB for ten processes.
MANY = f"[program:{NAME}]\ncommand=sleep 1000\nnumprocs=%d\nprocess_name=%%(process_num)d\n"


@contextlib.contextmanager
def connected(one):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(one.socket))
        client.settimeout(20)
        yield client


def is_winch(record):
    """Whether it is the record of a process that has been sent this signal."""
    return record.get("event") == "signal sent" and record["signal"] == "WINCH"


def unread(client):
    """How many bytes of its own the other side has not read yet."""
    return struct.unpack("i", fcntl.ioctl(client, termios.TIOCOUTQ, b"\0" * 4))[0]


def resident_kib(pid):
    return int(process_status(pid)["VmRSS"].split()[0])


@pytest.mark.needs_root
def test_a_line_of_the_journal_is_whole_or_missing(supervise):
    one = supervise(MANY % 10).ready()
    logger = role_of(one, "logger")
    with frozen(logger):
        # The pipe to the logger holds 64 KiB, which ten lines fill, and PID 1 keeps another 256 KiB.
        for _ in range(8):
            assert one.client("signal", "WINCH", f"{NAME}:*")[0] == 0
    wait_until(lambda: "records lost" in one.journal_path.read_text(), what="the number of the missing lines")
    assert one.client("signal", "CONT", f"{NAME}:0")[0] == 0
    wait_until(lambda: '"CONT"' in one.journal_path.read_text(), what="the line of a later signal")
    lines = [json.loads(line) for line in one.journal_path.read_text().splitlines()]
    lost = [line["count"] for line in lines if line.get("event") == "records lost"]
    kept = json.loads(one.client("timeline", "--json")[1])
    assert 0 < sum(is_winch(line) for line in lines) < 80
    assert len(lines) - len(lost) + sum(lost) == len(kept)
    assert one.stop() == 0


@pytest.mark.needs_root
def test_the_journal_waits_for_a_slow_logger(supervise):
    """Also at the end, where the logger reads what is queued."""
    # The lines of both signals do not fit into the pipe (64 KiB), and with those of the end they fit into the queue
    # (256 KiB), also if the logger reads none of them before the end.
    count = 3
    one = supervise(MANY % count).ready()
    with frozen(role_of(one, "logger")):
        for _ in range(2):
            assert one.client("signal", "WINCH", f"{NAME}:*")[0] == 0
    assert one.stop() == 0
    lines = [json.loads(line) for line in one.journal_path.read_text().splitlines()]
    assert sum(is_winch(line) for line in lines) == 2 * count
    assert sum(line.get("to") == "stopped" for line in lines) == count


def test_a_client_that_reads_late_gets_its_whole_answer(supervise):
    one = supervise(MANY % 100).ready(60)
    with connected(one) as client:
        client.sendall(b"status\n")
        client.shutdown(socket.SHUT_WR)
        wait_until(lambda: unread(client) == 0, what="a supervisor that has read the request")
        assert one.client("pid")[0] == 0  # It has gone on to another client.
        text = b"".join(iter(lambda: client.recv(65536), b""))
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == 101 and lines[-1] == {"end": True}
    assert one.stop() == 0


def test_a_client_that_never_reads_costs_a_bounded_amount(supervise):
    """8 MiB are kept for it; its further requests are answered with nothing."""
    # An answer is longer than what the socket holds (212,992 bytes), so none is ever sent completely.
    one = supervise(MANY % 50).ready(60)
    before = resident_kib(one.pid)
    with connected(one) as client:
        for _ in range(300):
            client.sendall(b"status\n")
            wait_until(lambda: unread(client) == 0, what="a supervisor that has read the request")
        assert resident_kib(one.pid) - before < 30 << 10
    assert one.stop() == 0


def test_a_follower_that_never_reads_is_let_go(supervise):
    one = supervise(MANY % 10).ready()
    with connected(one) as client:
        client.sendall(b"follow\n")
        wait_until(lambda: unread(client) == 0, what="a supervisor that has read the request")

        def is_closed():
            one.client("signal", "WINCH", f"{NAME}:*")
            try:
                client.send(b"x")
            except (BrokenPipeError, ConnectionResetError):
                return True
        # One MiB is kept for it, and each round is 60 KB.
        wait_until(is_closed, 60, "a closed connection")
    assert one.stop() == 0


WRITER = r"""
import os, signal
written = 0
def end(*_):
    open(os.environ["PLACE"] + "/count", "w").write(str(written))
    os._exit(0)
signal.signal(signal.SIGTERM, end)
while True:
    os.write(1, b"a line of 31 characters, and on\n")
    written += 1
"""


def test_a_slow_reader_of_stdout_gets_the_last_lines(supervise, tmp_path):
    reader, writer = os.pipe()
    (tmp_path / "writer.py").write_text(WRITER)
    one = supervise(f"""
[program:writer]
command=/usr/bin/python3 {tmp_path}/writer.py
environment=PLACE="{tmp_path}"
log_format=prefix
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
""", stdout=writer).ready()
    os.close(writer)
    logger, program = role_of(one, "logger"), one.status()["writer"]["pid"]
    # First stdout is full, then the pipe between the program and the logger.
    wait_until(lambda: "pipe_write" in pathlib.Path(f"/proc/{program}/wchan").read_text(),
               what="a program that waits to write")
    one.send(signal.SIGTERM)
    wait_until((tmp_path / "count").exists, what="the program's end")
    rests(logger, 10)
    assert alive(logger), "the logger has not waited for the reader"
    with open(reader, "rb") as file:
        lines = file.read().splitlines()
    assert one.wait() == 0
    count = int((tmp_path / "count").read_text())
    assert sum(b"a line of 31 characters, and on" in line for line in lines) in (count, count + 1)


# A program has an input of its own only where a server can write to it.
SERVED = "[unix_http_server]\nfile=%DIR%/http.sock\n"
PIECE = 30_000


def write_input(one, name, data):
    """The last line of the answer to a request to write to the input of a program."""
    with connected(one) as client:
        client.sendall(f"stdin {name} {base64.b64encode(data).decode()}\n".encode())
        return json.loads(client.makefile().read().splitlines()[0])


LATE = """
import os, pathlib, sys
place = pathlib.Path(sys.argv[1])
os.mkfifo(place / "go")
open(place / "go").read()
(place / "part").write_bytes(sys.stdin.buffer.read(int(sys.argv[2])))
(place / "part").rename(place / "received")
os.read(os.pipe()[0], 1)
"""


def test_a_program_that_reads_its_input_late_gets_all_of_it(supervise, tmp_path):
    (tmp_path / "late.py").write_text(LATE)
    # More than the pipe holds (64 KiB).
    pieces = [bytes([number]) * PIECE for number in range(10)]
    one = supervise(f"{SERVED}[program:late]\ncommand=/usr/bin/python3 {tmp_path}/late.py {tmp_path} {10 * PIECE}\n").ready()
    wait_until((tmp_path / "go").exists, what="a program that waits")
    for piece in pieces:
        assert write_input(one, "late", piece) == {"result": "ok"}
    (tmp_path / "go").write_text("")
    wait_until((tmp_path / "received").exists, what="the input")
    assert (tmp_path / "received").read_bytes() == b"".join(pieces)
    assert one.stop() == 0


def test_a_program_that_never_reads_its_input_costs_a_bounded_amount(supervise):
    """One MiB waits for it in PID 1, beyond what the pipe holds."""
    one = supervise(f"{SERVED}[program:deaf]\ncommand=sleep 1000\n").ready()
    answers = [write_input(one, "deaf", b"x" * PIECE) for _ in range(60)]
    accepted = answers.count({"result": "ok"})
    assert 30 < accepted < 45 and answers[-1]["fault"] == "FAILED", answers[-1]
    assert one.stop() == 0


def test_the_journal_keeps_the_first_and_the_last_records(supervise):
    """It keeps 8,192 records: the first 2,048, which tell of the start, and the newest."""
    many = "[program:p]\ncommand=sleep 1000\nnumprocs=100\nprocess_name=%(process_num)d\n"
    one = supervise(many).ready(60)
    for _ in range(90):
        assert one.client("signal", "WINCH", "p:*")[0] == 0
    assert one.client("signal", "CONT", "p:99")[0] == 0
    with connected(one) as client:
        client.sendall(b"journal\n")
        client.shutdown(socket.SHUT_WR)
        lines = [json.loads(line) for line in client.makefile().read().splitlines()]
    records = [line for line in lines if "event" in line or "to" in line]
    assert 8_000 < len(records) <= 8_192 + 2
    assert sum(line.get("to") == "running" for line in records) == 100
    assert [line["at"] for line in records] == sorted(line["at"] for line in records)
    assert any(line.get("signal") == "CONT" for line in records[-1:])
    assert one.stop() == 0


@pytest.mark.needs_root
def test_a_busy_unit_displaces_no_record_of_a_quiet_one(supervise):
    """Two that write many records, of one kind each, after all that is kept for ever."""
    quiet = "[program:quiet]\ncommand=sleep 1000\nautostart=false\n"
    busy = "[program:busy]\ncommand=sleep 1000\nnumprocs=100\nprocess_name=%(process_num)d\n"
    one = supervise(quiet + busy).ready(60)

    def records(count):
        for _ in range(count // 100):
            assert one.client("signal", "WINCH", "busy:*")[0] == 0
    records(3_000)
    assert one.client("start", "quiet")[0] == 0
    assert one.client("stop", "quiet")[0] == 0
    records(8_000)
    code, text = one.client("timeline", "--json")
    assert code == 0
    moves = [record["to"] for record in json.loads(text) if record.get("unit") == "quiet" and "to" in record]
    assert moves[0] == "starting" and "ready" in moves and moves[-1] == "stopped"
    assert one.stop() == 0
