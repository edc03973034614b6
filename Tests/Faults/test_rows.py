"""Faults that once did harm. `stack` 0 stands for the call wherever it is made."""

import contextlib
import socket
import subprocess
import threading

import pytest

import scenarios
from campaign import Fault, Laps
from supervised import BINARY, role_of


def fault(scenario, target, call, error, skip=0, times=1):
    return Fault(scenario.__name__, target, call, 0, skip, times, error, ())


@pytest.fixture
def laps(tracer, directory):
    runner = Laps(tracer, directory)
    yield runner
    runner.end()


def test_a_stream_that_cannot_be_read_stays_open(laps):
    """The logger closed the pipe, and the program blocked once the pipe was full."""
    assert laps.inject(scenarios.rotation, fault(scenarios.rotation, "logger", "read", "EIO", times=2))
    assert laps.inject(scenarios.rotation, fault(scenarios.rotation, "logger", "read", "EIO"))
    text = "cannot read the output of "
    assert laps.one.said().count(text) >= 1 and "input/output error; trying again" in laps.one.said()


def test_a_stream_is_watched_although_epoll_was_full(laps):
    """The logger watched the pipe of the new program never, and kept it when the program was removed."""
    assert laps.inject(scenarios.update, fault(scenarios.update, "logger", "epoll_ctl", "ENOSPC"))
    laps.inject(scenarios.update, fault(scenarios.update, "logger", "epoll_wait", "EINTR"))


@pytest.mark.parametrize("call", ["newfstatat", "openat"])
def test_a_path_that_cannot_be_examined_leaks_no_descriptor(laps, call):
    """The walk kept the root directory open."""
    injected = [laps.inject(scenarios.control, fault(scenarios.control, "logger", call, "ENOMEM", skip))
                for skip in range(8)]
    assert any(injected)


def test_a_record_of_a_reader_that_cannot_be_read_leaks_no_descriptor(laps):
    for call in ("newfstatat", "pread64"):
        for skip in range(3):
            laps.inject(scenarios.control, fault(scenarios.control, "pid1", call, "ENOMEM" if call == "newfstatat"
                                                 else "EIO", skip))


@pytest.mark.parametrize("target", ["pid1", "logger"])
def test_a_channel_is_read_again_after_a_lack_of_memory(laps, target):
    """PID 1 read the channel no more, and answered the gateway no more; the logger ended."""
    one = laps.supervisor()
    roles = {name: role_of(one, name) for name in ("logger", "gateway", "events")}
    lap = scenarios.http if target == "pid1" else scenarios.rotation
    for _ in range(3):
        laps.inject(lap, fault(lap, target, "recvmsg", "ENOMEM", times=2))
    assert {name: role_of(one, name) for name in roles} == roles


def test_scale_is_answered_although_a_process_cannot_be_signalled(laps):
    """The request waited for the end of a process whose state was UNKNOWN."""
    one = laps.supervisor()
    assert one.ask("scale", "many", "2")[0] == 0
    one.arm(fault(scenarios.scaling, "pid1", "kill", "EPERM"))
    code, text = one.client("scale", "many", "1", timeout=20)
    one.disarm()
    assert code == 1 and text.startswith("many: ERROR (") and one.injected == 1, text
    assert "cannot signal many_1: operation not permitted" in one.said()
    assert one.status()["many:many_1"]["state"] == "UNKNOWN"


@contextlib.contextmanager
def supervisor_that_answers(path, answer):
    """Reads a request of one client, sends those bytes and closes the connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)
        server = threading.Thread(target=serve)
        server.start()
        yield
        server.join()


def run_command(directory, command, answer):
    path = directory / "control.sock"
    with supervisor_that_answers(path, answer):
        done = subprocess.run([BINARY, "-s", path, *command], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", [("status",), ("restart", "web"), ("timeline",), ("pid",)])
@pytest.mark.parametrize("answer", [b"", b'{"name":"web","result":"stopped"}\n', b'{"name":'])
def test_an_answer_without_its_end_is_an_error_of_the_command(directory, command, answer):
    """`status` printed nothing, or a part, and ended with 0."""
    code, text = run_command(directory, command, answer)
    assert code != 0 and "the supervisor closed the connection before the answer was complete" in text


@pytest.mark.parametrize("command", [
    "status", "status --json", "restart web", "update", "scale web 2", "pid", "tail web", "maintail",
    "healthcheck", "timeline", "events", "shutdown", "version"])
def test_a_refusal_is_an_error_of_the_command(directory, command):
    """`status`, `events` and `shutdown` ended with 0 where the refusal came after the request was sent."""
    code, text = run_command(directory, command.split(), b'{"error":"too many clients"}\n')
    assert code != 0 and text == "error: too many clients\n"
