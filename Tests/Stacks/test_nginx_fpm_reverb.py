"""Stack 5: nginx, two PHP-FPM and a WebSocket server, in that order, on real servers."""

import os
import pathlib
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

from examples import LARAVEL, Example
from supervised import ROOT, alive, free_port, wait_until
from websocket import WebSocket

FOLDER = ROOT / "examples/nginx-fpm-reverb"
FPM = ["php-fpm:php-fpm_0", "php-fpm:php-fpm_1"]
SERVICES = ["nginx", *FPM, "reverb"]


class Stack(Example):
    """The example, with its Node server in the place of Reverb."""

    def __init__(self, directory, **options):
        # A copy, so that a test can deploy another release.
        self.app = shutil.copytree(LARAVEL, directory / "app", symlinks=True)
        self.logs = directory / "logs"
        super().__init__(directory, "nginx-fpm-reverb", free_port(), {
            "APP": str(self.app), "APP_STORAGE": f"{directory}/storage", "LOGS": str(self.logs),
            "REVERB": f"node {FOLDER}/reverb.js", "REVERB_PORT": str(free_port()),
            "NODE_PATH": "/usr/share/nodejs"}, **options)

    def artisan(self, *words):
        return self.by_hand("php", "artisan", *words)

    def by_hand(self, *words):
        """A command as the application's user, as with `docker exec --user`."""
        done = subprocess.run(["runuser", "-u", "www-data", "--", *map(str, words)], cwd=self.app,
                              env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def requests_in_hand(self, number):
        """How many connections one PHP-FPM has accepted: unix(7), /proc/net/unix."""
        end = f" {self.directory}/php-fpm-{number}.sock"
        lines = pathlib.Path("/proc/net/unix").read_text().splitlines()
        return sum(line.endswith(end) and line.split()[5] == "03" for line in lines)

    def ticks(self):
        code, text = self.client("healthcheck")
        return code, text.splitlines()


def test_nginx_then_fpm_then_reverb_and_back_with_requests_in_hand(boot):
    stack = boot(pid1=True).ready(30)
    stack.by_hand(FOLDER / "deploy")
    for earlier, later in [("nginx", FPM[0]), ("nginx", FPM[1]), (FPM[0], "reverb"), (FPM[1], "reverb")]:
        assert stack.at(earlier, "ready") <= stack.at(later, "starting"), (earlier, later)
    client = WebSocket(stack.port, "/app/key")
    assert client.receive()["event"] == "pusher:connection_established"
    client.send({"event": "pusher:ping"})
    assert client.receive() == {"event": "pusher:pong"}

    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(stack.get, "/slow?milliseconds=5000") for _ in FPM]
        wait_until(lambda: [stack.requests_in_hand(number) for number in range(2)] == [1, 1],
                   what="a request in the hands of each PHP-FPM")
        stack.send(signal.SIGTERM)
        # 1012: the server restarts.
        assert client.receive() == 1012
        wait_until(lambda: all(stack.status()[name]["state"] == "STOPPING" for name in FPM),
                   what="QUIT to both PHP-FPM")
        assert stack.status()["reverb"]["state"] == "STOPPED"
        assert stack.get("/nginx")[0] == 204
        assert stack.wait(30) == 0
        assert [one.result() for one in slow] == [(200, '{"slept":5000}')] * 2
    client.close()

    stops = {name: (stack.at(name, "stopping"), stack.at(name, "stopped")) for name in SERVICES}
    for name in FPM:
        assert stops["reverb"][1] <= stops[name][0]
        assert stops[name][1] - stops[name][0] > 1
        assert stops[name][1] <= stops["nginx"][0]
    signals = {line["name"]: line["signal"] for line in stack.journal() if line.get("event") == "signal sent"}
    assert signals == {"reverb": "TERM", FPM[0]: "QUIT", FPM[1]: "QUIT", "nginx": "QUIT"}
    assert "SIGKILL" not in stack.said()


