"""Directories that several users may change, and files that programs put where root looks for something."""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile

import pytest

from capabilities import supervise  # noqa: F401
from supervised import commands_of, wait_until

WWW = 33
SECRET = "secret-of-root"


@pytest.fixture
def base():
    """A directory of root's that all users may read, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="shared-", dir="/tmp") as path:
        os.chmod(path, 0o755)
        yield pathlib.Path(path)


def directory(path, mode=0o755, owner=0, group=0):
    path.mkdir()
    os.chown(path, owner, group)
    path.chmod(mode)
    return path


def private_file(path, text=SECRET + "\n"):
    path.write_text(text)
    path.chmod(0o600)
    return path


def let_www_write(place, group, others):
    """setfacl -m u:www-data:rwx, with the rights that the group and all others have."""
    none = 2 ** 32 - 1
    entries = [(1, 7, none), (2, 7, WWW), (4, group, none), (16, 7, none), (32, others, none)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(place, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("no access lists here")


def as_www(script, place):
    """Runs a shell script as www-data."""
    subprocess.run(["setpriv", f"--reuid={WWW}", f"--regid={WWW}", "--clear-groups", "sh", "-ec", script],
                   cwd=place, check=True, timeout=20)


@pytest.fixture
def shared(base):
    """A directory of root's that the group www-data may change, with two directories of root's in it."""
    place = directory(base / "app", 0o775, group=WWW)
    directory(place / "logs")
    directory(place / "private", 0o700)
    private_file(place / "private" / "key")
    return place


def test_a_tree_that_was_swapped_is_not_given_away(supervise, shared):
    (shared / "logs" / "old.log").touch()
    one = supervise(f"[directory:d]\npath={shared}/logs\nowner=www-data\nrecursive=true\n"
                    "[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    assert (shared / "logs" / "old.log").stat().st_uid == WWW, "what all users may read is given"
    as_www("mv logs away; mv private logs", shared)
    one.client("reload")
    wait_until(lambda: f"{shared}/logs" in one.said() and "belongs to root" in one.said(), what="a refusal")
    assert (shared / "logs").stat().st_uid == 0 and (shared / "logs" / "key").stat().st_uid == 0


def test_root_creates_nothing_where_another_user_may_have_put_a_directory(supervise, shared):
    """Otherwise a log of root's could appear in a directory that only root may write to."""
    one = supervise(f"[program:p]\ncommand=sh -c 'echo a line; exec sleep 1000'\nstdout_logfile={shared}/logs/p.log\n",
                    pid1=True)
    one.until("p", "RUNNING")
    wait_until(lambda: f"cannot log to {shared}/logs/p.log" in one.said(), what="a refusal")
    assert (f"{shared}/logs/p.log is in a directory of root (uid 0) that other users may have put there, because "
            "they may change a directory above it" in one.said())
    wait_until(lambda: "a line\n" in one.said(), what="the line in the container's log")
    assert not (shared / "logs" / "p.log").exists()
    assert one.stop() == 0


def test_a_template_replaces_nothing_there(supervise, shared):
    victim = private_file(shared / "private" / "app.ini")
    as_www("mv logs away; mv private logs", shared)
    (shared.parent / "source").write_text("text\n")
    one = supervise(f"[template:t]\nsource={shared.parent}/source\ndestination={shared}/logs/app.ini\n"
                    "owner=www-data\n[program:p]\ncommand=sleep 1000\n", pid1=True)
    wait_until(lambda: "that other users may have put there" in one.said(), what="a refusal")
    assert (shared / "logs" / victim.name).read_text() == SECRET + "\n"


@pytest.mark.parametrize("mode", [0o1777, 0o777], ids=["sticky", "open"])
@pytest.mark.parametrize("what", ["environment_file", "secrets", "template"])
def test_a_private_file_of_root_that_was_moved_there_is_not_read(supervise, base, what, mode):
    """By a user who owns its first directory: rename(2) asks for no right to the file."""
    place = directory(base / "tmp", mode)
    private_file(directory(base / "www", owner=WWW) / "key", f"KEY={SECRET}\n")
    as_www(f"mv key {place}/file", base / "www")
    text = {
        "environment_file": f"[program:p]\ncommand=cat\nuser=www-data\nenvironment_file={place}/file\n",
        "secrets": f"[program:p]\ncommand=cat\nuser=www-data\nsecrets=KEY\nenvironment=KEY_FILE={place}/file\n",
        "template": f"[template:t]\nsource={place}/file\ndestination={base}/out\n[program:p]\ncommand=cat\n",
    }[what]
    one = supervise(text, pid1=True)
    rights = "that every user has" if what == "template" else f"of www-data (uid {WWW})"
    refusal = f"belongs to root (uid 0) and cannot be read with the rights {rights}, because other users may"
    wait_until(lambda: refusal in one.said(), what="a refusal")
    assert f"{place}/file" in one.said()
    assert "let no other user change its directory (chmod g-w,o-w)" in one.said()
    assert SECRET not in one.said() and not (base / "out").exists()


