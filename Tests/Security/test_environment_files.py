"""Files of variables that a program may change: what they cost."""

import os
import pathlib
import pwd
import subprocess
import tempfile
import threading
import time

import pytest

from supervised import BINARY

FILES = {
    "one large value, many references": "A=" + "x" * 60_000 + "\n" + "".join(f"B{i}=$A\n" for i in range(1000)),
    "a value that doubles": "A=" + "x" * 1000 + "\n" + "A=$A$A\n" * 7 + "".join(f"B{i}=$A\n" for i in range(5000)),
    "references in defaults": "A=" + "x" * 60_000 + "\n" + "".join(f"B{i}=${{C:-$A}}\n" for i in range(700)),
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_references_in_an_environment_file_cannot_fill_the_memory(tmp_path, text):
    (tmp_path / "env").write_text(text)
    configuration = tmp_path / "entrypoint.conf"
    configuration.write_text(f"[supervisord]\nenvironment_file={tmp_path}/env\n[program:a]\ncommand=/bin/cat\n")
    # Of address space, in KiB: the binary alone takes about 10 MiB.
    command = ["sh", "-c", 'ulimit -v 49152; exec "$@"', "sh", BINARY, "check", "-c", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "than 2 MB together" in said
    assert f"{tmp_path}/env:" in said


@pytest.fixture
def base():
    """A directory of root's that all users may read, with a directory of www-data."""
    with tempfile.TemporaryDirectory(prefix="variables-", dir="/tmp") as path:
        base = pathlib.Path(path)
        base.chmod(0o755)
        (base / "www").mkdir()
        www = pwd.getpwnam("www-data")
        os.chown(base / "www", www.pw_uid, www.pw_gid)
        yield base


def as_www(base, text):
    """www-data writes its file of variables."""
    subprocess.run(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "tee", ".env"], input=text,
                   text=True, cwd=base / "www", check=True, timeout=20, stdout=subprocess.DEVNULL)


# A value that is never assigned costs as much as one that is. Each file is below 1 MB.
COSTLY = {
    "references that are left out": "C=" + "x" * 120_000 + "\nA=" + "${N:+$C}" * 100_000 + "\n",
    "values that are too long": "C=" + "x" * 120_000 + "\n" + "A=$C$C\n" * 100_000,
    "many lines": "A=\n" * 300_000,
    "many variables": "".join(f"V{number}=\n" for number in range(9_990)),
    "many problems": 'A="' + "${X:-}" * 30_000 + " " * 100_000 + "$X" * 200 + '"\n',
    "escapes": 'A="' + "\\a" * 60_000 + '"\n' + 'B="' + "\\$" * 60_000 + '"\n',
}


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY)
def test_an_environment_file_keeps_pid_1_from_nothing(supervise, base, text):
    as_www(base, "A=1\n")
    programs = "".join(f"[program:p{number}]\ncommand=sleep 1000\nuser=www-data\n"
                       f"environment_file={base}/www/.env\n" for number in range(12))
    one = supervise(programs, pid1=True).ready()
    as_www(base, text)
    reading = threading.Thread(target=lambda: one.client("reread", timeout=60))
    reading.start()
    times = []
    while reading.is_alive() or len(times) < 5:
        begin = time.monotonic()
        one.status()
        times.append(time.monotonic() - begin)
    reading.join()
    # Each includes the start of a command, on a machine that may be loaded.
    assert max(times) < 2, f"{max(times):.1f} s"
    assert one.stop(timeout=20) == 0
