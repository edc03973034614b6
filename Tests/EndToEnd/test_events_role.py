"""The events role alone, with real processes as listeners."""

import contextlib
import os
import pathlib
import socket
import time

import pytest
from real_supervisor import real
from roles import Channel, Events, number, text
from supervised import process_status, rests, wait_until

READY, BUSY, ACKNOWLEDGED, UNKNOWN = 10, 20, 30, 40
# No pool here takes EVENT: ticks come by the clock, whatever a test is about.

# Bytes are read as bytes; each event becomes one file of its serial, its answer a word of argv.
LISTENER = """
import os, sys
directory, answers = sys.argv[1], sys.argv[2:] or ["OK"]
count = 0
def say(data):
    os.write(1, data)
while True:
    say(b"READY\\n")
    line = sys.stdin.buffer.readline()
    if not line:
        break
    head = dict(word.split(":", 1) for word in line.decode().split())
    payload = sys.stdin.buffer.read(int(head["len"]))
    answer = answers[min(count, len(answers) - 1)].encode()
    count += 1
    with open(f"{directory}/{os.getpid()}.tmp", "wb") as file:
        file.write(line + payload)
    os.rename(file.name, f"{directory}/{count:03}-{head['serial']}-{answer.decode()}")
    if answer == b"DIE":
        os._exit(1)
    say(b"RESULT %d\\n%s" % (len(answer), answer))
"""

# As superlance's listeners are written.
CHILDUTILS = """
import sys
from supervisor import childutils
while True:
    headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
    with open(sys.argv[1], "a", encoding="utf-8") as file:
        file.write(headers["eventname"] + " " + repr(payload) + "\\n")
    childutils.listener.ok(sys.stdout)
"""


@pytest.fixture
def events():
    one = Events()
    yield one
    one.kill()


def python(directory, *answers):
    return ["/usr/bin/python3", "-c", LISTENER, str(directory), *answers]


def names(directory):
    """What listeners have been sent: count, serial and answer, in order."""
    return sorted(path.name for path in directory.iterdir() if path.suffix != ".tmp")


def received(events, directory, expected):
    events.until(lambda: names(directory) == expected, f"{expected}, not {names(directory)}")


def test_an_event_arrives_as_supervisord_sends_it(events, tmp_path):
    events.pool("listener", ["PROCESS_STATE"])
    events.event("PROCESS_STATE_RUNNING", "processname:x groupname:g from_state:STARTING pid:1")
    events.event("PROCESS_GROUP_ADDED", "when:5")
    events.listener("listener", 0, python(tmp_path))
    received(events, tmp_path, ["001-0-OK"])
    assert (tmp_path / "001-0-OK").read_bytes() == (
        b"ver:3.0 server:supervisor serial:0 pool:listener poolserial:0 "
        b"eventname:PROCESS_STATE_RUNNING len:51\n"
        b"processname:x groupname:g from_state:STARTING pid:1")
    wrote = "DEBG 'listener_00' stdout output:\n"
    events.until(lambda: len([line for line in events.said if not line.startswith(wrote)]) == 5, "five lines")
    assert [line for line in events.said if not line.startswith(wrote)] == [
        "DEBG listener_00: ACKNOWLEDGED -> READY", "DEBG event 0 sent to listener listener_00",
        "DEBG listener_00: event was processed", "DEBG listener_00: BUSY -> ACKNOWLEDGED",
        "DEBG listener_00: ACKNOWLEDGED -> READY"]
    # In as many pieces as it was read.
    pieces = [line.removeprefix(wrote + "b'").removesuffix("'") for line in events.said if line.startswith(wrote)]
    assert "".join(pieces) == r"READY\nRESULT 2\nOKREADY\n"
    events.until(lambda: events.states[0] == READY, "PID 1 knows that it is ready")


def test_bytes_are_counted_for_those_who_read_bytes(events, tmp_path):
    events.pool("p", ["REMOTE_COMMUNICATION"])
    events.listener("p", 0, python(tmp_path))
    for _ in range(3):
        events.event("REMOTE_COMMUNICATION", "type:é€\n🙂")
    received(events, tmp_path, ["001-0-OK", "002-1-OK", "003-2-OK"])
    assert (tmp_path / "003-2-OK").read_bytes().endswith(b"len:15\ntype:\xc3\xa9\xe2\x82\xac\n"
                                                         b"\xf0\x9f\x99\x82")


