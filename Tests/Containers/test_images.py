"""The images of docker/ and of the flagship example, and the binary as PID 1 of real containers."""

import os
import urllib.request

import pytest

from conftest import SCRATCH
from containers import ROOT, wait_until
from supervised import free_port

EXAMPLE = ROOT / "examples/laravel-dokploy"
LARAVEL = "localhost/entrypoint-laravel"


@pytest.fixture(scope="module")
def laravel(engine):
    engine.build(LARAVEL, EXAMPLE / "Dockerfile", EXAMPLE, f"--build-arg=ENTRYPOINT_IMAGE={SCRATCH}")


@pytest.fixture
def run(laravel, boot):
    """Starts the example's image."""
    def start(*command, options=()):
        port = free_port()
        container = boot(LARAVEL, *command, options=[
            f"--env=PORT={port}", f"--env=FPM_PORT={free_port()}", *options])
        container.port = port
        return container
    return start


def health(container):
    with urllib.request.urlopen(f"http://127.0.0.1:{container.port}/health", timeout=20) as reply:
        return reply.read().decode()


def test_the_image_of_the_binary_holds_nothing_else(engine):
    assert engine.files(SCRATCH) == ["entrypoint"]
    assert engine.run(SCRATCH, "--help").exit_code() == 0


READ_ONLY = ["--read-only", "--tmpfs=/tmp", "--tmpfs=/run"]
NAMELESS = ["--user=12345", "--env=APP_USER=12345"]


@pytest.mark.parametrize("options", [
    pytest.param([], id="root"),
    pytest.param(["--stop-signal=QUIT"], id="the stop signal of the official PHP image"),
    pytest.param(READ_ONLY, id="read-only"),
    pytest.param(NAMELESS, id="a uid without a name"),
    pytest.param(NAMELESS + READ_ONLY, id="a uid without a name, read-only"),
])
def test_it_boots_serves_and_stops(run, volume, options):
    container = run(options=[*options, f"--volume={volume}:/app/storage"]).ready()
    assert container.execute("readlink", "/proc/1/exe") == (0, "/usr/local/bin/entrypoint")
    assert health(container) == "ok"
    code, seconds = container.stop(grace=30)
    assert (code, seconds < 20) == (0, True), seconds
    # Every program is told to go, and nobody had to be killed.
    assert [name for name in ("nginx", "php-fpm", "worker_00")
            if f"stopped: {name} (exit status 0)" not in container.said()] == []


@pytest.fixture
def volume(tmp_path):
    """Owned by the user without a name; root puts the owner right by itself."""
    os.chown(tmp_path, 12345, 0)
    return tmp_path


def test_docker_asks_for_its_health(engine, run):
    container = run().ready()
    assert engine.podman("healthcheck", "run", container.name).returncode == 0
    waiting = run(options=["--env=DB_CONNECTION=mysql", f"--env=DB_PORT={free_port()}"])
    assert engine.podman("healthcheck", "run", waiting.name).returncode == 1
    assert waiting.is_running()


def test_orphans_are_reaped(run):
    container = run().ready()
    _, pid = container.execute("sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!")
    status = f"/proc/{pid}/status"
    wait_until(lambda: "PPid:\t1\n" in container.execute("cat", status)[1], 10, "an orphan adopted")
    container.execute("sh", "-c", f"kill -KILL {pid}")
    # A zombie would still be there.
    wait_until(lambda: container.execute("test", "-e", status)[0] == 1, 10, "an orphan reaped")


@pytest.mark.parametrize("words, code", [
    (["bash", "-c", "exit 7"], 7),
    (["--no-hooks", "bash", "-c", "exit 8"], 8),
    (["bash", "-c", "kill -KILL $$"], 137),
    (["no-such-program"], 127),
    (["-c", "/no/such.conf"], 2),
], ids=str)
def test_exit_codes_are_passed_on(run, words, code):
    assert run(*words).exit_code() == code


def test_a_foreground_command_runs_after_the_steps(run):
    container = run("php", "artisan", "migrate:status", options=["--workdir=/app"])
    assert container.exit_code() == 0
    assert "2024_01_01_000000_create_tables" in container.said()


def test_without_hooks_nothing_was_migrated(run):
    container = run("--no-hooks", "bash", "-c", "ls -A /app/storage/framework/cache")
    assert container.exit_code() != 0
    assert "No such file" in container.said()


def test_a_database_that_never_comes_ends_the_container_with_69(run):
    port = free_port()
    container = run(options=["--env=DB_CONNECTION=mysql", f"--env=DB_PORT={port}", "--env=DB_TIMEOUT=1s"])
    assert container.exit_code() == 69
    assert f"127.0.0.1:{port}: connection refused after " in container.said()
