"""A user who may change a directory moves a private file of another user to a path that the supervisor uses."""

import os
import pathlib
import signal

import pytest

from supervised import wait_until
from test_log_files import served
from test_shared_places import SECRET, WWW, as_www, base, directory, let_www_write, private_file  # noqa: F401

ROOT, GAMES, NOBODY = 0, 5, 65534
ENVIRONMENT = "command=sh -c 'echo $GREETING; exec sleep 1000'\n"


def owned(path, user, group, mode, text):
    path.write_text(text)
    os.chown(path, user, group)
    path.chmod(mode)
    return path


def reading(supervise, section, path):
    """PID 1 whose program of www-data prints a variable of this file."""
    keys = {section: f"environment_file={path}\n"}
    return supervise(f"[program:p]\n{ENVIRONMENT}user=www-data\n{keys.get('program', '')}",
                     supervisord=keys.get("supervisord", ""), pid1=True)


def shared_by(place, user, path="app"):
    """A directory of this user that the group www-data may change, as git and deployment tools make it."""
    return directory(place / path, 0o2775, owner=user, group=WWW)


@pytest.mark.parametrize("owner, victim", [(ROOT, NOBODY), (ROOT, GAMES), (GAMES, GAMES)])
@pytest.mark.parametrize("section", ["supervisord", "program"])
def test_variables_are_not_read_from_a_private_file_of_a_third_user(supervise, base, owner, victim, section):
    place = shared_by(base, owner)
    owned(place / "private", victim, victim, 0o600, f"GREETING={SECRET}\n")
    as_www("mv private .env", place)
    one = reading(supervise, section, place / ".env")
    assert one.wait() == 2
    assert f"{place}/.env belongs to " in one.said() and SECRET not in one.said()
    assert f"cannot be read with the rights of www-data (uid {WWW}), because other users may have put it" in one.said()


@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_no_file_of_nobody_is_read_as_one_that_every_user_may_read(supervise, base, mode):
    """A user moves it there from a directory that this user may change."""
    place = directory(base / "tmp", mode)
    owned(shared_by(base, NOBODY) / "private", NOBODY, NOBODY, 0o640, f"GREETING={SECRET}\n")
    as_www(f"mv private {place}/.env", base / "app")
    one = reading(supervise, "supervisord", place / ".env")
    assert one.wait() == 2
    assert "cannot be read with the rights that every user has" in one.said() and SECRET not in one.said()


def test_a_user_s_directory_that_other_users_may_have_put_there(supervise, base):
    place = shared_by(base, GAMES)
    private = directory(place / "private", 0o755, owner=GAMES, group=GAMES)
    owned(private / ".env", GAMES, GAMES, 0o600, f"GREETING={SECRET}\n")
    as_www("mv private conf", place)
    one = reading(supervise, "program", place / "conf/.env")
    assert one.wait() == 2
    assert f"cannot be read with the rights of www-data (uid {WWW})" in one.said() and SECRET not in one.said()


@pytest.mark.parametrize("owner, group, mode, user, file_group, file_mode", [
    (ROOT, WWW, 0o2775, WWW, WWW, 0o600), (ROOT, WWW, 0o2775, ROOT, WWW, 0o640), (WWW, WWW, 0o755, WWW, WWW, 0o600),
    (WWW, WWW, 0o2775, WWW, WWW, 0o600), (WWW, WWW, 0o2775, ROOT, WWW, 0o640), (GAMES, WWW, 0o2775, GAMES, WWW, 0o640),
    (GAMES, 60, 0o775, GAMES, 60, 0o600), (GAMES, WWW, 0o2770, GAMES, WWW, 0o640)])
@pytest.mark.parametrize("section", ["supervisord", "program"])
def test_ordinary_environment_files_are_read(supervise, base, owner, group, mode, user, file_group, file_mode, section):
    place = directory(base / "app", mode, owner=owner, group=group)
    owned(place / ".env", user, file_group, file_mode, "GREETING=hello\n")
    one = reading(supervise, section, place / ".env").ready()
    wait_until(lambda: "hello\n" in one.said(), what="the variable")
    assert one.stop() == 0


