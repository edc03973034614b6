"""`entrypoint probe`, `entrypoint wait` and the probe role against real servers.

The binary is ENTRYPOINT_BINARY, or .build/release/entrypoint of this repository.
"""

import json
import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from servers import MariaDB, Nginx, PHPFPM, PostgreSQL, Redis, until
from supervised import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("ENTRYPOINT_BINARY", REPOSITORY / ".build/release/entrypoint"))


def entrypoint(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60)


def probe(url: str, *options: str) -> tuple[int, str]:
    """The exit code and the last words, without the place in front of them."""
    result = entrypoint("probe", url, *options)
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    return result.returncode, result.stdout.strip().split(": ", 1)[1]


def url_of(server) -> str:
    match server:
        case MariaDB(): return f"mysql://localhost:{server.port}"
        case PostgreSQL(): return f"postgres://127.0.0.1:{server.port}"
        case Redis(): return f"redis://127.0.0.1:{server.port}"
        case Nginx(): return f"http://127.0.0.1:{server.port}/"
        case PHPFPM(socket=None): return f"fcgi://127.0.0.1:{server.port}/ping"
        case PHPFPM(): return f"fcgi://{server.socket}#/ping"


@pytest.mark.parametrize("make, words", [
    (MariaDB, r"greeted, MariaDB 1\d\.\d+\.\d+"),
    (PostgreSQL, "takes logins"),
    (Redis, "answered PONG"),
    (lambda: Redis(password="secret"), "asks for a password"),
    (Nginx, "answered 200 OK"),
    (PHPFPM, "answered 200 OK"),
    (lambda: PHPFPM(unix=True), "answered 200 OK"),
], ids=["mariadb", "postgres", "redis", "redis-password", "nginx", "fpm", "fpm-unix"])
def test_not_there_then_starting_then_there_then_gone(make, words):
    server = make()
    absent = "no such file or directory" if getattr(server, "socket", None) and isinstance(
        server, PHPFPM) else "connection refused"
    try:
        url = url_of(server)
        assert probe(url) == (1, absent)
        with subprocess.Popen(
                [BINARY, "wait", url, "--interval", "20ms", "--timeout", "120s"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
            server.start()
            said, complaints = waiting.communicate(timeout=150)
        assert (waiting.returncode, complaints) == (0, "")
        assert re.search(f": {words}\n$", said)
        code, said = probe(url)
        assert code == 0 and re.fullmatch(words, said)
        server.stop()
        assert probe(url)[0] == 1
    finally:
        server.remove()


def our_address() -> str | None:
    """An address of this machine that is not the loopback, which servers treat apart."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        try:
            client.connect(("198.51.100.1", 9))
        except OSError:
            return None
        return client.getsockname()[0]


@pytest.mark.skipif(our_address() is None, reason="no address but the loopback")
def test_mariadb_does_not_block_a_host_that_is_probed_for_ever():
    with MariaDB("--max-connect-errors=2", "--skip-name-resolve", host="0.0.0.0") as database:
        url = f"mysql://{our_address()}:{database.port}"
        code, words = probe(url)
        assert code == 1 and re.match(r"Host '.*' is not allowed to connect .*\(error 1130\)", words)
        database.execute("CREATE USER shop@`%` IDENTIFIED BY 'secret'")
        for _ in range(10):
            code, words = probe(url)
            assert code == 0, words


def test_mariadb_with_no_connection_to_spare_is_not_ready():
    with MariaDB("--max-connections=10") as database:
        url = url_of(database)
        held = []

        def is_full():
            # An earlier client may leave its place later, and the server closes a connection without a login after 10 s.
            for _ in range(12):
                held.append(socket.create_connection(("127.0.0.1", database.port)))
                held[-1].recv(1)
            return probe(url) == (1, "Too many connections (error 1040)")
        until(is_full, "it is full")
        for client in held:
            client.close()
        until(lambda: probe(url)[0] == 0, "there is room again")


def test_postgres_that_starts_up_is_not_ready():
    database = PostgreSQL(settings="hot_standby = off")
    try:
        database.start().wait_until_ready()
        assert probe(url_of(database)) == (0, "takes logins")
        database.stop()
        (database.data / "standby.signal").touch()
        database.start()
        code, words = until(
            lambda: (found := probe(url_of(database)))[1] != "connection refused" and found,
            "PostgreSQL answers")
        assert code == 1
        assert re.fullmatch(r"the database system is (starting up|not accepting connections) "
                            r"\(57P03\)", words)
    finally:
        database.remove()


def backends(database) -> int:
    """Connections that are at work in PostgreSQL, as their processes say."""
    children = Path(f"/proc/{database.process.pid}/task/{database.process.pid}/children")
    titles = [Path(f"/proc/{pid}/cmdline") for pid in children.read_text().split()]
    return sum(b" SELECT" in title.read_bytes() for title in titles if title.exists())


def test_postgres_with_no_connection_to_spare_is_not_ready():
    settings = ("max_connections = 2\nsuperuser_reserved_connections = 0\nmax_wal_senders = 0\n"
                "autovacuum = off")
    with PostgreSQL(settings=settings) as database:
        holders = [
            subprocess.Popen(
                [database.binaries / "psql", "-h", database.directory, "-p", str(database.port),
                 "-U", "postgres", "-c", "SELECT pg_sleep(60)"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **database.as_account())
            for _ in range(2)]
        full = (1, "sorry, too many clients already (53300)")
        # No probe before: it would take the place of one that is to fill the server.
        until(lambda: backends(database) == 2, "both places are taken")
        assert probe(url_of(database)) == full
        for holder in holders:
            holder.kill()
            holder.wait()


def test_postgres_logs_no_failure_of_ours_where_it_asks_for_passwords():
    with PostgreSQL(authentication="scram-sha-256") as database:
        # Its own client may have asked while it was starting.
        before = len(database.log.read_text())
        assert probe(url_of(database)) == (0, "takes logins")
        assert "FATAL" not in database.log.read_text()[before:]


def test_redis_passwords():
    with Redis(password="secret") as cache:
        place = f"127.0.0.1:{cache.port}"
        assert probe(f"redis://:secret@{place}") == (0, "answered PONG")
        code, words = probe(f"redis://:wrong@{place}")
        assert code == 1 and words.startswith("WRONGPASS ")
    with Redis() as cache:
        code, words = probe(f"redis://:secret@127.0.0.1:{cache.port}")
        assert code == 1 and "without any password configured" in words


def test_redis_that_loads_is_not_ready():
    cache = Redis("--dbfilename", "dump.rdb")
    try:
        cache.start().wait_until_ready()
        cache.ask("DEBUG", "POPULATE", "2000")
        cache.ask("EVAL", "for i = 1, 2000 do redis.call('SET', i, i) end", "0")
        assert cache.ask("SAVE") == "OK"
        cache.stop(signal.SIGKILL)
        # A millisecond for each key, and a look at the clients now and then.
        cache.options += ("--key-load-delay", "1000", "--loading-process-events-interval-bytes",
                          "1024")
        cache.start()
        code, words = until(
            lambda: (found := probe(url_of(cache)))[1] != "connection refused" and found,
            "Redis answers")
        assert (code, words) == (1, "LOADING Redis is loading the dataset in memory")
        until(lambda: probe(url_of(cache)) == (0, "answered PONG"), "Redis has loaded")
    finally:
        cache.remove()


def test_http_statuses():
    locations = ("location /ok { return 204; } location /away { return 302 /ok; }"
                 "location /down { return 503; }")
    with Nginx(locations) as web:
        place = f"http://127.0.0.1:{web.port}"
        assert probe(f"{place}/ok") == (0, "answered 204 No Content")
        assert probe(f"{place}/away") == (0, "answered 302 Moved Temporarily")
        assert probe(f"{place}/down") == (1, "answered 503 Service Temporarily Unavailable")
        assert probe(f"{place}/nothing") == (1, "answered 404 Not Found")
        assert probe(f"tcp://127.0.0.1:{web.port}") == (0, "accepts connections")
        assert probe(f"redis://127.0.0.1:{web.port}") == (
            1, "connected, but what answers does not speak Redis")


def test_fpm_with_another_ping_path():
    with PHPFPM() as fpm:
        assert probe(f"fcgi://127.0.0.1:{fpm.port}/health") == (
            1, "answered 404 Not Found; does the pool have ping.path = /health?")


def test_wait_says_what_is_missing():
    port = free_port()
    result = entrypoint(
        "wait", "file:///etc/passwd", f"mysql://127.0.0.1:{port}", "--timeout", "500ms",
        "--interval", "100ms")
    assert result.returncode == 69
    assert result.stdout == "/etc/passwd: exists\n"
    assert re.fullmatch(
        rf"127\.0\.0\.1:{port}: connection refused after (1 try|[2-6] tries) in 500ms\n", result.stderr)


@pytest.mark.needs_root
def test_wait_as_pid_1_ends_when_the_container_stops():
    with subprocess.Popen(
            ["unshare", "--pid", "--fork", BINARY, "wait", "file:///nonexistent", "--json"]) as box:
        children = Path(f"/proc/{box.pid}/task/{box.pid}/children")

        def waiting():
            pid = children.read_text().strip()
            return pid and catches(pid, signal.SIGTERM) and int(pid)
        os.kill(until(waiting, "it waits as PID 1"), signal.SIGTERM)
    assert box.returncode == 128 + signal.SIGTERM


def catches(pid: str, number: int) -> bool:
    """Whether a process has a handler for the signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(re.search(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)[1], 16)
    return bool(mask >> number - 1 & 1)


def test_wait_and_probe_in_json():
    port = free_port()
    result = entrypoint(
        "wait", "--json", "sqlite://x", f"redis://:secret@127.0.0.1:{port}", "--timeout=10ms")
    assert result.returncode == 69 and result.stderr == ""
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"url": "sqlite://", "passed": True, "words": "sqlite: needs no server", "tries": 1},
        {"url": f"redis://:***@127.0.0.1:{port}", "passed": False,
         "words": f"127.0.0.1:{port}: connection refused", "tries": 1}]
    result = entrypoint("probe", "--json", "file:///etc/passwd")
    assert json.loads(result.stdout) == {
        "url": "file:///etc/passwd", "passed": True, "words": "/etc/passwd: exists"}


