"""Stack 2: the supervisord.conf of a server, with its conf.d, in a container, on a real MariaDB.

The example stands where it does on that server, /etc/supervisor and /var/www/vapeart-v2, in a mount
namespace of its own.
"""

import contextlib
import glob
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
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from servers import MariaDB, Prometheus
from supervised import BINARY, ROOT, Supervised, children_of, free_port, process_status, wait_until

pytestmark = pytest.mark.needs_root

EXAMPLE = ROOT / "examples/laravel-workers"
APPLICATION = ROOT / "examples/laravel-dokploy/app"
WORKERS = [f"vapeart-worker:vapeart-worker_{number:02d}" for number in range(4)]
AS_WRITTEN = """[program:vapeart-worker]
process_name=%(program_name)s_%(process_num)02d
command=php /var/www/vapeart-v2/artisan queue:work --sleep=3 --tries=3 --max-time=3600
autostart=true
autorestart=true
stopasgroup=true
killasgroup=true
user=www-data
numprocs=4
redirect_stderr=true
stdout_logfile=/var/www/vapeart-v2/storage/logs/worker.log
stopwaitsecs=3600
"""
MOUNTS = """
set -e
mount --bind "$0/etc" /etc
mount --bind "$0/run" /run
mount --bind "$0/log" /var/log
mount -t tmpfs tmpfs /var/www
mkdir /var/www/vapeart-v2
mount --bind "$1" /var/www/vapeart-v2
mount --bind "$0/storage" /var/www/vapeart-v2/storage
shift
exec "$@"
"""
AS_SUPERVISORD = "/run/supervisord -n -c /etc/supervisor/supervisord.conf"