def test_supervisors_own_childutils_understand_us(events, tmp_path):
    log = tmp_path / "log"
    events.pool("p", ["PROCESS_STATE", "PROCESS_LOG", "PROCESS_GROUP"], characters=True)
    events.listener("p", 0, [real(), "-c", CHILDUTILS, str(log)],
                    env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    events.event("PROCESS_LOG_STDOUT", "processname:x groupname:g pid:1 channel:stdout\né€\n")
    events.event("PROCESS_STATE_FATAL", "processname:x groupname:g from_state:BACKOFF")
    events.event("PROCESS_GROUP_REMOVED", "when:60")
    events.until_said("DEBG p_00: event was processed", times=3)
    assert log.read_text(encoding="utf-8").splitlines() == [
        "PROCESS_LOG_STDOUT 'processname:x groupname:g pid:1 channel:stdout\\né€\\n'",
        "PROCESS_STATE_FATAL 'processname:x groupname:g from_state:BACKOFF'",
        "PROCESS_GROUP_REMOVED 'when:60'"]


def test_what_is_rejected_comes_again_with_the_same_numbers_and_no_haste(events, tmp_path):
    events.pool("p", ["PROCESS_GROUP"])
    events.event("PROCESS_GROUP_ADDED", "")
    events.event("PROCESS_GROUP_REMOVED", "")
    events.listener("p", 0, python(tmp_path, "FAIL", "FAIL", "OK"))
    begun = time.monotonic()
    received(events, tmp_path, ["001-0-FAIL", "002-0-FAIL", "003-0-OK", "004-1-OK"])
    assert time.monotonic() - begun > 0.29
    first, second = [(tmp_path / name).read_bytes() for name in ["001-0-FAIL", "002-0-FAIL"]]
    assert first == second
    assert events.said.count("WARN p_00: event was rejected") == 2


def test_an_event_outlives_the_listener_that_had_it(events, tmp_path):
    events.pool("p", ["PROCESS_GROUP"])
    events.event("PROCESS_GROUP_ADDED", "")
    dying = events.listener("p", 0, python(tmp_path, "DIE"))
    received(events, tmp_path, ["001-0-DIE"])
    dying.wait(20)
    events.ended(0)
    events.until_said("DEBG rebuffering event 0 for pool p (buf size=0, max=10)")
    events.listener("p", 0, python(tmp_path))
    received(events, tmp_path, ["001-0-DIE", "001-0-OK"])


def test_last_words_count(events, tmp_path):
    """A listener that answers and exits at once has answered."""
    script = 'printf "READY\\n"; read line; printf "RESULT 2\\nOK"'
    events.pool("p", ["PROCESS_GROUP"])
    answering = events.listener("p", 0, ["sh", "-c", script])
    os.kill(events.pid, 19)
    events.event("PROCESS_GROUP_ADDED", "")
    os.kill(events.pid, 18)
    answering.wait(20)
    events.ended(0)
    events.until_said("DEBG p_00: event was processed")
    assert not [line for line in events.said if "rebuffering" in line]


def test_a_shell_that_never_answers_is_left_in_peace(events, tmp_path):
    """The most common listener of container images."""
    script = f'printf "READY\\n"; while read line; do echo "$line" >> {tmp_path}/out; done'
    events.pool("exit-on-fatal", ["PROCESS_STATE_FATAL"])
    events.listener("exit-on-fatal", 0, ["sh", "-c", script])
    events.event("PROCESS_STATE_FATAL", "processname:x groupname:g from_state:BACKOFF")
    wait_until((tmp_path / "out").exists, what="an event")
    for _ in range(11):
        events.event("PROCESS_STATE_FATAL", "processname:y groupname:g from_state:BACKOFF")
    events.until_said("ERRO pool exit-on-fatal event buffer overflowed, discarding event 1")
    assert (tmp_path / "out").read_text().startswith("ver:3.0 ")
    assert events.states[0] == BUSY
    assert not [line for line in events.said if line.startswith("WARN")]


def test_three_listeners_share_the_work(events, tmp_path):
    events.pool("p", ["PROCESS_GROUP"])
    script = 'printf "READY\\n"; read line; echo "$line" > $0; read more'
    for instance in range(3):
        events.listener("p", instance, ["sh", "-c", script, str(tmp_path / str(instance))])
    events.until(lambda: list(events.states.values()) == [READY] * 3, "all are ready")
    for _ in range(4):
        events.event("PROCESS_GROUP_ADDED", "\n")
    for instance in range(3):
        path = tmp_path / str(instance)
        wait_until(lambda: path.exists() and f"serial:{instance} " in path.read_text())


def test_one_that_does_not_read_holds_up_nobody(events, tmp_path):
    big = "x" * 300_000
    events.pool("slow", ["REMOTE_COMMUNICATION"])
    events.pool("quick", ["REMOTE_COMMUNICATION", "PROCESS_GROUP"])
    (tmp_path / "slow").mkdir()
    (tmp_path / "quick").mkdir()
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    slow = ["sh", "-c", 'printf "READY\\n"; read go < $0; shift; exec "$@"', str(gate), "-"]
    events.listener("slow", 0, [*slow, *python(tmp_path / "slow")[:3], str(tmp_path / "slow")])
    events.listener("quick", 1, python(tmp_path / "quick"))
    send_in_parts(events, "REMOTE_COMMUNICATION", big)
    received(events, tmp_path / "quick", ["001-0-OK"])
    for _ in range(3):
        events.event("PROCESS_GROUP_ADDED", "")
    received(events, tmp_path / "quick", ["001-0-OK", "002-1-OK", "003-2-OK", "004-3-OK"])
    assert (tmp_path / "quick/001-0-OK").read_bytes().endswith(b"len:300000\n" + big.encode())
    assert events.states[0] == BUSY
    # The second READY, of the program behind the shell, comes while it is BUSY: never mind.
    with open(gate, "w") as opened:
        opened.write("go\n")
    wait_until(lambda: names(tmp_path / "slow"), what="the rest of the envelope")
    assert (tmp_path / "slow" / names(tmp_path / "slow")[0]).stat().st_size > 300_000


def send_in_parts(events, kind, payload):
    data = payload.encode()
    for start in range(0, len(data), 30_000):
        piece = data[start:start + 30_000]
        if start + 30_000 < len(data):
            events.send(bytes([10]) + text(piece))
        else:
            events.send(bytes([9]) + text(kind) + text(piece))


def test_noise_ends_the_conversation(events):
    events.pool("p", ["PROCESS_GROUP"])
    events.listener("p", 0, ["sh", "-c", "echo hello; exec sleep 1000"])
    events.until_said(
        "WARN p_00: has entered the UNKNOWN state and will no longer receive events, this usually "
        "indicates the process violated the eventlistener protocol")
    assert events.said[:2] == [
        "DEBG 'p_00' stdout output:\n" + r"b'hello\n'", "DEBG p_00: ACKNOWLEDGED -> UNKNOWN"]
    events.until(lambda: events.states == {0: UNKNOWN}, "PID 1 knows")


def test_one_without_stdin_is_passed_over(events, tmp_path):
    events.pool("p", ["PROCESS_GROUP"])
    deaf = ["bash", "-c", f'exec <&-; printf "READY\\n"; touch {tmp_path}/deaf; exec sleep 1000']
    first = events.listener("p", 0, deaf)
    wait_until((tmp_path / "deaf").exists)
    events.until_said("DEBG p_00: ACKNOWLEDGED -> READY")
    (tmp_path / "deaf").unlink()
    events.event("PROCESS_GROUP_ADDED", "")
    events.until_said(
        "DEBG epipe occurred while sending event 0 to listener p_00, listener state unchanged")
    events.listener("p", 1, python(tmp_path))
    received(events, tmp_path, ["001-0-OK"])
    assert first.poll() is None


def test_its_output_is_logged_and_a_stuck_log_does_not_matter(events, tmp_path):
    read, write = os.pipe()
    events.pool("p", ["PROCESS_GROUP"])
    events.listener("p", 0, python(tmp_path), log=write)
    events.event("PROCESS_GROUP_ADDED", "")
    received(events, tmp_path, ["001-0-OK"])
    events.until(lambda: events.states.get(0) == READY, "ready again")
    assert os.read(read, 1000) == b"READY\nRESULT 2\nOKREADY\n"
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 65536)
    events.event("PROCESS_GROUP_ADDED", "")
    received(events, tmp_path, ["001-0-OK", "002-1-OK"])
    events.until(lambda: events.states.get(0) == READY, "ready again")
    os.set_blocking(read, False)
    data = bytearray()

    def rest():
        with contextlib.suppress(BlockingIOError):
            data.extend(os.read(read, 65536))
        return data.endswith(b"RESULT 2\nOKREADY\n")
    wait_until(rest, what="what waited for the log")


