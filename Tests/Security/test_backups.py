"""A user makes files with the names of another user's rotated logs, in a directory such as /tmp."""

import gzip
import os

import pytest

from supervised import wait_until
from test_moved_files import ROOT, owned
from test_shared_places import WWW, as_www, base, directory  # noqa: F401

# Writes numbered lines at each SIGHUP, more than one file of the log takes.
WRITER = """
import signal
number = 0
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
while True:
    for _ in range(100):
        print("root line", number, flush=True)
        number += 1
    signal.sigwait([signal.SIGHUP])
"""
PROGRAM = ("[program:r]\ncommand={script}\nstdout_logfile={place}/r.log\nstdout_logfile_maxbytes=1KB\n"
           "stdout_logfile_backups=40\nstdout_logfile_compress=gzip\n")


def packed(path, text):
    path.write_bytes(gzip.compress(text.encode()))
    return path


def text_of(path):
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()


def texts(place):
    """What the files of the log hold, by name."""
    return {name: text_of(place / name) for name in os.listdir(place) if not name.endswith(".tmp")}


def lines_of_root(place):
    joined = "".join(texts(place).values())
    return sorted(int(line.split()[-1]) for line in joined.splitlines() if line.startswith("root line"))


@pytest.fixture
def writer(public):
    return public.script("writer.py", WRITER)


def quiet(place):
    """No file waits for gzip: all lines are in compressed files and in the newest two."""
    names = set(os.listdir(place))
    return "r.log.gz.tmp" not in names and "r.log.1.gz" in names


def test_no_forged_file_removes_a_compressed_one(supervise, base, writer):
    """At the start, and where the number becomes free because the file has been compressed."""
    place = directory(base / "tmp", 0o1777)
    packed(place / "r.log.1.gz", "root line 1001\n")
    as_www("echo forged > r.log.1", place)
    one = supervise(PROGRAM.format(script=writer, place=place), pid1=True).ready()
    for rounds in (1, 2, 3):
        expected = [*range(100 * rounds), 1001]
        wait_until(lambda: quiet(place) and lines_of_root(place) == expected, what=f"{100 * rounds} lines")
        as_www("for n in 1 2 3; do test -e r.log.$n || echo forged > r.log.$n; done", place)
        assert one.client("signal", "HUP", "r")[0] == 0
    wait_until(lambda: lines_of_root(place) == [*range(400), 1001], what="all lines")
    assert one.stop() == 0


def test_no_forged_file_keeps_a_log_from_being_compressed(supervise, base, writer):
    place = directory(base / "tmp", 0o1777)
    as_www("for n in 1 2 3 4; do echo forged > r.log.$n.gz; done", place)
    one = supervise(PROGRAM.format(script=writer, place=place), pid1=True).ready()
    wait_until(lambda: (place / "r.log.1.gz").stat().st_uid == ROOT and not (place / "r.log.1").exists(),
               what="a compressed file of root")
    assert "root line 0\n" in text_of(place / "r.log.1.gz")
    assert one.stop() == 0


def test_backups_of_both_forms_are_kept(supervise, base, writer):
    """Those of a time in which the logs were not compressed, among those of an earlier time."""
    place = directory(base / "logs", owner=WWW, group=WWW)
    for number in (1, 2):
        os.chown(packed(place / f"r.log.{number}.gz", f"packed {number}\n"), WWW, WWW)
        owned(place / f"r.log.{number}", WWW, WWW, 0o644, f"plain {number}\n")
    one = supervise(PROGRAM.format(script=writer, place=place), pid1=True).ready()
    wait_until(lambda: quiet(place) and lines_of_root(place) == [*range(100)], what="the lines")
    found = texts(place)
    assert {"packed 1\n", "packed 2\n", "plain 1\n", "plain 2\n"} <= set(found.values()), found
    assert one.stop() == 0


def test_the_log_that_root_has_made_is_rotated_with_its_compressed_backups(supervise, base):
    """In a user's directory, by an older version or by supervisord and logrotate."""
    place = directory(base / "logs", owner=WWW, group=WWW)
    owned(place / "r.log", ROOT, ROOT, 0o644, "newest\n")
    packed(place / "r.log.1.gz", "newer\n")
    packed(place / "r.log.2.gz", "oldest\n")
    one = supervise("[program:r]\ncommand=sh -c 'echo new; exec sleep 1000'\nuser=www-data\n"
                    f"stdout_logfile={place}/r.log\nstdout_logfile_backups=5\nstdout_logfile_compress=gzip\n",
                    pid1=True).ready()
    expected = {"r.log": "new\n", "r.log.1.gz": "newest\n", "r.log.2.gz": "newer\n", "r.log.3.gz": "oldest\n"}
    wait_until(lambda: set(os.listdir(place)) == set(expected) and texts(place) == expected, what="the files")
    assert (f"renamed {place}/r.log to {place}/r.log.1 and made a new log: the file belongs to root (uid 0), but its "
            f"directory to www-data (uid {WWW}), who may have put it there") in one.said()
    assert one.stop() == 0
