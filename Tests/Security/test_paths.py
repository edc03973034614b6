"""Paths that a supervised program controls lead the supervisor, which is root, to nothing else."""

import os
import pathlib
import pwd
import stat
import subprocess
import tempfile

import pytest

import fuse
from capabilities import supervise  # noqa: F401
from fuse import Fuse
from supervised import BINARY, TERM, free_port, wait_until

WWW = pwd.getpwnam("www-data")


@pytest.fixture
def base():
    """A directory of root's that all users may read, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="paths-", dir="/tmp") as path:
        os.chmod(path, 0o755)
        yield pathlib.Path(path)


@pytest.fixture
def place(base):
    """A directory that www-data owns, with a victim of root's next to it."""
    own = base / "www"
    own.mkdir()
    os.chown(own, WWW.pw_uid, WWW.pw_gid)
    victim = base / "victim"
    victim.write_text("secret of root\n")
    victim.chmod(0o600)
    return own


def as_www(script, directory):
    """Runs a shell script as www-data."""
    subprocess.run(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "sh", "-ec", script],
                   cwd=directory, check=True, timeout=20)


WORKER = """
[program:worker]
command=sh -c 'while read -r line; do echo "$line"; done < go'
user=www-data
directory={place}
stdout_logfile={place}/worker.log
redirect_stderr=true
"""


def feed(place, text):
    """Has the worker print these lines: it reads a FIFO that stays open."""
    with open(place / "go", "r+b", buffering=0) as go:
        go.write(text.encode())


def worker(place, **keys):
    os.mkfifo(place / "go")
    os.chown(place / "go", 33, 33)
    extra = "".join(f"{key}={value}\n" for key, value in keys.items())
    return WORKER.format(place=place) + extra


def start(supervise, place, configuration, **options):
    one = supervise(configuration, pid1=True, **options).ready()
    one.hold = open(place / "go", "r+b", buffering=0)  # The worker never sees the end of it.
    return one


def test_a_log_that_becomes_a_link_is_not_followed_and_no_line_is_lost(supervise, place):
    """Directories in the place of rotated files make rotation fail; the log is then opened again."""
    victim = place.parent / "victim"
    one = start(supervise, place, worker(place, stdout_logfile_maxbytes=200, stdout_logfile_backups=3))
    feed(place, "first\n")
    wait_until(lambda: "first\n" in (place / "worker.log").read_text(), what="a line in the log")
    as_www("mkdir worker.log.1 worker.log.2 worker.log.3; touch worker.log.1/x worker.log.2/x worker.log.3/x;"
           f"rm worker.log; ln -s {victim} worker.log", place)
    for number in range(60):
        feed(place, f"numbered {number:04}\n")
    wait_until(lambda: "numbered 0059" in one.said(), what="the last line in the container's log")
    assert victim.read_text() == "secret of root\n"
    # The logger writes the lines, and PID 1 the message, which may come a moment later.
    refusal = (f"cannot log to {place}/worker.log: {place}/worker.log is a symbolic link of www-data (uid 33), "
               "which is not followed; its lines go to the container's stderr")
    wait_until(lambda: refusal in one.said(), what="the refusal")
    told = one.said() + "".join(path.read_text() for path in place.glob("worker.log*")
                                if path.is_file() and not path.is_symlink())
    # What was written before the log was opened again went to the file that was removed.
    last = [number for number in range(60) if f"numbered {number:04}" in told]
    assert last and last == list(range(last[0], 60))
    one.stop()


def test_reopening_a_log_through_a_link_and_the_way_back(supervise, place):
    victim = place.parent / "victim"
    one = start(supervise, place, worker(place))
    as_www(f"rm worker.log; ln -s {victim} worker.log", place)
    one.send(12)  # USR2
    wait_until(lambda: "is a symbolic link" in one.said() or feed(place, "x\n"), what="a refusal")
    feed(place, "kept\n")
    wait_until(lambda: "kept\n" in one.said(), what="a line in the container's log")
    as_www("rm worker.log", place)
    one.send(12)
    feed(place, "back\n")
    wait_until(lambda: (place / "worker.log").exists() or one.send(12), what="the log")
    feed(place, "again\n")
    wait_until(lambda: "again\n" in (place / "worker.log").read_text(), what="a line in the log")
    assert victim.read_text() == "secret of root\n"
    status = (place / "worker.log").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (33, 33, 0o640)
    one.stop()


