"""Programs that run, but not as they should: health, memory_limit, max_uptime, stop_command; and
what people do to those that run: restart --rolling, scale."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import tempfile

import pytest
from supervised import alive, role_of, wait_until

# Healthy for as long as a file is there.
def checked(supervise, tmp_path, more=""):
    file = tmp_path / "healthy"
    file.touch()
    return file, supervise(f"""
[program:web]
command=sleep 1000
health=file://{file}
health_interval=100ms
health_fall=2
health_rise=2
{more}
""").ready()


def healthy(one, name="web"):
    return one.status()[name].get("healthy")


def test_what_is_unhealthy_is_restarted_and_the_reason_told(supervise, tmp_path):
    file, one = checked(supervise, tmp_path)
    before = wait_until(lambda: healthy(one) and one.status()["web"]["pid"], what="a healthy web")
    file.unlink()
    wait_until(lambda: not alive(before), what="the end of the sick one")
    file.touch()
    after = one.until("web", "RUNNING")
    assert after["pid"] != before and after["restarts"] == 1
    lines = [line for line in one.journal() if line.get("name") == "web"]
    assert [line["failures"] for line in lines if line.get("event") == "health check failed"][:1] \
        == [1]
    reasons = [line["reason"] for line in lines if line.get("to") == "stopping"]
    assert reasons == [f"unhealthy: {file}: does not exist"]
    assert f"restarting web: {reasons[0]}" in one.said()


def test_what_is_to_be_ignored_shows_and_recovers(supervise, tmp_path):
    file, one = checked(supervise, tmp_path, "on_unhealthy=ignore")
    pid = one.status()["web"]["pid"]
    assert one.client("healthcheck")[0] == 0
    file.unlink()
    wait_until(lambda: healthy(one) is False, what="a sick web")
    code, text = one.client("healthcheck")
    assert code == 1 and "web" in text
    assert "unhealthy: " in one.client("status")[1]
    file.touch()
    wait_until(lambda: healthy(one), what="a healthy web")
    assert one.client("healthcheck")[0] == 0
    assert one.status()["web"]["pid"] == pid
    events = [line["event"] for line in one.journal() if line.get("name") == "web"
              and "healthy" in line.get("event", "")]
    assert events == ["unhealthy", "healthy"]


def test_one_that_must_be_healthy_ends_the_container(supervise, tmp_path):
    file, one = checked(supervise, tmp_path, "on_unhealthy=shutdown")
    file.unlink()
    assert one.wait() == 1
    assert "shutting down: web is unhealthy" in one.said()


def test_each_process_is_asked_at_its_own_address(supervise, tmp_path):
    one = supervise("""
[program:node]
command=python3 -m http.server --bind 127.0.0.1 180%(process_num)02d
process_name=%(program_name)s_%(process_num)02d
numprocs=2
numprocs_start=31
ready=http://127.0.0.1:180%(process_num)02d/
health=http://127.0.0.1:180%(process_num)02d/
health_interval=100ms
health_fall=1
""").ready()
    first, second = [one.status()[f"node:node_{number}"]["pid"] for number in (31, 32)]
    os.kill(second, signal.SIGSTOP)
    wait_until(lambda: not alive(second), 20, what="the end of the one that does not answer")
    assert one.status()["node:node_31"]["pid"] == first


# A worker that leaks while it works on a job, and ends only after it.
LEAKING = r"""
import os, signal, sys
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
directory, kept = sys.argv[1], []
for job in range(10_000):
    open(f"{directory}/begun", "a").write(f"{job}\n")
    for _ in range(10):
        kept.append(os.urandom(5_000))
        signal.sigtimedwait([signal.SIGUSR1], 0.001)
    open(f"{directory}/done", "a").write(f"{job}\n")
    if asked:
        break
"""


def test_a_leak_is_ended_before_it_is_a_tenth_over_and_after_the_job_in_hand(supervise, tmp_path):
    (tmp_path / "leak.py").write_text(LEAKING)
    limit = 40
    one = supervise(f"""
[program:worker]
command=python3 {tmp_path}/leak.py {tmp_path}
memory_limit={limit}MB
autorestart=true
""").ready()
    wait_until(lambda: one.status()["worker"]["restarts"] >= 2, 60, "two restarts")
    begun, done = [(tmp_path / name).read_text().splitlines() for name in ("begun", "done")]
    assert begun[:len(done)] == done, "every job that was begun was brought to its end"
    reasons = [line["reason"] for line in one.journal()
               if line.get("name") == "worker" and line.get("to") == "stopping"]
    used = [int(re.match(r"uses (\d+)MB of memory; memory_limit is 40MB", reason)[1])
            for reason in reasons]
    assert len(used) >= 2 and all(limit <= size < limit * 1.1 for size in used), reasons


def test_a_meter_that_is_killed_is_back_and_knows_whom_to_watch(supervise, tmp_path):
    one = supervise("""