class Server(Supervised):
    """The example in its place; `files` of conf.d, all by default, and `more` of the test's own."""

    def __init__(self, directory, database, files=None, more="", name="entrypoint", **variables):
        self.port, self.metrics = free_port(), free_port()
        script = MOUNTS if name == "entrypoint" else MOUNTS.replace('"$@"', AS_SUPERVISORD)
        super().__init__(directory, "", path="/etc/supervisor/supervisord.conf", environment={
            **environment(database), "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics), "METRICS_PASSWORD": "a secret", **variables},
            wrapper=["env", "unshare", "--mount", "sh", "-c", script, str(directory), str(APPLICATION)])
        self.storage = self.directory / "storage"
        self.place(files, more)

    def place(self, files, more):
        for name in ["run", "log/supervisor", "log/nginx", "storage/logs", "storage/app",
                     "storage/framework/cache/data", "storage/framework/views"]:
            (self.directory / name).mkdir(parents=True)
        subprocess.run(["cp", "-a", "/etc", self.directory], check=True)
        subprocess.run(["chown", "-R", "www-data:", self.storage], check=True)
        supervisor = self.directory / "etc/supervisor"
        shutil.copytree(EXAMPLE, supervisor, dirs_exist_ok=True)
        for path in supervisor.glob("conf.d/*"):
            if files is not None and path.name not in files:
                path.unlink()
        if more:
            (supervisor / "conf.d/zz-more.conf").write_text(more)
        for name in ["entrypoint", "supervisord", "supervisorctl"]:
            (self.directory / "run" / name).symlink_to(BINARY)

    def inside(self, *words, timeout=60):
        """Runs a command where its files are; exit code and output."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.pid), "--mount", *words], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, env={
                **self.environment, "PATH": f"/run:{os.environ['PATH']}",
                "ENTRYPOINT_SOCKET": str(self.socket)})
        return done.returncode, done.stdout

    def get(self, path, timeout=20):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as reply:
            return reply.status, reply.read().decode()

    def enqueue(self, milliseconds):
        return json.loads(self.get(f"/enqueue?milliseconds={milliseconds}")[1])["id"]

    def worker_log(self):
        path = self.storage / "logs/worker.log"
        return path.read_text() if path.exists() else ""

    def children(self, name):
        """The pids of what a program has started."""
        pid = self.status()[name]["pid"]
        return set(children_of(pid))

    def workers(self):
        """Their pids by name."""
        return {name: row["pid"] for name, row in self.status().items() if name in WORKERS}


def environment(database):
    server, name = database
    return {"DB_CONNECTION": "mysql", "DB_HOST": "127.0.0.1", "DB_PORT": str(server.port),
            "DB_DATABASE": name, "DB_USERNAME": "laravel", "DB_PASSWORD": "secret"}


@pytest.fixture(scope="module")
def mariadb():
    with MariaDB() as server:
        server.execute("CREATE USER laravel@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO laravel@'%'")
        yield server


@pytest.fixture
def database(mariadb, request):
    """One of the test's own, migrated, as on a server that has run for years."""
    name = "_".join(re.findall(r"\w+", request.node.name))[:60]
    mariadb.execute(f"CREATE OR REPLACE DATABASE {name}")
    storage = tempfile.mkdtemp(prefix="entrypoint-migrate-", dir="/tmp")
    pathlib.Path(storage, "framework/cache").mkdir(parents=True)
    subprocess.run(
        ["php", APPLICATION / "artisan", "migrate", "--force"], check=True, capture_output=True,
        env={**os.environ, **environment((mariadb, name)), "APP_STORAGE": storage})
    shutil.rmtree(storage)
    return mariadb, name


@pytest.fixture
def boot(database):
    started = []

    def start(**options):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-workers-", dir="/tmp"))
        directory.chmod(0o755)
        started.append(Server(directory, database, **options))
        return started[-1]

    yield start
    for server in started:
        server.kill()
        print(f"--- {server.directory}\n{server.said()[-6000:]}\n{server.worker_log()[-3000:]}")
        shutil.rmtree(server.directory, ignore_errors=True)


def rows(database, table):
    server, name = database
    return int(server.execute(f"SELECT COUNT(*) FROM {table}", name))


@pytest.mark.parametrize("name", ["supervisord", "entrypoint"])
def test_the_file_loads_unchanged(boot, name):
    assert (EXAMPLE / "conf.d/vapeart-worker.conf").read_text() == AS_WRITTEN
    server = boot(files=["vapeart-worker.conf"], name=name).start()
    wait_until((server.directory / "run/supervisor.sock").exists, what="its socket")
    code, text = server.inside("entrypoint", "check", "-c", str(server.path))
    assert code == 0 and "0 errors, 0 warnings" in text, text
    # What people type on that server, told where to ask by that file alone.
    def running():
        code, text = server.inside("supervisorctl", "status")
        return code == 0 and text.count("RUNNING") == 4 and text
    found = re.findall(r"^(\S+) +RUNNING   pid (\d+), uptime ", wait_until(running, what="four workers"),
                       re.MULTILINE)
    assert [name for name, _ in found] == WORKERS
    assert {os.stat(f"/proc/{pid}").st_uid for _, pid in found} == {pwd.getpwnam("www-data").pw_uid}
    assert server.stop(timeout=30) == 0


def test_a_job_in_hand_has_its_hour(boot, database):
    server = boot().start().ready(30)
    _, text = server.inside("entrypoint", "config", "-c", "/etc/supervisor/supervisord.conf")
    assert re.search(r"^stopwaitsecs=3600 +; /etc/supervisor/conf.d/vapeart-worker.conf:12$", text,
                     re.MULTILINE)
    # Longer than the ten seconds that a worker has by default.
    job = server.enqueue(13000)
    wait_until(lambda: f"delivery {job} begun" in server.worker_log(), what="the job's beginning")
    before = server.workers()
    code, text = server.client("stop", "vapeart-worker:*", timeout=60)
    assert code == 0, text
    wait_until(lambda: Counter(re.findall(r"delivery \d+ (\w+)", server.worker_log()))
               == {"begun": 1, "delivered": 1}, what="one delivery")
    ends = [line for line in server.journal() if line.get("to") == "stopped"]
    assert sorted(line["name"] for line in ends) == WORKERS
    assert [line.get("signal") for line in ends] == [None] * 4 and "SIGKILL" not in server.said()
    started = [line["at"] for line in server.journal() if line.get("to") == "stopping"]
    assert max(line["at"] for line in ends) - min(started) > 10.0
    assert rows(database, "jobs") == 0 and set(server.workers().values()) == {0}, before
    # And the end of the container, which has no limit of its own here.
    assert server.client("start", "vapeart-worker:*")[0] == 0
    job = server.enqueue(1500)
    wait_until(lambda: f"delivery {job} begun" in server.worker_log(), what="the job's beginning")
    assert server.stop(timeout=30) == 0
    assert f"delivery {job} delivered" in server.worker_log()
    assert rows(database, "jobs") == rows(database, "failed_jobs") == 0


EACH_SECOND = "[cron:vapeart-scheduler]\nschedule=* * * * * *\n"


def schedulers():
    """The pids of what runs the schedule, and who they are; not of a child of it that is yet to exec."""
    found, parents = {}, {}
    for path in glob.glob("/proc/[0-9]*"):
        with contextlib.suppress(OSError):
            words = pathlib.Path(path, "cmdline").read_bytes().split(b"\0")
            if words[:3] == [b"php", b"/var/www/vapeart-v2/artisan", b"schedule:run"]:
                parents[int(path[6:])] = int(process_status(path[6:])["PPid"])
                found[int(path[6:])] = os.stat(path).st_uid
    return {pid: user for pid, user in found.items() if parents[pid] not in found}


def test_the_scheduler_fires_and_never_overlaps(boot, mariadb, database):
    # By the second, since a test has no minutes; the example itself says:
    server = boot(more=EACH_SECOND).start().ready(30)
    (server.directory / "etc/supervisor/conf.d/zz-more.conf").unlink()
    following = server.inside("entrypoint", "next", "-c", str(server.path),
                              "--count", "3", "--from", "2026-01-05T02:58:30Z")[1]
    times = re.findall(r"\d\d:\d\d:\d\d", following)
    assert times[:3] == ["02:59:00", "03:00:00", "03:01:00"], following
    wait_until(lambda: server.said().count("0 jobs are waiting") >= 2, 20, "two runs")
    assert server.status()["vapeart-scheduler"]["exit"] == 0
    locked = subprocess.Popen(
        ["mariadb", "--no-defaults", f"--socket={mariadb.socket}", "--user=root", database[1],
         "--unbuffered", "--skip-column-names"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with locked:
        locked.stdin.write("LOCK TABLES jobs WRITE; SELECT 'locked';\n")
        locked.stdin.flush()
        assert locked.stdout.readline() == "locked\n"
        seen = Counter()

        def skips():
            return sum("skip" in line.get("event", "") for line in server.journal())
        already = skips()

        def skipped():
            running = schedulers()
            seen[len(running)] += 1
            assert len(running) <= 1 and set(running.values()) <= {pwd.getpwnam("www-data").pw_uid}
            return skips() >= already + 3
        wait_until(skipped, 20, "three minutes without a run of their own")
        assert seen[1] > 3
        before = server.said().count("0 jobs are waiting")
        locked.stdin.close()
    wait_until(lambda: server.said().count("0 jobs are waiting") >= before + 2, 20, "two more runs")
    assert server.stop(timeout=30) == 0


def test_tasks_of_the_night_run_at_their_time(boot):
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")[0]
    clock = "FAKETIME_TIMESTAMP_FILE=/run/clock"
    server = boot(more=EACH_SECOND + f"environment=LD_PRELOAD={library},{clock}\n")
    times = server.directory / "run/clock"
    times.write_text("@2026-01-05 02:59:10\n")
    server.start().ready(30)
    tasks = [("00:00", "queue:prune-failed"), ("03:00", "deliveries has 0 rows"),
             ("04:00", "failed_jobs has 0 rows"), ("05:00", "migrations has 1 rows")]
    wait_until(lambda: "jobs are waiting" in server.said(), 30, "a run at 02:59")
    assert not any(task in server.said() for _, task in tasks)
    for number, (time_of_day, task) in enumerate(tasks, 1):
        times.write_text(f"@2026-01-05 {time_of_day}:10\n")
        wait_until(lambda: task in server.said(), 30, f"{task} at {time_of_day}")
        assert sum(task in server.said() for _, task in tasks) == number
    assert server.stop(timeout=30) == 0


def midnight_in(seconds):
    """A time zone where a day ends so soon."""
    east = int(86400 - seconds - time.time()) % 86400
    return f"TST-{east // 3600:02d}:{east // 60 % 60:02d}:{east % 60:02d}"


def test_logs_are_rotated_daily_and_fourteen_kept(boot):
    server = boot(TZ=midnight_in(20))
    logs = server.storage / "logs"
    for age in range(15):
        path = logs / ("worker.log" if age == 0 else f"worker.log.{age}")
        path.write_text(f"{age} days before yesterday\n")
        os.utime(path, (time.time() - (age + 1) * 86400,) * 2)
    server.start().ready(30)

    def kept():
        return {path.name.removeprefix("worker.log").lstrip("."): path.read_text()
                for path in logs.glob("worker.log*")}
    old = {str(age + 1): f"{age} days before yesterday\n" for age in range(14)}
    jobs = [server.enqueue(1) for _ in range(8)]
    wait_until(lambda: server.worker_log().count("delivered") == 8, what="all that is done today")
    today = kept()
    assert {age: text for age, text in today.items() if age} == old
    wait_until(lambda: server.worker_log() == "" or (logs / "worker.log.1").read_text() != old["1"],
               40, "midnight")
    tomorrow = server.enqueue(1)
    wait_until(lambda: f"delivery {tomorrow} delivered" in server.worker_log(), what="the next day")
    files = kept()
    assert sorted(files) == sorted(["", *map(str, range(1, 15))])
    assert sorted(re.findall(r"delivery (\d+) delivered", files["1"])) == sorted(map(str, jobs))
    assert all(files[str(age + 1)] == old[str(age)] for age in range(1, 14))
    assert set(re.findall(r"delivery (\d+) ", files[""])) == {str(tomorrow)}
    assert server.stop(timeout=30) == 0


class Load:
    """Requests one after the other on each of its threads, until told to end; what failed is kept."""

    def __init__(self, server, path="/health", threads=3):
        self.server, self.path, self.ended = server, path, False
        self.answers, self.failures = 0, []
        self.pool = ThreadPoolExecutor(threads)
        self.runs = [self.pool.submit(self.run) for _ in range(threads)]

    def run(self):
        while not self.ended:
            try:
                assert self.server.get(self.path)[0] == 200
                self.answers += 1
            except (OSError, AssertionError) as error:
                self.failures.append(repr(error))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.pool.shutdown()


def test_a_deployment_loses_no_job_and_fails_no_request(boot, database):
    server = boot().start().ready(30)
    pools = server.children("php-fpm")
    before, master = server.workers(), server.status()["php-fpm"]["pid"]
    # Four workers have enough to do until the deployment is over.
    jobs = [server.enqueue(1000) for _ in range(80)]
    with Load(server) as load, ThreadPoolExecutor() as pool:
        slow = pool.submit(server.get, "/slow?milliseconds=1500")
        code, text = server.inside("/etc/supervisor/deploy")
        assert code == 0, text
        assert slow.result() == (200, '{"slept":1500}')
        assert rows(database, "jobs") > 0, "the deployment was to meet the queue at work"
        wait_until(lambda: rows(database, "jobs") == 0, 60, "the end of the queue")
    answers, failures = load.answers, load.failures
    print(f"{answers} requests, {len(failures)} failed; {len(jobs)} jobs")
    assert answers > 100 and failures == []
    moves = Counter(re.findall(r"delivery (\d+) (\w+)", server.worker_log()))
    assert moves == {(str(job), move): 1 for job in jobs for move in ("begun", "delivered")}
    assert rows(database, "failed_jobs") == 0
    assert server.status()["php-fpm"]["pid"] == master
    assert not pools & server.children("php-fpm")
    assert all(before[name] != pid for name, pid in server.workers().items())
    for first, second in zip(WORKERS, WORKERS[1:]):
        assert server.last(first, "ready") <= server.last(second, "stopping")
    assert "SIGKILL" not in server.said()
    assert server.stop(timeout=30) == 0


def test_a_real_prometheus_scrapes_it(boot):
    server = boot(more=EACH_SECOND).start().ready(30)
    configuration = (EXAMPLE / "prometheus.yml").read_text().replace(
        "127.0.0.1:9001", f"127.0.0.1:{server.metrics}").replace("15s", "1s")
    with Prometheus(configuration, {"password": "a secret"}) as prometheus:
        def values(expression):
            return {sample["metric"]["name"]: float(sample["value"][1])
                    for sample in prometheus.query(expression)}

        def scraped():
            return values('entrypoint_unit_state{unit="vapeart-worker",state="running"} == 1')
        wait_until(lambda: sorted(scraped()) == WORKERS, 30, "four workers that run")

        def memory():
            found = values('entrypoint_unit_resident_memory_bytes{unit="vapeart-worker"}')
            return sorted(found) == WORKERS and min(found.values()) > 10 ** 7
        wait_until(memory, 20, "what they use")
        wait_until(lambda: prometheus.query('entrypoint_cron_last_run_success == 1'), 20, "the schedule")
        # A worker that dies is seen to, and a deployment too.
        os.kill(server.workers()[WORKERS[2]], signal.SIGKILL)
        killed = 'entrypoint_unit_restarts_total{reason="exit"} > 0'
        assert wait_until(lambda: values(killed), 20, "its restart") == {WORKERS[2]: 1}
        assert server.client("restart", "--rolling", "vapeart-worker")[0] == 0
        rolled = 'entrypoint_unit_restarts_total{reason="rolling"} == 1'
        wait_until(lambda: sorted(values(rolled)) == WORKERS, 20, "the rolling restart")
    assert server.stop(timeout=30) == 0