def test_a_log_is_not_read_through_a_link(supervise, place):
    """Over an open control port, as HTTP clients do, and by the command line."""
    victim, port = place.parent / "victim", free_port()
    one = start(supervise, place, f"[inet_http_server]\nport=127.0.0.1:{port}\n" + worker(place))
    as_www(f"rm worker.log; ln -s {victim} worker.log", place)
    for url in (f"http://127.0.0.1:{port}/logtail/worker", f"http://127.0.0.1:{port}/tail.html?processname=worker"):
        done = subprocess.run(["curl", "-s", "-m", "5", url], capture_output=True, text=True, timeout=20)
        assert "secret" not in done.stdout
    call = ("<?xml version='1.0'?><methodCall><methodName>supervisor.readProcessStdoutLog</methodName><params>"
            "<param><value>worker</value></param><param><value><int>0</int></value></param>"
            "<param><value><int>0</int></value></param></params></methodCall>")
    done = subprocess.run(["curl", "-s", "-m", "5", "--data", call, f"http://127.0.0.1:{port}/RPC2"],
                          capture_output=True, text=True, timeout=20)
    assert "NO_FILE" in done.stdout and "secret" not in done.stdout
    code, text = one.client("tail", "worker")
    assert code != 0 and "secret" not in text
    one.stop()


