"""Stack 4: two nodes behind a real HAProxy, PostgreSQL, and deployments that nobody notices."""

import contextlib
import datetime
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import pytest

from examples import LARAVEL, Example
from load import Load
from servers import HAProxy, PostgreSQL
from supervised import ROOT, free_port, wait_until

FOLDER = ROOT / "examples/haproxy-rolling"
NODES = ["node1", "node2"]
PROGRAMS = ["php-fpm", "nginx", "worker:worker_00"]
# HAProxy's and ours, in the place of three seconds.
INTERVAL = "300ms"


class Stack(Example):
    """One node."""

    def __init__(self, directory, name, database, shared, app=LARAVEL, **variables):
        self.name = name
        super().__init__(directory, "haproxy-rolling", free_port(), {
            "APP": str(app), "APP_STORAGE": f"{directory}/storage", "SHARED": str(shared),
            "CONTROL_PORT": str(free_port()), "CHECK_INTERVAL": INTERVAL, "DRAIN": "3",
            "DB_HOST": "127.0.0.1", "DB_PORT": str(database.port), "DB_DATABASE": "postgres",
            "DB_USERNAME": "postgres", **variables})

    def answer_to(self, path):
        """A status, also one that says no; 0 where nobody answers."""
        try:
            return self.get(path)[0]
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


@pytest.fixture
def database():
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def shared():
    """A volume of all nodes."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-shared-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def balance():
    """Starts HAProxy before nodes, and returns once it sends requests to all of them."""
    with contextlib.ExitStack() as stack:
        def start(nodes):
            places = {node.name.upper(): f"127.0.0.1:{node.port}" for node in nodes}
            proxy = stack.enter_context(
                HAProxy(FOLDER / "haproxy.cfg", CHECK_INTERVAL=INTERVAL, **places))
            stack.callback(lambda: print(proxy.log_text()))
            wait_until(lambda: all(is_up(proxy, node.name) for node in nodes), 30, "all nodes up")
            return proxy
        yield start


def is_up(proxy, name):
    """By its last check: while the next one is under way, HAProxy puts a star before it."""
    row = proxy.rows()[name]
    return row["status"] == "UP" and row["check_status"].removeprefix("* ") == "L7OK"


def ask(port, path, **headers):
    """Body and headers of an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        return reply.read().decode(), reply.headers


def test_nodes_wait_for_postgresql_and_migrate_once(database, shared, boot):
    database.stop()
    nodes = [boot(name=name, database=database, shared=shared) for name in NODES]
    for node in nodes:
        refused = f"127.0.0.1:{database.port}: connection refused"
        wait_until(lambda: refused in node.said(), what="a refused connection")
        assert node.status()["migrate"]["state"] == "waiting"
        assert not node.pids().keys() & set(PROGRAMS)
    database.start().wait_until_ready()
    for node in nodes:
        node.ready(30)
        order = [("database", "passed"), ("migrate", "succeeded"), ("cache-config", "succeeded"),
                 ("php-fpm", "ready"), ("nginx", "ready")]
        times = [node.at(*step) for step in order]
        assert times == sorted(times)
        assert sorted(node.pids()) == sorted(PROGRAMS)
        assert [node.answer_to(path) for path in ("/health", "/readyz")] == [200, 200]
    assert sorted(node.said().count("Migrated:") for node in nodes) == [0, 1]

    # One that goes away later is told in a few lines, and nothing is restarted for it.
    before = nodes[0].pids()
    database.stop()
    assert nodes[0].answer_to("/health") == 500
    wait_until(lambda: "connection to server" in nodes[0].said(), what="the complaint of PHP")
    assert "translator" not in nodes[0].said()
    database.start().wait_until_ready()
    assert nodes[0].answer_to("/health") == 200
    assert all(nodes[0].pids()[name] == before[name] for name in ("php-fpm", "nginx"))