def test_each_comes_back_a_second_after_every_crash(boot):
    stack = boot().ready(30)
    stack.by_hand(FOLDER / "deploy")
    all_well = (0, [f"✓ {name} RUNNING" for name in SERVICES])
    wait_until(lambda: stack.ticks() == all_well, what="a tick for each service, in their order")
    code, text = stack.client("status")
    assert code == 0 and [line.split()[:2] for line in text.splitlines()] == [
        [name, "RUNNING"] for name in SERVICES]

    crashes, seen = 6, []
    for _ in range(crashes):
        pids = stack.pids()
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        seen.append(stack.ticks())
        # At once again, long before any of them is RUNNING: more failures in a row than the three
        # after which supervisord gives up.
        wait_until(lambda: sorted((now := stack.pids())) == sorted(SERVICES)
                   and not set(now.values()) & set(pids.values()), what="four other pids")
    # Every one was seen down, in the same order; which depends on the moment.
    assert any(code == 1 and [line.split()[:2] for line in lines] == [["✗", name] for name in SERVICES]
               for code, lines in seen), seen
    for name in SERVICES:
        pauses = stack.restarts(name)
        assert len(pauses) == crashes and all(1 <= pause < 1.9 for pause in pauses), (name, pauses)
        assert not any(to == "fatal" for _, to in stack.moves(name))
    wait_until(lambda: stack.ticks() == all_well, what="all ticks again")
    assert stack.get("/health") == (200, "ok")

    # One PHP-FPM alone: the other one answers meanwhile.
    pid = stack.pids()[FPM[0]]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), what="its end")
    assert [stack.get("/health")[0] for _ in range(10)] == [200] * 10
    stack.begun_again(FPM[0], pid)
    assert stack.stop(timeout=30) == 0


def test_each_service_has_a_folder_of_logs(boot):
    stack = boot().ready(30)
    stack.get("/nginx")
    stack.by_hand(FOLDER / "deploy")
    stack.client("restart", FPM[0])
    assert stack.stop(timeout=30) == 0
    logs = {str(path.relative_to(stack.logs)): path.read_text() for path in stack.logs.rglob("*.log")}
    assert sorted(logs) == ["nginx/nginx.log", "php-fpm/php-fpm_0.log", "php-fpm/php-fpm_1.log",
                            "reverb/reverb.log"]
    assert '"GET /nginx HTTP/1.1" 204' in logs["nginx/nginx.log"]
    assert logs["php-fpm/php-fpm_0.log"].count("ready to handle connections") == 2
    assert logs["php-fpm/php-fpm_1.log"].count("ready to handle connections") == 1
    assert "listening on" in logs["reverb/reverb.log"]
    assert "ready to handle" not in stack.said() and "listening on" not in stack.said()


def test_a_deployment_migrates_and_restarts_nothing(boot):
    stack = boot().ready(30)
    stack.by_hand(FOLDER / "deploy")
    routes = stack.app / "routes/web.php"
    routes.write_text(routes.read_text() + "\nRoute::get('/name', fn () => config('app.name'));\n")
    assert "Configuration cached successfully" in stack.artisan("config:cache")
    assert stack.get("/name") == (200, "Deliveries")
    before = stack.pids()
    client = WebSocket(stack.port, "/app/key")
    assert client.receive()["event"] == "pusher:connection_established"

    settings = stack.app / "config/app.php"
    settings.write_text(settings.read_text().replace("'Deliveries'", "'Parcels'"))
    tables = stack.app / "database/migrations/2024_01_01_000000_create_tables.php"
    (tables.parent / "2024_02_01_000000_create_parcels.php").write_text(
        "<?php\nuse Illuminate\\Support\\Facades\\Schema;\n"
        "return new class extends Illuminate\\Database\\Migrations\\Migration {\n"
        "    public function up() { Schema::create('parcels', fn ($table) => $table->id()); }\n};\n")
    assert stack.get("/name") == (200, "Deliveries")
    said = stack.by_hand(FOLDER / "deploy")
    assert "Migrated:  2024_02_01_000000_create_parcels" in said
    assert "Configuration cache cleared!" in said
    assert stack.get("/name") == (200, "Parcels")

    assert stack.pids() == before
    assert not any("restart" in line.get("event", "") for line in stack.journal())
    client.send({"event": "pusher:ping"})
    assert client.receive() == {"event": "pusher:pong"}
    client.close()
    assert stack.stop(timeout=30) == 0
