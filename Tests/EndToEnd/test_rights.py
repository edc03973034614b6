"""What programs may do and have: each right and limit, on real processes."""

import grp
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from supervised import BINARY, process_status, wait_until


@pytest.fixture(autouse=True)
def open_directories(tmp_path):
    """pytest's own directories are closed to other users."""
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 1:
            parent.chmod(0o711)


SETS = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]
CHOWN, SETUID, NET_BIND_SERVICE = 1 << 0, 1 << 7, 1 << 10


def status_of(supervise, keys, **options):
    one = supervise(f"[program:p]\ncommand=sleep 1000\n{keys}\n", **options).ready()
    return process_status(one.status()["p"]["pid"])


@pytest.mark.needs_root
@pytest.mark.parametrize("keys, kept", [
    ("user=nobody\ncapabilities=NET_BIND_SERVICE", NET_BIND_SERVICE),
    ("user=54321\ncapabilities=cap_chown, NET_BIND_SERVICE\nno_new_privileges=true", CHOWN | NET_BIND_SERVICE),
    ("user=nobody\ncapabilities=none", 0),
    ("capabilities=none", 0),
    ("capabilities=CHOWN,SETUID", CHOWN | SETUID),
])
def test_capabilities_are_those_that_are_named_and_no_others(supervise, keys, kept):
    status = status_of(supervise, keys)
    assert {name: int(status[name], 16) for name in SETS} == dict.fromkeys(SETS, kept)
    if "user" in keys:
        assert "0" not in status["Uid"].split()


def test_without_the_key_a_user_has_none_but_the_bounding_set_stays(supervise):
    status = status_of(supervise, "user=nobody")
    assert int(status["CapEff"], 16) == 0
    assert status["CapBnd"] == process_status("self")["CapBnd"]


@pytest.mark.needs_root
def test_a_port_below_1024_for_somebody_else_than_root(supervise):
    bind = ("import signal, socket; s = socket.create_server(('', 80)); print('bound', flush=True); "
            "signal.pause()")
    wrapper = ["sh", "-c", 'exec unshare --net "$0" "$@"']
    for keys, said in [("capabilities=NET_BIND_SERVICE", "bound"), ("", "Permission denied")]:
        one = supervise(f'[program:p]\ncommand=/usr/bin/python3 -c "{bind}"\nuser=nobody\nstartretries=0\n'
                        f"directory=/\n{keys}\n", wrapper=wrapper)
        wait_until(lambda: said in one.said(), what=said)


def failure(supervise, keys, **options):
    one = supervise(f"[program:p]\ncommand=sleep 1000\nstartretries=0\n{keys}\n", **options)
    return one.until("p", "FATAL")["description"]


def test_what_cannot_be_kept_is_a_failed_start(supervise):
    assert failure(supervise, "capabilities=NET_ADMIN", account="nobody") == (
        "couldn't set its capabilities: operation not permitted")
    assert failure(supervise, "user=nobody\ncapabilities=CHOWN", wrapper=[
        "setpriv", "--bounding-set=-chown", "--inh-caps=-chown"]) == (
        "couldn't set its capabilities: operation not permitted")


@pytest.mark.needs_root
@pytest.mark.parametrize("keys, group, others", [
    ("user=nobody\nsupplementary_groups=adm,12345", "nogroup", ["nogroup", "adm", 12345]),
    ("user=nobody\ngroup=adm\nsupplementary_groups=", "adm", ["adm"]),
    ("user=www-data\nsupplementary_groups=", "www-data", ["www-data"]),
    ("user=nobody\ngroup=adm", "adm", ["adm"]),
    ("group=adm", "adm", ["adm"]),
    ("supplementary_groups=audio", "root", ["root", "audio"]),
])
def test_groups(supervise, keys, group, others):
    status = status_of(supervise, keys)
    numbers = [grp.getgrnam(name).gr_gid if isinstance(name, str) else name for name in others]
    assert status["Gid"].split() == [str(grp.getgrnam(group).gr_gid)] * 4
    assert sorted(map(int, status["Groups"].split())) == sorted(numbers)


@pytest.mark.needs_root
@pytest.mark.parametrize("keys", ["user=nobody", "user=65534", "user=nobody:root", "group=root", "group=0"])
def test_who_it_is_already_needs_no_right(supervise, tmp_path, keys):
    """As with `docker run --user 65534:0`."""
    start = 'chmod 0777 "$DIR" "$DIR/output" && exec setpriv --reuid=65534 --regid=0 --clear-groups "$0" "$@"'
    one = supervise(f"[program:p]\ncommand=sleep 1000\n{keys}\n", environment={"DIR": str(tmp_path / "s0")},
                    wrapper=["sh", "-c", start]).ready()
    assert "WARN" not in one.said() and "warning" not in one.said()
    assert process_status(one.status()["p"]["pid"])["Gid"].split() == ["0"] * 4
    assert one.stop() == 0


