"""`lock=redis://host/key` on a real Redis: one replica at a time, whatever happens to its holder or to the server."""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from servers import Redis, until
from supervised import Supervised, free_port

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("ENTRYPOINT_BINARY", REPOSITORY / ".build/release/entrypoint"))


@pytest.fixture
def supervise(tmp_path):
    started = []

    def start(configuration, **options):
        directory = tmp_path / f"s{len(started)}"
        directory.mkdir()
        started.append(Supervised(directory, configuration, **options).start())
        return started[-1]

    yield start
    for one in started:
        one.kill()
        print(f"--- {one.path}\n{one.said()}")


@pytest.fixture
def redis():
    with Redis() as server:
        yield server


class Lease:
    """The role, as the kernel starts it: leader of its group."""

    def __init__(self, url, *command, limit=0, name="one"):
        self.process = subprocess.Popen(
            ["entrypoint: lease", str(limit), "/bin/sh", "sh", "-c", *command], executable=BINARY,
            env={"PATH": os.environ["PATH"], "ENTRYPOINT_LOCK": url, "NAME": name},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")),
                                       daemon=True)
        self.reader.start()

    def says(self, words, seconds=20):
        until(lambda: any(words in line for line in self.lines), f"{words!r} in {self.lines}", seconds)

    def ends(self, seconds=20):
        code = self.process.wait(seconds)
        self.reader.join(seconds)
        return code, "".join(self.lines)

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