def test_round_robin_with_a_cookie_and_statistics(database, shared, boot, balance):
    nodes = [boot(name=name, database=database, shared=shared).ready(30) for name in NODES]
    proxy = balance(nodes)
    answers = [ask(proxy.port, "/health")[1] for _ in range(6)]
    served = [headers["X-Node"] for headers in answers]
    assert served in (["node1", "node2"] * 3, ["node2", "node1"] * 3)
    assert [headers["Set-Cookie"].split(";")[0] for headers in answers] == [
        f"NODE={name}" for name in served]
    for name in NODES:
        stuck = [ask(proxy.port, "/health", Cookie=f"NODE={name}")[1] for _ in range(4)]
        assert [headers["X-Node"] for headers in stuck] == [name] * 4
        assert [headers["Set-Cookie"] for headers in stuck] == [None] * 4

    rows = proxy.rows()
    assert [rows[name]["stot"] for name in [*NODES, "BACKEND"]] == ["7", "7", "14"]
    assert {(rows[name]["check_fall"], rows[name]["check_rise"]) for name in NODES} == {("3", "2")}
    page, headers = ask(proxy.statistics_port, "/")
    assert headers["Content-Type"] == "text/html" and "node1" in page and "node2" in page


def test_three_failures_take_a_node_out_and_two_good_checks_bring_it_back(
        database, shared, boot, balance):
    nodes = [boot(name=name, database=database, shared=shared).ready(30) for name in NODES]
    proxy = balance(nodes)
    node = nodes[0]
    assert node.client("stop", "php-fpm") == (0, "php-fpm: stopped\n")
    wait_until(lambda: proxy.rows()["node1"]["status"] == "DOWN", what="node1 is out")
    wait_until(lambda: health(node)[-1:] == [("unhealthy", None)], what="our own word")
    code, text = node.client("healthcheck")
    assert code == 1 and "✗ nginx" in text and "answered 502 Bad Gateway" in text
    assert [ask(proxy.port, "/health")[1]["X-Node"] for _ in range(4)] == ["node2"] * 4
    assert node.client("start", "php-fpm") == (0, "php-fpm: started\n")
    wait_until(lambda: is_up(proxy, "node1"), what="node1 is back")
    wait_until(lambda: health(node)[-1] == ("healthy", None), what="our own word")
    assert {ask(proxy.port, "/health")[1]["X-Node"] for _ in range(4)} == {"node1", "node2"}

    said = re.findall(r"(?m)^Health check for server nodes/node1 (\w+),.* code: (\d+),.* status: (.+)\.",
                      proxy.log.read_text())
    assert said[-5:] == [("failed", "502", "2/3 UP"), ("failed", "502", "1/3 UP"),
                         ("failed", "502", "0/2 DOWN"), ("succeeded", "200", "1/2 DOWN"),
                         ("succeeded", "200", "3/3 UP")]
    # The third failure is what makes it unhealthy.
    assert health(node)[-4:] == [("health check failed", 1), ("health check failed", 2),
                                 ("unhealthy", None), ("healthy", None)]
    # Not by the first good check: the second comes an interval later.
    healthy = [line["at"] for line in node.journal() if line.get("event") == "healthy"][-1]
    assert healthy - node.last("php-fpm", "ready") > 0.2
    assert not {to for _, to in node.moves("nginx")} & {"exited", "backoff", "stopping"}


def health(node):
    """What the journal says of nginx' health, with the number of failures in a row."""
    return [(line["event"], line.get("failures")) for line in node.journal()
            if "health" in line.get("event", "") and line.get("name") == "nginx"]