@pytest.mark.needs_root
@pytest.mark.parametrize("options, words", [
    ({"account": "nobody"}, "this runs as uid 65534, and only root can become another user"),
    ({"wrapper": ["setpriv", "--bounding-set=-setuid", "--inh-caps=-setuid"]},
     "this root lacks CAP_SETUID or CAP_SETGID, and cannot become another user"),
], ids=["nobody", "weak root"])
def test_what_it_cannot_become_is_said_before(supervise, options, words):
    one = supervise("[program:p]\ncommand=sleep 1000\nuser=daemon\nstartretries=0\n", **options)
    assert re.match(r"couldn't (set its groups|setuid to 1): operation not permitted",
                    one.until("p", "FATAL")["description"])
    assert f":6:6: warning: user=daemon in [program:p]: {words}; no start of it will work" in one.said()


@pytest.mark.needs_root
def test_a_supervisor_that_may_not_be_whom_it_should_be_is_said_by_check(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\nuser=daemon\n[program:p]\ncommand=sleep 1000\n")
    tmp_path.chmod(0o755)

    def by_nobody(*words):
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, user="nobody",
                              group="nogroup", extra_groups=[])
        return done.returncode, done.stdout + done.stderr

    words = "this runs as uid 65534, and only root can become another user; it will not start"
    assert f"2:6: warning: user=daemon in [supervisord]: {words}" in by_nobody("check", "-c", path)[1]
    code, said = by_nobody("-c", path)
    assert code == 2 and "Can't drop privilege as nonroot user" in said


def test_user_root_is_not_applied_in_an_unprivileged_container(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\n", account="nobody", supervisord="user=root").ready()
    assert one.status()["p"]["state"] == "RUNNING"
    assert ("warning: user=root in [supervisord]: this runs as uid 65534, and only root can become another user; "
            "the key is not applied") in one.said()
    assert one.stop() == 0


@pytest.mark.needs_root
def test_called_supervisord_it_does_not_start_then(tmp_path):
    path = tmp_path / "supervisord.conf"
    path.write_text(f"[supervisord]\nuser=root\nnodaemon=true\nlogfile=/dev/null\npidfile={tmp_path}/pid\n")
    tmp_path.chmod(0o777)
    (tmp_path / "supervisord").symlink_to(BINARY)
    done = subprocess.run([tmp_path / "supervisord", "-c", path], capture_output=True, text=True, user="nobody",
                          group="nogroup", extra_groups=[], timeout=30)
    assert done.returncode == 2 and "Error: Can't drop privilege as nonroot user" in done.stderr


def test_processors(supervise):
    assert status_of(supervise, "cpu_affinity=0")["Cpus_allowed_list"] == "0"
    everything = process_status("self")["Cpus_allowed_list"]
    assert status_of(supervise, "cpu_affinity=0-1023\nuser=nobody")["Cpus_allowed_list"] == everything
    assert failure(supervise, "cpu_affinity=1023") == "couldn't set cpu_affinity: invalid argument"


# By their names in /proc/PID/limits, each within what any machine grants.
LIMITS = {
    "cpu": ("Max cpu time", 1000), "fsize": ("Max file size", 1 << 30), "data": ("Max data size", 1 << 30),
    "stack": ("Max stack size", 1 << 20), "core": ("Max core file size", 4096),
    "rss": ("Max resident set", 1 << 30), "nproc": ("Max processes", 500),
    "nofile": ("Max open files", 100), "memlock": ("Max locked memory", 8192),
    "as": ("Max address space", 1 << 32), "locks": ("Max file locks", 10),
    "sigpending": ("Max pending signals", 50), "msgqueue": ("Max msgqueue size", 8192),
    "nice": ("Max nice priority", 0), "rtprio": ("Max realtime priority", 0),
    "rttime": ("Max realtime timeout", 100000),
}


def limits_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:25].strip(): line[25:].split()[:2] for line in lines}


