"""Files of variables that a program may change: what they cost, and what they may decide."""

import os
import pathlib
import pwd
import subprocess
import tempfile
import threading
import time

import pytest

from capabilities import supervise  # noqa: F401
from supervised import BINARY, children_of, wait_until

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
    assert "than 2 MiB together" in said
    assert f"{tmp_path}/env:" in said


@pytest.fixture
def base():
    """A directory of root's that all users may read, with a private file and a directory of www-data."""
    with tempfile.TemporaryDirectory(prefix="variables-", dir="/tmp") as path:
        base = pathlib.Path(path)
        base.chmod(0o755)
        (base / "www").mkdir()
        www = pwd.getpwnam("www-data")
        os.chown(base / "www", www.pw_uid, www.pw_gid)
        (base / "secret").write_text("secret of root\n")
        (base / "secret").chmod(0o600)
        (base / "password").write_text("of the database\n")
        (base / "password").chmod(0o600)
        yield base


def as_www(base, text):
    """www-data writes its file of variables."""
    subprocess.run(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "tee", ".env"], input=text,
                   text=True, cwd=base / "www", check=True, timeout=20, stdout=subprocess.DEVNULL)


def environment(one, name):
    entries = pathlib.Path(f"/proc/{host_pid(one, name)}/environ").read_bytes().split(b"\0")[:-1]
    return dict(entry.decode().split("=", 1) for entry in entries)


def host_pid(one, name):
    """The pid of a program of PID 1 in the namespace of the test."""
    inner = str(one.status()[name]["pid"])
    children = children_of(one.pid)
    for pid in children:
        numbers = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                       if line.startswith("NSpid:"))
        if numbers.split()[-1] == inner:
            return int(pid)
    raise AssertionError(f"no child {inner} of {one.pid}")


def test_a_program_cannot_name_the_file_of_a_secret(supervise, base):
    as_www(base, "A=1\n")
    one = supervise(f"[program:worker]\ncommand=sleep 1000\nuser=www-data\nsecrets=DB_PASSWORD\n"
                    f"environment_file={base}/www/.env\n", pid1=True,
                    environment={"DB_PASSWORD_FILE": f"{base}/password"}).ready()
    assert environment(one, "worker")["DB_PASSWORD"] == "of the database"
    as_www(base, f"DB_PASSWORD_FILE={base}/secret\n")
    code, text = one.client("update")
    assert code != 0 and f"DB_PASSWORD_FILE comes from {base}/www/.env, which a user other than root may" in text
    assert environment(one, "worker")["DB_PASSWORD"] == "of the database"
    assert "secret of root" not in text + one.said()
    assert one.stop() == 0


@pytest.mark.parametrize("key, name, before, after", [
    ("user=%(ENV_RUN_AS)s", "RUN_AS", "www-data", "root"),
    ("user=www-data\nstdout_logfile=%(ENV_LOGS)s/w.log", "LOGS", "{base}/www", "{base}"),
])
def test_a_program_cannot_choose_what_root_does(supervise, base, key, name, before, after):
    """Also where a harmless value has been there from the start."""
    as_www(base, f"{name}={before.format(base=base)}\n")
    program = f"[program:w]\ncommand=sh -c 'id -un; exec sleep 1000'\nenvironment_file={base}/www/.env\n"
    done = supervise(f"{program}{key}\n", pid1=True)
    assert done.wait() == 2
    place = f"{done.path}:{7 + key.count(chr(10))}:{key.split(chr(10))[-1].index('=') + 2}"
    assert (f"{place}: error: {key.split(chr(10))[-1].split('=')[0]} in [program:w] uses the variable {name} "
            f"of {base}/www/.env, which a user other than root may change") in done.said()
    # The variable comes later.
    as_www(base, "")
    default = key.replace(")s", ":-www-data)s" if "user=%" in key else f":-{base}/www)s")
    one = supervise(f"{program}{default}\n", pid1=True).ready()
    as_www(base, f"{name}={after.format(base=base)}\n")
    code, text = one.client("update")
    assert code != 0 and f"uses the variable {name} of {base}/www/.env" in text
    assert one.stop() == 0
    assert sorted(os.listdir(base)) == ["password", "secret", "www"]
    assert "root" not in one.said().splitlines()


def test_a_file_in_a_directory_with_the_sticky_bit_decides_nothing(supervise, base):
    """A user may move a file of root there, such as a log with lines of the user's choice."""
    sticky = base / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    (sticky / ".env").write_text("RUN_AS=root\n")
    one = supervise(f"[program:w]\ncommand=sleep 1000\nenvironment_file={sticky}/.env\n"
                    "user=%(ENV_RUN_AS)s\n", pid1=True)
    assert one.wait() == 2
    assert f"uses the variable RUN_AS of {sticky}/.env, which a user other than root may change" in one.said()