def test_only_the_program_of_a_user_gets_what_only_this_user_may_read(supervise, base):
    """In /tmp, where every user may have put the file."""
    place = directory(base / "tmp", 0o1777)
    owned(place / ".env", WWW, WWW, 0o600, f"GREETING={SECRET}\n")
    text = f"[program:p]\n{ENVIRONMENT}environment_file={place}/.env\n"
    one = supervise(f"{text}user=www-data\n", pid1=True).ready()
    wait_until(lambda: SECRET in one.said(), what="the variable")
    assert one.stop() == 0
    one = supervise(f"{text}user=games\n", pid1=True)
    assert one.wait() == 2
    assert "cannot be read with the rights of games (uid 5)" in one.said() and SECRET not in one.said()


def test_an_access_list_may_name_any_user(supervise, base):
    """On a directory of root's group adm, in which www-data is not."""
    adm = 4
    place = directory(base / "app", 0o770, group=adm)
    let_www_write(place, group=7, others=0)
    owned(place / "private", ROOT, adm, 0o640, f"GREETING={SECRET}\n")
    as_www("mv private .env", place)
    one = reading(supervise, "program", place / ".env")
    assert one.wait() == 2
    assert f"cannot be read with the rights of www-data (uid {WWW})" in one.said() and SECRET not in one.said()


@pytest.mark.parametrize("program", ["w", "r"])
def test_no_private_file_of_the_directory_s_user_is_read_as_a_log(supervise, base, program):
    place = shared_by(base, GAMES)
    owned(place / "private", GAMES, GAMES, 0o600, SECRET)
    one, read = served(supervise, place)
    as_www(f"mv private {program}.log", place)
    assert SECRET not in read(program)
    assert f"cannot read {place}/{program}.log: {place}/{program}.log belongs to games (uid 5) and cannot be read" in (
        one.said())
    assert one.stop() == 0


LOG = "[program:{name}]\ncommand=sh -c 'echo line of {name}; exec sleep 1000'\nstdout_logfile={place}/{name}.log\n"


@pytest.mark.parametrize("directory_of, victim", [(GAMES, GAMES), (ROOT, ROOT)])
@pytest.mark.parametrize("signalled", [False, True], ids=["start", "reopen"])
def test_no_line_is_appended_to_a_private_file(supervise, base, directory_of, victim, signalled):
    place = shared_by(base, directory_of)
    private = owned(place / "private", victim, victim, 0o700, "#!/bin/sh\n")
    if not signalled:
        as_www("mv private w.log", place)
    text = LOG.format(name="w", place=place) + "user=www-data\n"
    one = supervise(text, pid1=True).ready()
    wait_until(lambda: "line of w" in (place / "w.log").read_text(), what="the line")
    if signalled:
        as_www("mv w.log away; mv private w.log", place)
        one.send(signal.SIGUSR2)
        wait_until(lambda: (place / "w.log.1").exists(), what="the file that was rotated")
        assert one.client("restart", "w")[0] == 0
        wait_until(lambda: "line of w" in (place / "w.log").read_text(), what="the line")
    assert (place / "w.log.1").read_text() == "#!/bin/sh\n", private
    assert one.stop() == 0


@pytest.mark.parametrize("owner, group, mode", [(WWW, WWW, 0o2775), (GAMES, WWW, 0o2775), (ROOT, WWW, 0o2775),
                                                (ROOT, ROOT, 0o777), (ROOT, ROOT, 0o1777), (WWW, WWW, 0o777)])
def test_a_log_is_continued_after_a_restart_of_the_container(supervise, base, owner, group, mode):
    """And can be read, for a program of another user and for one of root."""
    place = directory(base / "logs", mode, owner=owner, group=group)
    for count in (1, 2):
        one, read = served(supervise, place)
        for name in ("w", "r"):
            one.client("start", name)
            log = place / f"{name}.log"
            wait_until(lambda: log.read_text() == f"line of {name}\n" * count, what=f"{count} lines of {name}")
            assert read(name) == f"line of {name}\n" * count
        assert one.stop() == 0
    assert sorted(os.listdir(place)) == ["r.log", "w.log"]


@pytest.mark.parametrize("owner", [GAMES, ROOT])
def test_a_pid_file_takes_the_place_of_a_file_that_was_moved_there(supervise, base, owner):
    place = shared_by(base, owner)
    private = owned(place / "private", owner, owner, 0o600, SECRET)
    held = private.open()
    as_www("mv private pid", place)
    one = supervise("[program:p]\ncommand=sleep 1000\n", supervisord=f"pidfile={place}/pid", pid1=True).ready()
    assert (place / "pid").read_text() == "1\n"
    assert pathlib.Path(f"/proc/self/fd/{held.fileno()}").read_text() == SECRET
    held.close()
    assert one.stop() == 0