@pytest.mark.parametrize("words, complaint", [
    (["wait"], "entrypoint wait: write at least one URL"),
    (["wait", "db:3306"], "entrypoint wait: not a valid probe URL: 'db:3306'; write one of "),
    (["wait", "tcp://db"], "entrypoint wait: there is no port in 'db'; write host:port"),
    (["wait", "mysql://db", "--timeout"], "entrypoint wait: --timeout needs a value, like "),
    (["probe"], "entrypoint probe: write one URL"),
    (["probe", "mysql://a", "mysql://b"], "entrypoint probe: write one URL"),
    (["probe", "mysql://a", "--retry"], "entrypoint probe: unknown option --retry"),
])
def test_wrong_command_lines_teach(words, complaint):
    result = entrypoint(*words)
    assert result.returncode == 2 and result.stdout == ""
    assert result.stderr.startswith(complaint)
    assert result.stderr.endswith(f"Try 'entrypoint {words[0]} --help'.\n")


def role(url: str | None, *words: str, **options) -> subprocess.Popen:
    """The probe role, as the kernel starts it."""
    environment = {"PATH": os.environ["PATH"], **({"ENTRYPOINT_PROBE": url} if url else {})}
    return subprocess.Popen(
        [f"entrypoint: probe {url}", *words], executable=BINARY, env=environment,
        stdout=subprocess.PIPE, text=True, **options)