def test_a_deployment_of_one_node_after_the_other_fails_no_request(
        database, shared, boot, balance, capsys):
    nodes = {name: boot(name=name, database=database, shared=shared, app=release(shared, "first"),
                         DRAIN="8").ready(30) for name in NODES}
    proxy = balance(nodes.values())
    drained = []

    def restart(name):
        """What a container's engine does: TERM, and once it has ended the next release."""
        node, other = nodes[name], next(node for node in nodes.values() if node.name != name)
        assert is_up(proxy, other.name), "the other node is not there"
        node.send(signal.SIGTERM)
        wait_until(lambda: node.answer_to("/readyz") == 503, what="the word that it is about to stop")
        wait_until(lambda: proxy.rows()[name]["status"] == "DOWN", what="HAProxy to have noticed")
        # It serves those who are with it still, and has stopped nothing.
        assert node.answer_to("/health") == 200 and sorted(node.pids()) == sorted([*PROGRAMS, "drain"])
        assert node.wait(30) == 0
        drained.append((node.at("drain", "succeeded"), min(node.at(one, "stopping") for one in PROGRAMS)))
        assert "SIGKILL" not in node.said()
        node.environment["APP"] = str(release(shared, "second"))
        node.start()

    paths = ["/name", "/health", "/name?sticky", "/slow?milliseconds=300", "/enqueue?milliseconds=20"]
    with Load(proxy.port, paths, sticky=["/name?sticky"]) as load:
        wait_until(lambda: load.bodies["/name", "first"] > 20, 60, "the first release under load")
        deploy(proxy, restart)
        wait_until(lambda: load.bodies["/name?sticky", "second"] > 20, 60, "the second release under load")
    total = sum(load.answers.values())
    with capsys.disabled():
        print(f"\n{total} requests during a deployment, {len(load.failures)} failed: {dict(load.answers)}")
    assert load.failures == []
    assert total > 200 and all(load.answers[path] for path in paths)
    assert len(drained) == 2 and all(end <= first for end, first in drained)
    assert {ask(proxy.port, "/name")[0] for _ in range(6)} == {"second"}
    assert database.execute("SELECT count(*) FROM migrations") == "2"
    # And no job was lost, or done twice.
    wait_until(lambda: database.execute("SELECT count(*) FROM jobs") == "0", 30, "all jobs done")
    states = database.execute("SELECT state, count(*) FROM deliveries GROUP BY state")
    assert states == f"delivered|{load.answers['/enqueue?milliseconds=20']}"


def release(place, name):
    """The application as it is called now; the second release has a migration of its own."""
    app = place / name
    if not app.exists():
        shutil.copytree(LARAVEL, app)
        settings, routes = app / "config/app.php", app / "routes/web.php"
        settings.write_text(settings.read_text().replace("'Deliveries'", f"'{name}'"))
        routes.write_text(routes.read_text() + "\nRoute::get('/name', fn () => config('app.name'));\n")
    if name == "second":
        (app / "database/migrations/2024_02_01_000000_create_parcels.php").write_text(
            "<?php\nuse Illuminate\\Support\\Facades\\Schema;\n"
            "return new class extends Illuminate\\Database\\Migrations\\Migration {\n"
            "    public function up() { Schema::create('parcels', fn ($table) => $table->id()); }\n};\n")
    return app


