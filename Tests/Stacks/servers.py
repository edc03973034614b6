"""Real servers for the tests of the stacks: each in a directory and on a loopback port of its own.

    with MariaDB() as database:
        database.execute("CREATE DATABASE shop")

`start` returns at once, so that a test can watch a server come up; `wait_until_ready` asks the
server's own client, never our binary. Everything runs as root too: a server that refuses root gets
the account its package made for it.
"""

import contextlib
import csv
import io
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from supervised import free_port


def until(condition, what: str, seconds: float = 30.0):
    """Asks until the condition holds, and returns what it returned; fails with `what` in words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds:g} s: {what}")


class Server:
    """One server process; subclasses say how it is set up, started and asked."""

    account: str | None = None
    program = ""

    def __init__(self, host: str = "127.0.0.1", port: int | None = None):
        self.host = host
        self.port = port or free_port()
        self.directory = Path(tempfile.mkdtemp(prefix=f"{self.program}-"))
        self.process: subprocess.Popen | None = None
        self._is_prepared = False
        if self._identity():
            shutil.chown(self.directory, self.account, self._identity().pw_gid)

    # What a subclass says.

    def prepare(self) -> None:
        """Writes what the server needs before its first start."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    # What they share.

    def start(self) -> "Server":
        """Starts it and returns at once."""
        if not self._is_prepared:
            self.prepare()
            self._is_prepared = True
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.directory, start_new_session=True, **self.as_account())
        return self

    def wait_until_ready(self, seconds: float = 60.0) -> "Server":
        def ready():
            assert self.process.poll() is None, f"{self.program} ended:\n{self.log_text()}"
            return self.is_ready()
        try:
            until(ready, f"{self.program} is ready", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_text()}") from None
        return self

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20.0) -> None:
        """Ends it, by force if it does not go, and leaves its files for the next start."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> "Server":
        try:
            return self.start().wait_until_ready()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, *_) -> None:
        self.remove()

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def as_account(self) -> dict:
        """For subprocess: become the server's account where we are root."""
        entry = self._identity()
        if entry is None:
            return {}
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def run(self, *words: str, check: bool = True, **options) -> subprocess.CompletedProcess:
        """A client or tool of the server, as its account."""
        result = subprocess.run(
            words, capture_output=True, text=True, cwd=self.directory, **self.as_account(),
            **options)
        if check and result.returncode != 0:
            raise AssertionError(f"{words[0]} failed:\n{result.stdout}{result.stderr}")
        return result

    def _identity(self):
        if self.account is None or os.geteuid() != 0:
            return None
        return pwd.getpwnam(self.account)


class MariaDB(Server):
    """MariaDB, root without a password; `options` are further words for mariadbd."""

    program = "mariadbd"
    account = "mysql"

    def __init__(self, *options: str, **place):
        super().__init__(**place)
        self.options = options
        self.data = self.directory / "data"
        self.socket = self.directory / "mariadb.sock"

    def prepare(self) -> None:
        self.run(
            "mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--skip-test-db",
            "--auth-root-authentication-method=normal", "--skip-name-resolve")

    def command(self) -> list[str]:
        return [
            "mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
            f"--pid-file={self.directory}/mariadb.pid", f"--bind-address={self.host}",
            f"--port={self.port}", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M",
            *self.options]

    def is_ready(self) -> bool:
        return self.run(
            "mariadb-admin", "--no-defaults", f"--socket={self.socket}", "--user=root", "ping",
            check=False).returncode == 0

    def execute(self, statements: str, database: str = "") -> str:
        return self.run(
            "mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
            "--skip-column-names", database, "--execute", statements).stdout.strip()


class PostgreSQL(Server):
    """PostgreSQL; anybody may log in as a user that exists, unless `authentication` says else."""

    program = "postgres"
    account = "postgres"
    binaries = Path("/usr/lib/postgresql/15/bin")

    def __init__(self, authentication: str = "trust", settings: str = "", **place):
        super().__init__(**place)
        self.authentication = authentication
        self.settings = settings
        self.data = self.directory / "data"

    def prepare(self) -> None:
        self.run(
            str(self.binaries / "initdb"), "-D", str(self.data), "-U", "postgres",
            "--auth-local=trust", f"--auth-host={self.authentication}", "--no-sync")
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write(
                f"listen_addresses = '{self.host}'\nport = {self.port}\n"
                f"unix_socket_directories = '{self.directory}'\nfsync = off\n{self.settings}\n")

    def command(self) -> list[str]:
        return [str(self.binaries / "postgres"), "-D", str(self.data)]

    def is_ready(self) -> bool:
        return self._client("pg_isready", check=False).returncode == 0

    def execute(self, statements: str, database: str = "postgres") -> str:
        return self._client(
            "psql", "-U", "postgres", "-d", database, "-Atqc", statements).stdout.strip()

    def stop(self, number: int = signal.SIGINT, seconds: float = 20.0) -> None:
        # SIGINT is its fast shutdown; SIGTERM waits for every client to leave.
        super().stop(number, seconds)

    def _client(self, name: str, *words: str, **options) -> subprocess.CompletedProcess:
        return self.run(
            str(self.binaries / name), "-h", str(self.directory), "-p", str(self.port), *words,
            **options)