@pytest.mark.parametrize("mode, group, owner, file_mode, file_group", [
    (0o775, WWW, 0, 0o660, WWW), (0o2775, WWW, WWW, 0o600, WWW), (0o1777, 0, WWW, 0o600, WWW),
    (0o777, 0, 100, 0o444, 0), (0o777, 0, 0, 0o644, 0)])
def test_files_that_the_program_s_user_or_all_may_read_are_read(supervise, base, mode, group, owner, file_mode,
                                                                file_group):
    place = directory(base / "app", mode, group=group)
    (place / ".env").write_text("GREETING=hello\n")
    os.chown(place / ".env", owner, file_group)
    (place / ".env").chmod(file_mode)
    one = supervise(f"[program:p]\ncommand=sh -c 'echo $GREETING; exec sleep 1000'\nuser=www-data\n"
                    f"environment_file={place}/.env\n", pid1=True).ready()
    wait_until(lambda: "hello\n" in one.said(), what="the variable")
    assert one.stop() == 0


def test_a_private_file_of_a_user_is_not_read_by_another_name(supervise, base):
    """Where the kernel lets users make hard links to files of others (fs.protected_hardlinks=0)."""
    place = directory(base / "tmp", 0o1777)
    key = private_file(directory(base / "own", owner=100) / "key", f"KEY={SECRET}\n")
    os.chown(key, 100, 100)
    os.link(key, place / "file")
    one = supervise(f"[program:p]\ncommand=cat\nuser=www-data\nenvironment_file={place}/file\n", pid1=True)
    assert one.wait() == 2
    assert "has more than one name (hard links)" in one.said() and SECRET not in one.said()


def test_what_roots_group_may_change_can_be_read_again(supervise, base):
    """chgrp -R 0 and chmod -R g=u, as for OpenShift."""
    place = directory(base / "app", 0o775)
    (place / ".env").write_text("GREETING=hello\n")
    (place / ".env").chmod(0o660)
    one = supervise(f"[program:p]\ncommand=sleep 1000\nuser=www-data:root\nenvironment_file={place}/.env\n",
                    pid1=True).ready()
    code, text = one.client("update")
    assert code == 0, text
    before = one.status()["p"]["pid"]
    assert one.client("reload")[0] == 0
    one.begun_again("p", before)
    assert one.stop() == 0


def test_no_user_can_take_the_name_of_a_temporary_file(supervise, base):
    """Where all users may make files, a name that can be foretold could keep the container from its start."""
    place = directory(base / "tmp", 0o1777)
    as_www("for pid in $(seq 300); do mkdir .control.sock.$pid .http.sock.$pid; touch out.$pid.tmp; done", place)
    (base / "in").write_text("text\n")
    one = supervise(f"[unix_http_server]\nfile={place}/http.sock\n[template:t]\nsource={base}/in\n"
                    f"destination={place}/out\n[program:p]\ncommand=sleep 1000\n", pid1=True,
                    arguments=["-s", f"{place}/control.sock"])
    wait_until(lambda: "everything is ready" in one.said(), what="the start")
    assert (place / "out").read_text() == "text\n"
    assert (place / "control.sock").is_socket() and (place / "http.sock").is_socket()
    assert one.stop() == 0
    assert not [name for name in os.listdir(place) if name.startswith(".entrypoint-")]


def test_a_directory_that_the_group_may_change_as_well_is_used(supervise, base):
    """chgrp -R www-data and chmod -R g+w: no user gains a right by a file of root there."""
    storage = directory(base / "storage", 0o775, group=WWW)
    directory(storage / "logs", 0o775, group=WWW)
    one = supervise(f"[program:p]\ncommand=sh -c 'echo a line; exec sleep 1000'\nstdout_logfile={storage}/logs/p.log\n",
                    pid1=True).ready()
    wait_until(lambda: (storage / "logs" / "p.log").read_text() == "a line\n", what="the line")
    assert one.stop() == 0


