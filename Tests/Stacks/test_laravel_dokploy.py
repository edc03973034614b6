"""Stack 1: Laravel behind nginx and PHP-FPM, with its worker and its migrations, on real servers."""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples import LARAVEL, Example
from servers import MariaDB
from supervised import BINARY, ROOT, alive, free_port, wait_until

EXAMPLE = ROOT / "examples/laravel-dokploy"


class Stack(Example):
    """The example as it is, in a directory of its own."""

    def __init__(self, directory, environment=None, **options):
        super().__init__(directory, "laravel-dokploy", free_port(), {
            "APP": str(LARAVEL), "APP_STORAGE": f"{directory}/storage", "FPM_PORT": str(free_port()),
            **(environment or {})}, **options)

    def deliveries(self):
        return {row["id"]: row["state"] for row in json.loads(self.get("/")[1])["deliveries"]}

    def worker_log(self):
        path = self.storage / "logs/worker.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture(scope="module")
def mariadb():
    with MariaDB() as server:
        server.execute("CREATE USER laravel@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO laravel@'%'")
        yield server


def environment(server, database):
    return {"DB_CONNECTION": "mysql", "DB_HOST": "127.0.0.1", "DB_PORT": str(server.port),
            "DB_DATABASE": database, "DB_USERNAME": "laravel", "DB_PASSWORD": "secret"}


def test_from_nothing_to_the_first_answer_in_order(boot, mariadb):
    mariadb.execute("CREATE OR REPLACE DATABASE first")
    stack = boot(environment=environment(mariadb, "first"), pid1=True).ready(30)
    assert stack.get("/health") == (200, "ok")
    order = [("database", "running", "passed"), ("storage", "running", "succeeded"),
             ("migrate", "running", "succeeded"), ("cache-config", "running", "succeeded"),
             ("cache-routes", "running", "succeeded"), ("php-fpm", "starting", "ready"),
             ("nginx", "starting", "ready")]
    for (earlier, _, there), (later, begun, _) in zip(order, order[1:]):
        assert stack.at(earlier, there) <= stack.at(later, begun), (earlier, later)
    assert stack.at("cache-routes", "succeeded") <= stack.at("worker:worker_00", "starting")
    assert stack.stop(timeout=30) == 0
    assert stack.at("nginx", "stopped") <= stack.at("php-fpm", "stopping")


def test_a_database_that_comes_up_late(boot):
    with MariaDB() as late:
        late.execute("CREATE DATABASE late; CREATE USER laravel@'%' IDENTIFIED BY 'secret'; "
                     "GRANT ALL ON *.* TO laravel@'%'")
        late.stop()
        stack = boot(environment=environment(late, "late"))
        refused = f"127.0.0.1:{late.port}: connection refused"
        wait_until(lambda: refused in stack.said(), what="a refused connection")
        # Ten seconds of nobody there, told by the number of tries.
        wait_until(lambda: stack.status()["database"]["state"] == "running"
                   and max([line.get("at", 0) for line in stack.journal()] or [0]) >= 0
                   and monotonic_age(stack) >= 10, 20, "ten seconds of waiting")
        assert stack.status()["migrate"]["state"] == "waiting"
        late.start().wait_until_ready()
        stack.ready(30)
        assert stack.at("database", "passed") >= 10
        assert stack.get("/health")[0] == 200
        assert stack.stop(timeout=30) == 0