[program:big]
command=python3 -c 'import signal; kept = []; signal.signal(10, lambda *_: kept.append(b"x" * (80 << 20))); [signal.pause() for _ in range(9)]'
memory_limit=60MB
""").ready()
    meter = wait_until(lambda: role_of(one, "meter"), what="a meter")
    os.kill(meter, signal.SIGKILL)
    wait_until(lambda: role_of(one, "meter") not in (None, meter), what="another meter")
    before = one.status()["big"]["pid"]
    one.client("signal", "USR1", "big")
    wait_until(lambda: one.status()["big"]["pid"] not in (0, before), 20, "another big one")


def test_without_a_limit_there_is_no_meter(supervise):
    one = supervise("[program:web]\ncommand=sleep 1000\n").ready()
    assert role_of(one, "meter") is None


def test_old_age_ends_gracefully_again_and_again(supervise):
    one = supervise("""
[program:worker]
command=sh -c 'trap "exit 0" TERM; while :; do sleep 0.05; done'
max_uptime=1500ms
restart_jitter=0.1
""").ready()
    wait_until(lambda: one.status()["worker"]["restarts"] >= 2, 20, "two restarts")
    assert [line["reason"] for line in one.journal() if line.get("to") == "stopping"][:2] \
        == ["up for max_uptime, 1.5s"] * 2
    assert "with SIGKILL" not in one.said()


@pytest.mark.needs_root
def test_a_stop_command_runs_as_the_program_and_knows_its_pid(supervise):
    one = supervise("""
[program:worker]
command=sleep 1000
environment=COLOUR="red"
user=daemon
directory=/usr
stop_command=sh -c 'echo "$(id -un) $PWD $COLOUR $SUPERVISOR_PROCESS_NAME" > /tmp/stop-%(host_node_name)s; kill -INT $MAINPID'
""").ready()
    said = f"/tmp/stop-{os.uname().nodename}"
    try:
        assert one.client("stop", "worker") == (0, "worker: stopped\n")
        with open(said) as file:
            assert file.read() == "daemon /usr red worker\n"
        assert "stopped: worker (terminated by SIGINT)" in one.said()
        sent = [line for line in one.journal() if line.get("event") == "signal sent"]
        assert sent == []
    finally:
        os.unlink(said)


@pytest.mark.parametrize("command, words", [
    ("false", "exit status 1"), ("/no/such", "can't find command '/no/such'")])
def test_a_stop_command_that_fails_gives_way_to_the_signal(supervise, command, words):
    one = supervise(f"[program:worker]\ncommand=sleep 1000\nstop_command={command}\n").ready()
    assert one.client("stop", "worker") == (0, "worker: stopped\n")
    assert f"stop_command of worker failed, sending its signal instead: {words}" in one.said()
    assert "stopped: worker (terminated by SIGTERM)" in one.said()


def test_a_stop_command_that_hangs_has_its_time(supervise):
    """Within its time it has to start and to write a file, which a busy disk may delay."""
    one = supervise("""
