"""A user moves a private file of root to the path of a log whose lines come from several users."""

import os
import signal

import pytest

from supervised import wait_until
from test_moved_files import GAMES, ROOT, owned, shared_by
from test_shared_places import WWW, as_www, base, directory  # noqa: F401

PRIVATE = "private configuration of root\n"
LINES = ("[program:{name}]\ncommand=sh -c 'while :; do echo line of {name}; sleep 0.02; done'\nuser={user}\n"
         "stdout_logfile={log}\nstdout_logfile_maxbytes={maximum}\nstdout_logfile_backups=0\n")

# Whose lines come to the log w.log: of two users, of root's program, whose clients choose what it logs, and of
# all programs, in the main log.
WRITERS = {
    "two users": (("www-data", "games"), "{place}/w.log", ""),
    "root": (("root",), "{place}/w.log", ""),
    "the main log": (("www-data",), "/dev/null",
                     "logfile={place}/w.log\nlogfile_maxbytes={maximum}\nlogfile_backups=0\nloglevel=debug"),
}


@pytest.fixture(params=WRITERS)
def writing(request, supervise):
    """Starts the programs that write to w.log in a directory, until it has a line."""
    users, log, supervisord = WRITERS[request.param]

    def start(place, maximum):
        def filled(text):
            return text.format(place=place, maximum=maximum)
        programs = (LINES.format(name=f"p{number}", user=user, log=filled(log), maximum=maximum)
                    for number, user in enumerate(users))
        one = supervise("".join(programs), supervisord=filled(supervisord), pid1=True)
        wait_until(lambda: "line of p" in (place / "w.log").read_text(), what="a line")
        return one
    return start


@pytest.mark.parametrize("maximum", [0, 2000], ids=["reopen", "rotation"])
def test_a_private_file_of_root_gets_no_line_and_is_not_emptied(writing, base, maximum):
    place = shared_by(base, ROOT)
    private = owned(place / "private", ROOT, ROOT, 0o600, PRIVATE)
    inode = private.stat().st_ino
    one = writing(place, maximum)
    as_www("mv w.log gone; mv private w.log", place)
    if maximum == 0:
        one.send(signal.SIGUSR2)
    wait_until(lambda: (place / "w.log").stat().st_ino != inode and "line of p" in (place / "w.log").read_text(),
               what="a line in another file")
    kept = place / "w.log.1"
    assert kept.read_text() == PRIVATE and kept.stat().st_ino == inode
    reason = (f"renamed {place}/w.log to {place}/w.log.1 and made a new log: the file belongs to root (uid 0), is not known "
              "as a log of the supervisor, and other users may have put it there")
    wait_until(lambda: reason in one.said(), what="the reason")
    assert "cannot log" not in (place / "w.log").read_text() + one.said()
    assert one.stop() == 0


def test_a_file_of_the_program_s_user_that_another_user_has_moved_is_not_emptied(supervise, base):
    """The program may write to it, and other users who may change the directory may not."""
    place = directory(base / "logs", 0o777)
    owned(place / "w.log", GAMES, GAMES, 0o600, "old line of games\n" * 100)
    one = supervise(LINES.format(name="p", user="games", log=place / "w.log", maximum=2000), pid1=True).ready()
    wait_until(lambda: (place / "w.log.1").exists() and "line of p" in (place / "w.log").read_text(), what="another log")
    assert (place / "w.log.1").read_text().startswith("old line of games\n" * 100 + "line of p\n")
    assert one.stop() == 0


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_programs_of_several_users_share_no_file_of_one_of_them(supervise, base, mode):
    """Before the second program comes, the log is one of its owner's; no line is lost then."""
    place = directory(base / "logs", mode)
    owned(place / "w.log", GAMES, GAMES, 0o600, "old\n")
    text = "".join(LINES.format(name=user, user=user, log=place / "w.log", maximum=0) for user in ("games", "www-data"))
    one = supervise(text, pid1=True).ready()
    wait_until(lambda: {"line of games", "line of www-data"} <= set((place / "w.log").read_text().splitlines()),
               what="lines of both")
    assert (place / "w.log.1").read_text().startswith("old\n")
    assert "line of www-data" not in (place / "w.log.1").read_text()
    assert f"renamed {place}/w.log to {place}/w.log.1 and made a new log" in one.said()
    assert "cannot log" not in one.said()
    assert one.stop() == 0


@pytest.mark.parametrize("mode, group", [(0o2775, WWW), (0o1777, ROOT), (0o777, ROOT)])
@pytest.mark.parametrize("file_mode", [0o600, 0o660])
def test_a_log_that_is_shared_is_continued(supervise, base, mode, group, file_mode):
    """Made by the logger, and known by its mark whatever its mode is."""
    place = directory(base / "logs", mode, group=group)
    text = "".join(LINES.format(name=user, user=user, log=place / "w.log", maximum=0) for user in ("www-data", "games"))
    for _ in range(2):
        one = supervise(text, pid1=True).ready()
        before = len((place / "w.log").read_text())
        wait_until(lambda: {"line of games", "line of www-data"} <= set((place / "w.log").read_text()[before:].splitlines()),
                   what="lines of both")
        one.send(signal.SIGUSR2)
        assert one.stop() == 0
        assert os.listdir(place) == ["w.log"] and "renamed" not in one.said()
        (place / "w.log").chmod(file_mode | 0o1000)