def test_role_says_one_line_of_last_words():
    port = free_port()
    with role(f"tcp://127.0.0.1:{port}", "3000") as check:
        assert check.communicate() == (f"127.0.0.1:{port}: connection refused\n", None)
    assert check.returncode == 1
    with role("exec:env", "3000") as check:
        said, _ = check.communicate()
    assert check.returncode == 0 and "ENTRYPOINT_PROBE" not in said


@pytest.mark.parametrize("url, words", [
    (None, ["3000"]), ("nonsense", ["3000"]), ("sqlite://", []), ("sqlite://", ["soon"]),
    ("sqlite://", ["0"])])
def test_role_with_a_task_that_makes_no_sense(url, words):
    with role(url, *words) as check:
        said, _ = check.communicate()
    assert check.returncode == 2
    assert said == "the probe was given no URL and time-out that it understands\n"


def test_role_does_not_show_the_password():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with role(f"redis://:secret@127.0.0.1:{port}", "60000") as check:
            client, _ = server.accept()
            title = f"entrypoint: probe redis://:***@127.0.0.1:{port}"
            shown = Path(f"/proc/{check.pid}/cmdline")
            until(lambda: shown.read_bytes().decode().split("\0")[0].strip() == title, title)
            assert b"secret" not in shown.read_bytes()
            client.sendall(b"+OK\r\n+PONG\r\n")
            client.close()
            check.communicate()


def test_a_command_ends_with_its_check():
    with role("exec:sh -c 'echo $$ > /proc/self/fd/2; exec tail -f /dev/null'", "60000") as check:
        def child():
            children = Path(f"/proc/{check.pid}/task/{check.pid}/children").read_text().split()
            return children and Path(f"/proc/{children[0]}/comm").read_text() == "tail\n" and (
                children[0])
        pid = until(child, "the command runs")
        check.kill()

    def gone():
        try:
            return ") Z " in Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
    until(gone, "the command has ended")


def answer_names(server: socket.socket, address: bytes) -> None:
    """A name server that knows one IPv4 address for every name."""
    while True:
        try:
            question, client = server.recvfrom(512)
        except OSError:
            return
        is_ipv4 = question[-4:-2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + address if is_ipv4 else b""
        header = question[:2] + b"\x81\x80\0\1\0" + bytes([is_ipv4]) + b"\0\0\0\0"
        server.sendto(header + question[12:] + record, client)


@pytest.mark.needs_root
def test_names_are_resolved_in_an_empty_root(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names, socket.create_server(
            ("127.0.0.1", 0)) as server:
        names.bind(("127.0.53.53", 53))
        threading.Thread(
            target=answer_names, args=(names, bytes([127, 0, 0, 1])), daemon=True).start()
        for name in ("proc", "etc"):
            (tmp_path / name).mkdir()
        (tmp_path / "etc/resolv.conf").write_text("nameserver 127.0.53.53\n")
        (tmp_path / "entrypoint").write_bytes(BINARY.read_bytes())
        (tmp_path / "entrypoint").chmod(0o755)
        url = f"tcp://db:{server.getsockname()[1]}"
        result = subprocess.run(
            ["unshare", "--mount", "sh", "-c",
             'mount --bind /proc "$0/proc" && exec chroot "$0" /entrypoint probe "$1"',
             tmp_path, url], capture_output=True, text=True, timeout=60)
        assert (result.returncode, result.stdout) == (0, f"{url[6:]}: accepts connections\n"), (
            result.stderr)
