"""The images of the other examples, each on the servers it wants."""

import os
import urllib.request

import pytest

from conftest import SCRATCH
from containers import ROOT
from servers import MariaDB, PostgreSQL, Redis
from supervised import free_port

EXAMPLES = ROOT / "examples"
NODE, REALTIME = "localhost/entrypoint-node", "localhost/entrypoint-realtime"


def variables(**values):
    return [f"--env={name}={value}" for name, value in values.items()]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as reply:
        return reply.status, reply.read().decode()


def programs(container):
    """Their names, as `status` lists them."""
    return [line.split()[0] for line in container.execute("entrypoint", "status")[1].splitlines()]


def ends_well(container):
    code, _ = container.stop(grace=60)
    assert code == 0 and "SIGKILL" not in container.said(), container.said()


@pytest.fixture
def postgres():
    with PostgreSQL() as server:
        server.execute("CREATE ROLE laravel LOGIN PASSWORD 'secret'")
        server.execute("CREATE DATABASE laravel OWNER laravel")
        yield server


def test_a_node_behind_haproxy(engine, boot, postgres):
    # Debian's own client, since the server here is Debian's too.
    engine.build(NODE, EXAMPLES / "haproxy-rolling/Dockerfile", EXAMPLES,
                 f"--build-arg=ENTRYPOINT_IMAGE={SCRATCH}", "--build-arg=POSTGRESQL=15")
    port = free_port()
    container = boot(NODE, options=variables(
        PORT=port, FPM_PORT=free_port(), CONTROL_PORT=free_port(), DB_HOST="127.0.0.1", DB_PORT=postgres.port,
        DB_DATABASE="laravel", DB_USERNAME="laravel", DB_PASSWORD="secret", BACKUP="true", DRAIN="0.1")).ready()
    assert get(port, "/health") == (200, "ok")
    assert get(port, "/readyz")[0] == 200
    assert postgres.execute("SELECT COUNT(*) FROM migrations", "laravel") == "1"
    assert container.execute("entrypoint", "start", "backup")[0] == 0
    code, files = container.execute("sh", "-c", "until ls /shared/backups/*.dump; do sleep 0.1; done")
    assert code == 0 and files, files
    ends_well(container)


@pytest.fixture
def archive():
    with MariaDB() as server:
        server.execute("CREATE DATABASE realtime; CREATE USER realtime@'%' IDENTIFIED BY 'secret'; "
                       "GRANT ALL ON realtime.* TO realtime@'%'")
        yield server


def test_a_realtime_server(engine, boot, archive):
    engine.build(REALTIME, EXAMPLES / "node-websocket/Dockerfile", EXAMPLES / "node-websocket",
                 f"--build-arg=ENTRYPOINT_IMAGE={SCRATCH}")
    port, publish = free_port(), free_port()
    with Redis() as redis:
        container = boot(REALTIME, options=variables(
            PORT=port, PUBLISH_PORT=publish, OPEN_FILES=1024, REDIS_URL=f"redis://127.0.0.1:{redis.port}",
            DATABASE_URL=f"mysql://realtime:secret@127.0.0.1:{archive.port}/realtime")).ready()
        assert get(port, "/health") == (200, "ok\n")
        message = urllib.request.Request(f"http://127.0.0.1:{publish}/publish", b"hello")
        with urllib.request.urlopen(message, timeout=20) as reply:
            assert reply.read() == b"1\n"
        assert archive.execute("SELECT data FROM messages", "realtime") == '"hello"'
        names = [f"websocket:websocket_{number:02d}" for number in range(len(os.sched_getaffinity(0)))]
        assert programs(container) == ["nginx", *names]
        ends_well(container)