def test_an_access_list_counts_as_a_group(supervise, base):
    """As for Symfony's var, on a directory of root's."""
    place = directory(base / "var", 0o775)
    private = directory(base / "private", 0o700)
    victim = private_file(private / "victim")
    let_www_write(place, group=5, others=5)
    (place / "current").symlink_to(victim)
    as_www("mv current p.log", place)
    one = supervise(f"[program:p]\ncommand=sh -c 'echo a line; exec sleep 1000'\nstdout_logfile={place}/p.log\n",
                    pid1=True)
    wait_until(lambda: f"cannot log to {place}/p.log" in one.said(), what="a refusal")
    assert victim.read_text() == SECRET + "\n"


def test_what_roots_group_may_change_makes_no_program_of_this_group_root(supervise, base):
    """umask 002 leaves files behind that root's group may write."""
    place = directory(base / "app", 0o755)
    (place / ".env").write_text("RUN_AS=www-data\n")
    (place / ".env").chmod(0o664)
    text = f"[program:w]\ncommand=sleep 1000\nenvironment_file={place}/.env\nuser=%(ENV_RUN_AS)s\n"
    one = supervise(text, pid1=True).ready()
    assert one.stop() == 0
    member = "[program:member]\ncommand=sleep 1000\nuser=www-data:root\n"
    one = supervise(text + member, pid1=True)
    assert one.wait() == 2
    assert f"uses the variable RUN_AS of {place}/.env, which a user other than root may change" in one.said()


def test_the_group_of_root_is_another_one_if_a_program_runs_in_it(supervise, base):
    """user=www-data:root, as images for OpenShift have it."""
    place = directory(base / "app", 0o775)
    victim = private_file(directory(base / "private", 0o700) / "victim")
    (place / "current").symlink_to(victim)
    text = f"""
[program:root]
command=sh -c 'echo a line; exec sleep 1000'
stdout_logfile={place}/root.log
"""
    member = """
[program:member]
command=sleep 1000
user=www-data:root
"""
    one = supervise(text, pid1=True).ready()
    assert (place / "root.log").exists()
    one.path.write_text(one.path.read_text() + member)
    code, said = one.client("update")
    assert code != 0 and "member: its user is not root, but its group is; use reload" in said, said
    assert one.stop() == 0
    (place / "root.log").unlink()
    subprocess.run(["setpriv", f"--reuid={WWW}", "--regid=0", "--clear-groups", "mv", "current", "root.log"],
                   cwd=place, check=True, timeout=20)
    one = supervise(text + member, pid1=True)
    wait_until(lambda: f"cannot log to {place}/root.log" in one.said(), what="a refusal")
    assert victim.read_text() == SECRET + "\n"


def test_a_log_that_another_user_made_first_gets_no_line(supervise, base):
    place = directory(base / "tmp", 0o1777)
    as_www("umask 077; touch root.log www.log", place)
    one = supervise(f"""
[program:root]
command=sh -c 'echo a line of root; exec sleep 1000'
stdout_logfile={place}/root.log
[program:www]
command=sh -c 'echo a line of www; exec sleep 1000'
user=www-data
stdout_logfile={place}/www.log
""", pid1=True).ready()
    wait_until(lambda: "a line of root\n" in one.said(), what="the line in the container's log")
    assert f"{place}/root.log belongs to www-data (uid {WWW}), who may read what is written to it" in one.said()
    assert (place / "root.log").read_text() == ""
    wait_until(lambda: (place / "www.log").read_text() == "a line of www\n", what="the user's own log")
    assert one.stop() == 0


def test_a_lock_can_be_held_by_its_user_alone(supervise, base):
    one = supervise(f"[hook:h]\ncommand=true\nlock=file://{base}/lock\n[program:p]\ncommand=sleep 1000\n",
                    pid1=True).ready()
    assert (base / "lock").stat().st_mode & 0o777 == 0o600
    assert one.stop() == 0


@pytest.fixture
def application(base):
    """A directory of www-data's, with a secret of root's next to it."""
    private_file(directory(base / "private", 0o700) / "secret.env", f"TOKEN={SECRET}\n")
    return directory(base / "app", owner=WWW, group=WWW)


@pytest.mark.parametrize("key, variable", [("environment_file", "TOKEN"), ("secrets", "OTHER")])
def test_variables_are_not_read_through_a_link_of_a_program(supervise, application, key, variable):
    target = application.parent / "private" / "secret.env"
    as_www(f"ln -s {target} .env", application)
    value = f"{application}/.env" if key == "environment_file" else variable
    one = supervise(f"[program:p]\ncommand=sh -c 'env; exec sleep 1000'\n{key}={value}\nuser=www-data\n"
                    "redirect_stderr=true\n", pid1=True,
                    environment={"OTHER_FILE": f"{application}/.env"})
    assert one.wait() == 2
    assert f"{application}/.env is a symbolic link of www-data (uid {WWW}), which is not followed" in one.said()
    assert SECRET not in one.said()