[program:worker]
command=sleep 1000
stop_command=sh -c 'echo $$ > %DIR%/pid; exec sleep 1000'
stopwaitsecs=4
""").ready()
    assert one.client("stop", "worker") == (0, "worker: stopped\n")
    pid = int((one.directory / "pid").read_text())
    wait_until(lambda: not alive(pid), what="the end of the command")
    assert "killing 'worker'" in one.said()


THREE = """
[program:worker]
command=sleep 1000
process_name=%(program_name)s_%(process_num)d
numprocs=3
ready=fd:5
{more}
"""


@pytest.mark.parametrize("names", [["worker"], ["worker:*"], ["all"]])
def test_a_rolling_restart_takes_one_at_a_time(supervise, names):
    command = "command=sh -c 'sleep 0.1; echo >&5; exec sleep 1000'"
    one = supervise(THREE.replace("command=sleep 1000", command).format(more="")).ready()
    before = {name: row["pid"] for name, row in one.status().items()}
    code, text = one.client("restart", "--rolling", *names)
    assert (code, text) == (0, "".join(f"worker:worker_{n}: started\n" for n in range(3)))
    after = {name: row["pid"] for name, row in one.status().items()}
    assert all(before[name] != after[name] for name in before)
    for first, second in [(0, 1), (1, 2)]:
        assert one.last(f"worker:worker_{first}", "ready") <= one.last(
            f"worker:worker_{second}", "stopping")


def test_a_rolling_restart_ends_with_the_first_that_does_not_come_back(supervise):
    command = "command=sh -c 'test -e %DIR%/broken && exit 1; echo >&5; exec sleep 1000'"
    one = supervise(
        THREE.replace("command=sleep 1000", command).format(more="startretries=0")).ready()
    before = {name: row["pid"] for name, row in one.status().items()}
    (one.directory / "broken").touch()
    code, text = one.client("restart", "--rolling", "worker")
    assert (code, text) == (7, "worker:worker_0: ERROR (abnormal termination)\n")
    after = {name: row["pid"] for name, row in one.status().items()}
    assert [after[f"worker:worker_{n}"] == before[f"worker:worker_{n}"] for n in (1, 2)] \
        == [True, True]
    assert one.client("restart", "--rolling", "nobody") == (
        1, "nobody: ERROR (no such process)\n")


WORKERS = """
[program:worker]
command=sh -c 'echo "%(process_num)d"; exec sleep 1000'
process_name=%(program_name)s_%(process_num)d
numprocs=2
[program:other]
command=sleep 1000
"""


def names(one):
    return sorted(one.status())


def test_scale_leaves_those_that_stay_alone(supervise):
    one = supervise(WORKERS).ready()
    before = one.status()
    assert one.client("scale", "worker", "4") == (0, "worker: scaled to 4\n")
    one.until("worker:worker_3", "RUNNING")
    assert names(one) == ["other"] + [f"worker:worker_{n}" for n in range(4)]
    assert one.client("scale", "worker", "1") == (0, "worker: scaled to 1\n")
    assert names(one) == ["other", "worker:worker_0"]
    for name in ("other", "worker:worker_0"):
        assert one.status()[name]["pid"] == before[name]["pid"]
    assert one.client("update") == (0, ""), "the number of processes is no change of the file"
    assert one.client("scale", "worker", "2")[0] == 0
    one.until("worker:worker_1", "RUNNING")
    events = [line["count"] for line in one.journal() if line.get("event") == "scaled"]
    assert events == [4, 1, 2]


def test_scale_to_nothing_and_back(supervise):
    one = supervise(WORKERS).ready()
    assert one.client("scale", "worker", "0") == (0, "worker: scaled to 0\n")
    assert names(one) == ["other"]
    assert one.client("scale", "worker", "1")[0] == 0
    one.until("worker:worker_0", "RUNNING")


def test_a_stop_command_ends_with_its_program(supervise):
    one = supervise("""
[program:p]
command=sleep 1000
stop_command=sh -c 'echo $$ > %DIR%/stopper.new; mv %DIR%/stopper.new %DIR%/stopper; """
                    """kill $MAINPID; exec sleep 1000'
""").ready()
    before = one.status()["p"]["pid"]
    assert one.client("restart", "p")[0] == 0
    stopper = int((one.directory / "stopper").read_text())
    wait_until(lambda: not alive(stopper), what="the end of the stop_command")
    after = one.until("p", "RUNNING")["pid"]
    assert after != before and "SIGKILL" not in one.said()
    assert one.stop() == 0


def test_a_program_is_scaled_by_one_at_a_time(supervise):
    one = supervise(WORKERS).ready()
    with contextlib.ExitStack() as stack:
        first, second = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        one.send(signal.SIGSTOP)
        for connection, count in [(first, 1), (second, 3)]:
            connection.connect(str(one.socket))
            connection.sendall(f"scale worker {count}\n".encode())
        one.send(signal.SIGCONT)
        assert b"STILL_RUNNING" in second.makefile("rb").read()
        assert b"fault" not in first.makefile("rb").read()
    assert names(one) == ["other", "worker:worker_0"]
    assert one.stop() == 0


@pytest.mark.parametrize("words, code, text", [
    (["nobody", "2"], 1, "nobody: ERROR (no such program)\n"),
    (["other", "2"], 1, "process_num"),
    (["worker", "many"], 2, "Error: scale requires a program and a number from 0 to 10000"),
    (["worker"], 2, "Error: scale requires a program and a number from 0 to 10000"),
    (["worker", "10001"], 2, "Error: scale requires a program and a number from 0 to 10000")])
def test_what_cannot_be_scaled_is_refused_with_the_reason(supervise, words, code, text):
    one = supervise(WORKERS).ready()
    result = one.client("scale", *words)
    assert result[0] == code and text in result[1]
    assert names(one) == ["other", "worker:worker_0", "worker:worker_1"]


@pytest.mark.needs_root
@pytest.mark.parametrize("key", ["ready", "health"])
def test_a_command_that_checks_runs_as_its_program(supervise, key):
    # pytest's own directories are for root alone.
    place = pathlib.Path(tempfile.mkdtemp())
    place.chmod(0o777)
    one = supervise(f"""
[program:web]
command=sleep 1000
user=daemon
directory=/usr
environment=COLOUR="red"
health_interval=100ms
{key}=exec:sh -c 'echo "$(id -un) $PWD $COLOUR" > {place}/said'
""").ready()
    try:
        said = wait_until((place / "said").read_text, what="a word of the check")
        assert said == "daemon /usr red\n"
        assert healthy(one) in (None, True)
    finally:
        one.kill()
        shutil.rmtree(place)