def test_events_of_the_logger_come_too(events, tmp_path):
    ours, theirs = Channel.pair()
    events.send(bytes([11]), theirs.fileno())
    theirs.close()
    events.pool("p", ["PROCESS_LOG"])
    events.listener("p", 0, python(tmp_path))
    events.until(lambda: events.states.get(0) == READY, "ready")
    ours.send(bytes([9]) + text("PROCESS_LOG_STDERR") + text("processname:x"))
    received(events, tmp_path, ["001-0-OK"])
    ours.end.close()
    ours, theirs = Channel.pair()
    events.send(bytes([11]), theirs.fileno())
    theirs.close()
    ours.send(bytes([9]) + text("PROCESS_LOG_STDOUT") + text("processname:x"))
    received(events, tmp_path, ["001-0-OK", "002-1-OK"])


def test_only_what_runs_is_sent_anything(events, tmp_path):
    events.pool("p", ["PROCESS_GROUP"])
    events.listener("p", 0, python(tmp_path), running=False)
    events.until(lambda: events.states.get(0) == READY, "ready")
    events.event("PROCESS_GROUP_ADDED", "")
    events.running(0, False)
    events.event("PROCESS_GROUP_ADDED", "")
    events.running(0)
    received(events, tmp_path, ["001-0-OK", "002-1-OK"])