def test_a_file_of_variables_in_a_user_s_directory_is_read_with_that_user_s_rights(supervise, application):
    (application / ".env").write_text("TOKEN=of-the-application\n")
    one = supervise(f"[program:p]\ncommand=sh -c 'env; exec sleep 1000'\nenvironment_file={application}/.env\n",
                    pid1=True).ready()
    wait_until(lambda: "TOKEN=of-the-application" in one.said(), what="the variable")
    assert one.stop() == 0
    (application / ".env").chmod(0o600)
    one = supervise(f"[program:p]\ncommand=sleep 1000\nenvironment_file={application}/.env\n", pid1=True)
    assert one.wait() == 2
    assert "is used with the rights of www-data" in one.said()


@pytest.mark.parametrize("scheme", ["unix", "fcgi"])
def test_a_probe_does_not_reach_root_s_socket_through_a_link(supervise, application, scheme):
    path = application.parent / "private" / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o600)
        server.listen()
        server.setblocking(False)
        as_www(f"ln -s {path} fpm.sock", application)
        fragment = "#/ping" if scheme == "fcgi" else ""
        one = supervise(f"[wait:w]\nurl={scheme}://{application}/fpm.sock{fragment}\ntimeout=3s\n", pid1=True)
        wait_until(lambda: "is a symbolic link of www-data" in one.said(), what="a refusal")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_probe_of_a_file_says_nothing_about_other_directories(supervise, application):
    as_www("ln -s ../private/secret.env there; ln -s ../private/nothing missing", application)
    said = []
    for name in ("there", "missing"):
        one = supervise(f"[wait:w]\nurl=file://{application}/{name}\ntimeout=3s\n", pid1=True)
        wait_until(lambda: "is a symbolic link of www-data" in one.said(), what="a refusal")
        said.append("does not exist" in one.said())
    assert said == [False, False]


def test_gzip_comes_from_a_directory_that_only_root_may_change(supervise, application):
    as_www("mkdir bin; printf '#!/bin/sh\\ntouch %s\\n' $PWD/ran > bin/gzip; chmod 755 bin/gzip", application)
    log = directory(application.parent / "log") / "p.log"
    one = supervise("[program:p]\ncommand=sh -c 'while :; do seq 1000; sleep 0.1; done'\n"
                    f"stdout_logfile={log}\nstdout_logfile_maxbytes=10KB\nstdout_logfile_backups=3\n"
                    "stdout_logfile_compress=gzip\n", pid1=True,
                    environment={"PATH": f"{application}/bin:{os.environ['PATH']}"})
    wait_until(lambda: list(log.parent.glob("*.gz")), what="a compressed file")
    assert not (application / "ran").exists()
    assert one.stop() == 0


def child(one, word):
    """The pid, as seen from outside, of the program whose command line has this word."""
    return next(pid for pid, command in commands_of(one.pid).items() if word.encode() in command)


RUN_OF_WWW = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
              f'mount -t tmpfs -o uid={WWW},gid={WWW},mode=755 tmpfs /run && exec "$0" "$@"']


def test_sockets_for_notifications_are_not_made_where_a_user_may_lead_them_elsewhere(supervise, base, public):
    """After chown -R www-data /run in an image."""
    victim = directory(base / "victim")
    program = public.script("attack.py", f"""
import os, signal, sys
print(os.environ["NOTIFY_SOCKET"], flush=True)
try:
    os.rename("/run/entrypoint-notify-1", "/run/away")
except FileNotFoundError:
    pass
os.symlink({str(victim)!r}, "/run/entrypoint-notify-1")
signal.pause()
""")
    one = supervise(f"[program:p]\ncommand={program}\nuser=www-data\nready=notify\nready_timeout=1000s\n"
                    "stdout_logfile=%DIR%/p.log\n", wrapper=RUN_OF_WWW)
    log = one.directory / "p.log"
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"), what="the program")
    address = log.read_text().split()[0]
    assert not address.startswith("/run/"), address
    os.kill(child(one, "attack.py"), signal.SIGKILL)
    wait_until(lambda: len(log.read_text().splitlines()) > 1, what="another start")
    assert list(victim.iterdir()) == []