def deploy(proxy, restart):
    """The example's own script, whose RESTART asks us over HTTP."""
    problems = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            name = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                restart(name)
            except BaseException as problem:
                problems.append(problem)
            self.send_response(500 if problems else 204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run([FOLDER / "deploy", *NODES], capture_output=True, text=True, env={
            **os.environ, "STATISTICS": proxy.statistics,
            "RESTART": f"curl --silent --fail http://127.0.0.1:{server.server_port}/ --data"})
        server.shutdown()
    assert not problems, problems
    assert (done.returncode, done.stdout.splitlines()) == (
        0, [f"{name}: {word}" for name in NODES for word in ("restarting", "up")]), done.stderr


def test_a_deployment_ends_with_the_node_that_does_not_come_back(database, shared, boot, balance):
    nodes = [boot(name=name, database=database, shared=shared, DRAIN="0").ready(30) for name in NODES]
    proxy = balance(nodes)
    assert nodes[0].stop(timeout=30) == 0
    wait_until(lambda: proxy.rows()["node1"]["status"] == "DOWN", what="node1 is out")
    done = subprocess.run([FOLDER / "deploy", *NODES], capture_output=True, text=True, env={
        **os.environ, "STATISTICS": proxy.statistics, "RESTART": "true", "TRIES": "1"})
    assert (done.returncode, done.stdout) == (1, "node1: restarting\n")
    assert done.stderr == "node1: does not come back; the other nodes are left as they are\n"
    assert is_up(proxy, "node2")


def test_a_backup_each_night_and_seven_days_of_them(database, shared, boot):
    backups = shared / "backups"
    backups.mkdir()
    day = 24 * 60 * 60
    ages = {"new": 1, "sixth": 7 * day - 600, "seventh": 7 * day + 600, "month": 30 * day}
    for name, age in ages.items():
        (backups / f"{name}.dump").touch()
        os.utime(backups / f"{name}.dump", (time.time() - age,) * 2)
    (backups / "month.txt").touch()
    os.utime(backups / "month.txt", (0, 0))

    other = boot(name="node2", database=database, shared=shared).ready(30)
    node = boot(name="node1", database=database, shared=shared, BACKUP="true", TZ="UTC").ready(30)
    assert "backup" not in other.status()
    until = datetime.datetime.fromisoformat(node.status()["backup"]["next"].replace("Z", "+00:00"))
    assert (until.hour, until.minute, until.second) == (2, 0, 0)
    assert 0 < (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds() <= day
    assert json.loads(ask(node.port, "/enqueue?milliseconds=1")[0])["id"] == 1
    wait_until(lambda: database.execute("SELECT state FROM deliveries") == "delivered", what="a row")

    assert node.client("start", "backup") == (0, "backup: started\n")
    assert node.until("backup", "succeeded", 30)["exit"] == 0
    left = {path.name for path in backups.iterdir()}
    made, = left - {"new.dump", "sixth.dump", "month.txt"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}Z\.dump", made)
    wait_until(lambda: f"{made}: " in node.said(), what="its name and size")
    assert (backups / made).stat().st_mode & 0o777 == 0o600
    # It is whole: another database is made of it.
    database.execute("CREATE DATABASE restored")
    dump = (backups / made).read_bytes()
    subprocess.run(["pg_restore", "-h", "127.0.0.1", "-p", str(database.port), "-U", "postgres",
                    "-d", "restored"], input=dump, check=True)
    assert database.execute("SELECT id, state FROM deliveries", "restored") == "1|delivered"

    # One that fails leaves nothing behind, and removes nothing.
    database.stop()
    (backups / "month.dump").touch()
    os.utime(backups / "month.dump", (0, 0))
    assert node.client("start", "backup") == (0, "backup: started\n")
    wait_until(lambda: "pg_dump: error: connection" in node.said(), what="its complaint")
    assert node.client("stop", "backup")[0] == 0
    kept = {"new.dump", "sixth.dump", "month.txt", made, "month.dump"}
    wait_until(lambda: {path.name for path in backups.iterdir()} == kept, what="no trace of it")


def test_a_backup_that_is_ended_leaves_no_part_of_a_dump(database, shared, boot):
    node = boot(name="node1", database=database, shared=shared, BACKUP="true").ready(30)
    backups = shared / "backups"
    # pg_dump waits for whoever has the table.
    with subprocess.Popen(
            ["psql", "-h", "127.0.0.1", "-p", str(database.port), "-U", "postgres", "-q"],
            stdin=subprocess.PIPE, text=True) as holder:
        holder.stdin.write("BEGIN; LOCK deliveries;\n")
        holder.stdin.flush()
        wait_until(lambda: database.execute(
            "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted") == "1",
            what="the lock")
        assert node.client("start", "backup") == (0, "backup: started\n")
        wait_until(lambda: [path.name for path in backups.glob("*.part")], what="part of a dump")
        assert node.client("stop", "backup")[0] == 0
        wait_until(lambda: list(backups.iterdir()) == [], what="nothing of it")
        holder.stdin.close()
    wait_until(lambda: node.status()["backup"]["state"] != "running", what="its end")
