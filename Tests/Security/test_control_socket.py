"""The control socket where there can be no file, and programs that would answer in its place."""

import os
import pathlib
import pwd
import socket
import subprocess
import sys
import tempfile

import pytest

from supervised import BINARY, wait_until

SLEEPER = "[program:sleeper]\ncommand=sleep 1000\n"
# A container with a read-only root: nothing can be written but in /dev/shm.
READ_ONLY = ("mount --make-rprivate / && for place in / /tmp /run /var /dev; do "
             "if mountpoint -q $place; then mount -o remount,bind,ro $place || exit 1; fi; done; "
             "mount -t tmpfs tmpfs /dev/shm && mount -t proc proc /proc && exec \"$0\" \"$@\"")
WRAPPER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", READ_ONLY]


def inside(one, *command, user=None):
    """Runs a command in the container, as `docker exec` does."""
    enter = ["nsenter", "--target", str(one.pid), "--mount", "--pid"]
    identity = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    done = subprocess.run([*enter, *identity, *command], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def client(one, *words, user=None):
    return inside(one, BINARY, "-s", str(one.socket), *words, user=user)


def read_only(supervise, configuration=SLEEPER, **options):
    one = supervise(configuration, wrapper=WRAPPER, **options)
    wait_until(lambda: "listening at the abstract socket" in one.said(), what="the fallback")
    assert client(one, "ready", "--timeout", "20s")[0] == 0, one.said()
    return one


def test_with_a_read_only_root_every_command_works(supervise):
    one = read_only(supervise)
    assert f"no control socket at {one.socket}: read-only file system" in one.said()
    assert not one.socket.exists()
    code, text = client(one, "status")
    assert code == 0 and "RUNNING" in text
    assert client(one, "healthcheck")[0] == 0
    assert client(one, "restart", "sleeper")[0] == 0
    # The command runs in the container, so that the end of PID 1 may come before its answer.
    client(one, "shutdown")
    assert one.wait() == 0


def test_the_fallback_outlives_a_reload(supervise):
    one = read_only(supervise)
    one.send(1)
    wait_until(lambda: one.said().count("listening at the abstract socket") == 2, what="another start")
    assert client(one, "ready", "--timeout", "20s")[0] == 0
    assert client(one, "status")[0] == 0


def test_an_unprivileged_program_is_refused_at_the_fallback(supervise):
    one = read_only(supervise)
    nobody = pwd.getpwnam("www-data").pw_uid
    code, text = client(one, "stop", "sleeper", user=nobody)
    assert code != 0 and "permission denied" in text
    assert "RUNNING" in client(one, "status")[1]


# In the directory of the socket, which the path through pytest's own directory would not let it reach.
KNOCK = """
import socket
with socket.socket(socket.AF_UNIX) as client:
    client.connect("control.sock")
    try:
        client.sendall(b"stop sleeper\\n")
    except BrokenPipeError:
        pass  # Refused before the request.
    print(client.recv(4096).decode())
"""


def knock(one, user):
    """What a process of that user gets from the socket."""
    entry = pwd.getpwnam(user)
    done = subprocess.run([sys.executable, "-I", "-c", KNOCK], cwd=one.directory, user=entry.pw_uid,
                          group=entry.pw_gid, extra_groups=[], capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


@pytest.mark.parametrize("options", ["", "user=www-data"])
def test_only_its_own_user_may_open_the_socket(supervise, options):
    one = supervise(SLEEPER, pid1=True, supervisord=options).ready()
    status = one.socket.stat()
    owner = pwd.getpwnam("www-data" if options else "root").pw_uid
    assert (status.st_mode & 0o777, status.st_uid) == (0o600, owner)
    assert "PermissionError" in knock(one, "nobody")
    assert one.stop() == 0


def test_another_user_is_refused_whatever_the_mode_of_the_socket(supervise):
    """The kernel says who has connected; the mode is not the only protection."""
    one = supervise(SLEEPER, pid1=True).ready()
    one.socket.chmod(0o666)
    assert "permission denied" in knock(one, "www-data")
    assert one.status()["sleeper"]["state"] == "RUNNING"
    assert one.stop() == 0


@pytest.fixture
def short_path():
    """What a name of a bounded length can hold: pytest's own paths are longer."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        yield pathlib.Path(directory) / "control.sock"


def abstract_name(path):
    namespace = os.readlink("/proc/self/ns/mnt").strip("mnt:[]")
    return f"\0entrypoint/{namespace}/{str(path).lstrip('/')}"


SQUATTER = """
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(chr(0) + sys.argv[1])
s.listen()
print("bound", flush=True)
client = s.accept()[0]
client.settimeout(5)
print("got", client.recv(100), flush=True)
client.sendall(b'{"name":"sleeper","state":"RUNNING"}\\n{"end":true}\\n')
"""


def test_a_program_that_has_bound_the_name_first_deceives_no_client(short_path):
    """No supervisor runs: the client of root finds only the name that www-data has bound."""
    path = short_path
    squatter = subprocess.Popen(
        ["/usr/bin/python3", "-c", SQUATTER, abstract_name(path)[1:]], user="www-data", group="www-data",
        stdout=subprocess.PIPE, text=True)
    try:
        assert squatter.stdout.readline() == "bound\n"
        done = subprocess.run([BINARY, "-s", path, "status"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 4 and "no such file" in done.stdout + done.stderr
        assert squatter.stdout.readline() == "got b''\n"
    finally:
        squatter.kill()
        squatter.wait()


def test_a_socket_that_another_user_has_planted_deceives_no_unprivileged_client():
    """The default path of a user other than root is below /tmp, where www-data can be first."""
    account = pwd.getpwnam("nobody")
    path = pathlib.Path(f"/tmp/entrypoint-{account.pw_uid}.sock")
    path.unlink(missing_ok=True)
    squatter = subprocess.Popen(
        ["/usr/bin/python3", "-c", SQUATTER.replace("chr(0) + ", ""), path], user="www-data", group="www-data",
        umask=0, stdout=subprocess.PIPE, text=True)
    try:
        assert squatter.stdout.readline() == "bound\n"
        environment = {"PATH": os.environ["PATH"]}
        done = subprocess.run([BINARY, "status"], capture_output=True, text=True, timeout=30, env=environment,
                              user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/")
        assert done.returncode == 4 and "permission denied" in done.stdout + done.stderr
        assert squatter.stdout.readline() == "got b''\n"
    finally:
        squatter.kill()
        squatter.wait()
        path.unlink(missing_ok=True)


def test_the_path_counts_while_a_supervisor_listens_there(short_path, tmp_path):
    configuration = tmp_path / "entrypoint.conf"
    configuration.write_text(f"[supervisord]\n{SLEEPER}")
    with socket.socket(socket.AF_UNIX) as squatter:
        squatter.bind(abstract_name(short_path))
        squatter.listen()
        squatter.setblocking(False)
        supervisor = subprocess.Popen([BINARY, "-c", configuration, "-s", short_path],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(short_path.exists, what="the socket")
            done = subprocess.run([BINARY, "-s", short_path, "ready"], capture_output=True, timeout=30)
            assert done.returncode == 0
            assert short_path.stat().st_mode & 0o777 == 0o600
            with pytest.raises(BlockingIOError):
                squatter.accept()
        finally:
            supervisor.terminate()
            assert supervisor.wait(30) == 0


# In the directory of the socket, like KNOCK.
IMPOSTOR = """
import os, socket
os.rename("control.sock", "old.sock")
with socket.socket(socket.AF_UNIX) as server:
    server.bind("control.sock")
    server.listen()
    print("bound", flush=True)
    while True:
        client = server.accept()[0]
        print("got", client.recv(100), flush=True)
        try:
            client.sendall(b'{"name":"sleeper","state":"RUNNING"}\\n{"healthy":true}\\n{"end":true}\\n')
        except BrokenPipeError:
            pass  # The command has left, as it should.
        client.close()
"""


def test_a_program_that_replaces_the_socket_in_its_directory_deceives_no_command_of_root(supervise):
    """The socket of a supervisor that is root, in a directory of www-data."""
    one = supervise(SLEEPER, pid1=True).ready()
    os.chown(one.directory, pwd.getpwnam("www-data").pw_uid, -1)
    assert client(one, "status")[0] == 0
    impostor = subprocess.Popen(["/usr/bin/python3", "-c", IMPOSTOR], cwd=one.directory, user="www-data",
                                group="www-data", extra_groups=[], stdout=subprocess.PIPE, text=True)
    try:
        assert impostor.stdout.readline() == "bound\n"
        for command in (["status"], ["healthcheck"], ["stop", "all"]):
            code, text = client(one, *command)
            assert code != 0 and "permission denied: it is served neither by root" in text
            assert impostor.stdout.readline() == "got b''\n"
    finally:
        impostor.kill()
        impostor.wait()