def test_the_variables_of_an_application_still_reach_its_programs(supervise, base):
    """Laravel's .env belongs to www-data."""
    as_www(base, "APP_ENV=production\nDB_HOST=127.0.0.1\n")
    one = supervise(f"[program:w]\ncommand=sh -c 'echo %(ENV_APP_ENV)s $GREETING; exec sleep 1000'\nuser=www-data\n"
                    f"environment_file={base}/www/.env\ndirectory={base}/www\n"
                    'environment=GREETING="hello %(ENV_APP_ENV)s"\n', pid1=True).ready()
    wait_until(lambda: "production hello production" in one.said(), what="the line")
    assert one.stop() == 0


# A value that is never assigned costs as much as one that is. Each file is below 1 MiB.
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


ROOTS = {
    "a wait": ("[wait:w]\ncommand=sh -c %(ENV_X)s\n", "command in [wait:w]"),
    "a directory of a wait": ("[wait:w]\ncommand=./run\ndirectory=%(ENV_X)s\n", "directory in [wait:w]"),
    "a check of a wait": ("[wait:w]\nurl=exec:%(ENV_X)s\n", "url in [wait:w]"),
    "a hook": ("[hook:h]\ncommand=sh -c %(ENV_X)s\n", "command in [hook:h]"),
    "a cron": ("[cron:c]\nschedule=@hourly\ncommand=sh -c %(ENV_X)s\n", "command in [cron:c]"),
    "a program": ("[program:p]\ncommand=sh -c %(ENV_X)s\n", "command in [program:p]"),
    "a stop command": ("[program:p]\ncommand=sleep 1\nstop_command=%(ENV_X)s\n", "stop_command in [program:p]"),
    "a health check": ("[program:p]\ncommand=sleep 1\nhealth=exec:%(ENV_X)s\n", "health in [program:p]"),
    "a listener": ("[eventlistener:p]\nevents=TICK_5\ncommand=sh -c %(ENV_X)s\n", "command in [eventlistener:p]"),
}


@pytest.mark.parametrize("section, key", ROOTS.values(), ids=ROOTS)
def test_root_runs_no_text_of_a_program(supervise, base, section, key):
    as_www(base, f"X='touch {base}/made'\n")
    one = supervise(section, supervisord=f"environment_file={base}/www/.env", pid1=True)
    assert one.wait() == 2
    assert f"{key} uses the variable X of {base}/www/.env, which a user other than root may change" in one.said()
    assert not (base / "made").exists()


def test_a_template_of_root_has_no_text_of_a_program(supervise, base):
    """nginx.conf would run as root what www-data has written."""
    as_www(base, "SERVER_NAME='x; } events { } #'\n")
    (base / "in").write_text("server_name\n ${SERVER_NAME:-none};\n")
    template = f"[template:t]\nsource={base}/in\ndestination={base}/out\n"
    head = f"environment_file={base}/www/.env"
    one = supervise(template, supervisord=head, pid1=True)
    assert one.wait() == 1
    assert f"template {base}/in:2:2: SERVER_NAME comes from {base}/www/.env, which a user other than root" in one.said()
    assert not (base / "out").exists()
    check = subprocess.run([BINARY, "check", "-c", one.path], capture_output=True, text=True, timeout=20)
    assert f"{base}/in refers to ${{SERVER_NAME}} of {base}/www/.env" in check.stdout + check.stderr
    # The user may read what the user has written, and root may say what the variable is.
    one = supervise(template + "owner=www-data\n", supervisord=head, pid1=True).ready()
    assert (base / "out").read_text() == "server_name\n x; } events { } #;\n"
    assert one.stop() == 0
    one = supervise(template, supervisord=f"{head}\nenvironment=SERVER_NAME=good", pid1=True).ready()
    assert (base / "out").read_text() == "server_name\n good;\n"
    assert one.stop() == 0


def test_a_program_chooses_how_many_of_its_kind_there_are(supervise, base):
    """Within a limit: the number of Laravel's queue workers is in its .env."""
    as_www(base, "WORKERS=2\n")
    one = supervise(f"[program:w]\ncommand=sleep 1000\nuser=www-data\nenvironment_file={base}/www/.env\n"
                    "numprocs=%(ENV_WORKERS)s\nprocess_name=%(process_num)d\n", pid1=True).ready()
    assert len(one.status()) == 2
    as_www(base, "WORKERS=3\n")
    assert one.client("update")[0] == 0
    wait_until(lambda: len(one.status()) == 3, what="three workers")
    as_www(base, "WORKERS=129\n")
    code, text = one.client("update")
    assert code != 0 and "at most 128 processes if a user other than root may change the number" in text
    assert len(one.status()) == 3
    assert one.stop() == 0
