"""The real supervisor 4.3.0, to be compared with: in an environment of its own."""

import fcntl
import functools
import os
import pathlib
import subprocess
import sys

import pytest

VERSION = "supervisor==4.3.0"
PLACE = pathlib.Path(__file__).resolve().parents[2] / ".build/supervisor"


@functools.cache
def real(name="python"):
    """The path of one of its programs; skips the test where it cannot be installed."""
    place = pathlib.Path(os.environ.get("REAL_SUPERVISOR", PLACE))
    place.parent.mkdir(parents=True, exist_ok=True)
    # Several processes may run tests at once: one installs it, the others wait.
    with open(place.parent / "supervisor.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(place)
    return str(place / "bin" / name)


def install(place):
    if not (place / "bin/supervisord").exists():
        for command in [[sys.executable, "-m", "venv", str(place)],
                        [str(place / "bin/pip"), "install", "-q", VERSION, "setuptools<81"]]:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                pytest.skip(f"{VERSION} cannot be installed: {done.stderr[-200:]}")