def test_ticks_come_with_the_roll_over_of_the_clock(events, tmp_path):
    events.pool("p", ["TICK_5"])
    events.listener("p", 0, python(tmp_path))
    received(events, tmp_path, ["001-0-OK"])
    late = time.time() % 5
    head, payload = (tmp_path / "001-0-OK").read_text().split("\n")
    assert " eventname:TICK_5 " in head
    when = int(payload.removeprefix("when:"))
    assert when % 5 == 0
    assert 0 <= time.time() - when < 5
    assert late < 2


def test_a_role_that_is_killed_is_followed_by_another(events, tmp_path):
    events.pool("p", ["PROCESS_GROUP"])
    events.event("PROCESS_GROUP_ADDED", "")
    listener = events.listener("p", 0, python(tmp_path))
    received(events, tmp_path, ["001-0-OK"])
    events.until(lambda: events.states.get(0) == READY, "ready")
    events.process.kill()
    events.process.wait()
    after = Events()
    try:
        after.pool("p", ["PROCESS_GROUP"])
        after.introduce("p", 0, listener, state=events.states[0])
        after.event("PROCESS_GROUP_REMOVED", "")
        received(after, tmp_path, ["001-0-OK", "002-0-OK"])
    finally:
        events.listeners.clear()
        after.kill()


def test_a_pool_that_is_removed_hears_nothing_more(events, tmp_path):
    events.pool("p", ["PROCESS_GROUP"])
    events.pool("q", ["PROCESS_GROUP"])
    (tmp_path / "q").mkdir()
    gone = events.listener("p", 0, python(tmp_path))
    events.listener("q", 1, python(tmp_path / "q"))
    events.until(lambda: events.states == {0: READY, 1: READY}, "both are ready")
    events.remove_pool("p")
    gone.stdin.close()
    assert gone.wait(20) == 0
    events.event("PROCESS_GROUP_ADDED", "")
    received(events, tmp_path / "q", ["001-0-OK"])


def test_it_ends_when_told_and_when_there_is_no_pid_1(events):
    events.send(bytes([12]))
    assert events.process.wait(20) == 0
    other = Events()
    assert other.end() == 0


def test_signals_and_damaged_records_do_not_end_it(events, tmp_path):
    wait_until(lambda: int(process_status(events.process.pid)["SigIgn"], 16) & 1 << 14, what="SIGTERM is ignored")
    for signal in [1, 2, 3, 13, 15]:
        os.kill(events.pid, signal)
    for record in [b"\0", bytes([4]) + number(1 << 60), bytes([99]), os.urandom(100)]:
        events.send(record)
    spare, other = socket.socketpair()
    events.send(bytes([5]) + number(77), spare.fileno())
    spare.close()
    assert other.recv(1) == b""
    events.pool("p", ["PROCESS_GROUP"])
    events.event("PROCESS_GROUP_ADDED", "")
    events.listener("p", 0, python(tmp_path))
    received(events, tmp_path, ["001-0-OK"])


def test_a_role_without_work_does_not_wake_up(events, tmp_path):
    events.pool("p", ["PROCESS_STATE"])
    events.listener("p", 0, python(tmp_path))
    events.until(lambda: events.states.get(0) == READY, "ready")
    rests(events.pid)