def monotonic_age(stack):
    """Seconds since the supervisor was started, as the kernel counts them."""
    ticks = int(pathlib.Path(f"/proc/{stack.pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    uptime = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    return uptime - ticks / os.sysconf("SC_CLK_TCK")


def test_a_database_that_never_comes(boot):
    port = free_port()
    stack = boot(environment={"DB_CONNECTION": "mysql", "DB_HOST": "127.0.0.1", "DB_PORT": str(port),
                              "DB_TIMEOUT": "2s"})
    assert stack.wait() == 69
    assert re.search(rf"127\.0\.0\.1:{port}: connection refused after (1 try|[23] tries) in 2s", stack.said())
    assert stack.moves("migrate") == stack.moves("nginx") == []


def test_a_failing_migration_starts_nothing(boot, mariadb):
    mariadb.execute("CREATE OR REPLACE DATABASE broken; CREATE TABLE broken.deliveries (id INT)")
    stack = boot(environment=environment(mariadb, "broken"))
    assert stack.wait(30) == 1
    assert "already exists" in stack.said()
    for program in ["php-fpm", "nginx", "worker:worker_00"]:
        assert stack.moves(program) == []


def test_a_killed_worker_comes_back_at_once(boot):
    stack = boot().ready(30)
    pid = stack.status()["worker:worker_00"]["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: stack.status()["worker:worker_00"]["pid"] not in (0, pid), what="another worker")
    exited = [line["at"] for line in stack.journal()
              if line.get("name") == "worker:worker_00" and line.get("to") == "exited"]
    again = [line["at"] for line in stack.journal() if line.get("name") == "worker:worker_00"
             and line.get("to") == "starting" and "pid" in line]
    # supervisord waits for a second.
    assert again[1] - exited[0] < 0.9
    assert stack.stop(timeout=30) == 0


def test_as_many_workers_as_asked_for(boot):
    stack = boot(environment={"WORKERS": "3"}).ready(30)
    workers = {name: row["pid"] for name, row in stack.status().items() if name.startswith("worker:")}
    assert sorted(workers) == ["worker:worker_00", "worker:worker_01", "worker:worker_02"]
    stack.get("/enqueue?milliseconds=1")
    wait_until(lambda: "delivered" in stack.worker_log(), what="a delivery by one of them")
    assert stack.stop(timeout=30) == 0
    assert not any(alive(pid) for pid in workers.values())


def test_replicas_migrate_once(boot, mariadb):
    mariadb.execute("CREATE OR REPLACE DATABASE shared")
    storage = tempfile.mkdtemp(prefix="entrypoint-volume-", dir="/tmp")
    shared = {**environment(mariadb, "shared"), "APP_STORAGE": storage}
    stacks = [boot(environment=shared) for _ in range(4)]
    # They share what is cached, too: it is written anew until the last one is ready.
    for stack in stacks:
        stack.ready(60)
    assert all(stack.get("/health")[0] == 200 for stack in stacks)
    migrated = [stack for stack in stacks if "Migrated:" in stack.said()]
    assert len(migrated) == 1
    assert mariadb.execute("SELECT COUNT(*) FROM migrations", "shared").split()[-1] == "1"
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(lambda stack: stack.stop(timeout=30), stacks)) == [0] * 4
    shutil.rmtree(storage)


def test_stopping_finishes_the_job_and_the_request_in_hand(boot):
    stack = boot().ready(30)
    identity = json.loads(stack.get("/enqueue?milliseconds=2500")[1])["id"]
    begun = f"delivery {identity} begun"
    wait_until(lambda: begun in stack.worker_log(), what="the job's beginning")
    with ThreadPoolExecutor() as pool:
        request = pool.submit(stack.get, "/slow?milliseconds=2500")
        wait_until(lambda: busy(stack), what="the request in hand")
        assert stack.stop(timeout=30) == 0
        assert request.result() == (200, '{"slept":2500}')
    assert f"delivery {identity} delivered" in stack.worker_log()
    again = boot(environment={"APP_STORAGE": str(stack.storage)}).ready(30)
    assert again.deliveries() == {identity: "delivered"}
    assert again.stop(timeout=30) == 0


def test_the_schedule_runs_each_minute(boot):
    # A minute that turns meanwhile would start it too.
    wait_until(lambda: 3 < time.time() % 60 < 25, 65, "room in the minute")
    stack = boot().ready(30)
    assert stack.client("start", "schedule") == (0, "schedule: started\n")
    assert stack.until("schedule", "succeeded", 30)["exit"] == 0
    wait_until(lambda: "0 jobs are waiting" in stack.said(), what="its word")
    # Then by the clock.
    before = stack.status()["schedule"]["next"]
    wait_until(lambda: stack.status()["schedule"]["runs"] == 2, 65, "its minute")
    stack.until("schedule", "succeeded", 30)
    wait_until(lambda: stack.said().count("0 jobs are waiting") == 2, what="its word again")
    meant = [line.get("scheduled") for line in stack.journal() if line.get("event") == "fired"][1:]
    assert meant == [f"{before[:19]}.000Z"]
    assert stack.stop(timeout=30) == 0


def busy(stack):
    """Whether PHP-FPM has a connection open: the request has reached it."""
    port = f":{int(stack.environment['FPM_PORT']):04X}"
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(port) and line.split()[3] == "01" for line in lines)


def test_as_another_user_than_root(boot):
    stack = boot(account="nobody", environment={"APP_USER": "nobody"}).ready(30)
    uid = pwd.getpwnam("nobody").pw_uid
    assert os.stat(f"/proc/{stack.pid}").st_uid == uid
    assert stack.get("/health")[0] == 200
    pids = [row["pid"] for row in stack.status().values() if row["pid"]]
    assert len(pids) >= 3 and all(os.stat(f"/proc/{pid}").st_uid == uid for pid in pids)
    assert stack.stop(timeout=30) == 0
    assert not any(alive(pid) for pid in pids)


def test_the_demo_stops_in_order_at_control_c(tmp_path):
    output = tmp_path / "output"
    with output.open("wb") as log:
        demo = subprocess.Popen([EXAMPLE / "demo"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                env={**os.environ, "ENTRYPOINT_BINARY": BINARY}, start_new_session=True)
    wait_until(lambda: "Ctrl-C stops it" in output.read_text(), 60, "the demo's address")
    # To the whole group, as a terminal does.
    os.killpg(demo.pid, signal.SIGINT)
    assert demo.wait(30) == 0
    said = output.read_text()
    assert "SIGKILL" not in said, said
    assert said.index("stopped: nginx (exit status 0)") < said.index("stopped: php-fpm (exit status 0)")
