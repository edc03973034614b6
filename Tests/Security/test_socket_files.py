"""A user who replaces the file of a socket while it is made, in a directory of the user's own."""

import os
import pathlib
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile

import pytest

from supervised import wait_until

WWW = pwd.getpwnam("www-data")

# As fast as it can: what appears in the directory makes room for the bait.
SWAPPER = """
import os, sys
place, bait = sys.argv[1:]
known = set(os.listdir(place))
while not (new := set(os.listdir(place)) - known): pass
name = new.pop()
os.rename(f"{place}/{name}", f"{place}/.taken")
os.rename(f"{place}/{bait}", f"{place}/{name}")
"""

SOCKETS = {
    "control": ("control.sock", "[program:p]\ncommand=sleep 1000\n"),
    "http": ("http.sock", "[unix_http_server]\nfile={place}/http.sock\nchmod=0660\nchown=www-data\n"),
    "fcgi": ("fcgi.sock", "[fcgi-program:f]\ncommand=sleep 1000\nsocket=unix://{place}/fcgi.sock\n"
                          "socket_owner=www-data\nsocket_mode=0660\nstartretries=0\n"),
}


@pytest.fixture
def place():
    """A directory of www-data's, for a socket that is to belong to www-data, with sockets of root's in it."""
    with tempfile.TemporaryDirectory(prefix="sockets-", dir="/tmp") as base:
        os.chmod(base, 0o755)
        own = pathlib.Path(base) / "www"
        own.mkdir()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{own}/root.sock")
            os.chmod(f"{own}/root.sock", 0o600)
            shutil.chown(own, WWW.pw_uid, WWW.pw_gid)
            yield own


def supervise_slowly(supervise, place, kind):
    """Each call that makes, opens or moves a file there returns 0.2 s later, so that the attack always succeeds."""
    name, text = SOCKETS[kind]
    slow = "inject=mkdirat,bind,renameat,renameat2:delay_exit=200000"
    options = {"arguments": ["-s", f"{place}/control.sock"]} if kind == "control" else {}
    head = "user=www-data" if kind == "control" else ""
    return place / name, supervise(
        text.format(place=place), supervisord=head, **options,
        wrapper=["strace", "-f", "-qq", "-o", "/dev/null", "-e", slow,
                 "unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])


def swap(place, bait):
    """Starts the swapper, and returns a function that waits for its success."""
    attack = subprocess.Popen(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "/usr/bin/python3", "-c",
                               SWAPPER, str(place), bait])

    def swapped():
        try:
            assert attack.wait(30) == 0
        finally:
            attack.kill()
            attack.wait()
    return swapped


def outcome(one, path):
    """The socket is in its place, or the supervisor has said why not."""
    refusals = ("Could not create FastCGI socket", "Cannot open an HTTP server", "no control socket")
    return path.exists() or any(refusal in one.said() for refusal in refusals)


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")
@pytest.mark.parametrize("kind", list(SOCKETS))
def test_a_socket_of_root_that_takes_its_place_is_not_given_away(supervise, place, kind):
    root = os.open(place / "root.sock", os.O_PATH)
    swapped = swap(place, "root.sock")
    path, one = supervise_slowly(supervise, place, kind)
    swapped()
    wait_until(lambda: outcome(one, path), what="a socket, or a refusal")
    status = os.fstat(root)
    os.close(root)
    assert stat.S_ISSOCK(status.st_mode)
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 0, 0o600)


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")
def test_nothing_is_made_in_a_directory_that_takes_the_place_of_the_private_one(supervise, place):
    os.mkdir(place / "bait", 0o700)
    shutil.chown(place / "bait", WWW.pw_uid, WWW.pw_gid)
    swapped = swap(place, "bait")
    path, one = supervise_slowly(supervise, place, "fcgi")
    swapped()
    wait_until(lambda: f"Could not create FastCGI socket unix://{path}: EEXIST" in one.said(), what="a refusal")
    assert not path.exists() and list((place / ".taken").iterdir()) == []


# The name stands for a socket, then for a link to another one, and so on.
ALTERNATING = """
import os, sys
name, link = sys.argv[1:]
while True:
    os.symlink(link, ".link")
    os.rename(name, ".socket")
    os.rename(".link", name)
    os.rename(".socket", name)
"""


def test_the_look_for_an_old_listener_connects_through_no_link(supervise, place):
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(f"{place}/fcgi.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{place}/listening.sock")
        os.chmod(place / "listening.sock", 0o600)
        server.listen()
        server.setblocking(False)
        programs = "".join(f"[fcgi-program:f{number}]\ncommand=sleep 1000\nsocket=unix://{place}/fcgi.sock\n"
                           "startretries=0\nautostart=false\nstartsecs=0\n" for number in range(30))
        one = supervise(programs, pid1=True).ready()
        attack = subprocess.Popen(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "/usr/bin/python3", "-c",
                                   ALTERNATING, "fcgi.sock", f"{place}/listening.sock"], cwd=place)
        try:
            wait_until(lambda: os.path.lexists(place / ".socket"), what="the attack")
            for _ in range(10):
                one.client("start", "all")
        finally:
            attack.kill()
            attack.wait()
        with pytest.raises(BlockingIOError):
            server.accept()