@pytest.fixture
def lease():
    started = []

    def start(*words, **options):
        started.append(Lease(*words, **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def url(server, key="k", lease="3s"):
    password = f":{server.password}@" if server.password else ""
    return f"redis://{password}127.0.0.1:{server.port}/{key}?lease={lease}"


def test_replicas_run_it_one_after_the_other(supervise, redis, tmp_path):
    hook = f"""
[hook:migrate]
command=sh -c 'mkdir {tmp_path}/busy && echo $$ >> {tmp_path}/log && sleep 0.2 && rmdir {tmp_path}/busy'
lock=redis://127.0.0.1:{redis.port}/shop/migrate
[program:p]
command=sleep 1000
"""
    replicas = [supervise(hook) for _ in range(4)]
    for one in replicas:
        one.ready()
    assert len((tmp_path / "log").read_text().split()) == 4
    assert redis.ask("EXISTS", "shop/migrate") == "0"


def test_a_hook_keeps_its_own_code_its_environment_and_its_password(supervise, tmp_path):
    with Redis(password="s3cret") as server:
        one = supervise(f"""
[hook:migrate]
command=sh -c 'env > %DIR%/env; cat /proc/$PPID/cmdline > %DIR%/title; redis-cli -p {server.port} -a s3cret ttl k > %DIR%/ttl; exit 23'
lock=redis://:%(ENV_PW)s@127.0.0.1:{server.port}/k
[program:p]
command=sleep 1000
""", environment={"PW": "s3cret"})
        assert one.wait() == 23
        assert server.ask("EXISTS", "k") == "0"
        assert "ENTRYPOINT_LOCK" not in (one.directory / "env").read_text()
        assert (one.directory / "title").read_text().startswith(
            f"entrypoint: lease redis://:***@127.0.0.1:{server.port}/k")
        assert int((one.directory / "ttl").read_text().split()[-1]) in range(25, 31)
        assert "s3cret" not in one.said()


def test_the_lease_of_a_killed_holder_ends_and_the_next_goes_on(lease, redis):
    first = lease(url(redis), "echo in; exec sleep 1000")
    first.says("in")
    second = lease(url(redis), "echo in")
    second.says("held by another one; waiting")
    token = redis.ask("GET", "k")
    first.kill()
    assert redis.ask("GET", "k") == token
    assert second.ends() == (0, f"lock redis://127.0.0.1:{redis.port}/k: held by another one; waiting\nin\n")
    assert redis.ask("EXISTS", "k") == "0"


def test_a_killed_supervisor_holds_up_the_others_no_longer_than_the_lease(supervise, redis):
    hook = f"""
[hook:migrate]
command=sh -c 'echo in; exec sleep %(ENV_TIME)s'
lock={url(redis, lease="2s")}
[program:p]
command=sleep 1000
"""
    first = supervise(hook, environment={"TIME": "1000"}, pid1=True)
    until(lambda: "in\n" in first.said(), "the first has it")
    second = supervise(hook, environment={"TIME": "0"})
    until(lambda: "held by another one" in second.said(), "the second waits")
    first.kill()
    second.ready()


def test_a_lease_outlives_its_length_while_its_holder_lives(lease, redis):
    one = lease(url(redis), "echo in; exec sleep 7")
    one.says("in")
    token = redis.ask("GET", "k")
    while one.process.poll() is None:
        assert redis.ask("GET", "k") in (token, "")
        remaining = int(redis.ask("PTTL", "k"))
        assert remaining > 300 or one.process.poll() is not None or remaining < 0
    assert one.ends()[0] == 0
    assert redis.ask("EXISTS", "k") == "0"


def test_a_lock_timeout(lease, redis, supervise):
    redis.ask("SET", "k", "somebody")
    one = lease(url(redis), "true", limit=900)
    assert one.ends() == (75, f"lock redis://127.0.0.1:{redis.port}/k: held by another one; waiting\n"
                          f"lock redis://127.0.0.1:{redis.port}/k: still held by another one after 0s\n")
    assert redis.ask("GET", "k") == "somebody"
    one = supervise(f"[hook:h]\ncommand=true\nlock={url(redis)}\nlock_timeout=1s\n[program:p]\ncommand=sleep 1000\n")
    assert one.wait() == 75
    assert "still held by another one after 1s" in one.said()


def test_a_user_who_could_not_renew_it_is_told_before_the_command_begins(lease, redis):
    redis.ask("ACL", "SETUSER", "app", "on", ">p@ss/word", "~*", "+@all", "-@scripting")
    one = lease(f"redis://app:p%40ss%2Fword@127.0.0.1:{redis.port}/k", "echo in")
    code, text = one.ends()
    assert code != 0 and "NOPERM" in text and "\nin\n" not in f"\n{text}", text
    assert redis.ask("EXISTS", "k") == "0"
    redis.ask("ACL", "SETUSER", "app", "+@scripting")
    assert lease(f"redis://app:p%40ss%2Fword@127.0.0.1:{redis.port}/k", "echo in").ends() == (0, "in\n")


def test_it_waits_for_a_redis_that_is_not_there_yet(lease):
    server = Redis()
    try:
        one = lease(url(server), "echo in")
        one.says("k: connection refused; waiting")
        server.start().wait_until_ready()
        code, text = one.ends()
        assert (code, text.splitlines()[-1]) == (0, "in")
        late = lease(f"redis://127.0.0.1:{free_port()}/k", "true", limit=200)
        assert late.ends()[0] == 75 and "still connection refused after 0s" in late.lines[-1]
    finally:
        server.remove()


@pytest.mark.parametrize("password, words", [
    ("", "NOAUTH Authentication required."), ("wrong", "WRONGPASS invalid username-password pair"),
])
def test_what_no_waiting_mends_is_refused_at_once(lease, password, words):
    with Redis(password="right") as server:
        given = f":{password}@" if password else ""
        code, text = lease(f"redis://{given}127.0.0.1:{server.port}/k", "true").ends()
        assert code == 126 and words in text and "wrong" not in text.replace("WRONGPASS", "")


def test_a_restart_of_redis_that_forgets_is_told_and_survived(lease, redis):
    one = lease(url(redis, lease="3s"), "echo in; exec sleep 5")
    one.says("in")
    redis.stop(signal.SIGKILL)
    redis.start().wait_until_ready()
    one.says("was gone from the server, nobody had it, and it has been taken again")
    other = lease(url(redis, lease="3s"), "echo in too")
    other.says("held by another one; waiting")
    assert one.ends()[0] == 0
    assert other.ends()[0] == 0


def test_a_lease_that_somebody_else_has_got_ends_the_hook(lease, redis):
    one = lease(url(redis), "trap 'echo told; exit 0' TERM; echo in; while :; do sleep 0.05; done")
    one.says("in")
    redis.ask("SET", "k", "thief")
    code, text = one.ends()
    assert code == 75 and "is held by another one now; the hook is ended" in text and "told" in text
    assert redis.ask("GET", "k") == "thief"


def test_a_redis_that_is_gone_for_longer_than_the_lease_ends_the_hook(lease, redis, supervise):
    one = supervise(f"""
[hook:h]
command=sh -c 'echo in; exec sleep 1000'
lock={url(redis)}
[program:p]
command=sleep 1000
""")
    until(lambda: "in\n" in one.said(), "it runs")
    redis.stop(signal.SIGKILL)
    assert one.wait() == 75
    assert "cannot be renewed: connection refused" in one.said()
    assert "has run out, for it could not be renewed; the hook is ended" in one.said()


def test_a_redis_that_hangs_for_a_moment_is_survived(lease, redis):
    one = lease(url(redis, lease="6s"), "echo in; exec sleep 7")
    one.says("in")
    redis.process.send_signal(signal.SIGSTOP)
    one.says("cannot be renewed: sent no answer to EVAL within 2s")
    redis.process.send_signal(signal.SIGCONT)
    one.says("is renewed again")
    assert one.ends()[0] == 0


def test_a_deaf_hook_is_killed_once_its_lease_is_lost(lease, redis):
    one = lease(url(redis), "trap '' TERM; echo in; while :; do sleep 0.05; done")
    one.says("in")
    redis.ask("SET", "k", "thief")
    assert one.ends(30)[0] == 75


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_whoever_waits_and_whoever_holds(lease, redis, number):
    first = lease(url(redis), "echo in; exec sleep 1000")
    first.says("in")
    second = lease(url(redis), "echo in")
    second.says("waiting")
    os.killpg(second.process.pid, number)
    assert second.ends()[0] == 128 + number
    os.killpg(first.process.pid, number)
    assert first.ends()[0] == 128 + number
    assert redis.ask("EXISTS", "k") == "0"


def test_a_killed_role_takes_its_command_along(lease, redis):
    one = lease(url(redis), "echo $$; exec sleep 1000")
    until(lambda: one.lines, "it runs")
    pid = int(one.lines[0])
    one.process.kill()

    def gone():
        try:
            return ") Z " in Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
    until(gone, "the command has ended")


def test_a_command_that_cannot_be_started_gives_the_lease_back(redis):
    done = subprocess.run(["entrypoint: lease", "0", "/no/such", "such"], executable=BINARY,
                          env={"ENTRYPOINT_LOCK": url(redis)}, capture_output=True, text=True, timeout=20)
    assert done.returncode == 126 and "no such file or directory" in done.stderr
    assert redis.ask("EXISTS", "k") == "0"


@pytest.mark.parametrize("lock, words", [
    (None, ["0", "/bin/true", "true"]), ("nonsense", ["0", "/bin/true", "true"]),
    ("redis://h/k", []), ("redis://h/k", ["soon", "/bin/true", "true"]), ("redis://h", ["0", "/bin/true", "true"])])
def test_the_role_with_a_task_that_makes_no_sense(lock, words):
    done = subprocess.run(["entrypoint: lease", *words], executable=BINARY, timeout=20,
                          env={"ENTRYPOINT_LOCK": lock} if lock else {})
    assert done.returncode == 2


class Proxy:
    """Stands before a Redis. `answers` decides what becomes of each answer to a `SET`: it is passed on if it returns true."""

    def __init__(self, port, answers):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.behind = port
        self.answers = answers
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self.behind)) as server:
                request = client.recv(4096)
                server.sendall(request)
                answer = server.recv(4096)
                if b"SET\r\n" not in request or b"EVAL" in request or self.answers():
                    client.sendall(answer)


@pytest.fixture
def proxy(redis):
    started = []

    def start(answers):
        started.append(Proxy(redis.port, answers))
        return started[-1]

    yield start
    for one in started:
        one.server.close()


def test_an_answer_that_is_lost_does_not_lock_us_out(lease, redis, proxy):
    answers = []

    def all_but_the_first():
        answers.append("SET")
        return len(answers) > 1

    began = time.monotonic()
    one = lease(f"redis://127.0.0.1:{proxy(all_but_the_first).port}/k?lease=1h", "echo in")
    code, text = one.ends()
    assert answers and code == 0 and text.endswith("in\n"), text
    assert time.monotonic() - began < 10
    assert redis.ask("EXISTS", "k") == "0"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_the_lease_is_taken_starts_no_command(lease, redis, proxy, number):
    asked, stopped = threading.Event(), threading.Event()

    def after_the_stop():
        asked.set()
        return stopped.wait(20)

    one = lease(f"redis://127.0.0.1:{proxy(after_the_stop).port}/k?lease=1h", "echo in; exec sleep 1000")
    assert asked.wait(20)
    os.killpg(one.process.pid, number)
    stopped.set()
    assert one.ends() == (128 + number, "")
    assert redis.ask("EXISTS", "k") == "0"
