"""Images and containers for the tests, without a registry and without a daemon.

Buildah and Podman run in a mount namespace of their own, with their storage in a cache, so that
nothing of the machine's containers is touched and Debian's packages are fetched once. The base
image is debootstrap's, under the name the Dockerfiles use.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ENTRYPOINT_BINARY", str(ROOT / ".build/release/entrypoint"))
CACHE = pathlib.Path(os.environ.get("ENTRYPOINT_TEST_CACHE", "~/.cache/entrypoint-tests")).expanduser()
BASE = "docker.io/library/debian:bookworm-slim"
# What a container may do where nobody manages control groups for us.
HERE = ["--cgroups=disabled", "--network=host", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000"]


class Unavailable(Exception):
    """Containers cannot run here, and why."""


class Engine:
    def __init__(self):
        missing = [name for name in ("podman", "buildah", "debootstrap", "unshare", "nsenter")
                   if not shutil.which(name)]
        if missing:
            raise Unavailable(f"not installed: {', '.join(missing)}")
        if os.geteuid() != 0:
            raise Unavailable("debootstrap and mounts need root")
        CACHE.mkdir(parents=True, exist_ok=True)
        self.storage = [f"--root={CACHE}/storage", f"--runroot={CACHE}/run"]
        # It holds the namespace until its input ends. A cgroup2 mount beside cgroup 1 makes
        # Podman look for controllers that are not there.
        self.holder = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", "umount /sys/fs/cgroup/unified 2>&-; echo; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.holder.stdout.readline():
            raise Unavailable("no mount namespace of our own")
        self.containers = []

    def close(self):
        for container in self.containers:
            container.remove()
        self.holder.stdin.close()
        self.holder.wait()

    def inside(self, *words, timeout=600, **options):
        """Runs a program in the namespace."""
        return subprocess.run(
            ["nsenter", "-t", str(self.holder.pid), "-m", *map(str, words)], timeout=timeout, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            # Without systemd nobody asks for the container's health but we ourselves.
            env={**os.environ, "DISABLE_HC_SYSTEMD": "true"}, **options)

    def podman(self, *words, **options):
        return self.inside("podman", *self.storage, *words, **options)

    def must(self, *words, **options):
        done = self.podman(*words, **options)
        assert done.returncode == 0, f"podman {' '.join(map(str, words))}\n{done.stdout}"
        return done.stdout.strip()

    def base(self):
        """Debian as debootstrap makes it, once; and the proof that a container runs here."""
        if self.podman("image", "exists", BASE).returncode != 0:
            with tempfile.TemporaryDirectory() as directory:
                self._available(self.inside(
                    "debootstrap", "--variant=minbase", "bookworm", f"{directory}/root"))
                self._available(self.inside("tar", "-C", f"{directory}/root", "-cf", f"{directory}/tar", "."))
                self._available(self.podman("import", f"{directory}/tar", BASE))
        self._available(self.podman("run", "--rm", *HERE, BASE, "true"))

    def _available(self, done):
        if done.returncode != 0:
            raise Unavailable(f"{done.args[4]}: {done.stdout.strip()[-300:]}")

    def build(self, tag, dockerfile, context, *options):
        """An image from a Dockerfile; its layers stay for the next time."""
        done = self.inside(
            "buildah", *self.storage, "build", "--isolation=chroot", "--layers", "--format=docker",
            "--pull-never", f"--tag={tag}", f"--file={dockerfile}", *options, context)
        assert done.returncode == 0, done.stdout[-6000:]

    def files(self, image):
        """Every path in an image."""
        place = self.must("image", "mount", image)
        try:
            return self.inside("find", place, "-mindepth", 1, "-printf", "%P\\n").stdout.split()
        finally:
            self.must("image", "unmount", image)

    def run(self, image, *command, options=()):
        """Starts a container and returns at once."""
        container = Container(self, f"entrypoint-test-{uuid.uuid4().hex[:12]}")
        self.containers.append(container)
        self.must("run", "--detach", f"--name={container.name}", *HERE, *options, image, *command)
        return container


class Container:
    def __init__(self, engine, name):
        self.engine = engine
        self.name = name

    def execute(self, *command):
        """Exit code and output of a command in the container."""
        done = self.engine.podman("exec", self.name, *command)
        return done.returncode, done.stdout.strip()

    def ready(self, timeout="60s"):
        code, text = self.execute("entrypoint", "ready", "--timeout", timeout)
        assert code == 0, f"{text}\n{self.said()}"
        return self

    def is_running(self):
        return self.engine.podman("inspect", "--format={{.State.Running}}", self.name).stdout.strip() == "true"

    def exit_code(self):
        """Once it has ended by itself."""
        return int(self.engine.must("wait", self.name, timeout=120))

    def stop(self, grace=30):
        """As `docker stop`; the exit code, and the seconds it took."""
        begun = time.monotonic()
        self.engine.must("stop", f"--time={grace}", self.name)
        return self.exit_code(), time.monotonic() - begun

    def said(self):
        return self.engine.podman("logs", self.name).stdout[-6000:]

    def remove(self):
        self.engine.podman("rm", "--force", "--time=0", "--volumes", self.name)


def last_stage(dockerfile):
    """The text from the last FROM on: what is left when the binary was built outside."""
    text = pathlib.Path(dockerfile).read_text()
    return text[text.rindex("\nFROM ") + 1:]


def wait_until(condition, timeout, what):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