class Redis(Server):
    """Redis, without persistence unless `options` ask for it."""

    program = "redis-server"

    def __init__(self, *options: str, password: str | None = None, **place):
        super().__init__(**place)
        self.options = options
        self.password = password

    def command(self) -> list[str]:
        secret = ["--requirepass", self.password] if self.password else []
        return [
            "redis-server", "--bind", self.host, "--port", str(self.port), "--dir",
            str(self.directory), "--save", "", *secret, *self.options]

    def is_ready(self) -> bool:
        return self.ask("PING") == "PONG"

    def ask(self, *words: str) -> str:
        environment = {**os.environ, **({"REDISCLI_AUTH": self.password} if self.password else {})}
        return self.run(
            "redis-cli", "-h", self.host, "-p", str(self.port), *words, check=False,
            env=environment).stdout.strip()


class PHPFPM(Server):
    """PHP-FPM with one small pool and `ping.path = /ping`, on a port or, with `unix`, a socket."""

    program = "php-fpm8.2"

    def __init__(self, unix: bool = False, pool: str = "", **place):
        super().__init__(**place)
        self.socket = self.directory / "php-fpm.sock" if unix else None
        self.pool = pool

    @property
    def address(self) -> str:
        return str(self.socket) if self.socket else f"{self.host}:{self.port}"

    def prepare(self) -> None:
        self.directory.chmod(0o755)
        identity = "user = www-data\ngroup = www-data\n" if os.geteuid() == 0 else ""
        (self.directory / "php-fpm.conf").write_text(
            f"[global]\nerror_log = {self.log}\ndaemonize = no\n[www]\n{identity}"
            f"listen = {self.address}\nlisten.mode = 0666\npm = static\npm.max_children = 2\n"
            f"ping.path = /ping\n{self.pool}\n")

    def command(self) -> list[str]:
        return ["php-fpm8.2", "-F", "-y", str(self.directory / "php-fpm.conf")]

    def is_ready(self) -> bool:
        if self.socket:
            return accepts(socket.AF_UNIX, str(self.socket))
        return accepts(socket.AF_INET, (self.host, self.port))


class Nginx(Server):
    """nginx with one server; `locations` is the inside of its server block."""

    program = "nginx"

    def __init__(self, locations: str = "location / { return 200 'hello'; }", **place):
        super().__init__(**place)
        self.locations = locations

    def prepare(self) -> None:
        self.directory.chmod(0o755)
        user = "user www-data;" if os.geteuid() == 0 else ""
        temporary = " ".join(
            f"{kind}_temp_path {self.directory}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.directory / "nginx.conf").write_text(
            f"{user} daemon off; pid {self.directory}/nginx.pid; error_log {self.log};\n"
            f"worker_processes 1; events {{ worker_connections 64; }}\n"
            f"http {{ access_log {self.directory}/access.log; {temporary}\n"
            f"server {{ listen {self.host}:{self.port};\n{self.locations}\n}} }}\n")

    def command(self) -> list[str]:
        return ["nginx", "-c", str(self.directory / "nginx.conf"), "-e", str(self.log)]

    def is_ready(self) -> bool:
        return accepts(socket.AF_INET, (self.host, self.port))

    def stop(self, number: int = signal.SIGQUIT, seconds: float = 20.0) -> None:
        super().stop(number, seconds)


class Prometheus(Server):
    """Prometheus with that configuration, scraping as often as it can."""

    program = "prometheus"

    def __init__(self, configuration: str, files: dict[str, str], **place):
        super().__init__(**place)
        self.files = {"prometheus.yml": configuration, **files}

    def prepare(self) -> None:
        for name, text in self.files.items():
            (self.directory / name).write_text(text)

    def command(self) -> list[str]:
        return [
            "prometheus", f"--config.file={self.directory}/prometheus.yml",
            f"--storage.tsdb.path={self.directory}/data",
            f"--web.listen-address={self.host}:{self.port}"]

    def is_ready(self) -> bool:
        """Its port accepts while its storage still loads; queries get a 503 until then."""
        with contextlib.suppress(OSError):
            return self.get("/-/ready").status == 200
        return False

    def get(self, path: str):
        return urllib.request.urlopen(f"http://{self.host}:{self.port}{path}", timeout=10)

    def query(self, expression: str) -> list[dict]:
        """The samples of an instant query, each with `metric` and `value`."""
        words = urllib.parse.urlencode({"query": expression})
        with self.get(f"/api/v1/query?{words}") as reply:
            return json.load(reply)["data"]["result"]


def accepts(family: int, address) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket(family) as client:
        client.settimeout(1)
        try:
            client.connect(address)
        except OSError:
            return False
        return True


class HAProxy(Server):
    """HAProxy with a configuration that takes `variables`; it says what its checks find."""

    program = "haproxy"

    def __init__(self, configuration, **variables):
        super().__init__()
        self.configuration = configuration
        self.statistics_port = free_port()
        self.variables = {"PORT": self.port, "STATISTICS_PORT": self.statistics_port, **variables}

    def command(self) -> list[str]:
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        return ["env", *variables, "haproxy", "-db", "-f", str(self.configuration)]

    def is_ready(self) -> bool:
        return accepts(socket.AF_INET, (self.host, self.statistics_port))

    @property
    def statistics(self) -> str:
        return f"http://{self.host}:{self.statistics_port}/"

    def rows(self) -> dict[str, dict[str, str]]:
        """The statistics of the back end, by server."""
        with urllib.request.urlopen(f"{self.statistics};csv", timeout=20) as reply:
            lines = csv.DictReader(io.StringIO(reply.read().decode().removeprefix("# ")))
            return {row["svname"]: row for row in lines if row["pxname"] == "nodes"}
