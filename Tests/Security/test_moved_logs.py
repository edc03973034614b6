"""Logs in a directory where a user may have moved a private file of another user to their path."""

import os
import re
import signal
import subprocess
import time

import pytest

from supervised import wait_until
from test_log_files import served
from test_moved_files import GAMES, LOG, ROOT, owned, shared_by
from test_shared_places import WWW, base, directory  # noqa: F401

OTHER = 4321


@pytest.fixture
def mounted():
    """Mounts for the time of a test."""
    places = []

    def mount(*arguments):
        done = subprocess.run(["mount", *arguments], capture_output=True)
        if done.returncode != 0:
            pytest.skip("cannot mount")
        places.append(arguments[-1])
    yield mount
    for place in reversed(places):
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("owner, group, mode, user", [
    (ROOT, WWW, 0o2775, "www-data"), (GAMES, WWW, 0o2775, "www-data"), (WWW, OTHER, 0o775, "www-data"),
    (OTHER, OTHER, 0o775, "root"), (ROOT, WWW, 0o2775, "root"), (ROOT, ROOT, 0o1777, "www-data")])
def test_no_opening_moves_a_log_away(supervise, base, mounted, owner, group, mode, user):
    """On a file system without extended attributes (ramfs; NFS before RFC 8276, tmpfs before Linux 6.6)."""
    disk = directory(base / "disk")
    mounted("-t", "ramfs", "ramfs", disk)
    place = directory(disk / "logs", mode, owner=owner, group=group)
    text = LOG.format(name="w", place=place) + f"user={user}\nstdout_logfile_maxbytes=0\nstdout_logfile_backups=0\n"
    log = place / "w.log"
    lines = 0

    def written():
        nonlocal lines
        lines += 1
        wait_until(lambda: log.exists() and log.read_text() == "line of w\n" * lines, what=f"{lines} lines")
        assert os.listdir(place) == ["w.log"]
    for _ in range(2):
        one = supervise(text, pid1=True).ready()
        written()
        assert one.client("restart", "w")[0] == 0
        written()
        one.send(signal.SIGUSR2)
        assert one.client("restart", "w")[0] == 0
        written()
        before = one.status()["w"]["pid"]
        assert one.client("reload")[0] == 0
        one.begun_again("w", before)
        written()
        assert one.stop() == 0
        assert "renamed" not in one.said() and "sticky bit" not in one.said()


@pytest.mark.parametrize("file_owner, file_group, file_mode", [
    (ROOT, WWW, 0o660), (ROOT, ROOT, 0o666), (GAMES, WWW, 0o664), (GAMES, GAMES, 0o646)])
def test_a_file_that_the_program_s_user_may_write_to_is_appended_to(supervise, base, file_owner, file_group, file_mode):
    place = shared_by(base, file_owner)
    owned(place / "w.log", file_owner, file_group, file_mode, "old\n")
    one = supervise(LOG.format(name="w", place=place) + "user=www-data\n", pid1=True).ready()
    wait_until(lambda: (place / "w.log").read_text() == "old\nline of w\n", what="the line")
    assert os.listdir(place) == ["w.log"]
    assert one.stop() == 0


def test_a_log_that_is_moved_away_replaces_no_older_file(supervise, base):
    """A log that an older version has made, and files of logrotate."""
    place = shared_by(base, GAMES)
    owned(place / "w.log", GAMES, WWW, 0o640, "old\n")
    owned(place / "w.log.1", GAMES, WWW, 0o640, "older\n")
    owned(place / "w.log.2.gz", GAMES, WWW, 0o640, "oldest\n")
    owned(place / "r.log", GAMES, WWW, 0o640, "")
    one, read = served(supervise, place)
    for name in ("w", "r"):
        one.client("start", name)
        wait_until(lambda: f"line of {name}" in read(name), what=f"the log of {name}")
    found = {name: (place / name).read_text() for name in os.listdir(place)}
    assert found == {"w.log": "line of w\n", "w.log.1": "older\n", "w.log.2.gz": "oldest\n", "w.log.3": "old\n",
                     "r.log": "line of r\n"}
    assert (f"renamed {place}/w.log to {place}/w.log.3 and made a new log: the file belongs to games (uid 5), is not "
            "known as a log of the supervisor, and other users may have put it there") in one.said()
    assert one.stop() == 0


@pytest.mark.parametrize("owner, group, mode", [(ROOT, WWW, 0o2775), (GAMES, WWW, 0o2775), (WWW, WWW, 0o755)])
@pytest.mark.parametrize("of_same_file_system", [False, True])
def test_a_log_that_is_mounted_as_a_single_file_is_appended_to(
        supervise, base, mounted, owner, group, mode, of_same_file_system):
    """Only root can mount, and rename(2) moves no mount."""
    disk = directory(base / "disk")
    mounted("-t", "tmpfs", "tmpfs", disk)
    place = directory(disk / "logs", mode, owner=owner, group=group)
    log = place / "w.log"
    log.touch()
    host = owned((disk if of_same_file_system else base) / "host.log", ROOT, ROOT, 0o644, "old\n")
    mounted("--bind", host, log)
    one = supervise(LOG.format(name="w", place=place) + "user=www-data\n", pid1=True).ready()
    wait_until(lambda: host.read_text() == "old\nline of w\n", what="the line")
    assert os.listdir(place) == ["w.log"]
    assert one.stop() == 0


@pytest.mark.parametrize("times", [1, 2])
def test_a_lock_file_is_opened_for_writing(supervise, base, times):
    """flock(2) on NFS takes a descriptor that may write."""
    place = shared_by(base, GAMES)
    for _ in range(times):
        one = supervise(f"[hook:h]\ncommand=sh -c 'ls -l /proc/self/fd > {base}/out'\nlock=file://{place}/lock\n"
                        "[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
        assert one.stop() == 0
    line, = [line for line in (base / "out").read_text().splitlines() if line.endswith(f" {place}/lock")]
    assert line.startswith("lrwx")
    assert os.stat(place / "lock").st_uid == GAMES


ATTACK = """
import os, signal
os.chdir("{place}")
source = "private"
for _ in range({count}):
    while not os.path.exists("w.log"):
        pass
    os.rename(source, "w.log")
    os.write(1, b"x" * 1023 + b"\\n")
    while not os.path.exists("w.log.1"):
        pass
    source = "w.log.1"
open("done", "w").close()
signal.pause()
"""


def test_files_that_are_moved_again_and_again_do_not_fill_the_main_log(supervise, base, public):
    """Each rotation finds the private file of another user at the path of the log."""
    count = 200
    place = shared_by(base, GAMES)
    owned(place / "private", GAMES, GAMES, 0o600, "private\n")
    began = time.monotonic()
    one = supervise(f"[program:w]\ncommand={public.script('attack.py', ATTACK.format(place=place, count=count))}\n"
                    f"user=www-data\nstdout_logfile={place}/w.log\nstdout_logfile_maxbytes=1KB\n"
                    "stdout_logfile_backups=0\n", pid1=True).ready()
    wait_until(lambda: (place / "done").exists(), 120, "the attack")
    renamed = f"renamed {place}/w.log to {place}/w.log.1 and made a new log"
    lost = re.compile(rf"(\d+) lines about {place}/w.log lost: they came too fast")

    def counted():
        return one.said().count(renamed) + sum(int(number) for number in lost.findall(one.said()))
    wait_until(lambda: counted() == count, what=f"{count} lines, written or counted")
    assert len(re.findall(f"{renamed}|{lost.pattern}", one.said())) <= 12 + time.monotonic() - began
    assert one.stop() == 0
