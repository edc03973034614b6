import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
from fixtures import gateway, supervise  # noqa: E402, F401
import supervised  # noqa: E402


class Public:
    """A directory that every user may enter, for the scripts of attackers."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
        self.path.chmod(0o755)

    def script(self, name, text):
        path = self.path / name
        path.write_text("#!/usr/bin/python3\n" + text)
        path.chmod(0o755)
        return path


@pytest.fixture
def public():
    directory = Public()
    yield directory
    shutil.rmtree(directory.path)


@pytest.fixture
def open_directories(tmp_path):
    """pytest's own directories are closed to other users."""
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_uid == os.getuid() and not path.stat().st_mode & 1:
            path.chmod(0o711)


@pytest.fixture
def as_supervisord(public):
    """Starts PID 1 under the name of supervisord, and returns a function for all that it has written."""
    started = []

    def start(configuration):
        supervised.need_root("a PID namespace")
        binary, path, output = (public.path / name for name in ("supervisord", "s.conf", "output"))
        binary.symlink_to(supervised.BINARY)
        path.write_text(f"[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
                        f"pidfile={public.path}/pid\n{configuration}")
        with open(output, "wb") as log:
            started.append(subprocess.Popen(
                ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", binary, "-c", path],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))
        return lambda: output.read_text(errors="replace")
    yield start
    for process in started:
        process.kill()
        process.wait()
