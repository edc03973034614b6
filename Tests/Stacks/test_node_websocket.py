"""Stack 3: a Node WebSocket server, one process per processor, behind nginx, with Redis between and MariaDB.

Everything runs in a network namespace of its own: the ports are those of the example, and so many
connections are nobody else's.
"""

import base64
import ctypes
import fcntl
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import urllib.request

import pytest

from servers import MariaDB, Redis
from supervised import BINARY, ROOT, Supervised, wait_until

pytestmark = pytest.mark.needs_root

EXAMPLE = ROOT / "examples/node-websocket"
OPEN_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
# nginx needs two descriptors for each, in one worker at worst.
CONNECTIONS = min(10000, (OPEN_FILES - 200) // 2 * min(2, os.cpu_count()))
NODES = [f"websocket:websocket_{number:02d}" for number in range(len(os.sched_getaffinity(0)))]
NODE_PATH = "/usr/share/nodejs"

several = pytest.mark.skipif(len(NODES) < 2, reason="one processor: there is no other process to go to")


@pytest.fixture(scope="module", autouse=True)
def own_network():
    """Takes this thread, and so all that it starts, into a network with a loopback alone."""
    system, new_network = ctypes.CDLL(None, use_errno=True), 0x40000000
    with open("/proc/thread-self/ns/net") as outside:
        assert system.unshare(new_network) == 0, os.strerror(ctypes.get_errno())
        with socket.socket() as any_socket:
            up = struct.pack("16sh14x", b"lo", 1)
            fcntl.ioctl(any_socket, 0x8914, up)
        # Twenty thousand connections end in one test, and each keeps its port for a minute.
        ports = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
        ports.write_text("10000 65535")
        yield
        assert system.setns(outside.fileno(), new_network) == 0


@pytest.fixture(scope="module", autouse=True)
def redis(own_network):
    with Redis(port=6379) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def archive(own_network):
    with MariaDB(port=3306) as server:
        server.execute("CREATE DATABASE realtime; CREATE USER realtime@'%'; GRANT ALL ON realtime.* TO realtime@'%'")
        yield server


class Realtime(Supervised):
    """The example as it is, on its own ports."""

    def __init__(self, directory, **variables):
        super().__init__(directory, "", path=EXAMPLE / "entrypoint.conf", environment={
            "RUNTIME": str(directory), "LOGS": str(directory), "NODE_PATH": NODE_PATH,
            "OPEN_FILES": str(min(65536, OPEN_FILES)), **variables})

    def nodes(self):
        """The pids of the servers by name."""
        return {name: row["pid"] for name, row in self.status().items() if name in NODES}

    def metric(self, name, port):
        text = get(f"http://127.0.0.1:{port}/metrics")
        return int(re.search(rf"^{name} (\d+)$", text, re.MULTILINE)[1])


@pytest.fixture
def boot():
    started = []

    def start(**variables):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-realtime-", dir="/tmp"))
        directory.chmod(0o755)
        started.append(Realtime(directory, **variables))
        return started[-1].start().ready(30)

    yield start
    for one in started:
        one.kill()
        print(f"--- {one.directory}\n{one.said()[-6000:]}")
        shutil.rmtree(one.directory, ignore_errors=True)


def get(url, data=None):
    with urllib.request.urlopen(url, data, timeout=20) as reply:
        return reply.read().decode()


class Load:
    """The example's load client, and how it stands."""

    def __init__(self, connections):
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
        self.process = subprocess.Popen(
            ["node", EXAMPLE / "load.js", "ws://127.0.0.1/ws", str(connections)], text=True,
            stdout=subprocess.PIPE, env={**os.environ, "NODE_PATH": NODE_PATH})
        self.stands = {}
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.stands = json.loads(line)

    def until(self, timeout=30, **wanted):
        """How it stands, once it does so."""
        def condition():
            stands = self.stands
            # Each has heard which process it is with.
            return (all(stands.get(key) == value for key, value in wanted.items())
                    and "undefined" not in stands.get("by", {}) and stands)
        try:
            return wait_until(condition, timeout, f"{wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}, but {self.stands}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.join()


MISSED = """
const [url, count] = process.argv.slice(1);
const socket = new (require('ws').WebSocket)(url);
let heard = 0;
socket.on('message', (text) => { console.log(`${text}`); if ((heard += 1) == count) socket.close(); });
"""


def missed(after, count, port=80):
    """The first texts for a client that comes back having seen that one."""
    url = f"ws://127.0.0.1:{port}/ws?after={after}"
    return subprocess.run(["node", "-e", MISSED, url, str(count)], check=True, timeout=20, text=True,
                          stdout=subprocess.PIPE, env={**os.environ, "NODE_PATH": NODE_PATH}
                          ).stdout.splitlines()


class Publisher:
    """Laravel's part: a message now and then, through nginx; what failed is kept."""

    def __init__(self, pause):
        self.last, self.failures, self.pause = 0, [], pause
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ended.wait(self.pause):
            try:
                self.last = int(get("http://127.0.0.1:81/publish", b"a delivery has left"))
            except OSError as error:
                self.failures.append(repr(error))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def failed(wrk):
    """Requests and failures that wrk has counted, of any kind, until it was interrupted."""
    said = wrk.communicate(timeout=60)[0]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    errors = re.search(r"Socket errors: (.*)", said)
    count = int(bad[1]) if bad else 0
    if errors:
        count += sum(map(int, re.findall(r"\d+", errors[1])))
    return int(re.search(r"(\d+) requests in", said)[1]), count


def test_one_process_per_processor_each_on_its_port(boot):
    one = boot()
    assert sorted(one.nodes()) == NODES
    for number, name in enumerate(NODES):
        assert get(f"http://127.0.0.1:80{number:02d}/health") == "ok\n"
        # Ready by what it answers, and nobody before.
        assert one.at(name, "starting") < one.at(name, "ready")
    assert one.at("redis", "passed") <= one.at(NODES[0], "starting")
    assert one.at("mysql", "passed") <= one.at("migrate", "running")
    assert one.at("migrate", "succeeded") <= one.at(NODES[0], "starting")
    with Load(40) as load:
        load.until(open=40)
        assert sorted(load.stands["by"]) == [f"80{number:02d}" for number in range(len(NODES))]
        last = int(get("http://127.0.0.1:81/publish", b"hello"))
        # From the one process that took it through Redis to the clients of all.
        load.until(last=last, behind=0, received=40, lost=0, twice=0)
    wait_until(lambda: one.metric("websocket_connections", 8000) == 0, what="nobody there")
    assert one.metric("websocket_messages_total", 8000) > 0
    assert one.metric("process_resident_memory_bytes", 8000) > 10 ** 7
    assert one.metric("errors_total", 8000) == 0
    assert one.stop(timeout=30) == 0


def test_nothing_is_lost_with_the_memory_of_redis(boot, redis, archive):
    one = boot()
    publish = "http://127.0.0.1:81/publish"
    first = int(get(publish, b"before"))
    # Every process has heard of it, or the next one could have its number.
    for number in range(len(NODES)):
        missed(first - 1, 2, 8000 + number)
    redis.ask("FLUSHALL")
    assert int(get(publish, "a 'quoted' \U0001f600".encode())) == first + 1
    for number in range(len(NODES)):
        missed(first, 2, 8000 + number)
    redis.ask("FLUSHALL")
    assert one.client("restart", "--rolling", "websocket", timeout=60)[0] == 0
    assert int(get(publish, b"after")) == first + 2
    heard = [json.loads(text) for text in missed(first - 1, 4)]
    assert heard == [{"server": heard[0]["server"], "last": first - 1}, *(
        {"id": first + number, "data": text}
        for number, text in enumerate(["before", "a 'quoted' \U0001f600", "after"]))]
    assert archive.execute("SELECT COUNT(*) FROM messages", "realtime") == str(first + 2)
    assert one.stop(timeout=30) == 0


def test_as_easy_as_pm2(boot):
    one = boot()
    for name in [*NODES, "nginx"]:
        one.until(name, "RUNNING")
    # pm2 status
    code, text = one.client("status")
    assert code == 0
    for name in [*NODES, "nginx"]:
        assert re.search(rf"^{name} +RUNNING +pid \d+, uptime 0:00:", text, re.MULTILINE), text
    # pm2 logs websocket
    log = one.directory / "followed"
    with log.open("wb") as output:
        following = subprocess.Popen(
            [BINARY, "-s", str(one.socket), "tail", "-f", NODES[0]], stdout=output)
    try:
        wait_until(lambda: log.read_text().endswith("8000: listening\n"), what="what was written before")
        assert one.client("restart", NODES[0])[0] == 0
        wait_until(lambda: log.read_text().endswith(
            "8000: listening\n8000: 0 clients go elsewhere\n8000: done\n8000: listening\n"),
            what="what is written since")
    finally:
        following.kill()
        following.wait()
    # And all of it in the container's own log.
    wait_until(lambda: one.said().count("8000: listening\n") == 2, what="all of it")
    # pm2 ecosystem
    done = subprocess.run([BINARY, "import", EXAMPLE / "ecosystem.config.json"], text=True,
                          capture_output=True)
    assert done.returncode == 0
    assert "\nnumprocs=%(cpus)d\n" in done.stdout and "\nmemory_limit=512MB\n" in done.stdout
    assert one.stop(timeout=30) == 0


def test_a_silent_client_is_let_go_after_a_heartbeat(boot):
    one = boot(HEARTBEAT="2")
    with Load(20) as load, socket.create_connection(("127.0.0.1", 80)) as silent:
        load.until(open=20)
        key = base64.b64encode(os.urandom(16)).decode()
        silent.sendall(f"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        silent.settimeout(20)
        heard = b"".join(iter(lambda: silent.recv(4096), b""))
        # A ping, then the end.
        assert b"101 Switching Protocols" in heard and b"\x89\x00" in heard
        ports = [8000 + number for number in range(len(NODES))]
        assert sum(one.metric("websocket_heartbeat_timeouts_total", port) for port in ports) == 1
        load.until(open=20, opened=20, closes={})
    assert one.stop(timeout=30) == 0


LEAK = """
const held = [];
process.on('SIGUSR2', () => setInterval(() => held.push(Buffer.alloc(4e6, 1)), 20));
"""


@several
def test_the_one_that_leaks_is_restarted_gracefully(boot, tmp_path):
    leak = pathlib.Path(tempfile.mkdtemp(dir="/tmp")) / "leak.js"
    leak.parent.chmod(0o755)
    leak.write_text(LEAK)
    one = boot(MEMORY_LIMIT="250MB", NODE_OPTIONS=f"--require={leak}")
    before = one.nodes()
    with Load(200) as load, Publisher(0.02) as publisher:
        load.until(open=200)
        theirs = load.stands["by"]["8000"]
        assert 0 < theirs < 200
        assert one.client("signal", "USR2", NODES[0])[0] == 0
        wait_until(lambda: one.nodes()[NODES[0]] not in (0, before[NODES[0]]), 30, "another one")
        one.ready(30)
        # Its clients were told, and have gone to the others at once; the others' have not noticed.
        load.until(open=200, closes={"8000": theirs}, opened=200 + theirs, without_close_frame=0)
        publisher.ended.set()
        publisher.thread.join()
        stands = load.until(last=publisher.last, behind=0)
        assert (stands["lost"], stands["twice"], publisher.failures) == (0, 0, [])
    after = one.nodes()
    assert {name for name in NODES if before[name] != after[name]} == {NODES[0]}
    reasons = [line["reason"] for line in one.journal() if line.get("name") == NODES[0]
               and line.get("to") == "stopping"]
    assert len(reasons) == 1 and "memory" in reasons[0], reasons
    assert "SIGKILL" not in one.said() and "8000: done\n" in one.said()
    assert one.stop(timeout=30) == 0
    shutil.rmtree(leak.parent)


@several
def test_a_rolling_restart_under_load_drops_nobody(boot):
    one = boot()
    before = one.nodes()
    with Load(CONNECTIONS) as load:
        load.until(60, open=CONNECTIONS)
        assert min(load.stands["by"].values()) > CONNECTIONS // len(NODES) * 0.9
        with Publisher(0.5) as publisher:
            wrk = subprocess.Popen(
                ["wrk", "--threads", "1", "--timeout", "30s", "--connections", "4", "--duration", "120s",
                 "http://127.0.0.1/health"], stdout=subprocess.PIPE, text=True)
            code, text = one.client("restart", "--rolling", "websocket", timeout=120)
            assert (code, text) == (0, "".join(f"{name}: started\n" for name in NODES))
            load.until(60, open=CONNECTIONS)
            wrk.send_signal(signal.SIGINT)
            requests, bad = failed(wrk)
        stands = load.until(60, open=CONNECTIONS, last=publisher.last, behind=0)
    print(f"{CONNECTIONS} connections at once, {stands['received']} messages received; "
          f"{requests} requests, {bad + len(publisher.failures)} failed; "
          f"{sum(stands['closes'].values())} connections closed with 1012 and opened again, "
          f"the slowest after {stands['slowest_reconnect_ms']} ms, {stands['refused']} refused, "
          f"{stands['without_close_frame']} dropped, {stands['lost']} messages lost")
    assert (bad, publisher.failures) == (0, [])
    assert stands["refused"] == stands["without_close_frame"] == 0
    assert stands["lost"] == stands["twice"] == 0
    # Who had a connection to the first one has lost it once; then the second one's turn came.
    assert sorted(stands["closes"]) == [f"80{number:02d}" for number in range(len(NODES))]
    assert all(before[name] != pid for name, pid in one.nodes().items())
    assert requests > 100 and publisher.last > 0
    assert "SIGKILL" not in one.said()
    assert one.stop(timeout=60) == 0


def test_the_end_closes_every_connection_with_a_word(boot):
    one = boot()
    with Load(300) as load:
        load.until(open=300)
        one.send(signal.SIGTERM)
        load.until(open=0, without_close_frame=0)
        assert sum(load.stands["closes"].values()) == 300
    assert one.wait(30) == 0
    assert "SIGKILL" not in one.said()