def test_every_limit(supervise):
    keys = "\n".join(f"rlimit_{name}={value}" for name, (_, value) in LIMITS.items())
    one = supervise(f"[program:p]\ncommand=sleep 1000\nuser=nobody\n{keys}\n").ready()
    found = limits_of(one.status()["p"]["pid"])
    assert found == {title: [str(value)] * 2 for title, value in LIMITS.values()}
    one = supervise("[program:p]\ncommand=sleep 1000\nrlimit_core=0:unlimited\nrlimit_nofile=64:128\n").ready()
    found = limits_of(one.status()["p"]["pid"])
    assert found["Max core file size"] == ["0", "unlimited"]
    assert found["Max open files"] == ["64", "128"]


@pytest.mark.parametrize("key, limit", [
    ("", ["1024", "3000"]), ("rlimit_core=0", ["1024", "3000"]), ("rlimit_nofile=64:128", ["64", "128"])])
def test_without_a_limit_of_its_own_a_program_has_the_limit_of_open_files_of_the_container(supervise, key, limit):
    """The supervisor raises the limit for itself."""
    one = supervise(f"[program:p]\ncommand=sleep 1000\n{key}\n", wrapper=["prlimit", "--nofile=1024:3000"]).ready()
    assert limits_of(one.pid)["Max open files"] == ["3000", "3000"]
    assert limits_of(one.status()["p"]["pid"])["Max open files"] == limit
    assert one.stop() == 0


def test_a_limit_above_the_hard_one_needs_root(supervise):
    assert failure(supervise, "rlimit_nofile=1000:unlimited", account="nobody") == (
        "couldn't set its limits: operation not permitted")


@pytest.mark.needs_root
def test_no_new_privileges(supervise):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-test-", dir="/tmp"))
    directory.chmod(0o755)
    shutil.copy("/usr/bin/id", directory / "id")
    (directory / "id").chmod(0o4755)
    for keys, user in [("", "0"), ("no_new_privileges=true", "65534"), ("capabilities=none", "0")]:
        one = supervise(f"[hook:h]\ncommand={directory}/id -u\nuser=nobody\n{keys}\n"
                        "[program:p]\ncommand=sleep 1000\n").ready()
        assert f"\n{user}\n" in f"\n{one.said()}"
    shutil.rmtree(directory)


@pytest.mark.needs_root
@pytest.mark.parametrize("identity", [
    [], ["--reuid=65534", "--regid=65534", "--clear-groups"], ["--reuid=54321", "--regid=0", "--clear-groups"],
    ["--reuid=54321", "--regid=54321", "--clear-groups", "--no-new-privs"],
], ids=["root", "nobody", "a uid without a name", "one without any rights"])
def test_on_a_read_only_root_as_anybody(supervise, tmp_path, identity):
    (tmp_path / "env").write_text("COLOUR=blue\n")
    script = ('mount --bind "$DIR" "$DIR" && mount -o remount,bind,ro / && '
              f'exec setpriv {" ".join(identity)} "$0" "$@"')
    here = tmp_path / "s0"
    if identity:
        # The test's own directory is the one place to write to, as a volume is.
        tmp_path.chmod(0o777)
    one = supervise(f"""
[directory:d]
path=%DIR%/made
mode=0750
[template:t]
source=/etc/hostname
destination=%DIR%/made/rendered
depends_on=d
[hook:h]
command=sh -c 'echo "$COLOUR $HOME" > %DIR%/made/hook'
lock=file://%DIR%/lock
home_environment=true
depends_on=t
[hook:read-only]
command=sh -c 'touch /etc/entrypoint-test'
on_failure=continue
[program:p]
command=sleep 1000
environment_file={tmp_path}/env
rlimit_nofile=64
no_new_privileges=true
nice=5
ready=exec:true
""", environment={"DIR": str(here), "COLOUR": "red"}, wrapper=[
        "sh", "-c", 'chmod 1777 "$DIR" && chmod 0777 "$DIR/output" && exec unshare --mount sh -c \'' + script + '\' "$0" "$@"'])
    one.ready()
    pid = one.status()["p"]["pid"]
    assert b"COLOUR=blue" in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    wanted = identity[0].partition("=")[2] if identity else "0"
    assert process_status(pid)["Uid"].split() == [wanted] * 4
    assert process_status(pid)["NoNewPrivs"] == "1" and os.getpriority(os.PRIO_PROCESS, pid) == 5
    assert (here / "made").stat().st_mode & 0o777 == 0o750
    home = {"0": "/root", "65534": "/nonexistent"}.get(wanted, "/")
    assert (here / "made/hook").read_text() == f"red {home}\n"
    assert (here / "made/rendered").read_text() == pathlib.Path("/etc/hostname").read_text()
    assert one.status()["read-only"]["state"] == "failed"
    assert one.stop() == 0