def test_a_fifo_in_the_place_of_a_log_hangs_nothing(supervise, place):
    port = free_port()
    one = start(supervise, place, f"[inet_http_server]\nport=127.0.0.1:{port}\n" + worker(place))
    as_www("rm worker.log; mkfifo worker.log", place)
    done = subprocess.run(["curl", "-s", "-m", "5", f"http://127.0.0.1:{port}/tail.html?processname=worker"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    assert one.client("tail", "worker")[0] != 0
    assert one.status()["worker"]["state"] == "RUNNING"
    assert one.stop() == 0


def test_clear_log_through_a_link(supervise, place):
    """Of a program that runs, and of one that has never run."""
    victim = place.parent / "victim"
    never = f"[program:never]\ncommand=sleep 1\nautostart=false\nuser=www-data\nstdout_logfile={place}/never.log\n"
    port = free_port()
    one = start(supervise, place, f"[inet_http_server]\nport=127.0.0.1:{port}\n" + worker(place) + never)
    as_www(f"rm worker.log; ln -s {victim} worker.log; ln -s {victim} never.log;"
           f"mkdir away; ln -s {victim.parent} linked", place)
    for name in ("worker", "never"):
        subprocess.run([BINARY, "-s", str(one.socket), "clear", name], capture_output=True, timeout=20)
    assert victim.read_text() == "secret of root\n"
    one.stop()


def test_a_log_that_may_not_be_emptied_is_written_on(supervise, base):
    """It may be a file of another user, although its path is a link of root."""
    shared = base / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    log = shared / "log"
    log.touch(mode=0o600)
    os.chown(log, WWW.pw_uid, WWW.pw_gid)
    (base / "link").symlink_to(log)
    one = supervise(f"[program:p]\ncommand=sh -c 'while sleep 0.1; do echo line; done'\nuser=www-data\n"
                    f"stdout_logfile={base}/link\n", pid1=True).ready()
    wait_until(lambda: log.stat().st_size, what="a line")
    assert one.client("clear", "p")[0] == 1
    reason = f"WARN cannot clear {base}/link, a log of p: {log} belongs to www-data (uid 33)"
    wait_until(lambda: reason in one.said(), what="the reason")
    assert "cleared" not in one.said()
    length = log.stat().st_size
    wait_until(lambda: log.stat().st_size > length, timeout=8, what="a further line")
    assert "line\n" not in one.said()
    one.stop()


def test_a_hard_link_in_the_place_of_a_log(supervise, place):
    """Where the kernel lets users make them, which the container cannot choose."""
    victim = place.parent / "victim"
    os.link(victim, place / "worker.log")
    one = start(supervise, place, worker(place))
    feed(place, "line\n")
    wait_until(lambda: "line\n" in one.said(), what="a line in the container's log")
    assert victim.read_text() == "secret of root\n"
    assert f"{place}/worker.log belongs to root (uid 0), but its directory to www-data (uid 33)" in one.said()
    one.stop()


def test_a_hard_link_in_a_directory_that_all_may_change(supervise, place):
    victim = place.parent / "victim"
    place.chmod(0o777)
    os.chown(place, 0, 0)
    os.link(victim, place / "worker.log")
    one = start(supervise, place, worker(place))
    feed(place, "line\n")
    wait_until(lambda: "line\n" in one.said(), what="a line in the container's log")
    assert victim.read_text() == "secret of root\n"
    assert "has more than one name (hard links)" in one.said()
    one.stop()


def test_links_of_root_are_followed(supervise, tmp_path):
    logs = tmp_path / "log"
    logs.mkdir()
    (logs / "access.log").symlink_to("/dev/stdout")
    (logs / "error.log").symlink_to(tmp_path / "real.log")
    one = supervise(f"""
[program:p]
command=sh -c 'echo to stdout; echo to stderr >&2; exec sleep 1000'
stdout_logfile={logs}/access.log
stderr_logfile={logs}/error.log
""", pid1=True).ready()
    wait_until(lambda: "to stdout" in one.said(), what="a line on stdout")
    wait_until(lambda: (tmp_path / "real.log").read_text() == "to stderr\n", what="a line in the file")
    assert (logs / "access.log").is_symlink() and (logs / "error.log").is_symlink()
    one.stop()


def test_a_log_of_root_in_a_directory_of_a_user_is_rotated_with_its_rights(supervise, place):
    """As supervisord leaves them, for example on a volume."""
    (place / "worker.log").write_text("old\n")
    one = start(supervise, place, worker(place))
    feed(place, "new\n")
    wait_until(lambda: (place / "worker.log").read_text() == "new\n", what="a line in the log")
    assert (place / "worker.log.1").read_text() == "old\n"
    assert (place / "worker.log").stat().st_uid == 33
    one.stop()


SWAP = """
while [ "$(stat -c %u tree/sub)" != 33 ]; do :; done
mv -T tree/sub tree/away && ln -s ../other tree/sub
"""


@pytest.mark.needs("strace")
def test_a_child_that_is_swapped_for_a_link_while_owners_are_changed(base):
    """Each change of an owner is held up at its end, so that the swap always comes between the change
    of the directory and the walk into the directory."""
    (base / "other").mkdir()
    (base / "tree/sub").mkdir(parents=True)
    for path in ("other/file", "tree/sub/file"):
        (base / path).write_text("")
    (base / "tree/hard").hardlink_to(base / "other/file")
    (base / "tree/link").symlink_to(base / "other/file")
    os.chown(base / "tree", 33, 33)
    swap = subprocess.Popen(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "sh", "-c", SWAP],
                            cwd=base)
    try:
        done = subprocess.run(
            ["strace", "-o", "/dev/null", "-e", "trace=fchown,fchownat", "-e",
             "inject=fchown,fchownat:delay_exit=1000000", "bash", "-c",
             f'exec -a "entrypoint: directory" {BINARY} 33 33 - recursive {base}/tree'],
            capture_output=True, text=True, timeout=60)
        assert swap.wait(20) == 0
    finally:
        swap.kill()
        swap.wait()
    assert (base / "tree/sub").is_symlink()
    assert [(base / path).stat().st_uid for path in ("other", "other/file")] == [0, 0]
    assert f"directory {base}/tree/hard: left as it is: it has more than one name (hard links)" in done.stderr
    # What was in the directory when it was opened has its owner.
    assert (base / "tree/away/file").stat().st_uid == 33


def directory(supervise, path, *keys):
    one = supervise("\n".join([f"[directory:d]\npath={path}", *keys, "[program:p]\ncommand=sleep 1000\n"]), pid1=True)
    return one, one.wait()


def test_a_directory_below_a_planted_link(supervise, place, base):
    other = base / "other"
    other.mkdir(mode=0o700)
    as_www(f"ln -s {other} cache", place)
    one, code = directory(supervise, f"{place}/cache/x", "owner=www-data", "mode=0777")
    assert code == 1
    assert f"directory {place}/cache: is a symbolic link of www-data (uid 33), which is not followed" in one.said()
    assert list(other.iterdir()) == []
    one, code = directory(supervise, f"{place}/cache", "owner=www-data", "mode=0777")
    assert code == 1
    assert (other.stat().st_uid, other.stat().st_mode & 0o777) == (0, 0o700)


def test_a_private_directory_that_a_user_has_moved_is_not_given_away(supervise, place):
    secrets = place / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "key").write_text("")
    as_www("mv secrets cache", place)
    one, code = directory(supervise, f"{place}/cache", "owner=www-data", "recursive=true")
    assert code == 1
    assert f"directory {place}/cache: belongs to root (uid 0), but its directory to www-data (uid 33)" in one.said()
    assert (place / "cache").stat().st_uid == 0


def test_no_tree_of_a_user_keeps_the_container_from_its_start(supervise, place):
    """More levels than a process has descriptors, and more files with hard links than a log should have lines."""
    as_www("mkdir storage links; touch links/a; python3 -c '\n"
           "import os\n"
           "for i in range(3000): os.link(\"links/a\", f\"links/l{i}\")\n"
           "os.chdir(\"storage\")\n"
           "for i in range(1500): os.mkdir(\"d\"); os.chdir(\"d\")'", place)
    one = supervise(f"[directory:d]\npath={place}/storage, {place}/links\nowner=nobody\nrecursive=true\n"
                    "[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    lines = [line for line in one.said().splitlines() if line.startswith("directory ")]
    assert 5 < len(lines) < 100, f"{len(lines)} lines"
    assert any("/d/d/d: left as it is: what it contains is more than 128 levels deep" in line for line in lines)
    assert any(line.endswith(" more files and directories left as they are, or changed incompletely") for line in lines)
    assert (place / "storage" / "/".join(["d"] * 127)).stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert one.stop() == 0
    subprocess.run(["rm", "-rf", place / "storage"], check=True, timeout=60)


# Root of a container that drops all capabilities and gives back three.
ROOT_WITHOUT_OVERRIDES = ["setpriv", "--bounding-set=-all,+chown,+setuid,+setgid", "--inh-caps=-all"]


@pytest.mark.parametrize("supervise", ["+all"], indirect=True)
@pytest.mark.parametrize("keys, reason", [
    ("owner=www-data", "left as it is: what it contains cannot be read"),
    ("owner=www-data\nmode=0755", "cannot be changed completely: operation not permitted; it belongs to uid 33, "
     "and uid 0 cannot change its mode from 00 to 0755"),
    ("owner=www-data:root\nmode=0755", "cannot be changed completely: operation not permitted; it belongs to uid 33, "
     "and uid 0 cannot change its mode from 00 to 0755"),
])
def test_no_mode_of_a_users_directory_keeps_the_container_from_its_start(supervise, place, keys, reason):
    """Such a root may neither read a closed directory nor change its mode."""
    as_www("mkdir -p tree/closed tree/listed tree/open/below; touch tree/listed/file tree/open/below/file;"
           " chmod 0 tree/closed; chmod 0744 tree/listed; chmod 0755 tree tree/open tree/open/below", place)
    for path in ("tree/open/below", "tree/open/below/file"):
        os.chown(place / path, 0, 0)
    one = supervise(f"[directory:d]\npath={place}/tree\n{keys}\nrecursive=true\n[program:p]\ncommand=sleep 1000\n",
                    wrapper=ROOT_WITHOUT_OVERRIDES).ready()
    assert f"directory {place}/tree/closed: {reason}" in one.said()
    for name in ("closed", "listed"):
        assert f"directory {place}/tree/{name}: left as it is: what it contains cannot be read: permission denied" \
            in one.said()
    # The rest has the requested owner.
    assert [(place / path).stat().st_uid for path in ("tree/open/below", "tree/open/below/file")] == [33, 33]
    assert one.stop() == 0


@pytest.mark.parametrize("supervise", ["+all"], indirect=True)
def test_a_closed_directory_that_root_is_to_own_keeps_no_container_from_its_start(supervise, base):
    (base / "tree").mkdir()
    (base / "tree").chmod(0o777)
    as_www("mkdir closed; chmod 0 closed", base / "tree")
    one = supervise(f"[directory:d]\npath={base}/tree\nowner=root\nrecursive=true\n[program:p]\ncommand=sleep 1000\n",
                    wrapper=ROOT_WITHOUT_OVERRIDES).ready()
    assert (base / "tree/closed").stat().st_uid == 0
    assert f"directory {base}/tree/closed: left as it is: what it contains cannot be read: permission denied" \
        in one.said()
    assert one.stop() == 0


@pytest.mark.parametrize("supervise", ["+all"], indirect=True)
def test_the_directory_itself_is_an_error_where_root_may_not_read_it(supervise, place):
    as_www("mkdir closed; chmod 0 closed", place)
    one = supervise(f"[directory:d]\npath={place}/closed\nowner=www-data\nrecursive=true\n[program:p]\n"
                    "command=sleep 1000\n",
                    wrapper=ROOT_WITHOUT_OVERRIDES)
    assert one.wait() == 1
    assert f"directory {place}/closed: permission denied" in one.said()


def test_the_names_of_a_large_directory_are_read_one_after_another(place):
    """50,000 names of 240 bytes are 12 MB: more than the step is allowed to take here."""
    as_www("mkdir tree; cd tree; python3 -c '\n"
           "for i in range(50_000): open(str(i).zfill(240), \"w\").close()'", place)
    step = f"ulimit -d 8000; exec -a 'entrypoint: directory' {BINARY} 65534 65534 - recursive {place}/tree"
    subprocess.run(["/bin/bash", "-c", step], check=True)
    assert all(entry.stat().st_uid == 65534 for entry in os.scandir(place / "tree"))


def test_a_directory_that_cannot_be_read_to_its_end_fails(base):
    """The step would otherwise succeed although it has not seen what the directory contains."""
    with Fuse(base / "volume", failing=[fuse.READDIR]) as volume:
        step = f"exec -a 'entrypoint: directory' {BINARY} {WWW.pw_uid} {WWW.pw_gid} - recursive {volume.place}"
        done = subprocess.run(["/bin/bash", "-c", step], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (1, f"directory {volume.place}: input/output error\n")


def test_directories_of_an_image_below_one_of_a_user(supervise, place):
    """The PHP images give /var/www/html to www-data, and COPY makes what is below it root's."""
    (place / "storage/logs").mkdir(parents=True)
    (place / "storage/logs/.gitignore").write_text("*\n")
    one = supervise(f"[directory:d]\npath={place}/storage, {place}/new/deep\nowner=www-data\nrecursive=true\n"
                    "[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    for path in ("storage", "storage/logs", "storage/logs/.gitignore", "new", "new/deep"):
        assert (place / path).stat().st_uid == 33
    one.stop()


def test_a_template_below_a_planted_link(supervise, place, base):
    other = base / "other"
    other.mkdir()
    (base / "in").write_text("text\n")
    as_www(f"ln -s {other} conf; ln -s {base}/victim stolen", place)
    one = supervise(f"[template:t]\nsource={base}/in\ndestination={place}/conf/out\n", pid1=True)
    assert one.wait() == 1
    assert f"template {place}/conf: is a symbolic link of www-data (uid 33)" in one.said()
    assert list(other.iterdir()) == []
    one = supervise(f"[template:t]\nsource={place}/stolen\ndestination={base}/out\n", pid1=True)
    assert one.wait() == 1
    assert not (base / "out").exists()


def test_a_lock_below_a_planted_link(supervise, place, base):
    other = base / "other"
    other.mkdir()
    as_www(f"ln -s {other} locks", place)
    one = supervise(f"[hook:h]\ncommand=true\nlock=file://{place}/locks/l\n[program:p]\ncommand=sleep 1000\n", pid1=True)
    assert one.wait() != 0
    assert f"{place}/locks is a symbolic link of www-data (uid 33)" in one.said()
    assert list(other.iterdir()) == []


def test_a_lock_of_root_in_a_directory_of_a_user(supervise, place):
    """As an older version has made it; only read, it locks as well."""
    (place / "l").write_text("")
    one = supervise(f"[hook:h]\ncommand=true\nlock=file://{place}/l\n[program:p]\ncommand=sleep 1000\n", pid1=True)
    one.ready()
    one.stop()


@pytest.mark.parametrize("kind", ["link", "hard"])
def test_the_pid_file_is_not_written_through_a_link(supervise, place, kind):
    victim = place.parent / "victim"
    if kind == "link":
        as_www(f"ln -s {victim} pid", place)
    else:
        os.link(victim, place / "pid")
    one = supervise("[program:p]\ncommand=sleep 1000\n", pid1=True, supervisord=f"pidfile={place}/pid").ready()
    assert f"could not write pidfile {place}/pid: {place}/pid " in one.said()
    assert one.stop() == 0
    assert victim.read_text() == "secret of root\n"
    assert (place / "pid").exists()


# Without the capability, root can make no socket in a directory of www-data.
@pytest.mark.parametrize("supervise", ["+all"], indirect=True)
def test_the_mode_of_a_socket_reaches_no_other_file(supervise, place):
    """A socket is made in the directory of a user with that user's rights, and never by its path."""
    victim = place.parent / "victim"
    one = supervise(f"""
[unix_http_server]
file={place}/http.sock
chmod=0766
[fcgi-program:f]
command=sleep 1000
socket=unix://{place}/fcgi.sock
socket_mode=0777
user=www-data
""", pid1=True).ready()
    for name in ("http.sock", "fcgi.sock"):
        status = (place / name).stat()
        assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE((place / "http.sock").stat().st_mode) == 0o766
    as_www(f"rm http.sock; ln -s {victim} http.sock", place)
    row = one.status()["f"]["pid"]
    assert one.client("reload")[0] == 0
    one.begun_again("f", row)
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600 and victim.stat().st_uid == 0
    one.stop()


def test_a_socket_below_a_planted_link(supervise, place, base):
    other = base / "other"
    other.mkdir()
    as_www(f"ln -s {other} run", place)
    one = supervise(f"[unix_http_server]\nfile={place}/run/http.sock\n[program:p]\ncommand=sleep 1000\n", pid1=True)
    assert one.wait() == 2
    assert list(other.iterdir()) == []


def test_a_log_that_is_swapped_again_and_again(supervise, place):
    """Whatever is in its place at the moment of each rotation."""
    victim = place.parent / "victim"
    one = start(supervise, place, worker(place, stdout_logfile_maxbytes=400, stdout_logfile_backups=50))
    swap = subprocess.Popen(
        ["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "sh", "-c",
         f"while :; do ln -sfn {victim} planted; mv -fT planted worker.log; rm -f worker.log; done"], cwd=place)
    try:
        for number in range(300):
            feed(place, f"numbered {number:04} {'x' * 80}\n")
        wait_until(lambda: one.status()["worker"]["state"] == "RUNNING", what="an answer")
    finally:
        swap.kill()
        swap.wait()
    assert victim.read_text() == "secret of root\n"
    assert one.stop(TERM) == 0
